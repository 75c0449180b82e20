"""The exercises of lecture 03, on convolution arithmetic."""

from math import ceil
from numbers import Real

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course.exercises.engine import Exercise, Mistake, WrongForm

FUNCTION = 'raise NotImplementedError("your answer goes here")'


def correlate(image, kernel):
    """The cross-correlation of an image (h, w) and a kernel (kh, kw), no padding, stride 1."""
    return np.einsum("ijab,ab->ij", sliding_window_view(image, kernel.shape), kernel)


# --- convolution and cross-correlation -------------------------------------------------------------------------------------

IMAGE = np.array([[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]], dtype=float)
KERNEL = np.array([[0, 1, 2], [2, 2, 0], [0, 1, 2]], dtype=float)


def _convolution_cases(rng):
    drawn = [(rng.normal(size=size), rng.normal(size=kernel)) for size, kernel in (((4, 5), (2, 3)), ((6, 6), (3, 3)))]
    return [(np.arange(9.0).reshape(3, 3), np.array([[1.0, 2.0], [0.0, 4.0]])), (IMAGE, KERNEL), *drawn]


true_convolution = Exercise(
    name="true_convolution",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda image, kernel: correlate(image, kernel[::-1, ::-1]),
    cases=_convolution_cases,
    mistakes=(
        Mistake(
            "not flipped",
            correlate,
            "This is the cross-correlation: the kernel is not flipped yet.",
        ),
        Mistake(
            "rows alone flipped",
            lambda image, kernel: correlate(image, kernel[::-1]),
            "You flip the kernel upside down alone. Each axis has its own sum, and is flipped in it: left and right too.",
        ),
        Mistake(
            "columns alone flipped",
            lambda image, kernel: correlate(image, kernel[:, ::-1]),
            "You swap left and right alone. Each axis has its own sum, and is flipped in it: up and down too.",
        ),
        Mistake(
            "transposed",
            lambda image, kernel: correlate(image, kernel.T),
            "You transpose the kernel: that swaps its rows for its columns. Flipping turns the order on each axis around.",
        ),
        Mistake(
            "image flipped",
            lambda image, kernel: correlate(image[::-1, ::-1], kernel),
            "You flip the image, so that the result comes out flipped as well. Flip the kernel alone.",
        ),
        Mistake(
            "full padding",
            lambda image, kernel: correlate(
                np.pad(image, [(side - 1, side - 1) for side in kernel.shape]), kernel[::-1, ::-1]
            ),
            "You flip rightly, but you also let the kernel reach over the edges (full padding). Here it stays inside.",
        ),
    ),
    hints=(
        "Which cells of the kernel swap places when (a, b) becomes (−a, −b)?",
        "`kernel[::-1, ::-1]` is the kernel, flipped on both axes. What does `cross_correlate` make of it?",
    ),
)


def filtered(answer, image):
    """Return what the 3×3 kernel `answer` makes of an image with one ring of zeros around it."""
    try:
        kernel = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise WrongForm("Three rows of three numbers are wanted.") from None
    if kernel.shape != (3, 3):
        raise WrongForm(f"Three rows of three numbers are wanted, and this has shape {kernel.shape}.")
    return correlate(np.pad(image, 1), kernel)


def _one(row, column):
    """Return a 3×3 kernel of zeros with a 1 at one place, as lists."""
    return [[float((i, j) == (row, column)) for j in range(3)] for i in range(3)]


shift_kernel = Exercise(
    name="shift_kernel",
    points=1,
    kind="value",
    stub="shift_kernel = ...",
    reference=_one(1, 0),
    cases=lambda rng: [(np.arange(1.0, 10).reshape(3, 3),), (rng.normal(size=(4, 5)),)],
    probe=filtered,
    mistakes=(
        Mistake(
            "to the left",
            _one(1, 2),
            "Your kernel moves the picture to the left: that is how a flipped kernel would move it right. "
            "Keras does not flip, so each output looks where the 1 stands.",
        ),
        Mistake("down", _one(0, 1), "Your kernel moves the picture down: rows come first, columns second."),
        Mistake("up", _one(2, 1), "Your kernel moves the picture up: rows come first, columns second."),
        Mistake("not at all", _one(1, 1), "Your kernel leaves the picture as it is: a 1 in the middle is the identity."),
        Mistake(
            "all of the left",
            [[1, 0, 0], [1, 0, 0], [1, 0, 0]],
            "Your kernel adds up three pixels. One of them is enough: each output copies a single pixel.",
        ),
        Mistake("a blur", np.full((3, 3), 1 / 9).tolist(), "This is a blur: it takes the mean of nine pixels."),
    ),
    hints=(
        "Each output pixel is to be a copy of one input pixel. Which neighbour's, if the picture moves to the right?",
        "Its left neighbour's. Put a 1 at the place of the left neighbour, and zeros everywhere else.",
    ),
)  # fmt: skip


