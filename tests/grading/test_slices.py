"""What of a notebook runs: all that its answers need, and of the given cells no more."""

import pytest
from handed_in import solved, student_build

from course.grading import slices, staging
from course.workplace import root

START = "run = start()"


def planned(cells, given, exercises=("answer",)):
    """Return what is run, as a list of sources."""
    return [source for _, source in slices.plan(cells, [START, *given], exercises)[0]]


@pytest.mark.parametrize("given, mine, runs", [
    (["import numpy as np", "x = np.ones(3)"], "answer = 3", []),
    (["import numpy as np\nslow()"], "answer = np.pi", ["import numpy as np"]),
    (["def f():\n    return g()", "def g():\n    return 1", "other = f()"], "answer = f()", ["def f():\n    return g()", "def g():\n    return 1"]),
    (["x = [1]", "x.append(2)", "y = 1"], "answer = x", ["x = [1]", "x.append(2)"]),
    (["x = 1"], "def answer(x):\n    return x", []),
    (["x = 1"], "def answer(y):\n    return x", ["x = 1"]),
    (["x = 1"], "answer = [x for x in (1, 2)]", []),
    (["x = 1"], "answer = lambda: x", ["x = 1"]),
    (["x = 1"], "class answer:\n    def __call__(self):\n        return x", ["x = 1"]),
    (["a = b = 2", "c = a"], "answer = c", ["a = b = 2", "c = a"]),
    (["def f():\n    global x\n    x = 1", "f()"], "answer = x", ["def f():\n    global x\n    x = 1"]),
    (["for i in range(3):\n    x = i"], "answer = x", ["for i in range(3):\n    x = i"]),
    (["def answer():\n    raise NotImplementedError"], "y = 1", ["def answer():\n    raise NotImplementedError"]),
    (["@decorated\ndef f():\n    pass", "def decorated(f):\n    return f"], "answer = f", ["@decorated\ndef f():\n    pass", "def decorated(f):\n    return f"]),
    (["import a.b"], "answer = a.b.c", ["import a.b"]),
    (["x: int = 1"], "answer = x", ["x: int = 1"]),
    (["del_me = 1\ndel del_me"], "answer = 1", []),
    (["x = 1", "y = x", "x = 2"], "answer = y", ["x = 1", "y = x"]),
    (["%matplotlib inline", "x = 1"], "answer = 1", ["%matplotlib inline"]),
])  # fmt: skip
def test_a_cell_brings_what_it_needs(given, mine, runs):
    assert planned([START, *given, mine], given) == [START, *runs, mine]


@pytest.mark.parametrize("mine", [
    "answer = eval('x')", "answer = globals()['x']", "from numpy import *", "%run other.py", "%%time\nanswer = x", "!ls",
    "answer = get_ipython().user_ns['x']", "exec('answer = x')",
])  # fmt: skip
def test_what_reaches_names_without_naming_them_runs_everything(mine):
    given = ["x = 1", "y = 2"]
    assert planned([START, *given, mine], given) == [START, *given, mine]


def test_a_changed_cell_is_the_students_and_a_moved_one_is_not():
    assert planned(["x = 2", START, "y = x", "answer = 1"], ["x = 1", "y = x"]) == ["x = 2", START, "answer = 1"]


def test_a_helper_that_a_later_cell_overwrites_stays():
    mine = "def relu(x):\n    return max(x, 0)\n\ndef answer(x):\n    return relu(x)"
    given = ["a = 1", "relu = 3"]
    assert planned([START, "a = 1", mine, "relu = 3"], given) == [START, mine]


def test_what_is_no_python_still_says_what_it_would_bind():
    cell = "def answer(x:\n    pass\nother = 3\nthird == 4"
    assert slices.names(cell).binds == {"answer", "other"} and not slices.names(cell).parsed
    assert slices.plan([cell], [START], ["answer"]) == ([(0, cell)], [{"answer", "other"}])


@pytest.mark.parametrize("text", ["(" * 10_000, "-" * 100_000 + "1", "\0", "x = " + "[" * 5000 + "]" * 5000, "\ud800"])
def test_a_text_that_breaks_the_parser_breaks_nothing_here(text):
    assert slices.plan([text], [START], ["answer"])[0] == [(0, text)]


@pytest.mark.parametrize("lecture", sorted(path.stem for path in (root() / "notebooks").glob("*.ipynb")))
def test_the_experiments_of_a_lecture_do_not_run(lecture):
    given = staging.given_cells(root() / f"notebooks/{lecture}.ipynb")
    exercises = staging.prompts(staging.topics(root())[lecture[3:]])
    running = slices.plan(solved(lecture), given, exercises)[0]
    named = {name for _, name in student_build(lecture) if name}
    assert named == set(exercises)
    assert not any(".fit(" in source or "fit(" in source.split("=")[-1] for _, source in running if source in given)
