"""The activation zoo: every activation function of the course, with its formula, its derivative and who proposed it.

`ZOO` holds one `Activation` for each name, `activation(name)` looks one up, `table()` shows them all.
Formulas are written in `keras.ops`, act element by element and keep x's float type (though on JAX Keras computes tanh
and arctan, and so the tanh form of GELU, to seven digits only).

At a kink a function has no derivative. Where two slopes meet we give the smaller one: ReLU'(0) = 0. Where the function
jumps we give the slope on either side, 0. (Automatic differentiation may choose otherwise there.)
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import wraps

from keras import ops

from course.autodiff import float_tensor

SATURATES = ("both sides", "left", "right", "nowhere")  # where the derivative tends to 0


@dataclass(frozen=True)
class Activation:
    """An activation function: what it computes, what it looks like, what it costs and where it comes from.

    Calling it, or its `function` or `derivative`, takes numbers of any shape (a number, a list, an array or a tensor)
    and returns a tensor of that shape and float type; integers become `keras.config.floatx()`. What is not
    numbers raises TypeError.
    """

    name: str
    function: Callable
    derivative: Callable
    latex: str  # without $ signs
    derivative_latex: str  # \sigma is the logistic function, \Phi and \varphi belong to the normal distribution
    range: str  # LaTeX; a square bracket where the bound is reached; a minimum without closed form to three places
    saturates: str  # one of SATURATES
    cost: str  # the operations that take time, beside sums and products
    source: str  # who proposed it for neural networks, or made the case for it
    kinks: tuple = ()  # every x where the function or its derivative jumps
    keras: str | None = None  # the name of the same function in keras.activations, with its default arguments
    note: str = ""

    def __post_init__(self):
        for field in ("function", "derivative"):
            object.__setattr__(self, field, of_numbers(getattr(self, field)))

    def __call__(self, x):
        return self.function(x)


def of_numbers(formula):
    """Let a formula for float tensors take any numbers, and keep their float type."""

    @wraps(formula)
    def accept(x):
        x = float_tensor(x)
        return ops.cast(formula(x), x.dtype)  # on JAX Keras's tanh and arctan turn float64 into float32

    return accept


def activation(name):
    """Return the activation called `name`; raise ValueError, with the names that come close, if there is none."""
    if name in ZOO:
        return ZOO[name]
    known = {entry.keras: entry.name for entry in ZOO.values() if entry.keras} | {key.lower(): key for key in ZOO}
    close = dict.fromkeys(known[match] for match in get_close_matches(str(name).lower(), known))
    names = f"close names are {', '.join(close)}" if close else f"the names are {', '.join(ZOO)}"
    raise ValueError(f"name must be that of an activation in the zoo, but got {name!r}; {names}")


def table():
    """Return the zoo as a pandas DataFrame, one row for each activation, formulas between $ signs.

    Sources are cut to first author and year; `Activation.source` has them whole.
    """
    import pandas

    return pandas.DataFrame(
        {
            "name": entry.name,
            "formula": f"${entry.latex}$",
            "derivative": f"${entry.derivative_latex}$",
            "range": f"${entry.range}$",
            "saturates": entry.saturates,
            "cost": entry.cost,
            "source": _cited(entry.source),
        }
        for entry in ZOO.values()
    )


def _cited(source):
    """Return "Clevert et al. (2016)" for a source that starts "Clevert, Unterthiner and Hochreiter (2016), "."""
    authors, year = source.partition(")")[0].rsplit(" (", 1)
    return f"{authors.split(',')[0]} et al. ({year})" if "," in authors else f"{authors} ({year})"


# Constants that papers and libraries do not agree on, or that have many digits.

LEAKY_SLOPE = 0.01  # Maas et al. (2013); Keras has 0.3 in its LeakyReLU layer and 0.2 in leaky_relu
PRELU_SLOPE = 0.25  # where He et al. (2015) start learning it; Keras's PReLU layer starts at 0

# Randomized ReLU divides a negative x by a random number between 3 and 8, and at test time ...
RRELU_SLOPE = 2 / (3 + 8)  # ... Xu et al. (2015) divide by the mean divisor: 1/5.5 = 0.182
RRELU_MEAN_SLOPE = (1 / 8 + 1 / 3) / 2  # ... PyTorch, which draws the slope itself, takes the mean slope: 11/48 = 0.229

# The α and λ that keep mean 0 and variance 1 from one layer to the next, for normal inputs (Klambauer et al. 2017).
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805

HARD_SIGMOIDS = {  # three definitions in use, each clip(slope · x + 1/2, 0, 1), by who uses it: the slope
    "Courbariaux et al. (2015)": 1 / 2,
    "Keras 2, Theano": 1 / 5,
    "Keras 3, PyTorch": 1 / 6,
}


# Pieces that several activations share, for tensors.


def hard_sigmoid(x, slope=HARD_SIGMOIDS["Keras 3, PyTorch"]):
    """Return clip(slope · x + 1/2, 0, 1), a logistic function made of three straight pieces; see `HARD_SIGMOIDS`."""
    return ops.clip(slope * float_tensor(x) + 0.5, 0, 1)


def sqnl(x):
    bounded = ops.clip(x, -2, 2)
    return bounded - bounded * ops.abs(bounded) / 4


def leaky(slope):
    """Return the function that is x on the right of 0 and slope · x elsewhere."""
    return lambda x: ops.where(x > 0, x, slope * x)


def leaky_derivative(slope):
    return lambda x: ops.where(x > 0, ops.ones_like(x), slope * ops.ones_like(x))


def indicator(condition, x):
    """Return 1 where the condition holds and 0 elsewhere, in x's float type."""
    return ops.cast(condition, x.dtype)


