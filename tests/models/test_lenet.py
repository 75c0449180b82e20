"""LeNet-5 against the paper's numbers, and against the paper's net computed map by map in NumPy."""

import math

import keras
import numpy as np
import pytest
from nets import images

from course.anatomy import anatomy
from course.autodiff import weight_gradients
from course.models import lenet5
from course.models.lenet import CODES, EuclideanRBF, SparseConv2D, Subsampling, squash
from course.receptive_field import measured_receptive_field, receptive_field

# LeCun et al. (1998), section II-B, in words: "the first six C3 feature maps take inputs from every contiguous subset of
# three feature maps, the next six from every contiguous subset of four, the next three from some discontinuous subsets
# of four, the last one from all"; which ones those are is in its table I.
SEES = [
    *({(first + step) % 6 for step in range(3)} for first in range(6)),
    *({(first + step) % 6 for step in range(4)} for first in range(6)),
    {0, 1, 3, 4},
    {1, 2, 4, 5},
    {0, 2, 3, 5},
    {0, 1, 2, 3, 4, 5},
]


def f(a):
    return 1.7159 * np.tanh(2 * a / 3)


def window_sums(plane, kernel):
    """Slide a window over one map, and sum its products."""
    size = len(kernel)
    height, width = plane.shape[0] - size + 1, plane.shape[1] - size + 1
    return np.array([[(plane[y : y + size, x : x + size] * kernel).sum() for x in range(width)] for y in range(height)])


def subsampled(plane, coefficient, bias):
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    sums = [[plane[2 * y : 2 * y + 2, 2 * x : 2 * x + 2].sum() for x in range(width)] for y in range(height)]
    return f(coefficient * np.array(sums) + bias)


def paper(image, weights):
    """Return the distances y_i of the paper for one image, from the weights in the order of the layers."""
    c1, b1, s2, t2, c3, b3, s4, t4, c5, b5, f6, b6 = weights
    maps = [f(window_sums(image[..., 0], c1[..., 0, m]) + b1[m]) for m in range(6)]
    maps = [subsampled(plane, s2[m], t2[m]) for m, plane in enumerate(maps)]
    number, totals = 0, [0.0] * 16
    for i in range(6):  # the windows of C3 are kept in the order of table I, row by row
        for m in range(16):
            if i in SEES[m]:
                totals[m] = totals[m] + window_sums(maps[i], c3[..., number])
                number += 1
    maps = [f(total + b3[m]) for m, total in enumerate(totals)]
    maps = [subsampled(plane, s4[m], t4[m]) for m, plane in enumerate(maps)]
    units = [f(sum((maps[i] * c5[:, :, i, u]).sum() for i in range(16)) + b5[u]) for u in range(120)]
    x = [f(sum(units[i] * f6[i, u] for i in range(120)) + b6[u]) for u in range(84)]
    return np.array([sum((x[j] - code[j]) ** 2 for j in range(84)) for code in CODES])


def test_the_published_net_computes_what_the_paper_says(randomize):
    model = randomize(lenet5("1998"))
    distances = keras.Model(model.input, model.get_layer("output").output)
    batch = images(2, 32, 32, 1)
    weights = [weight.astype("float64") for weight in model.get_weights()[:-1]]  # the last are the codes
    wanted = np.array([paper(image, weights) for image in batch])
    np.testing.assert_allclose(distances.predict(batch, verbose=0), wanted, rtol=1e-4)
    shares = np.exp(wanted.min(axis=1, keepdims=True) - wanted)
    np.testing.assert_allclose(model.predict(batch, verbose=0), shares / shares.sum(axis=1, keepdims=True), atol=1e-3)


def test_the_published_nets_counts():
    table = anatomy(lenet5("1998")).set_index("layer")
    rows = {  # trainable parameters and multiply-adds, by hand
        "C1": ((5 * 5 + 1) * 6, 28 * 28 * 25 * 6),
        "S2": (2 * 6, 0),
        "C3": (1516, 10 * 10 * 25 * (6 * 3 + 9 * 4 + 6)),
        "S4": (2 * 16, 0),
        "C5": (48120, 25 * 16 * 120),
        "F6": (10164, 120 * 84),
        "output": (0, 84 * 10),
    }
    for name, (parameters, multiply_adds) in rows.items():
        assert (table.trainable_parameters[name], table.multiply_adds[name]) == (parameters, multiply_adds), name
    assert table.trainable_parameters.sum() == 60_000
    assert table.parameters.sum() == 60_000 + 84 * 10  # the codes
    shapes = {
        "C1": (28, 28, 6),
        "S2": (14, 14, 6),
        "C3": (10, 10, 16),
        "S4": (5, 5, 16),
        "C5": (1, 1, 120),
        "F6": (84,),
    }
    assert {name: table.output_shape[name][1:] for name in shapes} == shapes


