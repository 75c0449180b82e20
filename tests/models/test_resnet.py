"""ResNets and plain nets against Keras's, against a net written in NumPy from the paper, and against its tables."""

from functools import partial
from importlib import import_module

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers
from nets import images, output_of

from course import facts, models
from course.anatomy import anatomy
from course.autodiff import weight_gradients
from course.receptive_field import receptive_field

module = import_module("course.models.resnet")  # `from course.models import resnet` is the function
BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def randomized(model, seed=0):
    """Give every weight a random value, moving statistics and biases too."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        if weight.name == "kernel":
            value = rng.normal(0, np.sqrt(2 / np.prod(weight.shape[:-1])), weight.shape)
        elif weight.name == "gamma":
            value = rng.uniform(0.2, 0.8, weight.shape)  # what branches add up to stays small in deep nets too
        elif weight.name == "moving_variance":
            value = rng.uniform(0.5, 1.5, weight.shape)
        else:
            value = rng.normal(0, 0.3, weight.shape)
        weight.assign(value)
    return model


# --- the net of the paper, in NumPy ---------------------------------------------------------------------------------


def convolved(x, weights, name, kernel_size, filters, strides):
    """Return a convolution without bias, padded on both sides, and batch normalization; take its weights away."""
    kernel = weights.pop(f"{name}/kernel")
    assert kernel.shape == (kernel_size, kernel_size, x.shape[-1], filters)
    pad = kernel_size // 2
    x = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(x, (kernel_size, kernel_size), axis=(1, 2))
    x = np.tensordot(windows[:, ::strides, ::strides], kernel, axes=[(4, 5, 3), (0, 1, 2)])
    mean, variance, gamma, beta = (
        weights.pop(f"{name}_bn/{part}") for part in ("moving_mean", "moving_variance", "gamma", "beta")
    )
    return gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta


def relu(x):
    return np.maximum(x, 0)


def paper(model, x, depth, shortcut, stride_in="1x1", scale=64):
    """Return the last maps and the class probabilities of the paper's net, with the weights of `model`.

    `shortcut` is None for a plain net; `scale` is in the place of the paper's 64 filters.
    """
    weights = {weight.path: weight.numpy().astype("float64") for weight in model.weights}
    x = relu(convolved(x.astype("float64"), weights, "conv1", 7, scale, 2))
    x = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=-np.inf)
    x = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))[:, ::2, ::2].max(axis=(4, 5))

    for stage, count in enumerate(BLOCKS[depth], start=2):
        filters = scale * 2 ** (stage - 2)
        for number in range(1, count + 1):
            name, s = f"conv{stage}_{number}", 2 if stage > 2 and number == 1 else 1
            if depth < 50:
                out = filters
                y = relu(convolved(x, weights, f"{name}_3x3_1", 3, filters, s))
                y = convolved(y, weights, f"{name}_3x3_2", 3, filters, 1)
            else:
                out = 4 * filters
                first, second = (s, 1) if stride_in == "1x1" else (1, s)
                y = relu(convolved(x, weights, f"{name}_1x1_reduce", 1, filters, first))
                y = relu(convolved(y, weights, f"{name}_3x3", 3, filters, second))
                y = convolved(y, weights, f"{name}_1x1_restore", 1, out, 1)
            if shortcut == "C" or (shortcut == "B" and x.shape[-1] != out):
                y = y + convolved(x, weights, f"{name}_projection", 1, out, s)
            elif shortcut is not None:
                y[..., : x.shape[-1]] += x[:, ::s, ::s]
            x = relu(y)

    scores = x.mean(axis=(1, 2)) @ weights.pop("fc/kernel") + weights.pop("fc/bias")
    assert not weights, f"the paper's net does not have {list(weights)}"
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return x, shares / shares.sum(axis=1, keepdims=True)


def check(build, depth, shortcut, **more):
    """Assert that a net has the paper's weights, and computes what the paper says, on an odd image and an even one."""
    model = randomized(build(depth, input_shape=(None, None, 3), classes=5, width=8 / 64))
    tame(model.get_layer("fc"))
    both = keras.Model(model.input, [model.get_layer("average_pool").input, model.output])
    for shape in ((1, 37, 45, 3), (2, 32, 64, 3)):
        x = images(*shape)
        same(both(x, training=False), paper(model, x, depth, shortcut, scale=8, **more))


def tame(layer):
    """Make the kernel of the last layer small, so that no class has all of the probability."""
    kernel, bias = layer.get_weights()
    layer.set_weights([0.05 * kernel, bias])


