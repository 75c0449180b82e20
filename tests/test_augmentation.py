"""Augmentation: draws, the ruler held against SciPy and scikit-image, the old generator against its translation."""

import math

import numpy as np
import pytest
from scipy import ndimage, special

from course.runtime import import_keras

keras = import_keras()

from keras import layers  # noqa: E402
from skimage import transform  # noqa: E402

from course import augmentation  # noqa: E402
from course.datasets import Part  # noqa: E402

MIDDLE = 16  # of the ruler's 33 pixels
OLD = ("rotation_range", "width_shift_range", "height_shift_range", "shear_range", "zoom_range")


class Counter:
    """An augmentation that needs no luck: it adds 1, 2, 3 … to the pictures that it is given, one after the other."""

    def __init__(self):
        self.drawn, self.flags = 0, []

    def __call__(self, images, training=None):
        self.flags.append(training)
        added = self.drawn + 1 + np.arange(len(images))
        self.drawn += len(images)
        return keras.ops.convert_to_tensor(np.asarray(images) + added.reshape(-1, 1, 1, 1).astype("float32"))


# --- draws ------------------------------------------------------------------------------------------------------------


def test_variants_are_draws_of_one_picture_in_training():
    counter = Counter()
    drawn = augmentation.variants(counter, np.full((2, 3, 1), 10.0), count=4)
    assert type(drawn) is np.ndarray and drawn.shape == (4, 2, 3, 1)
    assert drawn[:, 1, 2, 0].tolist() == [11, 12, 13, 14] and counter.flags == [True]


@pytest.mark.parametrize("shape, count, words", [((8, 8), 3, r"picture .* got \(8, 8\)"), ((1, 8, 8, 3), 3, "picture"), ((8, 8, 3), 0, "count .* got 0")])  # fmt: skip
def test_what_is_no_picture_or_no_count_is_refused(shape, count, words):
    with pytest.raises(ValueError, match=words):
        augmentation.variants(layers.RandomFlip(), np.zeros(shape), count)


def part():
    return Part(np.float32([10, 20]).reshape(2, 1, 1, 1), np.array([7, 8], "int32"))


def test_enlarged_copies_each_image_equally_often_and_draws_for_each_copy():
    images, labels = augmentation.enlarged(part(), 6)
    assert images.ravel().tolist() == [10, 10, 10, 20, 20, 20] and labels.tolist() == [7, 7, 7, 8, 8, 8]
    images, labels = augmentation.enlarged(part(), 6, Counter())
    assert images.ravel().tolist() == [11, 12, 13, 24, 25, 26] and labels.tolist() == [7, 7, 7, 8, 8, 8]
    assert part().images.ravel().tolist() == [10, 20]


@pytest.mark.parametrize("size", [0, -2, 1, 5])
def test_enlarged_wants_a_multiple(size):
    with pytest.raises(ValueError, match=f"size must be a multiple of the 2 images, but got {size}"):
        augmentation.enlarged(part(), size)


def test_test_time_averages_probabilities():
    model = keras.Sequential([keras.Input((1, 1, 1)), layers.Flatten(), layers.Dense(3, use_bias=False)])
    weights = np.float32([[0.5, -0.25, 0.1]])
    model.set_weights([weights])
    images = np.float32([1, -4]).reshape(2, 1, 1, 1)
    # the counter adds 1 and 2 to the two pictures, then 3 and 4, then 5 and 6
    views = [special.softmax(np.float64([[1 + k], [-4 + k + 1]]) * weights, axis=1) for k in (1, 3, 5)]
    averaged = augmentation.test_time(model, images, Counter(), views=3)
    assert averaged == pytest.approx(sum(views) / 3, abs=2e-3)
    with pytest.raises(ValueError, match="views must be at least 1, but got 0"):
        augmentation.test_time(model, images, Counter(), views=0)


# --- the ruler --------------------------------------------------------------------------------------------------------


def test_the_ruler_rises_evenly():
    ruler = augmentation.ruler()
    assert ruler.shape == (33, 33, 3) and ruler.dtype == "float32"
    for (row, column), rgb in {
        (0, 0): (0.25, 0.25, 0.5),
        (0, 32): (0.75, 0.25, 0.5),
        (8, 16): (0.5, 0.375, 0.5),
    }.items():
        assert ruler[row, column].tolist() == pytest.approx(rgb)


