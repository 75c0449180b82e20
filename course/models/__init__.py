"""The nets of lectures 05 to 08, one file a family: each a table as in its paper, and a builder that reads it."""

from course.models.alexnet import alexnet
from course.models.cifar_resnet import cifar_plain, cifar_resnet
from course.models.googlenet import googlenet
from course.models.lenet import lenet5
from course.models.local_response_normalization import LocalResponseNormalization
from course.models.resnet import plain, resnet
from course.models.vgg import vgg

__all__ = [
    "LocalResponseNormalization",
    "alexnet",
    "cifar_plain",
    "cifar_resnet",
    "googlenet",
    "lenet5",
    "plain",
    "resnet",
    "vgg",
]
