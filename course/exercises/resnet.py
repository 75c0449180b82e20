"""The exercises of lecture 08, on residual nets and batch normalization."""

import numpy as np

from course.exercises.engine import Exercise, Mistake, with_weights_by_shape

FUNCTION = 'raise NotImplementedError("your answer goes here")'


# --- blocks ----------------------------------------------------------------------------------------------------------------


def _block(
    filters=4,
    strides=1,
    size=8,
    *,
    style="conv-bn-relu",
    reads_input=False,
    between=True,
    stride_in_second=False,
    use_bias=False,
    shortcut="identity",
    join="add",
    end="relu",
    epsilon=1e-3,
):
    """Return a function that builds a block of two 3×3 convolutions for maps (size, size, 4), right or wrong."""

    def build():
        from keras import Input, Model, layers, ops

        def convolution(x, strides=1, relu=True, kernel_size=3):
            steps = {
                "conv": layers.Conv2D(filters, kernel_size, strides, "same", use_bias=use_bias),
                "bn": layers.BatchNormalization(epsilon=epsilon),
                "relu": layers.ReLU(),
            }
            for step in style.split("-"):
                x = steps[step](x) if step != "relu" or relu else x
            return x

        def padded(x):
            x = layers.MaxPooling2D(1, strides)(x)
            return layers.Concatenate()([x, layers.Rescaling(0.0)(x)])

        x = Input((size, size, 4))
        first, second = (1, strides) if stride_in_second else (strides, 1)
        middle = x if reads_input else convolution(x, first, relu=between)
        bent = end in ("relu first", "relu twice") or style.startswith("bn")
        y = convolution(middle, strides if reads_input else second, relu=bent)
        identity = {
            "identity": lambda: x,
            "late": lambda: middle,
            "projection": lambda: convolution(x, strides, relu=False, kernel_size=1),
            "projection, ReLU": lambda: convolution(x, strides, kernel_size=1),
            "projection, bare": lambda: layers.Conv2D(filters, 1, strides, use_bias=use_bias)(x),
            "projection, 3×3": lambda: convolution(x, strides, relu=False),
            "zeros": lambda: padded(x),
        }[shortcut]
        match join:
            case "add":
                y = layers.Add()([y, identity()])
            case "concatenate":
                y = layers.Concatenate()([y, identity()])
            case "subtract":
                y = layers.Subtract()([y, identity()])
            case "bn after":
                y = layers.BatchNormalization()(layers.Add()([y, identity()]))
        return Model(x, ops.relu(y) if end in ("relu", "relu twice") else y)

    return build


def _maps(size):
    """Return cases for a block: one map that is zero, and drawn ones, with values below 0."""
    return lambda rng: [
        (np.zeros((1, size, size, 4), "float32"),),
        (rng.normal(size=(2, size, size, 4)).astype("float32"),),
    ]


AFTER_THE_SUM = "the ReLU comes after the sum, so that the branch can take away as well as add."
TOO_MANY = "There is a ReLU too many, in your branch before the sum: " + AFTER_THE_SUM
EPSILON = "All is right but for the ε of your normalization: leave out `epsilon`, and take Keras's own, 1e-3."

