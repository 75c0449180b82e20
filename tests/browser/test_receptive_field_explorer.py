"""The receptive-field explorer as a reader meets it: every number it shows equals `field.window`."""

import math
import re
import time

import keras
import numpy as np
import pytest
from keras import layers

from course.figures.receptive_field import explorer
from course.receptive_field import Axis, ReceptiveField, Window, receptive_fields

pytestmark = pytest.mark.browser

LIGHT, DARK = "background: #ffffff; color: #212121", "background: #111111; color: #e0e0e0"
LAB_DARK = "background: #111111; color: #000000; --jp-content-font-color1: rgba(255, 255, 255, 1)"


def plain():
    return keras.Sequential([
        layers.Input((65, 49, 3)),
        layers.Conv2D(1, 3, strides=2, name="first"),
        layers.Conv2D(1, 3, strides=2, name="second"),
        layers.Conv2D(1, 3, name="third"),
    ])  # fmt: skip


def odd():
    return keras.Sequential([
        layers.Input((57, 43, 3)),
        layers.Conv2D(1, 5, strides=2, padding="same", name="conv"),
        layers.MaxPooling2D(3, 2, padding="same", name="pool"),
        layers.Conv2D(1, 7, strides=3, padding="same", name="stride"),
        layers.UpSampling2D(3, name="up"),
        layers.Conv2DTranspose(1, 1, strides=2, name="gaps"),  # between pixels 2 apart are some that see nothing
        layers.GlobalAveragePooling2D(name="all"),
        layers.Dense(3, name="classes"),
    ])  # fmt: skip


def branched():
    inputs = keras.Input((19, 19, 1))
    far = layers.Conv2D(1, 3, strides=2, padding="same", name="far")(inputs)  # 10 × 10, jump 2
    near = layers.Conv2D(1, 10, name="near")(inputs)  # 10 × 10, jump 1
    both = layers.Add(name="both")([far, near])
    up = layers.UpSampling2D(2, name="up")(layers.ZeroPadding2D(6, name="zeros")(both))
    return keras.Model(inputs, layers.Conv2D(1, 3, name="end")(up))


NETS = {"plain": (plain, (65, 49)), "odd": (odd, (57, 43)), "branched": (branched, (19, 19))}
PLACES = [(0.02, 0.03), (0.5, 0.5), (0.31, 0.77), (0.98, 0.02), (0.99, 0.99), (0.6, 0.12)]


def picture(height, width):
    rows, columns = np.mgrid[:height, :width]
    return np.stack([255 - rows * 3, columns * 4, rows + columns], axis=-1).astype("uint8")


@pytest.fixture(scope="module")
def pages():
    """{name of a net: (HTML, size of the picture, fields)}"""
    built = {}
    for name, (build, size) in NETS.items():
        fields = receptive_fields(build())
        built[name] = explorer(picture(*size), fields).data, size, fields
    return built


@pytest.fixture(params=NETS)
def net(request, pages):
    return pages[request.param]


def open_page(page, body, style=LIGHT):
    page.set_content(f'<!doctype html><html lang="en"><meta charset="utf-8"><body style="{style}">{body}')


def layer(root):
    return root.locator(".layer b").inner_text()


def reading(root):
    """Return the numbers of the page: {row: (rows, columns)}, None for a dash."""

    def number(text):
        return None if text == "–" else text if text == "varies" else float(text.replace("−", "-"))

    rows = root.locator("tbody tr").evaluate_all("all => all.map(row => [...row.cells].map(cell => cell.innerText))")
    return {name: (number(down), number(across)) for name, down, across in rows}


def feature(root):
    return reading(root)["feature"]


def point_at(page, place, root=None):
    """Move the pointer to a place (y, x) of the picture, in its pixels."""
    box = (root or page).locator(".view image").bounding_box()
    height, width = size_of(root or page)
    page.mouse.move(box["x"] + place[1] / width * box["width"], box["y"] + place[0] / height * box["height"])


def size_of(root):
    return tuple(int(root.locator(".view image").get_attribute(name)) for name in ("height", "width"))


def choose(root, name):
    root.get_by_role("combobox", name="Layer").select_option(label=name)


def press(root, name, **how):
    root.get_by_role("button", name=name, exact=True).click(**how)


