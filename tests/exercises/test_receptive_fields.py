"""The references of lecture 04 against numbers worked out by hand and against Keras, so that a broken reference shows."""

import keras
import numpy as np
import pytest
from keras import layers

from course.exercises import receptive_fields as exercises


def reference(name):
    return getattr(exercises, name).reference


def test_field_size():
    # AlexNet: 1 + 10·1 + 2·4 + 4·8 + 2·8 + 2·16 + 2·16 + 2·16 + 2·16
    alexnet = [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)]
    assert reference("field_size")(alexnet) == reference("mended")(alexnet) == 195
    assert (
        reference("field_size")([(3, 1), (3, 1), (2, 2)] * 2) == reference("mended")([(3, 1), (3, 1), (2, 2)] * 2) == 16
    )
    assert reference("field_size")([]) == reference("mended")([]) == 1


@pytest.mark.parametrize("kernel_size, channels", [(3, 2), (5, 3), (11, 4)])
def test_stack_of_3x3_is_what_keras_counts(kernel_size, channels):
    count, parameters = reference("stack_of_3x3")(kernel_size, channels)
    stack = [layers.Conv2D(channels, 3) for _ in range(count)]
    net = keras.Sequential([keras.Input((kernel_size, kernel_size, channels)), *stack])
    assert net.output_shape == (None, 1, 1, channels)  # the whole window is used up: it is as large as the kernel
    assert net.count_params() == parameters


def test_next_row_down_alexnet():
    row = (227, 1, 1, 0.5)
    rows = {}
    for layer in [(11, 4, 0), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)]:
        row = rows[len(rows)] = reference("next_row")(row, layer)
    assert rows[0] == (55, 11, 4, 5.5)
    assert rows[1] == (27, 19, 8, 9.5)
    assert rows[2] == (27, 51, 8, 9.5)
    assert rows[3] == (13, 67, 16, 17.5)
    assert rows[7] == (6, 195, 32, 33.5)


def test_feature_window():
    # centre 1.5 + 2·4 = 9.5, and 3.5 to either side
    assert reference("feature_window")(7, 4, 1.5, 2) == (6, 13)
    assert reference("feature_window")(6, 2, 1.0, 0) == (-2, 4)


def test_slides_question_by_looking():
    """All weights 1: which pixels the first feature of the second layer changes with."""
    kernel, seen = np.ones((3, 3)), np.zeros(5, bool)
    for column in range(5):
        image = np.zeros((7, 7))  # 5 × 5, and a frame of zeros
        image[1:6, column + 1] = 1
        first = [[(image[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] * kernel).sum() for j in range(3)] for i in range(3)]
        padded = np.pad(first, 1)
        seen[column] = (padded[:3, :3] * kernel).sum() > 0
    wide, columns = reference("slides_question")
    assert columns == seen.sum() == 4
    assert wide == 3 + 2 * 2


@pytest.mark.parametrize("size, kernel_size, strides", [(8, 3, 2), (9, 3, 2), (10, 2, 2), (11, 2, 2), (16, 5, 4), (9, 4, 3), (7, 3, 1), (10, 1, 3)])  # fmt: skip
def test_same_start_is_where_keras_looks(size, kernel_size, strides):
    """A kernel of ones on one-hot signals: which pixels the first output sees; the zeros in front are what is missing."""
    layer = layers.Conv1D(1, kernel_size, strides, padding="same", kernel_initializer="ones")
    first = keras.ops.convert_to_numpy(layer(np.eye(size, dtype="float32")[:, :, None]))[:, 0, 0]
    last = int(np.flatnonzero(first).max())  # the window ends in the picture
    assert reference("same_start")(size, kernel_size, strides) == last + 1 - kernel_size / 2


def test_dilated_size():
    assert reference("dilated_size")(3, [1, 2, 4, 8]) == 31
    assert reference("dilated_size")(2, [5]) == 6


def test_union_size():
    # 1 × 1; 3 × 3; 5 × 5; pooling of 3
    assert reference("union_size")([[1], [1, 3], [1, 5], [3, 1]]) == 5
    assert reference("union_size")([[], [3, 3]]) == 5
    assert reference("union_size")([[]]) == 1


@pytest.mark.parametrize("seed", range(20))
def test_union_size_has_odd_kernels_only(seed):
    """So the centres agree, as the exercise says."""
    cases = exercises.union_size.cases(np.random.default_rng(seed))
    assert all(kernel % 2 == 1 for (branches,) in cases for branch in branches for kernel in branch)


