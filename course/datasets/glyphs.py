"""Letters drawn from the fonts that come with Matplotlib, to look like the handwritten digits.

A letter is kept as a distance field: for each point of a square, how far inside the ink it lies. Reading the field at
turned and sheared places turns and shears the letter; adding to it makes the strokes thicker (Green 2007, Improved
alpha-tested magnification for vector textures and special effects, SIGGRAPH courses).
"""

import functools
from pathlib import Path

import numpy as np

from course.datasets.arguments import integer, number, some_of
from course.datasets.dataset import Dataset, Part

FONTS = (  # those of Matplotlib's fonts that have plain letters
    *("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSans-BoldOblique"),
    *("DejaVuSerif", "DejaVuSerif-Bold", "DejaVuSerif-Italic", "DejaVuSerif-BoldItalic"),
    *("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique"),
    *("STIXGeneral", "STIXGeneralBol", "STIXGeneralItalic", "STIXGeneralBolIta"),
    *("cmr10", "cmb10", "cmss10", "cmtt10", "cmti10"),
)
UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
FIELD = 64  # pixels along a side of a distance field
SCALE = 0.8  # a letter's longer side, of the field's: the rest is room for thicker strokes
CHUNK = 1000  # images drawn at once, which bounds the memory


def glyphs(train=7000, test=1000, *, size=8, letters=UPPER, rotation=12, shear=0.3, thickness=0.06, noise=0.04, seed=0):
    """Return drawn letters as a `Dataset` of `size`×`size`×1 images, light on dark, as many of each letter as divides.

    train, test: how many images, int ≥ the number of letters. The label is the letter's place in `letters`.
    size: int from 8 to 64.
    letters: a string of different letters, of A–Z and a–z. All are drawn equally high: "o" and "O" look the same.
    rotation: largest angle in degrees, to either side, 0 to 180. shear: largest shear, to either side, 0 to 1.
    thickness: the most that is added on either side of a stroke, as a share of the letter's height, 0 to 0.2.
    noise: standard deviation of the noise added to each pixel, 0 to 1.
    seed: int ≥ 0. It decides everything: the same arguments give the same bytes.
    Raises TypeError or ValueError, naming the argument, for what is none of these.
    """
    letters = some_of("letters", letters, UPPER + UPPER.lower())
    train, test = (integer(name, n, len(letters)) for name, n in (("train", train), ("test", test)))
    settings = {
        "size": integer("size", size, 8, 64),
        "rotation": number("rotation", rotation, 0, 180),
        "shear": number("shear", shear, 0, 1),
        "thickness": number("thickness", thickness, 0, 0.2),
        "noise": number("noise", noise, 0, 1),
    }
    seed = integer("seed", seed, 0)
    return Dataset(
        name="glyphs",
        train=_part(np.random.default_rng([seed, 0]), train, letters, **settings),
        test=_part(np.random.default_rng([seed, 1]), test, letters, **settings),
        class_names=letters,
        licence="CC BY 4.0",
        source=f"Letters drawn by this course in {len(FONTS)} fonts that come with Matplotlib: DejaVu (the licence of "
        "Bitstream Vera), STIX (the STIX licence) and Computer Modern (the BaKoMa licence).",
    )


def _part(generator, n, letters, size, rotation, shear, thickness, noise):
    labels = generator.permutation(np.arange(n) % len(letters)).astype("int32")
    fonts = generator.integers(len(FONTS), size=n)
    images = np.empty((n, size, size), "float32")
    for start in range(0, n, CHUNK):
        chunk = slice(start, start + CHUNK)
        which = fonts[chunk] * len(letters) + labels[chunk]
        ink = _draw(generator, fields(letters), which, size, rotation, shear, thickness)
        ink += np.float32(noise) * generator.standard_normal(ink.shape, dtype="float32")
        images[chunk] = np.rint(np.clip(ink, 0, 1) * 255) / np.float32(255)
    return Part(images[..., None], labels)


