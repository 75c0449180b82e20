"""What runs in the student process: the cells of a notebook, and then the answers to the judge's questions.

Everything here shares its process with what a student wrote, and can be changed by it: nobody trusts a word of it.
"""

import contextlib
import importlib
import random
import sys
import time
import traceback
import warnings

from course.grading import slices, wire

TRACEBACK = 4_000  # characters of it that are kept
TEXT = 1_000  # of an exception's message
PATIENCE = 24 * 3600.0  # seconds: the time limits are kept by others

USED = (
    *("keras", "numpy", "pandas", "matplotlib.pyplot", "sklearn.datasets", "course.models", "course.anatomy"),
    *("course.autodiff", "course.datasets", "course.exercises", "course.facts", "course.training"),
    *("course.figures.curves", "course.figures.pictures", "course.figures.style", "course.figures.tables"),
)

kept = {}  # what the judge holds a number of: {number: object}


def prepare():
    """Import what notebooks use. No operation of Keras may run: the process will fork."""
    for name in USED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    _shell()


def work(job, talk, tell):
    """Run the job's cells, tell of each, then answer questions on the socket `talk` until it closes.

    job: {"cells": sources, "given": those of the student build, "exercises": names, "sliced": whether to leave out what
    no answer needs, "skip": positions to leave out, "seed": int}.
    """
    cells = job["cells"]
    running, binds = slices.plan(cells, job["given"] if job["sliced"] else (), job["exercises"])
    wanted = set(job["exercises"])
    tell("plan", binds={place: sorted(bound & wanted) for place, bound in enumerate(binds) if bound & wanted})
    _seed(job["seed"])
    shell = _shell()
    sys.path.insert(0, "")
    for position, source in running:
        if position not in job["skip"]:
            tell("cell", cell=position)
            if failure := _run(shell, source):
                tell("raised", cell=position, traceback=failure[-TRACEBACK:])
    tell("ran")
    _answer(talk, shell.user_ns)


def _seed(seed):
    import keras

    random.seed(seed)
    keras.utils.set_random_seed(seed)


# --- the notebook
# ---------------------------------------------------------------------------------------------------------


def _shell():
    """Return an IPython without kernel, history or files of its own."""
    from IPython.core.history import HistoryManager
    from IPython.core.interactiveshell import InteractiveShell

    HistoryManager.enabled = False
    shell = InteractiveShell.instance()
    shell.colors = "NoColor"
    shell.showtraceback = lambda *_, **__: None
    shell.showsyntaxerror = lambda *_, **__: None

    def remember(value):
        if value is not None:
            shell.user_ns["_"] = value

    shell.display_trap.hook = remember  # nobody looks at what a cell shows
    return shell


def _run(shell, source):
    """Run a cell; return None, or the traceback (str) of what it raised."""
    try:
        result = shell.run_cell(source)
        problem = result.error_before_exec or result.error_in_exec
    except BaseException as raised:
        problem = raised
    if "matplotlib.pyplot" in sys.modules:  # as a notebook does
        with contextlib.suppress(Exception):
            sys.modules["matplotlib.pyplot"].close("all")
    return None if problem is None else _shown(problem)


def _shown(problem):
    """Return the traceback of an exception, from the student's own lines on."""
    try:
        lines = traceback.extract_tb(problem.__traceback__)
        own = [
            place for place, frame in enumerate(lines) if "ipykernel" in frame.filename or "<ipython" in frame.filename
        ]
        text = "".join(traceback.format_list(lines[own[0] :] if own else []))
        return text + "".join(traceback.format_exception_only(problem))
    except BaseException:
        return type(problem).__name__


# --- the questions
# --------------------------------------------------------------------------------------------------------


def _answer(talk, names):
    """Answer the judge's questions, one after the other, until it closes the socket."""
    while True:
        try:
            question = wire.receive(talk, time.monotonic() + PATIENCE, lambda note: _callback(talk, note))
        except (EOFError, OSError):
            return
        try:
            reply = _QUESTIONS[question["ask"]](names, **question["about"])
        except wire.TooLarge:
            reply = {"too large": True}
        except BaseException as problem:
            reply = _raised(problem)
        _reply(talk, question["nonce"], reply)


def _reply(talk, nonce, reply):
    deadline = time.monotonic() + PATIENCE
    try:
        wire.send(talk, {"nonce": nonce, "reply": reply}, deadline, _note)
    except OSError:
        raise
    except wire.TooLarge:
        wire.send(talk, {"nonce": nonce, "reply": {"too large": True}}, deadline)
    except BaseException as problem:  # nested too deep, say
        wire.send(talk, {"nonce": nonce, "reply": _raised(problem)}, deadline)


def _look(names, name):
    """Return {"value": …} of the answer called `name`, with a layer's configuration; {} where there is none."""
    if name not in names:
        return {}
    value = names[name]
    found = {"value": value}
    import keras

    if isinstance(value, keras.Layer):
        found["layer"] = _described(value)
    return found


def _described(layer):
    """Return what a layer is built again from: its configuration, None where it has none, and its weights."""
    import keras

    found = {"model": isinstance(layer, keras.Model), "built": bool(layer.built), "config": None, "weights": None}
    with contextlib.suppress(Exception):
        found["config"] = plain_config(keras.saving.serialize_keras_object(layer))
    if layer.built:
        found["weights"] = _weights(layer)
    return found


