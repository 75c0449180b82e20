import json
import re
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import ops

from course.figures.convolution import player, terms

# The worked example of lecture 3.
IMAGE = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
KERNEL = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
OUTPUT = [[12, 12, 17], [10, 17, 19], [9, 6, 14]]


def data_of(page):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL).group(1))


def output_of(*arguments, **settings):
    """Return the output that a page shows, as an array."""
    shown = data_of(player(*arguments, **settings).data)["shown"]["output"]
    return np.array([[float(text.replace("−", "-")) for text in row] for row in shown])


def still_of(page):
    """Return the still picture: {grid: its SVG}, and what is read below, as text."""
    grids = dict(re.findall(r'<figure class="(\w+)".*?(<svg.*?</svg>)', page, re.DOTALL))
    reading = re.search(r'<div class="reading">(.*?)</div>', page, re.DOTALL).group(1)
    return grids, re.sub(r"<[^>]*>", "", reading.replace("</p>", " ")).strip()


def numbers_of(svg, group="numbers"):
    return re.findall(r">([^<]+)</text>", re.search(rf'<g class="{group}".*?</g>', svg).group(0))


def squares_of(svg, kind):
    """Return the (row, column) of the cells that a path of the SVG draws."""
    path = re.search(rf'<path class="{kind}[^"]*" d="([^"]*)"', svg).group(1)
    return [(int(y) // 40, int(x) // 40) for x, y in re.findall(r"M(-?\d+) (-?\d+)", path)]


def keras_conv(image, kernel, strides, padding, dilation_rate):
    """Return Keras's convolution; where it has none, with strides and dilation, its own of a kernel with the holes."""
    if strides != (1, 1):
        (height, width), (down, across) = kernel.shape, dilation_rate
        holed = np.zeros((down * (height - 1) + 1, across * (width - 1) + 1), "float32")
        holed[::down, ::across] = kernel
        kernel, dilation_rate = holed, 1
    image, kernel = image[None, :, :, None], kernel[:, :, None, None]
    result = ops.conv(image, kernel, strides, padding=padding, dilation_rate=dilation_rate)
    return ops.convert_to_numpy(result)[0, :, :, 0]


def keras_conv_transpose(image, kernel, strides, padding, dilation_rate):
    image, kernel = image[None, :, :, None], kernel[:, :, None, None]
    result = ops.conv_transpose(image, kernel, strides, padding=padding, dilation_rate=dilation_rate)
    return ops.convert_to_numpy(result)[0, :, :, 0]


def matrices(least, most):
    sides = st.tuples(st.integers(least, most), st.integers(least, most))
    return st.tuples(sides, st.integers(0, 10**6)).map(
        lambda drawn: np.random.default_rng(drawn[1]).integers(-4, 5, drawn[0]).astype("float32")
    )


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))
sides = st.tuples(st.integers(0, 2), st.integers(0, 2))
checked = settings(max_examples=100, deadline=None, derandomize=True)


@checked
@given(matrices(7, 9), matrices(1, 3), pairs, pairs, st.sampled_from(["valid", "same"]))
def test_the_output_is_kerass(image, kernel, strides, dilation_rate, padding):
    expected = keras_conv(image, kernel, strides, padding, dilation_rate)
    np.testing.assert_array_equal(output_of(image, kernel, strides, padding, dilation_rate), expected)


@checked
@given(matrices(7, 9), matrices(1, 3), pairs, pairs, st.tuples(sides, sides))
def test_the_output_with_padding_in_numbers_is_kerass_on_a_padded_image(image, kernel, strides, dilation_rate, padding):
    expected = keras_conv(np.pad(image, padding), kernel, strides, "valid", dilation_rate)
    np.testing.assert_array_equal(output_of(image, kernel, strides, padding, dilation_rate), expected)


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("step", [1, 2, 3])
@pytest.mark.parametrize("stretched", ["strides", "dilation_rate"])  # Keras has no transposed convolution with both
def test_the_transposed_output_is_kerass(stretched, step, padding):
    random = np.random.default_rng(0)
    steps = {"strides": (1, 1), "dilation_rate": (1, 1), stretched: (step, 4 - step)}
    for side, width in product(range(1, 6), range(1, 5)):
        image, kernel = (
            random.integers(-4, 5, size).astype("float32") for size in ((side, 6 - side), (width, 5 - width))
        )
        expected = keras_conv_transpose(image, kernel, steps["strides"], padding, steps["dilation_rate"])
        shown = output_of(image, kernel, padding=padding, transposed=True, **steps)
        np.testing.assert_array_equal(shown, expected, f"{image.shape} {kernel.shape}")


