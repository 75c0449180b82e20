"""Exercises that answer back: one module a lecture, and the engine that checks them."""

import importlib

from course.exercises.compare import agree, family, plain, show
from course.exercises.engine import Exercise, Mistake, Outcome, WrongForm

__all__ = ["Exercise", "Mistake", "Outcome", "WrongForm", "of", "reveal"]


def of(topic):
    """Return the exercises of the lecture on `topic` (str, such as "neurons"), in their order, as {name: Exercise}.

    Raises ValueError where there is no such lecture, or where an exercise is bound to a name that is not its own.
    """
    try:
        module = importlib.import_module(f"course.exercises.{topic}")
    except ModuleNotFoundError as missing:
        if missing.name != f"course.exercises.{topic}":
            raise
        raise ValueError(f"there are no exercises on {topic!r}: course/exercises/{topic}.py is missing") from None
    found = {name: entry for name, entry in vars(module).items() if isinstance(entry, Exercise)}
    for name, exercise in found.items():
        if exercise.name != name:
            raise ValueError(
                f"course/exercises/{topic}.py: {name} holds the exercise {exercise.name!r}; the names must be equal"
            )
    return found


def reveal(guess, actual, factor=1.1):
    """Print what you predicted beside what it is. A guess is never marked; `...` means that you made none.

    A number is close if it is between `actual / factor` and `actual * factor`; several numbers are, if each is close.
    """
    guess, actual = plain(guess), plain(actual)
    if guess is ...:
        print(f"It is {show(actual)}. You made no guess; a guess, right or wrong, makes it stick.")
        return
    verdict = "Worth a second look."
    if agree(guess, actual):
        verdict = "You saw it coming."
    elif _is_close(guess, actual, factor):
        verdict = "Close."
    print(f"You said {show(guess)}; it is {show(actual)}. {verdict}")


def _is_close(guess, actual, factor):
    if agree(guess, actual):
        return True
    if family(guess) == family(actual) == "a list or tuple":
        pairs = zip(guess, actual, strict=False)
        return len(guess) == len(actual) and all(_is_close(*pair, factor) for pair in pairs)
    if not family(guess) == family(actual) == "a number":
        return False
    near, far = sorted((abs(guess), abs(actual)))
    return guess * actual > 0 and far <= factor * near
