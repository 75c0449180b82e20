"""What goes into a frame comes out of it; whatever else arrives is refused."""

import contextlib
import socket
import time
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.grading import wire


def there_and_back(value, note=None, made=None):
    frame = wire.pack(value, note)
    header, behind = wire.LENGTHS.unpack(frame[: wire.LENGTHS.size])
    body = frame[wire.LENGTHS.size :]
    assert len(body) == header + behind
    return wire.unpack(body[:header], body[header:], made)


leaves = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.complex_numbers(allow_nan=False), st.text(),
    st.binary(), st.fractions(), st.just(...), st.decimals(allow_nan=False),
)  # fmt: skip
values = st.recursive(
    leaves,
    lambda below: st.one_of(
        st.lists(below),
        st.tuples(below, below),
        st.dictionaries(st.text() | st.integers(), below),
        st.frozensets(st.integers(), max_size=1),
    ),
    max_leaves=20,
)


@given(values)
def test_plain_data_comes_back_equal_and_of_the_same_types(value):
    back = there_and_back(value)
    assert back == value and repr(back) == repr(value)


@pytest.mark.parametrize("array", [
    np.arange(6.0).reshape(2, 3), np.float32([1.5]), np.array(5), np.zeros((0, 3)), np.zeros((2, 0)), np.array([True]),
    np.array([1 + 2j]), np.array(["ab", "c"]), np.arange(6, dtype=">i2"), np.arange(12).reshape(3, 4).T[::2], np.array([], "U3"),
    np.array([1, None, [2]], dtype=object), np.float16([0.1]), np.uint8([255]), np.array([["", ""]]),
], ids=lambda array: f"{array.dtype}{array.shape}")  # fmt: skip
def test_an_array_keeps_its_shape_its_dtype_and_its_numbers_and_can_be_written_to(array):
    back = there_and_back({"it": array})["it"]
    assert back.shape == array.shape and back.dtype == array.dtype and back.tolist() == array.tolist()
    back[...] = back
    assert there_and_back([array, array])[0] is not there_and_back([array, array])[1]


def test_types_that_equality_does_not_tell_apart_stay_what_they_are():
    value = [
        1,
        1.0,
        True,
        np.float64(1),
        np.int8(1),
        (1,),
        [1],
        {1},
        0.0,
        -0.0,
        Fraction(1),
        Decimal(1),
        2**80,
        range(1),
    ]
    assert [type(entry) for entry in there_and_back(value)] == [type(entry) for entry in value]
    assert str(there_and_back(-0.0)) == "-0.0" and there_and_back(float("nan")) != there_and_back(float("nan"))


def test_what_is_no_plain_data_crosses_as_a_note():
    class Float(float):
        pass

    back = there_and_back([len, Float(1)], lambda value: {"type": type(value).__name__}, lambda note: note["type"])
    assert back == ["builtin_function_or_method", "Float"]
    with pytest.raises(TypeError, match="function"):
        wire.pack([test_wire_name])


def test_wire_name():
    """A function, to be sent."""


def test_what_is_too_large_or_too_deep_is_not_sent():
    for value in (np.zeros(wire.FRAME // 8 + 1), ["x" * wire.HEADER], [np.zeros(wire.FRAME // 16)] * 3):
        with pytest.raises(wire.TooLarge):
            wire.pack(value)
    itself = []
    itself.append(itself)
    with pytest.raises(RecursionError):
        wire.pack(itself)


# --- what a forger sends --------------------------------------------------------------------------------------------------

FORGED = [
    b"", b"{}", b"[]", b"[[], {}]", b"[[], []]", b"[[]]", b"[[], [1, 2, 3]]", b'[[], ["list"]]', b'[[], ["list", 3]]', b'[[], ["os", []]]',
    b'[[], ["dict", [[["list", []], 1]]]]', b'[[], ["dict", [[1]]]]', b'[[], ["array", 0]]', b'[[], ["array", -1]]', b'[[], ["array", true]]',
    b'[[["<f8", [2]]], ["array", 0]]', b'[[["<f8", [-1]]], ["array", 0]]', b'[[["|O", [1]]], ["array", 0]]', b'[[["<f8,<f8", [1]]], ["array", 0]]',
    b'[[["<f8", [0.5]]], 1]', b'[[["<M8[s]", [0]]], 1]', b'[[["<f8", "ab"]], 1]', b'[[["<f3", [0]]], 1]', b'[[["<U99999999", [1]]], 1]',
    b'[[["<f8", [' + b"1," * 40 + b"1]]], 1]", b'[[], ["int", "0xzz"]]', b'[[], ["int", 5]]', b'[[], ["complex", [1]]]', b'[[], ["Fraction", ["0x1", "0x0"]]]',
    b'[[], ["Decimal", "x"]]', b'[[], ["bytes", "***"]]', b'[[], ["range", ["0x0"]]]', b'[[], ["range", ["0x0", "0x1", "0x0"]]]', b'[[], ["objects", [[2], [1]]]]',
    b'[[], ["remote", ["dict", []]]]', b'[[], ["set", [["list", []]]]]', b'[[], {"__class__": "os"}]', b"[" * 50_000, b'[[], ' + b'["list", [' * 120 + b"]]" * 120 + b"]",
    b"\xff\xfe", b"1" * 5000, b'[[], ["scalar", 0]]',
]  # fmt: skip


@pytest.mark.parametrize("header", FORGED)
def test_what_no_frame_says_is_broken(header):
    with pytest.raises(wire.Broken):
        wire.unpack(header, b"")


@settings(max_examples=300)
@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_give_a_value_or_are_broken(header, behind):
    with contextlib.suppress(wire.Broken):
        wire.unpack(header, behind)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["list", "dict", "array", "<f8", "objects", "range"]),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.text(), below, max_size=2),
    max_leaves=15,
)


@settings(max_examples=500)
@given(json_values, st.binary(max_size=32))
def test_any_json_gives_a_value_or_is_broken(tree, behind):
    import json

    with contextlib.suppress(wire.Broken):
        wire.unpack(json.dumps(tree).encode(), behind)


@pytest.fixture
def ends():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def soon(seconds=0.2):
    return time.monotonic() + seconds


def test_a_frame_that_announces_too_much_is_broken_before_it_is_read(ends):
    ends[0].sendall(wire.LENGTHS.pack(wire.HEADER + 1, 0))
    with pytest.raises(wire.Broken):
        wire.receive(ends[1], soon())
    ends[0].sendall(wire.LENGTHS.pack(10, wire.FRAME))
    with pytest.raises(wire.Broken):
        wire.receive(ends[1], soon())


def test_the_deadline_is_for_the_whole_frame(ends):
    started = time.monotonic()
    ends[0].sendall(wire.LENGTHS.pack(100, 0) + b"[")
    with pytest.raises(TimeoutError):
        wire.receive(ends[1], soon())
    with pytest.raises(TimeoutError):  # nobody reads
        wire.send(ends[0], np.zeros(2**20), soon())
    assert time.monotonic() - started < 2


def test_a_closed_end_is_the_end(ends):
    ends[0].close()
    with pytest.raises(EOFError):
        wire.receive(ends[1], soon())
