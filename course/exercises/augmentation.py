"""The exercises of lecture 10, on augmentation. Pictures are arrays (n, height, width, channels) from 0 to 1."""

import math

import numpy as np

from course.exercises.compare import plain
from course.exercises.engine import Exercise, Mistake, WrongForm

FUNCTION = 'raise NotImplementedError("your answer goes here")'


# --- where a turned picture is read ----------------------------------------------------------------------------------------


def _turned(angle=lambda factor: 2 * math.pi * factor, middle=lambda size: (size - 1) / 2):
    """Return an answer: the place from which a pixel is read, by the angle in radians and the middle of the picture."""

    def place(row, column, size, factor):
        cosine, sine = math.cos(angle(factor)), math.sin(angle(factor))
        down, across = row - middle(size), column - middle(size)
        return middle(size) + sine * across + cosine * down, middle(size) + cosine * across - sine * down

    return place


read_from = Exercise(
    name="read_from",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_turned(),
    cases=lambda rng: [
        (2, 2, 5, 0.25),
        (0, 3, 5, 0),
        (0, 1, 5, 0.25),
        (0, 1, 6, 0.5),
        (4, 0, 7, -0.125),
        (1, 6, 8, 0.1),
        (int(rng.integers(0, 9)), int(rng.integers(10, 20)), 20, round(float(rng.uniform(0.05, 0.2)), 3)),
    ],
    mistakes=(
        Mistake(
            "degrees",
            _turned(angle=math.radians),
            "You take the factor for degrees. RandomRotation counts in full turns: 1 is 360°.",
        ),
        Mistake(
            "radians",
            _turned(angle=lambda factor: factor),
            "You take the factor for radians. RandomRotation counts in full turns: 1 is 2π radians.",
        ),
        Mistake(
            "half a turn for a whole one",
            _turned(angle=lambda factor: math.pi * factor),
            "You take a factor of 1 for half a turn. It is a whole one: 2π radians.",
        ),
        Mistake(
            "where it goes",
            _turned(angle=lambda factor: -2 * math.pi * factor),
            "You turn the other way: that is where the pixel of the picture *goes*. To know what to show, go back from the result to the picture.",
        ),
        Mistake(
            "about the corner",
            _turned(middle=lambda size: 0),
            "You turn about the first pixel. The picture turns about its middle: subtract that first, and add it again at the end.",
        ),
        Mistake(
            "middle between two pixels",
            _turned(middle=lambda size: size / 2),
            "Your middle is half a pixel off. Of 5 pixels, numbered from 0, the middle one has number 2: (size − 1)/2.",
        ),
        Mistake(
            "row and column exchanged",
            lambda row, column, size, factor: _turned()(row, column, size, factor)[::-1],
            "Both numbers are right, in the wrong order: first the row, then the column.",
        ),
    ),
    hints=(
        "Count rows and columns from the middle, (size − 1)/2. Where does the top right corner go in a quarter turn anticlockwise?",
        "With t = 2π·factor: `across_in = cos(t)·across − sin(t)·down` and `down_in = sin(t)·across + cos(t)·down`, rows counting downwards.",
    ),
)


# --- a function with mistakes in it ----------------------------------------------------------------------------------------


def _brightened(shape=lambda n, c: (n, 1, 1, 1), low=-1, clip=(0, 1)):
    """Return an answer that adds draws of the given shape, from `low`·factor to factor, and cuts off at `clip`."""

    def brightened(pictures, factor, seed):
        added = np.random.default_rng(seed).uniform(low * factor, factor, size=shape(len(pictures), pictures.shape[-1]))
        return np.clip(pictures + added, *clip)

    return brightened


def _in_place(pictures, factor, seed):
    pictures += np.random.default_rng(seed).uniform(-factor, factor, size=(len(pictures), 1, 1, 1)).astype("float32")
    return np.clip(pictures, 0, 1)


def what_brightening_does(brightened, n, factor, seed):
    """Return what is true of what `brightened(pictures, factor, seed)` does to `n` pictures (dict of bool)."""
    grey = np.random.default_rng(seed + 1000).uniform(0.4, 0.6, size=(n, 5, 4, 3)).astype("float32")
    given = grey.copy()
    result = np.asarray(plain(brightened(given, factor, seed)), float)
    if result.shape != grey.shape:
        raise WrongForm(f"The result must have the shape {grey.shape} of the pictures, but has {result.shape}.")
    added = result - grey
    of_each = added.mean(axis=(1, 2, 3))
    black, white = (np.asarray(plain(brightened(np.full_like(grey, value), factor, seed)), float) for value in (0, 1))
    return {
        "the input is left as it was": np.array_equal(given, grey),
        "every picture has a draw of its own": len(np.unique(of_each.round(5))) > n // 2,
        "a picture's pixels all move alike": float(np.ptp(added, axis=(1, 2, 3)).max()) < 1e-5,
        "some get brighter, some darker": bool(of_each.min() < -factor / 2 and of_each.max() > factor / 2),
        "none by more than the factor": float(np.abs(of_each).max()) <= factor + 1e-5,
        "none falls below 0": float(black.min()) >= 0,
        "none rises above 1": float(white.max()) <= 1,
        "black can become brighter": float(black.max()) > 0,
    }


