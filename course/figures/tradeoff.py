"""What nets cost against how well they do: a point with its name for each."""

from matplotlib.figure import Figure

from course.figures.style import described


def tradeoff(points, *, xlabel, ylabel, title, alt):
    """Return a figure with a point for each entry of `points` ({name: (x, y)}), its name beside it.

    Raises ValueError if there is no point.
    """
    if not points:
        raise ValueError("points must be one or more, but there are none")
    figure = Figure()
    axes = figure.add_subplot()
    middle = (min(x for x, _ in points.values()) + max(x for x, _ in points.values())) / 2
    for name, (x, y) in points.items():
        axes.plot(x, y, "o", markersize=8)
        side = 1 if x <= middle else -1  # towards the middle, so that no name leaves the figure
        axes.annotate(
            name, (x, y), (8 * side, 4), textcoords="offset points", ha="left" if side > 0 else "right", fontsize=10
        )
    axes.margins(0.08)
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return described(figure, alt)
