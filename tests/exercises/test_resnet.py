"""The references of lecture 08 against Keras, autodiff and numbers worked out by hand, so that a broken one shows."""

import keras
import numpy as np
import pytest
from keras import ops

from course import models
from course.anatomy import anatomy
from course.autodiff import gradient
from course.exercises import resnet


def test_blocks_have_the_papers_layers():
    kinds = [type(layer).__name__ for layer in resnet.identity_block.reference().layers]
    assert kinds.count("Conv2D") == kinds.count("BatchNormalization") == 2 and kinds.count("Add") == 1
    projected = resnet.projection_block.reference()
    assert projected.output_shape == (None, 5, 5, 8)
    assert [tuple(w.shape) for w in projected.weights if w.name == "kernel"].count((1, 1, 4, 8)) == 1


def test_a_block_without_its_branch_is_the_identity():
    block = resnet.identity_block.reference()
    [*_, last] = [layer for layer in block.layers if isinstance(layer, keras.layers.BatchNormalization)]
    last.gamma.assign(ops.zeros(4))
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 4)).astype("float32")
    np.testing.assert_array_equal(ops.convert_to_numpy(block(x)), np.maximum(x, 0))


def written(order, sides=(9, 9)):
    """Return the block of exercise 2 with the shortcut written first, or last."""
    x = keras.Input((*sides, 4))

    def convolution(x, *size):
        return keras.layers.BatchNormalization()(keras.layers.Conv2D(8, *size, "same", use_bias=False)(x))

    if order == "shortcut first":
        shortcut = convolution(x, 1, 2)
    y = convolution(keras.layers.Activation("relu")(convolution(x, 3, 2)), 3, 1)
    if order != "shortcut first":
        shortcut = convolution(x, 1, 2)
    return keras.Model(x, keras.layers.ReLU()(shortcut + y))


@pytest.mark.parametrize("order", ["shortcut first", "shortcut last"])
def test_the_shortcut_may_be_written_first_or_last(order):
    assert resnet.projection_block.check(written(order)).status == "right"


def test_the_sides_of_the_maps_may_be_left_open():
    assert resnet.projection_block.check(written("shortcut last", sides=(None, None))).status == "right"


class Block(keras.layers.Layer):
    """The block of exercise 1 as a layer, its parts made in an order of their own."""

    def __init__(self, order):
        super().__init__()
        for name in order:
            convolution = name.startswith("convolution")
            part = keras.layers.Conv2D(4, 3, padding="same", use_bias=False) if convolution else None
            setattr(self, name, part or keras.layers.BatchNormalization())

    def call(self, x):
        y = ops.relu(self.norm_1(self.convolution_1(x)))
        return ops.relu(x + self.norm_2(self.convolution_2(y)))


@pytest.mark.parametrize(
    "order",
    [
        ("convolution_1", "norm_1", "convolution_2", "norm_2"),
        ("convolution_1", "convolution_2", "norm_1", "norm_2"),
        ("norm_2", "convolution_2", "norm_1", "convolution_1"),
    ],
)
def test_the_parts_of_a_block_may_be_made_in_any_order(order):
    assert resnet.identity_block.check(Block(order)).status == "right"


def test_shortcuts_cost_what_the_nets_say():
    count = resnet.shortcut_parameters.reference
    assert count("B", 64, 256, 1) == 64 * 256 + 2 * 256 == 16_896
    nets = {
        option: anatomy(models.resnet(18, option, input_shape=(32, 32, 3))).attrs["trainable_parameters"]
        for option in "ABC"
    }
    stages = [(64, 64, 1), (64, 128, 2), (128, 256, 2), (256, 512, 2)]
    for option in "ABC":
        added = sum(count(option, *first) + count(option, first[1], first[1], 1) for first in stages)
        assert nets[option] - nets["A"] == added


def test_bottleneck_parameters():
    # 256·64 + 9·64·64 + 64·256 = 69,632, and 2·(64 + 64 + 256) = 768
    assert resnet.bottleneck_parameters.reference(64) == 69_632 + 768
    table = anatomy(models.resnet(50, input_shape=(32, 32, 3)))
    block = table[table.layer.str.startswith("conv3_2")]
    assert resnet.bottleneck_parameters.reference(128) == block.trainable_parameters.sum()


