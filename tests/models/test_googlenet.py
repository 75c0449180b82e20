"""GoogLeNet against a net written in NumPy from the paper, and against its table 1, row by row."""

from importlib import import_module

import keras
import numpy as np
import pytest
from keras import layers
from nets import images, output_of

from course import facts, models
from course.anatomy import anatomy
from course.autodiff import weight_gradients

module = import_module("course.models.googlenet")  # `from course.models import googlenet` is the function

# The paper's table 1: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool proj.
TABLE = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def randomized(model, seed=0):
    """Give every weight a random value, biases too; the last layers' are small, so that no class has it all."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        scale = np.sqrt(2 / np.prod(weight.shape[:-1])) if weight.name == "kernel" else 0.2
        weight.assign(rng.normal(0, scale * (0.05 if "classifier/" in weight.path else 1), weight.shape))
    return model


# --- the net of the paper, in NumPy ---------------------------------------------------------------------------------


def windows(x, size, strides, fill=0.0):
    """Return the windows of a map with as many of them as strides fit in; what is missing is filled, more at the end."""
    pads = [max((-(-side // strides) - 1) * strides + size - side, 0) for side in x.shape[1:3]]
    x = np.pad(x, [(0, 0), *((pad // 2, pad - pad // 2) for pad in pads), (0, 0)], constant_values=fill)
    return np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(1, 2))[:, ::strides, ::strides]


def maximum(x, strides):
    return windows(x, 3, strides, -np.inf).max(axis=(4, 5))


def convolved(x, weights, name, size, filters, strides=1):
    kernel, bias = weights.pop(f"{name}/kernel"), weights.pop(f"{name}/bias")
    assert kernel.shape == (size, size, x.shape[-1], filters)
    x = np.tensordot(windows(x, size, strides), kernel, axes=[(4, 5, 3), (0, 1, 2)]) + bias
    return np.maximum(x, 0)


def normalized(x):
    """Return local response normalization as AlexNet's authors have it, map by map."""
    squares = [sum(x[..., j] ** 2 for j in range(max(0, i - 2), min(x.shape[-1], i + 3))) for i in range(x.shape[-1])]
    return x / (2 + 1e-4 * np.stack(squares, axis=-1)) ** 0.75


def branches(x, weights, name, filters):
    one, reduce3, three, reduce5, five, pool = filters
    return (
        convolved(x, weights, f"{name}_1x1", 1, one),
        convolved(convolved(x, weights, f"{name}_3x3_reduce", 1, reduce3), weights, f"{name}_3x3", 3, three),
        convolved(convolved(x, weights, f"{name}_5x5_reduce", 1, reduce5), weights, f"{name}_5x5", 5, five),
        convolved(maximum(x, 1), weights, f"{name}_pool_proj", 1, pool),
    )


def softmax(x, weights, name):
    x = x @ weights.pop(f"{name}/kernel") + weights.pop(f"{name}/bias")
    x = np.exp(x - x.max(axis=1, keepdims=True))
    return x / x.sum(axis=1, keepdims=True)


