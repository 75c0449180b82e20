"""The references of lecture 10 against numbers worked out by hand, SciPy and Keras's own layers; slips as students write them."""

import keras
import numpy as np
import pytest
from keras import layers
from scipy import ndimage, special

from course import augmentation
from course.exercises import augmentation as exercises


def reference(name):
    return getattr(exercises, name).reference


def wrong(name, answer):
    outcome = getattr(exercises, name).check(answer)
    assert outcome.status == "wrong", outcome
    return outcome.mistake and outcome.mistake.name


def right(name, answer):
    outcome = getattr(exercises, name).check(answer)
    assert outcome.status == "right", outcome


# --- read_from --------------------------------------------------------------------------------------------------------


def test_read_from_by_hand():
    # a quarter turn anticlockwise: the top right corner moves to the top left, the bottom left one to the bottom right
    assert reference("read_from")(0, 0, 5, 0.25) == pytest.approx((0, 4))
    assert reference("read_from")(4, 4, 5, 0.25) == pytest.approx((4, 0))
    assert reference("read_from")(1, 2, 4, 0.5) == pytest.approx((2, 1))
    # an eighth: one pixel above the middle comes from half a root of 2 above, and as much to the right
    assert reference("read_from")(1, 2, 5, 0.125) == pytest.approx((2 - 0.5**0.5, 2 + 0.5**0.5))


@pytest.mark.parametrize("factor", [0.07, -0.2])
def test_read_from_is_where_keras_reads(factor):
    size = 12
    rng = np.random.default_rng(0)
    smooth = ndimage.gaussian_filter(rng.random((size, size)), 1).astype("float32")
    layer = layers.RandomRotation((factor, factor), fill_mode="nearest")
    turned = augmentation.variants(layer, smooth[..., None], count=1)[0, ..., 0]
    for row, column in ((6, 6), (4, 7), (8, 3), (3, 5)):
        place = np.array(reference("read_from")(row, column, size, factor)).reshape(2, 1)
        assert turned[row, column] == pytest.approx(ndimage.map_coordinates(smooth, place, order=1)[0], abs=2e-3)


# --- brightened -------------------------------------------------------------------------------------------------------


def test_brightened_by_hand():
    pictures = np.array([[0.5, 0.9], [0.1, 0.6]]).reshape(2, 1, 2, 1)
    first, second = np.random.default_rng(4).uniform(-0.5, 0.5, size=2)  # 0.443 and 0.011
    result = reference("brightened")(pictures, 0.5, 4).ravel()
    assert result.tolist() == pytest.approx([0.5 + first, 1, 0.1 + second, 0.6 + second])
    assert first > 0.1 and 0 < second < 0.4


def test_brightened_in_other_ways():
    def one_by_one(pictures, factor, seed):
        rng = np.random.default_rng(seed)
        return np.stack([np.clip(picture + rng.uniform(-factor, factor), 0, 1) for picture in pictures])

    def tensors(pictures, factor, seed):
        added = keras.random.uniform((len(pictures), 1, 1, 1), -factor, factor, seed=seed)
        return keras.ops.clip(keras.ops.convert_to_tensor(pictures) + added, 0, 1)

    right("brightened", one_by_one)
    right("brightened", tensors)


# --- for_digits -------------------------------------------------------------------------------------------------------

TURN = {"factor": 15 / 360}
DIM = {"factor": 0.2, "value_range": (0, 1)}
BLACK = {"fill_mode": "constant"}


@pytest.mark.parametrize(
    "build",
    [
        lambda: keras.Sequential([layers.RandomTranslation(1 / 8, 1 / 8, **BLACK), layers.RandomRotation(**TURN, **BLACK),
                                  layers.RandomBrightness(**DIM)]),
        lambda: layers.Pipeline([layers.RandomBrightness(**DIM), layers.RandomRotation((-15 / 360, 15 / 360), **BLACK),
                                 layers.RandomTranslation(0.125, 0, **BLACK), layers.RandomTranslation(0, 0.125, **BLACK)]),
    ],
    ids=["sequential", "four in another order"],
)  # fmt: skip
def test_there_are_many_pipelines_for_digits(build):
    right("for_digits", build())


