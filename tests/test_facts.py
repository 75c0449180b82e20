"""The ledger: its verdicts hold, and a number that does not fit is refused."""

import math
import re

import numpy as np
import pytest

from course import facts
from course.facts import CLAIMS, DIFFERENTLY, EQUAL, ROUNDED, TRUNCATED, WRONG, Claim

# What each claim's number is, worked out here on its own: from the definitions, with Python's math alone.
ROOT = math.sqrt(2 / math.pi)
ALPHA = -ROOT / (math.erfc(1 / math.sqrt(2)) * math.sqrt(math.e) - 1)  # Klambauer et al. (2017), equation 14


def gelu(x):
    return 0.5 * x * (1 + math.tanh(ROOT * (x + 0.044715 * x**3)))


def selu_scale():
    """Klambauer et al. (2017), equation 14, second half."""
    c = math.erfc(1 / math.sqrt(2)) * math.sqrt(math.e)
    d = math.erfc(math.sqrt(2)) * math.e**2
    return (1 - c) * math.sqrt(2 * math.pi) / math.sqrt(2 * d + math.pi * c**2 - 2 * (2 + math.pi) * c + math.pi + 2)


COMPUTED = {
    "neurons.gelu_slope": (gelu(1 + 1e-6) - gelu(1 - 1e-6)) / 2e-6,
    "neurons.gelu_coefficient": 1.5 * 0.044715 * ROOT,
    "neurons.gelu_linear": 1 / math.sqrt(2 * math.pi),
    "neurons.gelu_tanh_cubic": 0.044715 * ROOT,
    "neurons.gelu_tanh_linear": ROOT,
    "neurons.elu_alpha": 1.0,
    "neurons.leaky_relu_alpha": 0.3,
    "neurons.rrelu_divisor": (3 + 8) / 2,
    "neurons.selu_scale": selu_scale(),
    "neurons.selu_alpha": ALPHA,
}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_every_verdict_holds(claim):
    assert facts.check(claim.name, COMPUTED[claim.name]).claim is claim


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_no_verdict_holds_for_another_number(claim):
    with pytest.raises(AssertionError, match=claim.name):
        facts.check(claim.name, COMPUTED[claim.name] * 1.01)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_is_whole(claim):
    assert claim.verdict in facts.VERDICTS
    assert re.fullmatch(r"[a-z_]+\.[a-z0-9_]+", claim.name)
    assert all((claim.text, claim.source, claim.published, claim.why))
    assert (claim.computed is not None) == (claim.verdict in (DIFFERENTLY, WRONG))


def test_names_are_unique():
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize(
    "published, verdict, computed, number, holds",
    [
        ("138,357,544", EQUAL, None, 138357544, True),
        ("138,357,544", EQUAL, None, 138357545, False),
        ("15.3e9", ROUNDED, None, 15346630656, True),
        ("15.3e9", ROUNDED, None, 15350000001, False),
        ("15.3", ROUNDED, None, 15.3, False),  # that would be equal
        ("3.8e9", TRUNCATED, None, 3858000000, True),
        ("3.8e9", TRUNCATED, None, 3818000000, False),  # that rounds to it
        ("3.8e9", TRUNCATED, None, 3958000000, False),
        ("64e6", WRONG, "60,192,808", 60192808, True),
        ("64e6", WRONG, "60,192,808", 60192809, False),
        ("64e6", WRONG, "63,900,000", 63900000, False),  # rounds to what was published: not wrong
        ("0.1 to 0.3", DIFFERENTLY, "0.01", 0.01, True),
    ],
)
def test_a_verdict_means_what_it_says(published, verdict, computed, number, holds):
    claim = Claim("topic.name", "a number", "a source", published, verdict, "why", computed)
    assert facts.holds(claim, facts.Decimal(str(number))) is holds


@pytest.mark.parametrize("bad, error", [("1", TypeError), (True, TypeError), (None, TypeError), (math.nan, ValueError)])
def test_what_is_no_number_is_refused(bad, error):
    with pytest.raises(error, match="computed must be"):
        facts.check("neurons.selu_scale", bad)


def test_numpys_numbers_are_numbers():
    assert facts.check("neurons.rrelu_divisor", np.float32(5.5)).computed == "5.5"


def test_an_unknown_claim_is_named():
    with pytest.raises(ValueError, match=r"no claim 'nonsense'; it has neurons\."):
        facts.check("nonsense", 1)


def test_table_has_a_row_for_each_claim():
    checks = [facts.check(name, number) for name, number in COMPUTED.items()]
    shown = facts.table(checks)
    assert list(shown.columns) == ["claim", "source", "published", "computed", "verdict", "why"]
    assert shown["computed"].tolist()[:2] == ["1.083", "0.0535161"]
