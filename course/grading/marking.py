"""The marker's side: for each notebook a student process and a judge, brought together, and what comes of it.

The marker imports no Keras and no exercise, and believes nothing that a process tells beyond what it may tell.
"""

import array
import hashlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from course.grading import sandbox as walls
from course.grading import staging
from course.grading.results import GIVES_POINTS, Mark, Marked

MAX_BYTES = 32 * 2**20  # of a notebook
MAX_CELLS = 1000
MAX_LINE = 2**20  # of what a process tells, in bytes
START = 180.0  # seconds until a warm process has imported Keras
GRACE = 30.0  # seconds after which a supervisor that says nothing is given up

SENTENCES = {
    "absent": "Not attempted: the notebook leaves nothing of this name.",
    "raised": "The cell that should make this answer raised an exception.",
    "timeout": "The notebook, or the cell that makes this answer, took longer than its limit.",
    "crashed": "The process that ran the notebook came to its end, or went over its memory.",
    "judge": "The process that examined your answer came to its end, or went over its limits.",
}


class Unreadable(ValueError):
    """A file that holds no notebook; the text says why."""


# --- a notebook
# -----------------------------------------------------------------------------------------------------------


def read_cells(content):
    """Return the sources of the code cells (list of str) of a notebook's bytes; raise `Unreadable` with the reason."""
    if not content.strip():
        raise Unreadable("the file is empty")
    if len(content) > MAX_BYTES:
        raise Unreadable(f"it has more than {MAX_BYTES // 2**20} MB")
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise Unreadable(f"it is no JSON: {str(problem)[:100]}") from None
    if not isinstance(notebook, dict):
        raise Unreadable("it is JSON, but no notebook")
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # nbformat 3 and older
        sheets = [sheet.get("cells") for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets if isinstance(sheet, list) for cell in sheet]
    if not isinstance(cells, list):
        raise Unreadable("it is JSON, but has no cells")
    sources = [_source(cell) for cell in cells if isinstance(cell, dict) and cell.get("cell_type") == "code"]
    if len(sources) > MAX_CELLS:
        raise Unreadable(f"it has more than {MAX_CELLS} code cells")
    return sources


def _source(cell):
    source = cell.get("source", cell.get("input", ""))
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return _clean(source) if isinstance(source, str) else ""


def _clean(text):
    """Return text that can be written as UTF-8."""
    return text.encode("utf-8", "replace").decode("utf-8")


# --- the processes
# --------------------------------------------------------------------------------------------------------


