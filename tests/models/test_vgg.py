"""VGG against the paper's tables, and against `keras.applications` with the same weights."""

import keras
import numpy as np
import pytest
from keras import ops
from nets import images

from course.anatomy import anatomy
from course.autodiff import weight_gradients
from course.models import vgg
from course.receptive_field import receptive_field

# Table 1 of the paper, block by block: the kernel sizes of each.
KERNELS = {
    "A": [[3], [3], [3, 3], [3, 3], [3, 3]],
    "A-LRN": [[3], [3], [3, 3], [3, 3], [3, 3]],
    "B": [[3, 3], [3, 3], [3, 3], [3, 3], [3, 3]],
    "C": [[3, 3], [3, 3], [3, 3, 1], [3, 3, 1], [3, 3, 1]],
    "D": [[3, 3], [3, 3], [3, 3, 3], [3, 3, 3], [3, 3, 3]],
    "E": [[3, 3], [3, 3], [3, 3, 3, 3], [3, 3, 3, 3], [3, 3, 3, 3]],
}
FILTERS = [64, 128, 256, 512, 512]
SIDES = [224, 112, 56, 28, 14]
WEIGHT_LAYERS = {"A": 11, "A-LRN": 11, "B": 13, "C": 16, "D": 16, "E": 19}  # the first row of table 1
MILLIONS = {"A": 133, "A-LRN": 133, "B": 133, "C": 134, "D": 138, "E": 144}  # table 2
EXACTLY = {"A": 132_863_336, "B": 133_047_848, "D": 138_357_544, "E": 143_667_240}  # as torchvision lists them
DENSE = {
    "fc6": ((7 * 7 * 512 + 1) * 4096, 7 * 7 * 512 * 4096),
    "fc7": ((4096 + 1) * 4096, 4096 * 4096),
    "fc8": ((4096 + 1) * 1000, 4096 * 1000),
}
KERAS = {"D": keras.applications.VGG16, "E": keras.applications.VGG19}


def rows(configuration):
    """Return {layer: (parameters, multiply-adds)} of the convolutions, by hand from the tables above."""
    counts, seen = {}, 3
    for number, (kernels, filters, side) in enumerate(
        zip(KERNELS[configuration], FILTERS, SIDES, strict=True), start=1
    ):
        for place, kernel in enumerate(kernels, start=1):
            products = kernel * kernel * seen * filters
            counts[f"conv{number}_{place}"] = (products + filters, side * side * products)
            seen = filters
    return counts


@pytest.mark.parametrize("configuration", KERNELS)
def test_counts_row_by_row(configuration, zeros):
    table = anatomy(vgg(configuration)).set_index("layer")
    counts = rows(configuration) | DENSE
    assert len(counts) == WEIGHT_LAYERS[configuration]
    weighty = table[table.parameters > 0]
    assert dict(zip(weighty.index, zip(weighty.parameters, weighty.multiply_adds, strict=True), strict=True)) == counts
    total = table.attrs["trainable_parameters"]
    assert total == sum(parameters for parameters, _ in counts.values()) == EXACTLY.get(configuration, total)
    assert round(total / 1e6) == MILLIONS[configuration]
    assert table.attrs["multiply_adds"] == sum(products for _, products in counts.values())
    for number, (side, filters) in enumerate(zip(SIDES, FILTERS, strict=True), start=1):
        assert table.output_shape[f"conv{number}_1"] == (None, side, side, filters)
        assert table.output_shape[f"pool{number}"] == (None, side // 2, side // 2, filters)
    assert table.output_shape["fc8"] == (None, 1000)


def test_published_multiply_adds():
    """He et al. (2016) give 15.3 and 19.6 billion, for the convolutions of D alone, and for all of E."""
    assert round(sum(products for _, products in rows("D").values()) / 1e9, 1) == 15.3
    assert round(sum(products for _, products in (rows("E") | DENSE).values()) / 1e9, 1) == 19.6


# --- behaviour --------------------------------------------------------------------------------------------------------


def given(model, other):
    """Give `other` the weights of `model`, layer by layer in their order, and return it."""
    mine = [layer for layer in model.layers if layer.weights]
    theirs = [layer for layer in other.layers if layer.weights]
    for layer, twin in zip(mine, theirs, strict=True):
        twin.set_weights(layer.get_weights())
    return other


def agree(ours, theirs, x):
    ours, theirs = ours.predict(x, verbose=0), theirs.predict(x, verbose=0)
    assert theirs.std() > 1e-3
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4 * theirs.max())


@pytest.mark.parametrize("configuration", KERAS)
@pytest.mark.parametrize("shape", [(32, 32, 3), (75, 50, 1)])
def test_the_maps_are_those_of_keras(configuration, shape, randomize):
    model = randomize(vgg(configuration, shape, include_top=False))
    theirs = KERAS[configuration](weights=None, include_top=False, input_shape=shape)
    agree(model, given(model, theirs), images(2, *shape))


