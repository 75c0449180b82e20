import json
import math
import re
from dataclasses import replace
from itertools import pairwise

import pytest
from keras import ops

from course.activations import ZOO
from course.figures.activations import explorer

# Formulas of our own, as far as the standard library reaches: name -> (f, f').
FORMULAS = {
    "identity": (lambda x: x, lambda x: 1),
    "binary step": (lambda x: float(x >= 0), lambda x: 0),
    "logistic": (lambda x: 1 / (1 + math.exp(-x)), lambda x: 0.25 / math.cosh(x / 2) ** 2),
    "tanh": (math.tanh, lambda x: 1 / math.cosh(x) ** 2),
    "arctan": (math.atan, lambda x: 1 / (1 + x * x)),
    "ReLU": (lambda x: max(0, x), lambda x: float(x > 0)),
    "ELU": (lambda x: x if x > 0 else math.expm1(x), lambda x: 1 if x > 0 else math.exp(x)),
    "softplus": (lambda x: math.log1p(math.exp(x)), lambda x: 1 / (1 + math.exp(-x))),
    "GELU": (
        lambda x: x / 2 * math.erfc(-x / math.sqrt(2)),
        lambda x: math.erfc(-x / math.sqrt(2)) / 2 + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    ),
}


@pytest.fixture(scope="module")
def page():
    return explorer().data


def data_of(page):
    """Return what is embedded in a page, as {name: entry}."""
    embedded = re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL).group(1)
    return {entry["name"]: entry for entry in json.loads(embedded)["activations"]}


def curves_of(page):
    """Return the (derivative, value) paths of the still: for each the pieces, for each piece its points (x, y)."""
    still = page[page.index('class="curves"') : page.index('class="names"')]
    paths = re.findall(r' d="([^"]*)"', still)
    return [
        [[tuple(map(float, point.split())) for point in piece.split("L")] for piece in path.split("M")[1:]]
        for path in paths
    ]


def test_the_whole_zoo_is_there_in_its_order(page):
    assert list(data_of(page)) == list(ZOO)


@pytest.mark.parametrize("name", FORMULAS)
def test_samples_equal_the_formula(page, name):
    value, slope = FORMULAS[name]
    samples = {x: (y, dy) for x, y, dy in data_of(page)[name]["samples"] if x != 0}
    assert len(samples) == 200
    for x in (-5, -3.05, -1, -0.05, 0.05, 1, 2.5, 5):
        assert samples[x] == pytest.approx((value(x), slope(x)), abs=0.6e-4), x


def test_samples_have_four_decimals_and_no_minus_zero(page):
    written = re.findall(r'"samples":(.*?\]\])', page)
    assert len(written) == len(ZOO)
    for samples in written:
        assert not re.search(r"\.\d{5}|-0\.0[,\]]|e-", samples)


def test_a_kink_is_sampled_left_of_it_at_it_and_right_of_it(page):
    entries = data_of(page)
    assert [row for row in entries["ReLU"]["samples"] if row[0] == 0] == [[0, 0, 0], [0, 0, 0], [0, 0, 1]]
    assert [row[1] for row in entries["binary step"]["samples"] if row[0] == 0] == [0, 1, 1]
    assert [row[2] for row in entries["hard tanh"]["samples"] if row[0] == -1] == [0, 0, 1]
    assert len([row for row in entries["tanh"]["samples"] if row[0] == 0]) == 1


def test_a_jump_is_drawn_with_the_pen_lifted():
    slope, value = curves_of(explorer(shown=["binary step"]).data)
    assert [{y for _, y in piece} for piece in value] == [{240.0}, {160.0}]  # 80 pixels to one unit of y, 3 at the top
    assert [piece[0][0] for piece in value] == [0, 300] and value[0][-1][0] == 300
    assert [{y for _, y in piece} for piece in slope] == [{240.0}]
    slope, value = curves_of(explorer(shown=["ReLU"]).data)
    assert (len(slope), len(value)) == (2, 1)  # its derivative jumps, it does not


