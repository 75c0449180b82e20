"""Receptive fields: published values, hand calculation, and rule against measurement on random graphs with branches."""

import random
import time

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from course.receptive_field import (
    EVERYTHING,
    RULES,
    UNION,
    Window,
    measured_receptive_field,
    receptive_field,
    receptive_fields,
    register,
)

pytestmark = pytest.mark.usefixtures("float64")


def chain(shape, *stack):
    return keras.Sequential([keras.Input(shape), *stack])


def last(model):
    return receptive_field(model, model.layers[-1].name)


def assert_measured(model, layer, input_shape=None):
    """Rule and measurement agree on size, jump and start, and on every hull of one period."""
    rule = receptive_field(model, layer, input_shape)
    found = measured_receptive_field(model, layer, input_shape)
    assert (rule.size, rule.jump, rule.start) == (found.size, found.jump, found.start)
    for by_rule, measured in zip(rule.axes, found.axes, strict=True):
        positions = range(measured.parts[0].period)
        assert [by_rule.at(p) for p in positions] == [measured.at(p) for p in positions]
    return rule


# --- published values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, layer, size",
    [
        ("VGG16", "block5_pool", 212),  # all but this one: Araujo et al. (2019)
        ("ResNet50", "conv5_block3_out", 483),
        ("ResNet101", "conv5_block3_out", 1027),
        ("ResNet152", "conv5_block3_out", 1507),
        ("MobileNet", "conv_pw_13_relu", 315),
        ("InceptionV3", "mixed10", 1311),
    ],
)
def test_published_values_of_keras_applications(name, layer, size):
    model = getattr(keras.applications, name)(weights=None)
    field = receptive_field(model, layer)
    assert field.size == (size, size)
    assert field.jump == (32, 32)
    assert field.aligned
    del model
    keras.backend.clear_session()


def alexnet():
    return chain(
        (227, 227, 3),
        layers.Conv2D(2, 11, strides=4),
        layers.MaxPooling2D(3, 2),
        layers.Conv2D(2, 5, padding="same"),
        layers.MaxPooling2D(3, 2),
        layers.Conv2D(2, 3, padding="same"),
        layers.Conv2D(2, 3, padding="same"),
        layers.Conv2D(2, 3, padding="same"),
        layers.MaxPooling2D(3, 2),
    )


def test_alexnet():
    field = last(alexnet())
    assert (field.size, field.jump) == ((195, 195), (32, 32))
    assert field.start == (33.5, 33.5)  # (11 + 4·2 − 8·4 + 8·2 − 16·3 + 16·2)/2 ... by the recurrence, below


def bottleneck(x, stride, first):
    """A bottleneck block of one channel, with its stride in the first 1×1 or in the 3×3 convolution."""
    identity = x
    if x.shape[-1] != 1 or stride > 1 or first is None:
        identity = layers.Conv2D(1, 1, strides=stride)(x)
    strides = (stride, 1) if first else (1, stride)
    x = layers.Conv2D(1, 1, strides=strides[0])(x)
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(1, 3, strides=strides[1])(x)
    x = layers.BatchNormalization()(layers.Conv2D(1, 1)(x))
    return layers.ReLU()(layers.Add()([x, identity]))


def resnet(depths, first):
    image = keras.Input((224, 224, 3))
    x = layers.Conv2D(1, 7, strides=2)(layers.ZeroPadding2D(3)(image))
    x = layers.MaxPooling2D(3, 2)(layers.ZeroPadding2D(1)(x))
    for stage, depth in enumerate(depths):
        for block in range(depth):
            x = bottleneck(x, 2 if stage and not block else 1, first)
    return keras.Model(image, x)


@pytest.mark.parametrize(
    "depths, in_1x1, in_3x3", [((3, 4, 6, 3), 483, 427), ((3, 4, 23, 3), 1027, 971), ((3, 8, 36, 3), 1507, 1451)]
)
def test_resnets_by_where_the_stride_is(depths, in_1x1, in_3x3):
    for first, size in ((True, in_1x1), (False, in_3x3)):
        field = last(resnet(depths, first))
        assert (field.size, field.jump, field.start) == ((size, size), (32, 32), (0.5, 0.5))
        assert field.aligned


