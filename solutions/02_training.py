# ---
# jupyter:
#   course:
#     title: Training and generalization
#     summary: How a net learns, how to tell whether it learnt anything worth knowing, and what to do when it did not.
#     minutes: {quick: 0.6, full: 1.5}
#     memory_gb: {quick: 1, full: 1}
#     needs: []
# ---

# %% [markdown]
# # 2 · Training and generalization
#
# A net that knows its training images by heart has learnt nothing that you could use. This lecture is about the way
# from random weights to a net that is right on images that it has never seen, and about not fooling yourself on it.
#
# **You will be able to**
#
# * say what training, validation and test set are each for, and find the leak when a result is too good;
# * compute cross-entropy, back-propagate through a layer by hand, and check any gradient;
# * choose learning rate, momentum and initial weights for a reason;
# * see over-fitting, and cure it with early stopping, penalties, dropout and ensembles;
# * say what learnt features are better than.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## Two errors
#
# The digits again: real ones, 8 × 8 pixels, split in two.

# %%
from course import datasets

digits = datasets.digits()
labels, test_labels = digits.train.labels, digits.test.labels
x = digits.train.images.reshape(-1, 64)
x_test = digits.test.images.reshape(-1, 64)

print(digits, digits.source, sep="\n")

# %% [markdown]
# The **nearest neighbour** classifier is the plainest one there is: it stores all training images, and gives a new
# image the label of the most similar one.

# %%
from sklearn.neighbors import KNeighborsClassifier

memory = KNeighborsClassifier(n_neighbors=1).fit(x, labels)
print(f"right in {memory.score(x_test, test_labels):.0%} of the test images")

# %% [markdown]
# **Predict.** Now we shuffle all training labels, so that they mean nothing. Which share of the *training* images
# does it get right, and which share of the *test* images? Answer with both: `guess = (…, …)`.

# %%
guess = ...

# %%
import numpy as np

from course.exercises import reveal

meaningless = np.random.default_rng(0).permutation(labels)
memory.fit(x, meaningless)
right = memory.score(x, meaningless), memory.score(x_test, test_labels)
reveal(guess, (round(right[0], 1), round(right[1], 1)))

# %% [markdown]
# All of the training images, for each is its own nearest neighbour; and a tenth of the others, which is guessing.
#
# Let $\ell$ be how wrong a model $f$ is on one sample: 0 or 1, or a loss. The **empirical error** is its mean over
# the $n$ training samples, the **generalization error** what is to be expected of a new one:
#
# $$\hat R(f) = \frac1n \sum_{i=1}^n \ell\big(f(x_i), y_i\big) \qquad\qquad
# R(f) = \mathbb E\; \ell\big(f(x), y\big)$$
#
# Training lowers the first. You want the second, and only samples that had no part in choosing $f$ tell of it: large
# nets, too, can learn meaningless labels by heart (Zhang et al. 2017).
#
# ## Three sets, three jobs
#
# | Set | What it decides | How often you look |
# |---|---|---|
# | **training** | the weights | all the time |
# | **validation** | all else: learning rate, size, when to stop. These are **hyper-parameters** | at every choice |
# | **test** | nothing; it measures the result | once, at the end |
#
# Why not choose on the test set? Here are 100 nets that differ in their random start alone: hidden weights as they
# are drawn, and an output layer fitted to 100 images. We take the one that is best on 100 test images.


# %% tags=["volatile"]
from sklearn.model_selection import train_test_split

everything = np.concatenate([x, x_test])
truth = np.concatenate([labels, test_labels])
targets = np.eye(10)[truth]


def random_net(start, chosen):
    """Return for every image whether a net fitted to those `chosen` gets it right."""
    hidden = np.random.default_rng(start).normal(size=(64, 40)) / 8
    features = np.maximum((everything - 0.3) @ hidden, 0)
    output, *_ = np.linalg.lstsq(features[chosen], targets[chosen], rcond=None)
    return (features @ output).argmax(axis=1) == truth


def best_of_100(seed):
    """Return the best accuracy on 100 test images, that net's on the 1,597 others, all nets' there."""
    fitted, rest = train_test_split(np.arange(len(truth)), train_size=100, random_state=seed)
    test, others = train_test_split(rest, train_size=100, random_state=seed)
    nets = [random_net((seed, start), fitted) for start in range(100)]
    best = max(nets, key=lambda net: net[test].mean())
    return best[test].mean(), best[others].mean(), np.median([net[others].mean() for net in nets])


on_test_set, on_others, ordinary = np.transpose([best_of_100(seed) for seed in range(10)])
print(f"the best of 100 on its test set: {np.median(on_test_set):.2f}")

# %% [markdown]
# **Predict.** That is the median of ten such contests. How accurate are these winners on the images that are left
# over, more than a thousand?

# %%
guess = ...

# %% tags=["volatile"]
reveal(guess, round(float(np.median(on_others)), 2), factor=1.02)

# %% tags=["volatile"]
from course.figures import curves

curves.bars(
    {
        "the best, on the 100\nit was chosen by": on_test_set,
        "the same,\non 1,597 others": on_others,
        "the median net,\non these": ordinary,
    },
    ylabel="accuracy",
    title="The best of 100 nets, ten times",
    alt="Accuracy of ten chosen nets: highest on the images they were chosen by.",
)

# %%
assert np.median(on_test_set - on_others) > 0.03
assert np.median(on_others - ordinary) > 0.01

# %% [markdown]
# The winner is a little better than the others, and above all it was lucky. On $n$ images an accuracy of $p$ has a
# standard deviation of $\sqrt{p(1-p)/n}$, here 0.04, and the largest of 100 draws lies two or three of these above the
# middle. So choosing does work, but a *choice* made on a set uses that set up: its accuracy there is too good. The
# same holds of the validation set, which is why there is a third one.
#
# **Exercise 1.** Split images and labels (arrays) into 60 % training, 20 % validation and 20 % test. The number of
# images is a multiple of 5; the same `seed` gives the same split. `exercises.three_way_split.hint()` gives a hint;
# every exercise has some.

# %% exercise="three_way_split"
from course.exercises import training as exercises


