"""LeNet-5, which read the digits on bank cheques: as it was published in 1998, and as it is mostly built today.

LeCun, Bottou, Bengio and Haffner (1998), Gradient-based learning applied to document recognition, Proceedings of the
IEEE 86(11), section II-B. Layers have the paper's names.
"""

from math import prod

import keras
import numpy as np
from keras import layers, ops

from course.anatomy import MULTIPLY_ADDS, none_at_all
from course.models.arguments import check, one_of, scaled
from course.receptive_field import UNION, Window, register

# The paper's table I: a row for each map of S2, a column for each map of C3, an X where the one is seen by the other.
TABLE_I = """
X . . . X X X . . X X X X . X X
X X . . . X X X . . X X X X . X
X X X . . . X X X . . X . X X X
. X X X . . X X X X . . X . X X
. . X X X . . X X X X . X X . X
. . . X X X . . X X X X . X X X
"""
CONNECTIONS = tuple(tuple(mark == "X" for mark in row.split()) for row in TABLE_I.strip().splitlines())

# What F6 should show for each digit, on 7×12 pixels, one beside the other. The paper has pictures of this kind in its
# figure 3; these are drawn anew.
PICTURES = """
.#####. ...##.. .#####. .#####. ....### ####### ..####. ####### .#####. .#####.
####### ..###.. ####### ####### ...#### ####### .#####. ####### ####### #######
##...## .####.. ##...## ##...## ..##.## ##..... ###.... .....## ##...## ##...##
##...## ...##.. .....## .....## .##..## ##..... ##..... .....## ##...## ##...##
##...## ...##.. ....### .....## ##...## ######. ##..... ....##. ####### ##...##
##...## ...##.. ...###. ..##### ##...## ####### ######. ....##. .#####. #######
##...## ...##.. ..###.. ..##### ####### .....## ####### ...##.. ####### .######
##...## ...##.. .###... .....## ####### .....## ##...## ...##.. ##...## .....##
##...## ...##.. ###.... .....## .....## .....## ##...## ..##... ##...## .....##
##...## ...##.. ##..... ##...## .....## ##...## ##...## ..##... ##...## ....###
####### .###### ####### ####### .....## ####### ####### ..##... ####### .#####.
.#####. .###### ####### .#####. .....## .#####. .#####. ..##... .#####. .####..
"""
CODES = tuple(  # of each digit 84 numbers, row by row: +1 for ink, -1 for paper
    tuple(1 if pixel == "#" else -1 for row in rows for pixel in row)
    for rows in zip(*(line.split() for line in PICTURES.strip().splitlines()), strict=True)
)


def lenet5(variant="1998", input_shape=(32, 32, 1), classes=10, include_top=True, width=1.0):
    """Return LeNet-5 as a functional Keras model: class probabilities, or the maps of S4.

    variant: "1998" for the paper's net, see `published`, with 60,000 trainable parameters; or "plain" for the same
        sizes in today's parts, see `plain`, with 61,706.
    input_shape: (height, width, channels), at least 28 on each side; an image below 32 gets zeros around it, up to 32.
    classes: int; for "1998" at most 10, as it has pictures of ten digits.
    include_top: False leaves off C5, F6 and the output.
    width: a number by which maps and hidden units are multiplied; 1 for "1998", as the table is for its number of maps.
    Raises TypeError or ValueError, naming the argument.
    """
    one_of("variant", variant, ("1998", "plain"))
    input_shape, classes = check(input_shape, classes, include_top, width, least=28)
    if variant == "1998" and width != 1:
        raise ValueError(f"width must be 1 for variant '1998', whose table is for 6 and 16 maps, but got {width!r}")
    if variant == "1998" and include_top and classes > len(CODES):
        raise ValueError(f"classes must be at most {len(CODES)} for variant '1998', a code each, but got {classes}")

    image = keras.Input(input_shape, name="image")
    x = padded(image)
    x = published(x, classes, include_top) if variant == "1998" else plain(x, classes, include_top, width)
    return keras.Model(image, x, name=f"lenet5_{variant}")


def published(x, classes, include_top):
    """Return what the paper's layers make of the image `x`.

    Subsampling has trainable coefficients, each map of C3 sees some of S2's, every layer up to F6 is squashed, and the
    output compares F6 with a fixed picture of each digit. The distances, the paper's y_i, are what the layer "output"
    gives; the softmax of their negatives with cross-entropy is the paper's criterion (9) without its constant j.
    """
    x = layers.Conv2D(6, 5, activation=squash, kernel_initializer=uniform(5 * 5 * x.shape[-1]), name="C1")(x)
    x = Subsampling(2, activation=squash, name="S2")(x)
    x = SparseConv2D(CONNECTIONS, 5, activation=squash, name="C3")(x)
    x = Subsampling(2, activation=squash, name="S4")(x)
    if not include_top:
        return x
    x = layers.Conv2D(120, 5, activation=squash, kernel_initializer=uniform(5 * 5 * x.shape[-1]), name="C5")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(84, activation=squash, kernel_initializer=uniform(x.shape[-1]), name="F6")(x)
    distances = EuclideanRBF(CODES[:classes], name="output")(x)
    return layers.Softmax(name="softmax")(layers.Rescaling(-1.0, name="negative")(distances))


def plain(x, classes, include_top, width):
    """Return what today's layers make of the image `x`: ReLU, max-pooling, a C3 that sees all maps, softmax."""
    x = layers.Conv2D(scaled(6, width), 5, activation="relu", name="C1")(x)
    x = layers.MaxPooling2D(2, name="S2")(x)
    x = layers.Conv2D(scaled(16, width), 5, activation="relu", name="C3")(x)
    x = layers.MaxPooling2D(2, name="S4")(x)
    if not include_top:
        return x
    x = layers.Conv2D(scaled(120, width), 5, activation="relu", name="C5")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(scaled(84, width), activation="relu", name="F6")(x)
    return layers.Dense(classes, activation="softmax", name="output")(x)