def test_no_curve_is_steeper_than_its_slopes_allow(page):
    """A jump drawn as a slanted line would be: one step of x is 0.05, the steepest slope of the zoo below 2."""
    for start in range(0, len(ZOO), 6):
        for path in curves_of(explorer(shown=list(ZOO)[start : start + 6]).data):
            for piece in path:
                rises = [abs(b[1] - a[1]) for a, b in pairwise(piece)]
                assert max(rises, default=0) <= 2 * 0.05 * 80


def test_flat_stretches_are_where_the_derivative_is_below_a_hundredth(page):
    entries = data_of(page)
    assert entries["ReLU"]["flat"] == [[-5, 0]]
    assert entries["binary step"]["flat"] == [[-5, 5]]
    assert entries["identity"]["flat"] == entries["leaky ReLU"]["flat"] == []
    assert entries["hard sigmoid"]["flat"] == [[-5, -3], [3, 5]]
    assert entries["Gaussian"]["flat"] == [[-5, -2.5], [2.5, 5]]  # 2x exp(-x²) is 0.0121 at 2.45, 0.0097 at 2.5
    edge = 2 * math.acosh(math.sqrt(0.25 / 0.01))  # 1/(4 cosh²(x/2)) = 0.01
    (_, left), (right, _) = entries["logistic"]["flat"]
    assert -left == right == pytest.approx(edge, abs=0.05)


def test_facts_are_plain_text(page):
    for name, entry in data_of(page).items():
        assert entry["source"] == ZOO[name].source
        assert entry["cost"] == ZOO[name].cost
        assert "\\" not in entry["range"] and "$" not in entry["range"], name
    assert data_of(page)["arctan"]["range"] == "(−π/2, π/2)"
    assert data_of(page)["ReLU"]["range"] == "[0, ∞)"


def test_the_page_is_self_contained_small_and_without_ids(page):
    assert len(page.encode()) < 300_000
    assert re.findall(r"https?://[^\s\"']+", page) == ["http://www.w3.org/2000/svg"]  # a namespace, never fetched
    assert not re.search(r"\b(src|href|id|srcset)\s*=|@import|url\(|\bfetch\b|\beval\b", page)
    assert "$" not in re.sub(r"\$\{|\$1|\(0\\\.\?0\*\)\$", "", page)  # MathJax would take it for a formula


def test_the_still_says_what_it_shows():
    page = explorer(shown=["tanh", "GELU"]).data
    assert 'role="img"' in page
    assert re.search(r'aria-label="[^"]*tanh, GELU[^"]*"', page)
    assert len(curves_of(page)) == 4


def test_the_same_zoo_gives_the_same_bytes(page):
    assert explorer().data == page


def test_text_is_escaped():
    nasty = '</script><img src=x onerror="alert(1)"> & <b>'
    activation = replace(ZOO["tanh"], name=nasty, note=nasty)
    page = explorer({nasty: activation}, shown=[nasty]).data
    assert data_of(page)[nasty]["note"] == nasty
    assert page.count("</script>") == 2
    assert "<img" not in page and "<b>" not in page


def test_what_is_not_finite_is_left_out():
    gap = replace(ZOO["tanh"], derivative=ops.log)  # NaN left of 0, minus infinity at 0
    page = explorer({"gap": gap}, shown=["gap"]).data
    samples = data_of(page)["gap"]["samples"]
    assert [row[2] for row in samples if row[0] in (-1, 0, 1)] == [None, None, 0]
    slope, _ = curves_of(page)
    assert [piece[0][0] for piece in slope] == [303]  # one piece, from x = 0.05


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"shown": ["ReLU", "RELU"]}, ValueError, r"\['RELU'\].*logistic"),
        ({"shown": []}, ValueError, "one to 6"),
        ({"shown": ["ReLU", "ReLU"]}, ValueError, "different"),
        ({"shown": list(ZOO)[:7]}, ValueError, "one to 6"),
        ({"shown": "ReLU"}, TypeError, "sequence of names"),
        ({"shown": [1]}, TypeError, "sequence of names"),
        ({"shown": None}, TypeError, "sequence of names"),
        ({"activations": ["ReLU"]}, TypeError, "dict"),
        ({"activations": {}}, ValueError, "unknown"),
    ],
)
def test_bad_arguments_are_named(arguments, error, words):
    with pytest.raises(error, match=words):
        explorer(**arguments)
