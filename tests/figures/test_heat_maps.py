"""Heat maps: each below its picture, on one scale, where the square that was moved had its centre."""

import io

import numpy as np

from course.figures.heat_maps import heat_maps


def shown(axes):
    return np.asarray(axes.images[0].get_array())


def test_maps_stand_below_their_pictures_on_one_scale():
    pictures = [np.random.default_rng(0).random((6, 6, 3)) for _ in range(2)]
    maps = [np.full((3, 3), 0.2), np.full((3, 3), 0.9)]
    figure = heat_maps(pictures, maps, ["a", "b"], alt="two", quantity="score")
    above, below = figure.axes[:2], figure.axes[2:4]
    assert [axes.get_title() for axes in above] == ["a", "b"]
    for axes, picture in zip((*above, *below), (*pictures, *maps), strict=True):
        assert (shown(axes) == picture).all()
    assert [axes.images[0].get_clim() for axes in below] == [(0, 1), (0, 1)]
    assert all(axes.images[0].get_extent() == [1, 4, 4, 1] for axes in below)  # three of six pixels, in the middle
    assert all(axes.get_xlim() == (-0.5, 5.5) and axes.get_ylim() == (5.5, -0.5) for axes in below)
    assert figure.axes[-1].get_ylabel() == "score" and figure.get_label() == "two"
    figure.savefig(io.BytesIO(), dpi=40)
