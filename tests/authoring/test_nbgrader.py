"""The course in nbgrader's form, proven with nbgrader itself: generate, autograde three submissions, feedback."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas
import pytest

from course import exercises
from course.authoring import source
from course.authoring.nbgrader import export, nbgrader_notebook

HERE = Path(__file__).parents[2]
HEADER = (HERE / "solutions" / "01_neurons.py").read_text(encoding="utf-8").split("# %%")[0]
NEURONS = exercises.of("neurons")


@pytest.fixture
def root(tmp_path):
    """A course of one lecture, 01_neurons cut down to its start, its exercises, and the cells that they build on."""
    lecture = source.read(HERE / "solutions" / "01_neurons.py")
    kept = [
        cell
        for cell in lecture.cells
        if cell is lecture.cells[0] or "start" in cell.tags or cell.exercise or "import numpy" in cell.source
    ]
    text = HEADER
    for cell in kept:
        if cell.kind == "markdown":
            text += "# %% [markdown]\n" + "\n".join(f"# {line}".rstrip() for line in cell.lines)
        else:
            options = f' exercise="{cell.exercise}"' if cell.exercise else ' tags=["start"]' * ("start" in cell.tags)
            text += f"# %%{options}\n{cell.source}"
            text += "\nimport keras" * ("start" in cell.tags)
        text += "\n\n"
    (tmp_path / "course" / "solutions").mkdir(parents=True)
    (tmp_path / "course" / "solutions" / "01_neurons.py").write_text(text, encoding="utf-8")
    return tmp_path / "course"


def nbgrader(folder, *arguments):
    """Run nbgrader's command, which itself looks for `alembic` on the PATH."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def metadata(notebook, grade_id):
    return next(
        cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
    ).metadata.nbgrader


def test_each_exercise_is_a_solution_and_a_cell_of_points(root):
    notebook = nbgrader_notebook(source.read(root / "solutions" / "01_neurons.py"), seed=7)
    graded = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert len(graded) == 2 * len(NEURONS)
    for name, exercise in NEURONS.items():
        solution, check = metadata(notebook, name), metadata(notebook, f"check-{name}")
        assert (solution.solution, solution.grade, solution.locked) == (True, False, False)
        assert (check.solution, check.grade, check.locked, check.points) == (False, True, True, exercise.points)
    nbformat.validate(notebook)


def test_what_is_there_is_kept(root, tmp_path):
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "gradebook.db").write_text("marks")
    with pytest.raises(ValueError, match="is kept"):
        export(root, folder)
    assert [path.name for path in folder.iterdir()] == ["gradebook.db"]


def test_two_exports_draw_their_inputs_from_two_seeds(root, tmp_path):
    first, second = (export(root, tmp_path / name)[1].read_text(encoding="utf-8") for name in ("a", "b"))
    assert first != second


def test_nbgrader_generates_marks_and_gives_feedback(root, tmp_path):
    folder = tmp_path / "nbgrader"
    export(root, folder)
    nbgrader(folder, "generate_assignment", "01_neurons")
    released = (folder / "release" / "01_neurons" / "01_neurons.ipynb").read_text(encoding="utf-8")
    full = (folder / "source" / "01_neurons" / "01_neurons.ipynb").read_text(encoding="utf-8")
    assert "HIDDEN TESTS" in full and "HIDDEN TESTS" not in released
    assert "### BEGIN SOLUTION" in full and "### BEGIN SOLUTION" not in released
    assert ".check(neuron_output, seed=" in full and ".check(neuron_output, seed=" not in released

    solved = nbformat.reads(released, as_version=4)
    answers = {cell.id: cell for cell in nbformat.reads(full, as_version=4).cells}
    for cell in solved.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers[cell.id].source
    partly = nbformat.from_dict(solved)
    for cell in partly.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == "mlp_parameters":
            cell.source = "def mlp_parameters(sizes):\n    return sum(m * n for m, n in zip(sizes, sizes[1:]))"
    right = nbformat.writes(solved)
    submissions = {"ada": right, "untouched": released, "partly": nbformat.writes(partly)}
    for student, text in submissions.items():
        path = folder / "submitted" / student / "01_neurons" / "01_neurons.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, encoding="utf-8")

    nbgrader(folder, "autograde", "01_neurons")
    nbgrader(folder, "export")
    scores = pandas.read_csv(folder / "grades.csv").set_index("student_id")
    points = sum(exercise.points for exercise in NEURONS.values())
    assert scores.max_score.tolist() == [points] * 3
    assert scores.score.to_dict() == {
        "ada": points,
        "untouched": 0,
        "partly": points - NEURONS["mlp_parameters"].points,
    }
    nbgrader(folder, "generate_feedback", "01_neurons")
    assert all((folder / "feedback" / student / "01_neurons" / "01_neurons.html").exists() for student in submissions)
