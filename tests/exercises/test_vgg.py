"""The references of lecture 06 against numbers worked out by hand, so that a broken reference shows."""

import keras
import numpy as np
import pytest

from course.exercises import vgg
from course.models.vgg import CONFIGURATIONS

pytestmark = pytest.mark.usefixtures("computed_once")


@pytest.mark.parametrize("name, published", [("A", 11), ("A-LRN", 11), ("B", 13), ("C", 16), ("D", 16), ("E", 19)])
def test_weight_layers_is_the_first_row_of_the_papers_table_1(name, published):
    assert vgg.weight_layers.reference(CONFIGURATIONS[name]) == published


def test_dense_share():
    # 1·1·2 values to 3 units: 2·3 + 3 = 9 parameters, beside 11 others
    assert vgg.dense_share.reference((1, 1, 2), [3], 11) == pytest.approx(9 / 20)
    # 4 values to 5 units to 2: 4·5 + 5 + 5·2 + 2 = 37
    assert vgg.dense_share.reference((2, 2, 1), [5, 2], 63) == pytest.approx(0.37)
    # VGG-16, as torchvision counts it: 138,357,544, of them 14,714,688 in convolutions
    share = vgg.dense_share.reference((7, 7, 512), [4096, 4096, 1000], 14_714_688)
    assert share == pytest.approx((138_357_544 - 14_714_688) / 138_357_544)


def test_stack_and_one():
    # 1 → 2 → 2 channels: (9·1 + 1)·2 + (9·2 + 1)·2 = 58, and 5×5: (25·1 + 1)·2 = 52
    assert vgg.stack_and_one.reference(1, 2, 2) == (58, 52)
    assert vgg.stack_and_one.reference(3, 8, 1) == (224, 224)  # a stack of one
    # as Keras counts three layers and one of 7×7
    layers = [keras.layers.Conv2D(6, 3) for _ in range(3)]
    stack = keras.Sequential([keras.Input((9, 9, 5)), *layers])
    one = keras.Sequential([keras.Input((9, 9, 5)), keras.layers.Conv2D(6, 7)])
    assert stack.output_shape == one.output_shape  # the same window
    assert vgg.stack_and_one.reference(5, 6, 3) == (stack.count_params(), one.count_params())


def test_block_of_c():
    block = vgg.block_of_c.reference()
    assert block.count_params() == (9 * 4 + 1) * 8 + (9 * 8 + 1) * 8 + (8 + 1) * 8
    assert block(np.ones((2, 12, 12, 4))).shape == (2, 6, 6, 8)


def test_block_of_c_is_what_the_builder_of_vgg_makes_of_its_words():
    from course.exercises.engine import with_set_weights
    from course.models.vgg import block

    image = keras.Input((12, 12, 4))
    ours = keras.Model(image, block(image, 3, ["conv3-8", "conv3-8", "conv1-8"], width=1))
    x = np.random.default_rng(0).normal(size=(2, 12, 12, 4)).astype("float32")
    outputs = [with_set_weights(net, x)["output"] for net in (ours, vgg.block_of_c.reference())]
    np.testing.assert_allclose(*outputs, rtol=1e-4, atol=1e-5)


def test_table_row_is_that_of_the_slide():
    # 224·224·64 = 3.2M values; 3·3·3·64 = 1,728 weights as the slide has them, and 64 biases
    assert vgg.table_row.reference(224, 3, 3, 64) == (3_211_264, 1_728 + 64, 86_704_128)


def test_table_row_is_what_keras_counts():
    layer = keras.layers.Conv2D(7, 3, padding="same")
    shape = layer(np.ones((1, 5, 5, 4))).shape
    values, parameters, _ = vgg.table_row.reference(5, 4, 3, 7)
    assert (values, parameters) == (np.prod(shape), layer.count_params())


def test_activation_megabytes():
    # 1000·1000·1 values in two images of 2 bytes each: 4 MB
    assert vgg.activation_megabytes.reference([(1000, 500, 1), (500_000,)], 2, 2) == 4
    assert vgg.activation_megabytes.reference([(224, 224, 64)], 1, 4) == pytest.approx(12.845056)


def test_audit():
    shapes = [(2, 2, 3), (2, 2, 5), (1, 1, 5)]
    assert vgg.audit.reference(shapes, [12, 20, 5]) == ([], 37)
    assert vgg.audit.reference(shapes, [12, 10, 50]) == ([1, 2], 37)


def test_mended_net():
    net = vgg.mended_net.reference()
    assert net.count_params() == (9 * 3 + 1) * 4 + (9 * 4 + 1) * 4 + (9 * 4 + 1) * 8 + (9 * 8 + 1) * 8
    assert net.output_shape == (None, 4, 4, 8)


@pytest.mark.parametrize("wrong_place", ["printed", "shapes"])
@pytest.mark.parametrize("seed", range(3))
def test_audit_finds_a_row_by_its_place(wrong_place, seed):
    """Looking for the number, or the shape, in its list finds the first one that is like it."""

    def by_value(shapes, printed):
        where = {"printed": printed, "shapes": shapes}[wrong_place]
        pairs = zip(shapes, printed, strict=True)
        rows = [
            where.index(given if wrong_place == "printed" else shape)
            for shape, given in pairs
            if np.prod(shape) != given
        ]
        return rows, int(sum(np.prod(shape) for shape in shapes))

    assert vgg.audit.check(by_value, seed).status == "wrong"


@pytest.mark.parametrize("name, relus", [("block_of_c", 3), ("mended_net", 4)])
def test_no_relu_may_be_lost(name, relus):
    exercise = getattr(vgg, name)
    places = [
        place
        for place, layer in enumerate(exercise.reference().layers)
        if getattr(layer, "activation", None) is keras.activations.relu
    ]
    assert len(places) == relus
    for place in places:
        net = exercise.reference()
        net.layers[place].activation = keras.activations.linear
        assert [exercise.check(net, seed).status for seed in range(3)] == ["wrong"] * 3


@pytest.mark.parametrize("answer", ["cd", "DC", "c, d", "d c", "c and d", '"cd"', ["c", "d"], ("d", "c"), {"c", "d"}])
def test_second_net_may_be_written_in_many_ways(answer):
    assert vgg.second_net.check(answer).status == "right"


@pytest.mark.parametrize("answer", ["c", "ce d", "cdx", "xy", ["c", "d", "e"], 7, None, [1, 2]])
def test_second_net_of_another_form_is_told_so(answer):
    outcome = vgg.second_net.check(answer)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form")
