"""Exercises that answer back.

An exercise is data: a reference, generated cases, and named mistakes, each an implementation that errs in just that way.
`Exercise.check` runs an answer over the cases and says one of three things: right, wrong (and how), not attempted.
"""

import copy
import html
import inspect
import itertools
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from course.exercises.compare import agree, family, numbers, plain, show

KINDS = {"function": "a function", "value": "a value, not a function", "model": "a Keras model or layer"}
RIGHT, WRONG, NOT_ATTEMPTED = "right", "wrong", "not attempted"


class WrongForm(ValueError):
    """What a probe raises for an answer that it cannot read; its text is a sentence to the student."""


@dataclass(frozen=True)
class Mistake:
    """A misunderstanding: its name, what an answer looks like that has it, and the sentence that would help.

    `wrong` is of the exercise's kind: a function, a value, or a function that builds a model. It is None for the mistakes
    that the engine itself sees, whatever the exercise.
    """

    name: str
    wrong: object
    sentence: str


@dataclass(frozen=True)
class Outcome:
    """What a check found. `status` is "right", "wrong" or "not attempted"; the rest is None where it says nothing.

    `case` is the first input that differs ({argument name: value}), `yours` and `expected` the two results on it, and
    `mistake` the `Mistake` that explains the answer.
    """

    status: str
    exercise: str
    case: dict | None = None
    yours: object = None
    expected: object = None
    mistake: Mistake | None = None

    @property
    def sentence(self):
        """What to tell the student (str)."""
        if self.status == RIGHT:
            return "Right."
        if self.status == NOT_ATTEMPTED:
            return "Not attempted. Write your answer in place of the stub, then run the cell again."
        return f"Not right yet. {self.mistake.sentence}" if self.mistake else "Not right yet."

    @property
    def evidence(self):
        """The rows (label, text) that show the first case that differs; none unless the answer is wrong."""
        if self.status != WRONG:
            return []
        rows = [(name, show(value)) for name, value in (self.case or {}).items()]
        if self.yours is not None or self.expected is not None:
            rows.append(("yours", show(self.yours) if not isinstance(self.yours, _Raised) else str(self.yours)))
        if self.expected is not None:
            rows.append(("expected", show(self.expected)))
        return rows

    def __repr__(self):
        width = max((len(label) for label, _ in self.evidence), default=0)
        indent = "\n" + " " * (width + 4)
        rows = (f"\n  {label:<{width}}  {text.replace(chr(10), indent)}" for label, text in self.evidence)
        return f"{self.exercise}: {self.sentence}" + "".join(rows)

    def _repr_html_(self):
        mark, colour = _MARKS[self.status]
        rows = "".join(_ROW.format(label=html.escape(label), text=html.escape(text)) for label, text in self.evidence)
        return _CARD.format(
            mark=mark, colour=colour, name=html.escape(self.exercise), sentence=html.escape(self.sentence),
            table=f'<table style="{_TABLE}">{rows}</table>' if rows else "",
        )  # fmt: skip


