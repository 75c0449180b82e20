"""The explorer as a reader meets it: in a browser, with pointer and keyboard, on light and dark pages."""

import math
import re

import pytest

from course.activations import ZOO
from course.figures.activations import explorer

pytestmark = pytest.mark.browser

LIGHT, DARK = "background: #ffffff; color: #212121", "background: #111111; color: #e0e0e0"


@pytest.fixture(scope="module")
def fragment():
    return explorer().data


def open_page(page, body, style=LIGHT):
    page.set_content(f'<!doctype html><html lang="en"><meta charset="utf-8"><body style="{style}">{body}')


def table(root):
    """Return what the readout shows: x as text, and {name: (f, f')} as text."""
    rows = [row.locator("th, td").all_inner_texts() for row in root.locator("table tr").all()]
    return rows[0][0], {name: (value, slope) for name, value, slope in rows[1:]}


def point_at(page, x, row=0.3):
    """Move the pointer to where the axis says x: above the tick's number; `row` is the height, 0 at the top."""
    ticks = page.locator(".axes text").filter(has_text=re.compile(f"^{str(x).replace('-', '−')}$"))
    box = max((tick.bounding_box() for tick in ticks.all()), key=lambda box: box["y"])
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] * row)


def test_it_starts_with_relu_and_the_logistic_function_at_1(page, fragment):
    open_page(page, fragment)
    assert table(page) == ("x = 1.00", {"ReLU": ("1.000", "1.000"), "logistic": ("0.731", "0.197")})


@pytest.mark.parametrize("x", [-4, -1, 1, 3])
def test_the_pointer_reads_values_and_derivatives_at_x(page, fragment, x):
    open_page(page, fragment)
    page.get_by_label("tanh", exact=True).check()
    point_at(page, x)
    place, rows = table(page)
    logistic = 1 / (1 + math.exp(-x))
    expected = {
        "ReLU": (max(x, 0), float(x > 0)),
        "logistic": (logistic, logistic * (1 - logistic)),
        "tanh": (math.tanh(x), 1 - math.tanh(x) ** 2),
    }
    assert place == f"x = {x:.2f}".replace("-", "−")
    shown = {name: tuple(float(text.replace("−", "-")) for text in texts) for name, texts in rows.items()}
    assert shown.keys() == expected.keys()
    for name, pair in expected.items():
        assert shown[name] == pytest.approx(pair, abs=0.00056), name  # four decimals were kept, three are shown


def test_ticking_explains_and_unticking_removes(page, fragment):
    open_page(page, fragment)
    page.get_by_label("softsign", exact=True).check()
    assert page.locator(".facts h4").inner_text() == "softsign"
    assert "(−1, 1)" in page.locator(".facts dl").inner_text()
    assert ZOO["softsign"].source in page.locator(".facts dl").inner_text()
    for name in ("softsign", "logistic", "ReLU"):
        page.get_by_label(name, exact=True).uncheck()
    assert table(page)[1] == {}
    assert page.locator(".facts").inner_text() == "Tick an activation to see its curve."


def test_all_activations_can_be_shown_at_once_and_told_apart(page, fragment):
    open_page(page, fragment)
    for box in page.get_by_role("checkbox").all():
        box.check()
    assert list(table(page)[1]) == ["ReLU", "logistic", *(name for name in ZOO if name not in ("ReLU", "logistic"))]
    swatches = page.locator("tbody svg").evaluate_all("all => all.map(svg => svg.innerHTML)")
    assert len(set(swatches)) == len(ZOO)


def test_the_keyboard_moves_the_readout(page, fragment):
    open_page(page, fragment)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") == "slider"
    presses = {"ArrowRight": "1.05", "ArrowLeft": "1.00", "Shift+ArrowLeft": "0.50", "PageUp": "1.50", "Home": "−5.00",
               "ArrowDown": "−5.00", "End": "5.00"}  # fmt: skip
    for key, x in presses.items():
        page.keyboard.press(key)
        assert table(page)[0] == f"x = {x}", key
    assert "ReLU 5.000, derivative 1.000" in page.get_by_role("slider").get_attribute("aria-valuetext")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")  # the first checkbox
    assert next(iter(ZOO)) in table(page)[1]


