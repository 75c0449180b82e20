"""The exercises of lecture 07, on GoogLeNet."""

import numpy as np

from course.exercises.engine import Exercise, Mistake, WrongForm, with_weights_by_shape

FUNCTION = 'raise NotImplementedError("your answer goes here")'

# --- the naive module -----------------------------------------------------------------------------------------------


def _naive(maps=None, windows=(1, 9, 25), reads=None, places=lambda size: size**2, more=None):
    """Return an answer for the naive module; the arguments say in what it errs.

    maps: of what comes out. windows: the weights of a window, by branch. reads: the channels that each branch reads.
    places: at how many the filters are applied. more: multiply-adds that do not belong there.
    """

    def answer(size, in_channels, conv_1x1, conv_3x3, conv_5x5):
        given = (size, in_channels, conv_1x1, conv_3x3, conv_5x5)
        filters = given[2:]
        channels = reads(*given) if reads else (in_channels,) * 3
        weights = sum(map(np.prod, zip(windows, channels, filters, strict=True)))
        out = maps(*given) if maps else sum(filters) + in_channels
        return out, int(places(size) * weights + (more(*given) if more else 0))

    return answer


def _naive_cases(rng):
    drawn = [(int(rng.integers(4, 30)), *rng.integers(2, 99, size=4).tolist()) for _ in range(3)]
    return [(1, 1, 1, 1, 1), (2, 3, 4, 5, 6), (28, 192, 64, 128, 32), *drawn]


naive_cost = Exercise(
    name="naive_cost",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_naive(),
    cases=_naive_cases,
    mistakes=(
        Mistake(
            "pooling left out",
            _naive(maps=lambda size, in_channels, *filters: sum(filters)),
            "The maps of the pooling are missing. It has no filters, and gives a map for each one that it reads.",
        ),
        Mistake(
            "one map from pooling",
            _naive(maps=lambda size, in_channels, *filters: sum(filters) + 1),
            "Your pooling gives a single map. It treats every map on its own, so as many come out as went in.",
        ),
        Mistake(
            "maps added",
            _naive(maps=lambda size, in_channels, *filters: max(filters)),
            "You take the widest branch, as if the maps were added. They are laid one behind the other.",
        ),
        Mistake(
            "3×3 for 5×5",
            _naive(windows=(1, 9, 9)),
            "Your third branch multiplies by 9 weights a channel. Its window is 5×5.",
        ),
        Mistake(
            "windows not squared",
            _naive(windows=(1, 3, 5)),
            "Your windows have 3 and 5 weights a channel. They are squares.",
        ),
        Mistake(
            "one place",
            _naive(places=lambda size: 1),
            "Your multiply-adds are those of a single place; the filters are applied at every place of the maps.",
        ),
        Mistake(
            "places not squared",
            _naive(places=lambda size: size),
            "You count `size` places. The maps are squares: size · size of them.",
        ),
        Mistake(
            "a single map read",
            _naive(reads=lambda *arguments: (1, 1, 1)),
            "Your filters read a single map. Each has a window of weights for every map that comes in.",
        ),
        Mistake(
            "one behind the other",
            _naive(reads=lambda size, in_channels, conv_1x1, conv_3x3, conv_5x5: (in_channels, conv_1x1, conv_3x3)),
            "Your branches read one another. They stand side by side: each reads the maps that come in.",
        ),
        Mistake(
            "pooling multiplies",
            _naive(more=lambda size, in_channels, *filters: 9 * in_channels * size**2),
            "You count products for the pooling. A maximum multiplies nothing.",
        ),
        Mistake(
            "biases counted",
            _naive(more=lambda size, in_channels, *filters: size**2 * sum(filters)),
            "You count the biases among the multiply-adds. A bias is added without a product, and is not counted.",
        ),
    ),
    hints=(
        "Maps of all branches lie one behind the other. How many does the pooling give?",
        "A branch with window k takes size² · k² · in_channels · filters multiply-adds; pooling takes none.",
    ),
)


