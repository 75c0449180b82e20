"""Sizes and counts against Keras's own layers, against slow loops, and against the worked examples of the guide."""

import itertools
import math
import operator
import subprocess
import sys

import keras
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from keras import layers

from course import arithmetic as ar

settings.register_profile("course", deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
thorough = settings(settings.get_profile("course"), max_examples=700)
calls = settings(settings.get_profile("course"), max_examples=200)

AXES = st.integers(1, 3)
PADDING = st.sampled_from(["valid", "same"])


def per_axis(draw, axes, low, high):
    """Draw an int, or a tuple of one int an axis."""
    return draw(st.one_of(st.integers(low, high), st.tuples(*[st.integers(low, high)] * axes)))


def by_axis(value, axes):
    return value if isinstance(value, tuple) else (value,) * axes


def answer(function, *args, **kwargs):
    """Return the function's answer, or ValueError if it raises one."""
    try:
        return function(*args, **kwargs)
    except ValueError:
        return ValueError


def spatial(layer, sizes, channels=1):
    """Return the size of a Keras layer's output by its own account; ValueError if it has none."""
    shape = answer(layer.compute_output_shape, (1, *sizes, channels))
    return ValueError if shape is ValueError or min(shape) < 1 else tuple(shape[1:-1])


# --- sizes against Keras --------------------------------------------------------------------------------------------


@st.composite
def convolutions(draw, largest=40):
    axes = draw(AXES)
    sizes = draw(st.tuples(*[st.integers(1, largest)] * axes))
    kernel = per_axis(draw, axes, 1, 7)
    strides, rates = per_axis(draw, axes, 1, 5), per_axis(draw, axes, 1, 4)
    if draw(st.booleans()):
        strides = 1
    else:
        rates = 1  # Keras has no layer with both
    return sizes, kernel, strides, draw(PADDING), rates


@thorough
@given(convolutions())
def test_convolutions_have_the_size_that_keras_gives(drawn):
    sizes, kernel, strides, padding, rates = drawn
    kind = (layers.Conv1D, layers.Conv2D, layers.Conv3D)[len(sizes) - 1]
    expected = spatial(kind(2, kernel, strides=strides, padding=padding, dilation_rate=rates), sizes)
    assert answer(ar.conv_output_size, sizes, kernel, strides, padding, rates) == expected


@thorough
@given(convolutions(), st.booleans())
def test_pooling_has_the_size_that_keras_gives(drawn, default):
    sizes, pool, strides, padding, _ = drawn
    strides = None if default else strides
    kind = (layers.MaxPooling1D, layers.AveragePooling2D, layers.MaxPooling3D)[len(sizes) - 1]
    one = [v[0] if len(sizes) == 1 and isinstance(v, tuple) else v for v in (pool, strides)]  # Keras's 1D takes ints
    expected = spatial(kind(one[0], strides=one[1], padding=padding), sizes)
    assert answer(ar.pool_output_size, sizes, pool, strides, padding) == expected


@st.composite
def transposed(draw, largest=12):
    sizes, kernel, strides, padding, rates = draw(convolutions(largest))
    steps = by_axis(strides, len(sizes))
    extra = draw(st.one_of(st.none(), st.tuples(*[st.integers(0, step - 1) for step in steps])))
    return sizes, kernel, strides, padding, extra, rates


@thorough
@given(transposed())
def test_transposed_convolutions_have_the_size_that_keras_gives(drawn):
    sizes, kernel, strides, padding, extra, rates = drawn
    kind = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)[len(sizes) - 1]
    layer = kind(2, kernel, strides=strides, padding=padding, output_padding=extra, dilation_rate=rates)
    assert answer(ar.conv_transpose_output_size, *drawn) == spatial(layer, sizes)


