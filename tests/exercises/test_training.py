"""The references of lecture 02 against scikit-learn, Keras, scikit-image and numbers worked out by hand."""

import keras
import numpy as np
import pytest
from keras import ops

from course.autodiff import gradient
from course.exercises import training as exercises


def reference(name):
    return getattr(exercises, name).reference


def status(name, answer, seed=0):
    return getattr(exercises, name).check(answer, seed).status


def wrong(name, answer):
    outcome = getattr(exercises, name).check(answer)
    assert outcome.status == "wrong", outcome
    return outcome.mistake and outcome.mistake.name


# --- three parts ------------------------------------------------------------------------------------------------------


def test_three_way_split_by_counting():
    images, labels = np.arange(50).reshape(10, 5), np.arange(10)
    parts = reference("three_way_split")(images, labels, seed=4)
    assert [len(y) for _, y in parts] == [6, 2, 2]
    assert sorted(np.concatenate([y for _, y in parts])) == list(range(10))
    assert all(np.array_equal(x[:, 0], 5 * y) for x, y in parts)


def test_three_way_split_may_be_scikit_learns():
    from sklearn.model_selection import train_test_split

    def split(images, labels, seed):
        rest, x_test, rest_labels, y_test = train_test_split(images, labels, test_size=0.2, random_state=seed)
        x, x_validation, y, y_validation = train_test_split(rest, rest_labels, test_size=0.25, random_state=seed)
        return [(x, y), (x_validation, y_validation), (x_test, y_test)]

    assert status("three_way_split", split) == "right"


def test_three_way_split_may_draw_in_numpys_old_way():
    def split(images, labels, seed):
        np.random.seed(seed)
        order = np.random.permutation(len(labels))
        cuts = np.split(order, [int(0.6 * len(order)), int(0.8 * len(order))])
        return [(images[cut], labels[cut]) for cut in cuts]

    assert status("three_way_split", split) == "right"


def test_a_split_of_another_form_is_told_so():
    def two_parts(images, labels, seed):
        return (images[:300], labels[:300]), (images[300:], labels[300:])

    assert wrong("three_way_split", two_parts) == "wrong form"
    assert wrong("three_way_split", lambda images, labels, seed: images) == "wrong form"
    assert wrong("three_way_split", lambda images, labels, seed: images + labels["a"]) == "raises"


