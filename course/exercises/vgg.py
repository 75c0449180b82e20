"""The exercises of lecture 06, on VGG."""

import re
from itertools import pairwise
from math import prod

from course.exercises.engine import Exercise, Mistake, WrongForm
from course.models.vgg import CONFIGURATIONS

FUNCTION = 'raise NotImplementedError("your answer goes here")'

# --- layers with weights --------------------------------------------------------------------------------------------


def _words(blocks):
    return [word for block in blocks for word in block.split()]


def _convolutions(blocks):
    return sum(word.startswith("conv") for word in _words(blocks))


def _configurations(rng):
    """Return configurations of the paper's form: some of the paper's, and some drawn, with an LRN in the first block."""
    drawn = []
    for count in (3, 5, 6):
        blocks = [" ".join(["conv3-64"] * (1 + int(extra))) for extra in rng.integers(0, 4, size=count)]
        drawn.append((f"{blocks[0]} LRN", *blocks[1:-1], f"{blocks[-1]} conv1-64"))
    return [(CONFIGURATIONS["A-LRN"],), (CONFIGURATIONS["C"],), (("conv3-8",),), *((blocks,) for blocks in drawn)]


weight_layers = Exercise(
    name="weight_layers",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda blocks: _convolutions(blocks) + 3,
    cases=_configurations,
    mistakes=(
        Mistake(
            "dense layers forgotten",
            _convolutions,
            "You count the convolutions alone. Behind them stand three dense layers, and they have weights too.",
        ),
        Mistake(
            "one dense layer",
            lambda blocks: _convolutions(blocks) + 1,
            "You count one dense layer. VGG has three: 4096 units, 4096 units, and one for each class.",
        ),
        Mistake(
            "normalization counted",
            lambda blocks: len(_words(blocks)) + 3,
            "You count LRN as well. Local response normalization computes with fixed constants: it has no weights.",
        ),
        Mistake(
            "poolings counted",
            lambda blocks: _convolutions(blocks) + len(blocks) + 3,
            "You count the poolings too. A maximum has nothing to learn, and the paper counts layers with weights.",
        ),
        Mistake(
            "blocks counted",
            lambda blocks: len(blocks) + 3,
            "You count the blocks. A block is a row of the table, and holds one or several layers.",
        ),
        Mistake(
            "1×1 left out",
            lambda blocks: sum(word.startswith("conv3") for word in _words(blocks)) + 3,
            "You leave out the 1×1 convolutions. They look at one place only, but they have weights like any other.",
        ),
    ),
    hints=(
        "A block is text: `block.split()` gives its words. Which of them are layers with weights?",
        "Count the words that start with `conv`, in all blocks, and add the dense layers.",
    ),
)


# --- how much of a net is in its dense layers ------------------------------------------------------------------------


def _dense(shape, units, biases=1):
    """Return the parameters of dense layers behind maps of `shape`."""
    return sum((inputs + biases) * outputs for inputs, outputs in pairwise([prod(shape), *units]))


def _share(shape, units, convolutional):
    return _dense(shape, units) / (_dense(shape, units) + convolutional)


def _heads(rng):
    cases = [((1, 1, 2), [3], 10), ((2, 3, 4), [5, 3], 100), ((7, 7, 512), [4096, 4096, 1000], 14_714_688)]
    for _ in range(3):
        shape = tuple(rng.integers(2, 6, size=3).tolist())
        cases.append((shape, rng.integers(2, 9, size=3).tolist(), int(rng.integers(50, 500))))
    return cases


