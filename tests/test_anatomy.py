"""The table against Keras's own counts, against weights and shapes counted another way, and against papers."""

import keras
import numpy as np
import pandas
import pytest
from keras import layers

from course.anatomy import COLUMNS, MULTIPLY_ADDS, TOTALS, anatomy, anatomy_of
from course.figures.tables import show_table
from course.receptive_field import receptive_field

HANDFUL = ["MobileNet", "ResNet50", "VGG16", "InceptionV3", "EfficientNetB0", "DenseNet121", "ConvNeXtTiny"]
# Nets whose image may have any size, until one is given: their receptive fields and multiply-adds depend on it.
OPEN = ("MobileNetV3Small", "MobileNetV3Large")
ALL = sorted(
    name
    for name in dir(keras.applications)
    if name[0].isupper() and callable(getattr(keras.applications, name))
)  # fmt: skip


def row(table, layer):
    return table[table.layer == layer].iloc[0]


def products_from_weights(model):
    """Count multiply-adds from the arrays of weights: each entry of a kernel is used once at every place it is put."""
    total = 0
    for layer in model._flatten_layers(include_self=False):
        for node in layer._inbound_nodes if hasattr(layer, "kernel_size") or isinstance(layer, layers.Dense) else ():
            source, target = node.input_tensors[0].shape, node.outputs[0].shape
            where = source if "Transpose" in type(layer).__name__ else target
            for weight in layer.weights:
                if len(weight.shape) > 1:  # a kernel; channels are the tensor's last axis
                    total += int(np.prod(weight.shape)) * int(np.prod(where[1:-1]))
    return total


@pytest.mark.parametrize("name", HANDFUL)
def test_keras_applications(name):
    check_application(name)


@pytest.mark.long
@pytest.mark.parametrize("name", ALL)
def test_all_keras_applications(name):
    check_application(name)


def check_application(name):
    model = getattr(keras.applications, name)(weights=None)
    table = anatomy(model, (224, 224, 3) if name in OPEN else None)
    assert table.attrs["parameters"] == table.parameters.sum() == model.count_params()
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    assert table.attrs["trainable_parameters"] == table.trainable_parameters.sum() == trainable
    assert list(table.kind) == [type(layer).__name__ for layer in in_graph_order(model)]
    if name not in OPEN:
        assert table.attrs["multiply_adds"] == table.multiply_adds.sum() == products_from_weights(model)
        values = sum(int(np.prod(layer.output.shape[1:])) for layer in in_graph_order(model))
        assert table.attrs["activations"] == values
    convolutions = table[table.kind.str.contains("Conv")]
    assert len(convolutions) > 10
    assert convolutions.receptive_field.notna().all()
    del model
    keras.backend.clear_session()


def in_graph_order(model, nested=False):
    """Return the layers that make a table: a nested model's in its place, without its Input."""
    found = []
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            layer = node.operation
            if isinstance(layer, keras.Model):
                found += in_graph_order(getattr(layer, "_functional", layer), nested=True)
            elif not (nested and isinstance(layer, layers.InputLayer)):
                found.append(layer)
    return found


@pytest.mark.parametrize(
    "name, multiply_adds, millions",
    [
        ("VGG16", 15_470, "138,357,544"),  # Simonyan and Zisserman (2015); multiply-adds counted in test_arithmetic
        ("ResNet50", 3_858, "25,636,712"),  # He et al. (2016), table 1, has 3.8·10⁹: truncated
        ("MobileNet", 569, "4,253,864"),  # Howard et al. (2017), table 8: 569 million
    ],
)
def test_published_counts(name, multiply_adds, millions):
    totals = anatomy(getattr(keras.applications, name)(weights=None)).attrs
    assert round(totals["multiply_adds"] / 1e6) == multiply_adds
    assert f"{totals['parameters']:,}" == millions
    keras.backend.clear_session()


