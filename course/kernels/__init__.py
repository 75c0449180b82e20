"""Run a notebook from top to bottom in a process of its own."""

import copy
import itertools
import os
import sys
import tempfile
import time

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError


class CellError(ValueError):
    """A cell that did not run to its end: `index` is its position in the notebook, from 0, `reason` what happened."""

    def __init__(self, index, reason):
        super().__init__(f"cell {index + 1}: {reason}")
        self.index = index
        self.reason = reason


def read(path):
    """Return the notebook in the file `path` (NotebookNode); raise ValueError, with the reason, if it holds none."""
    try:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(notebook)
    except OSError:
        raise
    except Exception as problem:  # nbformat raises what it stumbles over: AttributeError, TypeError, its own
        reason = f"{problem}".strip().split("\n")[0][:120]
        raise ValueError(f"{path.parent.name}/{path.name} is not a notebook ({reason})") from None
    return notebook


def execute(notebook, folder, environment=None, timeout=600, on_cell=None):
    """Run `notebook` in a fresh kernel of this Python; return a copy with its outputs, and the seconds its cells took.

    `notebook` is a NotebookNode, `folder` the directory that its cells run in, `environment` {name: str} is added to
    this process's own, `timeout` is in seconds for all cells together, and `on_cell(number, of)` is called before each.
    Neighbouring streams are merged and no times are stored: cells that repeat themselves store the same bytes.

    Raises CellError where a cell raises, takes too long or ends the kernel, and ValueError where no kernel starts.
    Whatever happens, the kernel and what it started are gone afterwards.
    """
    notebook = copy.deepcopy(notebook)
    with tempfile.TemporaryDirectory(prefix="course-kernel-", ignore_cleanup_errors=True) as scratch:
        connection = os.path.join(scratch, "kernel.json")
        manager = AsyncKernelManager(kernel_spec_manager=_ThisPython(), connection_file=connection)
        # in IPYTHONDIR a user keeps start-up files of their own, which would run in the notebook
        variables = {**os.environ, "IPYTHONDIR": scratch, **(environment or {})}
        try:
            seconds = _run(notebook, manager, timeout, on_cell, cwd=str(folder), env=variables)
        finally:
            if manager.has_kernel:
                run_sync(manager.shutdown_kernel)(now=True)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _merged(cell.outputs)
    return notebook, seconds


class _ThisPython(KernelSpecManager):
    """Starts the kernel with this interpreter: the kernel called python3 may be another's."""

    def get_kernel_spec(self, kernel_name):
        launch = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--log-level=ERROR"]
        return KernelSpec(argv=launch, display_name="Python 3", language="python")


def _run(notebook, manager, timeout, on_cell, **start):
    """Execute the cells of `notebook` in place and return the seconds that it took, starting the kernel not counted."""
    deadline = None
    client = NotebookClient(
        notebook,
        manager,
        timeout_func=lambda cell: max(0.1, deadline - time.monotonic()),
        record_timing=False,
        shutdown_kernel="immediate",
    )
    index = None
    try:
        with client.setup_kernel(cleanup_kc=True, **start):
            started = time.monotonic()
            deadline = started + timeout
            for index, cell in enumerate(notebook.cells):
                if on_cell:
                    on_cell(index + 1, len(notebook.cells))
                client.execute_cell(cell, index)
            return time.monotonic() - started
    except CellTimeoutError:
        raise CellError(index, f"still running when the notebook's {timeout:g} s were over") from None
    except DeadKernelError:
        raise CellError(index, "the kernel's process ended: out of memory, or a crash of compiled code") from None
    except CellExecutionError as problem:
        raise CellError(index, f"{problem.ename}: {problem.evalue}".strip().split("\n")[0]) from None
    except RuntimeError as problem:
        if index is None:
            raise ValueError(f"no Jupyter kernel starts: {problem}; `course doctor` says more") from None
        raise


def _merged(outputs):
    """Return `outputs` with each run of neighbouring streams as one of each name, standard output first.

    How a kernel cuts and interleaves its two streams is a matter of timing.
    """
    merged = []
    for is_stream, run in itertools.groupby(outputs, lambda output: output.output_type == "stream"):
        if not is_stream:
            merged += run
            continue
        by_name = {}
        for output in run:
            if output.name in by_name:
                by_name[output.name].text += output.text
            else:
                by_name[output.name] = output
        merged += [by_name[name] for name in sorted(by_name, reverse=True)]
    return merged
