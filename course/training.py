"""Training as the lectures share it: quietly, with one bar; over several seeds; with the epoch at which it stopped.

What makes many small trainings fast, in seconds on two cores with the small net of the tests, batches of 32:

* A net that is compiled anew is traced anew at its first batch: about 1 on TensorFlow and on JAX. `restart` gives the
  net that is there new weights instead, in less than 0.1.
* Each batch costs some milliseconds however small it is, and each epoch tens of them: prefer batches of 128 or more,
  validate once at the end where no curve needs it, and pass `steps_per_execution=8` to `compile` (half the time on
  TensorFlow with small batches, no difference on JAX).
* `jit_compile=True` takes 2 more at the first batch on TensorFlow: it pays on a GPU. `run_eagerly=True` is ten
  times slower.
* On JAX a last batch that is smaller is traced once more: let the batch size divide the number of samples.

Batch normalization needs some hundred steps before its moving statistics are those of the data, at Keras's momentum of
0.99. In a shorter training give it `momentum=0.9`, or accuracy on new data is that of a guess while training goes well.
"""

import contextlib
import html
import sys
import time
from numbers import Integral

import keras
import numpy as np
import pandas


def fit(model, x, y=None, *, epochs, callbacks=(), label="training", **options):
    """Train `model` as `model.fit` does, showing one bar, and return the history, one row for each epoch.

    model: a compiled Keras model. x, y and `options` are those of `model.fit`, such as `batch_size`, `validation_data`
        or `validation_split`. epochs: int ≥ 1. callbacks: Keras callbacks. label: str, stands beside the bar.
    The history is a pandas DataFrame of the columns of Keras's history ("loss", "accuracy", "val_loss" …); its index is
    "epoch", from 1. Where a `keras.callbacks.EarlyStopping` is among the callbacks `history.attrs` has "best", the
    epoch with the best value, and "stopped", the epoch after which training stopped, or None where it did not.
    Raises TypeError for a model or callbacks that are none and for `epochs` that is no int; ValueError if it is below
    1, or if early stopping is to watch validation and there is none; and what `model.fit` raises.
    """
    _is_model(model)
    _at_least_one("epochs", epochs)
    if not isinstance(callbacks, list | tuple) or not all(isinstance(c, keras.callbacks.Callback) for c in callbacks):
        raise TypeError(f"callbacks must be a list of Keras callbacks, but got {callbacks!r}")
    if "verbose" in options:
        raise TypeError("verbose is not an option of `fit`: it is quiet, and shows one bar")
    stopping = next((c for c in callbacks if isinstance(c, keras.callbacks.EarlyStopping)), None)
    validated = options.get("validation_data") is not None or options.get("validation_split")
    if stopping and stopping.monitor.startswith("val_") and not validated:
        raise ValueError(f"early stopping watches {stopping.monitor}: give `fit` validation_data or validation_split")

    with progress(epochs, label) as step:
        bar = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: step())
        history = model.fit(x, y, epochs=epochs, callbacks=[*callbacks, bar], verbose=0, **options)
    frame = pandas.DataFrame(history.history, index=pandas.RangeIndex(1, len(history.epoch) + 1, name="epoch"))
    if stopping:
        frame.attrs["best"] = stopping.best_epoch + 1
        frame.attrs["stopped"] = stopping.stopped_epoch + 1 if stopping.stopped_epoch else None
    return frame


def over_seeds(function, seeds, *, label="random starts"):
    """Return the results of `function(seed)` for several seeds, stacked, with a bar over all of them.

    function: called with one int; before each call Keras, NumPy and Python are seeded with it. It returns a number, an
        array, or a dictionary or DataFrame (such as a history) of them, of the same shapes for every seed.
    seeds: how many, int ≥ 1 (then 0, 1, 2 …), or a list of ints.
    Returns an array of shape (seeds, *shape), or {name: such an array}: what `course.figures.curves.bars` and `spread`
    draw. Bars of what trains inside are not shown.
    Raises TypeError if `function` cannot be called or a seed is no int; ValueError if there are no seeds, or results
    differ in shape from seed to seed, as curves do that were stopped early.
    """
    if not callable(function):
        raise TypeError(f"function must be callable with a seed, but got {function!r}")
    if isinstance(seeds, Integral) and not isinstance(seeds, bool):
        seeds = range(_at_least_one("seeds", seeds))
    try:
        seeds = list(seeds)
    except TypeError:
        raise TypeError(f"seeds must be an int or a list of ints, but got {seeds!r}") from None
    if not all(isinstance(seed, Integral) and not isinstance(seed, bool) for seed in seeds):
        raise TypeError(f"seeds must be an int or a list of ints, but got {seeds!r}")
    if not seeds or not all(0 <= seed < 2**32 for seed in seeds):
        raise ValueError(f"seeds must be one or more ints from 0 to 2**32 - 1, but got {seeds!r}")

    results = []
    with progress(len(seeds), label) as step:
        for seed in seeds:
            keras.utils.set_random_seed(int(seed))
            results.append(_arrays(function(int(seed))))
            step()
    names = results[0].keys()
    if any(result.keys() != names for result in results):
        raise ValueError(f"function must return the same names for every seed, but got {[list(r) for r in results]}")
    stacked = {name: _stack(name, [result[name] for result in results]) for name in names}
    return stacked.get(None, stacked)


