"""Cutting: what a student gets, and every way in which an answer would be left in it."""

import importlib.machinery
import sys
import types

import pytest

from course.authoring.student import cut, stubs_of
from course.exercises import Exercise

# where things stand in the lecture of conftest.py, counted by hand
AREA_BEGIN, AREA_HALF, AREA_RETURN, AREA_END = 24, 25, 26, 27
CORNERS_CELL, CORNERS_BEGIN, CORNERS_END, LAST = 30, 30, 32, 35


def failure(lecture, stubs, *replacements):
    with pytest.raises(ValueError) as caught:
        cut(lecture(*replacements), stubs)
    return str(caught.value)


def test_a_stub_takes_the_place_of_the_solution(lecture, stubs):
    cells = cut(lecture(), stubs)
    assert cells[2].source == (
        'def area(base, height):\n    """Return the area of a triangle."""\n'
        '    raise NotImplementedError("your answer goes here")'
    )
    assert cells[3].source == "corners = ..."
    assert "SOLUTION" not in "".join(cell.source for cell in cells)
    source = lecture()
    assert [cells[k] for k in (0, 1, 4)] == [source.cells[k] for k in (0, 1, 4)]


def test_what_surrounds_the_solution_is_kept(lecture, stubs):
    before = "### BEGIN SOLUTION\ncorners = 3\n### END SOLUTION"
    source = lecture((before, f"count = 1\n{before}\nshown = corners"))
    assert cut(source, stubs)[3].source == "count = 1\ncorners = ...\nshown = corners"


def test_a_whole_definition_and_a_class_can_be_cut(lecture):
    whole = "### BEGIN SOLUTION\ndef corners(n):\n    return n\n### END SOLUTION"
    old = "### BEGIN SOLUTION\ncorners = 3\n### END SOLUTION"
    stub = "def corners(n):\n    ..."
    assert cut(lecture((old, whole)), {"area": "...", "corners": stub})[3].source == stub
    method = (
        "class corners:\n    def call(self):\n        ### BEGIN SOLUTION\n        return 3\n        ### END SOLUTION"
    )
    cells = cut(lecture((old, method)), {"area": "...", "corners": "pass\npass"})
    assert cells[3].source == "class corners:\n    def call(self):\n        pass\n        pass"


BEGIN, END = "    ### BEGIN SOLUTION\n", "    ### END SOLUTION\n"


@pytest.mark.parametrize(
    "replacements, line, says",
    [
        ([(END, "")], AREA_BEGIN, "BEGIN SOLUTION without END SOLUTION"),
        ([(BEGIN, "")], AREA_END - 1, "END SOLUTION without BEGIN SOLUTION"),
        ([(END, END + END)], AREA_END + 1, "END SOLUTION without BEGIN SOLUTION"),
        ([(BEGIN, BEGIN + BEGIN)], AREA_BEGIN + 1, "BEGIN SOLUTION inside the solution that begins on line 24"),
        ([(END, END + BEGIN + END)], AREA_END + 1, "a second BEGIN SOLUTION"),
        ([(BEGIN, ""), (END, "")], 22, "exercise area has no BEGIN SOLUTION and END SOLUTION"),
        (
            [('print("shown")', "### BEGIN SOLUTION\n1\n### END SOLUTION")],
            LAST,
            "BEGIN SOLUTION outside of an exercise",
        ),
        ([("# What does one cover?", "# ### BEGIN SOLUTION")], 14, "BEGIN SOLUTION outside of an exercise cell"),
        ([("    ### END SOLUTION", "    ## end solution")], AREA_END, "`## end solution` is no marker"),
        (
            [("max(height, 0)\n    ###", "max(height, 0)  ###")],
            AREA_RETURN,
            "`return half * max(height, 0)  ### END SOL",
        ),
        (
            [('exercise="corners"', 'exercise="sides"')],
            CORNERS_BEGIN,
            "unknown exercise sides; course/exercises/triangles",
        ),
        ([('exercise="corners"', 'exercise="area"')], CORNERS_CELL, "exercise area has a cell on line 22 already"),
        ([("corners = 3", "edges = 3")], CORNERS_CELL, "the solution of exercise corners never binds corners"),
        ([("corners = 3", "corners = = 3")], 31, "not Python"),
        ([('print("shown")', "shown = (")], LAST, "not Python"),
        ([('print("shown")', "for corners in range(3): pass")], LAST, "corners is the answer of an exercise"),
        ([('print("shown")', "import math as area")], LAST, "area is the answer of an exercise"),
    ],
)
def test_a_wrong_source_is_named_with_its_line(lecture, stubs, replacements, line, says):
    assert failure(lecture, stubs, *replacements).startswith(f"solutions/01_triangles.py:{line}: {says}")


def test_an_exercise_without_a_cell(lecture, stubs):
    says = failure(lecture, stubs | {"sides": "sides = ..."})
    assert (
        says
        == 'solutions/01_triangles.py:35: the lecture ends without a cell for exercise sides, `# %% exercise="sides"`'
    )