# --- the module with reduction --------------------------------------------------------------------------------------

MODULE_3A = (64, 96, 128, 16, 32, 32)


def _modules(rng):
    """Return modules: the channels that come in, and six numbers of filters."""
    drawn = [(int(rng.integers(20, 99)), tuple(rng.integers(2, 60, size=6).tolist())) for _ in range(3)]
    return [(1, (1, 1, 1, 1, 1, 1)), (5, (2, 3, 4, 6, 7, 8)), (192, MODULE_3A), *drawn]


module_channels = Exercise(
    name="module_channels",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda in_channels, filters: filters[0] + filters[2] + filters[4] + filters[5],
    cases=_modules,
    mistakes=(
        Mistake(
            "reductions counted",
            lambda in_channels, filters: sum(filters),
            "You count the maps of the reductions. They end inside of their branches, which read them.",
        ),
        Mistake(
            "pool projection left out",
            lambda in_channels, filters: filters[0] + filters[2] + filters[4],
            "The fourth branch is missing: behind its pooling stands a 1×1 with filters of its own.",
        ),
        Mistake(
            "pooling keeps all",
            lambda in_channels, filters: filters[0] + filters[2] + filters[4] + in_channels,
            "Your pooling branch passes on all maps that come in. That is the naive module: here a 1×1 stands behind it.",
        ),
        Mistake(
            "last branch alone",
            lambda in_channels, filters: filters[5],
            "These are the maps of the last branch. The branches are no sequence: the output has the maps of all four.",
        ),
        Mistake(
            "widest branch",
            lambda in_channels, filters: max(filters[0], filters[2], filters[4], filters[5]),
            "You take the widest branch, as if the maps were added. They are laid one behind the other.",
        ),
    ),
    hints=(
        "Which four of the six convolutions are the last ones of their branches?",
        "The 1×1, the 3×3, the 5×5 and the pool projection.",
    ),
)


def _parameters(keep=(0, 1, 2, 3, 4, 5), bias=1, reads=None, windows=(1, 1, 9, 1, 25, 1)):
    """Return an answer: the parameters of the convolutions in `keep`; the other arguments say in what it errs."""

    def answer(in_channels, filters):
        channels = [in_channels, in_channels, filters[1], in_channels, filters[3], in_channels]
        if reads:
            channels = reads(in_channels, filters)
        return sum((windows[place] * channels[place] + bias) * filters[place] for place in keep)

    return answer


module_parameters = Exercise(
    name="module_parameters",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_parameters(),
    cases=_modules,
    mistakes=(
        Mistake(
            "biases forgotten",
            _parameters(bias=0),
            "The biases are missing: one for each filter of all six convolutions.",
        ),
        Mistake(
            "pool projection forgotten",
            _parameters(keep=(0, 1, 2, 3, 4)),
            "The pool projection is missing. The pooling has no parameters, but the 1×1 behind it has.",
        ),
        Mistake(
            "reductions forgotten",
            _parameters(keep=(0, 2, 4, 5)),
            "Your 3×3 and 5×5 read reduced maps, but the two 1×1 that reduce them have parameters of their own.",
        ),
        Mistake(
            "nothing gained",
            _parameters(reads=lambda in_channels, filters: [in_channels] * 6),
            "Your 3×3 and 5×5 read all maps that come in. They read what their reductions leave.",
        ),
        Mistake(
            "reductions exchanged",
            _parameters(
                reads=lambda in_channels, filters: [
                    *(in_channels, in_channels, filters[3]),
                    *(in_channels, filters[1], in_channels),
                ]
            ),
            "Your 3×3 reads the reduction of the 5×5, and the other way round: look at the order of the columns.",
        ),
        Mistake(
            "reduces what another branch gives",
            _parameters(
                reads=lambda in_channels, filters: [
                    *(in_channels, filters[0], filters[1]),
                    *(filters[2], filters[3], filters[4]),
                ]
            ),
            "Your branches read one another. They stand side by side: each begins at the maps that come in.",
        ),
        Mistake(
            "3×3 for 5×5",
            _parameters(windows=(1, 1, 9, 1, 9, 1)),
            "Your third branch has windows of 3×3. In the paper it is 5×5. (A well-known library has 3×3, too.)",
        ),
        Mistake(
            "projection with a window",
            _parameters(windows=(1, 1, 9, 1, 25, 9)),
            "Your pool projection has a window of 3×3. That window is the pooling's; the projection is a 1×1.",
        ),
    ),
    hints=(
        "Six convolutions: (window · channels that it reads + 1) · filters for each.",
        "Four of them read `in_channels`. The 3×3 reads `reduce_3x3` channels, and the 5×5 reads `reduce_5x5`.",
    ),
)