def test_the_classes_are_those_of_keras(randomize):
    model = randomize(vgg("D", (32, 64, 3), classes=10))
    theirs = KERAS["D"](weights=None, input_shape=(32, 64, 3), classes=10)
    agree(model, given(model, theirs), images(2, 32, 64, 3))


@pytest.mark.long
@pytest.mark.parametrize("configuration", KERAS)
def test_the_whole_net_is_that_of_keras(configuration, randomize):
    """On the paper's 224×224 pixels; takes 3 GB."""
    model = randomize(vgg(configuration))
    agree(model, given(model, KERAS[configuration](weights=None)), images(1, 224, 224, 3))


def slowly(x, configuration, w):
    """The maps of the last pooling, from table 1 as it stands above."""
    for number, kernels in enumerate(KERNELS[configuration], start=1):
        for place in range(1, len(kernels) + 1):
            kernel, bias = w[f"conv{number}_{place}"]
            assert kernel.shape[:2] == (kernels[place - 1],) * 2
            x = ops.convert_to_numpy(ops.relu(ops.conv(ops.convert_to_tensor(x), kernel, padding="same") + bias))
            if configuration == "A-LRN" and number == 1:
                near = [x[..., max(0, i - 2) : i + 3] for i in range(x.shape[-1])]
                x = x / (2 + 1e-4 * np.stack([(maps**2).sum(axis=-1) for maps in near], axis=-1)) ** 0.75
        x = ops.convert_to_numpy(ops.max_pool(ops.convert_to_tensor(x), 2, strides=2))
    return x


@pytest.mark.parametrize("configuration", KERNELS)
def test_it_computes_what_table_1_says(configuration, randomize):
    shape = (40, 67, 3)
    model = randomize(vgg(configuration, shape, include_top=False, width=0.25))
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = images(2, *shape, scale=100.0)  # so large that normalization makes a difference
    wanted = slowly(x, configuration, weights)
    assert wanted.std() > 1e-3
    np.testing.assert_allclose(model.predict(x, verbose=0), wanted, rtol=1e-3, atol=1e-4 * wanted.max())


@pytest.mark.parametrize("configuration", KERNELS)
def test_gradient_reaches_every_weight(configuration, randomize):
    model = randomize(vgg(configuration, (64, 64, 3), classes=4, width=0.125), alive=True)
    slopes = weight_gradients(model, images(4, 64, 64, 3), np.arange(4), "sparse_categorical_crossentropy")
    assert len(slopes) == 2 * WEIGHT_LAYERS[configuration]
    for path, slope in slopes.items():
        assert (slope != 0).all(), path


# --- sizes, channels, widths ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("configuration", KERNELS)
def test_the_smallest_image(configuration):
    for shape in [(32, 32, 1), (33, 63, 3)]:
        model = vgg(configuration, shape, classes=3, width=0.02)
        assert model.get_layer("pool5").output.shape == (None, 1, 1, 10)  # 512 · 0.02
        shares = model.predict(images(2, *shape), verbose=0)
        np.testing.assert_allclose(shares.sum(axis=1), [1, 1], rtol=1e-4)
    for shape in [(31, 32, 3), (32, 31, 3)]:
        with pytest.raises(ValueError, match=r"input_shape must be at least \(32, 32, 1\)"):
            vgg(configuration, shape)


def test_open_sizes():
    maps = vgg("B", (None, None, 1), include_top=False, width=0.05)
    assert maps.layers[-1].name == "pool5"
    assert maps.predict(images(1, 70, 100, 1), verbose=0).shape == (1, 2, 3, 26)
    with pytest.raises(TypeError, match="input_shape must hold ints"):
        vgg("B", (None, None, 1))


@pytest.mark.parametrize("configuration", ["A-LRN", "C"])
def test_a_file_gives_the_net_back(configuration, randomize, reloaded):
    model = randomize(vgg(configuration, (32, 32, 3), classes=4, width=0.05))
    again = reloaded(model)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    x = images(2, 32, 32, 3)
    np.testing.assert_allclose(again.predict(x, verbose=0), model.predict(x, verbose=0), rtol=1e-5)


def test_names():
    names = [layer.name for layer in vgg("A-LRN", (32, 32, 3), width=0.01).layers]
    assert " ".join(names) == (
        "image conv1_1 norm1 pool1 conv2_1 pool2 conv3_1 conv3_2 pool3 conv4_1 conv4_2 pool4 conv5_1 conv5_2 pool5 "
        "flatten fc6 dropout6 fc7 dropout7 fc8"
    )


def test_dropout_is_a_half():
    model = vgg("A", (32, 32, 3), width=0.01)
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.5, 0.5]


def test_receptive_fields():
    model = vgg("D", include_top=False, width=0.02)
    for name, size in [("conv1_2", 5), ("pool1", 6), ("conv3_3", 40), ("conv5_3", 196), ("pool5", 212)]:
        assert receptive_field(model, name).size == (size, size)
