"""The ledger: what papers and slides state, where they state it, and what comes out when it is computed.

`CLAIMS` is data. A lecture computes a number in a cell and calls `check`, which raises if the verdict does not hold.
"""

import math
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from numbers import Real

EQUAL = "equal"
ROUNDED = "equal after rounding"
TRUNCATED = "equal after truncation"
DIFFERENTLY = "counted differently"
WRONG = "the source is wrong"
VERDICTS = (EQUAL, ROUNDED, TRUNCATED, DIFFERENTLY, WRONG)


@dataclass(frozen=True)
class Claim:
    """One published number.

    `name` is "topic.what"; `text` says what the number is; `source` where it stands, with table or page; `published` is
    the number as printed, in text, so that its digits are part of the claim; `verdict` is one of `VERDICTS`, and `why`
    explains it. `computed` is our number, in text too, for the two verdicts that find another one; otherwise None.
    """

    name: str
    text: str
    source: str
    published: str
    verdict: str
    why: str
    computed: str | None = None


SLIDES = "the slides that this course grew from"
KLAMBAUER = "Klambauer et al. (2017), Self-normalizing neural networks, arXiv:1706.02515"

NEURONS = (
    Claim(
        "neurons.gelu_slope", "slope of GELU (tanh form) at x = 1", SLIDES, "1.340", WRONG,
        "one coefficient is printed ten times too large", "1.083",
    ),
    Claim(
        "neurons.gelu_coefficient", "that coefficient: of x³ in front of sech²", SLIDES, "0.535161", WRONG,
        "it is 3/2 · 0.044715 · √(2/π); the decimal point slipped", "0.0535161",
    ),
    Claim(
        "neurons.gelu_linear", "the coefficient of x in front of sech²", SLIDES, "0.398942", ROUNDED,
        "½ √(2/π), the height of the normal density",
    ),
    Claim(
        "neurons.gelu_tanh_cubic", "the coefficient of x³ inside tanh", SLIDES, "0.0356774", ROUNDED,
        "0.044715 · √(2/π)",
    ),
    Claim(
        "neurons.gelu_tanh_linear", "the coefficient of x inside tanh", SLIDES, "0.797885", ROUNDED, "√(2/π)",
    ),
    Claim(
        "neurons.elu_alpha", "α of ELU", SLIDES, "0.1 to 0.3", WRONG,
        "Clevert et al. (2016) take 1, and so does Keras", "1.00",
    ),
    Claim(
        "neurons.leaky_relu_alpha", "α of leaky ReLU", SLIDES, "0.1 to 0.3", DIFFERENTLY,
        "Maas et al. (2013) take 0.01, Keras has 0.3 in its layer and 0.2 in its function", "0.300",
    ),
    Claim(
        "neurons.rrelu_divisor", "randomized ReLU at test time: x divided by",
        "Xu et al. (2015), arXiv:1505.00853", "5.5", EQUAL,
        "the middle of 3 and 8; averaging the slopes 1/8 and 1/3 instead, as a well-known library does, gives 4.36",
    ),
    Claim(
        "neurons.selu_scale", "λ of SELU", KLAMBAUER, "1.0507", ROUNDED,
        "mean 0 and variance 1 are then a fixed point",
    ),
    Claim("neurons.selu_alpha", "α of SELU", KLAMBAUER, "1.6733", ROUNDED, "the other half of the same fixed point"),
)  # fmt: skip

CLAIMS = NEURONS


@dataclass(frozen=True)
class Checked:
    """A claim beside the number that was computed for it: text, with as many digits as the claim has."""

    claim: Claim
    computed: str

    def __str__(self):
        claim = self.claim
        found = f"computed {self.computed}: {claim.verdict} ({claim.why})"
        return f"{claim.text}: {claim.published} in {claim.source}; {found}"


def check(name, computed):
    """Hold the number `computed` (int or float) against the claim called `name`, and return the two as `Checked`.

    Raises ValueError if the ledger has no such claim, ValueError or TypeError if `computed` is no finite number, and
    AssertionError if the verdict on the claim does not hold for it.
    """
    claim = find(name)
    if isinstance(computed, bool) or not isinstance(computed, Real):
        raise TypeError(f"computed must be an int or a float, but got {computed!r}")
    if not math.isfinite(computed):
        raise ValueError(f"computed must be finite, but got {computed!r}")
    number = Decimal(str(computed))
    if not holds(claim, number):
        raise AssertionError(f"{name}: published {claim.published}, computed {computed}; that is not {claim.verdict!r}")
    return Checked(claim, f"{_cut(number, claim.computed or claim.published, ROUND_HALF_UP):f}")


def find(name):
    """Return the claim called `name`. Raises ValueError, naming those that there are, if there is none."""
    for claim in CLAIMS:
        if claim.name == name:
            return claim
    raise ValueError(f"the ledger has no claim {name!r}; it has {', '.join(claim.name for claim in CLAIMS)}")


def holds(claim, number):
    """Return whether the claim's verdict is true of the computed `number` (Decimal)."""
    equal = number == _number(claim.published)
    rounded = _same_digits(number, claim.published, ROUND_HALF_UP)
    if claim.verdict == EQUAL:
        return equal
    if claim.verdict == ROUNDED:
        return rounded and not equal
    if claim.verdict == TRUNCATED:
        return _same_digits(number, claim.published, ROUND_DOWN) and not rounded
    return _same_digits(number, claim.computed, ROUND_HALF_UP) and not rounded


def _number(text):
    """Return printed text as a Decimal, None where it is not one number ("0.1 to 0.3")."""
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None


def _same_digits(number, text, rounding):
    """Return whether `number`, cut to the digits that `text` has, is the number in `text`."""
    return _number(text) is not None and _cut(number, text, rounding) == _number(text)


def _cut(number, text, rounding):
    return number.quantize(_number(text), rounding=rounding)


def table(checks):
    """Return `Checked` claims as a pandas DataFrame, a row each: claim, source, published, computed, verdict, why."""
    import pandas

    columns = ("claim", "source", "published", "computed", "verdict", "why")
    rows = [
        (
            entry.claim.text,
            entry.claim.source,
            entry.claim.published,
            entry.computed,
            entry.claim.verdict,
            entry.claim.why,
        )
        for entry in checks
    ]
    return pandas.DataFrame(rows, columns=columns)
