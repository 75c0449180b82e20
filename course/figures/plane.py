"""Points of two classes in the plane, and the straight lines that are to part them."""

import numpy as np
from matplotlib.figure import Figure

from course.figures.style import BLUE, INK, VERMILION, described


def separation(points, labels, lines, *, title, alt):
    """Return a figure of `points` (n, 2) of class 0 or 1 (`labels`), with `lines` drawn among them.

    `lines` is {label: (weights, bias)}: the line where weights·x + bias = 0, with its positive side shaded.
    """
    figure = Figure(figsize=(5.6, 3.4))
    axes = figure.add_subplot()
    low, high = np.min(points) - 0.6, np.max(points) + 0.6
    across, up = np.meshgrid(np.linspace(low, high, 101), np.linspace(low, high, 101))
    for (label, ((first, second), bias)), style in zip(lines.items(), ("-", "--", ":"), strict=False):
        height = first * across + second * up + bias
        axes.contourf(across, up, height, levels=[0, np.inf], colors=INK, alpha=0.08)
        axes.contour(across, up, height, levels=[0], colors=INK, linestyles=style)
        axes.plot([], [], style, color=INK, label=label)
    for number, (marker, colour) in enumerate((("o", BLUE), ("s", VERMILION))):
        chosen = np.asarray(points)[np.asarray(labels) == number]
        axes.plot(*chosen.T, marker, color=colour, markersize=11, label=f"answer {number}")
    axes.set(xlabel="$x_1$", ylabel="$x_2$", title=title, aspect="equal", xticks=[0, 1], yticks=[0, 1])
    figure.legend(loc="outside right upper")
    return described(figure, alt)
