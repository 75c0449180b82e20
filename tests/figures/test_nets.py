"""Nets drawn as blocks: every layer with maps is there, in its place, and as large as it says."""

import io
import math
from itertools import pairwise

import keras
import pandas
import pytest
from keras import layers

from course.anatomy import anatomy
from course.figures import nets
from course.figures.style import BLUE, ORANGE, PURPLE

WORDS = {"title": "a net", "alt": "what it shows"}


@pytest.fixture(scope="module")
def table():
    return anatomy(
        keras.Sequential(
            [
                keras.Input((16, 16, 3)),
                layers.Conv2D(9, 3, padding="same"),
                layers.ReLU(),
                layers.Conv2D(9, 3, padding="same"),
                layers.MaxPooling2D(4),
                layers.DepthwiseConv2D(3, padding="same"),
                layers.Flatten(),
                layers.Dense(100),
            ]
        )
    )


def boxes(figure):
    """Return (left, bottom, width, height, colour) of each block, from left to right."""
    from matplotlib.colors import to_hex

    found = [(*patch.get_bbox().bounds, to_hex(patch.get_facecolor()).upper()) for patch in figure.axes[0].patches]
    return sorted(found)


def test_each_layer_with_maps_is_a_block_of_its_size(table):
    drawn = boxes(nets.blocks(table, **WORDS))
    assert [round(height, 6) for *_, height, _ in drawn] == [4, 4, 4, 2, 2, 1]  # the roots of 16, 4 and 1
    assert [round(width, 6) for _, _, width, _, _ in drawn] == [round(math.sqrt(3), 6), 3, 3, 3, 3, 10]
    assert [colour for *_, colour in drawn] == ["#BBBBBB", BLUE, BLUE, ORANGE, BLUE, PURPLE]


def test_blocks_stand_side_by_side_on_one_axis(table):
    drawn = boxes(nets.blocks(table, **WORDS))
    for (left, _, width, *_), (following, *_) in pairwise(drawn):
        assert left + width < following
    assert all(bottom + height / 2 == pytest.approx(0) for _, bottom, _, height, _ in drawn)


def test_sizes_and_channels_are_named_once_where_they_change(table):
    (axes,) = nets.blocks(table, **WORDS).axes
    assert [label.get_text() for label in axes.get_xticklabels()] == ["16×16", "4×4", "units"]
    assert [text.get_text() for text in axes.texts] == ["3", "9", "9", "100"]
    assert "a net" in (axes.get_title("left"), axes.get_title())  # the house's style has it on the left


def test_it_says_what_it_shows_and_can_be_drawn(table):
    figure = nets.blocks(table, **WORDS)
    assert figure.get_label() == "what it shows"
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [
        *("image", "convolution", "pooling", "dense"),
    ]
    figure.savefig(picture := io.BytesIO(), format="png", dpi=50)
    assert picture.getvalue().startswith(b"\x89PNG")


def test_no_two_labels_of_vgg_lie_on_each_other():
    rows = [("image", "InputLayer", (None, 224, 224, 3))]
    for filters, count, side in ((64, 2, 224), (128, 2, 112), (256, 3, 56), (512, 3, 28), (512, 3, 14)):
        rows += [("conv", "Conv2D", (None, side, side, filters))] * count
        rows += [("pool", "MaxPooling2D", (None, side // 2, side // 2, filters))]
    rows += [("fc", "Dense", (None, units)) for units in (4096, 4096, 1000)]
    figure = nets.blocks(pandas.DataFrame(rows, columns=["layer", "kind", "output_shape"]), **WORDS)
    figure.savefig(io.BytesIO(), format="png")
    windows = [text.get_window_extent() for text in (*figure.axes[0].texts, *figure.axes[0].get_xticklabels())]
    for number, window in enumerate(windows):
        assert not any(window.overlaps(other) for other in windows[number + 1 :])


def test_branches_can_be_left_out(table):
    kept = table[~table.layer.str.contains("depthwise")]
    assert len(boxes(nets.blocks(kept, **WORDS))) == len(boxes(nets.blocks(table, **WORDS))) - 1


def test_open_sizes_and_empty_tables_are_refused():
    open_net = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="give `anatomy` an input_shape"):
        nets.blocks(anatomy(open_net), **WORDS)
    assert len(boxes(nets.blocks(anatomy(open_net, (8, 8)), **WORDS))) == 2
    with pytest.raises(ValueError, match="anatomy_table must hold layers"):
        nets.blocks(anatomy(open_net, (8, 8)).iloc[:0], **WORDS)


def test_stages_have_a_bar_for_each_share_side_by_side():
    figure = nets.stages(["one", "two"], {"a": [1, 2], "b": [3, 4]}, ylabel="y", title="t", alt="bars")
    (axes,) = figure.axes
    bars = sorted((bar.get_x(), bar.get_width(), bar.get_height()) for bar in axes.patches)
    assert [height for *_, height in bars] == [1, 3, 2, 4]
    assert all(left + width <= following + 1e-9 for (left, width, _), (following, *_) in pairwise(bars))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["one", "two"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    assert figure.get_label() == "bars"