# --- channels and filters --------------------------------------------------------------------------------------------------


def windows(image, kernel):
    """The windows that a kernel sees, shape (rows, columns, channels, kernel rows, kernel columns)."""
    return sliding_window_view(image, kernel.shape[:2], axis=(0, 1))


def _layer(image, kernel, bias):
    return np.einsum("ijcab,abcf->ijf", windows(image, kernel), kernel) + bias


def _layer_cases(rng):
    sizes = [((3, 3, 1), (2, 2), 1), ((4, 4, 3), (3, 3), 2), ((5, 4, 2), (1, 1), 3), ((4, 6, 2), (2, 2), 4)]
    return [
        (rng.normal(size=image), rng.normal(size=(*kernel, image[-1], filters)), rng.normal(size=filters))
        for image, kernel, filters in sizes
    ]


conv_layer = Exercise(
    name="conv_layer",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_layer,
    cases=_layer_cases,
    mistakes=(
        Mistake(
            "channels kept apart",
            lambda image, kernel, bias: np.einsum("ijcab,abcf->ijcf", windows(image, kernel), kernel) + bias,
            "You keep the channels apart. A filter adds up over all of them: it makes one map, whatever the channels.",
        ),
        Mistake(
            "first channel alone",
            lambda image, kernel, bias: _layer(image[..., :1], kernel[:, :, :1], bias),
            "You use the first channel alone. A filter sees all channels, and adds up what it finds in each.",
        ),
        Mistake(
            "channels averaged",
            lambda image, kernel, bias: _layer(image, kernel / image.shape[-1], bias),
            "You take the mean over the channels, and it is their sum.",
        ),
        Mistake(
            "bias forgotten",
            lambda image, kernel, bias: _layer(image, kernel, 0),
            "The bias is missing: one number for each filter, added everywhere in its map.",
        ),
        Mistake(
            "bias for each channel",
            lambda image, kernel, bias: _layer(image, kernel, bias * image.shape[-1]),
            "You add the bias once for each channel. A filter has one bias: add it after the channels are summed.",
        ),
        Mistake(
            "kernel flipped",
            lambda image, kernel, bias: _layer(image, kernel[::-1, ::-1], bias),
            "You flip the kernel. A layer of Keras does not: it cross-correlates.",
        ),
        Mistake(
            "one filter alone",
            lambda image, kernel, bias: _layer(image, kernel[..., :1], bias[:1]),
            "You compute the first filter's map alone: the output has one channel for each filter.",
        ),
    ),
    hints=(
        "One filter `f` and one channel `c` are a case for `cross_correlate(image[:, :, c], kernel[:, :, c, f])`.",
        "Add these up over the channels, then add `bias[f]`: that is the map of filter f. "
        "`np.stack(maps, axis=-1)` puts the maps side by side.",
    ),
)


# --- strides, and a bug to find --------------------------------------------------------------------------------------------


def _strided(image, kernel, strides, padding):
    return correlate(np.pad(image, padding), kernel)[::strides, ::strides]


