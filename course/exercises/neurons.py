"""The exercises of lecture 01, on neurons and activations."""

from itertools import pairwise

import numpy as np

from course.exercises.engine import Exercise, Mistake, WrongForm

FUNCTION = 'raise NotImplementedError("your answer goes here")'


def logistic(z):
    return 1 / (1 + np.exp(-z))


def relu(z):
    return np.maximum(z, 0)


# --- one neuron ------------------------------------------------------------------------------------------------------------


def _neuron_cases(rng):
    edges = [([0.0, 0.0], [1.0, -2.0], 0.5), ([1.0], [2.0], -1.0), ([], [], -0.25)]
    drawn = [(rng.normal(size=n), rng.normal(size=n), rng.normal()) for n in (2, 3, 8)]
    return [(np.array(inputs), np.array(weights), float(bias)) for inputs, weights, bias in edges + drawn]


neuron_output = Exercise(
    name="neuron_output",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda inputs, weights, bias: logistic(weights @ inputs + bias),
    cases=_neuron_cases,
    mistakes=(
        Mistake(
            "bias forgotten",
            lambda inputs, weights, bias: logistic(weights @ inputs),
            "The bias is missing: without it, a neuron whose inputs are all 0 always answers f(0).",
        ),
        Mistake(
            "bias subtracted",
            lambda inputs, weights, bias: logistic(weights @ inputs - bias),
            "You subtract the bias. A threshold is subtracted; the bias is minus the threshold, and it is added.",
        ),
        Mistake(
            "bias after the activation",
            lambda inputs, weights, bias: logistic(weights @ inputs) + bias,
            "You add the bias after the activation. It belongs inside: f(w·e + b), not f(w·e) + b.",
        ),
        Mistake(
            "activation forgotten",
            lambda inputs, weights, bias: weights @ inputs + bias,
            "This is the weighted sum, before the activation: the logistic function still has to be applied to it.",
        ),
        Mistake(
            "bias for each input",
            lambda inputs, weights, bias: logistic(np.sum(weights * inputs + bias)),
            "You add the bias once for each input. A neuron has one bias, added once to the whole sum.",
        ),
        Mistake(
            "tanh",
            lambda inputs, weights, bias: np.tanh(weights @ inputs + bias),
            "This is tanh. The logistic function was asked for: 1 / (1 + exp(−z)), between 0 and 1.",
        ),
        Mistake(
            "ReLU",
            lambda inputs, weights, bias: relu(weights @ inputs + bias),
            "This is ReLU. The logistic function was asked for: 1 / (1 + exp(−z)), between 0 and 1.",
        ),
        Mistake(
            "exponent's sign",
            lambda inputs, weights, bias: logistic(-(weights @ inputs + bias)),
            "The sign in the exponent is turned: σ(z) = 1 / (1 + exp(−z)) rises with z, and yours falls.",
        ),
    ),
    hints=(
        "First the sum: each weight times its input, all added, and then the bias.",
        "`weights @ inputs` is the sum of the products. What does the logistic function make of `weights @ inputs + bias`?",
    ),
)


# --- a layer ---------------------------------------------------------------------------------------------------------------


def _layer_cases(rng):
    shapes = [(1, 2, 2), (3, 3, 3), (4, 3, 2), (2, 1, 5)]  # (samples, inputs, units), square ones first
    return [(rng.normal(size=(n, i)), rng.normal(size=(i, u)), rng.normal(size=u)) for n, i, u in shapes]


layer_output = Exercise(
    name="layer_output",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda inputs, weights, biases: relu(inputs @ weights + biases),
    cases=_layer_cases,
    mistakes=(
        Mistake(
            "weights transposed",
            lambda inputs, weights, biases: relu(inputs @ weights.T + biases),
            "Your weights are transposed. Here W has a row for each input and a column for each unit, as in Keras.",
        ),
        Mistake(
            "biases forgotten",
            lambda inputs, weights, biases: relu(inputs @ weights),
            "The biases are missing: each unit adds one of its own, the same for every sample.",
        ),
        Mistake(
            "activation forgotten",
            lambda inputs, weights, biases: inputs @ weights + biases,
            "These are the weighted sums; ReLU has not been applied yet, and negative ones must become 0.",
        ),
        Mistake(
            "activation before the biases",
            lambda inputs, weights, biases: relu(inputs @ weights) + biases,
            "You apply ReLU and add the biases then; ReLU comes last.",
        ),
        Mistake(
            "activation on the inputs",
            lambda inputs, weights, biases: relu(inputs) @ weights + biases,
            "You apply ReLU to the inputs. The activation acts on what the layer gives, not on what it gets.",
        ),
    ),
    hints=(
        "A row of `inputs` is one sample. Which product of matrices gives a row for each sample and a column for each unit?",
        "`inputs @ weights` has shape (samples, units), and `+ biases` adds one bias to each column. ReLU is the larger of z and 0.",
    ),
)