# The card takes its ink and its paper from the page, so that it reads in a light and in a dark theme.
_MARKS = {RIGHT: ("✔", "#009E73"), WRONG: ("✘", "#D55E00"), NOT_ATTEMPTED: ("○", "#808080")}
_TABLE = "margin:.4em 0 0;border:0;background:none;color:inherit;font-size:inherit"
_CARD = (
    '<div role="status" style="border-left:.25em solid {colour};margin:.3em 0;padding:.3em .8em;max-width:52em">'
    '<span aria-hidden="true" style="color:{colour}">{mark}</span> <b>{name}</b>: {sentence}{table}</div>'
)
_ROW = (
    '<tr style="background:none"><th scope="row" style="text-align:left;vertical-align:top;font-weight:normal;padding:.1em 1.2em .1em 0">'
    '{label}</th><td style="text-align:left;padding:.1em 0"><pre style="margin:0;padding:0;background:none;color:inherit">{text}</pre></td></tr>'
)


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lecture. The answer is the notebook's function or variable called `name`.

    `kind` says what an answer is: "function"; "value" (a number, a choice, a shape, a set of weights); "model" (a Keras
    model or layer). `stub` is the source that stands in the answer's place until there is one. `reference` is a right
    answer: a function, a value, or a function that builds a model. `cases(rng)` returns the inputs, a list of tuples of
    arguments, edge cases first, drawn from a NumPy generator; a value can do without (None). `hints` are told in turn.
    `probe(answer, *case)` is for answers that can be right in many ways: what it returns is compared instead of the answer.
    Raises ValueError for data that make no exercise.
    """

    name: str
    points: float
    kind: str
    stub: str
    reference: object
    cases: Callable | None
    mistakes: tuple
    hints: tuple
    probe: Callable | None = None
    _told: itertools.count = field(default_factory=itertools.count, repr=False, compare=False)

    def __post_init__(self):
        names = [mistake.name for mistake in self.mistakes]
        for sound, wants in (
            (self.name.isidentifier(), "a name that a variable can have"),
            (self.kind in KINDS, f"kind to be one of {', '.join(KINDS)}, not {self.kind!r}"),
            (self.points > 0, f"points above 0, not {self.points!r}"),
            (self.stub.strip(), "a stub"),
            (self.cases or self.kind == "value", "cases"),
            (self.hints, "a hint"),
            (len(set(names)) == len(names), f"mistakes of different names, not {names}"),
            (all(mistake.sentence.strip() for mistake in self.mistakes), "a sentence for every mistake"),
        ):
            if not sound:
                raise ValueError(f"the exercise {self.name!r} wants {wants}")

    def check(self, answer, seed=0):
        """Run `answer` over the cases drawn from `seed`, and return the `Outcome`. It never raises, whatever the answer does."""
        if answer is ...:
            return Outcome(NOT_ATTEMPTED, self.name)
        if not _is_answer(answer, self.kind):
            sentence = f"The answer is {KINDS[self.kind]}, and this is of type {type(answer).__name__}."
            return Outcome(WRONG, self.name, mistake=Mistake("wrong kind", None, sentence))
        cases = self._cases(seed)
        results = [self._result(answer, case) for case in cases]
        if self.kind == "function" and all(_is_raised(result, NotImplementedError) for result in results):
            return Outcome(NOT_ATTEMPTED, self.name)
        for case, yours, expected in zip(cases, results, self._results(self.reference, seed), strict=True):
            if not _same(yours, expected):
                mistake = self._named(results, seed) or _seen(yours, expected)
                return self._wrong(case, yours, expected, mistake)
        return Outcome(RIGHT, self.name)

    def hint(self):
        """Print the next hint; after the last one, the last one again."""
        number = min(next(self._told), len(self.hints) - 1)
        print(f"Hint {number + 1} of {len(self.hints)}: {self.hints[number]}")

    def _cases(self, seed):
        return self.cases(np.random.default_rng(seed)) if self.cases else [()]

    def _results(self, implementation, seed):
        """Return what the reference, or the wrong answer of a mistake, gives on every case."""
        answer = implementation() if self.kind == "model" else implementation
        return [self._result(answer, case) for case in self._cases(seed)]

    def _result(self, answer, case):
        """Return what is compared, as plain data; a `_Raised` or `_Mutated` where the answer raised or changed its input."""
        given = copy.deepcopy(case)
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
                result = plain(self._probed(answer, *given))
            pairs = zip(self._labels(), case, given, strict=False)
            changed = [name for name, old, new in pairs if not agree(plain(new), plain(old))]
        except (Exception, SystemExit) as problem:
            return _Raised(type(problem), _message(problem))
        return _Mutated(changed[0], result) if changed else result

    def _probed(self, answer, *case):
        if self.probe:
            return self.probe(answer, *case)
        if self.kind == "model":
            return with_set_weights(answer, *case)
        return answer(*case) if self.kind == "function" else answer

    def _labels(self):
        """Return the names of a case's arguments (list of str)."""
        if self.probe:
            return list(inspect.signature(self.probe).parameters)[1:]
        return list(inspect.signature(self.reference).parameters) if self.kind == "function" else ["x"]

    def _named(self, results, seed):
        """Return the first named mistake that gives the answer's `results` on every case, or None."""
        bare = [result.result if isinstance(result, _Mutated) else result for result in results]
        for mistake in self.mistakes:
            if all(map(_same, bare, self._results(mistake.wrong, seed))):
                return mistake
        return None

    def _wrong(self, case, yours, expected, mistake):
        if isinstance(yours, _Mutated):
            yours = yours.result
        if _is_raised(yours, WrongForm):
            return Outcome(WRONG, self.name, mistake=mistake)
        if not self.cases:  # without inputs, what is expected is the solution itself
            return Outcome(WRONG, self.name, None, yours, None, mistake)
        if type(yours) is dict and type(expected) is dict:  # show just the part that differs
            part = next((key for key in expected if key in yours and not agree(yours[key], expected[key])), None)
            yours, expected = (yours, expected) if part is None else ({part: yours[part]}, {part: expected[part]})
        return Outcome(WRONG, self.name, dict(zip(self._labels(), case, strict=True)), yours, expected, mistake)


