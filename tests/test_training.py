"""Training: the same as Keras's own, quiet, repeatable from a seed, and with a bar that leaves nothing behind."""

import io
import subprocess
import sys
import textwrap

import hypothesis.strategies as st
import numpy as np
import pandas
import pytest
from hypothesis import given

from course.runtime import import_keras

keras = import_keras()

from course import training  # noqa: E402

X = np.random.default_rng(0).normal(size=(64, 6)).astype("float32")
Y = (X[:, 0] > X[:, 1]).astype("int32")


def net(seed=0, dropout=0.0, optimizer="adam"):
    """Return a small compiled classifier, with what has a state: batch normalization, dropout, momentum."""
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([
        keras.Input((6,)),
        keras.layers.Dense(8, "relu"),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(dropout),
        keras.layers.Dense(2, "softmax"),
    ])  # fmt: skip
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def ticking(step):
    """Return a clock that goes on by `step` seconds whenever it is read."""
    now = [0.0]

    def monotonic():
        now[0] += step
        return now[0]

    return monotonic


# --- fit --------------------------------------------------------------------------------------------------------------


def test_fit_is_keras_own():
    keras.utils.set_random_seed(1)
    expected = net(1).fit(X, Y, epochs=3, batch_size=16, validation_split=0.25, verbose=0).history
    history = training.fit(net(1), X, Y, epochs=3, batch_size=16, validation_split=0.25)
    assert isinstance(history, pandas.DataFrame)
    assert history.index.tolist() == [1, 2, 3] and history.index.name == "epoch"
    assert list(history.columns) == list(expected)
    for name, values in expected.items():
        assert history[name].tolist() == pytest.approx(values, rel=1e-5)


def test_fit_prints_nothing(capfd):
    training.fit(net(), X, Y, epochs=2)
    assert capfd.readouterr() == ("", "")


def rising(values):
    """Return a callback that makes the validation loss what `values` say, epoch by epoch."""
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update(val_loss=values[epoch]))


def test_early_stopping_says_where():
    """Best at epoch 3, worse at 4 and 5: with patience 2 it stops after 5."""
    stop = keras.callbacks.EarlyStopping("val_loss", patience=2, restore_best_weights=True)
    callbacks = [rising([5.0, 4.0, 3.0, 3.5, 3.2, 1.0, 0.0]), stop]
    history = training.fit(net(), X, Y, epochs=7, validation_split=0.25, callbacks=callbacks)
    assert history["val_loss"].tolist() == [5, 4, 3, 3.5, 3.2]
    assert history.attrs == {"best": 3, "stopped": 5}


def test_early_stopping_that_did_not_stop():
    stop = keras.callbacks.EarlyStopping("val_loss", patience=3)
    history = training.fit(net(), X, Y, epochs=3, validation_split=0.25, callbacks=[rising([3.0, 1.0, 2.0]), stop])
    assert len(history) == 3 and history.attrs == {"best": 2, "stopped": None}


def test_the_best_weights_are_those_that_are_left():
    kept = {}

    def keep(epoch, logs):
        kept[epoch + 1] = model.get_weights()

    model = net()
    stop = keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True)
    callbacks = [rising([2.0, 1.0, 3.0, 0.0]), keras.callbacks.LambdaCallback(on_epoch_end=keep), stop]
    history = training.fit(model, X, Y, epochs=4, validation_split=0.25, callbacks=callbacks)
    assert history.attrs == {"best": 2, "stopped": 3}
    for left, best in zip(model.get_weights(), kept[2], strict=True):
        assert np.array_equal(left, best)


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ({"epochs": 0}, ValueError, "epochs must be at least 1, but got 0"),
        ({"epochs": 2.0}, TypeError, "epochs must be an int, but got 2.0"),
        ({"epochs": True}, TypeError, "epochs must be an int, but got True"),
        ({"model": "net"}, TypeError, "model must be a Keras model, but got 'net'"),
        ({"callbacks": [len]}, TypeError, "callbacks must be a list of Keras callbacks"),
        ({"callbacks": keras.callbacks.TerminateOnNaN()}, TypeError, "callbacks must be a list of Keras callbacks"),
        ({"verbose": 1}, TypeError, "verbose is not an option"),
        (
            {"callbacks": [keras.callbacks.EarlyStopping()]},
            ValueError,
            "early stopping watches val_loss: give `fit` validation_data or validation_split",
        ),
    ],
)
def test_fit_refuses(arguments, error, words):
    with pytest.raises(error, match=words):
        training.fit(**{"model": net(), "x": X, "y": Y, "epochs": 1, **arguments})


# --- over seeds -------------------------------------------------------------------------------------------------------


