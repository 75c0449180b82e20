"""Scenes: labels, boxes and masks against the pixels, from which the tests work them out again."""

import hashlib
import time

import numpy as np
import pytest

from course import datasets
from course.datasets.shapes import SHAPES

PLAIN = {"clutter": 0, "noise": 0}
GRID = np.linspace(-1.2, 1.2, 601, dtype="float32")
X, Y = np.meshgrid(GRID, GRID)


@pytest.mark.parametrize("bright", [True, False])
@pytest.mark.parametrize("size", [16, 32, 61])
def test_mask_and_box_are_those_of_the_pixels(size, bright):
    data = datasets.shapes(200, 1, size=size, bright=bright, **PLAIN)
    images, labels, boxes, masks = vars(data.train).values()
    for image, box, mask in zip(images, boxes, masks, strict=True):
        ground, solid = image[0, 0], image[mask == 1]
        colours, counts = np.unique(solid, axis=0, return_counts=True)
        direction = colours[counts.argmax()] - ground  # most of its pixels are covered wholly
        cover = (image - ground) @ direction / (direction @ direction)
        assert (mask[cover > 0.53] == 1).all() and (mask[cover < 0.47] == 0).all()
        rows, columns = np.nonzero(mask)
        assert box.tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    assert set(np.unique(labels)) == set(range(8))


