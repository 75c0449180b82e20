"""What does a kernel add? The student notebooks' code as plain scripts, in cold kernels and in warm ones, in one run.

    .venv/bin/python tests/kernels/benchmark.py [LECTURE …]

Run it on a machine that does nothing else. Everything uses one thread, one after the other.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from course import kernels
from course.kernels import warm
from course.threads import threads
from course.workplace import lectures

ROOT = Path(__file__).parents[2]
PINNED = {**threads(1), "COURSE_EFFORT": "quick", "KERAS_BACKEND": "tensorflow", "MPLBACKEND": "agg"}


def script(path):
    """Return the seconds that the notebook's code takes in a Python of its own; IPython's `%` lines are left out."""
    code = "\n\n".join(cell.source for cell in kernels.read(path).cells if cell.cell_type == "code")
    lines = [line for line in code.splitlines() if not line.lstrip().startswith(("%", "!"))]
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as file:
        file.write("display = print\n" + "\n".join(lines))
        file.flush()
        started = time.monotonic()
        subprocess.run(
            [sys.executable, file.name], cwd=path.parent, env={**os.environ, **PINNED}, check=True, capture_output=True
        )
        return time.monotonic() - started


def kernel(path, **environment):
    """Return the seconds that the notebook takes in a kernel, its start included."""
    inline = {"MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    started = time.monotonic()
    kernels.execute(kernels.read(path), path.parent, {**PINNED, **inline, **environment}, guard=True)
    return time.monotonic() - started


def main(wanted):
    """Print a line for each lecture and one for all."""
    kernel(ROOT / "notebooks" / "01_neurons.ipynb")  # starts the process that stays warm
    total = [0.0, 0.0, 0.0]
    print(f"{'':<24}{'script':>8}{'cold':>8}{'warm':>8}{'cold/script':>13}{'warm/script':>13}")
    for name in lectures(ROOT / "notebooks", "*.ipynb", wanted):
        path = ROOT / "notebooks" / f"{name}.ipynb"
        took = [script(path), kernel(path, **{warm.COLD: "1"}), kernel(path)]
        total = [sum(pair) for pair in zip(total, took, strict=True)]
        show(name, took)
    show("all", total)
    warm.stop()


def show(name, took):
    ratios = [seconds / took[0] for seconds in took[1:]]
    print(f"{name:<24}" + "".join(f"{s:>8.1f}" for s in took) + "".join(f"{r:>13.2f}" for r in ratios), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