def same(found, expected):
    """Assert that maps and class probabilities are the same to the precision of the sums behind them."""
    for mine, right in zip(*(map(keras.ops.convert_to_numpy, maps) for maps in (found, expected)), strict=True):
        if np.ptp(right) < 0.02 or (right.ndim == 2 and right.max() > 0.98):
            pytest.fail("these numbers say little of the net")
        np.testing.assert_allclose(mine, right, rtol=0, atol=2e-5 * np.abs(right).max())


def resnet(shortcut="B", stride_in="1x1"):
    return partial(models.resnet, shortcut=shortcut, stride_in=stride_in)


@pytest.mark.parametrize("depth, shortcut", [(18, "A"), (18, "B"), (18, "C"), (34, "B"), (50, "A")])
def test_a_residual_net_computes_what_the_paper_says(depth, shortcut):
    check(resnet(shortcut), depth, shortcut)


def test_the_stride_can_be_in_the_3x3():
    check(resnet(stride_in="3x3"), 50, "B", stride_in="3x3")


def test_a_plain_net_is_the_residual_net_without_shortcuts():
    check(models.plain, 18, None)


# --- the net of Keras -----------------------------------------------------------------------------------------------

IN_KERAS = {"projection": "0", "1x1_reduce": "1", "3x3": "2", "1x1_restore": "3"}


def copy_from(theirs, ours):
    """Copy the weights of a ResNet of `keras.applications`: biases of convolutions go into moving means.

    γ (c + b − μ) / √(v + 1.001e-5) + β is what it would be with the mean μ − b and the variance v + 0.001e-5.
    """
    left = {layer.name for layer in theirs.layers if layer.weights}
    for layer in ours.layers:
        if not isinstance(layer, layers.Conv2D):
            continue
        stage, _, rest = layer.name.partition("_")
        number, _, part = rest.partition("_")
        name = f"{stage}_block{number}_{IN_KERAS[part]}" if number else stage
        left -= {f"{name}_conv", f"{name}_bn"}
        kernel, bias = theirs.get_layer(f"{name}_conv").get_weights()
        gamma, beta, mean, variance = theirs.get_layer(f"{name}_bn").get_weights()
        layer.set_weights([kernel])
        ours.get_layer(f"{layer.name}_bn").set_weights([gamma, beta, mean - bias, variance + 0.001e-5])
    ours.get_layer("fc").set_weights(theirs.get_layer("predictions").get_weights())
    assert left == {"predictions"}


def check_against_keras(depth, size):
    theirs = getattr(keras.applications, f"ResNet{depth}")(weights=None, input_shape=(*size, 3), classes=7)
    randomized(theirs)
    tame(theirs.get_layer("predictions"))
    ours = models.resnet(depth, input_shape=(*size, 3), classes=7)
    copy_from(theirs, ours)
    x = images(2, *size, 3)
    same(
        keras.Model(ours.input, [ours.get_layer("average_pool").input, ours.output])(x, training=False),
        keras.Model(theirs.input, [theirs.get_layer("avg_pool").input, theirs.output])(x, training=False),
    )


def test_with_the_weights_of_keras_it_gives_the_same():
    check_against_keras(50, (33, 48))


@pytest.mark.long
@pytest.mark.parametrize("depth", [101, 152])
def test_with_the_weights_of_keras_the_deep_ones_give_the_same(depth):
    check_against_keras(depth, (33, 48))


# --- mutations: each would pass a test of shapes --------------------------------------------------------------------


def second_reads_the_input(x, filters, strides, name):
    module.convolution(x, filters, 3, strides, f"{name}_3x3_1")
    return module.convolution(x, filters, 3, strides, f"{name}_3x3_2", relu=False)


def stride_in_the_second(x, filters, strides, name):
    y = module.convolution(x, filters, 3, 1, f"{name}_3x3_1")
    return module.convolution(y, filters, 3, strides, f"{name}_3x3_2", relu=False)


def no_relu_between(x, filters, strides, name):
    y = module.convolution(x, filters, 3, strides, f"{name}_3x3_1", relu=False)
    return module.convolution(y, filters, 3, 1, f"{name}_3x3_2", relu=False)


def relu_before_the_sum(x, branch, filters, strides, option, name):
    y = layers.ReLU(name=f"{name}_relu")(branch(x, filters, strides, name))
    return layers.Add(name=f"{name}_sum")([y, module.shortcut(x, y.shape[-1], strides, option, name)])


