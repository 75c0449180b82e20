"""MobileNet with the weights of ImageNet where they are at hand, and results that are kept for where they are not."""

import errno
import json
from pathlib import Path

import keras
import numpy as np

from course.datasets.public import PATIENCE, DataUnavailable, ask_to_write, cache, patience

KEPT = Path(__file__).parents[1] / "data" / "transfer.json"
FILES = ("mobilenet_7_5_224_tf.h5", "imagenet_class_index.json")


def mobilenet(*, fetch=True):
    """Return MobileNet of width 0.75 as it was trained on ImageNet.

    It is a Keras model from pictures (n, 224, 224, 3), from −1 (black) to 1 (white), to probabilities (n, 1000).
    fetch: False opens no connection. Otherwise 11 MB are fetched the first time, and kept in Keras's cache, with the
    names of the classes.
    Raises datasets.DataUnavailable, in one sentence, where the weights are neither there nor to be had, or damaged.
    Source: Howard et al. (2017), MobileNets, arXiv:1704.04861; the weights are those that Keras publishes.
    """
    folder = cache().parent / "models"
    missing = [name for name in FILES if not (folder / name).exists()]
    if missing and not fetch:
        raise DataUnavailable("MobileNet's weights are not on this computer, and nothing is to be fetched")
    try:
        ask_to_write(folder)
        with patience(PATIENCE):
            net = keras.applications.MobileNet(alpha=0.75)
            keras.applications.mobilenet.decode_predictions(np.eye(1, 1000))  # fetches the names of the classes
    except Exception as problem:  # Keras raises a bare Exception where it cannot fetch, h5py what it stumbles over
        raise DataUnavailable(f"MobileNet's weights {_reason(problem, folder, missing)}") from None
    return net


def _reason(problem, folder, missing):
    """Return why the weights are not to be had, and what to do."""
    number, reason = getattr(problem, "errno", None), str(problem).split(" -- ")[-1].split("\n")[0]
    if number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
        return (
            f"cannot be kept in {folder}: set the environment variable KERAS_HOME to a folder that can be written, "
            "such as a copy of this one, and restart"
        )
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"need 11 MB in {folder}, and the disk is full: make room there, and run this again"
    if missing:
        return f"are not in {folder} and cannot be fetched ({reason}): connect to the network and run this again"
    return f"in {folder} cannot be read ({reason}): remove {' and '.join(FILES)} there, and run this again"


def prepare(images):
    """Return `images` (n, height, width, 3), from 0 to 1, on the scale that MobileNet was trained on, from −1 to 1."""
    return keras.applications.mobilenet.preprocess_input(255 * images)


def freeze_normalization(net):
    """Freeze every batch normalization among the layers of the Keras model `net`: before it is compiled."""
    for layer in net.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def split(net, layer):
    """Return two models that are `net` when called one after the other, cut behind its layer called `layer` (str).

    They share their weights with `net`. Raises ValueError if it has no such layer.
    """
    cut = net.get_layer(layer).output
    return keras.Model(net.inputs, cut), keras.Model(cut, net.outputs[0])


def in_batches(net, images, size=50):
    """Return what the model `net` gives for `images` (n, …) as one array, computed `size` (int) at a time."""
    return np.concatenate([net.predict_on_batch(images[start : start + size]) for start in range(0, len(images), size)])


def kept():
    """Return the kept results: {name: value}, with lists of numbers as arrays, also inside of dictionaries.

    Raises FileNotFoundError, in one sentence, where the course's folder is not whole.
    """
    if not KEPT.exists():
        raise FileNotFoundError(f"{KEPT} is missing: it comes with the course, in its folder data/")
    return _arrays(json.loads(KEPT.read_text(encoding="utf-8")))


def _arrays(value):
    if isinstance(value, dict):
        return {name: _arrays(entry) for name, entry in value.items()}
    is_numbers = isinstance(value, list) and np.asarray(value).dtype.kind in "if"
    return np.asarray(value) if is_numbers else value
