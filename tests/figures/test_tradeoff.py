"""Points with their names: each where its numbers say, and every name inside of the figure."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from course.figures.tradeoff import tradeoff

POINTS = {"small": (1.0, 9.0), "a net with a long name": (15.0, 9.3), "best": (11.0, 5.7)}


@pytest.fixture
def figure():
    figure = tradeoff(POINTS, xlabel="cost", ylabel="errors", title="a title", alt="three nets")
    assert figure.get_label() == "three nets"
    return figure


def test_each_point_stands_where_its_numbers_say_with_its_name(figure):
    [axes] = figure.axes
    drawn = [(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.lines]
    assert drawn == list(POINTS.values())
    assert {text.get_text(): text.xy for text in axes.texts} == POINTS
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("cost", "errors")


def test_every_name_lies_inside_of_the_figure_and_none_on_another(figure):
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].texts]
    assert all(figure.bbox.x0 < box.x0 and box.x1 < figure.bbox.x1 for box in boxes)
    assert not any(one.overlaps(other) for one in boxes for other in boxes if one is not other)


def test_no_points_are_refused():
    with pytest.raises(ValueError, match="points must be one or more"):
        tradeoff({}, xlabel="", ylabel="", title="", alt="")
