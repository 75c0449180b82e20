"""What a trained net has learnt, as pictures: its filters, the patches its units like, the parts its score needs."""

from matplotlib.figure import Figure

from course.figures.style import described


def rows(pictures, *, alt):
    """Return a figure of colour or grey pictures in rows, each row under one heading at its left.

    pictures: {heading: array (n, height, width, 3) or (n, height, width)} of numbers from 0 (black) to 1 (white).
    Raises ValueError if there is no picture.
    """
    most = max((len(row) for row in pictures.values()), default=0)
    if not most:
        raise ValueError("pictures must hold at least one picture, but there is none")
    figure = Figure(figsize=(1 + 0.62 * most, 0.72 * len(pictures)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.02)
    for line, (heading, row) in zip(figure.subplots(len(pictures), most, squeeze=False), pictures.items(), strict=True):
        line[0].text(-0.2, 0.5, heading, transform=line[0].transAxes, ha="right", va="center", fontsize=9)
        for axes in line:
            axes.axis("off")
        for axes, picture in zip(line, row, strict=False):
            axes.imshow(picture, cmap="gray", vmin=0, vmax=1)
    return described(figure, alt)


def heat_maps(pictures, maps, labels, *, alt, quantity):
    """Return a figure of pictures under their labels and, below each, a map with one number for each of its places.

    pictures: a list of arrays (height, width, 3) or (height, width), from 0 to 1.
    maps: as many arrays of the same or a smaller size, shown on one scale from 0 to 1, which a bar explains. A smaller
        map lies in the middle: where the square that was moved over the picture had its centre.
    labels: str each. quantity: str, what the numbers are.
    """
    figure = Figure(figsize=(1.6 * len(pictures) + 0.8, 3.5))
    grid = figure.subplots(2, len(pictures), squeeze=False)
    for (above, below), picture, heat, label in zip(grid.T, pictures, maps, labels, strict=True):
        above.imshow(picture, cmap="gray", vmin=0, vmax=1)
        above.set_title(label, loc="center", fontsize=10)
        (height, width), (rows, columns) = picture.shape[:2], heat.shape
        top, left = (height - rows) / 2 - 0.5, (width - columns) / 2 - 0.5  # imshow's first pixel starts at −0.5
        drawn = below.imshow(heat, vmin=0, vmax=1, extent=(left, left + columns, top + rows, top))
        below.set(xlim=above.get_xlim(), ylim=above.get_ylim())
        for axes in (above, below):
            axes.axis("off")
    figure.colorbar(drawn, ax=grid[1].tolist(), label=quantity, shrink=0.9)
    return described(figure, alt)
