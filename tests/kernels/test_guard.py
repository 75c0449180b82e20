"""What a notebook may not do, planted one by one: each is caught, warm and cold, and its cell is named."""

import sys
from pathlib import Path

import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from course.kernels import CellError, execute, warm
from course.kernels.guard import _is_outside

HOME = Path.home()
OUTSIDE = HOME / "written_by_a_lecture"
FORKED_TWICE = """
import os, time
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        time.sleep(60)
    os._exit(0)
"""
PLANTED = {
    "opens a file": (f"open({str(OUTSIDE)!r}, 'w')", "writes outside"),
    "and swallows it": (f"try: open({str(OUTSIDE)!r}, 'w')\nexcept OSError: pass", "writes outside"),
    "appends": (f"open({str(OUTSIDE)!r}, 'ab')", "writes outside"),
    "by descriptor": (f"import os; os.open({str(OUTSIDE)!r}, os.O_CREAT | os.O_RDWR)", "writes outside"),
    "makes a folder": (f"from pathlib import Path; Path({str(OUTSIDE)!r}).mkdir()", "writes outside"),
    "moves out": (f"import os; open('mine', 'w').close(); os.rename('mine', {str(OUTSIDE)!r})", "writes outside"),
    "removes": ("import os; os.remove('../theirs')", "writes outside"),
    "links out": (f"import os; os.symlink('mine', {str(OUTSIDE)!r})", "writes outside"),
    "through a link": (f"import os; os.symlink({str(HOME)!r}, 'home'); open('home/x', 'w')", "writes outside"),
    "asks for a page": ("import urllib.request; urllib.request.urlopen('http://example.org')", "network connection"),
    "and tells nobody": (
        "import socket\ntry: socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError: pass",
        "network connection",
    ),
    "asks for a name": (
        "import socket\ntry: socket.getaddrinfo('example.org', 80)\nexcept OSError: pass",
        "network connection",
    ),
    "leaves a process": ("import subprocess; subprocess.Popen(['sleep', '60'])", "leaves a process behind: sleep 60"),
    "in another session": (
        "import subprocess; subprocess.Popen(['sleep', '60'], start_new_session=True)",
        "leaves a process behind: sleep 60",
    ),
    "whose parent is gone": (FORKED_TWICE, "leaves a process behind"),
}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only there a process can adopt what its children left")


@pytest.fixture(scope="module", autouse=True)
def no_process_left():
    before = set(psutil.Process().children(recursive=True))
    yield
    warm.stop()
    assert set(psutil.Process().children(recursive=True)) <= before


def run(folder, *sources, **environment):
    """Run a guarded notebook of these cells in a folder below `folder`, and return its Usage."""
    mine = folder / "mine"
    mine.mkdir()
    (folder / "theirs").touch()
    cells = [new_code_cell(source) for source in sources]
    environment = {"COURSE_EFFORT": "quick", "TMPDIR": str(mine), **environment}
    return execute(new_notebook(cells=cells), mine, environment, guard=True, timeout=60)[1]


@LINUX
@pytest.mark.parametrize("kind", ["warm", pytest.param("cold", marks=pytest.mark.long)])
@pytest.mark.parametrize("planted", PLANTED)
def test_what_a_lecture_may_not_do_is_caught_and_its_cell_named(tmp_path, planted, kind):
    source, says = PLANTED[planted]
    cold = {} if kind == "warm" else {warm.COLD: "1"}
    with pytest.raises(CellError, match=says) as caught:
        run(tmp_path, "1 + 1", source, **cold)
    assert caught.value.index == 1
    assert not OUTSIDE.exists() and not (HOME / "x").exists() and (tmp_path / "theirs").exists()


def test_what_a_lecture_may_do_is_not_held_against_it(tmp_path):
    allowed = (
        "import os, subprocess, sys, tempfile",
        "open('mine', 'w').close(); os.makedirs('folder'); os.rename('mine', 'folder/mine')",
        "tempfile.TemporaryFile().write(b'x'); open(os.devnull, 'w').close()",
        f"open({str(Path(__file__))!r}).close()",
        "subprocess.run([sys.executable, '-c', ''], check=True)",
        "import socket; there = socket.create_server(('127.0.0.1', 0)); socket.create_connection(there.getsockname())",
        "import course; run = course.start(); import matplotlib.pyplot as plt; plt.plot([1, 2]);",
    )
    usage = run(tmp_path, *allowed)
    assert usage.on == {"backend": usage.on["backend"], "device": "CPU", "effort": "quick", "gpu_gb": 0.0}
    assert list(usage.cells) == list(range(len(allowed)))


def test_at_full_effort_a_lecture_may_fetch_its_data(tmp_path):
    source = "import socket\ntry: socket.getaddrinfo('course.invalid', 80)\nexcept OSError: pass"
    run(tmp_path, source, COURSE_EFFORT="full")


def test_without_the_guard_a_notebook_is_the_users_own(tmp_path):
    (tmp_path / "mine").mkdir()
    execute(
        new_notebook(cells=[new_code_cell("open('../theirs', 'w').close()")]),
        tmp_path / "mine",
        {"TMPDIR": str(tmp_path / "mine")},
    )
    assert (tmp_path / "theirs").exists()


@pytest.mark.parametrize(
    "path, outside",
    [
        ("/a/b", False),
        ("/a", False),
        ("/ab", True),
        ("/a/../b", True),
        ("/b/__pycache__/x.pyc", False),
        (3, False),
        (b"/c", True),
    ],
)
def test_which_paths_are_outside(path, outside):
    assert _is_outside(path, ["/a"]) == outside
