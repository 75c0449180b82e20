"""The references of lecture 09 against numbers worked out by hand and against Keras, so that a broken reference shows."""

import keras
import numpy as np
import pytest
from keras import layers

from course.exercises import transfer as exercises

numpy = keras.ops.convert_to_numpy


def reference(name):
    return getattr(exercises, name).reference


def small_net(*, dropout=False):
    """Return a net with a batch normalization, and a classifier of five classes."""
    return keras.Sequential([
        keras.Input((8, 8, 1)),
        layers.Conv2D(4, 3, name="conv"),
        layers.BatchNormalization(name="bn"),
        layers.GlobalMaxPooling2D(),
        *([layers.Dropout(0.5)] if dropout else []),
        layers.Dense(5, activation="softmax", name="head"),
    ])  # fmt: skip


@pytest.fixture
def images():
    return np.random.default_rng(0).uniform(size=(6, 8, 8, 1)).astype("float32")


@pytest.mark.parametrize("dropout", [False, True])
def test_features_only_is_what_the_classifier_reads(images, dropout):
    net = small_net(dropout=dropout)
    features = reference("features_only")(net).predict_on_batch(images)
    kernel, bias = net.get_layer("head").get_weights()
    scores = np.exp(features @ kernel + bias)
    assert features.shape == (6, 4)
    assert np.abs(scores / scores.sum(axis=1, keepdims=True) - numpy(net(images))).max() < 1e-4


def test_new_head():
    head = reference("new_head")()
    assert head.count_params() == 128 * 10 + 10
    kernel, bias = head.get_weights()
    scores = np.exp(np.ones((1, 128)) @ kernel + bias)
    assert np.abs(numpy(head(np.ones((1, 128), "float32"))) - scores / scores.sum()).max() < 1e-4


@pytest.mark.parametrize("height, width, channels, classes", [(7, 7, 768, 3), (3, 5, 2, 4)])
def test_head_parameters_are_what_keras_counts(height, width, channels, classes):
    last_map = keras.Input((height, width, channels))
    head = keras.Model(last_map, layers.Dense(classes)(layers.GlobalAveragePooling2D()(last_map)))
    assert reference("head_parameters")(height, width, channels, classes) == head.count_params()


def test_balanced():
    labels = np.array([2, 2, 0, 1, 0, 1, 2, 1])
    assert sorted(reference("balanced")(labels, 1)) == [0, 2, 3]
    assert sorted(reference("balanced")(labels, 2)) == [0, 1, 2, 3, 4, 5]


def test_fair_score():
    assert reference("fair_score")([0.7, 0.9, 0.8], [0.95, 0.6, 0.7]) == 0.6


def train_on(net, images):
    """Train one batch; return which layers have changed."""
    before = {layer.name: layer.get_weights() for layer in net.layers}
    net.fit(images, np.arange(len(images)) % 5, batch_size=len(images), verbose=0)
    return [
        layer.name
        for layer in net.layers
        if any((old != new).any() for old, new in zip(before[layer.name], layer.get_weights(), strict=True))
    ]


def test_freeze_leaves_the_head(images):
    net = small_net()
    reference("freeze")(net)
    net.compile("sgd", "sparse_categorical_crossentropy")
    assert train_on(net, images) == ["head"]


def test_what_the_bug_of_the_lecture_does(images):
    """So the lecture's `suspect` is to be mended."""
    net = small_net()
    suspect = exercises.freeze.mistakes[0]
    suspect.wrong(net)
    net.compile("sgd", "sparse_categorical_crossentropy")
    assert suspect.name == "as it was" and train_on(net, images) == ["bn", "head"]


def frozen_net():
    net = small_net()
    for layer in net.layers[:-1]:
        layer.trainable = False
    net.compile(keras.optimizers.Adam(0.02), "sparse_categorical_crossentropy")
    return net


def test_ready_to_tune_trains_all_but_the_batch_normalization(images):
    net = frozen_net()
    assert train_on(net, images) == ["head"]
    reference("ready_to_tune")(net, 0.02)
    assert train_on(net, images) == ["conv", "head"]
    assert float(net.optimizer.learning_rate) == pytest.approx(0.0002)