def test_over_seeds_stacks_what_comes_back():
    assert training.over_seeds(lambda seed: seed**2, [3, 5]).tolist() == [9, 25]
    assert training.over_seeds(lambda seed: [seed, -seed], 3).tolist() == [[0, 0], [1, -1], [2, -2]]
    named = training.over_seeds(lambda seed: {"a": seed, "b": np.full(2, seed)}, range(2))
    assert {name: array.tolist() for name, array in named.items()} == {"a": [0, 1], "b": [[0, 0], [1, 1]]}
    tensors = training.over_seeds(lambda seed: keras.ops.full((2,), seed), 2)
    assert tensors.tolist() == [[0, 0], [1, 1]]


def test_over_seeds_stacks_histories_for_the_figure_of_a_spread():
    from course.figures import curves

    runs = training.over_seeds(lambda seed: training.fit(net(seed), X, Y, epochs=2, batch_size=32), 3)
    assert list(runs) == ["accuracy", "loss"] and runs["loss"].shape == (3, 2)
    words = {"xlabel": "epoch", "ylabel": "loss", "title": "t", "alt": "a"}
    figure = curves.spread([1, 2], {"loss": runs["loss"]}, **words)
    assert figure.axes[0].containers[0].lines[0].get_ydata() == pytest.approx(np.median(runs["loss"], axis=0))


def test_every_source_of_chance_is_seeded():
    import random

    def draw(seed):
        return [random.random(), np.random.random(), float(keras.random.uniform(()))]

    first, second = training.over_seeds(draw, [1, 2]), training.over_seeds(draw, [2, 1])
    assert np.array_equal(first, second[::-1]) and (first[0] != first[1]).all()


@pytest.mark.parametrize(
    "function, seeds, error, words",
    [
        (3, 2, TypeError, "function must be callable with a seed, but got 3"),
        (abs, 0, ValueError, "seeds must be at least 1, but got 0"),
        (abs, [], ValueError, "seeds must be one or more"),
        (abs, [-1], ValueError, r"seeds must be one or more ints from 0 to 2\*\*32 - 1, but got \[-1\]"),
        (abs, 1.5, TypeError, "seeds must be an int or a list of ints, but got 1.5"),
        (abs, True, TypeError, "seeds must be an int or a list of ints, but got True"),
        (abs, [0.5], TypeError, "seeds must be an int or a list of ints"),
        (lambda seed: None, 2, ValueError, "function must return numbers"),
        (
            lambda seed: "a",
            2,
            ValueError,
            "function must return numbers, arrays or a dictionary of them, but returned 'a'",
        ),
        (
            lambda seed: [1] * (seed + 1),
            2,
            ValueError,
            r"results must have one shape for every seed, but got \[\(1,\), \(2,\)\]",
        ),
        (lambda seed: {"a": [1] * (seed + 1)}, 2, ValueError, "'a' must have one shape for every seed"),
        (lambda seed: {seed: 1}, 2, ValueError, "function must return the same names for every seed"),
        (lambda seed: [[1], [2, 3]], 1, ValueError, "function must return numbers"),
    ],
)
def test_over_seeds_refuses(function, seeds, error, words):
    with pytest.raises(error, match=words):
        training.over_seeds(function, seeds)


@given(
    result=st.one_of(
        st.none(),
        st.text(),
        st.floats(),
        st.lists(st.one_of(st.integers(), st.text(), st.none(), st.lists(st.floats()))),
    )
)
def test_whatever_a_run_gives(result):
    try:
        stacked = training.over_seeds(lambda seed: result, 2)
    except ValueError as problem:
        assert "must return" in str(problem)
    else:
        assert stacked.shape[0] == 2 and stacked.dtype.kind in "biuf"


# --- restart ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["adagrad", "nadam"])
def test_a_restarted_net_trains_as_a_new_one(optimizer):
    """Against a net that is built anew: the same seed, then the same losses, whatever was learnt before."""

    def losses(model):
        return training.fit(model, X, Y, epochs=3, batch_size=16, shuffle=False)["loss"].to_numpy()

    new = losses(net(5, optimizer=optimizer))
    used = net(1, optimizer=optimizer)
    losses(used)
    keras.utils.set_random_seed(5)
    training.restart(used)
    assert losses(used) == pytest.approx(new, rel=1e-4)


def test_a_restart_draws_what_a_new_net_draws():
    model = net(0)
    keras.utils.set_random_seed(3)
    training.restart(model)
    for mine, new in zip(model.get_weights(), net(3).get_weights(), strict=True):
        assert np.array_equal(mine, new)


