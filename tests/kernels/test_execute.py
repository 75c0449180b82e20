"""Running a notebook: what comes back, what each way of failing says, and that no process is left."""

import json
import sys

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course import kernels
from course.kernels import CellError, _merged, execute, warm


def notebook(*sources):
    return new_notebook(cells=[new_code_cell(source) for source in sources])


@pytest.fixture(autouse=True)
def no_process_left(monkeypatch):
    monkeypatch.setenv(warm.COLD, "1")  # what is the same for warm ones stands in test_warm.py and test_guard.py
    before = set(psutil.Process().children(recursive=True))
    yield
    assert set(psutil.Process().children(recursive=True)) <= before


def test_runs_in_the_folder_with_the_environment_and_this_python(tmp_path):
    code = "import json, os, sys\nprint(json.dumps([os.getcwd(), os.environ['COURSE_EFFORT'], sys.executable]))"
    given = notebook(code, "1 + 1")
    given.cells.insert(1, new_markdown_cell("words"))
    calls = []
    done, usage = execute(given, tmp_path, {"COURSE_EFFORT": "full"}, on_cell=lambda *numbers: calls.append(numbers))
    assert json.loads(done.cells[0].outputs[0].text) == [str(tmp_path), "full", sys.executable]
    assert done.cells[2].outputs[0].data["text/plain"] == "2" and done.cells[2].execution_count == 2
    assert calls == [(1, 3), (2, 3), (3, 3)]
    assert list(usage.cells) == [0, 2] and usage.seconds > 0 and usage.memory_gb > 0.01
    assert given.cells[0].outputs == [] and done.metadata == given.metadata and done.cells[0].metadata == {}


def test_an_error_names_the_cell_and_what_it_raised(tmp_path):
    with pytest.raises(CellError) as caught:
        execute(notebook("1", "raise KeyError('no such thing\\nmore')", "open('later', 'w')"), tmp_path)
    assert caught.value.index == 1
    assert str(caught.value).startswith("cell 2: KeyError: ") and "\n" not in str(caught.value)
    assert not (tmp_path / "later").exists()


def test_the_time_is_for_all_cells_together(tmp_path):
    with pytest.raises(CellError, match=r"^cell 2: still running when the notebook's 1.5 s were over$"):
        execute(notebook("import time; time.sleep(1)", "time.sleep(1)"), tmp_path, timeout=1.5)


def test_a_kernel_that_dies_is_one_sentence_and_takes_its_children_along(tmp_path):
    code = (
        "import os, subprocess, sys\nchild = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
    )
    code += "open('pid', 'w').write(str(child.pid))"
    with pytest.raises(CellError, match=r"^cell 2: the kernel's process ended"):
        execute(notebook(code, "os._exit(1)"), tmp_path)
    child = int((tmp_path / "pid").read_text())
    if sys.platform != "win32":  # only there is a kernel the head of a process group
        assert not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE


def test_a_callback_that_raises_ends_the_kernel(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        execute(notebook("1"), tmp_path, on_cell=stop)


def test_a_python_without_kernel_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "executable", sys.executable)
    with pytest.raises(ValueError, match=r"^no Jupyter kernel starts: "):
        execute(notebook("1"), tmp_path, {"PYTHONHOME": str(tmp_path)})


def test_streams_are_merged_between_displays_only():
    from nbformat.v4 import new_output

    def stream(name, text):
        return new_output("stream", name=name, text=text)

    shown = new_output("display_data", data={"text/plain": "figure"})
    streams = [stream("stderr", "w"), stream("stdout", "a"), stream("stderr", "x"), stream("stdout", "b")]
    merged = _merged([*streams, shown, stream("stdout", "c")])
    assert [output.get("text", "figure") for output in merged] == ["ab", "wx", "figure", "c"]
    assert [output.get("name") for output in merged] == ["stdout", "stderr", None, "stdout"]


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "{}", '{"cells": 3}', '{"nbformat": 99}'])
def test_what_is_no_notebook_is_one_sentence(tmp_path, text):
    path = tmp_path / "01_small.ipynb"
    path.write_text(text)
    with pytest.raises(ValueError, match=r"/01_small\.ipynb is not a notebook \(.*\)$"):
        kernels.read(path)