def _call(names, number, arguments, keywords):
    """Return {"result": …} of an answer called with `arguments`, {"changed": …} if it changed them, and how it left
    the nets among them.
    """
    import keras

    from course.exercises.compare import plain

    nets = [argument for argument in arguments if isinstance(argument, keras.Model)]
    optimizers = [getattr(net, "optimizer", None) for net in nets]
    others = [None if isinstance(argument, keras.Model) else argument for argument in arguments]
    before = wire.pack(others, _note)
    result = _calmly(lambda: plain(kept[number](*arguments, **keywords)))
    found = {"result": result, "nets": [_state(*pair) for pair in zip(nets, optimizers, strict=True)]}
    if isinstance(result, keras.Model):
        found["layer"] = _described(result)
    try:
        same = wire.pack(others, _note) == before
    except Exception:
        same = False
    if not same:
        found["changed"] = others
    return found


def _state(net, optimizer):
    """Return what a function may change of a net that it is given, which had this `optimizer`."""
    now = getattr(net, "optimizer", None)
    state = {
        "layers": len(net.layers),
        "trainable": [bool(layer.trainable) for layer in within(net)],
        "weights": _weights(net),
        "compiled": None,
        "rate": None,
    }
    if now is not None and now is not optimizer:
        state["compiled"] = plain_config(net.get_compile_config())
    elif now is not None:
        state["rate"] = float(now.learning_rate)
    return state


def within(layer):
    """Yield a layer and, if it is a model, all layers within it, the outer ones first."""
    yield layer
    for part in getattr(layer, "layers", ()):
        yield from within(part)


def _layer(names, number, weights, arguments):
    """Return what a layer of the student's own class makes of `arguments` with the `weights` given, and its weights."""
    layer = kept[number]
    if weights is not None:
        for weight, values in zip(layer.weights, weights, strict=True):
            weight.assign(values)
    from course.exercises.compare import plain

    result = _calmly(lambda: plain(layer(*arguments)))
    return {"result": result, "weights": _weights(layer) if weights is None else None}


_QUESTIONS = {"look": _look, "call": _call, "layer": _layer}


def _calmly(function):
    import numpy as np

    with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
        return function()


def _weights(layer):
    from keras import ops

    return [(weight.name, ops.convert_to_numpy(weight), bool(weight.trainable)) for weight in layer.weights]


def plain_config(config):
    """Return a configuration with nothing in it but what JSON has; raise TypeError for anything else."""
    if config is None or type(config) in (bool, int, float, str):
        return config
    if isinstance(config, dict):
        return {str(key): plain_config(entry) for key, entry in config.items()}
    if isinstance(config, list | tuple):
        return [plain_config(entry) for entry in config]
    import numpy as np

    if isinstance(config, np.generic):
        return config.item()
    raise TypeError(f"a {type(config).__name__} in a configuration")


def _raised(problem):
    """Return what the judge is told of an exception: its class and what that inherits from, and its text."""
    line = [(kind.__module__, kind.__qualname__) for kind in type(problem).__mro__ if issubclass(kind, BaseException)]
    try:
        text = problem.args[0] if len(problem.args) == 1 and type(problem.args[0]) is str else str(problem)
    except BaseException:
        text = ""
    return {"raised": [(str(module)[:200], str(name)[:200]) for module, name in line][:20], "text": str(text)[:TEXT]}


def _note(value):
    """Return what the judge is told of something that is no plain data, and keep it for questions."""
    import keras

    if keras.ops.is_tensor(value):
        return {"tensor": keras.ops.convert_to_numpy(value)}
    if isinstance(value, _Callback):
        return {"callback": value.number}
    if isinstance(value, type) and issubclass(value, keras.losses.Loss):
        value = value()  # as `compile` does
    number = len(kept)
    kept[number] = value
    note = {"type": type(value).__name__[:100], "number": number, "callable": callable(value), "name": ""}
    name = getattr(value, "__name__", "")
    note["name"] = name[:100] if type(name) is str else ""
    if hasattr(type(value), "__array__"):
        with contextlib.suppress(Exception):
            import numpy as np

            array = np.array(value)
            wire.pack(array)  # raises for one that cannot be sent
            note["array"] = array
    return note


# --- functions that are arguments
# -----------------------------------------------------------------------------------------


class _Callback:
    """A function of the judge's, which an answer may call."""

    def __init__(self, talk, number):
        self.talk, self.number = talk, number
        self.__name__ = "function"

    def __call__(self, *arguments, **keywords):
        deadline = time.monotonic() + PATIENCE
        wire.send(self.talk, {"callback": self.number, "arguments": arguments, "keywords": keywords}, deadline, _note)
        reply = wire.receive(self.talk, deadline, lambda note: _callback(self.talk, note))
        if "raised" in reply:
            import builtins

            raise getattr(builtins, reply["raised"], RuntimeError)(reply["text"])
        return reply["result"]


def _callback(talk, note):
    """Return what a note of the judge stands for: a tensor, something of ours, a net of its own, or a function."""
    if "tensor" in note:
        import keras

        return keras.ops.convert_to_tensor(note["tensor"])
    if "kept" in note:
        return kept[note["kept"]]
    if "net" in note:
        import keras

        net = keras.saving.deserialize_keras_object(note["net"])
        net.set_weights(note["weights"])
        return net
    return _Callback(talk, note["callback"])
