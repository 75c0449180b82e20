"""The exercises of lecture 09, on transfer learning."""

import numpy as np

from course.exercises.engine import Exercise, Mistake, WrongForm

FUNCTION = 'raise NotImplementedError("your answer goes here")'
LETTERS = 26


# --- features ----------------------------------------------------------------------------------------------------------------


def _letters_net(filters, dropout=False):
    """Return a small net like that of the lecture, with weights that are always the same."""
    import keras
    from keras import layers

    net = keras.Sequential([
        keras.Input((8, 8, 1)),
        layers.Conv2D(4, 3, activation="relu"),
        layers.Conv2D(filters, 3, activation="relu"),
        layers.GlobalMaxPooling2D(),
        *([layers.Dropout(0.5)] if dropout else []),
        layers.Dense(LETTERS, activation="softmax"),
    ])  # fmt: skip
    draw = np.random.default_rng(filters)
    net.set_weights([draw.normal(size=weight.shape, scale=0.5) for weight in net.get_weights()])
    return net


def features_of_three_digits(answer, filters, dropout):
    """Return what the model that `answer` makes of a net gives for three pictures."""
    import keras

    net = _letters_net(filters, dropout)
    model = answer(net)
    if net.output_shape != (None, LETTERS):
        raise WrongForm(
            "Your function changes the net that it is given, which the caller still needs: make a new model."
        )
    if not isinstance(model, keras.Model):
        raise WrongForm(f"A Keras model is wanted, and your function returns a {type(model).__name__}.")
    trained = net.get_weights()
    if not all(any(np.array_equal(weight, other) for other in trained) for weight in model.get_weights()):
        raise WrongForm(
            "Your model has new weights, which were never trained: it must use the layers of the net itself."
        )
    pictures = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype("float32")
    return model(pictures, training=False)


def _ending_at(place):
    """Return an answer that ends the model with the layer at `place`."""

    def cut(net):
        import keras

        return keras.Model(net.inputs, net.layers[place].output)

    return cut


def _every_layer(net):
    import keras

    return keras.Model(net.inputs, [layer.output for layer in net.layers])


features_only = Exercise(
    name="features_only",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_ending_at(-2),
    cases=lambda rng: [(6, False), (6, True), (int(rng.integers(7, 12)), False)],
    probe=features_of_three_digits,
    mistakes=(
        Mistake(
            "after the classifier",
            _ending_at(-1),
            "Your model ends with the classifier, so it gives 26 probabilities of letters: what the net says about letters, "
            "not what it sees. End one layer earlier.",
        ),
        Mistake(
            "two layers early",
            _ending_at(-3),
            "Your model ends a layer too early, and where no dropout stands between, that is before the pooling: it gives a "
            "map. Only the classifier, the last layer, is left out.",
        ),
        Mistake(
            "first layer",
            _ending_at(0),
            "Your model is the first layer alone. The features wanted are the last ones, those that the classifier reads.",
        ),
        Mistake(
            "every layer",
            _every_layer,
            "Your model gives what every layer computes. Only what the classifier reads is wanted: the output of the layer "
            "before it.",
        ),
    ),
    hints=(
        "`net.layers` is the list of layers, the classifier is the last of them; each layer has an `output`.",
        "`keras.Model(inputs, outputs)` makes a model of any stretch of a net. It starts at `net.inputs`.",
    ),
)


def _head(*units_and_activations):
    """Return a function that builds dense layers on 128 features; an activation alone is a layer of its own."""

    def build():
        import keras
        from keras import layers

        head = keras.Sequential([keras.Input((128,))])
        for each in units_and_activations:
            head.add(layers.Activation(each) if isinstance(each, str) else layers.Dense(each[0], activation=each[1]))
        return head

    return build


