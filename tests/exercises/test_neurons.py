"""The references of lecture 01 against numbers worked out by hand, so that a broken reference shows."""

import math

import numpy as np
import pytest

from course.exercises import neurons


def test_neuron_output():
    # 2·1 − 1·½ − ½ = 1, and σ(1) = 1 / (1 + e⁻¹)
    output = neurons.neuron_output.reference(np.array([1.0, 0.5]), np.array([2.0, -1.0]), -0.5)
    assert output == pytest.approx(1 / (1 + math.exp(-1)))


def test_layer_output():
    # sample (1, 2): unit 1 gets 1·1 + 2·0 − 3 = −2 → 0, unit 2 gets 1·(−1) + 2·2 + 0.5 = 3.5
    inputs, weights, biases = np.array([[1.0, 2.0]]), np.array([[1.0, -1.0], [0.0, 2.0]]), np.array([-3.0, 0.5])
    assert neurons.layer_output.reference(inputs, weights, biases).tolist() == [[0.0, 3.5]]


def test_xor_weights():
    answers = [neurons.two_layers(neurons.xor_weights.reference, np.array(corner)) for corner in np.ndindex(2, 2)]
    assert answers == [0, 1, 1, 0]


@pytest.mark.parametrize(
    "wrong, words",
    [
        ([1, 2, 3], "A dict with the keys"),
        ({"hidden_weights": [[1, 1]]}, "A dict with the keys"),
        ({**neurons._gates([1, -1], -0.5), "hidden_weights": [[1, 1], [1]]}, "rows of a list are equally long"),
        (neurons._gates([1, -1, 1], -0.5), r"output_weights has shape (3,), and (2,) is wanted"),
    ],
)
def test_xor_weights_of_another_form_are_told_so(wrong, words):
    outcome = neurons.xor_weights.check(wrong)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form")
    assert words in outcome.sentence and outcome.evidence == []


def test_mlp_parameters():
    assert neurons.mlp_parameters.reference([64, 32, 10]) == 64 * 32 + 32 + 32 * 10 + 10 == 2410


def test_elu_and_derivative():
    # at −1, with α = 2: 2 (e⁻¹ − 1) and 2 e⁻¹; at 3 it is the identity
    value, slope = neurons.elu_and_derivative.reference(np.array([-1.0, 3.0]), 2.0)
    assert value == pytest.approx([2 * (math.exp(-1) - 1), 3])
    assert slope == pytest.approx([2 * math.exp(-1), 1])


def test_largest_factor():
    assert neurons.largest_factor.reference == pytest.approx(1 / 4**10)
    assert neurons.largest_factor.check(9.5367e-7).status == "right"  # five digits are enough
    assert neurons.largest_factor.check(9.6e-7).status == "wrong"


def test_gelu_coefficient_is_the_slides_with_its_decimal_point_mended():
    assert neurons.gelu_coefficient.reference == pytest.approx(0.0535161, rel=1e-5)


def test_dead_units():
    sums = np.array([[-1.0, 0.0, 2.0], [-3.0, -1.0, -5.0]])  # never positive, never positive, positive once
    assert neurons.dead_units.reference(sums).tolist() == [True, True, False]


def test_digits_mlp():
    model = neurons.digits_mlp.reference()
    assert model.count_params() == 64 * 32 + 32 + 32 * 16 + 16 + 16 * 10 + 10
    assert model(np.ones((3, 64))).shape == (3, 10)