# --- XOR by hand -----------------------------------------------------------------------------------------------------------

CORNERS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=float)


def step(z):
    """The unit step: 1 for z ≥ 0, else 0."""
    return (np.asarray(z) >= 0).astype(float)


def two_layers(weights, inputs):
    """Return what two layers of step neurons answer to one input (2 numbers)."""
    shapes = {"hidden_weights": (2, 2), "hidden_biases": (2,), "output_weights": (2,), "output_bias": ()}
    if type(weights) is not dict or set(weights) != set(shapes):
        raise WrongForm(f"A dict with the keys {', '.join(shapes)} is wanted.")
    try:
        arrays = {key: np.asarray(value, dtype=float) for key, value in weights.items()}
    except (TypeError, ValueError):
        raise WrongForm(
            "Each entry is a number or a list of numbers, and the rows of a list are equally long."
        ) from None
    for key, shape in shapes.items():
        if arrays[key].shape != shape:
            raise WrongForm(f"{key} has shape {arrays[key].shape}, and {shape} is wanted.")
    hidden = step(inputs @ arrays["hidden_weights"] + arrays["hidden_biases"])
    return float(step(hidden @ arrays["output_weights"] + arrays["output_bias"]))


def _gates(output_weights, output_bias):
    """Return the weights of a net whose hidden units are OR and AND, with the output unit given."""
    return {
        "hidden_weights": [[1, 1], [1, 1]],
        "hidden_biases": [-0.5, -1.5],
        "output_weights": output_weights,
        "output_bias": output_bias,
    }


xor_weights = Exercise(
    name="xor_weights",
    points=2,
    kind="value",
    stub="xor_weights = ...",
    reference=_gates([1, -1], -0.5),
    cases=lambda rng: [(corner,) for corner in CORNERS],
    probe=two_layers,
    mistakes=(
        Mistake(
            "OR",
            _gates([1, 0], -0.5),
            "Your net computes OR: it also answers 1 to (1, 1). One unit must say no to that corner.",
        ),
        Mistake(
            "rows for columns",
            {
                "hidden_weights": [[1, 1], [-1, -1]],
                "hidden_biases": [-0.5, 1.5],
                "output_weights": [1, 1],
                "output_bias": -1.5,
            },
            "Your net answers 1 at (1, 0) alone. Did you write the weights of one hidden unit in a row? They are a column.",
        ),
        Mistake(
            "rows for columns, turned",
            {
                "hidden_weights": [[-1, -1], [1, 1]],
                "hidden_biases": [1.5, -0.5],
                "output_weights": [1, 1],
                "output_bias": -1.5,
            },
            "Your net answers 1 at (0, 1) alone. Did you write the weights of one hidden unit in a row? They are a column.",
        ),
        Mistake(
            "AND",
            _gates([0, 1], -0.5),
            "Your net computes AND. XOR is 1 where exactly one input is 1: OR, but not AND.",
        ),
        Mistake(
            "negated",
            _gates([-1, 1], 0.5),
            "Your net answers the opposite at every corner. (A sum of exactly 0 counts as 1: when you turn signs, keep the sums off 0.)",
        ),
        Mistake(
            "NAND",
            _gates([0, -1], 0.5),
            "Your net computes NAND: it also answers 1 to (0, 0). OR would say no to that corner.",
        ),
        Mistake(
            "always 0",
            _gates([0, 0], -1),
            "Your net answers 0 at every corner. Work out by hand what each hidden unit says there, and then the output unit.",
        ),
        Mistake(
            "always 1",
            _gates([0, 0], 1),
            "Your net answers 1 at every corner. Work out by hand what each hidden unit says there, and then the output unit.",
        ),
    ),
    hints=(
        "Draw the four corners of the square. Each hidden unit is one straight line; XOR is the strip between two of them.",
        "x₁ + x₂ is 0, 1 or 2. Let one hidden unit ask whether it is at least 0.5 (OR), the other whether it is at least 1.5 (AND).",
        "XOR is OR and not AND: the output unit adds the first, subtracts the second, and asks whether 0.5 is reached.",
    ),
)