def _draw(generator, every_field, which, size, rotation, shear, thickness):
    """Return images (len(which), size, size) of the fields numbered `which`, each deformed in its own way."""
    n = len(which)

    def between(low, high):
        return (low + (high - low) * generator.random((n, 1, 1))).astype("float32")

    # Cosine and sine rounded: the last digit differs between platforms, and the images shall not.
    angle = np.deg2rad(between(-rotation, rotation).astype(float))
    cosine, sine = (np.round(f(angle), 9).astype("float32") for f in (np.cos, np.sin))
    height, width = between(0.85, 1.05), between(0.65, 1.0)  # of the square
    slant, right, down = between(-shear, shear), between(-0.06, 0.06), between(-0.04, 0.04)

    detail = max(1, 32 // size)  # the digits were 32×32 pixels before each block of 4×4 was counted
    centres = (np.arange(size * detail, dtype="float32") + 0.5) / (size * detail) * 2 - 1
    x, y = centres - right * 2, centres[:, None] - down * 2
    x, y = cosine * x + sine * y, cosine * y - sine * x
    x, y = (x + slant * y) * SCALE / width, y * SCALE / height

    ink = _read(every_field, which, x, y) + between(-thickness / 6, thickness) * 2 * SCALE
    ink *= size * detail / (2 * SCALE)  # in pixels of the picture
    ink = np.rint(np.clip(ink + np.float32(0.5), 0, 1) * 255)  # whole numbers: their sum does not depend on the order
    return ink.reshape(n, size, detail, size, detail).sum(axis=(2, 4)) / np.float32(255 * detail**2)


def _read(every_field, which, x, y):
    """Return the fields numbered `which` (n,) at the places `x`, `y` (n, rows, columns), from −1 to 1, interpolated."""
    limit = np.float32(FIELD - 1.001)
    column, row = (np.clip((axis + 1) * np.float32(FIELD / 2) - np.float32(0.5), 0, limit) for axis in (x, y))
    left, top = column.astype("int32"), row.astype("int32")
    column -= left
    row -= top
    corner = (which.astype("int32")[:, None, None] * FIELD + top) * FIELD + left
    flat = every_field.ravel()
    upper = flat[corner] * (1 - column) + flat[corner + 1] * column
    lower = flat[corner + FIELD] * (1 - column) + flat[corner + FIELD + 1] * column
    return upper * (1 - row) + lower * row


@functools.cache
def fields(letters):
    """Return the distance fields of `letters` in every font, shape (fonts · letters, FIELD, FIELD), float32.

    Positive inside the ink, negative outside; the square goes from −1 to 1, and the letter from −SCALE to SCALE.
    """
    import matplotlib
    from scipy.ndimage import distance_transform_edt

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    every = []
    for font in FONTS:
        for letter in letters:
            ink = _ink(folder / f"{font}.ttf", letter)
            inside = np.where(ink, distance_transform_edt(ink) - 0.5, 0.5 - distance_transform_edt(~ink))
            every.append(inside * 2 / FIELD)
    return np.array(every, "float32")


def _ink(path, letter):
    """Return where there is ink: booleans (FIELD, FIELD), the letter's longer side SCALE of it, in the middle."""
    from PIL import Image, ImageDraw, ImageFont

    font = ImageFont.truetype(path, 200, layout_engine=ImageFont.Layout.BASIC)
    picture = Image.new("L", (800, 800))
    ImageDraw.Draw(picture).text((400, 400), letter, fill=255, font=font, anchor="mm")
    left, top, right, bottom = picture.getbbox()
    reach = max(right - left, bottom - top) / SCALE / 2
    across, down = (left + right) / 2, (top + bottom) / 2
    square = (across - reach, down - reach, across + reach, down + reach)
    return np.asarray(picture.resize((FIELD, FIELD), Image.Resampling.BOX, box=square)) >= 128
