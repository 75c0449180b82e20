"""The photographs against the files in the packages, with the network cut."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from course import datasets
from course.datasets.photographs import PHOTOGRAPHS


def file_of(name):
    """Return the file in which a photograph comes."""
    import skimage
    import sklearn

    package = {"china": sklearn, "flower": sklearn}.get(name, skimage)
    folder = Path(package.__file__).parent / ("datasets/images" if package is sklearn else "data")
    (path,) = folder.glob(f"{name}*")
    return path


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_is_the_file(name):
    expected = np.asarray(Image.open(file_of(name)).convert("RGB")) / 255
    image = datasets.photograph(name)
    assert image.dtype == "float32" and image.shape == expected.shape
    assert np.abs(image - expected).max() < 1e-6


def test_the_middle_square_is_what_is_left():
    data = datasets.photographs(64)
    assert data.class_names == tuple(PHOTOGRAPHS) and data.train.labels.tolist() == list(range(8))
    for image, name in zip(data.train.images, PHOTOGRAPHS, strict=True):
        whole = datasets.photograph(name)
        side = min(whole.shape[:2])
        top, left = ((length - side) // 2 for length in whole.shape[:2])
        square = whole[top : top + side, left : left + side]
        blocks = np.array_split(np.arange(side), 8)  # eight by eight means: the same picture, however it was resized
        for i, rows in enumerate(blocks):
            for j, columns in enumerate(blocks):
                expected = square[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].mean(axis=(0, 1))
                assert np.abs(image[8 * i : 8 * i + 8, 8 * j : 8 * j + 8].mean(axis=(0, 1)) - expected).max() < 0.04


def test_each_photograph_has_its_source_and_licence():
    source = datasets.photographs(8).source
    for name, (_, who, licence) in PHOTOGRAPHS.items():
        assert f"{name}: {who} ({licence})" in source


def test_no_network_is_needed(python, tmp_path):
    """In a namespace without a network, with empty caches."""
    cut = ("unshare", "-rn")
    if not shutil.which("unshare") or python("", *cut)[0]:
        pytest.skip("no namespace without a network can be made here")
    code = """
import socket
try:
    socket.create_connection(("1.1.1.1", 80), timeout=3)
except OSError:
    from course import datasets
    for make in (datasets.photographs, datasets.digits, datasets.glyphs, lambda: datasets.shapes(10, 10)):
        print(make().name)
"""
    home = str(tmp_path)
    status, out, err = python(code, *cut, HOME=home, XDG_CACHE_HOME=home, KERAS_HOME=home, SCIKIT_LEARN_DATA=home)
    assert (status, out.split()) == (0, ["photographs", "digits", "glyphs", "shapes"]), err


def test_a_misspelt_photograph_is_a_sentence():
    with pytest.raises(ValueError, match=r"name must be among china, flower, .*, but got 'chlesea'"):
        datasets.photograph("chlesea")
