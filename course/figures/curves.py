"""Lines: functions of x, and what an experiment gave, with its spread over seeds."""

import itertools

import numpy as np
from matplotlib.figure import Figure

from course.figures.style import INK, described


def lines(x, values, *, xlabel, ylabel, title, alt, dashed=(), marks=None):
    """Return a figure with a line for each entry of `values` ({label: array like `x`}), broken if in `dashed`.

    `marks` are named places on the horizontal axis, such as the epoch at which training stopped: {label: x}, where an x
    of None draws nothing.
    """
    figure, axes = _axes(xlabel, ylabel, title)
    for label, y in values.items():
        axes.plot(x, y, "--" if label in dashed else "-", label=label)
    places = [(label, place) for label, place in (marks or {}).items() if place is not None]
    for (label, place), style in zip(places, itertools.cycle([":", "-."])):
        axes.axvline(place, linestyle=style, color=INK, label=label)
    axes.legend()
    return described(figure, alt)


def spread(x, runs, *, xlabel, ylabel, title, alt, log=False):
    """Return a figure of an experiment: for each entry of `runs` the median over the seeds, and the whole range.

    `runs` is {label: array (seeds, len(x))}; `log` makes the vertical axis logarithmic.
    """
    figure, axes = _axes(xlabel, ylabel, title)
    for (label, measured), marker in zip(runs.items(), "osD^vP", strict=False):
        measured = np.asarray(measured)
        middle = np.median(measured, axis=0)
        reach = np.abs(np.stack([measured.min(axis=0), measured.max(axis=0)]) - middle)
        axes.errorbar(x, middle, reach, label=label, marker=marker, capsize=3)
    axes.set_xticks(x)
    if log:
        axes.set_yscale("log")
    axes.legend()
    return described(figure, alt)


def bars(groups, *, ylabel, title, alt):
    """Return a figure with a bar for each entry of `groups` ({label: values}): the median, and every value as a dot."""
    figure, axes = _axes("", ylabel, title)
    for position, values in enumerate(groups.values()):
        axes.bar(position, np.median(values), width=0.6, alpha=0.6)
        axes.plot([position] * len(values), values, "o", color="black", markersize=4)
    axes.set_xticks(range(len(groups)), groups)
    axes.grid(visible=False, axis="x")
    return described(figure, alt)


def _axes(xlabel, ylabel, title):
    figure = Figure()
    axes = figure.add_subplot()
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    return figure, axes
