import io

import numpy as np
from PIL import Image

from course.figures import maps

RAMP = np.array([[0.0, 1.0], [2.0, 4.0]])


def shades(figure):
    """Return what each panel of a figure shows: an array of greys, 0 black and 1 white."""
    return [axes.images[0].to_rgba(axes.images[0].get_array())[..., 0] for axes in figure.axes]


def test_each_map_stands_under_its_label_and_the_figure_says_what_it_shows():
    figure = maps.row([RAMP, np.zeros((3, 5))], ["a", "b"], alt="two maps")
    assert [axes.get_title() for axes in figure.axes] == ["a", "b"]
    assert figure.get_label() == "two maps"


def test_black_is_the_smallest_value_of_each_map():
    first, second = shades(maps.row([RAMP, 10 * RAMP], ["a", "b"], alt=""))
    assert (first == second).all()
    assert first[0, 0] == 0 and first[1, 1] == 1 and 0 < first[0, 1] < first[1, 0] < 1


def test_limits_hold_for_all_maps():
    first, second = shades(maps.row([RAMP, RAMP / 2], ["a", "b"], alt="", limits=(0, 4)))
    assert first[1, 1] == 1 and second[1, 1] == first[1, 0]  # 4 and 2 of 4; 2 again


def test_a_row_of_maps_can_be_drawn():
    maps.row([RAMP] * 4, "abcd", alt="").savefig(buffer := io.BytesIO(), dpi=50)
    width, height = Image.open(buffer).size
    assert width > 2 * height
