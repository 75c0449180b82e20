"""The ledger: its verdicts hold, and a number that does not fit is refused."""

import math
import re
from decimal import Decimal

import numpy as np
import pytest

from course import facts
from course.facts import CLAIMS, DIFFERENTLY, EQUAL, ROUNDED, TRUNCATED, WRONG, Claim

# What each claim's number is, worked out here on its own: from the definitions, with Python's math alone.
ROOT = math.sqrt(2 / math.pi)
ALPHA = -ROOT / (math.erfc(1 / math.sqrt(2)) * math.sqrt(math.e) - 1)  # Klambauer et al. (2017), equation 14


def gelu(x):
    return 0.5 * x * (1 + math.tanh(ROOT * (x + 0.044715 * x**3)))


def selu_scale():
    """Klambauer et al. (2017), equation 14, second half."""
    c = math.erfc(1 / math.sqrt(2)) * math.sqrt(math.e)
    d = math.erfc(math.sqrt(2)) * math.e**2
    return (1 - c) * math.sqrt(2 * math.pi) / math.sqrt(2 * d + math.pi * c**2 - 2 * (2 + math.pi) * c + math.pi + 2)


COMPUTED = {
    "neurons.gelu_slope": (gelu(1 + 1e-6) - gelu(1 - 1e-6)) / 2e-6,
    "neurons.gelu_coefficient": 1.5 * 0.044715 * ROOT,
    "neurons.gelu_linear": 1 / math.sqrt(2 * math.pi),
    "neurons.gelu_tanh_cubic": 0.044715 * ROOT,
    "neurons.gelu_tanh_linear": ROOT,
    "neurons.elu_alpha": 1.0,
    "neurons.leaky_relu_alpha": 0.3,
    "neurons.rrelu_divisor": (3 + 8) / 2,
    "neurons.selu_scale": selu_scale(),
    "neurons.selu_alpha": ALPHA,
}


IMAGE = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]

COMPUTED |= {
    "convolution.dense_parameters": 640 * 480 * 3 * 1000 + 1000,
    "convolution.example_first": 3 * 1 + 2 * 2 + 0 * 2 + 0 * 2 + 1 * 1 + 2 * 2,  # the kernel's six weights above 0
    "convolution.example_last": 2 * 1 + 3 * 2 + 0 * 2 + 2 * 2 + 0 * 1 + 1 * 2,
    "convolution.example_average": sum(sum(row[:3]) for row in IMAGE[1:4]) / 9,
    "convolution.slide_two_sides": 1 * 4 + 2 * 3,  # f(0) g(1) + f(1) g(0)
    "convolution.odd_input": len([start for start in range(-1, 7, 2) if start + 3 <= 7]),
    "convolution.dilated": len([start for start in range(7) if start + 2 + 2 < 7]),
    "convolution.transposed_input": len([start for start in range(-1, 7, 2) if start + 3 <= 7]),
    "convolution.alexnet_size": len(range(0, 227 - 11 + 1, 4)),
    "convolution.alexnet_parameters": 11 * 11 * 3 * 96 + 96,
    "convolution.alexnet_neurons": 55 * 55 * 96,
}

