"""MNIST, Fashion-MNIST and CIFAR-10, through `keras.datasets`: fetched once, kept in Keras's cache, checked.

The cache is the folder `datasets` in `KERAS_HOME`, by default `~/.keras`. What is there and has the published hash is
never fetched again; what has another is damaged, and is removed.
"""

import contextlib
import errno
import hashlib
import os
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course.datasets.dataset import Dataset, Part

PATIENCE = 30  # seconds without a byte, after which a download is given up


class DataUnavailable(OSError):
    """A public data set that is not here and cannot be had; its text is one sentence that says what to do."""


@dataclass(frozen=True)
class Published:
    """What is known of a public set: its name in `keras.datasets`, its files in the cache, their hashes, and more."""

    module: str
    title: str
    files: dict
    unpacked: str | None
    class_names: tuple
    licence: str
    source: str
    megabytes: int  # on disk, unpacked too


MNIST = Published(
    module="mnist",
    title="MNIST",
    files={"mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"},
    unpacked=None,
    class_names=tuple("0123456789"),
    licence="CC BY-SA 3.0",
    source="Handwritten digits: LeCun, Cortes and Burges, after LeCun et al. (1998), https://doi.org/10.1109/5.726791.",
    megabytes=11,
)
FASHION_MNIST = Published(
    module="fashion_mnist",
    title="Fashion-MNIST",
    files={  # Keras passes no hash for these: the md5 sums are those of the authors' page
        "fashion-mnist/train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "fashion-mnist/train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "fashion-mnist/t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "fashion-mnist/t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
    unpacked=None,
    class_names=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    licence="MIT",
    source="Articles of Zalando: Xiao, Rasul and Vollgraf (2017), https://arxiv.org/abs/1708.07747.",
    megabytes=31,
)
CIFAR10 = Published(
    module="cifar10",
    title="CIFAR-10",
    files={"cifar-10-batches-py-target_archive": "6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce"},
    unpacked="cifar-10-batches-py-target",
    class_names=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    licence="none stated: its authors ask to be cited",
    source="Krizhevsky (2009), Learning multiple layers of features from tiny images, "
    "https://www.cs.toronto.edu/~kriz/cifar.html.",
    megabytes=360,
)


def mnist():
    """Return MNIST, 60,000 + 10,000 handwritten digits of 28×28×1, as a `Dataset`; 11 MB are fetched the first time.

    Raises DataUnavailable, in one sentence, where it is neither in the cache nor to be fetched, or cannot be kept.
    """
    return _load(MNIST)


def fashion_mnist():
    """Return Fashion-MNIST, 60,000 + 10,000 articles of 28×28×1, as a `Dataset`; 31 MB are fetched the first time.

    Raises DataUnavailable, in one sentence, where it is neither in the cache nor to be fetched, or cannot be kept.
    """
    return _load(FASHION_MNIST)


def cifar10():
    """Return CIFAR-10, 50,000 + 10,000 photographs of 32×32×3, as a `Dataset`; 170 MB are fetched the first time.

    Raises DataUnavailable, in one sentence, where it is neither in the cache nor to be fetched, or cannot be kept.
    """
    return _load(CIFAR10)


def cache():
    """Return the folder (Path) in which Keras keeps data sets."""
    from keras.src.backend import config  # private, but it alone knows what KERAS_HOME was when Keras was imported

    return Path(config.keras_home()).expanduser() / "datasets"


def _load(published):
    from course.runtime import import_keras

    keras = import_keras()
    folder = cache()
    damaged = False
    try:
        ask_to_write(folder)
        damaged = remove_damaged(folder, published)
        complete = _is_complete(folder, published)
        with patience(PATIENCE):
            parts = getattr(keras.datasets, published.module).load_data()
        if not complete and _damaged(folder, published):
            raise ValueError("what was fetched is not what was published")
    except BaseException as problem:
        wrong = tidy(folder, published)
        if not isinstance(problem, Exception):  # Keras raises a bare Exception where it cannot fetch
            raise
        raise DataUnavailable(sentence(published, folder, problem, damaged, wrong)) from None
    channels_first = keras.config.image_data_format() == "channels_first"
    train, test = (_part(images, labels, channels_first) for images, labels in parts)
    return Dataset(published.title, train, test, published.class_names, published.licence, published.source)


def _part(images, labels, channels_first):
    images = images[..., None] if images.ndim == 3 else np.moveaxis(images, 1, -1) if channels_first else images
    images = images.astype("float32")
    images /= 255  # in place: CIFAR-10 takes 0.7 GB as it is
    return Part(images, labels.ravel().astype("int32"))


def ask_to_write(folder):
    """Raise PermissionError where Keras could not write: it would silently keep its files in /tmp instead."""
    home = folder.parent
    home.mkdir(parents=True, exist_ok=True)
    if not os.access(home, os.W_OK):
        raise PermissionError(errno.EACCES, "read-only")


def _is_complete(folder, published):
    return all((folder / name).exists() for name in published.files)


def _damaged(folder, published):
    """Return the files (list of Path) that are there and are not the published ones."""
    damaged = []
    for name, digest in published.files.items():
        path = folder / name
        if path.exists():
            with open(path, "rb") as file:
                if hashlib.file_digest(file, "md5" if len(digest) == 32 else "sha256").hexdigest() != digest:
                    damaged.append(path)
    return damaged


def remove_damaged(folder, published):
    """Remove the files that are not the published ones, and return whether there were any."""
    damaged = _damaged(folder, published)
    for path in damaged:
        path.unlink()
    return bool(damaged)


def tidy(folder, published):
    """Leave nothing half-written behind; return whether something was fetched whole that is not the published set."""
    if published.unpacked:
        shutil.rmtree(folder / published.unpacked, ignore_errors=True)
    try:
        return remove_damaged(folder, published)  # of a download that breaks off Keras itself leaves nothing
    except OSError:
        return False


@contextlib.contextmanager
def patience(seconds):
    """Let no connection stay silent for longer; Keras sets no limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def sentence(published, folder, problem, damaged, wrong):
    """Return what happened and what to do, in one sentence; `wrong` says that something else was fetched."""
    title, size = published.title, f"{published.megabytes} MB"
    number = getattr(problem, "errno", None)
    reason = f"{problem}".split(" -- ")[-1].strip().split("\n")[0] or type(problem).__name__
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"{title} needs {size} in {folder}, and the disk is full: make room there, and run this again"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.EEXIST, errno.ENOTDIR):
        return (
            f"{title} cannot be kept in {folder} ({os.strerror(number)}): set the environment variable KERAS_HOME to a "
            "folder that can be written, such as a copy of this one, and restart"
        )
    if wrong:
        return (
            f"What was fetched is not the published {title}, and was removed: a broken download, or a page of the "
            "network that asks to log in; run this again, or on another network"
        )
    if _is_complete(folder, published):
        return (
            f"{title} in {folder} cannot be read ({type(problem).__name__}: {reason}): remove its files there, and run "
            "this again"
        )
    state = f"{title} in {folder} was damaged" if damaged else f"{title} is not in {folder}"
    return (
        f"{state} and cannot be fetched ({reason}): connect to the network and run this again, which fetches {size} "
        "once; digits, glyphs, shapes and photographs need no network"
    )