def covered(edges, side):
    """Return how many pixels of a window are in the picture, counted one by one."""
    return sum(0 <= pixel < side for pixel in range(*edges))


def agrees(root, field, size):
    """Assert that every number on the page is what the field says of the feature that the page names."""
    shown = reading(root)
    assert shown["receptive field"] == field.size
    assert shown["start"] == tuple(start if start is None else pytest.approx(start, abs=0.005) for start in field.start)
    if field.jump is None:
        assert shown["map"] == shown["feature"] == shown["jump"] == (None, None)
        window = (0, size[0]), (0, size[1])
    else:
        assert shown["jump"] == tuple(
            "varies" if jump is None else pytest.approx(jump, abs=0.005) for jump in field.jump
        )
        assert shown["map"] == tuple(axis.size for axis in field.axes)
        window = field.window(tuple(map(int, shown["feature"])))
    starts, ends = zip(*((None, None) if edges is None else edges for edges in window), strict=True)
    assert (shown["window from"], shown["window to"]) == (starts, ends)
    inside = [None if edges is None else covered(edges, side) for edges, side in zip(window, size, strict=True)]
    if None not in window:
        lengths = [end - start for start, end in window]
        outside = tuple(length - seen for length, seen in zip(lengths, inside, strict=True))
        assert shown["in the padding"] == outside
        note = root.locator(".note").inner_text()
        whole, out = math.prod(lengths), math.prod(lengths) - math.prod(inside)
        if field.jump is None:
            assert note == "It has no positions: all of it sees the whole picture."
        elif out:
            words, percent = re.match(r"(.* are padding: )(.*)\s%\.", note).groups()
            assert words == f"{out} of the window’s {whole} pixels are padding: "
            if percent == "less than 1" or percent == "more than 99":
                assert 0 < 100 * out / whole < 1 or 99 < 100 * out / whole < 100
            else:
                assert float(percent) == pytest.approx(100 * out / whole, abs=0.5)
        else:
            assert note.startswith("All of the window lies in the picture.")
        assert ("different centres" in note) == (field.aligned is False)
    return window


def drawn(root, part):
    """Return the first path of a part, the numbers in it as pairs (x, y)."""
    path = root.locator(f".view .{part}").first.get_attribute("d")
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](\S+?) (-?[\d.]+)", path)]


def rectangle(root):
    """Return the window as drawn: (top, bottom), (left, right)."""
    path = root.locator(".view .window").get_attribute("d")
    left, top, right, bottom = map(float, re.fullmatch(r"M(\S+) (\S+)H(\S+)V(\S+)H\1Z", path).groups())
    return (top, bottom), (left, right)


def distance(field, position, place):
    """Return how far, along each axis, the centre of what a feature sees lies from a place."""
    hulls = field.window(position)
    return tuple(
        math.inf if hull is None else abs(sum(hull) / 2 - there) for hull, there in zip(hulls, place, strict=True)
    )


def test_the_feature_nearest_to_the_pointer_is_chosen_and_its_numbers_are_true(page, net):
    fragment, size, fields = net
    open_page(page, fragment)
    for name, field in fields.items():
        choose(page, name)
        for place in PLACES:
            place = place[0] * size[0], place[1] * size[1]
            point_at(page, place)
            assert layer(page) == name
            window = agrees(page, field, size)
            assert rectangle(page) == window
            if field.jump is None:
                continue
            away = distance(field, tuple(map(int, feature(page))), place)
            rows, columns = (axis.size for axis in field.axes)
            nearest = (
                min(distance(field, (row, 0), place)[0] for row in range(rows)),
                min(distance(field, (0, column), place)[1] for column in range(columns)),
            )
            assert away == pytest.approx(nearest, abs=0.15), (name, place)  # a screen pixel is that much


