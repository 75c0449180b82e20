"""The Matplotlib figures: what they draw, that they say it in words, and that they compute and print nothing."""

import numpy as np
import pandas
import pytest

from course.figures import curves, pictures, plane, style
from course.figures.tables import show_table

X = np.array([1.0, 2.0, 3.0])
WORDS = {"xlabel": "x", "ylabel": "y", "title": "a title", "alt": "what it shows"}


def drawn(figure):
    """Return {label: y values} of the lines of a figure's one axes."""
    (axes,) = figure.axes
    return {line.get_label(): line.get_ydata().tolist() for line in axes.lines}


def test_lines():
    figure = curves.lines(X, {"square": X**2, "cube": X**3}, dashed=["cube"], **WORDS)
    assert drawn(figure) == {"square": [1, 4, 9], "cube": [1, 8, 27]}
    assert [line.get_linestyle() for line in figure.axes[0].lines] == ["-", "--"]


def test_lines_mark_places_that_are_known():
    figure = curves.lines(X, {"loss": X}, marks={"best": 2, "stopped": 3, "never": None}, **WORDS)
    marks = {line.get_label(): line.get_xdata() for line in figure.axes[0].lines[1:]}
    assert marks == {"best": [2, 2], "stopped": [3, 3]}


def test_spread_shows_the_median_and_the_range():
    runs = {"a": [[1, 1, 1], [2, 4, 6], [9, 5, 7]]}  # three seeds, three points
    figure = curves.spread(X, runs, log=True, **WORDS)
    (axes,) = figure.axes
    (container,) = axes.containers
    middle, _, (bars,) = container.lines
    assert middle.get_ydata().tolist() == [2, 4, 6]
    assert [segment[:, 1].tolist() for segment in bars.get_segments()] == [[1, 9], [1, 5], [1, 7]]
    assert axes.get_yscale() == "log"


def test_bars_show_the_median_and_every_value():
    figure = curves.bars({"a": [1, 2, 9], "b": [4]}, ylabel="y", title="t", alt="bars")
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [2, 4]
    assert [list(line.get_ydata()) for line in axes.lines] == [[1, 2, 9], [4]]


def test_separation_draws_each_class_apart():
    points, labels = np.array([[0, 0], [0, 1], [1, 1]]), [0, 1, 1]
    figure = plane.separation(points, labels, {"x + y = 0.5": ((1, 1), -0.5)}, title="t", alt="points")
    lines = {line.get_label(): np.transpose(line.get_data()).tolist() for line in figure.axes[0].lines}
    assert lines["answer 0"] == [[0, 0]] and lines["answer 1"] == [[0, 1], [1, 1]]


def test_separation_shades_the_positive_side():
    import io

    from PIL import Image

    figure = plane.separation(np.array([[0, 0], [1, 1]]), [0, 1], {"x = 0.5": ((1, 0), -0.5)}, title="", alt="")
    (axes,) = figure.axes
    axes.grid(False)
    figure.savefig(buffer := io.BytesIO(), dpi=100)
    pixels = np.asarray(Image.open(buffer).convert("L"))

    def grey(x, y):
        across, up = axes.transData.transform((x, y))
        return pixels[pixels.shape[0] - int(up), int(across)]

    assert grey(0.9, 0.3) < grey(0.1, 0.6) == 255


def test_row_shows_each_picture_under_its_label():
    figure = pictures.row(np.zeros((3, 8, 8)), ["a", "b", "c"], alt="three")
    assert [axes.get_title() for axes in figure.axes] == ["a", "b", "c"]


def test_a_figure_says_what_it_shows_and_repeats_to_the_byte():
    first, second = (style._png(curves.lines(X, {"a": X}, **WORDS)) for _ in range(2))
    assert first == second
    picture, metadata = first
    assert picture.startswith(b"\x89PNG") and metadata == {"alt": "what it shows"}


def test_a_notebook_stores_the_words_with_the_picture():
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    try:
        style.apply()
        data, metadata = shell.display_formatter.format(curves.lines(X, {"a": X}, **WORDS))
    finally:
        InteractiveShell.clear_instance()
    assert data["image/png"].startswith(b"\x89PNG")
    assert metadata["image/png"] == {"alt": "what it shows"}


def rgb(colour):
    """Return "#rrggbb" as three numbers up to 255."""
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def test_the_contrast_of_known_colours(contrast):
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)  # a grey known to fall short


def test_ink_reads_on_paper(contrast):
    assert contrast(rgb(style.INK), rgb(style.PAPER)) > 7


def test_the_first_colours_differ_in_lightness_too(contrast):
    """Who sees no hue at all still tells the first three curves apart, by line and marker beside."""
    ratios = sorted(contrast(rgb(colour), (0, 0, 0)) for colour in style.COLOURS[:3])
    assert ratios[1] / ratios[0] > 1.1 and ratios[2] / ratios[1] > 1.1


def test_a_table_shows_texts_whole_and_escaped():
    page = show_table(pandas.DataFrame({"formula": [" ".join(["$x^2$"] * 30)], "who": ["<script>"]})).data
    assert " ".join(["$x^2$"] * 30) in page
    assert "<script>" not in page and "&lt;script&gt;" in page
