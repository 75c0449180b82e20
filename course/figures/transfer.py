"""Figures of lecture 09: accuracy by the number of labels, and what a classifier says of photographs."""

from matplotlib.figure import Figure

from course.figures import curves
from course.figures.style import BLUE, described


def by_labels(counts, runs, *, title, alt):
    """Return a figure of accuracy by the number of labels: for each entry of `runs` the median, and the whole range.

    counts: list of ints, drawn on a logarithmic axis. runs: {label: array (seeds, len(counts))}.
    """
    words = {"xlabel": "labelled images of each class", "ylabel": "accuracy on test images", "title": title}
    figure = curves.spread(counts, runs, **words, alt=alt)
    (axes,) = figure.axes
    axes.set_xscale("log")
    axes.set_xticks(counts, counts)
    axes.minorticks_off()
    return figure


def readings(images, top, *, alt):
    """Return a figure of `images` (n, height, width, 3), each above the classes that a net holds most likely.

    top: for each image a list of (class, probability), the most likely first.
    """
    columns = 4
    rows = -(-len(images) // columns)
    figure = Figure(figsize=(10, 3.3 * rows))
    axes = figure.subplots(2 * rows, columns, height_ratios=[1.7, 1] * rows, squeeze=False)
    for each in axes.flat:
        each.axis("off")
    for place, (image, classes) in enumerate(zip(images, top, strict=True)):
        row, column = divmod(place, columns)
        axes[2 * row, column].imshow(image)
        _bars(axes[2 * row + 1, column], classes)
    return described(figure, alt)


def _bars(axes, classes):
    """Draw the probabilities of `classes`, [(name, probability), …], as bars with their names written on them."""
    places = range(len(classes))
    axes.barh(places, [probability for _, probability in classes], color=BLUE, alpha=0.35)
    for place, (name, probability) in zip(places, classes, strict=True):
        axes.text(0.01, place, f"{name.replace('_', ' ')} {probability:.0%}", va="center", fontsize=8)
    axes.set_xlim(0, 1)
    axes.invert_yaxis()
