"""A module of parallel branches, as boxes and arrows."""

from matplotlib.figure import Figure

from course.figures.style import BLUE, INK, ORANGE, described

BOX, STEP = 0.8, 1.25  # width of a box, and from the middle of one to the middle of the next
COLOURS = {"pool": ORANGE}  # by what a label holds; the rest is a convolution


def branches(rows, *, before, behind, title, alt):
    """Return a figure of branches that read the same maps, and whose maps are laid one behind the other.

    rows: a list of branches, each a list of labels (str), in the order in which the maps pass them. A label that holds
        "pool", such as "3×3 pool", is drawn as a pooling. before, behind: what stands at the two ends (str).
    Raises ValueError if there is no branch, or one without a label.
    """
    if not rows or not all(rows):
        raise ValueError(f"rows must be one or more branches with a label or more each, but got {rows!r}")
    longest = max(map(len, rows))
    figure = Figure(figsize=(1.45 * (max(longest, 2) + 2), 0.8 + 0.55 * len(rows)))
    axes = figure.add_subplot()
    middle = -(len(rows) - 1) / 2
    end = (longest + 1) * STEP
    axes.text(0, middle, before, ha="center", va="center")
    axes.text(end, middle, behind, ha="center", va="center")
    for number, labels in enumerate(rows):
        row = -number
        first = STEP * (1 + (longest - len(labels)) / 2)
        places = [first + STEP * place for place in range(len(labels))]
        for place, label in zip(places, labels, strict=True):
            colour = next((colour for word, colour in COLOURS.items() if word in label), BLUE)
            look = {"boxstyle": "round,pad=0.45", "facecolor": colour, "edgecolor": "none"}
            ink = "white" if colour == BLUE else INK
            axes.text(place, row, label, ha="center", va="center", color=ink, fontsize=10, bbox=look)
        ways = [(0.38, middle, places[0] - BOX / 2, row), (places[-1] + BOX / 2, row, end - 0.42, middle)]
        ways += [(place + BOX / 2, row, place + STEP - BOX / 2, row) for place in places[:-1]]
        for x, y, to_x, to_y in ways:
            axes.annotate("", (to_x, to_y), (x, y), arrowprops={"arrowstyle": "->", "color": INK, "lw": 1})
    axes.set(title=title, xlim=(-0.5, end + 0.6), ylim=(-len(rows) + 0.4, 0.6))
    axes.axis("off")
    return described(figure, alt)