brightened = Exercise(
    name="brightened",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_brightened(),
    cases=lambda rng: [(64, 0.3, 0), (40, 0.1, 1), (int(rng.integers(40, 60)), 0.2, int(rng.integers(2, 99)))],
    probe=what_brightening_does,
    mistakes=(
        Mistake(
            "as it was",
            _brightened(shape=lambda n, c: (), clip=(0, 255)),
            "This is what the function does now. How many numbers does it draw for 64 pictures? And what is white here?",
        ),
        Mistake(
            "one draw for all",
            _brightened(shape=lambda n, c: ()),
            "White is right now. Still, all pictures get the same draw, so a batch brings one variant instead of many: draw a number for each.",
        ),
        Mistake(
            "wrong white",
            _brightened(clip=(0, 255)),
            "Each picture has its own draw now. But these pictures go from 0 to 1: cut off at 1, not at 255.",
        ),
        Mistake(
            "a draw for every pixel",
            lambda pictures, factor, seed: np.clip(
                pictures + np.random.default_rng(seed).uniform(-factor, factor, size=pictures.shape), 0, 1
            ),
            "You draw a number for every pixel: that is noise. A brighter picture is brighter everywhere, by one number.",
        ),
        Mistake(
            "multiplied",
            lambda pictures, factor, seed: np.clip(
                pictures * (1 + np.random.default_rng(seed).uniform(-factor, factor, size=(len(pictures), 1, 1, 1))),
                0,
                1,
            ),
            "You multiply by the draw. Then black stays black, and bright pixels change most: add one number to the whole "
            "picture.",
        ),
        Mistake(
            "a draw for every channel",
            _brightened(shape=lambda n, c: (n, 1, 1, c)),
            "You draw for red, green and blue apart, which changes the colours. Brightness moves all three alike.",
        ),
        Mistake(
            "only brighter",
            _brightened(low=0),
            "Your pictures only get brighter. The factor counts to either side: draw from −factor to factor.",
        ),
        Mistake(
            "not cut off",
            _brightened(clip=(-np.inf, np.inf)),
            "Your values leave the range from 0 to 1. What is darker than black is black: cut off at both ends.",
        ),
        Mistake(
            "in place",
            _in_place,
            "You write into the pictures that came in, so the next epoch starts from brightened ones: add into a new array.",
        ),
    ),
    hints=(
        "`rng.uniform(low, high, size=…)` draws as many numbers as `size` says. Which shape adds one number to each of n pictures?",
        "`size=(len(pictures), 1, 1, 1)` broadcasts over height, width and channels; the pictures' white is 1.",
    ),
)


# --- a pipeline for digits -------------------------------------------------------------------------------------------------

KEPT = "all conditions are kept"


def broken_condition(layer):
    """Return the first condition of the pipeline for digits that `layer` breaks (str), `KEPT` if it keeps them all."""
    import keras

    from course.augmentation import read, ruler, variants

    try:
        test = keras.ops.convert_to_numpy(layer(ruler()[None], training=False))[0]
        if test.shape != ruler().shape:
            return "not so: it keeps the size of the pictures"
        drawn = variants(layer, ruler(), count=64)
        inside = variants(layer, np.ones_like(ruler()), count=64)[..., 0]
        found = read(drawn)
    except ValueError as problem:
        raise WrongForm(f"The layer cannot take pictures of 33 × 33 pixels in three channels: {problem}") from None

    shift, turn, brighter = found[["right", "down"]], found["turn"], found["brighter"]
    conditions = {
        "it leaves pictures as they are when training is False": np.allclose(test, ruler(), atol=1e-3),
        "values stay between 0 and 1": drawn.min() >= 0 and drawn.max() <= 1,
        "each picture has a draw of its own": len(found.round(4).drop_duplicates()) > len(found) // 8,
        "it shifts by no more than an eighth": bool((shift.abs() < 1.3 / 8).all(axis=None)),
        "it shifts to all sides": bool((shift.max() > 0.06).all() and (shift.min() < -0.06).all()),
        "left stays left": not found["mirrored"].any(),
        "nothing stands on its head": turn.abs().max() < 150,
        "nothing lies on its side": turn.abs().max() < 45,
        "it turns by no more than 15°": turn.abs().max() < 15.5,
        "it turns either way": bool(turn.max() > 7 and turn.min() < -7),
        "nothing is stretched": np.allclose(found[["wide", "high", "slant"]], [1, 1, 0], atol=0.03),
        "it brightens by no more than 0.2": brighter.abs().max() < 0.201,
        "it brightens": brighter.max() > 0.1,
        "it darkens": brighter.min() < -0.1,
        "what comes in at the edge is black": (inside.min(axis=(1, 2)) < 0.3).mean() > 0.5,
    }
    return next((f"not so: {condition}" for condition, kept in conditions.items() if not kept), KEPT)