# --- modules to build -----------------------------------------------------------------------------------------------


# The six numbers, and the channels that come in, differ, so that no two layers have the same shape.
NUMBERS = (4, 3, 6, 2, 7, 5)


def _module(
    five_window=5,
    pool=("max", 3),
    projection="behind",
    order=(0, 1, 2, 3),
    bare=(),
    reduced=("three", "five"),
    shared=False,
    chained=False,
):
    """Return a function that builds an inception module; the arguments say in what it errs.

    pool: kind and window; None is no pooling. projection: where the 1×1 stands, "behind" the pooling, "before" it, or
    None. order: of the branches in the output. bare: which convolutions have no ReLU. reduced: which branches have a
    reduction. shared: both read that of the 3×3. chained: each branch reads the one before.
    """

    def build():
        import keras
        from keras import layers

        one, reduce_3x3, three, reduce_5x5, five, pool_proj = NUMBERS

        def convolution(x, filters, window, name):
            activation = None if name in bare else "relu"
            return layers.Conv2D(filters, window, padding="same", activation=activation)(x)

        def pooled(x):
            if pool is None:
                return x
            kind = layers.MaxPooling2D if pool[0] == "max" else layers.AveragePooling2D
            return kind(pool[1], strides=1, padding="same")(x)

        image = keras.Input((9, 9, 8))
        first = convolution(image, one, 1, "one")

        x = first if chained else image
        small = convolution(x, reduce_3x3, 1, "reduction") if "three" in reduced else x
        second = convolution(small, three, 3, "three")

        x = second if chained else image
        if not shared:
            small = convolution(x, reduce_5x5, 1, "reduction") if "five" in reduced else x
        third = convolution(small, five, five_window, "five")

        x = third if chained else image
        if projection == "before":
            fourth = pooled(convolution(x, pool_proj, 1, "projection"))
        else:
            fourth = pooled(x)
            if projection:
                fourth = convolution(fourth, pool_proj, 1, "projection")

        branches = [first, second, third, fourth]
        return keras.Model(image, layers.Concatenate()([branches[place] for place in order]))

    return build


def _images(rng):
    return [(rng.normal(size=(2, 9, 9, 8)).astype("float32"),) for _ in range(2)]


