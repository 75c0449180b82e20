"""Inside the kernel: a hook of Python's sees what a notebook opens, refuses what it may not, and writes that down.

A lecture writes into its own folder, temporary ones and the caches of its packages, and at quick effort reaches no
other machine. The hook is for lectures, whose authors mean no harm: compiled code can write past it, and against a
student's code there is `course.grading.sandbox`.
"""

import contextlib
import ctypes
import ipaddress
import os
import socket
import sys
import tempfile
from pathlib import Path

REPORT = "COURSE_KERNEL_REPORT"  # the environment variable that asks for the guard, and names the file to write to
CACHES = {"KERAS_HOME": ".keras", "XDG_CACHE_HOME": ".cache", "MPLCONFIGDIR": ".config/matplotlib"}  # else below home
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {  # the events of Python that change files: how many of their first arguments are paths
    **dict.fromkeys(("os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod"), 1),
    **dict.fromkeys(("os.rename", "os.link"), 2),
}
PR_SET_CHILD_SUBREAPER = 36


def install():
    """Guard this process from here on, if the environment asks for it; what it refuses raises PermissionError."""
    if REPORT not in os.environ:
        return
    _adopt()
    report = os.open(os.environ[REPORT], os.O_WRONLY | os.O_APPEND)
    roots = _writable()

    def refuse(sentence):
        os.write(report, f"{sentence}\n".encode())
        raise PermissionError(sentence)

    def hook(event, arguments):
        if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            changed = arguments[:1]
        elif event == "os.symlink":
            changed = arguments[1:2]
        else:
            changed = arguments[: CHANGES.get(event, 0)]
        for path in changed:
            if _is_outside(path, roots):
                refuse(f"it writes outside of its folder: {os.fsdecode(path)}")
        if event in ("socket.connect", "socket.getaddrinfo") and _effort() != "full":
            host = _host(event, arguments)
            if host is not None and not _is_local(host):
                refuse(f"it opens a network connection at quick effort: {host}")

    sys.addaudithook(hook)


def _adopt():
    """Become the parent of whatever this process starts and loses sight of, so that it can be found (on Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _writable():
    """Return the folders that a notebook may write to: its own, temporary ones, caches, devices."""
    caches = [os.environ.get(variable) or Path.home() / below for variable, below in CACHES.items()]
    own = [os.getcwd(), tempfile.gettempdir(), os.environ.get("IPYTHONDIR")]
    return [os.path.realpath(path) for path in (*own, *caches, "/dev", "/proc/self") if path]


def _is_outside(path, roots):
    if isinstance(path, int) or path is None:  # a descriptor: what opened it was asked
        return False
    path = os.path.realpath(os.fsdecode(path))
    if os.path.basename(os.path.dirname(path)) == "__pycache__" or os.path.basename(path) == "__pycache__":
        return False
    return not any(path == root or path.startswith(root.rstrip(os.sep) + os.sep) for root in roots)


def _effort():
    """Return the effort that this notebook runs at: by the environment, else by the device, once Keras is there."""
    from course import runtime

    return os.environ.get("COURSE_EFFORT") or (
        runtime.effort_of(sys.modules["keras"]) if "keras" in sys.modules else None
    )


def _host(event, arguments):
    """Return the host that is asked for (str), or None for a socket that leads to no network."""
    if event == "socket.connect":
        connection, address = arguments
        if connection.family not in (socket.AF_INET, socket.AF_INET6):
            return None
        arguments = address
    host = arguments[0]
    return host.decode() if isinstance(host, bytes) else host


def _is_local(host):
    if host in ("", "localhost", socket.gethostname()):
        return True
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