dense_share = Exercise(
    name="dense_share",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_share,
    cases=_heads,
    mistakes=(
        Mistake(
            "against the convolutions",
            lambda shape, units, convolutional: _dense(shape, units) / convolutional,
            "You divide by the parameters of the convolutions. A share is a part of the whole: of both together.",
        ),
        Mistake(
            "the other share",
            lambda shape, units, convolutional: 1 - _share(shape, units, convolutional),
            "This is the share of the convolutions; the rest is what was asked for.",
        ),
        Mistake(
            "per cent",
            lambda shape, units, convolutional: 100 * _share(shape, units, convolutional),
            "This is the share in per cent. A number from 0 to 1 was asked for.",
        ),
        Mistake(
            "maps not flattened",
            lambda shape, units, convolutional: _share(shape[-1:], units, convolutional),
            "Your first dense layer sees one number for each map. It sees every number of every map, "
            "height · width · channels.",
        ),
        Mistake(
            "first dense layer alone",
            lambda shape, units, convolutional: _share(shape, units[:1], convolutional),
            "You count the first dense layer alone. It is the largest, but the others belong to the head as well.",
        ),
        Mistake(
            "biases forgotten",
            lambda shape, units, convolutional: (
                _dense(shape, units, biases=0) / (_dense(shape, units, biases=0) + convolutional)
            ),
            "The biases of the dense layers are missing: one for each unit.",
        ),
        Mistake(
            "every layer sees the maps",
            lambda shape, units, convolutional: (
                (prod(shape) + 1) * sum(units) / ((prod(shape) + 1) * sum(units) + convolutional)
            ),
            "Each of your dense layers reads the maps. Only the first one does; the others read the layer before.",
        ),
    ),
    hints=(
        "The first dense layer has a weight for each number of the last maps and each of its units, and a bias a unit.",
        "Line the sizes up: height · width · channels, then the units. Each neighbouring pair n, m is a layer with "
        "(n + 1) · m parameters.",
    ),
)


# --- a stack against one large filter --------------------------------------------------------------------------------


def _layer(kernel_size, in_channels, filters):
    return (kernel_size**2 * in_channels + 1) * filters


def _stack(in_channels, channels, count):
    return _layer(3, in_channels, channels) + (count - 1) * _layer(3, channels, channels)


def _large(in_channels, channels, count):
    return _layer(2 * count + 1, in_channels, channels)


stack_and_one = Exercise(
    name="stack_and_one",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=lambda in_channels, channels, count: (
        _stack(in_channels, channels, count),
        _large(in_channels, channels, count),
    ),
    cases=lambda rng: [
        (3, 8, 1),
        (1, 2, 2),
        (3, 64, 2),
        (64, 64, 3),
        (128, 256, 4),
        *((*rng.integers(2, 100, size=2).tolist(), count) for count in (2, 3, 5)),
    ],
    mistakes=(
        Mistake(
            "channels of the first layer everywhere",
            lambda in_channels, channels, count: (
                count * _layer(3, in_channels, channels),
                _large(in_channels, channels, count),
            ),
            "Every layer of your stack reads the input's channels. Only the first one does: the others read what the "
            "layer before them gives.",
        ),
        Mistake(
            "channels of the later layers everywhere",
            lambda in_channels, channels, count: (
                count * _layer(3, channels, channels),
                _large(in_channels, channels, count),
            ),
            "The first layer of your stack reads `channels` channels; what comes in has `in_channels`.",
        ),
        Mistake(
            "large filter from channels to channels",
            lambda in_channels, channels, count: (
                _stack(in_channels, channels, count),
                _large(channels, channels, count),
            ),
            "Your large filter reads `channels` channels. It stands in the place of the whole stack, so it reads "
            "`in_channels`.",
        ),
        Mistake(
            "kernel sizes added",
            lambda in_channels, channels, count: (
                _stack(in_channels, channels, count),
                _layer(3 * count, in_channels, channels),
            ),
            "Your large filter is 3 · count wide. Windows overlap: each further 3×3 layer adds 2 to the width.",
        ),
        Mistake(
            "biases forgotten",
            lambda in_channels, channels, count: (
                9 * channels * (in_channels + (count - 1) * channels),
                (2 * count + 1) ** 2 * in_channels * channels,
            ),
            "The biases are missing: each layer has one for each of its filters.",
        ),
        Mistake(
            "the other way round",
            lambda in_channels, channels, count: (
                _large(in_channels, channels, count),
                _stack(in_channels, channels, count),
            ),
            "The two numbers are in the wrong order: the stack first, then the single layer.",
        ),
    ),
    hints=(
        "A filter has a weight for each place of its window and each channel it reads, and one bias.",
        "The stack: once (9 · in_channels + 1) · channels, then count − 1 times (9 · channels + 1) · channels.",
        "Each layer behind the first widens the window by 2: two give 5, three give 7 (lecture 4).",
    ),
)


# --- a block ----------------------------------------------------------------------------------------------------------


