"""Receptive fields on a photograph: one as a Matplotlib figure, all of a model's to explore in HTML with no kernel."""

import base64
import html
import io
from collections.abc import Mapping

import numpy as np

from course.figures.page import page
from course.figures.style import INK, VERMILION, described
from course.receptive_field import ReceptiveField

LARGEST_PAGE = 300_000  # bytes
LARGEST_PICTURE = 120_000  # characters of it
LOSSLESS = 20_000  # a picture that takes no more characters than this as PNG is not compressed further
SIDES, QUALITIES = (640, 448, 320, 224, 112), (85, 70, 50)  # what is tried for others, until one fits
PIXELATED = 112  # a picture of at most so many pixels a side is drawn with sharp pixels
DOTS = 64  # centres along a side that can still be told apart
MARGIN = 0.12  # of the picture's longer side: what can at most be seen of the padding
ROWS = ("map", "feature", "receptive field", "jump", "start", "window from", "window to", "in the padding")
UNITS = "In pixels, but for map and feature; 0 is the top or left edge of the picture."


def on_picture(picture, field, position, *, title, alt=None):
    """Return a figure of `picture` with what one feature sees of it: outlined, its centre marked, the rest dimmed.

    What the feature sees outside of the picture is padding, and hatched.

    picture: the image itself, an array of shape (h, w), (h, w, 1) or (h, w, 3), uint8, or floats from 0 to 1.
    field: a `course.receptive_field.ReceptiveField` with two axes.
    position: (row, column) of the feature, as for `field.window`, which says what the feature sees.
    alt: the alternative text; None describes what is drawn, with its numbers.
    Raises TypeError or ValueError, naming the argument, for what is no picture, a picture that `field` cannot belong
    to, a field that sees everything and so has no positions, a position that is not there, or that sees nothing.
    A picture of another size than the model's input is noticed only where it contradicts the field.
    """
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    picture = _picture(picture)
    size = picture.shape[:2]
    _belongs("field", field, size)
    if field.jump is None:
        raise ValueError("field must have positions, but its tensor sees everything: there is no window to outline")
    window = field.window(position)
    if None in window:
        raise ValueError(f"position must be one that sees a pixel, but the feature at {position} sees none")
    for axis, edges, pixels in zip(field.axes, window, size, strict=True):
        if axis.size is None and not _meets(edges, pixels):
            raise ValueError(f"position must be one that sees some of the picture, but {position} does not")

    (top, bottom), (left, right) = window
    (y0, y1), (x0, x1) = ((min(0, edges[0]), max(side, edges[1])) for edges, side in zip(window, size, strict=True))
    longest = max(x1 - x0, y1 - y0)
    figure = Figure(figsize=(max(4.2 * (x1 - x0) / longest, 1.5) + 0.6, max(4.2 * (y1 - y0) / longest, 1) + 0.8))
    axes = figure.subplots()

    def rectangle(edges, **look):
        (top, bottom), (left, right) = edges
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, **look))

    # The window is hatched, and the picture covers it: only the padding stays hatched.
    rectangle(window, facecolor="#eeeeee", edgecolor="#888888", hatch="///", linewidth=0, zorder=1)
    extent, greys = (0, size[1], size[0], 0), {"cmap": "gray", "vmin": 0, "vmax": 255}
    axes.imshow(picture, extent=extent, interpolation="nearest", zorder=2, **greys)
    for part in _around(window, size):
        rectangle(part, facecolor="black", alpha=0.6, linewidth=0, zorder=3)
    for colour, width in (("white", 4.5), (VERMILION, 2.2)):  # one of them stands out from any photograph
        rectangle(window, fill=False, edgecolor=colour, linewidth=width, clip_on=False, zorder=4)
        axes.plot((left + right) / 2, (top + bottom) / 2, "+", color=colour, ms=11, mew=width, clip_on=False, zorder=5)

    axes.set(xlim=(x0, x1), ylim=(y1, y0), title=title, xlabel="column, in pixels", ylabel="row, in pixels")
    axes.grid(False)
    axes.spines[:].set_visible(False)
    spoken = (
        f"A picture of {_by(size)} pixels, dimmed but for what one feature sees: rows {top} to {bottom}, "
        f"columns {left} to {right}."
    )
    return described(figure, spoken if alt is None else alt)


