"""The references of lecture 07 against numbers worked out by hand, so that a broken reference shows."""

import keras
import numpy as np
import pytest

from course.exercises import googlenet
from course.models import googlenet as build
from course.models.googlenet import Inception, auxiliary_classifier, inception

EXERCISE_3A = (64, 96, 128, 16, 32, 32)


def test_naive_cost():
    # 2·2 places · (3·4 + 9·3·5 + 25·3·6) = 4 · 597; 4 + 5 + 6 maps, and the 3 that pooling passes on
    assert googlenet.naive_cost.reference(2, 3, 4, 5, 6) == (18, 2388)
    # 3a: 28² · 192 · (64 + 1152 + 800) = 784 · 387,072
    assert googlenet.naive_cost.reference(28, 192, 64, 128, 32) == (416, 303_464_448)


@pytest.mark.parametrize(
    "in_channels, filters, out",
    [
        (192, EXERCISE_3A, 256),  # the paper's table 1 gives the size of what comes out
        (256, (128, 128, 192, 32, 96, 64), 480),
        (480, (192, 96, 208, 16, 48, 64), 512),
        (832, (384, 192, 384, 48, 128, 128), 1024),
    ],
)
def test_module_channels_are_the_papers(in_channels, filters, out):
    assert googlenet.module_channels.reference(in_channels, filters) == out


def test_module_parameters():
    # one of each: five that read one channel (2 · 1 + 2 · … by hand): 1×1: 2, reduce: 2, 3×3: 10, reduce: 2, 5×5: 26, proj: 2
    assert googlenet.module_parameters.reference(1, (1, 1, 1, 1, 1, 1)) == 2 + 2 + 10 + 2 + 26 + 2
    # 3a: 12,288 + 18,432 + 110,592 + 3,072 + 12,800 + 6,144 weights, 368 biases
    assert googlenet.module_parameters.reference(192, EXERCISE_3A) == 163_328 + 368


def test_module_parameters_are_what_keras_counts():
    x = keras.Input((6, 6, 5))
    filters = (2, 3, 4, 6, 7, 8)
    assert (
        googlenet.module_parameters.reference(5, filters)
        == keras.Model(x, inception(x, Inception(*filters), "m")).count_params()
    )


def test_the_module_to_build_computes_what_the_builder_of_googlenet_does():
    image = keras.Input((9, 9, 8))
    ours = keras.Model(image, inception(image, Inception(4, 3, 6, 2, 7, 5), "module"))
    x = np.random.default_rng(0).normal(size=(2, 9, 9, 8)).astype("float32")
    found, expected = (
        googlenet.with_weights_by_shape(net, x) for net in (googlenet.inception_module.reference(), ours)
    )
    assert found["weight shapes"] == expected["weight shapes"]
    np.testing.assert_allclose(found["output"], expected["output"], rtol=1e-4, atol=1e-5)
    assert np.ptp(expected["output"]) > 0.1
    assert googlenet.inception_module.check(ours).status == "right"


def test_no_two_layers_of_the_module_to_build_have_the_same_shape():
    """Else weights that follow from shapes would not tell one from the other."""
    one, reduce_3x3, _, reduce_5x5, _, pool_proj = googlenet.NUMBERS
    assert len(set(googlenet.NUMBERS)) == 6 and 8 not in googlenet.NUMBERS
    assert len({one, reduce_3x3, reduce_5x5, pool_proj}) == 4


def test_branches_may_be_written_in_any_order():
    from keras import layers

    def convolution(x, filters, size):
        return layers.Conv2D(filters, size, padding="same", activation="relu")(x)

    image = keras.Input((9, 9, 8))
    pool = convolution(layers.MaxPooling2D(3, 1, "same")(image), 5, 1)
    five = convolution(convolution(image, 2, 1), 7, 5)
    three = convolution(convolution(image, 3, 1), 6, 3)
    one = convolution(image, 4, 1)
    model = keras.Model(image, layers.Concatenate()([one, three, five, pool]))
    before = [weights.copy() for weights in model.get_weights()]
    assert googlenet.inception_module.check(model).status == "right"
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_suspect_has_the_shape_and_the_parameters_of_the_right_module_but_no_pooling():
    image = keras.Input((8, 8, 7))
    right = keras.Model(image, inception(image, Inception(3, 2, 5, 4, 8, 6), "module"))
    suspect = googlenet.suspect()
    assert suspect.output_shape == right.output_shape == (None, 8, 8, 22)
    assert (
        suspect.count_params() == right.count_params() == googlenet.module_parameters.reference(7, (3, 2, 5, 4, 8, 6))
    )
    kinds = [type(layer).__name__ for layer in right.layers]
    kinds.remove("MaxPooling2D")
    assert sorted(type(layer).__name__ for layer in suspect.layers) == sorted(kinds)


def test_the_names_of_the_suspects_layers_are_the_choices():
    assert sorted(layer.name for layer in googlenet.suspect().layers) == sorted(googlenet.LAYERS)