class Warm:
    """A process that starts children for jobs: the "student"'s or the "judge"'s. It is started again if it dies.

    It forks with Keras imported only where that is known to work: TensorFlow on Linux, a single thread. Elsewhere it
    is cold.
    """

    def __init__(self, role, stage, *, sandbox, cold):
        self.role, self.stage, self.sandbox = role, stage, sandbox
        self.cold = cold or sys.platform != "linux" or os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow"
        self.process = self.control = None
        self.stopped = False
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115, open as long as the process
        self.lock = threading.Lock()

    def start(self):
        """Start the process; return at once."""
        self.control, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_DGRAM if sys.platform == "darwin" else socket.SOCK_SEQPACKET
        )
        flags = [*(["cold"] if self.cold else []), *(["jail"] if self.sandbox else [])]
        code = ["-P", "-s", "-m", "course.grading.warm", self.role, str(theirs.fileno()), *flags]
        if self.sandbox:
            mounts = [(self.stage / "course", f"{walls.INSIDE}/course")]
            environment = walls.environment(walls.INSIDE, walls.inside(sys.prefix))
            settings = [word for name, value in environment.items() for word in ("--setenv", name, value)]
            before = [*walls.walls(mounts, walls.installed_course()), *settings, "--chdir", "/", "--"]
            code = [*before, walls.inside(sys.executable), *code]
        else:
            environment = walls.environment(self.stage, sys.prefix)
            code = [sys.executable, *code]
        self.process = subprocess.Popen(
            code, env=None if self.sandbox else environment, pass_fds=[theirs.fileno()], start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
        )  # fmt: skip
        theirs.close()
        self.ready = False

    def wait(self):
        """Return when the process is ready; raise OSError, with what it said, where it does not get ready."""
        if self.ready:
            return
        self.control.settimeout(START)
        try:
            self.threads = json.loads(self.control.recv(1000))["threads"]
        except (OSError, ValueError, KeyError):
            self.errors.seek(0)
            said = self.errors.read(100_000).decode(errors="replace").strip().split("\n")[-1]
            raise OSError(f"the {self.role} process does not start ({said})") from None
        if self.threads > 1 and not self.cold:
            self.close()
            self.cold = True
            self.start()
            self.wait()
        self.ready = True

    def job(self, job, talk):
        """Start a child with a job (dict) and its end of a socket; return the socket on which its supervisor
        reports.
        """
        mine, theirs = socket.socketpair()
        with self.lock:
            for attempt in (1, 2):
                if self.stopped:
                    raise OSError("the marking was stopped")
                try:
                    if self.process is None:
                        self.start()
                    self.wait()
                    self.control.settimeout(GRACE)
                    fds = array.array("i", [theirs.fileno(), talk.fileno()])
                    self.control.sendmsg([b"job"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
                    break
                except OSError:
                    self.close()
                    if attempt == 2:
                        raise
        theirs.close()
        mine.settimeout(GRACE)
        mine.sendall(json.dumps(job).encode() + b"\n")
        return mine

    def stop(self):
        """End the process, and start it no more."""
        self.stopped = True
        self.close()

    def close(self):
        """End the process and everything in it."""
        if self.process is None:
            return
        self.control.close()
        with suppress(OSError):
            self.process.kill()
        self.process.wait()
        self.process = None


@contextmanager
def pair(root, *, sandbox=True, cold=False):
    """Give the two warm processes (student, judge) for the project in `root`; end them afterwards."""
    if sys.platform == "win32":
        raise walls.NoSandbox(
            "Marking works on Linux and macOS. On Windows, use the Windows Subsystem for Linux (WSL)."
        )
    if sandbox and (why := walls.available()):
        raise walls.NoSandbox(walls.MISSING.format(why=why))
    with ExitStack() as stack:
        stage = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="course-stage-")))
        stage.chmod(0o755)
        staging.stage(root, stage)
        processes = [
            Warm("student", stage, sandbox=sandbox, cold=cold),
            Warm("judge", root, sandbox=sandbox, cold=cold),
        ]
        for process in processes:
            stack.callback(process.stop)
            process.start()
        yield processes


def _events(report, until):
    """Yield what a supervisor reports (dicts) until it says how its child ended; that comes last, as {"ended": …}."""
    buffer = b""
    while True:
        line, newline, rest = buffer.partition(b"\n")
        if newline:
            buffer = rest
            event = json.loads(line)
            yield event
            if "ended" in event:
                return
            continue
        try:
            report.settimeout(max(0.01, until - time.monotonic()))
            more = report.recv(2**16)
        except OSError:
            more = b""
        if not more or len(buffer) > MAX_LINE:
            yield {"ended": "lost"}
            return
        buffer += more


# --- one notebook
# ---------------------------------------------------------------------------------------------------------


class Marker:
    """Marks the notebooks of one run: the two warm processes, the `seed`, the limits."""

    def __init__(self, root, student, judge, *, seed, limits, sliced=True):
        self.root, self.student, self.judge = root, student, judge
        self.seed, self.limits, self.sliced = seed, limits, sliced
        self.known = {}

    def prompts(self, lecture):
        """Return (the exercises of a lecture as {name: Prompt}, the cells of its student build)."""
        if lecture not in self.known:
            topic = lecture[3:]
            path = staging.topics(self.root).get(topic)
            if path is None:
                raise Unreadable(f"there is no lecture {lecture}")
            given = staging.given_cells(self.root / "notebooks" / f"{lecture}.ipynb")
            self.known[lecture] = staging.prompts(path), given
        return self.known[lecture]

    def mark(self, submission, content=None):
        """Return the `Marked` of a `Submission`; `content` is its bytes, if they are not to be read from its path.

        It does not raise, whatever the file holds.
        """
        started = time.monotonic()
        sha256 = ""
        try:
            content = read(submission) if content is None else content
            sha256 = hashlib.sha256(content).hexdigest()
            cells = read_cells(content)
            prompts, given = self.prompts(submission.lecture)
        except (Unreadable, OSError) as problem:
            return unreadable(submission, problem, sha256)
        marks = _Notebook(self, submission.lecture[3:], cells, prompts, given).mark()
        return Marked(**_about(submission), sha256=sha256, status="marked", reason=None, marks=marks,
                      seconds=time.monotonic() - started)  # fmt: skip