@pytest.mark.parametrize("answer", [2, 2.0, np.int64(2)])
def test_faulty_line(answer):
    assert resnet.faulty_line.check(answer).status == "right"


@pytest.mark.parametrize(
    "blocks, convolutions, layers", [((2, 2, 2, 2), 2, 18), ((3, 4, 23, 3), 3, 101), ((18, 18, 18), 2, 110)]
)
def test_weight_layers(blocks, convolutions, layers):
    assert resnet.weight_layers.reference(blocks, convolutions) == layers


@pytest.mark.parametrize("depth", [18, 50])
@pytest.mark.parametrize("size", [(224, 224), (225, 97), (1, 33)])
def test_stage_shape_is_that_of_the_nets(depth, size):
    table = anatomy(models.resnet(depth, input_shape=(*size, 3), width=1, include_top=False)).set_index("layer")
    last = {1: "conv1_relu", 2: "conv2_2_relu", 3: "conv3_2_relu", 4: "conv4_2_relu", 5: "conv5_2_relu"}
    for stage, layer in last.items():
        assert resnet.stage_shape.reference(*size, stage, depth == 50) == table.output_shape[layer][1:]


def test_keras_filters():
    """The filters of ResNet-50: in the first convolution, in 16 bottlenecks, in 4 projections."""
    inside = sum(6 * 64 * 2**stage * count for stage, count in enumerate((3, 4, 6, 3)))
    filters = 64 + inside + sum(256 * 2**stage for stage in range(4))
    assert resnet.keras_filters.reference == filters
    assert 3 * filters == 25_636_712 - 25_557_032


# --- batch normalization, against Keras's layer and autodiff -----------------------------------------------------------


def layer_of(shape, gamma, beta, mean, variance, epsilon):
    layer = keras.layers.BatchNormalization(epsilon=epsilon)
    layer.build((None, *shape[1:]))
    layer.set_weights([gamma, beta, mean, variance])
    return layer


def test_batch_norm_is_that_of_keras():
    for case in resnet.batch_norm.cases(np.random.default_rng(5)):
        x, *weights, training, epsilon = case
        layer = layer_of(x.shape, *weights, epsilon)
        expected = ops.convert_to_numpy(layer(x.astype("float32"), training=training))
        np.testing.assert_allclose(resnet.batch_norm.reference(*case), expected, rtol=1e-3, atol=1e-4)


def test_batch_norm_by_hand():
    # the channel (1, 3): mean 2, variance 1; with ε = 3 its root is 2; γ = 4, β = 1
    x = np.array([1.0, 3.0]).reshape(2, 1, 1, 1)
    one = np.ones(1)
    y = resnet.batch_norm.reference(x, 4 * one, one, one, one, True, 3.0)
    assert y.ravel().tolist() == [-1.0, 3.0]
    assert resnet.batch_norm.reference(x, 4 * one, one, one, one, False, 3.0).ravel().tolist() == [1.0, 5.0]


def test_batch_norm_gradient_is_that_of_autodiff():
    for x, gamma, dy, epsilon in resnet.batch_norm_gradient.cases(np.random.default_rng(5))[1:]:
        layer = layer_of(x.shape, gamma, 0 * gamma, 0 * gamma, 0 * gamma + 1, epsilon)
        expected = gradient(lambda x, layer=layer, dy=dy: ops.sum(ops.multiply(layer(x, training=True), dy)), x)
        found = resnet.batch_norm_gradient.reference(x, gamma, dy, epsilon)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_batch_norm_gradient_by_hand():
    # two samples without ε: x̂ is ∓1 whatever they are, so that nothing reaches them
    x, dy = np.array([[1.0], [3.0]]), np.array([[1.0], [0.0]])
    np.testing.assert_allclose(resnet.batch_norm_gradient.reference(x, np.array([2.0]), dy, 0.0), 0, atol=1e-12)
    # three samples, (−√1.5, 0, √1.5) of variance 1: ∂y = (1, 0, 0) gives (1 − 1/3 − 1/2, −1/3, −1/3 + 1/2)
    x = np.sqrt(1.5) * np.array([[-1.0], [0.0], [1.0]])
    dx = resnet.batch_norm_gradient.reference(x, np.ones(1), np.array([[1.0], [0.0], [0.0]]), 0.0)
    np.testing.assert_allclose(dx.ravel(), [1 / 6, -1 / 3, 1 / 6])
