"""The activation zoo on one axis: pick some, read value and derivative. HTML that needs no kernel and no network."""

import html
import math
from collections.abc import Mapping, Sequence

import keras
import numpy as np

from course.figures.page import page
from course.figures.style import COLOURS

LEFT, RIGHT, BOTTOM, TOP = -5, 5, -2, 3  # the window on the plane
STEPS = 200  # samples are (RIGHT - LEFT) / STEPS = 0.05 apart
DIGITS = 4
FLAT = 0.01  # where |f'| is below this, almost no gradient gets through
BESIDE = 1e-6  # how near to a kink its two sides are read; float32 still tells 5 and 5 - 1e-6 apart
WIDTH, HEIGHT = 600, 400  # pixels of the plane in the still picture
FACTS = ("range", "saturates", "cost", "source", "note")
PLAIN = {r"\frac{\pi}{2}": "π/2", r"\infty": "∞", r"\lambda": "λ", r"\alpha": "α", r"\{": "{", r"\}": "}", "-": "−"}


def explorer(activations=None, shown=("ReLU", "logistic")):
    """Return a page on which a reader picks activations and reads f(x) and f'(x) of each under the pointer.

    Where no script runs (print, a sanitized page) it is a still picture of the activations in `shown`.

    activations: dict of name -> `course.activations.Activation`; None means the whole zoo.
    shown: names of the activations to start with, one to six (one colour each).
    Returns an `IPython.display.HTML`, the same bytes for the same activations.
    Raises TypeError when `activations` is no dict or `shown` holds no names; ValueError when a name is unknown or
    repeated, or there are too few or too many.
    """
    if activations is None:
        from course.activations import ZOO as activations
    shown = _checked(activations, shown)
    entries = [_entry(name, activation) for name, activation in activations.items()]
    still = _still([entry for name in shown for entry in entries if entry["name"] == name])
    data = {
        "left": LEFT, "right": RIGHT, "bottom": BOTTOM, "top": TOP, "steps": STEPS, "width": WIDTH, "height": HEIGHT,
        "colours": COLOURS, "shown": shown, "activations": entries,
    }  # fmt: skip
    return page("activations.html", still, data)


def _checked(activations, shown):
    """Return `shown` as a list of names; refuse what cannot be drawn."""
    if not isinstance(activations, Mapping):
        raise TypeError(f"activations must be a dict of name -> Activation, not {type(activations).__name__}")
    if isinstance(shown, str) or not isinstance(shown, Sequence) or not all(isinstance(name, str) for name in shown):
        raise TypeError(f'shown must be a sequence of names, such as ("ReLU", "logistic"), not {shown!r}')
    shown = list(shown)
    if unknown := [name for name in shown if name not in activations]:
        raise ValueError(f"shown has unknown activations {unknown}; there are: {', '.join(activations)}")
    if not 1 <= len(shown) <= len(COLOURS) or len(set(shown)) < len(shown):
        raise ValueError(f"shown must hold one to {len(COLOURS)} different names, not {shown}")
    return shown


def _entry(name, activation):
    """Return what the page knows of one activation: its facts as text, samples [x, f, f'], where it is flat."""
    samples = _samples(activation)
    facts = {fact: getattr(activation, fact) for fact in FACTS}
    for latex, text in PLAIN.items():  # a page with no MathJax shows a range too
        facts["range"] = facts["range"].replace(latex, text)
    return {"name": name, **facts, "samples": samples, "flat": _flat(samples)}


def _samples(activation):
    """Return [x, f(x), f'(x)] on an even grid; a kink stands there three times: just left of it, at it, just right."""
    places = {(x, x) for x in np.linspace(LEFT, RIGHT, STEPS + 1).round(DIGITS).tolist()}
    for kink in (float(k) for k in activation.kinks if LEFT < k < RIGHT):
        places |= {(kink - BESIDE, kink), (kink, kink), (kink + BESIDE, kink)}
    computed_at, drawn_at = zip(*sorted(places), strict=True)
    x = np.array(computed_at)  # float64, which all backends but JAX keep: then four decimals are the same everywhere
    columns = [drawn_at, _rounded(activation.function(x)), _rounded(activation.derivative(x))]
    return [list(row) for row in zip(*columns, strict=True)]


def _rounded(tensor):
    """Return a tensor as a list of floats of four decimals, None where it is not finite; JSON knows no NaN."""
    values = keras.ops.convert_to_numpy(tensor).astype("float64").tolist()
    return [round(v, DIGITS) + 0.0 if math.isfinite(v) else None for v in values]  # + 0.0 turns -0.0 into 0.0