def _block(kernels=(3, 3, 1), relu=(True, True, True), padding="same", pooling="max", strides=2):
    """Return a function that builds a block on maps of 12×12×4; the arguments say in what it errs."""

    def build():
        from keras import Input, Sequential, layers

        classes = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
        stack = [
            layers.Conv2D(8, kernel_size, padding=padding, activation="relu" if active else None)
            for kernel_size, active in zip(kernels, relu, strict=True)
        ]
        if pooling:
            stack.append(classes[pooling](2, strides))
        return Sequential([Input((12, 12, 4)), *stack])

    return build


block_of_c = Exercise(
    name="block_of_c",
    points=2,
    kind="model",
    stub="block_of_c = ...",
    reference=_block(),
    cases=lambda rng: [(rng.normal(size=(2, 12, 12, 4)).astype("float32"),) for _ in range(2)],
    mistakes=(
        Mistake(
            "no ReLU",
            _block(relu=(False, False, False)),
            "There is no activation. Without one, convolutions in a row are a single one.",
        ),
        Mistake(
            "1×1 without ReLU",
            _block(relu=(True, True, False)),
            "The 1×1 convolution has no activation. In C it is there to add a non-linearity and no window: without its "
            "ReLU it only mixes maps.",
        ),
        Mistake(
            "no padding",
            _block(padding="valid"),
            "Your convolutions make the maps smaller. VGG pads with zeros: only pooling changes the size.",
        ),
        Mistake(
            "average pooling",
            _block(pooling="average"),
            "You take the mean of each 2×2 window, as LeNet does. VGG takes the largest value.",
        ),
        Mistake(
            "pooling forgotten",
            _block(pooling=None),
            "The maps leave the block as large as they came. A max-pooling of 2×2 ends the block.",
        ),
        Mistake(
            "pooling by single steps",
            _block(strides=1),
            "Your pooling moves by one place. In VGG its windows do not overlap: the stride is 2 as well.",
        ),
        Mistake(
            "1×1 first",
            _block(kernels=(1, 3, 3)),
            "Your 1×1 convolution comes first. In C it is the last one of its block.",
        ),
        Mistake(
            "1×1 forgotten",
            _block(kernels=(3, 3), relu=(True, True)),
            "This is a block of B: the 1×1 convolution is missing.",
        ),
        Mistake(
            "a block of D",
            _block(kernels=(3, 3, 3)),
            "This is a block of D, with a third 3×3. C has a 1×1 in its place.",
        ),
    ),
    hints=(
        "`keras.Sequential([keras.Input((12, 12, 4)), ...])`, and then four layers.",
        'Three times `layers.Conv2D(8, kernel_size, padding="same", activation="relu")`, with kernel sizes 3, 3 and 1, '
        "and `layers.MaxPooling2D(2)`.",
    ),
)


# --- a row of the table -----------------------------------------------------------------------------------------------


def _row(size, in_channels, kernel_size, filters):
    weights = kernel_size**2 * in_channels * filters
    return size**2 * filters, weights + filters, size**2 * weights


def _row_but(entry, wrong):
    """Return `_row` with one of its three numbers replaced by what `wrong` makes of the same arguments."""

    def row(size, in_channels, kernel_size, filters):
        right = _row(size, in_channels, kernel_size, filters)
        return *right[:entry], wrong(size, in_channels, kernel_size, filters), *right[entry + 1 :]

    return row


