"""VGG: nets of 3×3 convolutions that differ in depth alone.

Simonyan and Zisserman (2015), Very deep convolutional networks for large-scale image recognition, arXiv:1409.1556.
"""

import keras
from keras import layers

from course.models.alexnet import classifier
from course.models.arguments import check, one_of, scaled
from course.models.local_response_normalization import LocalResponseNormalization

# The paper's table 1, in its words: "conv3-64" is a 3×3 convolution with 64 filters. A block a row, pooling after each.
CONFIGURATIONS = {
    "A": (
        "conv3-64",
        "conv3-128",
        "conv3-256 conv3-256",
        "conv3-512 conv3-512",
        "conv3-512 conv3-512",
    ),
    "A-LRN": (
        "conv3-64 LRN",
        "conv3-128",
        "conv3-256 conv3-256",
        "conv3-512 conv3-512",
        "conv3-512 conv3-512",
    ),
    "B": (
        "conv3-64 conv3-64",
        "conv3-128 conv3-128",
        "conv3-256 conv3-256",
        "conv3-512 conv3-512",
        "conv3-512 conv3-512",
    ),
    "C": (
        "conv3-64 conv3-64",
        "conv3-128 conv3-128",
        "conv3-256 conv3-256 conv1-256",
        "conv3-512 conv3-512 conv1-512",
        "conv3-512 conv3-512 conv1-512",
    ),
    "D": (
        "conv3-64 conv3-64",
        "conv3-128 conv3-128",
        "conv3-256 conv3-256 conv3-256",
        "conv3-512 conv3-512 conv3-512",
        "conv3-512 conv3-512 conv3-512",
    ),
    "E": (
        "conv3-64 conv3-64",
        "conv3-128 conv3-128",
        "conv3-256 conv3-256 conv3-256 conv3-256",
        "conv3-512 conv3-512 conv3-512 conv3-512",
        "conv3-512 conv3-512 conv3-512 conv3-512",
    ),
}


def vgg(configuration, input_shape=(224, 224, 3), classes=1000, include_top=True, width=1.0):
    """Return a net of the paper's table 1 as a functional Keras model: class probabilities, or the maps of `pool5`.

    configuration: "A", "A-LRN", "B", "C", "D" or "E". D is known as VGG-16, E as VGG-19. D has 138,357,544 parameters,
        0.55 GB.
    input_shape: (height, width, channels), at least 32 on each side; with `include_top=False` height and width may be
        None.
    classes: int. include_top: False leaves off the dense layers.
    width: a number by which filters and hidden units are multiplied.
    Raises TypeError or ValueError, naming the argument.
    """
    blocks = CONFIGURATIONS[one_of("configuration", configuration, CONFIGURATIONS)]
    input_shape, classes = check(input_shape, classes, include_top, width, least=32, any_size=include_top is False)

    image = x = keras.Input(input_shape, name="image")
    for number, words in enumerate(blocks, start=1):
        x = block(x, number, words.split(), width)

    if include_top:
        x = classifier(x, classes, width)
    return keras.Model(image, x, name=f"vgg_{configuration}")


def block(x, number, words, width):
    """Return what a block of the table, given as its words, makes of the maps `x`: half as many on each side."""
    for place, word in enumerate(words, start=1):
        if word == "LRN":
            x = LocalResponseNormalization(name=f"norm{number}")(x)
            continue
        kernel_size, filters = map(int, word.removeprefix("conv").split("-"))
        x = layers.Conv2D(
            scaled(filters, width), kernel_size, padding="same", activation="relu", name=f"conv{number}_{place}"
        )(x)
    return layers.MaxPooling2D(2, name=f"pool{number}")(x)
