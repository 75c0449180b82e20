"""ResNets, whose blocks learn what to add to their input, and the plain nets that they are compared with.

He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, arXiv:1512.03385, sections 3 and 4.1.
"""

from functools import partial

import keras
from keras import layers, ops

from course.anatomy import MULTIPLY_ADDS, none_at_all
from course.models.arguments import check, one_of, scaled
from course.receptive_field import UNION, register

# The paper's table 1: how many blocks there are in conv2_x, conv3_x, conv4_x and conv5_x, and their filters. Each stage
# but the first halves the sides of the maps. From 50 layers on a block is a bottleneck, with four times as many maps.
BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
FILTERS = (64, 128, 256, 512)
BASIC = (18, 34)


def resnet(
    depth,
    shortcut="B",
    stride_in="1x1",
    input_shape=(224, 224, 3),
    classes=1000,
    include_top=True,
    width=1.0,
):
    """Return a residual net of the paper's table 1 as a functional Keras model: class probabilities, or conv5_x's maps.

    depth: 18, 34, 50, 101 or 152, the layers with weights on the longest way. ResNet-152 has 0.24 GB of weights.
    shortcut: what a block adds to its branch (the paper's section 4.1).
        "A": the identity everywhere; where a block halves the maps it takes every second value, and maps of zeros fill
            up the missing ones. No weights.
        "B": a projection where the size or the number of maps changes, else the identity.
        "C": a projection in every block.
    stride_in: which convolution of a bottleneck halves the maps: "1x1", the first one, as in the paper, or "3x3", as
        many libraries have it ("v1.5"). The nets of 18 and 34 layers have no 1×1 there: they halve in the first 3×3 of
        a block, and `stride_in` changes nothing.
    input_shape: (height, width, channels), at least 1 on each side; height and width may be None.
    classes: int. include_top: False leaves off the average pooling and the dense layer.
    width: a number by which filters are multiplied.
    The net of 18 layers has 11,689,512 trainable parameters, that of 50 has 25,557,032.
    Raises TypeError or ValueError, naming the argument.
    """
    one_of("depth", depth, BLOCKS)
    one_of("shortcut", shortcut, ("A", "B", "C"))
    one_of("stride_in", stride_in, ("1x1", "3x3"))
    branch = basic if depth in BASIC else partial(bottleneck, stride_in=stride_in)
    return _net(f"resnet_{depth}", depth, branch, shortcut, input_shape, classes, include_top, width)


def plain(depth, input_shape=(224, 224, 3), classes=1000, include_top=True, width=1.0):
    """Return the net that `resnet(depth)` is without its shortcuts, as a functional Keras model.

    depth: 18 or 34. The other arguments, and what is raised, are those of `resnet`.
    """
    one_of("depth", depth, BASIC)
    return _net(f"plain_{depth}", depth, basic, None, input_shape, classes, include_top, width)


def _net(name, depth, branch, option, input_shape, classes, include_top, width):
    input_shape, classes = check(input_shape, classes, include_top, width, least=1, any_size=True)
    image = keras.Input(input_shape)

    x = convolution(image, scaled(64, width), 7, 2, "conv1")
    x = layers.ZeroPadding2D(1, name="pool1_pad")(x)  # after a ReLU a zero is no more than any value: it never wins
    x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
    x = stages(x, BLOCKS[depth], FILTERS, branch, option, width)

    if include_top:
        x = classifier(x, classes)
    return keras.Model(image, x, name=name)


def stages(x, blocks, filters, branch, option, width):
    """Return what the stages conv2_x, conv3_x, … make of the maps `x`: for each, its number of blocks and filters."""
    for stage, (count, maps) in enumerate(zip(blocks, filters, strict=True), start=2):
        for number in range(1, count + 1):
            strides = 2 if stage > 2 and number == 1 else 1
            x = block(x, branch, scaled(maps, width), strides, option, f"conv{stage}_{number}")
    return x


