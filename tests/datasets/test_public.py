"""The public sets: read from a real cache where there is one, and everything that can go wrong on the way."""

import dataclasses
import errno
import gzip
import hashlib
import importlib
import io
import pickle
import shutil
import socket
import tarfile
import urllib.error
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from course import datasets
from course.datasets import DataUnavailable
from course.runtime import import_keras

keras = import_keras()

from keras.src.backend import config  # noqa: E402  (private: the tests give Keras another home)
from keras.src.datasets import cifar10 as keras_cifar10  # noqa: E402
from keras.src.utils import file_utils  # noqa: E402

from course.datasets import public  # noqa: E402


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home for Keras; returns its folder of data sets."""
    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path))
    return tmp_path / "datasets"


@pytest.fixture
def fetch(monkeypatch):
    """A function that sets what a download does: `does(url, path)`. It returns the list of what was fetched."""

    def install(does):
        fetched = []

        def urlretrieve(url, path, reporthook=None):
            fetched.append(url.rpartition("/")[2])
            does(url, Path(path))

        monkeypatch.setattr(file_utils, "urlretrieve", urlretrieve)
        return fetched

    return install


def offline(url, path):
    raise urllib.error.URLError(socket.gaierror(-2, "Name or service not known"))


def half_and(problem):
    """Return a download that breaks off half-way."""

    def does(url, path):
        path.write_bytes(b"half of it")
        raise problem

    return does


def files_in(folder):
    return {path.name for path in folder.rglob("*") if path.is_file()}


def refused(load):
    """Return the sentence with which `load` refuses; it stands alone, in one line, without what led to it."""
    with pytest.raises(DataUnavailable) as problem:
        load()
    assert problem.value.__cause__ is None and problem.value.__suppress_context__
    sentence = str(problem.value)
    assert "\n" not in sentence and len(sentence) < 400
    return sentence


LOADERS = {
    "MNIST": datasets.mnist,
    "Fashion-MNIST": datasets.fashion_mnist,
    "CIFAR-10": datasets.cifar10,
    "Oxford-IIIT Pet": datasets.pets,
}


@pytest.fixture(params=LOADERS)
def title(request):
    return request.param


# --- the real files ---------------------------------------------------------------------------------------------------


def test_mnist_is_read_from_the_cache(real, home, fetch):
    home.mkdir()
    shutil.copy(real / "mnist.npz", home)
    fetched = fetch(offline)
    data = datasets.mnist()
    assert repr(data) == "MNIST: 60,000 + 10,000 images of 28×28×1, 10 classes (CC BY-SA 3.0)"
    # as published, http://yann.lecun.com/exdb/mnist
    assert np.bincount(data.train.labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    with np.load(real / "mnist.npz") as original:
        for part, name in ((data.train, "train"), (data.test, "test")):
            assert part.images.dtype == "float32" and part.labels.dtype == "int32"
            assert np.array_equal(np.rint(part.images[..., 0] * 255), original[f"x_{name}"])
            assert np.array_equal(part.labels, original[f"y_{name}"])
    assert fetched == []


@pytest.fixture
def fashion(real, home):
    """A home that holds Fashion-MNIST; returns its folder."""
    shutil.copytree(real / "fashion-mnist", home / "fashion-mnist", copy_function=shutil.copyfile)
    return home / "fashion-mnist"


def test_fashion_mnist_is_read_from_the_cache(real, fashion, fetch):
    fetched = fetch(offline)
    data = datasets.fashion_mnist()
    assert repr(data) == "Fashion-MNIST: 60,000 + 10,000 images of 28×28×1, 10 classes (MIT)"
    assert np.bincount(data.train.labels).tolist() == [6000] * 10
    assert data.class_names[data.train.labels[0]] == "Ankle boot"
    raw = gzip.decompress((real / "fashion-mnist" / "t10k-images-idx3-ubyte.gz").read_bytes())[16:]
    assert np.array_equal(np.rint(data.test.images * 255).ravel(), np.frombuffer(raw, "uint8"))
    assert fetched == []


def test_what_is_damaged_is_fetched_again_and_nothing_else(real, fashion, fetch):
    name = "t10k-labels-idx1-ubyte.gz"
    (fashion / name).write_bytes((fashion / name).read_bytes()[:-100])
    fetched = fetch(lambda url, path: shutil.copyfile(real / "fashion-mnist" / url.rpartition("/")[2], path))
    assert len(datasets.fashion_mnist().test) == 10000
    assert fetched == [name]
    assert len(datasets.fashion_mnist().test) == 10000
    assert fetched == [name]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 5147), flip=st.integers(0, 5147), bit=st.integers(0, 7), truncate=st.booleans())
def test_a_file_damaged_anywhere_is_never_read(real, fashion, fetch, cut, flip, bit, truncate):
    fetch(offline)
    path = fashion / "t10k-labels-idx1-ubyte.gz"
    content = bytearray((real / "fashion-mnist" / path.name).read_bytes())
    if truncate:
        content = content[:cut]
    else:
        content[flip] ^= 1 << bit
    path.write_bytes(content)
    sentence = refused(datasets.fashion_mnist)
    assert "was damaged and cannot be fetched" in sentence
    assert files_in(fashion) == {p.name for p in (real / "fashion-mnist").iterdir()} - {path.name}


# --- what can go wrong ------------------------------------------------------------------------------------------------


def test_offline_and_not_cached(title, home, fetch):
    fetch(offline)
    sentence = refused(LOADERS[title])
    assert sentence.startswith(f"{title} is not in {home} and cannot be fetched (")
    assert "Name or service not known" in sentence and "connect to the network and run this again" in sentence
    assert files_in(home) == set()


def test_offline_in_truth(python, tmp_path):
    """In a namespace without a network."""
    cut = ("unshare", "-rn")
    if not shutil.which("unshare") or python("", *cut)[0]:
        pytest.skip("no namespace without a network can be made here")
    code = "from course import datasets; datasets.mnist()"
    status, _, err = python(code, *cut, KERAS_HOME=str(tmp_path))
    assert status == 1
    assert "DataUnavailable: MNIST is not in" in err.splitlines()[-1] and "During handling" not in err
    assert files_in(tmp_path) <= {"keras.json"}


def test_truncated_and_offline(home, fetch):
    fetch(offline)
    home.mkdir()
    (home / "mnist.npz").write_bytes(b"PK half a file")
    assert f"MNIST in {home} was damaged and cannot be fetched" in refused(datasets.mnist)
    assert files_in(home) == set()


@pytest.mark.parametrize("title", ["MNIST", "Fashion-MNIST", "Oxford-IIIT Pet"])
def test_a_page_to_log_in_is_no_data_set(title, home, fetch):
    fetch(lambda url, path: path.write_text("<html>Welcome to the hotel</html>"))
    sentence = refused(LOADERS[title])
    assert sentence.startswith(f"What was fetched is not the published {title}")
    assert files_in(home) == set()


def test_a_wrong_but_readable_file_is_found_out(home, fetch):
    """Keras would read it: it knows no hash of Fashion-MNIST."""

    def other(url, path):
        labels = "labels" in url
        path.write_bytes(gzip.compress(bytes(8 + 2) if labels else bytes(16 + 2 * 784)))

    fetch(other)
    assert "is not the published Fashion-MNIST" in refused(datasets.fashion_mnist)
    assert files_in(home) == set()


def test_a_full_disk(title, home, fetch):
    fetch(half_and(OSError(errno.ENOSPC, "No space left on device")))
    sentence = refused(LOADERS[title])
    assert f"{title} needs" in sentence and f"in {home}, and the disk is full" in sentence
    assert files_in(home) == set()


def test_a_connection_that_breaks_off(title, home, fetch):
    fetch(half_and(urllib.error.ContentTooShortError("retrieval incomplete: got only 10 out of 100 bytes", b"")))
    assert "cannot be fetched (" in refused(LOADERS[title])
    assert files_in(home) == set()


def test_a_silent_connection_is_given_up(home, fetch):
    def silent(url, path):
        assert socket.getdefaulttimeout() == 30
        half_and(TimeoutError("timed out"))(url, path)

    fetch(silent)
    assert "cannot be fetched (timed out)" in refused(datasets.mnist)
    assert socket.getdefaulttimeout() is None and files_in(home) == set()


def test_an_interrupt_stays_an_interrupt(home, fetch):
    fetch(half_and(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        datasets.mnist()
    assert files_in(home) == set()


def test_a_read_only_home(title, home, fetch, monkeypatch):
    """Keras would silently use /tmp instead. (Root may write anywhere, so the permission is pretended.)"""
    fetched = fetch(offline)
    allowed = public.os.access
    monkeypatch.setattr(public.os, "access", lambda path, mode: Path(path) != home.parent and allowed(path, mode))
    sentence = refused(LOADERS[title])
    assert f"{title} cannot be kept in {home} (Permission denied): set the environment variable KERAS_HOME" in sentence
    assert fetched == []


def test_a_home_that_is_a_file(tmp_path, monkeypatch):
    (tmp_path / "keras").write_text("")
    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path / "keras"))
    assert "cannot be kept in" in refused(datasets.mnist)


# --- CIFAR-10: the real archive is not here, one of the same format is --------------------------------------------------


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An archive like CIFAR-10's: image i of batch b is of one colour, (i mod 256, b, 7), and of class (i + b) mod 10."""
    folder = tmp_path_factory.mktemp("cifar")
    inner = folder / "cifar-10-batches-py"
    inner.mkdir()
    for b in range(6):
        data = np.empty((10000, 3, 1024), "uint8")
        data[:, 0], data[:, 1], data[:, 2] = (np.arange(10000) % 256)[:, None], b, 7
        batch = {b"data": data.reshape(10000, 3072), b"labels": [(i + b) % 10 for i in range(10000)]}
        with open(inner / ("test_batch" if b == 0 else f"data_batch_{b}"), "wb") as file:
            pickle.dump(batch, file, protocol=4)
    with tarfile.open(folder / "cifar.tar.gz", "w:gz", compresslevel=1) as tar:
        tar.add(inner, "cifar-10-batches-py")
    shutil.rmtree(inner)
    return folder / "cifar.tar.gz"