COMPUTED |= {  # 1, and for each layer k − 1 steps of the product of the strides before it
    "receptive_fields.alexnet": 1 + 10 * 1 + 2 * 4 + 4 * 8 + 2 * 8 + 3 * 2 * 16 + 2 * 16,
    "receptive_fields.vgg16": 1 + 2 * 2 + 1 + 2 * 4 + 2 + 3 * 8 + 4 + 3 * 16 + 8 + 3 * 32 + 16,
    "receptive_fields.resnet50": 1 + 6 + 2 * 2 + 2 * (3 * 4 + 4 * 8 + 6 * 16 + 3 * 32),
    "receptive_fields.resnet101": 1 + 6 + 2 * 2 + 2 * (3 * 4 + 4 * 8 + 23 * 16 + 3 * 32),
    "receptive_fields.resnet152": 1 + 6 + 2 * 2 + 2 * (3 * 4 + 8 * 8 + 36 * 16 + 3 * 32),
    "receptive_fields.resnet50_v15": 1 + 6 + 2 * 2 + 2 * (3 * 4 + 4 + 3 * 8 + 8 + 5 * 16 + 16 + 2 * 32),
    "receptive_fields.resnet101_v15": 1 + 6 + 2 * 2 + 2 * (3 * 4 + 4 + 3 * 8 + 8 + 22 * 16 + 16 + 2 * 32),
    "receptive_fields.resnet152_v15": 1 + 6 + 2 * 2 + 2 * (3 * 4 + 4 + 7 * 8 + 8 + 35 * 16 + 16 + 2 * 32),
    "receptive_fields.one_7x7": 100 * (7 * 7 - 3 * 9) / (3 * 9),
}


# GoogLeNet, table 1 of the paper: (side of the maps, maps that come in, 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool proj)
INCEPTION = {
    "3a": (28, 192, 64, 96, 128, 16, 32, 32),
    "3b": (28, 256, 128, 128, 192, 32, 96, 64),
    "4a": (14, 480, 192, 96, 208, 16, 48, 64),
    "4b": (14, 512, 160, 112, 224, 24, 64, 64),
    "4c": (14, 512, 128, 128, 256, 24, 64, 64),
    "4d": (14, 512, 112, 144, 288, 32, 64, 64),
    "4e": (14, 528, 256, 160, 320, 32, 128, 128),
    "5a": (7, 832, 256, 160, 320, 32, 128, 128),
    "5b": (7, 832, 384, 192, 384, 48, 128, 128),
}


def googlenet_rows():
    """Return {row: (weights, biases, multiply-adds)} of table 1."""
    rows = {
        "conv1": (49 * 3 * 64, 64, 112**2 * 49 * 3 * 64),
        "conv2": (64 * 64 + 9 * 64 * 192, 64 + 192, 56**2 * (64 * 64 + 9 * 64 * 192)),
        "linear": (1024 * 1000, 1000, 1024 * 1000),
    }
    for row, (side, c, one, reduce3, three, reduce5, five, pool) in INCEPTION.items():
        weights = c * (one + reduce3 + reduce5 + pool) + 9 * reduce3 * three + 25 * reduce5 * five
        rows[row] = weights, one + reduce3 + three + reduce5 + five + pool, side**2 * weights
    return rows


def resnet_counts(blocks, bottleneck=False, projections=True):
    """Return (trainable parameters, filters of all convolutions, multiply-adds) of a net of table 1 of He et al."""
    convolutions = [(7, 3, 64, 112)]  # window, maps in, maps out, side of the output
    maps = 64
    for stage, count in enumerate(blocks):
        filters, side = 64 * 2**stage, 56 // 2**stage
        out = 4 * filters if bottleneck else filters
        for _ in range(count):
            if maps != out and projections:
                convolutions.append((1, maps, out, side))
            if bottleneck:
                convolutions += [(1, maps, filters, side), (3, filters, filters, side), (1, filters, out, side)]
            else:
                convolutions += [(3, maps, filters, side), (3, filters, filters, side)]
            maps = out
    weights = sum(k * k * c * f for k, c, f, _ in convolutions)
    filters = sum(f for *_, f, _ in convolutions)
    products = sum(k * k * c * f * side**2 for k, c, f, side in convolutions)
    return weights + 2 * filters + 1000 * maps + 1000, filters, products + 1000 * maps


def cifar_parameters(n):
    """Return the trainable parameters of 6n + 2 layers on images of 32×32 with ten classes, shortcuts without any."""
    stages = 2 * n * 16 * 16 + (16 * 32 + (2 * n - 1) * 32 * 32) + (32 * 64 + (2 * n - 1) * 64 * 64)
    normalization = 2 * ((2 * n + 1) * 16 + 2 * n * 32 + 2 * n * 64)
    return 9 * 3 * 16 + 9 * stages + normalization + 64 * 10 + 10


