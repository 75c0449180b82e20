"""Photographs of three breeds of the Oxford-IIIT Pet data set: cut from its archives once, kept in Keras's cache.

The folder `oxford_pets_192` there holds `images/NAME.jpg` and `trimaps/NAME.png`, made smaller where their shorter side
had more than 192 pixels, and `xmls_original_size/NAME.xml`, the heads' boxes in pixels of the original photographs;
`trainval.txt` and `test.txt` name the photographs of the two parts.
"""

import os
import tarfile
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path, PurePosixPath

import numpy as np

from course.datasets.arguments import integer
from course.datasets.dataset import Dataset, Part
from course.datasets.public import (
    PATIENCE,
    DataUnavailable,
    Published,
    ask_to_write,
    cache,
    patience,
    remove_damaged,
    sentence,
    tidy,
)

ADDRESS = "https://www.robots.ox.ac.uk/~vgg/data/pets/data/"
IMAGES, ANNOTATIONS = "oxford_pets_images.tar.gz", "oxford_pets_annotations.tar.gz"  # as they are called in the cache
ARCHIVES = {IMAGES: "images.tar.gz", ANNOTATIONS: "annotations.tar.gz"}  # and at that address
PETS = Published(
    module="",
    title="Oxford-IIIT Pet",
    files={IMAGES: "5c4f3ee8e5d25df40f4fd59a7f44e54c", ANNOTATIONS: "95a8c909bbe2e81eed6a22bccdf3f68f"},  # md5
    unpacked=None,
    class_names=("Abyssinian", "American bulldog", "Bengal"),
    licence="CC BY-SA 4.0",
    source="Two breeds of cats and one of dogs: Parkhi, Vedaldi, Zisserman and Jawahar (2012), Cats and dogs, CVPR, "
    "https://www.robots.ox.ac.uk/~vgg/data/pets/, made smaller.",
    megabytes=830,
)
BREEDS = ("Abyssinian", "american_bulldog", "Bengal")  # as the files are called
PARTS = {"trainval.txt": 300, "test.txt": 298}
FOLDER = "oxford_pets_192"
SIDE = 192
PET, BACKGROUND, BORDER = 1, 2, 3  # the values of a trimap
UNCLEAR = 255


def pets(size=SIDE, *, fetch=True):
    """Return photographs of two breeds of cats and one of dogs, 300 + 298 of `size`×`size`×3, as a `Dataset`.

    size: int from 8 to 1024. Of each photograph the largest square in its middle is taken, of 192 pixels at most, and
        resized with a filter that averages what it shrinks (Pillow's Lanczos).
    fetch: False opens no connection. Otherwise 810 MB are fetched the first time, of which 15 MB are kept.
    The parts are those of the publication. In both, `masks` are 1 on the pet, 0 on the background, and 255 along the
    border between them, which is not classified. `boxes` hold the head (where there are two, the first that is named),
    as far as it is in the square; the publication has none for the test part, and for a few others.
    Raises TypeError or ValueError if `size` is none of these; DataUnavailable, in one sentence, where the photographs
    are not there and cannot be had, or cannot be kept or read.
    """
    size = integer("size", size, 8, 1024)
    folder = cache() / FOLDER
    if not folder.exists():
        if not fetch:
            raise DataUnavailable(f"{PETS.title} is not on this computer, and nothing is to be fetched")
        _make(folder)
    try:
        train, test = (_part(folder, name, count, size) for name, count in PARTS.items())
    except (OSError, ValueError, SyntaxError, AttributeError, TypeError) as problem:  # of Pillow and ElementTree
        reason = f"{type(problem).__name__}: {problem}".split("\n")[0]
        raise DataUnavailable(
            f"{PETS.title} in {folder} is damaged ({reason}): remove that folder, and run this again"
        ) from None
    return Dataset(PETS.title, train, test, PETS.class_names, PETS.licence, PETS.source)


def _part(folder, listed, count, size):
    """Return the photographs that the file `listed` names, as a Part; raise ValueError if they are not `count`."""
    names = _names((folder / listed).read_text(encoding="utf-8"))
    if len(names) != count:
        raise ValueError(f"{listed} names {len(names)} photographs instead of {count}")
    images = np.empty((count, size, size, 3), "float32")
    masks = np.empty((count, size, size), "uint8")
    boxes = np.zeros((count, 4), "float32")
    for k, name in enumerate(names):
        images[k], masks[k], boxes[k] = _read(folder, name, size)
    labels = np.array([BREEDS.index(_breed(name)) for name in names], "int32")
    return Part(images, labels, boxes, masks)


