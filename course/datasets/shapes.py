"""Drawn scenes of coloured shapes, which know their labels, boxes and masks.

A shape is its signed distance: for points (x, y), how far outside of it they lie, negative inside. Every shape fits
into the circle of radius 1. Only operations that every platform rounds alike (+ − × ÷ √) touch the pixels.
"""

import math

import numpy as np

from course.datasets.arguments import integer, number, some_of
from course.datasets.dataset import Dataset, Part

CHUNK = 500  # scenes drawn at once: what is worked on stays in the processor's cache
SMALLEST = 2.5  # radius in pixels below which a shape cannot be made out


def _sides(count, apothem):
    """Return a function of (x, y): the distances to `count` lines at `apothem` from the origin, evenly turned."""
    angles = [2 * math.pi * k / count - math.pi / 2 for k in range(count)]
    normals = [(np.float32(round(math.cos(a), 9)), np.float32(round(math.sin(a), 9))) for a in angles]
    apothem = np.float32(apothem)
    return lambda x, y: [x * across + y * down - apothem for across, down in normals]


def _polygon(count):
    sides = _sides(count, round(math.cos(math.pi / count), 9))
    return lambda x, y: np.maximum.reduce(sides(x, y))


def _star(x, y):
    """Inside a five-pointed star at most one of the five lines has the point on its other side."""
    first, second = None, None
    for distance in _sides(5, 0.309)(x, y):
        if first is None:
            first, second = distance, np.full_like(distance, -np.inf)
        else:
            second = np.maximum(second, np.minimum(first, distance))
            first = np.maximum(first, distance)
    return second


def _circle(x, y, radius=0.9):
    return np.sqrt(x * x + y * y) - np.float32(radius)


def _ring(x, y):
    return np.abs(_circle(x, y, 0.7)) - np.float32(0.2)


def _crescent(x, y):
    return np.maximum(_circle(x, y, 0.95), -_circle(x - np.float32(0.5), y, 0.75))


def _cross(x, y):
    x, y = np.abs(x), np.abs(y)
    long, short = np.float32(0.92), np.float32(0.3)
    return np.minimum(np.maximum(x - long, y - short), np.maximum(x - short, y - long))


SHAPES = {
    "circle": _circle,
    "ring": _ring,
    "crescent": _crescent,
    "triangle": _polygon(3),
    "square": _polygon(4),
    "pentagon": _polygon(5),
    "star": _star,
    "cross": _cross,
}


def shapes(
    train=8000, test=2000, *, size=32, objects=1, classes=tuple(SHAPES), clutter=2, noise=0.1, bright=True, seed=0
):
    """Return drawn scenes as a `Dataset` of `size`×`size`×3 images with labels, boxes and masks.

    train, test: how many scenes, int ≥ 1. size: int from 16 to 512.
    objects: int ≥ 1, or a pair of them, the least and the most in a scene. With `objects=1` a scene has one label,
        shape (n,), as for a classifier; otherwise labels have shape (n, most): see `Part`. Objects are turned at
        random, whole, and never hide each other.
    classes: which shapes, a list of names from `SHAPES`, each as likely as another; a label is a place in it.
    clutter: int from 0 to 20, how many stripes cross the background, which shades from corner to corner. With 0 it is
        of one colour.
    noise: standard deviation of the noise added to each value, 0 to 1.
    bright: True for bright objects on dark backgrounds; False for any colours, which is much harder to learn.
    seed: int ≥ 0. It decides everything: the same arguments give the same bytes.
    A mask holds the pixels of which an object covers the larger part, and a box is the smallest that holds them.
    Raises TypeError or ValueError, naming the argument, for what is none of these, or if `size` has no room for
    `objects`.
    """
    train, test = integer("train", train, 1), integer("test", test, 1)
    size = integer("size", size, 16, 512)
    least, most = _least_and_most(objects)
    classes = some_of("classes", classes, tuple(SHAPES))
    clutter, noise = integer("clutter", clutter, 0, 20), number("noise", noise, 0, 1)
    if not isinstance(bright, bool):
        raise TypeError(f"bright must be True or False, but got {bright!r}")
    seed = integer("seed", seed, 0)
    if _radii(size, most)[0] < SMALLEST:
        room = next(side for side in range(size, 10**6) if _radii(side, most)[0] >= SMALLEST)
        raise ValueError(f"size must be at least {room} for {most} objects, but got {size}")
    settings = (size, least, most, classes, clutter, noise, bright)
    return Dataset(
        name="shapes",
        train=_part(np.random.default_rng([seed, 0]), train, *settings),
        test=_part(np.random.default_rng([seed, 1]), test, *settings),
        class_names=classes,
        licence="CC BY 4.0",
        source="Scenes drawn by this course.",
    )


def _least_and_most(objects):
    pair = objects if isinstance(objects, tuple | list) else (objects, objects)
    if len(pair) != 2:
        raise ValueError(f"objects must be an int or a pair of ints, the least and the most, but got {objects!r}")
    least, most = integer("objects", pair[0], 1), integer("objects", pair[1], 1, 255)  # masks are uint8
    if least > most:
        raise ValueError(f"objects must have the least first and the most second, but got {objects!r}")
    return least, most


def _radii(size, most):
    """Return the smallest and the largest radius of an object in pixels, so that `most` of them leave room."""
    largest = size * min(0.42, 0.44 / math.sqrt(most))
    return largest / 2.5, largest


