"""Run lectures from top to bottom, several at a time: their pages, and what they took."""

import concurrent.futures
import hashlib
import os
import sys
import threading
from importlib import metadata

from course import kernels
from course.kernels import budget
from course.threads import cores, threads
from course.workplace import lectures

PATIENCE = 600  # seconds that a notebook gets in any case, where nobody asks it to keep to its budget
GPU_GB = 0.001  # of a GPU's memory, at least, are in use where one computes
LIMIT = 2.0  # times a budget's slack: there a notebook is stopped


def run(root, wanted=(), out=None, *, answers=False, strict=False, gpu=False, changed=False, workers=None):
    """Execute lectures, write each as an HTML page and all records as `budget.json` into `out`; return the exit code.

    `root` is the course's folder (Path), `wanted` the lectures (numbers or names, all by default), `out` a folder
    (Path, `html/` by default). With `answers` the notebooks of `solutions/` run instead of the students'. `strict`
    fails those that go beyond their budget. `changed` leaves out those that passed before and, with `course/` and the
    packages, are as they were; where the environment variable CI is set it leaves out none. `workers` (int, a core
    each by default) run at a time, and share the cores' threads.
    With `gpu` those fail that did not compute on one.
    Neither folder is changed. A notebook that fails is named with its cell, and the others still run.
    Raises ValueError for lectures that are not there and for less than one worker.
    """
    from nbconvert import HTMLExporter

    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, but got {workers}")
    folder = root / ("solutions" if answers else "notebooks")
    out = out or root / "html"
    out.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{name}.ipynb" for name in lectures(folder, "*.ipynb", wanted)]
    around = _hash_around(root)
    hashes = {path: _hash(path, around) for path in paths}
    if changed and not os.environ.get("CI"):
        passed = {found.get("hash") for found in budget.read(out / "budget.json") if found["passed"]}
        paths, skipped = [path for path in paths if hashes[path] not in passed], len(paths)
        print(f"{skipped - len(paths)} of {skipped} notebooks are as they were when they passed")
    workers = min(workers or cores(), len(paths) or 1)
    line = _Line(len(paths))
    exporter = HTMLExporter(template_name="lab")

    def one(path):
        found, notebook = _run(path, threads(max(1, cores() // workers)), strict, gpu, line)
        if notebook is not None:
            page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": path.stem}})
            (out / f"{path.stem}.html").write_text(page, encoding="utf-8")
        return {**found, "hash": hashes[path]}

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        records = list(pool.map(one, paths))
    budget.write(records, out / "budget.json")
    failed = sum(not found["passed"] for found in records)
    if records:
        print(budget.table(records))
    print(f"{len(records) - failed} of {len(records)} notebooks ran; their pages are in {out}{os.sep}")
    return 1 if failed else 0


def _run(path, pinned, strict, gpu, line):
    """Execute the notebook at `path`; return its record, and the executed notebook or None."""
    name = path.stem
    try:
        notebook = kernels.read(path)
        about = notebook.metadata.get("course") or {}
        limits = _limits(about, strict)
        given = {**pinned, **os.environ}
        shown = (lambda number, of: line.at(name, number, of)) if sys.stdout.isatty() else None
        done, usage = kernels.execute(notebook, path.parent, given, on_cell=shown, guard=True, **limits)
    except kernels.CellError as problem:
        line.end(name, f"failed: {problem}")
        return budget.record(name, problem.usage or kernels.Usage(), str(problem)), None
    except (ValueError, OSError) as problem:
        line.end(name, f"failed: {problem}")
        return budget.record(name, kernels.Usage(), str(problem)), None
    found = budget.record(name, usage)
    if strict and (over := budget.exceeded(found, about)):
        found.update(passed=False, reason=f"over its budget: {over}")
    elif gpu and (found["device"] != "GPU" or found["gpu_gb"] < GPU_GB):
        found.update(
            passed=False, reason=f"no GPU was used: device {found['device']}, {found['gpu_gb']} GB of its memory"
        )
    line.end(name, f"ran in {usage.seconds:.0f} s" if found["passed"] else f"failed: {found['reason']}")
    return found, done


def _limits(about, strict):
    """Return the `timeout` and the `memory_gb` at which a notebook is stopped."""
    effort = os.environ.get("COURSE_EFFORT") or "full"
    seconds = LIMIT * budget.SLACK["seconds"] * 60 * about.get("minutes", {}).get(effort, 0)
    if not strict or "minutes" not in about:
        return {"timeout": max(PATIENCE, seconds)}
    return {"timeout": seconds, "memory_gb": LIMIT * budget.SLACK["memory_gb"] * about["memory_gb"][effort]}


def _hash(path, around):
    """Return a hash of all that the outcome of the notebook at `path` depends on: it, and what is `around` it."""
    return hashlib.sha256(path.read_bytes() + around).hexdigest()


def _hash_around(root):
    """Return a hash (bytes) of what every notebook depends on: the course's code, the packages, the settings."""
    digest = hashlib.sha256()
    for source in sorted(root.glob("course/**/*.py")):
        digest.update(source.read_bytes())
    for package in ("keras", "tensorflow", "jax", "torch", "numpy", "matplotlib", "scikit-learn"):
        try:
            digest.update(f"{package} {metadata.version(package)}".encode())
        except metadata.PackageNotFoundError:
            continue
    settings = [(name, os.environ.get(name)) for name in ("KERAS_BACKEND", "COURSE_EFFORT")]
    digest.update(repr(settings).encode())
    return digest.digest()


class _Line:
    """The progress on the terminal: a line for each notebook that has ended, and one for those that run."""

    def __init__(self, count):
        self._count, self._ended, self._running, self._lock = count, 0, {}, threading.Lock()

    def at(self, name, number, of):
        with self._lock:
            self._running[name] = f"{name} cell {number} of {of}"
            print(f"\r\x1b[K{', '.join(self._running.values())}", end="", flush=True)

    def end(self, name, sentence):
        with self._lock:
            self._ended += 1
            cleared = "\r\x1b[K" if self._running.pop(name, None) else ""
            print(f"{cleared}[{self._ended}/{self._count}] {name} {sentence}", flush=True)
