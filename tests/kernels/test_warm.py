"""Kernels that start warm: as cold ones in all that a notebook can see, and cold where they cannot be."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course.kernels import CellError, execute, warm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels start warm on Linux alone")

LECTURE = (
    "import course\nrun = course.start(seed=3)",
    "import numpy as np, keras\nprint(np.random.rand(), keras.random.normal((2,)))",
    "net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])\n"
    "net.compile('sgd', 'mse')\nprint(net.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0).history)",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2], [3, 5])\nplt.show()",
    "import os, sys\nprint(__name__, sys.argv[0][-7:] != '', os.getcwd(), sorted(set(os.environ) - {'JPY_PARENT_PID'}))",
    "import warnings\nwarnings.warn('a word')\n%timeit -n1 -r1 pass\n!echo from a shell",
    "class Answer:\n    def __repr__(self): return type(self).__module__\nAnswer()",
)


@pytest.fixture(scope="module", autouse=True)
def ended():
    yield
    warm.stop()


@pytest.fixture
def none_left():
    """For a test that breaks what is warm: the next one starts anew."""
    yield
    warm.stop()


def run(folder, *sources, **environment):
    cells = [new_code_cell(source) for source in sources]
    return execute(new_notebook(cells=cells), folder, {"COURSE_EFFORT": "quick", **environment}, timeout=100)[0]


SERVER = "import os; print(os.popen(f'ps -o ppid= -p {os.getppid()}').read())"  # prints whom the kernel comes from


def pids():
    """Return the numbers of the processes that are kept warm (list of int)."""
    return [server.pid for server in warm._servers.values() if server]


def outputs(notebook):
    hidden = ("COURSE_COLD_KERNELS", "JPY_")
    found = []
    for cell in notebook.cells:
        for output in cell.outputs:
            text = output.get("text") or dict(output.get("data") or output)
            lines = str(text).replace("'COURSE_COLD_KERNELS', ", "").splitlines()
            found.append([line for line in lines if "per loop" not in line and "ipykernel_" not in line])
    assert not any(word in str(found) for word in hidden)
    return found


def test_a_warm_run_and_a_cold_run_give_the_same_outputs(tmp_path):
    first, second, cold = (
        outputs(run(tmp_path, *LECTURE, **environment)) for environment in ({}, {}, {warm.COLD: "1"})
    )
    assert first == second == cold
    assert any("image/png" in str(shown) for shown in cold)


def test_a_kernel_is_warm_and_the_next_one_comes_from_the_same_process(tmp_path):
    code = f"import sys; print('keras' in sys.modules)\n{SERVER}"
    (first, second) = (run(tmp_path, code).cells[0].outputs[0].text.split() for _ in range(2))
    assert first == second and first[0] == "True" and int(first[1]) in pids()


def test_unseeded_numbers_differ_from_run_to_run(tmp_path):
    code = "import random, numpy\nprint(random.random(), numpy.random.rand())"
    first, second = (run(tmp_path, code).cells[0].outputs[0].text.split() for _ in range(2))
    assert not set(first) & set(second)


def test_what_shapes_an_import_asks_for_a_process_of_its_own(tmp_path):
    code = f"import os; print(os.environ.get('OMP_NUM_THREADS'), os.environ.get('COURSE_EFFORT'))\n{SERVER}"
    one, two = (run(tmp_path, code, OMP_NUM_THREADS=count).cells[0].outputs[0].text.split() for count in "12")
    assert (one[:2], two[:2]) == (["1", "quick"], ["2", "quick"])
    assert len({int(one[2]), int(two[2])} & set(pids())) == 2


def test_a_kernel_that_dies_is_noticed(tmp_path):
    with pytest.raises(CellError, match=r"^cell 1: the kernel's process ended"):
        run(tmp_path, "import os; os._exit(3)")


def test_exit_codes_signals_and_the_end_of_a_process(tmp_path):
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", str(tmp_path / "kernel.json")]
    environment = dict(os.environ)
    kernel = warm.kernel(command, environment, tmp_path)
    assert kernel.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        kernel.wait(timeout=0.2)
    kernel.kill()
    assert kernel.wait(timeout=20) == -signal.SIGKILL == kernel.poll()
    kernel.kill()  # and once more: it is gone

    kernel = warm.kernel(command, environment, tmp_path)
    time.sleep(1)
    kernel._report.close()  # as when whoever asked for it has died
    deadline = time.monotonic() + 20
    while psutil.pid_exists(kernel.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not psutil.pid_exists(kernel.pid)


@pytest.mark.parametrize("command", [["other-python", "-m", "ipykernel_launcher"], [sys.executable, "-m", "xeus"]])
def test_another_interpreter_or_another_kernel_starts_cold(command):
    before = dict(warm._servers)
    assert warm.kernel(command, dict(os.environ)) is None and warm._servers == before


# --- what breaks, last: the tests above share a process


def test_a_process_that_was_killed_leaves_it_to_a_cold_kernel(tmp_path, none_left):
    code = "import sys; print('keras' in sys.modules)"
    assert run(tmp_path, code).cells[0].outputs[0].text == "True\n"
    for server in filter(None, warm._servers.values()):  # None: this shape never got ready
        server.kill()
        server.wait()
    assert run(tmp_path, code).cells[0].outputs[0].text == "False\n"


def test_a_process_that_does_not_get_ready_leaves_it_to_a_cold_kernel(tmp_path, monkeypatch, none_left):
    monkeypatch.setattr(warm, "PATIENCE", 0.01)
    code = "import sys; print('keras' in sys.modules)"
    before = set(warm._servers)
    notebook = run(tmp_path, code, OMP_NUM_THREADS="3")
    assert notebook.cells[0].outputs[0].text == "False\n"
    assert [warm._servers[shape] for shape in set(warm._servers) - before] == [None]
