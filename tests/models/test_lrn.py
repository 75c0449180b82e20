"""Local response normalization against the paper's sum as a loop, and against TensorFlow's."""

import keras
import numpy as np
import pytest

from course.autodiff import gradient
from course.models import LocalResponseNormalization


def loop(a, n=5, k=2.0, alpha=1e-4, beta=0.75):
    """Krizhevsky et al. (2012), section 3.3, as it is printed: N maps, i the map, j over its neighbours."""
    b, N = np.zeros_like(a), a.shape[-1]
    for place in np.ndindex(a.shape[:-1]):
        for i in range(N):
            total = 0.0
            for j in range(max(0, i - n // 2), min(N - 1, i + n // 2) + 1):
                total += a[place][j] ** 2
            b[place][i] = a[place][i] / (k + alpha * total) ** beta
    return b


def maps(*shape, scale=30.0, seed=0):
    """Values so large that α = 10⁻⁴ makes a difference."""
    return (np.random.default_rng(seed).normal(size=shape) * scale).astype("float32")


def output(layer, x):
    return keras.ops.convert_to_numpy(layer(x))


@pytest.mark.parametrize("channels", [1, 2, 4, 5, 6, 11])
def test_the_papers_parameters_are_the_defaults(channels):
    x = maps(2, 3, 4, channels)
    np.testing.assert_allclose(output(LocalResponseNormalization(), x), loop(x), rtol=1e-5)
    assert np.abs(loop(x) - x / 2**0.75).max() > 0.1  # the neighbours count


@pytest.mark.parametrize(
    "own",
    [{"n": 1}, {"n": 3}, {"n": 13}, {"k": 0.5}, {"alpha": 0.02}, {"alpha": 0}, {"beta": 0.5}, {"beta": -1, "n": 3}],
    ids=str,
)
def test_each_parameter(own):
    x = maps(1, 2, 2, 7)
    np.testing.assert_allclose(output(LocalResponseNormalization(**own), x), loop(x, **own), rtol=1e-5)


def test_by_hand():
    # Three maps of 3, 4, 12 and n = 3: the sums of squares are 25, 169 and 160; k next to nothing, β = ½.
    x = np.array([[[[3.0, 4.0, 12.0]]]], dtype="float32")
    layer = LocalResponseNormalization(n=3, k=1e-6, alpha=1, beta=0.5)
    np.testing.assert_allclose(output(layer, x)[0, 0, 0], [3 / 5, 4 / 13, 12 / 160**0.5], rtol=1e-5)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="needs TensorFlow")
def test_against_tensorflow():
    import tensorflow as tf

    x = maps(2, 5, 5, 16)
    theirs = tf.nn.local_response_normalization(x, depth_radius=2, bias=2.0, alpha=1e-4, beta=0.75)  # α as in the paper
    np.testing.assert_allclose(output(LocalResponseNormalization(), x), theirs, rtol=1e-5)


def test_groups_do_not_see_each_other():
    x = maps(1, 2, 2, 12)
    apart = [output(LocalResponseNormalization(), x[..., first : first + 4]) for first in (0, 4, 8)]
    together = output(LocalResponseNormalization(groups=3), x)
    np.testing.assert_allclose(together, np.concatenate(apart, axis=-1), rtol=1e-6)
    assert np.abs(together - output(LocalResponseNormalization(), x)).max() > 1e-3


def test_gradient():
    """The derivative of b_i by a_j, of the formula by hand: −2αβ a_i a_j s^(−β−1), and s^−β more where i = j."""
    x, layer = maps(1, 1, 1, 6, scale=2.0).astype("float64"), LocalResponseNormalization(alpha=0.1, dtype="float64")
    for i in range(6):
        slope = gradient(lambda a, i=i: layer(a)[0, 0, 0, i], x)[0, 0, 0]
        a = x[0, 0, 0]
        near = [j for j in range(6) if abs(i - j) <= 2]
        s = 2 + 0.1 * sum(a[j] ** 2 for j in near)
        wanted = [-2 * 0.1 * 0.75 * a[i] * a[j] * s**-1.75 * (j in near) + (i == j) * s**-0.75 for j in range(6)]
        np.testing.assert_allclose(slope, wanted, rtol=1e-4, atol=1e-6)


def test_images_of_any_size_and_a_file(reloaded):
    image = keras.Input((None, None, 6))
    own = {"n": 3, "k": 1.5, "alpha": 0.01, "beta": 0.6, "groups": 2}
    model = keras.Model(image, LocalResponseNormalization(**own, name="norm1")(image))
    assert model.output_shape == (None, None, None, 6)
    layer = reloaded(model).get_layer("norm1")
    assert {name: getattr(layer, name) for name in own} == own
    x = maps(1, 4, 3, 6)
    np.testing.assert_array_equal(output(layer, x), output(model, x))


@pytest.mark.parametrize(
    "own, error, words",
    [
        ({"n": 4}, ValueError, "n must be odd"),
        ({"n": -1}, ValueError, "n must be odd"),
        ({"n": 5.0}, TypeError, "n must be an int"),
        ({"n": True}, TypeError, "n must be an int"),
        ({"k": 0}, ValueError, "k must be above 0"),
        ({"k": "2"}, TypeError, "k must be a number"),
        ({"alpha": -1e-4}, ValueError, "alpha must be at least 0"),
        ({"alpha": float("nan")}, ValueError, "alpha must be finite"),
        ({"beta": None}, TypeError, "beta must be a number"),
        ({"groups": 0}, ValueError, "groups must be at least 1"),
    ],
)
def test_bad_arguments(own, error, words):
    with pytest.raises(error, match=words):
        LocalResponseNormalization(**own)


def test_groups_that_do_not_divide():
    with pytest.raises(ValueError, match="groups must divide the number of maps, 5, but got 2"):
        LocalResponseNormalization(groups=2)(keras.Input((4, 4, 5)))
