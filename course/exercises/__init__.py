"""Exercises that answer back: one module a lecture, and the engine that checks them."""

import importlib

from course.exercises.compare import agree, plain, show
from course.exercises.engine import Exercise, Mistake, Outcome

__all__ = ["Exercise", "Mistake", "Outcome", "of", "reveal"]


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


def reveal(guess, actual):
    """Print what you predicted beside what it is. A guess is never marked; `...` means that you made none."""
    if guess is ...:
        print(f"It is {show(plain(actual))}. You made no guess; a guess, right or wrong, makes it stick.")
    else:
        verdict = "You saw it coming." if agree(plain(guess), plain(actual)) else "Worth a second look."
        print(f"You said {show(plain(guess))}; it is {show(plain(actual))}. {verdict}")