def _pipeline(turn=15 / 360, shift=1 / 8, brighter=0.2, value_range=(0, 1), also=(), fill="constant"):
    """Return a function that builds a pipeline; what is None is left out, and `also` names further layers."""

    def build():
        from keras import Sequential, layers

        parts = [
            turn and layers.RandomRotation(turn, fill_mode=fill),
            shift and layers.RandomTranslation(shift, shift, fill_mode=fill),
            brighter and layers.RandomBrightness(brighter, value_range=value_range),
            *(getattr(layers, name)(*arguments) for name, *arguments in also),
        ]
        return Sequential([part for part in parts if part])

    return build


for_digits = Exercise(
    name="for_digits",
    points=3,
    kind="model",
    stub="for_digits = ...",
    reference=_pipeline(),
    cases=lambda rng: [()],
    probe=broken_condition,
    mistakes=(
        Mistake(
            "crop of one size",
            _pipeline(shift=None, also=[("ZeroPadding2D", 1), ("RandomCrop", 8, 8)]),
            "RandomCrop fixes the size of what comes out, and gives the whole batch the same place. RandomTranslation shifts each picture on its own.",
        ),
        Mistake(
            "pixels for shares",
            _pipeline(shift=1.0),
            "RandomTranslation counts in shares of the picture: 1 is its whole height or width, and most of the picture is gone.",
        ),
        Mistake(
            "no shift",
            _pipeline(shift=None),
            "Your layer does not shift to all sides. RandomTranslation takes a share for the height and one for the width, and "
            "one number stands for both directions: (0, 1/8) is one direction only.",
        ),
        Mistake(
            "edge not black",
            _pipeline(fill="reflect"),
            'What comes in at the edge is not black: fill_mode is "reflect" unless you say otherwise, and can draw a second '
            'digit. Say fill_mode="constant".',
        ),
        Mistake(
            "mirrored",
            _pipeline(also=[("RandomFlip", "horizontal")]),
            "Your layer mirrors digits. A mirrored 3 is no digit that anyone writes, and a mirrored 2 is nearly a 5.",
        ),
        Mistake(
            "flipped",
            _pipeline(also=[("RandomFlip",)]),
            "Your layer puts pictures on their head: RandomFlip without a mode flips both ways at once, and a 6 becomes a 9.",
        ),
        Mistake(
            "radians",
            _pipeline(turn=math.radians(15)),
            "Your pictures turn by up to 94°: that is 15° in radians, taken for a fraction of a turn. The factor is 15/360.",
        ),
        Mistake(
            "half a turn for a whole one",
            _pipeline(turn=15 / 180),
            "Your pictures turn by up to 30°: a factor of 1 is a full turn, 360°, not 180°.",
        ),
        Mistake(
            "value_range forgotten",
            _pipeline(value_range=(0, 255)),
            "Your brightness is drawn for pictures from 0 to 255, so these come out black or far too bright: say value_range=(0, 1).",
        ),
        Mistake(
            "only brighter",
            _pipeline(brighter=(0.0, 0.2)),
            "Your pictures only get brighter. One number stands for both sides: from −0.2 to 0.2.",
        ),
    ),
    hints=(
        "`keras.Sequential([…])` makes one layer of several. Which three of Keras's layers do what is asked?",
        "RandomRotation counts in full turns, RandomTranslation in shares of the height and of the width.",
        "RandomBrightness takes pictures from 0 to 255 unless you say value_range=(0, 1).",
    ),
)


# --- letters that are another letter ---------------------------------------------------------------------------------------

LETTERS = "bdnpqu"
TURN, FLIP = "half turn", "left-right flip"