def three_way_split(images, labels, seed):
    """Return three pairs (images, labels): for training, for validation, for test."""
    ### BEGIN SOLUTION
    n = len(labels)
    order = np.random.default_rng(seed).permutation(n)
    parts = np.split(order, [n * 3 // 5, n * 4 // 5])
    return [(images[part], labels[part]) for part in parts]
    ### END SOLUTION


exercises.three_way_split.check(three_way_split)

# %% [markdown]
# ## Cross-validation: every image validates once
#
# With few images a validation set is small, and its verdict is noisy. ***k*-fold cross-validation** cuts the data
# into $k$ **folds**, trains $k$ times, each time on all folds but one, validates on that one, and averages.
#
# To have something to choose, we let a careless person label the digits: two of five labels are drawn at random. The
# classifier asks $k$ neighbours now, which vote. Three folds of 600 images, by hand:

# %%
draw = np.random.default_rng(1)
is_careless = draw.random(len(labels)) < 0.4
careless = np.where(is_careless, draw.integers(0, 10, len(labels)), labels)
x_600, y_600 = x[:600], careless[:600]

model = KNeighborsClassifier(n_neighbors=5)
by_hand = []
for first in (0, 200, 400):
    validates = np.zeros(600, bool)
    validates[first : first + 200] = True
    model.fit(x_600[~validates], y_600[~validates])
    by_hand.append(model.score(x_600[validates], y_600[validates]))

# %%
import pandas

from course.figures.tables import show_table

jobs = [["validates" if fold == turn else "trains" for fold in range(3)] for turn in range(3)]
rounds = pandas.DataFrame(jobs, columns=["images 0–199", "200–399", "400–599"])
show_table(rounds.assign(accuracy=by_hand))

# %%
from sklearn.model_selection import KFold, cross_val_score

by_scikit_learn = cross_val_score(model, x_600, y_600, cv=KFold(3))
assert np.allclose(by_hand, by_scikit_learn)
print(f"by hand {np.mean(by_hand):.4f}, by scikit-learn {by_scikit_learn.mean():.4f}")

# %% [markdown]
# (An accuracy of 0.64 is the most one can hope for: two labels of five are drawn, and a tenth of these are right by
# luck.)
#
# **Predict.** How many neighbours should vote? Guess the $k$ with the best accuracy on the *training* images, and
# that with the best in cross-validation: `guess = (…, …)`. We try 1, 3, 5, 9, 15, 25, 51 and 101.

# %%
guess = ...

# %%
ks = [1, 3, 5, 9, 15, 25, 51, 101]
candidates = [KNeighborsClassifier(n_neighbors=k) for k in ks]
validated = [cross_val_score(model, x_600, y_600, cv=KFold(3)).mean() for model in candidates]
trained = [model.fit(x_600, y_600).score(x_600, y_600) for model in candidates]
chosen = ks[int(np.argmax(validated))]
reveal(guess, (ks[int(np.argmax(trained))], chosen))

# %%
figure = curves.lines(
    np.arange(len(ks)),
    {"training": trained, "cross-validation": validated},
    xlabel="neighbours that vote",
    ylabel="accuracy",
    title="Training accuracy is no guide to the number of neighbours",
    alt="Accuracy on training images falls from 1; in cross-validation it rises, then falls.",
)
figure.axes[0].set_xticks(range(len(ks)), ks)
figure

# %% [markdown]
# On the training images one neighbour cannot be beaten, and it is the worst choice of all. Cross-validation chooses
# well. Now, and only now, the test set, whose labels are right:

# %%
print(f"1 neighbour: {candidates[0].score(x_test, test_labels):.2f}")
print(f"{chosen} neighbours: {candidates[ks.index(chosen)].score(x_test, test_labels):.2f}")

assert candidates[ks.index(chosen)].score(x_test, test_labels) > 0.9
assert candidates[0].score(x_test, test_labels) < 0.7

# %% [markdown]
# **Exercise 2.** Write the folds yourself, for any number of samples: one piece after the other, and where $n$ is no
# multiple of $k$ the first $n \bmod k$ folds have one sample more. (Shuffle before, if the file is in some order.)


# %% exercise="k_fold"
def k_fold(n, k):
    """Return k pairs (training indices, validation indices) for samples 0 to n − 1."""
    ### BEGIN SOLUTION
    folds = np.array_split(np.arange(n), k)
    return [(np.setdiff1d(np.arange(n), fold), fold) for fold in folds]
    ### END SOLUTION


exercises.k_fold.check(k_fold)

# %% [markdown]
# ### A leak that nobody sees
#
# Sixty samples, 2,000 features, two classes, and all of it is noise: no classifier can do better than guess. We keep
# the 20 features that go best with the labels, then cross-validate in 3 folds.
#
# **Predict.** Which accuracy does cross-validation report?

# %%
guess = ...


# %%
def strongest(features, classes):
    """Return the 20 features that go best with the classes."""
    slope = (features - features.mean(axis=0)).T @ (classes - classes.mean())
    return np.argsort(-np.abs(slope))[:20]


def report(seed, selects):
    """Return the accuracy in 3 folds, the features selected on "all" samples or by "fold"."""
    draw = np.random.default_rng(seed)
    features, classes = draw.normal(size=(60, 2000)), draw.integers(0, 2, 60)
    accuracies = []
    for train, validation in KFold(3).split(features):
        seen = train if selects == "fold" else np.arange(60)
        kept = features[:, strongest(features[seen], classes[seen])]
        model = KNeighborsClassifier(n_neighbors=1).fit(kept[train], classes[train])
        accuracies.append(model.score(kept[validation], classes[validation]))
    return np.mean(accuracies)


leaky, sound = ([report(seed, selects) for seed in range(10)] for selects in ("all", "fold"))
reveal(guess, round(float(np.median(leaky)), 2))

# %%
curves.bars(
    {"selected on all samples": leaky, "selected inside each fold": sound},
    ylabel="accuracy in cross-validation",
    title="Noise, cross-validated",
    alt="Accuracy on noise, ten data sets: far above one half where all samples were used.",
)

# %%
assert np.median(leaky) > 0.65 and abs(np.median(sound) - 0.5) < 0.1

# %% [markdown]
# The validation labels took part in choosing the features. Everything that is *learnt from data* belongs inside the
# fold: means, selected features, principal components, as well as weights. (The example follows Hastie, Tibshirani
# and Friedman 2009, section 7.10.2.)
#
# ## What is minimized: softmax and cross-entropy
#
# The last layer gives a number $z_k$ for each class, a **logit**. **Softmax** makes probabilities of them, and the
# **cross-entropy** is minus the logarithm of the probability that the right class $y$ gets:
#
# $$p_k = \frac{e^{z_k}}{\sum_m e^{z_m}} \qquad\qquad \ell = -\log p_y$$
#
# **Predict.** A net with ten classes has all logits equal. What is its cross-entropy?

# %%
guess = ...

# %%
import keras
from keras import layers, ops

crossentropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
reveal(guess, round(float(crossentropy(np.array([3]), np.zeros((1, 10)))), 2), factor=1.02)

# %% [markdown]
# $\log 10 = 2.30$: a loss above that is worse than one tenth for every class. Error rates would be the honest thing
# to minimize, but they change in jumps, and their gradient is 0 almost everywhere. That of the cross-entropy could
# not be plainer:
#
# $$\frac{\partial \ell}{\partial z_k} = p_k - [k = y]$$
#
# where $[k = y]$ is 1 for the right class and 0 for the others: it pushes the right logit up and the others down, as
# far as they are wrong. Logits may be large, though, and computers do not compute with real numbers:

# %%
with np.errstate(all="ignore"):
    powers = np.exp(np.array([1000.0, 0.0]))
    print("probabilities:", powers / powers.sum())

# %% [markdown]
# Adding the same number to all logits changes no probability. So subtract the largest: no power is above 1 then.
#
# **Exercise 3.** Write the loss of a batch, the *mean* of its samples' cross-entropies, and the gradient of that mean
# with respect to the logits. `logits` has shape (n, classes), `labels` holds n class numbers. It must be right for
# large logits too.


# %% exercise="cross_entropy"
def cross_entropy(logits, labels):
    """Return the mean loss (a number) and its gradient, an array of the logits' shape."""
    ### BEGIN SOLUTION
    z = logits - logits.max(axis=1, keepdims=True)
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    rows = np.arange(len(labels))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1
    return -log_p[rows, labels].mean(), gradient / len(labels)
    ### END SOLUTION


exercises.cross_entropy.check(cross_entropy)

# %% [markdown]
# ## Back-propagation by hand
#
# A small net: two inputs, two tanh units, one output $o$, and for once a squared error, $\ell = \tfrac12 (o - t)^2$.
# Forward, we compute and keep everything:

# %%
from course.figures import networks

W1, b1 = np.array([[0.5, -1.0], [1.5, 0.8]]), np.array([0.1, -0.2])  # a column for each unit
w2, b2 = np.array([1.2, -0.7]), 0.3
inputs, t = np.array([1.0, -0.5]), 1.0

s = inputs @ W1 + b1  # the sums of the hidden units
h = np.tanh(s)
o = h @ w2 + b2
print(f"sums {s.round(3)}, hidden {h.round(3)}, output {o:.3f}, loss {(o - t) ** 2 / 2:.3f}")
networks.layers([2, 2, 1])

# %% [markdown]
# Backward, from the loss to the inputs. With $\partial v$ short for $\partial \ell / \partial v$, each line is one
# factor of the chain rule: what arrives, times the slope of what was done with it.

# %%
d_o = o - t
d_w2, d_b2 = d_o * h, d_o  # o = h·w2 + b2
d_h = d_o * w2
d_s = d_h * (1 - h**2)  # the slope of tanh
d_W1, d_b1 = np.outer(inputs, d_s), d_s

# %% [markdown]
# Does automatic differentiation agree, on all nine weights?

# %%
from course.autodiff import gradient

weights = np.concatenate([W1.ravel(), b1, w2, [b2]])
by_hand = np.concatenate([d_W1.ravel(), d_b1, d_w2, [d_b2]])


def loss(weights):
    """Return the loss of the small net, its weights in one tensor."""
    W1 = ops.reshape(weights[:4], (2, 2))
    products = ops.array(inputs[:, None], "float32") * W1
    h = ops.tanh(ops.sum(products, axis=0) + weights[4:6])
    return (ops.sum(h * weights[6:8]) + weights[8] - t) ** 2 / 2


by_autodiff = gradient(loss, weights.astype("float32"))
assert np.allclose(by_hand, by_autodiff, rtol=1e-3, atol=1e-5)
print("by hand: ", by_hand.round(4), "\nautodiff:", by_autodiff.round(4))

# %% [markdown]
# **Exercise 4.** Now with pencil and paper. One input $x = 2$, one hidden ReLU unit, one output, no biases:
# $h = \mathrm{ReLU}(w_1 x)$, $o = w_2 h$, $\ell = \tfrac12 (o - t)^2$ with $w_1 = 1.5$, $w_2 = 4$ and target
# $t = 10$. Take one step of gradient descent, $w \leftarrow w - \eta\, \partial w$, with learning rate $\eta = 0.01$.
# What are the new $w_1$ and $w_2$? `one_step = (…, …)`

# %% exercise="one_step"
### BEGIN SOLUTION
# h = 3, o = 12, o − t = 2; ∂w₂ = 2·3 = 6, ∂h = 2·4 = 8, ∂w₁ = 8·2 = 16
one_step = (1.5 - 0.01 * 16, 4 - 0.01 * 6)
### END SOLUTION

exercises.one_step.check(one_step)

# %% [markdown]
# For a batch, samples are rows and the products become matrix products. A layer $Y = f(S)$ with $S = XW + b$ gets
# $\partial Y$ from above. It computes what its weights need, and what the layer below needs:
#
# $$\partial S = \partial Y \odot f'(S) \qquad \partial W = X^\top \partial S \qquad
# \partial b = \text{sum of the rows of } \partial S \qquad \partial X = \partial S\, W^\top$$
#
# ($\odot$ multiplies entry by entry.) That is all of back-propagation (Rumelhart, Hinton and Williams 1986): every
# layer, whatever it computes, has such a backward half.
#
# **Exercise 5.** Write it for a layer of ReLU units. `inputs` is $X$, shape (samples, inputs), and `d_outputs` is
# $\partial Y$; the loss is a mean, and its 1/n is already in there.


# %% exercise="dense_backward"
def dense_backward(inputs, weights, biases, d_outputs):
    """Return the gradients of the inputs, of the weights and of the biases."""
    ### BEGIN SOLUTION
    d_sums = d_outputs * (inputs @ weights + biases > 0)
    return d_sums @ weights.T, inputs.T @ d_sums, d_sums.sum(axis=0)
    ### END SOLUTION


exercises.dense_backward.check(dense_backward)

# %% [markdown]
# ## Gradient checking
#
# A wrong gradient often trains, only worse, and nobody notices. So compare it with a **finite difference**: move one
# weight by a small $h$ and see how the loss moves. To one side, or better to both:
#
# $$\frac{\ell(w + h) - \ell(w)}{h} \qquad\qquad \frac{\ell(w + h) - \ell(w - h)}{2h}$$
#
# **Predict.** As long as $h$ is not too small: by which factor does the error of the *second* one shrink if $h$ is
# ten times smaller?

# %%
guess = ...


# %%
def flat_loss(weights, f=np.tanh):
    """Return the loss of the small net, its nine weights in one array: W1, b1, w2, b2."""
    h = f(inputs @ weights[:4].reshape(2, 2) + weights[4:6])
    return (h @ weights[6:8] + weights[8] - t) ** 2 / 2


def differences(weights, step, f=np.tanh):
    """Return the one-sided and the central difference of the loss for every weight."""
    moves = step * np.eye(len(weights))
    here = flat_loss(weights, f)
    up = np.array([flat_loss(weights + move, f) for move in moves])
    down = np.array([flat_loss(weights - move, f) for move in moves])
    return np.array([(up - here) / step, (up - down) / (2 * step)])


digits_of_h = np.arange(1, 13)
errors = np.abs([differences(weights, 10.0**-n) - by_hand for n in digits_of_h])
one_sided, central = errors[:, 0, :4], errors[:, 1, :4]  # W1: the loss is no parabola in it
reveal(guess, round(float(np.median(central[1] / central[2]))), factor=1.2)

# %%
curves.spread(
    digits_of_h,
    {"one-sided": one_sided.T + 1e-17, "central": central.T + 1e-17},  # no logarithm of 0
    log=True,
    xlabel="n, for a step of h = 10⁻ⁿ",
    ylabel="error of the difference",
    title="Too large a step is inexact, too small a step is noise",
    alt="Error by step: both fall as h shrinks, the central one faster, and then rise again.",
)

# %% [markdown]
# The one-sided error is of order $h$, the central one of order $h^2$, until rounding takes over: two numbers of 16
# digits that agree in 12 of them leave 4. With $h = 10^{-5}$ in double precision (not in `float32`!) a right gradient
# agrees to seven digits or more. A wrong one rarely agrees to three.
#
# **Exercise 6.** The same net with *logistic* hidden units, $\sigma(s) = 1/(1+e^{-s})$. Someone wrote its gradient.
# Run the check, and find the line that is wrong: `faulty_line = …`


# %%
def logistic(s):
    return 1 / (1 + np.exp(-s))


def suspect(W1, b1, w2, b2):
    s = inputs @ W1 + b1
    h = logistic(s)
    o = h @ w2 + b2
    d_o = o - t  # line 1
    d_w2 = d_o * h  # line 2
    d_b2 = d_o  # line 3
    d_h = d_o * w2  # line 4
    d_s = d_h * s * (1 - s)  # line 5
    d_W1 = np.outer(inputs, d_s)  # line 6
    d_b1 = d_s  # line 7
    return {"W1": d_W1.ravel(), "b1": d_b1, "w2": d_w2, "b2": [d_b2]}


_, numeric = differences(weights, 1e-5, logistic)
start = 0
for name, analytic in suspect(W1, b1, w2, b2).items():
    piece = numeric[start : start + len(analytic)]
    start += len(analytic)
    print(f"{name}: largest difference {np.abs(analytic - piece).max():.1e}")

# %% exercise="faulty_line"
### BEGIN SOLUTION
faulty_line = 5  # σ′ is h·(1 − h): h is σ(s), and s is not
### END SOLUTION

exercises.faulty_line.check(faulty_line)

# %% [markdown]
# ## Stochastic gradient descent
#
# The gradient of the whole training set takes a pass over all images, for a single step. That of a **batch** of 100
# drawn at random has the same mean, takes a fraction of the time, and is noisy. **Stochastic gradient descent** (SGD)
# steps along it at once. In Keras, `train_on_batch` is one such step: forward, backward, update.


# %%
from course.training import fit, over_seeds, restart


def train(net, x, y, steps, measure=None, every=20):
    """Train from a new random start; return what `measure(net)` gave after each 20 steps."""
    restart(net)  # new weights; `over_seeds` below sees to it that they can be drawn again
    measured = []
    for step in range(1, steps + 1):
        batch = np.random.randint(0, len(x), 100)
        net.train_on_batch(x[batch], y[batch])
        if measure and step % every == 0:
            measured.append(measure(net))
    return np.array(measured)


# %% [markdown]
# ### How long may a step be?
#
# Near a minimum a loss is a bowl. Along one direction with curvature $c$ it is $\tfrac12 c\,w^2$, its gradient is
# $c\,w$, and a step takes $w$ to $w - \eta c\, w = (1 - \eta c)\, w$.
#
# **Predict.** A bowl of two weights has curvature 1 along the first and 20 along the second. Above which learning
# rate does gradient descent blow up?

# %%
guess = ...

# %%
curvatures = np.array([1.0, 20.0])


def largest_rate():
    """Return the largest learning rate, in steps of 0.001, with which no weight grows."""
    rates = np.arange(1, 1000) / 1000
    grows = np.abs(1 - rates[:, None] * curvatures).max(axis=1) > 1 + 1e-9
    return rates[~grows].max()


reveal(guess, float(largest_rate()), factor=1.05)

# %% [markdown]
# $|1 - \eta c| \le 1$ needs $\eta \le 2/c$: the *steepest* direction sets the limit. And with that rate the flattest
# direction shrinks by a factor of $1 - 0.1$ a step at most. The longer the bowl, the slower the descent. Three
# remedies:
#
# | Rule | Velocity or scale | Step |
# |---|---|---|
# | **momentum** $\mu$ (Polyak 1964) | $v \leftarrow \mu v - \eta g$ | $w \leftarrow w + v$ |
# | **RMSprop** (Hinton 2012) | $r \leftarrow \rho r + (1 - \rho)\, g^2$ | $w \leftarrow w - \eta g / \sqrt r$ |
# | **Adam** (Kingma and Ba 2015) | running means $m$ of $g$, $r$ of $g^2$ | $w \leftarrow w - \eta\, m/\sqrt r$ |
#
# ($g$ is the gradient; RMSprop and Adam add a small ε, so as never to divide by 0, and Adam makes up for means that
# start at 0. Their rates are **adaptive**: one for each weight.)

# %%
from course.figures.descent import paths


def way(optimizer, steps=40):
    """Return the weights on the way down the bowl, (steps + 1, 2)."""
    weight = keras.Variable(np.array([-9.0, 2.0], "float32"))
    places = [ops.convert_to_numpy(weight)]
    for _ in range(steps):
        optimizer.apply([weight * curvatures.astype("float32")], [weight])
        places.append(ops.convert_to_numpy(weight))
    return np.array(places)


ways = {
    "SGD, 0.09": way(keras.optimizers.SGD(0.09)),
    "0.09, momentum 0.5": way(keras.optimizers.SGD(0.09, momentum=0.5)),
    "Adam, 0.5": way(keras.optimizers.Adam(0.5)),
}
paths(
    curvatures,
    ways,
    title="Forty steps into a long bowl",
    alt="Three ways down a long valley: SGD zigzags across it, momentum and Adam swing along.",
)

# %%
last = {name: float(curvatures @ places[-1] ** 2 / 2) for name, places in ways.items()}
for name, loss_there in last.items():
    print(f"{name}: a loss of {loss_there:.0e} in the end")
assert last["0.09, momentum 0.5"] < 1e-3 * last["SGD, 0.09"]

# %% [markdown]
# At the same rate momentum is far ahead: the zigzags cancel, and what points along the valley adds up. Adam swings
# past the minimum, and no rule is best on every loss; what is special about it you will see in a moment.
#
# **Predict.** The gradient stays the same for many steps, as on a long slope. With momentum 0.9, how many times as
# long as those of plain SGD do the steps become?

# %%
guess = ...

# %%
weight = keras.Variable(0.0)
optimizer = keras.optimizers.SGD(0.1, momentum=0.9)
for _ in range(100):
    before = float(ops.convert_to_numpy(weight))
    optimizer.apply([ops.ones(())], [weight])
reveal(guess, round((before - float(ops.convert_to_numpy(weight))) / 0.1, 1), factor=1.05)

# %% [markdown]
# $1 + 0.9 + 0.9^2 + \dots = 1/(1 - 0.9)$. So lower the learning rate when you raise the momentum.
#
# **Predict.** Adam, learning rate 0.01. The first gradient of one weight is 1000, that of another 0.001. How far does
# each of them move in the first step? `guess = (…, …)`

# %%
guess = ...

# %%
weight = keras.Variable(np.zeros(2, "float32"))
keras.optimizers.Adam(0.01).apply([ops.array([1000.0, 0.001])], [weight])
first, second = np.abs(ops.convert_to_numpy(weight)).tolist()
reveal(guess, (round(first, 4), round(second, 4)))

# %% [markdown]
# Both by the learning rate: only the sign of a first gradient counts. Adam is easy to start with for that reason; SGD
# with momentum, well tuned, is often as good in the end.
#
# **Exercise 7.** Write SGD with momentum, in Keras's form of the table above. `gradients` is the list of gradients,
# step by step; the velocity starts at 0.


# %% exercise="momentum_steps"
def momentum_steps(weight, gradients, learning_rate, momentum):
    """Return the weight (a number or an array) after one step for each gradient."""
    ### BEGIN SOLUTION
    velocity = 0.0
    for slope in gradients:
        velocity = momentum * velocity - learning_rate * slope
        weight = weight + velocity
    return weight
    ### END SOLUTION


exercises.momentum_steps.check(momentum_steps)

# %% [markdown]
# ### Decreasing rates: first far, then fine
#
# Gradients of batches are noisy. **Claim.** A large constant rate comes near the minimum fast, and never settles; a
# small one takes too long; a *decreasing* one ends lower than either, and than the best constant rate between them.
# **The comparison:** the same bowl, the same noise, 20 seeds; the decreasing rate goes from the large one to 0 along a
# cosine.

# %%
steps = 400
cosine = keras.optimizers.schedules.CosineDecay(0.09, steps)
rates = {
    "large": np.full(steps, 0.09),
    "small": np.full(steps, 0.005),
    "between": np.full(steps, 0.015),  # of 0.01, 0.015, 0.02 and 0.05 the one that ends lowest
    "decreasing": np.array([float(cosine(step)) for step in range(steps)]),
}


def noisy_descent(rates, seeds=20):
    """Return the loss on the bowl after every 40 steps, a row for each seed."""
    draw = np.random.default_rng(0)
    weight, losses = np.tile([-9.0, 2.0], (seeds, 1)), []
    for rate in rates:
        noise = draw.normal(0, 2, weight.shape)
        weight = weight - rate * (curvatures * weight + noise)
        losses.append((curvatures * weight**2).sum(axis=1) / 2)
    return np.transpose(losses)[:, 39::40]


noisy = {name: noisy_descent(each) for name, each in rates.items()}

# %%
curves.spread(
    np.arange(40, steps + 1, 40),
    noisy,
    log=True,
    xlabel="step",
    ylabel="loss",
    title="The rate decides how fast, and how near",
    alt="Loss by step: large falls fast and stays, small falls slowly, decreasing ends lowest of four.",
)

# %%
large, small, between, decreasing = (np.median(losses[:, -1]) for losses in noisy.values())
assert decreasing < 0.2 * large and decreasing < 0.2 * small and decreasing < 0.5 * between

# %% [markdown]
# **What it does not show.** That a cosine is special: rates divided by 10 every so often, or when the validation loss
# stalls (`ReduceLROnPlateau`), do it too. Nor how it is with a loss that is no bowl.
#
# ## Normalize the inputs
#
# Pixels are never negative, and some are always dark. That makes the bowl long: LeCun et al. (1998) give each input
# **zero mean and unit variance** over the training set.
#
# **The fair comparison.** One net, SGD, 40 steps, several starts; pixels from 0 to 255, from 0 to 1, or normalized,
# each with seven learning rates.
#
# **Predict.** With the best rate for each: how many times as large is the loss with pixels from 0 to 255 as with
# normalized ones?

# %%
guess = ...

# %% tags=["volatile"]
from sklearn.preprocessing import StandardScaler

starts = run.pick(quick=3, full=10)
net = keras.Sequential([keras.Input((64,)), layers.Dense(64, "relu"), layers.Dense(10)])
net.compile(keras.optimizers.SGD(), crossentropy)
net.optimizer.build(net.trainable_variables)
rates = 10.0 ** np.arange(-5, 2)


def loss_on(x, labels, net):
    return float(crossentropy(labels, net.predict_on_batch(x)))


def by_rate(x):
    """Return the loss on the training set after 40 steps, for each learning rate."""
    losses = []
    for rate in rates:
        net.optimizer.learning_rate = rate
        train(net, x, labels, 40)
        losses.append(loss_on(x, labels, net))
    return losses


inputs_of = {"0 to 255": 255 * x, "0 to 1": x, "normalized": StandardScaler().fit_transform(x)}
after_40 = {}
for name, pixels in inputs_of.items():
    after_40[name] = over_seeds(lambda seed, x=pixels: by_rate(x), starts)
middle = {name: np.median(losses, axis=0) for name, losses in after_40.items()}  # NaN where it diverged
best = {name: np.nanmin(losses) for name, losses in middle.items()}
reveal(guess, round(best["0 to 255"] / best["normalized"]), factor=2)

# %% tags=["volatile"]
curves.spread(
    np.log10(rates),
    after_40,
    log=True,
    xlabel="learning rate, as a power of 10",
    ylabel="loss after 40 steps",
    title="With its best rate each, normalized inputs learn fastest",
    alt="Loss by learning rate: normalized pixels reach the lowest, 0 to 255 never falls below 2.",
)

# %%
assert best["normalized"] < 0.6 * best["0 to 1"] and best["normalized"] < 0.2 * best["0 to 255"]
assert all(0 < np.nanargmin(losses) < len(rates) - 1 for losses in middle.values())  # inside of what was tried

# %% [markdown]
# **What it does not show.** That 0 to 1 cannot get there: it needs more steps. That the long bowl alone is to blame:
# inputs up to 255 also make the first outputs of the net too large by that factor, since its first weights expect
# inputs of about 1. And Adam, which scales for itself, suffers less. `keras.layers.Normalization` does the same
# inside the model.
#
# **Exercise 8.** Normalize each feature (column) of the training images to mean 0 and variance 1, and the test images
# *in the same way*. A feature that is constant in training is divided by 1.


# %% exercise="normalized"
def normalized(train, test):
    """Return both arrays (samples, features), normalized."""
    ### BEGIN SOLUTION
    mean, std = train.mean(axis=0), train.std(axis=0)
    std = np.where(std == 0, 1, std)
    return (train - mean) / std, (test - mean) / std
    ### END SOLUTION


exercises.normalized.check(normalized)

# %% [markdown]
# ## How large should the first weights be?
#
# Biases start at 0. Weights must differ, or all units of a layer stay alike for ever. A unit adds up $n$ terms; with
# independent weights of mean 0 and variance $\sigma^2$, the mean square $q$ of what goes through the net becomes
#
# $$q_\text{out} = n\,\sigma^2\, q_\text{in} \;\text{(sum)}, \qquad \text{behind a ReLU half of that.}$$
#
# | Name | Variance of the weights | Keeps the size of |
# |---|---|---|
# | LeCun et al. (1998) | $1/n_\text{in}$ | what goes forward, where tanh is nearly straight |
# | Glorot and Bengio (2010) | $2/(n_\text{in} + n_\text{out})$ | a compromise of forward and backward |
# | He et al. (2015) | $2/n_\text{in}$ | what goes forward, with ReLU |
#
# **Predict.** Twelve ReLU layers, 256 units each, weights of standard deviation $1/\sqrt n$. By which factor is the
# *root* mean square at the end smaller than that of the inputs?

# %%
guess = ...


# %%
def sizes(std, f, seed, depth=12, n=256):
    """Return the root mean square of the values in front of the first and behind each layer."""
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(100, n))
    found = [1.0]
    for _ in range(depth):
        values = f(values @ draw.normal(0, std, (n, n)))
        found.append(np.sqrt(np.mean(values**2)))
    return found


def relu(s):
    return np.maximum(s, 0)


deviations = {"1": 1.0, "√(2/n): He": (2 / 256) ** 0.5, "√(1/n): Glorot": 1 / 16, "0.01": 0.01}
through = {relu: {}, np.tanh: {}}
for f, found in through.items():
    for name, std in deviations.items():
        found[name] = np.array([sizes(std, f, seed) for seed in range(5)])
reveal(guess, round(1 / float(np.median(through[relu]["√(1/n): Glorot"][:, -1]))), factor=1.3)

# %%
curves.spread(
    np.arange(13),
    through[relu],
    log=True,
    xlabel="layer",
    ylabel="root mean square",
    title="ReLU: with He's weights the signal keeps its size",
    alt="Size by layer, ReLU: weights of 1 explode, He's stay, Glorot's and 0.01 shrink.",
)

# %%
curves.spread(
    np.arange(13),
    through[np.tanh],
    log=True,
    xlabel="layer",
    ylabel="root mean square",
    title="tanh: 0.01 vanishes, and 1 saturates",
    alt="Size by layer, tanh: weights of 1 stay at 1, the others settle lower, 0.01 vanishes.",
)

# %%
one, he, glorot, small = (np.median(found[:, -1]) for found in through[relu].values())
assert one > 1e6 and 0.5 < he < 2 and small < 1e-8
assert 40 < 1 / glorot < 100  # √½ a layer: 2⁶ = 64

one, he, glorot, small = (np.median(found[:, -1]) for found in through[np.tanh].values())
assert one > 0.9 and 0.1 < glorot < 0.6 and small < 1e-8

# %% [markdown]
# (All layers here are equally wide, so Glorot's and LeCun's weights are the same.) With weights of 1 tanh stays near
# ±1, and the signal keeps its size. Are these weights good, then? Look at the way back: a gradient passes the slopes
# of tanh, which is flat at ±1, and the same weights.
#
# **Predict.** We send a gradient of size 1 into the last of the twelve layers from behind, deviation 1. What is its
# root mean square when it comes out in front of the first?

# %%
guess = ...


# %%
def sizes_back(std, seed, depth=12, n=256):
    """Return the root mean square of a gradient in front of the first and behind each tanh layer."""
    draw = np.random.default_rng(seed)
    values, layers_passed = draw.normal(size=(100, n)), []
    for _ in range(depth):
        kernel = draw.normal(0, std, (n, n))
        values = np.tanh(values @ kernel)
        layers_passed.append((kernel, 1 - values**2))
    found, d_values = [1.0], draw.normal(size=values.shape)
    for kernel, slopes in reversed(layers_passed):
        d_values = (d_values * slopes) @ kernel.T
        found.append(np.sqrt(np.mean(d_values**2)))
    return found[::-1]


back = {}
for name, std in deviations.items():
    back[name] = np.array([sizes_back(std, seed) for seed in range(5)])
reveal(guess, round(float(np.median(back["1"][:, 0])), -5), factor=5)

# %%
curves.spread(
    np.arange(13),
    back,
    log=True,
    xlabel="layer (the gradient comes from the right)",
    ylabel="root mean square",
    title="tanh, on the way back: 0.01 vanishes, and 1 explodes",
    alt="Size of the gradient by layer: weights of 1 explode, two keep it, 0.01 vanishes.",
)

# %%
one, he, glorot, small = (np.median(found[:, 0]) for found in back.values())
assert one > 1e4 and 0.5 < he < 2 and 0.1 < glorot < 1 and small < 1e-8

# %% [markdown]
# At each layer the mean square of the gradient is multiplied by $n_\text{out}\,\sigma^2$ and by the mean of $f'(s)^2$,
# which is ½ for ReLU. For tanh and deviation 1 that mean is only 0.034, as most units are saturated; but the few
# others pass their gradient on through large weights, and 256 × 0.034 is 8.7. A signal of the right size does not
# promise a gradient of the right size (Schoenholz et al. 2017): look both ways, as Glorot's compromise does.
#
# Keras's `Dense` and `Conv2D` start with Glorot's weights; with ReLU ask for `kernel_initializer="he_normal"`. Do
# Keras's numbers fit the table?

# %%
for name, variance in {"lecun": 1 / 256, "glorot": 2 / (256 + 64), "he": 2 / 256}.items():
    drawn = keras.initializers.get(f"{name}_normal")((256, 64))  # from 256 inputs to 64 units
    assert abs(float(ops.std(drawn)) / variance**0.5 - 1) < 0.05
    print(f"{name}: standard deviation {variance**0.5:.4f}, and so it is drawn")

# %% [markdown]
# **Exercise 9.** By which factor does the *mean square* change on its way through some layers? `layers` is a list of
# (inputs of a unit, standard deviation of the weights); `activation`, `"relu"` or `"identity"`, stands behind each.


# %% exercise="signal_factor"
def signal_factor(layers, activation):
    """Return the mean square behind the layers, divided by that in front (a number)."""
    ### BEGIN SOLUTION
    factor = 1.0
    for inputs, std in layers:
        factor *= inputs * std**2
        if activation == "relu":
            factor /= 2
    return factor
    ### END SOLUTION


exercises.signal_factor.check(signal_factor)

# %% [markdown]
# ## Over-fitting, made visible
#
# Now all of it together, and a hard case: 400 training and 200 validation images, labelled by the careless person,
# and a net of 256 hidden units, with almost 50 weights for each training image. The test images have their right
# labels. Keras stops when the validation loss has not improved for 20 epochs (`patience`), and puts
# back the weights of the best one:


# %%
def careless_digits(seed):
    """Return (x, y) to train on, to validate on, to test on; two labels of five are drawn."""
    draw = np.random.default_rng(seed)
    chosen = draw.choice(len(x), 600, replace=False)
    is_drawn = draw.random(600) < 0.4
    y = np.where(is_drawn, draw.integers(0, 10, 600), labels[chosen])
    scaler = StandardScaler().fit(x[chosen[:400]])  # the statistics of the training images
    images = scaler.transform(x[chosen])
    test = scaler.transform(x_test), test_labels
    return (images[:400], y[:400]), (images[400:], y[400:]), test


def classifier(dropped=(0, 0), penalty=None):
    """Return a compiled net of one hidden layer (dropping units, and the penalty, are for later)."""
    options = {"kernel_initializer": "he_normal", "kernel_regularizer": penalty}
    net = keras.Sequential([
        keras.Input((64,)),
        layers.Dropout(dropped[0]),
        layers.Dense(256, "relu", **options),
        layers.Dropout(dropped[1]),
        layers.Dense(10, **options),
    ])  # fmt: skip
    net.compile(keras.optimizers.Adam(0.004), crossentropy)
    net.optimizer.build(net.trainable_variables)
    return net


# %% tags=["volatile"]
net = classifier()
training, validation, _ = careless_digits(seed=0)
stop = keras.callbacks.EarlyStopping(patience=20, restore_best_weights=True)
options = {"batch_size": 100, "epochs": 60, "callbacks": [stop]}
history = fit(net, *training, validation_data=validation, **options)
curves.lines(
    history.index,
    {"training": history["loss"], "validation": history["val_loss"]},
    marks={"best epoch": history.attrs["best"], "stopped": history.attrs["stopped"]},
    xlabel="epoch",
    ylabel="loss",
    title="The training loss falls, the validation loss turns",
    alt="Loss by epoch: in training it falls on, in validation it falls, then rises.",
)

# %% [markdown]
# The net first learns what the labels have in common, then the wrong ones by heart. **Early stopping** is the first
# cure: stopped where the validation loss is lowest, the net has no time for the rest. It costs a validation set, which
# you need anyway, and it saves time, so use it always.
#
# ## Penalties: L2, L1
#
# The second cure makes large weights expensive. Add $\beta \sum_i |w_i|^p$ to the loss, for $p = 2$ or $p = 1$.
#
# **Predict.** Take the penalty alone, $\beta = 0.5$, and gradient descent with rate $\eta = 0.1$ from $w = 1$. Where
# is $w$ after ten steps, for $p = 2$ and for $p = 1$? `guess = (…, …)`

# %%
guess = ...

# %%
found = []
for penalty in (keras.regularizers.L2(0.5), keras.regularizers.L1(0.5)):
    w = np.array([1.0], "float32")
    for _ in range(10):
        w = w - 0.1 * gradient(penalty, w)
    found.append(round(float(w[0]), 2))
reveal(guess, tuple(found))

# %% [markdown]
# L2 takes away a *share* of the weight at each step, here 0.1: large weights shrink fast, and none becomes 0. L1
# takes the same *amount* each time, here 0.05, so weights that the data do not need end at 0 and stay about there.
#
# For plain SGD an L2 penalty is **weight decay**: $w \leftarrow (1 - 2\eta\beta)\, w - \eta g$. For Adam the two
# differ, since it would scale the penalty's gradient too; AdamW decays the weights directly (Loshchilov and Hutter
# 2019). Penalties act on weights, rarely on biases.
#
# **Exercise 10.** Write the gradient of $\beta \sum |w|^p$ for $p = 1$ and $p = 2$. At 0, where $|w|$ has no slope,
# return 0.


# %% exercise="penalty_gradient"
def penalty_gradient(weights, beta, p):
    """Return the gradient of the penalty, an array of the weights' shape."""
    ### BEGIN SOLUTION
    if p == 1:
        return beta * np.sign(weights)
    return 2 * beta * weights
    ### END SOLUTION


exercises.penalty_gradient.check(penalty_gradient)

# %% [markdown]
# ## Dropout
#
# The third: in training, drop each unit with probability $p$, anew for every sample and step, so that no unit can
# rely on another (Srivastava et al. 2014, whose $p$ is the share that *stays*; ours, as in Keras, is often 0.5 for
# hidden units, less for inputs). At inference nothing is dropped.
#
# **Predict.** A layer of 100,000 ones goes through `Dropout(0.5)` in training. What is the largest number behind it?

# %%
guess = ...

# %%
layer = layers.Dropout(0.5)
ones = np.ones((1, 100_000), "float32")
in_training = ops.convert_to_numpy(layer(ones, training=True))
at_inference = ops.convert_to_numpy(layer(ones, training=False))
reveal(guess, float(in_training.max()))
print(f"mean in training {in_training.mean():.1f}, at inference {at_inference.mean():.1f}")

# %% [markdown]
# What stays is divided by $1 - p$: **inverted** scaling. On average the next layer gets as much as it will at
# inference, where dropout does nothing at all.
#
# **Exercise 11.** Write it. `uniform` holds a random number from 0 to 1 for each entry of `x`: drop those whose
# number is below `rate`.


# %% exercise="dropout"
def dropout(x, rate, uniform, training):
    """Return x with units dropped and scaled in training, and as it is at inference."""
    ### BEGIN SOLUTION
    if not training:
        return x
    return np.where(uniform >= rate, x / (1 - rate), 0.0)
    ### END SOLUTION


exercises.dropout.check(dropout)

# %% [markdown]
# ## Ensembles
#
# Nets from different starts make different mistakes. Average their probabilities, and part of the mistakes cancel.
#
# **Predict.** Three classifiers are right in 80 % of cases each, and err independently. How often is their majority
# right?

# %%
guess = ...

# %%
from itertools import product

votes = product([0.8, 0.2], repeat=3)  # each is right, or wrong
majority = sum(np.prod(vote) for vote in votes if vote.count(0.8) >= 2)
reveal(guess, round(majority, 3), factor=1.02)

# %% [markdown]
# That is the best case: nets trained on the same images share many errors. The mean of $M$ numbers of variance $v$,
# correlated by $\rho$, has variance $\rho v + (1 - \rho)\, v / M$ (Hastie et al. 2009, section 15.2): only that in
# which they differ averages out.
#
# ## Experiment 1: five cures, one budget
#
# **Claim.** Each of five cures makes the net better on new images: early stopping, L2, L1, dropout, an ensemble.
#
# **The fair comparison.** The same net, optimizer and rate, the same 600 careless labels, and 200 steps of 100 images
# for each way; the five nets of the ensemble have 40 steps each. Each start draws images, labels and weights anew.
# β and the rate of dropout were chosen by the validation sets of six other starts.
#
# **Predict.** Without a cure the net ends at an accuracy of two thirds on the test images. And with the best cure?

# %%
guess = ...


# %% tags=["volatile"]
def accuracy(scores, labels):
    return np.mean(scores.argmax(axis=1) == labels)


def learn(net, seed):
    """Return accuracy in training, loss in validation, accuracy in the test: 10 rows."""
    training, validation, (x_test, test_labels) = careless_digits(seed)

    def measure(net):
        known = accuracy(net.predict_on_batch(training[0]), training[1])
        new = accuracy(net.predict_on_batch(x_test), test_labels)
        return known, loss_on(*validation, net), new

    return train(net, *training, 200, measure)


def ensemble(net, seed):
    """Return the test accuracy of five nets of 40 steps together, and their median alone."""
    training, _, (x_test, test_labels) = careless_digits(seed)
    members = []
    for _ in range(5):
        train(net, *training, 40)
        members.append(ops.convert_to_numpy(ops.softmax(net.predict_on_batch(x_test))))
    together = accuracy(np.mean(members, axis=0), test_labels)
    return together, np.median([accuracy(p, test_labels) for p in members])


plain = over_seeds(lambda seed: learn(net, seed), starts)
ensembles = over_seeds(lambda seed: ensemble(net, seed), starts)
nets = {
    "L2": classifier(penalty=keras.regularizers.L2(0.02)),
    "L1": classifier(penalty=keras.regularizers.L1(0.004)),
    "dropout": classifier(dropped=(0.3, 0.7)),
}
penalized = {}
for name, each in nets.items():
    penalized[name] = over_seeds(lambda seed, each=each: learn(each, seed), starts)

# %% tags=["volatile"]
best_step = plain[:, :, 1].argmin(axis=1)
cured = {
    "none": plain[:, -1, 2],
    "early\nstopping": plain[np.arange(starts), best_step, 2],
    **{name: measured[:, -1, 2] for name, measured in penalized.items()},
    "ensemble": ensembles[:, 0],
}
best = max(np.median(values) for values in cured.values())
reveal(guess, round(float(best), 2), factor=1.03)

# %% tags=["volatile"]
curves.spread(
    np.arange(20, 201, 20),
    {"training, careless labels": plain[:, :, 0], "test, right labels": plain[:, :, 2]},
    xlabel="step",
    ylabel="accuracy",
    title="No cure: better and better on what it was told",
    alt="Accuracy by step: on the training labels it rises to 1, on the test images it falls.",
)

# %% tags=["volatile"]
curves.bars(
    cured,
    ylabel="accuracy on test images",
    title="Five cures for over-fitting, on one budget",
    alt="Test accuracy: no cure is lowest; each of the five cures is clearly higher.",
)

# %%
without = np.median(cured["none"])
for name, values in cured.items():
    assert name == "none" or np.median(values) > without + 0.03, name
assert np.median(plain[:, -1, 0]) > 0.9  # it knows the careless labels by heart
assert np.median(ensembles[:, 0] - ensembles[:, 1]) > 0.01  # better than its members

# %% [markdown]
# **What it does not show.** Which cure is best in general: labels this bad favour what keeps the weights small, and
# another data set would rank them anew. Nor that they exclude each other: they are used together. Part of the
# ensemble's gain is that its nets stop early. And with all labels right the same net is hardly worse without a cure
# than with one: how much over-fitting hurts depends on how much noise there is to learn.
#
# The strongest cure is not here, more data, nor is its cheap substitute, augmentation (lecture 10).
#
# L1 and L2 leave different weights. The share of first-layer weights that are almost 0, below 0.001:


# %% tags=["volatile"]
def near_zero(net):
    kernel = net.layers[1].get_weights()[0]
    return np.mean(np.abs(kernel) < 1e-3)


by_l1, by_l2 = near_zero(nets["L1"]), near_zero(nets["L2"])
print(f"L1: {by_l1:.0%}, L2: {by_l2:.0%}")
assert by_l1 > 1.5 * by_l2

# %% [markdown]
# ## Before convolution: features made by hand
#
# Until about 2012 people thought up the features, in most systems, and only a classifier on top was learnt, often a
# linear one. Two famous kinds are **Haar features** and **HoG**.
#
# A Haar feature (Viola and Jones 2001) is the sum of the pixels in some rectangles minus that in others. Eyes are
# darker than the cheeks below, so *lower band minus upper band* is large there. (The photograph is by
# [NASA](https://flic.kr/p/r9qvLn), in the public domain; it comes with scikit-image.)

# %%
from skimage.transform import rescale

from course.figures import maps

photograph = rescale(datasets.photograph("astronaut").mean(axis=-1), 1 / 4, anti_aliasing=True)
down, across = 3, 18  # of one band
bands = np.lib.stride_tricks.sliding_window_view(photograph, (down, across)).mean(axis=(2, 3))
response = bands[down:] - bands[:-down]

top, left = 24, 48  # of the eyes
with_bands = photograph.copy()
with_bands[top : top + down, left : left + across] = 0
with_bands[top + down : top + 2 * down, left : left + across] = 1
face, with_bands = photograph[5:45, 37:77], with_bands[5:45, 37:77]
maps.row(
    [photograph, face, with_bands, response],
    ["photograph: NASA", "the face", "the two bands", "lower minus upper band"],
    alt="An astronaut, her face, the two bands on eyes and cheeks, and a map of the feature.",
)

# %%
share = np.mean(response < response[top, left])
print(f"at the eyes it is larger than in {share:.1%} of all places (largest at the helmet)")
assert share > 0.95

# %% [markdown]
# One feature alone is a weak hint. Viola and Jones combined many, chosen from all that fit into a window of 24 × 24
# pixels: two rectangles side by side or one above the other, three in a row or in a column, and four in a square, at
# every place and in every size.
#
# **Predict.** How many features are that?

# %%
guess = ...


# %%
def places(height, width, side=24):
    """Return how many windows fit into a square whose sides are multiples of these two."""
    heights, widths = range(height, side + 1, height), range(width, side + 1, width)
    return sum((side - h + 1) * (side - w + 1) for h in heights for w in widths)


haar_features = sum(places(*kind) for kind in [(1, 2), (2, 1), (1, 3), (3, 1), (2, 2)])
reveal(guess, haar_features, factor=2)

# %% [markdown]
# So many sums need a trick. The **integral image** $I$ holds at $(i, j)$ the sum of all pixels above row $i$ and left
# of column $j$; it is computed once. After that the sum of any rectangle, of any size, takes four look-ups.
#
# **Exercise 12.** Write that. `integral` has one row and one column more than the image, zeros in front. The
# rectangle has the rows from `top` up to, not including, `bottom`, and the columns from `left` up to `right`.


# %% exercise="rectangle_sum"
def rectangle_sum(integral, top, left, bottom, right):
    """Return the sum of the pixels in a rectangle, from four entries of the integral image."""
    ### BEGIN SOLUTION
    above, beside = integral[top, right], integral[bottom, left]
    return integral[bottom, right] - above - beside + integral[top, left]
    ### END SOLUTION


exercises.rectangle_sum.check(rectangle_sum)

# %% [markdown]
# **HoG** (Dalal and Triggs 2005), the histogram of oriented gradients: in each **cell**, of 8 × 8 pixels, say, count
# into nine directions how strongly the brightness changes; normalize over **blocks** of 2 × 2 cells, which overlap.
# Where exactly an edge lies within its cell no longer matters, nor how bright the light was.
#
# **Predict.** They looked for people in windows of 128 × 64 pixels. How many numbers describe such a window?

# %%
guess = ...

# %%
from skimage.feature import hog

window = photograph[:128, :64]
description = hog(window, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2))
reveal(guess, len(description), factor=1.2)

