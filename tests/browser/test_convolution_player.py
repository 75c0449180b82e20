"""The convolution player as a reader meets it: in a browser, with pointer and keyboard, on light and dark pages."""

import re
import time

import pytest

from course.figures.convolution import player

pytestmark = pytest.mark.browser

LIGHT, DARK = "background: #ffffff; color: #212121", "background: #111111; color: #e0e0e0"
LAB_DARK = "background: #111111; color: #000000; --jp-content-font-color1: rgba(255, 255, 255, 1)"
IMAGE = [[3, 3, 2, 1, 0], [0, 0, 1, 3, 1], [3, 1, 2, 2, 3], [2, 0, 0, 2, 2], [2, 0, 0, 0, 1]]
KERNEL = [[0, 1, 2], [2, 2, 0], [0, 1, 2]]
# The sums of the worked example, written out by hand.
FIRST = "3·0 + 3·1 + 2·2 + 0·2 + 0·2 + 1·0 + 3·0 + 1·1 + 2·2 = 12"
SECOND = "3·0 + 2·1 + 1·2 + 0·2 + 1·2 + 3·0 + 1·0 + 2·1 + 2·2 = 12"
FOURTH = "0·0 + 0·1 + 1·2 + 3·2 + 1·2 + 2·0 + 2·0 + 0·1 + 0·2 = 10"
SIXTH = "1·0 + 3·1 + 1·2 + 2·2 + 2·2 + 3·0 + 0·0 + 2·1 + 2·2 = 19"
LAST = "2·0 + 2·1 + 3·2 + 0·2 + 2·2 + 2·0 + 0·0 + 0·1 + 1·2 = 14"
WINDOWS = [(i, j) for i in range(3) for j in range(3)]


@pytest.fixture(scope="module")
def fragment():
    return player(IMAGE, KERNEL).data


@pytest.fixture(scope="module")
def transposed():
    return player([[1, 2], [3, 4]], KERNEL, strides=2, transposed=True).data


def open_page(page, body, style=LIGHT):
    page.set_content(f'<!doctype html><html lang="en"><meta charset="utf-8"><body style="{style}">{body}')


def reading(root):
    """Return what the page says: the place, and the sum or the sentence."""
    return tuple(" ".join(root.locator(part).inner_text().split()) for part in (".place", ".sum"))


def cell(root, grid, row, column):
    """Return the middle of a cell of a grid on the screen, from the edges of what is drawn there."""
    box = root.locator(f".{grid} .cells").bounding_box()
    label = root.locator(f".{grid} figcaption").inner_text()
    rows, columns = map(int, re.search(r"(\d+) × (\d+)", label).groups())
    return box["x"] + (column + 0.5) * box["width"] / columns, box["y"] + (row + 0.5) * box["height"] / rows


def point_at(page, grid, row, column):
    page.mouse.move(*cell(page, grid, row, column))