ROWS = googlenet_rows()
GOOGLENET = sum(weights + biases for weights, biases, _ in ROWS.values())
RESNET_152 = resnet_counts((3, 8, 36, 3), bottleneck=True)

COMPUTED |= {
    "googlenet.parameters": GOOGLENET,
    "googlenet.torchvision": GOOGLENET,
    "googlenet.fewer_than_alexnet": 60_965_224 / GOOGLENET,
    "googlenet.layers": 3 + 2 * 9 + 1,
    "googlenet.layers_with_pooling": 3 + 2 * 9 + 1 + 4 + 1,
    "googlenet.multiply_adds": sum(products for *_, products in ROWS.values()) / 1e9,
    **{f"googlenet.parameters_{row}": (weights + biases) / 1024 for row, (weights, biases, _) in ROWS.items()},
    **{f"googlenet.multiply_adds_{row}": products / 1e6 for row, (*_, products) in ROWS.items()},
    "resnet.parameters_50_keras": resnet_counts((3, 4, 6, 3), bottleneck=True)[0],
    # The first 1×1 of conv3_x, conv4_x and conv5_x then has outputs of twice the side.
    "resnet.multiply_adds_50_stride_in_3x3": (
        resnet_counts((3, 4, 6, 3), bottleneck=True)[2]
        + 3 * (28**2 * 256 * 128 + 14**2 * 512 * 256 + 7**2 * 1024 * 512)
    )
    / 1e9,
    "resnet.parameters_152": RESNET_152[0],
    "resnet.parameters_152_rounded": RESNET_152[0],
    "resnet.parameters_152_keras": RESNET_152[0],
    "resnet.keras_biases": RESNET_152[1],
    "resnet.keras_statistics": 2 * RESNET_152[1],
    "resnet.multiply_adds_18": resnet_counts((2, 2, 2, 2))[2] / 1e9,
    "resnet.multiply_adds_34": resnet_counts((3, 4, 6, 3))[2] / 1e9,
    "resnet.multiply_adds_50": resnet_counts((3, 4, 6, 3), bottleneck=True)[2] / 1e9,
    "resnet.multiply_adds_101": resnet_counts((3, 4, 23, 3), bottleneck=True)[2] / 1e9,
    "resnet.multiply_adds_152": RESNET_152[2] / 1e9,
    "resnet.multiply_adds_plain_34": resnet_counts((3, 4, 6, 3), projections=False)[2] / 1e9,
    **{f"resnet.parameters_cifar_{6 * n + 2}": cifar_parameters(n) / 1e6 for n in (3, 5, 7, 9, 18)},
}


def test_whys_that_are_numbers():
    """What the ledger says of the nets besides the numbers that `facts.check` compares."""
    narrower = sum(16 * reduce5 * five for *_, reduce5, five, _ in INCEPTION.values())
    assert (narrower, sum(biases for _, biases, _ in ROWS.values()) - 1000) == (380_928, 7_280)
    assert GOOGLENET - 380_928 + 7_280 == 6_624_904
    two_steps = 49 * 3 * 8 + 24 * 64
    assert (round((two_steps + 64) / 1024, 1), round(112**2 * two_steps / 1e6)) == (2.7, 34)
    assert 34 + 360 + 128 + 304 + 73 + 88 + 100 + 119 + 170 + 54 + 71 + 1 == 1502
    assert 6797 < 2.7 + 112 + 159 + 380 + 364 + 437 + 463 + 580 + 840 + 1072 + 1388 + 1000 < 6798
    for row, published, millions in (("4a", 364, 73), ("5a", 1072, 54)):  # the other module that both columns have
        assert abs(published * 1024 * INCEPTION[row][0] ** 2 / 1e6 - millions) < 0.5
    assert RESNET_152[0] + RESNET_152[1] + 2 * RESNET_152[1] == 60_419_944