def test_prepared_is_kerass_own():
    images = np.random.default_rng(0).uniform(size=(2, 4, 4, 3))
    expected = keras.applications.mobilenet.preprocess_input(255 * images)
    assert np.abs(reference("prepared")(images) - expected).max() < 1e-6


def test_top_five():
    probabilities = [0.05, 0.3, 0.01, 0.2, 0.15, 0.25, 0.04]
    assert reference("top_five")(np.array(probabilities), list("abcdefg")) == ["b", "f", "d", "e", "a"]


# --- answers as students write them -----------------------------------------------------------------------------------


def balanced_by_counting(labels, per_class):
    seen, places = {}, []
    for place, label in enumerate(labels):
        seen[label] = seen.get(label, 0) + 1
        if seen[label] <= per_class:
            places.append(place)
    return np.array(places)


def thawed_then_frozen(net, head_rate):
    for layer in net.layers:
        layer.trainable = True
    for layer in net.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.trainable = False
    loss = keras.losses.SparseCategoricalCrossentropy()
    net.compile(optimizer=keras.optimizers.Adam(learning_rate=0.01 * head_rate), loss=loss)


def all_and_then_the_head(net):
    for layer in net.layers:
        layer.trainable = False
    net.layers[-1].trainable = True


@pytest.mark.parametrize(
    "name, answer",
    [
        ("features_only", lambda net: keras.Sequential([keras.Input((8, 8, 1)), *net.layers[:-1]])),
        ("features_only", lambda net: keras.Model(inputs=net.inputs[0], outputs=net.layers[-1].input)),
        ("head_parameters", lambda height, width, channels, classes: float(channels * classes + classes)),
        ("balanced", balanced_by_counting),
        ("fair_score", lambda validation, test: max(zip(validation, test, strict=True))[1]),
        ("freeze", all_and_then_the_head),
        ("ready_to_tune", thawed_then_frozen),
        ("prepared", lambda images: keras.applications.mobilenet.preprocess_input(255 * images)),
        ("prepared", lambda images: (images - 0.5) / 0.5),
        ("top_five", lambda p, names: [name for _, name in sorted(zip(p, names, strict=True), reverse=True)][:5]),
        ("top_five", lambda p, names: tuple(np.array(names)[np.argsort(p)][-5:][::-1])),
    ],
)
def test_other_ways_to_be_right(name, answer):
    outcome = getattr(exercises, name).check(answer)
    assert outcome.status == "right", outcome


def test_a_head_of_two_layers_may_end_with_an_activation():
    head = keras.Sequential([keras.Input((128,)), layers.Dense(10), layers.Softmax()])
    assert exercises.new_head.check(head).status == "right"


def frozen_as_a_whole(net):
    """Then Keras trains nothing, whatever the layers say."""
    net.trainable = False
    net.layers[-1].trainable = True


@pytest.mark.parametrize(
    "name, answer, mistake",
    [
        ("features_only", lambda net: keras.Model(net.inputs, net.outputs), "after the classifier"),
        ("head_parameters", lambda h, w, c, n: n * (c * h * w) + n, "flattened"),
        ("balanced", lambda labels, n: np.arange(n), "in all"),
        ("fair_score", lambda v, t: np.max(t), "best on the test images"),
        ("freeze", frozen_as_a_whole, "everything"),
        ("prepared", lambda x: keras.applications.mobilenet.preprocess_input(1 * x), "scaled twice"),
        ("prepared", lambda x: x / 255, None),
        ("top_five", lambda p, names: [names[i] for i in np.argsort(p)][-5:], "most likely last"),
    ],
)
def test_slips_as_a_student_writes_them(name, answer, mistake):
    outcome = getattr(exercises, name).check(answer)
    assert outcome.status == "wrong"
    assert (outcome.mistake and outcome.mistake.name) == mistake


@pytest.mark.parametrize(
    "name, answer, words",
    [
        ("features_only", lambda net: net.layers[-2], "A Keras model is wanted"),
        ("features_only", lambda net: net.pop() and net, "changes the net"),
        ("features_only", lambda net: keras.models.clone_model(net), "new weights"),
        ("balanced", lambda labels, n: [0.5], "A list of places is wanted"),
    ],
)
def test_what_is_no_answer_is_told_so(name, answer, words):
    outcome = getattr(exercises, name).check(answer)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form")
    assert words in outcome.sentence
