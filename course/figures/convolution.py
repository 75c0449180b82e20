"""A convolution to watch: play it, step through it, read the products of every sum. HTML that needs no kernel."""

from decimal import Decimal
from numbers import Integral

import numpy as np

from course import arithmetic
from course.figures.page import page
from course.figures.style import BLUE, GREEN, VERMILION

MOST = 16  # rows and columns of an image or a kernel that can still be read on a screen
MOST_DRAWN = 24  # those of a padded image or an output
HUGE = 1e100  # products of numbers below it, and their sums, are floats
CELL = 40  # the side of a cell in the units of its SVG
HUES = {"input": BLUE, "kernel": VERMILION, "output": GREEN}
NO_PADDING = ((0, 0), (0, 0))


def player(image, kernel, strides=1, padding="valid", dilation_rate=1, transposed=False):
    """Return a page on which a convolution plays: input, kernel, output, and the sum behind each cell of the output.

    It is what Keras's layers compute for one channel and one filter: the kernel is not flipped. It starts paused;
    where no script runs (print, a sanitized page) it is a still picture of its first step.

    image, kernel: finite numbers, arrays or nested lists of shape (h, w) and (kh, kw), at most 16 × 16.
    strides, dilation_rate: int, or a pair (rows, columns).
    padding: as in `course.arithmetic`: "valid"; "same", as Keras pads; zeros on every side, an int; a pair
        (before, after) for both axes; or ((top, bottom), (left, right)). In a transposed convolution numbers say what
        is cut off the output.
    transposed: draw the transposed convolution, in which each cell of the input stamps the kernel onto the output.
    Returns an `IPython.display.HTML`, the same bytes for the same arguments.
    Raises TypeError or ValueError, naming the argument, for what is no such number, a layer that cannot exist, or a
    padded image or output larger than 24 × 24.
    Source: Dumoulin and Visin (2016), A guide to convolution arithmetic for deep learning, arXiv:1603.07285.
    """
    values = {"input": _matrix("image", image), "kernel": _matrix("kernel", kernel)}
    settings = strides, padding, dilation_rate, transposed
    rows, columns, pads = _axes(_size(values["input"]), _size(values["kernel"]), *settings)
    cells = _cells(rows, columns)
    values["output"] = _sums(values["input"], values["kernel"], cells)
    shown = {name: [[_number(value) for value in row] for row in matrix] for name, matrix in values.items()}
    data = {
        "cell": CELL, "lead": "input" if transposed else "output", "pads": pads, "rows": rows, "columns": columns,
        "shown": shown, "equals": _equals(shown, cells),
    }  # fmt: skip
    return page("convolution.html", _still(data, _settings(*settings)), data)


def terms(input_size, kernel_size, strides=1, padding="valid", dilation_rate=1, transposed=False):
    """Return which products make up each cell of a convolution's output.

    input_size, kernel_size: pairs (rows, columns); the other arguments are those of `player`.
    Returns a list of rows of cells; a cell is a list of (input row, input column, kernel row, kernel column), and its
    value the sum of input · kernel over them. A place outside of the input is zero padding.
    Raises as `player` does.
    """
    sizes = _pair("input_size", input_size), _pair("kernel_size", kernel_size)
    rows, columns, _ = _axes(*sizes, strides, padding, dilation_rate, transposed)
    return _cells(rows, columns)


def _cells(rows, columns):
    return [[[(i, j, a, b) for i, a in row for j, b in column] for column in columns] for row in rows]


def _axes(input_size, kernel_size, strides, padding, dilation_rate, transposed):
    """Return, for rows and for columns, the (input, kernel) places that meet in each output; and the zero padding."""
    if not isinstance(transposed, bool):
        raise TypeError(f"transposed must be True or False, but got {type(transposed).__name__}")
    strides, dilation_rate, padding = _pair("strides", strides), _pair("dilation_rate", dilation_rate), _sides(padding)
    measure, meet = (_measure_stamps, _stamped) if transposed else (_measure_windows, _windowed)
    sizes, before, pads = measure(input_size, kernel_size, strides, padding, dilation_rate)
    _drawable("output, with this image, kernel, strides, padding and dilation_rate,", sizes)
    rows, columns = map(meet, input_size, kernel_size, strides, dilation_rate, before, sizes)
    return rows, columns, pads


