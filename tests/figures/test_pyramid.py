"""The pyramid: dots at the centres, cones down to the windows."""

import keras
import pytest
from keras import layers
from matplotlib.colors import to_hex

from course.figures.pyramid import pyramid
from course.figures.style import BLUE, VERMILION
from course.receptive_field import receptive_fields


@pytest.fixture(scope="module")
def figure():
    stack = [layers.Conv1D(1, 3, strides=2, padding="same", name="a"), layers.Conv1D(1, 2, name="b")]
    fields = receptive_fields(keras.Sequential([keras.Input((8, 1), name="pixels"), *stack]))
    return pyramid(fields, [("b", 0), ("b", 2)], title="t", alt="what it shows")


def test_each_feature_is_a_dot_at_its_centre(figure):
    (axes,) = figure.axes
    rows = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata()) > 1]
    # a, with its one zero on the right: 0–3, 2–5, 4–7, 6–9; b sees two of these: 0–5, 2–7, 4–9
    assert [list(row.get_xdata()) for row in rows] == [[1.5, 3.5, 5.5, 7.5], [2.5, 4.5, 6.5]]
    assert [set(row.get_ydata()) for row in rows] == [{1}, {2}]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["pixels", "a", "b"]


def test_a_cone_leads_from_a_feature_to_its_window(figure):
    (axes,) = figure.axes
    cones = [
        (patch.get_xy()[:3, 0].tolist(), patch.get_xy()[2, 1], to_hex(patch.get_facecolor())) for patch in axes.patches
    ]
    assert cones == [([0, 5, 2.5], 2, BLUE.lower()), ([4, 9, 6.5], 2, VERMILION.lower())]


def test_zeros_of_the_padding_are_drawn_as_dashes(figure):
    (axes,) = figure.axes
    squares = {
        round(min(line.get_xdata()) - 0.06): line.get_linestyle() for line in axes.lines if len(line.get_xdata()) == 5
    }
    assert squares == {**dict.fromkeys(range(8), "-"), 8: ":"}


def test_it_says_what_it_shows(figure):
    (axes,) = figure.axes
    assert (figure.get_label(), axes.get_title(loc="center") or axes.get_title(loc="left")) == ("what it shows", "t")
