"""The gallery: every picture in its row as it is, headings and captions beside them and inside of the figure."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from course.figures.gallery import gallery

RNG = np.random.default_rng(0)
COLOUR, GREY = RNG.random((3, 4, 5, 3)), RNG.random((2, 6, 6, 1))


@pytest.fixture
def figure():
    captions = {"colour": ["one", "two\nlines", "three"]}
    figure = gallery({"colour": COLOUR, "a heading of some length": GREY}, captions, alt="five pictures")
    assert figure.get_label() == "five pictures"
    FigureCanvasAgg(figure).draw()
    return figure


def texts(figure):
    return [text for axes in figure.axes for text in axes.texts]


def test_the_pictures_stand_in_their_rows(figure):
    shown = [axes.images[0].get_array() if axes.images else None for axes in figure.axes]
    assert len(shown) == 6 and shown[5] is None  # two rows of three places, the last one empty
    for place, picture in zip(shown, [*COLOUR, *GREY], strict=False):
        assert np.allclose(np.squeeze(place), np.squeeze(picture), rtol=0, atol=0.5 / 31 + 1e-6)  # of 32 levels
    first, second = (figure.axes[place].get_position() for place in (0, 3))
    assert first.x0 == pytest.approx(second.x0) and first.y0 > second.y1


def test_one_channel_is_ink_on_paper():
    [axes] = gallery({"": np.array([0.0, 1.0]).reshape(1, 1, 2, 1)}, alt="a dot").axes
    image = axes.images[0]
    paper, ink = image.cmap(image.norm(np.array([0.0, 1.0])))[:, :3].mean(axis=1)
    assert (paper, ink) == (1, 0)


def test_values_outside_of_the_range_are_black_and_white():
    [axes] = gallery({"": np.array([-1.0, 0.5, 2.0]).reshape(1, 1, 1, 3)}, alt="a pixel").axes
    assert axes.images[0].get_array().ravel().tolist() == pytest.approx([0, 0.5, 1], abs=0.02)


def test_headings_and_captions_are_inside_and_apart(figure):
    assert [text.get_text() for text in texts(figure)] == ["colour", "one", "two\nlines", "three", "a heading of some length"]  # fmt: skip
    boxes = [text.get_window_extent() for text in texts(figure)]
    pictures = [axes.images[0].get_window_extent() for axes in figure.axes if axes.images]
    assert all(figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 for box in boxes)
    assert all(figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1 for box in boxes)
    assert not any(box.overlaps(other) for box in boxes for other in [*boxes, *pictures] if box is not other)


@pytest.mark.parametrize(
    "pictures, captions, words",
    [
        ({}, None, "at least one picture"),
        ({"row": np.zeros((0, 4, 4, 3))}, None, "at least one picture"),
        ({"row": np.zeros((4, 4, 3))}, None, r"'row' must have the shape .* got \(4, 4, 3\)"),
        ({"row": np.zeros((2, 4, 4, 2))}, None, "'row' must have the shape"),
        ({"row": COLOUR}, {"row": ["one"]}, "3 pictures, but got 1 captions"),
        ({"row": COLOUR}, {"now": ["one"] * 3}, r"got \['now'\]"),
    ],
)
def test_what_cannot_be_drawn_is_refused(pictures, captions, words):
    with pytest.raises(ValueError, match=words):
        gallery(pictures, captions, alt="")
