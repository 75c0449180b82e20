"""A process that has imported Keras and run nothing: it forks a kernel for each notebook, which starts at once.

`kernel` asks it for one, and starts it where there is none yet: one for each way in which the environment shapes what
is imported. Linux alone; a fork after an operation of Keras, or with a thread running, would hang: there, and wherever
anything goes wrong, `kernel` returns None, and the caller starts a kernel of its own, cold.
"""

import contextlib
import importlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

COLD = "COURSE_COLD_KERNELS"  # set it to anything, and no kernel starts warm
LAUNCHERS = ("ipykernel_launcher", "course.kernels.kernel")
SHAPING = (  # what an import reads of the environment: names that begin like this
    *(
        "KERAS",
        "TF_",
        "XLA",
        "JAX",
        "TORCH",
        "PYTORCH",
        "CUDA",
        "NVIDIA",
        "OMP",
        "OPENBLAS",
        "MKL",
        "VECLIB",
        "NUMEXPR",
    ),
    *("PYTHON", "MPL", "LD_", "HOME", "LANG", "LC_"),
)
USED = (
    *("numpy", "pandas", "matplotlib.pyplot", "sklearn.datasets", "skimage"),
    *("IPython.core.completer", "ipykernel.kernelapp", "ipykernel.ipkernel", "ipykernel.zmqshell"),
)  # but not matplotlib_inline.backend_inline, which looks for the notebook that it draws in when it is imported
PATIENCE = 120.0  # seconds for the process to be ready
TICK = 0.05  # seconds between two looks at a kernel
REQUEST = 1 << 17  # bytes

_servers = {}
_starting = threading.Lock()


def kernel(command, env, cwd=None, stdout=None, stderr=None):
    """Return a `Process` that runs the kernel of `command` (list of str, as Jupyter launches it), or None.

    `env` is {name: str}, `cwd` a folder, by default this process's, `stdout` and `stderr` are files with a descriptor,
    by default this process's own.
    """
    if sys.platform != "linux" or COLD in env or command[0] != sys.executable:
        return None
    launcher = next((position for position, word in enumerate(command) if word in LAUNCHERS), None)
    if launcher is None:
        return None
    env = {"MPLBACKEND": "module://matplotlib_inline.backend_inline", **env}  # as ipykernel sets it, only earlier
    request = json.dumps({"arguments": command[launcher + 1 :], "cwd": str(cwd or os.getcwd()), "env": env}).encode()
    if len(request) > REQUEST:
        return None
    shape = frozenset((name, value) for name, value in env.items() if name.startswith(SHAPING))
    with _starting:
        if shape not in _servers:
            _servers[shape] = _start(env)
        server = _servers[shape]
    if server is None:
        return None
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    outputs = [
        stream.fileno() if hasattr(stream, "fileno") else number for stream, number in ((stdout, 1), (stderr, 2))
    ]
    try:
        socket.send_fds(server.control, [request], [theirs.fileno(), *outputs])
        theirs.close()
        pid = ours.recv(64)
    except OSError:
        pid = b""
    if pid:
        return Process(int(pid), ours)
    ours.close()
    _servers[shape] = None  # it could not fork, and will not be able to
    return None


def stop():
    """End every process that this one keeps warm."""
    with _starting:
        for server in filter(None, _servers.values()):
            server.control.close()
            server.wait()
        _servers.clear()


def _start(env):
    """Return the process that forks, ready, as a Popen with a socket `control`; None if it does not get ready."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "course.kernels.warm", str(theirs.fileno())],  # -P: not the course in this folder
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
        start_new_session=True,  # an interrupt at the terminal is for the notebook
    )
    theirs.close()
    ours.settimeout(PATIENCE)
    with contextlib.suppress(OSError):
        if ours.recv(64):
            ours.settimeout(None)
            server.control = ours
            return server
    server.kill()
    server.wait()
    ours.close()
    return None


class Process:
    """A forked kernel, with what Jupyter asks of a `subprocess.Popen`; its parent tells how it ended."""

    stdin = stdout = stderr = None

    def __init__(self, pid, report):
        self.pid = pid
        self.returncode = None
        self._report = report

    def poll(self):
        """Return the exit code (int), or None while the kernel runs."""
        if self.returncode is None and select.select([self._report], [], [], 0)[0]:
            self.returncode = int(self._report.recv(64) or -signal.SIGKILL)
            self._report.close()
        return self.returncode

    def wait(self, timeout=None):
        """Wait for the end, for at most `timeout` seconds, and return the exit code."""
        deadline = time.monotonic() + (timeout or float("inf"))
        while self.poll() is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(f"kernel {self.pid}", timeout)
            time.sleep(TICK)
        return self.returncode

    def send_signal(self, number):
        """Send the signal `number` to the kernel, if it still runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self):
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self):
        """End the kernel."""
        self.send_signal(signal.SIGKILL)


# --- the process that forks


def main(control):
    """Fork a kernel for each request on the socket whose descriptor is `control`, until it closes."""
    control = socket.socket(fileno=int(control))
    before = dict(os.environ)
    from course import runtime

    runtime.import_keras()
    for name in USED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    added = {name: value for name, value in os.environ.items() if before.get(name) != value}  # by what was imported
    tasks = _threads()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the parents of kernels
    control.send(b"ready")
    while True:
        message, fds, *_ = socket.recv_fds(control, REQUEST + 1, 3)
        if not message or _threads() > tasks:  # fewer there may be: OpenBLAS ends its own at a fork
            return
        if os.fork() == 0:
            control.close()
            _parent(json.loads(message), added, *fds)
            os._exit(0)
        for fd in fds:
            os.close(fd)


def _threads():
    return len(os.listdir("/proc/self/task"))


def _parent(request, added, report, stdout, stderr):
    """Fork the kernel, tell its number, wait for its end and tell the exit code; end it if nobody is listening."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    report = socket.socket(fileno=report)
    child = os.fork()
    if child == 0:
        report.close()
        _become(request, added, stdout, stderr)
    report.send(str(child).encode())
    while not (ended := os.waitpid(child, os.WNOHANG))[0]:
        if select.select([report], [], [], TICK)[0]:  # it closed: whoever asked for the kernel is gone
            for end in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    end(child, signal.SIGKILL)
            return
    with contextlib.suppress(OSError):
        report.send(str(os.waitstatus_to_exitcode(ended[1])).encode())


def _become(request, added, stdout, stderr):
    """Be the kernel that was asked for, to the end of this process."""
    code = 1
    try:
        os.setsid()
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update({**added, **request["env"], "JPY_PARENT_PID": str(os.getppid())})
        tempfile.tempdir = None  # found anew, in this environment
        arguments = [*request["arguments"], f"--IPKernelApp.parent_handle={os.getppid()}"]  # read at import, else
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        _reseed()
        sys.argv = ["course.kernels.kernel", *arguments]
        sys.modules.pop("__main__")  # the notebook's takes its place

        from course.kernels import kernel

        kernel.main(arguments)
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0
    except BaseException as problem:  # a traceback of ours would stand in the notebook's place
        print(f"{type(problem).__name__}: {problem}", file=sys.stderr)
    finally:
        os._exit(code)


def _reseed():
    """Draw anew what unseeded code draws from: all forks start with the same state."""
    random.seed()
    sys.modules["numpy"].random.seed()


if __name__ == "__main__":
    main(sys.argv[1])