@dataclass(frozen=True)
class _Raised:
    """Stands for the result of an answer that raised."""

    type: type
    text: str

    def __str__(self):
        return f"{self.type.__name__}: {self.text}"[:400]


def _is_raised(result, error):
    return isinstance(result, _Raised) and result.type is error


def _message(problem):
    """Return an exception's text, without a terminal's colours and without what Keras appends about its arguments."""
    try:
        return re.sub(r"\x1b\[[0-9;]*m", "", str(problem)).split("Arguments received")[0].strip()
    except Exception:  # a student's own exception, whose __str__ fails
        return ""


@dataclass(frozen=True)
class _Mutated:
    """Stands for the `result` of an answer that changed its `argument`."""

    argument: str
    result: object


def _same(yours, expected):
    """Return whether two results agree; one that changed its input agrees with none, one that raised with its like."""
    if isinstance(expected, _Raised):
        return _is_raised(yours, expected.type)
    return agree(yours, expected)


def _is_answer(answer, kind):
    if kind == "model":
        import keras

        return isinstance(answer, keras.Layer)  # a model is a layer too
    return callable(answer) == (kind == "function")


def _seen(yours, expected):
    """Return the mistake that shows in a result itself, whatever the exercise, or None."""
    for name, sentence in _signs(yours, expected):
        if sentence:
            return Mistake(name, None, sentence)
    return None


def _signs(yours, expected):
    """Yield (name, sentence) for what can be seen to be wrong, the most telling first; an empty sentence is no sign."""
    if isinstance(yours, _Mutated):
        yield (
            "mutates its input",
            f"Your answer changes its input `{yours.argument}`, which the caller still needs: work on a copy.",
        )
        return
    if _is_raised(yours, WrongForm):
        yield "wrong form", yours.text
        return
    if isinstance(yours, _Raised):
        yield "raises", f"Your answer raises {yours.type.__name__} on this input."
        return
    if yours is None:
        yield "returns nothing", "Your answer gives None: is a `return` missing?"
    if family(yours) != family(expected):
        yield "wrong type", f"The result is {family(yours)} ({type(yours).__name__}), and {family(expected)} is wanted."
        return
    if family(yours) == "a dict" and not agree(yours.get("weight shapes"), expected.get("weight shapes")):
        yield "other layers", "Your layers are not those asked for: compare the shapes of the weights, layer by layer."
    if family(yours) == "an array":
        if yours.shape != expected.shape:
            yield "wrong shape", f"The result has shape {yours.shape}, and {expected.shape} is wanted."
        if numbers(yours) != numbers(expected):
            yield (
                "wrong dtype",
                f"The result has dtype {yours.dtype}: it holds {numbers(yours)}, and {numbers(expected)} are wanted.",
            )
    if family(yours) in ("an array", "a number") and np.asarray(yours).dtype != object and np.isnan(yours).any():
        yield (
            "NaN",
            "There is a NaN (not a number) in the result: look for 0/0, ∞ − ∞ or the logarithm of a negative number.",
        )


def with_set_weights(model, x):
    """Return what a Keras model or layer computes on the array `x` when its weights are set to known numbers.

    The result is {"weight shapes": list of tuples, "output": array}. Two models of the same weight shapes are given the same
    numbers, so they agree when they compute the same, whatever they were initialised with or trained to. The model gets its own
    weights back.
    """
    draw = np.random.default_rng(0)
    return _with_weights(model, x, lambda weight: draw)


def with_weights_by_shape(model, x):
    """Return what `with_set_weights` does, with numbers that follow from a weight's name and shape, not from its place.

    Branches may be written in any order, and the order of a model's weights follows it. What has the same name and shape is
    given the same numbers.
    """
    found = _with_weights(model, x, lambda weight: np.random.default_rng([*weight.name.encode(), *weight.shape]))
    return found | {"weight shapes": sorted(found["weight shapes"])}


def _with_weights(model, x, drawn_from):
    """Return what the model computes with weights drawn from the generator that `drawn_from` returns for each."""
    from keras import ops

    model(x)  # builds what is not built yet
    weights = [weight for weight in model.weights if "float" in str(weight.dtype)]
    own = [ops.convert_to_numpy(weight).copy() for weight in weights]
    try:
        for weight in weights:
            fan_in = np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 10  # biases must not drown the rest
            values = drawn_from(weight).normal(size=weight.shape) / np.sqrt(fan_in)
            weight.assign(np.abs(values) if "variance" in weight.name else values)
        return {"weight shapes": [tuple(map(int, weight.shape)) for weight in weights], "output": plain(model(x))}
    finally:
        for weight, values in zip(weights, own, strict=True):
            weight.assign(values)
