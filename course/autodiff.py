"""Gradients: the same call on TensorFlow, JAX and PyTorch.

`gradient(function, x)` differentiates a scalar function of `keras.ops`; `weight_gradients(model, x, y, loss)`
differentiates a loss with respect to the weights of a Keras model. Both answer with NumPy arrays.
Everything in the course that depends on the backend stands at the end of this file.
"""

import keras
import numpy as np
from keras import ops


def gradient(function, x):
    """Return the gradient of a scalar `function` at `x`, as a NumPy array of x's shape and float type.

    `function` takes a tensor of x's shape and returns a scalar (shape `()`); it is made of `keras.ops`.
    `x` is a number, nested lists, an array or a tensor. NumPy arrays and tensors keep their float type, anything else
    is computed in `keras.config.floatx()`. (JAX has float64 only where `jax_enable_x64` is set. Several operations and
    layers of Keras compute float64 in float32 on JAX and PyTorch.)
    Where the result does not depend on `x` the gradient is zero.
    Raises TypeError if `function` is not callable, if `x` is not numbers, or if the result is a NumPy number, which
    no backend can trace back to `x`; ValueError if the result is not a scalar.

    >>> gradient(lambda x: ops.sum(x**2), [1.0, -3.0])
    array([ 2., -6.], dtype=float32)
    """
    if not callable(function):
        raise TypeError(f"function must be callable, such as `lambda x: ops.sum(x**2)`, but got {function!r}")

    def value_at(tensors):
        value = traced(function(tensors[0]), "function")
        if tuple(value.shape) != ():
            raise ValueError(
                f"function must return a scalar, but returned shape {tuple(value.shape)}: sum or average it first"
            )
        return ops.cast(value, tensors[0].dtype)  # a count is an integer; its derivative is zero like any constant's

    return derivatives(value_at, [float_tensor(x)])[0]


def weight_gradients(model, x, y, loss, training=False):
    """Return the gradient of the loss with respect to every trainable weight: {variable path: array of its shape}.

    `model` is any Keras model or layer; one that is not built yet is built by calling it on `x`.
    `x` is whatever `model(x)` takes, a batch first; `y` is an array of targets.
    `loss` is a Keras loss, the name of one, or a function of `(y_true, y_pred)`; axes that it leaves are averaged.
    Penalties that layers add themselves (`kernel_regularizer`) are not part of it.
    `training=False` asks for the gradient of the net as it predicts: dropout off, batch normalization with its moving
    statistics. With `training=True` they act as in training, but nothing is stored: neither weights nor
    moving statistics nor the state of a random generator change.
    A weight that the loss does not depend on has a gradient of zeros.
    Raises TypeError if `model` is not a Keras model or layer or `loss` is none of the above; ValueError if Keras knows
    no loss of that name, or if two weights share a path.
    """
    if not isinstance(model, keras.Layer):
        raise TypeError(f"model must be a Keras model or layer, but got {model!r}")
    loss_of = keras.losses.get(loss)
    if not callable(loss_of):
        raise TypeError(f"loss must be a Keras loss, its name, or a function of (y_true, y_pred), but got {loss!r}")
    if not model.built:
        model(x)

    variables = model.trainable_variables
    paths = [variable.path for variable in variables]
    if len(set(paths)) < len(paths):
        raise ValueError(f"model has two weights of the same path among {paths}: give its layers different names")

    def loss_at(weights):
        with keras.StatelessScope(state_mapping=zip(variables, weights, strict=True)):
            prediction = model(x, training=training)
        targets = ops.cast(y, prediction.dtype)  # as in `fit`, class numbers too
        return ops.mean(traced(loss_of(targets, prediction), "loss"))

    return dict(zip(paths, derivatives(loss_at, [variable.value for variable in variables]), strict=True))


def float_tensor(x):
    """Return the numbers `x` as a tensor of a float type.

    NumPy arrays and tensors keep their float type, anything else becomes `keras.config.floatx()`; a symbolic Keras
    tensor stays symbolic. Raises TypeError if `x` is not numbers, ValueError if its rows differ in length.
    """
    if isinstance(x, keras.Variable):
        x = x.value
    if not (ops.is_tensor(x) or isinstance(x, keras.KerasTensor)):
        try:
            array = np.asarray(x)
        except ValueError:
            raise ValueError(f"x must have rows of equal length, but got {x!r}") from None
        if array.dtype.kind not in "biuf":
            raise TypeError(f"x must be numbers (a number, a list, an array or a tensor), but got {x!r}")
        typed = isinstance(x, (np.ndarray, np.generic)) and array.dtype.kind == "f"
        x = ops.convert_to_tensor(array if typed else array.astype(keras.config.floatx()))
    return x if keras.backend.is_float_dtype(x.dtype) else ops.cast(x, keras.config.floatx())


def traced(result, name):
    """Return the `result` of a user's function as a tensor; refuse one that has lost its way back to the input."""
    if result is None or isinstance(result, (np.ndarray, np.generic)):
        raise TypeError(f"{name} must return a tensor made with keras.ops, but returned {result!r}")
    return ops.convert_to_tensor(result)


# One function for each backend: the derivatives of `function`, from a list of tensors to a scalar, at `tensors`.


def derivatives(function, tensors):
    """Return the derivatives of `function` (list of tensors -> scalar tensor) at `tensors`, as NumPy arrays."""
    backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise RuntimeError(
            f"Gradients need Keras on {', '.join(BACKENDS)}, but it runs on {backend!r}: set KERAS_BACKEND and restart"
        )
    return [np.asarray(ops.convert_to_numpy(slope)) for slope in BACKENDS[backend](function, tensors)]


def with_tensorflow(function, tensors):
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(tensors)
        result = function(tensors)
    return tape.gradient(result, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def with_jax(function, tensors):
    import jax

    return jax.grad(function)(tensors)


def with_torch(function, tensors):
    import torch

    tensors = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    with torch.enable_grad():
        result = function(tensors)
    if not result.requires_grad:
        return [torch.zeros_like(tensor) for tensor in tensors]
    return torch.autograd.grad(result, tensors, allow_unused=True, materialize_grads=True)


BACKENDS = {"tensorflow": with_tensorflow, "jax": with_jax, "torch": with_torch}


def gpu_peak():
    """Return the most bytes (int) of the first GPU that this process had in use at a time, as the backend counts."""
    return PEAKS[keras.backend.backend()]()


def _tensorflow_peak():
    import tensorflow as tf

    return tf.config.experimental.get_memory_info("GPU:0")["peak"]


def _jax_peak():
    import jax

    return jax.local_devices()[0].memory_stats()["peak_bytes_in_use"]


def _torch_peak():
    import torch

    return torch.cuda.max_memory_allocated()


PEAKS = {"tensorflow": _tensorflow_peak, "jax": _jax_peak, "torch": _torch_peak}