# LeNet-5 and AlexNet: (weights of a window, maps it sees, filters, places); a dense layer is a window of one weight.
LENET = {"c1": (25, 1, 6, 28 * 28), "c5": (25, 16, 120, 1), "f6": (1, 120, 84, 1)}
TOWERS = [(121, 3, 96), (25, 48, 256), (9, 256, 384), (9, 192, 384), (9, 192, 256)]
ONE_TOWER = [(121, 3, 96), (25, 96, 256), (9, 256, 384), (9, 384, 384), (9, 384, 256)]
LATER = [(121, 3, 64), (25, 64, 192), (9, 192, 384), (9, 384, 256), (9, 256, 256)]
DENSE = [(1, 6 * 6 * 256, 4096), (1, 4096, 4096), (1, 4096, 1000)]
C3 = (6 * 3 + 9 * 4 + 1 * 6) * 25 + 16  # six maps see three each, nine see four, one sees all six


def weights_and_biases(rows):
    return sum((window * seen + 1) * filters for window, seen, filters, *_ in rows)


COMPUTED |= {
    **{f"lenet.parameters_{name}": weights_and_biases([row]) for name, row in LENET.items()},
    "lenet.parameters_s2": 2 * 6,
    "lenet.parameters_c3": C3,
    "lenet.parameters_s4": 2 * 16,
    "lenet.parameters": weights_and_biases(LENET.values()) + 2 * 6 + C3 + 2 * 16,
    "lenet.connections": sum((window * seen + 1) * filters * places for window, seen, filters, places in LENET.values())
    + (4 + 1) * 6 * 14 * 14
    + C3 * 10 * 10
    + (4 + 1) * 16 * 5 * 5
    + 84 * 10,
    "lenet.parameters_plain": weights_and_biases([*LENET.values(), (25, 6, 16), (1, 84, 10)]),
    "lenet.filter": 5 * 5,
    "alexnet.first_layer": weights_and_biases(TOWERS[:1]),
    "alexnet.first_layer_dense": (227 * 227 * 3 + 1) * 55 * 55 * 96,
    "alexnet.input_size": (55 - 1) * 4 + 11,
    "alexnet.parameters": weights_and_biases(TOWERS + DENSE),
    "alexnet.two_towers": weights_and_biases(TOWERS + DENSE),
    "alexnet.one_tower": weights_and_biases(ONE_TOWER + DENSE),
    "alexnet.later": weights_and_biases(LATER + DENSE),
    "alexnet.crops": 2 * len([left for left in range(256) if left + 224 <= 256]) ** 2,
    "alexnet.neurons": 55**2 * 96 + 27**2 * 256 + 13**2 * (384 + 384 + 256) + 4096 + 4096 + 1000,
}


# VGG, table 1 of the paper: block by block the kernel sizes; a block has as many filters in every configuration.
BLOCKS = {
    "a": ("3", "3", "33", "33", "33"),
    "a_lrn": ("3", "3", "33", "33", "33"),
    "b": ("33", "33", "33", "33", "33"),
    "c": ("33", "33", "331", "331", "331"),
    "d": ("33", "33", "333", "333", "333"),
    "e": ("33", "33", "3333", "3333", "3333"),
}
FILTERS, SIDES = (64, 128, 256, 512, 512), (224, 112, 56, 28, 14)
HEAD = [(1, 7 * 7 * 512, 4096), (1, 4096, 4096), (1, 4096, 1000)]


def table_1(name):
    """Return (weights of a window, maps it sees, filters, side of the maps) for each convolution."""
    kernels = [
        (int(kernel) ** 2, filters, side)
        for block, filters, side in zip(BLOCKS[name], FILTERS, SIDES, strict=True)
        for kernel in block
    ]
    seen = [3, *(filters for _, filters, _ in kernels)]
    return [(window, maps, filters, side) for maps, (window, filters, side) in zip(seen, kernels, strict=False)]


