"""The references of lecture 03 against numbers worked out by hand, and against Keras."""

import keras
import numpy as np
import pytest
from keras import ops

from course.exercises import convolution as topic


def keras_conv(image, kernel, **settings):
    """Return Keras's convolution of an image (h, w, c) with a kernel (kh, kw, c, f)."""
    return ops.convert_to_numpy(ops.conv(np.float32(image)[None], np.float32(kernel), **settings))[0]


def test_true_convolution():
    # One pixel of 1: the true convolution stamps the kernel as it is, the cross-correlation stamps it flipped.
    image = np.zeros((5, 5))
    image[2, 2] = 1
    kernel = np.arange(9.0).reshape(3, 3)
    assert topic.true_convolution.reference(image, kernel).tolist() == kernel.tolist()
    assert topic.correlate(image, kernel).tolist() == kernel[::-1, ::-1].tolist()


def test_the_worked_example():
    assert topic.correlate(topic.IMAGE, topic.KERNEL).tolist() == [[12, 12, 17], [10, 17, 19], [9, 6, 14]]


def test_shift_kernel():
    picture = np.array([[1.0, 2, 3], [4, 5, 6]])
    assert topic.filtered(topic.shift_kernel.reference, picture).tolist() == [[0, 1, 2], [0, 4, 5]]


@pytest.mark.parametrize("wrong", [[1, 0, 0], [[1, 0], [0, 0]], [[1, 0, 0], [0]], "right", [["a"] * 3] * 3])
def test_a_kernel_of_another_form_is_told_so(wrong):
    outcome = topic.shift_kernel.check(wrong)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form")
    assert "Three rows of three numbers" in outcome.sentence


def test_conv_layer_is_kerass():
    rng = np.random.default_rng(0)
    image, kernel, bias = rng.normal(size=(5, 6, 3)), rng.normal(size=(2, 3, 3, 4)), rng.normal(size=4)
    ours = topic.conv_layer.reference(image, kernel, bias)
    assert np.allclose(ours, keras_conv(image, kernel) + bias, atol=1e-3)


def test_conv_layer_by_hand():
    image = np.array([[[1.0, 10.0], [2.0, 20.0]]])  # one row, two columns, two channels
    kernel = np.array([[[[1.0], [2.0]], [[3.0], [4.0]]]])  # 1·1 + 2·10 + 3·2 + 4·20 = 107
    assert topic.conv_layer.reference(image, kernel, np.array([0.5])).tolist() == [[[107.5]]]


@pytest.mark.parametrize("strides, padding", [(1, 0), (1, 1), (2, 0), (2, 1), (3, 2)])
def test_strided_convolution_is_kerass(strides, padding):
    rng = np.random.default_rng(strides)
    image, kernel = rng.normal(size=(7, 8)), rng.normal(size=(3, 2))
    padded = np.pad(image, padding)[..., None]
    expected = keras_conv(padded, kernel[..., None, None], strides=strides)[..., 0]
    assert np.allclose(topic.strided_convolution.reference(image, kernel, strides, padding), expected, atol=1e-3)


