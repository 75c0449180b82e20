"""`course.start`, from a process of its own where it matters what was imported before."""

import ast
import os
import subprocess
import sys
import types

import pytest

import course
from course import runtime
from course.threads import cores


def python(code, **environment):
    """Run `code` in a fresh Python; return its exit code, output and errors."""
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}
    )
    return ran.returncode, ran.stdout, ran.stderr


def test_importing_the_course_is_instant():
    code, _, log = python("import course, course.facts, course.exercises", PYTHONPROFILEIMPORTTIME="1")
    imported = {line.rpartition("|")[2].strip() for line in log.splitlines()}
    assert code == 0 and "course.runtime" in imported
    assert not imported & {"keras", "tensorflow", "matplotlib", "pandas"}


def test_start_prints_one_line_and_no_chatter():
    code = "import course; run = course.start(seed=3); import keras; keras.ops.sum(keras.ops.ones((2, 2)))"
    status, out, err = python(code, COURSE_EFFORT="quick")
    assert (status, err) == (0, "")
    (line,) = out.splitlines()
    assert line.startswith("Keras 3.") and line.endswith("quick effort, seed 3")
    assert runtime.import_keras().backend.backend() in line


@pytest.mark.parametrize("chosen, used", [(None, 1), ("2", 2)])
def test_small_products_are_computed_by_one_thread_unless_more_are_asked_for(monkeypatch, chosen, used):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if chosen:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", chosen)
    _, out, _ = python("import course; course.start(); import threadpoolctl; print(threadpoolctl.threadpool_info())")
    libraries = ast.literal_eval(out.splitlines()[-1])
    threads = {library["num_threads"] for library in libraries if library["internal_api"] == "openblas"}
    if not threads:
        pytest.skip("NumPy is not linked to OpenBLAS here")
    if cores() < 2:
        pytest.skip("one core: OpenBLAS has one thread in any case")
    assert threads == {used}


def test_a_seed_repeats():
    import keras
    import numpy as np

    def draw(seed):
        course.start(seed=seed)
        return np.random.random(), float(keras.random.uniform(()))

    assert draw(1) == draw(1) != draw(2)


@pytest.mark.parametrize("effort, picked", [("quick", 1), ("full", 2)])
def test_pick(monkeypatch, effort, picked):
    monkeypatch.setenv("COURSE_EFFORT", effort)
    assert course.start().pick(quick=1, full=2) == picked


@pytest.mark.parametrize(
    "device, expected",
    [
        ("/job:localhost/replica:0/task:0/device:CPU:0", "CPU"),  # TensorFlow's names
        ("/job:localhost/replica:0/task:0/device:GPU:0", "GPU"),
        ("TFRT_CPU_0", "CPU"),  # JAX's
        ("cuda:0", "GPU"),  # JAX's and PyTorch's
        ("cpu", "CPU"),  # PyTorch's
        ("mps:0", "GPU"),
    ],
)
def test_the_device_is_where_a_tensor_is(monkeypatch, device, expected):
    keras = runtime.import_keras()
    monkeypatch.setattr(keras.ops, "ones", lambda shape: types.SimpleNamespace(device=device))
    assert runtime.device_of(keras) == expected


@pytest.mark.parametrize("device, effort", [("CPU", "quick"), ("GPU", "full")])
def test_a_gpu_means_full_effort(monkeypatch, device, effort):
    monkeypatch.delenv("COURSE_EFFORT", raising=False)
    monkeypatch.setattr(runtime, "device_of", lambda keras: device)
    assert course.start().effort == effort


def test_start_sets_the_figures_style():
    import matplotlib

    matplotlib.rcdefaults()
    course.start()
    assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"][0] == "#0072B2"


@pytest.mark.parametrize(
    "seed, error", [(-1, ValueError), (2**32, ValueError), (0.5, TypeError), ("0", TypeError), (True, TypeError)]
)
def test_a_seed_that_is_none_is_refused(seed, error):
    with pytest.raises(error, match="seed must be"):
        course.start(seed=seed)


def test_an_unknown_effort_is_refused(monkeypatch):
    monkeypatch.setenv("COURSE_EFFORT", "heroic")
    with pytest.raises(ValueError, match="COURSE_EFFORT is 'heroic': set it to quick or full, or unset it"):
        course.start()


def test_an_unknown_backend_is_refused():
    status, _, err = python("import course; course.start()", KERAS_BACKEND="abacus")
    assert status == 1
    assert "KERAS_BACKEND is 'abacus': set it to tensorflow, jax or torch, or unset it" in err.splitlines()[-1]


HIDE = """
import importlib.abc, sys
class Hide(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            raise {error}
sys.meta_path.insert(0, Hide())
import course
course.start()
"""


@pytest.mark.parametrize(
    "name, error, words",
    [
        ("keras", "ModuleNotFoundError('gone', name='keras')", "Keras is not installed"),
        (
            "tensorflow",
            "ModuleNotFoundError('gone', name='tensorflow')",
            "Keras is to run on tensorflow, which is not installed",
        ),
        ("tensorflow", "AttributeError('half of it')", "cannot be imported on tensorflow (AttributeError: half of it)"),
    ],
)
def test_a_missing_or_broken_package_is_one_sentence(name, error, words):
    status, _, err = python(HIDE.format(name=name, error=error), KERAS_BACKEND="tensorflow")
    assert status == 1
    assert words in err.splitlines()[-1]


def test_quiet_gives_back_what_it_held_when_the_body_fails(capfd):
    with runtime.quiet():
        os.write(2, b"chatter\n")
    assert capfd.readouterr().err == ""
    with pytest.raises(ZeroDivisionError), runtime.quiet():
        os.write(2, b"the reason\n")
        1 / 0  # noqa: B018
    assert capfd.readouterr().err == "the reason\n"
