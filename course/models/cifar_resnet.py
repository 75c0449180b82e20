"""The narrow ResNets for images of 32×32, and the plain nets without shortcuts, with which He et al. studied depth.

He, Zhang, Ren and Sun (2016), Deep residual learning for image recognition, arXiv:1512.03385, section 4.2 and table 6.
"""

import keras

from course.models.arguments import check, one_of, scaled
from course.models.resnet import basic, classifier, convolution, stages

# The paper's 6n + 2 layers: a convolution, three stages of n blocks with two convolutions each, a dense layer.
BLOCKS = {20: 3, 32: 5, 44: 7, 56: 9, 110: 18}
FILTERS = (16, 32, 64)


def cifar_resnet(depth, input_shape=(32, 32, 3), classes=10, include_top=True, width=1.0):
    """Return a residual net of section 4.2 as a functional Keras model: class probabilities, or the maps of conv4_x.

    depth: 20, 32, 44, 56 or 110, the layers with weights. All shortcuts are identities without weights (option A: every
        second value, and maps of zeros). The net of 20 layers has 269,722 trainable parameters.
    input_shape: (height, width, channels), at least 1 on each side; height and width may be None.
    classes: int. include_top: False leaves off the average pooling and the dense layer.
    width: a number by which filters are multiplied.
    Raises TypeError or ValueError, naming the argument.
    """
    return _net("cifar_resnet", depth, "A", input_shape, classes, include_top, width)


def cifar_plain(depth, input_shape=(32, 32, 3), classes=10, include_top=True, width=1.0):
    """Return the net that `cifar_resnet(depth)` is without its shortcuts; arguments and errors are the same."""
    return _net("cifar_plain", depth, None, input_shape, classes, include_top, width)


def _net(name, depth, shortcut, input_shape, classes, include_top, width):
    blocks = [BLOCKS[one_of("depth", depth, BLOCKS)]] * len(FILTERS)
    input_shape, classes = check(input_shape, classes, include_top, width, least=1, any_size=True)
    image = keras.Input(input_shape)

    x = convolution(image, scaled(16, width), 3, 1, "conv1")
    x = stages(x, blocks, FILTERS, basic, shortcut, width)

    if include_top:
        x = classifier(x, classes)
    return keras.Model(image, x, name=f"{name}_{depth}")
