"""Frames between two processes of which one is hostile: plain data and arrays, no pickle, limited in size.

A frame carries one value: a JSON header, and behind it the raw bytes of its arrays. What is no plain data (a
function, a model, a class of the student's) crosses as a note that the sender's `remote` writes and the receiver's
`remote` reads. Whatever bytes arrive, `receive` gives a value or raises `Broken`, `TimeoutError` or `EOFError`.
"""

import base64
import json
import math
import re
import struct
import time
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import numpy as np

FRAME = 64 * 2**20  # bytes of one frame
HEADER = 8 * 2**20  # bytes of its JSON
DEPTH = 100  # lists within lists
DTYPE = re.compile(r"[<>|]([biufc](1|2|4|8|16|32)|[US]\d{1,8})")
LENGTHS = struct.Struct("!II")  # of the header, and of the bytes behind it

# What a student's code replaces in these modules later, it does not replace here.
_to_json = json.JSONEncoder(ensure_ascii=True, separators=(",", ":")).encode
_from_json = json.JSONDecoder().decode


class Broken(ValueError):
    """Bytes that are no frame, or a frame over the limits."""


class TooLarge(ValueError):
    """A value that does not fit into a frame."""


def send(sock, value, deadline, remote=None):
    """Send `value` over the stream `sock` before `deadline` (`time.monotonic`); `remote(object)` gives the note for
    what is not plain.

    Raises TooLarge, RecursionError for what is nested too deep, TimeoutError, OSError.
    """
    frame = pack(value, remote)
    sock.settimeout(_left(deadline))
    sock.sendall(frame)


def receive(sock, deadline, remote=None):
    """Return the value of the next frame; `remote(note)` makes something of each note. All of it must come before
    `deadline`.

    Raises Broken, TimeoutError, and EOFError where the other end is closed.
    """
    header, behind = LENGTHS.unpack(_read(sock, LENGTHS.size, deadline))
    if header > HEADER or header + behind > FRAME:
        raise Broken(f"a frame of {header} + {behind} bytes")
    return unpack(_read(sock, header, deadline), _read(sock, behind, deadline), remote)


def _left(deadline):
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("no answer in time")
    return left


def _read(sock, count, deadline):
    buffer = bytearray(count)
    view, filled = memoryview(buffer), 0
    while filled < count:
        sock.settimeout(_left(deadline))
        try:
            got = sock.recv_into(view[filled:])
        except ConnectionError:
            got = 0
        if not got:
            raise EOFError("the other end is closed")
        filled += got
    return buffer


# --- values to bytes
# ------------------------------------------------------------------------------------------------------


def pack(value, remote=None):
    """Return the frame (bytes) of `value`."""
    arrays = []
    try:
        tree = _tree(value, arrays, remote, DEPTH)
        kinds = [[array.dtype.str, list(array.shape)] for array in arrays]
        size = sum(array.nbytes for array in arrays)
        if size > FRAME:
            raise TooLarge(f"{size} bytes of arrays")
        header = _to_json([kinds, tree]).encode()
        behind = b"".join(array.tobytes() for array in arrays)
    except MemoryError:
        raise TooLarge("more than there is memory for") from None
    if len(header) > HEADER or len(header) + len(behind) > FRAME:
        raise TooLarge(f"{len(header)} + {len(behind)} bytes")
    return LENGTHS.pack(len(header), len(behind)) + header + behind


def _tree(value, arrays, remote, depth):
    """Return `value` as JSON: numbers and text as they are, everything else as a list of its kind and its content."""
    kind = type(value)
    if value is None or kind in (bool, str, float):
        return value
    if kind is int:
        return value if -(2**63) <= value < 2**63 else ["int", hex(value)]
    if depth == 0:
        raise RecursionError("nested too deep")
    if kind in (list, tuple, set, frozenset):
        return [kind.__name__, [_tree(entry, arrays, remote, depth - 1) for entry in value]]
    if kind is dict:
        return ["dict", [[_tree(part, arrays, remote, depth - 1) for part in item] for item in value.items()]]
    if kind is np.ndarray and DTYPE.fullmatch(value.dtype.str):
        return ["array", _stored(value, arrays)]
    if isinstance(value, np.generic) and DTYPE.fullmatch(value.dtype.str):
        return ["scalar", _stored(np.asarray(value), arrays)]
    if kind is np.ndarray and value.dtype == object:
        entries = [_tree(entry, arrays, remote, depth - 1) for entry in value.flat]
        return ["objects", [list(value.shape), entries]]
    if kind in _AS_TEXT:
        return [kind.__name__, _AS_TEXT[kind](value)]
    if remote is None:
        raise TypeError(f"a {kind.__name__} is no plain data")
    return ["remote", _tree(remote(value), arrays, None, depth - 1)]


