"""The exercises of lecture 02, on training and generalization."""

from itertools import combinations

import numpy as np

from course.exercises.engine import Exercise, Mistake, WrongForm

FUNCTION = 'raise NotImplementedError("your answer goes here")'


# --- three parts -----------------------------------------------------------------------------------------------------------


def _cut(order):
    """Return the three parts of an order of samples: 60, 20 and 20 per cent."""
    first, second = len(order) * 3 // 5, len(order) * 4 // 5
    return order[:first], order[first:second], order[second:]


def _split(orders):
    """Return an answer: `orders(rng, n)` is a list of three arrays of indices, those of the three parts."""

    def split(images, labels, seed):
        parts = orders(np.random.default_rng(seed), len(labels))
        return tuple((images[chosen], labels[chosen]) for chosen in parts)

    return split


def _apart(images, labels, seed):
    rng = np.random.default_rng(seed)
    images, labels = rng.permutation(images), rng.permutation(labels)
    return tuple(zip(_cut(images), _cut(labels), strict=True))


def _in_place(images, labels, seed):
    for array in (images, labels):
        np.random.default_rng(seed).shuffle(array)
    return tuple(zip(_cut(images), _cut(labels), strict=True))


def _inside_training(rng, n):
    order = rng.permutation(n)
    first, second = n * 3 // 5, n * 4 // 5
    return order[:second], order[first:second], order[second:]


def _twice_the_test_set(rng, n):
    train, _, test = _cut(rng.permutation(n))
    return train, test, test


def _each_by_itself(rng, n):
    return [rng.choice(n, len(part), replace=False) for part in _cut(np.arange(n))]


def _parts_of(answer, images, labels, seed):
    """Return for each of the three parts which images it has (list of int), and the labels beside them (array)."""
    result = answer(images, labels, seed)
    try:
        parts = [(np.asarray(x), np.asarray(y)) for x, y in result]
        assert len(parts) == 3 and all(x.shape[1:] == (2, 2) and y.shape == (len(x),) for x, y in parts)
    except (TypeError, ValueError, AssertionError):
        raise WrongForm(
            "Three pairs are wanted, (images, labels) of training, of validation and of test: "
            "`return (x1, y1), (x2, y2), (x3, y3)`."
        ) from None
    return [[int(image[0, 0]) for image in x] for x, _ in parts], [y for _, y in parts]


def what_a_split_does(answer, n, seed):
    """Return what can be said of an answer's split of n images that lie in the order of their classes, as a dict."""
    images = np.arange(4 * n).reshape(n, 2, 2) // 4  # every pixel of an image is its number
    labels = np.arange(n) * 10 // n
    given = images.copy(), labels.copy()
    indices, beside = _parts_of(answer, *given, seed)
    others, _ = _parts_of(answer, images.copy(), labels.copy(), seed + 1)
    again, _ = _parts_of(answer, images.copy(), labels.copy(), seed)
    parts = dict(zip(("training", "validation", "test"), indices, strict=True))
    everything = [index for part in indices for index in part]
    return {
        "sizes": [len(part) for part in indices],
        "every label belongs to its image": all(
            np.array_equal(labels[part], y) for part, y in zip(indices, beside, strict=True)
        ),
        **{f"an image both in {a} and in {b}": bool(set(parts[a]) & set(parts[b])) for a, b in combinations(parts, 2)},
        "an image twice in one part": any(len(set(part)) < len(part) for part in indices),
        "an image in no part": len(set(everything)) < n,
        "cut in the order of the classes": sorted(indices[0]) == list(range(len(indices[0]))),
        "the same seed, the same split": indices == again,
        "another seed, another split": indices != others,
        "images and labels given stay as they are": np.array_equal(given[0], images)
        and np.array_equal(given[1], labels),
    }


three_way_split = Exercise(
    name="three_way_split",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_split(lambda rng, n: _cut(rng.permutation(n))),
    cases=lambda rng: [(500, 0), (1000, int(rng.integers(1, 1000)))],
    probe=what_a_split_does,
    mistakes=(
        Mistake(
            "not shuffled",
            _split(lambda rng, n: _cut(np.arange(n))),
            "You cut without shuffling. These images lie in the order of their classes, as in many files, so that your test "
            "set has classes that are not in the training set at all.",
        ),
        Mistake(
            "shuffled after cutting",
            _split(lambda rng, n: [rng.permutation(part) for part in _cut(np.arange(n))]),
            "You cut first and shuffle within the parts. These images lie in the order of their classes, so that your test set "
            "has classes that are not in the training set at all: shuffle, then cut.",
        ),
        Mistake(
            "images and labels shuffled apart",
            _apart,
            "You shuffle images and labels each in an order of its own, and the pairs are lost. Draw one permutation of the "
            "indices, and use it for both.",
        ),
        Mistake(
            "drawn with replacement",
            _split(lambda rng, n: _cut(rng.integers(0, n, n))),
            "You draw indices with replacement: some images come twice, in training and in test, and others not at all. "
            "`permutation` uses each one once.",
        ),
        Mistake(
            "each part drawn by itself",
            _split(_each_by_itself),
            "You draw each part from all of the images, so the parts overlap: images of the test set are trained on. Cut "
            "*one* permutation in three.",
        ),
        Mistake(
            "validation inside training",
            _split(_inside_training),
            "Your validation images are training images too. What was trained on cannot say how well it generalizes.",
        ),
        Mistake(
            "the test set twice",
            _split(_twice_the_test_set),
            "Your validation set is your test set. As soon as you choose anything by it, its accuracy is too good to be true.",
        ),
        Mistake(
            "seed ignored",
            _split(lambda rng, n: _cut(np.random.default_rng(0).permutation(n))),
            "Your split is the same for every seed: hand `seed` to `np.random.default_rng`.",
        ),
        Mistake(
            "no fixed seed",
            _split(lambda rng, n: _cut(np.random.permutation(n))),
            "Called twice with one seed, your function splits in two ways. Draw from `np.random.default_rng(seed)`, else "
            "nobody can repeat your experiment, and yesterday's test images are trained on today.",
        ),
        Mistake(
            "shuffled in place",
            _in_place,
            "Your split is sound, but you shuffle the arrays that you were given, and the caller still needs them. Index "
            "with a permutation: that copies.",
        ),
    ),
    hints=(
        "Shuffle the indices, not the images: one permutation of range(n), cut at 60 and at 80 per cent.",
        "`order = np.random.default_rng(seed).permutation(len(labels))`, and then `images[order[:first]]` and so on.",
    ),
)


