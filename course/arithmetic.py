"""Convolution arithmetic: sizes, parameters, multiply-adds and memory of one layer, in plain integers.

A size is an int for one axis or a tuple with one entry an axis: 28 is a signal of 28 samples, (28, 28) an image,
(28, 28, 28) a volume. The first size of a call says how many axes there are. The others are a tuple of as many, or an
int, which holds for every axis; `conv_output_size((28, 28), 3)` has a 3×3 kernel. `padding` is

* `"valid"`: none; `"same"`: as Keras pads, so that stride 1 keeps the size, see `same_padding`;
* an int: as many zeros before as after, on every axis;
* a pair of ints (before, after), on every axis;
* a tuple of those, one an axis: `((1, 1), (2, 2))` pads the height by 1 and the width by 2 on each side. (`(1, 2)` is
  always a pair.)

What is no integer (a float, a bool, a string) raises TypeError; an integer that is out of range, a tuple of the wrong
length, or a layer that cannot exist raises ValueError. Both name the argument.

The guide is Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, arXiv:1603.07285.
"""

from math import prod
from numbers import Integral

# --- sizes ---------------------------------------------------------------------------------------------------------


def conv_output_size(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1):
    """Return the size of a convolution's output, in the form of `input_size`.

    On each axis it is ⌊(i + p − d(k−1) − 1) / s⌋ + 1, with i `input_size`, k `kernel_size`, s `strides`,
    d `dilation_rate`, and p the zeros before and after together.
    Both strides and dilation may be above 1, though no layer of Keras has that.
    Raises ValueError if the dilated kernel is larger than the padded input, and as this module says.
    Source: the guide, relationships 6 and 15.

    >>> conv_output_size((227, 227), 11, strides=4)
    (55, 55)
    """
    return _window_output_size(input_size, "kernel_size", kernel_size, strides, padding, dilation_rate)


def pool_output_size(input_size, pool_size, strides=None, padding="valid"):
    """Return the size of a pooling layer's output, in the form of `input_size`.

    On each axis it is ⌊(i + p − k) / s⌋ + 1, with i `input_size`, k `pool_size`, s `strides` (None means `pool_size`),
    and p the padding before and after together.
    Raises ValueError if the window is larger than the padded input, and as this module says.
    Source: the guide, relationship 7.

    >>> pool_output_size(112, 2)
    56
    """
    return _window_output_size(
        input_size, "pool_size", pool_size, pool_size if strides is None else strides, padding, 1
    )


def conv_transpose_output_size(
    input_size, kernel_size, strides=1, padding="valid", output_padding=None, dilation_rate=1
):
    """Return the size of a transposed convolution's output, in the form of `input_size`.

    With i `input_size`, s `strides`, a `output_padding`, and k the span of the dilated kernel, d(k−1) + 1, it is

    * `padding="valid"`: s·i + max(k − s, 0); with `output_padding` s(i − 1) + k + a;
    * `padding="same"`: s·i; with `output_padding` s(i − 1) + (k mod 2) + a;
    * any other padding, p zeros before and after together: s(i − 1) + k + a − p (2p where it is an int p), a = 0 where
      it is not given. The padding is that of the direct convolution which this one transposes: it cuts rows off.

    `output_padding` is None, or from 0 to s − 1.
    Raises ValueError if `output_padding` reaches s, if both strides and dilation are above 1 (Keras has no such
    layer), if nothing is left of the output, and as this module says.
    Source: Keras for `"valid"` and `"same"`; the guide, relationship 14, for numbers.

    >>> conv_transpose_output_size((7, 7), 4, strides=2, padding=1)
    (14, 14)
    """
    sizes = _per_axis("input_size", input_size)
    axes = len(sizes)
    kernels = _per_axis("kernel_size", kernel_size, axes)
    steps = _per_axis("strides", strides, axes)
    rates = _per_axis("dilation_rate", dilation_rate, axes)
    if max(steps) > 1 and max(rates) > 1:
        raise ValueError(
            f"dilation_rate must be 1 where strides are above 1 in a transposed convolution, "
            f"but got dilation_rate={_shown(dilation_rate)} and strides={_shown(strides)}"
        )
    extras = (None,) * axes
    if output_padding is not None:
        extras = _per_axis("output_padding", output_padding, axes, least=0)
    for extra, step in zip(extras, steps, strict=True):
        if extra is not None and extra >= step:
            raise ValueError(
                f"output_padding must be below strides, but got {_shown(output_padding)} with strides={_shown(strides)}"
            )

    results = []
    for size, kernel, step, rate, pad, extra in zip(
        sizes, kernels, steps, rates, _paddings(padding, axes), extras, strict=True
    ):
        span = rate * (kernel - 1) + 1
        if extra is None and pad == "valid":
            result = step * size + max(span - step, 0)
        elif extra is None and pad == "same":
            result = step * size
        else:
            kept = {"valid": span, "same": span % 2}[pad] if isinstance(pad, str) else span - sum(pad)
            result = step * (size - 1) + kept + (extra or 0)
        if result < 1:
            raise ValueError(
                f"padding must leave some output, but with padding={_shown(padding)} the size would be {_shown(result)}"
            )
        results.append(result)
    return _in_form_of(input_size, results)


