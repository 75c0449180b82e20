"""Blocks, drawn: every convolution in its order, a ReLU between two and at the end, a sum where there is a shortcut."""

import io

import pytest

from course.figures.residual import residual

BLOCKS = {
    "plain": (["first", "second"], None),
    "bottleneck": (["reduce", "window", "restore"], "identity"),
}


@pytest.fixture
def axes():
    figure = residual(BLOCKS, alt="two blocks")
    assert figure.get_label() == "two blocks"
    figure.savefig(io.BytesIO())
    return figure.axes[0]


def places(axes, word):
    return [text.get_position() for text in axes.texts if text.get_text() == word]


def test_convolutions_stand_below_each_other_in_their_order(axes):
    for convolutions, _ in BLOCKS.values():
        columns, rows = zip(*(places(axes, label)[0] for label in convolutions), strict=True)
        assert len(set(columns)) == 1 and list(rows) == sorted(rows, reverse=True)


def test_a_relu_between_two_convolutions_and_one_at_the_end(axes):
    relus = places(axes, "ReLU")
    assert len(relus) == 2 + 3
    for title, (convolutions, _) in BLOCKS.items():
        [(x, _)] = places(axes, title)
        rows = sorted((y for column, y in relus if abs(column - x) < 0.5), reverse=True)
        boxes = [places(axes, label)[0][1] for label in convolutions]
        assert all(above > y > below for above, y, below in zip(boxes, rows, boxes[1:], strict=False))
        assert rows[-1] < boxes[-1]


def test_a_sum_where_there_is_a_shortcut_and_the_relu_behind_it(axes):
    [(x, y)] = places(axes, "+")
    assert places(axes, "bottleneck")[0][0] == x and places(axes, "identity")[0][0] > x
    assert places(axes, "restore")[0][1] > y > min(row for _, row in places(axes, "ReLU"))


def test_everything_lies_inside(axes):
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert all(left < x < right and low < y < high for x, y in (text.get_position() for text in axes.texts))


@pytest.mark.parametrize("blocks", [{}, {"empty": ([], None)}])
def test_what_is_no_block_is_refused(blocks):
    with pytest.raises(ValueError, match="blocks must be one or more"):
        residual(blocks, alt="nothing")
