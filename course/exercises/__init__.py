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

    A number is close if it is between `actual / factor` and `actual * factor`.
    """
    guess, actual = plain(guess), plain(actual)
    if guess is ...:
        print(f"It is {show(actual)}. You made no guess; a guess, right or wrong, makes it stick.")
        return
    verdict = "Worth a second look."
    if agree(guess, actual):
        verdict = "You saw it coming."
    elif family(guess) == family(actual) == "a number":
        near, far = sorted((abs(guess), abs(actual)))
        verdict = "Close." if guess * actual > 0 and far <= factor * near else verdict
    print(f"You said {show(guess)}; it is {show(actual)}. {verdict}")