def products(rows):
    return sum(window * seen * filters * side**2 for window, seen, filters, side in rows)


VGG_16 = weights_and_biases(table_1("d") + HEAD)
# The image, the maps of each block and what pooling leaves of them, and the dense layers.
VGG_16_MAPS = 224 * 224 * 3 + 4096 + 4096 + 1000 + sum(
    side**2 * filters * len(block) + (side // 2) ** 2 * filters
    for block, filters, side in zip(BLOCKS["d"], FILTERS, SIDES, strict=True)
)  # fmt: skip

COMPUTED |= {
    **{f"vgg.{name}": weights_and_biases(table_1(name) + HEAD) for name in BLOCKS},
    "vgg.parameters_d": VGG_16,
    "vgg.activations": VGG_16_MAPS,
    "vgg.activation_memory": VGG_16_MAPS * 4 / 1e6,
    "vgg.weight_memory": VGG_16 * 4 / 1e6,
    "vgg.multiply_adds_d": products(table_1("d")) / 1e9,
    "vgg.multiply_adds_e": (products(table_1("e")) + products((*row, 1) for row in HEAD)) / 1e9,
}


def test_whys_of_lenet_alexnet_and_vgg():
    """What the ledger says of these nets besides the numbers that `facts.check` compares."""
    assert ((25 * 6 + 1) * 16 - C3, 2 * 6 + 2 * 16, (84 + 1) * 10, 60_000 + 900 - 44 + 850) == (900, 44, 850, 61_706)
    assert (C3 - 16) / 25 == 60
    assert (55 * 48 * 96, 55 * 55 * 96) == (253_440, 290_400)
    assert 253_440 + 186_624 + 64_896 + 64_896 + 43_264 + 4096 + 4096 + 1000 == 622_312
    assert round((224 * 224 * 3 + 1) * 290_400 / 1e9, 1) == 43.7
    assert weights_and_biases(ONE_TOWER) - weights_and_biases(TOWERS) == 1_413_120
    assert weights_and_biases(table_1("c") + HEAD) == 133_638_952
    assert (weights_and_biases(table_1("d")), weights_and_biases(HEAD)) == (14_714_688, 123_642_856)
    assert 138 * 4 == 552
    dense = products((*row, 1) for row in HEAD)
    assert round((products(table_1("d")) + dense) / 1e9, 3) == 15.470
    assert (round(products(table_1("d")) / 1e9, 3), round(products(table_1("e")) / 1e9, 3)) == (15.347, 19.508)


# In 24 pixels there are 300 stretches, 144 of them of even length, and 92 of a length that three divides.
HAAR = 2 * 144 * 300 + 2 * 92 * 300 + 144 * 144

COMPUTED |= {
    **{f"training.he_{filters}": math.sqrt(2 / (3 * 3 * filters)) for filters in (64, 128, 256, 512)},
    "training.he_gradient": 100**9 * math.sqrt(2 / 9) ** 9 / math.sqrt(64 * 128**2 * 256**2 * 512**4),
    "training.lecun_tanh": (math.exp(4 / 3) + 1) / (math.exp(4 / 3) - 1),
    "training.haar_2001": HAAR,
    "training.haar_2004": HAAR,
}


COMPUTED |= {
    "augmentation.randaugment_operations": 14 - 1 - 1 - 1,
    "augmentation.contrast_lower": 1 - 0,  # 1 minus the lower end of the pair
    "augmentation.erased": sum((p + 0.5) / 1000 for p in range(1000)) / 1000,  # the mean probability
}


# MobileNet, table 1 of the paper: filters of the 1×1 in each of the 13 blocks, and the side of its maps.
MOBILENET = [(64, 112), *[(128, 56)] * 2, *[(256, 28)] * 2, *[(512, 14)] * 6, *[(1024, 7)] * 2]


def mobilenet_counts(width):
    """Return trainable parameters and multiply-adds of MobileNet of a width, in millions."""
    maps = int(32 * width)
    rows = [(9, 3, maps, 112)]  # window, maps that a filter sees, filters, side
    for filters, side in MOBILENET:
        rows += [(9, 1, maps, side), (1, maps, int(filters * width), side)]
        maps = int(filters * width)
    weights = sum(window * seen * filters for window, seen, filters, _ in rows)
    scales_and_shifts = 2 * sum(filters for *_, filters, _ in rows)
    return (weights + scales_and_shifts + 1000 * maps + 1000) / 1e6, (products(rows) + 1000 * maps) / 1e6


COMPUTED |= {
    "transfer.mobilenet_075_parameters": mobilenet_counts(0.75)[0],
    "transfer.mobilenet_075_multiply_adds": mobilenet_counts(0.75)[1],
    "transfer.mobilenet_100_parameters": mobilenet_counts(1)[0],
    "transfer.mobilenet_100_multiply_adds": mobilenet_counts(1)[1],
    "transfer.keras_multiply_adds": mobilenet_counts(1)[1],
}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_verdict_holds(claim):
    assert facts.check(claim.name, COMPUTED[claim.name]).claim is claim


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_no_verdict_holds_for_another_number(claim):
    last_digit = Decimal((claim.computed or claim.published).replace(",", "")).as_tuple().exponent
    with pytest.raises(AssertionError, match=claim.name):
        facts.check(claim.name, COMPUTED[claim.name] + 10.0**last_digit)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_is_whole(claim):
    assert claim.verdict in facts.VERDICTS
    assert re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", claim.name)
    assert all((claim.text, claim.source, claim.published, claim.why))
    assert (claim.computed is not None) == (claim.verdict in (DIFFERENTLY, WRONG))


def test_names_are_unique():
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize(
    "published, verdict, computed, number, holds",
    [
        ("138,357,544", EQUAL, None, 138357544, True),
        ("138,357,544", EQUAL, None, 138357545, False),
        ("15.3e9", ROUNDED, None, 15346630656, True),
        ("15.3e9", ROUNDED, None, 15350000001, False),
        ("15.3", ROUNDED, None, 15.3, False),  # that would be equal
        ("3.8e9", TRUNCATED, None, 3858000000, True),
        ("3.8e9", TRUNCATED, None, 3818000000, False),  # that rounds to it
        ("3.8e9", TRUNCATED, None, 3958000000, False),
        ("64e6", WRONG, "60,192,808", 60192808, True),
        ("64e6", WRONG, "60,192,808", 60192809, False),
        ("64e6", WRONG, "63,900,000", 63900000, False),  # rounds to what was published: not wrong
        ("0.1 to 0.3", DIFFERENTLY, "0.01", 0.01, True),
    ],
)
def test_a_verdict_means_what_it_says(published, verdict, computed, number, holds):
    claim = Claim("topic.name", "a number", "a source", published, verdict, "why", computed)
    assert facts.holds(claim, facts.Decimal(str(number))) is holds


@pytest.mark.parametrize("bad, error", [("1", TypeError), (True, TypeError), (None, TypeError), (math.nan, ValueError)])
def test_what_is_no_number_is_refused(bad, error):
    with pytest.raises(error, match="computed must be"):
        facts.check("neurons.selu_scale", bad)


def test_numpys_numbers_are_numbers():
    assert facts.check("neurons.rrelu_divisor", np.float32(5.5)).computed == "5.5"


def test_an_unknown_claim_is_named():
    with pytest.raises(ValueError, match=r"no claim 'nonsense'; it has neurons\."):
        facts.check("nonsense", 1)


def test_table_has_a_row_for_each_claim():
    checks = [facts.check(name, number) for name, number in COMPUTED.items()]
    shown = facts.table(checks)
    assert list(shown.columns) == ["claim", "source", "published", "computed", "verdict", "why"]
    assert shown["computed"].tolist()[:2] == ["1.083", "0.0535161"]