inception_module = Exercise(
    name="inception_module",
    points=3,
    kind="model",
    stub="inception_module = ...",
    reference=_module(),
    cases=_images,
    probe=with_weights_by_shape,
    mistakes=(
        Mistake(
            "branches in sequence",
            _module(chained=True),
            "Your branches read one another. Each begins at the maps that come in, and they meet in the Concatenate.",
        ),
        Mistake(
            "reductions without ReLU",
            _module(bare=("reduction",)),
            "Your reductions have no ReLU. In the paper all convolutions have one, those inside the modules too: without "
            "it a reduction and the window behind it are a single linear step.",
        ),
        Mistake(
            "projection without ReLU",
            _module(bare=("projection",)),
            "Your pool projection has no ReLU; all convolutions have one.",
        ),
        Mistake(
            "ReLU only on the reductions",
            _module(bare=("one", "three", "five", "projection")),
            "Only your reductions have a ReLU; all convolutions have one.",
        ),
        Mistake(
            "no ReLU on reductions and projection",
            _module(bare=("reduction", "projection")),
            "Neither your reductions nor your pool projection have a ReLU; all six convolutions have one.",
        ),
        Mistake(
            "no ReLU",
            _module(bare=("one", "reduction", "three", "five", "projection")),
            'Your convolutions have no ReLU: `activation="relu"` for all six.',
        ),
        Mistake(
            "3×3 for 5×5",
            _module(five_window=3),
            "The third branch has a window of 3×3. In the paper it is 5×5.",
        ),
        Mistake(
            "no pooling",
            _module(pool=None),
            "The fourth branch does not pool: its 1×1 reads the maps as they come in.",
        ),
        Mistake(
            "average pooling",
            _module(pool=("average", 3)),
            "The fourth branch takes the mean of each window. It takes the largest value.",
        ),
        Mistake(
            "pooling of 2×2",
            _module(pool=("max", 2)),
            "Your pooling looks at 2×2; in the module it is 3×3.",
        ),
        Mistake(
            "projection before pooling",
            _module(projection="before"),
            "Your fourth branch reduces first and pools then. It is the other way round in the paper's figure 2b.",
        ),
        Mistake(
            "projection forgotten",
            _module(projection=None),
            "Your pooling passes on all maps that come in: a 1×1 behind it leaves 5 of them.",
        ),
        Mistake(
            "the naive module",
            _module(reduced=(), projection=None),
            "This is the naive module: no 1×1 reduces anything.",
        ),
        Mistake(
            "3×3 not reduced",
            _module(reduced=("five",)),
            "Your 3×3 reads the maps as they come in; a 1×1 with 3 filters stands before it.",
        ),
        Mistake(
            "one reduction for both",
            _module(shared=True),
            "Your 5×5 reads the reduction of the 3×3. It has its own, with 2 filters.",
        ),
        Mistake(
            "pooling first",
            _module(order=(3, 0, 1, 2)),
            "The branches are right, but the pooling comes first in the output. The order is 1×1, 3×3, 5×5, pooling.",
        ),
        Mistake(
            "5×5 before 3×3",
            _module(order=(0, 2, 1, 3)),
            "The branches are right, but the 5×5 comes before the 3×3 in the output.",
        ),
    ),
    hints=(
        "Begin like `naive`: an `Input`, four branches that read it, and a `layers.Concatenate()` of them.",
        'Each convolution is `layers.Conv2D(filters, window, padding="same", activation="relu")`. The reduction is one, '
        "too: `layers.Conv2D(3, 1, ...)(image)`.",
        '`layers.MaxPooling2D(3, strides=1, padding="same")` keeps the size of the maps.',
    ),
)


# --- a module with a bug --------------------------------------------------------------------------------------------


def suspect():
    """Return a module, to look at, with the right shape and number of parameters but a layer that reads the wrong maps."""
    import keras
    from keras import layers

    def convolution(x, filters, window, name):
        same = {"padding": "same", "activation": "relu", "kernel_initializer": "zeros"}  # nothing is computed with it
        return layers.Conv2D(filters, window, name=name, **same)(x)

    maps = keras.Input((8, 8, 7), name="maps_in")
    first = convolution(maps, 3, 1, "conv_1x1")
    second = convolution(convolution(maps, 2, 1, "reduce_3x3"), 5, 3, "conv_3x3")
    third = convolution(convolution(maps, 4, 1, "reduce_5x5"), 8, 5, "conv_5x5")
    fourth = convolution(maps, 6, 1, "pool_proj")
    together = layers.Concatenate(name="concatenate")([first, second, third, fourth])
    return keras.Model(maps, together, name="suspect")


LAYERS = ("maps_in", "conv_1x1", "reduce_3x3", "conv_3x3", "reduce_5x5", "conv_5x5", "pool_proj", "concatenate")


