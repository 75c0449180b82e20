"""AlexNet, with which deep convolutional nets won the ImageNet challenge of 2012, in the three ways it is counted.

Krizhevsky, Sutskever and Hinton (2012), ImageNet classification with deep convolutional neural networks, section 3.5.
Krizhevsky (2014), One weird trick for parallelizing convolutional neural networks, arXiv:1404.5997.
"""

from typing import NamedTuple

import keras
from keras import layers

from course.models.arguments import check, one_of, scaled
from course.models.local_response_normalization import LocalResponseNormalization


class Convolution(NamedTuple):
    """A row of the table: a convolution with its ReLU, and what follows it."""

    filters: int
    kernel_size: int
    strides: int = 1
    padding: str | int = "same"
    groups: int = 1
    normalized: bool = False
    pooled: bool = False


class Variant(NamedTuple):
    rows: tuple
    towers: int
    size: int  # of the image, on each side
    least: int  # the size at which the last pooling has one place left


TWO_TOWERS = (
    Convolution(96, 11, strides=4, padding="valid", normalized=True, pooled=True),
    Convolution(256, 5, groups=2, normalized=True, pooled=True),
    Convolution(384, 3),
    Convolution(384, 3, groups=2),
    Convolution(256, 3, groups=2, pooled=True),
)
ONE_TOWER = tuple(row._replace(groups=1) for row in TWO_TOWERS)
LATER = (
    Convolution(64, 11, strides=4, padding=2, pooled=True),
    Convolution(192, 5, pooled=True),
    Convolution(384, 3),
    Convolution(256, 3),
    Convolution(256, 3, pooled=True),
)
VARIANTS = {
    "two_towers": Variant(TWO_TOWERS, towers=2, size=227, least=67),
    "one_tower": Variant(ONE_TOWER, towers=1, size=227, least=67),
    "2014": Variant(LATER, towers=1, size=224, least=63),
}


def alexnet(variant="two_towers", input_shape=None, classes=1000, include_top=True, width=1.0):
    """Return AlexNet as a functional Keras model: class probabilities, or the maps of `pool5`.

    variant: which of three nets that go by this name.
        "two_towers": the paper's. Two GPUs hold half of the maps each and exchange them before conv3 and in the dense
            layers only: conv2, conv4 and conv5 have two groups, and each GPU normalizes its own maps. 60,965,224
            parameters.
        "one_tower": the same filters without groups, 62,378,344 parameters.
        "2014": torchvision's net, after the code that Krizhevsky published with his paper of 2014: fewer filters, no
            normalization; 61,100,840 parameters. (The paper's footnote 1 has 384 filters in conv4, the code 256.
            torchvision averages the last maps to 6×6; an image of 224×224 leaves 6×6 anyway.)
    input_shape: (height, width, channels), at least 67 on each side, 63 for "2014"; with `include_top=False` height and
        width may be None. None stands for (227, 227, 3), and (224, 224, 3) for "2014". The paper says 224, but with its
        first layer 55×55 maps take 227, or two rows of zeros on each side as "2014" has them.
    classes: int. include_top: False leaves off the dense layers.
    width: a number by which filters and hidden units are multiplied, in each tower.
    Dropout follows fc6 and fc7, as in the paper (section 4.2).
    Raises TypeError or ValueError, naming the argument.
    """
    net = VARIANTS[one_of("variant", variant, VARIANTS)]
    input_shape = (net.size, net.size, 3) if input_shape is None else input_shape
    input_shape, classes = check(input_shape, classes, include_top, width, net.least, any_size=include_top is False)

    image = x = keras.Input(input_shape, name="image")
    for number, row in enumerate(net.rows, start=1):
        x = convolution(x, number, row, net.towers, width)

    if include_top:
        x = classifier(x, classes, width)
    return keras.Model(image, x, name=f"alexnet_{variant}")


def convolution(x, number, row, towers, width):
    """Return what a row of the table makes of the maps `x`: convolution, ReLU, normalization, overlapping pooling."""
    padding = row.padding
    if isinstance(padding, int):
        x, padding = layers.ZeroPadding2D(padding, name=f"pad{number}")(x), "valid"
    x = layers.Conv2D(
        towers * scaled(row.filters // towers, width),
        row.kernel_size,
        row.strides,
        padding,
        groups=row.groups,
        activation="relu",
        name=f"conv{number}",
    )(x)
    if row.normalized:
        x = LocalResponseNormalization(groups=towers, name=f"norm{number}")(x)
    if row.pooled:
        x = layers.MaxPooling2D(3, strides=2, name=f"pool{number}")(x)
    return x


def classifier(x, classes, width):
    """Return the class probabilities that three dense layers make of the last maps `x`; VGG has the same ones."""
    x = layers.Flatten(name="flatten")(x)
    for number in (6, 7):
        x = layers.Dense(scaled(4096, width), activation="relu", name=f"fc{number}")(x)
        x = layers.Dropout(0.5, name=f"dropout{number}")(x)
    return layers.Dense(classes, activation="softmax", name="fc8")(x)
