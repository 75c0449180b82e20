"""The exercises of lecture 05, on LeNet and AlexNet."""

from math import ceil

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from course.exercises.engine import Exercise, Mistake, WrongForm
from course.models.lenet import CONNECTIONS

FUNCTION = 'raise NotImplementedError("your answer goes here")'


# --- LeNet's rows ----------------------------------------------------------------------------------------------------------


def _rows(convolution=None, subsampling=None, dense=None):
    """Return an answer made of one rule (side, inputs, outputs) a kind; a rule that is None is the right one."""
    rules = {
        "convolution": convolution or (lambda side, inputs, outputs: (side**2 * inputs + 1) * outputs),
        "subsampling": subsampling or (lambda side, inputs, outputs: 2 * outputs),
        "dense": dense or (lambda side, inputs, outputs: (inputs + 1) * outputs),
    }
    return lambda kind, side, inputs, outputs: rules[kind](side, inputs, outputs)


row_parameters = Exercise(
    name="row_parameters",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_rows(),
    cases=lambda rng: [
        ("convolution", 5, 1, 6),
        ("subsampling", 2, 6, 6),
        ("dense", 1, 120, 84),
        ("convolution", 3, 4, 4),
        ("subsampling", 3, 7, 7),
        ("convolution", *rng.integers(2, 9, size=3).tolist()),
        ("dense", 1, *rng.integers(2, 99, size=2).tolist()),
    ],
    mistakes=(
        Mistake(
            "pooling has none",
            _rows(subsampling=lambda side, inputs, outputs: 0),
            "Your subsampling has no parameters, as pooling has none today. LeNet's has two for each map: a coefficient "
            "and a bias.",
        ),
        Mistake(
            "subsampling without bias",
            _rows(subsampling=lambda side, inputs, outputs: outputs),
            "Your subsampling has one parameter for each map. It has a coefficient and a bias.",
        ),
        Mistake(
            "two for the layer",
            _rows(subsampling=lambda side, inputs, outputs: 2),
            "You count one coefficient and one bias for the whole layer. Every map has its own two.",
        ),
        Mistake(
            "subsampling weighs its window",
            _rows(subsampling=lambda side, inputs, outputs: (side**2 + 1) * outputs),
            "You give every value in the window a weight. Subsampling adds them up, and the sum has one coefficient.",
        ),
        Mistake(
            "subsampling is a convolution",
            _rows(subsampling=lambda side, inputs, outputs: (side**2 * inputs + 1) * outputs),
            "You count subsampling like a convolution. A map of it sees one map, and has two parameters.",
        ),
        Mistake(
            "one map seen",
            _rows(convolution=lambda side, inputs, outputs: (side**2 + 1) * outputs),
            "Your filters see one map. A filter has a window of weights for each of the maps below, and one bias.",
        ),
        Mistake(
            "a bias for each map seen",
            _rows(convolution=lambda side, inputs, outputs: (side**2 + 1) * inputs * outputs),
            "You count a bias for each pair of maps. What a filter finds in all maps is added up, and there is one bias.",
        ),
        Mistake(
            "biases forgotten",
            _rows(
                convolution=lambda side, inputs, outputs: side**2 * inputs * outputs,
                dense=lambda side, inputs, outputs: inputs * outputs,
            ),
            "The biases of convolutions and dense layers are missing: one for each map, and one for each unit.",
        ),
        Mistake(
            "window of 5×4",
            _rows(convolution=lambda side, inputs, outputs: (side * (side - 1) * inputs + 1) * outputs),
            "Your windows have one column too few: `side` is both their height and their width.",
        ),
    ),
    hints=(
        "Three kinds, three formulas. For a convolution: how many weights has one filter, and how many filters are there?",
        "(side² · inputs + 1) · outputs; 2 · outputs; (inputs + 1) · outputs.",
    ),
)


# --- the sparse C3 ---------------------------------------------------------------------------------------------------------


def _sparse(weights, biases):
    """Return an answer: weights(table, side) + biases(table), the table an array of zeros and ones."""

    def answer(connections, side):
        table = np.array(connections)
        return int(weights(table, side) + biases(table))

    return answer


def _windows(table, side):
    return side**2 * table.sum()