@pytest.mark.parametrize(
    "parts, mistake",
    [
        (lambda: [layers.RandomRotation(**TURN), layers.RandomTranslation(1 / 8, 0), layers.RandomBrightness(**DIM)], "no shift"),
        (lambda: [layers.RandomRotation(15 / 180), layers.RandomTranslation(1 / 8, 1 / 8), layers.RandomBrightness(**DIM)], "half a turn for a whole one"),
        (lambda: [layers.RandomRotation(**TURN), layers.RandomTranslation(1 / 8, 1 / 8), layers.RandomBrightness(0.2)], "value_range forgotten"),
        (lambda: [layers.RandomRotation(**TURN), layers.RandomTranslation(1 / 8, 1 / 8)], None),
    ],
)  # fmt: skip
def test_pipelines_for_digits_that_go_wrong(parts, mistake):
    assert wrong("for_digits", layers.Pipeline(parts())) == mistake


def test_keras_refuses_a_turn_of_15():
    """As the lecture's self-test says."""
    with pytest.raises(ValueError):
        layers.RandomRotation(15)


# --- on_its_head ------------------------------------------------------------------------------------------------------

LETTERS = {  # a plain font, five pixels high
    "b": "#.. #.. ### #.# ###", "d": "..# ..# ### #.# ###", "n": "... ... ### #.# #.#",
    "p": "### #.# ### #.. #..", "q": "### #.# ### ..# ..#", "u": "... ... #.# #.# ###",
}  # fmt: skip


def test_on_its_head_by_turning_letters():
    """A letter shows another if its pixels, without the empty rows around them, are the other's; the n has a stem's spur."""
    shapes = {name: np.array([list(row) for row in rows.split() if "#" in row]) for name, rows in LETTERS.items()}

    def shown(change):
        changed = {name: change(shape) for name, shape in shapes.items()}
        return {
            name: other
            for name, change in changed.items()
            for other, shape in shapes.items()
            if other != name and np.array_equal(change, shape)
        }

    assert shown(lambda shape: shape[::-1, ::-1]) == reference("on_its_head")["half turn"]
    assert shown(lambda shape: shape[:, ::-1]) == reference("on_its_head")["left-right flip"]


@pytest.mark.parametrize(
    "answer, words",
    [
        ({"half turn": {"b": "q"}}, "two entries"),
        ({"half turn": "bq", "left-right flip": {}}, "a dictionary too"),
        ({"half turn": {"m": "w"}, "left-right flip": {}}, "of these: b d n p q u"),
        ("bq", "two entries"),
    ],
)
def test_what_is_no_answer_about_letters_is_told_so(answer, words):
    outcome = exercises.on_its_head.check(answer)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form")
    assert words in outcome.sentence


def test_letters_in_any_case_and_order():
    turn, flip = ({one.upper(): other for one, other in reversed(pairs.items())} for pairs in reference("on_its_head").values())  # fmt: skip
    right("on_its_head", {"left-right flip": flip, "half turn": turn})


# --- mirrored ---------------------------------------------------------------------------------------------------------


def test_mirrored_by_hand():
    picture = np.arange(8.0).reshape(2, 4, 1)
    mask = np.array([[1, 1, 0, 0], [1, 1, 0, 0]])
    flipped, flipped_mask, boxes = reference("mirrored")(picture, mask, np.array([[0.0, 0, 2, 2], [1, 1, 4, 2]]))
    assert flipped[..., 0].tolist() == [[3, 2, 1, 0], [7, 6, 5, 4]]
    assert flipped_mask.tolist() == [[0, 0, 1, 1], [0, 0, 1, 1]]
    assert boxes.tolist() == [[2, 0, 4, 2], [0, 1, 3, 2]]


def test_mirrored_is_what_keras_does():
    picture, mask, boxes = exercises.mirrored.cases(np.random.default_rng(0))[1]
    layer = layers.RandomFlip("horizontal", bounding_box_format="xyxy")
    batch = {
        "images": np.float32(picture)[None],
        "segmentation_masks": mask[None, ..., None],
        "bounding_boxes": {"boxes": boxes[None], "labels": np.zeros((1, len(boxes)))},
    }
    flip = {**layer.get_random_transformation(batch), "flips": keras.ops.ones((1, 1, 1, 1), "bool")}
    ours = reference("mirrored")(picture, mask, boxes)
    images = layer.transform_images(batch["images"], flip)
    assert keras.ops.convert_to_numpy(images)[0] == pytest.approx(ours[0], abs=1e-6)
    theirs = layer.transform_bounding_boxes(batch["bounding_boxes"], flip)["boxes"]
    assert keras.ops.convert_to_numpy(theirs)[0] == pytest.approx(ours[2], abs=1e-3)


# --- mixed and pasted -------------------------------------------------------------------------------------------------