def test_the_slides_question():
    """Two 3×3 convolutions with padding 1 and stride 2 on a 5×5 image."""
    padded = [
        layers.ZeroPadding2D(1),
        layers.Conv2D(1, 3, 2),
        layers.ZeroPadding2D(1),
        layers.Conv2D(1, 3, 2, name="b"),
    ]
    field = assert_measured(chain((5, 5, 1), *padded), "b")
    assert (field.size, field.jump, field.start) == ((7, 7), (4, 4), (0.5, 0.5))
    assert field.window((0, 0)) == ((-3, 4), (-3, 4))
    assert field.window((1, 0)) == ((1, 8), (-3, 4))


# --- by hand --------------------------------------------------------------------------------------------------------


@settings(deadline=None, derandomize=True, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 3), st.integers(0, 2)), min_size=1, max_size=6))
def test_the_recurrence_by_hand(stack):
    size, jump, start = 1, 1, 0.5
    net = []
    for kernel, stride, padding in stack:
        size, start = size + (kernel - 1) * jump, start + ((kernel - 1) / 2 - padding) * jump
        jump *= stride
        net += [layers.ZeroPadding1D(padding), layers.Conv1D(1, kernel, strides=stride)]
    field = last(chain((5000, 1), *net))
    assert (field.size, field.jump, field.start) == ((size,), (jump,), (start,))
    assert field.aligned


def test_stacks_of_3x3():
    for count, size in ((2, 5), (3, 7)):
        assert last(chain((32, 32, 1), *[layers.Conv2D(1, 3) for _ in range(count)])).size == (size, size)


def test_dilation_holes_belong_to_the_hull():
    assert last(chain((32, 1), layers.Conv1D(1, 3, dilation_rate=4))).size == (9,)


def test_axes_are_told_apart():
    field = last(chain((20, 30, 1), layers.Conv2D(1, (3, 5), strides=(1, 2)), layers.MaxPooling2D((2, 3))))
    assert (field.size, field.jump, field.start) == ((4, 9), (2.0, 6.0), (2.0, 4.5))
    assert {type(number) for number in field.jump + field.start} == {float}
    assert {type(number) for number in field.size} == {int}


@pytest.mark.parametrize(
    "size, start, aligned",
    [(32, 1.5, False), (33, 0.5, True)],  # zeros (0, 1) around an even size, (1, 1) around an odd one
)
def test_same_padding_at_stride_2_is_lopsided(size, start, aligned):
    image = keras.Input((size, size, 1))
    wide = layers.Conv2D(1, 3, strides=2, padding="same", name="wide")(image)
    narrow = layers.Conv2D(1, 1, strides=2, padding="same")(image)
    model = keras.Model(image, layers.Add(name="sum")([wide, narrow]))
    assert receptive_field(model, "wide").start == (start, start)
    assert receptive_field(model, "wide").aligned
    field = assert_measured(model, "sum")
    assert field.aligned is aligned
    assert field.size == (3, 3)


def test_what_follows_branches_out_of_line_is_out_of_line():
    image = keras.Input((16, 1))
    branches = [layers.Conv1D(1, k, strides=2, padding="same")(image) for k in (1, 3)]
    x = layers.Conv1D(1, 3, name="after")(layers.Concatenate()(branches))
    x = layers.Add(name="sum")([x, layers.Conv1D(1, 3, padding="same")(x)])  # these two have the same centres
    model = keras.Model(image, x)
    assert not receptive_field(model, "after").aligned
    assert not receptive_field(model, "sum").aligned


def test_a_hull_covers_the_holes_between_branches():
    image = keras.Input((32, 1))
    left, right = layers.Cropping1D((0, 8))(image), layers.Cropping1D((8, 0))(image)
    field = assert_measured(keras.Model(image, layers.Add(name="sum")([left, right])), "sum")
    assert (field.size, field.start, field.aligned) == ((9,), (4.5,), False)


