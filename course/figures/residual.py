"""Blocks of convolutions, with a shortcut around them or without, as boxes and arrows."""

from itertools import pairwise

from matplotlib.figure import Figure

from course.figures.style import BLUE, INK, VERMILION, described

HALF = 0.27  # of the height of a box; from the middle of one to the middle of the next it is 1
COLUMN = 3.4  # from one block to the next
ASIDE = 1.3  # how far beside its block a shortcut runs


def residual(blocks, *, alt):
    """Return a figure of blocks side by side, their input at the top.

    blocks: {title: (convolutions, shortcut)}. `convolutions` lists labels (str) from top to bottom; between two of them
        and at the end stands a ReLU. `shortcut` is what is written at the way around them (str); None: a plain block.
    Raises ValueError if there is no block, or one without a convolution.
    """
    if not blocks or not all(convolutions for convolutions, _ in blocks.values()):
        raise ValueError(f"blocks must be one or more, each with a convolution or more, but got {blocks!r}")
    longest = max(len(convolutions) for convolutions, _ in blocks.values())
    figure = Figure(figsize=(2.4 * len(blocks), 0.6 * (longest + 3)))
    axes = figure.add_subplot()
    for number, (title, (convolutions, shortcut)) in enumerate(blocks.items()):
        axes.text(COLUMN * number, 0.8, title, ha="center", va="center", weight="bold")
        _block(axes, COLUMN * number, convolutions, shortcut)
    axes.set(xlim=(-1.2, COLUMN * (len(blocks) - 1) + ASIDE + 0.9), ylim=(-longest - 2.1, 1.1))
    axes.axis("off")
    return described(figure, alt)


def _block(axes, x, convolutions, shortcut):
    """Draw one block down from (x, 0): a box for each convolution, the sum if there is a shortcut, the ReLUs."""
    boxes = [-1 - number for number in range(len(convolutions))]
    end = boxes[-1] - 1
    axes.text(x, 0.05, "$x$", ha="center", va="bottom")
    for y, label in zip(boxes, convolutions, strict=True):
        look = {"boxstyle": "round,pad=0.35", "facecolor": BLUE, "edgecolor": "none"}
        axes.text(x, y, label, ha="center", va="center", color="white", fontsize=10, bbox=look)
    _arrow(axes, (x, 0), (x, boxes[0] + HALF))
    for above, below in pairwise(boxes):
        _arrow(axes, (x, above - HALF), (x, below + HALF), "ReLU")
    if shortcut is None:
        _arrow(axes, (x, boxes[-1] - HALF), (x, end - 0.8), "ReLU")
        return

    ring = {"boxstyle": "circle,pad=0.12", "facecolor": "none", "edgecolor": VERMILION}
    axes.text(x, end, "+", ha="center", va="center", color=VERMILION, fontsize=13, bbox=ring)
    _arrow(axes, (x, boxes[-1] - HALF), (x, end + 0.24))
    _arrow(axes, (x, end - 0.24), (x, end - 0.8), "ReLU")
    axes.plot([x, x + ASIDE, x + ASIDE], [-0.15, -0.15, end], color=VERMILION)
    _arrow(axes, (x + ASIDE, end), (x + 0.26, end), colour=VERMILION)
    axes.text(x + ASIDE + 0.08, (end - 0.15) / 2, shortcut, va="center", color=VERMILION, fontsize=9, rotation=90)


def _arrow(axes, start, end, label="", colour=INK):
    look = {"arrowstyle": "->", "color": colour, "lw": 1.3, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=look)
    middle = (start[1] + end[1]) / 2
    axes.text(start[0] + 0.12, middle, label, va="center", color=INK, fontsize=8)
