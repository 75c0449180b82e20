"""GoogLeNet, whose inception modules look at their input through windows of several sizes at once.

Szegedy et al. (2015), Going deeper with convolutions, arXiv:1409.4842, section 5. Layers have the names of table 1.
"""

from typing import NamedTuple

import keras
from keras import layers

from course.models.arguments import check, scaled
from course.models.local_response_normalization import LocalResponseNormalization


class Inception(NamedTuple):
    """The filters of a module, in the order of the paper's columns."""

    conv_1x1: int
    reduce_3x3: int
    conv_3x3: int
    reduce_5x5: int
    conv_5x5: int
    pool_proj: int


# The modules of the paper's table 1, by stage. A max-pooling, which halves the sides of the maps, precedes each stage.
STAGES = {
    3: {
        "a": Inception(64, 96, 128, 16, 32, 32),
        "b": Inception(128, 128, 192, 32, 96, 64),
    },
    4: {
        "a": Inception(192, 96, 208, 16, 48, 64),
        "b": Inception(160, 112, 224, 24, 64, 64),
        "c": Inception(128, 128, 256, 24, 64, 64),
        "d": Inception(112, 144, 288, 32, 64, 64),
        "e": Inception(256, 160, 320, 32, 128, 128),
    },
    5: {
        "a": Inception(256, 160, 320, 32, 128, 128),
        "b": Inception(384, 192, 384, 48, 128, 128),
    },
}
AUXILIARY = ("4a", "4d")  # the modules that an auxiliary classifier looks at
LEAST_AUXILIARY = 65  # the size of the image that leaves 5×5 maps there, what the classifier's pooling takes


def googlenet(auxiliary=True, input_shape=(224, 224, 3), classes=1000, include_top=True, width=1.0):
    """Return GoogLeNet as a functional Keras model: class probabilities, or the maps of `inception_5b`.

    auxiliary: True adds two classifiers on the way, for training (the paper weighs their losses by 0.3). The model then
        has three outputs of class probabilities: `classifier`, `auxiliary_4a_classifier`, `auxiliary_4d_classifier`.
        False, and with `include_top=False`, there are none, and one output.
    input_shape: (height, width, channels), at least 65 on each side where there are auxiliary classifiers; else at
        least 1, and height and width may be None.
    classes: int. include_top: False leaves off all classifiers.
    width: a number by which filters, and the hidden units of auxiliary classifiers, are multiplied.
    There are 6,998,552 parameters, and 13,378,280 with the auxiliary classifiers.
    The local response normalization of the paper's figure 3 has the constants of AlexNet, and weights start as in He
    et al. (2015), which suits ReLUs: the paper names neither.
    Raises TypeError or ValueError, naming the argument.
    """
    if not isinstance(auxiliary, bool):
        raise TypeError(f"auxiliary must be True or False, but got {auxiliary!r}")
    input_shape, classes = check(input_shape, classes, include_top, width, least=1, any_size=True)
    image = keras.Input(input_shape)
    heads = AUXILIARY if auxiliary and include_top else ()
    if heads and any(side is None or side < LEAST_AUXILIARY for side in image.shape[1:3]):
        raise ValueError(
            f"input_shape must be at least ({LEAST_AUXILIARY}, {LEAST_AUXILIARY}, 1) for auxiliary classifiers, but "
            f"got {tuple(input_shape)}; auxiliary=False takes any size"
        )

    x = convolution(image, scaled(64, width), 7, "conv1", strides=2)
    x = pooling(x, "pool1")
    x = LocalResponseNormalization(name="norm1")(x)
    x = convolution(x, scaled(64, width), 1, "conv2_reduce")
    x = convolution(x, scaled(192, width), 3, "conv2")
    x = LocalResponseNormalization(name="norm2")(x)

    on_the_way = []
    for stage, modules in STAGES.items():
        x = pooling(x, f"pool{stage - 1}")
        for letter, filters in modules.items():
            x = inception(x, filters, f"inception_{stage}{letter}", width)
            if f"{stage}{letter}" in heads:
                on_the_way.append(auxiliary_classifier(x, classes, f"auxiliary_{stage}{letter}", width))

    if include_top:
        x = layers.GlobalAveragePooling2D(name="average_pool")(x)
        x = layers.Dropout(0.4, name="dropout")(x)
        x = layers.Dense(classes, activation="softmax", name="classifier")(x)
    return keras.Model(image, [x, *on_the_way] if on_the_way else x, name="googlenet")


def inception(x, filters, name, width=1.0):
    """Return an inception module with dimension reduction of the maps `x` (the paper's figure 2b): four branches.

    filters: an `Inception`; `width` multiplies it. The output has the maps of all branches, one behind the other.
    """
    filters = Inception(*(scaled(count, width) for count in filters))

    one = convolution(x, filters.conv_1x1, 1, f"{name}_1x1")

    three = convolution(x, filters.reduce_3x3, 1, f"{name}_3x3_reduce")
    three = convolution(three, filters.conv_3x3, 3, f"{name}_3x3")

    five = convolution(x, filters.reduce_5x5, 1, f"{name}_5x5_reduce")
    five = convolution(five, filters.conv_5x5, 5, f"{name}_5x5")

    pool = pooling(x, f"{name}_pool", strides=1)
    pool = convolution(pool, filters.pool_proj, 1, f"{name}_pool_proj")

    return layers.Concatenate(name=name)([one, three, five, pool])


def auxiliary_classifier(x, classes, name, width):
    """Return the class probabilities of a small net on the maps `x` of a module (section 5, before figure 3)."""
    x = layers.AveragePooling2D(5, strides=3, name=f"{name}_average_pool")(x)
    x = convolution(x, scaled(128, width), 1, f"{name}_1x1")
    x = layers.Flatten(name=f"{name}_flatten")(x)
    x = layers.Dense(scaled(1024, width), activation="relu", kernel_initializer="he_normal", name=f"{name}_fc")(x)
    x = layers.Dropout(0.7, name=f"{name}_dropout")(x)
    return layers.Dense(classes, activation="softmax", name=f"{name}_classifier")(x)


def convolution(x, filters, kernel_size, name, strides=1):
    """Return a convolution with bias and its ReLU; padding "same", the (S) of the paper's figure 3."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides,
        padding="same",
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(x)


def pooling(x, name, strides=2):
    """Return the maximum over windows of 3×3, padded like the convolutions."""
    return layers.MaxPooling2D(3, strides, padding="same", name=name)(x)
