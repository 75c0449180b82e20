"""What lecture 09 shares: MobileNet or a sentence, a net in two parts, and the results that are kept."""

import errno
import socket
import urllib.error
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers
from keras.src.backend import config  # private: the tests give Keras another home
from keras.src.utils import file_utils

from course import transfer
from course.datasets import DataUnavailable, public


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The folder of weights in an empty home for Keras."""
    monkeypatch.setattr(config, "_KERAS_DIR", str(tmp_path))
    return tmp_path / "models"


@pytest.fixture
def fetching(monkeypatch):
    """A function that sets what a download does instead: it leaves half a file, and raises. It returns the list of them."""

    def install(problem):
        fetched = []

        def urlretrieve(url, path, reporthook=None):
            fetched.append(url.rpartition("/")[2])
            Path(path).write_bytes(b"half of it")
            raise problem

        monkeypatch.setattr(file_utils, "urlretrieve", urlretrieve)
        return fetched

    return install


def refused(**options):
    with pytest.raises(DataUnavailable) as problem:
        transfer.mobilenet(**options)
    sentence = str(problem.value)
    assert "\n" not in sentence and len(sentence) < 400 and problem.value.__cause__ is None
    return sentence


def test_nothing_is_fetched_where_it_is_not_wanted(models, fetching):
    fetched = fetching(OSError("unreachable"))
    assert refused(fetch=False) == "MobileNet's weights are not on this computer, and nothing is to be fetched"
    assert fetched == [] and not models.exists()


def test_offline(models, fetching):
    fetched = fetching(urllib.error.URLError(socket.gaierror(-2, "Name or service not known")))
    sentence = refused()
    assert f"MobileNet's weights are not in {models} and cannot be fetched (" in sentence
    assert "Name or service not known" in sentence and "connect to the network" in sentence
    assert fetched == ["mobilenet_7_5_224_tf.h5"] and list(models.iterdir()) == []


def test_a_full_disk(models, fetching):
    fetching(OSError(errno.ENOSPC, "No space left on device"))
    assert f"need 11 MB in {models}, and the disk is full" in refused()
    assert list(models.iterdir()) == []


def test_a_read_only_home(models, fetching, monkeypatch):
    """Keras would silently use /tmp instead. (Root may write anywhere, so the permission is pretended.)"""
    fetched = fetching(OSError("unreachable"))
    monkeypatch.setattr(public.os, "access", lambda path, mode: Path(path) != models.parent)
    assert f"cannot be kept in {models}: set the environment variable KERAS_HOME" in refused()
    assert fetched == []


def test_weights_that_are_damaged(models, fetching):
    fetched = fetching(OSError("unreachable"))
    models.mkdir()
    for name in transfer.FILES:
        (models / name).write_bytes(b"\x89HDF\r\n\x1a\n cut off")
    sentence = refused(fetch=False)
    assert f"MobileNet's weights in {models} cannot be read (" in sentence
    assert all(name in sentence for name in transfer.FILES)
    assert fetched == []


@pytest.fixture(scope="module")
def net():
    return keras.Sequential([
        keras.Input((6, 6, 2)),
        layers.Conv2D(3, 3, activation="relu", name="first"),
        layers.Conv2D(4, 3, name="second"),
        layers.Flatten(),
    ])  # fmt: skip


IMAGES = np.random.default_rng(0).uniform(size=(7, 6, 6, 2)).astype("float32")


def test_the_two_parts_are_the_net_and_share_its_weights(net):
    lower, upper = transfer.split(net, "first")
    assert lower.output_shape == (None, 4, 4, 3)
    assert np.abs(upper.predict_on_batch(lower.predict_on_batch(IMAGES)) - net.predict_on_batch(IMAGES)).max() < 1e-5
    assert {id(w) for w in net.weights} == {id(w) for part in (lower, upper) for w in part.weights}
    assert len(lower.weights) == len(upper.weights) == 2


def test_no_such_layer(net):
    with pytest.raises(ValueError, match="third"):
        transfer.split(net, "third")


@pytest.mark.parametrize("size", [1, 3, 7, 50])
def test_batches_change_nothing(net, size):
    assert np.abs(transfer.in_batches(net, IMAGES, size) - net.predict_on_batch(IMAGES)).max() < 1e-5


def test_prepare_takes_black_to_minus_one_and_white_to_one():
    images = np.array([0, 0.25, 0.5, 1], "float32").reshape(1, 2, 2, 1).repeat(3, axis=3)
    given = images.copy()
    assert transfer.prepare(images)[0, :, :, 2].ravel() == pytest.approx([-1, -0.5, 0, 1], abs=1e-5)
    assert np.array_equal(images, given)


def test_only_batch_normalizations_are_frozen():
    net = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization(), layers.Dense(2)])
    transfer.freeze_normalization(net)
    assert [layer.trainable for layer in net.layers] == [True, False, True]


# --- the results that are kept ----------------------------------------------------------------------------------------


def test_kept_results_are_what_the_lecture_reads():
    kept = transfer.kept()
    assert set(kept) == {"settings_tried", "readings", "breeds", "tuned"}
    assert {way: tried.shape for way, tried in kept["settings_tried"].items()} == dict.fromkeys(
        ("pixels", "from scratch", "frozen features", "fine-tuned"), (5, 4, 4)
    )
    assert {accuracy.shape for accuracy in kept["breeds"].values()} == {(10, 4)}
    assert {accuracy.shape for accuracy in kept["tuned"].values()} == {(5,)}
    for group in ("settings_tried", "breeds", "tuned"):
        assert all(((accuracy > 0) & (accuracy <= 1)).all() for accuracy in kept[group].values())
        # of 200, 298 and 298 images: a count over it, to four digits
        of = 200 if group == "settings_tried" else 298
        assert all(np.abs(of * a - np.rint(of * a)).max() <= of * 5e-5 for a in kept[group].values())
    for readings in kept["readings"].values():
        assert len(readings) == 8
        for five in readings:
            probabilities = [probability for _, probability in five]
            assert (
                len(five) == 5 and probabilities == sorted(probabilities, reverse=True) and sum(probabilities) < 1.001
            )


def test_a_folder_that_is_not_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "KEPT", tmp_path / "transfer.json")
    with pytest.raises(FileNotFoundError, match=r"transfer.json is missing: it comes with the course"):
        transfer.kept()


def test_lists_of_numbers_become_arrays(tmp_path, monkeypatch):
    monkeypatch.setattr(transfer, "KEPT", tmp_path / "transfer.json")
    transfer.KEPT.write_text('{"a": [[1, 2], [3, 4.5]], "b": {"c": [["cat", 0.5]]}}', encoding="utf-8")
    kept = transfer.kept()
    assert kept["a"].tolist() == [[1, 2], [3, 4.5]] and kept["b"] == {"c": [["cat", 0.5]]}
