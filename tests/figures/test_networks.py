import re
from xml.etree import ElementTree

import numpy as np
import pytest

from course.figures.networks import feedforward_and_recurrent, layers, neuron
from course.figures.style import BLUE, VERMILION


def svg(picture):
    """Return the picture as an XML tree: it must be well-formed."""
    return ElementTree.fromstring(picture.data)


def texts(picture):
    return ["".join(text.itertext()) for text in svg(picture).iter("text")]


def edges(picture):
    """Return the straight, unfilled lines of the picture as [(x, y), (x, y)], attributes beside."""
    lines = []
    for path in svg(picture).iter("path"):
        if found := re.fullmatch(r"M([-\d.]+) ([-\d.]+)L([-\d.]+) ([-\d.]+)", path.get("d")):
            x, y, x_end, y_end = map(float, found.groups())
            lines.append(((x, y), (x_end, y_end), path.attrib))
    return lines


ALL = [
    neuron(["e_1", "e_2"], ["w_1", "w_2"], "w_0"),
    layers([784, 30, 10]),
    layers([2, 2, 1], [np.ones((2, 2)), np.array([[1], [-2]])]),
    feedforward_and_recurrent(),
]


@pytest.mark.parametrize("picture", ALL)
def test_every_picture_is_labelled_still_and_in_the_colour_of_the_text(picture):
    root = svg(picture)
    assert root.get("role") == "img"
    assert len(root.get("aria-label")) > 20
    assert root.get("stroke") == "currentColor"
    assert not re.search(r"<script|<style|\bid=|href|url\(|http", picture.data)
    _, _, width, height = map(float, root.get("viewBox").split())
    for circle in root.iter("circle"):
        x, y, r = (float(circle.get(name)) for name in ("cx", "cy", "r"))
        assert r <= x <= width - r and r <= y <= height - r


def test_pictures_repeat_to_the_byte():
    again = [
        neuron(["e_1", "e_2"], ["w_1", "w_2"], "w_0"),
        layers([784, 30, 10]),
        layers([2, 2, 1], [np.ones((2, 2)), np.array([[1], [-2]])]),
        feedforward_and_recurrent(),
    ]
    assert [picture.data for picture in again] == [picture.data for picture in ALL]


@pytest.mark.parametrize("count", range(1, 7))
def test_a_neuron_has_an_edge_for_each_input_and_one_for_the_bias(count):
    inputs, weights = [10 * i for i in range(1, count + 1)], [-i / 2 for i in range(1, count + 1)]
    picture = neuron(inputs, weights, 0.25, output=7, activation="tanh")
    words = texts(picture)
    for value in (*map(str, inputs), *(f"−{i / 2:g}" for i in range(1, count + 1)), "0.25", "7", "tanh", "Σ", "bias"):
        assert value in words
    assert len(edges(picture)) == 2 * (count + 1) + 2  # each edge is in two parts, around its weight; two arrows follow


def test_a_neuron_says_its_formula():
    label = svg(neuron([1, 0.5], [-2, 3.25], -0.5, output=0.3775, activation="logistic")).get("aria-label")
    assert label == "A neuron: 0.3775 = logistic(−0.5 + −2 · 1 + 3.25 · 0.5)"


def test_symbols_get_subscripts():
    picture = neuron(["e_1"], ["w_1"], "w_0", activation="f")
    assert [tspan.text for tspan in svg(picture).iter("tspan")] == ["0", "1", "1"]
    assert {"e1", "w1", "w0", "f", "O"} <= set(texts(picture))


def test_text_is_escaped():
    nasty = "<b>\"&'"
    picture = neuron([nasty, "<_>"], [nasty, 1], nasty, output=nasty, activation=nasty)
    assert texts(picture).count(nasty) == 5
    assert nasty in svg(picture).get("aria-label")


def test_numpy_numbers_are_numbers():
    plain = neuron([1.5], [2], 0).data
    assert neuron(np.array([1.5], dtype="float32"), np.array([2]), np.int64(0)).data == plain


def test_every_unit_is_joined_to_every_unit_of_the_next_layer():
    picture = layers([3, 4, 2])
    assert len(list(svg(picture).iter("circle"))) == 9
    assert len(edges(picture)) == 3 * 4 + 4 * 2
    assert texts(picture) == ["3", "inputs", "4", "hidden", "2", "outputs"]