def moved(mirrored, turn, wide, high, slant, right, down, brighter):
    """Return a ruler that SciPy has moved: mirrored, stretched and slanted, then turned, then shifted; and brightened."""
    t = math.radians(turn)
    turning = np.array([[math.cos(t), math.sin(t)], [-math.sin(t), math.cos(t)]])  # (column, row), rows downwards
    step = turning @ np.array([[wide, slant * high], [0, high]]) @ np.diag([-1 if mirrored else 1, 1])
    rows, columns = np.indices((33, 33)) - MIDDLE
    place = np.stack([columns - 33 * right, rows - 33 * down]).reshape(2, -1)
    columns, rows = (np.linalg.inv(step) @ place).reshape(2, 33, 33) + MIDDLE
    channels = np.moveaxis(augmentation.ruler(), -1, 0)
    read = [ndimage.map_coordinates(channel, [rows, columns], order=1, mode="nearest") for channel in channels]
    return np.stack(read, axis=-1) + brighter


MOVES = (
    (False, 0, 1, 1, 0, 0, 0, 0),
    (True, 0, 1, 1, 0, 0, 0, 0),
    (False, 30, 1, 1, 0, 0, 0, 0),
    (True, -75, 1, 1, 0, 0, 0, 0.1),
    (False, 180, 1, 1, 0, 0, 0, -0.2),
    (False, 0, 1.5, 0.8, 0, 0, 0, 0),
    (False, 0, 1, 1, 0.3, 0, 0, 0),
    (False, 0, 1, 1, 0, 0.1, -0.2, 0),
    (True, 100, 1.2, 0.9, -0.25, -0.08, 0.12, 0.05),
)


@pytest.mark.parametrize("move", MOVES)
def test_read_tells_what_scipy_did(move):
    row = augmentation.read(moved(*move)[None]).astype(float).iloc[0]
    assert row.tolist()[0] == move[0]
    turn = (row["turn"] - move[1] + 180) % 360 - 180  # −180 and 180 are one
    assert turn == pytest.approx(0, abs=0.1)
    assert row.tolist()[2:] == pytest.approx(move[2:], abs=2e-3)


def test_read_says_where_it_cannot_tell():
    black, ruler = np.zeros((33, 33, 3)), augmentation.ruler()
    found = augmentation.read(np.stack([black, ruler]))
    assert found[["turn", "wide", "high", "slant", "right", "down"]].isna().all(axis=1).tolist() == [True, False]


@pytest.mark.parametrize("shape", [(33, 33, 3), (2, 32, 33, 3), (2, 33, 33, 1)])
def test_read_takes_rulers_only(shape):
    with pytest.raises(ValueError, match=r"pictures must have the shape \(n, 33, 33, 3\)"):
        augmentation.read(np.zeros(shape))


@pytest.mark.parametrize("angle", [36, -70, 180])
def test_keras_turns_anticlockwise_as_scikit_image_does(angle):
    layer = layers.RandomRotation((angle / 360, angle / 360), fill_mode="nearest")
    ours = augmentation.variants(layer, augmentation.ruler(), count=1)[0]
    theirs = transform.rotate(augmentation.ruler(), angle, order=1, mode="edge")
    inside = np.hypot(*(np.indices((33, 33)) - MIDDLE)) < 15
    assert ours[inside] == pytest.approx(theirs[inside], abs=1e-2)


# --- the old generator ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def legacy():
    """The generator itself, where TensorFlow brings it; its attributes are those of tf.keras.preprocessing.image."""
    return pytest.importorskip("tensorflow").keras.preprocessing.image


def extreme(legacy, argument, value):
    """Return what the ruler shows of the generator's largest draw of one argument (column, number)."""
    drawn = {
        "rotation_range": ("turn", {"theta": value}),
        "width_shift_range": ("right", {"tx": 33 * value}),
        "height_shift_range": ("down", {"ty": 33 * value}),
        "shear_range": ("slant", {"shear": value}),
        "zoom_range": ("wide", {"zx": 1 - value}),
    }
    column, parameters = drawn[argument]
    picture = legacy.ImageDataGenerator().apply_transform(augmentation.ruler(), parameters)
    return column, augmentation.read(picture[None])[column][0]


@pytest.mark.parametrize("argument, value", [("rotation_range", 40), ("width_shift_range", 0.2), ("height_shift_range", 0.1), ("shear_range", 20), ("zoom_range", 0.2)])  # fmt: skip
def test_a_layer_goes_as_far_as_the_generator_went(legacy, argument, value):
    column, furthest = extreme(legacy, argument, value)
    [layer] = augmentation.from_generator(**{argument: value}).values()
    keras.utils.set_random_seed(0)
    found = augmentation.measure(layer, count=300)
    rest = 1 if column == "wide" else 0
    reach = (found[column] - rest).abs().max()
    assert 0.97 * abs(furthest - rest) < reach < 1.01 * abs(furthest - rest)
    still = {"turn", "right", "down", "slant"} - {column} - ({"right"} if argument == "shear_range" else set())
    assert found[sorted(still)].abs().max().max() < 1e-3


