"""Run a notebook from top to bottom in a process of its own."""

import ast
import copy
import itertools
import os
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_core.utils import run_sync
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat.v4 import new_code_cell
from traitlets import Bool

from course.kernels.guard import REPORT
from course.kernels.watch import Watch


class CellError(ValueError):
    """A cell that did not run as it should: `index` is its position, from 0, `reason` what happened.

    `usage` is the `Usage` up to there, where it is known.
    """

    def __init__(self, index, reason, usage=None):
        super().__init__(f"cell {index + 1}: {reason}")
        self.index = index
        self.reason = reason
        self.usage = usage


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


@dataclass
class Usage:
    """What the run of a notebook took: seconds of each code cell by its position, peak memory, what it ran on."""

    cells: dict = field(default_factory=dict)
    memory_gb: float = 0.0
    on: dict = field(default_factory=dict)  # what course.runtime.used says, of a guarded notebook

    @property
    def seconds(self):
        """All cells together (float); starting the kernel is not counted."""
        return sum(self.cells.values())


def execute(notebook, folder, environment=None, timeout=600, memory_gb=None, on_cell=None, guard=False):
    """Run `notebook` in a fresh kernel of this Python; return a copy with its outputs, and its `Usage`.

    `notebook` is a NotebookNode, `folder` the directory that its cells run in, `environment` {name: str} is added to
    this process's own, `timeout` is in seconds for all cells together, `memory_gb` the most memory (10⁹ bytes) that the
    kernel and what it starts may hold, and `on_cell(number, of)` is called before each cell.
    Neighbouring streams are merged and no times are stored: cells that repeat themselves store the same bytes.

    Raises CellError where a cell raises, takes too long or too much memory or ends the kernel, and ValueError where no
    kernel starts. With `guard` a cell may not write outside of `folder`, open a network connection at quick effort, or
    leave a process behind: see `course.kernels.guard`.
    Whatever happens, the kernel and what it started are gone afterwards.
    """
    notebook, usage = copy.deepcopy(notebook), Usage()
    with tempfile.TemporaryDirectory(prefix="course-kernel-", ignore_cleanup_errors=True) as scratch:
        manager = AsyncKernelManager(
            kernel_spec_manager=_ThisPython(guard=guard), connection_file=os.path.join(scratch, "kernel.json")
        )
        # in IPYTHONDIR a user keeps start-up files of their own, which would run in the notebook
        variables = {**os.environ, "IPYTHONDIR": scratch, **(environment or {})}
        report = None
        if guard:
            report = Path(scratch) / "refused"
            report.touch()
            variables[REPORT] = str(report)
        try:
            _run(notebook, manager, usage, (timeout, memory_gb), report, on_cell, cwd=str(folder), env=variables)
        finally:
            if manager.has_kernel:
                run_sync(manager.shutdown_kernel)(now=True)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = _merged(cell.outputs)
    return notebook, usage


class _ThisPython(KernelSpecManager):
    """Starts the kernel with this interpreter, warm where it can: the kernel called python3 may be another's."""

    guard = Bool()

    def get_kernel_spec(self, kernel_name):
        # what is not guarded needs no `course`: a notebook may have to say that there is none
        module = "course.kernels.kernel" if self.guard else "ipykernel_launcher"
        launch = [sys.executable, "-P", "-m", module, "-f", "{connection_file}", "--log-level=ERROR"]
        warm = {"kernel_provisioner": {"provisioner_name": "course-warm"}}
        return KernelSpec(argv=launch, display_name="Python 3", language="python", metadata=warm)


def _run(notebook, manager, usage, limits, report, on_cell, **start):
    """Execute the cells of `notebook` in place and fill in `usage`."""
    timeout, memory_gb = limits
    deadline = None
    client = NotebookClient(
        notebook,
        manager,
        timeout_func=lambda cell: max(0.1, deadline - time.monotonic()),
        record_timing=False,
        shutdown_kernel="immediate",
    )
    index = watch = None
    try:
        with client.setup_kernel(cleanup_kc=True, **start), Watch(manager.provisioner.pid, memory_gb) as watch:
            deadline = time.monotonic() + timeout
            for index, cell in enumerate(notebook.cells):
                if on_cell:
                    on_cell(index + 1, len(notebook.cells))
                if cell.cell_type == "code" and cell.source.strip():
                    began = time.monotonic()
                    try:
                        client.execute_cell(cell, index)
                    finally:
                        usage.cells[index] = time.monotonic() - began
                if report and (refused := report.read_text(encoding="utf-8")):
                    raise CellError(index, refused.split("\n")[0], usage)
            if report:
                usage.on = _used(client)
                if left := watch.left():
                    raise CellError(index, f"it leaves a process behind: {left}", usage)
    except CellTimeoutError:
        raise CellError(index, f"still running when the notebook's {timeout:g} s were over", usage) from None
    except DeadKernelError:
        if watch and watch.stopped:
            reason = f"the notebook holds {watch.peak / 1e9:.1f} GB of memory, and may hold {memory_gb:.1f}"
            raise CellError(index, reason, usage) from None
        raise CellError(
            index, "the kernel's process ended: out of memory, or a crash of compiled code", usage
        ) from None
    except CellExecutionError as problem:
        raise CellError(index, f"{problem.ename}: {problem.evalue}".strip().split("\n")[0], usage) from None
    except RuntimeError as problem:
        if index is None:
            raise ValueError(f"no Jupyter kernel starts: {problem}; `course doctor` says more") from None
        raise
    finally:
        usage.memory_gb = watch.peak / 1e9 if watch else 0.0


def _used(client):
    """Ask the kernel what it has computed on (dict), in a cell that the notebook does not keep."""
    cell = new_code_cell("from course import runtime as _runtime; print(_runtime.used())")
    client.nb.cells.append(cell)
    try:
        client.execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    finally:
        client.nb.cells.pop()
    return ast.literal_eval("".join(output.get("text", "") for output in cell.outputs))


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