identity_block = Exercise(
    name="identity_block",
    points=2,
    kind="model",
    stub="identity_block = ...",
    reference=_block(),
    cases=_maps(8),
    probe=with_weights_by_shape,
    mistakes=(
        Mistake(
            "the second convolution reads the input",
            _block(reads_input=True),
            "A single convolution lies between the input and the sum. Does your second one read the input of the block? Then "
            "the first leads nowhere, and Keras leaves it out. It must read what the first one, normalized and rectified, has "
            "made.",
        ),
        Mistake(
            "ReLU before the sum",
            _block(end="relu first"),
            "Your last ReLU is in the branch, before the sum, where it makes F(x) ≥ 0: " + AFTER_THE_SUM,
        ),
        Mistake(
            "no ReLU at the end",
            _block(end=None),
            "The sum leaves your block as it is: " + AFTER_THE_SUM,
        ),
        Mistake("a ReLU too many", _block(end="relu twice"), TOO_MANY),
        Mistake(
            "no ReLU between",
            _block(between=False),
            "There is no ReLU between your convolutions: without one, two convolutions are one linear map.",
        ),
        Mistake(
            "no shortcut",
            _block(join=None),
            "This is a plain block, ReLU(F(x)). `keras.layers.Add()([y, x])` adds the input of the block.",
        ),
        Mistake(
            "concatenated",
            _block(join="concatenate"),
            "You put x behind F(x), which doubles the maps. A residual block adds the two, value by value.",
        ),
        Mistake(
            "subtracted",
            _block(join="subtract"),
            "You compute F(x) − x. The block adds: F(x) + x.",
        ),
        Mistake(
            "no batch normalization",
            _block(style="conv-relu"),
            "There is no batch normalization: one follows each convolution, before the ReLU.",
        ),
        *(
            Mistake(
                name,
                _block(style="conv-relu-bn", end=end),
                "You normalize after the ReLU. In the paper the normalization stands right after the convolution, before the "
                "ReLU.",
            )
            for name, end in (
                ("ReLU before the normalization", "relu"),
                ("ReLU before both normalizations", "relu twice"),
            )
        ),
        Mistake(
            "late shortcut",
            _block(shortcut="late"),
            "Your shortcut begins behind the first convolution. It begins at the input of the block: keep that in a name of "
            "its own.",
        ),
        Mistake("another epsilon", _block(epsilon=1e-5), EPSILON),
        Mistake(
            "normalized after the sum",
            _block(style="conv-relu", join="bn after"),
            "You normalize the sum, which changes x too. Each convolution has its normalization, and x stays as it is.",
        ),
        Mistake(
            "pre-activation",
            _block(style="bn-relu-conv", end=None),
            "Normalization and ReLU stand before your convolutions. That is the later design of He et al. (2016b); here it is "
            "convolution, normalization, ReLU.",
        ),
        Mistake(
            "biases",
            _block(use_bias=True),
            "Your convolutions have biases. The normalization behind takes the mean away, and a bias with it: "
            "`use_bias=False`.",
        ),
    ),
    hints=(
        "The branch is convolution, normalization, ReLU, convolution, normalization. Keep the input in a name of its own.",
        "`y = keras.layers.Conv2D(4, 3, padding='same', use_bias=False)(x)` begins the branch; "
        "`keras.layers.Add()([y, x])` and a ReLU end the block.",
    ),
)


def _halving(shortcut="projection", **changes):
    return _block(8, 2, 9, shortcut=shortcut, **changes)