def _by_name(answer):
    """Return the answer in small letters, if it is a dictionary of the two names, each with a dictionary of letters."""
    if not isinstance(answer, dict) or set(answer) != {TURN, FLIP}:
        raise WrongForm(f'A dictionary with the two entries "{TURN}" and "{FLIP}" is wanted.')
    if not all(isinstance(shown, dict) for shown in answer.values()):
        raise WrongForm("Each entry is a dictionary too: {letter: the letter that it shows}, empty if there is none.")
    small = {name: {str(one).lower(): str(other).lower() for one, other in answer[name].items()} for name in answer}
    for shown in small.values():
        if not {*shown, *shown.values()} <= set(LETTERS):
            raise WrongForm(f"Letters are wanted, of these: {' '.join(LETTERS)}.")
    return small


def _pairs(*pairs):
    """Return {"b": "d", "d": "b", …} from "bd", …"""
    return {one: other for pair in pairs for one, other in (pair, pair[::-1])}


on_its_head = Exercise(
    name="on_its_head",
    points=1,
    kind="value",
    stub="on_its_head = ...",
    reference={TURN: _pairs("bq", "dp", "nu"), FLIP: _pairs("bd", "pq")},
    cases=None,
    probe=_by_name,
    mistakes=(
        Mistake(
            "one way only",
            {TURN: {"b": "q", "d": "p", "n": "u"}, FLIP: {"b": "d", "p": "q"}},
            "You have found them, one way. What becomes of the other letter of each pair?",
        ),
        Mistake(
            "those that stay",
            {TURN: _pairs("bq", "dp", "nu"), FLIP: {**_pairs("bd", "pq"), "n": "n", "u": "u"}},
            "A letter that shows itself again keeps its label: only those that show *another* one are asked for.",
        ),
        Mistake(
            "n and u forgotten",
            {TURN: _pairs("bq", "dp"), FLIP: _pairs("bd", "pq")},
            "The flip is right. Under the half turn there is one pair more: what becomes of an n?",
        ),
        Mistake(
            "n and u mirrored",
            {TURN: _pairs("bq", "dp", "nu"), FLIP: _pairs("bd", "pq", "nu")},
            "The half turn is right. Left and right exchanged, the arch of the n is still above: it is no u.",
        ),
        Mistake(
            "upside down for a half turn",
            {TURN: _pairs("bp", "dq", "nu"), FLIP: _pairs("bd", "pq")},
            "The flip is right. A half turn exchanges top and bottom *and* left and right: the b's stem ends up on the right.",
        ),
        Mistake(
            "exchanged",
            {TURN: _pairs("bd", "pq"), FLIP: _pairs("bq", "dp", "nu")},
            "You have the two the wrong way round: a flip leaves the bow of the b below.",
        ),
        Mistake(
            "the same for both",
            {TURN: _pairs("bq", "dp", "nu"), FLIP: _pairs("bq", "dp", "nu")},
            "The half turn is right. The flip exchanges left and right only: the bow of the b stays below, so it shows no q.",
        ),
    ),
    hints=(
        "Each of b, d, p and q is a stem with a bow: left or right of it, above or below. Which of the two does a flip change?",
        "Half a turn exchanges left and right, and above and below. Draw an n on paper, and turn the sheet.",
    ),
)


# --- boxes and masks go along ----------------------------------------------------------------------------------------------


def _mirrored(boxes_of, picture_of=lambda picture: picture[:, ::-1], mask_of=lambda mask: mask[:, ::-1]):
    """Return an answer from how it treats the boxes (by left, top, right, bottom and height, width), picture and mask."""

    def mirrored(picture, mask, boxes):
        left, top, right, bottom = np.asarray(boxes).T
        columns = boxes_of(left, top, right, bottom, *mask.shape)
        return picture_of(picture), mask_of(mask), np.stack(columns, axis=1)

    return mirrored


def _as_it_is(array):
    return array


def _mirrored_sides(left, top, right, bottom, height, width):
    return width - right, top, width - left, bottom


def _scene(rng, height, width, count):
    """Return a picture, a mask and boxes that fit no symmetry."""
    left, top = rng.integers(0, width - 4, size=count), rng.integers(0, height - 3, size=count)
    right, bottom = left + rng.integers(1, 4, size=count), top + rng.integers(1, 3, size=count)
    boxes = np.stack([left, top, right, bottom], axis=1).astype("float32")
    return rng.random((height, width, 3)), rng.integers(0, count + 1, size=(height, width)), boxes