# --- k folds ---------------------------------------------------------------------------------------------------------------


def _folds(cut):
    """Return an answer: `cut(n, k)` gives the list of the validation parts, and the rest is trained on."""

    def folds(n, k):
        return [(np.setdiff1d(np.arange(n), part), np.asarray(part)) for part in cut(n, k)]

    return folds


def _by_boundaries(boundaries):
    return _folds(lambda n, k: [np.arange(*ends) for ends in zip(boundaries(n, k), boundaries(n, k)[1:], strict=False)])


def _in_pieces(n, k):
    return np.array_split(np.arange(n), k)


def fold_lists(answer, n, k):
    """Return an answer's folds as plain lists: [[training indices, validation indices], …], each sorted."""
    result = answer(n, k)
    try:
        folds = [[sorted(int(index) for index in part) for part in pair] for pair in result]
        if any(len(pair) != 2 for pair in folds):
            raise ValueError
    except (TypeError, ValueError):
        raise WrongForm(
            "A list of k pairs is wanted, each (training indices, validation indices): `folds.append((train, validation))`."
        ) from None
    return folds


k_fold = Exercise(
    name="k_fold",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_folds(_in_pieces),
    cases=lambda rng: [
        (9, 3),
        (10, 3),
        (11, 3),
        (5, 5),
        (14, 4),
        (int(rng.integers(5, 12)) * 7 + 5, 7),
    ],
    probe=fold_lists,
    mistakes=(
        Mistake(
            "the rest dropped",
            _by_boundaries(lambda n, k: [n // k * i for i in range(k + 1)]),
            "Your folds have n // k samples each, and what is left over is never validated. Every sample has its turn: the "
            "first n % k folds get one more.",
        ),
        Mistake(
            "all the rest in the last fold",
            _by_boundaries(lambda n, k: [n // k * i for i in range(k)] + [n]),
            "Your last fold takes all that is left over. Share it out, one each to the first n % k folds, so that all folds "
            "weigh much the same.",
        ),
        Mistake(
            "rounded boundaries",
            _by_boundaries(lambda n, k: [n * i // k for i in range(k + 1)]),
            "Your folds are fair, but it is not the first ones that get the extra samples. Here, and in scikit-learn, the "
            "first n % k folds have one more.",
        ),
        Mistake(
            "rounded up",
            _by_boundaries(lambda n, k: [min(-(-n // k) * i, n) for i in range(k + 1)]),
            "You round the size of a fold up, for all of them, so that the last one gets too few. Only the first n % k folds "
            "have one more.",
        ),
        Mistake(
            "dealt out",
            _folds(lambda n, k: [np.arange(first, n, k) for first in range(k)]),
            "You deal the samples out like cards, which makes good folds too. Here a fold is one piece: the first samples, "
            "then the next ones.",
        ),
        Mistake(
            "the pair swapped",
            lambda n, k: [(validation, train) for train, validation in k_fold.reference(n, k)],
            "Your pairs are the wrong way round, so that you would train on one fold and validate on the rest. First the "
            "training indices.",
        ),
        Mistake(
            "trained on everything",
            lambda n, k: [(np.arange(n), validation) for _, validation in k_fold.reference(n, k)],
            "Your training indices hold the validation fold too. Leave it out, or the model is examined on what it has seen.",
        ),
    ),
    hints=(
        "`n // k` samples in each fold, and one more in the first `n % k` of them. Walk along with a running start.",
        "The training indices are all the others: `np.setdiff1d(np.arange(n), validation)`, or two pieces joined.",
    ),
)


# --- softmax and cross-entropy ---------------------------------------------------------------------------------------------


def _crossentropy(loss_of=None, gradient_of=None, shift=lambda z: z.max(axis=1, keepdims=True), axis=1):
    """Return an answer (loss, gradient); what it gets wrong replaces a part. Both parts are of (p, one-hot labels)."""

    def crossentropy(logits, labels):
        powers = np.exp(logits - shift(logits))
        p = powers / powers.sum(axis=axis, keepdims=True)
        one_hot = np.eye(logits.shape[1])[labels]
        logs = logits - shift(logits) - np.log(powers.sum(axis=axis, keepdims=True))
        loss = -(logs * one_hot).sum() / len(logits) if loss_of is None else loss_of(p, one_hot, logs)
        gradient = (p - one_hot) / len(logits) if gradient_of is None else gradient_of(p, one_hot)
        return float(loss), gradient

    return crossentropy


def _log_of_p(p, one_hot, logs):
    return -np.log(p[one_hot == 1]).mean()


def _crossentropy_cases(rng):
    drawn = [(scale * rng.normal(size=(n, classes)), rng.integers(0, classes, n)) for n, classes, scale in ((2, 3, 1), (5, 4, 3))]  # fmt: skip
    return [
        (np.zeros((1, 10)), np.array([3])),
        *drawn,
        (np.array([[1000.0, 0.0, -1000.0], [3.0, 1.0, 2.0]]), np.array([0, 2])),
        (np.array([[2000.0, 0.0], [-2000.0, 0.0]]), np.array([1, 1])),
    ]


cross_entropy = Exercise(
    name="cross_entropy",
    points=3,
    kind="function",
    stub=FUNCTION,
    reference=_crossentropy(),
    cases=_crossentropy_cases,
    mistakes=(
        Mistake(
            "exponential overflows",
            _crossentropy(_log_of_p, shift=lambda z: 0),
            "Right for small logits, but e¹⁰⁰⁰ is ∞, and ∞/∞ is not a number. Subtract the largest logit of each row first: "
            "softmax stays the same.",
        ),
        Mistake(
            "one maximum for the whole batch",
            _crossentropy(_log_of_p, shift=lambda z: z.max()),
            "You subtract the largest logit of the whole batch. In a row whose logits are all far below, every power is 0, and "
            "0/0 is not a number. Each row needs its own: `logits.max(axis=1, keepdims=True)`.",
        ),
        Mistake(
            "logarithm of 0",
            _crossentropy(_log_of_p),
            "Your probabilities are right, and one of them is so small that it is stored as 0: its logarithm is −∞. Do not "
            "take the logarithm of p: with z shifted, log p = z − log Σ eᶻ.",
        ),
        *(
            Mistake(
                f"{epsilon:g} inside the logarithm",
                _crossentropy(lambda p, one_hot, logs, epsilon=epsilon: -np.log(p[one_hot == 1] + epsilon).mean()),
                f"A small number inside the logarithm avoids ∞, and caps the loss: −log {epsilon:g} is "
                f"{-np.log(epsilon):.1f}, where 2000 would be right. With z shifted, log p = z − log Σ eᶻ needs none.",
            )
            for epsilon in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)
        ),
        Mistake(
            "1/n forgotten",
            _crossentropy(lambda p, one_hot, logs: -(logs * one_hot).sum(), lambda p, one_hot: p - one_hot),
            "You add up over the batch. Divide by n: else twice the batch means twice the loss, and a step twice as long.",
        ),
        Mistake(
            "1/n forgotten in the gradient",
            _crossentropy(gradient_of=lambda p, one_hot: p - one_hot),
            "The loss is right. Its gradient lacks the 1/n: the loss is a mean, so each sample's share of it is one n-th.",
        ),
        Mistake(
            "1/n forgotten in the loss",
            _crossentropy(lambda p, one_hot, logs: -(logs * one_hot).sum()),
            "The gradient is right. The loss is a sum over the batch, and the mean is asked for.",
        ),
        Mistake(
            "divided by the classes too",
            _crossentropy(lambda p, one_hot, logs: -(logs * one_hot).mean(), lambda p, one_hot: (p - one_hot) / p.size),
            "You take the mean over samples *and* classes. Every sample has one cross-entropy: divide by the samples alone.",
        ),
        Mistake(
            "sign of the loss",
            _crossentropy(lambda p, one_hot, logs: (logs * one_hot).sum() / len(p)),
            "Your loss is negative. The logarithm of a probability is at most 0; the cross-entropy is *minus* it.",
        ),
        Mistake(
            "sign of the gradient",
            _crossentropy(gradient_of=lambda p, one_hot: (one_hot - p) / len(p)),
            "The loss is right. Your gradient points downhill: it is p − 1 for the right class, and p for the others. The minus "
            "comes with the step.",
        ),
        Mistake(
            "label forgotten in the gradient",
            _crossentropy(gradient_of=lambda p, one_hot: p / len(p)),
            "The loss is right. Your gradient is p/n for every class; for the right class it is (p − 1)/n.",
        ),
        Mistake(
            "softmax along the samples",
            _crossentropy(axis=0),
            "You normalize along the samples. The probabilities of one sample add up to 1: `axis=1`.",
        ),
    ),
    hints=(
        "First `z = logits - logits.max(axis=1, keepdims=True)`. Then log p = z − log Σ eᶻ, row by row, and p is its exponential.",
        "`rows = np.arange(len(labels))` picks one entry of each row: the loss is `-log_p[rows, labels].mean()`.",
    ),
)


# --- back-propagation ------------------------------------------------------------------------------------------------------

# One input, one hidden ReLU unit, one output, no biases: x = 2, w₁ = 1.5, w₂ = 4, target 10, learning rate 0.01.
# h = 3 and o = 12, so the error is 2; ∂w₂ = 2·3 = 6 and ∂w₁ = 2·4·2 = 16.
one_step = Exercise(
    name="one_step",
    points=1,
    kind="value",
    stub="one_step = ...",
    reference=(1.34, 3.94),
    cases=None,
    mistakes=(
        Mistake(
            "uphill",
            (1.66, 4.06),
            "Both gradients are right, and you add them: that makes the loss larger. The step goes *against* the gradient.",
        ),
        Mistake(
            "w₂ changed first",
            (1.3424, 3.94),
            "w₂ is right. For w₁ you used the new w₂; both gradients are taken at the old weights, and only then do the weights "
            "move.",
        ),
        Mistake(
            "the input forgotten",
            (1.42, 3.94),
            "w₂ is right. On the way to w₁ one factor is missing: the sum is w₁·x, so its slope with respect to w₁ is x.",
        ),
        Mistake(
            "w₂ forgotten on the way back",
            (1.46, 3.94),
            "w₂ is right. On the way to w₁ one factor is missing: what reaches h is the error times w₂.",
        ),
        Mistake(
            "½ forgotten",
            (1.18, 3.88),
            "Your gradients are twice too large. The loss has a ½, and its slope with respect to o is o − t.",
        ),
        Mistake(
            "the error forgotten",
            (1.42, 3.97),
            "You took the slope of the output. That of the loss has one factor more, at the very beginning: o − t.",
        ),
        Mistake(
            "gradients for weights",
            (16, 6),
            "These are the gradients, and they are right. Now take the step: each weight minus 0.01 times its gradient.",
        ),
        Mistake("the pair swapped", (3.94, 1.34), "Both numbers are right, in the wrong order: first w₁, then w₂."),
        Mistake(
            "learning rate 0.1",
            (-0.1, 3.4),
            "Your gradients are right, your step is ten times too long: the learning rate is 0.01.",
        ),
    ),
    hints=(
        "Forward first: h, then o, then o − t. Backward: ∂w₂ = (o − t)·h, and ∂h = (o − t)·w₂.",
        "The ReLU is open, so ∂w₁ = ∂h·x. Then each weight minus 0.01 times its gradient.",
    ),
)


def _dense_backward(
    d_inputs=lambda x, w, d: d @ w.T,
    d_weights=lambda x, w, d: x.T @ d,
    d_biases=lambda x, w, d: d.sum(axis=0),
    open_where=lambda x, w, b, d: x @ w + b > 0,
    order=(0, 1, 2),
):
    """Return an answer, three gradients of a ReLU layer; each part is a function, of the gradient behind the slope too."""

    def backward(inputs, weights, biases, d_outputs):
        d = d_outputs * open_where(inputs, weights, biases, d_outputs)
        results = [part(inputs, weights, d) for part in (d_inputs, d_weights, d_biases)]
        return tuple(results[place] for place in order)

    return backward


def _dense_cases(rng):
    shapes = [(1, 3, 2), (4, 3, 3), (5, 2, 4), (3, 3, 3)]
    drawn = [
        (
            rng.normal(size=(n, i)),
            rng.normal(size=(i, units)),
            1.5 * rng.normal(size=units),
            rng.normal(size=(n, units)),
        )
        for n, i, units in shapes
    ]
    by_hand = (
        np.array([[1.0, 2.0], [3.0, -1.0]]),
        np.array([[1.0, -1.0], [1.0, 1.0]]),
        np.array([0.0, -2.0]),
        np.array([[1.0, 1.0], [2.0, 3.0]]),
    )
    return [by_hand, *drawn]


dense_backward = Exercise(
    name="dense_backward",
    points=3,
    kind="function",
    stub=FUNCTION,
    reference=_dense_backward(),
    cases=_dense_cases,
    mistakes=(
        Mistake(
            "the slope forgotten",
            _dense_backward(open_where=lambda x, w, b, d: 1),
            "You leave the ReLU out. Where a unit's sum is not above 0 its slope is 0, and no gradient passes.",
        ),
        Mistake(
            "the slope without the biases",
            _dense_backward(open_where=lambda x, w, b, d: x @ w > 0),
            "You look for open units without the biases. A unit is open where its whole sum, x·W + b, is above 0.",
        ),
        Mistake(
            "the slope from the gradient",
            _dense_backward(open_where=lambda x, w, b, d: d > 0),
            "You let through what is above 0 in the *gradient*. What counts is the unit's own sum on the way forward.",
        ),
        Mistake(
            "1/n once more",
            _dense_backward(d_weights=lambda x, w, d: x.T @ d / len(x), d_biases=lambda x, w, d: d.mean(axis=0)),
            "You divide by the number of samples. The loss is a mean already, so its 1/n is in `d_outputs`: here you add up.",
        ),
        Mistake(
            "mean for the biases",
            _dense_backward(d_biases=lambda x, w, d: d.mean(axis=0)),
            "You average the gradient of the biases over the samples. Every sample adds its share: the sum.",
        ),
        Mistake(
            "biases not added up",
            _dense_backward(d_biases=lambda x, w, d: d),
            "Your gradient of the biases has a row for each sample. There is one bias for each unit: add up over the samples.",
        ),
        Mistake(
            "weights not transposed",
            _dense_backward(d_inputs=lambda x, w, d: d @ w),
            "For the inputs you multiply by W. On the way back each input collects from the units that it fed: W transposed.",
        ),
        Mistake(
            "inputs not transposed",
            _dense_backward(d_weights=lambda x, w, d: x @ d),
            "For the weights you multiply the inputs as they are. Row i of the result belongs to input i, summed over the "
            "samples: the inputs transposed.",
        ),
        Mistake(
            "transposed result",
            _dense_backward(d_weights=lambda x, w, d: d.T @ x),
            "Your gradient of the weights is transposed. It has the shape of the weights: (inputs, units).",
        ),
        Mistake(
            "another order",
            _dense_backward(order=(1, 2, 0)),
            "All three are right, in another order than asked: that of the inputs first, then of weights and biases.",
        ),
    ),
    hints=(
        "Let the slope act first: `d_sums = d_outputs * (inputs @ weights + biases > 0)`. The rest is linear.",
        "Shapes tell: (inputs, units) is (inputs, samples) times (samples, units).",
    ),
)

faulty_line = Exercise(
    name="faulty_line",
    points=1,
    kind="value",
    stub="faulty_line = ...",
    reference=5,
    cases=None,
    mistakes=(
        Mistake(
            "line 6",
            6,
            "That is where the check complains, but line 6 does what it should with what it gets: the gradient that arrives "
            "there is wrong already.",
        ),
        Mistake(
            "line 7",
            7,
            "That is where the check complains, but line 7 only passes on what it gets: the gradient that arrives there is "
            "wrong already.",
        ),
        Mistake(
            "line 4",
            4,
            "o = h·w₂ + b₂, so w₂ is what belongs there. Check the slope of the logistic function against lecture 1.",
        ),
        Mistake(
            "line 3",
            3,
            "The check agrees with the gradients of w₂ and b₂: all that they are made of, lines 1 to 3, is right.",
        ),
        Mistake(
            "line 2",
            2,
            "The check agrees with the gradients of w₂ and b₂: all that they are made of, lines 1 to 3, is right.",
        ),
        Mistake(
            "line 1",
            1,
            "The derivative of ½ (o − t)² is o − t, and the check agrees with the gradients of w₂ and b₂, which are made of it.",
        ),
    ),
    hints=(
        "Which gradients agree? Everything that they are made of is right.",
        "The derivative of σ(s) is σ(s)·(1 − σ(s)). Which of the names in the code is σ(s)?",
    ),
)


# --- rates -----------------------------------------------------------------------------------------------------------------


def _momentum(step):
    """Return an answer that walks along the gradients: step(weight, velocity, gradient, rate, momentum) gives the next two."""

    def walk(weight, gradients, learning_rate, momentum):
        velocity = 0 * weight
        for gradient in gradients:
            weight, velocity = step(weight, velocity, gradient, learning_rate, momentum)
        return weight

    return walk


def _with_velocity(velocity_of):
    def step(w, v, g, rate, mu):
        v = velocity_of(v, g, rate, mu)
        return w + v, v

    return _momentum(step)


def _nesterov(w, v, g, rate, mu):
    v = mu * v - rate * g
    return w + mu * v - rate * g, v


def _momentum_cases(rng):
    gradients = list(rng.normal(size=(6, 3)))
    return [
        (1.0, [], 0.1, 0.9),
        (1.0, [2.0], 0.1, 0.9),
        (1.0, [2.0, 2.0, 2.0], 0.1, 0.5),
        (0.5, [1.0, -3.0, 2.0, 0.5], 0.2, 0.9),
        (0.5, [1.0, -3.0], 0.2, 0.0),
        (rng.normal(size=3), gradients, 0.05, 0.8),
    ]


momentum_steps = Exercise(
    name="momentum_steps",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_with_velocity(lambda v, g, rate, mu: mu * v - rate * g),
    cases=_momentum_cases,
    mistakes=(
        Mistake(
            "no memory",
            _with_velocity(lambda v, g, rate, mu: -rate * g),
            "This is plain gradient descent: your velocity forgets. It must live outside the loop, and keep `momentum` times "
            "its old value.",
        ),
        Mistake(
            "nothing forgotten",
            _with_velocity(lambda v, g, rate, mu: v - rate * g),
            "Your velocity never slows down: all gradients count for ever. Multiply the old velocity by `momentum`.",
        ),
        Mistake(
            "uphill",
            _with_velocity(lambda v, g, rate, mu: mu * v + rate * g),
            "Your weight moves with the gradient, uphill. The velocity takes *minus* the learning rate times the gradient.",
        ),
        Mistake(
            "averaged",
            _with_velocity(lambda v, g, rate, mu: mu * v - (1 - mu) * rate * g),
            "You weigh the gradient with 1 − momentum, a running average. In the rule here, which is Keras's, the gradient counts "
            "in full; yours takes steps that are 1 − momentum times as long.",
        ),
        Mistake(
            "momentum on the gradient",
            _with_velocity(lambda v, g, rate, mu: v - mu * rate * g),
            "You multiply the gradient by `momentum`, and it is the old velocity that belongs there.",
        ),
        Mistake(
            "one step late",
            _momentum(lambda w, v, g, rate, mu: (w + v, mu * v - rate * g)),
            "You move the weight first and update the velocity after, so that each gradient acts one step late, and the last "
            "one never. First the velocity, then the weight.",
        ),
        Mistake(
            "Nesterov",
            _momentum(_nesterov),
            "This is Nesterov's variant (`nesterov=True` in Keras), which looks one step ahead. The plain rule is asked for.",
        ),
        Mistake(
            "the weight shrinks",
            _momentum(lambda w, v, g, rate, mu: (mu * w - rate * g, v)),
            "You multiply the *weight* by `momentum`. It is the velocity that is kept in part.",
        ),
        Mistake(
            "the rate twice",
            _momentum(lambda w, v, g, rate, mu: (w + rate * (mu * v - rate * g), mu * v - rate * g)),
            "Your learning rate acts twice, in the velocity and in the step. Once is enough.",
        ),
    ),
    hints=(
        "Before the loop: `velocity = 0.0`. In it, two lines: first the velocity, then the weight.",
        "`velocity = momentum * velocity - learning_rate * gradient`, then `weight = weight + velocity`.",
    ),
)


# --- inputs and weights at the start ---------------------------------------------------------------------------------------


def _standardized(statistics, scale=lambda std: np.where(std == 0, 1, std)):
    """Return an answer: statistics(train, test) gives the pair (mean, std) for training and the pair for test."""

    def standardize(train, test):
        (mean, std), (test_mean, test_std) = statistics(train, test)
        return (train - mean) / scale(std), (test - test_mean) / scale(test_std)

    return standardize


def _of(x, axis=0, **options):
    return x.mean(axis=axis, keepdims=True), x.std(axis=axis, keepdims=True, **options)


def _twice(pair):
    return pair, pair


def _normalized_cases(rng):
    train = rng.normal(size=(6, 4)) * [1, 5, 0.2, 3] + [0, 10, -4, 1]
    test = rng.normal(size=(3, 4)) * [1, 5, 0.2, 3] + [1, 12, -4, 2]
    dark = np.column_stack([train, np.full(6, 7.0)])  # a pixel that is the same in all training images
    dark_test = np.column_stack([test, [7.0, 9.0, 7.0]])
    return [(np.array([[0.0, 10.0], [2.0, 30.0]]), np.array([[4.0, 10.0]])), (train, test), (dark, dark_test)]


normalized = Exercise(
    name="normalized",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_standardized(lambda train, test: _twice(_of(train))),
    cases=_normalized_cases,
    mistakes=(
        Mistake(
            "statistics of all data",
            _standardized(lambda train, test: _twice(_of(np.concatenate([train, test])))),
            "Your mean and deviation come from training *and* test images. The test set must not have a say in anything: take "
            "them from the training images alone.",
        ),
        Mistake(
            "the test set by its own statistics",
            _standardized(lambda train, test: (_of(train), _of(test))),
            "You normalize the test images by their own mean and deviation. The net must see both parts through the same "
            "glasses; and a single new image has no statistics of its own.",
        ),
        Mistake(
            "each image by itself",
            _standardized(lambda train, test: (_of(train, axis=1), _of(test, axis=1))),
            "You normalize each image by itself (`axis=1`). Asked for is each *feature*, over the images: `axis=0`.",
        ),
        Mistake(
            "one mean for all features",
            _standardized(lambda train, test: _twice(_of(train, axis=None))),
            "You take one mean and one deviation of all numbers together. Each feature has its own: `axis=0`.",
        ),
        Mistake(
            "divided by the variance",
            _standardized(lambda train, test: _twice((train.mean(axis=0), train.var(axis=0)))),
            "You divide by the variance. To have variance 1, divide by its root, the standard deviation.",
        ),
        Mistake(
            "mean left in",
            _standardized(lambda train, test: _twice((0, train.std(axis=0)))),
            "The scale is right. Subtract the mean of each feature first.",
        ),
        Mistake(
            "mean alone",
            _standardized(lambda train, test: _twice((train.mean(axis=0), np.ones(train.shape[1])))),
            "Your means are 0. Now divide each feature by its standard deviation.",
        ),
        Mistake(
            "0/0",
            _standardized(lambda train, test: _twice(_of(train)), scale=lambda std: std),
            "Right, until a feature is the same in all training images, as the corners of most pictures are: its deviation "
            "is 0. Divide by 1 there.",
        ),
        *(
            Mistake(
                f"{epsilon:g} for 1",
                _standardized(lambda train, test: _twice(_of(train)), scale=lambda std, epsilon=epsilon: std + epsilon),
                "A tiny number beside the deviation avoids 0/0 in training, but a test image that differs there becomes "
                "huge. Divide by 1 where the deviation is 0.",
            )
            for epsilon in (1e-5, 1e-6, 1e-7, 1e-8, 1e-10, 1e-12)
        ),
        Mistake(
            "n − 1",
            _standardized(lambda train, test: _twice(_of(train, ddof=1))),
            "You divide the squares by n − 1. `np.std` as it is divides by n, and so does scikit-learn's StandardScaler.",
        ),
    ),
    hints=(
        "Two statistics, `train.mean(axis=0)` and `train.std(axis=0)`, used on both parts.",
        "`np.where(std == 0, 1, std)` is a deviation by which one can divide.",
    ),
)


def _factor(of_layer, combine=np.prod):
    """Return an answer: `of_layer(inputs, std, half)` for each layer, combined; half is ½ behind a ReLU, else 1."""

    def factor(layers, activation):
        half = 0.5 if activation == "relu" else 1.0
        return float(combine([of_layer(inputs, std, half) for inputs, std in layers]))

    return factor


def _factor_cases(rng):
    layers = [(int(rng.integers(10, 400)), float(rng.uniform(0.03, 0.3))) for _ in range(4)]
    return [
        ([], "relu"),
        ([(100, 0.1)], "identity"),
        ([(200, 0.1)], "relu"),
        ([(100, 0.1)] * 3, "relu"),
        ([(50, 0.2), (400, 0.01)], "identity"),
        (layers, "relu"),
        (layers, "identity"),
    ]


def _halved_once(layers, activation):
    half = 0.5 if activation == "relu" else 1.0
    return half * float(np.prod([inputs * std**2 for inputs, std in layers]))


signal_factor = Exercise(
    name="signal_factor",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_factor(lambda inputs, std, half: inputs * std**2 * half),
    cases=_factor_cases,
    mistakes=(
        Mistake(
            "ReLU forgotten",
            _factor(lambda inputs, std, half: inputs * std**2),
            "You leave the ReLU out. It cuts off one half of each distribution, and with it half of the mean square.",
        ),
        Mistake(
            "halved once",
            _halved_once,
            "You halve once. There is a ReLU behind every layer, and each one halves.",
        ),
        Mistake(
            "no ReLU behind the last layer",
            lambda layers, activation: (
                signal_factor.reference(layers, activation) * (2 if activation == "relu" and layers else 1)
            ),
            "You leave out the ReLU behind the last layer. There is one behind every layer here.",
        ),
        Mistake(
            "always halved",
            _factor(lambda inputs, std, half: inputs * std**2 / 2),
            "You halve with the identity too. Only ReLU cuts off one half.",
        ),
        Mistake(
            "deviation not squared",
            _factor(lambda inputs, std, half: inputs * std * half),
            "You multiply by the weights' standard deviation. Variances add up, and σ² is theirs.",
        ),
        Mistake(
            "inputs forgotten",
            _factor(lambda inputs, std, half: std**2 * half),
            "A unit adds up as many terms as it has inputs, and the variances of all of them: n·σ².",
        ),
        Mistake(
            "root",
            lambda layers, activation: signal_factor.reference(layers, activation) ** 0.5,
            "This is the factor of the root mean square. The factor of the mean square itself was asked for.",
        ),
        Mistake(
            "added up",
            _factor(lambda inputs, std, half: inputs * std**2 * half, np.sum),
            "You add the layers' factors. Each layer multiplies what it gets.",
        ),
    ),
    hints=(
        "What one layer does: n·σ² for its sum, and half of that behind a ReLU.",
        "Start with 1.0 and multiply, layer by layer.",
    ),
)


# --- against over-fitting --------------------------------------------------------------------------------------------------


def _penalty(first, second):
    """Return an answer for p = 1 and for p = 2: functions of (weights, β)."""
    return lambda weights, beta, p: first(weights, beta) if p == 1 else second(weights, beta)


def _right_l1(w, beta):
    return beta * np.sign(w)


def _right_l2(w, beta):
    return 2 * beta * w


penalty_gradient = Exercise(
    name="penalty_gradient",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_penalty(_right_l1, _right_l2),
    cases=lambda rng: [
        (np.array([0.5, -2.0, 3.0]), 0.1, 2),
        (np.array([0.5, -2.0, 3.0]), 0.1, 1),
        (np.array([[0.0, -0.25], [4.0, 0.0]]), 0.3, 1),
        (np.zeros((2, 2)), 0.5, 2),
        (rng.normal(size=(3, 4)), float(rng.uniform(0.01, 1)), 1),
        (rng.normal(size=(3, 4)), float(rng.uniform(0.01, 1)), 2),
    ],
    mistakes=(
        Mistake(
            "factor 2 forgotten",
            _penalty(_right_l1, lambda w, beta: beta * w),
            "For p = 1 you are right. The derivative of w² is 2w: for p = 2 your pull is half of what it should be.",
        ),
        Mistake(
            "sign forgotten",
            _penalty(lambda w, beta: beta * np.ones_like(w), _right_l2),
            "For p = 2 you are right. For p = 1 the slope of |w| is −1 on the left: yours pushes negative weights away from 0.",
        ),
        Mistake(
            "absolute values left",
            _penalty(lambda w, beta: beta * np.ones_like(w), lambda w, beta: 2 * beta * np.abs(w)),
            "p |w|ᵖ⁻¹ is the size of the slope. Its sign is that of the weight, so that the step leads towards 0 from both sides.",
        ),
        Mistake(
            "0/0 at 0",
            _penalty(lambda w, beta: beta * w / np.abs(w), _right_l2),
            "w/|w| is the sign, except at 0, where it is not a number. `np.sign(0)` is 0.",
        ),
        Mistake(
            "the penalty itself",
            _penalty(lambda w, beta: beta * np.abs(w), lambda w, beta: beta * w**2),
            "These are the terms of the penalty. What the step needs is their derivative.",
        ),
        Mistake(
            "β forgotten",
            _penalty(lambda w, beta: np.sign(w), lambda w, beta: 2 * w),
            "The strength β is missing in both.",
        ),
        Mistake(
            "−β at 0",
            _penalty(lambda w, beta: beta * np.where(w > 0, 1, -1), _right_l2),
            "Right, except for p = 1 at 0: what is not above 0 need not be below it. A weight at 0 should stay there: `np.sign(0)` "
            "is 0.",
        ),
        Mistake(
            "p = 1 and p = 2 swapped",
            _penalty(_right_l2, _right_l1),
            "Both formulas are right, and swapped: p = 2 is the one whose pull is proportional to the weight.",
        ),
        Mistake(
            "the step",
            _penalty(lambda w, beta: -_right_l1(w, beta), lambda w, beta: -_right_l2(w, beta)),
            "Your sign is that of the step. The gradient points where the penalty grows: away from 0.",
        ),
    ),
    hints=(
        "Each weight has its own term β|w|ᵖ. Differentiate it for w > 0 and for w < 0.",
        "`np.sign(weights)` is −1, 0 or 1.",
    ),
)


def _dropout(in_training, at_inference=lambda x, rate: x):
    """Return an answer; `in_training` is of (x, rate, uniform)."""

    def drop(x, rate, uniform, training):
        return in_training(x, rate, uniform) if training else at_inference(x, rate)

    return drop


def _inverted(x, rate, uniform):
    return np.where(uniform >= rate, x / (1 - rate), 0.0)


def _dropout_cases(rng):
    x, uniform = rng.normal(size=(4, 6)), rng.permutation(np.linspace(0.02, 0.98, 24)).reshape(4, 6)
    return [
        (np.ones((2, 4)), 0.5, np.array([[0.1, 0.6, 0.7, 0.9], [0.8, 0.2, 0.3, 0.55]]), True),
        (x, 0.25, uniform, True),
        (x, 0.8, uniform, True),
        (x, 0.0, uniform, True),
        (x, 0.25, uniform, False),
        (x, 0.5, uniform, False),
    ]


dropout = Exercise(
    name="dropout",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=_dropout(_inverted),
    cases=_dropout_cases,
    mistakes=(
        Mistake(
            "left on at inference",
            lambda x, rate, uniform, training: _inverted(x, rate, uniform),
            "You drop units at inference too, so that one image gets another answer each time. Where `training` is False, "
            "x goes through as it is.",
        ),
        Mistake(
            "not scaled",
            _dropout(lambda x, rate, uniform: np.where(uniform >= rate, x, 0.0)),
            "You drop, but do not scale. At inference the next layer then gets 1/(1 − rate) times as much as it was trained "
            "with. Divide what stays by 1 − rate.",
        ),
        Mistake(
            "scaled at inference",
            _dropout(lambda x, rate, uniform: np.where(uniform >= rate, x, 0.0), lambda x, rate: x * (1 - rate)),
            "You scale at inference, as the first papers did. That works, but *inverted* dropout scales in training, by "
            "1/(1 − rate), and leaves inference alone.",
        ),
        Mistake(
            "scaled the wrong way",
            _dropout(lambda x, rate, uniform: np.where(uniform >= rate, x * (1 - rate), 0.0)),
            "You multiply what stays by 1 − rate, which makes it smaller still. It must make up for what was dropped: divide.",
        ),
        Mistake(
            "divided by the rate",
            _dropout(lambda x, rate, uniform: np.where(uniform >= rate, x / rate, 0.0)),
            "You divide by the rate. What stays is a share of 1 − rate: divide by that.",
        ),
        Mistake(
            "rate of those that stay",
            _dropout(lambda x, rate, uniform: np.where(uniform < rate, x / rate, 0.0)),
            "You keep a share of `rate`. In Keras, and here, the rate says how many are *dropped*.",
        ),
        Mistake(
            "the wrong ones dropped",
            _dropout(lambda x, rate, uniform: np.where(uniform < rate, x / (1 - rate), 0.0)),
            "Your scale is right, but you keep those whose number is below the rate. These are the ones to drop.",
        ),
        Mistake(
            "one mask for the whole batch",
            _dropout(lambda x, rate, uniform: np.where(uniform[0] >= rate, x / (1 - rate), 0.0)),
            "You drop the same units in every sample. Each sample has its own row of random numbers.",
        ),
        Mistake(
            "always scaled",
            _dropout(_inverted, lambda x, rate: x / (1 - rate)),
            "You scale at inference too. There nothing is dropped, and nothing to make up for.",
        ),
    ),
    hints=(
        "Two cases: at inference, return x. In training, a mask of 0 and 1, and a division.",
        "`mask = uniform >= rate` keeps a share of 1 − rate of the units.",
    ),
)


# --- hand-made features ----------------------------------------------------------------------------------------------------


def integral_of(image):
    """Return the integral image: entry (i, j) is the sum of all pixels above row i and left of column j."""
    return np.pad(image.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))


def _corners(signs, shift=0):
    """Return an answer: bottom right, top right, bottom left and top left corner, each with its sign."""

    def rectangle(integral, top, left, bottom, right):
        rows, columns = (bottom, top, bottom, top), (right, right, left, left)
        return sum(sign * integral[i + shift, j + shift] for sign, i, j in zip(signs, rows, columns, strict=True))

    return rectangle


def _rectangle_cases(rng):
    image = rng.integers(0, 10, size=(6, 8))
    top, left = (int(n) for n in rng.integers(1, 3, size=2))
    return [
        (integral_of(np.array([[1, 2], [3, 4]])), 0, 0, 1, 1),
        (integral_of(np.array([[1, 2], [3, 4]])), 1, 0, 2, 2),
        (integral_of(image), 0, 0, 6, 8),
        (integral_of(image), 2, 3, 4, 5),
        (integral_of(image), top, left, top + 2, left + 4),
        (integral_of(image), 3, 3, 3, 6),
    ]


rectangle_sum = Exercise(
    name="rectangle_sum",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=_corners((1, -1, -1, 1)),
    cases=_rectangle_cases,
    mistakes=(
        Mistake(
            "corner not given back",
            _corners((1, -1, -1, 0)),
            "You take away what is above and what is to the left. What is both, the corner at the top left, you take away "
            "twice: add it once.",
        ),
        Mistake(
            "two corners",
            _corners((1, 0, 0, -1)),
            "Bottom right minus top left leaves an L: what lies above the rectangle, and to the left of it, is still in. Four "
            "corners are needed.",
        ),
        Mistake(
            "corner taken away",
            _corners((1, -1, -1, -1)),
            "Your last corner has the wrong sign. It was taken away twice already: it comes back.",
        ),
        Mistake(
            "only from the left",
            _corners((1, 0, -1, 0)),
            "You take away what is to the left. What is above must go too.",
        ),
        Mistake(
            "only from above",
            _corners((1, -1, 0, 0)),
            "You take away what is above. What is to the left must go too.",
        ),
        Mistake(
            "rows and columns swapped",
            lambda integral, top, left, bottom, right: _corners((1, -1, -1, 1))(integral, left, top, right, bottom),
            "You index with the column first. In an array the row comes first: `integral[bottom, right]`.",
        ),
        Mistake(
            "sum of the integral image",
            lambda integral, top, left, bottom, right: integral[top:bottom, left:right].sum(),
            "You add up entries of the integral image, and each of them is a sum already. Four of them are enough, with the "
            "right signs.",
        ),
        Mistake(
            "one pixel off",
            _corners((1, -1, -1, 1), shift=-1),
            "Your corners are one pixel off. This integral image has a row and a column of zeros in front, so no − 1 is needed.",
        ),
    ),
    hints=(
        "Draw it: everything left of and above the bottom right corner, less a strip above, less a strip at the left.",
        "The two strips share a corner, so it goes twice. `integral[top, left]` puts it back.",
    ),
)
