"""Marking on a Dask cluster: each of its workers marks as one machine does, with two warm processes of its own.

A submission goes there as its bytes, and its marks come back as plain data. The sandbox, the judge and the references
are the worker's, as they are this machine's otherwise: no student process sees more than it does here. Dask pickles
its messages, between machines that are all the instructor's; a student's bytes are in them, and nobody unpickles those.
"""

import logging
import threading
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from itertools import islice
from secrets import token_hex

from course.grading import grades, marking, output, store
from course.grading.sandbox import Limits
from course.grading.submissions import Submission

PATIENCE = 10  # seconds until a scheduler has answered
AHEAD = 64  # submissions that are under way at a time: no scheduler has to hold a whole class
MISSING = (
    "--dask needs the package distributed, and it is not installed here: "
    "python -m pip install -c constraints.txt -e '.[dask]'"
)


@dataclass(frozen=True)
class Run:
    """What a worker has to know of one run of the command. `limits` are those of `sandbox.Limits`, by name."""

    name: str
    seed: int
    sandbox: bool
    limits: dict


# --- here
# -------------------------------------------------------------------------------------------------------------------


def mark_batch(submissions, *, address, seed, sandbox=True, limits=None, on_marked):
    """Mark `submissions` on the cluster whose scheduler is at `address` ("tcp://host:port"); see `marking.mark_batch`.

    As many notebooks run at a time as the workers have threads. A submission whose worker died again and again is
    left out. Raises ValueError where there is no such cluster, or where its workers cannot mark as this machine would.
    """
    run = Run(token_hex(8), seed, sandbox, asdict(limits or Limits()))
    with _connected(address) as client:
        import distributed

        try:
            for future in _done(client, run, submissions, on_marked):
                try:
                    found = future.result()
                except distributed.KilledWorker:
                    continue
                except Exception as problem:  # whatever went wrong there
                    raise ValueError(f"on the Dask cluster at {address}, {_words(problem)}") from None
                on_marked(store.marked_of(found))
        finally:
            with suppress(Exception):  # a cluster that is gone has closed what it had
                client.run(close, run.name)


def _connected(address):
    """Return the client of the cluster at `address`."""
    try:
        import distributed
    except ModuleNotFoundError:
        raise ValueError(MISSING) from None
    for logger in ("distributed", "distributed.client", "distributed.core"):  # what went wrong is told in a sentence
        logging.getLogger(logger).setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=PATIENCE)
    except Exception as problem:
        raise ValueError(f"no Dask scheduler answers at {address} ({type(problem).__name__})") from None
    if not client.scheduler_info()["workers"]:
        client.close()
        raise ValueError(f"the Dask cluster at {address} has no worker: start one with dask worker {address}")
    return client


def _done(client, run, submissions, on_marked):
    """Yield a future for each of the `submissions`, as they are done; tell of those that hold nothing to send."""
    from distributed import as_completed

    sent = _sent(client, run, submissions, on_marked)
    under_way = as_completed(islice(sent, AHEAD))
    for future in under_way:
        yield future
        for another in islice(sent, 1):
            under_way.add(another)


def _sent(client, run, submissions, on_marked):
    editions = {lecture: edition(lecture) for lecture in {each.lecture for each in submissions}}
    for each in submissions:
        try:
            content = marking.read(each)
        except (marking.Unreadable, OSError) as problem:
            on_marked(marking.unreadable(each, problem))
            continue
        about = each.student, each.lecture, each.file
        yield client.submit(mark, run, *about, content, editions[each.lecture], pure=False)


def _words(problem):
    if "Cancelled" in type(problem).__name__:
        return "the connection to the scheduler was lost: run this again, and it goes on where it was"
    text = str(problem).strip().partition("\n")[0]
    return f"{type(problem).__name__}: {text}" if not isinstance(problem, ValueError) else text


# --- on a worker
# ------------------------------------------------------------------------------------------------------------

_open = {}  # the runs that are marked here: {name: (marker, what closes it, the clock that does so)}
_lock = threading.Lock()


def mark(run, student, lecture, file, content, wanted):
    """Mark the `content` (bytes) of a submission; return its `Marked` as a dict.

    Raises ValueError where this is not the `wanted` edition of the course, or where there is no sandbox.
    """
    if edition(lecture) != wanted:
        raise ValueError("a worker has another edition of the course, or of Keras: install the same everywhere")
    return asdict(_marker(run).mark(Submission(student, lecture, None, file=file), content))


def edition(lecture):
    """Return what the marks of a lecture depend on, as text: the course's code, and the packages."""
    versions = [f"{package} {version}" for package, version in output.versions().items() if package != "python"]
    return " ".join([grades.edition(grades.topic(lecture)), *versions])


def _marker(run):
    """Return the marker of a `run`: two warm processes for all that this worker marks of it.

    If the command is killed nobody closes them: a clock does, when no marking can be under way any more.
    """
    with _lock:
        if run.name in _open:
            marker, closing, clock = _open[run.name]
            clock.cancel()
        else:
            closing = ExitStack()
            root = grades.COURSE.parent
            pair = closing.enter_context(marking.pair(root, sandbox=run.sandbox))
            marker = marking.Marker(root, *pair, seed=run.seed, limits=Limits(**run.limits))
        clock = threading.Timer(marker.limits.whole + 2 * marking.GRACE, close, [run.name])
        clock.daemon = True
        clock.start()
        _open[run.name] = marker, closing, clock
    return marker


def close(name):
    """End the warm processes of the run called `name`."""
    with _lock:
        _, closing, clock = _open.pop(name, (None, ExitStack(), None))
        if clock:
            clock.cancel()
        closing.close()
