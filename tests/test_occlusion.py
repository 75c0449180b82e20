"""The map of scores under a square, against sums worked out by hand."""

import numpy as np
import pytest

from course.occlusion import occlusion_map


def total(images):
    return images.sum(axis=(1, 2, 3))


def test_by_hand():
    image = np.array([[0.0, 0.1, 0.2], [0.3, 0.4, 1.0]])[:, :, None]  # 2.0 in all
    np.testing.assert_allclose(occlusion_map(total, image, 1), [[2.5, 2.4, 2.3], [2.2, 2.1, 1.5]])
    np.testing.assert_allclose(occlusion_map(total, image, 2), [[2.0 - 0.8 + 2.0, 2.0 - 1.7 + 2.0]])
    np.testing.assert_allclose(occlusion_map(total, image, 2, grey=0), [[1.2, 0.3]])


def test_all_channels_are_covered():
    image = np.ones((2, 2, 3))
    np.testing.assert_allclose(occlusion_map(total, image, 2, grey=0.25), [[3.0]])


def test_score_is_asked_once_and_the_image_is_left_alone():
    image, asked = np.full((4, 5, 1), 0.25), []

    def numbered(images):
        asked.append(images.shape)
        return list(range(len(images)))

    assert occlusion_map(numbered, image, 3).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert asked == [(6, 4, 5, 1)] and (image == 0.25).all()


@pytest.mark.parametrize("size", [0, 5, -1])
def test_a_square_that_does_not_fit_is_refused(size):
    with pytest.raises(ValueError, match="size must be from 1 to 4"):
        occlusion_map(total, np.zeros((4, 6, 1)), size)