def test_mixed_by_hand():
    images = np.array([0.0, 1, 0.5]).reshape(3, 1, 1, 1)
    mixed, labels = reference("mixed")(images, np.eye(3), np.array([1, 2, 0]), np.array([0.75, 0.5, 1]))
    assert mixed.ravel().tolist() == [0.25, 0.75, 0.5]
    assert labels.tolist() == [[0.75, 0.25, 0], [0, 0.5, 0.5], [0, 0, 1]]


def test_mixed_is_what_keras_mixes():
    rng = np.random.default_rng(0)
    batch = {"images": rng.random((5, 3, 4, 2)).astype("float32"), "labels": np.eye(5, dtype="float32")}
    layer = layers.MixUp(alpha=1.0)
    drawn = layer.get_random_transformation(batch)
    order, weights = (keras.ops.convert_to_numpy(drawn[name]) for name in ("permutation_order", "mix_weight"))
    images, labels = reference("mixed")(batch["images"], batch["labels"], order, weights)
    for ours, theirs in ((images, layer.transform_images(batch["images"], drawn)), (labels, layer.transform_labels(batch["labels"], drawn))):  # fmt: skip
        assert ours == pytest.approx(keras.ops.convert_to_numpy(theirs), abs=1e-5)


def test_pasted_by_hand():
    image, other = np.zeros((2, 4, 1)), np.arange(1.0, 9).reshape(2, 4, 1)
    cat, cup = np.array([1.0, 0]), np.array([0, 1.0])
    result, label = reference("pasted")(image, other, cat, cup, (1, 0, 3, 1))  # two of eight pixels
    assert result[..., 0].tolist() == [[0, 2, 3, 0], [0, 0, 0, 0]] and label.tolist() == [0.75, 0.25]
    result, label = reference("pasted")(image, other, cat, cup, (-1, 1, 1, 5))  # one pixel is inside
    assert result[..., 0].tolist() == [[0, 0, 0, 0], [5, 0, 0, 0]] and label.tolist() == [0.875, 0.125]
    assert not image.any()


@pytest.mark.parametrize("seed", range(20))
def test_pasted_counts_the_pixels_that_stay(seed):
    for image, other, label, other_label, box in exercises.pasted.cases(np.random.default_rng(seed)):
        result, mixed = reference("pasted")(image, other, label, other_label, box)
        stayed = np.mean([[(result[r, c] == image[r, c]).all() for c in range(image.shape[1])] for r in range(len(image))])  # fmt: skip
        assert mixed == pytest.approx(stayed * label + (1 - stayed) * other_label)


# --- prepared and averaged --------------------------------------------------------------------------------------------


def test_prepared_in_other_ways():
    def copies_in_turn(x, y, x_test, copies, augment):
        return np.concatenate([augment(x) for _ in range(copies)]), np.tile(y, copies), x_test

    def lists(x, y, x_test, copies, augment):
        pairs = [(augment(image[None])[0], label) for image, label in zip(x, y, strict=True) for _ in range(copies)]
        return [image for image, _ in pairs], [label for _, label in pairs], list(x_test)

    right("prepared", copies_in_turn)
    right("prepared", lists)


def test_prepared_slips():
    def split_afterwards(x, y, x_test, copies, augment):
        both = augment(np.repeat(np.concatenate([x, x_test]), copies, axis=0))
        return both[: copies * len(x)], np.repeat(y, copies), both[copies * len(x) :]

    def axis_forgotten(x, y, x_test, copies, augment):
        return augment(np.repeat(x, copies)), np.repeat(y, copies), x_test

    assert exercises.prepared.check(split_afterwards).status == "wrong"
    assert exercises.prepared.check(axis_forgotten).status == "wrong"


def test_averaged_by_hand():
    # softmax of (4, 0, 0) is (0.965, 0.018, 0.018), of (0, 1, 0) (0.212, 0.576, 0.212): one sure view outweighs one, not two
    sure, unsure = [4.0, 0, 0], [0.0, 1, 0]
    assert reference("averaged")(np.array([[sure], [unsure]])).tolist() == [0]
    # 0.965 + 2·0.212 = 1.389 against 0.018 + 2·0.576 = 1.170; with a fourth view 1.601 against 1.746
    assert reference("averaged")(np.array([[sure], [unsure], [unsure]])).tolist() == [0]
    assert reference("averaged")(np.array([[sure], [unsure], [unsure], [unsure]])).tolist() == [1]


def test_averaged_in_other_ways():
    right("averaged", lambda logits: np.argmax(sum(special.softmax(view, axis=-1) for view in logits), axis=1))
    right("averaged", lambda logits: special.softmax(logits, axis=2).mean(0).argmax(1))
    right("averaged", lambda logits: keras.ops.argmax(keras.ops.mean(keras.ops.softmax(logits), axis=0), axis=-1))