def test_upsampling():
    field = assert_measured(chain((8, 1), layers.AveragePooling1D(2), layers.UpSampling1D(2, name="up")), "up")
    assert (field.size, field.jump, field.start) == ((2,), (1.0,), (1.0,))
    assert [field.window((p,)) for p in range(4)] == [((0, 2),), ((0, 2),), ((2, 4),), ((2, 4),)]
    field = assert_measured(chain((8, 1), layers.UpSampling1D(2), layers.Conv1D(1, 4, name="c")), "c")
    assert (field.size, field.jump) == ((3,), (0.5,))  # two pixels for even positions, three for odd ones


@pytest.mark.parametrize("factor", [2, 3, 4, 5])
def test_bilinear_upsampling(factor):
    if keras.backend.backend() == "jax" and factor % 2:
        pytest.skip("JAX rounds the weights in float32, and a rounding error counts as seeing a pixel")
    stack = [layers.UpSampling2D(factor, interpolation="bilinear"), layers.Conv2D(1, 1, name="c")]
    assert_measured(chain((8, 8, 1), *stack), "c")


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("kernel, stride, extra", [(3, 2, None), (2, 2, None), (4, 2, None), (5, 3, None), (3, 2, 1),
                                                   (1, 3, None), (5, 1, None), (2, 3, None), (4, 3, 1)])  # fmt: skip