def _read(folder, name, size):
    """Return one photograph (size, size, 3), its mask (size, size), and the box of the head (4,), zeros if unknown."""
    from PIL import Image

    with (
        Image.open(folder / "images" / f"{name}.jpg") as image,
        Image.open(folder / "trimaps" / f"{name}.png") as trimap,
    ):
        width, height = image.size
        side = min(image.size)
        left, top = (width - side) // 2, (height - side) // 2
        square = (left, top, left + side, top + side)
        pixels = image.convert("RGB").resize((size, size), Image.Resampling.LANCZOS, box=square)
        values = np.asarray(trimap.resize((size, size), Image.Resampling.NEAREST, box=square))
    mask = np.select([values == PET, values == BORDER], [1, UNCLEAR], 0)
    head = _head(folder / "xmls_original_size" / f"{name}.xml")  # in parts of the width and height
    box = (head * [width, height, width, height] - [left, top, left, top]) * size / side
    box = np.clip(box, 0, size)
    seen = box[2] > box[0] and box[3] > box[1]
    return np.asarray(pixels, "float32") / 255, mask, box if seen else 0


def _head(path):
    """Return left, top, right and bottom of the head, as parts of the photograph's sides; zeros if unknown."""
    if not path.exists():
        return np.zeros(4)
    tree = ElementTree.parse(path)
    width, height = (int(tree.findtext(f"size/{name}")) for name in ("width", "height"))
    box = tree.find("object/bndbox")
    left, top, right, bottom = (int(box.findtext(name)) for name in ("xmin", "ymin", "xmax", "ymax"))
    return np.array([(left - 1) / width, (top - 1) / height, right / width, bottom / height])  # pixels count from 1


def _names(listed):
    """Return which photographs of our breeds the text of a list names (list of str)."""
    names = [line.split()[0] for line in listed.splitlines() if line.strip()]
    return [name for name in names if _breed(name) in BREEDS]


def _breed(name):
    return name.rpartition("_")[0]


# --- from the archives ------------------------------------------------------------------------------------------------


def _make(folder):
    """Make `folder` of the published archives, whole or not at all; raise DataUnavailable where that fails."""
    from course.runtime import import_keras

    keras = import_keras()
    home = folder.parent
    damaged = False
    try:
        ask_to_write(home)
        damaged = remove_damaged(home, PETS)
        with patience(PATIENCE):
            for name, there in ARCHIVES.items():
                keras.utils.get_file(name, ADDRESS + there, file_hash=PETS.files[name], hash_algorithm="md5")
        with tempfile.TemporaryDirectory(prefix=f"{FOLDER}.", dir=home) as scratch:
            made = Path(scratch) / FOLDER
            _cut(home, made)
            os.rename(made, folder)
    except BaseException as problem:
        wrong = tidy(home, PETS)
        if not isinstance(problem, Exception):  # Keras raises a bare Exception where it cannot fetch
            raise
        raise DataUnavailable(sentence(PETS, home, problem, damaged, wrong)) from None
    for name in ARCHIVES:
        (home / name).unlink()


def _cut(home, made):
    """Write what is kept of the archives in the folder `home` into the folder `made`."""
    for inner in ("images", "trimaps", "xmls_original_size"):
        (made / inner).mkdir(parents=True)
    wanted = set()
    with tarfile.open(home / ANNOTATIONS) as archive:
        for listed in PARTS:
            text = archive.extractfile(f"annotations/{listed}").read().decode()
            (made / listed).write_text(text, encoding="utf-8")
            wanted |= set(_names(text))
    for name in ARCHIVES:
        with tarfile.open(home / name) as archive:
            for member in archive:
                path = PurePosixPath(member.name)
                if path.stem in wanted and member.isfile():
                    _keep(archive.extractfile(member), path, made)


def _keep(file, path, made):
    """Write a `file`, which is called `path` in its archive, into the folder `made`; pictures are made smaller."""
    from PIL import Image

    kind = (path.parent.name, path.suffix)
    if kind == ("xmls", ".xml"):
        (made / "xmls_original_size" / path.name).write_bytes(file.read())
    elif kind in (("images", ".jpg"), ("trimaps", ".png")):  # the archive has three .mat files among the images
        is_trimap = kind[0] == "trimaps"
        with Image.open(file) as image:
            share = min(1, SIDE / min(image.size))
            size = [round(length * share) for length in image.size]
            image = image.convert("L" if is_trimap else "RGB")
            image = image.resize(size, Image.Resampling.NEAREST if is_trimap else Image.Resampling.LANCZOS)
            image.save(made / path.parent.name / path.name, quality=90)
