"""Pictures side by side."""

from matplotlib.figure import Figure

from course.figures.style import described


def row(images, labels, *, alt):
    """Return a figure of grey or colour `images` (n, height, width[, 3]) in one row, each under its label."""
    figure = Figure(figsize=(0.9 * len(images), 1.2))
    for axes, image, label in zip(figure.subplots(1, len(images), squeeze=False)[0], images, labels, strict=True):
        axes.imshow(image, cmap="gray_r")
        axes.set_title(label, loc="center")
        axes.axis("off")
    return described(figure, alt)
