"""Answers much alike are found, and what anybody would write is not."""

import pytest

from course.grading import similarity
from course.grading.similarity import answers_of, of_lecture, pairs

GIVEN = '''def output_size(size, kernel, stride=1, padding=0):
    """Return the side of the output, in pixels; all arguments are whole numbers."""
    if padding == "same":
        padding = (kernel - 1) // 2
    elif padding == "valid":
        padding = 0
    if min(size, kernel, stride) < 1 or padding < 0:
        raise ValueError(f"sizes are positive, not {size}, {kernel}, {stride}")
    raise NotImplementedError("your answer goes here")
'''
OWN = {
    "ada": """def field(layers):
    size, jump = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * jump
        jump *= stride
    return size
""",
    "bob": """def field(layers):
    strides = [stride for _, stride in layers]
    jumps = [math.prod(strides[:n]) for n in range(len(layers))]
    return 1 + sum((kernel - 1) * jump for (kernel, _), jump in zip(layers, jumps))
""",
    "cem": """def field(layers):
    if not layers:
        return 1
    (kernel, stride), *rest = layers
    return stride * (field(rest) - 1) + kernel
""",
    "dee": """def field(layers):
    result = 1
    for k, s in reversed(layers):
        result = (result - 1) * s + k
    return result
""",
}
COPY = """def field(nets):
    # I wrote this all by myself
    r,   j = 1, 1
    for a, b in nets:
        r += (a - 1) * j   # grows
        j *= b

    return r
"""


def named(found):
    return [(pair.first, pair.second) for pair in found]


def test_a_copy_with_other_names_comments_and_layout_is_found():
    found = pairs("04", "field", {**OWN, "eve": COPY})
    assert named(found) == [("ada", "eve")] and found[0].score == pytest.approx(1)
    assert found[0].answers == (OWN["ada"], COPY)


def test_answers_written_apart_are_not():
    assert pairs("04", "field", OWN) == []


def test_a_copy_with_a_line_changed_is_found():
    changed = COPY.replace("return r", "return int(r)")
    assert named(pairs("04", "field", {**OWN, "eve": changed})) == [("ada", "eve")]


def test_the_given_code_does_not_count():
    stub = 'raise NotImplementedError("your answer goes here")'
    bare = {"ada": GIVEN.replace(stub, "return size // stride"), "bob": GIVEN.replace(stub, "return size - kernel")}
    assert named(pairs("04", "output_size", bare)) == [("ada", "bob")]  # if it did count
    assert pairs("04", "output_size", bare, GIVEN) == []
    both = dict.fromkeys(
        ("ada", "bob"), GIVEN.replace("raise Not", "x = [size * k for k in range(7) if k % 3 != stride]\n    raise Not")
    )
    assert named(pairs("04", "output_size", both, GIVEN)) == [("ada", "bob")]


def test_what_many_wrote_does_not_count():
    many = {f"s{number:02}": OWN["dee"] for number in range(8)}
    assert pairs("04", "field", {**OWN, **many}) == []
    assert named(pairs("04", "field", {**OWN, **many, "eve": COPY})) == [("ada", "eve")]


def test_three_who_copied_are_no_crowd():
    found = pairs("04", "field", {**OWN, "eve": COPY, "fay": COPY.replace("nets", "rows")})
    assert named(found) == [("ada", "eve"), ("ada", "fay"), ("eve", "fay")]


def test_short_answers_are_not_compared():
    assert pairs("04", "gap", {"ada": "gap = 3 * 7", "bob": "gap = 3 * 7"}) == []


@pytest.mark.parametrize("source", ["def f(:", "\0", "x = " + "(" * 5000, "", "'''", "\ud800"])
def test_what_is_no_python_is_left_out(source):
    assert pairs("04", "f", {"ada": source, "bob": source}) == []
    assert answers_of([source], ["f"]) == {}


def test_an_answer_is_what_binds_its_name_last():
    cells = ["import numpy as np\nfield = ...", "def other():\n    field = 3", "%matplotlib inline\nfield = 1",
             "print(1)\ndef field(x):\n    return x\nprint(field(1))", "y = field(2)"]  # fmt: skip
    assert answers_of(cells, ["field", "absent"]) == {"field": "def field(x):\n    return x"}
    for source in (
        "a, (field, b) = 1, (2, 3)",
        "field: int = 3",
        "async def field():\n    pass",
        "class field:\n    pass",
    ):
        assert answers_of([source], ["field"]) == {"field": source}
    assert answers_of(["x.field = 1\nx[field] = 2\nfield == 3"], ["field"]) == {}


def test_of_a_lecture_the_pairs_most_alike_come_first(monkeypatch):
    long = "gap = [size * k + jump ** 2 for k in range(7) if k % 3 != stride or k > jump]"
    notebooks = {
        "ada": [OWN["ada"], long],
        "bob": [OWN["bob"], long],
        "eve": [COPY.replace("return r", "return int(r)")],
    }
    found = of_lecture(
        "04", ["field", "gap"], notebooks, ["def field(layers):\n    raise NotImplementedError", "gap = ..."]
    )
    assert [(pair.exercise, *named([pair])[0]) for pair in found] == [("gap", "ada", "bob"), ("field", "ada", "eve")]
    monkeypatch.setattr(similarity, "MOST", 1)
    assert len(of_lecture("04", ["field", "gap"], notebooks, [])) == 1
