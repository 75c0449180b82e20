"""Receptive fields on a picture: what is drawn equals `field.window`, and the page is small and whole."""

import base64
import io
import json
import re

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from course.figures import style
from course.figures.receptive_field import explorer, on_picture
from course.receptive_field import Axis, Hulls, ReceptiveField, Window, measured_receptive_field, receptive_fields

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (640, 427, 3), dtype="uint8")
WORDS = {"title": "a title"}


def picture(height, width):
    """Return a picture that compresses well, with something in it."""
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 2, columns * 2, rows + columns], axis=-1).astype("uint8")


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
        layers.Conv2D(1, 3, strides=3, padding="same", name="stride"),
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
    skip = layers.Cropping2D(((4, 5), (4, 5)), name="crop")(inputs)
    return keras.Model(inputs, layers.Concatenate(name="end")([both, skip]))


NETS = {"plain": (plain, (65, 49)), "odd": (odd, (57, 43)), "branched": (branched, (19, 19))}


@pytest.fixture(scope="module", params=NETS)
def net(request):
    """A picture, and the fields of all layers of a net on it."""
    build, size = NETS[request.param]
    return picture(*size), receptive_fields(build())


@pytest.fixture(scope="module")
def second():
    """The field of two convolutions, 3 wide at stride 2: 7 pixels wide, 4 apart."""
    return receptive_fields(plain())["second"]


@pytest.fixture(scope="module")
def padded():
    """The field of one convolution, 5 wide at stride 2, on 57 × 43 pixels: 2 pixels of padding on every side."""
    return receptive_fields(odd())["conv"]


# --- the Matplotlib figure ------------------------------------------------------------------------------------------


def rectangles(figure):
    """Return {what it is: [(top, bottom, left, right)]} of the rectangles of a figure."""
    found = {"outline": [], "dim": [], "padding": []}
    for patch in figure.axes[0].patches:
        (left, top), (right, bottom) = patch.get_bbox().get_points()
        kind = "padding" if patch.get_hatch() else "dim" if patch.get_alpha() else "outline"
        found[kind].append((top, bottom, left, right))
    return found


def test_the_window_is_outlined_and_its_centre_marked(second):
    figure = on_picture(picture(65, 49), second, (3, 0), **WORDS)
    (axes,) = figure.axes
    assert set(rectangles(figure)["outline"]) == {(12, 19, 0, 7)}  # 3 · 4 = 12, and 7 pixels on
    assert [line.get_xydata().tolist() for line in axes.lines] == [[[3.5, 15.5]]] * 2
    assert "a title" in (axes.get_title(), axes.get_title("left"))  # as the style in use has it
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 49), (65, 0))
    np.testing.assert_array_equal(axes.images[0].get_array(), picture(65, 49))
    assert axes.images[0].get_extent() == [0, 49, 65, 0]


@pytest.mark.parametrize("position", [(0, 0), (3, 0), (14, 10), (7, 5)])
def test_every_pixel_is_either_seen_or_dimmed_once(second, position):
    dimmed = np.zeros((65, 49), int)
    for top, bottom, left, right in rectangles(on_picture(picture(65, 49), second, position, **WORDS))["dim"]:
        dimmed[int(top) : int(bottom), int(left) : int(right)] += 1
    row, column = position
    seen = np.zeros((65, 49), int)
    seen[4 * row : 4 * row + 7, 4 * column : 4 * column + 7] = 1
    np.testing.assert_array_equal(dimmed, 1 - seen)


def test_padding_is_drawn_beside_the_picture_which_covers_the_rest(padded):
    figure = on_picture(picture(57, 43), padded, (0, 21), **WORDS)
    (axes,) = figure.axes
    found = rectangles(figure)
    assert set(found["outline"]) == set(found["padding"]) == {(-2, 3, 40, 45)}
    assert (axes.get_xlim(), axes.get_ylim()) == ((0, 45), (57, -2))
    layer = {patch.get_hatch(): patch.get_zorder() for patch in axes.patches}
    assert layer["///"] < axes.images[0].get_zorder() < layer[None]


