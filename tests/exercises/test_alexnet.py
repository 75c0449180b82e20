"""The references of lecture 05 against the papers' tables, numbers worked out by hand and Keras's own layers."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from course import models, occlusion
from course.anatomy import anatomy
from course.exercises import alexnet as exercises

pytestmark = pytest.mark.usefixtures("computed_once")


def reference(name):
    return getattr(exercises, name).reference


@pytest.mark.parametrize(
    "row, parameters",  # LeCun et al. (1998), section II-B, but for the sparse C3
    [
        (("convolution", 5, 1, 6), 156),
        (("subsampling", 2, 6, 6), 12),
        (("subsampling", 2, 16, 16), 32),
        (("convolution", 5, 16, 120), 48_120),
        (("dense", 1, 120, 84), 10_164),
    ],
)
def test_row_parameters(row, parameters):
    assert reference("row_parameters")(*row) == parameters


def test_sparse_parameters():
    paper = [[int(seen) for seen in row] for row in models.lenet.CONNECTIONS]
    assert reference("sparse_parameters")(paper, 5) == 1516
    assert reference("sparse_parameters")([[1, 0], [1, 1], [0, 0]], 3) == 3 * 9 + 2
    assert reference("sparse_parameters")([[1, 0, 1]], 2) == 2 * 4 + 3  # a map that sees nothing has a bias


def test_net_shape_down_alexnet():
    rows = [("conv", 96, 11, 4, 0), ("pool", 3, 2), ("conv", 256, 5, 1, 2), ("pool", 3, 2)]
    rows += [("conv", 384, 3, 1, 1), ("conv", 384, 3, 1, 1), ("conv", 256, 3, 1, 1), ("pool", 3, 2)]
    paper = [(55, 96), (27, 96), (27, 256), (13, 256), (13, 384), (13, 384), (13, 256), (6, 256)]
    for count, (side, channels) in enumerate(paper, start=1):
        assert reference("net_shape")((227, 227, 3), rows[:count]) == (side, side, channels)


@pytest.mark.parametrize("height, width", [(40, 41), (42, 63)])
def test_net_shape_is_keras(height, width):
    net = keras.Sequential([keras.Input((height, width, 2)), layers.ZeroPadding2D(2), layers.Conv2D(5, 7, 3)])
    net.add(layers.MaxPooling2D(3, 2))
    assert (
        None,
        *reference("net_shape")((height, width, 2), [("conv", 5, 7, 3, 2), ("pool", 3, 2)]),
    ) == net.output_shape


def test_tower_block_is_two_towers():
    """Each half of the filters on its half of the maps, one after the other."""
    block = reference("tower_block")()
    kernel, bias = block.layers[0].get_weights()
    assert kernel.shape == (5, 5, 2, 8)
    x = np.random.default_rng(0).normal(size=(2, 14, 14, 4)).astype("float32")
    bias = np.linspace(-0.2, 0.2, 8, dtype="float32")
    block.layers[0].set_weights([kernel, bias])
    halves = [
        ops.relu(ops.conv(x[..., 2 * t : 2 * t + 2], kernel[..., 4 * t : 4 * t + 4], padding="same") + bias[4 * t : 4 * t + 4])
        for t in (0, 1)
    ]  # fmt: skip
    maps = ops.convert_to_numpy(ops.concatenate(halves, axis=-1))
    windows = np.lib.stride_tricks.sliding_window_view(maps, (3, 3), axis=(1, 2))[:, ::2, ::2]
    np.testing.assert_allclose(block.predict(x, verbose=0), windows.max(axis=(-1, -2)), atol=1e-5)


def test_tower_gap():
    gap = reference("tower_gap")
    assert gap == {"conv2": 307_200, "conv4": 663_552, "conv5": 442_368}
    assert sum(gap.values()) == 62_378_344 - 60_965_224


def test_tower_gap_is_what_the_builder_has():
    """At an eighth of the filters a kernel has 64 times fewer weights, and so has the gap."""
    narrow = [
        anatomy(models.alexnet(name, (67, 67, 3), include_top=False, width=1 / 8)).set_index("layer").parameters
        for name in ("one_tower", "two_towers")
    ]
    difference = narrow[0] - narrow[1]
    assert {name: 64 * count for name, count in difference.items() if count} == reference("tower_gap")


def test_local_response_normalization_by_hand():
    a = np.array([[[1.0, 2.0, 3.0, 4.0]]])
    sums = np.array([1 + 4, 1 + 4 + 9, 4 + 9 + 16, 9 + 16])
    expected = a / (2 + 0.5 * sums) ** 0.75
    np.testing.assert_allclose(reference("local_response_normalization")(a, 3, 2.0, 0.5, 0.75), expected)


def test_local_response_normalization_is_the_layer():
    a = np.random.default_rng(0).normal(size=(3, 4, 9)).astype("float32") * 10
    layer = models.LocalResponseNormalization(n=5, k=1.5, alpha=0.02, beta=0.6)
    expected = ops.convert_to_numpy(layer(a[None]))[0]
    np.testing.assert_allclose(reference("local_response_normalization")(a, 5, 1.5, 0.02, 0.6), expected, rtol=1e-4)


def test_the_mended_net_is_alexnets_plan():
    net = reference("mended_alexnet")()
    assert [layer.output.shape[1] for layer in net.layers if len(layer.output.shape) == 4] == [15, 7, 7, 3, 3, 3, 3, 1]
    chances = net.predict(np.random.default_rng(0).normal(size=(2, 67, 67, 3)), verbose=0)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("name", ["tower_block", "mended_alexnet"])
def test_no_relu_may_be_lost(name):
    """Behind a max-pooling a lost ReLU is easily overlooked, as the largest of some values is mostly above 0."""
    exercise = getattr(exercises, name)
    lost = 0
    for place, layer in enumerate(exercise.reference().layers):
        if getattr(layer, "activation", None) is keras.activations.relu:
            net = exercise.reference()
            net.layers[place].activation = keras.activations.linear
            assert [exercise.check(net, seed).status for seed in range(3)] == ["wrong"] * 3, layer.name
            lost += 1
    assert lost == {"tower_block": 1, "mended_alexnet": 7}[name]


def test_mended_alexnet_may_have_dropout():
    net = reference("mended_alexnet")()
    net = keras.Sequential([keras.Input((67, 67, 3)), *net.layers[:-1], layers.Dropout(0.5), net.layers[-1]])
    assert exercises.mended_alexnet.check(net).status == "right"


def test_occlusion_map_by_hand():
    image = np.array([[0.0, 0.1], [0.2, 0.9]])[:, :, None]
    total = lambda images: images.sum(axis=(1, 2, 3))  # noqa: E731
    expected = [[1.2 + 0.5, 1.2 + 0.4], [1.2 + 0.3, 1.2 - 0.4]]
    np.testing.assert_allclose(reference("occlusion_map")(total, image, 1), expected)
    np.testing.assert_allclose(reference("occlusion_map")(total, image, 2), [[2.0]])


def test_occlusion_map_asks_once_and_leaves_the_image():
    image, asked = np.full((4, 5, 3), 0.25), []
    score = lambda images: asked.append(len(images)) or np.arange(len(images))  # noqa: E731
    heat = reference("occlusion_map")(score, image, 3)
    assert asked == [2 * 3] and heat.tolist() == [[0, 1, 2], [3, 4, 5]] and (image == 0.25).all()


def test_occlusion_map_is_the_courses_own():
    image = np.random.default_rng(0).uniform(size=(5, 6, 3))
    score = lambda images: (images**2).mean(axis=(1, 2, 3))  # noqa: E731
    np.testing.assert_allclose(reference("occlusion_map")(score, image, 2), occlusion.occlusion_map(score, image, 2))


@pytest.mark.parametrize("answer", [18.2 / 7.1, 2.56, 2.563, np.float64(18.2) / 7.1])
def test_fair_factor_may_be_rounded(answer):
    assert round(reference("fair_factor"), 2) == 2.56
    assert exercises.fair_factor.check(answer).status == "right"


@pytest.mark.parametrize("answer", [2.5, 2.6, 3])
def test_fair_factor_is_not_any_number_near_it(answer):
    assert exercises.fair_factor.check(answer).status == "wrong"


@pytest.mark.parametrize("answer", ["2.56", [18.2, 7.1], None, True])
def test_fair_factor_of_another_form_is_told_so(answer):
    outcome = exercises.fair_factor.check(answer)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form")
