"""Gradients against hand calculation and central differences; the same tests pass on every backend."""

import keras
import numpy as np
import pytest
from keras import ops

from course.autodiff import float_tensor, gradient, weight_gradients

pytestmark = pytest.mark.usefixtures("float64")


# gradient


@pytest.mark.parametrize(
    "function, x, by_hand",
    [
        (lambda x: x**2, 3.0, 6.0),
        (lambda x: ops.sum(x**2), [1.0, -3.0], [2.0, -6.0]),
        (lambda x: ops.sum(x * ops.convert_to_tensor([[1.0, 2.0], [3.0, 4.0]])), np.eye(2, dtype="float32"),
         [[1, 2], [3, 4]]),
        (lambda x: ops.dot(x, ops.flip(x)), [1.0, 2.0, 5.0], [10.0, 4.0, 2.0]),
        (lambda x: ops.mean(x), [7, 8, 9, 10], [0.25] * 4),
        (lambda x: ops.prod(x), [2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        (lambda x: ops.sum(ops.take(x, [0, 0, 2])), [1.0, 1.0, 1.0], [2.0, 0.0, 1.0]),
    ],
)  # fmt: skip
def test_gradient_by_hand(function, x, by_hand):
    got = gradient(function, x)
    assert isinstance(got, np.ndarray)
    assert got.dtype == "float32"
    assert got.shape == np.shape(x)
    np.testing.assert_allclose(got, by_hand, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_float_type_is_kept(dtype):
    x = np.array([0.5, 2.0], dtype=dtype)
    for given in (x, ops.convert_to_tensor(x)):
        got = gradient(lambda x: ops.sum(ops.exp(x)), given)
        assert got.dtype == dtype
        np.testing.assert_allclose(got, np.exp(x.astype("float64")), rtol=4 * np.finfo(dtype).eps)


def test_integers_become_float32():
    for x in (4, np.array(4), np.array(True), ops.convert_to_tensor(4)):
        got = gradient(lambda x: x**3, x)
        assert got.dtype == "float32"
        assert got == 3 * float(ops.convert_to_numpy(x)) ** 2


@pytest.mark.parametrize(
    "constant", [lambda x: 5, lambda x: ops.ones(()), lambda x: ops.argmax(x), lambda x: ops.sum(x > 0)]
)
def test_what_does_not_depend_on_x_has_gradient_zero(constant):
    np.testing.assert_array_equal(gradient(constant, [1.0, 2.0]), np.zeros(2, "float32"))


def test_x_is_not_changed():
    for x in (np.array([1.0, 2.0]), ops.convert_to_tensor([1.0, 2.0])):
        gradient(lambda x: ops.sum(x * x), x)
        np.testing.assert_array_equal(ops.convert_to_numpy(x), [1.0, 2.0])
        assert not getattr(x, "requires_grad", False)  # PyTorch's mark


def test_x_may_be_a_view_that_runs_backwards():
    np.testing.assert_array_equal(gradient(lambda x: ops.sum(x**2), np.arange(3.0)[::-1]), [4, 2, 0])


def test_gradient_says_what_is_wrong():
    with pytest.raises(TypeError, match=r"function must be callable.*3"):
        gradient(3, [1.0])
    with pytest.raises(ValueError, match=r"function must return a scalar, but returned shape \(2,\)"):
        gradient(lambda x: x, [1.0, 2.0])
    with pytest.raises(ValueError, match=r"\(1,\)"):
        gradient(lambda x: x, [1.0])
    with pytest.raises(TypeError, match=r"function must return.*None"):
        gradient(lambda x: None, [1.0])
    with pytest.raises(TypeError, match=r"function must return.*keras\.ops"):
        gradient(lambda x: np.float32(1), [1.0])
    for not_numbers in ("two", None, [1j], ["a", 1]):
        with pytest.raises(TypeError, match="x must be numbers"):
            gradient(ops.sum, not_numbers)
    with pytest.raises(ValueError, match="rows of equal length"):
        gradient(ops.sum, [[1], [2, 3]])


def test_a_backend_without_gradients_is_named(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "abacus")
    with pytest.raises(RuntimeError, match=r"tensorflow, jax, torch.*'abacus'"):
        gradient(ops.sum, [1.0])


def test_a_variable_is_numbers_too():
    variable = keras.Variable([1.0, 2.0])
    np.testing.assert_array_equal(gradient(lambda x: ops.sum(x**2), variable), [2.0, 4.0])
    assert ops.is_tensor(float_tensor(variable))


# weight_gradients

# Elsewhere Keras computes means and some layers in float32, even when they are asked for float64.
RTOL = 1e-12 if keras.backend.backend() == "tensorflow" else 1e-4
ATOL = RTOL / 100

RNG = np.random.default_rng(0)
X = RNG.normal(size=(5, 3))
Y = RNG.normal(size=(5, 2))


def mlp():
    return keras.Sequential(
        [
            keras.layers.Dense(4, activation="tanh", dtype="float64", name="hidden"),
            keras.layers.Dense(2, dtype="float64", name="output"),
        ],
        name="mlp",
    )


def error(w1, b1, w2, b2):
    """The mean squared error of that MLP, in NumPy."""
    return np.mean((np.tanh(X @ w1 + b1) @ w2 + b2 - Y) ** 2)


def back_propagation(w1, b1, w2, b2):
    """Its gradient, by the chain rule."""
    h = np.tanh(X @ w1 + b1)
    d_output = 2 * (h @ w2 + b2 - Y) / Y.size
    d_hidden = d_output @ w2.T * (1 - h**2)
    return [X.T @ d_hidden, d_hidden.sum(axis=0), h.T @ d_output, d_output.sum(axis=0)]


def central_differences(function, weights, step=1e-5):
    """Its gradient, one weight at a time."""
    slopes = [np.zeros_like(w) for w in weights]
    for w, slope in zip(weights, slopes, strict=True):
        for index in np.ndindex(w.shape):
            here = w[index]
            w[index] = here + step
            right = function(*weights)
            w[index] = here - step
            slope[index] = (right - function(*weights)) / (2 * step)
            w[index] = here
    return slopes


def mean_squared(y_true, y_pred):
    return ops.mean((y_true - y_pred) ** 2)


@pytest.mark.parametrize(
    "loss",
    [
        "mse",
        "MeanSquaredError",
        keras.losses.MeanSquaredError(dtype="float64"),
        keras.losses.MeanSquaredError(reduction=None, dtype="float64"),
        mean_squared,
        lambda y_true, y_pred: (y_true - y_pred) ** 2,
    ],
)
def test_weight_gradients_of_an_mlp_by_hand(loss):
    model = mlp()  # not built: the call builds it
    got = weight_gradients(model, X, Y, loss)
    by_hand = back_propagation(*model.get_weights())
    assert list(got) == ["mlp/hidden/kernel", "mlp/hidden/bias", "mlp/output/kernel", "mlp/output/bias"]
    rtol = 1e-4 if loss == "MeanSquaredError" else RTOL  # a loss object computes in float32, unless told otherwise
    for slope, expected in zip(got.values(), by_hand, strict=True):
        assert isinstance(slope, np.ndarray)
        assert slope.dtype == "float64"
        np.testing.assert_allclose(slope, expected, rtol=rtol, atol=rtol / 100)


def test_weight_gradients_of_an_mlp_by_differences():
    model = mlp()
    got = weight_gradients(model, X, Y, "mse")
    for slope, expected in zip(got.values(), central_differences(error, model.get_weights()), strict=True):
        np.testing.assert_allclose(slope, expected, rtol=max(RTOL, 1e-7), atol=max(ATOL, 1e-9))


def test_weight_gradients_of_a_layer():
    layer = keras.layers.Dense(2, use_bias=False, dtype="float64")
    slope = weight_gradients(layer, X, Y, "mse")[layer.kernel.path]
    np.testing.assert_allclose(slope, X.T @ (X @ layer.get_weights()[0] - Y) * 2 / Y.size, rtol=RTOL, atol=ATOL)


def test_a_layer_that_knows_no_training_mode():
    layer = keras.layers.LayerNormalization(dtype="float64")
    slope = weight_gradients(layer, X, np.zeros_like(X), lambda y_true, y_pred: ops.sum(y_pred))
    np.testing.assert_allclose(slope[layer.beta.path], [5.0, 5.0, 5.0])  # the size of the batch


def test_weight_gradients_of_a_functional_model_with_two_inputs():
    a, b = keras.Input((3,), dtype="float64"), keras.Input((3,), dtype="float64")
    shared = keras.layers.Dense(1, use_bias=False, dtype="float64")
    model = keras.Model([a, b], shared(a) - 2 * shared(b))
    slope = weight_gradients(model, [X, X[::-1].copy()], np.zeros((5, 1)), lambda y_true, y_pred: ops.sum(y_pred))
    np.testing.assert_allclose(slope[shared.kernel.path][:, 0], (X - 2 * X[::-1]).sum(axis=0), rtol=RTOL, atol=ATOL)


def test_class_numbers_are_targets_too():
    layer = keras.layers.Dense(3, use_bias=False, dtype="float64")
    classes = np.array([0, 2, 1, 1, 0])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, dtype="float64")
    slope = weight_gradients(layer, X, classes, loss)[layer.kernel.path]
    scores = np.exp(X @ layer.get_weights()[0])
    softmax = scores / scores.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(slope, X.T @ (softmax - np.eye(3)[classes]) / 5, rtol=1e-5, atol=1e-6)


def test_integer_targets_and_inputs():
    x, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([[0], [1], [1], [0]])
    layer = keras.layers.Dense(1)
    slope = weight_gradients(layer, x, y, mean_squared)
    w, b = layer.get_weights()
    np.testing.assert_allclose(slope[layer.kernel.path], x.T @ (x @ w + b - y) / 2, rtol=1e-5, atol=1e-7)


def test_a_weight_out_of_use_has_gradient_zero():
    model = keras.Sequential([keras.layers.Embedding(4, 2), keras.layers.Flatten()])
    slope = weight_gradients(model, np.array([[0, 0, 2]]), np.zeros((1, 6)), lambda y_true, y_pred: ops.sum(y_pred))
    np.testing.assert_array_equal(*slope.values(), [[2, 2], [0, 0], [1, 1], [0, 0]])

    layer = keras.layers.Dense(2)
    slopes = weight_gradients(layer, X, Y, lambda y_true, y_pred: ops.sum(y_true))
    assert len(slopes) == 2
    assert not any(slope.any() for slope in slopes.values())

    class Idle(keras.Layer):
        def build(self, shape):
            self.used, self.idle = self.add_weight(name="used"), self.add_weight(shape=(2, 3), name="idle")

        def call(self, x):
            return self.used * x

    used, idle = weight_gradients(Idle(), X, X, lambda y_true, y_pred: ops.sum(y_pred)).values()
    assert used == pytest.approx(X.sum(), rel=1e-5)
    np.testing.assert_array_equal(idle, np.zeros((2, 3)))


def test_only_trainable_weights_count():
    model = mlp()
    model.build((None, 3))
    model.get_layer("hidden").trainable = False
    assert list(weight_gradients(model, X, Y, "mse")) == ["mlp/output/kernel", "mlp/output/bias"]
    model.trainable = False
    assert weight_gradients(model, X, Y, "mse") == {}


def net_with_two_modes():
    model = keras.Sequential(
        [
            keras.layers.BatchNormalization(dtype="float64", name="normalization"),
            keras.layers.Dropout(0.5, seed=1, dtype="float64"),
            keras.layers.Dense(1, use_bias=False, dtype="float64", kernel_initializer="ones", name="output"),
        ]
    )
    model.build((None, 3))
    model.get_layer("normalization").moving_mean.assign([1.0, 2.0, 3.0])
    return model


def test_as_it_predicts():
    """Dropout is off and batch normalization uses its moving statistics, which a numerical derivative confirms."""
    model = net_with_two_modes()
    got = weight_gradients(model, X, Y[:, :1], "mse")
    normalized = (X - [1.0, 2.0, 3.0]) / np.sqrt(1 + model.get_layer("normalization").epsilon)
    residual = normalized.sum(axis=1, keepdims=True) - Y[:, :1]
    kernel = next(slope for path, slope in got.items() if path.endswith("output/kernel"))
    np.testing.assert_allclose(kernel, 2 * normalized.T @ residual / 5, rtol=RTOL, atol=ATOL)


def test_as_it_trains():
    """The batch's own statistics, and half of the units silent; nothing of it is stored."""
    model = net_with_two_modes()
    before = [ops.convert_to_numpy(v.value) for v in model.variables]
    kernels = [
        next(slope for path, slope in slopes.items() if path.endswith("output/kernel"))
        for slopes in (
            weight_gradients(model, X, Y[:, :1], lambda y_true, y_pred: ops.sum(y_pred), training=mode)
            for mode in (True, True, False)
        )
    ]
    for v, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(v.value), value)
    np.testing.assert_array_equal(kernels[0], kernels[1])  # the state of the dropout did not move either
    assert np.abs(kernels[0] - kernels[2]).max() > 0.1

    without_dropout = keras.Sequential([model.layers[0], model.layers[2]])
    slopes = weight_gradients(without_dropout, X, Y[:, :1], lambda y, p: ops.sum(p), training=True)
    kernel = next(slope for path, slope in slopes.items() if path.endswith("output/kernel"))
    np.testing.assert_allclose(kernel, np.zeros((3, 1)), atol=max(ATOL, 1e-12))  # a normalized batch sums to zero


@pytest.mark.parametrize("training", [False, True])
def test_the_weights_are_untouched(training):
    model = mlp()
    model(X)
    before = model.get_weights()
    weight_gradients(model, X, Y, "mse", training=training)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_weight_gradients_say_what_is_wrong():
    with pytest.raises(TypeError, match=r"model must be a Keras model or layer.*'net'"):
        weight_gradients("net", X, Y, "mse")
    with pytest.raises(TypeError, match=r"loss must be.*None"):
        weight_gradients(mlp(), X, Y, None)
    with pytest.raises(ValueError, match="mean_squirrel"):
        weight_gradients(mlp(), X, Y, "mean_squirrel")
    with pytest.raises(TypeError, match=r"loss must return.*keras\.ops"):
        weight_gradients(mlp(), X, Y, lambda y_true, y_pred: np.float64(1))


def test_two_weights_of_one_path_are_refused():
    class Twins(keras.Model):
        def __init__(self):
            super().__init__(name="twins")
            self.one, self.other = keras.layers.Dense(1, name="same"), keras.layers.Dense(1, name="same")

        def call(self, x):
            return self.one(x) + self.other(x)

    with pytest.raises(ValueError, match="same path"):
        weight_gradients(Twins(), X, Y[:, :1], "mse")
