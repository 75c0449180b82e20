"""The small class in data/ is what its script writes of today's lecture, and its wrong answers are named mistakes."""

import importlib.util
from pathlib import Path

import nbformat
import numpy as np

ROOT = Path(__file__).parents[1]


def script():
    spec = importlib.util.spec_from_file_location("example_submissions", ROOT / "data" / "example_submissions.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_class_is_what_its_script_writes(tmp_path):
    module = script()
    written = {path.relative_to(tmp_path): path.read_bytes() for path in module.write(tmp_path)}
    stored = {path.relative_to(module.FOLDER): path.read_bytes() for path in module.FOLDER.rglob("*.ipynb")}
    assert written == stored, "run data/example_submissions.py"


def test_answers_are_right_or_a_mistake_that_has_a_name():
    from course.exercises import neurons

    module, found = script(), []
    for student in range(1, module.STUDENTS + 1):
        path = module.FOLDER / f"student_{student}" / f"{module.LECTURE}.ipynb"
        for cell in nbformat.read(path, as_version=4).cells:
            name = cell.metadata.get("exercise")
            if name and name != "digits_mlp":  # it needs Keras, and stands in the class right or not at all
                names = {"np": np, "logistic": lambda x: 1 / (1 + np.exp(-x)), "exercises": neurons}
                exec(cell.source, names)
                outcome = getattr(neurons, name).check(names[name])
                found.append((student, outcome.status, outcome.mistake))
    assert {status for student, status, _ in found if student == 1} == {"right"}
    assert {status for student, status, _ in found if student == module.STUDENTS} == {"not attempted"}
    wrong = [mistake for _, status, mistake in found if status == "wrong"]
    assert len(wrong) >= 8 and None not in wrong