def negative_part(x):
    """Return min(x, 0): its exponential never overflows.

    `where(x < 0, exp(x), x)` is not safe without it: exp(x) is computed for every x, and an infinity makes the gradient
    NaN even where `where` throws the value away.
    """
    return ops.where(x < 0, x, ops.zeros_like(x))


def normal_cdf(x):
    """Return Φ(x), the probability that a standard normal variable is at most x."""
    return (1 + ops.erf(x / math.sqrt(2))) / 2


def normal_density(x):
    """Return φ(x) = Φ'(x)."""
    return ops.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def bipolar_relu(x):
    """Return ReLU on the even units of a layer and its mirror image −ReLU(−x) on the odd ones, counting from 0.

    `x` has its units on the last axis (at least one axis); the result has x's shape. Half of the units lean to each
    side, which pulls the mean activation of the layer towards zero. Raises ValueError if `x` is a single number.
    Source: Eidnes and Nøkland (2017), arXiv:1709.04054.
    """
    x = float_tensor(x)
    if len(x.shape) == 0:
        raise ValueError("x must have an axis of units, but is a single number")
    return ops.where(ops.arange(x.shape[-1]) % 2 == 0, ops.relu(x), negative_part(x))


# The tanh form of GELU, x/2 (1 + tanh u) with u = √(2/π) (x + 0.044715 x³), and its derivative. Multiplied out,
#   u = 0.797885 x + 0.0356774 x³,  where 0.797885 = √(2/π) and 0.0356774 = 0.044715 √(2/π), and
#   x/2 · u' = 0.398942 x + 0.0535161 x³,  where 0.398942 = √(2/π)/2 = 1/√(2π) and 0.0535161 = 3/2 · 0.044715 √(2/π).

GELU_LINEAR = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715 * GELU_LINEAR


def gelu_tanh(x):
    return x / 2 * (1 + ops.tanh(GELU_LINEAR * x + GELU_CUBIC * x**3))


def gelu_tanh_derivative(x):
    """Return the derivative of the tanh form of GELU at `x`: 1.083 at 1."""
    x = float_tensor(x)
    tanh_u = ops.tanh(GELU_LINEAR * x + GELU_CUBIC * x**3)
    return 0.5 * tanh_u + (1.5 * GELU_CUBIC * x**3 + 0.5 * GELU_LINEAR * x) * (1 - tanh_u**2) + 0.5


def slide_gelu_derivative(x):
    """Return the derivative of GELU as a lecture slide had it: **wrong**, 0.535161 should be 0.0535161. 1.340 at 1."""
    x = float_tensor(x)
    tanh_u = ops.tanh(0.0356774 * x**3 + 0.797885 * x)
    return 0.5 * tanh_u + (0.535161 * x**3 + 0.398942 * x) * (1 - tanh_u**2) + 0.5