# %%
cells = {"pixels_per_cell": (8, 8), "cells_per_block": (2, 2)}
_, drawing = hog(rescale(face, 4), **cells, visualize=True)
maps.row(
    [face, np.sqrt(drawing)],
    ["the face", "its HoG"],
    alt="A face, and the same as a grid of small stars that show the directions of edges.",
)

# %% [markdown]
# 15 × 7 blocks, each of 4 cells with 9 directions: 105 · 36 numbers.
#
# ## Experiment 2: pixels, hand-made features, learnt features
#
# **Claim.** With few images hand-made features beat raw pixels *and* a net that has to learn its own; with many their
# lead shrinks.
#
# **The fair comparison.** The same letters, 16 × 16 pixels, drawn by this course in many fonts, turned and sheared. A
# linear classifier (softmax, with an L2 penalty) on pixels; the same on HoG; and an MLP on the pixels, with dropout,
# 300 steps of 100 images. Its hidden layer makes the features. All are normalized; several draws of the training
# images, as many of each letter (of 160 each, all).

# %%
from sklearn.linear_model import LogisticRegression

letters = datasets.glyphs(train=4160, test=1000, size=16)
print(letters, letters.source, sep="\n")
letters.show(10)


# %%
def flat(part):
    return part.images.reshape(len(part), -1)