projection_block = Exercise(
    name="projection_block",
    points=2,
    kind="model",
    stub="projection_block = ...",
    reference=_halving(),
    cases=_maps(9),
    probe=with_weights_by_shape,
    mistakes=(
        Mistake(
            "the stride is in the second convolution",
            _halving(stride_in_second=True),
            "Your second convolution halves the maps. The shapes agree, but in the paper the first one of the block does it.",
        ),
        Mistake(
            "projection without normalization",
            _halving("projection, bare"),
            "Your projection has no batch normalization. It is a convolution like the others, and one follows each of them.",
        ),
        Mistake(
            "ReLU in the shortcut",
            _halving("projection, ReLU"),
            "There is a ReLU in your shortcut, which loses what is below 0. A projection is linear: convolution and "
            "normalization, no more.",
        ),
        Mistake(
            "projection of 3×3",
            _halving("projection, 3×3"),
            "Your shortcut is a 3×3 convolution. A projection looks at one place at a time: 1×1, with stride 2.",
        ),
        Mistake(
            "no projection",
            _halving("zeros"),
            "Your shortcut takes every second value and fills up with maps of zeros. That is option A; here a projection is "
            "asked for, a 1×1 convolution with stride 2.",
        ),
        Mistake(
            "no shortcut",
            _halving(join=None),
            "This is a plain block, ReLU(F(x)): the projection of the input is not added.",
        ),
        Mistake(
            "the second convolution reads the input",
            _halving(reads_input=True),
            "Your second convolution reads the input of the block; it must read what the first one has made.",
        ),
        Mistake(
            "ReLU before the sum",
            _halving(end="relu first"),
            "Your last ReLU is in the branch, before the sum: " + AFTER_THE_SUM,
        ),
        Mistake("a ReLU too many", _halving(end="relu twice"), TOO_MANY),
        Mistake("another epsilon", _halving(epsilon=1e-5), EPSILON),
        Mistake(
            "no ReLU at the end",
            _halving(end=None),
            "The sum leaves your block as it is: " + AFTER_THE_SUM,
        ),
        Mistake(
            "biases",
            _halving(use_bias=True),
            "Your convolutions have biases. The normalization behind takes the mean away, and a bias with it: "
            "`use_bias=False`.",
        ),
    ),
    hints=(
        "Start from the block of exercise 1. Two things change in the branch, and the sum gets a convolution of x.",
        "`keras.layers.Conv2D(8, 1, strides=2, use_bias=False)(x)`, normalized, has the shape of the branch.",
    ),
)


# --- counting --------------------------------------------------------------------------------------------------------------


def _shortcut(weights, where="paper"):
    """Return an answer: `weights(channels, filters)` where option and `where` want a projection, else 0."""

    def count(option, channels, filters, strides):
        changes = {
            "paper": channels != filters or strides != 1,
            "maps alone": channels != filters,
            "strides alone": strides != 1,
            "always": True,
        }.get(where, channels != filters or strides != 1)
        projected = {"A": where == "A too" and changes, "B": changes, "C": where != "C as B" or changes}[option]
        return weights(channels, filters) if projected else 0

    return count


def _projection(channels, filters):
    return channels * filters + 2 * filters


def _shortcut_cases(rng):
    edges = [
        ("A", 64, 128, 2),
        ("B", 64, 64, 1),
        ("B", 64, 128, 2),
        ("B", 64, 256, 1),
        ("B", 32, 32, 2),
        ("C", 64, 64, 1),
        ("C", 16, 32, 2),
        ("A", 16, 16, 1),
    ]
    drawn = [(option, *map(int, rng.integers(3, 300, size=2)), int(rng.integers(1, 3))) for option in "ABC"]
    return edges + drawn


shortcut_parameters = Exercise(
    name="shortcut_parameters",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_shortcut(_projection),
    cases=_shortcut_cases,
    mistakes=(
        Mistake(
            "normalization forgotten",
            _shortcut(lambda channels, filters: channels * filters),
            "You count the 1×1 convolution alone. Its batch normalization has γ and β, two numbers for each filter.",
        ),
        Mistake(
            "γ alone",
            _shortcut(lambda channels, filters: channels * filters + filters),
            "You add one number for each filter. The convolution has no bias; its normalization has two, γ and β.",
        ),
        Mistake(
            "a bias too",
            _shortcut(lambda channels, filters: channels * filters + 3 * filters),
            "You count a bias besides γ and β. These convolutions have none: the normalization would take it away.",
        ),
        Mistake(
            "moving statistics",
            _shortcut(lambda channels, filters: channels * filters + 4 * filters),
            "You count the moving mean and variance. They are weights of the layer, but no training by gradient changes them.",
        ),
        Mistake(
            "3×3",
            _shortcut(lambda channels, filters: 9 * channels * filters + 2 * filters),
            "You count a 3×3 convolution. A projection is 1×1.",
        ),
        Mistake(
            "B projects always",
            _shortcut(_projection, "always"),
            "That is option C under both names. B projects only where size or number of the maps changes.",
        ),
        Mistake(
            "B where the number of maps changes",
            _shortcut(_projection, "maps alone"),
            "Look at 32 maps that become 32 at stride 2: x is twice as high and wide as F(x), and B projects there too.",
        ),
        Mistake(
            "B where the stride is not 1",
            _shortcut(_projection, "strides alone"),
            "Look at 64 maps that become 256 at stride 1, the first bottleneck of all: x does not fit, and B projects.",
        ),
        Mistake(
            "C where it must",
            _shortcut(_projection, "C as B"),
            "You give C a projection only where x does not fit. That is B; C has one in every block.",
        ),
        Mistake(
            "A projects",
            _shortcut(_projection, "A too"),
            "Option A has no weights at all: it takes every second value, and fills up with maps of zeros.",
        ),
    ),
    hints=(
        "First decide whether there is a projection: A never, C always, B where the shape of x is not that of F(x).",
        "A projection is a 1×1 convolution without bias, `channels * filters`, and γ and β for each filter.",
    ),
)


