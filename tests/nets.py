"""What tests of nets share: pictures to show them, and what comes out."""

import keras
import numpy as np


def images(*shape, scale=1.0, seed=0):
    """Return noise of the given shape (float32)."""
    return np.random.default_rng(seed).normal(0.0, scale, shape).astype("float32")


def output_of(model, x):
    """Return what `model` answers at inference, as an array."""
    return keras.ops.convert_to_numpy(model(x, training=False))
