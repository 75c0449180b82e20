"""The real path: the public sets, MobileNet's weights and lecture 09, from a cache of them beside the project.

Each in a process of its own, as Keras looks for its home when it is imported, and with every proxy pointing nowhere:
what is not in the cache is not to be had. CIFAR-10 is not in it; tests/datasets/test_public.py tries its path with a
small archive in the same format.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course import transfer

ROOT = Path(__file__).parents[1]
REAL = ROOT.parent / "shared" / "datasets"
PETS = REAL / "oxford_pets_192"

pytestmark = pytest.mark.skipif(not PETS.exists(), reason=f"no cache of real data sets at {REAL}")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home for Keras that can be written, with the real files in it."""
    home = tmp_path_factory.mktemp("keras")
    for source, target in ((REAL / "keras", home), (PETS, home / "datasets" / PETS.name)):
        for path in source.rglob("*"):
            if path.is_file():
                copy = target / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    return home


@pytest.fixture(scope="module")
def python(home):
    """A function that runs code in a fresh Python with that home; returns what the code puts into `result`, from JSON."""

    def run(code):
        nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
        environment = {
            **os.environ,
            **nowhere,
            "PYTHONPATH": str(ROOT),
            "KERAS_HOME": str(home),
            "COURSE_EFFORT": "quick",
        }
        end = "\nimport json\nprint('\\nRESULT' + json.dumps(result))"
        ran = subprocess.run(
            [sys.executable, "-c", code + end], capture_output=True, text=True, env=environment, cwd=ROOT
        )
        assert ran.returncode == 0, ran.stderr[-3000:]
        printed, _, result = ran.stdout.rpartition("\nRESULT")
        return json.loads(result), printed

    return run


SET = """
import numpy as np
from course import datasets
data = datasets.{call}
result = {{"is": repr(data)}}
for name in ("train", "test"):
    part = getattr(data, name)
    result[name] = np.bincount(part.labels).tolist()
    np.savez(r"{folder}/" + name, **{{key: value for key, value in vars(part).items() if value is not None}})
"""


@pytest.fixture
def load(python, tmp_path):
    """A function that loads a set by a call such as "mnist()"; returns what it says of itself, and its two parts."""

    def run(call):
        result, _ = python(SET.format(call=call, folder=tmp_path))
        return result, *(np.load(tmp_path / f"{name}.npz") for name in ("train", "test"))

    return run


def test_mnist(load):
    result, train, test = load("mnist()")
    assert result["is"] == "MNIST: 60,000 + 10,000 images of 28×28×1, 10 classes (CC BY-SA 3.0)"
    # as published, http://yann.lecun.com/exdb/mnist
    assert result["train"] == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert result["test"] == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    with np.load(REAL / "keras" / "datasets" / "mnist.npz") as original:
        for part, name in ((train, "train"), (test, "test")):
            chosen = slice(None, None, 997)
            assert np.abs(255 * part["images"][chosen, :, :, 0] - original[f"x_{name}"][chosen]).max() < 1e-3
            assert (part["labels"] == original[f"y_{name}"]).all()


def test_fashion_mnist(load):
    result, train, test = load("fashion_mnist()")
    assert (result["train"], result["test"]) == ([6000] * 10, [1000] * 10)
    for part, name, count in ((train, "train", 60000), (test, "t10k", 10000)):
        folder = REAL / "keras" / "datasets" / "fashion-mnist"
        pixels = gzip.decompress((folder / f"{name}-images-idx3-ubyte.gz").read_bytes())[16:]
        pixels = np.frombuffer(pixels, "uint8").reshape(count, 28, 28, 1)[::997]
        assert np.abs(255 * part["images"][::997] - pixels).max() < 1e-3
        labels = gzip.decompress((folder / f"{name}-labels-idx1-ubyte.gz").read_bytes())[8:]
        assert (part["labels"] == np.frombuffer(labels, "uint8")).all()