mirrored = Exercise(
    name="mirrored",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_mirrored(_mirrored_sides),
    cases=lambda rng: [
        (np.arange(12.0).reshape(2, 6, 1), np.array([[1] + [0] * 5] * 2), np.array([[0.0, 0.0, 1.0, 2.0]])),
        _scene(rng, 6, 9, 2),
        _scene(rng, 9, 7, 3),
    ],
    mistakes=(
        Mistake(
            "mask forgotten",
            _mirrored(_mirrored_sides, mask_of=_as_it_is),
            "The mask still shows where the objects were: it is flipped like the picture.",
        ),
        Mistake(
            "boxes forgotten",
            _mirrored(lambda left, top, right, bottom, height, width: (left, top, right, bottom)),
            "The boxes still stand where the objects were.",
        ),
        Mistake(
            "only the picture",
            _mirrored(lambda left, top, right, bottom, height, width: (left, top, right, bottom), mask_of=_as_it_is),
            "You flip the picture alone. Whatever speaks of places in it has to go along: the mask, and the boxes.",
        ),
        Mistake(
            "sides not exchanged",
            _mirrored(lambda left, top, right, bottom, height, width: (width - left, top, width - right, bottom)),
            "Your boxes have their left side right of their right one: what was the right side is the left one now.",
        ),
        Mistake(
            "boxes as pixels",
            _mirrored(
                lambda left, top, right, bottom, height, width: (width - 1 - right, top, width - 1 - left, bottom)
            ),
            "Your boxes are one pixel off. A box counts edges, from 0 to the width, and not pixels, from 0 to width − 1.",
        ),
        Mistake(
            "height for width",
            _mirrored(lambda left, top, right, bottom, height, width: (height - right, top, height - left, bottom)),
            "You reckon with the height. Left and right are counted along the width, `picture.shape[1]`.",
        ),
        Mistake(
            "boxes upside down",
            _mirrored(lambda left, top, right, bottom, height, width: (left, height - bottom, right, height - top)),
            "You turn the boxes upside down: a left-right flip leaves top and bottom as they are.",
        ),
        Mistake(
            "upside down",
            _mirrored(
                lambda left, top, right, bottom, height, width: (left, height - bottom, right, height - top),
                picture_of=lambda picture: picture[::-1],
                mask_of=lambda mask: mask[::-1],
            ),
            "All goes together, upside down. Left and right were to be exchanged: the second axis.",
        ),
    ),
    hints=(
        "`array[:, ::-1]` exchanges left and right. A pixel's edge at x from the left is then at width − x.",
        "The new left side is width − right, the new right side width − left.",
    ),
)


# --- MixUp -----------------------------------------------------------------------------------------------------------------


def _mixed(labels_of, partner=lambda order: order, weight=lambda weights: weights):
    """Return an answer from how the labels mix (labels, order, weights as a column), and what stands for order and weights."""

    def mixed(images, labels, order, weights):
        order, column = partner(np.asarray(order)), weight(np.asarray(weights, float))[:, None]
        own = column[:, :, None, None]
        return own * images + (1 - own) * images[order], labels_of(np.asarray(labels, float), order, column)

    return mixed


def _mixed_labels(labels, order, column):
    return column * labels + (1 - column) * labels[order]


def _to_mix(rng, n, classes):
    order = rng.permutation(n)
    while np.array_equal(order, np.argsort(order)) or (order == np.arange(n)).any():
        order = rng.permutation(n)
    labels = np.eye(classes)[rng.permutation(np.arange(n) % classes)]
    return rng.random((n, 2, 3, 1)), labels, order, rng.uniform(0.55, 0.95, size=n).round(3)


mixed = Exercise(
    name="mixed",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_mixed(_mixed_labels),
    cases=lambda rng: [
        (np.ones((1, 2, 2, 1)), np.array([[0.0, 1.0]]), np.array([0]), np.array([0.3])),
        (
            np.stack([np.zeros((2, 2, 1)), np.ones((2, 2, 1))]),
            np.eye(2),
            np.array([1, 0]),
            np.array([1.0, 0.25]),
        ),
        _to_mix(rng, 6, 3),
        _to_mix(rng, 7, 7),
    ],
    mistakes=(
        Mistake(
            "labels not mixed",
            _mixed(lambda labels, order, column: labels),
            "Your labels are as they were. A picture that is 70 % cat and 30 % cup has a label of 0.7 and 0.3.",
        ),
        Mistake(
            "labels with the other weight",
            _mixed(lambda labels, order, column: (1 - column) * labels + column * labels[order]),
            "Your labels have the weights the wrong way round: the picture's own label gets the weight of its own pixels.",
        ),
        Mistake(
            "weights exchanged",
            _mixed(_mixed_labels, weight=lambda weights: 1 - weights),
            "Pictures and labels agree, with the weights the wrong way round: `weights` are those of the picture itself, its partner gets the rest.",
        ),
        Mistake(
            "labels of other partners",
            _mixed(lambda labels, order, column: column * labels + (1 - column) * labels[::-1]),
            "Your labels are mixed with those of other pictures than the pixels: use the same order for both.",
        ),
        Mistake(
            "order the other way",
            _mixed(_mixed_labels, partner=np.argsort),
            "You have turned the order round: the partner of picture i is picture `order[i]`, so `images[order]`.",
        ),
        Mistake(
            "one weight for all",
            _mixed(_mixed_labels, weight=lambda weights: np.full_like(weights, weights[0])),
            "You use the first weight for the whole batch. Each picture has its own.",
        ),
        Mistake(
            "half and half",
            _mixed(lambda labels, order, column: (labels + labels[order]) / 2),
            "Your labels are halves. They mix with the weights of the pixels, picture by picture.",
        ),
        Mistake(
            "the larger part takes all",
            _mixed(lambda labels, order, column: np.where(column > 0.5, labels, labels[order])),
            "You give each picture the label of its larger part. A mixed picture has a mixed label: that is the point of MixUp.",
        ),
    ),
    hints=(
        "`images[order]` are the partners. The weights have to become a column before they multiply a batch.",
        "`weights[:, None, None, None]` fits the images, `weights[:, None]` the labels; partners get one minus that.",
    ),
)