def test_a_large_layer_is_shortened_and_says_how_many():
    picture = layers([784, 8, 9])
    assert len(list(svg(picture).iter("circle"))) == 6 + 8 + 6
    assert texts(picture).count("⋮") == 2
    assert "784" in texts(picture)
    assert "784, 8, 9" in svg(picture).get("aria-label")


def test_an_edge_shows_sign_and_size_of_its_weight():
    picture = layers([2, 2], [[[4, -2], [0, 1]]])
    drawn = edges(picture)
    assert [attributes["stroke"] for *_, attributes in drawn] == [BLUE, VERMILION, BLUE]  # and none for the zero
    widths = [float(attributes["stroke-width"]) for *_, attributes in drawn]
    assert widths[0] > widths[1] > widths[2] > 0
    assert ["stroke-dasharray" in attributes for *_, attributes in drawn] == [False, True, False]
    assert {"positive", "negative"} <= set(texts(picture))


def test_weights_run_from_the_row_to_the_column():
    (start, end, _), *others = edges(layers([2, 2], [[[0, 1], [0, 0]]]))  # from the first unit to the second
    assert others == [] and start[0] < end[0] and start[1] < end[1]


def test_a_shortened_layer_keeps_the_weights_of_its_last_units():
    weights = np.zeros((100, 1))
    weights[99] = 1
    (start, _, _), *others = edges(layers([100, 1], [weights]))
    assert others == []
    assert start[1] == max(float(circle.get("cy")) for circle in svg(layers([100, 1])).iter("circle"))


def test_all_weights_zero_draws_no_edge():
    assert edges(layers([2, 1], [np.zeros((2, 1))])) == []


def test_only_the_recurrent_network_has_an_arrow_back():
    picture = feedforward_and_recurrent()
    straight = edges(picture)
    assert len(straight) == 2 * (2 * 3 + 3 * 1)
    assert all(start[0] < end[0] for start, end, _ in straight)
    curved = [path.get("d") for path in svg(picture).iter("path") if "C" in path.get("d")]
    assert len(curved) == 1
    x, *_, x_end, _ = map(float, re.findall(r"[-\d.]+", curved[0]))
    assert x_end < x
    assert "h(t − 1), one time step earlier" in texts(picture)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([], [], 0), ValueError, "inputs"),
        ((range(7), range(7), 0), ValueError, "inputs must be one to 6"),
        (([1, 2], [1], 0), ValueError, r"weights must be as many as inputs \(2\), not 1"),
        (("e_1", ["w_1"], 0), TypeError, "inputs"),
        (([1], 3, 0), TypeError, "weights"),
        (([1], [None], 0), TypeError, "weights"),
        (([1], [1], [0]), TypeError, "bias"),
        (([True], [1], 0), TypeError, "inputs"),
        (([1], [1], 0, [3]), TypeError, "output"),
        (([1], [1], 0, 3, abs), TypeError, "activation"),
    ],
)
def test_neuron_names_the_wrong_argument(arguments, error, words):
    with pytest.raises(error, match=words):
        neuron(*arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((3,), TypeError, "sizes"),
        (("32",), TypeError, "sizes"),
        (([2, 1.5],), TypeError, "whole numbers, not 1.5"),
        (([2, True],), TypeError, "whole numbers, not True"),
        (([2],), ValueError, "two or more"),
        (([2, 0],), ValueError, "at least one unit"),
        (([2, 1], [np.ones((1, 2))]), ValueError, r"shapes \[\(2, 1\)\], not \[\(1, 2\)\]"),
        (([2, 1], []), ValueError, "shapes"),
        (([2, 1], [[[1], [float("nan")]]]), ValueError, "finite"),
        (([2, 1], 5), TypeError, "weights"),
        (([2, 1], [[["a"], ["b"]]]), TypeError, "weights"),
        (([2, 1], [[[1], [1, 2]]]), TypeError, "weights"),
    ],
)
def test_layers_names_the_wrong_argument(arguments, error, words):
    with pytest.raises(error, match=words):
        layers(*arguments)