def test_by_hand(page, pages):
    fragment, *_ = pages["plain"]
    open_page(page, fragment)
    choose(page, "second")  # features 7 pixels wide, 4 apart, from 3.5 on
    point_at(page, (0.4, 48))
    assert reading(page) == {
        "map": (15, 11), "feature": (0, 10), "receptive field": (7, 7), "jump": (4, 4), "start": (3.5, 3.5),
        "window from": (0, 40), "window to": (7, 47), "in the padding": (0, 0),
    }  # fmt: skip
    assert drawn(page, "centre") == [(43.5, 3.5)]
    assert drawn(page, "centres")[:12] == [(3.5 + 4 * n, 3.5) for n in range(11)] + [(3.5, 7.5)]
    point_at(page, (21.6, 5.4))
    assert feature(page) == (5, 0)  # 3.5 + 4 · 4.5 = 21.5 is the border between 4 and 5; 5.5 that between 0 and 1
    point_at(page, (21.4, 5.6))
    assert feature(page) == (4, 1)


def test_all_features_of_an_upsampled_map_can_be_pointed_at(page, pages):
    fragment, _, fields = pages["odd"]
    open_page(page, fragment)
    choose(page, "up")  # three features to a centre
    assert fields["up"].axes[0].size == 15
    found = page.locator(".view").evaluate("""view => {
        const frame = view.getScreenCTM(), row = document.querySelector("tbody tr:nth-child(2) td"), found = [];
        for (let y = 0; y < 57; y += .1) {
            const at = { clientX: frame.e + 20 * frame.a, clientY: frame.f + y * frame.d };
            view.dispatchEvent(new PointerEvent("pointermove", at));
            if (found.at(-1) !== row.textContent) found.push(row.textContent);
        }
        return found.map(Number);
    }""")
    assert found == list(range(15))


def test_it_starts_in_the_middle_of_a_layer_whose_field_fits(page, net):
    fragment, size, fields = net
    open_page(page, fragment)
    name = layer(page)
    agrees(page, fields[name], size)
    assert all(2 * seen <= side for seen, side in zip(fields[name].size, size, strict=True))
    before = reading(page)
    point_at(page, (1, 1))
    assert reading(page) != before
    page.mouse.move(2, 2)  # off the picture: back to where it was
    assert reading(page) == before


def test_buttons_slider_and_list_step_from_layer_to_layer(page, pages):
    fragment, size, fields = pages["odd"]
    names = list(fields)
    open_page(page, fragment)
    combobox, slider = page.get_by_role("combobox", name="Layer"), page.get_by_role("slider", name="Layer")
    assert combobox.locator("option").all_inner_texts() == names

    def at(index):
        assert layer(page) == names[index]
        assert page.locator(".layer span").inner_text() == f"layer {index + 1} of {len(names)}"
        assert combobox.evaluate("list => list.selectedIndex") == index
        assert slider.input_value() == str(index + 1)
        assert slider.get_attribute("aria-valuetext") == f"{names[index]}, {index + 1} of {len(names)}"
        agrees(page, fields[names[index]], size)

    choose(page, names[1])
    at(1)
    press(page, "Next layer")
    at(2)
    press(page, "Layer before")
    press(page, "Layer before")
    at(0)
    press(page, "Layer before", force=True)
    at(0)
    assert page.get_by_role("button", name="Layer before").get_attribute("aria-disabled") == "true"
    slider.fill(str(len(names)))
    at(len(names) - 1)
    press(page, "Next layer", force=True)
    at(len(names) - 1)
    slider.press("ArrowLeft")
    at(len(names) - 2)
    slider.press("Home")
    at(0)


def test_a_layer_further_the_feature_is_at_the_same_place(page, pages):
    fragment, size, fields = pages["odd"]
    open_page(page, fragment)
    choose(page, "conv")
    point_at(page, (40, 11))
    page.mouse.down()
    page.mouse.up()
    page.mouse.move(2, 2)
    first = feature(page)
    assert first == (20, 5)  # centres are at 0.5, 2.5, …
    for name in ("pool", "stride", "up", "all", "classes", "stride", "input_layer"):
        if name in fields:
            choose(page, name)
            agrees(page, fields[name], size)
            if fields[name].jump is not None:
                away = distance(fields[name], tuple(map(int, feature(page))), (40, 11))
                assert max(away) <= max(fields[name].jump) / 2 + 0.5 or name == "up"
    choose(page, "conv")
    assert feature(page) == first