def _measure_windows(input_size, kernel_size, strides, padding, dilation_rate):
    """Return the size of the output, how far before the image the first window starts, and the zero padding."""
    if padding == "same":
        padding = arithmetic.same_padding(input_size, kernel_size, strides, dilation_rate)
    pads = NO_PADDING if padding == "valid" else padding
    padded = [size + sum(pad) for size, pad in zip(input_size, pads, strict=True)]
    _drawable("image with its padding", padded)
    spans = [rate * (size - 1) + 1 for size, rate in zip(kernel_size, dilation_rate, strict=True)]
    if spans[0] > padded[0] or spans[1] > padded[1]:
        raise ValueError(
            f"kernel must fit into the padded image, but with dilation_rate={dilation_rate} it spans {_by(spans)} "
            f"of {_by(padded)} cells"
        )
    sizes = arithmetic.conv_output_size(input_size, kernel_size, strides, pads, dilation_rate)
    return sizes, [before for before, _ in pads], pads


def _measure_stamps(input_size, kernel_size, strides, padding, dilation_rate):
    """Return the size of the output, how much is cut off before it, and the zero padding, which is none."""
    sizes = arithmetic.conv_transpose_output_size(input_size, kernel_size, strides, padding, None, dilation_rate)
    if padding == "same":  # cut off what the convolution that this one transposes would pad
        direct = tuple(size * step for size, step in zip(input_size, strides, strict=True))
        padding = arithmetic.same_padding(direct, kernel_size, strides, dilation_rate)
    cut = NO_PADDING if padding == "valid" else padding
    return sizes, [before for before, _ in cut], NO_PADDING


def _windowed(_, kernel, step, rate, before, outputs):
    """Return the (input, kernel) places of each output on one axis: windows that start `step` apart."""
    return [[(o * step + k * rate - before, k) for k in range(kernel)] for o in range(outputs)]


def _stamped(size, kernel, step, rate, before, outputs):
    """Return the (input, kernel) places of each output on one axis: of stamps that start `step` apart, and overlap."""
    pairs = [(i, k) for i in range(size) for k in range(kernel)]
    return [[(i, k) for i, k in pairs if i * step + k * rate - before == o] for o in range(outputs)]


def _sums(image, kernel, cells):
    """Return the output, summed in decimals as on paper: 3 · 0.1 − 0.3 is 0."""
    image, kernel = ([[Decimal(repr(value)) for value in row] for row in matrix] for matrix in (image, kernel))
    inside = {(i, j): value for i, row in enumerate(image) for j, value in enumerate(row)}
    return [
        [float(sum(inside.get((i, j), 0) * kernel[a][b] for i, j, a, b in places)) for places in row] for row in cells
    ]


# --- arguments ------------------------------------------------------------------------------------------------------


def _matrix(name, values):
    """Return `values` as a list of rows of floats; refuse what is no small matrix of finite numbers."""
    try:
        array = np.asarray(values)
    except ValueError:  # rows of different lengths
        raise ValueError(f"{name} must have rows of one length") from None
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold real numbers, but got {array.dtype} from {type(values).__name__}")
    if array.ndim != 2 or not 1 <= min(array.shape) <= max(array.shape) <= MOST:
        raise ValueError(f"{name} must have shape (rows, columns), 1 to {MOST} of each, but got {array.shape}")
    array = array.astype("float64")
    if not (np.abs(array) < HUGE).all():  # NaN is not below it either
        raise ValueError(f"{name} must hold finite numbers below {HUGE:g}, but got NaN, infinity or a larger one")
    return array.tolist()


def _size(matrix):
    return len(matrix), len(matrix[0])


def _pair(name, value, least=1):
    """Return `value`, an int or a pair of ints, as a pair of ints from `least` to MOST_DRAWN."""
    pair = tuple(value) if isinstance(value, tuple | list) else (value,)
    if not all(isinstance(entry, Integral) and not isinstance(entry, bool) for entry in pair):
        got = ", ".join(type(entry).__name__ for entry in pair[:3])
        raise TypeError(f"{name} must be an int or a pair of ints, but got {got}")
    if isinstance(value, tuple | list) and len(pair) != 2:
        raise ValueError(f"{name} must be an int or a pair of ints, but got {len(pair)} of them")
    if not least <= min(pair) <= max(pair) <= MOST_DRAWN:
        got = f"{value!r}" if max(map(abs, pair)) < 1e9 else "a huge number"  # Python prints no 5000 digits
        raise ValueError(f"{name} must be from {least} to {MOST_DRAWN}, but got {got}")
    return int(pair[0]), int(pair[-1])


def _sides(padding):
    """Return "valid", "same" or ((top, bottom), (left, right))."""
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise ValueError(f'padding must be "valid", "same" or numbers, but got {padding[:20]!r}')
        return padding
    by_axis = isinstance(padding, tuple | list) and any(isinstance(side, tuple | list) for side in padding)
    sides = padding if by_axis else (padding, padding)
    if len(sides) != 2:
        raise ValueError(
            f"padding must be an int, a pair, or a pair for each of two axes, but got {len(sides)} of them"
        )
    return tuple(_pair("padding", side, least=0) for side in sides)


