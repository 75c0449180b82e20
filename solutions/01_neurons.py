# ---
# jupyter:
#   course:
#     title: Neurons and activations
#     summary: From one neuron to a deep net, and why the bend in the middle decides whether the net can learn.
#     minutes: {quick: 0.3, full: 1}
#     memory_gb: {quick: 1, full: 1.2}
#     needs: []
# ---

# %% [markdown]
# # 1 · Neurons and activations
#
# Every net in this course, however deep, repeats one small computation: a weighted sum, and then a bend. This lecture
# takes it apart.
#
# **You will be able to**
#
# * compute what a neuron, a layer and a small net answer, and count their parameters;
# * say why one layer cannot compute XOR, and give two that do;
# * read an activation function: its range, its slope, where it saturates;
# * tell a vanishing, an exploding and a dead gradient apart, and say what helps.
#
# {{cost}}

# %% tags=["start"]
import course

run = course.start(seed=0)

# %% [markdown]
# ## One neuron is a weighted sum and a bend
#
# A neuron $j$ gets numbers $e_i$, weighs each by $W_{ij}$, adds them up with a bias $W_{0j}$, and bends the sum with
# an **activation function** $f$:
#
# $$O_j = f\Big(W_{0j} + \sum_i W_{ij}\, e_i\Big)$$
#
# McCulloch and Pitts (1943) wrote down the first one, with equal weights and a step for $f$: it fires when the sum
# reaches a threshold. The bias is minus that threshold.

# %%
from course.figures import networks

networks.neuron(inputs=[1.0, 0.5], weights=[2.0, -1.0], bias=-0.5, output=0.731, activation="logistic")

# %% [markdown]
# **Predict.** All inputs of this neuron are set to 0. Its activation is the logistic function
# $\sigma(z) = 1/(1+e^{-z})$ and its bias −0.5. Roughly which number does it answer?
#
# Write your guess, then run. Guesses are compared, never marked.

# %%
guess = ...

# %%
import numpy as np

from course.exercises import reveal


def logistic(z):
    return 1 / (1 + np.exp(-z))


reveal(guess, logistic(np.dot([0.0, 0.0], [2.0, -1.0]) - 0.5), factor=1.2)

# %% [markdown]
# The weights have no say when the inputs are 0; the bias alone decides. That is what it is for: it lets a neuron lean
# to one side.
#
# **Exercise 1.** Write the neuron. `inputs` and `weights` are arrays of the same length, `bias` is a number, and the
# activation is the logistic function. If the check says that you are not right yet, read what it shows: the first
# input on which you differ. `exercises.neuron_output.hint()` gives a hint.

# %% exercise="neuron_output"
from course.exercises import neurons as exercises


def neuron_output(inputs, weights, bias):
    """Return the output (a number) of one logistic neuron."""
    ### BEGIN SOLUTION
    return logistic(np.dot(weights, inputs) + bias)
    ### END SOLUTION


exercises.neuron_output.check(neuron_output)

# %% [markdown]
# ## A layer is a matrix product
#
# Several neurons that look at the same inputs make a **layer**. Put the weights of each neuron in a column of a
# matrix $W$, the biases in a vector $b$ and each sample in a row of $X$. Then the whole layer is one line,
# $f(XW + b)$.
#
# A net in which each layer feeds the next is **feed-forward**. Where an output comes back as an input, a step later,
# it is **recurrent**. This course is about the first kind.

# %%
networks.feedforward_and_recurrent()

# %% [markdown]
# **Exercise 2.** Write a layer of ReLU neurons, with ReLU(z) = max(z, 0). `inputs` has shape (samples, inputs),
# `weights` has shape (inputs, units), and `biases` has shape (units,).


# %% exercise="layer_output"
def layer_output(inputs, weights, biases):
    """Return the outputs of a layer of ReLU neurons, an array of shape (samples, units)."""
    ### BEGIN SOLUTION
    return np.maximum(inputs @ weights + biases, 0)
    ### END SOLUTION


exercises.layer_output.check(layer_output)

# %% [markdown]
# Layers in a row make a **multilayer perceptron**, MLP for short. Here is one for pictures of 8 × 8 pixels: 64
# inputs, a hidden layer of 32 units, and 10 outputs, one for each digit.