@checked
@given(matrices(2, 5), matrices(2, 4), pairs, st.tuples(sides, sides))
def test_padding_in_numbers_cuts_rows_and_columns_off_a_transposed_output(image, kernel, strides, padding):
    full = keras_conv_transpose(image, kernel, strides, "valid", 1)
    height, width = np.array(strides) * (np.array(image.shape) - 1) + kernel.shape  # Keras adds zeros where k < s
    (top, bottom), (left, right) = padding
    expected = full[top : height - bottom, left : width - right]
    if expected.size == 0:
        with pytest.raises(ValueError, match="padding"):
            player(image, kernel, strides, padding, transposed=True)
    else:
        np.testing.assert_array_equal(output_of(image, kernel, strides, padding, transposed=True), expected)


def test_the_worked_example_of_the_lecture():
    np.testing.assert_array_equal(output_of(IMAGE, KERNEL), OUTPUT)


def test_terms_of_a_window():
    assert terms((5, 5), (3, 3))[1][2] == [(1 + a, 2 + b, a, b) for a in range(3) for b in range(3)]
    assert terms((5, 5), (2, 1), strides=2, dilation_rate=(3, 1))[0][2] == [(0, 4, 0, 0), (3, 4, 1, 0)]
    assert terms((4, 4), (3, 3), 2, "same")[1][1][0] == (2, 2, 0, 0)  # Keras pads below and to the right only
    assert terms((1, 1), (3, 3), padding=1)[0][0][0] == (-1, -1, 0, 0)  # a zero of the padding


def test_terms_of_stamps():
    overlap = terms((2, 2), (3, 3), strides=2, transposed=True)
    assert overlap[2][2] == [(0, 0, 2, 2), (0, 1, 2, 0), (1, 0, 0, 2), (1, 1, 0, 0)]
    assert overlap[1][1] == [(0, 0, 1, 1)]
    assert terms((2, 2), (1, 1), strides=2, transposed=True)[1][1] == []  # between the stamps


def test_padding_forms_mean_what_they_say():
    def padded(padding):
        return data_of(player(IMAGE, KERNEL, padding=padding).data)["pads"]

    assert padded("valid") == padded(0) == [[0, 0], [0, 0]]
    assert padded("same") == padded(1) == padded((1, 1)) == [[1, 1], [1, 1]]
    assert padded((1, 2)) == padded(((1, 2), (1, 2))) == [[1, 2], [1, 2]]  # (before, after), as in course.arithmetic
    assert padded([[1, 1], [2, 2]]) == padded((1, (2, 2))) == [[1, 1], [2, 2]]
    assert padded(((0, 1), (2, 3))) == [[0, 1], [2, 3]]
    assert data_of(player(np.ones((4, 4)), KERNEL, 2, "same").data)["pads"] == [[0, 1], [0, 1]]


def test_the_still_shows_input_kernel_and_output_and_lights_the_first_window():
    grids, reading = still_of(player(IMAGE, KERNEL).data)
    assert list(grids) == ["input", "kernel", "output"]
    for name, matrix in (("input", IMAGE), ("kernel", KERNEL), ("output", OUTPUT)):
        assert numbers_of(grids[name]) == [str(value) for row in matrix for value in row]
    window = [(i, j) for i in range(3) for j in range(3)]
    assert squares_of(grids["input"], "lit") == squares_of(grids["kernel"], "lit") == window
    assert numbers_of(grids["input"], "notes") == ["·0", "·1", "·2", "·2", "·2", "·0", "·0", "·1", "·2"]
    assert squares_of(grids["output"], "lit") == [(0, 0)]
    assert 'class="frame hue" x="0" y="0" width="120" height="120"' in grids["input"]
    assert reading == "output[0, 0] 3·0 + 3·1 + 2·2 + 0·2 + 0·2 + 1·0 + 3·0 + 1·1 + 2·2 = 12"