def test_a_restart_keeps_what_was_compiled():
    model = net()
    model.layers[0].trainable = False
    model.compile(keras.optimizers.SGD(0.1, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    traced = model.make_train_function()
    training.fit(model, X, Y, epochs=1)
    function = model.train_function
    before = model.layers[0].get_weights()
    training.restart(model)
    assert model.train_function is function and traced is None
    assert not model.layers[0].trainable and float(model.optimizer.learning_rate) == pytest.approx(0.1)
    assert int(model.optimizer.iterations) == 0
    assert not np.array_equal(model.layers[0].get_weights()[0], before[0])


def test_seeds_do_not_depend_on_their_order():
    model = net(dropout=0.5)
    training.fit(model, X, Y, epochs=1, batch_size=16)  # the first training draws more on some backends

    def loss(seed):
        training.restart(model)
        return training.fit(model, X, Y, epochs=2, batch_size=16)["loss"].iloc[-1]

    first, second = training.over_seeds(loss, [0, 1, 2]), training.over_seeds(loss, [2, 0, 1])
    assert first == pytest.approx(second[[1, 2, 0]], rel=1e-4)
    assert len(set(np.round(first, 6))) == 3


@pytest.mark.parametrize("model", [None, keras.layers.Dense(2)])
def test_restart_refuses_what_is_no_model(model):
    with pytest.raises(TypeError, match="model must be a Keras model"):
        training.restart(model)


def test_restart_refuses_what_is_not_compiled():
    with pytest.raises(ValueError, match="model must be built and compiled"):
        training.restart(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))


# --- the bar ----------------------------------------------------------------------------------------------------------


class Terminal(io.StringIO):
    def isatty(self):
        return True


def screen(text):
    """Return the lines that a terminal would show of `text`."""
    lines = [""]
    for part in text.split("\r"):
        lines.append(part.removeprefix("\x1b[K") if part.startswith("\x1b[K") else part)
    return lines


def test_a_terminal_shows_one_bar_and_keeps_none(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(training.time, "monotonic", ticking(1.0))
    with training.progress(4, "counting") as step:
        for _ in range(4):
            step()
    lines = screen(terminal.getvalue())
    assert "\n" not in terminal.getvalue()
    assert lines[3:7] == [
        "█████░░░░░░░░░░░░░░░ counting: 1 of 4, about 3 s left",
        "██████████░░░░░░░░░░ counting: 2 of 4, about 2 s left",
        "███████████████░░░░░ counting: 3 of 4, about 1 s left",
        "████████████████████ counting: 4 of 4, about 0 s left",
    ]
    assert lines[-1] == ""


def test_the_bar_goes_when_training_fails(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with pytest.raises(ZeroDivisionError), training.progress(4, "counting"):
        1 / 0  # noqa: B018
    assert screen(terminal.getvalue())[-1] == "" and training._bars == []


def test_a_bar_within_a_bar_shows_nothing(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    training.over_seeds(lambda seed: training.fit(net(), X, Y, epochs=1)["loss"].iloc[-1], 2)
    assert "random starts: 1 of 2" in terminal.getvalue() and "training" not in terminal.getvalue()


def test_no_more_than_ten_updates_a_second(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setattr(training.time, "monotonic", ticking(0.01))
    with training.progress(1000, "counting") as step:
        for _ in range(1000):
            step()
    assert 50 < terminal.getvalue().count("counting") < 110


def test_in_a_notebook_nothing_stays(tmp_path):
    """What the file stores, and what nbval compares with: an empty output, whatever was shown in between."""
    import nbformat

    from course import kernels

    code = """
    from course import training
    with training.progress(3, "counting") as step:
        for _ in range(3):
            step()
    """
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(code).strip())])
    executed, _ = kernels.execute(notebook, tmp_path)
    (output,) = [o for o in executed.cells[0].outputs if o.output_type != "stream"]
    assert output.data == {"text/html": "", "text/plain": ""}
    (tmp_path / "bar.ipynb").write_text(nbformat.writes(executed), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-q", str(tmp_path / "bar.ipynb")]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout


def test_the_notebook_is_shown_the_bar(monkeypatch):
    import IPython.display

    pages = []

    class Handle:
        def update(self, data, raw):
            pages.append(data["text/html"])

    monkeypatch.setattr(training, "_is_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "display", lambda data, raw, display_id: pages.append(data) or Handle())
    monkeypatch.setattr(training.time, "monotonic", ticking(1.0))
    with training.progress(2, "<net>") as step:
        step()
        step()
    assert pages[0] == {"text/html": "", "text/plain": ""} and pages[-1] == ""
    assert pages[2] == '<progress value="1" max="2"></progress> &lt;net&gt;: 1 of 2, about 1 s left'
