"""The exercises of lecture 04, on receptive fields. A layer is given by its numbers along one axis of the image."""

from itertools import accumulate
from math import prod

from course.exercises.compare import plain
from course.exercises.engine import Exercise, Mistake, WrongForm

FUNCTION = 'raise NotImplementedError("your answer goes here")'


# --- size ------------------------------------------------------------------------------------------------------------------


def jumps(layers):
    """Return the jump in front of each layer (kernel size, stride): the product of the strides before it."""
    return list(accumulate((stride for _, stride in layers), lambda jump, stride: jump * stride, initial=1))[:-1]


def size_of(layers):
    """Return the size of the receptive field after layers (kernel size, stride) in a row."""
    return 1 + sum((kernel - 1) * jump for (kernel, _), jump in zip(layers, jumps(layers), strict=True))


def _size_with(term, first=1):
    """Return a wrong answer: `first` plus the sum of term(kernel, stride, jump before, stride before) over the layers."""

    def wrong(layers):
        before = [1, *(stride for _, stride in layers)]
        rows = zip(layers, jumps(layers), before, strict=False)
        return first + sum(term(kernel, stride, jump, last) for (kernel, stride), jump, last in rows)

    return wrong


def _backwards(step, order=reversed):
    """Return an answer that goes from a feature back to the image, with step(size, kernel, stride) at each layer."""

    def size_behind(layers):
        size = 1
        for kernel, stride in order(layers):
            size = step(size, kernel, stride)
        return size

    return size_behind


def _drawn_layers(rng, count):
    return [(int(rng.integers(2, 8)), int(rng.integers(1, 4))) for _ in range(count)]


