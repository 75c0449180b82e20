"""What every builder of a net asks of its arguments."""

from numbers import Integral, Real

import keras


def check(input_shape, classes, include_top, width, least, any_size=False):
    """Return `input_shape` as a tuple of ints and `classes` as an int, having checked what the builders have in common.

    input_shape: (height, width, channels), each an int of at least `least`, `least` and 1; height and width may be None
        (open) if `any_size`.
    classes: an int of at least 1. include_top: True or False. width: a number above 0, up to 100, by which filters are
        multiplied.
    Raises TypeError or ValueError, naming the argument, what it got and what it wants; ValueError, too, if Keras is set
    to have channels first.
    """
    if keras.config.image_data_format() != "channels_last":
        raise ValueError("keras.config.image_data_format() must be 'channels_last', as input_shape is")
    if not isinstance(include_top, bool):
        raise TypeError(f"include_top must be True or False, but got {include_top!r}")
    if not _is_int(classes):
        raise TypeError(f"classes must be an int, but got {classes!r}")
    if classes < 1:
        raise ValueError(f"classes must be at least 1, but got {classes}")
    if isinstance(width, bool) or not isinstance(width, Real):
        raise TypeError(f"width must be a number, but got {width!r}")
    if not 0 < width <= 100:
        raise ValueError(f"width must be above 0 and at most 100, but got {width!r}")
    return _image(input_shape, least, any_size), int(classes)  # Keras refuses NumPy's ints


def scaled(filters, width):
    """Return `filters` (int) times `width`, rounded, and at least 1."""
    return max(1, round(filters * width))


def one_of(name, value, allowed):
    """Return `value` if it is one of `allowed`, a container of ints or of strings; else raise ValueError."""
    if isinstance(value, bool) or not isinstance(value, str | Integral) or value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, allowed))}, but got {value!r}")
    return value


def _image(input_shape, least, any_size):
    if not isinstance(input_shape, tuple | list) or len(input_shape) != 3:
        raise ValueError(f"input_shape must be (height, width, channels), but got {input_shape!r}")
    *size, channels = input_shape
    for entry in (*(side for side in size if side is not None or not any_size), channels):
        if not _is_int(entry):
            raise TypeError(f"input_shape must hold ints, but got {input_shape!r}")
    if any(side is not None and side < least for side in size) or channels < 1:
        raise ValueError(
            f"input_shape must be at least ({least}, {least}, 1) for this net to leave a map to look at, but got "
            f"{tuple(input_shape)}"
        )
    return tuple(entry if entry is None else int(entry) for entry in input_shape)


def _is_int(value):
    return isinstance(value, Integral) and not isinstance(value, bool)
