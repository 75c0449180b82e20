"""The zoo against closed forms in 50 digits, numerical and automatic derivatives, Keras, and its own LaTeX."""

import math
import re

import keras
import mpmath
import numpy as np
import pytest
from keras import ops
from mpmath import mp, mpf

from course.activations import (
    HARD_SIGMOIDS,
    RRELU_MEAN_SLOPE,
    RRELU_SLOPE,
    SATURATES,
    SELU_ALPHA,
    SELU_SCALE,
    ZOO,
    activation,
    bipolar_relu,
    gelu_tanh_derivative,
    hard_sigmoid,
    slide_gelu_derivative,
    table,
)
from course.autodiff import gradient


@pytest.fixture(autouse=True, scope="module")
def fifty_digits():
    with mpmath.workdps(50):
        yield


pytestmark = pytest.mark.usefixtures("float64")


# Textbook formulas in high precision, written for this test only.

SELU = {"alpha": mpf(SELU_ALPHA), "lambda": mpf(SELU_SCALE)}  # their digits have a test of their own, below


def sigma(x):
    return 1 / (1 + mp.exp(-x))


def clip(x, low, high):
    return min(max(x, mpf(low)), mpf(high))


REFERENCE = {
    "identity": lambda x: x,
    "binary step": lambda x: mpf(x >= 0),
    "sign": lambda x: mpf((x > 0) - (x < 0)),
    "logistic": sigma,
    "tanh": lambda x: mp.sinh(x) / mp.cosh(x),
    "arctan": lambda x: mp.asin(x / mp.sqrt(1 + x * x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "ISRU": lambda x: mp.sin(mp.atan(x)),
    "SQNL": lambda x: mp.sign(x) * (1 - (1 - abs(x) / 2) ** 2 if abs(x) < 2 else 1),
    "hard sigmoid": lambda x: clip(x + 3, 0, 6) / 6,
    "hard tanh": lambda x: (abs(x + 1) - abs(x - 1)) / 2,
    "Gaussian": lambda x: 1 / mp.exp(x * x),
    "ReLU": lambda x: (x + abs(x)) / 2,
    "leaky ReLU": lambda x: max(x, x / 100),
    "PReLU": lambda x: max(x, x / 4),
    "randomized ReLU": lambda x: max(x, x * 2 / 11),
    "bipolar ReLU": lambda x: (x - abs(x)) / 2,
    "ISRLU": lambda x: x if x > 0 else mp.sin(mp.atan(x)),
    "ELU": lambda x: x if x > 0 else mp.expm1(x),
    "SELU": lambda x: SELU["lambda"] * (x if x > 0 else SELU["alpha"] * mp.expm1(x)),
    "softplus": lambda x: mp.log(1 + mp.exp(x)),
    "GELU": lambda x: x * mp.ncdf(x),
    "GELU (tanh)": lambda x: x * sigma(2 * mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * x**3)),
    "SiLU": lambda x: x * sigma(x),
}
NAMES = list(REFERENCE)
POINTS = np.array([-30, -7.3, -3.7, -2.6, -1.3, -0.9, -0.35, -1e-3, 0, 1e-3, 0.35, 0.9, 1.3, 2.6, 3.7, 7.3, 25])
WIDE = [mpf(k) / 40 for k in range(-1600, 1601)]  # from -40 to 40


def precision(name):
    """The errors to expect in float64."""
    if keras.backend.backend() == "jax" and name in ("tanh", "arctan", "GELU (tanh)"):
        return {"rtol": 1e-5, "atol": 3e-6}  # Keras computes tanh and arctan in float32 there
    if keras.backend.backend() == "torch" and name == "softplus":
        return {"rtol": 1e-9, "atol": 3e-9}  # PyTorch replaces softplus(x) by x from x = 20 on
    return {"rtol": 1e-12, "atol": 1e-14}


def smooth_points(name):
    return np.array([x for x in POINTS if x not in ZOO[name].kinks])


def exact(function, xs):
    return np.array([float(function(mpf(float(x)))) for x in xs])


def slope_at(name, x, side=0):
    """The reference's derivative, by differences in high precision; from the right (1) or the left (-1) if asked."""
    return mp.diff(REFERENCE[name], mpf(float(x)), direction=side)


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


def test_the_zoo_is_complete():
    assert set(ZOO) == set(REFERENCE)
    assert all(name == entry.name for name, entry in ZOO.items())


# Values and derivatives.


@pytest.mark.parametrize("name", NAMES)
def test_value_is_the_closed_form(name):
    got = numbers(ZOO[name](POINTS))
    assert got.dtype == "float64"
    np.testing.assert_allclose(got, exact(REFERENCE[name], POINTS), **precision(name))


@pytest.mark.parametrize("name", NAMES)
def test_derivative_is_the_numerical_one(name):
    xs = smooth_points(name)
    got = numbers(ZOO[name].derivative(xs))
    assert got.dtype == "float64"
    np.testing.assert_allclose(got, [float(slope_at(name, x)) for x in xs], **precision(name))


@pytest.mark.parametrize("name", NAMES)
def test_derivative_is_the_automatic_one(name):
    xs = smooth_points(name)
    automatic = gradient(lambda x: ops.sum(ZOO[name](x)), xs)
    assert automatic.dtype == "float64"
    np.testing.assert_allclose(numbers(ZOO[name].derivative(xs)), automatic, **precision(name))


@pytest.mark.parametrize("name", [name for name in NAMES if ZOO[name].keras])
def test_value_is_that_of_keras(name):
    xs = np.append(POINTS, [-3, -2, -1, 1, 2, 3]).astype("float32")
    theirs = getattr(keras.activations, ZOO[name].keras)(ops.convert_to_tensor(xs))
    np.testing.assert_allclose(numbers(ZOO[name](xs)), numbers(theirs), rtol=1e-5, atol=1e-6)


def test_the_tanh_form_of_gelu_is_that_of_keras():
    theirs = keras.activations.gelu(ops.convert_to_tensor(POINTS), approximate=True)
    np.testing.assert_allclose(numbers(ZOO["GELU (tanh)"](POINTS)), numbers(theirs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_far_out_nothing_overflows(name):
    xs = np.array([-1e4, -89, 89, 1e4], dtype="float32")
    value, slope = ZOO[name](xs), ZOO[name].derivative(xs)
    np.testing.assert_allclose(numbers(value), exact(REFERENCE[name], xs), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(numbers(slope), [float(slope_at(name, x)) for x in xs], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(gradient(lambda x: ops.sum(ZOO[name](x)), xs), numbers(slope), atol=1e-5)


# What the zoo says about its functions.


def kinks_of(name):
    """Where the reference or its slope jumps, among the multiples of 1/4 up to 5."""

    gap = mpf("1e-12")

    def jumps(x):
        value_jump = REFERENCE[name](x + gap) - REFERENCE[name](x - gap)
        return abs(value_jump) > 1e-6 or abs(slope_at(name, x, 1) - slope_at(name, x, -1)) > 1e-6

    return tuple(k / 4 for k in range(-20, 21) if jumps(mpf(k) / 4))


@pytest.mark.parametrize("name", NAMES)
def test_kinks(name):
    assert ZOO[name].kinks == kinks_of(name)


@pytest.mark.parametrize("name", [name for name in NAMES if ZOO[name].kinks])
def test_at_a_kink_the_smaller_slope_at_a_jump_zero(name):
    for kink in ZOO[name].kinks:
        sides = [0, 0] if name in ("binary step", "sign") else [slope_at(name, kink, side) for side in (-1, 1)]
        assert float(numbers(ZOO[name].derivative(float(kink)))) == pytest.approx(float(min(sides)), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_saturates_where_the_slope_tends_to_zero(name):
    flat_left, flat_right = (bool(abs(slope_at(name, x)) < 1e-7) for x in (-1e4, 1e4))
    sides = {(1, 1): "both sides", (1, 0): "left", (0, 1): "right", (0, 0): "nowhere"}
    assert ZOO[name].saturates == sides[flat_left, flat_right]
    assert ZOO[name].saturates in SATURATES


@pytest.mark.parametrize("name", NAMES)
def test_range(name):
    """A bound is approached, and is met (a square bracket) or not (a round one)."""
    text, f = ZOO[name].range, REFERENCE[name]
    if text.startswith(r"\{"):
        assert {evaluate(bound) for bound in text[2:-2].split(", ")} == {f(x) for x in WIDE}
        return
    low, high = (evaluate(bound, **SELU) for bound in text[1:-1].split(", "))
    values = [f(x) for x in WIDE]
    for bound, met, extreme, far in (
        (low, text[0] == "[", min(values), [f(mpf(-1e6)), f(mpf(1e6))]),
        (-high, text[-1] == "]", -max(values), [-f(mpf(-1e6)), -f(mpf(1e6))]),
    ):
        rounded = mpf("0.0005") if "0." in text else 0  # a minimum without a closed form is given to three places
        if mp.isinf(bound):
            assert not met and min(far) < -1e3
        elif met:
            assert abs(extreme - bound) <= rounded
        else:
            assert extreme > bound and min(far) - bound < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_the_formulas_shown_are_the_functions(name):
    symbols = SELU | ({"alpha": mpf("0.25")} if name == "PReLU" else {})
    for x in smooth_points(name):
        if name == "GELU (tanh)":  # u and its derivative v stand in the formulas
            symbols |= {"u": mp.sqrt(2 / mp.pi) * (x + mpf("0.044715") * mpf(x) ** 3)}
            assert evaluate(ZOO[name].latex.split("u = ")[1], mpf(x)) == pytest.approx(symbols["u"], rel=1e-20)
            symbols |= {"v": mp.sqrt(2 / mp.pi) * (1 + 3 * mpf("0.044715") * mpf(x) ** 2)}
        for shown in formulas(ZOO[name].latex):
            assert evaluate(shown, mpf(x), **symbols) == pytest.approx(REFERENCE[name](mpf(x)), rel=1e-20, abs=1e-30)
        for shown in formulas(ZOO[name].derivative_latex):
            assert evaluate(shown, mpf(x), **symbols) == pytest.approx(slope_at(name, x), rel=1e-15, abs=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_texts(name):
    entry = ZOO[name]
    for latex in (entry.latex, entry.derivative_latex, entry.range):
        plain = latex.replace(r"\{", "").replace(r"\}", "")
        depth = np.cumsum([(c == "{") - (c == "}") for c in plain])
        assert depth[-1] == 0 and depth.min() >= 0, f"unbalanced braces in {latex}"
        assert not set("$<>") & set(latex), f"would break the table's HTML: {latex}"
    year = re.search(r"\((\d{4})\), \S", entry.source)
    assert year and 1940 < int(year[1]) < 2030
    assert entry.cost


# Constants.


def test_selu_keeps_mean_zero_and_variance_one():
    def moment(power):
        return mp.quad(lambda x: mp.npdf(x) * REFERENCE["SELU"](x) ** power, [-12, -4, 0, 4, 12])

    assert abs(moment(1)) < 1e-14
    assert abs(moment(2) - 1) < 1e-14


def test_the_two_test_slopes_of_randomized_relu():
    assert pytest.approx(1 / 5.5) == RRELU_SLOPE
    draws = np.linspace(1 / 8, 1 / 3, 1001)
    assert pytest.approx(draws.mean()) == RRELU_MEAN_SLOPE
    assert pytest.approx(11 / 48) == RRELU_MEAN_SLOPE


def test_three_hard_sigmoids():
    xs = np.linspace(-4, 4, 33)
    theirs = [np.clip((xs + 1) / 2, 0, 1), np.clip(0.2 * xs + 0.5, 0, 1), np.clip(xs + 3, 0, 6) / 6]
    assert len(HARD_SIGMOIDS) == 3
    for slope, expected in zip(HARD_SIGMOIDS.values(), theirs, strict=True):
        np.testing.assert_allclose(numbers(hard_sigmoid(xs, slope)), expected, atol=1e-15)


def test_the_slide_has_gelus_derivative_wrong():
    true = float(slope_at("GELU (tanh)", 1))
    assert round(true, 3) == 1.083
    assert float(numbers(gelu_tanh_derivative(1.0))) == pytest.approx(true, abs=1e-6)
    assert round(float(numbers(slide_gelu_derivative(1.0))), 3) == 1.340
    ten_times = 10 * 1.5 * 0.044715 * math.sqrt(2 / math.pi)
    assert ten_times == pytest.approx(0.535161, abs=1e-6)


def test_bipolar_relu_mirrors_every_other_unit():
    x = np.array([[-1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])
    np.testing.assert_array_equal(numbers(bipolar_relu(x)), [[0, -2, 3], [4, 0, 0]])
    assert numbers(bipolar_relu(x)).dtype == "float64"
    with pytest.raises(ValueError, match="axis"):
        bipolar_relu(1.0)


# What goes in and what comes out.


@pytest.mark.parametrize("name", NAMES)
def test_shape_and_type_are_kept(name):
    for f in (ZOO[name], ZOO[name].derivative):
        for x, dtype in ((2, "float32"), ([[1, -2]], "float32"), (np.ones((2, 0, 3)), "float64"),
                         (np.float64(0.5), "float64"), (ops.ones((3,), "float16"), "float16"),
                         (keras.Input((5,), batch_size=2), "float32")):  # fmt: skip
            y = f(x)
            assert tuple(y.shape) == (tuple(x.shape) if hasattr(x, "shape") else np.shape(x))
            assert keras.backend.standardize_dtype(y.dtype) == dtype


def test_what_is_not_numbers_is_refused():
    with pytest.raises(TypeError, match=r"x must be numbers.*'two'"):
        ZOO["ReLU"]("two")


def test_a_layer_can_use_an_activation():
    layer = keras.layers.Dense(3, activation=ZOO["SQNL"])
    x = np.array([[1.0, -2.0]], dtype="float32")
    y = numbers(layer(x))
    np.testing.assert_allclose(y[0], exact(REFERENCE["SQNL"], x[0] @ layer.get_weights()[0]), rtol=1e-5)


def test_lookup():
    assert activation("ELU") is ZOO["ELU"]
    with pytest.raises(ValueError, match=r"'relu'.*close.* ReLU"):
        activation("relu")
    with pytest.raises(ValueError, match=r"'sigmoid'.*logistic"):  # the name that Keras has for it
        activation("sigmoid")
    with pytest.raises(ValueError, match=r"'qqq'.*identity.*SiLU"):
        activation("qqq")


def test_table():
    shown = table()
    assert list(shown.columns) == ["name", "formula", "derivative", "range", "saturates", "cost", "source"]
    assert all(re.fullmatch(r"\S+( and \S+| et al\.)? \((18|19|20)\d\d\)", who) for who in shown["source"])
    assert shown["source"][list(ZOO).index("ELU")] == "Clevert et al. (2016)"
    assert list(shown["name"]) == list(ZOO)
    for column in ("formula", "derivative", "range"):
        assert all(cell[0] == cell[-1] == "$" and len(cell) > 2 for cell in shown[column])


# The formulas as they are shown, evaluated: a reader of as much LaTeX as the zoo uses.

TOKEN = re.compile(r"\\\\|\\operatorname\{\w+\}|\\(?:begin|end)\{cases\}|\\[A-Za-z]+|\d+(?:\.\d+)?|\|x\||\S")
FUNCTIONS = {
    r"\max": max, r"\min": min, r"\tanh": mp.tanh, r"\arctan": mp.atan, r"\ln": mp.log, r"\sigma": sigma,
    r"\Phi": mp.ncdf, r"\varphi": mp.npdf,
    r"\operatorname{sign}": mp.sign, r"\operatorname{erf}": mp.erf, r"\operatorname{sech}": mp.sech,
}  # fmt: skip
RELATIONS = {
    r"\lt": lambda a, b: a < b, r"\le": lambda a, b: a <= b, r"\gt": lambda a, b: a > b, r"\ge": lambda a, b: a >= b,
}  # fmt: skip
ENDS = {"+", "-", ")", "}", ",", "&", "=", "\\\\", r"\end{cases}", "", *RELATIONS}


def formulas(latex):
    """The sides of `a = b`, without the words after a `\\quad`."""
    return latex.split(r" \quad")[0].split("=")


def evaluate(latex, x=None, **symbols):
    """The value of a formula at `x`; `symbols` are letters such as alpha."""
    tokens = [*TOKEN.findall(latex.replace(r"\,", " ")), ""]
    values = {"x": x, "e": mp.e, r"\pi": mp.pi, r"\infty": mp.inf} | {
        k if len(k) == 1 else "\\" + k: v for k, v in symbols.items()
    }

    def take(expected=None):
        token = tokens.pop(0)
        assert expected in (None, token), f"{token!r} where {expected!r} should be, in {latex}"
        return token

    def total():
        negative = tokens[0] == "-" and take()
        value = -product() if negative else product()
        while tokens[0] in ("+", "-"):
            value = value + product() if take() == "+" else value - product()
        return value

    def product():
        value = power()
        while tokens[0] not in ENDS:
            value = value / power() if tokens[0] == "/" and take() else value * power()
        return value

    def power():
        value = atom()
        return value ** atom() if tokens[0] == "^" and take() else value

    def arguments():
        take("(")
        found = [total()]
        while tokens[0] == ",":
            take()
            found.append(total())
        take(")")
        return found

    def cases():
        value = None
        while tokens[0] != r"\end{cases}":
            candidate = total()
            take("&")
            left, relation, right = total(), take(), total()
            if RELATIONS[relation](left, right):
                value = candidate
            if tokens[0] == "\\\\":
                take()
        take()
        return value

    def atom():
        token = take()
        if token == r"\begin{cases}":
            return cases()
        if token == "(":
            tokens.insert(0, token)
            return arguments()[0]
        if token == "{":
            value = total()
            take("}")
            return value
        if token == r"\frac":
            return atom() / atom()
        if token == r"\sqrt":
            return mp.sqrt(atom())
        if token == "|x|":
            return abs(x)
        if token in FUNCTIONS:
            exponent = atom() if tokens[0] == "^" and take() else 1
            return FUNCTIONS[token](*arguments()) ** exponent
        return values[token] if token in values else mpf(token)

    value = total()
    take("")
    return value
