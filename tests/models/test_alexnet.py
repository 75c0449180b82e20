"""AlexNet against the paper's sizes, against counts by hand, and against two towers computed one by one."""

import keras
import numpy as np
import pytest
from keras import ops

from course.anatomy import anatomy
from course.autodiff import weight_gradients
from course.models import alexnet
from course.receptive_field import receptive_field

VARIANTS = ["two_towers", "one_tower", "2014"]


def images(*shape, seed=0):
    """Values so large that normalization, whose α is 10⁻⁴, makes a difference."""
    return np.random.default_rng(seed).normal(0.0, 100.0, shape).astype("float32")


# --- counts: the paper's table by hand --------------------------------------------------------------------------------

ROWS = {  # parameters = (window · maps seen + 1) · filters; multiply-adds = places · window · maps seen · filters
    "two_towers": {
        "conv1": ((121 * 3 + 1) * 96, 55 * 55 * 121 * 3 * 96),
        "conv2": ((25 * 48 + 1) * 256, 27 * 27 * 25 * 48 * 256),
        "conv3": ((9 * 256 + 1) * 384, 13 * 13 * 9 * 256 * 384),
        "conv4": ((9 * 192 + 1) * 384, 13 * 13 * 9 * 192 * 384),
        "conv5": ((9 * 192 + 1) * 256, 13 * 13 * 9 * 192 * 256),
    },
    "one_tower": {
        "conv1": ((121 * 3 + 1) * 96, 55 * 55 * 121 * 3 * 96),
        "conv2": ((25 * 96 + 1) * 256, 27 * 27 * 25 * 96 * 256),
        "conv3": ((9 * 256 + 1) * 384, 13 * 13 * 9 * 256 * 384),
        "conv4": ((9 * 384 + 1) * 384, 13 * 13 * 9 * 384 * 384),
        "conv5": ((9 * 384 + 1) * 256, 13 * 13 * 9 * 384 * 256),
    },
    "2014": {
        "conv1": ((121 * 3 + 1) * 64, 55 * 55 * 121 * 3 * 64),
        "conv2": ((25 * 64 + 1) * 192, 27 * 27 * 25 * 64 * 192),
        "conv3": ((9 * 192 + 1) * 384, 13 * 13 * 9 * 192 * 384),
        "conv4": ((9 * 384 + 1) * 256, 13 * 13 * 9 * 384 * 256),
        "conv5": ((9 * 256 + 1) * 256, 13 * 13 * 9 * 256 * 256),
    },
}
DENSE = {
    "fc6": ((9216 + 1) * 4096, 9216 * 4096),
    "fc7": ((4096 + 1) * 4096, 4096 * 4096),
    "fc8": ((4096 + 1) * 1000, 4096 * 1000),
}
TOTALS = {"two_towers": 60_965_224, "one_tower": 62_378_344, "2014": 61_100_840}
SIDES = {  # layer, side, maps
    "two_towers": "conv1 55 96, pool1 27 96, conv2 27 256, pool2 13 256, conv3 13 384, conv4 13 384, conv5 13 256, pool5 6 256",
    "one_tower": "conv1 55 96, pool1 27 96, conv2 27 256, pool2 13 256, conv3 13 384, conv4 13 384, conv5 13 256, pool5 6 256",
    "2014": "conv1 55 64, pool1 27 64, conv2 27 192, pool2 13 192, conv3 13 384, conv4 13 256, conv5 13 256, pool5 6 256",
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_counts_row_by_row(variant, zeros):
    model = alexnet(variant)
    side = 224 if variant == "2014" else 227
    assert model.input_shape == (None, side, side, 3)
    table = anatomy(model).set_index("layer")
    for name, counts in (ROWS[variant] | DENSE).items():
        assert (table.trainable_parameters[name], table.multiply_adds[name]) == counts, name
    assert table.attrs["trainable_parameters"] == table.attrs["parameters"] == TOTALS[variant]
    assert table.attrs["multiply_adds"] == sum(count for _, count in (ROWS[variant] | DENSE).values())
    for row in SIDES[variant].split(", "):
        name, side, maps = row.split()
        assert table.output_shape[name] == (None, int(side), int(side), int(maps)), name
    assert [table.output_shape[name][1] for name in DENSE] == [4096, 4096, 1000]
    assert table.receptive_field["pool5"] == (195, 195)
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [0.5, 0.5]


# --- behaviour --------------------------------------------------------------------------------------------------------


def convolved(x, kernel, bias, strides=1, padding="same"):
    return ops.relu(ops.conv(x, kernel, strides=strides, padding=padding) + bias)


def normalized(maps):
    """Section 3.3 of the paper, map by map."""
    a = ops.convert_to_numpy(maps)
    b, last = np.empty_like(a), a.shape[-1] - 1
    for i in range(last + 1):
        near = a[..., max(0, i - 2) : min(last, i + 2) + 1]
        b[..., i] = a[..., i] / (2 + 1e-4 * (near**2).sum(axis=-1)) ** 0.75
    return b


def pooled(maps):
    return ops.max_pool(maps, 3, strides=2)


def half(weights, tower):
    """Return the filters that live on one of two GPUs."""
    return np.split(weights, 2, axis=-1)[tower]


def classified(x, w):
    x = ops.reshape(x, (len(x), -1))
    x = ops.relu(x @ w["fc6"][0] + w["fc6"][1])
    x = ops.relu(x @ w["fc7"][0] + w["fc7"][1])
    return ops.convert_to_numpy(ops.softmax(x @ w["fc8"][0] + w["fc8"][1]))


def in_two_towers(image, w):
    """The paper's figure 2: each GPU runs on its own, but for conv3 and the dense layers."""
    towers = []
    for gpu in range(2):
        x = convolved(image, half(w["conv1"][0], gpu), half(w["conv1"][1], gpu), 4, "valid")
        x = pooled(normalized(x))
        x = convolved(x, half(w["conv2"][0], gpu), half(w["conv2"][1], gpu))
        towers.append(pooled(normalized(x)))
    both = np.concatenate([ops.convert_to_numpy(x) for x in towers], axis=-1)
    for gpu in range(2):
        x = convolved(both, half(w["conv3"][0], gpu), half(w["conv3"][1], gpu))
        x = convolved(x, half(w["conv4"][0], gpu), half(w["conv4"][1], gpu))
        x = convolved(x, half(w["conv5"][0], gpu), half(w["conv5"][1], gpu))
        towers[gpu] = ops.convert_to_numpy(pooled(x))
    return classified(np.concatenate(towers, axis=-1), w)


def in_one_tower(image, w):
    x = pooled(normalized(convolved(image, *w["conv1"], 4, "valid")))
    x = pooled(normalized(convolved(x, *w["conv2"])))
    x = convolved(convolved(convolved(x, *w["conv3"]), *w["conv4"]), *w["conv5"])
    return classified(pooled(x), w)


def as_in_2014(image, w):
    x = np.pad(image, [(0, 0), (2, 2), (2, 2), (0, 0)])
    x = pooled(convolved(x, *w["conv1"], 4, "valid"))
    x = pooled(convolved(x, *w["conv2"]))
    x = convolved(convolved(convolved(x, *w["conv3"]), *w["conv4"]), *w["conv5"])
    return classified(pooled(x), w)


SLOWLY = {"two_towers": in_two_towers, "one_tower": in_one_tower, "2014": as_in_2014}


def softened(model):
    """Return the model with a weaker last layer, so that no share is 0 or 1."""
    last = model.get_layer("fc8")
    last.set_weights([weights / 30 for weights in last.get_weights()])
    return model


@pytest.mark.parametrize("shape", [(99, 107, 3), (70, 67, 1)])
@pytest.mark.parametrize("variant", VARIANTS)
def test_it_computes_what_the_paper_says(variant, shape, randomize):
    model = softened(randomize(alexnet(variant, shape, classes=5, width=0.125)))
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    x = images(2, *shape) / (100 if variant == "2014" else 1)
    shares = model.predict(x, verbose=0)
    assert shares.min() > 1e-4
    np.testing.assert_allclose(shares, SLOWLY[variant](x, weights), rtol=1e-3, atol=1e-5)


def test_normalization_keeps_to_its_tower(randomize):
    """A change of the first tower's filters leaves the second tower's maps as they are, up to conv3."""
    model = randomize(alexnet("two_towers", (67, 67, 3), include_top=False, width=0.125))
    maps = keras.Model(model.input, [model.get_layer(name).output for name in ("pool2", "conv3")])
    x = images(1, 67, 67, 3)
    pool2, conv3 = maps.predict(x, verbose=0)
    kernel, bias = model.get_layer("conv1").get_weights()
    kernel[..., : kernel.shape[-1] // 2] *= 2
    model.get_layer("conv1").set_weights([kernel, bias])
    other_pool2, other_conv3 = maps.predict(x, verbose=0)
    first, second = np.split(np.abs(other_pool2 - pool2).max(axis=(0, 1, 2)), 2)
    assert first.max() > 0.01 and second.max() == 0
    assert all(part.max() > 1e-3 for part in np.split(np.abs(other_conv3 - conv3).max(axis=(0, 1, 2)), 2))


@pytest.mark.parametrize("variant", VARIANTS)
def test_gradient_reaches_every_weight(variant, randomize):
    model = randomize(alexnet(variant, (131, 131, 3), classes=4, width=0.125), alive=True)
    x = images(4, 131, 131, 3) / 100
    slopes = weight_gradients(model, x, np.arange(4), "sparse_categorical_crossentropy")
    assert len(slopes) == 16
    for path, slope in slopes.items():
        assert (slope != 0).all(), path


# --- sizes, channels, widths ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variant, least", [("two_towers", 67), ("one_tower", 67), ("2014", 63)])
def test_the_smallest_image(variant, least):
    maps = alexnet(variant, (least, least + 4, 1), include_top=False, width=0.1)
    assert maps.output_shape[1:3] == (1, 1)
    assert maps.layers[-1].name == "pool5"
    for shape in [(least - 1, least, 1), (least, least - 1, 1)]:
        with pytest.raises(ValueError, match=rf"input_shape must be at least \({least}, {least}, 1\)"):
            alexnet(variant, shape)


@pytest.mark.parametrize("variant", VARIANTS)
def test_any_width_and_any_size(variant):
    for width in (0.003, 0.25, 0.37):  # whatever the width, two towers take an even number of filters
        model = alexnet(variant, (75, 90, 3), classes=3, width=width)
        assert model.predict(images(1, 75, 90, 3), verbose=0).shape == (1, 3)
    assert model.get_layer("conv1").filters == {"two_towers": 36, "one_tower": 36, "2014": 24}[variant]  # 17.76 · 2, …
    assert model.get_layer("fc6").units == 1516  # 4096 · 0.37 = 1515.5
    maps = alexnet(variant, (None, None, 3), include_top=False, width=0.05)
    assert maps.predict(images(1, 100, 80, 3), verbose=0).shape[1:3] == (2, 1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_file_gives_the_net_back(variant, randomize, reloaded):
    model = softened(randomize(alexnet(variant, (67, 67, 3), classes=4, width=0.05)))
    again = reloaded(model)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    x = images(2, 67, 67, 3) / (100 if variant == "2014" else 1)
    shares = model.predict(x, verbose=0)
    assert shares.min() > 1e-4
    np.testing.assert_allclose(again.predict(x, verbose=0), shares, rtol=1e-5)


def test_names():
    names = [layer.name for layer in alexnet("2014", (63, 63, 3), width=0.01).layers]
    assert " ".join(names) == (
        "image pad1 conv1 pool1 conv2 pool2 conv3 conv4 conv5 pool5 flatten fc6 dropout6 fc7 dropout7 fc8"
    )
    names = [layer.name for layer in alexnet(input_shape=(67, 67, 3), width=0.01, include_top=False).layers]
    assert " ".join(names) == "image conv1 norm1 pool1 conv2 norm2 pool2 conv3 conv4 conv5 pool5"


def test_receptive_fields():
    model = alexnet(include_top=False, width=0.02)
    fields = {
        "conv1": (11, 4),
        "pool1": (19, 8),
        "conv2": (51, 8),
        "pool2": (67, 16),
        "conv3": (99, 16),
        "pool5": (195, 32),
    }
    for name, (size, jump) in fields.items():
        field = receptive_field(model, name)
        assert (field.size, field.jump) == ((size, size), (jump, jump)), name