def test_a_kink_shows_both_slopes_and_a_jump_none(page, fragment):
    open_page(page, fragment)
    page.get_by_label("binary step", exact=True).check()
    point_at(page, 0)
    rows = table(page)[1]
    assert rows["ReLU"] == ("0.000", "0.000 | 1.000")
    assert rows["binary step"] == ("1.000", "jump")
    assert rows["logistic"] == ("0.500", "0.250")
    assert "left | right" in page.locator(".hint").inner_text()
    point_at(page, 1)
    assert page.locator(".hint").inner_text() == ""


def test_the_script_draws_what_the_still_shows(page, browser):
    names = ("ReLU", "binary step", "hard sigmoid", "SELU", "GELU", "sign")
    fragment = explorer(shown=names).data
    still = re.findall(r' d="([^"]*)"', fragment[fragment.index('class="curves"') : fragment.index('class="names"')])
    open_page(page, fragment)
    drawn = page.locator(".curves path").evaluate_all("all => all.map(path => path.getAttribute('d')).filter(d => d)")
    assert len(still) == 2 * len(names)
    assert drawn == still


def test_two_copies_on_one_page_do_not_disturb_each_other(page, fragment):
    open_page(page, fragment + "<p>and again</p>" + explorer(shown=["sign"]).data)
    first, second = page.locator(".course-explorer").all()
    second.get_by_label("ELU", exact=True).check()
    first.get_by_role("slider").press("End")
    assert table(first) == ("x = 5.00", {"ReLU": ("5.000", "1.000"), "logistic": ("0.993", "0.007")})
    assert table(second) == ("x = 1.00", {"sign": ("1.000", "0.000"), "ELU": ("1.000", "1.000")})


def test_it_works_where_a_notebook_inserts_it_and_then_runs_its_scripts(page, fragment, inserted):
    inserted(fragment)
    assert table(page)[1]["logistic"] == ("0.731", "0.197")
    assert page.get_by_role("checkbox").count() == len(ZOO)


def test_without_script_a_labelled_still_is_visible(browser, fragment):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_page(page, fragment)
    still = page.get_by_role("img", name="ReLU, logistic")
    assert still.bounding_box()["height"] > 300
    assert page.locator(".names text").all_text_contents() == ["ReLU", "logistic"]
    assert page.locator(".curves path").count() == 4
    for curve in page.locator(".curves path").all():
        assert curve.bounding_box()["width"] > 100
    assert page.get_by_role("checkbox").count() == 0  # nothing that would do nothing
    context.close()


# Each element's colour as red, green, blue over what is behind it, painted on a canvas: so any CSS colour can be read.
PAINTED = """(elements, property) => elements.map(element => {
    const pixel = document.createElement("canvas").getContext("2d");
    for (const colour of [getComputedStyle(document.body).backgroundColor, getComputedStyle(element)[property]]) {
        pixel.fillStyle = colour;
        pixel.fillRect(0, 0, 1, 1);
    }
    return [element.textContent, [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3)];
})"""
LAB_DARK = "background: #111111; color: #000000; --jp-content-font-color1: rgba(255, 255, 255, 1)"


@pytest.mark.parametrize("style", [LIGHT, DARK, LAB_DARK], ids=["light", "dark", "JupyterLab's dark"])
def test_text_and_curves_stand_out_from_the_page(page, style, contrast):
    names = [name for name in ZOO if name not in ("binary step", "sign")][:6]
    open_page(page, explorer(shown=names).data, style)
    point_at(page, 0)
    background = (255, 255, 255) if style == LIGHT else (17, 17, 17)
    html_text = page.locator(".course-explorer :is(th, td, p, h4, dt, dd, legend, label):not(:empty)")
    texts = html_text.evaluate_all(PAINTED, "color") + page.locator(".plot text").evaluate_all(PAINTED, "fill")
    assert len(texts) > 40
    for text, colour in texts:
        assert contrast(colour, background) >= 4.5, text
    curves = page.locator(".curves path").evaluate_all(PAINTED, "stroke")
    assert len(curves) == 18
    for _, colour in curves:
        assert contrast(colour, background) >= 3, colour  # what WCAG asks of graphics


def test_a_narrow_page_has_no_sideways_scroll_and_readable_numbers(page, fragment):
    page.set_viewport_size({"width": 420, "height": 900})
    open_page(page, fragment)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    scale = page.locator(".plot > svg").evaluate("svg => svg.getScreenCTM().a")
    size = page.locator(".axes text").first.evaluate("text => parseFloat(getComputedStyle(text).fontSize)")
    assert scale * size >= 11  # pixels
    for text in page.locator(".plot text").all():
        box = text.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 420, text.text_content()