def buggy_convolution(image, kernel, strides, padding):
    """The function of the lecture in which the student finds the bugs."""
    height, width = [(n - k) // strides + 1 for n, k in zip(image.shape, kernel.shape, strict=True)]
    image = np.pad(image, padding)
    output = np.zeros((height, width))
    for i in range(height):
        for j in range(width):
            window = image[i : i + kernel.shape[0], j : j + kernel.shape[1]]
            output[i, j] = np.sum(window * kernel)
    return output


def test_the_buggy_function_is_the_mistake_as_given():
    assert topic.strided_convolution.check(buggy_convolution).mistake.name == "as given"


def test_same_padding_is_kerass():
    """Ones through a kernel of ones count how much of the first and of the last window lies in the input."""
    for size in range(1, 12):
        for kernel in range(1, 6):
            for strides in range(1, 5):
                layer = keras.ops.conv(np.ones((1, size, 1)), np.ones((kernel, 1, 1)), strides, padding="same")
                counts = ops.convert_to_numpy(layer)[0, :, 0]
                before, after = topic.same_padding.reference(size, kernel, strides)
                last = (len(counts) - 1) * strides - before  # where the last window starts
                assert counts[0] == min(kernel - before, size)
                assert counts[-1] == min(last + kernel, size) - max(last, 0)
                assert len(counts) == (size + before + after - kernel) // strides + 1
                assert (before, after) >= (0, 0)


@pytest.mark.parametrize(
    "right", [2, (1, 2), (2, 1), [1, 2], (2, 2), (0, 3), np.int64(2), np.array([1, 2]), np.array(2), 2.0, (1.0, 2.0)]
)
def test_paddings_that_halve(right):
    assert topic.halving_padding.check(right).status == "right"


@pytest.mark.parametrize(
    "wrong, name, words",
    [
        (1.5, "wrong form", "half a zero"),
        (np.array([1.5, 1.5]), "wrong form", "half a zero"),
        ("same", "wrong form", "which are they here?"),
        ("valid", "wrong form", "A whole number"),
        ((1, 2, 3), "wrong form", "A whole number"),
        (np.ones((2, 2)), "wrong form", "A whole number"),
        (None, "wrong form", "A whole number"),
        (-1, "wrong form", "-1 zeros"),
        (2.25, "wrong form", "2.25 zeros"),
        ((1, float("nan")), "wrong form", "zeros"),
        (float("inf"), "wrong form", "inf zeros"),
        ((1, 1), "the 3×3's", "P = 1"),
        (np.array([0.0, 0.0]), "none", "Without padding"),
    ],
)
def test_paddings_that_do_not(wrong, name, words):
    outcome = topic.halving_padding.check(wrong)
    assert (outcome.status, outcome.mistake.name) == ("wrong", name)
    assert words in outcome.sentence


def test_halving_is_kerass():
    for size in (8, 32, 224):
        padded = np.pad(np.ones((1, size, 1)), ((0, 0), (2, 2), (0, 0)))
        assert ops.conv(padded, np.ones((5, 1, 1)), 2).shape[1] == topic.halved(2, size) == size // 2


@pytest.mark.parametrize(
    "setting, expected",
    [
        ((227, 11, 4, 0, 1), 55),
        ((5, 3, 2, 1, 1), 3),
        ((6, 3, 2, 1, 1), 3),
        ((7, 3, 1, 0, 2), 3),
        ((32, 5, 1, 2, 1), 32),
        ((8, 3, 3, 0, 1), 2),  # places 0 and 3; one at 6 would need pixel 8
    ],
)
def test_output_size(setting, expected):
    assert topic.output_size.reference(*setting) == expected


def named(exercise, mistake):
    """Return what the exercise's mistake of this name gives."""
    return next(each.wrong for each in exercise.mistakes if each.name == mistake)


def test_the_nearest_size_is_refused_at_every_seed():
    def nearest(input_size, kernel_size, strides, padding, dilation_rate):
        return round((input_size + 2 * padding - dilation_rate * (kernel_size - 1) - 1) / strides) + 1

    assert {topic.output_size.check(nearest, seed).mistake.name for seed in range(100)} == {"rounded to the nearest"}


@pytest.mark.parametrize("mistake, expected", [("one gap widened", 12 - 6 + 1), ("D pixels between", 12 - 13 + 1)])
def test_wrong_spans(mistake, expected):
    # F = 4, D = 3: x··x··x··x spans 10; x··xxx spans 6 (one gap), x···x···x···x spans 13 (three pixels between)
    assert named(topic.output_size, mistake)(12, 4, 1, 0, 3) == expected


@pytest.mark.parametrize(
    "setting, expected",
    [((11, 3, 96, 1, True), 34_944), ((3, 128, 128, 4, True), 36_992), ((3, 128, 128, 128, True), 1_280)],
)
def test_conv_parameters(setting, expected):
    kernel_size, in_channels, filters, groups, use_bias = setting
    layer = keras.layers.Conv2D(filters, kernel_size, groups=groups, use_bias=use_bias)
    layer.build((None, 16, 16, in_channels))
    assert topic.conv_parameters.reference(*setting) == layer.count_params() == expected


def test_net_parameters():
    layers = keras.layers
    net = keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Conv2D(8, 3, padding="same"),
        layers.MaxPooling2D(2),
        layers.Conv2D(16, 3),
        layers.MaxPooling2D(2),
        layers.GlobalAveragePooling2D(),
        layers.Dense(10),
    ])  # fmt: skip
    assert topic.net_parameters.reference == net.count_params() == 224 + 1168 + 170
    assert net.layers[3].output.shape[1:] == (7, 7, 16)  # what the mistake "flattened" would see
    assert named(topic.net_parameters, "flattened, same twice") == 224 + 1168 + 10_250
    assert named(topic.net_parameters, "Dense's biases forgotten") == 224 + 1168 + 160