def test_what_is_drawn_is_what_is_seen(padded):
    """In the pixels of the figure itself: bright in the window, dim around it, hatched grey in the padding."""
    figure = on_picture(np.full((57, 43, 3), 255, "uint8"), padded, (0, 10), **WORDS)
    drawn = np.asarray(Image.open(io.BytesIO(style._png(figure)[0])).convert("L")).astype(int)

    def around(row, column):
        across, up = map(round, figure.axes[0].transData.transform((column, row)))
        down = drawn.shape[0] - up
        return drawn[down - 2 : down + 3, across - 2 : across + 3]

    assert (around(1.6, 19) == 255).all()  # seen
    assert (around(20, 30) == round(255 * 0.4)).all()  # dim
    assert len(np.unique(around(-1, 21.5))) > 1 and around(-1, 21.5).max() < 255  # hatched


@pytest.mark.parametrize("shape", [(57, 43), (57, 43, 1), (57, 43, 3)])
def test_grey_and_colour_bytes_and_floats_are_the_same_picture(padded, shape):
    whole = RNG.integers(0, 256, shape, dtype="uint8")
    figures = [
        on_picture(image, padded, (4, 4), **WORDS) for image in (whole, whole / 255, (whole / 255).astype("float32"))
    ]
    first, *others = [figure.axes[0].images[0].get_array() for figure in figures]
    np.testing.assert_array_equal(first, whole.reshape(first.shape))
    for other in others:
        np.testing.assert_array_equal(first, other)
    assert figures[0].axes[0].images[0].get_clim() == (0, 255)  # a dark grey picture stays dark


def test_floats_are_rounded_to_bytes(padded):
    (axes,) = on_picture(np.full((57, 43), 254.7 / 255), padded, (4, 4), **WORDS).axes
    assert (axes.images[0].get_array() == 255).all()


def test_a_figure_says_what_it_shows_and_repeats_to_the_byte(padded):
    first, again = (style._png(on_picture(picture(57, 43), padded, (0, 21), **WORDS)) for _ in range(2))
    assert first == again
    assert first[1]["alt"] == (
        "A picture of 57 × 43 pixels, dimmed but for what one feature sees: rows -2 to 3, columns 40 to 45."
    )
    assert on_picture(picture(57, 43), padded, (0, 21), title="", alt="mine").get_label() == "mine"


def test_it_draws_a_field_that_was_measured(float64):
    model = keras.Sequential([layers.Input((None, None, 1)), layers.Conv2D(1, 3, strides=2, name="conv")])
    field = measured_receptive_field(model, "conv", (32, 32))
    assert set(rectangles(on_picture(picture(40, 40), field, (5, 2), **WORDS))["outline"]) == {(10, 13, 4, 7)}
    with pytest.raises(ValueError, match=r"position.*\(5, 10{40}\)"):  # how many there are it does not know
        on_picture(picture(40, 40), field, (5, 10**40), **WORDS)


# --- the page -------------------------------------------------------------------------------------------------------


def data_of(page):
    return json.loads(re.search(r'<script type="application/json">(.*?)</script>', page, re.DOTALL).group(1))


def address_of(page):
    return re.search(r'<image[^>]* href="data:image/(png|jpeg);base64,([^"]+)"', page).groups()


def embedded_in(page):
    return Image.open(io.BytesIO(base64.b64decode(address_of(page)[1])))


def cells_of(page):
    """Return the numbers of the still, {row: (rows, columns)}."""
    rows = re.findall(r'<tr><th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td></tr>', page)
    return {name: (down, across) for name, down, across in rows}