ACTIVATIONS = (
    # A straight line and two thresholds.
    Activation(
        name="identity",
        function=lambda x: x,
        derivative=ops.ones_like,
        latex=r"x",
        derivative_latex=r"1",
        range=r"(-\infty, \infty)",
        saturates="nowhere",
        cost="nothing",
        source="Widrow and Hoff (1960), Adaptive switching circuits, IRE WESCON Convention Record",
        keras="linear",
        note="Their ADALINE learns from the error of the weighted sum itself.",
    ),
    Activation(
        name="binary step",
        function=lambda x: indicator(x >= 0, x),
        derivative=ops.zeros_like,
        latex=r"\begin{cases} 1 & x \ge 0 \\ 0 & x \lt 0 \end{cases}",
        derivative_latex=r"0 \quad\text{for } x \ne 0",
        range=r"\{0, 1\}",
        saturates="both sides",
        cost="one comparison",
        source="McCulloch and Pitts (1943), A logical calculus of the ideas immanent in nervous activity, "
        "Bulletin of Mathematical Biophysics 5:115-133",
        kinks=(0,),
        note="The neuron fires when its input reaches the threshold; no gradient passes through.",
    ),
    Activation(
        name="sign",
        function=ops.sign,
        derivative=ops.zeros_like,
        latex=r"\operatorname{sign}(x)",
        derivative_latex=r"0 \quad\text{for } x \ne 0",
        range=r"\{-1, 0, 1\}",
        saturates="both sides",
        cost="two comparisons",
        source="Widrow and Hoff (1960), Adaptive switching circuits, IRE WESCON Convention Record",
        kinks=(0,),
        note="The output of ADALINE; sign(0) = 0, which only an exact zero meets.",
    ),
    # S-shaped: smooth steps that saturate on both sides, and their cheap substitutes.
    Activation(
        name="logistic",
        function=ops.sigmoid,
        derivative=lambda x: ops.sigmoid(x) * ops.sigmoid(-x),
        latex=r"\sigma(x) = \frac{1}{1 + e^{-x}}",
        derivative_latex=r"\sigma(x)\,(1 - \sigma(x)) = \sigma(x)\,\sigma(-x)",
        range=r"(0, 1)",
        saturates="both sides",
        cost="one exponential, one division",
        source="Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating errors, "
        "Nature 323:533-536",
        keras="sigmoid",
        note="Also called sigmoid.",
    ),
    Activation(
        name="tanh",
        function=ops.tanh,
        derivative=lambda x: 1 - ops.tanh(x) ** 2,
        latex=r"\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}",
        derivative_latex=r"1 - \tanh^2(x)",
        range=r"(-1, 1)",
        saturates="both sides",
        cost="one exponential, one division",
        source="LeCun, Bottou, Orr and Müller (1998), Efficient BackProp, in Neural Networks: Tricks of the Trade, "
        "LNCS 1524:9-50",
        keras="tanh",
        note="tanh(x) = 2σ(2x) − 1; the paper recommends 1.7159 tanh(2x/3).",
    ),
    Activation(
        name="arctan",
        function=ops.arctan,
        derivative=lambda x: 1 / (1 + x**2),
        latex=r"\arctan(x)",
        derivative_latex=r"\frac{1}{1 + x^2}",
        range=r"(-\frac{\pi}{2}, \frac{\pi}{2})",
        saturates="both sides",
        cost="one arctangent",
        source="Cybenko (1989), Approximation by superpositions of a sigmoidal function, "
        "Mathematics of Control, Signals, and Systems 2:303-314",
        note="The paper covers every continuous function of this shape, shifted and scaled to run from 0 to 1.",
    ),
    Activation(
        name="softsign",
        function=lambda x: x / (1 + ops.abs(x)),
        derivative=lambda x: 1 / (1 + ops.abs(x)) ** 2,
        latex=r"\frac{x}{1 + |x|}",
        derivative_latex=r"\frac{1}{(1 + |x|)^2}",
        range=r"(-1, 1)",
        saturates="both sides",
        cost="one division",
        source="Elliott (1993), A better activation function for artificial neural networks, "
        "Institute for Systems Research, University of Maryland, technical report TR 93-8",
        keras="softsign",
    ),
    Activation(
        name="ISRU",
        function=lambda x: x / ops.sqrt(1 + x**2),
        derivative=lambda x: (1 + x**2) ** -1.5,
        latex=r"\frac{x}{\sqrt{1 + x^2}}",
        derivative_latex=r"\frac{1}{(1 + x^2)^{3/2}}",
        range=r"(-1, 1)",
        saturates="both sides",
        cost="one inverse square root",
        source="Carlile, Delamarter, Kinney, Marti and Whitney (2017), Improving deep learning by inverse square root "
        "linear units (ISRLUs), arXiv:1710.09967",
        note="Inverse square root unit; the paper has x/√(1 + αx²), here α = 1.",
    ),
    Activation(
        name="SQNL",
        function=sqnl,
        derivative=lambda x: ops.relu(1 - ops.abs(x) / 2),
        latex=r"\begin{cases} x - \frac{x |x|}{4} & |x| \le 2 \\ \operatorname{sign}(x) & |x| \gt 2 \end{cases}",
        derivative_latex=r"\max(0, 1 - \frac{|x|}{2})",
        range=r"[-1, 1]",
        saturates="both sides",
        cost="two comparisons",
        source="Wuraola and Patel (2018), SQNL: A new computationally efficient activation function, IJCNN",
        note="Square non-linearity: two parabolas in place of the exponential.",
    ),
    Activation(
        name="hard sigmoid",
        function=hard_sigmoid,
        derivative=lambda x: indicator(ops.abs(x) < 3, x) / 6,
        latex=r"\max(0, \min(1, \frac{x}{6} + \frac{1}{2}))",
        derivative_latex=r"\begin{cases} \frac{1}{6} & |x| \lt 3 \\ 0 & |x| \gt 3 \end{cases}",
        range=r"[0, 1]",
        saturates="both sides",
        cost="two comparisons",
        source="Howard, Sandler, Chu, Chen, Chen, Tan, Wang, Zhu, Pang, Vasudevan, Le and Adam (2019), Searching for "
        "MobileNetV3, ICCV, arXiv:1905.02244",
        kinks=(-3, 3),
        keras="hard_sigmoid",
        note="Courbariaux et al. (2015) have slope 1/2, Keras 2 had 0.2, Keras 3 has 1/6, shown here.",
    ),
    Activation(
        name="hard tanh",
        function=lambda x: ops.clip(x, -1, 1),
        derivative=lambda x: indicator(ops.abs(x) < 1, x),
        latex=r"\max(-1, \min(1, x))",
        derivative_latex=r"\begin{cases} 1 & |x| \lt 1 \\ 0 & |x| \gt 1 \end{cases}",
        range=r"[-1, 1]",
        saturates="both sides",
        cost="two comparisons",
        source="Collobert, Weston, Bottou, Karlen, Kavukcuoglu and Kuksa (2011), Natural language processing (almost) "
        "from scratch, Journal of Machine Learning Research 12:2493-2537",
        kinks=(-1, 1),
        keras="hard_tanh",
        note="Also called saturation, or clipped linear.",
    ),
    # A bump: the unit answers near one point, and saturates away from it.
    Activation(
        name="Gaussian",
        function=lambda x: ops.exp(-(x**2)),
        derivative=lambda x: -2 * x * ops.exp(-(x**2)),
        latex=r"e^{-x^2}",
        derivative_latex=r"-2x\,e^{-x^2}",
        range=r"(0, 1]",
        saturates="both sides",
        cost="one exponential",
        source="Broomhead and Lowe (1988), Multivariable functional interpolation and adaptive networks, "
        "Complex Systems 2:321-355",
    ),
    # Rectifiers made of two straight pieces.
    Activation(
        name="ReLU",
        function=ops.relu,
        derivative=lambda x: indicator(x > 0, x),
        latex=r"\max(0, x)",
        derivative_latex=r"\begin{cases} 1 & x \gt 0 \\ 0 & x \lt 0 \end{cases}",
        range=r"[0, \infty)",
        saturates="left",
        cost="one comparison",
        source="Hahnloser, Sarpeshkar, Mahowald, Douglas and Seung (2000), Digital selection and analogue "
        "amplification coexist in a cortex-inspired silicon circuit, Nature 405:947-951",
        kinks=(0,),
        keras="relu",
        note="Fukushima (1969) had used it in a net for vision.",
    ),
    Activation(
        name="leaky ReLU",
        function=leaky(LEAKY_SLOPE),
        derivative=leaky_derivative(LEAKY_SLOPE),
        latex=r"\begin{cases} x & x \gt 0 \\ 0.01\,x & x \le 0 \end{cases}",
        derivative_latex=r"\begin{cases} 1 & x \gt 0 \\ 0.01 & x \lt 0 \end{cases}",
        range=r"(-\infty, \infty)",
        saturates="nowhere",
        cost="one comparison",
        source="Maas, Hannun and Ng (2013), Rectifier nonlinearities improve neural network acoustic models, "
        "ICML Workshop on Deep Learning for Audio, Speech and Language Processing",
        kinks=(0,),
        note="The slope α is 0.01 in the paper, 0.3 in Keras's LeakyReLU layer, 0.2 in keras.activations.leaky_relu.",
    ),
    Activation(
        name="PReLU",
        function=leaky(PRELU_SLOPE),
        derivative=leaky_derivative(PRELU_SLOPE),
        latex=r"\begin{cases} x & x \gt 0 \\ \alpha x & x \le 0 \end{cases}",
        derivative_latex=r"\begin{cases} 1 & x \gt 0 \\ \alpha & x \lt 0 \end{cases}",
        range=r"(-\infty, \infty)",
        saturates="nowhere",
        cost="one comparison",
        source="He, Zhang, Ren and Sun (2015), Delving deep into rectifiers: surpassing human-level performance on "
        "ImageNet classification, ICCV, arXiv:1502.01852",
        kinks=(0,),
        note="α is learned; the paper starts it at 0.25, shown here, Keras's PReLU layer at 0.",
    ),
    Activation(
        name="randomized ReLU",
        function=leaky(RRELU_SLOPE),
        derivative=leaky_derivative(RRELU_SLOPE),
        latex=r"\begin{cases} x & x \gt 0 \\ \frac{x}{5.5} & x \le 0 \end{cases}",
        derivative_latex=r"\begin{cases} 1 & x \gt 0 \\ \frac{1}{5.5} & x \lt 0 \end{cases}",
        range=r"(-\infty, \infty)",
        saturates="nowhere",
        cost="one comparison",
        source="Xu, Wang, Chen and Li (2015), Empirical evaluation of rectified activations in convolutional network, "
        "arXiv:1505.00853",
        kinks=(0,),
        note="In training a negative x is divided by a random number between 3 and 8, at test time by 5.5.",
    ),
    Activation(
        name="bipolar ReLU",
        function=negative_part,
        derivative=lambda x: indicator(x < 0, x),
        latex=r"\min(0, x) \quad\text{on odd units, } \max(0, x) \text{ on even ones}",
        derivative_latex=r"\begin{cases} 1 & x \lt 0 \\ 0 & x \gt 0 \end{cases} \quad\text{on odd units}",
        range=r"(-\infty, 0]",
        saturates="right",
        cost="one comparison",
        source="Eidnes and Nøkland (2017), Shifting mean activation towards zero with bipolar activation functions, "
        "arXiv:1709.04054",
        kinks=(0,),
        note="An odd unit is shown; `bipolar_relu` is the whole layer.",
    ),
    # Rectifiers whose left part bends, and tends to a constant.
    Activation(
        name="ISRLU",
        function=lambda x: x / ops.sqrt(1 + negative_part(x) ** 2),
        derivative=lambda x: (1 + negative_part(x) ** 2) ** -1.5,
        latex=r"\begin{cases} x & x \ge 0 \\ \frac{x}{\sqrt{1 + x^2}} & x \lt 0 \end{cases}",
        derivative_latex=r"\begin{cases} 1 & x \ge 0 \\ \frac{1}{(1 + x^2)^{3/2}} & x \lt 0 \end{cases}",
        range=r"(-1, \infty)",
        saturates="left",
        cost="one inverse square root, one comparison",
        source="Carlile, Delamarter, Kinney, Marti and Whitney (2017), Improving deep learning by inverse square root "
        "linear units (ISRLUs), arXiv:1710.09967",
        note="Inverse square root linear unit; the paper has x/√(1 + αx²), here α = 1.",
    ),
    Activation(
        name="ELU",
        function=lambda x: ops.where(x >= 0, x, ops.expm1(negative_part(x))),
        derivative=lambda x: ops.exp(negative_part(x)),
        latex=r"\begin{cases} x & x \ge 0 \\ e^x - 1 & x \lt 0 \end{cases}",
        derivative_latex=r"\begin{cases} 1 & x \ge 0 \\ e^x & x \lt 0 \end{cases}",
        range=r"(-1, \infty)",
        saturates="left",
        cost="one exponential, one comparison",
        source="Clevert, Unterthiner and Hochreiter (2016), Fast and accurate deep network learning by exponential "
        "linear units (ELUs), ICLR, arXiv:1511.07289",
        keras="elu",
        note="The left part is α(eˣ − 1), with α = 1 in the paper and in Keras; any other α makes a kink.",
    ),
    Activation(
        name="SELU",
        function=lambda x: SELU_SCALE * ops.where(x >= 0, x, SELU_ALPHA * ops.expm1(negative_part(x))),
        derivative=lambda x: SELU_SCALE * ops.where(x >= 0, ops.ones_like(x), SELU_ALPHA * ops.exp(negative_part(x))),
        latex=r"\begin{cases} \lambda x & x \ge 0 \\ \lambda\alpha (e^x - 1) & x \lt 0 \end{cases}",
        derivative_latex=r"\begin{cases} \lambda & x \gt 0 \\ \lambda\alpha e^x & x \lt 0 \end{cases}",
        range=r"(-\lambda\alpha, \infty)",
        saturates="left",
        cost="one exponential, one comparison",
        source="Klambauer, Unterthiner, Mayr and Hochreiter (2017), Self-normalizing neural networks, NIPS, "
        "arXiv:1706.02515",
        kinks=(0,),
        keras="selu",
        note="λ = 1.0507 and α = 1.6733 keep normal inputs at mean 0 and variance 1; λα = 1.7581.",
    ),
    Activation(
        name="softplus",
        function=ops.softplus,
        derivative=ops.sigmoid,
        latex=r"\ln(1 + e^x)",
        derivative_latex=r"\sigma(x) = \frac{1}{1 + e^{-x}}",
        range=r"(0, \infty)",
        saturates="left",
        cost="one exponential, one logarithm",
        source="Dugas, Bengio, Bélisle, Nadeau and Garcia (2001), Incorporating second-order functional knowledge for "
        "better option pricing, NIPS 13",
        keras="softplus",
    ),
    # x times a smooth gate.
    Activation(
        name="GELU",
        function=lambda x: x * normal_cdf(x),
        derivative=lambda x: normal_cdf(x) + x * normal_density(x),
        latex=r"x\,\Phi(x) = \frac{x}{2} (1 + \operatorname{erf}(\frac{x}{\sqrt{2}}))",
        derivative_latex=r"\Phi(x) + x\,\varphi(x)",
        range=r"[-0.170, \infty)",
        saturates="left",
        cost="one error function",
        source="Hendrycks and Gimpel (2016), Gaussian error linear units (GELUs), arXiv:1606.08415",
        keras="gelu",
        note="Φ and φ are the distribution function and the density of the standard normal distribution.",
    ),
    Activation(
        name="GELU (tanh)",
        function=gelu_tanh,
        derivative=gelu_tanh_derivative,
        latex=r"\frac{x}{2} (1 + \tanh(u)) \quad\text{with } u = \sqrt{\frac{2}{\pi}} (x + 0.044715\,x^3)",
        derivative_latex=r"\frac{1 + \tanh(u)}{2} + \frac{x\,v}{2} (1 - \tanh^2(u)) "
        r"\quad\text{with } v = \frac{du}{dx}",
        range=r"[-0.170, \infty)",
        saturates="left",
        cost="one exponential, one division",
        source="Hendrycks and Gimpel (2016), Gaussian error linear units (GELUs), arXiv:1606.08415",
        note="The approximation of GELU that keras.activations.gelu computes with approximate=True.",
    ),
    Activation(
        name="SiLU",
        function=lambda x: x * ops.sigmoid(x),
        derivative=lambda x: ops.sigmoid(x) * (1 + x * ops.sigmoid(-x)),
        latex=r"x\,\sigma(x) = \frac{x}{1 + e^{-x}}",
        derivative_latex=r"\sigma(x)\,(1 + x\,(1 - \sigma(x)))",
        range=r"[-0.278, \infty)",
        saturates="left",
        cost="one exponential, one division",
        source="Elfwing, Uchibe and Doya (2018), Sigmoid-weighted linear units for neural network function "
        "approximation in reinforcement learning, Neural Networks 107:3-11, arXiv:1702.03118",
        keras="silu",
        note="Named by Hendrycks and Gimpel (2016); Ramachandran, Zoph and Le (2017) call it swish.",
    ),
)

ZOO = {entry.name: entry for entry in ACTIVATIONS}
