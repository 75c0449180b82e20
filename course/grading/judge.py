"""What runs in the judge process: it asks for a student's answers and checks them, and runs no line of the student's.

`Exercise.check` is the one that students call. What it gets for an answer is plain data, a model rebuilt from its
configuration, or a stand-in that asks the student process whenever it is called.
"""

import builtins
import contextlib
import secrets
import sys
import time

import numpy as np

from course.grading import wire
from course.grading.student import plain_config, within

SENTENCE = 2_000  # characters
EXCEPTIONS = ("builtins", "numpy", "keras", "tensorflow", "jax", "torch")  # packages whose exceptions keep their class


class Stopped(BaseException):
    """The student process does not go on: nothing more can be asked. (An Exception the engine would take for the
    answer's.)
    """

    def __init__(self, status, sentence):
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


TOO_SLOW = "Your answer took longer than its limit."
GONE = "The process in which your answer ran came to its end."
TOO_MUCH = "To examine your answer takes more memory than there is."
FORGED = "Its process sent what was not asked for."


def prepare():
    """Import what checks use. No operation of Keras may run: the process will fork."""
    import importlib

    for name in ("course.exercises", "course.grading.rebuild", "course.receptive_field", "course.anatomy"):
        importlib.import_module(name)


def work(job, talk, tell):
    """Check the job's exercises, and tell what comes of each.

    job: {"topic": str, "exercises": names, "seed": int, "limits": dict}. Told of each: exercise, status ("right",
    "wrong", "not attempted", "absent", "error", "timeout", "crashed"), mistake, sentence, evidence, seconds, and
    whether a name was missing (`unbound`).
    """
    from course import exercises

    found = exercises.of(job["topic"])
    student = Student(talk, job["limits"])
    for number, name in enumerate(job["exercises"]):
        tell("cell", cell=number)
        started = time.monotonic()
        student.begin()
        try:
            outcome = _outcome(found[name], student, job["seed"])
        except Stopped as end:
            outcome = {"status": end.status, "sentence": end.sentence}
        except MemoryError:
            outcome = {"status": "crashed", "sentence": TOO_MUCH}
        except Exception as problem:  # an answer that confuses the check itself
            outcome = {
                "status": "error",
                "sentence": f"The answer could not be examined ({type(problem).__name__}: {str(problem)[:200]}).",
            }
        tell("outcome", exercise=name, seconds=time.monotonic() - started, unbound=student.unbound, **outcome)
        if student.stopped:
            return


def _outcome(exercise, student, seed):
    """Return what to tell of one exercise (dict)."""
    from course.grading.rebuild import CannotBeExamined

    found = student.look(exercise.name, exercise.kind)
    if not found:
        return {"status": "absent"}
    try:
        outcome = exercise.check(found[0], seed)
    except CannotBeExamined:
        return {
            "status": "error",
            "sentence": "Your answer is of a class of your own, and this exercise looks inside of it.",
        }
    return {
        "status": outcome.status,
        "mistake": outcome.mistake.name if outcome.mistake else None,
        "sentence": outcome.sentence[:SENTENCE],
        "evidence": [(str(label)[:100], text[:SENTENCE]) for label, text in outcome.evidence],
    }