new_head = Exercise(
    name="new_head",
    points=1,
    kind="model",
    stub="new_head = ...",
    reference=_head((10, "softmax")),
    cases=lambda rng: [
        (np.zeros((1, 128), "float32"),),
        (rng.uniform(0, 3, size=(4, 128)).astype("float32"),),
    ],
    mistakes=(
        Mistake(
            "as many as letters",
            _head((LETTERS, "softmax")),
            "Your head has 26 outputs, one for each letter. A new task has classes of its own: there are ten digits.",
        ),
        Mistake(
            "softmax twice",
            _head((10, "softmax"), "softmax"),
            "Your head takes the softmax twice. The second one sees numbers between 0 and 1, and makes all classes almost "
            "equally likely: no output can come above 0.24.",
        ),
        Mistake(
            "no softmax",
            _head((10, None)),
            "Your outputs are no probabilities: they do not sum to 1. The activation of a classifier is the softmax.",
        ),
        Mistake(
            "sigmoid",
            _head((10, "sigmoid")),
            "A sigmoid judges each class for itself. A digit is one of ten: the softmax makes the ten sum to 1.",
        ),
        Mistake(
            "ReLU before the softmax",
            _head((10, "relu"), "softmax"),
            "A ReLU before the softmax cuts off everything below 0: among the unlikely classes, all become equally likely.",
        ),
        Mistake(
            "a hidden layer",
            _head((64, "relu"), (10, "softmax")),
            "There is a hidden layer in your head. It is not wrong as such, but with ten labels it has far too much to learn: "
            "one dense layer is wanted.",
        ),
    ),
    hints=(
        "One dense layer, with an output for each of the new classes.",
        "`keras.Sequential([keras.Input((128,)), keras.layers.Dense(…, activation=…)])`.",
    ),
)


head_parameters = Exercise(
    name="head_parameters",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda height, width, channels, classes: (channels + 1) * classes,
    cases=lambda rng: [
        (1, 1, 1, 2),
        (7, 7, 768, 3),
        (4, 4, 128, 10),
        tuple(int(n) for n in (rng.integers(2, 9), rng.integers(2, 9), rng.integers(20, 99), rng.integers(3, 19))),
    ],
    mistakes=(
        Mistake(
            "flattened",
            lambda height, width, channels, classes: (height * width * channels + 1) * classes,
            "You count a weight for each place of the map. Global pooling leaves one number for each channel.",
        ),
        Mistake(
            "biases forgotten",
            lambda height, width, channels, classes: channels * classes,
            "You forget the biases: each class has one.",
        ),
        Mistake(
            "flattened, biases forgotten",
            lambda height, width, channels, classes: height * width * channels * classes,
            "You count a weight for each place of the map, where global pooling leaves one number for each channel; and each "
            "class has a bias.",
        ),
        Mistake(
            "a bias for each feature",
            lambda height, width, channels, classes: channels * (classes + 1),
            "You count a bias for each feature. It belongs to what a layer gives: one for each class.",
        ),
        Mistake(
            "one bias",
            lambda height, width, channels, classes: channels * classes + 1,
            "You count a single bias: each class has its own.",
        ),
        Mistake(
            "places added",
            lambda height, width, channels, classes: (height + width + channels + 1) * classes,
            "You add height and width to the channels. Behind global pooling there are no places left, only channels.",
        ),
    ),
    hints=(
        "How many numbers are left of a map of height × width × channels behind global pooling?",
        "A dense layer has a weight for each input and output, and a bias for each output.",
    ),
)


# --- a fair comparison -------------------------------------------------------------------------------------------------------


def _chosen(places):
    """Return an answer that takes, of the places of each class (ascending), those that `places(of_class, n)` gives."""

    def answer(labels, per_class):
        chosen = []
        for label in np.unique(labels):
            chosen += list(places(np.flatnonzero(np.asarray(labels) == label), per_class))
        return [int(place) for place in chosen]

    return answer


def sorted_places(answer, labels, per_class):
    """Return the places that `answer` chooses, in ascending order."""
    chosen = np.asarray(answer(labels, per_class))
    if chosen.dtype == bool and chosen.shape == np.shape(labels):
        chosen = np.flatnonzero(chosen)
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise WrongForm("A list of places is wanted: whole numbers, 0 for the first image.")
    return sorted(chosen.tolist())


