"""What features see along one axis: a row of dots for each layer, the pixels below, and cones down to them."""

from matplotlib.figure import Figure

from course.figures.style import COLOURS, INK, described


def pyramid(fields, shown, *, title, alt):
    """Return a figure of the layers of a net in one dimension, the image at the bottom, and what some features see.

    Each feature is a dot at the centre of its receptive field. A cone leads from each of those in `shown` down to the
    pixels of its window; where it reaches over the image's edge, the pixels are zeros of the padding, drawn as dashes.

    fields: {name: ReceptiveField} of one axis, the image first, as `course.receptive_field.receptive_fields` has it.
    shown: a list of (name, position), at most as many as `style.COLOURS`.
    """
    heights = dict(zip(fields, range(len(fields)), strict=True))
    pixels = next(iter(fields.values())).axes[0].size
    windows = [fields[name].window((position,))[0] for name, position in shown]

    figure = Figure(figsize=(7, 0.9 + 0.75 * len(fields)))
    axes = figure.add_subplot()
    for number, ((name, _), (first, last)) in enumerate(zip(shown, windows, strict=True)):
        corners = [(first, 0.22), (last, 0.22), ((first + last) / 2, heights[name])]
        axes.fill(*zip(*corners, strict=True), color=COLOURS[number], alpha=0.25, lw=0)
        below = -0.3 - 0.1 * number  # one bar under the other: windows overlap
        axes.plot([first, last], [below, below], color=COLOURS[number], lw=3, solid_capstyle="butt")
    left, right = min(0, *(first for first, _ in windows)), max(pixels, *(last for _, last in windows))
    for pixel in range(left, right):
        inside = 0 <= pixel < pixels
        axes.plot(*_square(pixel), color=INK, lw=1 if inside else 0.8, ls="-" if inside else ":")
    for name, field in list(fields.items())[1:]:
        centres = [sum(field.window((position,))[0]) / 2 for position in range(field.axes[0].size)]
        axes.plot(centres, [heights[name]] * len(centres), "o", color=INK, markersize=7)
    for number, ((name, _), window) in enumerate(zip(shown, windows, strict=True)):
        axes.plot(sum(window) / 2, heights[name], "o", color=COLOURS[number], markersize=9)

    axes.set(title=title, xlabel="pixels from the left edge", ylim=(-0.4 - 0.1 * len(shown), len(fields) - 0.6))
    axes.set_yticks(list(heights.values()), list(heights))
    axes.set_xticks(range(left, right + 1))
    axes.grid(False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0)
    return described(figure, alt)


def _square(pixel):
    """Return the outline of a pixel, as xs and ys."""
    first, last = pixel + 0.06, pixel + 0.94
    return [first, last, last, first, first], [-0.2, -0.2, 0.2, 0.2, -0.2]
