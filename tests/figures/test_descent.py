"""The bowl from above: each way where it goes, its beginning marked, and contours on which the loss is the same."""

import io

import numpy as np
import pytest

from course.figures.descent import paths

WAYS = {"slow": np.array([[-4.0, 1.0], [-3.0, 0.5], [-2.0, 0.2]]), "fast": np.array([[-4.0, 1.0], [0.5, -2.0]])}


@pytest.fixture
def axes():
    figure = paths((1, 9), WAYS, title="a title", alt="a bowl")
    assert figure.get_label() == "a bowl"
    figure.savefig(io.BytesIO())
    return figure.axes[0]


def test_each_way_is_drawn_as_it_was_taken(axes):
    drawn = {line.get_label(): np.transpose(line.get_data()) for line in axes.lines}
    for label, way in WAYS.items():
        assert np.array_equal(drawn[label], way)


def test_the_beginnings_and_the_lowest_place_are_marked(axes):
    *_, beginnings, lowest = axes.lines
    assert np.transpose(beginnings.get_data()).tolist() == [[-4, 1], [-4, 1]]
    assert np.transpose(lowest.get_data()).tolist() == [[0, 0]]


def test_everything_lies_inside(axes):
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for way in WAYS.values():
        assert np.all((left < way[:, 0]) & (way[:, 0] < right) & (low < way[:, 1]) & (way[:, 1] < high))


def test_on_a_contour_the_loss_is_the_same(axes):
    (contours,) = axes.collections
    lines = [path.vertices for path in contours.get_paths() if len(path.vertices)]
    assert len(lines) >= 5
    for line, level in zip(lines, contours.levels, strict=True):
        assert np.allclose((line[:, 0] ** 2 + 9 * line[:, 1] ** 2) / 2, level, rtol=0.02)
