"""The nets for CIFAR against a net written in NumPy from the paper's section 4.2, and against its table 6."""

from functools import partial
from importlib import import_module

import keras
import numpy as np
import pytest
from keras import layers
from nets import images, output_of

from course import facts, models
from course.anatomy import anatomy
from course.autodiff import weight_gradients

module = import_module("course.models.cifar_resnet")  # `from course.models import cifar_resnet` is the function


def randomized(model, seed=0):
    """Give every weight a random value, moving statistics and biases too."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.name == "kernel":
            value = rng.normal(0, np.sqrt(1 / np.prod(weight.shape[:-1])), weight.shape)
        elif weight.name in ("gamma", "moving_variance"):
            value = rng.uniform(0.5, 1.0, weight.shape)
        else:
            value = rng.normal(0, 0.3, weight.shape)
        weight.assign(value)
    return model


def paper(model, x, n, residual, scale):
    """Return the class probabilities of the paper's 6n + 2 layers, with the weights of `model`, in their order.

    `scale` is in the place of the paper's 16 filters.
    """
    weights = iter([weight.astype("float64") for weight in model.get_weights()])

    def convolved(x, filters, strides=1):
        kernel, gamma, beta, mean, variance = (next(weights) for _ in range(5))
        assert kernel.shape == (3, 3, x.shape[-1], filters)
        x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)])
        windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::strides, ::strides]
        x = np.tensordot(windows, kernel, axes=[(4, 5, 3), (0, 1, 2)])
        return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta

    x = np.maximum(convolved(x.astype("float64"), scale), 0)
    for filters, first in ((scale, 1), (2 * scale, 2), (4 * scale, 2)):
        for strides in (first, *[1] * (n - 1)):
            y = convolved(np.maximum(convolved(x, filters, strides), 0), filters)
            if residual:
                y[..., : x.shape[-1]] += x[:, ::strides, ::strides]
            x = np.maximum(y, 0)
    scores = x.mean(axis=(1, 2)) @ next(weights) + next(weights)
    assert next(weights, None) is None
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)


def check(build, n, residual):
    model = randomized(build(6 * n + 2, input_shape=(None, None, 3), classes=5, width=4 / 16))
    for size in ((17, 22), (32, 32)):
        x = images(2, *size, 3)
        expected = paper(model, x, n, residual, scale=4)
        if np.ptp(expected) < 0.1 or expected.max() > 0.98:
            pytest.fail("these numbers say little of the net")
        np.testing.assert_allclose(output_of(model, x), expected, atol=2e-6)


@pytest.mark.parametrize("build, residual", [(models.cifar_resnet, True), (models.cifar_plain, False)])
@pytest.mark.parametrize("n", [3, 5])
def test_a_net_computes_what_the_paper_says(build, residual, n):
    check(build, n, residual)


def projected(x, filters, strides, name):
    return layers.Conv2D(filters, 1, strides, name=f"{name}_projection")(x)


def averaged(x, filters, strides, name):
    x = layers.AveragePooling2D(2, strides, padding="same", name=f"{name}_subsample")(x)
    return import_module("course.models.resnet").ZeroMaps(filters, name=f"{name}_zeros")(x)


def twice(x, filters, strides, name):
    x = layers.MaxPooling2D(1, strides, name=f"{name}_subsample")(x)
    return layers.Concatenate(name=f"{name}_zeros")([x, x])


MUTATIONS = {
    "a projection in place of the padded identity": ("resnet", "padded_identity", projected),
    "the shortcut averages": ("resnet", "padded_identity", averaged),
    "the maps again in place of zeros": ("resnet", "padded_identity", twice),
    "a block too many": ("cifar_resnet", "BLOCKS", {20: 4}),
    "filters that do not double": ("cifar_resnet", "FILTERS", (16, 32, 32)),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_net_that_is_subtly_wrong_is_found_out(mutation, monkeypatch):
    where, name, wrong = MUTATIONS[mutation]
    monkeypatch.setattr(import_module(f"course.models.{where}"), name, wrong)
    with pytest.raises((AssertionError, ValueError)):
        check(models.cifar_resnet, 3, residual=True)


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_table_6(depth):
    model = models.cifar_resnet(depth)
    table = anatomy(model)
    facts.check(f"resnet.parameters_cifar_{depth}", table.attrs["trainable_parameters"] / 1e6)
    with_weights = [layer for layer in model.layers if isinstance(layer, layers.Conv2D | layers.Dense)]
    assert len(with_weights) == depth
    sums = table[table.kind == "Add"].output_shape.value_counts()
    count = (depth - 2) // 6
    assert sums.to_dict() == {(None, 32, 32, 16): count, (None, 16, 16, 32): count, (None, 8, 8, 64): count}


def test_plain_and_residual_nets_have_as_many_weights():
    plain, residual = (anatomy(build(20)).attrs for build in (models.cifar_plain, models.cifar_resnet))
    assert plain == {**residual, "activations": plain["activations"]}
    assert plain["trainable_parameters"] == 269_722


@pytest.mark.parametrize("build", [models.cifar_resnet, models.cifar_plain])
def test_the_gradient_reaches_every_weight(build):
    model = randomized(build(20, width=0.5))
    slopes = weight_gradients(model, images(2, 32, 32, 3), np.eye(10)[:2], "categorical_crossentropy")
    assert len(slopes) == len(model.trainable_variables)
    assert [path for path, slope in slopes.items() if not np.abs(slope).max() > 0] == []


def test_blocks_whose_last_scale_is_zero_leave_the_identity():
    """Then the net is its first convolution, every fourth value of it, and maps of zeros behind."""
    model = randomized(models.cifar_resnet(20, include_top=False))
    for layer in model.layers:
        if layer.name.endswith("_3x3_2_bn"):
            gamma, beta, *statistics = layer.get_weights()
            layer.set_weights([0 * gamma, 0 * beta, *statistics])
    x = images(2, 32, 32, 3)
    first = output_of(keras.Model(model.input, model.get_layer("conv1_relu").output), x)
    expected = np.zeros((2, 8, 8, 64))
    expected[..., :16] = first[:, ::4, ::4]
    np.testing.assert_array_equal(output_of(model, x), expected)


@pytest.mark.parametrize(
    "build, channels", [(models.cifar_resnet, 1), (models.cifar_resnet, 3), (models.cifar_plain, 1)]
)
def test_images_of_any_size(build, channels):
    model = build(20, input_shape=(None, None, channels), classes=3, width=0.25)
    for size in ((1, 1), (2, 9), (33, 35)):
        shares = output_of(model, images(2, *size, channels))
        assert shares.shape == (2, 3)
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert model.name == f"{build.__name__}_20"


@pytest.mark.parametrize("size, left", [((1, 1), (1, 1)), ((33, 35), (9, 9)), ((None, None), (None, None))])
def test_without_the_top(size, left):
    model = models.cifar_resnet(20, input_shape=(*size, 3), include_top=False, width=0.25)
    assert model.output_shape == (None, *left, 16) and model.layers[-1].name == "conv4_3_relu"


@pytest.mark.parametrize("width", [0.01, 0.1, 1 / 3, 1.7])
def test_any_width_has_shortcuts_that_fit(width):
    model = models.cifar_resnet(20, input_shape=(8, 8, 1), width=width)
    assert output_of(model, images(1, 8, 8, 1)).shape == (1, 10)


def test_a_net_comes_back_from_a_file(reloaded):
    model = randomized(models.cifar_resnet(20, width=0.25))
    x = images(2, 32, 32, 3)
    np.testing.assert_array_equal(output_of(reloaded(model), x), output_of(model, x))


@pytest.mark.parametrize("depth", [18, 21, "20", 20.0, None, True])
def test_a_depth_that_the_paper_does_not_have(depth):
    for build in (models.cifar_resnet, models.cifar_plain):
        with pytest.raises(ValueError, match="depth must be one of 20, 32, 44, 56, 110, but got"):
            partial(build, depth)()