table_row = Exercise(
    name="table_row",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_row,
    cases=lambda rng: [
        (1, 2, 3, 4),
        (4, 3, 1, 2),
        (224, 3, 3, 64),
        *((*rng.integers(3, 60, size=2).tolist(), 3, int(rng.integers(3, 60))) for _ in range(3)),
    ],
    mistakes=(
        Mistake(
            "biases forgotten",
            _row_but(1, lambda size, in_channels, k, filters: k * k * in_channels * filters),
            "The parameters lack the biases, one for each filter. (The slide leaves them out, too.)",
        ),
        Mistake(
            "no sharing",
            _row_but(1, lambda size, in_channels, k, filters: (k * k * in_channels + 1) * filters * size**2),
            "You count the parameters anew for every place. A convolution uses the same ones everywhere.",
        ),
        Mistake(
            "channels forgotten",
            _row_but(1, lambda size, in_channels, k, filters: (k * k + 1) * filters),
            "Your filters have one k×k window of weights each. They have one for each channel that comes in.",
        ),
        Mistake(
            "one place",
            _row_but(2, lambda size, in_channels, k, filters: k * k * in_channels * filters),
            "These multiply-adds are those of a single place; the filters are applied at every place of the map.",
        ),
        Mistake(
            "one filter",
            _row_but(2, lambda size, in_channels, k, filters: size**2 * k * k * in_channels),
            "These multiply-adds are those of one filter; there are `filters` of them.",
        ),
        Mistake(
            "biases in the multiply-adds",
            _row_but(2, lambda size, in_channels, k, filters: size**2 * (k * k * in_channels + 1) * filters),
            "You count the biases among the multiply-adds. A bias is added without a product, and is not counted.",
        ),
        Mistake(
            "counted twice",
            _row_but(2, lambda size, in_channels, k, filters: 2 * size**2 * k * k * in_channels * filters),
            "You count multiplications and additions apart. A multiply-add is one of each.",
        ),
        Mistake(
            "maps that come in",
            _row_but(0, lambda size, in_channels, k, filters: size**2 * in_channels),
            "These are the values that come in. A row of the table counts what the layer gives.",
        ),
        Mistake(
            "one map",
            _row_but(0, lambda size, in_channels, k, filters: size**2),
            "This is one map; the layer gives one for each filter.",
        ),
    ),
    hints=(
        'With `padding="same"` and stride 1 the maps keep their size: size × size × filters values come out.',
        "One value costs kernel_size · kernel_size · in_channels multiply-adds. How many values are there?",
    ),
)


# --- bytes ------------------------------------------------------------------------------------------------------------


def _values(shapes):
    return sum(map(prod, shapes))


def _shapes(rng):
    cases = [([(1, 1, 1)], 1, 4), ([(224, 224, 3), (224, 224, 64)], 1, 4), ([(8, 8, 3), (4, 4, 16), (10,)], 32, 2)]
    for _ in range(3):
        shapes = [tuple(rng.integers(2, 60, size=3).tolist()) for _ in range(4)]
        cases.append((shapes, int(rng.integers(2, 200)), 4))
    return cases


activation_megabytes = Exercise(
    name="activation_megabytes",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda shapes, batch_size, bytes_per_value: _values(shapes) * batch_size * bytes_per_value / 1e6,
    cases=_shapes,
    mistakes=(
        Mistake(
            "one image",
            lambda shapes, batch_size, bytes_per_value: _values(shapes) * bytes_per_value / 1e6,
            "This is the memory of one image; every image of the batch has maps of its own.",
        ),
        Mistake(
            "values for bytes",
            lambda shapes, batch_size, bytes_per_value: _values(shapes) * batch_size / 1e6,
            "This is the number of values, in millions. Each of them takes `bytes_per_value` bytes.",
        ),
        Mistake(
            "bits",
            lambda shapes, batch_size, bytes_per_value: 8 * _values(shapes) * batch_size * bytes_per_value / 1e6,
            "These are bits: a byte has eight of them.",
        ),
        Mistake(
            "mebibytes",
            lambda shapes, batch_size, bytes_per_value: _values(shapes) * batch_size * bytes_per_value / 2**20,
            "You divide by 2²⁰, which gives mebibytes. A megabyte is 10⁶ bytes, 5 % less.",
        ),
        Mistake(
            "last layer alone",
            lambda shapes, batch_size, bytes_per_value: prod(shapes[-1]) * batch_size * bytes_per_value / 1e6,
            "You count the last output alone. In training all of them are kept: the gradient needs each on its way back.",
        ),
        Mistake(
            "largest layer alone",
            lambda shapes, batch_size, bytes_per_value: max(map(prod, shapes)) * batch_size * bytes_per_value / 1e6,
            "You count the largest output alone. In training all of them are kept: the gradient needs each on its way "
            "back.",
        ),
        Mistake(
            "channels forgotten",
            lambda shapes, batch_size, bytes_per_value: (
                sum(prod(shape[:2]) for shape in shapes) * batch_size * bytes_per_value / 1e6
            ),
            "You multiply height and width alone; an output has a map of that size for each channel.",
        ),
    ),
    hints=(
        "`math.prod(shape)` is the number of values of one output, whatever the number of its axes.",
        "Values of all outputs, times images, times bytes, divided by 10⁶.",
    ),
)


