"""What an augmentation does to a picture: draws of it, its geometry measured, and the old generator's arguments.

A layer of augmentation is any Keras layer or model that takes pictures (n, height, width, channels) and the flag
`training`, such as `keras.layers.RandomRotation` or a `keras.layers.Pipeline` of several.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real

import keras
import numpy as np
import pandas
from keras import layers

# --- draws ------------------------------------------------------------------------------------------------------------


def variants(layer, picture, count=6):
    """Return `count` (int ≥ 1) draws of one picture as `layer` gives them in training, a NumPy array (count, …).

    picture: array (height, width, channels), of the range of values that `layer` expects.
    Raises ValueError for a picture of another number of axes or a count below 1.
    """
    picture = np.asarray(picture, "float32")
    if picture.ndim != 3:
        raise ValueError(f"picture must have the shape (height, width, channels), but got {picture.shape}")
    if count < 1:
        raise ValueError(f"count must be at least 1, but got {count}")
    return keras.ops.convert_to_numpy(layer(np.stack([picture] * count), training=True))


def enlarged(part, size, layer=None):
    """Return `size` images and their labels, each of `part` equally often, each drawn anew by `layer`.

    part: a `course.datasets.Part` of images with one label. size: int, a multiple of its length. layer: None leaves
    the copies as they are. Images are float32, labels as in `part`, in its order: shuffle them.
    Raises ValueError if `size` is no multiple.
    """
    copies, rest = divmod(size, len(part))
    if rest or copies < 1:
        raise ValueError(f"size must be a multiple of the {len(part)} images, but got {size}")
    images, labels = (np.repeat(array, copies, axis=0) for array in part)
    if layer is not None:
        images = keras.ops.convert_to_numpy(layer(images, training=True))
    return images, labels


def test_time(model, images, layer, views=8):
    """Return the probabilities that `model` gives `images`, averaged over `views` draws of them by `layer`.

    model: a Keras model whose outputs are logits (n, classes). images: array (n, height, width, channels). layer: an
    augmentation, which is put into training. views: int ≥ 1. Returns a NumPy array (n, classes).
    Raises ValueError for views below 1.
    Source: Krizhevsky et al. (2012), section 4.1, who average over ten crops.
    """
    if views < 1:
        raise ValueError(f"views must be at least 1, but got {views}")
    probabilities = 0
    for _ in range(views):
        logits = model.predict_on_batch(keras.ops.convert_to_numpy(layer(images, training=True)))
        probabilities += keras.ops.convert_to_numpy(keras.ops.softmax(logits)) / views
    return probabilities


# --- a picture that is a ruler ----------------------------------------------------------------------------------------

SIZE = 33  # odd: there is a pixel in the middle
REACH = 3  # pixels on either side of the middle between which the slopes are read
DARKEST, BRIGHTEST = 0.25, 0.75  # room for what brightens or darkens


def ruler():
    """Return a picture (33, 33, 3) that tells where each of its pixels is: red grows to the right, green downwards.

    Red and green go from 0.25 to 0.75, evenly, and blue is 0.5. After a layer has moved the pixels about, the red and
    the green of a pixel say from where it was read (interpolation keeps an even slope as it is), and its blue how much
    brighter it became.
    """
    slope = np.linspace(DARKEST, BRIGHTEST, SIZE, dtype="float32")
    column, row = np.meshgrid(slope, slope)
    return np.stack([column, row, np.full_like(row, 0.5)], axis=-1)


def measure(layer, count=64):
    """Return what `layer` did to `count` rulers in training, as `read` reads it: a DataFrame with a row for each."""
    return read(variants(layer, ruler(), count))


def read(pictures):
    """Return what happened to rulers, read in the middle of each picture, as a DataFrame with a row for each.

    pictures: array (n, 33, 33, 3), rulers that an affine map has moved about and that are brighter or darker.
    mirrored: bool, whether left and right changed places, first of all. turn: degrees, anticlockwise, −180 to 180.
    wide, high: the scale along the picture's own axes, above 1 where it grew. slant: pixels to the right for each pixel
    downwards. right, down: how far the middle moved, as a share of the picture's width and height. brighter: what was
    added to the values, which go from 0 to 1. NaN where it cannot be told, as the middle does not show the picture.
    Raises ValueError for pictures of another shape.
    """
    pictures = np.asarray(pictures, float)
    if pictures.shape[1:] != (SIZE, SIZE, 3):
        raise ValueError(f"pictures must have the shape (n, {SIZE}, {SIZE}, 3), but got {pictures.shape}")
    middle = SIZE // 2
    brighter = pictures[:, middle, middle, 2] - 0.5
    place = (pictures[..., :2] - brighter[:, None, None, None] - DARKEST) * (SIZE - 1) / (BRIGHTEST - DARKEST)

    # (column, row) in the picture that went in = source @ (column, row) in the one that came out + a constant
    along = place[:, middle, middle + REACH] - place[:, middle, middle - REACH]
    down = place[:, middle + REACH, middle] - place[:, middle - REACH, middle]
    source = np.stack([along, down], axis=-1) / (2 * REACH)
    source[np.abs(np.linalg.det(source)) < 1e-3] = np.nan  # there is nothing of the picture, or a mere stripe
    moved = np.linalg.inv(source)  # the other way: where a step in the picture leads
    shift = np.einsum("nij,nj->ni", moved, middle - place[:, middle, middle]) / SIZE

    mirrored = np.linalg.det(moved) < 0
    moved[mirrored, :, 0] *= -1
    wide = np.hypot(moved[:, 0, 0], moved[:, 1, 0])
    cosine, sine = moved[:, 0, 0] / wide, -moved[:, 1, 0] / wide  # rows count downwards
    high = sine * moved[:, 0, 1] + cosine * moved[:, 1, 1]
    slant = (cosine * moved[:, 0, 1] - sine * moved[:, 1, 1]) / high
    return pandas.DataFrame({
        "mirrored": mirrored, "turn": np.degrees(np.arctan2(sine, cosine)), "wide": wide, "high": high, "slant": slant,
        "right": shift[:, 0], "down": shift[:, 1], "brighter": brighter,
    })  # fmt: skip


# --- the old generator ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """What one argument of `ImageDataGenerator` became.

    `layer` is the name of today's layer; `arguments(value, value_range)` returns its arguments, from the old one's
    value and the darkest and brightest pixel value. `then` and `now` are the units of the old and the new argument,
    `differs` is what else is not as it was, and `warps` says whether the layer reads beyond the edge and has a
    fill_mode.
    """

    argument: str
    then: str
    layer: str
    arguments: Callable
    now: str
    differs: str = "nothing"
    warps: bool = True


def _zoom(value, value_range):
    low, high = value if isinstance(value, tuple | list) else (1 - value, 1 + value)
    return {"height_factor": (low - 1, high - 1), "width_factor": (low - 1, high - 1)}


GENERATOR = (  # in the order in which layers have to follow each other to give what the generator gave
    Row(
        "rotation_range", "degrees, to either side",
        "RandomRotation", lambda value, value_range: {"factor": value / 360}, "fraction of a full turn",
    ),
    Row(
        "width_shift_range", "share of the width; from 1 on, pixels",
        "RandomTranslation", lambda value, value_range: {"height_factor": 0, "width_factor": value},
        "share of the width", "1 is the whole width, not a pixel",
    ),
    Row(
        "height_shift_range", "share of the height; from 1 on, pixels",
        "RandomTranslation", lambda value, value_range: {"height_factor": value, "width_factor": 0},
        "share of the height", "1 is the whole height, not a pixel",
    ),
    Row(
        "shear_range", "degrees, rows move; until December 2017 radians, and columns moved",
        "RandomShear", lambda value, value_range: {"x_factor": math.sin(math.radians(value))},
        "pixels across for each pixel down", "the top row stays, no longer the middle: it shifts as well",
    ),
    Row(
        "zoom_range", "scale, 1 ± range; the picture shrinks above 1", "RandomZoom", _zoom,
        "scale − 1; the picture shrinks above 0", "with a single factor the proportions are kept",
    ),
    Row(
        "channel_shift_range", "pixel values, the same for all channels", "RandomBrightness",
        lambda value, value_range: {"factor": value / (value_range[1] - value_range[0]), "value_range": value_range},
        "share of value_range", "cut off at value_range, no longer at the picture's own extremes", warps=False,
    ),
    Row(
        "horizontal_flip", "yes or no", "RandomFlip", lambda value, value_range: {"mode": "horizontal"}, "a mode",
        "without a mode it flips both ways", warps=False,
    ),
)  # fmt: skip


def from_generator(*, fill_mode="nearest", value_range=(0, 255), **recipe):
    """Return the layers that do what `ImageDataGenerator(**recipe)` did, as {its argument: layer}, in their order.

    recipe: the old generator's arguments, those that `GENERATOR` has; one that is left out, 0 or False gives no layer.
    fill_mode: what is read beyond the edge. Its names are still the same; the default, which was "nearest", is not.
    value_range: the darkest and the brightest value that a pixel can have.
    The generator joined its maps into one and interpolated once; layers in a row interpolate each time, and blur more.
    Raises TypeError for an argument that is not in `GENERATOR`, and ValueError for a shift in pixels.
    """
    known = [row.argument for row in GENERATOR]
    for name, value in recipe.items():
        if name not in known:
            raise TypeError(f"the recipe can have {', '.join(known)}, but got {name!r}")
        in_shares = name in ("width_shift_range", "height_shift_range")
        if in_shares and not (isinstance(value, Real) and 0 <= value < 1):
            raise ValueError(f"{name} must be a share below 1, but got {value!r}: divide pixels by the size")
    translated = {}
    for row in GENERATOR:
        if value := recipe.get(row.argument):
            fill = {"fill_mode": fill_mode} if row.warps else {}
            translated[row.argument] = getattr(layers, row.layer)(**row.arguments(value, value_range), **fill)
    return translated


def translation(*, value_range=(0, 255), **recipe):
    """Return how `from_generator` translates a recipe as a DataFrame, with a row for each argument of the generator."""
    from_generator(value_range=value_range, **recipe)  # refuses what it cannot translate
    rows = [
        {
            "argument": f"{row.argument}={recipe[row.argument]}",
            "unit then": row.then,
            "layer": _call(row.layer, row.arguments(recipe[row.argument], value_range)),
            "unit now": row.now,
            "what else differs": row.differs,
        }
        for row in GENERATOR
        if recipe.get(row.argument)
    ]
    return pandas.DataFrame(rows)


def _call(name, arguments):
    """Return the source of a layer's call, its numbers to four digits."""
    shown = [f"{argument}={_short(value)}" for argument, value in arguments.items()]
    return f"{name}({', '.join(shown)})"


def _short(value):
    if isinstance(value, tuple):
        return f"({', '.join(map(_short, value))})"
    return f"{value:.4g}" if isinstance(value, float) else repr(value)
