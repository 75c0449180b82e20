"""Measure marking against nbgrader's, on the same submissions of one lecture, in one run.

Run it by hand: `.venv/bin/python tests/grading/benchmark.py`. Both mark and write feedback; nbgrader runs every cell of each
notebook in a kernel of its own, the course what the answers need, in its sandbox.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from course.authoring.nbgrader import export
from course.threads import cores

ROOT = Path(__file__).parents[2]
CLASS = ROOT / "data" / "example_submissions"
LECTURE = "01_neurons"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--students", type=int, default=12, help="how many, from the example class over and over")
    parser.add_argument("--workers", type=int, default=2, help="notebooks that `course grade` runs at a time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="course-benchmark-") as scratch:
        folder = Path(scratch)
        notebooks = sorted(CLASS.glob(f"*/{LECTURE}.ipynb"))
        handed_in = {f"student_{number}": notebooks[number % len(notebooks)] for number in range(options.students)}
        theirs = _timed(_nbgrader(folder / "nbgrader", handed_in), folder / "nbgrader")
        for student, path in handed_in.items():
            target = folder / "submissions" / student / path.name
            target.parent.mkdir(parents=True)
            shutil.copy(path, target)
        grade = ["course", "grade", str(folder / "submissions"), "--out", str(folder / "grades")]
        ours = _timed([[*grade, "--workers", str(options.workers)]], ROOT)
    print(f"{options.students} submissions of {LECTURE}, {cores()} cores, feedback included")
    print(f"nbgrader      {theirs / options.students:6.2f} s a submission")
    print(f"course grade  {ours / options.students:6.2f} s a submission, {options.workers} workers, start included")
    print(f"ratio         {theirs / ours:6.1f}")


def _nbgrader(folder, handed_in):
    """Make nbgrader's course folder with the same answers; return the commands that mark them."""
    export(ROOT, folder, [LECTURE])
    _timed([["nbgrader", "generate_assignment", LECTURE]], folder)
    released = folder / "release" / LECTURE / f"{LECTURE}.ipynb"
    for student, path in handed_in.items():
        answers = {cell.metadata.get("exercise"): cell.source for cell in nbformat.read(path, as_version=4).cells}
        notebook = nbformat.read(released, as_version=4)
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                cell.source = answers[cell.metadata.nbgrader.grade_id]
        target = folder / "submitted" / student / LECTURE / f"{LECTURE}.ipynb"
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    return [["nbgrader", "autograde", LECTURE], ["nbgrader", "generate_feedback", LECTURE]]


def _timed(commands, folder):
    """Run commands of this environment, one after the other, in `folder`; return the seconds of all."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    started = time.monotonic()
    for command in commands:
        subprocess.run(command, cwd=folder, env={**os.environ, "PATH": path}, check=True, capture_output=True)
    return time.monotonic() - started


if __name__ == "__main__":
    main()