balanced = Exercise(
    name="balanced",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_chosen(lambda of_class, n: of_class[:n]),
    cases=lambda rng: [
        (np.array([0, 0, 0, 1, 1, 1, 2, 2, 2]), 1),
        (np.array([2, 2, 2, 0, 2, 0, 1, 1, 2, 1, 0]), 2),
        (np.append(rng.integers(4, size=40), np.tile([3, 2, 1, 0], 5)), 4),
    ],
    probe=sorted_places,
    mistakes=(
        Mistake(
            "the first ones",
            lambda labels, per_class: list(range(per_class * len(np.unique(labels)))),
            "You take the first images, whatever they are. So a class may have many of them and another none: count within "
            "each class.",
        ),
        Mistake(
            "evenly spaced",
            lambda labels, per_class: [
                int(place) for place in np.linspace(0, len(labels) - 1, per_class * len(np.unique(labels)))
            ],
            "You take images at even distances, whatever they are: that does not make the classes equal. Count within each "
            "class.",
        ),
        Mistake(
            "in all",
            lambda labels, per_class: list(range(per_class)),
            "You choose `per_class` images in all. Every class is to have as many.",
        ),
        Mistake(
            "labels for places",
            lambda labels, per_class: [int(label) for label in np.unique(labels) for _ in range(per_class)],
            "You return the labels of the images. What is wanted is their places in the list.",
        ),
        Mistake(
            "the last of each class",
            _chosen(lambda of_class, n: of_class[-n:]),
            "You take the last images of each class. The first ones are asked for.",
        ),
        Mistake(
            "one short",
            _chosen(lambda of_class, n: of_class[: n - 1]),
            "Each class is one image short: `[:n]` has n entries.",
        ),
        Mistake(
            "all of them",
            _chosen(lambda of_class, n: of_class),
            "You take every image. Stop at `per_class` of each class.",
        ),
    ),
    hints=(
        "`np.flatnonzero(labels == 3)` gives the places at which the label is 3.",
        "Go through the classes, `np.unique(labels)`, and keep the first `per_class` places of each.",
    ),
)


def _tables(rng):
    """Return cases (validation, test): accuracies in per cent of a few learning rates.

    In the third and the fourth case the best rate on validation, on the test images, and on both together differ.
    """
    low = rng.permutation(np.arange(600, 700))[:8].reshape(2, 4) / 10
    drawn = np.insert(low, [1, 2, 4], [[93.5, 81.0, 92.0], [71.0, 94.5, 93.0]], axis=1)
    return [
        ([80.0, 90.0], [85.0, 70.0]),
        ([71.0, 88.5, 91.0, 60.0], [74.0, 90.5, 87.0, 58.0]),
        ([90.0, 80.0, 88.0], [70.0, 91.0, 89.0]),
        tuple(drawn.tolist()),
    ]


fair_score = Exercise(
    name="fair_score",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda validation, test: test[int(np.argmax(validation))],
    cases=_tables,
    mistakes=(
        Mistake(
            "best on the test images",
            lambda validation, test: max(test),
            "You choose the rate on the test images, and then report the very accuracy that made you choose it. That is too "
            "good to be true of new images: choose on the validation images.",
        ),
        Mistake(
            "validation accuracy",
            lambda validation, test: max(validation),
            "You report the accuracy on the validation images. They made the choice, so it flatters: report that on the test "
            "images.",
        ),
        Mistake(
            "mean",
            lambda validation, test: float(np.mean(test)),
            "You average over the rates. Nobody would use the bad ones: choose one.",
        ),
        Mistake(
            "best on both together",
            lambda validation, test: test[int(np.argmax(np.add(validation, test)))],
            "You let the test images take part in the choice. They may only be looked at once it is made.",
        ),
        Mistake(
            "place for accuracy",
            lambda validation, test: int(np.argmax(validation)),
            "You return the place of the best rate. Its accuracy on the test images is wanted.",
        ),
        Mistake(
            "worst",
            lambda validation, test: test[int(np.argmin(validation))],
            "You take the rate with the lowest accuracy on the validation images. Accuracy is better when it is higher.",
        ),
    ),
    hints=(
        "Two steps: choose a place by one list, then look that place up in the other.",
        "`np.argmax` gives the place of the largest entry.",
    ),
)


# --- freezing ------------------------------------------------------------------------------------------------------------------


def _net_with_batch_norm(blocks):
    """Return a net of `blocks` convolutions, each with a batch normalization, and a dense layer called "head"."""
    import keras
    from keras import layers

    net = keras.Sequential([keras.Input((8, 8, 1))])
    for number in range(1, blocks + 1):
        net.add(layers.Conv2D(4, 3, padding="same", use_bias=False, name=f"conv_{number}"))
        net.add(layers.BatchNormalization(name=f"bn_{number}"))
        net.add(layers.ReLU(name=f"relu_{number}"))
    net.add(layers.GlobalMaxPooling2D(name="pooling"))
    net.add(layers.Dense(3, activation="softmax", name="head"))
    return net