def _sparse_cases(rng):
    drawn = rng.integers(0, 2, size=(4, 7))
    drawn[0] = 1
    edges = [
        ([[1]], 5),
        ([[1, 0], [0, 1]], 3),
        ([[1, 1, 0], [0, 1, 1]], 5),
        ([[1, 0, 1]], 2),  # the middle map sees nothing, and has a bias all the same
        (np.array(CONNECTIONS, dtype=int).tolist(), 5),
    ]
    return [*edges, (drawn.tolist(), int(rng.integers(2, 8)))]


sparse_parameters = Exercise(
    name="sparse_parameters",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_sparse(_windows, lambda table: table.shape[1]),
    cases=_sparse_cases,
    mistakes=(
        Mistake(
            "all connected",
            _sparse(lambda table, side: side**2 * table.size, lambda table: table.shape[1]),
            "You count every pair of maps. Only where the table has a 1 is there a window of weights.",
        ),
        Mistake(
            "biases forgotten",
            _sparse(_windows, lambda table: 0),
            "The biases are missing: one for each map of the output, however many maps it sees.",
        ),
        Mistake(
            "a bias for each connection",
            _sparse(_windows, lambda table: table.sum()),
            "You count a bias for each connection. What a map sees is added up first, and then gets one bias.",
        ),
        Mistake(
            "a bias for each input map",
            _sparse(_windows, lambda table: table.shape[0]),
            "You count a bias for each row. Rows are the maps below; biases belong to the maps of the output, the columns.",
        ),
        Mistake(
            "one weight a connection",
            _sparse(lambda table, side: table.sum(), lambda table: table.shape[1]),
            "You count one weight for each 1 in the table. A connection of maps is a whole window: side · side weights.",
        ),
        Mistake(
            "side not squared",
            _sparse(lambda table, side: side * table.sum(), lambda table: table.shape[1]),
            "Your windows have `side` weights. They are square.",
        ),
        Mistake(
            "one window for each map",
            _sparse(lambda table, side: side**2 * table.shape[1], lambda table: table.shape[1]),
            "You count one window for each map of the output. It has another one for *each* map that it sees.",
        ),
    ),
    hints=(
        "How many weights stand behind a single 1 of the table? And what does each column have once?",
        "`side * side` times the number of ones, and a bias for each column.",
    ),
)


# --- AlexNet's shapes ------------------------------------------------------------------------------------------------------


def _after(size, kernel, stride, padding=0):
    return (size + 2 * padding - kernel) // stride + 1


def _shapes(
    convolved=_after,
    pooled=_after,
    filters=lambda channels, filters: filters,
    pooled_channels=lambda channels: channels,
):
    """Return an answer with the given rules for sides and channels."""

    def answer(shape, rows):
        height, width, channels = shape
        for kind, *numbers in rows:
            if kind == "conv":
                count, *window = numbers
                height, width = (convolved(side, *window) for side in (height, width))
                channels = filters(channels, count)
            else:
                height, width = (pooled(side, *numbers) for side in (height, width))
                channels = pooled_channels(channels)
        return height, width, channels

    return answer


def _up(size, kernel, stride, padding=0):
    return ceil((size + 2 * padding - kernel) / stride) + 1


def _shape_cases(rng):
    edges = [
        ((227, 227, 3), [("conv", 96, 11, 4, 0)]),
        ((55, 55, 96), [("pool", 3, 2)]),
        ((27, 27, 96), [("conv", 256, 5, 1, 2), ("pool", 3, 2)]),
        ((224, 224, 3), [("conv", 64, 11, 4, 2), ("pool", 3, 2), ("conv", 192, 5, 1, 2)]),
        ((28, 40, 1), []),
        ((30, 44, 1), [("pool", 3, 2), ("conv", 5, 4, 3, 1)]),  # remainders in both
        ((9, 11, 2), [("pool", 5, 2)]),
    ]
    drawn = ((int(rng.integers(60, 90)), 61, 3), [("conv", 7, 7, 2, 2), ("pool", 3, 2), ("conv", 9, 3, 1, 1)])
    return [*edges, drawn]


