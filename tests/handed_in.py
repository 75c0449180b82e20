"""Notebooks as students hand them in, for tests of marking."""

import json
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from course.grading import sandbox
from course.workplace import root

LIMITS = sandbox.Limits(
    cell=12, notebook=60, question=3, exercise=15, whole=120, memory=2 * 2**30, disk=32 * 2**20, processes=64
)
WALLS = sandbox.available() is None


def needs_walls():
    if not WALLS:
        pytest.skip("hostile code runs only in a sandbox, and there is none")


def notebook(cells, **more):
    """Return the bytes of a notebook with these code cells."""
    made = [
        {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [], "execution_count": None} for cell in cells
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more}).encode()


def student_build(lecture):
    """Return the code cells of a lecture's student build, as (source, exercise or None)."""
    cells = json.loads((root() / f"notebooks/{lecture}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [
        ("".join(cell["source"]), cell["metadata"].get("exercise")) for cell in cells if cell["cell_type"] == "code"
    ]


def solved(lecture):
    """Return the code cells (list of str) of the student build with the answers of solutions/ in place of the stubs."""
    cells = json.loads((root() / f"solutions/{lecture}.ipynb").read_text(encoding="utf-8"))["cells"]
    answers = {name: "".join(cell["source"]) for cell in cells if (name := cell["metadata"].get("exercise"))}
    return [answers.get(name, source) for source, name in student_build(lecture)]


def started(*cells):
    """Return the cells of a small notebook of lecture 01: its imports, and these."""
    return ["import course\n\nrun = course.start(seed=0)", "import numpy as np\nimport keras", *cells]


def submission(folder, cells, lecture="01_neurons", student="student"):
    """Write a notebook (list of sources, or bytes) below `folder`, and return what stands for it in a batch."""
    path = Path(folder) / student / f"{lecture}.ipynb"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(cells if isinstance(cells, bytes) else notebook(cells))
    return SimpleNamespace(student=student, lecture=lecture, path=path, submitted=None, file=path.name, problem=None)


# --- processes


def below(pid):
    """Return the processes that `pid` started and they started (list)."""
    children = {}
    for entry in Path("/proc").glob("[0-9]*"):  # none where there is no /proc
        try:
            parent = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(entry.name))
    found = list(children.get(pid, ()))
    for child in found:
        found += children.get(child, ())
    return found


def alive(pids):
    return [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def wait_until_gone(pids, seconds=10):
    deadline = time.monotonic() + seconds
    while alive(pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive(pids)
