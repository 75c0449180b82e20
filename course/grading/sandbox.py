"""The walls around what a student wrote: bubblewrap's command line, and the limits.

Inside there is no network and no file but the interpreter, the system's libraries and one `course`, all read-only; each
notebook gets a private temporary folder on top (see `course.grading.warm`).
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from course.threads import threads

LINUX_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
ETC = ("ld.so.cache", "ld.so.conf", "ld.so.conf.d", "alternatives", "fonts", "localtime", "timezone", "mime.types")
INSIDE = "/marking"  # where the course lies in the sandbox
PYTHON = f"{INSIDE}/python"  # where a virtual environment lies there: its own place may be below /tmp, which is covered

MISSING = (
    "Marking runs what students wrote, and nothing here would hold it in: bubblewrap is {why}. Install it (Debian and "
    "Ubuntu: sudo apt install bubblewrap; Fedora: sudo dnf install bubblewrap), or mark in a container that has "
    "nothing else in it and no network (docker run --rm -it --network none --security-opt seccomp=unconfined "
    "-v $PWD:/course -w /course IMAGE …), or, for submissions that you trust as your own, use --no-sandbox."
)


class NoSandbox(ValueError):
    """There is nothing here to hold a student's code in; the text says how to get it."""


@dataclass(frozen=True)
class Limits:
    """What one notebook may take: seconds of wall time, bytes, numbers of processes and threads.

    start: to import Keras, where that was not done before. cell, notebook: to run one cell, and all of them. question:
    one call of an answer. exercise: all calls of one exercise. whole: everything about one notebook, reruns included.
    memory: of all its processes together. disk: its temporary folder.
    """

    start: float = 180.0
    cell: float = 120.0
    notebook: float = 600.0
    question: float = 20.0
    exercise: float = 60.0
    whole: float = 1800.0
    memory: int = 4 * 2**30
    disk: int = 256 * 2**20
    processes: int = 128
    reruns: int = 3


def available():
    """Return None if bubblewrap works here, else why it does not (str)."""
    if sys.platform != "linux":
        return f"for Linux, and this is {sys.platform}"
    if not shutil.which("bwrap"):
        return "not installed"
    tried = subprocess.run(
        [*walls(), "--", "/usr/bin/env", "true"], capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
    )
    return None if tried.returncode == 0 else f"installed but not allowed to work here ({tried.stderr.strip()[:200]})"


def walls(mounts=(), masked=()):
    """Return bubblewrap's command line (list of str), up to the command that is to run.

    mounts: pairs (outside, inside) of what is seen, read-only. masked: folders that are there, and look empty.
    """
    command = [
        "bwrap",
        "--die-with-parent",
        "--new-session",
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
    ]
    command += ["--hostname", "marking", "--clearenv"]
    if os.getuid():
        command += ["--unshare-user"]
    for path in LINUX_SYSTEM:
        if os.path.islink(path):
            command += ["--symlink", os.readlink(path), path]
        else:
            command += ["--ro-bind-try", path, path]
    for name in ETC:
        command += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    prefixes = {inside(prefix): os.path.realpath(prefix) for prefix in (sys.base_prefix, sys.prefix)}
    seen = {place: prefix for place, prefix in prefixes.items() if not f"{prefix}/".startswith("/usr/")}
    seen |= {str(place): str(outside) for outside, place in mounts}
    for parent in sorted({str(parent) for place in seen for parent in Path(place).parents} - {"/"}):
        command += ["--perms", "0755", "--dir", parent]  # for whoever the notebooks run as
    for place, outside in seen.items():
        command += ["--ro-bind", outside, place]
    for folder in masked:
        command += ["--tmpfs", str(folder), "--remount-ro", str(folder)]
    # the root and /dev are bubblewrap's own; what could be written there would be seen by the next notebook
    return [
        *command,
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/dev/shm",
        "--tmpfs",
        "/tmp",
        "--remount-ro",
        "/dev",
        "--remount-ro",
        "/",
    ]


def inside(path):
    """Return where the sandbox has a `path` of this Python (str): a virtual environment's is at `PYTHON`."""
    if sys.prefix != sys.base_prefix and Path(path).is_relative_to(sys.prefix):
        return str(PYTHON / Path(path).relative_to(sys.prefix))
    return os.path.realpath(path)


def installed_course():
    """Return where the sandbox would have a copy of the course among the installed packages (list), to be masked."""
    places = {Path(sysconfig.get_path(name)) / "course" for name in ("purelib", "platlib")}
    return sorted(inside(place) for place in places if place.is_dir())


def environment(folder, prefix):
    """Return the environment (dict) of a process whose `course` lies in `folder`, and its Python in `prefix`.

    Of the marker's own nothing is left.
    """
    return {
        "PATH": f"{prefix}/bin:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONHASHSEED": "0",
        "LANG": "C.UTF-8",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "IPYTHONDIR": "/tmp/.ipython",
        "USER": "student",
        "LOGNAME": "student",
        "MPLBACKEND": "Agg",
        "KERAS_BACKEND": os.environ.get("KERAS_BACKEND") or "tensorflow",
        "COURSE_EFFORT": "quick",
        "CUDA_VISIBLE_DEVICES": "-1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_ENABLE_ONEDNN_OPTS": os.environ.get("TF_ENABLE_ONEDNN_OPTS", "1"),
        **threads(1),
    }