def _around(window, size):
    """Return what lies of a picture above, below, left and right of a window, as windows."""
    height, width = size
    (top, bottom), (left, right) = _inside(window, size)
    return [
        ((0, top), (0, width)), ((bottom, height), (0, width)),
        ((top, bottom), (0, left)), ((top, bottom), (right, width)),
    ]  # fmt: skip


def _inside(window, size):
    """Return the edges of what lies of a window in a picture of this size: of no extent where nothing does."""
    return [[min(max(edge, 0), side) for edge in edges] for edges, side in zip(window, size, strict=True)]


def explorer(picture, fields, shown=None):
    """Return a page to look through a model: point at the picture, and see what the nearest feature of a layer sees.

    The reader steps from layer to layer; the feature stays where it is in the picture. Where no script runs (print, a
    sanitized page) it is a still picture of the layer it starts with, at the middle of the picture.

    picture: the image, an array of shape (h, w), (h, w, 1) or (h, w, 3), uint8, or floats from 0 to 1. The page holds
        a copy that is compressed, and scaled down where it is large; all numbers are in pixels of the array.
    fields: {layer's name: ReceptiveField}, as `course.receptive_field.receptive_fields` returns it for the model and
        the picture's shape.
    shown: name of the layer to start with; None is the last one whose receptive field fits into half of the picture.
    Returns an `IPython.display.HTML` of less than 300 KB, the same bytes for the same arguments.
    Raises TypeError or ValueError, naming the argument, for what is no picture, fields of images of another size or
    of unknown size, or more layers than such a page can hold.
    """
    picture = _picture(picture)
    size = picture.shape[:2]
    _checked(fields, size)
    layer = _first(fields, size) if shown is None else _index(fields, shown)
    field = list(fields.values())[layer]
    place = [_nearest(axis, pixels / 2, pixels) for axis, pixels in zip(field.axes, size, strict=True)]
    data = {"picture": size, "layer": layer, "place": place, "dots": DOTS, **_compact(fields)}

    def drawn(address):
        return page("receptive_field.html", _still(data, field, _margin(fields, size), address), data)

    room = LARGEST_PAGE - 1 - len(drawn("").data.encode())
    return drawn(_embedded(picture, min(LARGEST_PICTURE, room)))


# --- arguments ------------------------------------------------------------------------------------------------------


def _picture(picture):
    """Return a picture as an array (h, w) or (h, w, 3) of uint8."""
    try:
        array = np.asarray(picture)
    except (TypeError, ValueError, RuntimeError):  # rows of different lengths; a tensor on another device
        raise TypeError(f"picture must be an array of numbers, but got {type(picture).__name__}") from None
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise TypeError(
            f"picture must hold uint8 from 0 to 255, or floats from 0 to 1, but got {array.dtype} from "
            f"{type(picture).__name__}"
        )
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3)) or 0 in array.shape:
        raise ValueError(f"picture must have shape (h, w), (h, w, 1) or (h, w, 3), but got {array.shape}")
    if array.dtype.kind == "f":
        if not ((array >= 0) & (array <= 1)).all():  # NaN is neither
            raise ValueError(
                "picture must hold floats from 0 to 1, but got others, or NaN; pixel values: divide by 255"
            )
        array = (array * 255 + 0.5).astype("uint8")
    return array[:, :, 0] if array.shape[2:] == (1,) else array


def _checked(fields, size):
    """Refuse what is no {name: ReceptiveField} on an image of this size."""
    if not isinstance(fields, Mapping):
        raise TypeError(f"fields must be a dict of name -> ReceptiveField, but got {type(fields).__name__}")
    if not fields:
        raise ValueError("fields must hold at least one layer, but is empty")
    if others := [name for name in fields if not isinstance(name, str)]:
        raise TypeError(f"fields must have layers' names as keys, but got {type(others[0]).__name__}")
    for name, field in fields.items():
        _belongs(f"fields[{name!r}]", field, size)
        if field.jump is not None and any(axis.size is None for axis in field.axes):
            raise ValueError(
                f"fields[{name!r}] must say how many positions it has: pass input_shape={size} to receptive_fields"
            )
    # Of the layers that see pixel by pixel one is the input, unless it was left out.
    images = [tuple(axis.size for axis in field.axes) for field in fields.values() if _is_pixelwise(field)]
    if images and size not in images:
        raise ValueError(f"picture must have the size of the model's input, {_by(images[0])}, but is {_by(size)}")