def test_shifts_of_brightness_and_flips(legacy):
    ruler = augmentation.ruler()
    shifted = legacy.ImageDataGenerator().apply_transform(ruler * 255, {"channel_shift_intensity": 20}) / 255
    furthest = augmentation.read(shifted[None])["brighter"][0]
    [layer] = augmentation.from_generator(channel_shift_range=20).values()
    brighter = augmentation.read(augmentation.variants(layer, ruler * 255, 300) / 255)["brighter"]
    assert 0.95 * furthest < brighter.max() < 1.01 * furthest and brighter.min() < -0.95 * furthest
    [layer] = augmentation.from_generator(horizontal_flip=True).values()
    flipped = {drawn.tobytes() for drawn in augmentation.variants(layer, ruler, 60)}
    assert flipped == {ruler.tobytes(), ruler[:, ::-1].tobytes()}


def test_the_layers_follow_each_other_in_the_generators_order(legacy):
    theta = 30
    theirs = legacy.ImageDataGenerator().apply_transform(augmentation.ruler(), {"theta": theta, "tx": 4, "ty": 2})
    fixed = {
        "rotation_range": layers.RandomRotation((theta / 360, theta / 360)),
        "width_shift_range": layers.RandomTranslation(0, (-4 / 33, -4 / 33)),
        "height_shift_range": layers.RandomTranslation((-2 / 33, -2 / 33), 0),
    }
    order = [name for name in augmentation.from_generator(**dict.fromkeys(OLD, 0.1)) if name in fixed]
    one_way, other_way = (
        augmentation.variants(layers.Pipeline([fixed[name] for name in names]), augmentation.ruler(), 1)
        for names in (order, order[::-1])
    )
    columns = ["turn", "right", "down"]
    theirs, one_way, other_way = (augmentation.read(x)[columns].iloc[0] for x in (theirs[None], one_way, other_way))
    assert one_way.tolist() == pytest.approx(theirs.tolist(), abs=5e-3)
    assert other_way.tolist() != pytest.approx(theirs.tolist(), abs=2e-2)


def test_the_copy_inside_keras_exchanges_the_two_shifts(legacy):
    """What the lecture says of it: a shift along the width goes up and down."""
    generator = legacy.ImageDataGenerator(width_shift_range=0.2)
    found = augmentation.read(np.stack([generator.random_transform(augmentation.ruler()) for _ in range(20)]))
    assert found["right"].abs().max() < 1e-3 < 0.1 < found["down"].abs().max()


def test_the_fill_mode_and_the_range_are_handed_on():
    translated = augmentation.from_generator(rotation_range=10, channel_shift_range=0.1, value_range=(0, 1))
    assert translated["rotation_range"].fill_mode == "nearest"
    assert tuple(translated["channel_shift_range"].value_range) == (0, 1)
    assert augmentation.from_generator(shear_range=1, fill_mode="constant")["shear_range"].fill_mode == "constant"


def test_what_is_zero_or_false_gives_no_layer():
    assert augmentation.from_generator() == augmentation.from_generator(rotation_range=0, horizontal_flip=False) == {}


def test_the_table_has_the_calls():
    # 40/360 = 0.1111, sin 10° = 0.1736, 20/255 = 0.07843
    table = augmentation.translation(
        horizontal_flip=True, rotation_range=40, shear_range=10, zoom_range=(0.5, 1.25), channel_shift_range=20
    )
    assert dict(zip(table["argument"], table["layer"], strict=True)) == {
        "rotation_range=40": "RandomRotation(factor=0.1111)",
        "shear_range=10": "RandomShear(x_factor=0.1736)",
        "zoom_range=(0.5, 1.25)": "RandomZoom(height_factor=(-0.5, 0.25), width_factor=(-0.5, 0.25))",
        "channel_shift_range=20": "RandomBrightness(factor=0.07843, value_range=(0, 255))",
        "horizontal_flip=True": "RandomFlip(mode='horizontal')",
    }
    assert not table.isna().any(axis=None)


@pytest.mark.parametrize("translate", [augmentation.from_generator, augmentation.translation])
def test_a_recipe_that_cannot_be_translated_is_refused(translate):
    with pytest.raises(TypeError, match="'zca_whitening'"):
        translate(zca_whitening=True)
    for pixels in (3, 1, -0.1, [1, 2]):
        with pytest.raises(ValueError, match="width_shift_range must be a share below 1"):
            translate(width_shift_range=pixels)