def gradients_of(part):
    cells = {"pixels_per_cell": (4, 4), "cells_per_block": (2, 2)}
    return np.array([hog(image[:, :, 0], **cells) for image in part.images], "float32")


features = {
    "pixels, linear": (flat(letters.train), flat(letters.test)),
    "HoG, linear": (gradients_of(letters.train), gradients_of(letters.test)),
}
mlp = keras.Sequential([
    keras.Input((256,)),
    layers.Dense(256, "relu", kernel_initializer="he_normal"),
    layers.Dropout(0.5),
    layers.Dense(26),
])  # fmt: skip
mlp.compile(keras.optimizers.Adam(0.005), crossentropy)
mlp.optimizer.build(mlp.trainable_variables)

# %% [markdown]
# **Predict.** With ten images of each letter, 260 in all: by how much is the linear classifier on HoG more accurate
# than the MLP on pixels? Guess the difference.

# %%
guess = ...

# %% tags=["volatile"]
import warnings

per_letter = [10, 40, 160]  # images of each letter
y_letters = letters.train.labels


def compare(seed):
    """Return {way: accuracy on test letters for each number of training images}."""
    found = {"pixels, linear": [], "HoG, linear": [], "pixels, MLP": []}
    for count in per_letter:
        draw = np.random.default_rng(seed)
        of_each = [draw.permutation(np.flatnonzero(y_letters == k))[:count] for k in range(26)]
        chosen = draw.permutation(np.concatenate(of_each))
        for name, (given, new) in features.items():
            scaler = StandardScaler().fit(given[chosen])
            linear = LogisticRegression(C=0.1, max_iter=50)
            linear.fit(scaler.transform(given[chosen]), y_letters[chosen])
            found[name].append(linear.score(scaler.transform(new), letters.test.labels))
            if name == "pixels, linear":
                train(mlp, scaler.transform(given[chosen]), y_letters[chosen], 300)
                scores = mlp.predict_on_batch(scaler.transform(new))
                found["pixels, MLP"].append(accuracy(scores, letters.test.labels))
    return found