def _flat(samples):
    """Return the intervals [from, to] of x on which the derivative of every sample is nearly zero."""
    intervals, inside = [], False
    for x, _, slope in samples:
        flat = slope is not None and abs(slope) < FLAT
        if flat and not inside:
            intervals.append([x, x])
        elif flat:
            intervals[-1][1] = x
        inside = flat
    return [[start, end] for start, end in intervals if start < end]


# The still picture. Its curves are drawn by the script of activations.html in the same way.


def _across(x):
    return round((x - LEFT) / (RIGHT - LEFT) * WIDTH, 1)


def _down(y):
    return round((TOP - y) / (TOP - BOTTOM) * HEIGHT, 1)


def _path(samples, column):
    """Return SVG path data of one column of the samples; where the value jumps, the pen is lifted."""
    path, before = [], None
    for sample in samples:
        x, y = sample[0], sample[column]
        if y is not None:
            jumps = before is None or (before[0] == x and before[1] != y)
            path.append(f"{'M' if jumps else 'L'}{_across(x):g} {_down(y):g}")
        before = None if y is None else (x, y)
    return "".join(path)


def _still(entries):
    """Return the SVG of the axes, and of the value, the derivative and the flat parts of each entry."""
    curves, bars, names = [], [], []
    for slot, (entry, colour) in enumerate(zip(entries, COLOURS, strict=False)):
        hue = f'<g class="hue" color="{colour}" style="--hue:{colour}">'
        curves.append(
            f'{hue}<path stroke-dasharray="7 5" stroke-width="2" d="{_path(entry["samples"], 2)}"/>'
            f'<path stroke-width="2.8" d="{_path(entry["samples"], 1)}"/></g>'
        )
        rectangles = "".join(
            f'<rect x="{_across(start):g}" y="{8 * slot}" width="{_across(end) - _across(start):.1f}" height="5"/>'
            for start, end in entry["flat"]
        )
        bars.append(f"{hue}{rectangles}</g>")
        names.append(
            f'{hue}<path stroke-width="2.8" d="M14 {26 + 22 * slot}h26"/></g>'
            f'<text x="48" y="{31 + 22 * slot}" stroke="none">{html.escape(entry["name"])}</text>'
        )
    listed = html.escape(", ".join(entry["name"] for entry in entries))
    return (
        '<svg viewBox="0 0 650 528" width="650" role="img" fill="currentColor" font-family="sans-serif" font-size="15" '
        f'aria-label="Value (solid) and derivative (dashed) of {listed}, for x from {LEFT} to {RIGHT}">'
        f"{_axes()}"
        f'<svg class="curves" x="36" y="8" width="{WIDTH}" height="{HEIGHT}" fill="none" stroke="currentColor" '
        f'stroke-linejoin="round">{"".join(curves)}</svg>'
        f'<g class="names" transform="translate(36 8)" stroke="currentColor">{"".join(names)}</g>'
        f'<svg class="bars" x="36" y="446" width="{WIDTH}" height="48">{"".join(bars)}</svg>{KEY}</svg>'
    )


KEY = (
    '<g transform="translate(36 520)"><path d="M0-5h34" stroke="currentColor" stroke-width="2.8"/>'
    '<text x="42">f(x)</text>'
    '<path d="M104-5h34" stroke="currentColor" stroke-width="2" stroke-dasharray="7 5"/><text x="146">f′(x)</text>'
    f'<rect x="214" y="-8" width="34" height="5"/><text x="256">|f′| &lt; {FLAT}: almost no gradient</text></g>'
)


def _axes():
    """Return the grid, one line for every integer, with its numbers."""
    lines = [
        f'<path d="M{_across(x):g} 0V{HEIGHT + 8}" stroke-opacity="{0.6 if x == 0 else 0.14}"/>'
        f'<text x="{_across(x):g}" y="{HEIGHT + 26}" text-anchor="middle" stroke="none">{_number(x)}</text>'
        for x in range(LEFT, RIGHT + 1)
    ]
    lines += [
        f'<path d="M0 {_down(y):g}H{WIDTH}" stroke-opacity="{0.6 if y == 0 else 0.14}"/>'
        f'<text x="-8" y="{_down(y) + 5:g}" text-anchor="end" stroke="none">{_number(y)}</text>'
        for y in range(BOTTOM, TOP + 1)
    ]
    return f'<g class="axes" transform="translate(36 8)" stroke="currentColor">{"".join(lines)}</g>'


def _number(value):
    return str(value).replace("-", "−")