# %%
networks.layers([64, 32, 10])

# %% [markdown]
# **Predict.** How many parameters, weights and biases together, does this net have?

# %%
guess = ...

# %%
import keras

net = keras.Sequential([keras.Input((64,)), keras.layers.Dense(32), keras.layers.Dense(10)])
reveal(guess, net.count_params())

# %% [markdown]
# **Exercise 3.** Write the rule. `sizes` lists the inputs and then the units of each layer, such as `[64, 32, 10]`.


# %% exercise="mlp_parameters"
def mlp_parameters(sizes):
    """Return the number of weights and biases of an MLP (int)."""
    ### BEGIN SOLUTION
    from itertools import pairwise

    return sum(n * m + m for n, m in pairwise(sizes))
    ### END SOLUTION


exercises.mlp_parameters.check(mlp_parameters)

# %% [markdown]
# ## One layer cannot compute XOR, two can
#
# XOR is 1 where exactly one of two inputs is 1. A neuron with a step draws one straight line: it answers 1 on one
# side of it and 0 on the other.
#
# **Predict.** Of the four corners, how many can a single neuron get right at most?

# %%
guess = ...

# %%
corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
xor = np.array([0, 1, 1, 0])

grid = np.linspace(-2, 2, 21)
first, second, bias = np.meshgrid(grid, grid, grid)  # 9261 neurons, each with two weights and a bias
sums = corners[:, 0, None] * first.ravel() + corners[:, 1, None] * second.ravel() + bias.ravel()
right = ((sums >= 0) == xor[:, None]).sum(axis=0)

reveal(guess, right.max())
assert right.max() == 3

# %% [markdown]
# Three, and no grid however fine does better. All four would need $b < 0$, $\;w_1 + b \ge 0$, $\;w_2 + b \ge 0$ and
# $\;w_1 + w_2 + b < 0$. Add the two in the middle: $w_1 + w_2 + 2b \ge 0$, so $w_1 + w_2 + b \ge -b > 0$, which
# contradicts the last one (Minsky and Papert 1969).
#
# Two lines are enough: XOR is the strip between them.

# %%
from course.figures import plane

plane.separation(
    corners,
    xor,
    {"$x_1 + x_2 = 0.5$": ((1, 1), -0.5), "$x_1 + x_2 = 1.5$": ((1, 1), -1.5)},
    title="XOR: between two lines",
    alt="The corners of a square. Between two parallel lines lie (0, 1) and (1, 0), where XOR is 1.",
)

# %% [markdown]
# **Exercise 4.** Give the weights of such a net by hand: two inputs, two hidden units, one output unit. Each unit is
# a step, 1 where its sum is ≥ 0. The columns of `hidden_weights` belong to the hidden units. Many answers are right.
#
# The form:
#
# ```python
# dict(hidden_weights=[[…, …], […, …]], hidden_biases=[…, …], output_weights=[…, …], output_bias=…)
# ```

# %% exercise="xor_weights"
### BEGIN SOLUTION
xor_weights = dict(
    hidden_weights=[[2, -2], [2, -2]],  # the columns: OR, and NOT AND
    hidden_biases=[-1, 3],
    output_weights=[1, 1],
    output_bias=-2,
)
### END SOLUTION

exercises.xor_weights.check(xor_weights)

# %% [markdown]
# ## The same net in NumPy and in Keras
#
# The digits: 1,797 real handwritten ones, 8 × 8 pixels, from the [Optical Recognition of Handwritten
# Digits](https://doi.org/10.24432/C50P49) set of Alpaydin and Kaynak (CC BY 4.0), as they come with scikit-learn.

# %%
from sklearn.datasets import load_digits

digits = load_digits()
x, y = digits.data.astype("float32") / 16, digits.target  # pixels from 0 to 1
print(x.shape, y.shape)

# %%
from course.figures import pictures

pictures.row(digits.images[:10], digits.target[:10], alt="Ten handwritten digits, 0 to 9.")

# %% [markdown]
# An MLP in NumPy takes four lines. **Softmax** turns the last sums into probabilities:
# $p_k = e^{z_k} / \sum_m e^{z_m}$. Subtracting the largest sum first changes nothing but avoids overflow.


