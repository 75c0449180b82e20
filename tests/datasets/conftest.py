"""Where the real data sets are, if they are, and a process of its own for what depends on Keras's cache."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = ROOT.parent / "shared" / "datasets" / "keras" / "datasets"


@pytest.fixture
def python():
    """A function that runs code in a fresh Python, with `environment` added; returns exit code, output and errors."""

    def run(code, *before, **environment):
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        ran = subprocess.run([*before, sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        return ran.returncode, ran.stdout, ran.stderr

    return run


@pytest.fixture
def real():
    """The folder of a real Keras cache's data sets."""
    if not REAL.exists():
        pytest.skip(f"no cache of real data sets at {REAL}")
    return REAL