def auxiliary(x, weights, name, scale):
    """Return the class probabilities of an auxiliary classifier; its pooling has windows of 5×5, and takes no zeros."""
    pooled = np.lib.stride_tricks.sliding_window_view(x, (5, 5), axis=(1, 2))[:, ::3, ::3].mean(axis=(4, 5))
    x = convolved(pooled, weights, f"{name}_1x1", 1, 128 // scale).reshape(len(x), -1)
    x = np.maximum(x @ weights.pop(f"{name}_fc/kernel") + weights.pop(f"{name}_fc/bias"), 0)
    assert x.shape[-1] == 1024 // scale
    return softmax(x, weights, f"{name}_classifier")


def paper(model, x, scale):
    """Return the class probabilities of the paper's three classifiers, with the weights of `model`, 1/scale as wide."""
    weights = {weight.path: weight.numpy().astype("float64") for weight in model.weights}
    x = convolved(x.astype("float64"), weights, "conv1", 7, 64 // scale, 2)
    x = normalized(maximum(x, 2))
    x = convolved(x, weights, "conv2_reduce", 1, 64 // scale)
    x = normalized(convolved(x, weights, "conv2", 3, 192 // scale))
    on_the_way = []
    for name, filters in TABLE.items():
        if name in ("3a", "4a", "5a"):
            x = maximum(x, 2)
        x = np.concatenate(branches(x, weights, f"inception_{name}", [count // scale for count in filters]), axis=-1)
        if name in ("4a", "4d"):
            on_the_way.append(auxiliary(x, weights, f"auxiliary_{name}", scale))
    last = softmax(x.mean(axis=(1, 2)), weights, "classifier")
    assert not weights, f"the paper's net does not have {list(weights)}"
    return [last, *on_the_way]


def check(size):
    model = randomized(models.googlenet(input_shape=(*size, 3), classes=5, width=1 / 8))
    x = images(2, *size, 3)
    x *= 30  # so that local response normalization matters
    for found, expected in zip(model(x, training=False), paper(model, x, 8), strict=True):
        if np.ptp(expected) < 0.05 or expected.max() > 0.98:
            pytest.fail("these numbers say little of the net")
        np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(65, 66), (96, 71)])
def test_the_net_computes_what_the_paper_says(size):
    check(size)


# --- mutations: each would pass a test of shapes --------------------------------------------------------------------


def module_with(size5=5, three_reads_input=False, pooled=True, reduced=True, order=(0, 1, 2, 3)):
    """Return `inception` with something else in it."""

    def inception(x, filters, name, width=1.0):
        filters = module.Inception(*(module.scaled(count, width) for count in filters))
        one = module.convolution(x, filters.conv_1x1, 1, f"{name}_1x1")
        three = module.convolution(x, filters.reduce_3x3, 1, f"{name}_3x3_reduce")
        three = module.convolution(x if three_reads_input else three, filters.conv_3x3, 3, f"{name}_3x3")
        five = module.convolution(x, filters.reduce_5x5, 1, f"{name}_5x5_reduce") if reduced else x
        five = module.convolution(five, filters.conv_5x5, size5, f"{name}_5x5")
        pool = module.pooling(x, f"{name}_pool", strides=1) if pooled else x
        pool = module.convolution(pool, filters.pool_proj, 1, f"{name}_pool_proj")
        found = [one, three, five, pool]
        return layers.Concatenate(name=name)([found[place] for place in order])

    return inception


def convolution_with(use_bias=True, linear="", padding="same", normalization=False):
    def convolution(x, filters, kernel_size, name, strides=1):
        activation = "linear" if linear and name.endswith(linear) else "relu"
        way = padding if strides > 1 else "same"
        if way == "valid":
            x = layers.ZeroPadding2D(kernel_size // 2)(x)
        x = layers.Conv2D(filters, kernel_size, strides, way, activation=activation, use_bias=use_bias, name=name)(x)
        return layers.BatchNormalization(name=f"{name}_bn")(x) if normalization else x

    return convolution


def averaging(x, name, strides=2):
    return layers.AveragePooling2D(3, strides, padding="same", name=name)(x)


def pooling_of_2(x, name, strides=2):
    return layers.MaxPooling2D(2 if strides == 2 else 3, strides, padding="same", name=name)(x)


class NoNormalization(layers.Layer):
    def call(self, x):
        return x


def head_without_hidden_layer(x, classes, name, width):
    x = layers.AveragePooling2D(5, strides=3, name=f"{name}_average_pool")(x)
    x = module.convolution(x, module.scaled(128, width), 1, f"{name}_1x1")
    x = layers.Flatten(name=f"{name}_flatten")(x)
    return layers.Dense(classes, activation="softmax", name=f"{name}_classifier")(x)


def swapped(stages):
    """Return the table with two entries of module 4c exchanged."""
    return {**stages, 4: {**stages[4], "c": stages[4]["c"]._replace(conv_3x3=128, conv_1x1=256)}}


MUTATIONS = {
    "3×3 for 5×5": ("inception", module_with(size5=3)),
    "the 3×3 reads the input": ("inception", module_with(three_reads_input=True)),
    "the 5×5 has no reduction": ("inception", module_with(reduced=False)),
    "the branch with pooling does not pool": ("inception", module_with(pooled=False)),
    "branches in another order": ("inception", module_with(order=(0, 1, 3, 2))),
    "convolutions without bias": ("convolution", convolution_with(use_bias=False)),
    "batch normalization": ("convolution", convolution_with(normalization=True)),
    "reductions without ReLU": ("convolution", convolution_with(linear="_reduce")),
    "the last convolution of a branch without ReLU": ("convolution", convolution_with(linear="_pool_proj")),
    "symmetric padding": ("convolution", convolution_with(padding="valid")),
    "average for maximum": ("pooling", averaging),
    "pooling of 2×2": ("pooling", pooling_of_2),
    "no local response normalization": ("LocalResponseNormalization", NoNormalization),
    "auxiliary classifiers at 4b and 4d": ("AUXILIARY", ("4b", "4d")),
    "auxiliary classifiers without hidden layer": ("auxiliary_classifier", head_without_hidden_layer),
    "two entries of the table exchanged": ("STAGES", swapped(module.STAGES)),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_net_that_is_subtly_wrong_is_found_out(mutation, monkeypatch):
    monkeypatch.setattr(module, *MUTATIONS[mutation])
    with pytest.raises((AssertionError, KeyError)):
        check((65, 66))


# --- behaviour ------------------------------------------------------------------------------------------------------


def test_branches_on_their_own_are_the_module():
    """Each branch, computed without the others, is its share of the module's maps."""
    x = keras.Input((None, None, 12))
    model = randomized(keras.Model(x, module.inception(x, module.Inception(5, 3, 7, 2, 4, 6), "inception")))
    image = images(2, 9, 10, 12)
    weights = {weight.path: weight.numpy().astype("float64") for weight in model.weights}
    whole = output_of(model, image)
    assert whole.shape == (2, 9, 10, 5 + 7 + 4 + 6)
    first = 0
    for branch in branches(image.astype("float64"), weights, "inception", (5, 3, 7, 2, 4, 6)):
        np.testing.assert_allclose(whole[..., first : first + branch.shape[-1]], branch, atol=1e-5)
        first += branch.shape[-1]


def test_auxiliary_classifiers_do_nothing_at_inference():
    shape = (66, 70, 3)
    with_them = randomized(models.googlenet(input_shape=shape, classes=4, width=0.125))
    without = models.googlenet(auxiliary=False, input_shape=shape, classes=4, width=0.125)
    assert [tensor.shape for tensor in with_them.outputs] == [(None, 4)] * 3
    assert with_them.output_names == ["classifier", "auxiliary_4a_classifier", "auxiliary_4d_classifier"]
    assert without.output_shape == (None, 4)
    for layer in without.layers[1:]:
        layer.set_weights(with_them.get_layer(layer.name).get_weights())
    x = images(2, *shape)
    main, *_ = with_them(x, training=False)
    np.testing.assert_array_equal(output_of(without, x), keras.ops.convert_to_numpy(main))


@pytest.mark.parametrize("last", ["5b", "4a", "4d"])
def test_the_gradient_of_a_classifier_reaches_every_weight_before_it(last):
    """And no other: an auxiliary classifier trains the modules up to its own."""
    model = randomized(models.googlenet(input_shape=(96, 96, 3), classes=4, width=0.25))
    head = "classifier" if last == "5b" else f"auxiliary_{last}_classifier"
    one = keras.Model(model.input, model.outputs[model.output_names.index(head)])
    reached = weight_gradients(one, images(2, 96, 96, 3), np.eye(4)[:2], "categorical_crossentropy")
    assert [path for path, slope in reached.items() if not np.abs(slope).max() > 0] == []
    before = [name for name in TABLE if name <= last]
    own = {"classifier/"} if last == "5b" else {f"auxiliary_{last}_"}
    prefixes = (*own, "conv", *(f"inception_{name}_" for name in before))
    assert set(reached) == {weight.path for weight in model.weights if weight.path.startswith(prefixes)}


def test_dropout_is_the_papers():
    model = models.googlenet(width=0.1)
    rates = {layer.name: layer.rate for layer in model.layers if isinstance(layer, layers.Dropout)}
    assert rates == {"dropout": 0.4, "auxiliary_4a_dropout": 0.7, "auxiliary_4d_dropout": 0.7}


def test_three_losses_are_named_and_weighed():
    model = models.googlenet(input_shape=(65, 65, 1), classes=2, width=0.1)
    weights = {name: 1.0 if name == "classifier" else 0.3 for name in model.output_names}
    losses = dict.fromkeys(weights, "sparse_categorical_crossentropy")
    model.compile("sgd", losses, loss_weights=weights, run_eagerly=True)
    before = model.get_layer("conv1").get_weights()[0]
    found = model.train_on_batch(images(2, 65, 65, 1), dict.fromkeys(weights, np.arange(2)), return_dict=True)
    np.testing.assert_allclose(found["loss"], sum(weights[name] * found[f"{name}_loss"] for name in weights), rtol=1e-5)
    assert np.any(model.get_layer("conv1").get_weights()[0] != before)


# --- counts ---------------------------------------------------------------------------------------------------------


def test_table_1():
    model = models.googlenet()
    table = anatomy(model)
    rows = {"conv1": "conv1", "conv2": "conv2", "linear": "classifier"} | {row: f"inception_{row}" for row in TABLE}
    for row, prefix in rows.items():
        layer = table[table.layer.str.startswith(prefix)]
        facts.check(f"googlenet.parameters_{row}", layer.parameters.sum() / 1024)
        facts.check(f"googlenet.multiply_adds_{row}", layer.multiply_adds.sum() / 1e6)

    auxiliary = table[table.layer.str.startswith("auxiliary_")]
    parameters = table.attrs["parameters"] - int(auxiliary.parameters.sum())
    assert (parameters, table.attrs["parameters"]) == (6_998_552, 13_378_280)
    assert int(auxiliary.parameters.sum()) == sum(c * 128 + 128 + 2048 * 1024 + 1024 + 1_025_000 for c in (512, 528))
    for claim in ("parameters", "torchvision"):
        facts.check(f"googlenet.{claim}", parameters)
    facts.check("googlenet.fewer_than_alexnet", 60_965_224 / parameters)
    facts.check("googlenet.multiply_adds", (table.attrs["multiply_adds"] - int(auxiliary.multiply_adds.sum())) / 1e9)


def test_the_sizes_of_table_1():
    shapes = anatomy(models.googlenet(width=0.125)).set_index("layer").output_shape
    sides = {"conv1": 112, "pool1": 56, "conv2": 56, "pool2": 28, "pool3": 14, "pool4": 7}
    sides |= {f"inception_{name}": {"3": 28, "4": 14, "5": 7}[name[0]] for name in TABLE}
    sides |= {"auxiliary_4a_average_pool": 4, "auxiliary_4d_average_pool": 4}
    assert {name: shapes[name][1:3] for name in sides} == {name: (side, side) for name, side in sides.items()}
    maps = {"3a": 256, "3b": 480, "4a": 512, "4b": 512, "4c": 512, "4d": 528, "4e": 832, "5a": 832, "5b": 1024}
    assert {name: 8 * shapes[f"inception_{name}"][3] for name in maps} == maps


def test_depth():
    """22 layers with weights, one behind the other, and 27 with pooling."""
    model = models.googlenet(auxiliary=False, width=0.1)
    kinds = layers.Conv2D | layers.Dense
    assert longest_way(model, lambda layer: isinstance(layer, kinds)) == 22
    facts.check("googlenet.layers", 22)
    between = [layer.name for layer in model.layers if "pool" in layer.name and "inception" not in layer.name]
    assert between == ["pool1", "pool2", "pool3", "pool4", "average_pool"]
    facts.check("googlenet.layers_with_pooling", 22 + len(between))


def longest_way(model, counts):
    """Return the number of layers that count on the longest way through a model."""
    depth = {}
    for layer in model.layers:
        before = [tensor._keras_history.operation.name for tensor in keras.tree.flatten(layer.input)]
        depth[layer.name] = max((depth.get(name, 0) for name in before), default=0) + counts(layer)
    return max(depth.values())


# --- what the builder takes, and what it refuses --------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
def test_images_of_any_size_without_auxiliary_classifiers(channels):
    model = models.googlenet(auxiliary=False, input_shape=(None, None, channels), classes=3, width=0.25)
    for size in ((1, 1), (2, 9), (65, 47)):
        shares = output_of(model, images(2, *size, channels))
        assert shares.shape == (2, 3)
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("size, left", [((1, 1), (1, 1)), ((65, 47), (3, 2)), ((None, None), (None, None))])
def test_without_the_top(size, left):
    model = models.googlenet(input_shape=(*size, 1), include_top=False, width=0.25)
    assert model.output_shape == (None, *left, 256) and model.layers[-1].name == "inception_5b"


@pytest.mark.parametrize("size", [(64, 65), (65, 64), (None, 65), (None, None), (1, 1)])
def test_auxiliary_classifiers_need_a_map_of_5x5(size):
    with pytest.raises(ValueError, match=r"input_shape must be at least \(65, 65, 1\).*auxiliary=False"):
        models.googlenet(input_shape=(*size, 3))


@pytest.mark.parametrize("auxiliary", [None, 1, "yes", (224, 224, 3)])
def test_auxiliary_is_true_or_false(auxiliary):
    with pytest.raises(TypeError, match="auxiliary must be True or False, but got"):
        models.googlenet(auxiliary)


def test_width_multiplies_filters_and_not_classes():
    model = models.googlenet(width=0.25, classes=7)
    assert model.get_layer("conv2").filters == 48 and model.get_layer("inception_5b_5x5").filters == 32
    assert model.get_layer("auxiliary_4a_fc").units == 256
    assert [tensor.shape for tensor in model.outputs] == [(None, 7)] * 3


def test_the_net_comes_back_from_a_file(reloaded):
    model = randomized(models.googlenet(input_shape=(65, 65, 3), classes=3, width=0.1))
    x = images(2, 65, 65, 3)
    for found, expected in zip(reloaded(model)(x), model(x), strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(found), keras.ops.convert_to_numpy(expected))
