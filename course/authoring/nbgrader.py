"""Write a lecture as nbgrader has it: answers between its markers, and a cell of hidden tests behind each exercise."""

import secrets

from nbformat.v4 import new_code_cell, new_notebook

from course import exercises
from course.authoring.notebook import address_in, full_notebook, text_of
from course.authoring.source import read
from course.authoring.student import cut, stubs_of
from course.workplace import lectures

CONFIG = """\
c = get_config()  # noqa: F821
c.CourseDirectory.course_id = "course"
c.ExecutePreprocessor.timeout = 300  # seconds for each cell; nbgrader's own 30 are too few for an experiment
"""
TEST = """\
# {points} for `{name}`: what it gives on inputs that you have not seen.
### BEGIN HIDDEN TESTS
from course.exercises import {topic}

outcome = {topic}.{name}.check({name}, seed={seed})
assert outcome.status == "right", outcome
### END HIDDEN TESTS"""


def export(root, folder, names=()):
    """Write a course folder for nbgrader, and return the paths of its files (list of Path).

    `root` is the course's folder (Path), `folder` the new one (Path), `names` the lectures (list of "NN_topic" or NN,
    all by default). Each lecture becomes source/NN_topic/NN_topic.ipynb, of which `nbgrader generate_assignment` makes
    what students get. Hidden tests draw their inputs from a seed that is new at every export.
    Raises ValueError if there is something in `folder` already, or if a source is not as it should be.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(f"{folder} is there already, and is kept: name a folder that is new or empty")
    texts = {folder / "nbgrader_config.py": CONFIG}
    for name in lectures(root / "solutions", "*.py", names):
        source = read(root / "solutions" / f"{name}.py")
        cut(source, stubs_of(source.topic))  # a lecture that cannot be built cannot be exported either
        notebook = nbgrader_notebook(source, secrets.randbelow(2**31), address_in(root))
        texts[folder / "source" / name / f"{name}.ipynb"] = text_of(notebook)
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def nbgrader_notebook(source, seed, address=None):
    """Return the notebook of a `Source` with nbgrader's metadata, not executed (NotebookNode).

    `seed` (int) is what hidden tests draw their inputs from; `address` is where pip finds the course, or None.
    """
    full = full_notebook(source, address)
    data = exercises.of(source.topic)
    cells = []
    for cell in full.cells:
        cells.append(cell)
        name = cell.metadata.pop("exercise", None)
        if name:
            cell.metadata["nbgrader"] = _metadata(name, solution=True, locked=False)
            cells.append(_test(data[name], source.topic, seed))
    return new_notebook(cells=cells, metadata={"kernelspec": full.metadata.kernelspec})


def _test(exercise, topic, seed):
    points = f"{exercise.points:g} point" + "s" * (exercise.points != 1)
    text = TEST.format(points=points, name=exercise.name, topic=topic, seed=seed)
    grade_id = f"check-{exercise.name}"
    graded = _metadata(grade_id, grade=True, points=exercise.points)
    return new_code_cell(text, id=grade_id.replace("_", "-")[:64], metadata={"nbgrader": graded})


def _metadata(grade_id, grade=False, solution=False, locked=True, **points):
    """Return nbgrader's metadata of a cell, in the third version of its schema."""
    kind = {"grade": grade, "solution": solution, "locked": locked, "task": False, "cell_type": "code"}
    return {"grade_id": grade_id, "schema_version": 3, **kind, **points}