def layer_name(answer):
    """Return the answer as one of `LAYERS`, or "pooling" where it speaks of one that is not there."""
    text = str(answer).strip().lower().replace(" ", "_").replace("-", "_").replace("×", "x")
    text = text.removeprefix("layer_").partition("_(")[0]  # "pool_proj (Conv2D)", as the summary has it
    if text in LAYERS:
        return text
    if "pool" in text and "proj" not in text:
        return "pooling"
    raise WrongForm(f"The name of a layer is wanted, one of {', '.join(LAYERS)}.")


miswired = Exercise(
    name="miswired",
    points=1,
    kind="value",
    stub="miswired = ...",
    reference="pool_proj",
    cases=lambda rng: [()],
    probe=layer_name,
    mistakes=(
        Mistake("the input", "maps_in", "These are the maps that come in; they read nothing."),
        Mistake(
            "the first branch",
            "conv_1x1",
            "`conv_1x1` reads the maps that come in, as it should: it is all of its branch.",
        ),
        Mistake(
            "the reduction of the 3×3",
            "reduce_3x3",
            "`reduce_3x3` reads the maps that come in, as it should: it begins its branch.",
        ),
        Mistake(
            "the 3×3",
            "conv_3x3",
            "`conv_3x3` reads what `reduce_3x3` leaves, as it should.",
        ),
        Mistake(
            "the reduction of the 5×5",
            "reduce_5x5",
            "`reduce_5x5` reads the maps that come in, as it should: it begins its branch.",
        ),
        Mistake(
            "the 5×5",
            "conv_5x5",
            "`conv_5x5` reads what `reduce_5x5` leaves, as it should.",
        ),
        Mistake(
            "the concatenation",
            "concatenate",
            "`concatenate` reads the ends of four branches, in the right order, as it should. Compare each branch with the "
            "drawing.",
        ),
        Mistake(
            "the pooling",
            "pooling",
            "You are close: no pooling takes part. But the answer is the layer that should have read it, and reads something "
            "else.",
        ),
    ),
    hints=(
        "Go through the four branches of the drawing, from their ends back to the maps that come in.",
        "Which layer of the drawing is not in the summary, though it has no parameters and keeps the shape? Who should read it?",
    ),
)


# --- depth ----------------------------------------------------------------------------------------------------------


def _depth(stem, modules, dense, of_module=max):
    return stem + sum(map(of_module, modules)) + dense


def _nets(rng):
    drawn = []
    for count in (2, 4, 6):
        modules = [rng.integers(1, 4, size=rng.integers(2, 5)).tolist() for _ in range(count - 1)]
        drawn.append((int(rng.integers(2, 6)), [[1, 2, 4, 1], *modules], int(rng.integers(1, 4))))
    return [(1, [[2, 1]], 1), (0, [[1, 1, 3], [1, 2]], 2), (3, [[1, 2, 2, 1]] * 9, 1), *drawn]


weight_depth = Exercise(
    name="weight_depth",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda stem, modules, dense: _depth(stem, modules, dense),
    cases=_nets,
    mistakes=(
        Mistake(
            "every layer",
            lambda stem, modules, dense: _depth(stem, modules, dense, sum),
            "You count every layer of every branch. Branches stand side by side: the depth is the longest way through.",
        ),
        Mistake(
            "shortest way",
            lambda stem, modules, dense: _depth(stem, modules, dense, min),
            "You take the shortest way through each module. Depth counts the longest.",
        ),
        Mistake(
            "a module is one layer",
            lambda stem, modules, dense: _depth(stem, modules, dense, lambda branches: 1),
            "You count a module as one layer. There are layers behind one another in its branches.",
        ),
        Mistake(
            "number of branches",
            lambda stem, modules, dense: _depth(stem, modules, dense, len),
            "You count the branches of each module. They are its width; the depth is in the numbers themselves.",
        ),
        Mistake(
            "last branch",
            lambda stem, modules, dense: _depth(stem, modules, dense, lambda branches: branches[-1]),
            "You follow the last branch. Depth counts the longest one.",
        ),
        Mistake(
            "dense layers forgotten",
            lambda stem, modules, dense: _depth(stem, modules, 0),
            "The dense layers behind the modules are missing; they have weights too.",
        ),
        Mistake(
            "stem forgotten",
            lambda stem, modules, dense: _depth(0, modules, dense),
            "The layers in front of the modules are missing; they have weights too.",
        ),
        Mistake(
            "modules only",
            lambda stem, modules, dense: _depth(0, modules, 0),
            "You count the modules alone. Layers with weights stand before and behind them.",
        ),
        Mistake(
            "concatenation counted",
            lambda stem, modules, dense: _depth(stem, modules, dense, lambda branches: max(branches) + 1),
            "You count one layer too many for each module: laying maps one behind the other takes no weights.",
        ),
    ),
    hints=(
        "What is the longest way from the image to the classes, counted in layers with weights?",
        "`max(branches)` for each module, the stem before and the dense layers behind.",
    ),
)