@pytest.fixture
def cifar(archive, home, fetch, monkeypatch):
    """Make the archive the published one, and what a download brings; return what was fetched."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    published = dataclasses.replace(public.CIFAR10, files=dict.fromkeys(public.CIFAR10.files, digest))
    monkeypatch.setattr(public, "CIFAR10", published)
    monkeypatch.setattr(
        keras_cifar10, "get_file", lambda **options: file_utils.get_file(**{**options, "file_hash": digest})
    )
    return fetch(lambda url, path: shutil.copyfile(archive, path))


def test_cifar10(cifar, home):
    data = datasets.cifar10()
    assert repr(data) == (
        "CIFAR-10: 50,000 + 10,000 images of 32×32×3, 10 classes (none stated: its authors ask to be cited)"
    )
    for part, index, batch in ((data.train, 0, 1), (data.train, 23456, 3), (data.test, 9999, 0)):
        i = index % 10000
        assert (np.rint(part.images[index] * 255) == [i % 256, batch, 7]).all()
        assert part.labels[index] == (i + batch) % 10
    assert data.class_names[0] == "airplane" and data.class_names[9] == "truck"
    del data, part
    datasets.cifar10()
    assert cifar == ["cifar-10-python.tar.gz"]  # fetched once
    assert {path.name for path in home.iterdir()} == {
        "cifar-10-batches-py-target_archive",
        "cifar-10-batches-py-target",
    }


def test_a_disk_full_while_unpacking_leaves_the_archive_alone(cifar, home, monkeypatch):
    def extractall(self, path, **options):
        Path(path, "cifar-10-batches-py").mkdir(parents=True)
        Path(path, "cifar-10-batches-py", "data_batch_1").write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tarfile.TarFile, "extractall", extractall)
    assert "the disk is full" in refused(datasets.cifar10)
    assert files_in(home) == {"cifar-10-batches-py-target_archive"}


def test_an_archive_that_cannot_be_read(cifar, home, monkeypatch):
    monkeypatch.setattr(keras_cifar10, "load_batch", lambda path: 1 / 0)
    assert f"CIFAR-10 in {home} cannot be read (ZeroDivisionError: division by zero)" in refused(datasets.cifar10)
    assert files_in(home) == {"cifar-10-batches-py-target_archive"}


# --- Oxford-IIIT Pet: the published archives are not here, two of their form are ------------------------------------------

BOX = """<annotation><size><width>400</width><height>300</height></size><object><name>cat</name><bndbox>
<xmin>101</xmin><ymin>51</ymin><xmax>200</xmax><ymax>150</ymax></bndbox></object></annotation>"""
LISTS = {"trainval.txt": ("Abyssinian_1", "beagle_1", "american_bulldog_2"), "test.txt": ("Bengal_13", "Birman_4")}


def picture(kind, width, height):
    """Return a picture file: red on its left half and blue on its right, or the trimap: pet, 20 of border, background."""
    if kind == "PNG":
        pixels = np.full((height, width), 2, "uint8")
        pixels[:, : width // 2], pixels[:, width // 2 - 10 : width // 2 + 10] = 1, 3
    else:
        pixels = np.zeros((height, width, 3), "uint8")
        pixels[:, : width // 2, 0], pixels[:, width // 2 :, 2] = 200, 200
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **({} if kind == "PNG" else {"quality": 95}))
    return file.getvalue()


@pytest.fixture(scope="module")
def pet_archives(tmp_path_factory):
    """Archives like those of Oxford: photographs of 400 × 300, and one of 90 × 150, which is not enlarged."""
    names = [name for listed in LISTS.values() for name in listed]
    sides = {name: (90, 150) if name == "Bengal_13" else (400, 300) for name in names}
    images = {f"images/{name}.jpg": picture("JPEG", *sides[name]) for name in names}
    images["images/Abyssinian_1.mat"] = b"MATLAB 5.0 MAT-file: there are three of these in the archive"
    annotations = {f"annotations/trimaps/{name}.png": picture("PNG", *sides[name]) for name in names}
    annotations["annotations/trimaps/._Abyssinian_1.png"] = b"what a Mac leaves"
    annotations["annotations/xmls/Abyssinian_1.xml"] = BOX.encode()
    for listed, those in LISTS.items():
        annotations[f"annotations/{listed}"] = "".join(f"{name} 1 1 1\n" for name in those).encode()
    folder = tmp_path_factory.mktemp("pets")
    for archive, files in (("images.tar.gz", images), ("annotations.tar.gz", annotations)):
        with tarfile.open(folder / archive, "w:gz") as tar:
            for name, content in files.items():
                member = tarfile.TarInfo(name)
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return folder


@pytest.fixture
def pets(pet_archives, home, fetch, monkeypatch):
    """Make these archives the published ones, and what a download brings; return what was fetched."""
    module = importlib.import_module("course.datasets.pets")
    digests = {
        name: hashlib.md5((pet_archives / there).read_bytes()).hexdigest() for name, there in module.ARCHIVES.items()
    }
    monkeypatch.setattr(module, "PETS", dataclasses.replace(module.PETS, files=digests))
    monkeypatch.setattr(module, "PARTS", {"trainval.txt": 2, "test.txt": 1})
    return fetch(lambda url, path: shutil.copyfile(pet_archives / url.rpartition("/")[2], path))


def test_pets_are_cut_from_the_archives_once(pets, home):
    data = datasets.pets(60)
    assert repr(data) == "Oxford-IIIT Pet: 2 + 1 images of 60×60×3, 3 classes (CC BY-SA 4.0)"
    assert [data.class_names[label] for label in data.train.labels] == ["Abyssinian", "American bulldog"]
    assert data.test.labels.tolist() == [2]
    for part in (data.train, data.test):
        assert np.abs(part.images[:, :, :25] - np.array([200, 0, 0]) / 255).max() < 0.03
        assert np.abs(part.images[:, :, 35:] - np.array([0, 0, 200]) / 255).max() < 0.03
        assert (part.masks[:, :, :20] == 1).all() and (part.masks[:, :, 40:] == 0).all()
        assert (part.masks[:, :, 30] == 255).all()
    # the head is at 100 to 200 and 50 to 150 of 400 × 300; the square of 300 begins at 50, and becomes 60
    assert data.train.boxes[0] == pytest.approx([10, 10, 30, 30], abs=0.1)
    assert not data.train.boxes[1].any() and not data.test.boxes.any()

    assert sorted(pets) == ["annotations.tar.gz", "images.tar.gz"]
    datasets.pets(32)
    assert len(pets) == 2  # fetched once
    assert {path.name for path in home.iterdir()} == {"oxford_pets_192"}
    sizes = {
        name: Image.open(home / "oxford_pets_192" / "images" / f"{name}.jpg").size
        for name in ("Abyssinian_1", "Bengal_13")
    }
    assert sizes == {"Abyssinian_1": (256, 192), "Bengal_13": (90, 150)}
    assert files_in(home / "oxford_pets_192" / "images") == {
        "Abyssinian_1.jpg",
        "american_bulldog_2.jpg",
        "Bengal_13.jpg",
    }


def test_pets_may_be_forbidden_to_fetch(pets):
    with pytest.raises(DataUnavailable, match="Oxford-IIIT Pet is not on this computer, and nothing is to be fetched"):
        datasets.pets(fetch=False)
    assert pets == []


def test_a_disk_full_while_cutting_leaves_no_half_a_folder(pets, home, monkeypatch):
    def save(self, path, **options):
        Path(path).write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", save)
    assert "Oxford-IIIT Pet needs 830 MB" in refused(datasets.pets)
    assert {path.name for path in home.iterdir()} == {"oxford_pets_images.tar.gz", "oxford_pets_annotations.tar.gz"}
    monkeypatch.undo()


@pytest.mark.parametrize(
    "file, harm, words",
    [
        ("images/Bengal_13.jpg", lambda path: path.unlink(), "FileNotFoundError"),
        ("images/Bengal_13.jpg", lambda path: path.write_bytes(path.read_bytes()[:300]), "OSError"),
        ("trimaps/Bengal_13.png", lambda path: path.write_bytes(b""), "UnidentifiedImageError"),
        ("xmls_original_size/Abyssinian_1.xml", lambda path: path.write_text("<annotation>"), "ParseError"),
        ("test.txt", lambda path: path.write_text(""), "test.txt names 0 photographs instead of 1"),
    ],
)
def test_pets_that_are_damaged(pets, home, file, harm, words):
    datasets.pets()
    harm(home / "oxford_pets_192" / file)
    sentence = refused(datasets.pets)
    assert "Oxford-IIIT Pet in" in sentence and "is damaged (" in sentence and "remove that folder" in sentence
    assert words in sentence


@pytest.mark.parametrize("size, error", [(7, ValueError), (1025, ValueError), (64.0, TypeError), ("64", TypeError)])
def test_a_size_that_is_none(size, error):
    with pytest.raises(error, match="size must be"):
        datasets.pets(size)