# --- counting --------------------------------------------------------------------------------------------------------------


mlp_parameters = Exercise(
    name="mlp_parameters",
    points=1,
    kind="function",
    stub=FUNCTION,
    reference=lambda sizes: sum((inputs + 1) * units for inputs, units in pairwise(sizes)),
    cases=lambda rng: [
        ([1, 1],),
        ([2, 2, 1],),
        ([64, 32, 10],),
        ([784, 500, 300, 10],),
        (rng.integers(2, 200, size=5).tolist(),),
    ],
    mistakes=(
        Mistake(
            "biases forgotten",
            lambda sizes: sum(inputs * units for inputs, units in pairwise(sizes)),
            "You count the weights alone; every unit has a bias too, one more parameter for each.",
        ),
        Mistake(
            "inputs have biases",
            lambda sizes: sum(inputs * units for inputs, units in pairwise(sizes)) + sum(sizes),
            "You give the inputs a bias. The first number is what the net gets: these are numbers, not neurons.",
        ),
        Mistake(
            "one bias a layer",
            lambda sizes: sum(inputs * units + 1 for inputs, units in pairwise(sizes)),
            "You count one bias for each layer; there is one for each unit.",
        ),
        Mistake(
            "bias from the wrong side",
            lambda sizes: sum(inputs * (units + 1) for inputs, units in pairwise(sizes)),
            "You add the 1 to the wrong factor: each of the units has (inputs + 1) parameters.",
        ),
        Mistake(
            "units counted",
            lambda sizes: sum(sizes[1:]),
            "These are the neurons. The parameters are their weights and biases: many for each neuron.",
        ),
    ),
    hints=(
        "How many numbers does one neuron with 64 inputs need?",
        "A layer from n inputs to m units has m neurons of n weights and one bias each: (n + 1)·m. Add up over the layers.",
    ),
)


# --- an activation and its derivative --------------------------------------------------------------------------------------


def _elu_cases(rng):
    return [
        (np.array([-2.0, -0.5, 0.5, 2.0]), 1.0),
        (np.array([-30.0, -1e-3, 1e-3, 30.0]), 1.0),
        (np.array([-1.0, 1.0]), 0.5),
        (rng.normal(size=(2, 3)), float(rng.uniform(0.1, 2))),
        (np.array([-800.0, 800.0]), 1.0),
    ]


elu_and_derivative = Exercise(
    name="elu_and_derivative",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=lambda x, alpha: (
        np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
        np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0))),
    ),
    cases=_elu_cases,
    mistakes=(
        Mistake(
            "derivative is the value",
            lambda x, alpha: (np.where(x > 0, x, alpha * np.expm1(x)), np.where(x > 0, 1.0, alpha * np.expm1(x))),
            "For negative x your derivative is the value itself. The constant −α drops out: α·exp(x), not α·(exp(x) − 1).",
        ),
        Mistake(
            "alpha forgotten",
            lambda x, alpha: (np.where(x > 0, x, np.expm1(x)), np.where(x > 0, 1.0, np.exp(x))),
            "Your α is always 1: it scales the negative side, in the value and in the derivative.",
        ),
        Mistake(
            "alpha forgotten in the derivative",
            lambda x, alpha: (np.where(x > 0, x, alpha * np.expm1(x)), np.where(x > 0, 1.0, np.exp(x))),
            "Your value is right. The derivative of α·(exp(x) − 1) keeps its factor α.",
        ),
        Mistake(
            "leaky ReLU",
            lambda x, alpha: (np.where(x > 0, x, alpha * x), np.where(x > 0, 1.0, alpha)),
            "This is leaky ReLU, a straight line with slope α. ELU bends: α·(exp(x) − 1) for negative x.",
        ),
        Mistake(
            "minus one forgotten",
            lambda x, alpha: (np.where(x > 0, x, alpha * np.exp(x)), np.where(x > 0, 1.0, alpha * np.exp(x))),
            "Your value jumps at 0, from α to 0: the −1 in α·(exp(x) − 1) is missing.",
        ),
        Mistake(
            "order turned",
            lambda x, alpha: (np.where(x > 0, 1.0, alpha * np.exp(x)), np.where(x > 0, x, alpha * np.expm1(x))),
            "You return the derivative first; the value comes first.",
        ),
        Mistake(
            "overflow",
            lambda x, alpha: ((x > 0) * x + (x <= 0) * alpha * np.expm1(x), (x > 0) + (x <= 0) * alpha * np.exp(x)),
            "The formulas hold, but not for large x: exp(800) is ∞, and 0 · ∞ is NaN. Choose with `np.where`, not by a product with 0.",
        ),
    ),
    hints=(
        "`np.where(x > 0, a, b)` takes a where x is positive and b elsewhere.",
        "For positive x the value is x and the slope 1. For negative x differentiate α·(exp(x) − 1) by hand.",
    ),
)