bottleneck_parameters = Exercise(
    name="bottleneck_parameters",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda filters: 17 * filters**2 + 12 * filters,
    cases=lambda rng: [(1,), (64,), (128,), (512,), (int(rng.integers(2, 300)),)],
    mistakes=(
        Mistake(
            "normalization forgotten",
            lambda filters: 17 * filters**2,
            "You count the convolutions alone. Each has a batch normalization behind it, with γ and β for each filter.",
        ),
        Mistake(
            "biases for γ and β",
            lambda filters: 17 * filters**2 + 6 * filters,
            "You count one number for each filter, as for a bias. There is no bias, but γ and β: two.",
        ),
        Mistake(
            "biases too",
            lambda filters: 17 * filters**2 + 18 * filters,
            "You count biases besides γ and β. These convolutions have none.",
        ),
        Mistake(
            "moving statistics",
            lambda filters: 17 * filters**2 + 24 * filters,
            "You count the moving means and variances: these are not trained.",
        ),
        Mistake(
            "narrow input",
            lambda filters: 14 * filters**2 + 12 * filters,
            "Your first convolution reads `filters` maps. What comes in is the sum of the block before: 4 · filters maps.",
        ),
        Mistake(
            "narrow output",
            lambda filters: 14 * filters**2 + 6 * filters,
            "Your last convolution has `filters` filters. It restores the maps: 4 · filters of them, to be added to x.",
        ),
        Mistake(
            "3×3 on all maps",
            lambda filters: 44 * filters**2 + 12 * filters,
            "Your 3×3 convolution reads, or makes, 4 · filters maps. It works between the two 1×1, on `filters` maps: "
            "that is the point of them.",
        ),
        Mistake(
            "two windows",
            lambda filters: 49 * filters**2 + 12 * filters,
            "One of your 1×1 convolutions has a window of 3×3.",
        ),
        Mistake(
            "two 3×3",
            lambda filters: 288 * filters**2 + 16 * filters,
            "That is a block of two 3×3 convolutions on 4 · filters maps. A bottleneck is 1×1, 3×3, 1×1.",
        ),
    ),
    hints=(
        "The three convolutions go from 4f maps to f, from f to f with a window of 3×3, and from f to 4f.",
        "Kernels: 4f·f + 9·f·f + f·4f. Then γ and β: 2·(f + f + 4f).",
    ),
)


# --- the bug ---------------------------------------------------------------------------------------------------------------

faulty_line = Exercise(
    name="faulty_line",
    points=1,
    kind="value",
    stub="faulty_line = ...",
    reference=2,
    cases=None,
    mistakes=(
        Mistake(
            "the first convolution",
            1,
            "Line 1 is right: 1×1, from many maps to few. Look at who reads what it makes.",
        ),
        Mistake(
            "the last convolution",
            3,
            "Line 3 is right: it restores 4 · filters maps, without a ReLU before the sum.",
        ),
        Mistake("the sum", 4, "Line 4 adds the input of the block to its branch, as it should."),
        Mistake("the last ReLU", 5, "The last ReLU comes after the sum: line 5 is right."),
    ),
    hints=(
        "Put F(x) down as a chain: each convolution reads what the one before has made. Who reads what line 1 gives?",
        "Draw an arrow from each `y` and each `x` to the line that reads it. One `y` is never read.",
    ),
)


