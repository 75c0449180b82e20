"""One pair of warm processes for all tests of marking."""

import sys

import pytest
from handed_in import LIMITS, WALLS, submission

from course.grading import marking
from course.workplace import root

if sys.platform == "win32":  # where nothing is marked
    collect_ignore = [f"test_{name}.py" for name in ("attacks", "batch", "cluster", "marking", "sandbox")]


@pytest.fixture(scope="session")
def warm():
    """The warm processes (student, judge); without walls where there are none, for what is not hostile."""
    with marking.pair(root(), sandbox=WALLS) as pair:
        for process in pair:
            process.wait()
        yield pair


@pytest.fixture
def mark(warm, tmp_path):
    """A function that marks the cells of a notebook, and returns its `Marked`."""

    def mark(cells, lecture="01_neurons", seed=1, limits=LIMITS, sliced=True, student="student"):
        marker = marking.Marker(root(), *warm, seed=seed, limits=limits, sliced=sliced)
        return marker.mark(submission(tmp_path, cells, lecture, student))

    return mark


@pytest.fixture
def statuses(mark):
    """A function that marks the cells of a notebook, and returns {exercise: status}."""

    def statuses(*arguments, **settings):
        return {each.exercise: each.status for each in mark(*arguments, **settings).marks}

    return statuses
