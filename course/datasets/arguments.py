"""What every data set asks of its arguments. Each function returns a value that passes, and refuses others by name."""

import math
from numbers import Integral, Real


def integer(name, value, least, most=None):
    """Return `value` as an int from `least` to `most` (None: no limit); raise TypeError or ValueError if it is none."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an int, but got {value!r}")
    if value < least or (most is not None and value > most):
        limits = f"at least {least}" if most is None else f"from {least} to {most}"
        raise ValueError(f"{name} must be {limits}, but got {value}")
    return int(value)


def number(name, value, least, most):
    """Return `value` as a float from `least` to `most`; raise TypeError or ValueError if it is none."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, but got {value!r}")
    if not (math.isfinite(value) and least <= value <= most):
        raise ValueError(f"{name} must be from {least:g} to {most:g}, but got {value!r}")
    return float(value)


def some_of(name, values, allowed):
    """Return `values`, some of the strings `allowed`, as a tuple; raise TypeError or ValueError if they are not."""
    if isinstance(values, str) and not all(len(entry) == 1 for entry in allowed):
        raise TypeError(f"{name} must be a list of names, such as {list(allowed[:2])}, but got {values!r}")
    try:
        values = tuple(values)
    except TypeError:
        raise TypeError(f"{name} must be a list of names, such as {list(allowed[:2])}, but got {values!r}") from None
    for value in values:
        if not isinstance(value, str) or value not in allowed:
            raise ValueError(f"{name} must be among {', '.join(allowed)}, but got {value!r}")
    if not values or len(set(values)) < len(values):
        raise ValueError(f"{name} must be one or more, each once, but got {list(values)}")
    return values