@calls
@given(convolutions(largest=12), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.booleans())
def test_real_convolutions(drawn, in_channels, filters, groups, use_bias):
    """A call of the layer itself: size of its output and number of its parameters."""
    sizes, kernel, strides, padding, rates = drawn
    in_channels, filters = in_channels * groups, filters * groups
    kind = (layers.Conv1D, layers.Conv2D, layers.Conv3D)[len(sizes) - 1]
    expected = answer(ar.conv_output_size, sizes, kernel, strides, padding, rates)
    layer = kind(
        filters, kernel, strides=strides, padding=padding, dilation_rate=rates, groups=groups, use_bias=use_bias
    )
    if expected is ValueError:
        with pytest.raises(ValueError):
            layer(np.zeros((1, *sizes, in_channels), "float32"))
        return
    layer.build((1, *sizes, in_channels))
    assert layer.count_params() == ar.conv_parameters(layer.kernel_size, in_channels, filters, groups, use_bias)
    if groups == 1:  # TensorFlow has no grouped convolution with dilation or in 3D on a CPU
        assert layer(np.zeros((1, *sizes, in_channels), "float32")).shape == (1, *expected, filters)


@calls
@given(convolutions(largest=12), st.integers(1, 3), st.booleans())
def test_real_pooling(drawn, channels, maximum):
    sizes, pool, strides, padding, _ = drawn
    name = f"{'Max' if maximum else 'Average'}Pooling{len(sizes)}D"
    pool, strides = by_axis(pool, len(sizes)), by_axis(strides, len(sizes))
    expected = answer(ar.pool_output_size, sizes, pool, strides, padding)
    keras_form = [v[0] if len(sizes) == 1 else v for v in (pool, strides)]
    layer = getattr(layers, name)(keras_form[0], strides=keras_form[1], padding=padding)
    if expected is ValueError:
        assert spatial(layer, sizes) is ValueError
        return
    assert spatial(layer, sizes) == expected
    if keras.backend.backend() == "torch" and name == "AveragePooling3D" and any(map(operator.lt, sizes, pool)):
        return  # PyTorch wants images as large as its window, even where padding makes them so
    assert layer(np.zeros((1, *sizes, channels), "float32")).shape == (1, *expected, channels)


@calls
@given(transposed(largest=6), st.integers(1, 3), st.integers(1, 3), st.booleans())
def test_real_transposed_convolutions(drawn, in_channels, filters, use_bias):
    sizes, kernel, strides, padding, extra, rates = drawn
    spans = [d * (k - 1) + 1 for d, k in zip(by_axis(rates, len(sizes)), by_axis(kernel, len(sizes)), strict=True)]
    if (
        padding == "same"
        and extra is not None
        and any(s % 2 == 0 and a == 0 for s, a in zip(spans, extra, strict=True))
    ):
        return  # TensorFlow refuses to run what Keras gives a size for
    if len(sizes) == 3 and rates != 1:
        return  # neither does it dilate in 3D
    kind = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)[len(sizes) - 1]
    layer = kind(
        filters, kernel, strides=strides, padding=padding, output_padding=extra, dilation_rate=rates, use_bias=use_bias
    )
    shape = layer(np.zeros((1, *sizes, in_channels), "float32")).shape
    assert shape == (1, *ar.conv_transpose_output_size(*drawn), filters)
    assert layer.count_params() == ar.conv_parameters(layer.kernel_size, in_channels, filters, use_bias=use_bias)


@calls
@given(convolutions(largest=12), st.integers(1, 4), st.integers(1, 3), st.booleans())
def test_depthwise_convolutions_are_those_with_as_many_groups_as_channels(drawn, channels, multiplier, use_bias):
    sizes, kernel, _, padding, _ = drawn
    if len(sizes) == 3 or answer(ar.conv_output_size, sizes, kernel, 1, padding) is ValueError:
        return
    kind = (layers.DepthwiseConv1D, layers.DepthwiseConv2D)[len(sizes) - 1]
    layer = kind(kernel, padding=padding, depth_multiplier=multiplier, use_bias=use_bias)
    shape = layer(np.zeros((1, *sizes, channels), "float32")).shape
    assert shape == (1, *ar.conv_output_size(sizes, kernel, 1, padding), channels * multiplier)
    expected = ar.conv_parameters(layer.kernel_size, channels, channels * multiplier, channels, use_bias)
    assert layer.count_params() == expected


@calls
@given(st.integers(1, 50), st.integers(1, 50), st.booleans())
def test_dense_parameters(inputs, units, use_bias):
    layer = layers.Dense(units, use_bias=use_bias)
    layer.build((None, inputs))
    assert layer.count_params() == ar.dense_parameters(inputs, units, use_bias)


