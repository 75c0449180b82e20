"""Letters: that they are the letters, that the options do what they say, and that a seed decides everything."""

import hashlib
import time

import matplotlib
import numpy as np
import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from course import datasets
from course.datasets.glyphs import FONTS, SCALE, UPPER, fields

STILL = {"rotation": 0, "shear": 0, "thickness": 0, "noise": 0}


def fingerprint(data):
    """Return a hash of all pixels and labels of both parts."""
    whole = hashlib.sha256()
    for images, labels in (data.train, data.test):
        whole.update(np.rint(images * 255).astype("uint8").tobytes() + labels.astype("<i4").tobytes())
    return whole.hexdigest()[:16]


def test_the_letters_are_what_the_fonts_draw():
    """Against letters drawn by Matplotlib's own text, in another way and size: each is nearest to itself."""
    letters = "ABEGHKLMQRSTXZ"
    every = fields(tuple(letters)).reshape(len(FONTS), len(letters), 64, 64)
    centres = (np.arange(64) + 0.5) / 32 - 1
    points = np.stack(np.meshgrid(centres, centres), axis=-1).reshape(-1, 2)
    for number in (0, 5, 10, 14, 16):
        folder = matplotlib.get_data_path() + "/fonts/ttf/"
        drawn = []
        for letter in letters:
            outline = TextPath((0, 0), letter, size=100, prop=FontProperties(fname=f"{folder}{FONTS[number]}.ttf"))
            box = outline.get_extents()
            middle = (box.p0 + box.p1) / 2
            scale = max(box.width, box.height) / 2 / SCALE
            inside = np.zeros(len(points), int)
            for polygon in outline.to_polygons():  # a hole counts against what it is in
                inside += Path(polygon).contains_points(points * [1, -1] * scale + middle)
            drawn.append(inside % 2 == 1)
        ink = every[number].reshape(len(letters), -1) > 0
        agreement = np.array([[np.mean(a == b) for b in drawn] for a in ink])
        assert agreement.diagonal().min() > 0.95
        assert (agreement.argmax(axis=1) == np.arange(len(letters))).all()


def test_a_label_names_what_is_drawn():
    """Against the letters as the fonts have them: the nearest is that of the label, however it is deformed."""
    letters = "LOX"
    images, labels = datasets.glyphs(120, 3, size=32, letters=letters, rotation=5, shear=0.1, noise=0).train
    known = fields(tuple(letters))[:, ::2, ::2] > 0  # in every font, the letters in turn
    away = ((images[:, None, ..., 0] - known[None]) ** 2).sum(axis=(2, 3))
    assert np.mean(away.argmin(axis=1) % 3 == labels) > 0.95


def test_a_field_is_the_distance_to_the_edge():
    """Against the nearest pixel of the other kind, by trying all of them."""
    field = fields(("R",))[0]
    ink = field > 0
    rows, columns = np.indices(field.shape)
    for row, column in ((32, 20), (10, 40), (50, 50), (0, 0), (31, 31)):
        other = ink != ink[row, column]
        nearest = np.sqrt((rows - row) ** 2 + (columns - column) ** 2)[other].min() - 0.5
        assert abs(field[row, column]) == pytest.approx(nearest / 32, abs=1e-5)


def test_every_letter_is_drawn_as_often():
    data = datasets.glyphs(100, 52)
    assert set(np.bincount(data.train.labels, minlength=26)) == {3, 4}
    assert set(np.bincount(data.test.labels)) == {2}
    assert data.class_names == tuple(UPPER)


def test_light_on_dark_like_the_digits():
    for size in (8, 32):
        images, _ = datasets.glyphs(1000, 26, size=size).train
        digits, _ = datasets.digits(size).train
        assert abs(images.mean() - digits.mean()) < 0.1
        edge = np.concatenate([images[:, :, 0], images[:, :, -1]]).mean()
        assert edge < 0.7 * images.mean()  # the sides are mostly empty, as the digits' are


