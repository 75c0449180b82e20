"""Building and checking a course of one small lecture; a kernel runs only where the outputs are what is tested."""

import copy
import json
import os

import nbformat
import pytest
from nbformat.v4 import new_output

from course import kernels
from course.authoring import build as building
from course.authoring.build import LIMIT_MB, build, check

SOURCE, STUDENT, FULL = "solutions/01_triangles.py", "notebooks/01_triangles.ipynb", "solutions/01_triangles.ipynb"


@pytest.fixture(autouse=True)
def exercises(monkeypatch, stubs):
    monkeypatch.setattr(building, "stubs_of", lambda topic: dict(stubs) if topic == "triangles" else {})


@pytest.fixture
def executed(monkeypatch):
    """Pretend to execute: each code cell shows how many notebooks were executed before it. Returns that list."""
    calls = []

    def execute(notebook, folder, environment, on_cell=None):
        notebook = copy.deepcopy(notebook)
        for count, cell in enumerate((cell for cell in notebook.cells if cell.cell_type == "code"), 1):
            cell.execution_count = count
            cell.outputs = [new_output("stream", text=f"run {len(calls)}\n")]
        calls.append((folder, environment))
        return notebook, kernels.Usage()

    monkeypatch.setattr(kernels, "execute", execute)
    return calls


def silent(*_):
    pass


def edit(root, old, new, path=SOURCE):
    text = (root / path).read_text(encoding="utf-8")
    assert old in text
    (root / path).write_text(text.replace(old, new), encoding="utf-8")


def states(root):
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in root.rglob("*") if path.is_file()}


def add_lecture(root, name):
    text = (root / SOURCE).read_text(encoding="utf-8")
    start, end = text.index('# %% exercise="area"'), text.index("# %%\nprint")
    (root / "solutions" / f"{name}.py").write_text(text[:start] + text[end:], encoding="utf-8")


def test_builds_both_notebooks_and_the_table(root, executed):
    said = []
    build(root, report=said.append)
    student, full = (nbformat.read(root / path, as_version=4) for path in (STUDENT, FULL))
    assert "half" not in "".join(cell.source for cell in student.cells)
    assert "half" in full.cells[2].source and full.cells[2].outputs[0].text == "run 0\n"
    assert executed == [(root / "solutions", building.ENVIRONMENT)]
    assert said == [
        f"{FULL}: executed in 0 s",
        f"{STUDENT}: written",
        f"{FULL}: written",
        "README.md: the table of lectures is new",
    ]
    assert (root / "README.md").read_text(encoding="utf-8") == (
        "# Course\n\n<!-- lectures -->\n| | Lecture | What it is about | Time | Memory |\n|---|---|---|---|---|\n"
        "| 01 | [Triangles](notebooks/01_triangles.ipynb) | What a triangle covers. | 30 s | 1.0 GB |\n"
        "<!-- /lectures -->\n\nMore.\n"
    )
    assert check(root) == []


def test_the_table_shows_what_was_measured(root, executed):
    (root / "data").mkdir()
    record = {"lecture": "01_triangles", "backend": "tensorflow", "device": "CPU", "effort": "quick"}
    (root / "data" / "budget.json").write_text(json.dumps([{**record, "seconds": 12.3, "memory_gb": 0.66}]))
    build(root)
    assert "| What a triangle covers. | 12 s | 0.7 GB |" in (root / "README.md").read_text(encoding="utf-8")
    assert check(root) == []


def test_an_unchanged_source_touches_no_file_and_starts_no_kernel(root, executed, monkeypatch):
    build(root, report=silent)
    before = states(root)
    monkeypatch.setattr(kernels, "execute", lambda *_, **__: pytest.fail("a kernel was started"))
    build(root, report=silent)
    assert check(root) == []
    assert states(root) == before


def test_one_word_of_prose_makes_the_check_fail_until_rebuilt(root, executed):
    build(root, report=silent)
    edit(root, "What does one cover?", "What might one cover?")
    student, full = check(root)
    assert student.startswith(f"--- {STUDENT}\n+++ {SOURCE}\n") and full.startswith(f"--- {FULL}\n+++ {SOURCE}\n")
    assert "\n-What does one cover?\n+What might one cover?" in student
    build(root, report=silent)
    assert check(root) == []
    assert len(executed) == 1, "the code is the same, and its outputs are kept"
    assert nbformat.read(root / FULL, as_version=4).cells[2].outputs[0].text == "run 0\n"


