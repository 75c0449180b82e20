"""A net as a row of blocks, drawn from its anatomy, and what each of its stages takes."""

from itertools import groupby
from math import sqrt

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course.figures.style import BLUE, ORANGE, PURPLE, described

# What is drawn, by what the name of a layer's class holds; the rest (ReLU, Flatten, Add …) makes no maps of its own.
KINDS = {
    "image": (("InputLayer",), "#bbbbbb"),
    "convolution": (("Conv",), BLUE),
    "pooling": (("Pool", "Subsampling"), ORANGE),
    "dense": (("Dense", "RBF"), PURPLE),
}
GAP, STEP = 0.005, 0.02  # between two blocks, and where the size of the maps changes: parts of the whole width


def blocks(anatomy_table, *, title, alt):
    """Return a figure of a net, its layers side by side: the image first, then convolutions, pooling and dense layers.

    A block's height grows with the square root of the height of the maps, its width with that of the channels, so that
    both 224 and 7 can be seen; the numbers themselves stand above (channels) and below (height × width). A dense layer
    has a height of 1 and its units as channels.

    anatomy_table: what `course.anatomy.anatomy(model)` gives. Its layers are drawn in the order of its rows, as if each
        followed the one before: leave out the rows of branches beside the main way, such as projections, with
        `table[~table.layer.str.contains("projection")]`.
    Raises ValueError if there is nothing to draw, or if the size of some maps is open.
    """
    layers = [
        (kind, *_size(row.layer, row.output_shape))
        for row in anatomy_table.itertuples()
        if (kind := _kind(row.kind)) and isinstance(row.output_shape, tuple) and len(row.output_shape) in (2, 4)
    ]
    if not layers:
        raise ValueError("anatomy_table must hold layers with maps or units, but there are none")
    total = sum(sqrt(channels) for *_, channels in layers)

    figure = Figure(figsize=(7.4, 3.4))
    axes = figure.add_subplot()
    place, ticks, drawn = 0.0, {}, set()
    for size, same_size in groupby(layers, key=lambda layer: layer[1]):
        first, named = place, set()
        for channels, same in groupby(same_size, key=lambda layer: layer[2]):
            start = place
            for kind, *_ in same:
                width, height = max(sqrt(channels), 0.008 * total), sqrt(size[0] if size else 1)
                label = kind if kind not in drawn else None
                drawn.add(kind)
                axes.add_patch(Rectangle((place, -height / 2), width, height, color=KINDS[kind][1], lw=0, label=label))
                place += width + GAP * total
            if channels not in named:  # bottlenecks come back to the same number again and again
                named.add(channels)
                over = (start + place - GAP * total) / 2, height / 2
                axes.annotate(f"{channels}", over, (0, 3), textcoords="offset points", ha="center", fontsize=8)
        ticks[(first + place - GAP * total) / 2] = "×".join(map(str, size)) if size else "units"
        place += STEP * total

    tallest = max(sqrt(size[0]) if size else 1 for _, size, _ in layers)
    axes.set(title=title, xlim=(-STEP * total, place), ylim=(-0.54 * tallest, 0.66 * tallest), yticks=[])
    axes.set_xticks(list(ticks), ticks.values(), rotation=90, fontsize=8)
    axes.set_xlabel("below: height × width of the maps; above: channels", fontsize=9)
    axes.tick_params(axis="x", length=0)
    axes.grid(False)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)
    axes.legend(loc="upper right", ncols=len(drawn), fontsize=9, handlelength=1, borderaxespad=0)
    return described(figure, alt)


def stages(names, shares, *, ylabel, title, alt):
    """Return a figure with a group of bars for each stage of a net, called `names` (list of str).

    shares: {label: a number for each stage}, a bar of its own colour each.
    """
    figure = Figure()
    axes = figure.add_subplot()
    width = 0.8 / len(shares)
    for number, (label, values) in enumerate(shares.items()):
        places = [stage + (number - (len(shares) - 1) / 2) * width for stage in range(len(names))]
        axes.bar(places, values, width, label=label)
    axes.set(ylabel=ylabel, title=title)
    axes.set_xticks(range(len(names)), names)
    axes.grid(visible=False, axis="x")
    axes.legend()
    return described(figure, alt)


def _kind(name):
    """Return which of `KINDS` a layer of the class `name` is drawn as, or None."""
    return next((kind for kind, (parts, _) in KINDS.items() if any(part in name for part in parts)), None)


def _size(layer, shape):
    """Return (height, width), empty for a dense layer, and the channels of an output."""
    if None in shape[1:]:
        raise ValueError(
            f"anatomy_table must know every size: give `anatomy` an input_shape (got {shape} for {layer!r})"
        )
    return tuple(shape[1:-1]), shape[-1]