def test_vgg16_row_by_row():
    table = anatomy(keras.applications.VGG16(weights=None))
    assert table.attrs["activations"] - row(table, "flatten").activations == 15_237_608
    assert row(table, "block1_conv1").to_dict() == {
        "layer": "block1_conv1",
        "kind": "Conv2D",
        "output_shape": (None, 224, 224, 64),
        "parameters": 1792,
        "trainable_parameters": 1792,
        "multiply_adds": 224 * 224 * 27 * 64,
        "activations": 3_211_264,
        "receptive_field": (3, 3),
        "jump": (1.0, 1.0),
    }
    assert row(table, "block5_pool").receptive_field == (212, 212)
    assert row(table, "fc1").receptive_field == (224, 224)
    assert row(table, "fc1").jump is None
    keras.backend.clear_session()


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the profiler is TensorFlow's")
def test_multiply_adds_against_tensorflows_profiler():
    """TensorFlow counts the operations of the graph that it runs: two for each multiply-add of a product of matrices."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    image = keras.Input((32, 24, 3))
    x = layers.Conv2D(8, (3, 5), strides=2, padding="same")(image)
    x = layers.DepthwiseConv2D(3, depth_multiplier=2)(x)
    x = layers.SeparableConv2D(6, 3, padding="same")(x)
    x = layers.MaxPooling2D(2)(layers.ReLU()(x))
    model = keras.Model(image, layers.Dense(5)(layers.Flatten()(x)))
    graph = convert_variables_to_constants_v2(
        tf.function(model).get_concrete_function(tf.TensorSpec((1, 32, 24, 3)))
    ).graph
    builder = tf.compat.v1.profiler.ProfileOptionBuilder
    profile = tf.compat.v1.profiler.profile(
        graph, options=builder(builder.float_operation()).with_empty_output().build()
    )
    products = ("Conv2D", "DepthwiseConv2dNative", "MatMul")
    kinds = {operation.name: operation.type for operation in graph.get_operations()}
    counted = sum(child.total_float_ops for child in profile.children if kinds.get(child.name) in products)
    assert anatomy(model).attrs["multiply_adds"] == counted // 2


# --- layer by layer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "shape, layer, expected",
    [
        ((10, 3), layers.Conv1D(4, 3), 8 * 3 * 3 * 4),
        ((10, 12, 4), layers.Conv2D(6, 3, padding="same", groups=2), 120 * 9 * 2 * 6),
        ((5, 6, 7, 2), layers.Conv3D(3, 2), 4 * 5 * 6 * 8 * 2 * 3),
        ((10, 12, 4), layers.DepthwiseConv2D(3, depth_multiplier=2), 80 * 9 * 8),
        ((10, 4), layers.SeparableConv1D(5, 3, depth_multiplier=2), 8 * 3 * 8 + 8 * 8 * 5),
        ((10, 12, 4), layers.Conv2DTranspose(3, 2, strides=2), 120 * 4 * 4 * 3),
        ((4, 10, 12), layers.Conv2D(6, 3, data_format="channels_first"), 80 * 9 * 4 * 6),
        ((7,), layers.Dense(5), 35),
        ((3, 4, 7), layers.Dense(5), 12 * 35),
        ((8, 8, 4), layers.MaxPooling2D(2), 0),
        ((8, 8, 4), layers.BatchNormalization(), 0),
        ((8, 8, 4), layers.PReLU(), 0),
        ((8, 8, 4), layers.LayerNormalization(axis=(1, 2, 3)), 0),
        ((8, 8, 4), layers.UpSampling2D(2), 0),
        ((8, 4), layers.LSTM(3), None),
        ((8, 4), layers.Lambda(lambda x: x), None),
    ],
)
def test_multiply_adds_by_hand(shape, layer, expected):
    config = layer.__class__.from_config(layer.get_config()) if not isinstance(layer, layers.Lambda) else layer
    table = anatomy(keras.Sequential([keras.Input(shape), config]))
    assert table.attrs["multiply_adds"] == expected
    assert (None if table.multiply_adds.isna().any() else table.multiply_adds.sum()) == expected


def test_the_table():
    model = keras.Sequential([keras.Input((8, 8, 1)), layers.Conv2D(2, 3, name="c"), layers.BatchNormalization(name="n"),
                              layers.Flatten(name="f"), layers.Dense(3, name="d")])  # fmt: skip
    model.get_layer("d").trainable = False
    table = anatomy(model)
    assert isinstance(table, pandas.DataFrame)
    assert tuple(table.columns) == COLUMNS
    assert list(table.layer)[1:] == ["c", "n", "f", "d"]
    assert list(table.kind) == ["InputLayer", "Conv2D", "BatchNormalization", "Flatten", "Dense"]
    assert list(table.output_shape) == [(None, 8, 8, 1), (None, 6, 6, 2), (None, 6, 6, 2), (None, 72), (None, 3)]
    assert list(table.parameters) == [0, 20, 8, 0, 219]
    assert list(table.trainable_parameters) == [0, 20, 4, 0, 0]
    assert list(table.multiply_adds) == [0, 36 * 9 * 2, 0, 0, 216]
    assert list(table.activations) == [64, 72, 72, 72, 3]
    assert list(table.receptive_field) == [(1, 1), (3, 3), (3, 3), (8, 8), (8, 8)]
    assert list(table.jump) == [(1.0, 1.0), (1.0, 1.0), (1.0, 1.0), None, None]
    assert table.attrs == {name: table[name].sum() for name in TOTALS}
    assert {type(total) for total in table.attrs.values()} == {int}
    shown = show_table(table).data
    assert all(text in shown for text in ("receptive_field", "(None, 6, 6, 2)", "(3, 3)", "216"))


def test_nothing_is_run():
    class Untouched(layers.Layer):
        calls = 0

        def call(self, x):
            Untouched.calls += 1
            return x

    model = keras.Sequential([keras.Input((8, 8, 1)), Untouched(), layers.Conv2D(2, 3)])
    before = Untouched.calls
    anatomy(model)
    assert Untouched.calls == before


def test_a_builder_is_counted_without_drawing_weights():
    def never(shape, dtype=None):
        raise AssertionError("a weight was drawn")

    def net(filters, use_bias=True, initializer=never):
        start = {"kernel_initializer": initializer, "name": "conv"}
        return keras.Sequential(
            [keras.Input((8, 8, 3), name="image"), layers.Conv2D(filters, 3, use_bias=use_bias, **start)]
        )

    assert anatomy_of(net, 4, use_bias=False).attrs["parameters"] == 3 * 3 * 3 * 4
    with pytest.raises(AssertionError, match="a weight was drawn"):  # afterwards nets draw their weights as before
        net(4)
    pandas.testing.assert_frame_equal(anatomy_of(net, 4, initializer="ones"), anatomy(net(4, initializer="ones")))
    for bad in (None, "net", net(4, initializer="ones").get_config()):
        with pytest.raises(TypeError, match=r"^build must be a function"):
            anatomy_of(bad)
    with pytest.raises(TypeError, match=r"^model must be a Keras model"):
        anatomy_of(dict)


def test_nested_models_and_open_sizes():
    inner = keras.Sequential([keras.Input((None, None, 1)), layers.Conv2D(2, 3, name="a"), layers.MaxPooling2D(2)])
    inner.name = "inner"
    image = keras.Input((12, 12, 1))
    model = keras.Model(image, layers.GlobalAveragePooling2D(name="g")(inner(image)))
    table = anatomy(model)
    assert "inner" not in list(table.layer)
    inside = row(table, "inner/a")
    assert (inside.output_shape, inside.multiply_adds, inside.activations) == ((None, 10, 10, 2), 1800, 200)
    assert inside.receptive_field == (3, 3)
    assert table.attrs["parameters"] == model.count_params() == 20

    table = anatomy(inner)
    assert table.attrs["multiply_adds"] is None
    assert table.attrs["activations"] is None
    assert table.attrs["parameters"] == 20
    assert row(table, "a").receptive_field == (3, 3)
    assert anatomy(inner, (12, 12, 1)).attrs["multiply_adds"] == 1800


def test_shared_layers_count_their_weights_once_and_their_work_each_time():
    image = keras.Input((9, 9, 2))
    shared = layers.Conv2D(2, 3, padding="same", name="shared")

    class Again(layers.Layer):
        """A layer that borrows the weights of another."""

        def __init__(self, other):
            super().__init__(name="again")
            self.other = other

        def call(self, x):
            return self.other(x)

    model = keras.Model(image, Again(shared)(shared(shared(image))))
    table = anatomy(model)
    assert list(table.layer)[1:] == ["shared", "shared#2", "again"]
    assert list(table.parameters)[1:] == [38, 0, 0]
    assert list(table.multiply_adds)[1:3] == [81 * 36] * 2
    assert list(table.receptive_field)[1:3] == [(3, 3), (5, 5)]
    assert table.attrs["parameters"] == model.count_params() == 38


def test_models_that_see_no_image():
    words = keras.Sequential([keras.Input((7,)), layers.Embedding(20, 4), layers.GlobalAveragePooling1D(),
                              layers.Dense(2)])  # fmt: skip
    table = anatomy(words)
    assert table.attrs == {
        "parameters": 90,
        "trainable_parameters": 90,
        "multiply_adds": 8,
        "activations": 7 + 28 + 4 + 2,
    }
    assert table.receptive_field.isna().all()
    two = [keras.Input((9, 9, 1)), keras.Input((8, 8, 1))]
    table = anatomy(keras.Model(two, [layers.Conv2D(1, 3)(image) for image in two]))
    assert table.receptive_field.isna().all()
    assert table.attrs["parameters"] == 20


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3, name="dense")
        self.scale = self.add_weight(shape=(2,), trainable=False)

    def call(self, x):
        return self.dense(x)


def test_a_subclassed_model_has_parameters():
    model = Subclassed()
    with pytest.raises(ValueError, match=r"^model must be built"):
        anatomy(model)
    model(np.zeros((1, 4)))
    table = anatomy(model)
    assert list(table.layer) == ["dense", model.name]
    assert list(table.parameters) == [15, 2]
    assert table.attrs["parameters"] == model.count_params() == 17
    assert table.attrs["trainable_parameters"] == 15
    assert table.attrs["multiply_adds"] is table.attrs["activations"] is None


def test_several_outputs():
    class Halves(layers.Layer):
        def call(self, x):
            return x, x[..., :1]

    image = keras.Input((4, 4, 2))
    table = anatomy(keras.Model(image, Halves(name="h")(image)))
    assert row(table, "h").output_shape == ((None, 4, 4, 2), (None, 4, 4, 1))
    assert row(table, "h").activations == 48


def test_layers_of_ones_own():
    class Mixing(layers.Layer):
        def build(self, shape):
            self.matrix = self.add_weight(shape=(shape[-1], 7))

        def call(self, x):
            return x @ self.matrix

    model = keras.Sequential([keras.Input((3, 5)), Mixing(name="m")])
    assert anatomy(model).attrs["multiply_adds"] is None
    MULTIPLY_ADDS[Mixing] = lambda layer, input_shape, output_shape: 3 * 5 * 7
    try:
        assert anatomy(model).attrs["multiply_adds"] == 105
    finally:
        del MULTIPLY_ADDS[Mixing]
    assert row(anatomy(model), "m").receptive_field is None  # no rule, so no answer, and the table is there
    with pytest.raises(ValueError, match="Mixing"):
        receptive_field(model, "m")


# --- malformed arguments --------------------------------------------------------------------------------------------


def test_malformed_arguments_are_refused_by_name():
    for bad in (None, 0, "VGG16", [], keras.applications.VGG16, layers.Dense(1), np.zeros(3)):
        with pytest.raises(TypeError, match=r"^model"):
            anatomy(bad)
    with pytest.raises(ValueError, match=r"^model"):
        anatomy(keras.Sequential([layers.Dense(1)]))
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Conv2D(1, 3)])
    for bad in (0, "224", 1.5, True, (), (3,), (-1, 9, 3), (0, 9), (9.0, 9), (9, True), (None, 9), (9,) * 5, {}):
        with pytest.raises((TypeError, ValueError), match=r"^input_shape"):
            anatomy(model, bad)
    anatomy(model, (10**30, 9))