def test_transposed_convolutions(kernel, stride, extra, padding):
    layer = layers.Conv1DTranspose(1, kernel, strides=stride, padding=padding, output_padding=extra, name="t")
    field = assert_measured(chain((9, 1), layer), "t")
    assert field.size == (-(-kernel // stride),)
    assert field.jump == (1 / stride,)


def test_branches_of_different_jumps():
    """A strided branch meets a cropped one: the window grows from position to position."""
    image = keras.Input((8, 1))
    strided, cropped = layers.AveragePooling1D(2)(image), layers.Cropping1D((0, 4))(image)
    field = receptive_field(keras.Model(image, layers.Add(name="sum")([strided, cropped])), "sum")
    assert [field.window((p,)) for p in range(4)] == [((0, 2),), ((1, 4),), ((2, 6),), ((3, 8),)]
    assert (field.size, field.jump, field.start, field.aligned) == ((5,), (None,), (1.0,), False)


def test_a_map_of_one_position_is_broadcast():
    image = keras.Input((8, 1))
    one = layers.Conv1D(1, 4, strides=8)(image)
    field = receptive_field(keras.Model(image, layers.Add(name="sum")([image, one])), "sum")
    assert [field.window((p,)) for p in (0, 3, 7)] == [((0, 4),), ((0, 4),), ((0, 8),)]
    assert field.size == (8,)


# --- rule against measurement ---------------------------------------------------------------------------------------

ROUNDS, GRAPHS = 25, 9


def random_layer(rng, axes, keeps_size=False):
    """Return a random layer, as a function of a tensor; with `keeps_size` one that leaves the size as it is."""

    def kind(name):
        return getattr(layers, f"{name}{axes}D")

    def each(low, high):
        return tuple(rng.randint(low, high) for _ in range(axes))

    def plain(value):
        return value[0] if axes == 1 else value  # pooling in 1D takes ints

    choices = ["conv", "dilated", "average", "max", "pointwise"]
    if axes < 3:
        choices += ["depthwise", "separable"]
    if not keeps_size:
        choices += ["strided", "strided", "pool", "valid", "pad", "crop", "up", "transposed"]
    channels = rng.randint(1, 2)
    match rng.choice(choices):
        case "conv":
            return kind("Conv")(channels, each(1, 4), padding="same", activation=rng.choice(["relu", "tanh", None]))
        case "dilated":
            return kind("Conv")(channels, each(1, 3), padding="same", dilation_rate=each(1, 3))
        case "depthwise":
            return kind("DepthwiseConv")(rng.randint(1, 4), padding="same")
        case "separable":
            return kind("SeparableConv")(channels, rng.randint(1, 4), padding="same")
        case "average":
            return kind("AveragePooling")(plain(each(1, 3)), strides=1, padding="same")
        case "max":
            return kind("MaxPooling")(plain(each(1, 3)), strides=1, padding="same")
        case "pointwise":
            return rng.choice([layers.BatchNormalization, layers.LeakyReLU, layers.LayerNormalization, layers.ReLU])()
        case "strided":
            return kind("Conv")(channels, each(1, 4), strides=each(1, 2), padding=rng.choice(["same", "valid"]))
        case "pool":
            size, padding = each(1, 3), rng.choice(["same", "valid"])
            return kind(rng.choice(["MaxPooling", "AveragePooling"]))(plain(size), padding=padding)
        case "valid":
            return kind("Conv")(channels, each(1, 3), dilation_rate=each(1, 2))
        case "pad":
            pads = tuple((rng.randint(0, 2), rng.randint(0, 2)) for _ in range(axes))
            return kind("ZeroPadding")(plain(pads))
        case "crop":
            crops = tuple((rng.randint(0, 2), rng.randint(0, 2)) for _ in range(axes))
            return kind("Cropping")(plain(crops))
        case "up":
            return kind("UpSampling")(plain(each(1, 2)))
        case "transposed":
            kernel = tuple(k + 1 for k in each(1, 3))
            return getattr(layers, f"Conv{axes}DTranspose")(
                channels, kernel, strides=each(1, 2), padding=rng.choice(["same", "valid"])
            )


def random_block(rng, x, axes):
    """Return x, sent through one layer, or through two or three branches that meet again."""
    kind = rng.choice(["layer", "layer", "residual", "inception", "reduction", "hourglass"])
    if kind == "layer":
        return random_layer(rng, axes)(x)
    branches = [x]
    if kind == "residual":
        y = x
        for _ in range(rng.randint(1, 2)):
            y = random_layer(rng, axes, keeps_size=True)(y)
        branches = [x, y]
    elif kind == "inception":
        branches = [random_layer(rng, axes, keeps_size=True)(x) for _ in range(rng.randint(2, 3))]
    elif kind == "reduction":  # `same` padding makes one size of all, however wide the windows
        convolution, pooling = getattr(layers, f"Conv{axes}D"), getattr(layers, f"MaxPooling{axes}D")
        branches = [convolution(1, rng.randint(1, 5), strides=2, padding="same")(x), pooling(2, padding="same")(x)]
    elif kind == "hourglass":
        y = getattr(layers, f"AveragePooling{axes}D")(2)(x)
        y = random_layer(rng, axes, keeps_size=True)(y)
        branches = [x, getattr(layers, f"UpSampling{axes}D")(2)(y)]
        if branches[0].shape[:-1] != branches[1].shape[:-1]:
            return y
    if len({branch.shape[-1] for branch in branches}) > 1 or rng.random() < 0.3:
        return layers.Concatenate()(branches)
    return rng.choice([layers.Add, layers.Maximum, layers.Multiply, layers.Average])()(branches)


def random_graph(rng):
    """Return a small random model of 1, 2 or (seldom) 3 axes; its last layer is called "end"."""
    axes = rng.choice([1, 1, 2, 2, 2, 3] if rng.random() < 0.3 else [1, 2])
    while True:
        image = x = keras.Input((*[rng.randint(14, 23) for _ in range(axes)], 1))
        try:
            for _ in range(rng.randint(2, 4 if axes < 3 else 3)):
                x = random_block(rng, x, axes)
        except ValueError:  # a window larger than what is left
            continue
        if x is not image and min(x.shape[1:-1]) > 0:
            return keras.Model(image, layers.Activation("linear", name="end")(x))


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_rule_and_measurement_agree_on_random_graphs(seed):
    rng = random.Random(seed)
    for _ in range(GRAPHS):
        model = random_graph(rng)
        assert_measured(model, "end")
        for visit_name, field in receptive_fields(model).items():
            tensor_shape = model.get_layer(visit_name).output.shape
            assert tuple(axis.size for axis in field.axes) == tensor_shape[1:-1]
    keras.backend.clear_session()


def test_random_graphs_are_as_varied_as_they_should_be():
    models = [random_graph(random.Random(seed)) for seed in range(60)]
    kinds = {type(layer).__name__.rstrip("123D") for model in models for layer in model.layers}
    assert {"Conv", "UpSampling", "ZeroPadding", "Cropping", "DepthwiseConv", "SeparableConv", "MaxPooling"} <= kinds
    assert {"Add", "Concatenate", "Maximum", "Multiply"} <= kinds
    assert {"Conv1DTranspose", "Conv2DTranspose"} <= {type(layer).__name__ for m in models for layer in m.layers}
    assert {len(model.inputs[0].shape) for model in models} == {3, 4, 5}
    fields = [receptive_field(model, "end") for model in models]
    assert {field.aligned for field in fields} == {True, False}
    assert any(jump < 1 for field in fields for jump in field.jump)


def test_a_dozen_weight_layers_are_measured():
    stack = []
    for stage in range(4):
        stack += [layers.Conv2D(2, 3, padding="same", activation="relu") for _ in range(3)]
        stack += [layers.MaxPooling2D(2)] if stage < 3 else []
    field = assert_measured(chain((64, 64, 1), *stack), stack[-1].name)
    assert field.size == (98, 98)  # 1 + 6·(1 + 2 + 4 + 8) + (1 + 2 + 4)


def test_alexnet_is_measured():
    model = alexnet()
    assert_measured(model, model.layers[-1].name)


def test_keras_resnet_v2_block_is_aligned():
    """The downsampling block of ResNet50V2: its pooling and its padded convolution have the same centres."""
    image = keras.Input((56, 56, 1))
    shortcut = layers.MaxPooling2D(1, strides=2, name="shortcut")(image)
    x = layers.Conv2D(1, 3, strides=2, name="path")(layers.ZeroPadding2D(1)(image))
    model = keras.Model(image, layers.Add(name="sum")([shortcut, x]))
    for name in ("shortcut", "path"):
        assert measured_receptive_field(model, name).start == (0.5, 0.5)
    assert assert_measured(model, "sum").aligned


# --- what sees everything -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        [layers.GlobalAveragePooling2D()],
        [layers.GlobalMaxPooling2D(keepdims=True)],
        [layers.Flatten()],
        [layers.Flatten(), layers.Dense(3)],
        [layers.GlobalAveragePooling2D(), layers.Dropout(0.5), layers.Dense(3, activation="softmax")],
        [layers.GlobalAveragePooling2D(keepdims=True), layers.Conv2D(2, 1), layers.Reshape((2,))],
    ],
)
def test_heads_see_everything(head):
    config = [layer.__class__.from_config(layer.get_config()) for layer in head]
    model = chain((12, 15, 1), layers.Conv2D(2, 3, padding="same"), *config)
    field = assert_measured(model, config[-1].name)
    assert (field.size, field.jump, field.start) == ((12, 15), None, (6.0, 7.5))
    assert field.window((0, 0)) == ((0, 12), (0, 15))