# --- CutMix ----------------------------------------------------------------------------------------------------------------


def _inside(box, height, width):
    left, top, right, bottom = box
    return max(left, 0), max(top, 0), min(right, width), min(bottom, height)


def _area(box):
    left, top, right, bottom = box
    return (right - left) * (bottom - top)


def _replaced(image, other, box, inside):
    """Return the image, with the part inside of the box from the other one."""
    left, top, right, bottom = inside
    result = np.array(image, float)
    result[top:bottom, left:right] = np.asarray(other, float)[top:bottom, left:right]
    return result


def _pasted(own, paste=_replaced):
    """Return an answer from the weight of the own label (by box, what of it is inside, height, width) and the pasting."""

    def pasted(image, other, label, other_label, box):
        height, width = np.shape(image)[:2]
        inside = _inside(box, height, width)
        weight = own(box, inside, height, width)
        return paste(image, other, box, inside), weight * np.asarray(label) + (1 - weight) * np.asarray(other_label)

    return pasted


def _left_over(box, inside, height, width):
    return 1 - _area(inside) / (height * width)


def _from_the_corner(image, other, box, inside):
    left, top, right, bottom = inside
    result = np.array(image, float)
    result[top:bottom, left:right] = np.asarray(other, float)[: bottom - top, : right - left]
    return result


def _around_the_box(image, other, box, inside):
    return _replaced(other, image, box, inside)


def _axes_exchanged(image, other, box, inside):
    left, top, right, bottom = inside
    result = np.array(image, float)
    result[left:right, top:bottom] = np.asarray(other, float)[left:right, top:bottom]
    return result


def _not_cut_off(image, other, label, other_label, box):
    left, top, right, bottom = box
    height, width = np.shape(image)[:2]
    result = np.array(image, float)
    result[top:bottom, left:right] = np.asarray(other, float)[top:bottom, left:right]
    weight = 1 - _area(box) / (height * width)
    return result, weight * np.asarray(label) + (1 - weight) * np.asarray(other_label)


def _to_paste(rng, box, height=6, width=8):
    first, second = np.eye(4)[rng.permutation(4)[:2]]
    return rng.random((height, width, 3)), rng.random((height, width, 3)), first, second, box