def test_the_keyboard_moves_the_feature_and_changes_the_layer(page, pages):
    fragment, size, fields = pages["odd"]
    names = list(fields)
    open_page(page, fragment)
    choose(page, "conv")  # 29 × 22
    view = page.get_by_role("slider", name="Feature")
    view.focus()
    presses = {"Home": (0, 0), "ArrowRight": (0, 1), "ArrowDown": (1, 1), "Shift+ArrowDown": (11, 1),
               "Shift+ArrowRight": (11, 11),
               "ArrowLeft": (11, 10), "ArrowUp": (10, 10), "Shift+ArrowUp": (0, 10), "End": (28, 21)}  # fmt: skip
    for key, place in presses.items():
        page.keyboard.press(key)
        assert feature(page) == place, key
        agrees(page, fields["conv"], size)
    for key in ("ArrowRight", "ArrowDown"):  # there is no further feature
        page.keyboard.press(key)
        assert feature(page) == (28, 21)
    assert view.get_attribute("aria-valuenow") == view.get_attribute("aria-valuemax") == str(29 * 22)
    assert view.get_attribute("aria-valuetext") == (
        "conv, feature 28, 21 of 29 × 22: sees rows 54 to 59, columns 40 to 45. "
        "16 of the window’s 25 pixels are padding: "
        "64\u00a0%."
    )  # 2 rows and 2 columns of 5 are outside: 25 − 3 · 3
    page.keyboard.press("PageDown")
    assert layer(page) == names[names.index("conv") + 1] == "pool"
    assert feature(page) == (14, 10)  # its last too
    page.keyboard.press("PageUp")
    assert (layer(page), feature(page)) == ("conv", (28, 21))
    page.keyboard.press("Control+Home")  # left to the notebook
    assert feature(page) == (28, 21)
    choose(page, "all")
    view.focus()
    page.keyboard.press("ArrowLeft")  # there is nowhere to go
    agrees(page, fields["all"], size)


def test_a_key_moves_on_from_where_the_pointer_is(page, pages):
    fragment, *_ = pages["plain"]
    open_page(page, fragment)
    choose(page, "second")
    page.locator(".view").focus()
    point_at(page, (23.5, 11.5))
    assert feature(page) == (5, 2)
    page.keyboard.press("ArrowRight")
    assert feature(page) == (5, 3)
    page.mouse.move(2, 2)
    assert feature(page) == (5, 3)


def test_a_feature_that_sees_nothing_says_so(page, pages):
    fragment, size, fields = pages["odd"]
    open_page(page, fragment)
    choose(page, "gaps")
    page.locator(".view").focus()
    page.keyboard.press("Home")
    agrees(page, fields["gaps"], size)
    page.keyboard.press("ArrowDown")
    assert fields["gaps"].window((1, 0))[0] is None
    assert reading(page)["window from"][0] is reading(page)["in the padding"][0] is None
    assert page.locator(".note").inner_text() == "This feature sees no pixel."
    assert page.locator(".view .window").get_attribute("d") == ""
    assert page.locator(".view .dim").get_attribute("d") == "M0 0H43V57H0Z"
    page.keyboard.press("ArrowDown")
    agrees(page, fields["gaps"], size)


def test_what_is_cut_off_at_the_border_is_dashed_outside_of_it(page, pages):
    fragment, *_ = pages["odd"]
    open_page(page, fragment)
    choose(page, "pool")
    page.locator(".view").focus()
    page.keyboard.press("Home")  # by hand: 9 pixels around 0.5 and around 2.5
    assert rectangle(page) == ((-4, 5), (-2, 7))
    assert drawn(page, "edges") == [(7, 0), (7, 5), (0, 5)]  # the right edge and the lower one, in the picture
    assert page.locator(".view .window").evaluate("e => getComputedStyle(e).strokeDasharray") != "none"
    assert page.locator(".view .edges").last.evaluate("e => getComputedStyle(e).strokeDasharray") == "none"
    order = page.locator(".view :is(.window, image)").evaluate_all("all => all.map(e => e.tagName)")
    assert order == ["path", "image"]  # the picture covers the dashes


def test_touch_chooses_and_stays(browser, pages):
    fragment, size, fields = pages["plain"]
    context = browser.new_context(has_touch=True)
    page = context.new_page()
    open_page(page, fragment)
    choose(page, "second")
    box = page.locator(".view image").bounding_box()
    page.touchscreen.tap(box["x"] + 11.5 / 49 * box["width"], box["y"] + 23.5 / 65 * box["height"])
    assert feature(page) == (5, 2)
    agrees(page, fields["second"], size)
    choose(page, "third")
    assert feature(page) == (4, 1)  # it is centred on the same pixel: 7.5 + 4 · 4, 7.5 + 4 · 1
    assert (
        page.locator(".view").evaluate("e => getComputedStyle(e).touchAction") == "none"
    )  # a finger looks, not scrolls
    context.close()