_AS_TEXT = {
    type(...): lambda _: "",
    complex: lambda value: [value.real, value.imag],
    bytes: lambda value: base64.b64encode(value).decode(),
    range: lambda value: [hex(value.start), hex(value.stop), hex(value.step)],
    Fraction: lambda value: [hex(value.numerator), hex(value.denominator)],
    Decimal: str,
}


def _stored(array, arrays):
    arrays.append(array)
    return len(arrays) - 1


# --- bytes to values
# ------------------------------------------------------------------------------------------------------


def unpack(header, behind, remote=None):
    """Return the value of a frame's `header` and the bytes `behind` it; raise Broken for anything that `pack` does
    not make.
    """
    try:
        kinds, tree = _from_json(bytes(header).decode())
        arrays, position = [], 0
        for dtype, shape in kinds:
            array, position = _array(dtype, shape, behind, position)
            arrays.append(array)
        if position != len(behind):
            raise Broken("bytes left over")
        return _value(tree, arrays, remote, DEPTH)
    except Broken:
        raise
    # whatever a forger thought of: numbers for lists, lists for keys, a million brackets
    except (
        ValueError,
        TypeError,
        KeyError,
        IndexError,
        AttributeError,
        ArithmeticError,
        RecursionError,
        InvalidOperation,
    ) as problem:
        raise Broken(f"no frame: {type(problem).__name__}") from None


def _array(dtype, shape, behind, position):
    """Return a writable array of its own, and where the next one begins."""
    if type(dtype) is not str or not DTYPE.fullmatch(dtype):
        raise Broken("a dtype that is not sent")
    if len(shape) > 32 or not all(type(side) is int and 0 <= side < 2**40 for side in shape):
        raise Broken("a shape that is none")
    dtype = np.dtype(dtype)
    count = math.prod(shape)
    end = position + count * dtype.itemsize
    if end > len(behind):
        raise Broken("fewer bytes than the shape wants")
    if not count or not dtype.itemsize:
        return np.zeros(shape, dtype), end
    return np.frombuffer(behind, dtype, count, position).reshape(shape).copy(), end


def _value(tree, arrays, remote, depth):
    if type(tree) is not list:
        if type(tree) is dict:
            raise Broken("an object of JSON")
        return tree
    if depth < 0:
        raise Broken("nested too deep")
    kind, content = tree
    below = [arrays, remote, depth - 1]
    match kind:
        case "int":
            return int(content, 16)
        case "list" | "tuple" | "set" | "frozenset":
            return _SEQUENCES[kind](_value(entry, *below) for entry in content)
        case "dict":
            return {_value(key, *below): _value(entry, *below) for key, entry in content}
        case "array":
            return arrays[_index(content)].copy()  # two notes on one array are two arrays
        case "scalar":
            return arrays[_index(content)].reshape(())[()]
        case "objects":
            shape, entries = content
            array = np.empty(len(entries), object)
            for place, entry in enumerate(entries):
                array[place] = _value(entry, *below)
            return array.reshape(shape)
        case "ellipsis":
            return ...
        case "complex":
            real, imaginary = content
            return complex(real, imaginary)
        case "bytes":
            return base64.b64decode(content, validate=True)
        case "range":
            start, stop, step = (int(part, 16) for part in content)
            return range(start, stop, step)
        case "Fraction":
            return Fraction(*(int(part, 16) for part in content))
        case "Decimal":
            return Decimal(content)
        case "remote" if remote is not None:
            return remote(_value(content, arrays, None, depth - 1))
    raise Broken("an unknown kind of value")


_SEQUENCES = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def _index(content):
    if type(content) is not int or content < 0:
        raise Broken("no number of an array")
    return content