def test_pets(load):
    result, train, test = load("pets()")
    assert result["is"] == "Oxford-IIIT Pet: 300 + 298 images of 192×192×3, 3 classes (CC BY-SA 4.0)"
    on_pets, first = [], (PETS / "trainval.txt").read_text().split()[0]
    for part, listed in ((train, "trainval.txt"), (test, "test.txt")):
        names = [line.split()[0] for line in (PETS / listed).read_text().splitlines()]
        breeds = ["Abyssinian", "american", "Bengal"]
        assert [breeds[label] for label in part["labels"]] == [name.split("_")[0] for name in names]
        for k in range(0, len(names), 37):
            # the shorter side has 192 pixels: the square in the middle is cut out, and left as it is
            with (
                Image.open(PETS / "images" / f"{names[k]}.jpg") as image,
                Image.open(PETS / "trimaps" / f"{names[k]}.png") as trimap,
            ):
                assert min(image.size) == 192
                left, top = ((side - 192) // 2 for side in image.size)
                square = (left, top, left + 192, top + 192)
                assert np.abs(255 * part["images"][k] - np.asarray(image.crop(square))).max() < 1e-3
                expected = {1: 1, 2: 0, 3: 255}
                values = np.asarray(trimap.crop(square))
            assert (part["masks"][k] == np.vectorize(expected.get)(values)).all()
        for box, mask in zip(part["boxes"], part["masks"], strict=True):
            if box.any():
                x, y = int((box[0] + box[2]) / 2), int((box[1] + box[3]) / 2)
                on_pets.append(mask[y, x] != 0)
    # the head is where a pet is; only the training photographs have boxes
    assert not test["boxes"].any()
    assert (
        len(on_pets) == len(list((PETS / "xmls_original_size").iterdir())) - 3
    )  # three heads are outside of the square
    assert np.mean(on_pets) > 0.97
    # the first photograph's, from the numbers in its file
    tree = ElementTree.parse(PETS / "xmls_original_size" / f"{first}.xml")
    width, height = (int(tree.find(f"size/{side}").text) for side in ("width", "height"))
    scale = 192 / min(width, height)
    cut_off = [(scale * width - 192) / 2, (scale * height - 192) / 2] * 2
    edges = [int(edge.text) for edge in tree.find("object/bndbox")]
    expected = [scale * edge - cut for edge, cut in zip(edges, cut_off, strict=True)]
    assert train["boxes"][0] == pytest.approx(expected, abs=1.5)


def test_mobilenet_reads_the_photographs(python):
    """As Keras decodes them; and the results that the course keeps are these."""
    (names, readings), _ = python("""
import keras
from course import datasets, transfer
net, photographs = transfer.mobilenet(fetch=False), datasets.photographs()
probabilities = net.predict_on_batch(2 * photographs.train.images - 1)
decoded = keras.applications.mobilenet.decode_predictions(probabilities)
result = photographs.class_names, [[(name, float(p)) for _, name, p in five] for five in decoded]
""")
    top_five = {name: [word for word, _ in five] for name, five in zip(names, readings, strict=True)}
    assert top_five["coffee"][0] == "espresso"
    assert {"tabby", "tiger_cat", "Egyptian_cat"} <= set(top_five["chelsea"])
    assert "palace" in top_five["china"]
    for five, kept in zip(readings, transfer.kept()["readings"]["as it was trained"], strict=True):
        assert [word for word, _ in kept] == [word for word, _ in five]
        assert [p for _, p in kept] == pytest.approx([p for _, p in five], abs=5e-3)


@pytest.mark.long
def test_lecture_09_measures_what_it_otherwise_shows(python):
    """The whole lecture at quick effort: every assertion, nothing from the results that are kept, and those are like it."""
    result, printed = python("""
import jupytext, numpy
names = {}
for cell in jupytext.read("solutions/09_transfer.py").cells:
    if cell.cell_type == "code":
        exec(cell.source, names)
result = {key: {name: numpy.median(values, axis=0).tolist() for name, values in names[key].items()} for key in ("breeds", "tuned")}
""")
    assert "Not right yet" not in printed and "stored" not in printed
    for key, measured in result.items():
        kept = transfer.kept()[key]
        assert list(kept) == list(measured)
        for name, values in measured.items():
            # what is ruined by too large a step is ruined in another way each time
            assert values == pytest.approx(np.median(kept[name], axis=0), abs=0.25 if name == "0.01" else 0.06)
