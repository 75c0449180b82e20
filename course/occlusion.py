"""Which part of a picture a net's score needs: cover it, and look again.

Zeiler and Fergus (2014), Visualizing and understanding convolutional networks, arXiv:1311.2901, section 4.2.
"""

import numpy as np


def occlusion_map(score, image, size, grey=0.5):
    """Return what `score` gives where a grey square covers a part of the image, for each place of the square.

    score: a function of a batch (n, height, width, channels) that returns n numbers; it is called once.
    image: array (height, width, channels), left as it is. size: the square's side in pixels. grey: its value.
    The result has shape (height − size + 1, width − size + 1): entry (i, j) has the square's top left corner at (i, j).
    Raises ValueError if the square does not fit into the image.
    """
    height, width = image.shape[:2]
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size must be from 1 to {min(height, width)}, the image's shorter side, but got {size!r}")
    rows, columns = height - size + 1, width - size + 1
    batch = np.repeat(image[np.newaxis], rows * columns, axis=0)
    for number, covered in enumerate(batch):
        top, left = divmod(number, columns)
        covered[top : top + size, left : left + size] = grey
    return np.reshape(score(batch), (rows, columns))