def _trained(net):
    """Return the names of the layers that training changes: none if the net itself is frozen."""
    trained = {id(weight) for weight in net.trainable_weights}
    return [layer.name for layer in net.layers if any(id(weight) in trained for weight in layer.weights)]


def what_training_changes(answer, blocks):
    """Return which layers of a net the optimizer changes once `answer` has frozen it, and which change without it."""
    net = _net_with_batch_norm(blocks)
    answer(net)
    before = {layer.name: layer.get_weights() for layer in net.layers}
    net(np.random.default_rng(0).uniform(size=(4, 8, 8, 1)), training=True)
    moved = [
        layer.name
        for layer in net.layers
        if any((old != new).any() for old, new in zip(before[layer.name], layer.get_weights(), strict=True))
    ]
    return {"trained": _trained(net), "moving averages that move": moved}


def _freezing(which):
    """Return an answer that freezes the layers for which which(layer, place from the end) holds."""

    def answer(net):
        for place, layer in enumerate(net.layers):
            if which(layer, len(net.layers) - place):
                layer.trainable = False

    return answer


def _freeze_variables(net):
    for layer in net.layers[:-1]:
        for weight in layer.weights:
            if not weight.name.startswith("moving"):
                weight.trainable = False


def _is_batch_norm(layer):
    return type(layer).__name__ == "BatchNormalization"


freeze = Exercise(
    name="freeze",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_freezing(lambda layer, from_end: from_end > 1),
    cases=lambda rng: [(1,), (int(rng.integers(2, 4)),)],
    probe=what_training_changes,
    mistakes=(
        Mistake(
            "as it was",
            _freezing(lambda layer, from_end: from_end > 1 and hasattr(layer, "kernel")),
            "This is what the function does now. A batch normalization has no `kernel`, so it is left out: its scale and "
            "shift are trained, and its moving averages move.",
        ),
        Mistake(
            "weights alone",
            _freeze_variables,
            "Now no weight of the batch normalizations is trained, but they still run in training mode, and their moving "
            "averages move. Freeze the layer, not its variables.",
        ),
        Mistake(
            "batch normalizations alone",
            _freezing(lambda layer, from_end: _is_batch_norm(layer)),
            "Now the batch normalizations are frozen and the convolutions are not. Everything in front of the head is to be.",
        ),
        Mistake(
            "everything",
            _freezing(lambda layer, from_end: True),
            "Now the head is frozen too, and there is nothing left to train: leave the last layer out. (`net.trainable = False` "
            "freezes it as well, whatever its own `trainable` says.)",
        ),
        Mistake(
            "the head alone",
            _freezing(lambda layer, from_end: from_end == 1),
            "You freeze the head, and train all the rest. It is the other way round: all layers but the last.",
        ),
        Mistake(
            "the first layer alone",
            _freezing(lambda layer, from_end: layer.name == "conv_1"),
            "You freeze the first layer only. All layers in front of the head are meant.",
        ),
        Mistake(
            "nothing",
            lambda net: None,
            "Your function freezes nothing: set `layer.trainable = False` for each layer in front of the head.",
        ),
    ),
    hints=(
        "Which layers have weights, and no `kernel`?",
        "A layer without weights may be frozen as well: the `if` is not needed.",
    ),
)


FACTOR = 100


def what_would_be_trained(answer, blocks, head_rate):
    """Return how a net is set up once `answer` has got it ready: what trains, whether compiled anew, at which rate."""
    import keras

    net = _net_with_batch_norm(blocks)
    for layer in net.layers[:-1]:
        layer.trainable = False
    net.compile(keras.optimizers.Adam(head_rate), "sparse_categorical_crossentropy")
    before = net.optimizer
    answer(net, head_rate)
    return {
        "trained": _trained(net),
        "compiled again": net.optimizer is not before,
        "learning rate": float(net.optimizer.learning_rate),
        "optimizer": type(net.optimizer).__name__,
        "loss": _loss_name(net.loss),
    }