def test_zero_padding_is_drawn_apart_from_the_image():
    page = player(IMAGE, KERNEL, padding=((1, 0), (0, 2))).data
    svg = still_of(page)[0]["input"]
    assert squares_of(svg, "cells") == [(i, j) for i in range(5) for j in range(5)]
    padding = re.search(r'<g class="padding".*?</g>', svg).group(0)
    assert "stroke-dasharray" in padding
    assert numbers_of(svg, "padding") == ["0"] * (6 * 7 - 5 * 5)
    assert 'viewBox="-2 -42 284 244"' in svg
    assert "padded to 6 × 7" in page


def test_the_still_of_a_dilated_kernel_leaves_holes():
    svg = still_of(player(IMAGE, [[1, 2], [3, 4]], dilation_rate=(3, 2)).data)[0]["input"]
    assert squares_of(svg, "lit") == [(0, 0), (0, 2), (3, 0), (3, 2)]
    assert 'class="frame hue" x="0" y="0" width="120" height="160"' in svg


def test_the_still_of_a_transposed_convolution_lights_the_first_stamp():
    grids, reading = still_of(player([[2, -1]], KERNEL, transposed=True).data)
    assert squares_of(grids["input"], "lit") == [(0, 0)]
    assert squares_of(grids["output"], "lit") == [(i, j) for i in range(3) for j in range(3)]
    assert numbers_of(grids["output"], "notes")[:3] == ["+2·0", "+2·1", "+2·2"]
    assert reading == "input[0, 0] 2·weight goes into 9 cells of the output"


def test_a_stamp_that_is_cut_off_altogether_lights_nothing_but_its_cell():
    grids, reading = still_of(player([[1, 2], [3, 4]], [[5]], padding=((1, 0), (0, 0)), transposed=True).data)
    assert squares_of(grids["input"], "lit") == [(0, 0)]
    assert squares_of(grids["output"], "lit") == squares_of(grids["kernel"], "lit") == []
    assert "no cells of the output" in reading


def test_negative_factors_stand_in_brackets():
    assert still_of(player([[-3, 2]], [[4, -1]]).data)[1] == "output[0, 0] (−3)·4 + 2·(−1) = −14"


def test_numbers_are_rounded_and_the_sum_says_so():
    page = player([[1 / 3, 2 / 3, 0.5]], [[1, 1]]).data
    assert data_of(page)["shown"] == {
        "input": [["0.333", "0.667", "0.5"]],
        "kernel": [["1", "1"]],
        "output": [["1", "1.17"]],
    }
    assert data_of(page)["equals"] == [["=", "≈"]]  # 0.667 + 0.5 is 1.167
    assert data_of(player([[0.1, 0.3]], [[3, -1]]).data)["shown"]["output"] == [["0"]]  # in binary it is 5.6e-17
    assert data_of(player([[999999, 1234567, -0.0]], [[1]]).data)["shown"]["input"] == [["999999", "1.23e+06", "0"]]
    assert data_of(player([[1e-9]], [[1]]).data)["shown"]["input"] == [["1e−09"]]


def test_the_line_above_has_kerass_names():
    def line(*arguments):
        return re.sub("<[^>]*>", "", re.search(r'<p class="settings">(.*?)</p>', player(*arguments).data).group(1))

    assert line(IMAGE, KERNEL) == 'Convolution strides=1 padding="valid" dilation_rate=1'
    assert (
        line(IMAGE, KERNEL, (1, 2), ((0, 1), (1, 1)), 2)
        == "Convolution strides=(1, 2) padding=((0, 1), 1) dilation_rate=2"
    )
    assert line(IMAGE, KERNEL, 2, 1, 1, True) == "Transposed convolution strides=2 padding=1 dilation_rate=1"


LARGEST = {"image": np.full((16, 16), -0.0123), "kernel": np.full((9, 9), -0.0321), "padding": "same"}