def test_grey_layer():
    layer = topic.grey_layer.reference()
    colours = np.float32([[[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]]])
    assert ops.convert_to_numpy(layer(colours[None])).ravel() == pytest.approx([0.299, 0.587, 0.114, 1], abs=1e-3)


def test_a_grey_layer_without_weights_is_told_so():
    for layer in (keras.layers.Conv2D(1, 1), keras.Sequential([keras.layers.Conv2D(1, 1)])):
        for _ in range(2):  # checking does not build it
            assert "no weights yet" in topic.grey_layer.check(layer).sentence


def test_a_model_may_make_grey_too():
    net = keras.Sequential([keras.Input((None, None, 3)), keras.layers.Conv2D(1, 1)])
    net.set_weights([np.reshape([0.299, 0.587, 0.114], (1, 1, 3, 1)), np.zeros(1)])
    assert topic.grey_layer.check(net).status == "right"


@pytest.mark.parametrize("setting, expected", [((3, 3, 2, 1, 0), 5), ((3, 3, 2, 1, 1), 6), ((2, 3, 2, 0, 0), 5)])
def test_transposed_size(setting, expected):
    assert topic.transposed_size.reference(*setting) == expected


def test_keras_valid_is_the_mistake_of_that_name_at_every_seed():
    wrong = named(topic.transposed_size, "Keras's valid")
    for size, kernel, strides in ((4, 1, 3), (3, 3, 2), (5, 2, 4)):
        layer = keras.layers.Conv1DTranspose(1, kernel, strides=strides)
        assert wrong(size, kernel, strides, 0, 0) == layer.compute_output_shape((1, size, 1))[1]
    assert {topic.transposed_size.check(wrong, seed).mistake.name for seed in range(100)} == {"Keras's valid"}
    assert topic.transposed_size.reference(4, 1, 3, 0, 0) == 10  # stamps of one row on rows 0, 3, 6 and 9


def test_transposed_size_takes_back_every_size():
    for size in range(5, 30):
        for kernel, strides, padding in ((3, 2, 1), (5, 3, 2), (4, 2, 1)):
            small = topic.output_size.reference(size, kernel, strides, padding, 1)
            extra = (size + 2 * padding - kernel) % strides  # the guide, relationship 14
            assert topic.transposed_size.reference(small, kernel, strides, padding, extra) == size


def test_multiply_adds():
    # 55 · 55 places, 11 · 11 · 3 products for each of 96 filters; and a loop that counts
    assert topic.multiply_adds.reference(227, 11, 3, 96, 4) == 55 * 55 * 11 * 11 * 3 * 96 == 105_415_200
    windows = len(range(0, 9 - 3 + 1, 2)) ** 2
    assert topic.multiply_adds.reference(9, 3, 2, 5, 2) == windows * (3 * 3 * 2) * 5


def test_dense_as_convolution_is_the_dense_layer():
    maps = np.random.default_rng(0).normal(size=(2, 6, 6, 16)).astype("float32")
    dense = keras.Sequential([keras.Input((6, 6, 16)), keras.layers.Flatten(), keras.layers.Dense(10)])
    layer = topic.dense_as_convolution.reference()
    layer.build(maps.shape)
    weights, biases = dense.get_weights()
    layer.set_weights([weights.reshape(layer.kernel.shape), biases])
    ours, theirs = (ops.convert_to_numpy(net(maps)) for net in (layer, dense))
    assert np.allclose(ours[:, 0, 0], theirs, atol=1e-3)
    assert layer(np.zeros((1, 8, 9, 16))).shape == (1, 3, 4, 10)