def test_squeeze_and_excitation_sees_everything_and_so_does_what_follows():
    image = keras.Input((10, 14, 2))
    gate = layers.Reshape((1, 1, 2))(layers.GlobalAveragePooling2D()(image))
    gate = layers.Conv2D(2, 1, activation="sigmoid")(gate)
    x = layers.Multiply(name="scaled")([image, gate])
    x = layers.Conv2D(2, 3, strides=2, padding="same", name="after")(x)
    model = keras.Model(image, x)
    for name in ("scaled", "after"):
        assert receptive_field(model, name).size == (10, 14)
        assert receptive_field(model, name).jump is None
    assert [axis.size for axis in receptive_field(model, "after").axes] == [5, 7]


def test_attention_sees_everything_after_any_reshape():
    image = keras.Input((8, 8, 1))
    tokens = layers.Reshape((16, 3), name="tokens")(layers.Conv2D(3, 2, strides=2)(image))
    x = layers.Dense(2, name="each")(tokens)
    model = keras.Model(image, layers.MultiHeadAttention(1, 2, name="attention")(x, x))
    with pytest.raises(ValueError, match="tokens"):
        receptive_field(model, "each")
    assert receptive_field(model, "attention").size == (8, 8)
    assert receptive_field(model, "attention").jump is None


def test_recurrence_sees_everything():
    field = last(chain((7, 3), layers.Conv1D(2, 3), layers.LSTM(2)))
    assert (field.size, field.jump) == ((7,), None)


