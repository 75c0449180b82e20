"""A gallery: pictures in rows, such as what augmentations make of a picture, or the filters of a net."""

import numpy as np
from matplotlib.figure import Figure

from course.figures.style import described

LEVELS = 32  # of each colour: one can hardly tell, and the file is half as large


def gallery(pictures, captions=None, *, alt, inches=0.9):
    """Return a figure of pictures in rows, each row behind its heading.

    pictures: {heading: array (n, height, width, channels) from 0 to 1}, with three channels, or one, which is drawn
        as ink on paper. The rows may differ in length. Values are rounded to 32 levels, those below 0 to 0
        and those above 1 to 1.
    captions: {heading: list of n texts}, drawn below the pictures of that row; None for none.
    inches: height of a picture.
    Raises ValueError if there is no picture, if a row has another number of axes or channels, or if captions and
    pictures differ in number.
    """
    captions = captions or {}
    rows = {heading: np.asarray(row) for heading, row in pictures.items()}
    if not any(len(row) for row in rows.values()):
        raise ValueError("pictures must hold at least one picture, but there is none")
    for heading, row in rows.items():
        if row.ndim != 4 or row.shape[-1] not in (1, 3):
            raise ValueError(f"{heading!r} must have the shape (n, height, width, 1 or 3), but got {row.shape}")
        if heading in captions and len(captions[heading]) != len(row):
            raise ValueError(f"{heading!r} has {len(row)} pictures, but got {len(captions[heading])} captions")
    if unknown := set(captions) - set(rows):
        raise ValueError(f"captions must be of rows that there are, but got {sorted(unknown)}")

    most = max(map(len, rows.values()))
    lines = max((text.count("\n") + 1 for texts in captions.values() for text in texts), default=0)
    height = inches + 0.16 * lines
    figure = Figure(figsize=(1.2 + inches * most, height * len(rows)), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.03)
    for line, (heading, row) in zip(figure.subplots(len(rows), most, squeeze=False), rows.items(), strict=True):
        line[0].text(-0.08, 0.5, heading, transform=line[0].transAxes, ha="right", va="center", fontsize=9)
        for axes in line:
            axes.axis("off")
        for axes, picture in zip(line, row, strict=False):
            shown = np.rint(np.clip(picture, 0, 1) * (LEVELS - 1)) / (LEVELS - 1)
            axes.axis("on")  # a thin frame, without which a white picture is not seen
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set(visible=True, color="#999999", linewidth=0.5)
            axes.imshow(shown, cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
        for axes, text in zip(line, captions.get(heading, ()), strict=False):
            axes.text(0.5, -0.04, text, transform=axes.transAxes, ha="center", va="top", fontsize=8)
    return described(figure, alt)
