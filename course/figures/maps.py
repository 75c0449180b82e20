"""Photographs and feature maps, large enough to look into."""

from matplotlib.figure import Figure

from course.figures.style import described


def row(maps, labels, *, alt, limits=None):
    """Return a figure of grey `maps` (a list of arrays (height, width)) in one row, each under its label.

    Black is the smallest value of a map and white its largest; with `limits` (low, high) they are the same for all.
    """
    figure = Figure(figsize=(2.2 * len(maps), 2.5))
    low, high = limits or (None, None)
    for axes, values, label in zip(figure.subplots(1, len(maps), squeeze=False)[0], maps, labels, strict=True):
        axes.imshow(values, cmap="gray", vmin=low, vmax=high)
        axes.set_title(label, loc="center", fontsize=10)
        axes.axis("off")
    return described(figure, alt)
