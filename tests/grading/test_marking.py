"""A notebook goes in, marks come out: what its answers deserve, whatever else is in it."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest
from attacks import tries
from handed_in import LIMITS, WALLS, notebook, solved, started, student_build, submission

from course.exercises import neurons
from course.grading import marking, sandbox, staging
from course.workplace import root

LECTURES = sorted(path.stem for path in (root() / "notebooks").glob("*.ipynb"))
CLASS = sorted((root() / "data" / "example_submissions").glob("*/01_neurons.ipynb"))
TRIED = ("os._exit", "__eq__ that is always true", "list in itself")
NEURON = "def neuron_output(inputs, weights, bias):\n    return 1 / (1 + np.exp(-(weights @ inputs + bias)))"
LATE = "seen = []\ndef layer_output(inputs, weights, biases):\n    seen.append(1)\n    return np.maximum(inputs @ weights + biases, 0) + (len(seen) > 3)"  # wrong on a drawn input, not on an edge case
XOR_OR = "xor_weights = dict(hidden_weights=[[1, 1], [1, 1]], hidden_biases=[-0.5, -1.5], output_weights=[1, 0], output_bias=-0.5)"


@pytest.mark.parametrize("lecture", LECTURES)
def test_the_solutions_of_a_lecture_are_right(mark, lecture):
    marked = mark(solved(lecture), lecture)
    assert {each.exercise: (each.status, each.sentence) for each in marked.marks if each.status != "right"} == {}
    assert [each.exercise for each in marked.marks] == list(staging.prompts(staging.topics(root())[lecture[3:]]))
    assert marked.points == sum(each.out_of for each in marked.marks)


@pytest.mark.parametrize("lecture", LECTURES)
def test_an_untouched_notebook_is_not_attempted(mark, lecture):
    marked = mark([source for source, _ in student_build(lecture)], lecture)
    assert {each.status for each in marked.marks} == {"not attempted"} and marked.points == 0


# --- slices, and both ways of starting ------------------------------------------------------------------------------------


def comparable(marked):
    return [
        (each.exercise, each.status, each.points, each.mistake, each.sentence, each.evidence) for each in marked.marks
    ]


def mixed(lecture):
    """Return the cells of a notebook in which of three answers one is there, one is missing, and one is no answer."""
    cells, number = [], 0
    for (stub, name), answer in zip(student_build(lecture), solved(lecture), strict=True):
        cells.append((answer, stub, f"{name} = 'no answer'")[number % 3] if name else stub)
        number += bool(name)
    return cells


@pytest.mark.long
@pytest.mark.parametrize("lecture", LECTURES)
def test_the_marks_are_equal_when_all_is_run(mark, lecture):
    limits = sandbox.Limits()
    sliced, whole = (mark(mixed(lecture), lecture, sliced=sliced, limits=limits) for sliced in (True, False))
    assert comparable(sliced) == comparable(whole)
    assert {"right", "not attempted", "wrong"} == {each.status for each in sliced.marks}
    assert sliced.seconds < whole.seconds


@pytest.mark.long
def test_a_name_that_a_slice_left_out_is_found_in_the_whole(mark):
    # the lecture's own `logistic`, reached in a way that no reading of the text can see
    source = """import builtins

reach = getattr(builtins, "eval")


