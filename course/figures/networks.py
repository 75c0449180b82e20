"""Pictures of a neuron and of networks, as inline SVG in the colour of the text around. They compute nothing."""

import html
import math
import numbers
import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from IPython.display import HTML

from course.figures.style import BLUE, VERMILION

MOST_INPUTS = 6
MOST_UNITS = 8  # a larger layer shows its first and last three units
ENDS = 3
COLUMN, ROW, RADIUS = 150, 36, 12  # pixels from layer to layer, from unit to unit, and of a unit
STEP, TOTAL, GAP = 52, 24, 44  # the neuron: from input to input, the radius of the sum, the arrows after it


def neuron(inputs, weights, bias, output=None, activation="f"):
    """Draw the formal neuron O = f(w_0 + Σ w_i e_i): inputs, weighted edges, sum, activation, output.

    inputs, weights: one to six numbers or symbols each, as many weights as inputs. "e_1" is drawn with a subscript.
    bias: a number or symbol, drawn as the weight of a constant input 1.
    output: the number or symbol at the end; None draws "O".
    activation: the name in the box.
    Returns an `IPython.display.HTML`. Raises TypeError for what is neither number nor text,
    ValueError for a wrong count.
    """
    inputs, weights = _sequence("inputs", inputs), _sequence("weights", weights)
    if not 1 <= len(inputs) <= MOST_INPUTS:
        raise ValueError(f"inputs must be one to {MOST_INPUTS} numbers or symbols, not {len(inputs)}")
    if len(weights) != len(inputs):
        raise ValueError(f"weights must be as many as inputs ({len(inputs)}), not {len(weights)}")
    values = ["1", *(_words("inputs", value) for value in inputs)]
    factors = [_words("bias", bias), *(_words("weights", weight) for weight in weights)]
    output, activation = _words("output", "O" if output is None else output), _words("activation", activation)

    left = max(map(_pill_width, values)) / 2 + 4
    label, total = left + 88, left + 250
    box_width = max(52, _wide(activation) + 24)
    box = total + TOTAL + GAP
    right = box + box_width + GAP + _pill_width(output) / 2
    bottom = 18 + STEP * len(values)
    centre = (18 + bottom) / 2

    body = [_text(left, 10, "bias", size=13)]
    for row, (value, factor) in enumerate(zip(values, factors, strict=True)):
        y = 18 + STEP * (row + 0.5)
        body += [_weighted_edge(left + _pill_width(value) / 2, y, total, centre, label, factor), _pill(left, y, value)]
    body += [
        f'<circle cx="{total:g}" cy="{centre:g}" r="{TOTAL}" fill="none"/>', _text(total, centre, "Σ", size=22),
        _arrow(total + TOTAL, centre, box, centre),
        f'<rect x="{box:g}" y="{centre - 24:g}" width="{box_width:g}" height="48" rx="6" fill="none"/>',
        _text(box + box_width / 2, centre, activation),
        _arrow(box + box_width, centre, box + box_width + GAP, centre), _pill(right, centre, output),
    ]  # fmt: skip
    names = {left: "inputs", label: "weights", total: "sum", box + box_width / 2: "activation", right: "output"}
    body += [_text(x, bottom + 18, name, size=13) for x, name in names.items()]
    terms = " + ".join(f"{factor} · {value}" for factor, value in zip(factors[1:], values[1:], strict=True))
    alternative = f"A neuron: {output} = {activation}({factors[0]} + {terms})"
    return _picture(right + _pill_width(output) / 2 + 8, bottom + 34, alternative, body)