class Student:
    """The student process, as the judge sees it: a socket to ask. What comes back is hostile."""

    def __init__(self, talk, limits):
        self.talk, self.limits = talk, limits
        self.functions = []  # arguments of calls that the answer may call in turn
        self.stopped = self.unbound = False

    def begin(self):
        """Start the clock of an exercise."""
        self.until = time.monotonic() + self.limits["exercise"]
        self.unbound = False

    def look(self, name, kind):
        """Return the answer called `name` as [stand-in], or [] where there is none."""
        try:
            reply = self.ask("look", name=name)
        except RecursionError:  # nested too deep to be sent: the check is given the like, and says what it says at home
            return [_endless()]
        if "value" not in reply:
            return []
        value, layer = reply["value"], reply.get("layer")
        if layer and kind == "model" and isinstance(value, _StandIn):
            return [self._layer(value, layer)]
        return [value]

    def _layer(self, stand_in, layer):
        from course.grading import rebuild

        weights = None
        if layer["built"]:
            weights = [(str(name), np.asarray(values), bool(trainable)) for name, values, trainable in layer["weights"]]
        rebuilt = rebuild.rebuild(_json(layer["config"]), weights)
        if rebuilt is not None:
            return rebuilt

        def ask(values, arguments):
            reply = self.ask("layer", number=stand_in.number, weights=values, arguments=arguments)
            return _kept(reply, "result"), reply["weights"]

        return (rebuild.AfarModel if layer["model"] else rebuild.AfarLayer).of(ask, weights)

    def call(self, number, arguments, keywords):
        """Return what the student's function of that number gives; `arguments` are changed as it changes them."""
        import keras

        reply = self.ask("call", number=number, arguments=arguments, keywords=keywords)
        for old, new in zip(arguments, reply.get("changed", ()), strict=False):
            _change(old, new)
        nets = [argument for argument in arguments if isinstance(argument, keras.Model)]
        try:
            for net, state in zip(nets, reply.get("nets", ()), strict=True):
                _leave(net, state)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise self._stop("error", FORGED) from None
        result = _kept(reply, "result")
        if reply.get("layer") and isinstance(result, _StandIn):
            return self._layer(result, reply["layer"])
        return result

    def ask(self, ask, **about):
        """Return the reply (dict) to a question; raise what the student's code raised, or `Stopped`."""
        if self.stopped:
            raise Stopped("crashed", GONE)
        nonce = secrets.token_hex(8)
        deadline = min(time.monotonic() + self.limits["question"], self.until)
        try:
            wire.send(self.talk, {"nonce": nonce, "ask": ask, "about": about}, deadline, self._note)
            while True:
                reply = wire.receive(self.talk, deadline, self._made)
                if not isinstance(reply, dict) or "callback" not in reply:
                    break
                wire.send(self.talk, self._call_back(reply), deadline, self._note)
            if reply["nonce"] != nonce or not isinstance(reply["reply"], dict):
                raise wire.Broken("an answer to another question")
        except TimeoutError:
            raise self._stop("timeout", TOO_SLOW) from None
        except (EOFError, OSError):
            raise self._stop("crashed", GONE) from None
        except (wire.Broken, KeyError, TypeError):
            raise self._stop("error", FORGED) from None
        reply = reply["reply"]
        if "too large" in reply:
            raise Stopped("error", "The answer, or a result of it, is too large to be sent.")
        if "raised" in reply:
            raise self._problem(reply)
        return reply

    def _stop(self, status, sentence):
        self.stopped = True
        return Stopped(status, sentence)

    def _problem(self, reply):
        """Return the exception that the student's code raised: of its own class if that is a known one, else of a
        namesake.
        """
        try:
            line = [(str(module), str(name)) for module, name in reply["raised"]]
            text = str(reply["text"])[:SENTENCE]
        except (ValueError, TypeError, KeyError):
            return self._stop("error", FORGED)
        self.unbound = self.unbound or ("builtins", "NameError") in line
        kinds = [_exception(module, name) for module, name in line]
        parent = next((kind for kind in kinds if kind), Exception)
        kind = (
            kinds[0]
            if kinds and kinds[0]
            else type(_identifier(line[0][1] if line else ""), (parent,), {"__str__": _text})
        )
        problem = kind.__new__(kind, text)
        problem.args = (text,)
        return problem

    # --- notes on what is no plain data

    def _note(self, value):
        import keras

        if isinstance(value, _StandIn):
            return {"kept": value.number}
        if keras.ops.is_tensor(value):
            return {"tensor": keras.ops.convert_to_numpy(value)}
        if isinstance(value, keras.Model):
            config = plain_config(keras.saving.serialize_keras_object(value))
            return {"net": config, "weights": value.get_weights()}
        if not callable(value):
            raise TypeError(f"a case holds a {type(value).__name__}, which cannot be sent")
        if value not in self.functions:
            self.functions.append(value)
        return {"callback": self.functions.index(value)}

    def _made(self, note):
        import keras

        if "tensor" in note:
            return keras.ops.convert_to_tensor(note["tensor"])
        if "callback" in note:
            return self.functions[_whole(note["callback"])]
        return _stand_in(self, note)

    def _call_back(self, question):
        """Return the answer to a student's call of one of our functions."""
        arguments, keywords = question["arguments"], question["keywords"]
        try:
            function = self.functions[_whole(question["callback"])]
            with np.errstate(all="ignore"):
                return {"result": function(*arguments, **keywords)}
        except Exception as problem:
            name = type(problem).__name__
            return {"raised": name if hasattr(builtins, name) else "RuntimeError", "text": str(problem)[:SENTENCE]}