# --- vanishing -------------------------------------------------------------------------------------------------------------

largest_factor = Exercise(
    name="largest_factor",
    points=1,
    kind="value",
    stub="largest_factor = ...",
    reference=0.25**10,
    cases=None,
    mistakes=(
        Mistake(
            "the value's maximum",
            1.0,
            "σ itself is at most 1, but back-propagation multiplies by σ′. How large is that at most?",
        ),
        Mistake("σ(0) for σ′(0)", 0.5**10, "You took σ(0) = ½. The derivative there is σ(0)·(1 − σ(0))."),
        Mistake("added, not multiplied", 2.5, "You added ten slopes. By the chain rule they are multiplied."),
        Mistake(
            "turned over",
            4.0**10,
            "You have it upside down: this is by how much the gradient shrinks. Each layer multiplies by at most ¼.",
        ),
        Mistake("one layer", 0.25, "That is one layer's factor. There are ten layers."),
    ),
    hints=(
        "Back-propagation through one unit multiplies by f′. Where is the logistic function steepest?",
        "σ′ = σ·(1 − σ) is largest at 0, where it is ½ · ½. Ten layers: ten such factors.",
    ),
)


# --- the slide's GELU ------------------------------------------------------------------------------------------------------

ROOT = np.sqrt(2 / np.pi)

gelu_coefficient = Exercise(
    name="gelu_coefficient",
    points=1,
    kind="value",
    stub="gelu_coefficient = ...",
    reference=float(1.5 * 0.044715 * ROOT),
    cases=None,
    mistakes=(
        Mistake(
            "the slide's",
            0.535161,
            "That is the slide's own number, and at x = 1 it gives a slope of 1.340. Hold it against the plot.",
        ),
        Mistake(
            "chain rule forgotten",
            float(0.5 * 0.044715 * ROOT),
            "The derivative of x³ is 3x²: a factor of 3 is missing.",
        ),
        Mistake(
            "half forgotten",
            float(3 * 0.044715 * ROOT),
            "GELU is ½·x·(1 + tanh u): the ½ is missing.",
        ),
        Mistake(
            "the coefficient inside tanh",
            float(0.044715 * ROOT),
            "That is the coefficient of x³ inside tanh. In front of sech² stands ½·x·u′, and u′ has 3 times that.",
        ),
        Mistake(
            "the other coefficient",
            float(0.5 * ROOT),
            "That is the coefficient of x in front of sech², and the slide has it right. The one of x³ is wrong.",
        ),
    ),
    hints=(
        "Write GELU(x) = ½·x·(1 + tanh u) with u = √(2/π)·(x + 0.044715·x³). The product rule gives two terms; one has u′.",
        "u′ = √(2/π)·(1 + 3 · 0.044715·x²). In front of sech² u stands ½·x·u′: what is its coefficient of x³?",
    ),
)


# --- dead units ------------------------------------------------------------------------------------------------------------


def _dead_cases(rng):
    edges = [
        np.array([[-1.0, 2.0, -3.0], [-2.0, -1.0, 4.0]]),
        np.array([[-1.0, 1.0], [-5.0, 2.0], [1.0, 3.0]]),
        np.array([[0.0, -1.0], [-2.0, 0.5]]),
    ]
    drawn = rng.normal(-1, 1, size=(4, 6))
    drawn[:, 1] = -np.abs(drawn[:, 1])
    return [(sums,) for sums in [*edges, drawn]]


