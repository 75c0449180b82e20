"""Heat maps: how much each part of a picture matters to a net, below the picture."""

from matplotlib.figure import Figure

from course.figures.style import described


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