pasted = Exercise(
    name="pasted",
    points=3,
    kind="function",
    stub=FUNCTION,
    reference=_pasted(_left_over),
    cases=lambda rng: [
        _to_paste(rng, (2, 1, 5, 3)),
        _to_paste(rng, (0, 0, 8, 6)),
        _to_paste(rng, (3, 2, 3, 5)),
        _to_paste(rng, (-2, 3, 3, 9)),
        _to_paste(rng, (5, -1, 11, 2)),
        _to_paste(
            rng, (int(rng.integers(1, 3)), int(rng.integers(0, 2)), int(rng.integers(4, 8)), int(rng.integers(3, 6)))
        ),
    ],
    mistakes=(
        Mistake(
            "labels not mixed",
            _pasted(lambda box, inside, height, width: 1),
            "Your label is as it was. What is pasted in brings its share of its own label along.",
        ),
        Mistake(
            "weights exchanged",
            _pasted(lambda box, inside, height, width: _area(inside) / (height * width)),
            "Your label has the weights the wrong way round: the area pasted in is the *other* label's share.",
        ),
        Mistake(
            "area that was drawn",
            _pasted(lambda box, inside, height, width: 1 - _area(box) / (height * width)),
            "You weigh the label by the whole box, also where it hangs over the edge. Only what is inside of the picture was pasted: cut the box off first.",
        ),
        Mistake(
            "not cut off",
            _not_cut_off,
            "Your box still hangs over the edge, and a negative index counts from the other end: `image[:, -2:3]` is empty. Cut the box off at the picture first.",
        ),
        Mistake(
            "side for area",
            _pasted(lambda box, inside, height, width: 1 - math.sqrt(max(_area(inside), 0) / (height * width))),
            "You weigh by the side of the box. The label's share is its area.",
        ),
        Mistake(
            "half and half",
            _pasted(lambda box, inside, height, width: 0.5),
            "Your label is half and half, whatever the box. Each label's share is that of its pixels.",
        ),
        Mistake(
            "the larger part takes all",
            _pasted(lambda box, inside, height, width: float(_left_over(box, inside, height, width) > 0.5)),
            "You give the picture the label of its larger part. Mix the labels, by area.",
        ),
        Mistake(
            "from the corner",
            _pasted(_left_over, _from_the_corner),
            "You paste the other picture's top left corner. CutMix takes what stands at the same place: the box cuts both.",
        ),
        Mistake(
            "around the box",
            _pasted(_left_over, _around_the_box),
            "You keep the inside of the box and replace what is around it: it is the other way round.",
        ),
        Mistake(
            "rows and columns exchanged",
            _pasted(_left_over, _axes_exchanged),
            "You have exchanged the axes: an array's first index is the row, so `image[top:bottom, left:right]`.",
        ),
    ),
    hints=(
        "First cut the box off: left and top at 0, right at the width, bottom at the height.",
        "`result = image.copy()`, then `result[top:bottom, left:right] = other[top:bottom, left:right]`.",
        "The own label's weight is the share of the pixels that are still the picture's own.",
    ),
)


# --- only what is trained on -----------------------------------------------------------------------------------------------


def _prepared(train=lambda x, copies, augment: augment(np.repeat(x, copies, axis=0)), labels=np.repeat, test=None):
    """Return an answer from how it treats the training pictures, their labels and (None: not at all) the test pictures."""

    def prepared(x, y, x_test, copies, augment):
        return train(x, copies, augment), labels(y, copies), x_test if test is None else test(x_test, augment)

    return prepared


def _one_draw_repeated(x, copies, augment):
    return np.repeat(augment(x), copies, axis=0)


def _and_the_originals(x, copies, augment):
    return np.concatenate([x, augment(np.repeat(x, copies, axis=0))])


def what_is_prepared(prepared, pictures, copies, seed):
    """Return what is true of what `prepared(x, y, x_test, copies, augment)` returns (dict).

    Picture i of the data is of value i everywhere, and augmenting adds to each a number of its own, between 0 and 1.
    """
    rng = np.random.default_rng(seed)
    drawn = iter((rng.permutation(10_000) + 0.5) / 10_000)

    def augment(images):
        images = np.asarray(plain(images), float)
        return images + np.array([next(drawn) for _ in images]).reshape(-1, 1, 1, 1)

    values = np.arange(2.0 * pictures).reshape(-1, 1, 1, 1) + np.zeros((1, 2, 2, 1))
    x, x_test, y = values[:pictures], values[pictures:], rng.permutation(pictures)
    result = prepared(x.copy(), y.copy(), x_test.copy(), copies, augment)
    try:
        train, labels, test = (np.asarray(plain(part)) for part in result)
        train, labels = train[:, 0, 0, 0], labels.reshape(-1)
        source = np.floor(train).astype(int)
    except (TypeError, ValueError, IndexError):
        raise WrongForm("Three things are wanted: training pictures, their labels, and test pictures.") from None
    paired = len(labels) == len(source) and source.max() < pictures
    return {
        "training pictures": len(train),
        "training labels": len(labels),
        "test pictures": len(test),
        "each as often as the others": len(set(np.bincount(source).tolist())) == 1,
        "every one augmented": bool((train != source).all()),
        "each with a draw of its own": len(np.unique(train)) == len(train),
        "labels fit their pictures": bool(paired and (labels == y[source]).all()),
        "test pictures as they were": test.shape == x_test.shape and bool((test == x_test).all()),
    }


