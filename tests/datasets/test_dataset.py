"""What all sets have in common, and what `Part` and `Dataset` do with it."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from course import datasets
from course.datasets import Dataset, Part

SMALL = {
    "digits": lambda: datasets.digits(),
    "digits, enlarged": lambda: datasets.digits(28),
    "glyphs": lambda: datasets.glyphs(60, 40),
    "glyphs, large": lambda: datasets.glyphs(30, 30, size=32),
    "shapes": lambda: datasets.shapes(30, 20),
    "shapes, several": lambda: datasets.shapes(30, 20, size=48, objects=(1, 3)),
    "photographs": lambda: datasets.photographs(32),
}


@pytest.fixture(params=SMALL)
def data(request):
    return SMALL[request.param]()


def part(n=40, classes=4, seed=0):
    """Return a Part whose images hold their own number."""
    labels = np.random.default_rng(seed).permutation(np.arange(n) % classes).astype("int32")
    return Part(np.broadcast_to(np.arange(n, dtype="float32")[:, None, None, None], (n, 2, 2, 1)), labels)


def test_every_set_has_the_one_form(data):
    assert isinstance(data, Dataset)
    for images, labels in (data.train, data.test):
        assert images.dtype == "float32" and images.ndim == 4 and images.shape[-1] in (1, 3)
        assert len(images) == len(labels) and labels.dtype == "int32"
        if len(images):
            assert images.min() >= 0 and 0.5 < images.max() <= 1
            assert labels.max() < len(data.class_names)
    assert data.train.images.shape[1:] == data.test.images.shape[1:]
    assert data.licence and data.source.endswith(".")


def test_one_line_says_what_it_is(data):
    line = repr(data)
    assert "\n" not in line and len(line) < 120
    assert line.startswith(data.name) and f"{len(data.train):,}" in line and data.licence in line


def test_the_same_call_gives_the_same_bytes(data, request):
    again = SMALL[request.node.callspec.params["data"]]()
    for one, other in zip((data.train, data.test), (again.train, again.test), strict=True):
        for name, value in vars(one).items():
            assert (value is None and getattr(other, name) is None) or value.tobytes() == getattr(other, name).tobytes()


def test_show_draws_the_pictures_under_their_names(data):
    n = min(8, len(data.train))
    figure = data.show(n)
    shown = [axes for axes in figure.axes if axes.images]
    assert len(shown) == n
    for axes, image in zip(shown, data.train.images, strict=False):
        assert np.array_equal(np.atleast_3d(axes.images[0].get_array()), image)
    if data.train.labels.ndim == 1:
        assert [axes.get_title() for axes in shown] == [data.class_names[label] for label in data.train.labels[:n]]
    for label in set(data.train.labels[:n].ravel()) - {-1}:
        assert data.class_names[label] in figure.get_label()


def test_show_puts_each_box_around_its_object():
    data = datasets.shapes(4, 1, size=48, objects=3, clutter=0, noise=0)
    for axes, boxes, labels in zip(data.show(4).axes, data.train.boxes, data.train.labels, strict=False):
        drawn = {tuple(patch.get_bbox().extents + 0.5) for patch in axes.patches}
        assert drawn == {tuple(box) for box in boxes.tolist()}
        assert [text.get_text() for text in axes.texts] == [data.class_names[label] for label in labels]


def test_keras_form():
    (x, y), (x_test, y_test) = (data := datasets.digits()).train, data.test
    assert (
        x is data.train.images and y is data.train.labels and x_test is data.test.images and y_test is data.test.labels
    )


def test_take():
    taken = datasets.shapes(6, 1, objects=2).train.take([4, 1])
    everything = datasets.shapes(6, 1, objects=2).train
    for name, value in vars(everything).items():
        assert np.array_equal(getattr(taken, name), value[[4, 1]])


@given(per_class=st.integers(1, 10), seed=st.integers(0, 2**40))
def test_few_takes_as_many_of_each_class(per_class, seed):
    few = part().few(per_class, seed)
    assert np.bincount(few.labels).tolist() == [per_class] * 4
    numbers = few.images[:, 0, 0, 0].astype(int)
    assert len(set(numbers)) == len(numbers)
    assert np.array_equal(part().labels[numbers], few.labels)  # image and label stay together


def test_more_labels_contain_the_fewer():
    numbers = [set(part().few(k, seed=3).images[:, 0, 0, 0]) for k in (1, 5, 10)]
    assert numbers[0] < numbers[1] < numbers[2]


def test_few_depends_on_the_seed_and_is_mixed():
    draws = {tuple(part().few(2, seed).images[:, 0, 0, 0]) for seed in range(20)}
    assert len(draws) > 15
    assert any(np.any(np.diff(part().few(3, seed).labels) < 0) for seed in range(5))


@pytest.mark.parametrize(
    "arguments, error, words",
    [
        ((0,), ValueError, "per_class must be at least 1, but got 0"),
        ((11,), ValueError, "per_class must be at most the images of every class, but got 11, and class 0 has 10"),
        ((1.0,), TypeError, "per_class must be an int, but got 1.0"),
        ((True,), TypeError, "per_class must be an int, but got True"),
        ((1, -1), ValueError, "seed must be at least 0, but got -1"),
        ((1, "a"), TypeError, "seed must be an int, but got 'a'"),
    ],
)
def test_few_refuses(arguments, error, words):
    with pytest.raises(error, match=words):
        part().few(*arguments)


def test_few_refuses_scenes_of_several_objects():
    with pytest.raises(ValueError, match="one label for each image"):
        datasets.shapes(4, 1, objects=2).train.few(1)


def test_few_of_nothing():
    with pytest.raises(ValueError, match="there are none"):
        part().take(slice(0)).few(1)


@pytest.mark.parametrize("n, error", [(0, ValueError), (101, ValueError), (2.0, TypeError)])
def test_show_refuses(n, error):
    with pytest.raises(error, match="n must be"):
        datasets.photographs(8).show(n)


def test_a_misspelt_set_is_a_sentence():
    with pytest.raises(AttributeError, match=r"There is no data set 'mnits': there are digits, .*, mnist, "):
        datasets.mnits()


def test_importing_the_sets_is_instant(python):
    code = (
        "import sys, course.datasets; print(*{'keras', 'matplotlib', 'sklearn', 'skimage', 'PIL'} & set(sys.modules))"
    )
    assert python(code)[:2] == (0, "\n")


# --- whatever is passed: a set, or a TypeError or ValueError that names the argument --------------------------------

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 40),
    st.floats(),
    st.text(max_size=3),
    st.lists(st.integers(-1, 3), max_size=3),
    st.lists(st.sampled_from(["circle", "star", "A", "z"]), max_size=3),
    st.tuples(st.integers(-1, 4), st.integers(-1, 4)),
)
ARGUMENTS = {
    "digits": ["size"],
    "glyphs": ["train", "test", "size", "letters", "rotation", "shear", "thickness", "noise", "seed"],
    "shapes": ["train", "test", "size", "objects", "classes", "clutter", "noise", "bright", "seed"],
    "photographs": ["size"],
    "photograph": ["name"],
}
FEW = {"glyphs": {"train": 60, "test": 60}, "shapes": {"train": 3, "test": 2}}


@pytest.mark.parametrize("name", ARGUMENTS)
@settings(max_examples=60, deadline=None)
@given(draw=st.data())
def test_whatever_is_passed(name, draw):
    argument = draw.draw(st.sampled_from(ARGUMENTS[name]))
    value = draw.draw(ANYTHING)
    try:
        data = getattr(datasets, name)(**{**FEW.get(name, {}), argument: value})
    except (TypeError, ValueError) as problem:
        named = ("size", "objects") if argument == "objects" else (argument,)  # the size may leave no room for them
        assert str(problem).startswith(tuple(f"{name} must " for name in named)), problem
    else:
        images = data if name == "photograph" else data.train.images
        assert np.isfinite(images).all() and images.min() >= 0 and images.max() <= 1