def wrong(name, answer):
    outcome = getattr(exercises, name).check(answer)
    assert outcome.status == "wrong", outcome
    return outcome.mistake.name


def test_slips_as_a_student_writes_them():
    def jump_first(row, layer):
        (n, r, j, start), (k, s, p) = row, layer
        j = j * s
        return (n + 2 * p - k) // s + 1, r + (k - 1) * j, j, start + ((k - 1) / 2 - p) * j

    def forwards(layers):
        size = 1
        for k, s in layers:
            size = (size - 1) * s + k
        return size

    def stack_swapped(kernel_size, channels):
        n = (kernel_size - 1) // 2
        return n * (9 * channels * channels + channels), n

    assert wrong("next_row", jump_first) == "jump updated first"
    assert wrong("field_size", forwards) == "backward step forwards"
    assert wrong("stack_of_3x3", stack_swapped) == "the pair swapped"
    assert wrong("slides_question", (4, 7)) == "the pair swapped"
    assert wrong("dilated_size", lambda k, ds: sum(k + (k - 1) * (d - 1) for d in ds)) == "spans added"
    assert wrong("dilated_size", lambda k, ds: 1 + sum(k * d for d in ds)) == "kernel size for k − 1"
    assert wrong("union_size", lambda bs: max(1 + sum(b) - len(b) for b in bs if b)) == "shortcut dropped"
    assert wrong("union_size", lambda bs: max(1 + sum(b) - len(b) if b else 0 for b in bs)) == "shortcut sees nothing"