with warnings.catch_warnings(action="ignore"):  # fifty steps are enough for our purpose
    compared = over_seeds(compare, starts)
pixels, by_hog, learnt = (np.median(each, axis=0) for each in compared.values())
reveal(guess, round(float(by_hog[0] - learnt[0]), 2), factor=1.5)

# %% tags=["volatile"]
figure = curves.spread(
    np.arange(3),
    compared,
    xlabel="training images of each letter",
    ylabel="accuracy on test letters",
    title="Hand-made features lead, and their lead shrinks",
    alt="Accuracy by number of images: HoG leads, by much where there are few, by less where many.",
)
figure.axes[0].set_xticks(range(3), per_letter)
figure

# %%
assert np.all(by_hog[:2] > pixels[:2] + 0.02)
assert by_hog[0] > learnt[0] + 0.03
assert by_hog[2] - learnt[2] < 0.5 * (by_hog[0] - learnt[0])

# %% [markdown]
# **What it does not show.** How it ends: an MLP does not know that a picture has rows and columns. HoG does, and so
# do convolutions, whose weights are *learnt* all the same. That is the rest of this course.
#
# ## Why it can work at all: pictures are rare
#
# A picture of 32 × 32 grey pixels is a point in 1,024 dimensions. Almost all of these points are noise. Those that
# show one face lie on a thin, curved surface, a **manifold**, with as many dimensions as there are ways to change the
# picture: turn, shift, light, expression.
#
# Here is a face with three knobs: shifted right, shifted down, turned. **Principal component analysis** (PCA) counts
# how many directions hold 95 % of the variance.

