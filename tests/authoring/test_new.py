"""A new lecture builds and runs as it is, and overwrites nothing."""

import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import course
import course.exercises
from course.authoring.build import build, check
from course.authoring.new import new
from course.authoring.source import read


@pytest.fixture
def house(root, monkeypatch):
    """A course's folder with a copy of the package, which kernels import, and whose exercises are found here too."""
    package = Path(course.__file__).parent
    shutil.copytree(package, root / "course", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "solutions" / "01_triangles.py").unlink()
    monkeypatch.setenv("PYTHONPATH", str(root))
    here = [*course.exercises.__path__, str(root / "course" / "exercises")]
    monkeypatch.setattr(course.exercises, "__path__", here)
    return root


def test_the_template_builds_and_runs(house):
    paths = new(house, "91_template_topic")
    assert paths == [house / "solutions/91_template_topic.py", house / "course/exercises/template_topic.py"]
    assert "{{" not in "".join(path.read_text(encoding="utf-8") for path in paths).replace("{{cost}}", "")
    assert read(paths[0]).about["title"] == "Template topic"
    shutil.copy(Path(__file__).parents[2] / "pyproject.toml", house)
    for command in (["check"], ["format", "--check"]):
        ruff = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *paths], cwd=house, capture_output=True, text=True
        )
        assert ruff.returncode == 0, ruff.stdout
    build(house, report=lambda _: None)
    assert check(house) == []
    student, full = (
        nbformat.read(house / folder / "91_template_topic.ipynb", 4) for folder in ("notebooks", "solutions")
    )
    assert "base * height / 2" not in "".join(cell.source for cell in student.cells)
    (answer,) = [cell for cell in full.cells if ".check(area)" in cell.source]
    assert answer.outputs[0].data["text/plain"] == "area: Right."


def test_the_templates_exercise_proves_itself(house):
    from importlib import import_module

    new(house, "92_proved_topic")
    area = import_module("course.exercises.proved_topic").area
    stub = {}
    exec(f"def area(base, height):\n    {area.stub}", stub)
    assert area.check(area.reference).status == "right"
    assert area.check(stub["area"]).status == "not attempted"
    assert [area.check(mistake.wrong).mistake for mistake in area.mistakes] == list(area.mistakes)
    assert len(area.mistakes) >= 3


@pytest.mark.parametrize(
    "name, says",
    [
        ("triangles", "a lecture is called NN_topic"),
        ("01_squares", "'01_squares': lecture 01 is 01_triangles; choose another number"),
        ("02_triangles", "course/exercises/triangles.py is there already, and is kept"),
        ("02_lambda", "'02_lambda': lambda is a word of Python's own"),
    ],
)
def test_what_cannot_be_new_writes_nothing(root, name, says):
    (root / "course" / "exercises").mkdir(parents=True)
    (root / "course" / "exercises" / "triangles.py").write_text("mine")
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(ValueError) as caught:
        new(root, name)
    assert says in str(caught.value)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before