def test_the_plain_nets_counts():
    table = anatomy(lenet5("plain")).set_index("layer")
    parameters = {"C1": 156, "C3": (5 * 5 * 6 + 1) * 16, "C5": 48120, "F6": 10164, "output": 85 * 10}
    assert {name: table.parameters[name] for name in parameters} == parameters
    assert table.parameters.sum() == 61_706
    assert table.multiply_adds.sum() == 117_600 + 10 * 10 * 150 * 16 + 48_000 + 10_080 + 840
    assert anatomy(lenet5("plain", (28, 28, 1))).attrs["parameters"] == 61_706
    assert anatomy(lenet5("plain", width=2)).attrs["parameters"] == sum(
        [26 * 12, 301 * 32, 801 * 240, 241 * 168, 169 * 10]
    )


def test_the_plain_net_computes_what_a_sequence_of_layers_does(randomize):
    model = randomize(lenet5("plain", (32, 32, 3), classes=4))
    c1, b1, c3, b3, c5, b5, f6, b6, last, bias = map(keras.ops.convert_to_tensor, model.get_weights())
    batch = images(3, 32, 32, 3)
    x = keras.ops.max_pool(keras.ops.relu(keras.ops.conv(keras.ops.convert_to_tensor(batch), c1) + b1), 2, strides=2)
    x = keras.ops.max_pool(keras.ops.relu(keras.ops.conv(x, c3) + b3), 2, strides=2)
    x = keras.ops.relu(keras.ops.conv(x, c5) + b5)[:, 0, 0]
    x = keras.ops.softmax(keras.ops.relu(x @ f6 + b6) @ last + bias)
    np.testing.assert_allclose(model.predict(batch, verbose=0), keras.ops.convert_to_numpy(x), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("variant", ["1998", "plain"])
def test_gradient_reaches_every_weight(variant, randomize):
    model = lenet5(variant) if variant == "1998" else randomize(lenet5(variant), alive=True)
    slopes = weight_gradients(model, images(20, 32, 32, 1), np.arange(20) % 10, "sparse_categorical_crossentropy")
    assert len(slopes) == {"1998": 12, "plain": 10}[variant]
    for path, slope in slopes.items():
        assert (slope != 0).all(), path


def test_training_leaves_the_codes_alone():
    model = lenet5("1998")
    before = model.get_weights()
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(images(8, 32, 32, 1), np.arange(8), verbose=0)
    for weight, old, new in zip(model.weights, before, model.get_weights(), strict=True):
        assert (new != old).any() == weight.trainable, weight.path
    np.testing.assert_array_equal(model.get_layer("output").get_weights()[0], CODES)


def test_a_digit_of_its_code_is_at_distance_zero():
    codes = np.array(CODES, dtype="float32")
    distances = keras.ops.convert_to_numpy(EuclideanRBF(CODES)(codes))
    differ = (codes[:, None] != codes).sum(axis=-1)
    np.testing.assert_allclose(distances, 4 * differ)  # each pixel that differs is 2 apart
    assert differ[~np.eye(10, dtype=bool)].min() >= 4
    assert set(codes.ravel()) == {-1, 1}


def test_cross_entropy_is_the_papers_criterion():
    """Equation 9 for one pattern, without the constant e^−j: y_D + log Σ_i e^(−y_i)."""
    model = lenet5("1998")
    batch, labels = images(4, 32, 32, 1), np.array([3, 0, 9, 3])
    y = keras.Model(model.input, model.get_layer("output").output).predict(batch, verbose=0).astype("float64")
    wanted = [row[label] + math.log(np.exp(-row).sum()) for row, label in zip(y, labels, strict=True)]
    loss = keras.losses.sparse_categorical_crossentropy(labels, model(batch))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(loss), wanted, rtol=1e-3, atol=1e-3)


def test_no_class_is_out_of_reach_at_first():
    """A probability below Keras's 10⁻⁷ would be cut off, and its gradient with it."""
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        assert lenet5("1998").predict(images(20, 32, 32, 1), verbose=0).min() > 1e-3