def test_the_buttons_announce_what_they_change(page, pages):
    fragment, *_ = pages["plain"]
    open_page(page, fragment)
    live = page.locator('[aria-live="polite"]')
    page.get_by_role("button", name="Next layer").focus()
    choose(page, "first")
    page.get_by_role("button", name="Next layer").press("Enter")
    assert live.text_content().startswith("second, feature ")
    page.locator(".view").focus()
    page.keyboard.press("Home")
    assert live.text_content() == ""  # the view has its own text


@pytest.mark.parametrize("shown", ["input_layer", "conv", "pool", "stride", "up", "gaps", "all", "both"])
def test_the_script_draws_what_the_still_shows(page, browser, pages, shown):
    name = "branched" if shown == "both" else "odd"
    _, size, fields = pages[name]
    shown = shown if shown in fields else next(iter(fields))
    fragment = explorer(picture(*size), fields, shown).data
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    open_page(still, fragment)
    open_page(page, fragment)
    for part in (".view > *", ".layer", "table", ".note", ".units"):
        stills, live = ([e.evaluate("e => e.outerHTML") for e in p.locator(part).all()] for p in (still, page))
        assert stills and live == stills
    assert page.locator(".view").get_attribute("aria-valuetext") == still.locator(".view").get_attribute("aria-label")
    page.locator(".view").dispatch_event("pointerleave")  # which looks for the feature in the middle again
    assert page.locator("table").inner_text() == still.locator("table").inner_text()
    context.close()


def test_without_script_a_labelled_still_is_visible(browser, pages):
    fragment, size, fields = pages["plain"]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_page(page, fragment)
    agrees(page, fields[layer(page)], size)
    still = page.get_by_role(
        "img", name=re.compile(r"third, feature 6, 4 of 13 × 9: sees rows 24 to 39, columns 16 to 31")
    )
    assert still.bounding_box()["width"] > 300
    assert page.locator(".view image").bounding_box()["width"] > 200
    assert (
        page.get_by_role("button").count() == page.get_by_role("slider").count() == 0
    )  # nothing that would do nothing
    context.close()


def test_print_has_no_controls(page, pages):
    fragment, *_ = pages["plain"]
    page.emulate_media(media="print")
    open_page(page, fragment)
    assert not page.locator(".controls").is_visible() and not page.locator(".hint").is_visible()
    assert page.locator(".view").is_visible() and page.locator("table").is_visible()


def test_nothing_moves_by_itself(page, pages):
    open_page(page, pages["plain"][0])
    moves = page.locator(".course-field *").evaluate_all(
        """all => all.map(e => getComputedStyle(e)).flatMap(style =>
            (style.transitionDuration + "," + style.animationDuration).split(","))"""
    )
    assert {float(move.strip().removesuffix("s")) for move in moves if move.strip() != "auto"} == {0}


def test_two_explorers_on_one_page_do_not_disturb_each_other(page, pages):
    open_page(page, pages["plain"][0] + "<p>and again</p>" + pages["odd"][0])
    first, second = page.locator(".course-field").all()
    choose(first, "first")
    choose(second, "pool")
    point_at(page, (1, 1), second)
    assert (layer(first), layer(second)) == ("first", "pool")
    agrees(first, pages["plain"][2]["first"], (65, 49))
    agrees(second, pages["odd"][2]["pool"], (57, 43))


def test_it_works_where_a_notebook_inserts_it_and_then_runs_its_scripts(page, pages, inserted):
    fragment, size, fields = pages["plain"]
    inserted(fragment)
    choose(page, "first")
    agrees(page, fields["first"], size)
    assert page.get_by_role("button").count() == 2