def uniform(fan_in):
    """Return the paper's initial weights, uniform from −2.4 to 2.4 over the number of inputs: appendix A.

    They matter here. With larger ones the distances are so far apart at first that probabilities underflow.
    """
    return keras.initializers.RandomUniform(-2.4 / fan_in, 2.4 / fan_in)


def padded(image):
    """Return the image with zeros around it, if it is below 32×32: the paper's digits lie in the middle of that."""
    missing = [max(32 - side, 0) for side in image.shape[1:3]]
    if not any(missing):
        return image
    return layers.ZeroPadding2D([(total // 2, total - total // 2) for total in missing], name="pad")(image)


@keras.saving.register_keras_serializable(package="course")
def squash(a):
    """Return A tanh(S a) with A = 1.7159 and S = 2/3, so that ±1 goes to ±1: the paper's appendix A."""
    return 1.7159 * ops.tanh(2 / 3 * a)


@keras.saving.register_keras_serializable(package="course")
class Subsampling(layers.AveragePooling2D):
    """Sum the values of each window, times a coefficient, plus a bias, squashed: two trainable parameters a map."""

    def __init__(self, pool_size, activation=None, **kwargs):
        super().__init__(pool_size, **kwargs)
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        maps = (input_shape[-1],)
        average = keras.initializers.Constant(1 / prod(self.pool_size))
        self.coefficient = self.add_weight(maps, initializer=average, name="coefficient")
        self.bias = self.add_weight(maps, initializer="zeros", name="bias")

    def call(self, x):
        total = prod(self.pool_size) * super().call(x)
        return self.activation(self.coefficient * total + self.bias)

    def get_config(self):
        return super().get_config() | {"activation": keras.activations.serialize(self.activation)}


@keras.saving.register_keras_serializable(package="course")
class SparseConv2D(layers.Layer):
    """A convolution in which each map sees some of the input's maps, by a table of connections.

    connections: a row for each map of the input, in it an entry for each map of the output, true where it sees the one.
    kernel_size: an int. There is no padding, and the stride is 1.
    The weights are a kernel of shape (kernel_size, kernel_size, connections), for each X of the table a window, row by
    row; and a bias for each map. What is not connected has no weight.
    """

    def __init__(self, connections, kernel_size, activation=None, **kwargs):
        super().__init__(**kwargs)
        self.connections = np.array(connections, dtype=bool)
        self.kernel_size = kernel_size
        self.activation = keras.activations.get(activation)

    def build(self, input_shape):
        if input_shape[-1] != len(self.connections):
            raise ValueError(f"connections must have {input_shape[-1]} rows, but got {len(self.connections)}")
        count = int(self.connections.sum())
        size = (self.kernel_size, self.kernel_size)
        fan_in = prod(size) * count / self.connections.shape[1]  # of a map, on average
        self.kernel = self.add_weight((*size, count), initializer=uniform(fan_in), name="kernel")
        self.bias = self.add_weight(self.connections.shape[1:], initializer="zeros", name="bias")
        self.places = np.full(self.connections.shape, count)  # which window stands where; the last one is all zeros
        self.places[self.connections] = np.arange(count)

    def call(self, x):
        windows = ops.concatenate([self.kernel, ops.zeros_like(self.kernel[..., :1])], axis=-1)
        kernel = ops.take(windows, self.places, axis=-1)  # with one more axis: maps of the input, maps of the output
        return self.activation(ops.conv(x, kernel, padding="valid", data_format="channels_last") + self.bias)

    def compute_output_shape(self, input_shape):
        batch, *size, _ = input_shape
        return (batch, *(side and side - self.kernel_size + 1 for side in size), self.connections.shape[1])

    def get_config(self):
        return super().get_config() | {
            "connections": self.connections.tolist(),
            "kernel_size": self.kernel_size,
            "activation": keras.activations.serialize(self.activation),
        }


@keras.saving.register_keras_serializable(package="course")
class EuclideanRBF(layers.Layer):
    """Give the squared distance of the input to each of several codes: y_i = Σ_j (x_j − w_ij)², the paper's eq. 7.

    codes: a tuple for each class, of as many numbers as the input has. They are weights that training leaves alone.
    """

    def __init__(self, codes, **kwargs):
        super().__init__(**kwargs)
        self.values = np.array(codes, dtype="float32")

    def build(self, input_shape):
        self.codes = self.add_weight(
            self.values.shape, initializer=lambda shape, dtype: self.values, trainable=False, name="codes"
        )

    def call(self, x):
        return ops.sum(ops.square(ops.expand_dims(x, 1) - self.codes), axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], len(self.values))

    def get_config(self):
        return super().get_config() | {"codes": self.values.tolist()}


# What the tables of `course.anatomy` and `course.receptive_field` need to know. (Subsampling is a pooling layer.)
register(SparseConv2D, lambda layer, call: [Window(layer.kernel_size) for _ in call.sizes])
register(EuclideanRBF, UNION)  # after Flatten, all of the image is seen anyway
MULTIPLY_ADDS[SparseConv2D] = lambda layer, _, output: prod(output[1:3]) * prod(layer.kernel.shape)
MULTIPLY_ADDS[Subsampling] = none_at_all
MULTIPLY_ADDS[EuclideanRBF] = lambda layer, *_: prod(layer.codes.shape)