# --- a table that does not add up -------------------------------------------------------------------------------------


def _true_rows(shapes):
    return [prod(shape) for shape in shapes]


def _wrong_rows(shapes, printed):
    return [row for row, (true, given) in enumerate(zip(_true_rows(shapes), printed, strict=True)) if true != given]


def _tables(rng):
    """Return tables of outputs with printed numbers, some of them wrong in the ways of printed tables."""
    cases = [
        ([(2, 2, 3)], [12]),
        ([(4, 4, 3), (4, 4, 8), (2, 2, 8)], [48, 128, 64]),
        ([(4, 4, 8), (4, 4, 8), (2, 2, 8)], [128, 96, 32]),  # the same shape twice, printed wrongly once
        ([(2, 2, 8), (4, 4, 4), (2, 2, 3)], [32, 32, 12]),  # the same number twice, wrong once
        ([(3, 3, 2), (3, 3, 5), (2, 2, 5), (1, 1, 7)], [81, 15, 10, 7]),  # too large, too small, from the first row on
    ]
    slips = (
        lambda shape: prod(shape) // shape[0],  # one side forgotten
        lambda shape: 10 * prod(shape),  # a digit too many
        lambda shape: 4 * prod(shape),  # the maps before pooling
    )
    for count in (4, 6, 9):
        shapes = [tuple(rng.integers(2, 30, size=3).tolist()) for _ in range(count)]
        printed = _true_rows(shapes)
        for row, slip in zip(rng.choice(range(1, count), size=2, replace=False), rng.permutation(3)[:2], strict=True):
            printed[row] = slips[slip](shapes[row])
        cases.append((shapes, printed))
    return cases


audit = Exercise(
    name="audit",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=lambda shapes, printed: (_wrong_rows(shapes, printed), sum(_true_rows(shapes))),
    cases=_tables,
    mistakes=(
        Mistake(
            "printed column added up",
            lambda shapes, printed: (_wrong_rows(shapes, printed), sum(printed)),
            "Your total adds up the printed numbers, the wrong ones among them. Add up the right ones.",
        ),
        Mistake(
            "wrong rows left out",
            lambda shapes, printed: (
                _wrong_rows(shapes, printed),
                sum(true for true, given in zip(_true_rows(shapes), printed, strict=True) if true == given),
            ),
            "Your total leaves out the rows that are printed wrongly. They count, with what they should say.",
        ),
        Mistake(
            "rows counted from 1",
            lambda shapes, printed: ([row + 1 for row in _wrong_rows(shapes, printed)], sum(_true_rows(shapes))),
            "Your rows are counted from 1; here, as in Python's lists, the first one is row 0.",
        ),
        Mistake(
            "the rows that are right",
            lambda shapes, printed: (
                [row for row in range(len(shapes)) if row not in _wrong_rows(shapes, printed)],
                sum(_true_rows(shapes)),
            ),
            "These are the rows that are right; the wrong ones are wanted.",
        ),
        Mistake(
            "first slip alone",
            lambda shapes, printed: (_wrong_rows(shapes, printed)[:1], sum(_true_rows(shapes))),
            "You stop at the first row that is wrong; there may be more.",
        ),
        Mistake(
            "image left out",
            lambda shapes, printed: (_wrong_rows(shapes, printed), sum(_true_rows(shapes)[1:])),
            "Your total lacks the first row. The image takes memory like any other row.",
        ),
    ),
    hints=(
        "`math.prod(shape)` is what a row should say.",
        "`enumerate(zip(shapes, printed))` gives each row's number, its shape and what is printed.",
    ),
)


# --- a net with a bug -------------------------------------------------------------------------------------------------


def _small_b(read="before", active=True, pooled="block", kernel_size=3, drop=False, join=None):
    """Return a function that builds two blocks of two convolutions on 16×16×3; the arguments say in what it errs."""

    def build():
        import keras
        from keras import layers

        image = x = keras.Input((16, 16, 3))
        for filters in (4, 8):
            block_input = x
            for place in range(1 if drop else 2):
                given = block_input if read == "block" else x
                convolution = layers.Conv2D(
                    filters, kernel_size, padding="same", activation="relu" if active or place else None
                )
                y = convolution(given)
                x = layers.Add()([x, y]) if join == "add" and place else y
                if pooled == "convolution":
                    x = layers.MaxPooling2D(2)(x)
            if pooled == "block":
                x = layers.MaxPooling2D(2)(x)
        return keras.Model(image, x)

    return build