def _drawable(what, size):
    if max(size) > MOST_DRAWN:
        raise ValueError(f"the {what} must be at most {MOST_DRAWN} × {MOST_DRAWN} to be watched, but is {_by(size)}")


def _by(size):
    return f"{size[0]} × {size[1]}"


# --- the still picture. The script of convolution.html lights other cells of it in the same way. --------------------


def _still(data, settings):
    """Return the three grids, and what is read off them, at the first step."""
    met = _first_step(data)
    lit, notes = _lit(data, met)
    grids = "".join(_grid(data, name, lit[name], notes.get(name, {})) for name in HUES)
    return (
        f'<p class="settings">{settings}</p><div class="stage" style="{_style(data)}">{grids}'
        f'<div class="reading">{_reading(data, met)}</div></div>'
    )


def _style(data):
    """Return the grids' colours, the columns of the widest, the pixels of a cell, and the lines of the longest sum."""
    widest = max(_place(data, name)[1] for name in HUES)
    font = min(_font(17, _longest(matrix)) for matrix in data["shown"].values())
    pixels = max(28, min(44, 320 // widest), 10 * CELL // font)  # numbers of at least 10 pixels
    hues = "".join(f"--{name}:{hue};" for name, hue in HUES.items())
    return f"{hues}--widest:{widest};--cell:{pixels}px;--lines:{len(data['shown']['kernel']) + 1}"


def _first_step(data):
    """Return (output row, output column, input row, input column, kernel row, kernel column) of each product in it."""
    products = (
        (y, x, *place)
        for y, row in enumerate(_cells(data["rows"], data["columns"]))
        for x, places in enumerate(row)
        for place in places
    )
    first = slice(0, 2) if data["lead"] == "output" else slice(2, 4)
    return [product for product in products if product[first] == (0, 0)]


def _lit(data, met):
    """Return which places of each grid are lit, and the notes in their corners: the other factor, or the product."""
    lit = {
        "input": {(i, j) for _, _, i, j, _, _ in met},
        "kernel": {(a, b) for *_, a, b in met},
        "output": {(y, x) for y, x, *_ in met},
    }
    lit[data["lead"]].add((0, 0))
    image, kernel = data["shown"]["input"], data["shown"]["kernel"]
    if data["lead"] == "output":
        return lit, {"input": {(i, j): f"·{_factor(kernel[a][b])}" for _, _, i, j, a, b in met}}
    return lit, {"output": {(y, x): f"+{_factor(image[i][j])}·{_factor(kernel[a][b])}" for y, x, i, j, a, b in met}}


def _reading(data, met):
    """Return the sum behind output[0, 0], a row of the kernel a line; or what becomes of input[0, 0]."""
    shown = data["shown"]
    if data["lead"] == "input":
        value, cells = _factor(shown["input"][0][0]), f"{len(met) or 'no'} cell{'' if len(met) == 1 else 's'}"
        return (
            f'<p class="place">input[0, 0]</p><p class="sum"><i class="input">{value}</i>·<i class="kernel">weight</i> '
            f"goes into {cells} of the output</p>"
        )
    lines = {}
    for _, _, i, j, a, b in met:
        factors = _factor(_at(shown["input"], i, j)), _factor(shown["kernel"][a][b])
        lines.setdefault(a, []).append('<i class="input">{}</i>·<i class="kernel">{}</i>'.format(*factors))
    body = "".join(f"<span>{'+ ' if n else ''}{' + '.join(line)} </span>" for n, line in enumerate(lines.values()))
    total = f'<span>{data["equals"][0][0]} <i class="output">{shown["output"][0][0]}</i></span>'
    return f'<p class="place">output[0, 0]</p><p class="sum">{body}{total}</p>'


def _grid(data, name, lit, notes):
    """Return a caption and the SVG of a matrix; dashed cells are its zero padding."""
    matrix, (rows, columns, top, left) = data["shown"][name], _place(data, name)
    places = [(i, j) for i in range(-top, rows - top) for j in range(-left, columns - left)]
    inside = [(i, j) for i, j in places if 0 <= i < len(matrix) and 0 <= j < len(matrix[0])]
    outside = sorted(set(places) - set(inside))
    font = _font(17, _longest(matrix))
    middle = CELL // 2 - 1 + round(0.36 * font)  # the baseline of a digit that stands in the middle
    numbers = [_text(place, middle, matrix[place[0]][place[1]]) for place in inside]
    zeros = [_text(place, middle, "0") for place in outside]
    marks = [_text(place, 38, note) for place, note in notes.items()]
    spoken = "; ".join(" ".join(row) for row in matrix)
    caption = _by(_size(matrix)) + (f", padded to {_by((rows, columns))}" if outside else "")
    return (
        f'<figure class="{name}" style="--columns:{columns}">'
        f"<figcaption><b>{name.capitalize()}</b> {caption}</figcaption>"
        f'<svg viewBox="{-CELL * left - 2} {-CELL * top - 2} {CELL * columns + 4} {CELL * rows + 4}" '
        f'width="{CELL * columns + 4}" role="img" aria-label="{name.capitalize()}, row by row: {spoken}" '
        f'fill="currentColor" font-family="sans-serif" font-size="{font}" text-anchor="middle">'
        f'<g class="padding" fill-opacity=".72"><path d="{_squares(outside)}" fill="none" stroke="currentColor" '
        f'stroke-opacity=".5" stroke-dasharray="3 3"/>{"".join(zeros)}</g>'
        f'<path class="cells" d="{_squares(inside)}" fill-opacity=".06" stroke="currentColor" stroke-opacity=".4"/>'
        f'<path class="lit hue" d="{_squares(sorted(lit))}" color="{HUES[name]}" fill-opacity=".3"/>'
        f'<g class="numbers">{"".join(numbers)}</g>'
        f'<g class="notes" font-size="{_note_font(data, name)}">{"".join(marks)}</g>{_frame(name, lit)}</svg></figure>'
    )


def _place(data, name):
    """Return the rows and columns of a grid with its padding, and how many of them come before its first cell."""
    (top, bottom), (left, right) = data["pads"] if name == "input" else NO_PADDING
    height, width = _size(data["shown"][name])
    return top + height + bottom, left + width + right, top, left


def _frame(name, lit):
    """Return the frame around all lit cells, of no size where none is lit."""
    (i, j), (bottom, right) = (map(pick, zip(*lit, strict=True)) for pick in (min, max)) if lit else ((0, 0), (-1, -1))
    return (
        f'<rect class="frame hue" x="{CELL * j}" y="{CELL * i}" width="{CELL * (right + 1 - j)}" '
        f'height="{CELL * (bottom + 1 - i)}" rx="3" color="{HUES[name]}" fill="none" stroke="currentColor" '
        f'stroke-width="3"/>'
    )


def _squares(places):
    return "".join(f"M{CELL * j} {CELL * i}h{CELL}v{CELL}h-{CELL}z" for i, j in places)


def _text(place, down, text):
    i, j = place
    return f'<text x="{CELL * j + CELL // 2}" y="{CELL * i + down}">{text}</text>'


def _font(largest, text):
    """Return the size at which `text` still fits into a cell; a digit is about 0.6 of it wide."""
    return min(largest, int(0.9 * CELL / 0.6 / len(text)))


def _longest(matrix):
    return max((text for row in matrix for text in row), key=len)


def _note_font(data, name):
    """Return the size of the notes in the cells of the input, "·weight", or of the output, "+value·weight"."""
    factors = {key: max((_factor(text) for row in data["shown"][key] for text in row), key=len) for key in HUES}
    return _font(10, f"·{factors['kernel']}" if name == "input" else f"+{factors['input']}·{factors['kernel']}")


def _at(matrix, i, j):
    """Return the number at a place of a matrix, "0" in the padding around it."""
    return matrix[i][j] if 0 <= i < len(matrix) and 0 <= j < len(matrix[0]) else "0"


def _factor(number):
    return f"({number})" if number.startswith("−") else number


def _number(value):
    """Return a number as it is written: integers of up to six digits as they are, others rounded to three digits."""
    whole = value == int(value) and abs(value) < 1e6
    return f"{int(value) if whole else format(value, '.3g')}".replace("-", "−")


def _equals(shown, cells):
    """Return "=" for each sum that holds between the numbers as they are shown, "≈" where rounding breaks it."""
    read = {name: [[float(text.replace("−", "-")) for text in row] for row in shown[name]] for name in shown}
    sums = _sums(read["input"], read["kernel"], cells)
    pairs = (zip(*rows, strict=True) for rows in zip(sums, read["output"], strict=True))
    return [["=" if summed == output else "≈" for summed, output in row] for row in pairs]


def _settings(strides, padding, dilation_rate, transposed):
    """Return the line above the grids: which convolution, with Keras's names."""
    kind = "Transposed convolution" if transposed else "Convolution"
    padding = _sides(padding)
    padding = f'"{padding}"' if isinstance(padding, str) else _short(tuple(map(_short, padding)))
    strides, dilation_rate = _short(_pair("strides", strides)), _short(_pair("dilation_rate", dilation_rate))
    settings = {"strides": strides, "padding": padding, "dilation_rate": dilation_rate}
    return f"<b>{kind}</b> " + " ".join(f"<span>{name}={value}</span>" for name, value in settings.items())


def _short(pair):
    return pair[0] if pair[0] == pair[1] else pair