prepared = Exercise(
    name="prepared",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_prepared(),
    cases=lambda rng: [(1, 1, 0), (2, 1, 0), (3, 4, 0), (int(rng.integers(4, 9)), 3, int(rng.integers(1, 99)))],
    probe=what_is_prepared,
    mistakes=(
        Mistake(
            "test set augmented",
            _prepared(test=lambda x_test, augment: augment(x_test)),
            "You augment the test pictures too. What they measure is how the net does on pictures as they come: leave them alone.",
        ),
        Mistake(
            "only the test set augmented",
            _prepared(
                train=lambda x, copies, augment: np.repeat(x, copies, axis=0), test=lambda x, augment: augment(x)
            ),
            "You augment the test pictures and not the training ones: it is the other way round.",
        ),
        Mistake(
            "test set multiplied",
            _prepared(test=lambda x_test, augment: augment(np.repeat(x_test, 2, axis=0))),
            "You treat the test pictures like the training ones. They stay as they come, each once.",
        ),
        Mistake(
            "labels out of step",
            _prepared(labels=np.tile),
            "Your labels are out of step with the pictures: `np.repeat` gives 0 0 1 1, `np.tile` 0 1 0 1. Use the same one for both.",
        ),
        Mistake(
            "labels not repeated",
            _prepared(labels=lambda y, copies: y),
            "You have more pictures than labels: each copy needs the label of its picture.",
        ),
        Mistake(
            "one draw, repeated",
            _prepared(train=_one_draw_repeated),
            "You augment first and copy then, so all copies of a picture are the same. Copy first: each copy is to have a draw of its own.",
        ),
        Mistake(
            "not augmented",
            _prepared(train=lambda x, copies, augment: np.repeat(x, copies, axis=0)),
            "You only copy the pictures. Each copy is to go through `augment`.",
        ),
        Mistake(
            "originals as well",
            _prepared(train=_and_the_originals, labels=lambda y, copies: np.concatenate([y, np.repeat(y, copies)])),
            "You keep the originals beside the copies. That is a fair choice, and not what was asked: `copies` of each picture, every one augmented.",
        ),
    ),
    hints=(
        "`np.repeat(x, copies, axis=0)` copies each picture; what does that do to the labels?",
        "Augment all copies in one call: `augment` draws for each picture that it gets.",
    ),
)


# --- test-time augmentation ------------------------------------------------------------------------------------------------


def _softmax(logits, axis=-1):
    powers = np.exp(logits - logits.max(axis=axis, keepdims=True))
    return powers / powers.sum(axis=axis, keepdims=True)


def _of_views(logits):
    return np.asarray(logits, float)


def _most_votes(logits):
    logits = _of_views(logits)
    votes = np.eye(logits.shape[-1])[logits.argmax(axis=-1)]
    return votes.sum(axis=0).argmax(axis=-1)


def _views(rng, views, n, classes):
    return (3 * rng.normal(size=(views, n, classes))).round(3)


averaged = Exercise(
    name="averaged",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=lambda logits: _softmax(_of_views(logits)).mean(axis=0).argmax(axis=-1),
    cases=lambda rng: [
        (np.array([[[1.0, 2.0, 0.5]]]),),
        (np.array([[[4.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]], [[0.0, 1.0, 0.0]]]),),
        (_views(rng, 5, 60, 4),),
        (_views(rng, 8, 40, 10),),
    ],
    mistakes=(
        Mistake(
            "labels averaged",
            lambda logits: np.rint(_of_views(logits).argmax(axis=-1).mean(axis=0)).astype(int),
            "You average labels. Between a 2 and an 8 lies no 5: labels are names, so average the probabilities, and look for the largest then.",
        ),
        Mistake(
            "most votes",
            _most_votes,
            "You count votes. A view that hesitates counts as much then as one that is sure: average the probabilities first, and take the largest last.",
        ),
        Mistake(
            "logits averaged",
            lambda logits: _of_views(logits).mean(axis=0).argmax(axis=-1),
            "You average the logits. They have no upper end, so one view that is very sure outweighs all others: softmax first, then the average.",
        ),
        Mistake(
            "one view",
            lambda logits: _of_views(logits)[0].argmax(axis=-1),
            "You take the first view only.",
        ),
        Mistake(
            "surest view",
            lambda logits: _softmax(_of_views(logits)).max(axis=0).argmax(axis=-1),
            "You let the view decide that is surest of itself. Average over the views: `mean`, not `max`.",
        ),
        Mistake(
            "softmax over the views",
            lambda logits: _softmax(_of_views(logits), axis=0).mean(axis=0).argmax(axis=-1),
            "Your softmax goes over the views. It goes over the classes, the last axis: each view's probabilities sum to 1.",
        ),
        Mistake(
            "probabilities for the label",
            lambda logits: _softmax(_of_views(logits)).mean(axis=0),
            "These are the probabilities, and they are right. The label is the place of the largest one: `argmax` over the classes.",
        ),
    ),
    hints=(
        "Three steps: softmax over the classes, mean over the views, argmax over the classes.",
        "`keras.ops.softmax` goes over the last axis. The views are axis 0.",
    ),
)