# --- where same padding goes ----------------------------------------------------------------------------------------


@calls
@given(st.integers(1, 30), st.integers(1, 7), st.integers(1, 4), st.integers(1, 3))
def test_same_padding_is_where_keras_puts_it(size, kernel, strides, rate):
    """Which inputs each output adds up, on the numbers 1, 2, 4, …: padded by hand they must be the same."""
    rate = 1 if strides > 1 else rate
    signal = 2.0 ** np.arange(size)
    layer = layers.Conv1D(
        1, kernel, strides=strides, padding="same", dilation_rate=rate, use_bias=False, kernel_initializer="ones"
    )
    found = keras.ops.convert_to_numpy(layer(signal[None, :, None].astype("float32")))[0, :, 0]
    before, after = ar.same_padding(size, kernel, strides, rate)
    padded = np.pad(signal, (before, after))
    span = rate * (kernel - 1) + 1
    by_hand = [padded[left : left + span : rate].sum() for left in range(0, len(padded) - span + 1, strides)]
    np.testing.assert_allclose(found, by_hand, rtol=1e-6)
    assert ar.conv_output_size(size, kernel, strides, (before, after), rate) == len(by_hand)


@pytest.mark.parametrize(
    "size, kernel, strides, rate, expected",
    [
        (5, 3, 1, 1, (1, 1)),
        (224, 3, 2, 1, (0, 1)),  # even size: one column more after than before
        (225, 3, 2, 1, (1, 1)),
        (224, 7, 2, 1, (2, 3)),
        (224, 1, 2, 1, (0, 0)),
        (10, 3, 1, 4, (4, 4)),
        (10, 2, 1, 1, (0, 1)),
        ((224, 225), 3, 2, 1, ((0, 1), (1, 1))),
    ],
)
def test_same_padding_by_hand(size, kernel, strides, rate, expected):
    assert ar.same_padding(size, kernel, strides, rate) == expected


# --- worked examples ------------------------------------------------------------------------------------------------

GUIDE = [  # Dumoulin and Visin (2016): figure, then i, k, s, p (and d), and the size drawn
    ("2.1", 4, 3, 1, 0, 1, 2),
    ("2.2", 5, 4, 1, 2, 1, 6),  # arbitrary padding
    ("2.3", 5, 3, 1, 1, 1, 5),  # half padding
    ("2.4", 5, 3, 1, 2, 1, 7),  # full padding
    ("2.5", 5, 3, 2, 0, 1, 2),
    ("2.6", 5, 3, 2, 1, 1, 3),
    ("2.7", 6, 3, 2, 1, 1, 3),  # the floor: as many as from 5
    ("5.1", 7, 3, 1, 0, 2, 3),  # dilated
]


@pytest.mark.parametrize("figure, size, kernel, strides, padding, rate, expected", GUIDE)
def test_the_guides_convolutions(figure, size, kernel, strides, padding, rate, expected):
    assert ar.conv_output_size(size, kernel, strides, padding, rate) == expected
    assert ar.conv_output_size((size, size), kernel, strides, padding, rate) == (expected, expected)


def test_the_guides_pooling():
    assert ar.pool_output_size(5, 3, strides=1) == 3  # figures 1.5 and 1.6


GUIDE_TRANSPOSED = [  # of which convolution: its k, s, p; the input i', then a, and the size drawn
    ("4.1", 2, 3, 1, 0, 0, 4),
    ("4.2", 6, 4, 1, 2, 0, 5),
    ("4.3", 5, 3, 1, 1, 0, 5),
    ("4.4", 7, 3, 1, 2, 0, 5),
    ("4.5", 2, 3, 2, 0, 0, 5),
    ("4.6", 3, 3, 2, 1, 0, 5),
    ("4.7", 3, 3, 2, 1, 1, 6),
]


@pytest.mark.parametrize("figure, size, kernel, strides, padding, extra, expected", GUIDE_TRANSPOSED)
def test_the_guides_transposed_convolutions(figure, size, kernel, strides, padding, extra, expected):
    assert ar.conv_transpose_output_size(size, kernel, strides, padding, extra) == expected
    assert ar.conv_output_size(expected, kernel, strides, padding) == size  # the convolution that it transposes
    if extra == 0:
        assert ar.conv_transpose_output_size(size, kernel, strides, padding) == expected