def test_several_objects_each_has_its_colour_its_mask_and_its_box():
    data = datasets.shapes(100, 1, size=64, objects=(1, 4), **PLAIN)
    images, labels, boxes, masks = vars(data.train).values()
    assert labels.shape == (100, 4) and boxes.shape == (100, 4, 4) and masks.shape == (100, 64, 64)
    assert set((labels >= 0).sum(axis=1)) == {1, 2, 3, 4}
    for image, label, box, mask in zip(images, labels, boxes, masks, strict=True):
        count = (label >= 0).sum()
        assert (label[count:] == -1).all() and (box[count:] == 0).all()
        assert set(np.unique(mask)) == set(range(count + 1))
        touched = (image != image[0, 0]).any(axis=-1)
        assert touched[mask > 0].all()
        for k in range(count):
            own = mask == k + 1
            rows, columns = np.nonzero(own)
            assert box[k].tolist() == [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
            colours, counts = np.unique(image[own], axis=0, return_counts=True)
            assert counts.max() > 0.3 * own.sum()  # one colour, but for the edge
            same = (image == colours[counts.argmax()]).all(axis=-1)
            assert (mask[same] == k + 1).all()  # and no other object's pixel has it


def test_the_masks_give_a_map_of_classes():
    """As a lecture on segmentation would: background 0, class c as c + 1."""
    _, labels, _, masks = vars(datasets.shapes(20, 1, size=48, objects=(1, 3)).train).values()
    classes = np.take_along_axis(np.pad(labels + 1, ((0, 0), (1, 0))), masks.reshape(20, -1).astype(int), axis=1)
    for scene, label, mask in zip(classes.reshape(masks.shape), labels, masks, strict=True):
        for k in np.flatnonzero(label >= 0):
            assert (scene[mask == k + 1] == label[k] + 1).all()
        assert (scene[mask == 0] == 0).all()


AREAS = {  # of the shapes, by geometry
    "circle": np.pi * 0.9**2,
    "ring": np.pi * (0.9**2 - 0.5**2),
    "triangle": 3 * np.sqrt(3) / 4,
    "square": 2,
    "pentagon": 5 / 2 * np.sin(2 * np.pi / 5),
    "star": 5 * np.sin(np.pi / 5) * np.sin(np.pi / 10) / np.sin(7 * np.pi / 10),  # five kites from the centre
    "cross": 2 * (1.84 * 0.6) - 0.6**2,
}


@pytest.mark.parametrize("name", AREAS)
def test_a_shape_has_its_area(name):
    area = np.mean(SHAPES[name](X, Y) <= 0) * np.ptp(GRID) ** 2
    assert area == pytest.approx(AREAS[name], rel=0.01)


def test_the_crescent_is_a_disc_without_another():
    inside = (np.hypot(X, Y) <= 0.95) & (np.hypot(X - 0.5, Y) >= 0.75)
    assert np.array_equal(SHAPES["crescent"](X, Y) <= 0, inside)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_fits_into_its_circle(name):
    assert (np.hypot(X, Y)[SHAPES[name](X, Y) <= 0] <= 1.001).all()


@pytest.mark.parametrize(
    "name, turn", [("triangle", 120), ("square", 90), ("pentagon", 72), ("star", 72), ("cross", 90), ("ring", 13)]
)
def test_a_shape_turned_onto_itself_is_the_same(name, turn):
    a = np.deg2rad(turn)
    turned = SHAPES[name](
        (X * np.cos(a) + Y * np.sin(a)).astype("float32"), (Y * np.cos(a) - X * np.sin(a)).astype("float32")
    )
    assert np.allclose(turned, SHAPES[name](X, Y), atol=1e-4)


def test_labels_name_what_is_drawn():
    """Each class's masks, put upon each other, are told apart by what fills its box; here by an independent measure."""
    for name, low, high in (("circle", 0.75, 0.82), ("ring", 0.42, 0.62), ("cross", 0.3, 0.62), ("star", 0.25, 0.42)):
        data = datasets.shapes(200, 1, size=128, classes=["square", name], **PLAIN)
        _, labels, boxes, masks = vars(data.train).values()
        area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        filled = (masks > 0).sum(axis=(1, 2)) / area
        assert low < np.median(filled[labels == 1]) < high, name


def test_classes_are_as_likely_as_each_other():
    labels = datasets.shapes(4000, 1, size=16, **PLAIN).train.labels
    assert np.abs(np.bincount(labels) - 500).max() < 5 * np.sqrt(4000 / 8 * 7 / 8)


def test_objects_are_whole_and_never_hide_each_other():
    _, labels, boxes, masks = vars(datasets.shapes(300, 1, size=64, objects=5).train).values()
    assert boxes.min() >= 0 and boxes.max() <= 64 and (labels >= 0).all()
    assert min(np.bincount(mask.ravel(), minlength=6)[1:].min() for mask in masks) >= 8  # the smallest is still there


def test_noise_and_clutter():
    plain, noisy = (datasets.shapes(50, 1, clutter=0, noise=noise).train for noise in (0, 0.1))
    assert np.array_equal(plain.masks, noisy.masks)
    off = (noisy.images - plain.images)[(plain.images > 0.3) & (plain.images < 0.7)]
    assert np.std(off) == pytest.approx(0.1, rel=0.02) and abs(off.mean()) < 0.003
    striped = datasets.shapes(50, 1, clutter=3, noise=0).train
    for image, mask in zip(striped.images, striped.masks, strict=True):
        assert len(np.unique(image[mask == 0], axis=0)) > 100


def test_bright_objects_stand_on_dark_ground():
    images, _, _, masks = vars(datasets.shapes(200, 1, noise=0).train).values()
    inside = np.array([np.median(image[mask == 1]) for image, mask in zip(images, masks, strict=True)])
    outside = np.array([np.median(image[mask == 0]) for image, mask in zip(images, masks, strict=True)])
    assert inside.min() > 0.55 > 0.5 > outside.max()
    images, _, _, masks = vars(datasets.shapes(200, 1, noise=0, bright=False).train).values()
    darker = [image[mask == 1].mean() < image[mask == 0].mean() for image, mask in zip(images, masks, strict=True)]
    assert 0.3 < np.mean(darker) < 0.7


def test_train_and_test_are_drawn_apart():
    data = datasets.shapes(100, 100, **PLAIN)
    assert not {image.tobytes() for image in data.train.images} & {image.tobytes() for image in data.test.images}
    assert np.array_equal(data.train.images, datasets.shapes(100, 1, **PLAIN).train.images)


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ({"train": 0}, ValueError, "train must be at least 1, but got 0"),
        ({"size": 8}, ValueError, "size must be from 16 to 512, but got 8"),
        ({"size": 16, "objects": 3}, ValueError, "size must be at least 25 for 3 objects, but got 16"),
        ({"objects": 0}, ValueError, "objects must be at least 1, but got 0"),
        ({"objects": (3, 1)}, ValueError, "objects must have the least first"),
        ({"objects": (1, 2, 3)}, ValueError, "objects must be an int or a pair"),
        ({"objects": 1.5}, TypeError, "objects must be an int, but got 1.5"),
        ({"classes": ["hexagon"]}, ValueError, "classes must be among circle, .*, but got 'hexagon'"),
        ({"classes": "circle"}, TypeError, "classes must be a list of names"),
        ({"classes": []}, ValueError, "classes must be one or more"),
        ({"clutter": -1}, ValueError, "clutter must be from 0 to 20, but got -1"),
        ({"noise": 2}, ValueError, "noise must be from 0 to 1, but got 2"),
        ({"bright": 1}, TypeError, "bright must be True or False, but got 1"),
        ({"seed": -1}, ValueError, "seed must be at least 0, but got -1"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, error, words):
    with pytest.raises(error, match=words):
        datasets.shapes(**arguments)


def test_as_many_objects_as_fit_are_placed():
    """The most that `size` allows: placing them ends, and soon."""
    started = time.process_time()
    data = datasets.shapes(50, 1, size=64, objects=20, **PLAIN)
    assert (data.train.labels >= 0).all() and time.process_time() - started < 5


def test_ten_thousand_scenes_take_at_most_five_seconds():
    started = time.process_time()  # the processor's time, so of one core
    datasets.shapes(9000, 1000)
    assert time.process_time() - started < 5


def test_a_seed_gives_these_bytes_on_every_platform():
    whole = hashlib.sha256()
    for part in (
        datasets.shapes(50, 1, size=40, objects=(1, 3), seed=7).train,
        datasets.shapes(50, 1, bright=False).train,
    ):
        whole.update(np.rint(part.images * 255).astype("uint8").tobytes() + part.masks.tobytes())
        whole.update(part.labels.astype("<i4").tobytes() + part.boxes.astype("<f4").tobytes())
    assert whole.hexdigest()[:16] == "eceb4ee43ea6bcfe"
