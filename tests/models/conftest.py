"""What the tests of several nets share."""

import keras
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def seeded_and_freed():
    """Every test starts from one seed, and leaves no net behind: full-size ones take up to half a gigabyte."""
    keras.utils.set_random_seed(0)
    yield
    keras.backend.clear_session()


@pytest.fixture
def zeros(monkeypatch):
    """Kernels start at 0: a full-size net that is counted, and not run, takes less time and memory so."""
    monkeypatch.setattr(
        keras.initializers.GlorotUniform, "__call__", lambda self, shape, dtype=None: keras.ops.zeros(shape, dtype)
    )


@pytest.fixture
def randomize():
    """A function that gives each trainable weight of a model random values: biases too, which Keras starts at 0.

    With `alive=True` biases are so large, and kernels so small, that no ReLU is dead.
    """

    def randomize(model, seed=0, alive=False):
        rng = np.random.default_rng(seed)
        for weight in model.trainable_weights:
            values = rng.standard_normal(weight.shape, dtype="float32")
            if len(weight.shape) > 1:
                weight.assign(values * ((0.1 if alive else 2**0.5) / np.prod(weight.shape[:-1]) ** 0.5))
            else:
                weight.assign(1 + values / 10 if alive else values / 3)
        return model

    return randomize


@pytest.fixture
def reloaded(tmp_path):
    """A function that returns a model as it comes back from a file."""

    def reload(model):
        path = tmp_path / "model.keras"
        model.save(path)
        return keras.models.load_model(path)

    return reload