def same_padding(input_size, kernel_size, strides=1, dilation_rate=1):
    """Return the zeros (before, after) that `padding="same"` adds: a pair for an int, a tuple of pairs for a tuple.

    The output has size ⌈i/s⌉, which takes max(s(⌈i/s⌉ − 1) + d(k−1) + 1 − i, 0) zeros in all; an odd one comes after.
    With a stride above 1 they depend on the input's size, and need not be symmetric. Pooling is padded in the same way.
    Raises as this module says.
    Source: TensorFlow's and Keras's definition; the guide has symmetric padding only.

    >>> same_padding(224, 3, strides=2)
    (0, 1)
    """
    sizes = _per_axis("input_size", input_size)
    kernels, steps, rates = _windows("kernel_size", kernel_size, strides, dilation_rate, len(sizes))
    return _in_form_of(input_size, map(_same, sizes, kernels, steps, rates))


def _window_output_size(input_size, name, window, strides, padding, dilation_rate):
    """Return the number of places where a window fits on each axis; `name` is what the caller calls the window."""
    sizes = _per_axis("input_size", input_size)
    windows, steps, rates = _windows(name, window, strides, dilation_rate, len(sizes))
    results = []
    for size, width, step, rate, pad in zip(sizes, windows, steps, rates, _paddings(padding, len(sizes)), strict=True):
        if isinstance(pad, str):
            pad = _same(size, width, step, rate) if pad == "same" else (0, 0)
        span = rate * (width - 1) + 1
        if span > size + sum(pad):
            raise ValueError(
                f"{name} must fit into the padded input, but it spans {_shown(span)} of {_shown(size + sum(pad))}"
            )
        results.append((size + sum(pad) - span) // step + 1)
    return _in_form_of(input_size, results)


def _same(size, kernel, step, rate):
    total = max(step * (-(-size // step) - 1) + rate * (kernel - 1) + 1 - size, 0)
    return total // 2, total - total // 2


# --- parameters, multiply-adds, memory ------------------------------------------------------------------------------


def conv_parameters(kernel_size, in_channels, filters, groups=1, use_bias=True):
    """Return the parameters of a convolution, k_1 ⋯ k_n · C_in/groups · C_out, and C_out more for the biases.

    `kernel_size` has one entry an axis: a 3×3 kernel is (3, 3), and 3 is the kernel of a 1D convolution.
    A depthwise convolution has `groups=in_channels`. A transposed convolution has as many parameters.
    Raises ValueError if `groups` does not divide `in_channels` and `filters`; TypeError if `use_bias` is no bool; and
    as this module says.
    Groups: Krizhevsky et al. (2012), ImageNet classification with deep convolutional neural networks, section 3.5.

    >>> conv_parameters((11, 11), 3, 96)
    34944
    """
    weights = prod(_per_axis("kernel_size", kernel_size)) * _products_per_value(in_channels, filters, groups)
    return weights + filters * _flag("use_bias", use_bias)


def dense_parameters(inputs, units, use_bias=True):
    """Return the parameters of a dense layer, inputs · units, and `units` more for the biases.

    Raises TypeError if `use_bias` is no bool, and as this module says.

    >>> dense_parameters(640 * 480 * 3, 1000)
    921601000
    """
    inputs, units = _integer("inputs", inputs), _integer("units", units)
    return inputs * units + units * _flag("use_bias", use_bias)


def conv_multiply_adds(output_size, kernel_size, in_channels, filters, groups=1):
    """Return the multiply-adds of a convolution for one image: a product of its weights at each place of the output.

    That is o_1 ⋯ o_n · k_1 ⋯ k_n · C_in/groups · C_out; adding the biases is not counted. `output_size` has one entry
    an axis; for a transposed convolution give the size of its *input*, each value of which meets the whole kernel.
    Raises ValueError if `groups` does not divide `in_channels` and `filters`, and as this module says.
    Source: the FLOPs of He et al. (2016), Deep residual learning, arXiv:1512.03385, table 1, are these multiply-adds.

    >>> conv_multiply_adds((55, 55), 11, 3, 96)
    105415200
    """
    places = _per_axis("output_size", output_size)
    kernels = _per_axis("kernel_size", kernel_size, len(places))
    return prod(places) * prod(kernels) * _products_per_value(in_channels, filters, groups)


def activation_bytes(output_size, channels, bytes_per_value=4):
    """Return the memory of a layer's output for one image, in bytes; a value takes 4 in float32 and 2 in float16.

    Raises as this module says.

    >>> activation_bytes((224, 224), 64)
    12845056
    """
    values = prod(_per_axis("output_size", output_size)) * _integer("channels", channels)
    return values * _integer("bytes_per_value", bytes_per_value)


def _products_per_value(in_channels, filters, groups):
    """Return C_in/groups · C_out: how many products one entry of the window takes part in, over all channels."""
    in_channels, filters = _integer("in_channels", in_channels), _integer("filters", filters)
    groups = _integer("groups", groups)
    for name, channels in (("in_channels", in_channels), ("filters", filters)):
        if channels % groups:
            raise ValueError(f"groups must divide {name}, but {_shown(groups)} does not divide {_shown(channels)}")
    return in_channels // groups * filters


# --- arguments ------------------------------------------------------------------------------------------------------


def _integer(name, value, least=1):
    """Return `value` as a plain int; refuse what is no integer (a bool is none) or below `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name} must be an int, but got {_shown(value)}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, but got {_shown(value)}")
    return int(value)


def _per_axis(name, value, axes=None, least=1):
    """Return `value`, an int or a tuple of ints, as a tuple of one int an axis; it says how many if `axes` is None."""
    if not isinstance(value, tuple):
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise TypeError(f"{name} must be an int or a tuple of ints, but got {_shown(value)}")
        return (_integer(name, value, least),) * (axes or 1)
    if axes is None and not 1 <= len(value) <= 3:
        raise ValueError(f"{name} must have 1 to 3 axes, but got {_shown(value)}")
    if axes is not None and len(value) != axes:
        raise ValueError(f"{name} must be an int or have one entry for each of {axes} axes, but got {_shown(value)}")
    return tuple(_integer(name, entry, least) for entry in value)


def _windows(name, window, strides, dilation_rate, axes):
    return (
        _per_axis(name, window, axes),
        _per_axis("strides", strides, axes),
        _per_axis("dilation_rate", dilation_rate, axes),
    )


def _paddings(padding, axes):
    """Return the padding of each axis, "valid", "same" or (before, after), as a tuple."""
    pair = isinstance(padding, tuple) and len(padding) == 2 and not any(isinstance(p, tuple | str) for p in padding)
    if pair or not isinstance(padding, tuple):
        return (_axis_padding(padding),) * axes
    if len(padding) != axes:
        raise ValueError(
            f"padding must be for all axes, or have one entry for each of {axes}, but got {_shown(padding)}"
        )
    return tuple(map(_axis_padding, padding))


def _axis_padding(padding):
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(f'padding must be "valid", "same" or numbers, but got {_shown(padding)}')
        return padding
    if isinstance(padding, tuple):
        if len(padding) != 2:
            raise ValueError(f"padding of an axis must be an int or (before, after), but got {_shown(padding)}")
        return tuple(_integer("padding", side, least=0) for side in padding)
    return (_integer("padding", padding, least=0),) * 2


def _flag(name, value):
    if not isinstance(value, bool):
        raise TypeError(f"{name} must be True or False, but got {_shown(value)}")
    return value


def _in_form_of(size, results):
    """Return the results, one an axis, as an int where `size` is an int and as a tuple where it is a tuple."""
    results = tuple(results)
    return results if isinstance(size, tuple) else results[0]


def _shown(value):
    """Return a value for a message; Python refuses to print integers of thousands of digits."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 80 else f"{text[:77]}..."