def test_validation_drawn_from_training_is_wrong():
    def split(images, labels, seed):
        order = np.random.default_rng(seed).permutation(len(labels))
        train, test = order[: len(order) * 3 // 5], order[len(order) * 4 // 5 :]
        return [(images[part], labels[part]) for part in (train, train[: len(test)], test)]

    assert wrong("three_way_split", split) is None  # no named mistake: the check shows what is in two parts


# --- k folds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n, k", [(9, 3), (10, 3), (11, 3), (100, 7), (5, 5)])
def test_k_fold_is_scikit_learns(n, k):
    from sklearn.model_selection import KFold

    ours = exercises.fold_lists(reference("k_fold"), n, k)
    theirs = [[train.tolist(), validation.tolist()] for train, validation in KFold(k).split(np.zeros(n))]
    assert ours == theirs


def test_k_fold_by_hand():
    assert exercises.fold_lists(reference("k_fold"), 5, 3) == [
        [[2, 3, 4], [0, 1]],
        [[0, 1, 4], [2, 3]],
        [[0, 1, 2, 3], [4]],
    ]


def test_k_fold_may_be_lists_ranges_or_a_generator():
    def lists(n, k):
        folds, start = [], 0
        for number in range(k):
            stop = start + n // k + (number < n % k)
            folds.append([[*range(start), *range(stop, n)], range(start, stop)])
            start = stop
        return folds

    assert status("k_fold", lists) == "right"
    assert status("k_fold", lambda n, k: (pair for pair in lists(n, k))) == "right"


def test_k_fold_slips():
    from sklearn.model_selection import KFold

    def without_the_rest(n, k):
        size = n // k
        parts = [list(range(i * size, (i + 1) * size)) for i in range(k)]
        return [([i for i in range(n) if i not in part], part) for part in parts]

    assert wrong("k_fold", without_the_rest) == "the rest dropped"
    assert wrong("k_fold", lambda n, k: KFold(k).split(np.zeros(n + 1))) is None
    assert wrong("k_fold", lambda n, k: [np.arange(n)]) == "wrong form"
    assert wrong("k_fold", lambda n, k: n) == "wrong form"


# --- softmax and cross-entropy ----------------------------------------------------------------------------------------


def drawn_logits(n=6, classes=4):
    draw = np.random.default_rng(1)
    return 3 * draw.normal(size=(n, classes)), draw.integers(0, classes, n)


def test_cross_entropy_is_scikit_learns_and_keras_has_the_same_gradient():
    from sklearn.metrics import log_loss

    logits, labels = drawn_logits()
    loss, slopes = reference("cross_entropy")(logits, labels)
    powers = np.exp(logits)
    assert loss == pytest.approx(log_loss(labels, powers / powers.sum(axis=1, keepdims=True), labels=range(4)))

    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    assert np.allclose(slopes, gradient(lambda z: theirs(labels, z), logits), rtol=1e-3, atol=1e-5)


def test_cross_entropy_by_hand():
    loss, slopes = reference("cross_entropy")(np.array([[0.0, 0.0], [1000.0, 0.0]]), np.array([0, 1]))
    assert loss == pytest.approx((np.log(2) + 1000) / 2)
    assert np.allclose(slopes, [[-0.25, 0.25], [0.5, -0.5]])


def test_cross_entropy_may_be_written_otherwise():
    from scipy.special import log_softmax, softmax

    def by_scipy(logits, labels):
        one_hot = np.eye(logits.shape[1])[labels]
        return -np.sum(one_hot * log_softmax(logits, axis=1)) / len(labels), (softmax(logits, axis=1) - one_hot) / len(
            labels
        )

    assert all(status("cross_entropy", by_scipy, seed) == "right" for seed in range(5))


def test_cross_entropy_slips_as_a_student_writes_them():
    def naive(logits, labels):
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        rows = np.arange(len(labels))
        slopes = p.copy()
        slopes[rows, labels] -= 1
        return -np.log(p[rows, labels]).mean(), slopes / len(labels)

    def clipped(logits, labels):
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        one_hot = np.eye(logits.shape[1])[labels]
        return -np.log((p * one_hot).sum(axis=1) + 1e-12).mean(), (p - one_hot) / len(labels)

    assert wrong("cross_entropy", naive) == "exponential overflows"
    assert wrong("cross_entropy", clipped) == "1e-12 inside the logarithm"


# --- back-propagation -------------------------------------------------------------------------------------------------


def test_one_step_is_what_autodiff_does():
    def loss(weights):
        return (weights[1] * ops.relu(weights[0] * 2.0) - 10.0) ** 2 / 2

    weights = np.array([1.5, 4.0], "float32")
    assert np.allclose(weights - 0.01 * gradient(loss, weights), reference("one_step"), rtol=1e-5)


@pytest.mark.parametrize(
    "answer", [[1.34, 3.94], np.array([1.34, 3.94]), (np.float32(1.34), 3.94), (1.5 - 0.16, 4 - 0.06)]
)
def test_one_step_in_any_form(answer):
    assert status("one_step", answer) == "right"


def test_dense_backward_is_what_autodiff_does():
    draw = np.random.default_rng(2)
    x, w, b, d = draw.normal(size=(5, 3)), draw.normal(size=(3, 4)), draw.normal(size=4), draw.normal(size=(5, 4))
    x, w, b, d = (array.astype("float32") for array in (x, w, b, d))

    def loss(x, w, b):
        return ops.sum(ops.multiply(d, ops.relu(ops.add(ops.matmul(x, w), b))))

    by_autodiff = (
        gradient(lambda x: loss(x, w, b), x),
        gradient(lambda w: loss(x, w, b), w),
        gradient(lambda b: loss(x, w, b), b),
    )
    for ours, theirs in zip(reference("dense_backward")(x, w, b, d), by_autodiff, strict=True):
        assert np.allclose(ours, theirs, rtol=1e-3, atol=1e-4)


def test_dense_backward_by_hand():
    """Sums: (3, −1) and (2, −6): the second unit is shut in both samples."""
    first_case = exercises.dense_backward.cases(np.random.default_rng(0))[0]
    d_x, d_w, d_b = reference("dense_backward")(*first_case)
    assert np.array_equal(d_x, [[1, 1], [2, 2]])
    assert np.array_equal(d_w, [[1 * 1 + 3 * 2, 0], [2 * 1 - 1 * 2, 0]])
    assert np.array_equal(d_b, [3, 0])


def test_dense_backward_slips_as_a_student_writes_them():
    def shut_by_outputs(inputs, weights, biases, d_outputs):
        outputs = np.maximum(inputs @ weights + biases, 0)
        d = np.where(outputs > 0, d_outputs, 0)
        return [d @ weights.T, inputs.T @ d, d.sum(axis=0)]

    def transposed_wrongly(inputs, weights, biases, d_outputs):
        d = d_outputs * (inputs @ weights + biases > 0)
        return d @ weights, inputs.T @ d, d.sum(0)

    assert status("dense_backward", shut_by_outputs) == "right"
    assert wrong("dense_backward", transposed_wrongly) == "weights not transposed"


# --- rates, inputs, weights -------------------------------------------------------------------------------------------


def test_momentum_steps_is_keras_sgd():
    gradients = [np.array([1.0, -2.0], "float32"), np.array([0.5, 3.0], "float32"), np.array([-1.0, 1.0], "float32")]
    weight = keras.Variable(np.array([2.0, -1.0], "float32"))
    optimizer = keras.optimizers.SGD(0.1, momentum=0.7)
    for slope in gradients:
        optimizer.apply([ops.convert_to_tensor(slope)], [weight])
    ours = reference("momentum_steps")(np.array([2.0, -1.0]), gradients, 0.1, 0.7)
    assert np.allclose(ours, ops.convert_to_numpy(weight), rtol=1e-5)


def test_momentum_steps_by_hand():
    # v = −0.2, then −0.9·0.2 − 0.2 = −0.38
    assert reference("momentum_steps")(1.0, [2.0, 2.0], 0.1, 0.9) == pytest.approx(1 - 0.2 - 0.38)


def test_momentum_steps_may_keep_the_rate_outside():
    def walk(weight, gradients, learning_rate, momentum):
        velocity = 0.0
        for slope in gradients:
            velocity = momentum * velocity + slope
            weight = weight - learning_rate * velocity
        return weight

    def in_place(weight, gradients, learning_rate, momentum):
        velocity = np.zeros_like(weight)
        for slope in gradients:
            velocity = momentum * velocity - learning_rate * slope
            weight += velocity
        return weight

    def late(weight, gradients, learning_rate, momentum):
        velocity = 0
        for slope in gradients:
            weight = weight + velocity
            velocity = momentum * velocity - learning_rate * slope
        return weight

    assert status("momentum_steps", walk) == "right"
    assert wrong("momentum_steps", in_place) == "mutates its input"
    assert wrong("momentum_steps", late) == "one step late"


def test_normalized_is_scikit_learns():
    from sklearn.preprocessing import StandardScaler

    for train, test in exercises.normalized.cases(np.random.default_rng(5)):
        scaler = StandardScaler().fit(train)
        ours = reference("normalized")(train, test)
        assert np.allclose(ours[0], scaler.transform(train)) and np.allclose(ours[1], scaler.transform(test))


def test_normalized_by_hand():
    train, test = reference("normalized")(np.array([[0.0, 10.0], [2.0, 30.0]]), np.array([[4.0, 10.0]]))
    assert train.tolist() == [[-1, -1], [1, 1]] and test.tolist() == [[3, -1]]


def test_signal_factor_by_sampling():
    """A wide layer of random weights does, on average, what the formula says."""
    draw = np.random.default_rng(0)
    x = draw.normal(size=(200, 300))
    first, second = draw.normal(0, 0.07, (300, 1000)), draw.normal(0, 0.05, (1000, 400))
    sums = np.maximum(x @ first, 0) @ second
    layers = [(300, 0.07), (1000, 0.05)]
    assert np.mean(np.maximum(sums, 0) ** 2) / np.mean(x**2) == pytest.approx(
        reference("signal_factor")(layers, "relu"), rel=0.1
    )
    linear = x @ first @ second
    assert np.mean(linear**2) / np.mean(x**2) == pytest.approx(reference("signal_factor")(layers, "identity"), rel=0.1)


def test_signal_factor_counts_a_relu_behind_the_last_layer():
    def none_behind_the_last(layers, activation):
        factor = 1
        for number, (inputs, std) in enumerate(layers, 1):
            factor *= inputs * std**2
            if activation == "relu" and number < len(layers):
                factor /= 2
        return factor

    assert wrong("signal_factor", none_behind_the_last) == "no ReLU behind the last layer"


def test_signal_factor_by_hand():
    assert reference("signal_factor")([(100, 0.1), (50, 0.2)], "relu") == pytest.approx(1 / 2 * 2 / 2)


# --- against over-fitting ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("p, regularizer", [(1, keras.regularizers.L1), (2, keras.regularizers.L2)])
def test_penalty_gradient_is_that_of_keras_regularizer(p, regularizer):
    weights = np.random.default_rng(3).normal(size=(4, 3)).astype("float32")
    ours = reference("penalty_gradient")(weights, 0.3, p)
    assert np.allclose(ours, gradient(regularizer(0.3), weights), rtol=1e-4)


def test_penalty_gradient_by_hand():
    assert reference("penalty_gradient")(np.array([2.0, -3.0, 0.0]), 0.5, 1).tolist() == [0.5, -0.5, 0]
    assert reference("penalty_gradient")(np.array([2.0, -3.0, 0.0]), 0.5, 2).tolist() == [2, -3, 0]


def test_penalty_gradient_may_be_one_formula():
    def general(weights, beta, p):
        return p * beta * np.sign(weights) * np.abs(weights) ** (p - 1)

    def two_sided(weights, beta, p):
        return np.where(weights > 0, beta, -beta) if p == 1 else 2 * beta * weights

    assert all(status("penalty_gradient", general, seed) == "right" for seed in range(3))
    assert wrong("penalty_gradient", two_sided) == "−β at 0"


def test_dropout_by_hand():
    x, uniform = np.array([[2.0, 4.0, 6.0, 8.0]]), np.array([[0.1, 0.3, 0.2, 0.9]])
    assert reference("dropout")(x, 0.25, uniform, True).tolist() == [[0, 4 / 0.75, 0, 8 / 0.75]]
    assert reference("dropout")(x, 0.25, uniform, False).tolist() == x.tolist()


def test_dropout_scales_as_keras_does():
    ones = np.ones((50, 40), "float32")
    theirs = ops.convert_to_numpy(keras.layers.Dropout(0.2, seed=0)(ones, training=True))
    uniform = np.random.default_rng(0).random(ones.shape)
    ours = reference("dropout")(ones, 0.2, uniform, True)
    assert np.allclose(np.unique(ours), np.unique(theirs)) and len(np.unique(ours)) == 2


def test_dropout_may_be_a_product():
    assert (
        status("dropout", lambda x, rate, uniform, training: x * (uniform >= rate) / (1 - rate) if training else x)
        == "right"
    )


# --- hand-made features -----------------------------------------------------------------------------------------------


def test_rectangle_sum_is_scikit_images():
    from skimage.transform import integral_image, integrate

    image = np.random.default_rng(4).integers(0, 9, (7, 9))
    theirs = integrate(integral_image(image), (2, 3), (4, 6))[0]  # its ends are inside the rectangle
    assert reference("rectangle_sum")(exercises.integral_of(image), 2, 3, 5, 7) == theirs == image[2:5, 3:7].sum()


@pytest.mark.parametrize("seed", range(3))
def test_rectangle_sum_is_the_sum_of_the_pixels(seed):
    for integral, top, left, bottom, right in exercises.rectangle_sum.cases(np.random.default_rng(seed)):
        image = np.diff(np.diff(integral, axis=0), axis=1)
        assert reference("rectangle_sum")(integral, top, left, bottom, right) == image[top:bottom, left:right].sum()


def test_rectangle_sum_slips():
    assert (
        wrong("rectangle_sum", lambda table, t, left, b, r: np.sum(table[t:b, left:r])) == "sum of the integral image"
    )