def _loss_name(loss):
    """Return what a loss is called, in one form for the name, the function and the class of one and the same."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    return name.replace("_", "").lower()


def _setting_up(
    trains=lambda layer: not _is_batch_norm(layer),
    factor=1 / FACTOR,
    compiles=True,
    rate=None,
    optimizer="Adam",
    loss="sparse_categorical_crossentropy",
):
    """Return an answer: which layers it trains, by how much it changes the rate (or at which `rate`), and whether it
    compiles."""

    def set_up(net, head_rate):
        import keras

        for layer in net.layers:
            layer.trainable = bool(trains(layer))
        if compiles:
            net.compile(getattr(keras.optimizers, optimizer)(rate or head_rate * factor), loss)
        else:
            net.optimizer.learning_rate = head_rate * factor

    return set_up


ready_to_tune = Exercise(
    name="ready_to_tune",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_setting_up(),
    cases=lambda rng: [(1, 0.01), (2, float(rng.choice([0.001, 0.003, 0.02])))],
    probe=what_would_be_trained,
    mistakes=(
        Mistake(
            "not compiled again",
            _setting_up(compiles=False, factor=1),
            "You set `trainable` and do not compile again. What is trained is settled then: TensorFlow goes on training the "
            "head alone and says nothing, JAX and PyTorch stop with an error. Compile last, with the smaller rate.",
        ),
        Mistake(
            "rate lowered in the old optimizer",
            _setting_up(compiles=False),
            "You lower the rate of the optimizer that is there, but it knows only the head's weights: after `trainable` was "
            "changed, the net must be compiled again.",
        ),
        Mistake(
            "the head's rate",
            _setting_up(factor=1),
            "You fine-tune at the head's learning rate. The head started from nothing; the layers below are good already, and "
            "steps of that size ruin them. Take a hundredth.",
        ),
        Mistake(
            "Adam's own rate",
            _setting_up(rate=0.001),
            "You compile with Adam's own rate, 0.001, whatever the head's was: hand it `head_rate / 100`.",
        ),
        Mistake(
            "mean squared error",
            _setting_up(loss="mse"),
            'All is right but for the loss: this is the squared error, and "sparse_categorical_crossentropy" was asked for.',
        ),
        Mistake(
            "SGD",
            _setting_up(optimizer="SGD"),
            "All is right but for the optimizer: this is SGD, and Adam was asked for.",
        ),
        Mistake(
            "a hundred times larger",
            _setting_up(factor=FACTOR),
            "Your learning rate is larger than the head's. Fine-tuning wants smaller steps: divide.",
        ),
        Mistake(
            "batch normalization thawed",
            _setting_up(trains=lambda layer: True),
            "You unfreeze the batch normalizations as well. They would run in training mode again, on the statistics of your "
            "few images: keep them frozen.",
        ),
        Mistake(
            "still frozen",
            _setting_up(trains=lambda layer: layer.name == "head"),
            "You compile, but the layers below the head are still frozen: set the `trainable` of each to True first. (On "
            "TensorFlow `net.trainable = True` does nothing to a net that is not frozen itself.)",
        ),
        Mistake(
            "head frozen",
            _setting_up(trains=lambda layer: not _is_batch_norm(layer) and layer.name != "head"),
            "You freeze the head. In fine-tuning it goes on learning, together with the layers below.",
        ),
        Mistake(
            "batch normalization thawed, the head's rate",
            _setting_up(trains=lambda layer: True, factor=1),
            "Two things: batch normalizations stay frozen, or they run on the statistics of your few images; and the learning "
            "rate must be a hundredth of the head's, or the layers below are ruined.",
        ),
    ),
    hints=(
        "`isinstance(layer, keras.layers.BatchNormalization)` tells which layers stay frozen.",
        "Three steps, in this order: `trainable` of every layer, the new optimizer, `compile`.",
    ),
)


# --- a net that others have trained --------------------------------------------------------------------------------------------

MEANS = np.array([103.939, 116.779, 123.68])  # blue, green, red: what Keras subtracts for VGG and ResNet


def _pictures(rng):
    return [
        (np.zeros((1, 2, 2, 3)),),
        (np.ones((1, 2, 2, 3)),),
        (rng.uniform(size=(2, 4, 4, 3)),),
    ]


prepared = Exercise(
    name="prepared",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda images: 2 * images - 1,
    cases=_pictures,
    mistakes=(
        Mistake(
            "unscaled",
            lambda images: images,
            "You leave the pictures as they are, from 0 to 1. The net was trained on −1 to 1, where black is −1.",
        ),
        Mistake(
            "0 to 255",
            lambda images: 255 * images,
            "Your values go from 0 to 255: more than a hundred times what the net was trained on.",
        ),
        Mistake(
            "scaled twice",
            lambda images: images / 127.5 - 1,
            "You divide by 127.5, which is meant for values up to 255. These go up to 1 already, so every picture comes out "
            "almost black: between −1 and −0.99.",
        ),
        Mistake(
            "half of the range",
            lambda images: images - 0.5,
            "Your values go from −0.5 to 0.5, which is half of the range: black is −1, and white is 1.",
        ),
        Mistake(
            "doubled only",
            lambda images: 2 * images,
            "Your values go from 0 to 2. Shift them too: black is −1.",
        ),
        Mistake(
            "inverted",
            lambda images: 1 - 2 * images,
            "You make black 1 and white −1, a negative. Black is −1.",
        ),
        Mistake(
            "by their own statistics",
            lambda images: (images - images.mean()) / (images.std() + 1e-7),
            "You standardize the pictures by their own mean and deviation. Then what a grey means depends on which pictures "
            "came along: the scale is part of the net, and fixed.",
        ),
        Mistake(
            "as VGG wants it",
            lambda images: 255 * images[..., ::-1] - MEANS,
            "This is the scale of VGG and ResNet in Keras: blue first, from 0 to 255, less a mean. Each net has its own "
            "`preprocess_input`; MobileNet's goes from −1 to 1.",
        ),
    ),
    hints=(
        "A straight line that takes 0 to −1 and 1 to 1.",
        "Twice as steep, and then one step down.",
    ),
)


def _pick(order):
    """Return an answer that names the classes at the places that order(probabilities) gives, first to last."""
    return lambda probabilities, names: [names[int(place)] for place in order(np.asarray(probabilities))]


def _probabilities(rng):
    """Return cases (probabilities, names): five classes, and more, none of them in order."""
    names = [
        "tabby",
        "espresso",
        "palace",
        "bee",
        "lynx",
        "mosque",
        "beacon",
        "daisy",
        "drum",
        "castle",
        "velvet",
        "tick",
    ]
    cases = [(np.array([0.1, 0.3, 0.05, 0.35, 0.2]), names[:5])]
    for count in (7, 12):
        weights = rng.permutation(2.0 ** np.arange(count))
        while weights[0] > weights[1] or (np.argsort(-weights)[:5] == np.sort(np.argsort(-weights)[:5])).all():
            weights = rng.permutation(weights)
        cases.append((weights / weights.sum(), names[:count]))
    return cases


top_five = Exercise(
    name="top_five",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_pick(lambda p: np.argsort(-p)[:5]),
    cases=_probabilities,
    mistakes=(
        Mistake(
            "least likely",
            _pick(lambda p: np.argsort(p)[:5]),
            "You name the five *least* likely classes: `np.argsort` puts the smallest first.",
        ),
        Mistake(
            "four of them",
            _pick(lambda p: np.argsort(-p)[:4]),
            "These are four: a slice ends before its second number.",
        ),
        Mistake(
            "most likely last",
            _pick(lambda p: np.argsort(p)[-5:]),
            "These are the right five, the most likely one last. It comes first.",
        ),
        Mistake(
            "in the order of the classes",
            _pick(lambda p: np.sort(np.argsort(-p)[:5])),
            "These are the right five, in the order of the classes. They are to be ordered by probability.",
        ),
        Mistake(
            "the first five",
            _pick(lambda p: np.arange(5)),
            "You name the first five classes, whatever their probability.",
        ),
        Mistake(
            "places for names",
            lambda probabilities, names: [int(place) for place in np.argsort(-np.asarray(probabilities))[:5]],
            "You return the places of the classes. Look their names up.",
        ),
        Mistake(
            "probabilities for names",
            lambda probabilities, names: sorted(probabilities, reverse=True)[:5],
            "You return the five largest probabilities. Which classes they belong to is wanted.",
        ),
        Mistake(
            "names sorted",
            lambda probabilities, names: sorted(names, reverse=True)[:5],
            "You sort the names themselves. They are to be ordered by the probability of each.",
        ),
        Mistake(
            "all of them",
            _pick(lambda p: np.argsort(-p)),
            "Your order is right, and five are enough.",
        ),
    ),
    hints=(
        "`np.argsort` gives the places from the smallest value to the largest. How do you get the other order?",
        "`np.argsort(probabilities)[::-1][:5]`, and then the names at these places.",
    ),
)
