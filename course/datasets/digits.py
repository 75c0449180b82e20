"""Real handwritten digits, as they come with scikit-learn."""

import numpy as np

from course.datasets.arguments import integer
from course.datasets.dataset import Dataset, Part

TEST = 360  # a fifth


def digits(size=8):
    """Return 1,797 handwritten digits, 1,437 to train on and 360 to test, as a `Dataset` of `size`×`size`×1 images.

    size: int from 8 to 64. The images have 8×8 pixels of 17 grey levels; a larger size is interpolated between them
    (linearly along each axis, pixel centres aligned), which adds pixels and no information.
    The division is always the same one, with each digit's share the same in both parts. The 13 people who wrote the
    digits are in both parts: nothing in the set says who wrote which.
    Raises TypeError or ValueError if `size` is none of these.
    Source: Alpaydin and Kaynak (1998), Optical recognition of handwritten digits, UCI, https://doi.org/10.24432/C50P49,
    the test part of that set.
    """
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    size = integer("size", size, 8, 64)
    images, labels = load_digits(return_X_y=True)
    images = enlarge(images.reshape(-1, 8, 8).astype("float32") / 16, size)[..., None]
    parts = train_test_split(images, labels.astype("int32"), test_size=TEST, stratify=labels, random_state=0)
    return Dataset(
        name="digits",
        train=Part(parts[0], parts[2]),
        test=Part(parts[1], parts[3]),
        class_names=tuple("0123456789"),
        licence="CC BY 4.0",
        source="Handwritten digits of 13 people: Alpaydin and Kaynak (1998), https://doi.org/10.24432/C50P49, as they "
        "come with scikit-learn.",
    )


def enlarge(images, size):
    """Return the square `images` (n, side, side) interpolated linearly to (n, size, size); the edge is continued."""
    side = images.shape[1]
    where = np.clip((np.arange(size) + 0.5) * side / size - 0.5, 0, side - 1)  # in pixels of the original
    before = np.minimum(where.astype(int), side - 2)
    share = (where - before).astype(images.dtype)
    rows = images[:, before] * (1 - share)[:, None] + images[:, before + 1] * share[:, None]
    return rows[:, :, before] * (1 - share) + rows[:, :, before + 1] * share