def classifier(x, classes):
    """Return the class probabilities that average pooling and a dense layer make of the last maps `x`."""
    x = layers.GlobalAveragePooling2D(name="average_pool")(x)
    return layers.Dense(classes, activation="softmax", kernel_initializer="he_normal", name="fc")(x)


# --- the block ------------------------------------------------------------------------------------------------------


def block(x, branch, filters, strides, option, name):
    """Return ReLU(F(x) + x), the paper's equation 1 and the ReLU after it, or its equation 2 with a projection of x.

    x: maps. branch: the function F. option: which shortcut, "A", "B" or "C"; None for a plain net, ReLU(F(x)).
    """
    y = branch(x, filters, strides, name)
    if option is not None:
        y = layers.Add(name=f"{name}_sum")([y, shortcut(x, y.shape[-1], strides, option, name)])
    return layers.ReLU(name=f"{name}_relu")(y)


def basic(x, filters, strides, name):
    """Return F(x) of the nets of 18 and 34 layers: two 3×3 convolutions (the paper's figure 5, left)."""
    y = convolution(x, filters, 3, strides, f"{name}_3x3_1")
    return convolution(y, filters, 3, 1, f"{name}_3x3_2", relu=False)


def bottleneck(x, filters, strides, name, stride_in="1x1"):
    """Return F(x) of the deeper nets: 1×1 to reduce the maps, 3×3, 1×1 to restore them (figure 5, right)."""
    y = convolution(x, filters, 1, strides if stride_in == "1x1" else 1, f"{name}_1x1_reduce")
    y = convolution(y, filters, 3, strides if stride_in == "3x3" else 1, f"{name}_3x3")
    return convolution(y, 4 * filters, 1, 1, f"{name}_1x1_restore", relu=False)


def shortcut(x, filters, strides, option, name):
    """Return what a block adds to its branch: `x` itself, or `x` made to fit (the paper's options A, B and C)."""
    fits = strides == 1 and x.shape[-1] == filters
    if option == "C" or (option == "B" and not fits):
        return projection(x, filters, strides, name)
    return x if fits else padded_identity(x, filters, strides, name)


def projection(x, filters, strides, name):
    """Return W_s x, a 1×1 convolution with its batch normalization."""
    return convolution(x, filters, 1, strides, f"{name}_projection", relu=False)


def padded_identity(x, filters, strides, name):
    """Return every `strides`-th value of `x`, and maps of zeros behind its own, `filters` in all."""
    x = layers.MaxPooling2D(1, strides, name=f"{name}_subsample")(x)  # the maximum of one value is that value
    return ZeroMaps(filters, name=f"{name}_zeros")(x)


def convolution(x, filters, kernel_size, strides, name, relu=True):
    """Return a convolution without bias, its batch normalization and, if `relu`, a ReLU.

    Weights start as in He et al. (2015). There are as many zeros on one side as on the other: at stride 2 windows then
    have their middle where the shortcut takes its values, and `padding="same"` would move them by one where the size is
    even. The paper gives no epsilon and no momentum for the normalization; these are the defaults of Torch.
    """
    padding = "same"
    if strides > 1:
        padding = "valid"
        if kernel_size > 1:
            x = layers.ZeroPadding2D(kernel_size // 2, name=f"{name}_pad")(x)
    x = layers.Conv2D(
        filters, kernel_size, strides, padding, use_bias=False, kernel_initializer="he_normal", name=name
    )(x)
    x = layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_bn")(x)
    return layers.ReLU(name=f"{name}_relu")(x) if relu else x


@keras.saving.register_keras_serializable(package="course")
class ZeroMaps(layers.Layer):
    """Put maps of zeros behind those of the input, so that there are `filters` (int) in all; channels last."""

    def __init__(self, filters, **kwargs):
        super().__init__(**kwargs)
        self.filters = filters

    def call(self, x):
        return ops.pad(x, [(0, 0)] * (len(x.shape) - 1) + [(0, self.filters - x.shape[-1])])

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)

    def get_config(self):
        return super().get_config() | {"filters": self.filters}


register(ZeroMaps, UNION)
MULTIPLY_ADDS[ZeroMaps] = none_at_all
