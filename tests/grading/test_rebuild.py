"""A model is rebuilt from a configuration only if everything in it is known."""

import copy

import keras
import numpy as np
import pytest
from keras import layers, ops

from course import exercises
from course.grading import rebuild, staging, student
from course.workplace import root

MODELS = [
    exercise
    for topic in staging.topics(root())
    for exercise in exercises.of(topic).values()
    if exercise.kind == "model"
]


def sent(layer):
    """Return what the student process sends of a layer: configuration and weights."""
    config = student.plain_config(keras.saving.serialize_keras_object(layer))
    return config, student._weights(layer) if layer.built else None


@pytest.mark.parametrize("exercise", MODELS, ids=lambda exercise: exercise.name)
def test_every_reference_and_every_mistake_can_be_rebuilt(exercise):
    for build in (exercise.reference, *(mistake.wrong for mistake in exercise.mistakes)):
        layer = build()
        again = rebuild.rebuild(*sent(layer))
        assert type(again) is type(layer) and again.built == layer.built
        for weight, other in zip(layer.weights, again.weights, strict=True):
            assert np.array_equal(weight, other) and weight.name == other.name


def net():
    image = keras.Input((8, 8, 3))
    x = layers.Conv2D(4, 3, activation="relu", kernel_regularizer="l2", kernel_initializer="he_normal")(image)
    x = ops.concatenate([ops.relu(x), 2.0 * x], axis=-1)[:, ::2]
    return keras.Model(image, layers.GlobalAveragePooling2D()(x))


def test_operations_and_shared_layers_are_rebuilt():
    model = net()
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    assert np.allclose(rebuild.rebuild(*sent(model))(x), model(x), atol=1e-6)
    layer = layers.Dense(3)
    twice = keras.Sequential([keras.Input((3,)), layer, layers.ReLU(), layer])
    assert len(rebuild.rebuild(*sent(twice)).weights) == 2 or rebuild.rebuild(*sent(twice)) is None


def test_a_compiled_model_is_rebuilt_without_what_trains_it():
    model = net()
    model.compile("adam", "mse", metrics=["mae"])
    assert not rebuild.rebuild(*sent(model)).compiled


class Own(layers.Layer):
    def call(self, x):
        return x


@keras.saving.register_keras_serializable(package="stranger")
class Registered(layers.Layer):
    def call(self, x):
        return x


def with_part(**part):
    """Return a model's configuration in which a layer was exchanged for `part`."""
    config, _ = sent(keras.Sequential([layers.Dense(2)]))
    config = copy.deepcopy(config)
    config["config"]["layers"][-1] = {
        "module": "keras.layers",
        "class_name": "Dense",
        "config": {"units": 2},
        "registered_name": None,
    } | part
    return config


def test_the_model_of_these_tests_is_known():
    assert rebuild.is_known(with_part()) and rebuild.rebuild(with_part(), None) is not None


@pytest.mark.parametrize("part", [
    {"class_name": "Lambda"},
    {"class_name": "Lambda", "config": {"function": {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}}},
    {"class_name": "TFSMLayer", "config": {"filepath": "/tmp/model"}},
    {"class_name": "TorchModuleWrapper"}, {"class_name": "JaxLayer"}, {"class_name": "TextVectorization"}, {"class_name": "StringLookup"},
    {"module": "os", "class_name": "system"}, {"module": "builtins", "class_name": "eval"},
    {"module": "keras.utils", "class_name": "get_file"}, {"module": "keras.src.ops.core", "class_name": "Map"},
    {"module": "keras.src.ops.numpy", "class_name": "np"}, {"module": "keras.src.ops.numpy", "class_name": "backend"},
    {"module": "keras.initializers", "class_name": "get"}, {"module": "keras.initializers", "class_name": "__name__"},
    {"module": "keras.src.layers.core.lambda_layer", "class_name": "Lambda"},
    {"registered_name": "stranger>Registered"}, {"registered_name": "Lambda"},
    {"registered_name": "course>squash"}, {"registered_name": "course>nothing", "class_name": "nothing"},
    {"class_name": "function", "config": "eval", "module": "builtins"},
    {"class_name": "function", "config": "relu", "module": "os"},
    {"class_name": "__lambda__"}, {"class_name": "__typespec__"}, {"class_name": None, "module": "os"}, {"class_name": ["Dense"]},
    {"config": {"units": 2, "activation": {"class_name": "function", "config": "exec", "module": "builtins", "registered_name": "exec"}}},
    {"config": {"layer": {"module": "keras.layers", "class_name": "Lambda", "config": {}, "registered_name": None}}},
    {"config": {"units": object()}},
], ids=lambda part: next(iter(part)))  # fmt: skip
def test_what_is_not_on_the_list_is_refused(part):
    config = with_part(**part)
    assert not rebuild.is_known(config) and rebuild.rebuild(config, None) is None


@pytest.mark.parametrize(
    "layer", [Own(), Registered(), layers.Lambda(lambda x: x)], ids=lambda layer: type(layer).__name__
)
def test_a_layer_of_a_students_own_is_not_rebuilt(layer):
    model = keras.Sequential([keras.Input((2,)), layer])
    assert rebuild.rebuild(*sent(layer)) is None and rebuild.rebuild(*sent(model)) is None


def test_weights_that_do_not_fit_are_refused():
    config, weights = sent(net())
    assert rebuild.rebuild(config, weights[:-1]) is None and rebuild.rebuild(config, None) is None
    name, values, trainable = weights[0]
    assert rebuild.rebuild(config, [(name, values[..., :2], trainable), *weights[1:]]) is None


def test_what_is_afar_is_a_layer_and_shows_nothing_of_itself():
    afar = rebuild.AfarModel.of(
        lambda weights, arguments: (arguments[0] + weights[0], None), [("bias", np.ones(3, "float32"), True)]
    )
    assert isinstance(afar, keras.Model) and not isinstance(rebuild.AfarLayer.of(None, None), keras.Model)
    assert np.array_equal(afar(np.zeros(3)), [1, 1, 1])
    afar.weights[0].assign([1, 2, 3])
    assert np.array_equal(afar(np.zeros(3)), [1, 2, 3])
    for name in ("layers", "input_shape", "get_config", "count_params", "outputs", "kernel_size", "call"):
        with pytest.raises(rebuild.CannotBeExamined):
            getattr(afar, name)


def test_layers_that_augment_are_rebuilt():
    layer = layers.Pipeline(
        [layers.RandomRotation(0.2, fill_mode="nearest"), layers.RandomErasing(0.5, value_range=(0, 1))]
    )
    again = rebuild.rebuild(*sent(layer))
    assert [type(part).__name__ for part in again.layers] == ["RandomRotation", "RandomErasing"]
    assert again.layers[0].fill_mode == "nearest" and tuple(again.layers[1].value_range) == (0, 1)
    holding_code = layers.Pipeline([layers.Lambda(lambda x: x)])
    assert rebuild.rebuild(*sent(holding_code)) is None


@pytest.mark.parametrize("name", rebuild.LAYERS)
def test_every_name_on_the_list_is_a_layer(name):
    assert name in ("Input",) or issubclass(getattr(layers, name), layers.Layer)