def neuron_output(inputs, weights, bias):
    return reach("logis" + "tic")(weights @ inputs + bias)"""
    cells = [stub for stub, _ in student_build("01_neurons")]
    marks = {each.exercise: each.status for each in mark([*cells, source], limits=sandbox.Limits()).marks}
    assert marks["neuron_output"] == "right"


def batch_marks(batch, **options):
    """Return {student: what is comparable} of a batch."""
    found = []
    marking.mark_batch(batch, seed=1, sandbox=WALLS, root=root(), on_marked=found.append, **options)
    return {marked.student: comparable(marked) for marked in found}


def test_cold_and_warm_give_the_same_marks(mark, tmp_path):
    notebooks = {
        "one": started(NEURON, XOR_OR, "largest_factor = 0.25", "1 / 0"),
        "two": started(LATE, "digits_mlp = keras.Sequential([keras.Input((64,))])", "def dead_units(sums):\n    pass"),
    }
    batch = [submission(tmp_path, cells, student=student) for student, cells in notebooks.items()]
    warm = {student: comparable(mark(cells, student=student)) for student, cells in notebooks.items()}
    assert batch_marks(batch, cold=True, workers=2, limits=LIMITS) == warm


@pytest.mark.long
def test_marks_are_equal_warm_and_cold_with_one_worker_and_four(tmp_path):
    notebooks = {path.parent.name: path.read_bytes() for path in CLASS[:3]}
    if WALLS:
        notebooks |= {name: started(*tries(name, 9, tmp_path)) for name in TRIED}
    notebooks["late"] = started(LATE)
    batch = [submission(tmp_path, content, student=student) for student, content in notebooks.items()]
    limits = sandbox.Limits(cell=20, question=20)
    ways = [(cold, workers) for cold in (False, True) for workers in (1, 4)]
    first, *others = (batch_marks(batch, cold=cold, workers=workers, limits=limits) for cold, workers in ways)
    for way, marks in zip(ways[1:], others, strict=True):
        assert marks == first, way
    assert len(first) == len(batch)
    assert {status for marks in first.values() for _, status, *_ in marks} >= {"right", "wrong", "not attempted"}


# --- the mistakes, the seeds ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source, exercise, mistake", [
    ("def neuron_output(inputs, weights, bias):\n    return 1 / (1 + np.exp(-(weights @ inputs)))", "neuron_output", "bias forgotten"),
    (XOR_OR, "xor_weights", "OR"),
    ("largest_factor = 0.25", "largest_factor", "one layer"),
    ("digits_mlp = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32, 'relu'), keras.layers.Dense(16, 'relu'),"
     " keras.layers.Dense(10, 'softmax')])", "digits_mlp", "ReLU twice"),
    ("def dead_units(sums):\n    sums[:] = sums <= 0\n    return sums.astype(bool).all(axis=0)", "dead_units", "mutates its input"),
    ("def dead_units(sums):\n    raise KeyError('no')", "dead_units", "raises"),
    ("def dead_units(sums):\n    pass", "dead_units", "returns nothing"),
    ("largest_factor = keras.layers.Dense(1)", "largest_factor", "wrong kind"),
])  # fmt: skip
def test_a_mistake_has_the_name_that_it_has_at_home(mark, source, exercise, mistake):
    names = {"np": np, "keras": keras}
    exec(source, names)
    home = getattr(neurons, exercise).check(names[exercise], seed=1)
    (found,) = [each for each in mark(started(source)).marks if each.exercise == exercise]
    assert (found.status, found.points, found.mistake) == ("wrong", 0.0, mistake)
    assert (found.mistake, found.sentence) == (home.mistake.name, home.sentence)
    assert list(found.evidence) == home.evidence


def test_the_inputs_come_from_the_seed(mark):
    evidence = [
        dict(mark(started("def neuron_output(*_):\n    return 1.0"), seed=seed).marks[0].evidence) for seed in (1, 1, 2)
    ]
    assert evidence[0] == evidence[1] and "expected" in evidence[0]
    cases = [dict(mark(started(LATE), seed=seed).marks[1].evidence)["inputs"] for seed in (1, 1, 2)]
    assert cases[0] == cases[1] != cases[2]


# --- files that are no notebooks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content, reason", [
    (b"", "empty"),
    (b"   \n", "empty"),
    (notebook(["x = 1"])[:-20], "no JSON"),
    (b"\xff\xfe\x00", "no JSON"),
    (b"[" * 100_000, "no JSON"),
    (b'{"cells": 3}', "no cells"),
    (b"[1, 2]", "no notebook"),
    (b'{"nbformat": 4}', "no cells"),
    (notebook(["x"] * 1001), "1000"),
])  # fmt: skip
def test_what_is_no_notebook_is_unreadable(mark, content, reason):
    marked = mark(content)
    assert marked.status == "unreadable" and reason in marked.reason and marked.marks == ()
    assert marked.needs_a_person


def test_a_link_a_folder_and_a_missing_file_are_unreadable(warm, tmp_path):
    marker = marking.Marker(root(), *warm, seed=1, limits=LIMITS)
    entry = submission(tmp_path, started())
    link, folder = tmp_path / "link.ipynb", tmp_path / "folder.ipynb"
    link.symlink_to(entry.path)
    folder.mkdir()
    for path in (link, folder, tmp_path / "none.ipynb", None):
        entry.path = path
        assert marker.mark(entry).status == "unreadable"
    entry.lecture = "99_nothing"
    assert marker.mark(entry).status == "unreadable"


def test_nbformat_3_and_cells_without_ids_and_odd_cells_are_read():
    third = {
        "nbformat": 3,
        "worksheets": [{"cells": [{"cell_type": "code", "input": ["a = 1\n", "b = 2"]}, {"cell_type": "markdown"}]}],
    }
    assert marking.read_cells(json.dumps(third).encode()) == ["a = 1\nb = 2"]
    odd = {
        "cells": [
            {"cell_type": "code", "source": 3},
            7,
            None,
            {"cell_type": "code"},
            {"cell_type": "code", "source": ["x", 4]},
        ]
    }
    assert marking.read_cells(b"\xef\xbb\xbf" + json.dumps(odd).encode()) == ["", "", "x"]
    assert marking.read_cells(notebook(["'\ud800'"])) == ["'?'"]


def test_a_batch_is_marked_whole(tmp_path):
    batch = [submission(tmp_path, started(NEURON), student=f"ñ {number}") for number in range(3)]
    batch.append(submission(tmp_path, b"{", student="broken"))
    found = []
    marking.mark_batch(batch, seed=1, workers=2, sandbox=WALLS, limits=LIMITS, on_marked=found.append, root=root())
    statuses = {each.student: each.marks[0].status if each.marks else each.status for each in found}
    assert statuses == {"ñ 0": "right", "ñ 1": "right", "ñ 2": "right", "broken": "unreadable"}
    assert all(each.student == "broken" or (each.points == 1 and each.sha256) for each in found)


def test_without_walls_nothing_is_marked_unless_asked(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(sandbox.NoSandbox, match=r"apt install bubblewrap.*--no-sandbox"):
        marking.mark_batch([], seed=1, on_marked=print, root=root())


def test_the_marker_imports_no_keras_and_no_exercise():
    code = "import sys; from course.grading import marking; print(sorted(m for m in sys.modules if m.split('.')[0] in ('keras', 'tensorflow') or m.startswith('course.exercises')))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