def test_squash():
    """Appendix A: f(1) = 1, f(−1) = −1."""
    values = keras.ops.convert_to_numpy(squash(np.array([-1.0, 0.0, 1.0, 100.0], dtype="float32")))
    np.testing.assert_allclose(values, [-1, 0, 1, 1.7159], atol=1e-4)


def test_subsampling_begins_as_the_average():
    x = images(1, 6, 4, 3)
    average = x.reshape(1, 3, 2, 2, 2, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(keras.ops.convert_to_numpy(Subsampling(2)(x)), average, rtol=1e-4, atol=1e-6)


def test_a_full_table_is_a_convolution():
    x, full = images(2, 9, 8, 3), np.ones((3, 4))
    sparse, dense = SparseConv2D(full, 5), keras.layers.Conv2D(4, 5)
    sparse.build(x.shape)
    dense.build(x.shape)
    kernel = images(5, 5, 3, 4, seed=1)
    dense.set_weights([kernel, np.arange(4.0)])
    sparse.set_weights([kernel.reshape(5, 5, 12), np.arange(4.0)])
    np.testing.assert_allclose(*map(keras.ops.convert_to_numpy, (sparse(x), dense(x))), rtol=1e-4, atol=1e-4)
    with pytest.raises(ValueError, match="connections must have 2 rows, but got 3"):
        SparseConv2D(full, 5)(x[..., :2])


@pytest.mark.parametrize("variant", ["1998", "plain"])
@pytest.mark.parametrize("size", [(28, 28), (29, 31), (28, 40), (33, 32)])
def test_small_images_lie_in_the_middle_of_32(variant, size, randomize):
    model = randomize(lenet5(variant, (*size, 1)))
    x = images(2, *size, 1)
    down, right = (max(32 - side, 0) for side in size)
    larger = np.pad(x, [(0, 0), (down // 2, down - down // 2), (right // 2, right - right // 2), (0, 0)])
    reference = lenet5(variant, larger.shape[1:])
    assert "pad" not in [layer.name for layer in reference.layers]
    reference.set_weights(model.get_weights())
    np.testing.assert_allclose(model.predict(x, verbose=0), reference.predict(larger, verbose=0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("variant", ["1998", "plain"])
@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 47, 3), (45, 33, 2)])
def test_any_image_from_28_up(variant, shape):
    top = lenet5(variant, shape, classes=7)
    shares = top.predict(images(2, *shape), verbose=0)
    assert shares.shape == (2, 7)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-4)
    maps = lenet5(variant, shape, include_top=False)
    assert maps.layers[-1].name == "S4"
    assert maps.output_shape == top.get_layer("S4").output.shape


@pytest.mark.parametrize("variant", ["1998", "plain"])
def test_receptive_fields(variant):
    model = lenet5(variant)
    for name, size, jump in [("C1", 5, 1), ("S2", 6, 2), ("C3", 14, 2), ("S4", 16, 4), ("C5", 32, 4)]:
        field = receptive_field(model, name)
        assert (field.size, field.jump) == ((size, size), (jump, jump)), name
    measured = measured_receptive_field(model, "S4")
    assert (measured.size, measured.jump, measured.start) == ((16, 16), (4, 4), receptive_field(model, "S4").start)


@pytest.mark.parametrize("variant", ["1998", "plain"])
def test_a_file_gives_the_net_back(variant, randomize, reloaded):
    model = randomize(lenet5(variant, classes=9))
    again = reloaded(model)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert again.count_params() == model.count_params()
    x = images(2, 32, 32, 1)
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)


@pytest.mark.parametrize(
    "own, words",
    [
        ({"input_shape": (27, 28, 1)}, r"input_shape must be at least \(28, 28, 1\)"),
        ({"input_shape": (28, 27, 1)}, r"input_shape must be at least \(28, 28, 1\)"),
        ({"input_shape": (28, 28, 0)}, r"input_shape must be at least \(28, 28, 1\)"),
        ({"width": 0.25}, "width must be 1 for variant '1998'"),
        ({"classes": 11}, "classes must be at most 10 for variant '1998'"),
        ({"variant": "1989"}, "variant must be one of '1998', 'plain', but got '1989'"),
        ({"variant": 1998}, "variant must be one of '1998', 'plain', but got 1998"),
    ],
)
def test_what_it_refuses(own, words):
    with pytest.raises(ValueError, match=words):
        lenet5(**own)