# %%
from scipy.ndimage import gaussian_filter, map_coordinates

smooth = gaussian_filter(datasets.photograph("astronaut").mean(axis=-1), 2)
grid = 4 * (np.mgrid[:32, :32] - 15.5)


def turned(right, down, angle):
    """Return the face, 32 × 32, shifted by pixels and turned by an angle in radians."""
    rows, columns = grid
    cosine, sine = np.cos(angle), np.sin(angle)
    from_top = 112 + down + sine * columns + cosine * rows
    from_left = 224 + right + cosine * columns - sine * rows
    return map_coordinates(smooth, [from_top, from_left], order=1)


def faces(reach, count=400):
    """Return faces (count, 1024), their knobs drawn up to `reach` of 20 pixels, 0.4 radians."""
    knobs = np.random.default_rng(0).uniform(-1, 1, (count, 3)) * [20, 20, 0.4] * reach
    return np.array([turned(*setting).ravel() for setting in knobs])


maps.row(
    faces(1, 5).reshape(5, 32, 32),
    ["", "", "", "", ""],
    alt="The same face five times, shifted and turned.",
)

# %% [markdown]
# **Predict.** How many of the 1,024 directions hold 95 % of the variance of 400 such faces?

# %%
guess = ...


# %%
def dimensions(points):
    """Return how many principal components hold 95 % of the variance."""
    variances = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
    return 1 + int(np.searchsorted(np.cumsum(variances), 0.95 * variances.sum()))