def test_without_noise_the_ground_is_black_and_rotation_zero_keeps_an_i_upright():
    images, _ = datasets.glyphs(20, 20, size=32, letters="lI", **STILL).train
    assert (images[:, :, 0] == 0).all()
    ink = images[..., 0] > 0.5
    middle = [np.flatnonzero(picture.any(axis=0)).mean() for picture in ink]
    assert np.std(middle) < 3


def ink_angle(image):
    """Return the direction of the ink's longest axis in degrees, by its second moments."""
    rows, columns = np.nonzero(image > 0.5)
    (xx, xy), (_, yy) = np.cov(columns, rows)
    return np.degrees(np.arctan2(2 * xy, xx - yy)) / 2


def test_rotation_turns_as_far_as_it_says():
    def angles(rotation):
        upright = datasets.glyphs(200, 10, size=32, letters="l", **{**STILL, "rotation": rotation}).train.images
        return np.array([(ink_angle(image[..., 0]) % 180) - 90 for image in upright])

    still, turned = angles(0), angles(30)
    assert 25 < np.ptp(turned) - np.ptp(still) < 75
    assert np.std(turned) == pytest.approx(30 / np.sqrt(3), rel=0.35)  # uniform in ±30°, and italics lean by themselves


def still_and(**options):
    """Return the same 100 letters, still and with `options`."""
    return (datasets.glyphs(100, 26, size=32, **{**STILL, **more}).train.images for more in ({}, options))


def test_thickness_adds_ink_around_the_ink():
    thin, thick = still_and(thickness=0.1)
    assert thick.mean() > 1.2 * thin.mean()
    assert ((thick < 0.2) & (thin > 0.8)).mean() < 0.001


def test_shear_moves_top_and_bottom_apart():
    """Against the slope of the letter "l" from row to row: a shear of s moves the ends 2s of half the height apart."""
    upright, sheared = (
        datasets.glyphs(100, 10, size=32, letters="l", **{**STILL, "shear": shear}).train.images[..., 0]
        for shear in (0, 0.5)
    )

    def lean(images):
        columns = np.arange(32)
        top, bottom = (
            (part * columns).sum(axis=(1, 2)) / part.sum(axis=(1, 2)) for part in (images[:, 4:12], images[:, 20:28])
        )
        return (top - bottom) / 16

    change = lean(sheared) - lean(upright)
    assert abs(change.mean()) < 0.1 and 0.15 < np.std(change) < 0.4 and np.abs(change).max() < 0.65


def test_noise_has_the_deviation_that_it_says():
    still = datasets.glyphs(500, 26, size=16, **STILL).train.images
    noisy = datasets.glyphs(500, 26, size=16, **{**STILL, "noise": 0.1}).train.images
    black = noisy[still == 0]  # cut off at 0: half of a normal distribution, whose mean square is σ²/2
    assert np.sqrt(2 * np.mean(black**2)) == pytest.approx(0.1, rel=0.05)


def test_train_and_test_are_drawn_apart():
    data = datasets.glyphs(200, 200)
    assert not {image.tobytes() for image in data.train.images} & {image.tobytes() for image in data.test.images}
    assert np.array_equal(data.train.images, datasets.glyphs(200, 26).train.images)


def test_seeds_differ():
    assert fingerprint(datasets.glyphs(60, 60, seed=1)) != fingerprint(datasets.glyphs(60, 60, seed=2))


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ({"train": 25}, ValueError, "train must be at least 26, but got 25"),
        ({"letters": ""}, ValueError, "letters must be one or more"),
        ({"letters": "AA"}, ValueError, "letters must be one or more, each once"),
        ({"letters": "Aé"}, ValueError, "letters must be among A, B, .*, but got 'é'"),
        ({"letters": 3}, TypeError, "letters must be a list of names"),
        ({"size": 7}, ValueError, "size must be from 8 to 64, but got 7"),
        ({"rotation": float("nan")}, ValueError, "rotation must be from 0 to 180, but got nan"),
        ({"shear": -0.1}, ValueError, "shear must be from 0 to 1, but got -0.1"),
        ({"noise": "much"}, TypeError, "noise must be a number, but got 'much'"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        datasets.glyphs(**arguments)


def test_seven_thousand_letters_take_seconds():
    started = time.process_time()
    datasets.glyphs()
    assert time.process_time() - started < 5
