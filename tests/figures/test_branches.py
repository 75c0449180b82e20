"""A module of branches, drawn: every label in its row and in its order, arrows from end to end."""

import io

import pytest
from matplotlib.colors import to_hex

from course.figures.branches import branches
from course.figures.style import BLUE, ORANGE

ROWS = [["1×1"], ["1×1 reduce", "3×3"], ["3×3 pool", "1×1"]]


@pytest.fixture
def axes():
    figure = branches(ROWS, before="in", behind="out", title="a module", alt="three branches")
    assert figure.get_label() == "three branches"
    figure.savefig(io.BytesIO())
    return figure.axes[0]


def words(axes):
    """Return {label: [(x, y), …]} of what is written in the figure."""
    found = {}
    for text in axes.texts:
        if text.get_text():
            found.setdefault(text.get_text(), []).append(text.get_position())
    return found


def test_each_branch_is_a_row_in_its_order(axes):
    written = words(axes)
    assert {y for _, y in written["1×1"]} == {0, -2}
    (reduce_x, reduce_y), (three_x, three_y) = written["1×1 reduce"][0], written["3×3"][0]
    assert reduce_y == three_y == -1 and reduce_x < three_x
    pool = written["3×3 pool"][0]
    assert next(x for x, y in written["1×1"] if y == -2) > pool[0]
    assert written["in"][0][0] < reduce_x and written["out"][0][0] > three_x


def test_poolings_have_their_own_colour(axes):
    colours = {
        t.get_text(): to_hex(t.get_bbox_patch().get_facecolor()).upper() for t in axes.texts if t.get_bbox_patch()
    }
    assert colours == {"1×1": BLUE, "1×1 reduce": BLUE, "3×3": BLUE, "3×3 pool": ORANGE}


def test_there_is_an_arrow_into_every_box_and_out_of_every_branch(axes):
    arrows = [text for text in axes.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == sum(map(len, ROWS)) + len(ROWS)
    assert all(arrow.xy[0] > arrow.xyann[0] for arrow in arrows)  # they all point to the right


@pytest.mark.parametrize("rows", [[], [[]], [["1×1"], []]])
def test_without_a_branch_or_a_label_it_is_refused(rows):
    with pytest.raises(ValueError, match="rows must be one or more branches"):
        branches(rows, before="in", behind="out", title="", alt="")