far = dimensions(faces(1))
reveal(guess, far, factor=2)

# %% [markdown]
# **Predict.** That is more than three. And how many if the knobs are turned only a thirtieth as far?

# %%
guess = ...

# %%
near = dimensions(faces(1 / 30))
reveal(guess, near)

# %%
noise = np.random.default_rng(0).random((400, 1024))
threes = x[labels == 3]
rows = {
    "400 faces, three knobs": far,
    "400 faces, three knobs, turned a little": near,
    "400 pictures of noise": dimensions(noise),
    f"{len(threes)} digits 3, of 64 pixels": dimensions(threes),
    f"{len(threes)} × 64 pixels of noise": dimensions(noise[: len(threes), :64]),
}
assert near == 3 and far < 100 < rows["400 pictures of noise"]
show_table(pandas.DataFrame(rows.items(), columns=["pictures", "dimensions"]))

# %% [markdown]
# Nearby there are three, one for each knob. Far apart the surface bends, and straight directions need more, yet far
# fewer than for noise. A net need not learn all pictures; it has to flatten a few such surfaces so that a last,
# linear layer can tell them apart.
#
# ## Claims, checked
#
# He et al. (2015) asked why VGG was hard to start: with all weights of deviation 0.01, what is left of the gradient
# after nine of its layers? On the way back a layer of 3 × 3 × $d$ filters wants $\sqrt{2/(9d)}$. LeCun et al. (1998)
# stretch tanh so that ±1 goes to ±1. And the two papers of Viola and Jones count their features.

