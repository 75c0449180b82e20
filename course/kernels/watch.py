"""A thread that looks at a kernel's process and all that it started: how much memory they hold, and what is left."""

import contextlib
import threading
import time

import psutil

TICK = 0.2  # seconds between two looks
GRACE = 2.0  # seconds for what is ending anyway


class Watch:
    """A context in which the process `pid` and its children are measured: `peak` is the most bytes of memory they held.

    Above `limit_gb` (10⁹ bytes) all of them are killed, and `stopped` is True. Memory that processes share is counted
    in each.
    """

    def __init__(self, pid, limit_gb=None):
        self.peak = 0
        self.stopped = False
        self._process = psutil.Process(pid)
        self._limit = limit_gb * 1e9 if limit_gb else float("inf")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def left(self):
        """Return the command lines (str, one after the other) of what the process started and did not end, or ""."""
        deadline = time.monotonic() + GRACE
        while (left := self._children()) and time.monotonic() < deadline:
            time.sleep(TICK)
        return "; ".join(map(_words, left))

    def _children(self):
        with contextlib.suppress(psutil.Error):
            return [child for child in self._process.children(recursive=True) if _is_alive(child)]
        return []

    def _look(self):
        over = False
        while not over:
            over = self._over.wait(TICK)  # and then a last look
            everyone = [self._process, *self._children()]
            held = sum(map(_memory, everyone))
            self.peak = max(self.peak, held)
            if held > self._limit:
                self.stopped = True
                for process in everyone:
                    with contextlib.suppress(psutil.Error):
                        process.kill()
                return


def _is_alive(process):
    with contextlib.suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _memory(process):
    with contextlib.suppress(psutil.Error):
        return process.memory_info().rss
    return 0


def _words(process):
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())[:120] or process.name()
    return f"process {process.pid}"