# --- stand-ins
# ------------------------------------------------------------------------------------------------------------


def _endless():
    """Return a list that is nested without end."""
    inside = []
    inside.append(inside)
    return inside


class _StandIn:
    """What is no plain data: known by the name of its type, and asked if it is called."""


def _stand_in(student, note):
    members = {}
    if note["callable"]:
        members["__call__"] = lambda self, *arguments, **keywords: student.call(self.number, arguments, keywords)
    if isinstance(note.get("array"), np.ndarray):
        members["__array__"] = lambda self, dtype=None, copy=None: note["array"].astype(dtype or note["array"].dtype)
    stand_in = type(_identifier(note["type"]), (_StandIn,), members)()
    stand_in.number = _whole(note["number"])
    if note["name"]:
        stand_in.__name__ = _identifier(note["name"])
    return stand_in


def _identifier(name):
    return name if isinstance(name, str) and name.isidentifier() and len(name) <= 100 else "object"


def _whole(number):
    if type(number) is not int or number < 0:
        raise wire.Broken("no number")
    return number


def _kept(reply, key):
    if key not in reply:
        raise Stopped("error", FORGED)
    return reply[key]


def _json(config):
    """Return a configuration as it came, tuples as lists; the list of known parts does the rest."""
    return [_json(entry) for entry in config] if isinstance(config, list | tuple) else (
        {key: _json(entry) for key, entry in config.items()} if isinstance(config, dict) else config
    )  # fmt: skip


def _change(old, new):
    """Change `old`, an argument, into `new`, in place, as the student's function did with its copy."""
    if isinstance(old, np.ndarray):
        if isinstance(new, np.ndarray) and old.shape == new.shape and old.dtype == new.dtype:
            old[...] = new
        else:
            old.resize(0, refcheck=False)  # of another shape now: any difference will do
    elif isinstance(old, list) and isinstance(new, list):
        old[:] = new
    elif isinstance(old, dict) and isinstance(new, dict):
        old.clear()
        old.update(new)
    elif isinstance(old, tuple) and isinstance(new, tuple):
        for part, changed in zip(old, new, strict=False):
            _change(part, changed)


def _leave(net, state):
    """Leave `net`, an argument, as the student's function left its copy: frozen, trained, cut or compiled.

    Raises what it stumbles over, and Stopped for a net that was compiled with what nobody knows.
    """
    import keras

    from course.grading import rebuild

    while isinstance(net, keras.Sequential) and len(net.layers) > _whole(state["layers"]):
        net.pop()
    for layer, trainable in zip(list(within(net)), state["trainable"], strict=True):
        layer.trainable = trainable is True
    for weight, (_, values, trainable) in zip(net.weights, state["weights"], strict=True):
        weight.assign(values)
        weight.trainable = trainable is True
    if state["compiled"] is not None:
        config = _json(state["compiled"])
        if not rebuild.is_known(config):
            raise Stopped("error", "Your function compiles the net with parts that are not known here.")
        net.compile_from_config(config)
    elif state["rate"] is not None:
        net.optimizer.learning_rate = float(state["rate"])


def _exception(module, name):
    """Return the class of exception of that name if it is a known package's, else None."""
    if module.partition(".")[0] not in EXCEPTIONS or module not in sys.modules:
        return None
    kind = getattr(sys.modules[module], name, None)
    with contextlib.suppress(TypeError):
        if issubclass(kind, Exception) or kind is SystemExit:
            return kind
    return None


def _text(self):
    return self.args[0]