def layers(sizes, weights=None):
    """Draw a feed-forward network, every unit of a layer joined to every unit of the next.

    sizes: two or more whole numbers, the units of each layer, inputs first. Above eight a layer is drawn shortened.
    weights: None, or one matrix of shape (sizes[i], sizes[i + 1]) for each pair of layers, as `Dense` keeps its kernel.
        The edge is solid blue for a positive weight, dashed vermilion for a negative one, absent for zero;
        its width grows with the size of the weight.
    Returns an `IPython.display.HTML`. Raises TypeError or ValueError naming the argument.
    """
    sizes = _sizes(sizes)
    matrices = [None] * (len(sizes) - 1) if weights is None else _matrices(weights, sizes)
    largest = max((float(np.abs(matrix).max()) for matrix in matrices if matrix is not None), default=0.0)
    width, height = 100 + COLUMN * (len(sizes) - 1), ROW * max(len(_units(size)) for size in sizes) + 12
    columns = [50 + COLUMN * layer for layer in range(len(sizes))]
    places = [_places(size, height) for size in sizes]

    body = []
    for layer, matrix in enumerate(matrices):
        for source, y in places[layer].items():
            for target, y_next in places[layer + 1].items():
                look = _look(None if matrix is None else matrix[source, target], largest)
                start, end = columns[layer] + RADIUS, columns[layer + 1] - RADIUS
                body.append(look and f'<path d="M{start} {y:g}L{end} {y_next:g}" {look}/>')
    for layer, (size, x) in enumerate(zip(sizes, columns, strict=True)):
        body += [f'<circle cx="{x}" cy="{y:g}" r="{RADIUS}" fill="none"/>' for y in places[layer].values()]
        if size > MOST_UNITS:
            body.append(_text(x, height / 2, "⋮", size=22))
        name = "inputs" if layer == 0 else "outputs" if layer == len(sizes) - 1 else "hidden"
        body += [_text(x, height + 14, str(size)), _text(x, height + 34, name, size=13)]
    if weights is not None:
        body += _signs(height + 62)
    alternative = f"A feed-forward network; units of its layers from input to output: {', '.join(map(str, sizes))}"
    return _picture(max(width, 240), height + (46 if weights is None else 78), alternative, body)


def feedforward_and_recurrent():
    """Draw a feed-forward and a recurrent network side by side; the arrow back of the second takes one time step."""
    first, second, bottom = 130, 460, 252
    body = [*_small_network(first, "x", "h", "y"), *_small_network(second, "x(t)", "h(t)", "y(t)")]
    body += [
        f'<g stroke="{VERMILION}" fill="none">'
        f'<rect x="{second - 26}" y="62" width="52" height="148" rx="26" stroke-dasharray="5 4"/>'
        f'<path d="M{second + 14} 63C{second + 68} 16 {second - 68} 16 {second - 21} 57" stroke-width="2.4"/></g>',
        _head(second - 14, 63, 0.76, 0.65, VERMILION),
        _text(second, 12, "h(t − 1), one time step earlier", size=13),
        _text(first, bottom, "feed-forward"), _text(second, bottom, "recurrent"),
        _text(first, bottom + 22, "every arrow goes forward", size=13),
        _text(second, bottom + 22, "one arrow goes back", size=13),
    ]  # fmt: skip
    alternative = (
        "Left, a feed-forward network: arrows only from inputs x to hidden units h to output y. "
        "Right, a recurrent network: the same, and an arrow from the hidden units back to them, one time step later."
    )
    return _picture(590, bottom + 36, alternative, body)


def _small_network(middle, *names):
    """Return two inputs, three hidden units and one output, with arrows forward and the names of the layers below."""
    columns = [
        (middle + across, [136 + 48 * (unit - (units - 1) / 2) for unit in range(units)])
        for across, units in ((-100, 2), (0, 3), (100, 1))
    ]
    body = []
    for (x, ys), (x_next, ys_next) in pairwise(columns):
        for y in ys:
            for y_next in ys_next:
                reach = RADIUS / math.dist((x, y), (x_next, y_next))
                dx, dy = (x_next - x) * reach, (y_next - y) * reach
                body.append(_arrow(x + dx, y + dy, x_next - dx, y_next - dy))
    for (x, ys), name in zip(columns, names, strict=True):
        body += [f'<circle cx="{x}" cy="{y:g}" r="{RADIUS}" fill="none"/>' for y in ys]
        body.append(_text(x, 226, name))
    return body


# Checks


def _sequence(name, value):
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):  # an array is no Sequence
        raise TypeError(f"{name} must be a sequence of numbers or symbols, not {value!r}")
    return list(value)


