"""The data sets of the course: each a function that returns a `Dataset`.

`digits`, `glyphs`, `shapes` and `photographs` need no network; `mnist`, `fashion_mnist`, `cifar10` and `pets` are
fetched once, through Keras, and kept in its cache. Images are float32 from 0 to 1, labels int32: see `Part`.
"""

from course.datasets.dataset import Dataset, Part
from course.datasets.digits import digits
from course.datasets.glyphs import glyphs
from course.datasets.pets import pets
from course.datasets.photographs import photograph, photographs
from course.datasets.public import DataUnavailable, cifar10, fashion_mnist, mnist
from course.datasets.shapes import shapes

OFFLINE = ("digits", "glyphs", "shapes", "photographs")
PUBLIC = ("mnist", "fashion_mnist", "cifar10", "pets")

__all__ = [
    "DataUnavailable",
    "Dataset",
    "Part",
    "cifar10",
    "digits",
    "fashion_mnist",
    "glyphs",
    "mnist",
    "pets",
    "photograph",
    "photographs",
    "shapes",
]


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"There is no data set {name!r}: there are {', '.join((*OFFLINE, *PUBLIC))}")