def test_dense_on_a_map_acts_pixel_by_pixel():
    field = assert_measured(chain((9, 9, 1), layers.Conv2D(2, 3), layers.Dense(4, name="d")), "d")
    assert field.size == (3, 3)


def test_softmax_along_an_axis_sees_all_of_it():
    field = last(chain((9, 11, 2), layers.Conv2D(2, 3), layers.Softmax(axis=2)))
    assert (field.size, field.jump, field.start) == ((3, 11), (1.0, None), (1.5, 5.5))


# --- any model ------------------------------------------------------------------------------------------------------


def test_input_and_names():
    model = chain((9, 9, 1), layers.Conv2D(1, 3, name="a"), layers.ReLU(name="b"))
    fields = receptive_fields(model)
    assert list(fields) == [model.inputs[0]._keras_history.operation.name, "a", "b"]
    first = next(iter(fields.values()))
    assert (first.size, first.jump, first.start, first.aligned) == ((1, 1), (1, 1), (0.5, 0.5), True)
    for layer in model.layers:
        assert fields[layer.name] == receptive_field(model, layer.name) == receptive_field(model, layer.output)


def nested():
    inner = chain((None, None, 1), layers.Conv2D(1, 3, name="a"), layers.MaxPooling2D(2, name="b"))
    inner.name = "inner"
    image = keras.Input((20, 20, 1))
    x = layers.Conv2D(1, 3, name="before")(image)
    return keras.Model(image, layers.Conv2D(1, 3, name="after")(inner(x))), inner


def test_nested_models():
    model, inner = nested()
    sizes = {"before": 3, "inner/a": 5, "inner/b": 6, "inner": 6, "after": 10}
    fields = receptive_fields(model)
    assert {name: fields[name].size[0] for name in sizes} == sizes
    assert receptive_field(model, "a").size == receptive_field(model, inner.layers[0].output).size == (5, 5)
    for name in ("inner/b", "inner", "after"):
        assert_measured(model, name)


def test_shared_layers():
    image = keras.Input((20, 1))
    shared = layers.Conv1D(1, 3, name="shared")
    first = shared(image)
    second = shared(first)
    model = keras.Model(image, second)
    assert receptive_field(model, first).size == (3,)
    assert receptive_field(model, second).size == (5,)
    assert {name: field.size for name, field in receptive_fields(model).items() if "shared" in name} == {
        "shared": (3,), "shared#2": (5,),
    }  # fmt: skip
    assert receptive_field(model, "shared#2").size == (5,)
    assert_measured(model, second)
    with pytest.raises(ValueError, match=r"layer .*shared, shared#2"):
        receptive_field(model, "shared")


def test_operations_of_keras_ops():
    image = keras.Input((12, 12, 2))
    x = layers.Conv2D(2, 3, padding="same")(image)
    x = keras.ops.relu(x + image) * 2
    x = keras.ops.concatenate([x, image], axis=-1)
    attention = keras.ops.mean(x, axis=-1, keepdims=True)
    pooled = keras.ops.mean(x, axis=(1, 2))
    model = keras.Model(image, [attention, pooled])
    assert receptive_field(model, attention).size == (3, 3)
    assert_measured(model, attention)
    assert receptive_field(model, pooled).jump is None


def test_inputs_without_space_do_not_count():
    image, scale = keras.Input((9, 9, 2)), keras.Input((2,))
    scaled = layers.Multiply()([layers.Conv2D(2, 3)(image), layers.Reshape((1, 1, 2), name="r")(scale)])
    model = keras.Model([image, scale], layers.Conv2D(2, 3, name="c")(scaled))
    assert_measured(model, "c")
    assert receptive_field(model, "c").size == (5, 5)
    assert "r" not in receptive_fields(model)
    with pytest.raises(ValueError, match="'r' does not depend on the image"):
        receptive_field(model, "r")


def test_channels_first():
    image = keras.Input((2, 9, 11))
    x = layers.Conv2D(2, (3, 5), data_format="channels_first", name="c")(image)
    x = layers.Concatenate(axis=1, name="d")([x, layers.BatchNormalization(axis=1)(x)])
    model = keras.Model(image, x)
    assert receptive_field(model, "c").size == (3, 5)
    assert [axis.size for axis in receptive_field(model, "d").axes] == [7, 7]
    model = chain((2, 9, 11), layers.Conv2D(2, 3, data_format="channels_first"), layers.Dense(2))
    assert (last(model).size, last(model).jump) == ((3, 11), (1.0, None))  # Dense mixes the last axis: the width