def _is_pixelwise(field):
    return field.size == (1, 1) and field.jump == (1, 1) and field.start == (0.5, 0.5)


def _belongs(name, field, size):
    """Refuse what is no receptive field on images, or none on an image of this size."""
    if not isinstance(field, ReceptiveField):
        raise TypeError(f"{name} must be a ReceptiveField, but got {type(field).__name__}")
    if len(field.axes) != 2:
        raise ValueError(f"{name} must be on images, and have two axes, but has {len(field.axes)}")
    for axis, pixels in zip(field.axes, size, strict=True):
        hull = axis.at((axis.size or 1) // 2)
        fits = hull == (0, pixels - 1) if axis.everything else not (axis.size and hull) or _meets(_edges(hull), pixels)
        if not fits:
            raise ValueError(
                f"picture must be the image that {name} is on, but it is {_by(size)}, and the middle one of "
                f"{axis.size or 'its'} positions sees pixels {hull[0]} to {hull[1]}"
            )


def _edges(hull):
    return hull[0], hull[1] + 1


def _meets(edges, pixels):
    return edges[0] < pixels and edges[1] > 0


def _index(fields, shown):
    if not isinstance(shown, str):
        raise TypeError(f"shown must be a layer's name, but got {type(shown).__name__}")
    names = list(fields)
    if shown not in names:
        raise ValueError(f"shown must be one of {', '.join(names[:8])}{', …' * (len(names) > 8)}, but got {shown!r}")
    return names.index(shown)


# --- the data of the page -------------------------------------------------------------------------------------------


def _first(fields, size):
    """Return the index of the last layer whose receptive field fits into half of the picture, else 0."""
    fits = [
        index
        for index, field in enumerate(fields.values())
        if field.jump is not None and all(2 * seen <= side for seen, side in zip(field.size, size, strict=True))
    ]
    return fits[-1] if fits else 0


def _centres(axis):
    """Return the centre of what each position sees, None where it sees nothing."""
    hulls = map(axis.at, range(axis.size or 1))
    return [hull and (hull[0] + hull[1] + 1) / 2 for hull in hulls]


def _nearest(axis, place, pixels):
    """Return the position whose centre is nearest to a place; 0 where none sees a pixel.

    Positions with one centre, as after upsampling, share the way from the centre before theirs to the one after.
    """
    centres = _centres(axis)
    different = sorted(set(centres) - {None})
    if not different:
        return 0
    here = min(different, key=lambda centre: abs(centre - place))
    equal, index = [position for position, centre in enumerate(centres) if centre == here], different.index(here)
    start = (different[index - 1] + here) / 2 if index else min(0, here)
    end = (here + different[index + 1]) / 2 if here != different[-1] else max(pixels, here)
    turn = int((place - start) / (end - start) * len(equal))
    return equal[max(0, min(turn, len(equal) - 1))]


def _compact(fields):
    """Return the layers for JSON, with each axis and each field once: a rule for all positions, the numbers as text."""
    axes, kinds, layers = {}, {}, []
    for name, field in fields.items():
        along = tuple(axes.setdefault(rule, len(axes)) for rule in map(_rule, field.axes))
        kind = (along, *_texts(field), field.aligned is False, field.jump is None)
        layers.append((name, kinds.setdefault(kind, len(kinds))))
    return {"axes": list(axes), "fields": list(kinds), "layers": layers}


def _rule(axis):
    """Return (number of positions, parts): a part is (advance, hulls of one period), as in `Hulls`."""
    size = axis.size or 1
    parts = tuple((part.advance, part.hulls[:size]) for part in axis.parts)
    if sum(len(hulls) for _, hulls in parts) > size:
        parts = ((0, tuple(map(axis.at, range(size)))),)
    return size, parts


def _texts(field):
    """Return size, jump and start, a text for each axis."""
    jumps = field.jump or (None, None)
    return (
        tuple(map(_number, field.size)),
        tuple(
            "varies" if jump is None and not axis.everything else _number(jump)
            for axis, jump in zip(field.axes, jumps, strict=True)
        ),
        tuple(map(_number, field.start)),
    )


def _number(value):
    """Return a number as text, with at most two decimals; a dash for None."""
    if value is None:
        return "–"
    return str(round(value, 2)).removesuffix(".0").replace("-", "−")


def _margin(fields, size):
    """Return how many pixels of padding are drawn: as many as a window reaches, if that is not too much."""
    reach = [0]
    for field in fields.values():
        for axis, pixels in zip(field.axes, size, strict=True):
            ends = filter(None, (axis.at(0), axis.at((axis.size or 1) - 1)))
            reach += [max(-first, last + 1 - pixels) for first, last in ends]
    return max(1, min(max(reach), int(MARGIN * max(size))))


def _embedded(picture, room):
    """Return a picture as a data: address of at most `room` characters."""
    from PIL import Image

    image = Image.fromarray(picture)
    if len(whole := _address(image, "png", optimize=True)) <= min(LOSSLESS, room):
        return whole
    for side in SIDES:
        small = image.copy()
        small.thumbnail((side, side))
        for quality in QUALITIES:
            if len(address := _address(small, "jpeg", quality=quality, optimize=True)) <= room:
                return address
    raise ValueError(f"fields must have fewer layers for a page of {LARGEST_PAGE // 1000} KB: pass only some of them")


def _address(image, kind, **options):
    image.save(buffer := io.BytesIO(), format=kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode()}"


# --- the still picture, and its words. The script of receptive_field.html draws and says other features likewise. ---


def _still(data, field, margin, address):
    """Return the picture with what the feature that the page starts with sees, and its numbers."""
    size, (height, width), (name, _) = data["picture"], data["picture"], data["layers"][data["layer"]]
    everything = field.jump is None
    window = ((0, height), (0, width)) if everything else field.window(tuple(data["place"]))
    padding = [edges and _outside(edges, side) for edges, side in zip(window, size, strict=True)]
    numbers = _numbers(field, data["place"], window, padding)
    note = _note(window, padding, everything, field.aligned is False)
    paths = _paths(window, size, None if everything else field.axes)

    wide, high = width + 2 * margin, height + 2 * margin
    sharp = ' style="image-rendering:pixelated"' if max(size) <= PIXELATED else ""
    share = wide / max(wide, high)
    view = (
        f'<svg class="view" viewBox="{-margin} {-margin} {wide} {high}" width="{480 * share:.0f}" role="img" '
        f'aria-label="{html.escape(_spoken(name, numbers, note))}" style="--share:{share:.4f}" fill="none">'
        f'<rect x="{-margin}" y="{-margin}" width="{wide}" height="{high}" fill="currentColor" fill-opacity=".04"/>'
        f'<g color="{VERMILION}"><path class="window" d="{paths["window"]}" fill="currentColor" fill-opacity=".12" '
        f'stroke="currentColor" stroke-width="2" stroke-dasharray="5 4"/>'
        f'<image width="{width}" height="{height}" preserveAspectRatio="none"{sharp} href="{address}"/>'
        f'<path class="dim" d="{paths["dim"]}" fill="#000" fill-opacity=".6" fill-rule="evenodd"/>'
        f"{_lines('centres', paths['centres'], INK, 4, '#fff', 2.4)}"
        f"{_lines('edges', paths['edges'], '#fff', 5, 'currentColor', 2.4)}"
        f"{_lines('centre', paths['centre'], '#fff', 11, 'currentColor', 7)}</g></svg>"
    )
    body = "".join(
        f'<tr><th scope="row">{row}</th><td>{down}</td><td>{across}</td></tr>'
        for row, (down, across) in zip(ROWS, numbers, strict=True)
    )
    count = f"layer {data['layer'] + 1} of {len(data['layers'])}"
    return (
        f'<div class="stage" style="--hue:{VERMILION}">{view}<div class="side">'
        f'<p class="layer"><b>{html.escape(name)}</b> <span>{count}</span></p>'
        f'<table><thead><tr><td></td><th scope="col">rows</th><th scope="col">columns</th></tr></thead>'
        f'<tbody>{body}</tbody></table><p class="note">{note}</p><p class="units">{UNITS}</p></div></div>'
    )


def _lines(name, path, under, thick, over, thin):
    """Return a path twice, the lower one wider and in another colour: one of them stands out from any photograph."""
    cap = "butt" if name == "edges" else "round"
    return "".join(
        f'<path class="{name}" d="{path}" stroke="{colour}" stroke-width="{width}" stroke-linecap="{cap}"/>'
        for colour, width in ((under, thick), (over, thin))
    )


def _numbers(field, place, window, padding):
    """Return the texts of the table, a pair for each of ROWS."""
    sizes = [axis.size for axis in field.axes]
    starts, ends = ([edges and edges[end] for edges in window] for end in (0, 1))
    of_map = [(None, None)] * 2 if field.jump is None else [sizes, place]
    first, then = ([tuple(map(_number, row)) for row in rows] for rows in (of_map, (starts, ends, padding)))
    return [*first, *_texts(field), *then]


def _outside(edges, side):
    """Return how many pixels of a window lie outside of the picture, along one axis."""
    return edges[1] - edges[0] - max(0, min(edges[1], side) - max(edges[0], 0))


def _note(window, padding, everything, apart):
    """Return the sentences below the numbers: how much of the window is padding."""
    if everything:
        return "It has no positions: all of it sees the whole picture."
    if None in window:
        return "This feature sees no pixel."
    (high, wide), (rows, columns) = (edges[1] - edges[0] for edges in window), padding
    whole, seen = high * wide, (high - rows) * (wide - columns)
    share = int(100 * (whole - seen) / whole + 0.5)
    percent = "less than 1" if share == 0 else "more than 99" if share == 100 and seen else share
    note = (
        "All of the window lies in the picture."
        if seen == whole
        else f"{whole - seen} of the window’s {whole} pixels are padding: {percent}\u00a0%."
    )
    return f"{note} Branches with different centres have met." if apart else note


def _spoken(name, numbers, note):
    (rows, columns), (row, column), (top, left), (bottom, right) = (numbers[n] for n in (0, 1, 5, 6))
    feature = "" if row == "–" else f", feature {row}, {column} of {rows} × {columns}"
    return f"{name}{feature}: sees rows {top} to {bottom}, columns {left} to {right}. {note}"


def _paths(window, size, axes):
    """Return SVG path data: of a window, its edges in the picture, what it leaves dim, its centre and all centres."""
    height, width = size
    picture = f"M0 0H{width}V{height}H0Z"
    down, across = (sorted(set(_centres(axis)) - {None}) for axis in axes) if axes else ((), ())
    dense = max(len(down), len(across)) > DOTS
    centres = "" if dense else "".join(f"M{x:.12g} {y:.12g}h0" for y in down for x in across)
    if None in window:
        return {"window": "", "dim": picture, "edges": "", "centres": centres, "centre": ""}
    (top, bottom), (left, right) = window
    (upper, lower), (first, last) = _inside(window, size)
    meets = upper < lower and first < last
    corners = [(first, upper), (last, upper), (last, lower), (first, lower)]
    sides = [top == upper, right == last, bottom == lower, left == first]  # which of them the picture does not cut off
    return {
        "window": f"M{left} {top}H{right}V{bottom}H{left}Z",
        "dim": picture + (f"M{first} {upper}H{last}V{lower}H{first}Z" if meets else ""),
        "edges": _border(corners, sides) if meets else "",
        "centres": centres,
        "centre": f"M{(left + right) / 2:.12g} {(top + bottom) / 2:.12g}h0" if axes else "",
    }


def _border(corners, sides):
    """Return SVG path data of those sides of a rectangle that are wanted; side n is from corner n to corner n + 1."""
    start = next((n for n in range(4) if not sides[n - 1]), 0)
    path = ""
    for n in (n % 4 for n in range(start, start + 4) if sides[n % 4]):
        if not path or not sides[n - 1]:
            path += "M{} {}".format(*corners[n])
        path += "L{} {}".format(*corners[(n + 1) % 4])
    return path + "Z" * all(sides)


def _by(size):
    return f"{size[0]} × {size[1]}"