def lit(root, grid):
    """Return the (row, column) of the lit cells of a grid."""
    path = root.locator(f".{grid} .lit").get_attribute("d")
    return [(int(y) // 40, int(x) // 40) for x, y in re.findall(r"M(-?\d+) (-?\d+)", path)]


def notes(root, grid):
    return root.locator(f".{grid} .notes text").all_text_contents()


def frame(root, grid):
    box = root.locator(f".{grid} .frame")
    return [int(box.get_attribute(name)) / 40 for name in ("y", "x", "height", "width")]


def press(root, name, **how):
    root.get_by_role("button", name=name, exact=True).click(**how)


def test_it_starts_paused_on_the_first_cell(page, fragment):
    page.clock.install()
    open_page(page, fragment)
    page.clock.run_for(10_000)
    assert reading(page) == ("output[0, 0]", FIRST)
    assert page.locator(".count").inner_text() == "1 of 9"
    assert lit(page, "input") == WINDOWS and lit(page, "output") == [(0, 0)]


def test_buttons_step(page, fragment):
    open_page(page, fragment)
    steps = [("Forward", "output[0, 1]", SECOND), ("Back", "output[0, 0]", FIRST), ("Back", "output[0, 0]", FIRST),
             ("Last", "output[2, 2]", LAST), ("Forward", "output[2, 2]", LAST), ("First", "output[0, 0]", FIRST)]  # fmt: skip
    for button, place, total in steps:
        press(page, button, force=True)  # at an end a button does nothing
        assert reading(page) == (place, total), button
    for _ in range(5):
        press(page, "Forward")
    assert reading(page) == ("output[1, 2]", SIXTH)
    assert page.locator(".count").inner_text() == "6 of 9"
    assert lit(page, "input") == [(i + 1, j + 2) for i, j in WINDOWS]
    assert frame(page, "input") == [1, 2, 3, 3]


def test_it_plays_pauses_and_stops_at_the_end(page, fragment):
    page.clock.install()
    open_page(page, fragment)
    press(page, "Play")
    page.clock.run_for(3_100)
    assert reading(page) == ("output[1, 0]", FOURTH)
    press(page, "Pause")
    page.clock.run_for(5_000)
    assert reading(page) == ("output[1, 0]", FOURTH)
    press(page, "Play")
    page.clock.run_for(60_000)
    assert reading(page) == ("output[2, 2]", LAST)
    press(page, "Play")  # it had stopped: again from the start
    assert reading(page) == ("output[0, 0]", FIRST)


def test_pointing_at_a_cell_of_the_output_shows_its_window_and_sum(page, fragment):
    open_page(page, fragment)
    point_at(page, "output", 1, 2)
    assert reading(page) == ("output[1, 2]", SIXTH)
    assert lit(page, "input") == [(i + 1, j + 2) for i, j in WINDOWS]
    assert notes(page, "input") == [f"·{weight}" for row in KERNEL for weight in row]
    page.mouse.move(5, 5)
    assert reading(page) == ("output[0, 0]", FIRST)  # back to the step
    page.mouse.click(*cell(page, "output", 1, 2))
    page.mouse.move(5, 5)
    assert reading(page) == ("output[1, 2]", SIXTH)  # a click stays


def test_pointing_at_a_cell_of_the_input_shows_where_it_goes(page, fragment):
    open_page(page, fragment)
    point_at(page, "input", 1, 1)
    assert reading(page) == ("input[1, 1]", "0·weight goes into 4 cells of the output")
    assert lit(page, "output") == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert notes(page, "output") == ["+0·2", "+0·2", "+0·1", "+0·0"]
    point_at(page, "input", 0, 0)
    assert reading(page) == ("input[0, 0]", "3·weight goes into 1 cell of the output")
    press(page, "Forward")  # which a pointer on its way to the button does not disturb
    assert reading(page) == ("output[0, 1]", SECOND)


def test_a_play_waits_while_a_cell_is_pointed_at(page, fragment):
    page.clock.install()
    open_page(page, fragment)
    press(page, "Play")
    point_at(page, "output", 2, 2)
    page.clock.run_for(5_000)
    assert reading(page) == ("output[2, 2]", LAST)
    page.mouse.move(5, 5)
    page.clock.run_for(1_000)
    assert reading(page) == ("output[0, 1]", SECOND)


def test_the_keyboard_moves_and_plays(page, fragment):
    page.clock.install()
    open_page(page, fragment)
    slider = page.get_by_role("slider", name="Cell of the output")
    page.keyboard.press("Tab")
    assert reading(page)[0] == "input[0, 0]"  # the input comes first
    page.keyboard.press("ArrowDown")
    assert reading(page) == ("input[1, 0]", "0·weight goes into 2 cells of the output")
    page.keyboard.press("Tab")
    assert reading(page) == ("output[0, 0]", FIRST)
    presses = {
        "ArrowRight": "0, 1",
        "ArrowDown": "1, 1",
        "ArrowLeft": "1, 0",
        "ArrowUp": "0, 0",
        "Home": "0, 0",
        "End": "2, 2",
    }
    for key, place in presses.items():
        page.keyboard.press(key)
        assert reading(page)[0] == f"output[{place}]", key
    for key in ("ArrowRight", "ArrowDown"):  # there is no further cell
        page.keyboard.press(key)
        assert reading(page) == ("output[2, 2]", LAST)
    page.keyboard.press("Home")
    for key in ("ArrowRight", "ArrowUp"):  # nor a row above the first
        page.keyboard.press(key)
        assert reading(page)[0] == "output[0, 1]"
    page.keyboard.press("End")
    assert slider.get_attribute("aria-valuenow") == slider.get_attribute("aria-valuemax") == "9"
    assert "2·1 + 3·2" in slider.get_attribute("aria-valuetext")
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.clock.run_for(1_100)
    assert reading(page)[0] == "output[0, 1]"
    page.keyboard.press("Space")
    page.clock.run_for(5_000)
    assert reading(page)[0] == "output[0, 1]"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Play"
    page.keyboard.press("Space")  # presses the button once
    page.clock.run_for(1_100)
    assert reading(page)[0] == "output[0, 2]"


def test_a_modified_key_is_left_to_the_notebook(page, fragment):
    open_page(page, fragment)
    page.get_by_role("slider", name="Cell of the output").press("Control+End")
    assert reading(page)[0] == "output[0, 0]"


def test_padding_takes_part_as_zeros_and_strides_leave_cells_out(page):
    open_page(page, player(IMAGE, [[1, 2], [3, -4]], strides=3, padding=((1, 0), (1, 0))).data)
    assert reading(page) == ("output[0, 0]", "0·1 + 0·2 + 0·3 + 3·(−4) = −12")
    assert lit(page, "input") == [(-1, -1), (-1, 0), (0, -1), (0, 0)]
    assert frame(page, "input") == [-1, -1, 2, 2]
    point_at(page, "output", 1, 1)
    assert reading(page) == ("output[1, 1]", "2·1 + 2·2 + 0·3 + 2·(−4) = −2")
    point_at(page, "input", 1, 1)
    assert reading(page) == ("input[1, 1]", "0·weight goes into no cells of the output")
    assert lit(page, "output") == lit(page, "kernel") == []


def test_a_dilated_window_has_holes(page):
    open_page(page, player(IMAGE, [[1, 2], [3, 4]], dilation_rate=(3, 2)).data)
    press(page, "Last")
    assert reading(page) == ("output[1, 2]", "1·1 + 1·2 + 0·3 + 1·4 = 7")
    assert lit(page, "input") == [(1, 2), (1, 4), (4, 2), (4, 4)]
    assert frame(page, "input") == [1, 2, 4, 3]


def test_a_transposed_convolution_plays_stamp_by_stamp(page, transposed):
    open_page(page, transposed)
    assert reading(page) == ("input[0, 0]", "1·weight goes into 9 cells of the output")
    press(page, "Forward")
    assert reading(page) == ("input[0, 1]", "2·weight goes into 9 cells of the output")
    assert page.locator(".count").inner_text() == "2 of 4"
    assert lit(page, "output") == [(i, j + 2) for i, j in WINDOWS]
    assert notes(page, "output")[:4] == ["+2·0", "+2·1", "+2·2", "+2·2"]
    point_at(page, "output", 2, 2)  # where all four stamps overlap
    assert reading(page) == ("output[2, 2]", "1·2 + 2·0 + 3·2 + 4·0 = 8")
    assert lit(page, "input") == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert lit(page, "kernel") == [(0, 0), (0, 2), (2, 0), (2, 2)]


def test_an_output_that_no_stamp_reaches_is_zero(page):
    open_page(page, player([[1, 2]], [[3]], strides=2, transposed=True).data)
    point_at(page, "output", 1, 1)
    assert reading(page) == ("output[1, 1]", "= 0")
    assert lit(page, "input") == []


@pytest.mark.parametrize("settings", [
    {}, {"strides": 2, "padding": "same"}, {"dilation_rate": 2, "padding": ((1, 0), (2, 3))}, {"transposed": True},
    {"transposed": True, "strides": 2, "padding": 1}, {"kernel": [[-0.25, 1 / 3]]}, {"image": [[-1]], "kernel": [[2]]},
    {"image": [[1, 2], [3, 4]], "kernel": [[5]], "padding": ((1, 0), (0, 0)), "transposed": True},
], ids=str)  # fmt: skip
def test_the_script_draws_what_the_still_shows(page, browser, settings):
    fragment = player(**{"image": IMAGE, "kernel": KERNEL, **settings}).data
    context = browser.new_context(java_script_enabled=False)
    still = context.new_page()
    open_page(still, fragment)
    open_page(page, fragment)
    for part in ("figure svg > *", ".reading"):
        stills, drawn = (
            [e.evaluate("e => e.innerHTML + e.cloneNode().outerHTML") for e in p.locator(part).all()]
            for p in (still, page)
        )
        assert stills and [markup.replace(' aria-live="off"', "") for markup in drawn] == stills
    context.close()


def test_two_players_on_one_page_do_not_disturb_each_other(page, fragment, transposed):
    open_page(page, fragment + "<p>and again</p>" + transposed + fragment)
    first, second, third = page.locator(".course-convolution").all()
    press(first, "Last")
    press(second, "Forward")
    assert reading(first) == ("output[2, 2]", LAST)
    assert reading(second)[0] == "input[0, 1]"
    assert reading(third) == ("output[0, 0]", FIRST)


def test_it_works_where_a_notebook_inserts_it_and_then_runs_its_scripts(page, fragment, inserted):
    inserted(fragment)
    press(page, "Forward")
    assert reading(page) == ("output[0, 1]", SECOND)
    assert page.get_by_role("button").count() == 5


def test_a_player_that_was_taken_off_the_page_stops(page, fragment):
    page.clock.install()
    open_page(page, fragment)
    press(page, "Play")
    page.evaluate("window.gone = document.querySelector('.course-convolution'); gone.remove()")
    page.clock.run_for(10_000)
    assert page.evaluate("gone.querySelector('.place').textContent") == "output[0, 1]"


def test_without_script_a_labelled_still_is_visible(browser, fragment):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    open_page(page, fragment)
    for name, label in (("input", "Input, row by row: 3 3 2 1 0; 0 0 1 3 1"), ("kernel", "Kernel, row by row: 0 1 2; 2 2 0; 0 1 2"),
                        ("output", "Output, row by row: 12 12 17; 10 17 19; 9 6 14")):  # fmt: skip
        assert page.locator(f".{name}").get_by_role("img", name=label).bounding_box()["width"] > 100
        assert page.locator(f".{name} .lit").bounding_box()["width"] > 30
    assert reading(page) == ("output[0, 0]", FIRST)
    assert page.get_by_role("button").count() == 0  # nothing that would do nothing
    context.close()


@pytest.mark.parametrize(("motion", "seconds"), [("no-preference", 0.18), ("reduce", 0)])
def test_the_frame_glides_unless_the_reader_wants_no_motion(page, fragment, motion, seconds):
    page.emulate_media(reduced_motion=motion)
    open_page(page, fragment)
    moves = page.locator(".course-convolution *").evaluate_all(
        "all => all.flatMap(e => { const s = getComputedStyle(e); return (s.transitionDuration + ',' + s.animationDuration).split(',') })"
    )
    assert max(float(move.strip().removesuffix("s")) for move in moves if move.strip() != "auto") == seconds
    press(page, "Forward")
    assert reading(page) == ("output[0, 1]", SECOND)


def test_print_has_no_buttons(page, fragment):
    page.emulate_media(media="print")
    open_page(page, fragment)
    assert not page.locator(".controls").is_visible()
    assert page.locator(".output svg").is_visible()
    assert reading(page) == ("output[0, 0]", FIRST)


@pytest.mark.parametrize("factor", [1, -0.0123])
def test_numbers_and_notes_stay_in_their_cells(page, factor):
    kernel = [[factor * weight for weight in row] for row in KERNEL]
    open_page(page, player(IMAGE, kernel, padding=1).data)
    for grid in ("input", "kernel", "output"):
        boxes = page.locator(f".{grid} :is(.numbers, .padding, .notes) text").evaluate_all(
            "all => all.map(e => [e.parentNode.getAttribute('class'), e.getBBox()]).map(([k, b]) => [k, b.x, b.y, b.width, b.height])"
        )
        assert len(boxes) == {"input": 49 + 9, "kernel": 9, "output": 25}[grid]
        tops = {}  # of the notes: a box is higher than the digits in it
        for kind, x, y, width, height in sorted(boxes, key=lambda box: box[0] != "notes"):
            place = (x + width / 2) // 40, (y + height / 2) // 40
            top, bottom = y + 0.25 * height, y + 0.8 * height
            assert x // 40 == (x + width) // 40 == place[0]
            assert top // 40 == bottom // 40 == place[1]
            if kind == "notes":
                tops[place] = top
            else:
                assert bottom < tops.get(place, bottom + 1)
                assert (top + bottom) / 2 % 40 == pytest.approx(20, abs=4)  # in the middle


# Each element's text and colour, and the colour of a cell, lit or not, behind it: painted on a canvas one over the other.
PAINTED = """(elements, property) => elements.map(element => {
    const pixel = document.createElement("canvas").getContext("2d"), seen = () => [...pixel.getImageData(0, 0, 1, 1).data].slice(0, 3);
    const paint = (colour, opacity) => { pixel.globalAlpha = opacity; pixel.fillStyle = colour; pixel.fillRect(0, 0, 1, 1); };
    paint(getComputedStyle(document.body).backgroundColor, 1);
    for (const back of element.closest("figure")?.querySelectorAll(".cells, .lit") ?? [])
        if (property === "fill") paint(getComputedStyle(back).fill, getComputedStyle(back).fillOpacity);
    const behind = seen(), style = getComputedStyle(element);
    paint(style[property], property === "fill" ? style.fillOpacity : style.strokeOpacity);
    return [element.textContent, seen(), behind];
})"""


@pytest.mark.parametrize("style", [LIGHT, DARK, LAB_DARK], ids=["light", "dark", "JupyterLab's dark"])
def test_text_and_frames_stand_out(page, style, contrast):
    open_page(page, player(IMAGE, KERNEL, padding=1).data, style)
    texts = page.locator(".course-convolution svg text").evaluate_all(PAINTED, "fill")
    texts += page.locator(".course-convolution :is(figcaption, figcaption b, p, i, .controls span)").evaluate_all(
        PAINTED, "color"
    )
    assert len(texts) > 80
    for text, colour, behind in texts:
        assert contrast(colour, behind) >= 4.5, text
    frames = page.locator(".frame").evaluate_all(PAINTED, "stroke")
    assert len(frames) == 3
    for _, colour, behind in frames:
        assert contrast(colour, behind) >= 3  # what WCAG asks of graphics


def test_a_narrow_page_has_no_sideways_scroll_and_readable_numbers(page):
    page.set_viewport_size({"width": 420, "height": 900})
    open_page(page, player(IMAGE, KERNEL, padding=2).data)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420
    assert page.locator(".input svg").evaluate("svg => svg.getScreenCTM().a") * 17 >= 11  # pixels


def test_the_largest_page_does_not_scroll_sideways_either(page):
    page.set_viewport_size({"width": 420, "height": 900})
    open_page(page, player([[-0.123] * 16] * 16, [[-0.321] * 9] * 9, padding="same").data)
    assert page.evaluate("document.documentElement.scrollWidth") <= 420


def test_how_long_the_worked_example_takes_to_open(page, fragment, tmp_path, record_property):
    path = tmp_path / "player.html"
    path.write_text(f'<!doctype html><meta charset="utf-8">{fragment}', encoding="utf-8")
    start = time.perf_counter()
    page.goto(path.as_uri())
    assert reading(page) == ("output[0, 0]", FIRST)
    assert page.get_by_role("button").count() == 5
    seconds = time.perf_counter() - start
    record_property("seconds", round(seconds, 3))
    print(f"the worked example opened, and was read, in {seconds:.3f} s")
