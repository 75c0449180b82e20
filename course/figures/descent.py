"""The loss as a bowl seen from above, and the ways down into it."""

import numpy as np
from matplotlib.figure import Figure

from course.figures.style import INK, described


def paths(curvatures, ways, *, title, alt):
    """Return a figure of the loss ½ (c₁ w₁² + c₂ w₂²) of two weights as contour lines, with the ways taken across it.

    curvatures: c₁ and c₂, numbers > 0. ways: {label: array (steps + 1, 2)}: the weights at first and after each step.
    Both axes have one scale. A ring stands where the ways begin, a cross at the lowest place.
    """
    figure = Figure(figsize=(7, 2.6))
    axes = figure.add_subplot()
    places = np.concatenate([np.reshape(way, (-1, 2)) for way in ways.values()])
    for (label, way), marker in zip(ways.items(), "os^D", strict=False):
        axes.plot(*np.transpose(way), marker=marker, markersize=3.5, linewidth=1.3, label=label)
    axes.plot(*np.transpose([way[0] for way in ways.values()]), "o", color=INK, markersize=9, fillstyle="none")
    axes.plot(0, 0, "+", color=INK, markersize=12)

    reach = 1.1 * np.abs(places).max(axis=0)
    across, up = np.meshgrid(*(np.linspace(-side, side, 121) for side in reach))
    loss = (curvatures[0] * across**2 + curvatures[1] * up**2) / 2
    axes.contour(
        across, up, loss, levels=loss.max() * 2.0 ** -np.arange(8, 0, -1), colors=INK, linewidths=0.5, alpha=0.4
    )
    axes.set(xlabel="$w_1$", ylabel="$w_2$", title=title, aspect="equal")
    axes.grid(visible=False)
    figure.legend(loc="outside lower center", ncols=len(ways))
    return described(figure, alt)
