"""A student's folder: find the course, copy its notebooks into `work/`, open one."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path


def root(folder=None):
    """Return the course's folder (Path): `folder`, by default the current one, or the nearest above it.

    It is the one that holds lectures, in `notebooks/` or, as sources, in `solutions/`. Raises ValueError where there is
    none.
    """
    start = Path(folder or Path.cwd()).resolve()
    for candidate in (start, *start.parents):
        if any(candidate.glob("notebooks/[0-9][0-9]_*.ipynb")) or any(candidate.glob("solutions/[0-9][0-9]_*.py")):
            return candidate
    raise ValueError(f"{start} is not in the course's folder: go to the folder that holds notebooks/")


def lectures(folder, pattern, wanted=()):
    """Return the names (str, "NN_topic", sorted) of the files of `folder` that match `pattern` and are `wanted`.

    `wanted` are numbers or names, "1", "01" and "01_neurons" alike; none means all. Raises ValueError if not there.
    """
    names = sorted(path.stem for path in folder.glob(pattern))
    if not wanted:
        return names
    chosen = []
    for word in wanted:
        stem = Path(word).stem  # a path works too: the shell completes to one
        matches = [name for name in names if stem == name or stem.zfill(2) == name.split("_")[0]]
        if not matches:
            raise ValueError(f"there is no lecture {word!r} in {folder.name}/: it has {', '.join(names) or 'none'}")
        chosen += matches
    return sorted(set(chosen))


def copy(root):
    """Copy the notebooks that `work/` does not have yet, and return what there is to tell (list of str).

    A file that is there is the student's, whatever it holds: it is left alone, and named where a newer edition exists.
    """
    work = root / "work"
    work.mkdir(exist_ok=True)
    told = []
    for source in sorted((root / "notebooks").glob("*.ipynb")):
        target = work / source.name
        if not target.exists():
            beside = target.with_suffix(".copying")  # so that a full disk leaves no half notebook under the real name
            shutil.copyfile(source, beside)
            beside.rename(target)
            told.append(f"work/{target.name} is new: copied from notebooks/")
        elif (edition := _edition(target)) is None:
            told.append(
                f"work/{target.name} is not a notebook that can be read: kept as it is; rename it to get a fresh copy"
            )
        elif edition != _edition(source):
            told.append(
                f"work/{target.name} is from another edition than notebooks/{target.name}: yours is kept; "
                "rename it and run this again to get the newer one beside it"
            )
    return told


def _edition(path):
    """Return the hash of the source that a notebook was built from, "" where it has none, None if it is no notebook."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))["metadata"].get("course", {}).get("source_hash", "")
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return None


def lab(root, lecture="01", flags=()):
    """Copy what is missing into `work/`, open `lecture` in JupyterLab with its `flags`, and return its exit code."""
    if importlib.util.find_spec("jupyterlab") is None:
        raise ValueError("JupyterLab is not installed: run `python -m pip install -r requirements.txt`")
    print(*copy(root), sep="\n")
    (name,) = lectures(root / "notebooks", "*.ipynb", [lecture])
    pinned = "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate"
    command = [sys.executable, "-m", "jupyterlab", pinned, *flags, f"work/{name}.ipynb"]
    with subprocess.Popen(command, cwd=root) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:  # JupyterLab got it too, and asks whether to stop
                continue