@thorough
@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 6), st.integers(0, 4))
def test_a_transposed_convolution_undoes_the_size_of_the_direct_one(size, kernel, strides, padding):
    """The guide, relationship 14: with a = (i + 2p − k) mod s."""
    out = answer(ar.conv_output_size, size, kernel, strides, padding)
    if out is not ValueError:
        extra = (size + 2 * padding - kernel) % strides
        assert ar.conv_transpose_output_size(out, kernel, strides, padding, extra) == size


def test_published_and_familiar_numbers():
    assert ar.dense_parameters(640 * 480 * 3, 1000) == 921_601_000
    assert ar.conv_output_size((227, 227), (11, 11), strides=4) == (55, 55)
    assert ar.conv_parameters((11, 11), 3, 96) == 34_944
    assert ar.conv_output_size(5, 3) == 3  # the worked example
    for kernel, strides, padding in ((3, 1, 1), (5, 1, 2), (1, 1, 0)):  # common settings keep the size
        assert ar.conv_output_size(224, kernel, strides, padding) == 224
    vgg16 = [(224, 3, 64), (224, 64, 64), (112, 64, 128), (112, 128, 128), (56, 128, 256)]
    vgg16 += [(56, 256, 256)] * 2 + [(28, 256, 512)] + [(28, 512, 512)] * 2 + [(14, 512, 512)] * 3
    assert round(sum(ar.conv_multiply_adds((n, n), 3, *channels) for n, *channels in vgg16) / 1e9, 3) == 15.347
    dense = [(25088, 4096), (4096, 4096), (4096, 1000)]
    parameters = sum(ar.conv_parameters((3, 3), *channels) for _, *channels in vgg16)
    assert parameters + sum(itertools.starmap(ar.dense_parameters, dense)) == 138_357_544


# --- counts by slow loops -------------------------------------------------------------------------------------------


def loops(size, kernel, strides, padding, rate):
    """Return the left edge of every window that fits, found by trying all of them."""
    before, after = padding
    edges = range(-before, size + after)
    span = [tap * rate for tap in range(kernel)]
    return [left for left in edges if (left + before) % strides == 0 and left + span[-1] < size + after]


@thorough
@given(*[st.integers(low, high) for low, high in ((1, 25), (1, 6), (1, 5), (0, 4), (0, 4), (1, 4))])
def test_sizes_by_trying_every_place(size, kernel, strides, before, after, rate):
    """Any padding, and strides together with dilation, which no layer of Keras has."""
    found = loops(size, kernel, strides, (before, after), rate)
    assert answer(ar.conv_output_size, size, kernel, strides, (before, after), rate) == (len(found) or ValueError)
    if rate == 1:
        assert answer(ar.pool_output_size, size, kernel, strides, (before, after)) == (len(found) or ValueError)