def _part(generator, n, size, least, most, classes, clutter, noise, bright):
    images = np.empty((n, size, size, 3), "float32")
    masks = np.empty((n, size, size), "uint8")
    counts = generator.integers(least, most, endpoint=True, size=n)
    labels = generator.integers(len(classes), size=(n, most), dtype="int32")
    labels[np.arange(most) >= counts[:, None]] = -1
    boxes = np.zeros((n, most, 4), "float32")
    for start in range(0, n, CHUNK):
        chunk = slice(start, start + CHUNK)
        images[chunk], masks[chunk] = _draw(generator, labels[chunk], size, classes, clutter, noise, bright)
        for k in range(most):
            boxes[chunk, k] = _boxes(masks[chunk] == k + 1)
    if most == 1:
        return Part(images, labels[:, 0], boxes[:, 0], masks)
    return Part(images, labels, boxes, masks)


def _draw(generator, labels, size, classes, clutter, noise, bright):
    """Return scenes (n, size, size, 3) with objects of the classes `labels` (n, most), and their masks."""
    n, most = labels.shape
    base = _between(generator, 0, 0.4 if bright else 1, (n, 3))
    images = _background(generator, base, size, clutter, 0.6 if bright else 1)
    masks = np.zeros((n, size, size), "uint8")
    places = _places(generator, n, most, size)
    turn = _turns(generator, (n, most))
    squeeze = _between(generator, 0.8, 1, (n, most))
    if bright:
        colours = _between(generator, 0.6, 1, (n, most, 3))
    else:  # between a quarter and three quarters of the range away from the background, in each channel
        colours = (base[:, None] + _between(generator, 0.25, 0.75, (n, most, 3))) % np.float32(1)
    centres = np.arange(size, dtype="float32") + np.float32(0.5)
    for k in range(most):
        for label, name in enumerate(classes):
            scenes = np.flatnonzero(labels[:, k] == label)
            across, down, radius = (values[:, None, None] for values in places[scenes, k].T)
            cosine, sine = (values[:, None, None] for values in turn[scenes, k].T)
            x, y = (centres - across) / radius, (centres[:, None] - down) / radius
            narrow = squeeze[scenes, k, None, None]
            outside = SHAPES[name](cosine * x + sine * y, (cosine * y - sine * x) / narrow) * radius
            masks[scenes] += np.where(outside <= 0, np.uint8(k + 1), np.uint8(0))
            cover = np.clip(np.float32(0.5) - outside, 0, 1)[..., None]
            images[scenes] += cover * (colours[scenes, k, None, None] - images[scenes])
    images += np.float32(noise) * generator.standard_normal(images.shape, dtype="float32")
    return np.rint(np.clip(images, 0, 1) * 255) / np.float32(255), masks


def _background(generator, base, size, clutter, brightest):
    """Return backgrounds (n, size, size, 3) around the colours `base` (n, 3), no stripe brighter than `brightest`."""
    n = len(base)
    if not clutter:
        return np.tile(base[:, None, None], (1, size, size, 1))
    centres = (np.arange(size, dtype="float32") + np.float32(0.5)) / size
    corners = np.clip(base[:, None] + _between(generator, -0.15, 0.15, (n, 4, 3)), 0, 1)
    top, bottom, across = corners[:, :2], corners[:, 2:], centres[:, None]
    left, right = (top[:, side, None] + (bottom - top)[:, side, None] * across for side in (0, 1))
    images = left[:, :, None] + (right - left)[:, :, None] * across
    for _ in range(clutter):
        cosine, sine = (values[:, None, None] for values in _turns(generator, n).T)
        offset, half = _between(generator, -0.5, 0.5, (n, 1, 1)), _between(generator, 0.4, 1.2, (n, 1, 1))
        away = np.abs((centres - np.float32(0.5)) * cosine + (centres[:, None] - np.float32(0.5)) * sine - offset)
        cover = np.clip(np.float32(0.5) - (away * size - half), 0, 1)[..., None]
        images += cover * (_between(generator, 0, brightest, (n, 1, 1, 3)) - images)
    return images


def _places(generator, n, most, size):
    """Return centre (across, down) and radius in pixels of objects that do not touch: float32 (n, most, 3)."""
    smallest, largest = _radii(size, most)
    places = np.zeros((n, most, 3), "float32")
    for k in range(most):
        todo, shrink = np.arange(n), 1.0
        while len(todo):
            radius = _between(generator, smallest, smallest + (largest - smallest) * shrink, (len(todo), 1))
            centre = radius + (size - 2 * radius) * generator.random((len(todo), 2), dtype="float32")
            places[todo, k] = np.concatenate([centre, radius], axis=1)
            before, here = places[todo, :k], places[todo, k, None]
            apart = np.square(before[..., :2] - here[..., :2])
            touching = apart[..., 0] + apart[..., 1] < np.square(before[..., 2] + here[..., 2])
            todo, shrink = todo[touching.any(axis=1)], shrink * 0.9  # where it is crowded, something smaller fits
    return places


def _turns(generator, shape):
    """Return the cosine and sine of random angles, float32 of `shape` and 2 more."""
    shape = shape if isinstance(shape, tuple) else (shape,)
    return _TURNS[generator.integers(len(_TURNS), size=shape)]


# Whole degrees, rounded: the last digit of a sine differs between platforms, and the scenes shall not.
_TURNS = np.float32([(round(math.cos(math.radians(a)), 9), round(math.sin(math.radians(a)), 9)) for a in range(360)])


def _between(generator, low, high, shape):
    return np.float32(low) + np.float32(high - low) * generator.random(shape, dtype="float32")


def _boxes(masks):
    """Return the smallest boxes around `masks`, booleans (n, height, width): (n, 4), zeros for an empty mask."""
    sides = []
    for axis in (1, 2):  # columns first: left and right
        any_in = masks.any(axis=axis)
        size = any_in.shape[1]
        sides.append((any_in.argmax(axis=1), (size - any_in[:, ::-1].argmax(axis=1)) * any_in.any(axis=1)))
    (left, right), (top, bottom) = sides
    return np.stack([left, top, right, bottom], axis=1)