def _places(image, kernel, strides):
    return [(n - k) // strides + 1 for n, k in zip(image.shape, kernel.shape, strict=True)]


def _as_given(image, kernel, strides, padding):
    rows, columns = _places(image, kernel, strides)
    return correlate(np.pad(image, padding), kernel)[:rows, :columns]


def _size_before_padding(image, kernel, strides, padding):
    rows, columns = _places(image, kernel, strides)
    return _strided(image, kernel, strides, padding)[:rows, :columns]


def _neighbouring_windows(image, kernel, strides, padding):
    image = np.pad(image, padding)
    rows, columns = _places(image, kernel, strides)
    return correlate(image, kernel)[:rows, :columns]


def _strided_cases(rng):
    settings = [((4, 4), (3, 3), 1, 0), ((5, 5), (3, 3), 2, 0), ((5, 5), (3, 3), 1, 1), ((5, 6), (3, 2), 2, 1)]
    settings.append(((8, 7), (2, 3), 3, 2))
    return [(rng.normal(size=size), rng.normal(size=kernel), *rest) for size, kernel, *rest in settings]


strided_convolution = Exercise(
    name="strided_convolution",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_strided,
    cases=_strided_cases,
    mistakes=(
        Mistake(
            "as given",
            _as_given,
            "This still does what the buggy function does. Try it by hand with stride 2: where must the second window start?",
        ),
        Mistake(
            "neighbouring windows",
            _neighbouring_windows,
            "The size is right now, but the stride is forgotten inside the loops: the windows still lie one pixel apart.",
        ),
        Mistake(
            "size before padding",
            _size_before_padding,
            "The windows are in their places now, but the output is too small: its size is worked out before the padding.",
        ),
        Mistake(
            "padded on one side",
            lambda image, kernel, strides, padding: correlate(np.pad(image, (padding, 0)), kernel)[::strides, ::strides],
            "The bottom and the right are missing: you pad the top and the left alone, or your size counts the padding once. "
            "`padding` zeros go on every side: n + 2 · padding.",
        ),
        Mistake(
            "stride before padding",
            lambda image, kernel, strides, padding: _strided(image[::strides, ::strides], kernel, 1, padding),
            "You leave out pixels of the image. A stride leaves out *outputs*: each window still sees neighbouring pixels.",
        ),
        Mistake(
            "kernel flipped",
            lambda image, kernel, strides, padding: _strided(image, kernel[::-1, ::-1], strides, padding),
            "Strides and padding are right now, but you flip the kernel. Here it is laid on the image as it is.",
        ),
    ),
    hints=(
        "Run it on a 5 × 5 image with stride 2 and padding 1, and compare with Keras: the shape first, the numbers then.",
        "There are two bugs. One is the order of the first two steps.",
        "The other is where a window starts: the window of output i starts at row i · strides.",
    ),
)  # fmt: skip


# --- padding ---------------------------------------------------------------------------------------------------------------


def _same_total(size, kernel, strides):
    return strides * (ceil(size / strides) - 1) + kernel - size


def _split(total):
    return (total // 2, total - total // 2)


same_padding = Exercise(
    name="same_padding",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=lambda input_size, kernel_size, strides: _split(max(_same_total(input_size, kernel_size, strides), 0)),
    cases=lambda rng: [
        (5, 3, 1),
        (224, 3, 2),
        (225, 3, 2),
        (6, 4, 1),
        (5, 1, 3),
        (7, 2, 2),
        (9, 6, 3),
        *((int(n), int(k), int(s)) for n, k, s in zip(*rng.integers((8, 2, 1), (60, 8, 4), size=(3, 3)).T, strict=True)),
    ],
    mistakes=(
        Mistake(
            "half padding",
            lambda input_size, kernel_size, strides: (kernel_size // 2, kernel_size // 2),
            "This is half padding, ⌊F/2⌋ on either side. Keras's `same` adds no more zeros than it needs, and at a stride "
            "above 1 that depends on the size of the input.",
        ),
        Mistake(
            "stride forgotten",
            lambda input_size, kernel_size, strides: _split(kernel_size - 1),
            "You add F − 1 zeros whatever the stride. With larger steps the last window may need fewer.",
        ),
        Mistake(
            "odd one before",
            lambda input_size, kernel_size, strides: _split(max(_same_total(input_size, kernel_size, strides), 0))[::-1],
            "The number of zeros is right, but the odd one belongs at the end: Keras pads more after than before.",
        ),
        Mistake(
            "symmetric",
            lambda input_size, kernel_size, strides: (
                ceil(max(_same_total(input_size, kernel_size, strides), 0) / 2),
            ) * 2,
            "You pad both sides alike. Where the number of zeros is odd, Keras puts one more after than before.",
        ),
        Mistake(
            "below zero",
            lambda input_size, kernel_size, strides: _split(_same_total(input_size, kernel_size, strides)),
            "You give a negative number of zeros where the stride is larger than the kernel. Then none are needed: 0 and 0.",
        ),
        Mistake(
            "all on both sides",
            lambda input_size, kernel_size, strides: (max(_same_total(input_size, kernel_size, strides), 0),) * 2,
            "You put all of the zeros on each side. They are the total, to be shared between the two sides.",
        ),
        Mistake(
            "output rounded down",
            lambda input_size, kernel_size, strides: _split(
                max(strides * (input_size // strides - 1) + kernel_size - input_size, 0)
            ),
            "You round W/S down. With `same` the output has ⌈W/S⌉ places: a last, incomplete step counts.",
        ),
    ),
    hints=(
        "First the output's size, ⌈W/S⌉. Where does its last window end, if the first one starts at 0?",
        "It ends at S·(⌈W/S⌉ − 1) + F. What reaches beyond W must be padded; if nothing does, that is 0.",
        "`before = total // 2`, and the rest comes after.",
    ),
)  # fmt: skip


def halved(answer, input_size):
    """Return the output size of F = 5, S = 2 with the padding `answer`, an int P or a pair (before, after)."""
    if isinstance(answer, str) and answer.lower() == "same":
        raise WrongForm("Keras's `same` finds the zeros for you; which are they here?")
    answer = answer.tolist() if isinstance(answer, np.ndarray) else answer
    sides = tuple(answer) if isinstance(answer, tuple | list) else (answer, answer)
    if len(sides) != 2 or not all(isinstance(side, Real) for side in sides):
        raise WrongForm("A whole number of zeros, or a pair (before, after) of them, is wanted.")
    if sides == (1.5, 1.5):
        raise WrongForm(
            "(W − 5 + 2P)/2 + 1 = W/2 does give P = 1.5, three zeros in all, but half a zero cannot be added. Either the "
            "sides differ, or there is one zero more and the floor takes care of it."
        )
    if not all(side >= 0 and side % 1 == 0 for side in sides):  # 2.0 will do
        raise WrongForm(f"Nobody can add {answer} zeros: a whole number, or a pair (before, after), is wanted.")
    return int((input_size - 5 + sum(sides)) // 2 + 1)


halving_padding = Exercise(
    name="halving_padding",
    points=1,
    kind="value",
    stub="halving_padding = ...",
    reference=2,
    cases=lambda rng: [(8,), (32,), (224,), (2 * int(rng.integers(4, 200)),)],
    probe=halved,
    mistakes=(
        Mistake("none", 0, "Without padding two places are lost: the outermost pixels are never in the middle of a window."),
        Mistake("the 3×3's", 1, "P = 1 is for F = 3. With F = 5 the output is one place short of W/2."),
        Mistake("one too many", 3, "That is too much: the output has one place more than W/2."),
        Mistake("full", 4, "That is full padding, P = F − 1: the output has two places more than W/2."),
    ),
    hints=(
        "Write ⌊(W − 5 + 2P)/2⌋ + 1 for W = 8, and try P = 0, 1, 2 …",
        "The output is to have 4 places for W = 8. How large may 2P + 3 be, if its half is rounded down to 3?",
    ),
)  # fmt: skip


# --- sizes -----------------------------------------------------------------------------------------------------------------


def _span(kernel_size, dilation_rate):
    return dilation_rate * (kernel_size - 1) + 1


def _output(input_size, kernel_size, strides, padding, dilation_rate):
    return (input_size + 2 * padding - _span(kernel_size, dilation_rate)) // strides + 1


def _output_cases(rng):
    edges = [(5, 3, 1, 0, 1), (6, 3, 2, 1, 1), (227, 11, 4, 0, 1), (7, 3, 1, 0, 2), (32, 5, 3, 2, 1), (9, 3, 3, 2, 3)]
    edges.append((8, 3, 3, 0, 1))  # 5/3 steps: a fraction above one half
    drawn = zip(*rng.integers((20, 2, 1, 0, 1), (60, 6, 5, 4, 4), size=(4, 5)).T.tolist(), strict=True)
    return [*edges, *drawn]


output_size = Exercise(
    name="output_size",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_output,
    cases=_output_cases,
    mistakes=(
        Mistake(
            "rounded up",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                ceil((input_size + 2 * padding - _span(kernel_size, dilation_rate)) / strides) + 1
            ),
            "You round up. A last step that does not fit is not made: the fraction is rounded down.",
        ),
        Mistake(
            "rounded to the nearest",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                round((input_size + 2 * padding - _span(kernel_size, dilation_rate)) / strides) + 1
            ),
            "You round to the nearest. A last step that does not fit is not made, even if most of it would: round down.",
        ),
        Mistake(
            "not rounded",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                (input_size + 2 * padding - _span(kernel_size, dilation_rate)) / strides + 1
            ),
            "Your size is not always a whole number: the floor is missing (`//` divides and rounds down).",
        ),
        Mistake(
            "padded on one side",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                (input_size + padding - _span(kernel_size, dilation_rate)) // strides + 1
            ),
            "You count the padding once. There are P zeros on *each* side: 2P in all.",
        ),
        Mistake(
            "one short",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                (input_size + 2 * padding - _span(kernel_size, dilation_rate)) // strides
            ),
            "You count the steps. There is one place more than steps: the one where the kernel starts, so + 1.",
        ),
        Mistake(
            "kernel times dilation",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                (input_size + 2 * padding - dilation_rate * kernel_size) // strides + 1
            ),
            "You take D·F for the span of the dilated kernel. It has F − 1 gaps, not F: D·(F − 1) + 1.",
        ),
        Mistake(
            "one gap widened",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                (input_size + 2 * padding - (kernel_size + dilation_rate - 1)) // strides + 1
            ),
            "You add D − 1 pixels once, so one gap alone is widened. All F − 1 of them are: D·(F − 1) + 1.",
        ),
        Mistake(
            "D pixels between",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                (input_size + 2 * padding - _span(kernel_size, dilation_rate + 1)) // strides + 1
            ),
            "You leave D pixels between two weights. They lie D *apart*, with D − 1 between: D = 1 is the kernel as it was.",
        ),
        Mistake(
            "dilation ignored",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                (input_size + 2 * padding - kernel_size) // strides + 1
            ),
            "The dilation makes no difference in yours. It spreads the kernel: F becomes D·(F − 1) + 1.",
        ),
        Mistake(
            "stride before padding",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                (input_size - _span(kernel_size, dilation_rate)) // strides + 2 * padding + 1
            ),
            "You add the padding after dividing by the stride. The kernel strides over the padding too: it belongs inside.",
        ),
        Mistake(
            "stride ignored",
            lambda input_size, kernel_size, strides, padding, dilation_rate: (
                input_size + 2 * padding - _span(kernel_size, dilation_rate) + 1
            ),
            "The stride makes no difference in yours: the kernel moves S pixels at a step.",
        ),
    ),
    hints=(
        "Replace F by the span of the dilated kernel, and leave the rest of the formula as it is.",
        "`(W + 2 * P - span) // S + 1`, with `span = D * (F - 1) + 1`.",
    ),
)