@pytest.mark.parametrize(
    "old, new, line",
    [
        ("corners = 3\n### END SOLUTION\n", "corners = 3\n### END SOLUTION\ncorners = 1 + 2\n", 33),
        ("### BEGIN SOLUTION\ncorners = 3", "corners = 1 + 2\n### BEGIN SOLUTION\ncorners = 3", 30),
        ("corners = 3\n### END SOLUTION\n", "corners = 3\n### END SOLUTION\nif True:\n    corners += 1\n", 34),
        ("### BEGIN SOLUTION\n    half", "### BEGIN SOLUTION\n    pass\n    ### END SOLUTION\n    half", None),
        ("    ### END SOLUTION\n", "    ### END SOLUTION\n    return base\n", 22),
        ("    ### END SOLUTION\n", "    ### END SOLUTION\narea = max\n", 28),
        ("    ### END SOLUTION\n", "    ### END SOLUTION\nwith open('x') as area:\n    pass\n", 28),
    ],
)
def test_an_answer_bound_outside_the_markers(lecture, stubs, old, new, line):
    replacements = [(old, new)] if line else [(old, new), ("0)\n    ### END SOLUTION", "0)")]
    says = failure(lecture, stubs, *replacements)
    assert says.startswith(f"solutions/01_triangles.py:{line or 22}: ") and "is bound outside of BEGIN and END" in says


def test_a_name_in_an_inner_scope_is_not_the_answer(lecture, stubs):
    inner = "def show(area):\n    corners = 4\n    return corners\n\nsums = [area for area in (1, 2)]"
    cut(lecture(('print("shown")', inner)), stubs)


def test_a_stub_that_does_not_fit(lecture, stubs):
    says = failure(lecture, stubs | {"corners": "edges = ..."})
    assert says == "solutions/01_triangles.py:30: the stub of exercise corners does not bind corners"
    says = failure(lecture, stubs | {"corners": "corners = "})
    assert says.startswith("solutions/01_triangles.py:30: with its stub, exercise corners is not Python")


@pytest.mark.parametrize(
    "old, new, place",
    [
        ('print("shown")', "half = 1\nheight = 2\nx = 3\n(lambda:0)\n# return  half*max( height,0)", 35),
        ("# What does one cover?", "# It is `return half * max(height,  0)`.", 12),
        (
            "run = course.start()",
            "run = course.start()\ndef other(half, height):\n    return half * max(\n        height, 0)",
            17,
        ),
        ('    """Return the area of a triangle."""', '    """Hint: return half * max(height, 0)."""', 22),
    ],
)
def test_a_line_of_a_solution_that_students_can_read(lecture, stubs, old, new, place):
    source = lecture((old, new))
    line = source.text.split("\n").index("    return half * max(height, 0)") + 1
    with pytest.raises(ValueError) as caught:
        cut(source, stubs)
    assert str(caught.value) == (
        f"solutions/01_triangles.py:{line}: `return half * max(height, 0)` is in the solution of area, "
        f"and in the cell of line {place}, which students see"
    )


@pytest.mark.parametrize(
    "line",
    [
        "import numpy as np, math",
        "from math import pi, tau",
        "for i in range(len([1, 2])):\n        pass",
        "y = 1 + 2",
        "x = y  # a long comment that is of no consequence at all",
    ],
)
def test_a_line_that_gives_nothing_away_may_be_seen(lecture, stubs, line):
    twice = line.replace("    ", "")
    shown = line.replace("\n        ", "\n    ")
    assert twice and cut(lecture(("    half = base", f"    {line}\n    half = base"), ('print("shown")', shown)), stubs)


def test_a_comment_does_not_hide_a_line(lecture, stubs):
    commented = ("max(height, 0)\n", "max(height, 0)  # none below the ground\n")
    says = failure(lecture, stubs, commented, ('print("shown")', "height = half = 1\n# return half * max(height, 0)"))
    assert says.startswith("solutions/01_triangles.py:26: `return half * max(height, 0)` is in the solution of area")


def test_stubs_come_from_the_topics_module(monkeypatch):
    name = "course.exercises.triangles"
    area = Exercise("area", 1, "value", "area = ...", 6, None, (), ("a hint",))
    module = types.ModuleType(name)
    module.__spec__ = importlib.machinery.ModuleSpec(name, None)
    vars(module).update(area=area, helper=len)
    monkeypatch.setitem(sys.modules, name, module)
    assert stubs_of("triangles") == {"area": "area = ..."}
    assert stubs_of("of_no_such_lecture") == {}
    module.surface = area
    with pytest.raises(ValueError, match=r"surface holds the exercise 'area'"):
        stubs_of("triangles")


def test_a_module_of_exercises_that_cannot_be_imported(monkeypatch, tmp_path):
    import course.exercises

    (tmp_path / "broken_topic.py").write_text("import of_no_such_package")
    monkeypatch.setattr(course.exercises, "__path__", [*course.exercises.__path__, str(tmp_path)])
    with pytest.raises(ValueError, match=r"^course/exercises/broken_topic.py: ModuleNotFoundError: No module named"):
        stubs_of("broken_topic")