def no_relu_after_the_sum(x, branch, filters, strides, option, name):
    y = branch(x, filters, strides, name)
    return layers.Add(name=f"{name}_sum")([y, module.shortcut(x, y.shape[-1], strides, option, name)])


def no_shortcut(x, branch, filters, strides, option, name):
    return layers.ReLU(name=f"{name}_relu")(branch(x, filters, strides, name))


def difference(x, branch, filters, strides, option, name):
    y = branch(x, filters, strides, name)
    y = layers.Subtract(name=f"{name}_sum")([y, module.shortcut(x, y.shape[-1], strides, option, name)])
    return layers.ReLU(name=f"{name}_relu")(y)


def no_projection(x, filters, strides, option, name):
    return x if strides == 1 and x.shape[-1] == filters else module.padded_identity(x, filters, strides, name)


def projection_everywhere(x, filters, strides, option, name):
    return module.projection(x, filters, strides, name)


def projection_with_relu(x, filters, strides, name):
    return module.convolution(x, filters, 1, strides, f"{name}_projection")


def convolution_as(padding=None, use_bias=False, epsilon=1e-5, normalized=True, kernel_size=None, late=False):
    def convolution(x, filters, size, strides, name, relu=True):
        size = kernel_size.get(size, size) if kernel_size else size
        if strides > 1 and size > 1 and padding is None:
            x = layers.ZeroPadding2D(size // 2, name=f"{name}_pad")(x)
        way = padding or ("same" if strides == 1 else "valid")
        x = layers.Conv2D(filters, size, strides, way, use_bias=use_bias, name=name)(x)
        if late and relu:
            x = layers.ReLU(name=f"{name}_relu")(x)
        if normalized:
            x = layers.BatchNormalization(epsilon=epsilon, name=f"{name}_bn")(x)
        return layers.ReLU(name=f"{name}_relu")(x) if relu and not late else x

    return convolution


def zeros_in_front(self, x):
    return keras.ops.pad(x, [(0, 0)] * 3 + [(self.filters - x.shape[-1], 0)])


MUTATIONS = {
    "the second convolution reads the input": ("basic", second_reads_the_input, "B"),
    "the stride is in the second convolution": ("basic", stride_in_the_second, "B"),
    "no ReLU between the convolutions": ("basic", no_relu_between, "B"),
    "the ReLU is before the sum": ("block", relu_before_the_sum, "B"),
    "no ReLU after the sum": ("block", no_relu_after_the_sum, "B"),
    "no shortcut": ("block", no_shortcut, "A"),
    "the input is taken away": ("block", difference, "A"),
    "no projection": ("shortcut", no_projection, "B"),
    "a projection in place of the identity": ("shortcut", projection_everywhere, "B"),
    "a ReLU after the projection": ("projection", projection_with_relu, "B"),
    "padding that is not symmetric": ("convolution", convolution_as(padding="same"), "B"),
    "convolutions have a bias": ("convolution", convolution_as(use_bias=True), "B"),
    "no batch normalization": ("convolution", convolution_as(normalized=False), "B"),
    "Keras's epsilon": ("convolution", convolution_as(epsilon=1e-3), "B"),
    "normalization after the ReLU": ("convolution", convolution_as(late=True), "B"),
    "1×1 for 3×3": ("convolution", convolution_as(kernel_size={3: 1}), "B"),
    "the zeros are in front": ("ZeroMaps.call", zeros_in_front, "A"),
    "a block too few": ("BLOCKS", BLOCKS | {18: (2, 2, 2, 1)}, "B"),
}


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_net_that_is_subtly_wrong_is_found_out(mutation, monkeypatch):
    name, wrong, shortcut = MUTATIONS[mutation]
    owner, _, attribute = name.rpartition(".")
    monkeypatch.setattr(getattr(module, owner) if owner else module, attribute, wrong)
    with pytest.raises((AssertionError, KeyError)):
        check(resnet(shortcut), 18, shortcut)


# --- behaviour ------------------------------------------------------------------------------------------------------


def without_branches(model):
    """Set the last scale and shift of each residual branch to zero."""
    for layer in model.layers:
        if layer.name.endswith(("_3x3_2_bn", "_1x1_restore_bn")):
            gamma, beta, *statistics = layer.get_weights()
            layer.set_weights([0 * gamma, 0 * beta, *statistics])
    return model


@pytest.mark.parametrize("depth, shortcut", [(18, "A"), (18, "B"), (50, "B")])
def test_a_block_whose_last_scale_is_zero_is_the_identity(depth, shortcut):
    model = without_branches(randomized(models.resnet(depth, shortcut, input_shape=(None, None, 3), width=1 / 16)))
    sums = [layer for layer in model.layers if isinstance(layer, layers.Add)]
    assert len(sums) == sum(BLOCKS[depth])
    identities = 0
    for number, layer in enumerate(sums):
        before = model.get_layer("pool1").output if number == 0 else block_output(model, sums[number - 1])
        after = block_output(model, layer)
        if f"{layer.name.removesuffix('_sum')}_projection" in {other.name for other in model.layers}:
            continue
        identities += 1
        x = images(2, 6, 7, before.shape[-1], seed=number)  # with values below 0: the ReLU comes after the sum
        strides = 2 if layer.name in ("conv3_1_sum", "conv4_1_sum", "conv5_1_sum") else 1
        expected = np.zeros((2, -(-6 // strides), -(-7 // strides), after.shape[-1]))
        expected[..., : x.shape[-1]] = relu(x)[:, ::strides, ::strides]
        np.testing.assert_array_equal(output_of(keras.Model(before, after), x), expected)
    assert identities == len(sums) - (0 if shortcut == "A" else 4 if depth == 50 else 3)


def block_output(model, layer):
    return model.get_layer(layer.name.replace("_sum", "_relu")).output


@pytest.mark.parametrize(
    "build",
    [resnet("A"), resnet("B"), models.plain],
    ids=["A", "B", "plain"],
)
def test_the_gradient_reaches_every_weight(build):
    check_gradient(build(18, input_shape=(64, 64, 3), classes=4, width=0.125))


def test_the_gradient_reaches_every_weight_of_bottlenecks():
    check_gradient(models.resnet(50, input_shape=(64, 64, 3), classes=4, width=0.125))


def check_gradient(model):
    tame(randomized(model).get_layer("fc"))
    slopes = weight_gradients(model, images(2, 64, 64, 3), np.eye(4)[:2], "categorical_crossentropy")
    assert len(slopes) == len(model.trainable_variables)
    assert [path for path, slope in slopes.items() if not np.abs(slope).max() > 0] == []


# --- counts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "depth, trainable, field",  # parameters are those of torchvision; fields by hand, or Araujo et al. (2019)
    [
        (18, 11_689_512, 435),
        (34, 21_797_672, 899),
        (50, 25_557_032, 483),
        pytest.param(101, 44_549_160, 1027, marks=pytest.mark.long),
        (152, 60_192_808, 1507),
    ],
)
def test_table_1(depth, trainable, field):
    model = models.resnet(depth)
    table = anatomy(model)
    assert table.attrs["trainable_parameters"] == trainable
    facts.check(f"resnet.multiply_adds_{depth}", table.attrs["multiply_adds"] / 1e9)
    for number, side in enumerate((112, 56, 28, 14, 7), start=1):
        shapes = table[table.layer.str.startswith(f"conv{number}_") & (table.kind == "ReLU")].output_shape
        channels = 64 * 2 ** max(number - 2, 0) * (4 if depth > 34 and number > 1 else 1)
        assert shapes.iloc[-1] == (None, side, side, channels)
    last = table[table.layer == f"conv5_{BLOCKS[depth][-1]}_relu"].iloc[0]
    assert last.receptive_field == (field, field) and last.jump == (32, 32)
    with_weights = [layer for layer in model.layers if isinstance(layer, layers.Conv2D | layers.Dense)]
    assert len([layer for layer in with_weights if "projection" not in layer.name]) == depth
    if depth == 152:
        facts.check("resnet.parameters_152", trainable)
        filters = sum(layer.filters for layer in with_weights if isinstance(layer, layers.Conv2D))
        facts.check("resnet.keras_biases", filters)
        facts.check("resnet.keras_statistics", table.attrs["parameters"] - trainable)


def test_identities_cost_nothing():
    plain = anatomy(models.plain(34)).attrs
    facts.check("resnet.multiply_adds_plain_34", plain["multiply_adds"] / 1e9)
    weights = 64 * 128 + 128 * 256 + 256 * 512  # of the three projections, and two vectors of their normalization
    assert 21_797_672 - plain["trainable_parameters"] == weights + 2 * (128 + 256 + 512)
    plain, residual = anatomy(models.plain(18)).attrs, anatomy(models.resnet(18, "A")).attrs
    assert plain == {**residual, "activations": plain["activations"]}


def test_the_stride_in_the_3x3_makes_the_receptive_field_smaller():
    model = models.resnet(50, stride_in="3x3", include_top=False, width=1 / 64)
    assert receptive_field(model, "conv5_3_relu").size == (427, 427)


# --- what all builders take, and what they refuse -------------------------------------------------------------------

THIN = {
    "resnet_18": partial(models.resnet, 18, width=0.25),
    "resnet_18_A": partial(models.resnet, 18, "A", width=0.07),
    "resnet_50": partial(models.resnet, 50, "B", "3x3", width=0.03),
    "plain_18": partial(models.plain, 18, width=0.25),
}


@pytest.mark.parametrize(
    "thin, channels", [("resnet_18", 1), ("resnet_18", 3), ("resnet_18_A", 1), ("resnet_50", 1), ("plain_18", 3)]
)
def test_images_of_any_size(thin, channels):
    model = THIN[thin](input_shape=(None, None, channels), classes=3)
    for size in ((1, 1), (2, 9), (35, 33)):
        shares = output_of(model, images(2, *size, channels))
        assert shares.shape == (2, 3)
        np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-5)
    assert model.name == thin.removesuffix("_A")


@pytest.mark.parametrize("size, left", [((1, 1), (1, 1)), ((35, 33), (2, 2)), ((None, None), (None, None))])
def test_without_the_top(size, left):
    for build in (models.resnet, models.plain):
        model = build(18, input_shape=(*size, 1), include_top=False, width=0.05)
        assert model.output_shape == (None, *left, 26) and model.layers[-1].name == "conv5_2_relu"


def test_width_multiplies_filters_and_not_classes():
    model = models.resnet(18, width=0.25, classes=7)
    filters = {layer.filters for layer in model.layers if isinstance(layer, layers.Conv2D)}
    assert filters == {16, 32, 64, 128} and model.output_shape == (None, 7)


@pytest.mark.parametrize("thin", ["resnet_18_A", "plain_18"])
def test_a_net_comes_back_from_a_file(thin, reloaded):
    model = randomized(THIN[thin](input_shape=(40, 40, 3), classes=3))
    back = reloaded(model)
    assert [layer.name for layer in back.layers] == [layer.name for layer in model.layers]
    x = images(2, 40, 40, 3)
    np.testing.assert_array_equal(output_of(back, x), output_of(model, x))


def test_anatomy_and_receptive_fields_know_the_layer_of_shortcut_a():
    table = anatomy(models.resnet(18, "A", width=0.1)).set_index("layer")
    assert table.multiply_adds["conv3_1_zeros"] == 0 and table.attrs["multiply_adds"] is not None
    assert table.receptive_field["conv3_1_sum"] == table.receptive_field["conv3_1_3x3_2"]


BUILDERS = {
    models.resnet: {"depth": BLOCKS, "shortcut": ("A", "B", "C"), "stride_in": ("1x1", "3x3")},
    models.plain: {"depth": (18, 34)},
    models.cifar_resnet: {"depth": (20, 32, 44, 56, 110)},
    models.cifar_plain: {"depth": (20, 32, 44, 56, 110)},
    models.googlenet: {},
}
ODD = (
    st.none() | st.text(max_size=4) | st.floats() | st.booleans() | st.integers() | st.lists(st.integers(), max_size=4)
)
NO_SIDE = st.integers(max_value=0) | st.floats() | st.text(max_size=2) | st.booleans()
REFUSED = {
    "classes": ODD.filter(lambda value: isinstance(value, bool) or not isinstance(value, int) or value < 1),
    "include_top": ODD.filter(lambda value: not isinstance(value, bool)),
    "width": ODD.filter(
        lambda value: isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf
    ),
    "input_shape": ODD.filter(lambda value: not isinstance(value, list) or len(value) != 3)
    | st.tuples(NO_SIDE, st.just(70), st.just(3))
    | st.tuples(st.just(70), NO_SIDE, st.just(3))
    | st.tuples(st.just(70), st.just(70), NO_SIDE | st.none()),
}


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_malformed_arguments_are_refused_by_name(data):
    build = data.draw(st.sampled_from(list(BUILDERS)))
    named = BUILDERS[build]
    name = data.draw(st.sampled_from([*REFUSED, *named]))
    allowed = named.get(name, ())
    values = REFUSED[name] if name in REFUSED else ODD.filter(lambda value: value not in list(allowed))
    arguments = {key: next(iter(choices)) for key, choices in named.items()} | {name: data.draw(values)}
    with pytest.raises((TypeError, ValueError), match=name):
        build(**arguments)