# --- the nets --------------------------------------------------------------------------------------------------------------


def _layers_cases(rng):
    drawn = tuple(int(n) for n in rng.integers(1, 40, size=5))
    return [((1,), 2), ((3, 3, 3), 2), ((2, 2, 2, 2), 2), ((3, 4, 6, 3), 3), ((3, 8, 36, 3), 3), (drawn, 3)]


weight_layers = Exercise(
    name="weight_layers",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda blocks, convolutions: convolutions * sum(blocks) + 2,
    cases=_layers_cases,
    mistakes=(
        Mistake(
            "one end forgotten",
            lambda blocks, convolutions: convolutions * sum(blocks) + 1,
            "You are one short: besides the blocks there are two layers with weights, the first convolution and the dense "
            "layer.",
        ),
        Mistake(
            "both ends forgotten",
            lambda blocks, convolutions: convolutions * sum(blocks),
            "You count the blocks alone. There is a convolution in front of them and a dense layer behind.",
        ),
        Mistake(
            "blocks counted",
            lambda blocks, convolutions: sum(blocks) + 2,
            "You count each block once; it has two convolutions, or three.",
        ),
        Mistake(
            "projections counted",
            lambda blocks, convolutions: convolutions * sum(blocks) + 2 + len(blocks) - (convolutions == 2),
            "You count the projections. They lie beside the way through the net, and the paper leaves them out.",
        ),
        Mistake(
            "poolings counted",
            lambda blocks, convolutions: convolutions * sum(blocks) + 4,
            "You count two more: are these the poolings? They have no weights.",
        ),
        Mistake(
            "normalizations counted",
            lambda blocks, convolutions: 2 * convolutions * sum(blocks) + 3,
            "You count the batch normalizations. They have weights, but a layer is a convolution or a dense layer here.",
        ),
    ),
    hints=(
        "ResNet-18 has 2 + 2 + 2 + 2 blocks of two convolutions. Which two layers make it eighteen?",
        "The convolutions of all blocks, and two: the first convolution and the dense layer.",
    ),
)


