"""What every builder refuses, and how: TypeError or ValueError with a sentence that names the argument."""

from fractions import Fraction
from functools import partial

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course import models
from course.models.arguments import check, one_of, scaled

BUILDERS = {
    "lenet5": models.lenet5,
    "alexnet": models.alexnet,
    "vgg": partial(models.vgg, "A"),
    "googlenet": models.googlenet,
    "resnet": partial(models.resnet, 18),
    "plain": partial(models.plain, 18),
    "cifar_resnet": partial(models.cifar_resnet, 20),
    "cifar_plain": partial(models.cifar_plain, 20),
}
WHICH = {  # builder, and what says which of its nets
    "lenet5": (models.lenet5, "variant"),
    "alexnet": (models.alexnet, "variant"),
    "vgg": (models.vgg, "configuration"),
}

no_ints = st.one_of(st.floats(), st.text(max_size=3), st.booleans(), st.just(1j), st.binary(max_size=2), st.just([3]))
sizes = st.integers(64, 1000)
MALFORMED = {
    "input_shape": st.one_of(
        no_ints,
        st.integers(),
        st.lists(sizes, max_size=6).filter(lambda shape: len(shape) != 3).map(tuple),
        st.tuples(no_ints, sizes, st.just(3)),
        st.tuples(sizes, no_ints, st.just(3)),
        st.tuples(sizes, sizes, st.one_of(no_ints, st.none())),
        st.tuples(st.integers(max_value=0), sizes, st.just(3)),
        st.tuples(sizes, st.integers(max_value=0), st.just(3)),
        st.tuples(sizes, sizes, st.integers(max_value=0)),
    ),
    "classes": st.one_of(no_ints, st.none(), st.integers(max_value=0)),
    "include_top": st.one_of(st.none(), st.integers(), st.floats(), st.text(max_size=5), st.just(np.True_)),
    "width": st.one_of(
        st.none(),
        st.booleans(),
        st.text(max_size=3),
        st.just(1j),
        st.floats(max_value=0.0),
        st.floats(min_value=100.0, exclude_min=True),
        st.just(float("nan")),
        st.integers(max_value=0),
        st.just(10**400),
        st.just([1.0]),
    ),
}


@pytest.mark.parametrize("builder", BUILDERS)
def test_numbers_of_numpy_are_numbers(builder):
    """`labels.max() + 1` is a NumPy int."""
    build = partial(models.lenet5, "plain") if builder == "lenet5" else BUILDERS[builder]  # 1998's has one width
    model = build(classes=np.int64(3), width=np.float32(0.05))
    shapes = model.output_shape if isinstance(model.output_shape, list) else [model.output_shape]
    assert all(shape == (None, 3) for shape in shapes)


@pytest.mark.parametrize("argument", MALFORMED)
@pytest.mark.parametrize("builder", BUILDERS)
@given(data=st.data())
def test_malformed_arguments(builder, argument, data):
    value = data.draw(MALFORMED[argument])
    with pytest.raises((TypeError, ValueError), match=rf"^{argument} must .*, but got "):
        BUILDERS[builder](**{argument: value})


@pytest.mark.parametrize("builder", WHICH)
@given(value=st.one_of(no_ints, st.none(), st.integers(), st.text(max_size=8), st.just({}), st.just(("A",))))
def test_nets_that_there_are_not(builder, value):
    build, argument = WHICH[builder]
    if value in ("A", "B", "C", "D", "E"):
        return
    with pytest.raises(ValueError, match=f"^{argument} must be one of '.*, but got "):
        build(**{argument: value})


def test_check_returns_the_shape_and_the_classes():
    shape, classes = check([np.int64(64), 48, np.int32(1)], np.int64(10), True, 0.5, least=48)
    assert classes == 10 and type(classes) is int
    assert shape == (64, 48, 1) and all(type(side) is int for side in shape)
    assert check((None, 48, 3), 1, False, 100, least=48, any_size=True) == ((None, 48, 3), 1)


@pytest.mark.parametrize(
    "shape, any_size, error, words",
    [
        ((47, 48, 3), False, ValueError, r"input_shape must be at least \(48, 48, 1\)"),
        ((None, 47, 3), True, ValueError, r"input_shape must be at least \(48, 48, 1\)"),
        ((None, 48, 3), False, TypeError, "input_shape must hold ints"),
        ((48, 48, None), True, TypeError, "input_shape must hold ints"),
        ((48, 48), False, ValueError, r"input_shape must be \(height, width, channels\)"),
    ],
)
def test_check_refuses_a_shape(shape, any_size, error, words):
    with pytest.raises(error, match=words):
        check(shape, 10, True, 1.0, least=48, any_size=any_size)


def test_channels_first_is_refused():
    keras.config.set_image_data_format("channels_first")
    try:
        with pytest.raises(ValueError, match=r"image_data_format\(\) must be 'channels_last'"):
            models.vgg("A")
    finally:
        keras.config.set_image_data_format("channels_last")


@given(filters=st.integers(1, 5000), width=st.floats(1e-6, 100))
def test_scaled(filters, width):
    assert scaled(filters, width) >= 1
    assert abs(scaled(filters, width) - filters * width) <= max(0.5, 1 - filters * width)
    assert scaled(filters, 1.0) == scaled(filters, 1) == filters
    assert scaled(4 * filters, Fraction(1, 4)) == filters


def test_one_of():
    assert one_of("depth", 34, (18, 34)) == 34
    assert one_of("variant", "b", {"a": 1, "b": 2}) == "b"
    for value in (True, 1.0, None, "1", ["1"]):  # True == 1 == 1.0 in Python
        with pytest.raises(ValueError, match=r"depth must be one of 1, 2, but got"):
            one_of("depth", value, (1, 2))