def test_keys_do_not_reach_the_notebook(page, pages):
    open_page(page, pages["plain"][0])
    page.evaluate("window.keys = []; document.addEventListener('keydown', event => keys.push(event.key))")
    page.locator(".view").focus()
    for key in ("ArrowDown", "PageDown", "Home", "x"):
        page.keyboard.press(key)
    page.get_by_role("slider", name="Layer").press("ArrowRight")
    page.get_by_role("button", name="Next layer").press("Enter")
    assert page.evaluate("keys") == ["x"]


# Each element's text and colour, and the colour behind it: painted on a canvas one over the other.
PAINTED = """(elements, [property, backs]) => elements.map(element => {
    const pixel = document.createElement("canvas").getContext("2d");
    const seen = () => [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
    const paint = (colour, opacity) => {
        pixel.globalAlpha = opacity; pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1);
    };
    paint(getComputedStyle(document.body).backgroundColor, 1);
    for (const back of backs.map(name => document.querySelector(name)))
        paint(getComputedStyle(back).fill, getComputedStyle(back).fillOpacity);
    const behind = seen(), style = getComputedStyle(element);
    paint(style[property], property === "stroke" ? style.strokeOpacity : 1);
    return [element.textContent, seen(), behind];
})"""


@pytest.mark.parametrize("style", [LIGHT, DARK, LAB_DARK], ids=["light", "dark", "JupyterLab's dark"])
def test_text_and_outlines_stand_out(page, pages, style, contrast):
    open_page(page, pages["odd"][0], style)
    texts = page.locator(".course-field :is(p, b, span, th, td, select)").evaluate_all(PAINTED, ["color", []])
    assert len(texts) > 30
    for text, colour, behind in texts:
        assert contrast(colour, behind) >= 4.5, text
    for part, backs in ((".window", [".view rect"]), (".window", [".view rect", ".window"])):  # from without and within
        ((_, colour, behind),) = page.locator(part).evaluate_all(PAINTED, ["stroke", backs])
        assert contrast(colour, behind) >= 3  # what WCAG asks of graphics
    for part in (".edges", ".centre", ".centres"):  # over a photograph: one line on another
        (_, under, _), (_, over, _) = page.locator(part).evaluate_all(PAINTED, ["stroke", []])
        assert contrast(under, over) >= 3
    icons = page.locator(".course-field button svg").evaluate_all(PAINTED, ["fill", []])
    assert all(contrast(colour, behind) >= 3 for _, colour, behind in icons) and len(icons) == 2


@pytest.mark.parametrize("width", [420, 320, 1200])
def test_a_narrow_page_has_no_sideways_scroll(page, pages, width):
    page.set_viewport_size({"width": width, "height": 900})
    fields = pages["odd"][2]
    open_page(
        page,
        explorer(
            picture(57, 43), {"a_very_long_name_of_a_layer/" * 3 + name: field for name, field in fields.items()}
        ).data,
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".view image").bounding_box()["width"] > 150


def test_a_very_deep_net_is_stepped_through(page):
    axes, fields = [Axis.of_image(224)] * 2, {}
    for n in range(800):
        axes = [axis.through(Window(7, 1, 3, 3)) for axis in axes]
        fields[f"convolution_{n}"] = ReceptiveField.of(axes)
    open_page(page, explorer(picture(224, 224), fields).data)
    for index, words in ((799, "more than 99"), (36, "less than 1"), (0, "All of the window")):
        page.get_by_role("slider", name="Layer").fill(str(index + 1))
        point_at(page, (110.5, 111.5))  # of 223 rows, the first is then padding
        assert (layer(page), feature(page)) == (f"convolution_{index}", (110, 111))
        agrees(page, fields[f"convolution_{index}"], (224, 224))
        assert reading(page)["receptive field"] == (6 * index + 7, 6 * index + 7)
        assert words in page.locator(".note").inner_text()


def test_how_long_a_page_takes_to_open(page, pages, tmp_path, record_property):
    path = tmp_path / "explorer.html"
    path.write_text(f'<!doctype html><meta charset="utf-8">{pages["odd"][0]}', encoding="utf-8")
    start = time.perf_counter()
    page.goto(path.as_uri())
    assert page.get_by_role("button").count() == 2
    agrees(page, pages["odd"][2][layer(page)], (57, 43))
    seconds = time.perf_counter() - start
    record_property("seconds", round(seconds, 3))
    print(f"the explorer opened, and was read, in {seconds:.3f} s")