# --- auxiliary classifiers ------------------------------------------------------------------------------------------


def _head(side=lambda size: (size - 5) // 3 + 1, bias=1, convolution=True, hidden=True):
    """Return an answer: the parameters of an auxiliary classifier; the arguments say in what it errs."""

    def answer(size, channels, classes):
        filters = 128 if convolution else channels
        values = side(size) ** 2 * filters
        layers = [(channels, 128)] if convolution else []
        layers += [(values, 1024), (1024, classes)] if hidden else [(values, classes)]
        return sum((reads + bias) * gives for reads, gives in layers)

    return answer


head_parameters = Exercise(
    name="head_parameters",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_head(),
    cases=lambda rng: [
        (5, 1, 1),
        (14, 512, 1000),
        (14, 528, 1000),
        (9, 3, 10),
        *(
            (int(size), *rng.integers(2, 600, size=2).tolist())
            for size in rng.choice([8, 11, 16, 18], 3, replace=False)
        ),
    ],
    mistakes=(
        Mistake(
            "no pooling",
            _head(side=lambda size: size),
            "Your dense layer reads maps of size × size. The average pooling makes them smaller first.",
        ),
        Mistake(
            "pooling divides",
            _head(side=lambda size: size // 3),
            "You divide the size by the stride. Windows of 5 must fit: ⌊(size − 5) / 3⌋ + 1 of them do.",
        ),
        Mistake(
            "a place short",
            _head(side=lambda size: (size - 5) // 3),
            "Your pooling is a place short on each side: there is one place more than there are steps of 3.",
        ),
        Mistake(
            "pooling padded",
            _head(side=lambda size: -(-size // 3)),
            "Your pooling is padded. The paper's has none here: 14 × 14 maps become 4 × 4.",
        ),
        Mistake(
            "global pooling",
            _head(side=lambda size: 1),
            "You average each map to a single number, as at the end of the net. Here windows of 5×5 move by 3.",
        ),
        Mistake(
            "biases forgotten",
            _head(bias=0),
            "The biases are missing: 128, 1024, and one for each class.",
        ),
        Mistake(
            "1×1 forgotten",
            _head(convolution=False),
            "The 1×1 convolution is missing: it leaves 128 maps.",
        ),
        Mistake(
            "hidden layer forgotten",
            _head(hidden=False),
            "The dense layer of 1024 units is missing between the maps and the classes.",
        ),
    ),
    hints=(
        "Three layers have parameters: the 1×1, the hidden dense layer and the last one. What does each of them read?",
        "The pooling leaves side = (size − 5) // 3 + 1. The hidden layer reads side · side · 128 values.",
    ),
)


def _total(at_inference=lambda losses, weight: losses[0], **changes):
    """Return an answer made of two rules, one for training and one for inference."""
    in_training = changes.get("in_training", lambda losses, weight: losses[0] + weight * sum(losses[1:]))
    return lambda losses, weight, training: (in_training if training else at_inference)(losses, weight)


def _losses(rng):
    drawn = [rng.uniform(0.1, 3, size=count).round(3).tolist() for count in (3, 4, 3)]
    return [
        ([1.0, 2.0, 4.0], 0.3, True),
        ([1.0, 2.0, 4.0], 0.3, False),
        ([0.5], 0.3, True),
        *((losses, 0.3, training) for losses, training in zip(drawn, (True, False, True), strict=True)),
        ([1.0, 3.0, 2.0], 0.5, True),
    ]


total_loss = Exercise(
    name="total_loss",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_total(),
    cases=_losses,
    mistakes=(
        Mistake(
            "counted at inference",
            lambda losses, weight, training: losses[0] + weight * sum(losses[1:]),
            "You add the auxiliary losses at inference too. There the auxiliary classifiers are dropped.",
        ),
        Mistake(
            "never counted",
            lambda losses, weight, training: losses[0],
            "You never add the auxiliary losses. In training they are what the auxiliary classifiers are for.",
        ),
        Mistake(
            "the other way round",
            lambda losses, weight, training: losses[0] + (0 if training else weight * sum(losses[1:])),
            "You add the auxiliary losses at inference and leave them out in training. It is the other way round.",
        ),
        Mistake(
            "not weighted",
            _total(in_training=lambda losses, weight: sum(losses)),
            "You add the auxiliary losses in full; each is multiplied by `weight` first.",
        ),
        Mistake(
            "main loss weighted",
            _total(in_training=lambda losses, weight: weight * sum(losses)),
            "You weigh the main loss as well. It counts in full.",
        ),
        Mistake(
            "averaged",
            _total(in_training=lambda losses, weight: losses[0] + weight * np.mean(losses[1:] or [0])),
            "You take the mean of the auxiliary losses. They add up.",
        ),
        Mistake(
            "weights made to add up to 1",
            _total(
                in_training=lambda losses, weight: (
                    (losses[0] + weight * sum(losses[1:])) / (1 + weight * (len(losses) - 1))
                )
            ),
            "You divide by the sum of the weights. The paper adds: the weights of its three losses sum up to 1.6.",
        ),
        Mistake(
            "one auxiliary loss",
            _total(in_training=lambda losses, weight: losses[0] + weight * sum(losses[1:2])),
            "You add the first auxiliary loss alone; there may be several.",
        ),
    ),
    hints=(
        "The main classifier stays when the others are dropped. What is left of the loss then?",
        "In training: the main loss, and `weight` times each of the others.",
    ),
)

OUTPUTS = ("classifier", "auxiliary_4a_classifier", "auxiliary_4d_classifier")


def compiled_loss(answer, main, first, second):
    """Return the loss of a net with the outputs of GoogLeNet, compiled with `answer`, for the three probabilities.

    The arguments are the probabilities, of two classes, that the three classifiers give the right class of one image.
    """
    import keras
    from keras import layers

    if not isinstance(answer, dict):
        raise WrongForm("A dictionary is wanted: dict(loss=..., loss_weights=...).")
    if more := set(answer) - {"loss", "loss_weights"}:
        raise WrongForm(
            f"The dictionary has loss and loss_weights, and no {', '.join(map(repr, sorted(more, key=str)))}."
        )
    if isinstance(answer.get("loss"), list | tuple) and isinstance(answer.get("loss_weights"), dict):
        raise WrongForm(
            "Give two lists or two dictionaries: beside a list of losses Keras takes the weights of a dictionary in "
            "alphabetical order, whatever their names."
        )
    image = keras.Input((1,))
    net = keras.Model(image, [layers.Dense(2, "softmax", name=name)(image) for name in OUTPUTS])
    try:
        net.compile("sgd", **answer)
        predictions = [keras.ops.convert_to_tensor([[p, 1 - p]], "float32") for p in (main, first, second)]
        labels = [keras.ops.zeros((1,), "int32")] * 3
        return float(net.compute_loss(None, labels, predictions))
    except (ValueError, KeyError, TypeError) as problem:
        raise WrongForm(f"Keras refuses these settings: {str(problem)[:200]}") from None


def _settings(*weights):
    return {"loss": ["sparse_categorical_crossentropy"] * 3, "loss_weights": list(weights) or None}


loss_settings = Exercise(
    name="loss_settings",
    points=1,
    kind="value",
    stub="loss_settings = ...",
    reference=_settings(1, 0.3, 0.3),
    cases=lambda rng: [(0.5, 1.0, 1.0), (1.0, 0.5, 1.0), (1.0, 1.0, 0.5), tuple(rng.uniform(0.1, 0.9, 3).tolist())],
    probe=compiled_loss,
    mistakes=(
        Mistake(
            "no weights",
            _settings(),
            "Your three losses count the same: the weights are missing.",
        ),
        Mistake(
            "all discounted",
            _settings(0.3, 0.3, 0.3),
            "You discount the main classifier as well. Its weight is 1.",
        ),
        Mistake(
            "main classifier last",
            _settings(0.3, 0.3, 1),
            "Your weights are in another order than the outputs: the main classifier comes first.",
        ),
        Mistake(
            "weights that add up to 1",
            _settings(0.4, 0.3, 0.3),
            "Your weights add up to 1. The paper's do not: the main loss counts in full.",
        ),
        Mistake(
            "divided by their sum",
            _settings(1 / 1.6, 0.3 / 1.6, 0.3 / 1.6),
            "Your weights have the right ratio, but they are divided by their sum. The paper's main loss counts in full.",
        ),
        Mistake(
            "main classifier alone",
            _settings(1, 0, 0),
            "Your auxiliary classifiers have weight 0: they train nothing.",
        ),
    ),
    hints=(
        "Labels are class numbers, so each of the three losses is the sparse one.",
        "Losses and weights are both lists, in the order of `output_names`, or both dictionaries with these names.",
    ),
)


# --- a row that does not follow from its filters --------------------------------------------------------------------

# Size of the maps, channels that come in, the six numbers of filters, printed parameters and multiply-adds.
ROWS = {
    "a": (16, 64, (24, 32, 48, 8, 16, 16), 22_288, 5_668_864),
    "b": (16, 104, (32, 48, 64, 8, 24, 24), 44_296, 11_288_576),
    "c": (8, 144, (48, 64, 96, 16, 32, 32), 91_424, 5_832_704),
    "d": (8, 208, (64, 48, 96, 16, 48, 32), 81_968, 6_012_928),
    "e": (4, 240, (64, 64, 128, 16, 48, 48), 139_376, 2_224_128),
}


def letter(answer):
    """Return the answer as one of the letters of `ROWS`."""
    text = str(answer).strip().lower().removeprefix("row ")
    if text not in ROWS:
        raise WrongForm(f"One of the letters {', '.join(ROWS)} is wanted, such as {next(iter(ROWS))!r}.")
    return text


wrong_row = Exercise(
    name="wrong_row",
    points=1,
    kind="value",
    stub="wrong_row = ...",
    reference="d",
    cases=lambda rng: [()],
    probe=letter,
    mistakes=(
        Mistake(
            "the fewest parameters",
            "a",
            "Row a follows from its filters: 22,144 weights and 144 biases. It is the smallest since it reads fewest maps.",
        ),
        Mistake(
            "the most multiply-adds",
            "b",
            "Row b follows from its filters. It has half the parameters of row c and twice the work: its maps have four "
            "times as many places.",
        ),
        Mistake(
            "more parameters than the next",
            "c",
            "Row c follows from its filters: 91,136 weights and 288 biases. Compare it with its neighbour, though.",
        ),
        Mistake(
            "the fewest multiply-adds",
            "e",
            "Row e follows from its filters. It has the most parameters and the least work, since its maps have 16 places.",
        ),
    ),
    hints=(
        "`module_parameters` of exercise 3 gives what a row should print. Without biases, times the places of the maps, it "
        "is the multiply-adds.",
        "Where both columns are right, multiply-adds / size² + filters of all six is the number of parameters.",
    ),
)