def test_unknown_sizes():
    model = chain((None, None, 3), layers.Conv2D(1, 3, padding="same", name="plain"),
                  layers.Conv2D(1, 3, strides=2, padding="same", name="strided"),
                  layers.Conv2D(1, 3, name="after"), layers.GlobalAveragePooling2D(name="all"))  # fmt: skip
    assert receptive_field(model, "plain").start == (0.5, 0.5)
    for name in ("strided", "after", "all"):
        with pytest.raises(ValueError, match=r"input_shape is needed.*'strided'|input_shape is needed.*'all'"):
            receptive_field(model, name)
    with pytest.raises(ValueError, match="input_shape"):
        receptive_fields(model)
    for shape in ((32, 33, 3), (32, 33), (None, 32, 33, 3), [32, 33, 3]):
        assert receptive_field(model, "strided", input_shape=shape).start == (1.5, 0.5)
        assert_measured(model, "after", shape)
    assert receptive_field(model, "all", (32, 33)).size == (32, 33)
    valid = chain((None, 3), layers.Conv1D(1, 3, strides=2, name="c"), layers.Conv1D(1, 1, strides=2, padding="same"))
    assert last(valid).jump == (4.0,)  # neither of the two depends on the size


def test_causal_convolution():
    field = assert_measured(chain((20, 1), layers.Conv1D(1, 3, dilation_rate=2, padding="causal", name="c")), "c")
    assert (field.size, field.start) == ((5,), (-1.5,))


def test_adaptive_pooling():
    model = chain((12, 9, 1), layers.AdaptiveAveragePooling2D((4, 3), name="a"))
    assert (last(model).size, last(model).jump) == ((3, 3), (3.0, 3.0))
    model = chain((12, 9, 1), layers.AdaptiveAveragePooling2D(1, name="a"))
    assert (last(model).size, last(model).jump) == ((12, 9), None)
    with pytest.raises(ValueError, match="'a' pools 12 positions to 5"):
        receptive_field(chain((12, 9, 1), layers.AdaptiveAveragePooling2D((5, 3), name="a")), "a")


def test_spectral_normalization_is_the_layer_it_wraps():
    model = chain((12, 12, 1), layers.SpectralNormalization(layers.Conv2D(2, 3), name="s"))
    assert last(model).size == (3, 3)


# --- layers of one's own --------------------------------------------------------------------------------------------


class Blur(layers.Layer):
    """The mean over a window of five positions."""

    def call(self, x):
        return keras.ops.average_pool(x, 5, strides=1, padding="same")


@pytest.fixture
def rules():
    before = dict(RULES)
    yield
    RULES.clear()
    RULES.update(before)


def test_an_unknown_layer_is_an_error_that_says_how_to_register_it(rules):
    model = chain((20, 20, 1), layers.Conv2D(1, 3, name="known"), Blur(name="blur"), layers.Conv2D(1, 3, name="c"))
    assert receptive_field(model, "known").size == (3, 3)
    for name in ("blur", "c"):
        with pytest.raises(ValueError, match=r"'blur'.*Blur.*course\.receptive_field\.register\(Blur, rule\)"):
            receptive_field(model, name)
    register(Blur, lambda layer, call: [Window(5, before=2, after=2)] * len(call.sizes))
    assert_measured(model, "c")
    assert receptive_field(model, "c").size == (9, 9)
    register(Blur, UNION)
    assert receptive_field(model, "c").size == (5, 5)
    register(Blur, EVERYTHING)
    assert receptive_field(model, "c").size == (20, 20)


def test_a_subclass_follows_its_parent(rules):
    class MyConv(layers.Conv2D):
        pass

    assert last(chain((9, 9, 1), MyConv(1, 3))).size == (3, 3)
    register(MyConv, UNION)
    assert last(chain((9, 9, 1), MyConv(1, 3))).size == (1, 1)
    assert last(chain((9, 9, 1), layers.Conv2D(1, 3))).size == (3, 3)