@pytest.mark.parametrize("answer", ["pool_proj", "Pool proj", " POOL-PROJ "])
def test_miswired_may_be_written_in_many_ways(answer):
    assert googlenet.miswired.check(answer).status == "right"


@pytest.mark.parametrize("answer", ["max_pooling2d", "MaxPooling2D", "the pooling"])
def test_who_misses_the_pooling_is_told_to_look_for_its_reader(answer):
    assert googlenet.miswired.check(answer).mistake.name == "the pooling"


@pytest.mark.parametrize("answer", [7, None, "conv", ["pool_proj"]])
def test_miswired_of_another_form_is_told_so(answer):
    outcome = googlenet.miswired.check(answer)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form"), outcome


def test_weight_depth():
    assert googlenet.weight_depth.reference(3, [[1, 2, 2, 1]] * 9, 1) == 22  # the paper, section 5
    assert googlenet.weight_depth.reference(1, [[1, 4], [2, 1, 1]], 2) == 1 + 4 + 2 + 2


def test_head_parameters():
    # 14 × 14 → 4 × 4: 512·128 + 128, then 2048·1024 + 1024, then 1024·1000 + 1000
    assert googlenet.head_parameters.reference(14, 512, 1000) == 65_664 + 2_098_176 + 1_025_000
    both = sum(googlenet.head_parameters.reference(14, channels, 1000) for channels in (512, 528))
    assert 6_998_552 + both == 13_378_280


def test_head_parameters_are_what_keras_counts():
    x = keras.Input((11, 11, 7))
    head = keras.Model(x, auxiliary_classifier(x, 3, "head", width=1))
    assert googlenet.head_parameters.reference(11, 7, 3) == head.count_params()


def test_total_loss():
    assert googlenet.total_loss.reference([1.0, 2.0, 4.0], 0.3, True) == pytest.approx(2.8)
    assert googlenet.total_loss.reference([1.0, 2.0, 4.0], 0.3, False) == 1


SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    "answer",
    [
        {"loss": [SPARSE] * 3, "loss_weights": [1, 0.3, 0.3]},
        {
            "loss": dict.fromkeys(googlenet.OUTPUTS, SPARSE),
            "loss_weights": dict(zip(googlenet.OUTPUTS, (1, 0.3, 0.3), strict=True)),
        },
        {"loss": [keras.losses.SparseCategoricalCrossentropy() for _ in range(3)], "loss_weights": (1.0, 0.3, 0.3)},
    ],
)
def test_loss_settings_may_be_written_in_many_ways(answer):
    outcome = googlenet.loss_settings.check(answer)
    assert outcome.status == "right", outcome


def test_compiled_loss():
    # −ln ½ + 0.3 · (−ln ¼) + 0.3 · (−ln ⅛) = (1 + 0.6 + 0.9) · ln 2
    found = googlenet.compiled_loss(googlenet.loss_settings.reference, 1 / 2, 1 / 4, 1 / 8)
    assert found == pytest.approx(2.5 * np.log(2), rel=1e-5)


def test_the_outputs_of_the_exercise_are_googlenets():
    assert build(input_shape=(65, 65, 1), classes=2, width=0.1).output_names == list(googlenet.OUTPUTS)


@pytest.mark.parametrize(
    "answer",
    [3, [1, 0.3], {"losses": SPARSE}, {"loss": [SPARSE] * 3, "loss_weights": [1, 0.3]}, {"loss": "no such loss"}],
)
def test_loss_settings_that_are_none_are_told_so(answer):
    outcome = googlenet.loss_settings.check(answer)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form"), outcome


def by_hand(size, in_channels, filters):
    """Return a row's (parameters, multiply-adds), from the six convolutions one by one."""
    a, b, c, d, e, f = filters
    weights = [in_channels * a, in_channels * b, 9 * b * c, in_channels * d, 25 * d * e, in_channels * f]
    return sum(weights) + a + b + c + d + e + f, size * size * sum(weights)


def test_one_row_alone_does_not_follow_from_its_filters():
    wrong = [name for name, (*row, parameters, work) in googlenet.ROWS.items() if by_hand(*row) != (parameters, work)]
    assert wrong == [googlenet.wrong_row.reference] == ["d"]
    channels = [row[1] for row in googlenet.ROWS.values()]
    out = [f[0] + f[2] + f[4] + f[5] for _, _, f, _, _ in googlenet.ROWS.values()]
    assert channels[1:] == out[:-1]  # each row reads what the one before gives


@pytest.mark.parametrize("answer", ["d", "D", " d ", "row d"])
def test_wrong_row_may_be_written_in_many_ways(answer):
    assert googlenet.wrong_row.check(answer).status == "right"


@pytest.mark.parametrize("answer", ["f", "", 4, None, ["d"]])
def test_wrong_row_of_another_form_is_told_so(answer):
    outcome = googlenet.wrong_row.check(answer)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form")