# %%
def forward(x, hidden_weights, hidden_biases, output_weights, output_biases):
    hidden = np.maximum(x @ hidden_weights + hidden_biases, 0)
    z = hidden @ output_weights + output_biases
    powers = np.exp(z - z.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


# %%
def mlp(activation, units=(32,), initializer="he_normal"):
    """Return a Keras MLP: 64 inputs, hidden layers of the given units, 10 probabilities."""
    hidden = [keras.layers.Dense(n, activation, kernel_initializer=initializer) for n in units]
    output = keras.layers.Dense(10, "softmax")
    return keras.Sequential([keras.Input((64,)), *hidden, output])


in_keras = mlp("relu")
difference = np.abs(forward(x, *in_keras.get_weights()) - in_keras.predict(x, verbose=0)).max()

assert difference < 1e-3  # a GPU may round its products to three digits
print("same weights in, same probabilities out")

# %% [markdown]
# **Exercise 5.** Build a deeper one yourself: 64 inputs, 32 tanh units, 16 ReLU units, 10 outputs with softmax. The
# check gives your net and ours the same weights and compares what they answer, so how yours was initialised does not
# matter.

# %% exercise="digits_mlp"
### BEGIN SOLUTION
digits_mlp = keras.Sequential()
digits_mlp.add(keras.Input(shape=[64]))
digits_mlp.add(keras.layers.Dense(32, activation="tanh"))
digits_mlp.add(keras.layers.Dense(16, activation="relu"))
digits_mlp.add(keras.layers.Dense(10, activation="softmax"))
### END SOLUTION

exercises.digits_mlp.check(digits_mlp)

# %% [markdown]
# ## The zoo of activations
#
# Without a bend between them, two layers are one: $(XW_1)W_2 = X(W_1W_2)$. Any bend will do in principle; in practice
# the choice decides whether the net can learn.
#
# A net learns from one number, the **loss**: how wrong it is on its training samples. The **gradient** says how the
# loss changes with each weight, and each weight takes a small step against it. **Back-propagation** computes it from
# the last layer to the first, and multiplies by the slope $f'$ of every activation on the way.
#
# **Predict.** How steep is the logistic function where it is steepest?

# %%
guess = ...

# %%
from course.activations import ZOO, activation

axis = np.linspace(-5, 5, 1001)
slopes = keras.ops.convert_to_numpy(activation("logistic").derivative(axis))
reveal(guess, round(float(slopes.max()), 4))

# %% [markdown]
# A quarter, at $z = 0$: $\sigma'(z) = \sigma(z)(1 - \sigma(z))$. Remember that number.
#
# Now pick a few. The solid line is the value, the dashed one the slope. Where the slope is almost 0 the unit is
# **saturated**: hardly any gradient gets through.

# %%
from course.figures.activations import explorer

explorer(shown=["ReLU", "softplus"])

# %% [markdown]
# **Exercise 6.** Write ELU (Clevert et al. 2016) and its derivative: $x$ for $x > 0$, and $\alpha(e^x - 1)$
# otherwise. Return both, value first, for an array `x`. It must hold for large numbers too.


# %% exercise="elu_and_derivative"
def elu_and_derivative(x, alpha):
    """Return ELU and its derivative at `x`: two arrays of x's shape."""
    ### BEGIN SOLUTION
    left = np.exp(np.minimum(x, 0))
    return np.where(x > 0, x, alpha * (left - 1)), np.where(x > 0, 1.0, alpha * left)
    ### END SOLUTION


exercises.elu_and_derivative.check(elu_and_derivative)

# %% [markdown]
# The whole zoo in one table: formula, derivative, range, where it saturates, what it costs, and a paper
# that proposed it or made the case for it.

# %%
from course import activations
from course.figures.tables import show_table

show_table(activations.table())

# %% [markdown]
# ### Names that mean several things
#
# "Hard sigmoid" is three functions, depending on whom you ask, and "randomized ReLU" has two slopes at test time. A
# number from a paper means little without the definition behind it.

# %%
for who, slope in activations.HARD_SIGMOIDS.items():
    print(f"hard sigmoid at 1, {who}: {float(activations.hard_sigmoid(1.0, slope)):.3f}")
print(f"randomized ReLU at −1, divided by the mean of 3 and 8: {-activations.RRELU_SLOPE:.3f}")
print(f"randomized ReLU at −1, times the mean of 1/3 and 1/8: {-activations.RRELU_MEAN_SLOPE:.3f}")

# %% [markdown]
# ## A slide with a slip
#
# GELU (Hendrycks and Gimpel 2016) is $x\,\Phi(x)$, with $\Phi$ the normal distribution. Its usual approximation is
# $\tfrac12 x\,(1 + \tanh u)$ with $u = \sqrt{2/\pi}\,(x + 0.044715\,x^3)$. A slide gives its derivative as
#
# $$0.5\tanh u + (0.535161\,x^3 + 0.398942\,x)\,\mathrm{sech}^2 u + 0.5.$$
#
# **Automatic differentiation** finds the derivative of a program by applying the chain rule to each of its steps. It
# does not read slides. Do the two agree?

# %%
from course.activations import slide_gelu_derivative
from course.autodiff import gradient
from course.figures import curves

axis = np.linspace(-4, 4, 161)
true_slope = gradient(lambda x: keras.ops.sum(activation("GELU (tanh)").function(x)), axis)
slide_slope = keras.ops.convert_to_numpy(slide_gelu_derivative(axis))

assert np.abs(true_slope - slide_slope).max() > 0.25

curves.lines(
    axis,
    {"automatic differentiation": true_slope, "the slide": slide_slope},
    dashed=["the slide"],
    xlabel="x",
    ylabel="GELU′(x)",
    title="The slide's derivative is not the derivative",
    alt="Two slopes of GELU: near x = 1 the slide's is 1.34, the true one 1.08. Far out they agree.",
)

# %% [markdown]
# **Exercise 7.** One coefficient on the slide is wrong. What should it be? Work it out by hand, and write it as an
# expression or to four significant digits.

# %% exercise="gelu_coefficient"
### BEGIN SOLUTION
gelu_coefficient = 3 / 2 * 0.044715 * np.sqrt(2 / np.pi)
### END SOLUTION

exercises.gelu_coefficient.check(gelu_coefficient)

# %% [markdown]
# ## Experiment 1: gradients that vanish
#
# At every layer the gradient is multiplied by the weights and by the slope $f'$. What is left of it at the first
# layer?
#
# **Exercise 8.** Leave the weights aside. Ten logistic layers: at most, by which factor is the gradient multiplied on
# its way through their ten activations? Write an expression, or four significant digits.

# %% exercise="largest_factor"
### BEGIN SOLUTION
largest_factor = (1 / 4) ** 10
### END SOLUTION

exercises.largest_factor.check(largest_factor)

# %% [markdown]
# **Claim.** In a deep logistic net hardly any gradient arrives at the first layer; in a ReLU net of the same depth it
# does.
#
# **The fair comparison.** The same data, widths and depths, several random starts, no training yet, and weights of
# the size that is usual for each: He et al. (2015) for ReLU, Glorot and Bengio (2010) for the logistic net. Glorot's
# rule was made for a slope of 1 at 0, and σ′ is ¼, so a third net gets weights four times as large to make up for
# it.
#
# **Predict.** With 16 hidden layers, how many times smaller is the first layer's gradient in the logistic net with
# Glorot's weights than in the ReLU net? (A power of ten will do.)

# %%
guess = ...

# %%
from course.autodiff import weight_gradients


def first_layer_gradient(model, loss="sparse_categorical_crossentropy"):
    """Return the norm of the gradient of the loss with respect to the first layer's weights."""
    gradients = weight_gradients(model, x[:256], y[:256], loss)
    return np.linalg.norm(gradients[model.layers[0].kernel.path])


def by_depth(build, loss="sparse_categorical_crossentropy"):
    """Return that norm for nets of each depth, a row for each of several random starts."""
    norms = []
    for start in range(starts):
        keras.utils.set_random_seed(start)
        norms.append([first_layer_gradient(build(depth), loss) for depth in depths])
    return np.array(norms)


def glorot(times):
    """Return Glorot and Bengio's initializer, with weights some `times` as large."""
    return keras.initializers.VarianceScaling(times**2, mode="fan_avg")


depths = [1, 2, 4, 8, 16]
starts = run.pick(quick=5, full=20)
vanishing = {
    "ReLU, He": by_depth(lambda depth: mlp("relu", [32] * depth, "he_normal")),
    "tanh, Glorot": by_depth(lambda depth: mlp("tanh", [32] * depth, glorot(1))),
    "logistic, 4 × Glorot": by_depth(lambda depth: mlp("sigmoid", [32] * depth, glorot(4))),
    "logistic, Glorot": by_depth(lambda depth: mlp("sigmoid", [32] * depth, glorot(1))),
}

# %% tags=["volatile"]
last = {name: np.median(measured[:, -1]) for name, measured in vanishing.items()}
reveal(guess, float(f"{last['ReLU, He'] / last['logistic, Glorot']:.0e}"), factor=30)

# %% tags=["volatile"]
curves.spread(
    depths,
    vanishing,
    log=True,
    xlabel="hidden layers",
    ylabel="gradient at the first layer",
    title="The logistic nets' gradient does not arrive",
    alt="Gradient at the first layer, by depth: ReLU's and tanh's above 0.1, the logistic nets' falling far.",
)

# %%
with_relu, with_tanh, compensated, usual = last.values()
assert with_relu > 0.1 * np.median(vanishing["ReLU, He"][:, 0])  # of a net with one hidden layer
assert with_relu > 20 * compensated
assert with_relu > 1e6 * usual and with_tanh > 1e6 * usual

# %% [markdown]
# **What it does not show.** That the activation alone is to blame: most of the orders of magnitude come from the size
# of the weights, and tanh, with slope 1 at 0, does well with Glorot's. Nor that logistic nets cannot be trained: batch
# normalization keeps the sums where the slope is not 0, and shortcuts lead the gradient past it (lecture 8).
#
# ## Experiment 2: units that die
#
# ReLU has slope 0 wherever its sum is not positive. If a unit's sum is at most 0 for *every* sample, no gradient
# reaches its weights: it is **dead**, and gradient descent leaves it where it is.
#
# **Exercise 9.** `sums` holds the sums of a layer before ReLU, shape (samples, units). Say for each unit whether it
# is dead.


# %% exercise="dead_units"
def dead_units(sums):
    """Return an array of booleans, one for each unit: True where it is dead."""
    ### BEGIN SOLUTION
    return np.max(sums, axis=0) <= 0
    ### END SOLUTION


exercises.dead_units.check(dead_units)

# %% [markdown]
# One step that is too large can do it. Here we take that step ourselves, so that every net suffers the same: all
# hidden biases go down by 5. Then training goes on, for five **epochs** (passes over the data), with **Adam**, an
# optimizer that makes steps of much the same length whether gradients are large or small.
#
# **Predict.** Ten digits. Which accuracy does the net reach if its hidden layer is ReLU?

# %%
guess = ...


# %%
def silent_share(model):
    """Return the share of hidden units whose sum is never positive."""
    weights, biases = model.layers[0].get_weights()
    positive = x @ weights + biases > 0
    return 1 - np.mean(positive.any(axis=0))


def train_after_a_bad_step(f):
    """Return the share of silent units before and after training, and the accuracy reached."""
    model = mlp(f)
    model.layers[0].bias.assign(model.layers[0].bias - 5.0)
    before = silent_share(model)
    optimizer = keras.optimizers.Adam(0.01)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    accuracy = model.fit(x, y, batch_size=64, epochs=5, verbose=0).history["accuracy"][-1]
    return before, silent_share(model), accuracy


runs = run.pick(quick=3, full=10)
after_a_bad_step = {
    name: np.array([train_after_a_bad_step(ZOO[name]) for _ in range(runs)]) for name in ("ReLU", "leaky ReLU", "ELU")
}

# %% tags=["volatile"]
reveal(guess, round(float(np.median(after_a_bad_step["ReLU"][:, 2])), 2), factor=1.3)
for name, results in after_a_bad_step.items():
    print(f"{name}: {1 - np.median(results[:, 1]):.0%} of the hidden units are back")

# %% tags=["volatile"]
curves.bars(
    {name: results[:, 2] for name, results in after_a_bad_step.items()},
    ylabel="accuracy in training",
    title="After a bad step, ReLU stays dead",
    alt="Accuracy after a bad step: ReLU about 0.1, which is chance; leaky ReLU and ELU above 0.9.",
)

# %% [markdown]
# **Claim.** Not one unit of the ReLU net comes back, and it guesses. With leaky ReLU and with ELU, whose slope on the
# left is small but not 0, most units return and the net learns.

# %%
for name, results in after_a_bad_step.items():
    before, after, accuracy = results.T
    assert (before == 1).all()  # every unit of every net was silent
    if name == "ReLU":
        assert (after == 1).all() and (accuracy < 0.2).all()
    else:
        assert (after < 0.7).all() and (accuracy > 0.8).all()

# %% [markdown]
# **What it does not show.** How often such a step happens: with sound learning rates, seldom. That dead is for ever:
# here nothing lies below the dead layer and Adam starts afresh, but a layer below that learns, or steps still under
# way from before, can wake a unit. And that a small slope is enough for every optimizer: with plain gradient descent
# leaky ReLU and ELU may stay on the left for long, ELU the longer the further it was pushed.
#
# ## Experiment 3: gradients that explode
#
# On its right side ReLU has slope 1, so the weights are all that is left. **Claim.** If they are twice too large, the
# gradient grows with every layer, and if they are twice too small it vanishes. ReLU stops neither.
#
# **Predict.** A net of 16 hidden layers gets all its hidden weights doubled. By which factor does the gradient at its
# first layer grow?

# %%
guess = ...

# %%
from keras import ops


def relu_net(scale, depth):
    """Return an MLP without softmax whose hidden weights are `scale` times those of He et al."""
    model = mlp("relu", [32] * depth, keras.initializers.VarianceScaling(2 * scale**2))
    model.layers[-1].activation = keras.activations.linear
    return model


def mean_output(y_true, y_pred):
    return ops.mean(y_pred, axis=-1)


exploding = {
    f"{scale:g} × He": by_depth(lambda d, scale=scale: relu_net(scale, d), mean_output) for scale in (2, 1, 0.5)
}

# %% tags=["volatile"]
curves.spread(
    depths,
    exploding,
    log=True,
    xlabel="hidden layers",
    ylabel="gradient at the first layer",
    title="ReLU nets: the size of the weights decides",
    alt="Gradient by depth: twice He's weights, it grows over a thousandfold; half of them, it vanishes.",
)

# %%
growing, _, falling = (np.median(measured, axis=0) for measured in exploding.values())
assert (np.diff(growing) > 0).all() and (np.diff(falling) < 0).all()

twice, he, half = (measured[:, -1] for measured in exploding.values())
reveal(guess, round(float(np.median(twice / he))), factor=3)

assert np.allclose(twice / he, 2**15, rtol=1e-2) and np.allclose(he / half, 2**15, rtol=1e-2)

# %% [markdown]
# $2^{15}$ = 32,768, and exactly so: fifteen hidden layers lie above the first one, and twice the weights pass on
# twice as much. (The starts are the same for all three, and ReLU(2z) = 2 ReLU(z).) **What it does not show**: that
# the right size stays right during training. Lecture 2 follows the variance from layer to layer; lecture 8 normalizes
# it.
#
# ## Claims, checked
#
# Numbers from slides and papers, next to what comes out when you compute them.

# %%
from math import e, erfc, pi, sqrt

from course import facts

# SELU's constants, from what they are for: a standard normal input gives mean 0 and variance 1.
alpha = -sqrt(2 / pi) / (erfc(1 / sqrt(2)) * sqrt(e) - 1)
z = np.linspace(-12, 12, 240_001)
unscaled = np.where(z > 0, z, alpha * np.expm1(np.minimum(z, 0)))
scale = 1 / sqrt(np.trapezoid(unscaled**2 * np.exp(-(z**2) / 2) / sqrt(2 * pi), z))


# The two coefficients in front of sech², from two slopes of GELU: two equations, two unknowns.
def inner(t):
    return sqrt(2 / pi) * (t + 0.044715 * t**3)


def gelu(t):
    return t / 2 * (1 + np.tanh(inner(t)))


t = np.array([1.0, 2.0])
slopes = (gelu(t + 1e-5) - gelu(t - 1e-5)) / 2e-5
rest = (slopes - 0.5 - 0.5 * np.tanh(inner(t))) * np.cosh(inner(t)) ** 2
linear, cubic = np.linalg.solve(np.stack([t, t**3], axis=1), rest)

# %%
checks = [
    facts.check("neurons.gelu_slope", slopes[0]),
    facts.check("neurons.gelu_coefficient", cubic),
    facts.check("neurons.gelu_linear", linear),
    facts.check("neurons.gelu_tanh_cubic", 0.044715 * sqrt(2 / pi)),
    facts.check("neurons.gelu_tanh_linear", sqrt(2 / pi)),
    facts.check("neurons.elu_alpha", float(keras.layers.ELU().alpha)),
    facts.check("neurons.leaky_relu_alpha", float(keras.layers.LeakyReLU().negative_slope)),
    facts.check("neurons.rrelu_divisor", (3 + 8) / 2),
    facts.check("neurons.selu_scale", scale),
    facts.check("neurons.selu_alpha", alpha),
]
show_table(facts.table(checks))

# %% [markdown]
# ## Summary
#
# * A neuron is $f(w \cdot e + b)$; a layer is $f(XW + b)$; a layer from $n$ inputs to $m$ units has $(n + 1)\,m$
#   parameters.
# * One layer with a step draws one line, and XOR needs two. Without a bend, two layers are one.
# * Back-propagation multiplies by $f'$ at every layer: at most ¼ for the logistic function, 0 or 1 for ReLU.
# * A logistic net's gradient **vanishes** with depth. A ReLU net's depends on the size of its weights: too large, and
#   it **explodes**.
# * A ReLU unit whose sum is never positive is **dead**; a slope on the left keeps the way back open.
# * Formulas are copied, and slips with them. Differentiate, and compare.
#
# ## Test yourself
#
# 1. A net has 3 inputs and 2 layers of 4 units. How many biases does it have?
# 2. Why does a net with the identity as its activation gain nothing from a second layer?
# 3. Where does softsign saturate, and why later than tanh?
# 4. A layer of 100 ReLUs gives 50 zeros for one picture. Are these units dead?
# 5. You double all weights of a ReLU net with 10 layers and no biases. What happens to its output?
#
# <details><summary>Answers</summary>
#
# 1. Eight: one for each unit, none for the inputs.
# 2. $(XW_1)W_2 = X(W_1W_2)$: one matrix does the work of two.
# 3. On both sides. Its slope $1/(1+|x|)^2$ falls like a power, that of tanh exponentially.
# 4. Not for that: a dead unit is silent for *every* picture.
# 5. It is multiplied by $2^{10}$, since ReLU(2z) = 2 ReLU(z).
#
# </details>
#
# ## Further reading
#
# * W. McCulloch and W. Pitts (1943). A logical calculus of the ideas immanent in nervous activity. *Bulletin of
#   Mathematical Biophysics* 5, 115–133.
# * M. Minsky and S. Papert (1969). *Perceptrons*. MIT Press.
# * D. Rumelhart, G. Hinton and R. Williams (1986). Learning representations by back-propagating errors. *Nature* 323,
#   533–536.
# * R. Hahnloser, R. Sarpeshkar, M. Mahowald, R. Douglas and H. S. Seung (2000). Digital selection and analogue
#   amplification coexist in a cortex-inspired silicon circuit. *Nature* 405, 947–951.
# * X. Glorot and Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks.
#   *AISTATS*.
# * A. Maas, A. Hannun and A. Ng (2013). Rectifier nonlinearities improve neural network acoustic models. *ICML
#   Workshop on Deep Learning for Audio, Speech and Language Processing*.
# * K. He, X. Zhang, S. Ren and J. Sun (2015). Delving deep into rectifiers. *ICCV*.
#   [arXiv:1502.01852](https://arxiv.org/abs/1502.01852)
# * D.-A. Clevert, T. Unterthiner and S. Hochreiter (2016). Fast and accurate deep network learning by exponential
#   linear units (ELUs). *ICLR*. [arXiv:1511.07289](https://arxiv.org/abs/1511.07289)
# * D. Hendrycks and K. Gimpel (2016). Gaussian error linear units (GELUs).
#   [arXiv:1606.08415](https://arxiv.org/abs/1606.08415)
# * G. Klambauer, T. Unterthiner, A. Mayr and S. Hochreiter (2017). Self-normalizing neural networks. *NeurIPS*.
#   [arXiv:1706.02515](https://arxiv.org/abs/1706.02515)