# --- malformed arguments --------------------------------------------------------------------------------------------

ODD = [None, 0, -1, 1.5, True, "", "nothing", (), (3,), (0, 9, 1), (9.0, 9, 1), ("9", 9, 1), (True, 9, 1), [], {},
       (9, 9, 1, 1, 1), (10**30, 9, 1), object(), float("nan")]  # fmt: skip


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(1)

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize("function", [receptive_field, measured_receptive_field])
def test_malformed_arguments_are_refused_by_name(function):
    model = chain((9, 9, 1), layers.Conv2D(1, 3, name="c"))
    unbuilt = keras.Sequential([layers.Conv2D(1, 3, name="c")])
    flat = chain((9,), layers.Dense(1, name="c"))
    for bad in [*ODD, unbuilt, flat, Subclassed(), layers.Conv2D(1, 3)]:
        with pytest.raises((ValueError, TypeError), match=r"^model"):
            function(bad, "c")
    for bad in [*ODD, keras.Input((9, 9, 1)), "C", layers.Conv2D(1, 3)]:
        with pytest.raises((ValueError, TypeError), match=r"^layer"):
            function(model, bad)
    for bad in ODD[1:]:
        with pytest.raises((ValueError, TypeError), match="input_shape"):
            function(model, "c", input_shape=bad)
    with pytest.raises(ValueError, match="input_shape"):
        function(model, "c", input_shape=(10, 9, 1))
    function(model, "c", input_shape=(9, 9, 1))


def test_malformed_arguments_of_the_others():
    model = chain((9, 9, 1), layers.Conv2D(1, 3, name="c"))
    field = receptive_field(model, "c")
    for bad in ODD:
        with pytest.raises((ValueError, TypeError), match=r"^model"):
            receptive_fields(bad)
        with pytest.raises((ValueError, TypeError), match=r"^layer_class"):
            register(bad, UNION)
        with pytest.raises((ValueError, TypeError), match=r"^position"):
            field.window(bad)
        with pytest.raises(TypeError, match=r"^rule"):
            register(Blur, bad)
    for bad in ((7, 0), (-1, 0), (0, 0, 0), (0.0, 0), (True, 0), 0):
        with pytest.raises((ValueError, TypeError), match=r"^position"):
            field.window(bad)
    assert Blur not in RULES
    image, other = keras.Input((9, 9, 1)), keras.Input((8, 9, 1))
    with pytest.raises(ValueError, match=r"^model must have one image"):
        receptive_fields(keras.Model([image, other], [image, other]))


def test_an_image_too_small_for_the_net():
    model = chain((None, None, 1), layers.Conv2D(1, 5), layers.Conv2D(1, 5, name="c"))
    with pytest.raises(ValueError, match="input_shape must be larger"):
        receptive_field(model, "c", (8, 8))
    assert receptive_field(model, "c", (9, 9)).size == (9, 9)


def test_spatial_concatenation_is_refused():
    image = keras.Input((9, 9, 1))
    model = keras.Model(image, layers.Concatenate(axis=1, name="c")([image, image]))
    with pytest.raises(ValueError, match="'c' puts its inputs side by side"):
        receptive_field(model, "c")


# --- speed ----------------------------------------------------------------------------------------------------------


def test_the_cost_beside_a_summary(capsys):
    """Print what ResNet-152 costs as a ratio to Keras's own summary of it; README has the numbers."""
    from course.anatomy import anatomy

    model = keras.applications.ResNet152(weights=None)

    def seconds(function):
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            function()
            times.append(time.perf_counter() - begun)
        return min(times)

    summary = seconds(lambda: model.summary(print_fn=lambda *args, **kwargs: None))
    with capsys.disabled():
        for name, function in (("receptive_fields", receptive_fields), ("anatomy", anatomy)):
            ratio = seconds(lambda function=function: function(model)) / summary
            print(f"\n{name}(ResNet152) takes {ratio:.3f} of the time of model.summary() ({summary:.2f} s)")
    assert len(receptive_fields(model)) == len(model.layers)
    assert np.isfinite(summary)
