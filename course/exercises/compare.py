"""What an answer gave, as plain data: made comparable, compared, and put into words."""

import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np

RELATIVE, ABSOLUTE = 1e-4, 1e-6  # float32 through a few layers, on any backend; ABSOLUTE is a part of the largest entry


def plain(value):
    """Return `value` with tensors as NumPy arrays and scalars as Python's own, also inside lists, tuples and dicts.

    What is none of these comes back as it is.
    """
    keras = sys.modules.get("keras")  # an answer that holds a tensor has imported it
    if keras is not None and keras.ops.is_tensor(value):
        value = keras.ops.convert_to_numpy(value)
    if type(value) in (Fraction, Decimal):
        return float(value)
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if type(value) in (list, tuple):
        return type(value)(map(plain, value))
    if type(value) is dict:
        return {key: plain(entry) for key, entry in value.items()}
    return value


def family(value):
    """Return what sort of plain data `value` is, in a student's words (str). Types are compared exactly: a subclass may lie."""
    return _FAMILIES.get(type(value), "something else")


_FAMILIES = {
    type(None): "None", bool: "True or False", int: "a number", float: "a number", complex: "a number", str: "text",
    np.ndarray: "an array", list: "a list or tuple", tuple: "a list or tuple", dict: "a dict",
}  # fmt: skip


def agree(yours, expected):
    """Return whether two plain results are equal: whole numbers exactly, others to about four digits, text in any case.

    An array may stand for a list, a whole number for a floating-point one and 12.0 for 12, but arrays need the same kind
    of numbers (see `numbers`).
    """
    if type(yours) is np.ndarray and type(expected) in (list, tuple):
        yours = yours.tolist()
    if family(yours) != family(expected):
        return False
    match family(expected):
        case "an array":
            return numbers(yours) == numbers(expected) and _close(yours, expected)
        case "a number":
            return _close(np.asarray(yours), np.asarray(expected))
        case "a list or tuple":
            return len(yours) == len(expected) and all(map(agree, yours, expected))
        case "a dict":
            return yours.keys() == expected.keys() and all(agree(yours[key], expected[key]) for key in expected)
        case "text":
            return yours.strip().casefold() == expected.strip().casefold()
        case "something else":
            return yours is expected
    return yours == expected


def _close(yours, expected):
    """Return whether two arrays of the same shape hold the same numbers, exactly where whole ones are expected."""
    if yours.shape != expected.shape or yours.dtype == object:
        return False
    if not np.issubdtype(expected.dtype, np.inexact):
        return bool(np.array_equal(yours, expected))
    finite = np.abs(expected[np.isfinite(expected)])
    largest = finite.max(initial=0)
    return bool(np.allclose(yours, expected, rtol=RELATIVE, atol=ABSOLUTE * (largest or 1), equal_nan=True))


def numbers(array):
    """Return what an array holds (str): "floating-point numbers", "whole numbers", "complex numbers", "booleans", "objects"."""
    kinds = {
        "f": "floating-point numbers",
        "i": "whole numbers",
        "u": "whole numbers",
        "c": "complex numbers",
        "b": "booleans",
    }
    return kinds.get(array.dtype.kind, "objects")


def show(value, limit=400):
    """Return plain data as short text (str of at most `limit` characters), the same at every run: no memory addresses."""
    try:
        text = _show(value)
    except Exception:  # a student's __name__ or an int of a million digits
        text = f"<{type(value).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _show(value):
    if type(value) is np.ndarray:
        entries = np.array2string(value, precision=4, threshold=30, edgeitems=2, separator=", ", suppress_small=True)
        return entries if value.size <= 30 else f"{entries}, shape {value.shape}"
    if type(value) in (float, complex):
        return f"{value:.6g}"
    if type(value) in (list, tuple):
        opening, closing = "[]" if type(value) is list else "()"
        comma = "," if type(value) is tuple and len(value) == 1 else ""
        return opening + ", ".join(map(_show, value)) + comma + closing
    if type(value) is dict:
        return ", ".join(f"{key}: {_show(entry)}" for key, entry in value.items())
    if type(value) in (str, int, bool, type(None)):
        return repr(value)
    return value.__name__ if callable(value) and hasattr(value, "__name__") else f"<{type(value).__name__}>"
