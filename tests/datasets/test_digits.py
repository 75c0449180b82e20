"""The digits against scikit-learn's own, and enlarging them against Keras."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from course import datasets
from course.datasets.digits import enlarge


def test_every_digit_is_in_one_part_with_its_label():
    original = {image.tobytes(): label for image, label in zip(*load_digits(return_X_y=True), strict=True)}
    assert len(original) == 1797
    data = datasets.digits()
    found = {}
    for images, labels in (data.train, data.test):
        sixteenths = images[..., 0].reshape(-1, 64).astype("float64") * 16
        found |= {image.tobytes(): label for image, label in zip(sixteenths, labels, strict=True)}
    assert found == original
    assert (len(data.train), len(data.test)) == (1437, 360)


def test_each_digit_has_its_share_of_both_parts():
    data = datasets.digits()
    shares = np.bincount(data.test.labels) / np.bincount(load_digits().target)
    assert np.all(np.abs(shares - 0.2) < 0.004)  # rounded to whole images


def test_the_division_does_not_depend_on_the_size():
    assert np.array_equal(datasets.digits(8).test.labels, datasets.digits(32).test.labels)


@pytest.mark.parametrize("size", [8, 9, 16, 28, 32, 64])
def test_enlarging_is_what_keras_does(size):
    import keras

    images = load_digits().images[:20].astype("float32")
    expected = keras.ops.image.resize(images[..., None], (size, size), interpolation="bilinear")
    assert np.allclose(enlarge(images, size), keras.ops.convert_to_numpy(expected)[..., 0], atol=1e-4)


def test_enlarging_a_step():
    """A step from 0 to 1 at twice the size: pixel centres lie a quarter of a pixel from the old ones."""
    step = np.zeros((1, 4, 4), "float32")
    step[:, :, 2:] = 1
    assert enlarge(step, 8)[0, 0].tolist() == [0, 0, 0, 0.25, 0.75, 1, 1, 1]
    assert enlarge(step.transpose(0, 2, 1), 8)[0, :, 0].tolist() == [0, 0, 0, 0.25, 0.75, 1, 1, 1]