@pytest.mark.parametrize("arguments", [{"image": IMAGE, "kernel": KERNEL}, LARGEST], ids=["worked example", "largest"])
def test_the_page_is_self_contained_small_and_without_ids(arguments):
    page = player(**arguments).data
    assert len(page.encode()) < 300_000
    assert re.findall(r"https?://[^\s\"']+", page) == ["http://www.w3.org/2000/svg"]  # a namespace, never fetched
    assert not re.search(r"\b(src|href|id|srcset)\s*=|@import|url\(|\bfetch\b|\beval\b", page)
    assert "$" not in page.replace("${", "")  # MathJax would take it for a formula
    assert page.count("</script>") == 2


def test_the_same_arguments_give_the_same_bytes():
    page = player(IMAGE, KERNEL, padding="same").data
    assert page == player(np.array(IMAGE), ops.convert_to_tensor(KERNEL), (1, 1), "same", [1, 1]).data


NASTY = '</script><img src=x onerror="alert(1)">'
BAD = [
    ({"image": [[1, 2], [3]]}, ValueError, "image.*length"),
    ({"image": [[NASTY]]}, TypeError, "image"),
    ({"image": [["1"]]}, TypeError, "image"),
    ({"image": None}, TypeError, "image"),
    ({"image": [[1j]]}, TypeError, "image"),
    ({"image": [[10**400]]}, TypeError, "image"),
    ({"image": [1, 2]}, ValueError, r"image.*\(2,\)"),
    ({"image": np.ones((17, 3))}, ValueError, "image.*16"),
    ({"image": np.ones((0, 3))}, ValueError, "image"),
    ({"image": [[float("nan")] * 3] * 3}, ValueError, "image.*finite"),
    ({"image": np.ones((16, 16)), "padding": 5}, ValueError, "image with its padding.*26 × 26"),
    ({"kernel": [[float("inf")]]}, ValueError, "kernel.*finite"),
    ({"kernel": [[1e200]]}, ValueError, r"kernel.*below 1e\+100"),
    ({"kernel": 3}, ValueError, "kernel"),
    ({"kernel": np.ones((6, 2))}, ValueError, r"kernel must fit.*6 × 2.*5 × 5"),
    ({"dilation_rate": 3}, ValueError, r"kernel must fit.*dilation_rate.*7 × 7"),
    ({"strides": 0}, ValueError, "strides.*got 0"),
    ({"strides": -1}, ValueError, "strides"),
    ({"strides": 1.0}, TypeError, "strides"),
    ({"strides": True}, TypeError, "strides"),
    ({"strides": "2"}, TypeError, "strides"),
    ({"strides": (1, 2, 3)}, ValueError, "strides"),
    ({"strides": ()}, ValueError, "strides"),
    ({"strides": 10**5000}, ValueError, "strides.*huge"),
    ({"strides": (1, -(10**5000))}, ValueError, "strides.*huge"),
    ({"dilation_rate": 0}, ValueError, "dilation_rate"),
    ({"dilation_rate": None}, TypeError, "dilation_rate"),
    ({"padding": "full"}, ValueError, "padding.*full"),
    ({"padding": NASTY}, ValueError, "padding"),
    ({"padding": -1}, ValueError, "padding"),
    ({"padding": 0.5}, TypeError, "padding"),
    ({"padding": ((10**5000, 0.5), 1)}, TypeError, "padding.*float"),
    ({"padding": None}, TypeError, "padding"),
    ({"padding": (1, 2, 3)}, ValueError, "padding"),
    ({"padding": ((1, 2, 3), 1)}, ValueError, "padding"),
    ({"padding": ("same", 1)}, TypeError, "padding"),
    ({"transposed": 1}, TypeError, "transposed"),
    ({"transposed": True, "strides": 6}, ValueError, "output.*strides.*30 × 30"),
    ({"transposed": True, "strides": 2, "dilation_rate": 2}, ValueError, "dilation_rate"),
    ({"transposed": True, "padding": 4}, ValueError, "padding"),
]


@pytest.mark.parametrize(("arguments", "error", "words"), BAD, ids=range(len(BAD)))
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        player(**{"image": IMAGE, "kernel": KERNEL, **arguments})


def test_bad_sizes_of_terms_are_named():
    for arguments, name in (((0, (3, 3)), "input_size"), (((5, 5), (3, 3, 1)), "kernel_size")):
        with pytest.raises(ValueError, match=name):
            terms(*arguments)