def seen_by(rule, position):
    """Return the edges that a position sees, from the rule that is sent: a part is [advance, hulls of one period]."""
    _, parts = rule
    pixels = set()
    for advance, hulls in parts:
        hull = hulls[position % len(hulls)]
        if hull:
            pixels |= {pixel + position // len(hulls) * advance for pixel in hull}
    return (min(pixels), max(pixels) + 1) if pixels else None


def test_the_rules_that_are_sent_give_every_window_of_every_layer(net):
    image, fields = net
    data = data_of(explorer(image, fields).data)
    assert [name for name, _ in data["layers"]] == list(fields)
    for (name, kind), field in zip(data["layers"], fields.values(), strict=True):
        along, *_, everything = data["fields"][kind]
        rules = [data["axes"][axis] for axis in along]
        assert everything == (name in ("all", "classes"))
        if not everything:
            assert [rule[0] for rule in rules] == [axis.size for axis in field.axes]
            for row in range(rules[0][0]):
                for column in range(rules[1][0]):
                    assert (seen_by(rules[0], row), seen_by(rules[1], column)) == field.window((row, column)), name


def test_numbers_are_sent_as_they_are_read():
    data = data_of(explorer(picture(57, 43), receptive_fields(odd())).data)
    texts = {name: data["fields"][kind][1:4] for name, kind in data["layers"]}
    # By hand: 5; 5 + 2 · 2 = 9; 9 + 2 · 4 = 17 pixels; jumps 2, 4, 12, 12 / 3 = 4 and 2.
    assert texts["conv"] == [["5", "5"], ["2", "2"], ["0.5", "0.5"]]
    # 29 × 22 features pool to 15 × 11: one pad at either end of 29, none before 22. 0.5 + 2 · (0 or 1)
    assert texts["pool"] == [["9", "9"], ["4", "4"], ["0.5", "2.5"]]
    # 15 × 11 to 5 × 4: no pad before 15, and of one pad in all for 11, none before it either. One further on: + 4
    assert texts["stride"] == [["17", "17"], ["12", "12"], ["4.5", "6.5"]]
    assert texts["up"] == [["17", "17"], ["4", "4"], ["4.5", "6.5"]]
    assert texts["gaps"] == [["17", "17"], ["2", "2"], ["4.5", "6.5"]]
    assert texts["all"] == texts["classes"] == [["57", "43"], ["–", "–"], ["28.5", "21.5"]]


def test_a_jump_that_varies_is_said_to():
    data = data_of(explorer(picture(19, 19), receptive_fields(branched())).data)
    kinds = {name: data["fields"][kind] for name, kind in data["layers"]}
    assert kinds["both"][2] == ["varies", "varies"]
    assert [name for name, kind in kinds.items() if kind[4]] == ["both", "end"]  # whose branches are not aligned


def test_a_third_of_a_pixel_is_rounded():
    model = keras.Sequential([layers.Input((9, 9, 1)), layers.UpSampling2D(3, name="up")])
    data = data_of(explorer(picture(9, 9), receptive_fields(model)).data)
    assert data["fields"][-1][2] == ["0.33", "0.33"]


def test_the_still_shows_the_numbers_of_its_feature():
    page = explorer(picture(57, 43), receptive_fields(odd()), "stride").data
    # 5 × 4 features, 12 apart: centres at 4.5, 16.5, 28.5 (the middle of 57) and 6.5, 18.5 (3 from the middle of 43), …
    assert cells_of(page) == {
        "map": ("5", "4"), "feature": ("2", "1"), "receptive field": ("17", "17"), "jump": ("12", "12"),
        "start": ("4.5", "6.5"), "window from": ("20", "10"), "window to": ("37", "27"), "in the padding": ("0", "0"),
    }  # fmt: skip
    assert "All of the window lies in the picture." in page
    assert 'd="M10 20H27V37H10Z"' in page  # the window
    assert 'd="M0 0H43V57H0ZM10 20H27V37H10Z"' in page  # the picture but for it
    assert 'd="M10 20L27 20L27 37L10 37L10 20Z"' in page  # its edges
    assert 'd="M18.5 28.5h0"' in page  # its centre
    centres = re.search(r'class="centres" d="([^"]*)"', page).group(1)
    assert re.findall(r"M(\S+) (\S+)h0", centres)[:5] == [
        ("6.5", "4.5"),
        ("18.5", "4.5"),
        ("30.5", "4.5"),
        ("42.5", "4.5"),
        ("6.5", "16.5"),
    ]


def test_the_still_says_how_much_is_padding():
    field = receptive_fields(odd())["conv"]
    wide = Axis(29, (Hulls(1, 2, ((-30, 29),)),))  # 60 pixels, so that the middle one sees beyond both ends
    fields = {"wide": ReceptiveField.of([wide, field.axes[1]])}
    page = explorer(picture(57, 43), fields).data
    assert cells_of(page)["window from"] == ("−2", "18") and cells_of(page)["window to"] == ("58", "23")
    assert cells_of(page)["in the padding"] == ("3", "0")  # two above, one below
    assert "15 of the window’s 300 pixels are padding: 5\u00a0%." in page
    assert re.search(r'class="edges" d="([^"]*)"', page).group(1) == "M23 0L23 57M18 57L18 0"


def test_a_layer_without_positions_shows_the_whole_picture():
    page = explorer(picture(57, 43), receptive_fields(odd()), "all").data
    numbers = cells_of(page)
    assert numbers["map"] == numbers["feature"] == numbers["jump"] == ("–", "–")
    assert (numbers["window from"], numbers["window to"]) == (("0", "0"), ("57", "43"))
    assert (
        'aria-label="all: sees rows 0 to 57, columns 0 to 43. It has no positions: all of it sees the whole picture."'
        in page
    )
    assert re.search(r'class="centres" d=""', page)


def test_it_starts_with_the_last_field_that_fits_into_half_of_the_picture():
    fields = receptive_fields(odd())
    assert data_of(explorer(picture(57, 43), fields).data)["layer"] == list(fields).index("gaps")  # 17 of 43
    fields = receptive_fields(branched())
    assert data_of(explorer(picture(19, 19), fields).data)["layer"] == list(fields).index("crop")
    assert data_of(explorer(picture(19, 19), {"both": fields["both"]}).data)["layer"] == 0


def test_centres_that_are_too_dense_are_not_drawn():
    for side, drawn in ((64, True), (65, False)):
        page = explorer(picture(side, 30), {"input": ReceptiveField.of([Axis.of_image(side), Axis.of_image(30)])}).data
        assert bool(re.search(r'class="centres" d="M', page)) == drawn


def test_a_small_picture_is_kept_and_a_larger_one_compressed():
    small = RNG.integers(0, 256, (28, 20, 3), dtype="uint8")
    fields = {"input": ReceptiveField.of([Axis.of_image(28), Axis.of_image(20)])}
    page = explorer(small, fields).data
    np.testing.assert_array_equal(np.asarray(embedded_in(page)), small)
    assert 'style="image-rendering:pixelated"' in page
    rows, columns = np.mgrid[:224, :300]
    smooth = np.stack(
        [rows, columns % 256, 128 + 60 * np.sin(rows / 9) * np.sin(columns / 7) + RNG.normal(0, 4, rows.shape)], -1
    )
    smooth = smooth.clip(0, 255).astype("uint8")
    fields = {"input": ReceptiveField.of([Axis.of_image(224), Axis.of_image(300)])}
    page = explorer(smooth, fields).data
    shown = np.asarray(embedded_in(page)).astype(int)
    assert shown.shape == smooth.shape and address_of(page)[0] == "jpeg"
    assert np.abs(shown - smooth).mean() < 6
    assert "pixelated" not in page.split("</style>")[1].split("<script")[0]


def deep(count, size=(640, 427)):
    """Return the fields of `count` layers, all different, with long names."""
    axes = list(map(Axis.of_image, size))
    fields = {}
    for n in range(count):
        axes = [axis.through(Window(3, 1, 1, 1)) for axis in axes]
        fields[f"stage_{n // 50}/block_{n // 5}/bottleneck_convolution_{n}"] = ReceptiveField.of(axes)
    return fields


@pytest.mark.parametrize("count", [1, 300, 1500])
def test_the_page_is_self_contained_small_and_without_ids(count):
    page = explorer(NOISE, deep(count)).data  # noise is what compresses worst
    assert len(page.encode()) < 300_000
    kind, bytes64 = address_of(page)
    page = page.replace(bytes64, "")
    assert re.findall(r"https?://[^\s\"']+", page) == ["http://www.w3.org/2000/svg"]  # a namespace, never fetched
    assert re.findall(r"href\s*=.*?,", page) == [f'href="data:image/{kind};base64,']
    assert not re.search(r"\b(src|id|srcset)\s*=|@import|url\(|\bfetch\b|\beval\b", page)
    assert "$" not in page.replace("${", "")  # MathJax would take it for a formula
    assert page.count("</script>") == 2


def test_more_layers_than_a_page_holds_are_refused():
    with pytest.raises(ValueError, match=r"fields must have fewer layers.*300 KB"):
        explorer(NOISE, deep(6000))


def test_the_same_arguments_give_the_same_bytes(net):
    image, fields = net
    page = explorer(image, fields).data
    assert explorer(image.copy(), dict(fields)).data == explorer(image / 255, fields).data == page


NASTY = '</script><img src=x onerror="alert(1)"> & <b>'


def test_names_are_escaped():
    field = ReceptiveField.of([Axis.of_image(8), Axis.of_image(8)])
    page = explorer(picture(8, 8), {NASTY: field}).data
    assert data_of(page)["layers"] == [[NASTY, 0]]
    assert page.count("</script>") == 2
    assert "<img" not in page and "<b> " not in page


# --- what is refused ------------------------------------------------------------------------------------------------


WHOLE = ReceptiveField.of([Axis.seeing_everything(1, 57), Axis.seeing_everything(1, 43)])
ROWS_WHOLE = ReceptiveField.of([Axis.seeing_everything(1, 57), Axis.of_image(43)])
GAPS = ReceptiveField.of([Axis(9, (Hulls(2, 4, ((0, 0), None)),)), Axis(9, (Hulls(1, 4, ((0, 0),)),))])
OPEN = ReceptiveField.of([Axis(None, (Hulls(1, 2, ((-2, 2),)),))] * 2)
LINE = ReceptiveField.of([Axis.of_image(57)])
FAR = ReceptiveField.of([Axis(9, (Hulls(1, 100, ((0, 4),)),))] * 2)
SMALL = np.zeros((57, 43))

BAD_PICTURES = [
    (None, TypeError, "picture.*NoneType"),
    ("china.jpg", TypeError, "picture.*str"),
    ([[1, 2], [3]], TypeError, "picture.*list"),
    ([[1, 2], [3, 4]], TypeError, "picture.*int64"),
    (np.ones((57, 43, 3), bool), TypeError, "picture.*bool"),
    (np.ones((57, 43), complex), TypeError, "picture.*complex"),
    (np.full((57, 43), "a"), TypeError, "picture"),
    (np.zeros(57), ValueError, r"picture.*\(57,\)"),
    (np.zeros((1, 57, 43, 3)), ValueError, r"picture.*\(1, 57, 43, 3\)"),
    (np.zeros((57, 43, 4), "uint8"), ValueError, r"picture.*\(57, 43, 4\)"),
    (np.zeros((0, 43, 3)), ValueError, r"picture.*\(0, 43, 3\)"),
    (np.full((57, 43), np.nan), ValueError, "picture.*NaN"),
    (np.full((57, 43), np.inf), ValueError, "picture.*0 to 1"),
    (np.full((57, 43), -0.1), ValueError, "picture.*0 to 1"),
    (np.full((57, 43), 255.0), ValueError, "picture.*divide by 255"),
]


@pytest.mark.parametrize(("image", "error", "words"), BAD_PICTURES, ids=range(len(BAD_PICTURES)))
def test_what_is_no_picture_is_refused(image, error, words):
    with pytest.raises(error, match=words):
        on_picture(image, OPEN, (0, 0), **WORDS)
    with pytest.raises(error, match=words):
        explorer(image, {"input": ROWS_WHOLE})


@pytest.mark.parametrize(("field", "position", "error", "words"), [
    (None, (0, 0), TypeError, "field must be a ReceptiveField.*NoneType"),
    ({"conv": OPEN}, (0, 0), TypeError, "field.*dict"),
    (LINE, (0,), ValueError, "field.*two axes.*has 1"),
    (WHOLE, (0, 0), ValueError, "field.*sees everything"),
    (GAPS, (1, 0), ValueError, r"position.*\(1, 0\) sees none"),
    (GAPS, (9, 0), ValueError, r"position.*\(9, 9\).*\(9, 0\)"),
    (GAPS, (-1, 0), ValueError, "position"),
    (GAPS, (0, 0, 0), ValueError, "position"),
    (GAPS, [0, 0], TypeError, "position"),
    (GAPS, (0.0, 0), TypeError, "position"),
    (GAPS, (True, 0), TypeError, "position"),
    (GAPS, None, TypeError, "position"),
    (GAPS, "00", TypeError, "position"),
    (OPEN, (0, 23), ValueError, r"position.*\(0, 23\)"),  # sees columns 44 to 49 of 43
    (FAR, (0, 0), ValueError, "picture.*57 × 43.*400 to 404"),
], ids=str)  # fmt: skip
def test_a_position_that_cannot_be_drawn_is_refused(field, position, error, words):
    with pytest.raises(error, match=words):
        on_picture(SMALL, field, position, **WORDS)


def test_a_field_that_sees_everything_along_one_axis_knows_its_picture():
    assert set(rectangles(on_picture(SMALL, ROWS_WHOLE, (0, 7), **WORDS))["outline"]) == {(0, 57, 7, 8)}
    with pytest.raises(ValueError, match=r"picture must be the image.*58 × 43.*0 to 56"):
        on_picture(np.zeros((58, 43)), ROWS_WHOLE, (0, 7), **WORDS)


INPUT = ReceptiveField.of([Axis.of_image(57), Axis.of_image(43)])


@pytest.mark.parametrize(("fields", "shown", "error", "words"), [
    (None, None, TypeError, "fields.*NoneType"),
    ([INPUT], None, TypeError, "fields.*list"),
    (INPUT, None, TypeError, "fields.*ReceptiveField"),
    ({}, None, ValueError, "fields.*empty"),
    ({0: INPUT}, None, TypeError, "fields.*int"),
    ({"a": INPUT, "b": None}, None, TypeError, r"fields\['b'\].*NoneType"),
    ({"line": LINE}, None, ValueError, r"fields\['line'\].*two axes"),
    ({"a": INPUT, "open": OPEN}, None, ValueError, r"fields\['open'\].*input_shape=\(57, 43\)"),
    ({"far": FAR}, None, ValueError, r"picture.*fields\['far'\]"),
    ({"a": ReceptiveField.of([Axis.of_image(43), Axis.of_image(57)])}, None, ValueError, "picture.*43 × 57.*57 × 43"),
    ({"a": ReceptiveField.of([Axis.seeing_everything(1, 57)] * 2)}, None, ValueError, r"picture.*fields\['a'\]"),
    ({"a": INPUT}, "b", ValueError, "shown.*a.*'b'"),
    ({"a": INPUT}, 0, TypeError, "shown.*int"),
], ids=range(13))  # fmt: skip
def test_fields_that_cannot_be_explored_are_refused(fields, shown, error, words):
    with pytest.raises(error, match=words):
        explorer(SMALL, fields, shown)


def test_a_field_that_sees_everything_needs_no_size():
    unknown = ReceptiveField.of([Axis.seeing_everything(None, 57), Axis.seeing_everything(None, 43)])
    assert cells_of(explorer(SMALL, {"all": unknown}).data)["window to"] == ("57", "43")


ANYTHING = [None, True, -1, 0, 10**30, 0.5, float("nan"), "x", b"x", [], (), {}, [[]], object(), int, np.zeros(3),
            np.nan, (1, 2, 3), ((1, 2), (3, 4)), SMALL, OPEN, {"a": 1}, lambda: 0]  # fmt: skip


@pytest.mark.parametrize("index", range(len(ANYTHING)))
def test_anything_else_is_refused_kindly(index):
    value = ANYTHING[index]
    right = {"picture": SMALL, "field": OPEN, "position": (3, 3), "fields": {"a": INPUT}, "shown": None}
    for figure, names in ((on_picture, ("picture", "field", "position")), (explorer, ("picture", "fields", "shown"))):
        for name in names:
            if value is right[name]:
                continue
            arguments = {key: right[key] for key in names} | {name: value}
            with pytest.raises((TypeError, ValueError), match=rf"^{name}"):
                figure(**arguments, **(WORDS if figure is on_picture else {}))