mended_net = Exercise(
    name="mended_net",
    points=2,
    kind="model",
    stub="mended_net = ...",
    reference=_small_b(),
    cases=lambda rng: [(rng.normal(size=(2, 16, 16, 3)).astype("float32"),) for _ in range(2)],
    mistakes=(
        Mistake(
            "as it was",
            _small_b(read="block"),
            "The blocks of this net still have one convolution each. If your code makes two, the second one reads what "
            "the first one read, and the first one is not part of the net: follow `x` through the loop.",
        ),
        Mistake(
            "pooling after every convolution",
            _small_b(pooled="convolution"),
            "Pooling has moved into the inner loop: it ends a block, once, and does not follow every convolution.",
        ),
        Mistake(
            "pooling lost",
            _small_b(pooled=None),
            "The pooling at the end of each block is gone.",
        ),
        Mistake(
            "activation lost",
            _small_b(active=False),
            "The first convolution of each block has lost its ReLU.",
        ),
        Mistake(
            "one large filter",
            _small_b(drop=True, kernel_size=5),
            "A single 5×5 convolution sees as much as the two that were meant, but it is not them.",
        ),
        Mistake(
            "sum of the two",
            _small_b(join="add"),
            "You add what the two convolutions give. That is the idea of lecture 8; VGG has one behind the other.",
        ),
    ),
    hints=(
        "`net.summary()` lists the layers that lead from the input to the output. How many convolutions are there?",
        "Which name does the second convolution of a block read, and which should it read? `mended_net` is the net: "
        "a function that builds it has to be called.",
    ),
)


# --- which numbers compare ------------------------------------------------------------------------------------------

ROWS = "abcdef"


def pair(answer):
    """Return two letters of the table as text in their order, whether they were given as text, list, tuple or set."""
    letters = answer
    if isinstance(answer, str):
        words = re.findall("[a-z]+", answer.lower())
        letters = words[0] if len(words) == 1 else [word for word in words if len(word) == 1]  # "cd", "c and d"
    try:
        letters = sorted({letter.strip().lower() for letter in letters})
    except (AttributeError, TypeError):
        letters = []
    if len(letters) != 2 or not set(letters) <= set(ROWS):
        raise WrongForm('Two different letters from a to f are wanted, such as "ab".')
    return "".join(letters)


second_net = Exercise(
    name="second_net",
    points=1,
    kind="value",
    stub="second_net = ...",
    reference="cd",
    cases=None,
    probe=pair,
    mistakes=(
        Mistake(
            "the slide's",
            "ab",
            "These are the slide's two. They differ in three things: how many nets, how they look at a picture, and on "
            "which pictures. Any of the three could make the difference.",
        ),
        Mistake(
            "two ways to look",
            "ac",
            "Both are test errors, but one net looked at many crops as well, and seven did not. Two things differ.",
        ),
        Mistake(
            "seven against two",
            "ad",
            "From seven nets to two, and from dense evaluation to both kinds: two things differ, and one net is in "
            "neither row.",
        ),
        Mistake(
            "two sets",
            "bd",
            "One net and two nets that look at a picture in the same way, but one error is on the validation set, the "
            "other on the test set.",
        ),
        Mistake(
            "seven against two, dense",
            "af",
            "Here the number of nets is all that differs, but it goes from two to seven. What a *second* net adds shows "
            "between one and two.",
        ),
        Mistake(
            "the same nets",
            "df",
            "Both rows have the same two nets. They tell what many crops add, not what a second net adds.",
        ),
        Mistake(
            "the same number",
            "cf",
            "The numbers are equal, the conditions are not: the single net looked at many crops as well.",
        ),
        Mistake(
            "the same seven nets",
            "ae",
            "These are the same seven nets, looked at in the same way: once on the test set, once on validation.",
        ),
        Mistake(
            "the same single net",
            "bc",
            "This is one and the same net, on the validation set and on the test set.",
        ),
    ),
    hints=(
        "Compare rows column by column: only the number of nets may differ, and it must be one and two.",
        "Which rows are test errors? Among them, which have the same evaluation?",
    ),
)