# --- parameters ------------------------------------------------------------------------------------------------------------


def _parameters(kernel_size, in_channels, filters, groups, use_bias):
    return kernel_size**2 * in_channels // groups * filters + filters * use_bias


def _parameter_cases(rng):
    edges = [(3, 1, 1, 1, True), (11, 3, 96, 1, True), (3, 64, 64, 1, False), (3, 8, 12, 4, True), (5, 6, 6, 6, True)]
    groups, times, out = rng.integers(2, 5, size=3).tolist()
    return [*edges, (3, groups * times, groups * out, groups, True), (1, groups * 4, groups * 3, groups, False)]


conv_parameters = Exercise(
    name="conv_parameters",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_parameters,
    cases=_parameter_cases,
    mistakes=(
        Mistake(
            "groups ignored",
            lambda kernel_size, in_channels, filters, groups, use_bias: _parameters(
                kernel_size, in_channels, filters, 1, use_bias
            ),
            "The groups make no difference in yours. With G groups a filter sees only C/G channels.",
        ),
        Mistake(
            "multiplied by the groups",
            lambda kernel_size, in_channels, filters, groups, use_bias: (
                kernel_size**2 * in_channels * filters * groups + filters * use_bias
            ),
            "You multiply by G. Groups make a layer smaller: each filter sees the C/G channels of its own group alone.",
        ),
        Mistake(
            "divided twice",
            lambda kernel_size, in_channels, filters, groups, use_bias: (
                kernel_size**2 * (in_channels // groups) * (filters // groups) + filters * use_bias
            ),
            "You divide by G twice: that is one group. There are G of them, so it cancels once.",
        ),
        Mistake(
            "bias forgotten",
            lambda kernel_size, in_channels, filters, groups, use_bias: _parameters(
                kernel_size, in_channels, filters, groups, False
            ),
            "The biases are missing: one for each filter, where `use_bias` is True.",
        ),
        Mistake(
            "bias always",
            lambda kernel_size, in_channels, filters, groups, use_bias: _parameters(
                kernel_size, in_channels, filters, groups, True
            ),
            "You always count biases. Where `use_bias` is False there are none.",
        ),
        Mistake(
            "one bias",
            lambda kernel_size, in_channels, filters, groups, use_bias: (
                _parameters(kernel_size, in_channels, filters, groups, False) + use_bias
            ),
            "You count one bias for the layer; there is one for each filter.",
        ),
        Mistake(
            "bias for each channel",
            lambda kernel_size, in_channels, filters, groups, use_bias: (
                (kernel_size**2 + use_bias) * in_channels // groups * filters
            ),
            "You count a bias for each channel that a filter sees. The channels are summed first: one bias for each filter.",
        ),
        Mistake(
            "kernel not squared",
            lambda kernel_size, in_channels, filters, groups, use_bias: (
                kernel_size * in_channels // groups * filters + filters * use_bias
            ),
            "You count one side of the kernel. It has F rows and F columns: F² weights for each channel.",
        ),
        Mistake(
            "channels forgotten",
            lambda kernel_size, in_channels, filters, groups, use_bias: kernel_size**2 * filters + filters * use_bias,
            "You forget the input's channels: a filter has F² weights for *each* channel that it sees.",
        ),
    ),
    hints=(
        "How many channels does one filter see? It has F · F weights for each of them.",
        "The C filters have F·F·(C_in/G) weights each, and one bias each where `use_bias` is True.",
    ),
)


net_parameters = Exercise(
    name="net_parameters",
    points=1,
    kind="value",
    stub="net_parameters = ...",
    reference=(9 * 3 + 1) * 8 + (9 * 8 + 1) * 16 + (16 + 1) * 10,
    cases=None,
    mistakes=(
        Mistake(
            "pooling counted",
            1562 + 4 + 4,
            "You count the cells of the pooling windows. Pooling takes a maximum: it has nothing to learn, no parameters.",
        ),
        Mistake(
            "pooling counted for each channel",
            1562 + 4 * 8 + 4 * 16,
            "You count a pooling window for each channel. Pooling takes a maximum: nothing to learn, no parameters.",
        ),
        Mistake(
            "biases forgotten",
            9 * 3 * 8 + 9 * 8 * 16 + 16 * 10,
            "These are the weights alone. Each filter and each unit has a bias too.",
        ),
        Mistake(
            "one bias a layer",
            9 * 3 * 8 + 9 * 8 * 16 + 16 * 10 + 3,
            "You count one bias a layer. There is one for each filter, and one for each unit.",
        ),
        Mistake(
            "channels of the image forgotten",
            (9 + 1) * 8 + (9 * 8 + 1) * 16 + (16 + 1) * 10,
            "The first convolution sees 3 channels: 9 · 3 weights a filter.",
        ),
        Mistake(
            "channels forgotten",
            (9 + 1) * 8 + (9 + 1) * 16 + (16 + 1) * 10,
            "You forget that a filter has 9 weights for each input channel: 3 channels first, 8 then.",
        ),
        Mistake(
            "flattened",
            (9 * 3 + 1) * 8 + (9 * 8 + 1) * 16 + (7 * 7 * 16 + 1) * 10,
            "You let the dense layer see all 7 × 7 × 16 values. Global average pooling leaves one for each of 16 maps.",
        ),
        Mistake(
            "flattened, same twice",
            (9 * 3 + 1) * 8 + (9 * 8 + 1) * 16 + (8 * 8 * 16 + 1) * 10,
            "You let the dense layer see 8 × 8 × 16 values. Global average pooling leaves one for each of 16 maps. (And the "
            "second convolution is `valid`: its maps are 14 × 14, then 7 × 7.)",
        ),
        Mistake(
            "Dense's biases forgotten",
            (9 * 3 + 1) * 8 + (9 * 8 + 1) * 16 + 16 * 10,
            "The convolutions are right. Each of the ten units of the dense layer has a bias too.",
        ),
        Mistake(
            "Dense forgotten",
            (9 * 3 + 1) * 8 + (9 * 8 + 1) * 16,
            "These are the two convolutions. The dense layer has parameters too.",
        ),
    ),
    hints=(
        "Which of the six layers have anything to learn? Three of them.",
        "A convolution has (F·F·C_in + 1)·C_out, and C_in is what the layer before gives. What does Dense get?",
    ),
)


# --- 1×1 convolution -------------------------------------------------------------------------------------------------------

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


def computed(layer, images):
    """Return what a layer makes of images (n, h, w, 3) with the weights that it has."""
    if not layer.built:  # the call would build it, with weights drawn at random
        raise WrongForm("Your layer has no weights yet: build it, then set_weights.")
    return layer(images)


def _grey(weights, kernel_size=1, bias=0.0):
    """Return a function that builds a Conv2D whose kernel at each place is `weights`, shape (channels, filters)."""

    def build():
        import keras

        weight = np.asarray(weights, "float32")
        layer = keras.layers.Conv2D(weight.shape[1], kernel_size)
        layer.build((None, None, None, 3))
        kernel = np.broadcast_to(weight / kernel_size**2, layer.kernel.shape)
        layer.set_weights([kernel, np.full(weight.shape[1], bias)])
        return layer

    return build


def _columns(*weights):
    return np.array(weights).reshape(3, 1)


grey_layer = Exercise(
    name="grey_layer",
    points=2,
    kind="model",
    stub="grey_layer = ...",
    reference=_grey(_columns(*LUMA)),
    cases=lambda rng: [
        (np.eye(3, dtype="float32").reshape(1, 1, 3, 3).repeat(3, axis=1),),  # red, green, blue
        (rng.uniform(size=(2, 4, 5, 3)).astype("float32"),),
    ],
    probe=computed,
    mistakes=(
        Mistake(
            "mean of the channels",
            _grey(_columns(1 / 3, 1 / 3, 1 / 3)),
            "Your layer takes the mean of the channels. The eye sees green as brighter: each channel has a weight of its own.",
        ),
        Mistake(
            "sum of the channels",
            _grey(_columns(1, 1, 1)),
            "Your layer adds the channels up with weight 1 each, so white becomes 3.",
        ),
        Mistake(
            "blue first",
            _grey(_columns(*LUMA[::-1])),
            "Your weights are in the order blue, green, red. The channels of an RGB picture are red, green, blue.",
        ),
        Mistake(
            "channels kept apart",
            _grey(np.diag(LUMA)),
            "Your layer has three filters, and weighs each channel by itself. One filter that sees all three adds them up.",
        ),
        Mistake(
            "3 × 3",
            _grey(_columns(*LUMA), kernel_size=3),
            "Your kernel is 3 × 3: it blurs, and the picture shrinks. The grey of a pixel needs that pixel alone.",
        ),
        Mistake(
            "bias left",
            _grey(_columns(*LUMA), bias=1.0),
            "Black does not stay black: your layer adds a bias that is not 0.",
        ),
    ),
    hints=(
        "`keras.layers.Conv2D(filters, kernel_size)`: one output channel, and a window of one pixel.",
        "A layer has weights once it is built: `grey_layer.build((None, None, None, 3))`, then "
        "`grey_layer.set_weights([kernel, bias])`.",
        "The kernel has the shape (1, 1, 3, 1): `np.reshape([0.299, 0.587, 0.114], (1, 1, 3, 1))`. The bias is `np.zeros(1)`.",
    ),
)  # fmt: skip


# --- transposed ------------------------------------------------------------------------------------------------------------


def _transposed(input_size, kernel_size, strides, padding, output_padding):
    return strides * (input_size - 1) + kernel_size - 2 * padding + output_padding


def _transposed_cases(rng):
    edges = [(2, 3, 1, 0, 0), (3, 3, 2, 1, 0), (3, 3, 2, 1, 1), (7, 4, 2, 1, 0), (5, 5, 3, 2, 2)]
    edges.append((4, 1, 3, 0, 0))  # a kernel smaller than the stride: nothing overlaps
    drawn = rng.integers((4, 3, 2, 0), (20, 8, 5, 2), size=(3, 4)).tolist()
    return [*edges, *((*row, int(rng.integers(row[2]))) for row in drawn)]


transposed_size = Exercise(
    name="transposed_size",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_transposed,
    cases=_transposed_cases,
    mistakes=(
        Mistake(
            "output padding forgotten",
            lambda input_size, kernel_size, strides, padding, output_padding: _transposed(
                input_size, kernel_size, strides, padding, 0
            ),
            "The output padding is missing: it says which of the sizes that the convolution maps to this one you want back.",
        ),
        Mistake(
            "output padding on both sides",
            lambda input_size, kernel_size, strides, padding, output_padding: _transposed(
                input_size, kernel_size, strides, padding, 2 * output_padding
            ),
            "You count the output padding twice. It is added on one side, the end.",
        ),
        Mistake(
            "not transposed",
            lambda input_size, kernel_size, strides, padding, output_padding: (
                (input_size + 2 * padding - kernel_size) // strides + 1
            ),
            "This is the size of the convolution itself. The transposed one goes the other way: solve for W.",
        ),
        Mistake(
            "padding once",
            lambda input_size, kernel_size, strides, padding, output_padding: _transposed(
                input_size, kernel_size, strides, padding, output_padding + padding
            ),
            "You take the padding off once. P rows are cut off at *each* end: 2P.",
        ),
        Mistake(
            "padding added",
            lambda input_size, kernel_size, strides, padding, output_padding: _transposed(
                input_size, kernel_size, strides, -padding, output_padding
            ),
            "You add the padding. The convolution put it on; on the way back it comes off.",
        ),
        Mistake(
            "one stamp too many",
            lambda input_size, kernel_size, strides, padding, output_padding: (
                strides * input_size + kernel_size - 2 * padding + output_padding
            ),
            "You take one step too many: W values stand W − 1 steps apart, and the last one adds the kernel's size.",
        ),
        Mistake(
            "Keras's valid",
            lambda input_size, kernel_size, strides, padding, output_padding: (
                strides * input_size + max(kernel_size - strides, 0) - 2 * padding + output_padding
            ),
            "This starts from Keras's `valid`, which fills up to S·W where the kernel is smaller than the stride. The stamps "
            "alone end where the last one does.",
        ),
    ),
    hints=(
        "The first stamp covers rows 0 to F − 1. Where does the last one start?",
        "It starts at S·(W − 1). Add F, cut 2P off, and add the output padding.",
    ),
)


# --- what it costs ---------------------------------------------------------------------------------------------------------


def _products(input_size, kernel_size, in_channels, filters, strides):
    places = ((input_size - kernel_size) // strides + 1) ** 2
    return places * kernel_size**2 * in_channels * filters


multiply_adds = Exercise(
    name="multiply_adds",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_products,
    cases=lambda rng: [
        (5, 3, 1, 1, 1),
        (6, 3, 2, 4, 2),
        (227, 11, 3, 96, 4),
        (14, 1, 512, 64, 1),
        *rng.integers((20, 2, 2, 2, 2), (60, 6, 10, 10, 4), size=(3, 5)).tolist(),
    ],
    mistakes=(
        Mistake(
            "for each input",
            lambda input_size, kernel_size, in_channels, filters, strides: (
                input_size**2 * kernel_size**2 * in_channels * filters
            ),
            "You count a window for each pixel of the input. There is one for each place of the *output*.",
        ),
        Mistake(
            "stride ignored",
            lambda input_size, kernel_size, in_channels, filters, strides: _products(
                input_size, kernel_size, in_channels, filters, 1
            ),
            "The stride makes no difference in yours: with stride 2 there are a quarter as many places.",
        ),
        Mistake(
            "as if padded",
            lambda input_size, kernel_size, in_channels, filters, strides: (
                (input_size // strides) ** 2 * kernel_size**2 * in_channels * filters
            ),
            "You take W / S places on each side. Without padding there are ⌊(W − F) / S⌋ + 1.",
        ),
        Mistake(
            "channels forgotten",
            lambda input_size, kernel_size, in_channels, filters, strides: _products(
                input_size, kernel_size, 1, filters, strides
            ),
            "You forget the input's channels: at each place a filter has F² products for each of them.",
        ),
        Mistake(
            "filters forgotten",
            lambda input_size, kernel_size, in_channels, filters, strides: _products(
                input_size, kernel_size, in_channels, 1, strides
            ),
            "You count one filter: each of them has its own products.",
        ),
        Mistake(
            "the parameters",
            lambda input_size, kernel_size, in_channels, filters, strides: kernel_size**2 * in_channels * filters,
            "These are the weights. Each of them is used once for every place of the output.",
        ),
        Mistake(
            "one axis",
            lambda input_size, kernel_size, in_channels, filters, strides: (
                ((input_size - kernel_size) // strides + 1) * kernel_size**2 * in_channels * filters
            ),
            "You count one row of the output: it has as many rows as columns.",
        ),
        Mistake(
            "floor forgotten",
            lambda input_size, kernel_size, in_channels, filters, strides: (
                ((input_size - kernel_size) / strides + 1) ** 2 * kernel_size**2 * in_channels * filters
            ),
            "You count parts of places. A last step that does not fit is not made: `//` divides and rounds down.",
        ),
        Mistake(
            "kernel not squared",
            lambda input_size, kernel_size, in_channels, filters, strides: (
                ((input_size - kernel_size) // strides + 1) ** 2 * kernel_size * in_channels * filters
            ),
            "You count one side of the kernel. It has F rows and F columns: F² products for each channel.",
        ),
        Mistake(
            "operations",
            lambda input_size, kernel_size, in_channels, filters, strides: 2 * _products(
                input_size, kernel_size, in_channels, filters, strides
            ),
            "You count the products and the sums apart. A multiply-add is both together.",
        ),
        Mistake(
            "biases counted",
            lambda input_size, kernel_size, in_channels, filters, strides: (
                ((input_size - kernel_size) // strides + 1) ** 2 * (kernel_size**2 * in_channels + 1) * filters
            ),
            "You count the biases too. Adding one is no multiply-add.",
        ),
    ),
    hints=(
        "How many numbers does the output have, and how many products is each of them a sum of?",
        "The output has O · O · C_out numbers, O from the size formula; each is a sum of F · F · C_in products.",
    ),
)  # fmt: skip


# --- Dense as a convolution ------------------------------------------------------------------------------------------------


def _conv(filters=10, kernel_size=6, **settings):
    def build():
        import keras

        return keras.layers.Conv2D(filters, kernel_size, **settings)

    return build


def _head(*layers):
    """Return a function that builds a model of these layers, each the name of a Keras layer and its arguments."""

    def build():
        import keras

        made = [getattr(keras.layers, name)(*arguments) for name, *arguments in layers]
        return keras.Sequential(made)

    return build


dense_as_convolution = Exercise(
    name="dense_as_convolution",
    points=2,
    kind="model",
    stub="dense_as_convolution = ...",
    reference=_conv(),
    cases=lambda rng: [
        (rng.normal(size=size).astype("float32"),) for size in ((1, 6, 6, 16), (2, 6, 6, 16), (1, 8, 9, 16))
    ],
    mistakes=(
        Mistake(
            "as it was",
            _head(["Flatten"], ["Dense", 10]),
            "This is the pair as it was: it gives ten numbers without a map, and refuses any other size.",
        ),
        Mistake(
            "1 × 1",
            _conv(kernel_size=1),
            "Your kernel sees one place. The dense layer saw all 6 × 6 of them at once.",
        ),
        Mistake(
            "pooled first",
            _head(["GlobalAveragePooling2D"], ["Dense", 10]),
            "Global average pooling throws the places away: the dense layer had a weight for each of them.",
        ),
        Mistake(
            "padded",
            _conv(padding="same"),
            "Yours pads: of a 6 × 6 map it makes a 6 × 6 map. One place is wanted, where the kernel fits exactly.",
        ),
        Mistake(
            "filters and size swapped",
            _conv(filters=6, kernel_size=10),
            "You have swapped the two: filters come first, kernel_size second.",
        ),
        Mistake(
            "no bias",
            _conv(use_bias=False),
            "The dense layer has biases, and yours has none.",
        ),
        Mistake(
            "with ReLU",
            _conv(activation="relu"),
            "The dense layer has no activation, and yours has ReLU.",
        ),
        Mistake(
            "with softmax",
            _conv(activation="softmax"),
            "The dense layer has no activation, and yours has softmax.",
        ),
        Mistake(
            "pooled after",
            _head(["Conv2D", 10, 6], ["GlobalAveragePooling2D"]),
            "The kernel is right, but the pooling behind it takes the mean over all places. Leave the answers as a map.",
        ),
        Mistake(
            "stride",
            _conv(strides=6),
            "Your kernel steps over the larger map: let it move one place at a time.",
        ),
    ),
    hints=(
        "Each of the ten units has a weight for every value of the map: 6 × 6 places, 16 channels. Which kernel has as many?",
        "A kernel as large as the map fits in one place. The ten units are ten filters.",
    ),
)