field_size = Exercise(
    name="field_size",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=size_of,
    cases=lambda rng: [
        ([],),
        ([(1, 1)],),
        ([(3, 1)],),
        ([(3, 1), (3, 1)],),
        ([(3, 2), (3, 1)],),
        ([(3, 2), (3, 2), (3, 2)],),
        ([(7, 2), (3, 2), (3, 1), (3, 1)],),
        ([(3, 1), (2, 2), (5, 3), (4, 1)],),
        (_drawn_layers(rng, 5),),
    ],
    mistakes=(
        Mistake(
            "jump forgotten",
            _size_with(lambda kernel, stride, jump, last: kernel - 1),
            "You add k − 1 for every layer, which holds at stride 1. After a stride, neighbours are further apart than one pixel: (k − 1)·jump.",
        ),
        Mistake(
            "jump updated first",
            _size_with(lambda kernel, stride, jump, last: (kernel - 1) * jump * stride),
            "You multiply the jump by the layer's own stride before you use it. A window spans the layer's *inputs*, and these lie the old jump apart: first the size, then the jump.",
        ),
        Mistake(
            "own stride for the jump",
            _size_with(lambda kernel, stride, jump, last: (kernel - 1) * stride),
            "You multiply k − 1 by the layer's own stride. What counts is the jump: the product of the strides of all layers *before* it.",
        ),
        Mistake(
            "last stride for the jump",
            _size_with(lambda kernel, stride, jump, last: (kernel - 1) * last),
            "You use the stride of the layer before. That is only the last factor of the jump: the strides of *all* layers before multiply.",
        ),
        Mistake(
            "strides added",
            lambda layers: (
                1 + sum((k - 1) * (sum(s for _, s in layers[:n]) if n else 1) for n, (k, _) in enumerate(layers))
            ),
            "You add the strides up. They multiply: every second one of every second pixel is every fourth.",
        ),
        Mistake(
            "kernel size for k − 1",
            _size_with(lambda kernel, stride, jump, last: kernel * jump),
            "You add k·jump. A window of k features has k − 1 steps from its first to its last: (k − 1)·jump.",
        ),
        Mistake(
            "starts at 0",
            _size_with(lambda kernel, stride, jump, last: (kernel - 1) * jump, first=0),
            "You start with 0. A pixel sees itself: before the first layer the size is 1.",
        ),
        Mistake(
            "radius",
            _size_with(lambda kernel, stride, jump, last: kernel // 2 * jump),
            "You count one side only: k // 2 is the kernel's radius. The size grows on both sides, by k − 1 together.",
        ),
        Mistake(
            "kernels multiplied",
            lambda layers: prod(kernel for kernel, _ in layers),
            "You multiply the kernel sizes. Neighbouring windows overlap, so each layer only *adds* to the field.",
        ),
        Mistake(
            "backward step forwards",
            _backwards(lambda size, k, s: (size - 1) * s + k, order=list),
            "(size − 1)·s + k leads from a layer's outputs back to its inputs, so it wants the last layer first. From the first layer on, carry the jump along.",
        ),
    ),
    hints=(
        "Go through the layers with two numbers, the size and the jump. Both are 1 for a pixel.",
        "`size += (kernel_size - 1) * jump` first, and then `jump *= stride`.",
    ),
)


# --- stacks of 3 × 3 -------------------------------------------------------------------------------------------------------


def _stack(layers_of, parameters_of):
    """Return an answer (layers, parameters) from both rules; the second is of (kernel size, channels, layers)."""
    return lambda kernel_size, channels: (
        layers_of(kernel_size),
        parameters_of(kernel_size, channels, layers_of(kernel_size)),
    )


def _right_count(kernel_size):
    return (kernel_size - 1) // 2


stack_of_3x3 = Exercise(
    name="stack_of_3x3",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_stack(_right_count, lambda k, c, n: n * (9 * c + 1) * c),
    cases=lambda rng: [
        (3, 1),
        (5, 1),
        (5, 64),
        (7, 64),
        (11, 3),
        (9, 2),
        (2 * int(rng.integers(7, 15)) + 1, int(rng.integers(2, 300))),
    ],
    mistakes=(
        Mistake(
            "a third of the kernel",
            _stack(lambda k: -(-k // 3), lambda k, c, n: n * (9 * c + 1) * c),
            "You divide the kernel size by 3. Each 3 × 3 layer adds only 2 to the window, which starts at 1.",
        ),
        Mistake(
            "one layer too many",
            _stack(lambda k: (k + 1) // 2, lambda k, c, n: n * (9 * c + 1) * c),
            "You have one layer too many: one 3 × 3 layer alone sees 3 pixels, two see 5.",
        ),
        Mistake(
            "biases forgotten",
            _stack(_right_count, lambda k, c, n: n * 9 * c * c),
            "The number of layers is right. You count the weights alone; every filter has a bias too.",
        ),
        Mistake(
            "one bias a layer",
            _stack(_right_count, lambda k, c, n: n * (9 * c * c + 1)),
            "The number of layers is right. You count one bias for each layer; there is one for each filter.",
        ),
        Mistake(
            "one layer's parameters",
            _stack(_right_count, lambda k, c, n: (9 * c + 1) * c),
            "The number of layers is right. These are the parameters of one of them, and all of the stack were asked for.",
        ),
        Mistake(
            "the large kernel's parameters",
            _stack(_right_count, lambda k, c, n: (k * k * c + 1) * c),
            "The number of layers is right. These are the parameters of the one large kernel that the stack replaces.",
        ),
        Mistake(
            "one input channel",
            _stack(_right_count, lambda k, c, n: n * 10 * c),
            "The number of layers is right. Your filters see one channel each; a filter has 9 weights for *every* input channel.",
        ),
        Mistake(
            "the pair swapped",
            lambda kernel_size, channels: stack_of_3x3.reference(kernel_size, channels)[::-1],
            "Both numbers are right, in the wrong order: first the layers, then their parameters.",
        ),
    ),
    hints=(
        "At stride 1, n layers of 3 × 3 see 1 + 2n pixels. For which n is that the kernel size?",
        "One 3 × 3 layer has (3·3·channels + 1)·channels parameters: c filters, each with 9c weights and a bias.",
    ),
)


# --- one row of the table --------------------------------------------------------------------------------------------------

# A row is (n, r, j, start): the map's size, and the size, jump and start of its receptive fields. A layer is (k, s, p).
FORMULAS = {
    "n": lambda n, r, j, start, k, s, p: (n + 2 * p - k) // s + 1,
    "r": lambda n, r, j, start, k, s, p: r + (k - 1) * j,
    "j": lambda n, r, j, start, k, s, p: j * s,
    "start": lambda n, r, j, start, k, s, p: start + ((k - 1) / 2 - p) * j,
}


def row_by(**changed):
    """Return a function of (row, layer) that gives the next row, by the four formulas or with some of them changed."""
    formulas = {**FORMULAS, **changed}
    return lambda row, layer: tuple(formula(*row, *layer) for formula in formulas.values())


def _row_cases(rng):
    edges = [
        ((5, 1, 1, 0.5), (3, 1, 0)),
        ((5, 1, 1, 0.5), (3, 1, 1)),
        ((8, 1, 1, 0.5), (3, 2, 1)),  # at the end a window does not fit any more: n is rounded down
        ((224, 1, 1, 0.5), (7, 2, 3)),
        ((112, 7, 2, 0.5), (3, 2, 1)),
        ((28, 40, 4, 0.5), (2, 2, 0)),
        ((55, 11, 4, 5.5), (3, 2, 0)),
        ((20, 9, 3, 2.5), (4, 3, 2)),
    ]
    drawn = []
    for _ in range(3):
        kernel = int(rng.integers(2, 8))
        layer = (kernel, int(rng.integers(2, 4)), int(rng.integers(1, kernel // 2 + 1)))
        size, jump, start = int(rng.integers(3, 90)), int(rng.integers(2, 9)), int(rng.integers(0, 30)) + 0.5
        drawn.append(((int(rng.integers(20, 200)), size, jump, start), layer))
    return edges + drawn


next_row = Exercise(
    name="next_row",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=row_by(),
    cases=_row_cases,
    mistakes=(
        Mistake(
            "ceiling for floor",
            row_by(n=lambda n, r, j, start, k, s, p: -((k - n - 2 * p) // s) + 1),
            "Your map is one too large where the last window does not fit any more: n is rounded down (`//`).",
        ),
        Mistake(
            "not rounded",
            row_by(n=lambda n, r, j, start, k, s, p: (n + 2 * p - k) / s + 1),
            "Your n is not always whole: `/` keeps the fraction. A window that does not fit any more does not count: `//`.",
        ),
        Mistake(
            "padding on one side",
            row_by(n=lambda n, r, j, start, k, s, p: (n + p - k) // s + 1),
            "In n you add the padding once. There are p zeros on either side, 2p in all.",
        ),
        Mistake(
            "plus one forgotten",
            row_by(n=lambda n, r, j, start, k, s, p: (n + 2 * p - k) // s),
            "Your map is one too small: ⌊…⌋ counts the steps of the window, and there is one position more than steps.",
        ),
        Mistake(
            "size with the new jump",
            row_by(r=lambda n, r, j, start, k, s, p: r + (k - 1) * j * s),
            "In r you use the new jump. The window spans the layer's inputs, and these lie the *old* jump apart.",
        ),
        Mistake(
            "size with the stride",
            row_by(r=lambda n, r, j, start, k, s, p: r + (k - 1) * s),
            "In r you use the layer's stride. The jump in front of the layer is wanted: it holds all strides before.",
        ),
        Mistake(
            "kernel size for k − 1",
            row_by(r=lambda n, r, j, start, k, s, p: r + k * j),
            "In r you add k·j. A window of k features has k − 1 steps from its first to its last: (k − 1)·j.",
        ),
        Mistake(
            "size without the jump",
            row_by(r=lambda n, r, j, start, k, s, p: r + k - 1),
            "In r you add k − 1 pixels. These are steps from feature to feature, each j pixels long.",
        ),
        Mistake(
            "jump updated first",
            row_by(
                r=lambda n, r, j, start, k, s, p: r + (k - 1) * j * s,
                start=lambda n, r, j, start, k, s, p: start + ((k - 1) / 2 - p) * j * s,
            ),
            "You multiply j by s before you use it in r and in the start. Both want the *old* jump: update j last, or give the new one another name.",
        ),
        Mistake(
            "stride for jump",
            row_by(j=lambda n, r, j, start, k, s, p: s),
            "Your new jump is the layer's stride. The stride counts features of the map before; in pixels it is j·s.",
        ),
        Mistake(
            "jump and stride added",
            row_by(j=lambda n, r, j, start, k, s, p: j + s),
            "You add the stride to the jump. They multiply: s steps of j pixels each.",
        ),
        Mistake(
            "padding moves right",
            row_by(start=lambda n, r, j, start, k, s, p: start + ((k - 1) / 2 + p) * j),
            "In the start your padding has the wrong sign. Zeros in front let the first window begin further *left*: (k − 1)/2 − p.",
        ),
        Mistake(
            "padding forgotten in the start",
            row_by(start=lambda n, r, j, start, k, s, p: start + (k - 1) / 2 * j),
            "The padding is missing in the start: p zeros in front move the first window p features to the left.",
        ),
        Mistake(
            "half a kernel",
            row_by(start=lambda n, r, j, start, k, s, p: start + (k / 2 - p) * j),
            "In the start you use k/2. From the first of k features to the middle it is (k − 1)/2 steps.",
        ),
        Mistake(
            "half a step lost",
            row_by(start=lambda n, r, j, start, k, s, p: start + ((k - 1) // 2 - p) * j),
            "In the start you round (k − 1)/2 down. An even kernel has its middle between two features: divide with `/`.",
        ),
        Mistake(
            "start in features",
            row_by(start=lambda n, r, j, start, k, s, p: start + (k - 1) / 2 - p),
            "In the start you move by (k − 1)/2 − p pixels. These are steps from feature to feature, each j pixels long.",
        ),
        Mistake(
            "start with the new jump",
            row_by(start=lambda n, r, j, start, k, s, p: start + ((k - 1) / 2 - p) * j * s),
            "In the start you use the new jump. The kernel's steps lead from input to input: the old jump.",
        ),
    ),
    hints=(
        "Write the four formulas below each other. In all of them j is the old jump, that of the argument `row`.",
        "`n, r, j, start = row` and `k, s, p = layer` unpack the two tuples; `//` divides and rounds down.",
    ),
)


# --- where a feature looks -------------------------------------------------------------------------------------------------


def _around(centre_of, reach=lambda size: size / 2):
    """Return an answer: the edges that lie `reach` to either side of the centre."""

    def window(size, jump, start, position):
        centre = centre_of(size, jump, start, position)
        return centre - reach(size), centre + reach(size)

    return window


def _centre(size, jump, start, position):
    return start + position * jump


feature_window = Exercise(
    name="feature_window",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_around(_centre),
    cases=lambda rng: [
        (1, 1, 0.5, 0),
        (3, 1, 1.5, 0),
        (5, 2, 0.5, 0),
        (5, 2, 0.5, 3),
        (6, 2, 3.0, 2),
        (43, 8, 0.5, 1),
        (2 * int(rng.integers(3, 99)) + 1, int(rng.integers(2, 7)), 1.5, int(rng.integers(2, 20))),
    ],
    mistakes=(
        Mistake(
            "always the first feature",
            _around(lambda size, jump, start, position: start),
            "You stay at the first feature. With each position the window moves on by the jump.",
        ),
        Mistake(
            "position without jump",
            _around(lambda size, jump, start, position: start + position),
            "You move one pixel from position to position; it is one jump.",
        ),
        Mistake(
            "positions from 1",
            _around(lambda size, jump, start, position: start + (position - 1) * jump),
            "You are one jump too far left: positions count from 0, and position 0 has its centre at the start.",
        ),
        Mistake(
            "windows side by side",
            _around(lambda size, jump, start, position: start + position * size),
            "Your windows lie side by side. They overlap: their centres are one jump apart, however large they are.",
        ),
        Mistake(
            "size for radius",
            _around(_centre, lambda size: size),
            "Your window is twice too wide: it reaches size/2 to either side of the centre, not the whole size.",
        ),
        Mistake(
            "centres of the outer pixels",
            _around(_centre, lambda size: (size - 1) / 2),
            "You give the centres of the first and the last pixel. The edges lie half a pixel further out.",
        ),
        Mistake(
            "centre for the edge",
            lambda size, jump, start, position: (start + position * jump, start + position * jump + size),
            "You begin at the centre: `start` is the middle of the first window, so half of the size lies left of it.",
        ),
        Mistake(
            "cut off at the image",
            lambda size, jump, start, position: (
                max(0, start + position * jump - size / 2),
                start + position * jump + size / 2,
            ),
            "You cut the window off at the image's edge. Here it is wanted whole: what lies below 0 is padding.",
        ),
    ),
    hints=(
        "First the centre of the feature: the start, and one jump for each position.",
        "The window reaches half of its size to either side of the centre.",
    ),
)


# --- the slide's question --------------------------------------------------------------------------------------------------

slides_question = Exercise(
    name="slides_question",
    points=2,
    kind="value",
    stub="slides_question = ...",
    reference=(7, 4),
    cases=None,
    mistakes=(
        Mistake(
            "stride forgotten",
            (5, 3),
            "That would be so at stride 1. After the first layer neighbours are two pixels apart, so the second 3 × 3 window spans more.",
        ),
        Mistake(
            "cut off at the picture",
            (5, 5),
            "You stop at the picture's size. A receptive field can be larger than the picture: what lies outside is padding. Use the formula for r.",
        ),
        Mistake(
            "padding counted",
            (7, 7),
            "Your r is right. Some of these columns are zeros of the padding: where is the centre of the first feature, and how far does its window reach over the edge?",
        ),
        Mistake(
            "the whole picture",
            (7, 5),
            "Your r is right, and it is more than 5. But the first feature does not look from the middle of the picture: where is its centre?",
        ),
        Mistake(
            "without the centre",
            (7, 3),
            "Your r is right. The columns to the right of the centre are 3; the centre's own column counts too.",
        ),
        Mistake(
            "jump updated first",
            (13, 5),
            "You use each layer's jump after its own stride. A window spans the layer's inputs: the jumps in front of the layers are 1 and 2.",
        ),
        Mistake(
            "own stride for the jump",
            (9, 5),
            "You multiply k − 1 by the layer's own stride. The first layer's inputs are pixels, one apart: there the jump is 1.",
        ),
        Mistake(
            "the pair swapped",
            (4, 7),
            "Both numbers are right, in the wrong order: first r, then the columns.",
        ),
    ),
    hints=(
        "Go through the table: first layer r = 3, j = 2. What does the second one add?",
        "For the columns you need the start of the second layer, and half of r to either side. The picture is from 0 to 5.",
    ),
)


# --- same padding ----------------------------------------------------------------------------------------------------------


def _same(before=lambda zeros, k: zeros // 2, outputs=lambda n, s: -(-n // s)):
    """Return an answer from the zeros that come before the image, of all that Keras adds, and the number of outputs."""

    def start(size, kernel_size, strides):
        zeros = max((outputs(size, strides) - 1) * strides + kernel_size - size, 0)
        return 0.5 + (kernel_size - 1) / 2 - before(zeros, kernel_size)

    return start


same_start = Exercise(
    name="same_start",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_same(),
    cases=lambda rng: [
        (9, 3, 1),
        (8, 3, 2),
        (9, 3, 2),
        (224, 7, 2),
        (225, 7, 2),
        (10, 2, 2),
        (11, 2, 2),
        (10, 1, 2),
        (16, 5, 4),
        (int(rng.integers(20, 99)), int(rng.integers(2, 9)), int(rng.integers(2, 5))),
    ],
    mistakes=(
        Mistake(
            "the odd zero in front",
            _same(before=lambda zeros, k: -(-zeros // 2)),
            "You put the odd zero in front. Keras puts it behind: there are `zeros // 2` in front.",
        ),
        Mistake(
            "fewer than no zeros",
            lambda size, kernel_size, strides: (
                0.5 + (kernel_size - 1) / 2 - ((-(-size // strides) - 1) * strides + kernel_size - size) // 2
            ),
            "Your number of zeros falls below 0 where the stride is larger than the kernel. There is no padding then: take at "
            "least 0.",
        ),
        Mistake(
            "first pixel at 0",
            lambda size, kernel_size, strides: _same()(size, kernel_size, strides) - 0.5,
            "You put the centre of the first pixel at 0. Counted from the picture's edge it is at 0.5.",
        ),
        Mistake(
            "half a zero",
            _same(before=lambda zeros, k: zeros / 2),
            "You share the zeros evenly, and half a zero is no padding: with an odd number of them, the smaller part is in front.",
        ),
        Mistake(
            "half a kernel of zeros",
            _same(before=lambda zeros, k: (k - 1) // 2),
            "You pad by half a kernel whatever the image's size. That is so at stride 1; above it Keras adds no more zeros than the last window needs.",
        ),
        Mistake(
            "all zeros in front",
            _same(before=lambda zeros, k: zeros),
            "You put all zeros in front; half of them, rounded down, belong there.",
        ),
        Mistake(
            "no zeros",
            _same(before=lambda zeros, k: 0),
            "The padding is missing: each zero in front moves the first window one pixel to the left.",
        ),
        Mistake(
            "outputs rounded down",
            _same(outputs=lambda n, s: n // s),
            "You round the number of outputs down. With `same` padding it is ⌈n/s⌉, rounded up: that is why zeros are needed at all.",
        ),
    ),
    hints=(
        "How many pixels do ⌈n/s⌉ windows cover from end to end? What n lacks to that are the zeros, if it lacks any.",
        "`outputs = -(-size // strides)` rounds up. Zeros: (outputs − 1)·strides + kernel_size − size, at least 0; half of them, rounded down, in front.",
    ),
)


# --- dilation --------------------------------------------------------------------------------------------------------------


def _dilated(adds):
    """Return an answer that adds up `adds(kernel size, rate)` over the layers."""
    return lambda kernel_size, dilation_rates: 1 + sum(adds(kernel_size, rate) for rate in dilation_rates)


dilated_size = Exercise(
    name="dilated_size",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_dilated(lambda k, d: (k - 1) * d),
    cases=lambda rng: [
        (3, []),
        (3, [1]),
        (3, [4]),
        (5, [2]),
        (2, [1, 2, 4]),
        (3, [2, 2, 2]),
        (int(rng.integers(3, 8)), rng.integers(1, 9, size=4).tolist()),
    ],
    mistakes=(
        Mistake(
            "k times d",
            _dilated(lambda k, d: k * d - 1),
            "You take a dilated kernel to be k·d wide. Between k taps there are k − 1 gaps: it is (k − 1)·d + 1 wide.",
        ),
        Mistake(
            "dilation forgotten",
            _dilated(lambda k, d: k - 1),
            "You count taps. They are d apart, and the window reaches from the first to the last, holes included.",
        ),
        Mistake(
            "d holes between two taps",
            _dilated(lambda k, d: (k - 1) * (d + 1)),
            "You leave d holes between two taps. From tap to tap it is d steps, with d − 1 holes between.",
        ),
        Mistake(
            "d added once",
            _dilated(lambda k, d: k + d - 2),
            "You widen the kernel by d − 1 once. There are k − 1 gaps, and each becomes d − 1 wider.",
        ),
        Mistake(
            "dilation for stride",
            lambda kernel_size, dilation_rates: size_of([(kernel_size, rate) for rate in dilation_rates]),
            "You treat the rate as a stride: it does not change the jump, so it stretches this layer's window and no later one.",
        ),
        Mistake(
            "radius",
            _dilated(lambda k, d: k // 2 * d),
            "You count one side only: k // 2 taps lie on each side of the middle. The window grows on both, by (k − 1)·d together.",
        ),
        Mistake(
            "spans added",
            lambda kernel_size, dilation_rates: sum(kernel_size + (kernel_size - 1) * (d - 1) for d in dilation_rates),
            "You add up how wide the kernels are. Each layer adds its *steps*, one fewer than its width; the 1 of the pixel comes once.",
        ),
        Mistake(
            "kernel size for k − 1",
            _dilated(lambda k, d: k * d),
            "You add k·d. From the first of k taps to the last there are k − 1 steps of d.",
        ),
    ),
    hints=(
        "Three taps with rate 4 read the inputs 0, 4 and 8. How wide is that?",
        "A dilated kernel reaches over (k − 1)·d steps, and at stride 1 each is a pixel: add them up, and 1.",
    ),
)


# --- branches --------------------------------------------------------------------------------------------------------------


def stack_size(kernel_sizes):
    """Return the size of the receptive field after layers of stride 1 in a row."""
    return 1 + sum(kernel_size - 1 for kernel_size in kernel_sizes)


def _of_sizes(combine, size=stack_size):
    return lambda branches: combine([size(branch) for branch in branches])


def _united_cases(rng):
    """Only odd kernels: padded, at stride 1, they leave the centres where they are."""
    residual = [[], [3, 3]]
    inception = [[1], [1, 3], [1, 5], [3, 1]]
    long_and_narrow = [[5], [1, 1, 3, 1]]
    twice = [[3], [1, 3, 3], [7]]
    drawn = [(2 * rng.integers(1, 4, size=count) + 1).tolist() for count in rng.permutation([2, 3, 4])]
    return [([*branches],) for branches in ([[]], residual, inception, long_and_narrow, twice, drawn)]


union_size = Exercise(
    name="union_size",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_of_sizes(max),
    cases=_united_cases,
    mistakes=(
        Mistake(
            "sum",
            _of_sizes(sum),
            "You add the branches' sizes. They look at the same place, one window inside the other: the largest is the union.",
        ),
        Mistake(
            "smallest",
            _of_sizes(min),
            "You take the smallest. A feature that is joined from branches depends on all that any of them sees.",
        ),
        Mistake(
            "average",
            _of_sizes(lambda sizes: sum(sizes) / len(sizes)),
            "You average the sizes. A feature that is joined from branches depends on all that any of them sees.",
        ),
        Mistake(
            "last branch",
            _of_sizes(lambda sizes: sizes[-1]),
            "You give the last branch's size; the others count too.",
        ),
        Mistake(
            "one after the other",
            lambda branches: stack_size(kernel_size for branch in branches for kernel_size in branch),
            "You put the branches one after the other. They stand side by side, all on the same input.",
        ),
        Mistake(
            "most layers",
            lambda branches: stack_size(max(branches, key=len)),
            "You take the branch with most layers. 1 × 1 layers add nothing: compare the sizes.",
        ),
        Mistake(
            "largest kernel",
            lambda branches: max((kernel_size for branch in branches for kernel_size in branch), default=1),
            "You look for the largest kernel. Layers in a row add up: first the size of each branch, then compare.",
        ),
        Mistake(
            "kernel sizes added",
            _of_sizes(max, size=sum),
            "You add up the kernel sizes of a branch. Each layer adds k − 1, to the 1 of a pixel.",
        ),
        Mistake(
            "pixel forgotten",
            _of_sizes(max, size=lambda kernel_sizes: stack_size(kernel_sizes) - 1),
            "You add k − 1 for each layer and forget the 1 of the pixel that is there before the first layer.",
        ),
        Mistake(
            "shortcut dropped",
            lambda branches: max(stack_size(branch) for branch in branches if branch),
            "You leave out branches without layers, and here nothing is left. A shortcut sees as well: the pixel itself, size 1.",
        ),
        Mistake(
            "shortcut sees nothing",
            lambda branches: max((stack_size(branch) for branch in branches if branch), default=0),
            "You give a shortcut the size 0. It hands on the pixel itself, so its size is 1.",
        ),
    ),
    hints=(
        "First the size of each branch: 1 for the pixel, and k − 1 more for each layer.",
        "The windows of all branches have one centre, so the largest holds the others. A shortcut is an empty branch, of size 1.",
    ),
)


# --- a function with a mistake in it ---------------------------------------------------------------------------------------


mended = Exercise(
    name="mended",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_backwards(lambda size, k, s: (size - 1) * s + k),
    cases=lambda rng: [
        ([],),
        ([(3, 1)],),
        ([(2, 2)],),
        ([(4, 1), (3, 1)],),
        ([(3, 2), (2, 2)],),
        ([(3, 1), (3, 1), (2, 2), (3, 1), (2, 2)],),
        ([(11, 4), (3, 2), (5, 1), (3, 2)],),
        ([*_drawn_layers(rng, 4), (4, 2)],),
    ],
    mistakes=(
        Mistake(
            "as it was",
            _backwards(lambda size, k, s: (size - 1) * s + 1 + 2 * (k // 2)),
            "This is what the function does now. It is right for odd kernels: try it on one pooling of 2, and count by hand.",
        ),
        Mistake(
            "rounded down",
            _backwards(lambda size, k, s: (size - 1) * s + 1 + 2 * ((k - 1) // 2)),
            "Now a kernel of 2 counts as one of 1: an even kernel has no radius, rounded up or down. Do without one.",
        ),
        Mistake(
            "one side",
            _backwards(lambda size, k, s: (size - 1) * s + 1 + k // 2),
            "Now you count one side of the kernel only: that spoils the odd kernels, which were right.",
        ),
        Mistake(
            "one gap too many",
            _backwards(lambda size, k, s: size * s + k - 1),
            "Look at the strides: `size` features have `size − 1` gaps between them, and only the gaps are s wide.",
        ),
        Mistake(
            "stride on the kernel",
            _backwards(lambda size, k, s: (size + k - 2) * s + 1),
            "You multiply the kernel by its own stride. The stride spreads the windows; within a window the inputs are neighbours.",
        ),
        Mistake(
            "from the image",
            _backwards(lambda size, k, s: (size - 1) * s + k, order=list),
            "The step is right, but it leads from a layer's outputs back to its inputs: the last layer comes first (`reversed`).",
        ),
    ),
    hints=(
        "All of AlexNet's kernels are odd. VGG-16 has one sort of layer whose kernel is not.",
        "`size` windows, s apart, each k wide: from the first one's left edge to the last one's right edge, how far is it?",
    ),
)


# --- the puzzle ------------------------------------------------------------------------------------------------------------

SIDE, LEAST, WIDTH, FEWEST, WANTED, ALLOWED = 128, 16, 32, 3, 100, 50_000
KEPT = "all conditions are kept"


def broken_condition(model):
    """Return the first condition of the puzzle that a model breaks (str), `KEPT` if it keeps them all."""
    import keras

    from course.receptive_field import receptive_field, walk

    shape = (None, SIDE, SIDE, 3)
    if not isinstance(model, keras.Model) or getattr(model, "input_shape", None) != shape:
        raise WrongForm(f"A Keras model with one input is wanted: `keras.Input(({SIDE}, {SIDE}, 3))`.")
    if len(model.outputs) > 1:
        raise WrongForm("A model with one output is wanted: the last map.")
    try:
        field = receptive_field(model, model.outputs[0])
    except ValueError as problem:
        raise WrongForm(f"The receptive field of your net cannot be computed: {problem}.") from None

    calls = [visit for visit in walk(model) if not (visit.nested or visit.node.is_input)]
    used = [_unwrapped(call.node.operation) for call in calls]
    shapes = [call.output_shapes()[0] for call in calls]
    widths = [shape[-1] for layer, shape in zip(used, shapes, strict=True) if "Conv" in type(layer).__name__]
    weighted = [id(layer) for layer in used if getattr(layer, "weights", ())]
    conditions = {
        "every feature has a window of its own": field.jump is not None and None not in field.jump,
        "no layer enlarges a map": not any(map(_enlarges, used)),
        "no layer with weights is called twice": len(weighted) == len(set(weighted)),
        "no window is wider than allowed": all(map(_narrow, used)),
        f"every map has at least {LEAST} × {LEAST} positions": all(
            min(shape[1:3]) >= LEAST for shape in shapes if len(shape) == 4
        ),
        f"convolutions and output have at least {WIDTH} channels": min([*widths, model.output_shape[-1]]) >= WIDTH,
        "branches that meet line up": field.aligned,
        f"there are at least {FEWEST} convolutions": len(widths) >= FEWEST,
        f"the receptive field is at least {WANTED} × {WANTED}": min(field.size) >= WANTED,
        f"there are fewer than {ALLOWED:,} parameters": model.count_params() < ALLOWED,
    }
    return next((f"not so: {condition}" for condition, kept in conditions.items() if not kept), KEPT)


def _unwrapped(layer):
    """Return the layer inside of a wrapper such as `SpectralNormalization`, other layers as they are."""
    return getattr(layer, "layer", layer)


def _enlarges(layer):
    return any(kind in type(layer).__name__ for kind in ("UpSampling", "Transpose"))


def _narrow(layer):
    """Return whether a layer keeps to the puzzle's limits: 3 × 3, dilation rate 4, and no pooling at stride 1."""
    if hasattr(layer, "pool_size"):
        return max(layer.pool_size) <= 3 and min(layer.strides) > 1
    return max(getattr(layer, "kernel_size", (1,))) <= 3 and max(getattr(layer, "dilation_rate", (1,))) <= 4


def _net(*stages, residual=False, head=()):
    """Return a function that builds a net of 3 × 3 convolutions (filters, strides, dilation rate), all padded."""

    def build():
        import keras
        from keras import layers

        image = x = keras.Input((SIDE, SIDE, 3))
        for filters, strides, rate in stages:
            x = layers.Conv2D(filters, 3, strides, "same", dilation_rate=rate, activation="relu")(x)
        if residual:
            path = layers.Conv2D(x.shape[-1], 3, 2, "same")(x)
            x = layers.Add()([path, layers.Conv2D(x.shape[-1], 1, 2, "same")(x)])
        for layer in head:
            x = getattr(layers, layer)()(x)
        return keras.Model(image, x)

    return build


def _one_wide_kernel():
    import keras
    from keras import layers

    image = keras.Input((SIDE, SIDE, 3))
    return keras.Model(image, layers.Conv2D(WIDTH, 1)(layers.DepthwiseConv2D(101, padding="same")(image)))


def _down_and_up(times=60):
    import keras
    from keras import layers

    pairs = [(layers.AveragePooling2D(3, 2, "same"), layers.UpSampling2D(2)) for _ in range(times)]
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *[layer for pair in pairs for layer in pair]])


def _one_layer_over_and_over(times=50):
    import keras
    from keras import layers

    image = keras.Input((SIDE, SIDE, 3))
    x, again = layers.Conv2D(WIDTH, 3, padding="same")(image), layers.Conv2D(WIDTH, 3, padding="same")
    for _ in range(times):
        x = again(x)
    return keras.Model(image, x)


DOWN = [(32, 2, 1)] * 3

wide_and_small = Exercise(
    name="wide_and_small",
    points=3,
    kind="model",
    stub="wide_and_small = ...",
    reference=_net(*DOWN, (32, 1, 1), (32, 1, 2), (32, 1, 4)),
    cases=lambda rng: [()],
    probe=broken_condition,
    mistakes=(
        Mistake(
            "sees everything",
            _net(*DOWN, head=["GlobalAveragePooling2D"]),
            "All features at the end of your net see the whole image: that is what global pooling, Flatten and attention do, whatever stands before them. Do without, and end in a map.",
        ),
        Mistake(
            "map enlarged",
            _down_and_up,
            "A layer of your net enlarges a map. Without upsampling and transposed convolutions, the strides of a net can be taken only once.",
        ),
        Mistake(
            "called twice",
            _one_layer_over_and_over,
            "Your net calls one layer with weights more than once. Its parameters count once only, so make a layer of its own for each call.",
        ),
        Mistake(
            "window too wide",
            _one_wide_kernel,
            "One of your windows is too wide for this puzzle: 3 × 3 at most, dilation rates up to 4, and pooling only with a stride of 2 or more.",
        ),
        Mistake(
            "map too small",
            _net(*[(32, 2, 1)] * 5),
            "One of your maps has fewer than 16 × 16 positions: three halvings are all that 128 pixels allow, and unpadded layers shrink the map too.",
        ),
        Mistake(
            "too few channels",
            _net(*[(16, 2, 1)] * 3, *[(16, 1, 1)] * 6),
            "One of your convolutions, or the output, has fewer than 32 channels (a depthwise convolution gives as many as it gets).",
        ),
        Mistake(
            "branches out of line",
            _net(*DOWN[:2], *[(32, 1, 4)] * 2, residual=True),
            "Two branches with different centres meet in your net: look for `same` padding at stride 2 in one, and another kernel in the other.",
        ),
        Mistake(
            "too few convolutions",
            _net(*DOWN[:2]),
            "Your net has fewer than three convolutions, and what pooling alone sees is hardly worth seeing.",
        ),
        Mistake(
            "sees too little",
            _net(*DOWN, (32, 1, 1), (32, 1, 1)),
            "Your net sees too little: `receptive_field(net, net.outputs[0]).size` is below 100. An early stride makes every later layer count more; so does dilation.",
        ),
        Mistake(
            "too many parameters",
            _net(*DOWN, *[(32, 1, 1)] * 6),
            "Your net sees enough and has too many parameters: `anatomy(net)` shows where they are. What widens the view without weights, or with fewer of them?",
        ),
    ),
    hints=(
        "Strides first: after three of them, each further 3 × 3 layer adds 16 pixels instead of 2.",
        "A 3 × 3 layer from 32 to 32 channels costs 9,248 parameters, with any dilation rate; a `SeparableConv2D` costs 1,344.",
        "Three layers of stride 2, then three with rising dilation rates, would do.",
    ),
)


# --- the effective field ---------------------------------------------------------------------------------------------------


def _about_4704(answer):
    """Return 4704 for what rounding makes of it (4704.000000000001 with `np.sqrt`, 4705 with `ceil`), and 112 for what it
    makes of (224 − 1)/2; else the answer."""
    answer = plain(answer)
    for whole, least, most in ((4704, 4700, 4710), (112, 111, 112)):
        if isinstance(answer, int | float) and least <= answer <= most:
            return whole
    return answer


layers_needed = Exercise(
    name="layers_needed",
    points=1,
    kind="value",
    stub="layers_needed = ...",
    reference=4704,
    cases=None,
    probe=_about_4704,
    mistakes=(
        Mistake(
            "the theoretical field",
            112,
            "With so many layers the *theoretical* field, 1 + 2n, reaches 224. The effective one grows with √n only.",
        ),
        Mistake(
            "square forgotten",
            84,
            "You took the width for proportional to n. It is proportional to √n: square both sides before you solve for n.",
        ),
        Mistake(
            "2σ for 4σ",
            18816,
            "You let 2σ reach 224. The width is 4σ: two to either side.",
        ),
        Mistake(
            "σ for 4σ",
            75264,
            "You let σ reach 224. The width is 4σ: two σ to either side.",
        ),
        Mistake(
            "a step of variance 1",
            3136,
            "You took √n for σ. One 3 × 3 layer moves by −1, 0 or 1, with variance 2/3.",
        ),
        Mistake(
            "k² for k² − 1",
            4182,
            "You took k²/12 for the variance of a step. Over k whole positions it is (k² − 1)/12, for k = 3 that is 2/3.",
        ),
    ),
    hints=(
        "4σ = 224, so σ = 56. And σ² = n·(k² − 1)/12 with k = 3.",
        "56² = n·2/3.",
    ),
)