@pytest.mark.parametrize(
    "old, new", [("max(height, 0)", "max(height, 0.0)"), ("# %%\nprint", '# %% tags=["volatile"]\nprint')]
)
def test_changed_code_is_executed(root, executed, old, new):
    build(root, report=silent)
    edit(root, old, new)
    assert check(root)
    build(root, report=silent)
    assert len(executed) == 2 and check(root) == []


def test_what_else_the_check_sees(root, executed):
    assert check(root)[:2] == [f"{STUDENT} is missing: run `course build`", f"{FULL} is missing: run `course build`"]
    build(root, report=silent)
    edit(root, "What a triangle covers.", "What a triangle hides.")
    assert len(check(root)) == 3 and check(root)[2].startswith("README.md: its table of lectures is not")
    build(root, report=silent)
    assert check(root) == [] and len(executed) == 1

    (root / "notebooks" / "02_gone.ipynb").write_text("{}")
    assert check(root) == ["notebooks/02_gone.ipynb has no source solutions/02_gone.py: move or remove it"]
    (root / "notebooks" / "02_gone.ipynb").unlink()
    run = nbformat.read(root / FULL, as_version=4)
    run.cells[1].outputs = [new_output("stream", text="x" * LIMIT_MB * 10**6)]
    nbformat.write(run, root / FULL)
    assert check(root) == [f"{FULL}: 2.0 MB, and a notebook may have 2 MB; the largest of its cells is number 2"]
    (root / "README.md").write_text("nothing")
    assert check(root)[-1].startswith("README.md: wants one line <!-- lectures -->")


def test_a_notebook_that_was_not_executed(root, executed):
    build(root, report=silent)
    notebook = nbformat.read(root / FULL, as_version=4)
    notebook.cells[2].execution_count, notebook.cells[2].outputs = None, []
    nbformat.write(notebook, root / FULL)
    assert check(root) == [f"{FULL} was not executed: run `course build`"]
    build(root, report=silent)
    assert check(root) == [] and len(executed) == 2


@pytest.mark.parametrize("path", [STUDENT, FULL])
def test_a_hand_edit_is_never_overwritten(root, executed, path):
    build(root, report=silent)
    edit(root, "print", "my_own_print", path)
    edit(root, "What does one cover?", "What might one cover?")
    add_lecture(root, "02_other")
    before = states(root)
    with pytest.raises(ValueError) as caught:
        build(root, report=silent)
    assert str(caught.value) == (
        f"{path} was edited by hand, and building it would lose the edits: "
        "move it to another folder, or give them up with `course build --force`"
    )
    for built in (STUDENT, FULL):
        assert states(root)[root / built] == before[root / built]
    assert (root / "notebooks" / "02_other.ipynb").exists(), "the other lecture is built"
    assert f"{path} was edited, or run and saved" in "\n".join(check(root))
    build(root, force=True, report=silent)
    assert check(root) == []


def test_a_student_notebook_that_was_run_is_an_edit(root, executed):
    build(root, report=silent)
    notebook = nbformat.read(root / STUDENT, as_version=4)
    notebook.cells[-1].outputs = [new_output("stream", text="mine")]
    nbformat.write(notebook, root / STUDENT)
    assert len(check(root)) == 1
    with pytest.raises(ValueError, match=r"edited by hand"):
        build(root, report=silent)


@pytest.mark.parametrize(
    "content", ["", "not JSON", "[]", "{}", '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [1]}']
)
@pytest.mark.parametrize("path", [STUDENT, FULL])
def test_a_file_that_is_no_notebook_is_one_sentence(root, executed, path, content):
    (root / path).write_text(content)
    with pytest.raises(ValueError) as caught:
        build(root, report=silent)
    assert str(caught.value).startswith(f"{path} is not a notebook (") and "\n" not in str(caught.value)
    assert (root / path).read_text() == content
    assert any(said.startswith(f"{path} is not a notebook (") for said in check(root))
    build(root, force=True, report=silent)
    assert check(root) == []