def read(submission):
    """Return the bytes of a `Submission`'s file, no more than may be; no link is followed. Raises `Unreadable`."""
    if getattr(submission, "problem", None) or submission.path is None:
        raise Unreadable(getattr(submission, "problem", None) or "there is no file")
    path = submission.path
    if path.is_symlink() or not path.is_file():
        raise Unreadable("it is no regular file")
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW)) as file:
        return file.read(MAX_BYTES + 1)


def unreadable(submission, problem, sha256=""):
    """Return the `Marked` of a `Submission` that cannot be read because of the exception `problem`."""
    reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
    return Marked(**_about(submission), sha256=sha256, status="unreadable", reason=reason, marks=(), seconds=0.0)


def _about(submission):
    file = getattr(submission, "file", "") or str(submission.path)
    return {"student": submission.student, "lecture": submission.lecture, "file": file}


class _Notebook:
    """The marking of one notebook: runs it, has it judged, and does so again without what hung or crashed."""

    def __init__(self, marker, topic, cells, prompts, given):
        self.marker, self.topic, self.cells, self.prompts, self.given = marker, topic, cells, prompts, given
        self.limits = marker.limits
        self.sliced = marker.sliced and bool(given)
        self.skip, self.marks, self.lost = [], {}, 0
        self.until = time.monotonic() + self.limits.whole

    @property
    def left(self):
        return [name for name in self.prompts if name not in self.marks]

    def mark(self):
        """Return the marks (tuple of `Mark`), one for each exercise."""
        try:
            while self.left:
                if time.monotonic() > self.until:
                    self._give(self.left, "timeout")
                else:
                    self._once()
        except Exception as problem:  # ours, most likely; the class behind this notebook is marked all the same
            self._give(
                self.left, "error", f"The marking failed ({type(problem).__name__}: {_clean(str(problem))[:200]})."
            )
        return tuple(self.marks[name] for name in self.prompts)

    def _give(self, names, status, sentence=None, **more):
        for name in names:
            prompt = self.prompts[name]
            points = None
            if status in GIVES_POINTS:
                points = float(prompt.points) if status == "right" else 0.0
            self.marks.setdefault(
                name,
                Mark(
                    name, status, points, float(prompt.points), sentence=sentence or SENTENCES.get(status, ""), **more
                ),
            )

    def _once(self):
        """Run the notebook once, and have judged what is left of it; note what is known afterwards."""
        theirs, ours = socket.socketpair()
        job = {
            "cells": self.cells, "given": self.given, "exercises": list(self.prompts), "sliced": self.sliced,
            "skip": self.skip, "seed": _other_seed(self.marker.seed), "limits": self._limits(),
        }  # fmt: skip
        try:
            with theirs:
                report = self.marker.student.job(job, theirs)
        except OSError as problem:
            ours.close()
            self._give(self.left, "error", f"The notebook could not be run: {problem}.")
            return
        with report, ours:
            ran = _Ran(len(self.cells))
            ran.follow(_events(report, self.until + GRACE))
            if not ran.done:
                self._without(ran)
            elif ran.raised and self.sliced:
                self.sliced = False
            else:
                self._judge(ours, ran)
            report.shutdown(socket.SHUT_WR)  # hang up: whatever still runs is ended
            deque(_events(report, time.monotonic() + GRACE), maxlen=0)

    def _limits(self):
        return asdict(self.limits) | {"whole": max(1.0, self.until - time.monotonic())}

    def _without(self, ran):
        """The notebook did not come to its end: give a status to what the last cell binds, and leave that cell out."""
        if ran.failed:
            self._give(self.left, "error", f"The notebook could not be run: {_clean(ran.failed)}.")
            return
        if ran.ended == "lost" and not ran.begun:  # the warm process itself died, and is started again
            self.lost += 1
            if self.lost > 2:
                self._give(self.left, "error", "The notebook could not be run: no process starts.")
            return
        status = "timeout" if ran.ended == "timeout" else "crashed"
        if ran.cell is None or ran.cell in self.skip or len(self.skip) >= self.limits.reruns or ran.ended == "lost":
            self._give(self.left, status)
            return
        self.skip.append(ran.cell)
        self._give([name for name in ran.binds.get(ran.cell, ()) if name in self.left], status)

    def _judge(self, talk, ran):
        job = {"topic": self.topic, "exercises": self.left, "seed": self.marker.seed, "limits": self._limits()}
        job["limits"]["cell"] = self.limits.exercise + self.limits.question
        asked = list(self.left)
        try:
            report = self.marker.judge.job(job, talk)
        except OSError as problem:
            self._give(asked, "error", f"The answers could not be examined: {problem}.")
            return
        talk.close()  # the judge has it now
        current = None
        with report:
            for event in _events(report, self.until + GRACE):
                if event.get("kind") == "cell":
                    current = asked[event["cell"]]
                elif event.get("kind") == "outcome" and event.get("exercise") in self.left:
                    if event["unbound"] and self.sliced:
                        self.sliced = False  # a name that a cell left out would have bound: all is run, once
                        break
                    self._note(event, ran)
                    current = None
            else:
                if current is not None:
                    self._give([current], "crashed", SENTENCES["judge"])
                elif event.get("ended") != "exit 0" and self.left == asked:
                    self._give(asked, "crashed", SENTENCES["judge"])
            report.shutdown(socket.SHUT_WR)
            deque(_events(report, time.monotonic() + GRACE), maxlen=0)

    def _note(self, event, ran):
        """Turn what the judge tells of an exercise into its mark."""
        name, status = event["exercise"], event["status"]
        seconds = float(event["seconds"])
        if status == "absent":
            cell = next((cell for cell in sorted(ran.raised) if name in ran.binds.get(cell, ())), None)
            if cell is None:
                self._give([name], "not attempted", SENTENCES["absent"], seconds=seconds)
            else:
                self._give([name], "error", SENTENCES["raised"], traceback=_clean(ran.raised[cell]), seconds=seconds)
            return
        evidence = tuple((_clean(label), _clean(text)) for label, text in event.get("evidence", ()))
        forged = status == "error" and event["sentence"].startswith("Its process")
        self._give(
            self.left if forged else [name], status, _clean(event["sentence"]),
            mistake=event.get("mistake"), evidence=evidence, seconds=seconds,
        )  # fmt: skip