@settings(calls, max_examples=60)
@given(st.integers(2, 5), st.integers(2, 6), st.integers(1, 2), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_multiply_adds_by_counting_them(height, width, kernel, per_group, filters_per_group, groups):
    in_channels, filters = per_group * groups, filters_per_group * groups
    weights, products = set(), 0
    for _ in itertools.product(loops(height, kernel, 1, (0, 0), 1), loops(width, 2, 1, (0, 0), 1)):
        for to in range(filters):
            group = to // filters_per_group
            for row, column, source in itertools.product(range(kernel), range(2), range(in_channels)):
                if source // per_group == group:
                    products += 1
                    weights.add((row, column, source, to))
    size = ar.conv_output_size((height, width), (kernel, 2))
    assert ar.conv_multiply_adds(size, (kernel, 2), in_channels, filters, groups) == products
    assert ar.conv_parameters((kernel, 2), in_channels, filters, groups, use_bias=False) == len(weights)
    assert ar.conv_parameters((kernel, 2), in_channels, filters, groups) == len(weights) + filters


def test_memory():
    for shape, kind in (((7, 5, 3), "float32"), ((20, 4), "float16"), ((2, 3, 4, 5), "float64")):
        array = np.zeros(shape, kind)
        assert ar.activation_bytes(shape[:-1], shape[-1], array.itemsize) == array.nbytes
    assert ar.activation_bytes(10, 2) == 80


# --- forms ----------------------------------------------------------------------------------------------------------


def test_the_answer_has_the_form_of_the_input():
    assert ar.conv_output_size(7, (3,)) == 5
    assert ar.conv_output_size((7,), 3) == (5,)
    assert ar.conv_output_size((7, 9), 3) == (5, 7)
    assert ar.conv_output_size((7, 9), (3, 1)) == (5, 9)
    assert ar.conv_output_size((7, 8, 9), 3, strides=(1, 2, 3)) == (5, 3, 3)
    assert ar.pool_output_size((6, 9), (2, 3)) == (3, 3)
    assert ar.conv_transpose_output_size((2, 3), 2, strides=(2, 1)) == (4, 4)
    assert ar.same_padding((5,), 3) == ((1, 1),)
    sizes = ar.conv_output_size((np.int64(7), np.int32(9)), np.int8(3))
    assert sizes == (5, 7)
    assert {type(size) for size in sizes} == {int}
    assert type(ar.conv_multiply_adds(np.int8(100), np.int8(100), np.int8(100), np.int8(100))) is int


@pytest.mark.parametrize(
    "padding, expected",
    [
        ("valid", (5, 6)),
        ("same", (7, 8)),
        (0, (5, 6)),
        (1, (7, 8)),
        ((0, 1), (6, 7)),  # two ints are (before, after), on both axes
        (((1, 1), (2, 2)), (7, 10)),
        (((0, 1), 0), (6, 6)),
        ((0, (2, 0)), (5, 8)),
        (("same", "valid"), (7, 6)),
        (("valid", 1), (5, 8)),
    ],
)
def test_paddings(padding, expected):
    assert ar.conv_output_size((7, 8), 3, padding=padding) == expected
    assert ar.pool_output_size((7, 8), 3, 1, padding=padding) == expected


def test_paddings_of_one_and_three_axes():
    assert ar.conv_output_size(7, 3, padding=(1, 0)) == 6
    assert ar.conv_output_size(7, 3, padding=((1, 0),)) == 6
    assert ar.conv_output_size(7, 3, padding=(2,)) == 9
    assert ar.conv_output_size((7, 7, 7), 3, padding=(0, 1, 2)) == (5, 7, 9)
    assert ar.conv_output_size((7, 7, 7), 3, padding=(0, 1)) == (6, 6, 6)
    assert ar.conv_transpose_output_size((7, 7), 3, padding=((1, 1), (0, 1))) == (7, 8)


# --- malformed arguments --------------------------------------------------------------------------------------------

GOOD = {
    ar.conv_output_size: {
        "input_size": (9, 9), "kernel_size": 3, "strides": 1, "padding": "valid", "dilation_rate": 1,
    },
    ar.conv_transpose_output_size: {
        "input_size": (9, 9), "kernel_size": 3, "strides": 2, "padding": "valid", "output_padding": 1,
        "dilation_rate": 1,
    },
    ar.pool_output_size: {"input_size": (9, 9), "pool_size": 3, "strides": 1, "padding": "valid"},
    ar.same_padding: {"input_size": (9, 9), "kernel_size": 3, "strides": 1, "dilation_rate": 1},
    ar.conv_parameters: {
        "kernel_size": (3, 3), "in_channels": 4, "filters": 6, "groups": 2, "use_bias": True,
    },
    ar.dense_parameters: {"inputs": 3, "units": 4, "use_bias": True},
    ar.conv_multiply_adds: {
        "output_size": (9, 9), "kernel_size": 3, "in_channels": 4, "filters": 6, "groups": 2,
    },
    ar.activation_bytes: {"output_size": (9, 9), "channels": 3, "bytes_per_value": 4},
}  # fmt: skip
BAD = [
    -1, 0, 1.0, 2.5, math.nan, True, "3", "", b"3", None, [3, 3], {3}, {}, (), (3,), (3, 3, 3, 3), (0, 3), (3, -1),
    (3.0, 3), (True, 3), ("3", 3), (None, 3), ((3, 3), 3), 3 + 0j, np.float32(3), np.bool_(True), np.array([3, 3]),
    object(), ((1, 2, 3), 1), ((-1, 1), 1), "SAME", "causal", -(10**5000), (10**5000, -1),
]  # fmt: skip
FINE = {  # what looks like it, and is no mistake
    ("padding", 0), ("output_padding", 0), ("output_padding", None), ("kernel_size", (3,)), ("use_bias", True),
}  # fmt: skip


def fine(function, name, value):
    try:
        if (name, value) in FINE and (name != "kernel_size" or function is ar.conv_parameters):
            return True
    except TypeError:  # unhashable
        pass
    one_axis = function in (ar.conv_multiply_adds, ar.activation_bytes, ar.conv_output_size, ar.pool_output_size)
    one_axis = one_axis or function in (ar.conv_transpose_output_size, ar.same_padding)
    return (
        (name == "strides" and value is None and function is ar.pool_output_size)
        or (name in ("input_size", "output_size") and one_axis and value == (3,))
        or (name == "padding" and isinstance(value, tuple) and value in ((0, 3), ((3, 3), 3)))
        or (name == "output_padding" and value == 0)
    )


@pytest.mark.parametrize("function, name", [(function, name) for function, good in GOOD.items() for name in good])
def test_malformed_arguments_are_refused_by_name(function, name):
    function(**GOOD[function])
    for value in BAD:
        if isinstance(value, np.ndarray) or not fine(function, name, value):
            with pytest.raises((ValueError, TypeError), match=name) as caught:
                function(**GOOD[function] | {name: value})
            assert len(str(caught.value)) < 300


@thorough
@given(
    st.sampled_from(list(GOOD)),
    st.data(),
    st.recursive(
        st.one_of(
            st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.sampled_from([10**400, 2**63])
        ),
        lambda inner: st.lists(inner, max_size=4).map(tuple),
        max_leaves=4,
    ),
)
def test_any_argument_gives_plain_positive_integers_or_a_clear_error(function, data, value):
    name = data.draw(st.sampled_from(list(GOOD[function])))
    try:
        result = function(**GOOD[function] | {name: value})
    except (ValueError, TypeError) as error:
        assert any(argument in str(error) for argument in GOOD[function])
        return
    flat = keras.tree.flatten(result)
    assert all(type(number) is int and number >= 0 for number in flat)


@pytest.mark.parametrize(
    "function, arguments, names",
    [
        (ar.conv_output_size, dict(input_size=4, kernel_size=5), "kernel_size"),
        (ar.conv_output_size, dict(input_size=4, kernel_size=3, dilation_rate=2), "kernel_size"),
        (ar.conv_output_size, dict(input_size=2, kernel_size=5, padding=1), "kernel_size"),
        (ar.pool_output_size, dict(input_size=4, pool_size=5), "pool_size"),
        (ar.conv_output_size, dict(input_size=4, kernel_size=3, strides=0), "strides"),
        (ar.conv_output_size, dict(input_size=4, kernel_size=(3, 3)), "kernel_size"),
        (ar.conv_transpose_output_size, dict(input_size=4, kernel_size=3, strides=2, dilation_rate=2), "dilation_rate"),
        (
            ar.conv_transpose_output_size,
            dict(input_size=(4, 4), kernel_size=3, strides=(2, 1), dilation_rate=(1, 2)),
            "dilation_rate",
        ),
        (ar.conv_transpose_output_size, dict(input_size=4, kernel_size=3, strides=2, output_padding=2), "output_pad"),
        (ar.conv_transpose_output_size, dict(input_size=1, kernel_size=3, padding=2), "padding"),
        (ar.conv_transpose_output_size, dict(input_size=1, kernel_size=2, padding="same", output_padding=0), "padding"),
        (ar.conv_parameters, dict(kernel_size=(3, 3), in_channels=4, filters=6, groups=4), "groups"),
        (ar.conv_parameters, dict(kernel_size=(3, 3), in_channels=3, filters=6, groups=2), "groups"),
        (ar.conv_multiply_adds, dict(output_size=4, kernel_size=3, in_channels=4, filters=6, groups=3), "groups"),
    ],
)
def test_layers_that_cannot_exist(function, arguments, names):
    with pytest.raises(ValueError, match=names):
        function(**arguments)


def test_keras_is_not_imported():
    code = "import sys, course.arithmetic; assert not {'keras', 'numpy', 'tensorflow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
