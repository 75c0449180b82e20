import io

import numpy as np
import pytest

from course.figures import features


def shown(axes):
    return np.asarray(axes.images[0].get_array())


def test_each_picture_stands_in_its_row():
    rows = {"a": np.random.default_rng(0).random((3, 4, 4, 3)), "b": np.zeros((2, 5, 5))}
    figure = features.rows(rows, alt="two rows")
    drawn = [axes for axes in figure.axes if axes.images]
    assert len(figure.axes) == 6 and len(drawn) == 5
    for axes, picture in zip(drawn, [*rows["a"], *rows["b"]], strict=True):
        assert (shown(axes) == picture).all()
    assert [axes.texts[0].get_text() for axes in figure.axes if axes.texts] == ["a", "b"]
    assert figure.get_label() == "two rows"


def test_grey_is_on_one_scale_in_all_rows():
    figure = features.rows({"a": [np.full((2, 2), 0.25)], "b": [np.full((2, 2), 0.75)]}, alt="")
    first, second = (axes.images[0].to_rgba(shown(axes))[0, 0, 0] for axes in figure.axes)
    assert (first, second) == pytest.approx((0.25, 0.75), abs=0.01)  # to_rgba rounds to 256 shades


@pytest.mark.parametrize("pictures", [{}, {"a": []}])
def test_no_pictures_are_refused(pictures):
    with pytest.raises(ValueError, match="pictures must hold at least one"):
        features.rows(pictures, alt="")


def test_maps_stand_below_their_pictures_on_one_scale():
    pictures = [np.random.default_rng(0).random((6, 6, 3)) for _ in range(2)]
    maps = [np.full((3, 3), 0.2), np.full((3, 3), 0.9)]
    figure = features.heat_maps(pictures, maps, ["a", "b"], alt="two", quantity="score")
    above, below = figure.axes[:2], figure.axes[2:4]
    assert [axes.get_title() for axes in above] == ["a", "b"]
    for axes, picture in zip((*above, *below), (*pictures, *maps), strict=True):
        assert (shown(axes) == picture).all()
    assert [axes.images[0].get_clim() for axes in below] == [(0, 1), (0, 1)]
    assert all(axes.images[0].get_extent() == [1, 4, 4, 1] for axes in below)  # three of six pixels, in the middle
    assert all(axes.get_xlim() == (-0.5, 5.5) and axes.get_ylim() == (5.5, -0.5) for axes in below)
    assert figure.axes[-1].get_ylabel() == "score" and figure.get_label() == "two"
    figure.savefig(io.BytesIO(), dpi=40)