def _words(name, value):
    """Return a number or symbol as the text to draw."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise TypeError(f"{name} must hold numbers or text, not {value!r}")
    return f"{value:.4g}".replace("-", "−")


def _sizes(sizes):
    sizes = _sequence("sizes", sizes)
    if wrong := [size for size in sizes if isinstance(size, bool) or not isinstance(size, numbers.Integral)]:
        raise TypeError(f"sizes must be whole numbers, not {wrong[0]!r}")
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"sizes must be two or more layers of at least one unit, not {sizes}")
    return [int(size) for size in sizes]


def _matrices(weights, sizes):
    try:
        matrices = [np.asarray(matrix, dtype=float) for matrix in weights]
    except (TypeError, ValueError) as error:
        raise TypeError(f"weights must be matrices of numbers, one for each pair of layers: {error}") from error
    shapes, wanted = [matrix.shape for matrix in matrices], list(pairwise(sizes))
    if shapes != wanted:
        raise ValueError(f"weights must have the shapes {wanted}, not {shapes}")
    if not all(np.isfinite(matrix).all() for matrix in matrices):
        raise ValueError("weights must be finite numbers")
    return matrices


# Pieces


def _units(size):
    """Return the numbers of the units that are drawn, None for the gap between the first and the last."""
    if size <= MOST_UNITS:
        return list(range(size))
    return [*range(ENDS), None, *range(size - ENDS, size)]


def _places(size, height):
    """Return {unit: y} of the units of one layer, centred in `height`."""
    units = _units(size)
    return {unit: height / 2 + ROW * (i - (len(units) - 1) / 2) for i, unit in enumerate(units) if unit is not None}


def _look(weight, largest):
    """Return the SVG attributes of an edge; nothing for a weight of zero."""
    if weight is None:
        return 'stroke-opacity="0.4" stroke-width="1"'
    if weight == 0:
        return ""
    colour = f'stroke="{BLUE}"' if weight > 0 else f'stroke="{VERMILION}" stroke-dasharray="6 3"'
    return f'{colour} stroke-width="{0.6 + 3 * abs(weight) / largest:.2f}"'


def _signs(y):
    return [
        f'<path d="M16 {y}h30" {_look(1, 1)}/>', _text(54, y, "positive", size=13, anchor="start"),
        f'<path d="M126 {y}h30" {_look(-1, 1)}/>', _text(164, y, "negative", size=13, anchor="start"),
    ]  # fmt: skip


def _weighted_edge(x, y, x_sum, y_sum, label, words):
    """Return the edge from an input to the circle of the sum, interrupted at x = label by its weight."""
    slope, gap = (y_sum - y) / (x_sum - x), _wide(words) / 2 + 6
    end = x_sum - (x_sum - x) * TOTAL / math.dist((x, y), (x_sum, y_sum))

    def height(at):
        return y + slope * (at - x)

    before = f'<path d="M{x:.1f} {y:.1f}L{label - gap:.1f} {height(label - gap):.1f}"/>'
    return before + _text(label, height(label), words) + _arrow(label + gap, height(label + gap), end, height(end))


def _arrow(x, y, x_end, y_end):
    length = math.dist((x, y), (x_end, y_end))
    along, down = (x_end - x) / length, (y_end - y) / length
    line = f'<path d="M{x:.1f} {y:.1f}L{x_end - 7 * along:.1f} {y_end - 7 * down:.1f}"/>'
    return line + _head(x_end, y_end, along, down)


def _head(x, y, along, down, colour="currentColor"):
    """Return an arrow's head with its tip at (x, y), pointing along the unit vector (along, down)."""
    corners = [(x - 9 * along + side * 4 * down, y - 9 * down - side * 4 * along) for side in (1, -1)]
    path = "".join(f"L{a:.1f} {b:.1f}" for a, b in corners)
    return f'<path d="M{x:.1f} {y:.1f}{path}z" fill="{colour}" stroke="none"/>'


def _pill(x, y, words):
    width = _pill_width(words)
    frame = f'<rect x="{x - width / 2:g}" y="{y - 18:g}" width="{width:g}" height="36" rx="18" fill="none"/>'
    return frame + _text(x, y, words)


def _pill_width(words):
    return max(40, _wide(words) + 20)


def _wide(words):
    """Return about how many pixels the words take, a subscript's mark not counted."""
    return 9 * len(words.replace("_", "", 1))


def _text(x, y, words, size=16, anchor="middle"):
    """Return escaped SVG text around the middle (x, y); of "e_1" the part after the mark is a subscript."""
    symbol = re.fullmatch(r"([^_\s]+)_(\w+)", words)
    content = html.escape(words)
    if symbol:
        base, below = map(html.escape, symbol.groups())
        content = f'{base}<tspan dy="0.3em" font-size="70%">{below}</tspan>'
    return (
        f'<text x="{x:g}" y="{y + 0.35 * size:.1f}" font-size="{size}" text-anchor="{anchor}" stroke="none" '
        f'fill="currentColor">{content}</text>'
    )


def _picture(width, height, alternative, body):
    """Return the SVG as HTML; it takes its colour from the text around, and shrinks with the page."""
    return HTML(
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img" aria-label="{html.escape(alternative)}" '
        'style="max-width:100%;height:auto;color:var(--jp-content-font-color1,inherit)" stroke="currentColor" '
        f'stroke-width="1.6" font-family="system-ui, sans-serif">{"".join(body)}</svg>'
    )