def test_a_notebook_of_somebody_else_is_kept(root, executed):
    (root / STUDENT).write_text(nbformat.writes(nbformat.v4.new_notebook()))
    with pytest.raises(ValueError, match=r"edited by hand"):
        build(root, report=silent)


def test_a_build_that_fails_writes_nothing(root, executed, monkeypatch):
    build(root, report=silent)
    edit(root, "What does", "What might")
    before = states(root)

    def full_disk(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full_disk)
        with pytest.raises(OSError, match=r"No space"):
            build(root, report=silent)
    assert states(root) == before


def test_a_bad_source_is_named_and_the_others_are_built(root, executed):
    add_lecture(root, "02_other")
    edit(root, "### END SOLUTION\n\n# %% exercise", "\n# %% exercise")
    with pytest.raises(ValueError) as caught:
        build(root, report=silent)
    assert str(caught.value) == "solutions/01_triangles.py:24: BEGIN SOLUTION without END SOLUTION"
    assert not (root / STUDENT).exists() and (root / "notebooks" / "02_other.ipynb").exists()
    assert check(root) == [str(caught.value)]


def test_names_select(root, executed):
    add_lecture(root, "02_other")
    build(root, ["02_other"], report=silent)
    assert not (root / STUDENT).exists() and check(root, ["02_other"]) == []
    with pytest.raises(
        ValueError, match=r"^there is no lecture '03_gone' in solutions/: it has 01_triangles, 02_other$"
    ):
        build(root, ["03_gone"])


def test_a_large_notebook_is_not_written(root, executed, monkeypatch):
    monkeypatch.setattr(building, "LIMIT_MB", 0.001)
    with pytest.raises(
        ValueError, match=rf"^{STUDENT}: 0.0 MB, and a notebook may have 0.001 MB; the largest of its cells"
    ):
        build(root, report=silent)
    assert not (root / STUDENT).exists()


# --- with a kernel --------------------------------------------------------------------------------------------

SHOWS = """\
import sys, time
import matplotlib.pyplot as plt
from IPython.display import HTML, display
for word in ("a", "b", "c"):
    print(word, flush=True)
    print(word, file=sys.stderr, flush=True)
    time.sleep(0.05)
display(HTML("<b>shown</b>"))
plt.plot([1, 2], label=str({"x", "y", "z"}))
plt.legend()
plt.show()
print("after", hash("text"))

# %% tags=["volatile"]
print(time.time_ns())
"""


@pytest.fixture
def without_course(root, tmp_path, monkeypatch):
    """The lecture, where the kernel finds another course than the real one, whose start takes seconds."""
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "course.py").write_text("def start():\n    print('started')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "other"))
    return root


def test_two_executions_give_the_same_bytes_outside_of_volatile_cells(without_course):
    root = without_course
    edit(root, 'print("shown")\n', SHOWS)
    build(root, report=silent)
    first = (root / FULL).read_bytes(), (root / STUDENT).read_bytes()
    build(root, execute=True, report=silent)
    second = (root / FULL).read_bytes(), (root / STUDENT).read_bytes()
    assert first[1] == second[1]

    def lines_of(notebook):
        return [line for line in notebook.split(b"\n") if not line.strip().strip(b'"n\\').isdigit()]

    assert first[0] != second[0], "the volatile cell shows the time"
    assert lines_of(first[0]) == lines_of(second[0])
    outputs = nbformat.reads(first[0].decode(), as_version=4).cells[4].outputs
    assert [output.get("name", output.output_type) for output in outputs] == [
        "stdout", "stderr", "display_data", "display_data", "stdout",
    ]  # fmt: skip
    assert outputs[0].text == "a\nb\nc\n" and "image/png" in outputs[3].data


def test_a_cell_that_fails_is_named_and_nothing_is_written(without_course):
    root = without_course
    edit(root, 'print("shown")', 'raise RuntimeError("in the cell")')
    before = states(root)
    with pytest.raises(ValueError) as caught:
        build(root, report=silent)
    assert str(caught.value) == f"{SOURCE}:35: cell 5 fails: RuntimeError: in the cell; nothing was written"
    changed = {path.name for path in states(root) if path not in before and "__pycache__" not in path.parts}
    assert changed == set()