def _other_seed(seed):
    """Return a seed for the notebook's own random numbers, which tells nothing of the one that draws the cases."""
    return int.from_bytes(hashlib.sha256(f"notebook {seed}".encode()).digest()[:4])


class _Ran:
    """What is known of a run of a notebook from what its process told."""

    def __init__(self, cells):
        self.cells = cells
        self.begun, self.cell, self.done, self.ended, self.failed = False, None, False, None, ""
        self.binds, self.raised = {}, {}

    def follow(self, events):
        """Read events until the notebook has run or the process has ended."""
        for event in events:
            with suppress(KeyError, TypeError, ValueError, AttributeError):  # a forger's
                self._take(event)
            if self.done or self.ended:
                return

    def _take(self, event):
        if "ended" in event:
            self.ended = event["ended"]
        elif event["kind"] == "begins":
            self.begun = True
        elif event["kind"] == "failed" and not self.begun:
            self.failed = str(event["text"])[:1000]
        elif event["kind"] == "plan" and not self.binds and self.cell is None:
            self.binds = {int(place): [str(name) for name in names] for place, names in event["binds"].items()}
        elif event["kind"] == "cell" and 0 <= int(event["cell"]) < self.cells:
            self.cell = int(event["cell"])
        elif event["kind"] == "raised" and 0 <= int(event["cell"]) < self.cells:
            self.raised[int(event["cell"])] = str(event["traceback"])[:10_000]
        elif event["kind"] == "ran":
            self.done = True


# --- a batch
# --------------------------------------------------------------------------------------------------------------


def mark_batch(
    submissions, *, seed, workers=1, sandbox=True, limits=None, on_marked, root=None, cold=False, sliced=True
):
    """Mark `submissions`, and call `on_marked(Marked)` with each as it is done, in any order, one at a time.

    seed: an int; all are marked on the inputs that it draws. workers: how many notebooks run at a time. sandbox:
    False runs them without walls. limits: `course.grading.sandbox.Limits`. root: the project's folder. cold: start
    each process anew. Raises NoSandbox where there is none; what a notebook does raises nothing.
    """
    from course import workplace

    root = Path(root or workplace.root())
    with pair(root, sandbox=sandbox, cold=cold) as (student, judge):
        marker = Marker(root, student, judge, seed=seed, limits=limits or walls.Limits(), sliced=sliced)
        with ThreadPoolExecutor(max_workers=workers) as pool:
            try:
                for done in as_completed([pool.submit(marker.mark, submission) for submission in submissions]):
                    on_marked(done.result())
            except BaseException:  # an interrupt, say: wait for no notebook
                pool.shutdown(wait=False, cancel_futures=True)
                student.stop()
                judge.stop()
                raise