# %%
from course import facts

wanted = {d: (2 / (9 * d)) ** 0.5 for d in (64, 128, 256, 512)}
layers_of_b = {64: 1, 128: 2, 256: 2, 512: 4}  # conv2 to conv10 of VGG's model B
too_small = np.prod([(wanted[d] / 0.01) ** count for d, count in layers_of_b.items()])

checks = [
    *[facts.check(f"training.he_{d}", std) for d, std in wanted.items()],
    facts.check("training.he_gradient", float(too_small)),
    facts.check("training.lecun_tanh", float(1 / np.tanh(2 / 3))),
    facts.check("training.haar_2001", haar_features),
    facts.check("training.haar_2004", haar_features),
]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * Training sets weights, validation chooses, the test set measures, once. What learns from data, statistics too,
#   learns from the training part alone.
# * Cross-entropy is $-\log p_y$; its gradient in the logits is $p - [k = y]$, over $n$ for a mean.
# * Back-propagation: $\partial S = \partial Y \odot f'(S)$, $\partial W = X^\top \partial S$,
#   $\partial X = \partial S\, W^\top$. Check it with central differences.
# * The steepest direction limits the rate, $\eta \le 2/c$. Momentum, adaptive and decreasing rates help; so do
#   normalized inputs.
# * First weights of variance $2/n$ keep the signal's size through ReLUs, $1/n$ suits tanh; look at the gradient, too.
# * Over-fitting: the training loss falls, the validation loss rises. Stop early, make weights expensive (L2 shrinks,
#   L1 empties), drop units, average nets.
# * Hand-made features lead where images are few; with many their lead shrinks.
#
# ## Test yourself
#
# 1. You tried 50 learning rates and report the best validation accuracy. Is that what a new image can expect?
# 2. The mean image is subtracted before the data are split. What leaks, and does it matter much?
# 3. Your loss is 2.30 on ten classes and stays there. What does the net answer? Name two suspects of this lecture.
# 4. Why does gradient checking want double precision?
# 5. The validation accuracy is higher than the training accuracy from the first epoch on. Your net has dropout. Is
#    something wrong?
#
# <details><summary>Answers</summary>
#
# 1. No, it is optimistic: the best of 50 was lucky too. Report the test accuracy of the one you chose.
# 2. The test images take part in the mean. Little, for a mean; in principle it is the leak with the noise features.
# 3. Every class about alike, whatever the image. First weights too small, or units that are dead or saturated after
#    unnormalized inputs or too long a step.
# 4. The two losses agree in most of their digits, and the difference keeps only the rest: `float32` has seven.
# 5. No: in training units are dropped, in validation they all work.
#
# </details>
#
# ## Further reading
#
# * D. Rumelhart, G. Hinton and R. Williams (1986). Learning representations by back-propagating errors. *Nature* 323,
#   533–536.
# * Y. LeCun, L. Bottou, G. Orr and K.-R. Müller (1998). Efficient BackProp. In *Neural Networks: Tricks of the
#   Trade*, Springer.
# * X. Glorot and Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks.
#   *AISTATS*.
# * K. He, X. Zhang, S. Ren and J. Sun (2015). Delving deep into rectifiers: surpassing human-level performance on
#   ImageNet classification. *ICCV*. [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
# * S. Schoenholz, J. Gilmer, S. Ganguli and J. Sohl-Dickstein (2017). Deep information propagation. *ICLR*.
#   [arXiv:1611.01232](https://arxiv.org/abs/1611.01232)
# * B. Polyak (1964). Some methods of speeding up the convergence of iteration methods. *USSR Computational
#   Mathematics and Mathematical Physics* 4, 1–17.
# * T. Tieleman and G. Hinton (2012). Lecture 6.5, RMSprop. *Coursera: Neural Networks for Machine Learning*.
# * D. Kingma and J. Ba (2015). Adam: a method for stochastic optimization. *ICLR*.
#   [arXiv:1412.6980](https://arxiv.org/abs/1412.6980)
# * I. Loshchilov and F. Hutter (2019). Decoupled weight decay regularization. *ICLR*.
#   [arXiv:1711.05101](https://arxiv.org/abs/1711.05101)
# * N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever and R. Salakhutdinov (2014). Dropout: a simple way to
#   prevent neural networks from overfitting. *Journal of Machine Learning Research* 15, 1929–1958.
# * C. Zhang, S. Bengio, M. Hardt, B. Recht and O. Vinyals (2017). Understanding deep learning requires rethinking
#   generalization. *ICLR*. [arXiv:1611.03530](https://arxiv.org/abs/1611.03530)
# * T. Hastie, R. Tibshirani and J. Friedman (2009). *The Elements of Statistical Learning*, 2nd edition. Springer.
# * P. Viola and M. Jones (2001). Rapid object detection using a boosted cascade of simple features. *CVPR*. And
#   (2004) Robust real-time face detection. *International Journal of Computer Vision* 57, 137–154.
# * N. Dalal and B. Triggs (2005). Histograms of oriented gradients for human detection. *CVPR*.