def restart(model):
    """Give a compiled `model` the weights of a new random start, and its optimizer a new beginning; nothing is traced.

    The weights are drawn by the layers' own initializers, from Keras's global seed: call it after
    `keras.utils.set_random_seed`, or in what `over_seeds` calls. Random layers such as dropout start anew as well.
    (A net's very first training may draw more random numbers than later ones, as Keras then looks at a batch to learn
    the shapes: the same seed gives the same results from the second training on.)
    What `model` had learnt or loaded is gone, from frozen layers too. The learning rate stays what it is now: where a
    callback lowered it, set it again.
    Raises TypeError if `model` is not a Keras model, ValueError if it is not built and compiled.
    """
    _is_model(model)
    if not model.built or getattr(model, "optimizer", None) is None:
        raise ValueError("model must be built and compiled before it can be started again")
    fresh = keras.models.clone_model(model)
    for mine, new in zip(_states(model), _states(fresh), strict=True):
        mine.assign(new)
    if model.optimizer.built:
        beginning = type(model.optimizer).from_config(model.optimizer.get_config())
        beginning.build(model.trainable_variables)
        for mine, new in zip(model.optimizer.variables, beginning.variables, strict=True):
            mine.assign(new)


def _states(model):
    """Return the weights of `model`, and the states of its random generators, in the order of its layers."""
    generators = [v for v in model.variables if v.path.endswith("seed_generator_state")]
    return [*model.weights, *generators]


def _arrays(result):
    """Return what a run gave as {name: array}; a result without names has the name None."""
    named = dict(result) if isinstance(result, dict | pandas.DataFrame) else {None: result}
    arrays = {}
    for name, value in named.items():
        try:
            array = np.asarray(keras.ops.convert_to_numpy(value) if keras.ops.is_tensor(value) else value)
        except ValueError:  # rows of different lengths
            array = np.array(None)
        if array.dtype.kind not in "biuf":
            raise ValueError(f"function must return numbers, arrays or a dictionary of them, but returned {value!r}")
        arrays[name] = array
    return arrays


def _stack(name, arrays):
    if len({array.shape for array in arrays}) > 1:
        which = "results" if name is None else repr(name)
        raise ValueError(f"{which} must have one shape for every seed, but got {[array.shape for array in arrays]}")
    return np.stack(arrays)


def _is_model(model):
    if not isinstance(model, keras.Model):
        raise TypeError(f"model must be a Keras model, but got {model!r}")


def _at_least_one(name, value):
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an int, but got {value!r}")
    if value < 1:
        raise ValueError(f"{name} must be at least 1, but got {value}")
    return int(value)


# --- one bar, which leaves nothing behind ---------------------------------------------------------------------------

_bars = []  # the bar that is open: one inside it shows nothing


@contextlib.contextmanager
def progress(total, label):
    """Show a bar of `total` (int) steps beside `label` (str) while the body runs; the body calls what it is given.

    In a notebook it is one line under the cell, in a terminal one on the standard error, elsewhere nothing, and nothing
    is left of it in the end: what a cell stores does not depend on how long it took.
    """
    if _bars:
        yield lambda: None
        return
    write, started, done, shown = _writer(), time.monotonic(), 0, 0.0

    def step():
        nonlocal done, shown
        done += 1
        now = time.monotonic()
        if now - shown > 0.1:  # no more than ten a second
            shown = now
            left = (now - started) / done * (total - done)
            write(done, total, f"{label}: {done} of {total}, about {left:.0f} s left")

    _bars.append(step)
    try:
        write(0, total, f"{label}: 0 of {total}")
        yield step
    finally:
        _bars.pop()
        write(None, None, "")


def _writer():
    """Return a function of (done, total, text) that draws the bar where this runs; `done` of None wipes it away."""
    if _is_notebook():
        return _in_notebook()
    if sys.stderr is not None and sys.stderr.isatty():
        return _in_terminal
    return lambda done, total, text: None


def _is_notebook():
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _in_notebook():
    from IPython.display import display

    # Empty at first and at last: nbval keeps the first state of an output, a notebook's file the last one.
    handle = display({"text/html": "", "text/plain": ""}, raw=True, display_id=True)

    def write(done, total, text):
        page = f'<progress value="{done}" max="{total}"></progress> {html.escape(text)}' if text else ""
        handle.update({"text/html": page, "text/plain": text}, raw=True)

    return write


def _in_terminal(done, total, text):
    filled = "" if done is None else "█" * (20 * done // total) + "░" * (20 - 20 * done // total) + " "
    print(f"\r\x1b[K{filled}{text}", end="", file=sys.stderr, flush=True)