dead_units = Exercise(
    name="dead_units",
    points=2,
    kind="function",
    stub=FUNCTION,
    reference=lambda sums: (sums <= 0).all(axis=0),
    cases=_dead_cases,
    mistakes=(
        Mistake(
            "silent once",
            lambda sums: (sums <= 0).any(axis=0),
            "You call a unit dead that is silent for some sample. That is what ReLUs do; a dead one is silent for all of them.",
        ),
        Mistake(
            "silent on average",
            lambda sums: sums.mean(axis=0) <= 0,
            "You look at the mean. One sample with a positive sum is enough: it lets a gradient through, and the unit can recover.",
        ),
        Mistake(
            "samples for units",
            lambda sums: (sums <= 0).all(axis=1),
            "You look along the wrong axis: a row is a sample, a column is a unit, and the answer has one entry for each unit.",
        ),
        Mistake(
            "alive",
            lambda sums: (sums > 0).any(axis=0),
            "You mark the units that are alive; the dead ones are the others.",
        ),
        Mistake(
            "zero counts as alive",
            lambda sums: (sums < 0).all(axis=0),
            "Look at the sum that is exactly 0: ReLU gives 0 there, and passes no gradient either.",
        ),
    ),
    hints=(
        "When does ReLU pass no gradient for one sample? A unit is dead when that holds for every sample.",
        "`sums <= 0` has the shape of `sums`. Over which axis do you ask whether `.all()` holds?",
    ),
)


# --- the same in Keras -----------------------------------------------------------------------------------------------------


def _mlp(first=(32, "tanh"), second=(16, "relu"), output="softmax", use_bias=True):
    """Return a function that builds an MLP for the digits: 64 inputs, two hidden layers (units, activation), 10 outputs."""

    def build():
        import keras

        layers = [
            keras.layers.Dense(units, activation=f, use_bias=use_bias) for units, f in (first, second, (10, output))
        ]
        return keras.Sequential([keras.Input((64,)), *layers])

    return build


digits_mlp = Exercise(
    name="digits_mlp",
    points=2,
    kind="model",
    stub="digits_mlp = ...",
    reference=_mlp(),
    cases=lambda rng: [(np.zeros((1, 64), "float32"),), (rng.normal(size=(4, 64)).astype("float32"),)],
    mistakes=(
        Mistake(
            "no hidden activations",
            _mlp(first=(32, None), second=(16, None)),
            "The hidden layers have no activation: three linear layers in a row are one linear layer, whatever their sizes.",
        ),
        Mistake(
            "activations swapped",
            _mlp(first=(32, "relu"), second=(16, "tanh")),
            "The activations are swapped: tanh belongs to the first hidden layer, ReLU to the second.",
        ),
        Mistake(
            "ReLU twice",
            _mlp(first=(32, "relu")),
            "Both hidden layers are ReLU; the first one was to be tanh.",
        ),
        Mistake(
            "tanh twice",
            _mlp(second=(16, "tanh")),
            "Both hidden layers are tanh; the second one was to be ReLU.",
        ),
        Mistake(
            "sizes swapped",
            _mlp(first=(16, "tanh"), second=(32, "relu")),
            "The sizes are swapped: 32 units first, then 16.",
        ),
        Mistake(
            "no softmax",
            _mlp(output=None),
            "The last layer gives sums, which can be negative; softmax makes probabilities of them that add up to 1.",
        ),
        Mistake(
            "sigmoid for softmax",
            _mlp(output="sigmoid"),
            "Sigmoid rates each class by itself, and the ten numbers need not add up to 1; a digit is exactly one of ten.",
        ),
        Mistake(
            "ReLU at the end",
            _mlp(output="relu"),
            "ReLU gives no probabilities, and where it gives 0 for all ten classes nothing can be learnt.",
        ),
        Mistake("no biases", _mlp(use_bias=False), "Your layers have no biases: look for `use_bias`."),
    ),
    hints=(
        "`keras.Sequential` takes a list: `keras.Input((64,))`, then one `keras.layers.Dense` for each layer.",
        "`keras.layers.Dense(32, activation=…)` is the first hidden layer. What turns ten sums into ten probabilities?",
    ),
)