def _stage(halvings=lambda stage: min(stage, 2) + max(stage - 2, 0), channels=None, half=lambda side: -(-side // 2)):
    """Return an answer: sides halved `halvings(stage)` times by `half`, and `channels(stage, bottleneck)`."""

    def shape(height, width, stage, bottleneck):
        for _ in range(halvings(stage)):
            height, width = half(height), half(width)
        return height, width, (channels or _channels)(stage, bottleneck)

    return shape


def _channels(stage, bottleneck):
    return 64 if stage == 1 else 64 * 2 ** (stage - 2) * (4 if bottleneck else 1)


def _stage_cases(rng):
    edges = [(224, 224, stage, bottleneck) for bottleneck in (False, True) for stage in (1, 2, 3, 5)]
    drawn = [(*map(int, rng.integers(33, 400, size=2)), stage, bool(stage % 2)) for stage in (3, 4, 5)]
    return [*edges, (225, 97, 4, False), (1, 33, 5, True), *drawn]


stage_shape = Exercise(
    name="stage_shape",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_stage(),
    cases=_stage_cases,
    mistakes=(
        Mistake(
            "rounded down",
            _stage(half=lambda side: side // 2),
            "You round down. A window stands on every second place, the first included: 113 places give 57, ⌈113 / 2⌉.",
        ),
        Mistake(
            "pooling forgotten",
            _stage(halvings=lambda stage: max(stage - 1, 1)),
            "From conv2_x on your maps are twice too large: a max-pooling with stride 2 stands in front of it.",
        ),
        Mistake(
            "conv2_x halves",
            _stage(halvings=lambda stage: stage + (stage > 1)),
            "You halve in conv2_x as well. The pooling in front has done it, and its first block has stride 1.",
        ),
        Mistake(
            "four times forgotten",
            _stage(channels=lambda stage, bottleneck: 64 * 2 ** max(stage - 2, 0)),
            "You leave out that a bottleneck gives four times as many maps as it has filters inside.",
        ),
        Mistake(
            "four times for all",
            _stage(channels=lambda stage, bottleneck: _channels(stage, True)),
            "You multiply by four in every net. Only bottlenecks do that; a block of two 3×3 gives as many maps as filters.",
        ),
        Mistake(
            "four times in conv1",
            _stage(channels=lambda stage, bottleneck: 64 * 2 ** max(stage - 2, 0) * (4 if bottleneck else 1)),
            "You multiply conv1 by four. It is no bottleneck: 64 maps in every net.",
        ),
        Mistake(
            "doubled once too often",
            _stage(channels=lambda stage, bottleneck: _channels(stage, bottleneck) * (1 if stage == 1 else 2)),
            "You double the filters in conv2_x. It has 64, like conv1; the doubling begins with conv3_x.",
        ),
        Mistake(
            "never doubled",
            _stage(channels=lambda stage, bottleneck: 64 if stage == 1 or not bottleneck else 256),
            "Your number of maps never grows. Where the sides are halved the filters are doubled, from conv3_x on.",
        ),
        Mistake(
            "channels first",
            lambda height, width, stage, bottleneck: tuple(
                np.roll(_stage()(height, width, stage, bottleneck), 1).tolist()
            ),
            "You put the channels first. Keras has them last: (height, width, channels).",
        ),
    ),
    hints=(
        "conv1 halves, the pooling before conv2_x halves, and so does the first block of conv3_x, conv4_x and conv5_x.",
        "Half of `side` is `-(-side // 2)`, rounded up. The filters are 64, 64, 128, 256, 512, times 4 in a bottleneck stage.",
    ),
)


keras_filters = Exercise(
    name="keras_filters",
    points=1,
    kind="value",
    stub="keras_filters = ...",
    reference=26_560,
    cases=None,
    mistakes=(
        Mistake(
            "all of them biases",
            79_680,
            "That is the whole gap. Biases are a part of it: the moving mean and the moving variance fill the rest.",
        ),
        Mistake(
            "moving statistics alone",
            39_840,
            "You divide by 2: the moving mean and variance. Keras's convolutions have a bias for each filter as well.",
        ),
        Mistake(
            "γ and β as well",
            15_936,
            "You divide by 5. γ and β are trained, and both counts have them; they are not in the gap.",
        ),
        Mistake(
            "γ or β",
            19_920,
            "You divide by 4. What is in the one count and not in the other: a bias, a moving mean, a moving variance.",
        ),
        Mistake(
            "the statistics",
            53_120,
            "These are the moving statistics, two for each filter. How many filters is that?",
        ),
    ),
    hints=(
        "What does Keras's count have that ours has not? List it for one filter of one convolution.",
        "For each filter a bias, a moving mean and a moving variance: three numbers. The gap is 25,636,712 − 25,557,032.",
    ),
)


# --- batch normalization ---------------------------------------------------------------------------------------------------


def _normalized(
    axes=(0, 1, 2), ddof=0, root=lambda variance, epsilon: np.sqrt(variance + epsilon), which=None, **left_out
):
    """Return an answer: statistics over `axes`; `which(training)` says whether they are the batch's."""

    def batch_norm(x, gamma, beta, moving_mean, moving_variance, training, epsilon):
        mean, variance = x.mean(axes, keepdims=True), x.var(axes, keepdims=True, ddof=ddof)
        if not (which(training) if which else training):
            mean, variance = moving_mean, moving_variance
        y = (x - (0 if left_out.get("mean") else mean)) / root(variance, epsilon)
        return (1 if left_out.get("gamma") else gamma) * y + (0 if left_out.get("beta") else beta)

    return batch_norm


def _batch_cases(rng):
    def drawn(shape, training, epsilon):
        channels = shape[-1]
        x = rng.normal(size=shape) * rng.uniform(0.5, 3, channels) + rng.normal(size=channels)
        gamma, beta, mean = rng.uniform(0.5, 2, channels), rng.normal(size=channels), rng.normal(size=channels)
        return x, gamma, beta, mean, rng.uniform(0.5, 2, channels), training, epsilon

    flat = drawn((3, 2, 2, 2), True, 0.01)
    flat[0][..., 0] = 5.0  # a channel that is the same everywhere
    return [
        drawn((2, 2, 2, 1), True, 0.1),
        drawn((2, 2, 2, 1), False, 0.1),
        flat,
        drawn((4, 3, 2, 3), True, 0.1),
        drawn((1, 2, 3, 2), False, 1e-3),
    ]


batch_norm = Exercise(
    name="batch_norm",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_normalized(),
    cases=_batch_cases,
    mistakes=(
        Mistake(
            "unbiased variance",
            _normalized(ddof=1),
            "You divide by m − 1 in the variance. In training it is the mean of the squares, divided by m: `x.var` as it is.",
        ),
        Mistake(
            "ε outside of the root",
            _normalized(root=lambda variance, epsilon: np.sqrt(variance) + epsilon),
            "You add ε to the standard deviation. It belongs to the variance, inside of the root: √(σ² + ε).",
        ),
        Mistake(
            "ε forgotten",
            _normalized(root=lambda variance, epsilon: np.sqrt(variance)),
            "There is no ε in your root: a channel that is the same everywhere gives 0 / 0.",
        ),
        Mistake(
            "root forgotten",
            _normalized(root=lambda variance, epsilon: variance + epsilon),
            "You divide by the variance. What makes it 1 is the standard deviation, its root.",
        ),
        Mistake(
            "for each sample",
            _normalized(axes=(1, 2)),
            "You normalize each sample by itself. (That is instance normalization.) One mean and one variance belong to each "
            "channel, over all samples and all places.",
        ),
        Mistake(
            "for each place",
            _normalized(axes=0),
            "You average over the samples alone, and each place has its own statistics. All places of a map share theirs, as "
            "they share the filter: average over axes 0, 1 and 2.",
        ),
        Mistake(
            "over the channels",
            _normalized(axes=-1),
            "You average over the channels. Each channel has statistics of its own, over samples and places.",
        ),
        Mistake(
            "all in one",
            _normalized(axes=None),
            "You take one mean and one variance of everything. Each channel has its own.",
        ),
        Mistake("γ missing", _normalized(gamma=True), "γ is missing: y = γ·x̂ + β."),
        Mistake("β missing", _normalized(beta=True), "β is missing: y = γ·x̂ + β."),
        Mistake("mean kept", _normalized(mean=True), "You do not take the mean away before you divide."),
        Mistake(
            "moving statistics in training",
            _normalized(which=lambda training: False),
            "You use the moving statistics always. In training they are those of the batch.",
        ),
        Mistake(
            "statistics of the batch at inference",
            _normalized(which=lambda training: True),
            "You use the statistics of the batch always. Where `training` is False they are the moving ones: the answer for "
            "one image must not depend on the others.",
        ),
        Mistake(
            "turned round",
            _normalized(which=lambda training: not training),
            "You have the two turned round: statistics of the batch in training, the moving ones otherwise.",
        ),
    ),
    hints=(
        "First choose mean and variance, of shape (channels,): by `training`. The rest is one line, the same for both.",
        "`x.mean(axis=(0, 1, 2))` and `x.var(axis=(0, 1, 2))` are the statistics of the batch.",
    ),
)


def _gradient(mean_way=1.0, variance_way=1.0, gamma_way=True, average=np.mean, axis=0):
    """Return an answer: γ/√(σ² + ε) · (∂y − mean(∂y) − x̂·mean(∂y·x̂)), with its last two terms weighed."""

    def dx(x, gamma, dy, epsilon):
        root = np.sqrt(x.var(axis=0) + epsilon)
        hat = (x - x.mean(axis=0)) / root
        scale = gamma if gamma_way else 1.0
        taken = mean_way * average(dy, axis=axis, keepdims=True)
        taken = taken + variance_way * hat * average(dy * hat, axis=axis, keepdims=True)
        return scale / root * (dy - taken)

    return dx


def _gradient_cases(rng):
    def drawn(samples, features, epsilon):
        x, dy = rng.normal(size=(2, samples, features)) * 2
        return x + rng.normal(size=features), rng.uniform(0.5, 2, size=features), dy, epsilon

    return [
        (np.array([[1.0], [3.0]]), np.array([2.0]), np.array([[1.0], [0.0]]), 0.0),
        (np.array([[0.0], [0.0], [3.0]]), np.array([1.0]), np.array([[1.0], [0.0], [0.0]]), 0.1),
        drawn(4, 3, 0.1),
        drawn(7, 2, 1e-3),
    ]


batch_norm_gradient = Exercise(
    name="batch_norm_gradient",
    points=3,
    kind="function",
    stub=FUNCTION,
    reference=_gradient(),
    cases=_gradient_cases,
    mistakes=(
        Mistake(
            "mean and variance as constants",
            _gradient(0, 0),
            "You take μ and σ² for constants: only the way through x̂ is there. Both depend on every x of the batch, and pass "
            "their gradients on.",
        ),
        Mistake(
            "variance as a constant",
            _gradient(1, 0),
            "The way through the variance is missing: ∂σ² · 2(x − μ)/m.",
        ),
        Mistake(
            "mean as a constant",
            _gradient(0, 1),
            "The way through the mean is missing: ∂μ / m.",
        ),
        Mistake(
            "the mean's way by a wrong sign",
            _gradient(-1, 1),
            "The way through the mean has the wrong sign: ∂μ has a minus in it, since x̂ falls where μ rises.",
        ),
        Mistake(
            "the variance's way by a wrong sign",
            _gradient(1, -1),
            "The way through the variance has the wrong sign: ∂σ² has a −½ in it.",
        ),
        Mistake(
            "not divided by m",
            _gradient(average=np.sum),
            "Your sums over the batch are not divided by m: one x has a share of 1/m in the mean, and 2(x − μ)/m in the "
            "variance.",
        ),
        Mistake(
            "x̂'s way not divided",
            lambda x, gamma, dy, epsilon: (
                _gradient()(x, gamma, dy, epsilon) + gamma * dy * (1 - 1 / np.sqrt(x.var(axis=0) + epsilon))
            ),
            "You add ∂x̂ as it is. Its way to x passes the division: ∂x̂ / √(σ² + ε).",
        ),
        Mistake(
            "γ missing",
            _gradient(gamma_way=False),
            "γ is missing. The gradient passes y = γ·x̂ + β first, so ∂x̂ = γ·∂y.",
        ),
        Mistake(
            "half of the variance's way",
            _gradient(1, 0.5),
            "The way through the variance is half of what it should be: the derivative of (x − μ)² is 2(x − μ).",
        ),
        Mistake(
            "over the features",
            _gradient(axis=1),
            "You sum over the features. Each feature has its own statistics: sum over the samples, axis 0.",
        ),
        Mistake(
            "∂x̂",
            lambda x, gamma, dy, epsilon: gamma * dy,
            "That is ∂x̂, the first of the steps. It still has to pass x̂ = (x − μ)/√(σ² + ε), and μ and σ².",
        ),
    ),
    hints=(
        "x reaches the loss on three ways: through x̂ itself, through σ² and through μ. ∂x is the sum of the three.",
        "∂x̂ / √(σ² + ε), and ∂σ² · 2(x − μ)/m, and ∂μ / m. What ∂x̂, ∂σ² and ∂μ are stands in the table.",
    ),
)