@pytest.mark.parametrize(
    "column, formula, mistake",
    [
        (0, lambda n, r, j, start, k, s, p: (n + 2 * p - k) / s + 1, "not rounded"),
        (1, lambda n, r, j, start, k, s, p: r + k * j, "kernel size for k − 1"),
        (1, lambda n, r, j, start, k, s, p: r + (k - 1), "size without the jump"),
        (3, lambda n, r, j, start, k, s, p: start + ((k - 1) // 2 - p) * j, "half a step lost"),
    ],
)
def test_one_column_of_the_row_wrong(column, formula, mistake):
    def row_with_slip(row, layer):
        (n, r, j, start), (k, s, p) = row, layer
        right = [(n + 2 * p - k) // s + 1, r + (k - 1) * j, j * s, start + ((k - 1) / 2 - p) * j]
        right[column] = formula(*row, *layer)
        return tuple(right)

    assert wrong("next_row", row_with_slip) == mistake


def test_layers_needed():
    # n steps of −1, 0 or 1: variance n·(1 + 0 + 1)/3, and four of its roots are 224
    assert 4 * (reference("layers_needed") * 2 / 3) ** 0.5 == pytest.approx(224)


@pytest.mark.parametrize("answer", [4704, (56 / np.sqrt(2 / 3)) ** 2, int(np.ceil((56 / np.sqrt(2 / 3)) ** 2)), np.int64(4704), 4704.0])  # fmt: skip
def test_layers_needed_may_be_rounded(answer):
    assert exercises.layers_needed.check(answer).status == "right"


@pytest.mark.parametrize("answer", [4699, 4711, 4182, "4704", None, [4704], float("nan"), True])
def test_layers_needed_is_no_other_number(answer):
    assert exercises.layers_needed.check(answer).status == "wrong"


# --- the puzzle -------------------------------------------------------------------------------------------------------


def net(*stack, shape=(128, 128, 3)):
    return keras.Sequential([keras.Input(shape), *stack])


def conv(*arguments, **options):
    return layers.Conv2D(*arguments, padding="same", **options)


DOWN = [{"strides": 2}] * 3
SHARED = layers.ReLU()


def test_the_puzzles_reference_keeps_to_the_numbers():
    model = reference("wide_and_small")()
    # 3·3·3·32 + 32 and five times 3·3·32·32 + 32; 1 + 2·(1 + 2 + 4) + 2·8·(1 + 2 + 4)
    assert model.count_params() == 896 + 5 * 9248 < 50_000
    assert 1 + 2 * 7 + 16 * 7 == 127 >= 100
    assert exercises.broken_condition(model) == exercises.KEPT


@pytest.mark.parametrize(
    "stack",
    [
        lambda: [*[conv(32, 3, 2) for _ in range(3)], *[layers.SeparableConv2D(32, 3, padding="same") for _ in range(6)]],
        lambda: [conv(32, 3), *[layers.DepthwiseConv2D(3, padding="same") for _ in range(50)]],
        lambda: [*[layer for _ in range(3) for layer in (conv(32, 3), layers.MaxPooling2D(2), layers.ReLU())],
                 conv(32, 3, dilation_rate=4), conv(32, 3, dilation_rate=2)],
        lambda: [reference("wide_and_small")(), layers.BatchNormalization()],
        lambda: [*[step for options in [*DOWN, {}, {"dilation_rate": 2}, {"dilation_rate": 4}]
                   for step in (conv(32, 3, **options), SHARED)]],
    ],
    ids=["separable", "depthwise", "pooling", "nested", "one activation for all"],
)  # fmt: skip
def test_the_puzzle_has_many_answers(stack):
    outcome = exercises.wide_and_small.check(net(*stack()))
    assert outcome.status == "right", outcome


@pytest.mark.parametrize(
    "stack, mistake",
    [
        (lambda: [conv(32, 100)], "window too wide"),
        (lambda: [conv(32, 3, dilation_rate=50)], "window too wide"),
        (lambda: [conv(32, 1), *[layers.MaxPooling2D(3, 1, "same") for _ in range(50)]], "window too wide"),
        (lambda: [layers.Flatten(), layers.Dense(1)], "sees everything"),
        (lambda: [conv(32, 3, 3), conv(32, 3, 3)], "map too small"),
        (lambda: [conv(16, 3, 2), conv(32, 3, 2)], "too few channels"),
        (lambda: [layers.SpectralNormalization(conv(32, 101)), conv(32, 3), conv(32, 3)], "window too wide"),
        (lambda: [*[conv(32, 3, **options) for options in DOWN], layers.Dense(1)], "too few channels"),
        (lambda: [conv(32, 3)], "too few convolutions"),
        (lambda: [conv(32, 3), *[layers.AveragePooling2D(3, 2, "same") for _ in range(3)]], "too few convolutions"),
        (lambda: [conv(32, 3), conv(32, 3), conv(32, 3)], "sees too little"),
        (lambda: [layer for _ in range(60) for layer in (layers.AveragePooling2D(3, 2, "same"), layers.UpSampling2D(2))], "map enlarged"),
        (lambda: [layer for _ in range(5) for layer in (conv(32, 3, 2), layers.Conv2DTranspose(32, 2, 2))], "map enlarged"),
        (lambda: [conv(32, 3), *[conv(32, 3)] * 50], "called twice"),
        (lambda: [conv(32, 3), *[net(conv(32, 3), shape=(128, 128, 32))] * 50], "called twice"),
        (lambda: [conv(64, 3, **options) for options in (*DOWN, {}, {"dilation_rate": 4}, {})], "too many parameters"),
    ],
)  # fmt: skip
def test_tricks_and_slips_are_told_apart(stack, mistake):
    outcome = exercises.wide_and_small.check(net(*stack()))
    assert (outcome.status, outcome.mistake.name) == ("wrong", mistake)


def test_two_crops_are_no_receptive_field():
    image = keras.Input((128, 128, 3))
    corners = [layers.Cropping2D(crop)(image) for crop in (((0, 112), (0, 112)), ((112, 0), (112, 0)))]
    model = keras.Model(image, layers.Conv2D(32, 1)(layers.Add()(corners)))
    assert exercises.wide_and_small.check(model).mistake.name == "branches out of line"


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda: layers.Conv2D(32, 3), "A Keras model with one input"),
        (lambda: keras.Sequential([layers.Conv2D(32, 3)]), "A Keras model with one input"),
        (lambda: net(layers.Conv2D(32, 3), shape=(64, 64, 3)), "A Keras model with one input"),
        (lambda: net(layers.Lambda(lambda x: x)), "cannot be computed: layer 'lambda"),
        (lambda: (lambda image: keras.Model(image, [image, image]))(keras.Input((128, 128, 3))), "one output"),
    ],
)  # fmt: skip
def test_what_is_no_answer_to_the_puzzle_is_told_so(build, words):
    outcome = exercises.wide_and_small.check(build())
    assert (outcome.status, outcome.mistake.name) == ("wrong", "wrong form")
    assert words in outcome.sentence