net_shape = Exercise(
    name="net_shape",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_shapes(),
    cases=_shape_cases,
    mistakes=(
        Mistake(
            "rounded up",
            _shapes(_up, _up),
            "You round up. A window that does not fit any more is left out: round down (`//`), after pooling too.",
        ),
        Mistake(
            "pooling rounded up",
            _shapes(pooled=_up),
            "Your convolutions are right, and you round up after pooling. Some libraries do; Keras rounds both down.",
        ),
        Mistake(
            "pooling without overlap",
            _shapes(pooled=lambda size, kernel, stride: size // kernel),
            "Your pooling moves by its own size. AlexNet's windows of 3 move by 2 and overlap: kernel and stride are two "
            "numbers.",
        ),
        Mistake(
            "pooling divides",
            _shapes(pooled=lambda size, kernel, stride: size // stride),
            "You divide by the stride after pooling. That holds for windows of 2 that move by 2; the rule is the one of the "
            "convolution.",
        ),
        Mistake(
            "padding once",
            _shapes(lambda size, kernel, stride, padding: (size + padding - kernel) // stride + 1),
            "You add the padding once. There are that many zeros on *each* side.",
        ),
        Mistake(
            "padding forgotten",
            _shapes(lambda size, kernel, stride, padding: (size - kernel) // stride + 1),
            "The padding makes no difference in yours. Zeros on both sides make the map that the window moves on larger.",
        ),
        Mistake(
            "one place short",
            _shapes(
                lambda size, kernel, stride, padding: (size + 2 * padding - kernel) // stride,
                lambda size, kernel, stride: (size - kernel) // stride,
            ),
            "Your maps are one place short: there is one place more than there are steps.",
        ),
        Mistake(
            "stride forgotten",
            _shapes(lambda size, kernel, stride, padding: size + 2 * padding - kernel + 1),
            "The stride of a convolution makes no difference in yours.",
        ),
        Mistake(
            "channels add up",
            _shapes(filters=lambda channels, filters: channels + filters),
            "You add the filters to the channels. A convolution's output has a map for each filter, and no others.",
        ),
    ),
    hints=(
        "Both kinds of row change height and width by the same rule. Which one changes the channels?",
        "`(size + 2 * padding - kernel) // stride + 1`, with a padding of 0 for pooling; a convolution sets the channels "
        "to its filters, pooling leaves them.",
    ),
)


# --- two towers ------------------------------------------------------------------------------------------------------------


def _block(
    filters=8,
    kernel_size=5,
    groups=2,
    padding="same",
    activation="relu",
    pool=3,
    strides=2,
    average=False,
    pad_pool="valid",
):
    """Return a function that builds a narrow second block of AlexNet, or one with something changed."""

    def build():
        import keras
        from keras import layers

        pooling = layers.AveragePooling2D if average else layers.MaxPooling2D
        return keras.Sequential(
            [
                keras.Input((14, 14, 4)),
                layers.Conv2D(filters, kernel_size, padding=padding, groups=groups, activation=activation),
                pooling(pool, strides=strides, padding=pad_pool),
            ]
        )

    return build


tower_block = Exercise(
    name="tower_block",
    points=2,
    kind="model",
    stub="tower_block = ...",
    reference=_block(),
    cases=lambda rng: [(rng.normal(size=(2, 14, 14, 4)).astype("float32"),)],
    mistakes=(
        Mistake(
            "one tower",
            _block(groups=1),
            "Every filter of yours sees all four maps. In two towers it sees the two of its own: `groups=2`.",
        ),
        Mistake(
            "a tower for each map",
            _block(groups=4),
            "Your filters see one map each: you have four groups. There are two towers, with two maps each.",
        ),
        Mistake(
            "8 filters in each tower",
            _block(filters=16),
            "You have 16 filters. `filters` counts those of both towers together: 8, four in each.",
        ),
        Mistake(
            "padding forgotten",
            _block(padding="valid"),
            "Your convolution makes the maps smaller. In AlexNet's second block it keeps their size, and only pooling "
            "makes them smaller.",
        ),
        Mistake(
            "pooling without overlap",
            _block(strides=None),
            "Your pooling's windows lie side by side: without `strides` Keras moves them by their own size. Here it is 2.",
        ),
        Mistake(
            "pooling of 2",
            _block(pool=2),
            "Your pooling's windows are 2 × 2. AlexNet's are 3 × 3 and overlap.",
        ),
        Mistake(
            "pooling padded",
            _block(pad_pool="same"),
            "Your pooling has padding. AlexNet's has none: 14 → 6, not 7.",
        ),
        Mistake(
            "average pooling",
            _block(average=True),
            "You take the mean of each window. AlexNet takes the largest value.",
        ),
        Mistake(
            "activation forgotten",
            _block(activation=None),
            "The ReLU is missing: your maps have values below 0.",
        ),
        Mistake("tanh", _block(activation="tanh"), "This is tanh. AlexNet's units are ReLUs."),
    ),
    hints=(
        "`layers.Conv2D` has an argument `groups`.",
        "`layers.Conv2D(8, 5, padding=\"same\", groups=2, activation=\"relu\")`, then `layers.MaxPooling2D` with both numbers.",
    ),
)  # fmt: skip


WINDOWS = {"conv2": (25, 96, 256), "conv4": (9, 384, 384), "conv5": (9, 384, 256)}  # weights, maps below, filters


def _gap(rule):
    return {name: rule(*numbers) for name, numbers in WINDOWS.items()}


tower_gap = Exercise(
    name="tower_gap",
    points=1,
    kind="value",
    stub="tower_gap = ...",
    reference=_gap(lambda window, maps, filters: window * maps // 2 * filters),
    cases=None,
    mistakes=(
        Mistake(
            "all the weights",
            _gap(lambda window, maps, filters: window * maps * filters),
            "These are all weights of the layers with one tower. Half of them are in the two towers as well.",
        ),
        Mistake(
            "a quarter",
            _gap(lambda window, maps, filters: window * (maps // 2) * (filters // 2)),
            "You halved the maps and the filters. That is one of the two towers, or half of the gap.",
        ),
        Mistake(
            "three quarters",
            _gap(lambda window, maps, filters: window * maps * filters * 3 // 4),
            "You take the towers to have a quarter of the weights. Each has a quarter, and there are two of them.",
        ),
        Mistake(
            "with biases",
            _gap(lambda window, maps, filters: (window * maps // 2 + 1) * filters),
            "You count biases in. There are as many with one tower as with two, so they are no part of the gap.",
        ),
        Mistake(
            "turned over",
            _gap(lambda window, maps, filters: -(window * maps // 2 * filters)),
            "You subtract the larger from the smaller: one tower has more.",
        ),
        Mistake(
            "one window",
            _gap(lambda window, maps, filters: maps // 2 * filters),
            "You count one weight for each pair of maps. There is a window of 5 × 5, or 3 × 3, of them.",
        ),
    ),
    hints=(
        "How many maps does a filter of conv2 see with one tower, how many with two? It has 5 · 5 weights for each.",
        "conv2: 256 filters see 48 maps more each. conv4 and conv5: 192 more.",
    ),
)


# --- local response normalization ------------------------------------------------------------------------------------------


def _normalized(neighbours, scale=lambda sum_of_squares, n, k, alpha, beta: (k + alpha * sum_of_squares) ** beta):
    """Return an answer: a, divided by a scale of the sums of squares that `neighbours` (a², n) gives."""

    def answer(a, n, k, alpha, beta):
        return a / scale(neighbours(np.square(a), n), n, k, alpha, beta)

    return answer


def _across_maps(squares, n):
    padded = np.pad(squares, [(0, 0), (0, 0), (n // 2, n // 2)])
    return sliding_window_view(padded, n, axis=-1).sum(axis=-1)


def _across_space(squares, n):
    reach = (n // 2, n // 2)
    padded = np.pad(squares, [reach, reach, (0, 0)])
    return sliding_window_view(padded, (n, n), axis=(0, 1)).sum(axis=(-1, -2))


def _sliced(first, last):
    """Return neighbours that slice the maps: from `first` to before `last`, functions of a map's number and n."""
    return lambda squares, n: np.stack(
        [squares[..., first(i, n) : last(i, n)].sum(axis=-1) for i in range(squares.shape[-1])], axis=-1
    )


def _normalization_cases(rng):
    return [
        (np.array([[[1.0, 2.0, 3.0, 4.0]]]), 3, 2.0, 0.5, 0.75),
        (np.ones((1, 1, 6)), 5, 2.0, 1.0, 0.5),
        (rng.normal(size=(3, 4, 7)) * 3, 5, 2.0, 0.1, 0.75),
        (rng.normal(size=(4, 3, 5)) * 3, 3, 1.5, 0.2, 0.6),
    ]


local_response_normalization = Exercise(
    name="local_response_normalization",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_normalized(_across_maps),
    cases=_normalization_cases,
    mistakes=(
        Mistake(
            "across space",
            _normalized(_across_space),
            "You sum over neighbours in the same map. The sum runs over the *maps* beside it, at the same place.",
        ),
        Mistake(
            "alpha divided by n",
            _normalized(_across_maps, lambda total, n, k, alpha, beta: (k + alpha / n * total) ** beta),
            "You divide α by n. Some libraries do, and then the number that they call α is n times the paper's.",
        ),
        Mistake(
            "n is a radius",
            _normalized(lambda squares, n: _across_maps(squares, 2 * n + 1)),
            "You sum over n maps on either side. In the paper n counts all of them, the map itself in the middle.",
        ),
        Mistake(
            "exponent forgotten",
            _normalized(_across_maps, lambda total, n, k, alpha, beta: k + alpha * total),
            "The exponent β is missing: the bracket is raised to it before a is divided.",
        ),
        Mistake(
            "exponent on the sum alone",
            _normalized(_across_maps, lambda total, n, k, alpha, beta: k + alpha * total**beta),
            "You raise the sum to β. The whole bracket is raised, k and α included.",
        ),
        Mistake(
            "k forgotten",
            _normalized(_across_maps, lambda total, n, k, alpha, beta: (alpha * total) ** beta),
            "k is missing. Without it weak responses are blown up; with it they are all divided by the same number, k^β.",
        ),
        Mistake(
            "not squared",
            lambda a, n, k, alpha, beta: a / (k + alpha * _across_maps(np.abs(a), n)) ** beta,
            "You sum the sizes of the responses. It is their squares that are summed.",
        ),
        Mistake(
            "from below 0",
            _normalized(_sliced(lambda i, n: i - n // 2, lambda i, n: i + n // 2 + 1)),
            "The first maps go wrong: where i − n // 2 is below 0, Python counts from the end, and the slice is empty. "
            "Start at 0 there.",
        ),
        Mistake(
            "last neighbour left out",
            _normalized(_sliced(lambda i, n: max(i - n // 2, 0), lambda i, n: i + n // 2)),
            "The neighbour at i + n // 2 is missing: a slice, or a range, ends before its second number.",
        ),
    ),
    hints=(
        "For map i the sum runs from map i − n // 2 to map i + n // 2, as far as there are any.",
        "`np.square(a)[:, :, first:last].sum(axis=-1)` is the sum, with `first = max(i - n // 2, 0)` and "
        "`last = i + n // 2 + 1`.",
    ),
)


# --- find the bug ----------------------------------------------------------------------------------------------------------


def alexnet_of(overlap=True, hidden=("relu", "relu"), output="softmax"):
    """Return a function that builds a very narrow AlexNet for 67×67, or one with slips."""

    def build():
        import keras
        from keras import layers

        net = keras.Sequential([keras.Input((67, 67, 3))])
        net.add(layers.Conv2D(4, 11, strides=4, activation="relu"))
        net.add(layers.MaxPooling2D(3, 2) if overlap else layers.MaxPooling2D(2))
        net.add(layers.Conv2D(8, 5, padding="same", activation="relu"))
        net.add(layers.MaxPooling2D(3, 2))
        for _ in range(3):
            net.add(layers.Conv2D(8, 3, padding="same", activation="relu"))
        net.add(layers.MaxPooling2D(3, 2))
        net.add(layers.Flatten())
        for activation in hidden:
            net.add(layers.Dense(16, activation))
        net.add(layers.Dense(10, output))
        return net

    return build


def _tinted_noise(rng):
    """Return pictures of noise, each on a colour of its own: of noise alone every window's largest sum is above 0, and
    a ReLU that is lost before the pooling would not show."""
    noise, tint = rng.normal(size=(8, 67, 67, 3)), rng.normal(size=(8, 1, 1, 3))
    return [((noise + 3 * tint).astype("float32"),)]


mended_alexnet = Exercise(
    name="mended_alexnet",
    points=2,
    kind="model",
    stub="mended_alexnet = ...",
    reference=alexnet_of(),
    cases=_tinted_noise,
    mistakes=(
        Mistake(
            "as it was given",
            alexnet_of(overlap=False, hidden=(None, None), output="relu"),
            "All three slips are still there. Go through it row by row with the lecture's table beside it.",
        ),
        Mistake(
            "pooling",
            alexnet_of(overlap=False),
            "One is left, in the pooling: AlexNet's windows of 3 × 3 move by 2 and overlap, everywhere.",
        ),
        Mistake(
            "no bend",
            alexnet_of(hidden=(None, None)),
            "One is left: without an activation the dense layers in a row are one, however many there are.",
        ),
        *(
            Mistake(
                name,
                alexnet_of(hidden=hidden),
                "Nearly: of the two dense layers before the last, one has an activation and the other has none yet.",
            )
            for name, hidden in (("bend behind the first", ("relu", None)), ("bend behind the second", (None, "relu")))
        ),
        Mistake(
            "output",
            alexnet_of(output="relu"),
            "One is left, at the end: ten probabilities are wanted, which are positive and add up to 1.",
        ),
        Mistake(
            "no probabilities",
            alexnet_of(output=None),
            "The end has sums now, and not yet probabilities: softmax makes them so.",
        ),
        Mistake(
            "pooling and bend",
            alexnet_of(overlap=False, hidden=(None, None)),
            "Two are left: look at the pooling once more, and at what stands between the dense layers.",
        ),
        Mistake(
            "pooling and output",
            alexnet_of(overlap=False, output="relu"),
            "Two are left: look at the pooling once more, and at what the last layer gives.",
        ),
        Mistake(
            "bend and output",
            alexnet_of(hidden=(None, None), output="relu"),
            "Two are left: look at what stands between the dense layers, and at what the last one gives.",
        ),
        Mistake(
            "sigmoid",
            alexnet_of(output="sigmoid"),
            "Ten sigmoids give ten answers that know nothing of each other. An image has one class: softmax.",
        ),
    ),
    hints=(
        "Write down the output's shape after each layer, by hand. Then look at the activations, last layer included.",
        "One slip is in a pooling, one between the dense layers, one at the end.",
    ),
)


# --- occlusion -------------------------------------------------------------------------------------------------------------


def _covered(image, top, left, size, value):
    covered = image.copy()
    covered[top : top + size, left : left + size] = value
    return covered


def _occlusion(batch=lambda image, places, size: [_covered(image, *place, size, 0.5) for place in places], last=1):
    """Return an answer whose covered images `batch` makes, with `last` fewer places than pixels left over a side."""

    def answer(score, image, size):
        rows, columns = image.shape[0] - size + last, image.shape[1] - size + last
        places = [(top, left) for top in range(rows) for left in range(columns)]
        return score(np.stack(batch(image, places, size))).reshape(rows, columns)

    return answer


def _one_after_the_other(image, places, size):
    covered, batch = image.copy(), []
    for top, left in places:
        covered[top : top + size, left : left + size] = 0.5
        batch.append(covered.copy())
    return batch


def _all_but(image, places, size):
    batch = []
    for top, left in places:
        covered = np.full_like(image, 0.5)
        covered[top : top + size, left : left + size] = image[top : top + size, left : left + size]
        batch.append(covered)
    return batch


def _centred(image, places, size):
    return [
        _covered(image, max(top - size // 2, 0), max(left - size // 2, 0), size, 0.5)
        for top, left in places
    ]  # fmt: skip


def _turned(score, image, size):
    rows, columns = image.shape[0] - size + 1, image.shape[1] - size + 1
    places = [(top, left) for left in range(columns) for top in range(rows)]
    return score(np.stack([_covered(image, *place, size, 0.5) for place in places])).reshape(rows, columns)


def weighted(images):
    """A score without symmetry: a weighted mean of the squares of the pixels, for each image of a batch."""
    weights = np.arange(1, images[0].size + 1).reshape(images[0].shape) / images[0].size
    return (images**2 * weights).mean(axis=(1, 2, 3))


def brightest(images):
    """The largest value of each image of a batch."""
    return images.max(axis=(1, 2, 3))


occlusion_map = Exercise(
    name="occlusion_map",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_occlusion(),
    cases=lambda rng: [
        (weighted, np.arange(12.0).reshape(3, 4, 1) / 12, 2),
        (brightest, np.eye(4)[:, :, None], 1),
        (weighted, rng.uniform(size=(5, 7, 3)), 3),
    ],
    mistakes=(
        Mistake(
            "squares left behind",
            _occlusion(_one_after_the_other),
            "Your squares stay where they are, and in the end all is covered. Every place starts from a fresh copy.",
        ),
        Mistake(
            "black",
            _occlusion(lambda image, places, size: [_covered(image, *place, size, 0.0) for place in places]),
            "Your square is black. Grey, 0.5, was asked for: in a dark picture a black square looks like the ground.",
        ),
        Mistake(
            "white",
            _occlusion(lambda image, places, size: [_covered(image, *place, size, 1.0) for place in places]),
            "Your square is white. Grey, 0.5, was asked for.",
        ),
        Mistake(
            "the rest covered",
            _occlusion(_all_but),
            "You cover everything but the square. The other way round shows which part the score cannot do without.",
        ),
        Mistake(
            "one place short",
            _occlusion(last=0),
            "The last row and column of places are missing: a square of `size` has height − size + 1 places.",
        ),
        Mistake(
            "the drop",
            lambda score, image, size: score(image[None])[0] - _occlusion()(score, image, size),
            "You give by how much the score falls. What is left of it was asked for: the score itself.",
        ),
        Mistake(
            "columns first",
            _turned,
            "Your places run down the columns, but `reshape` fills row by row: let the rows be the outer loop.",
        ),
        Mistake(
            "transposed",
            lambda score, image, size: _occlusion()(score, image, size).T,
            "Your map is transposed: its rows are the places from top to bottom.",
        ),
        Mistake(
            "around the place",
            _occlusion(_centred),
            "You put the square's middle at the place. Entry (i, j) belongs to the square whose top left corner is there.",
        ),
    ),
    hints=(
        "Make a list of copies of the image, each with another square set to 0.5, and stack them into one batch.",
        "`covered = image.copy(); covered[top:top + size, left:left + size] = 0.5`, for every top and left; then "
        "`score(np.stack(batch)).reshape(rows, columns)`.",
    ),
)


# --- comparing what can be compared ----------------------------------------------------------------------------------------


def factor(answer):
    """Return a number to two decimals, so that 2.56 may stand for 18.2 / 7.1."""
    if isinstance(answer, bool) or not isinstance(answer, int | float):
        raise WrongForm("One number is wanted, or an expression that gives one, such as 12 / 5.")
    return round(float(answer), 2)


fair_factor = Exercise(
    name="fair_factor",
    points=1,
    kind="value",
    stub="fair_factor = ...",
    reference=18.2 / 7.1,
    cases=None,
    probe=factor,
    mistakes=(
        Mistake(
            "seven against one",
            15.4 / 7.1,
            "15.4 % is the mean of seven AlexNets, two of which had seen more data. VGG's 7.1 % is one net's.",
        ),
        Mistake(
            "the challenge's number",
            15.3 / 7.1,
            "15.3 % is what seven nets reached on the test images. VGG's 7.1 % is one net's, on the validation images.",
        ),
        Mistake("five against one", 16.4 / 7.1, "16.4 % is the mean of five AlexNets. VGG's 7.1 % is one net's."),
        Mistake(
            "with more data",
            16.6 / 7.1,
            "16.6 % is one net, but one with a convolution more, that was trained on more data before.",
        ),
        Mistake(
            "one against seven", 18.2 / 7.3, "VGG's 7.3 % is the mean of seven nets. AlexNet's 18.2 % is one net's."
        ),
        Mistake("both ensembles", 15.3 / 7.3, "Both of these are several nets. One net of each was asked for."),
        Mistake(
            "five against seven",
            16.4 / 7.3,
            "Both of these are several nets, on the test images. One net of each was asked for.",
        ),
        Mistake("turned over", 7.1 / 18.2, "You have it upside down: how many times as many errors AlexNet makes."),
        Mistake("difference", 18.2 - 7.1, "This is the difference, in points. A factor was asked for: divide."),
    ),
    hints=(
        "Choose a row for AlexNet that is one net, without more data, on the validation images.",
        "18.2 % against 7.1 %.",
    ),
)
