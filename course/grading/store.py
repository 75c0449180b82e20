"""The folder of grades: written whole or not at all, readable by its owner alone, and by one command at a time."""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import asdict, replace

from course.grading.results import Mark, Marked

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # with these a spreadsheet starts a formula


@contextmanager
def opened(out):
    """Make the folder `out` (Path) if needed, keep every other command out of it, and yield an empty folder for
    scratch.

    Raises ValueError where another command is at work in it, or where `out` is no folder or one of something else.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(f"{out} is a file: give a folder for the grades")
    if out.is_dir() and {path.name for path in out.iterdir()} - {"by_hand.csv"} and not (out / ".lock").exists():
        raise ValueError(f"{out} holds other files, and grades go into a folder of their own: give another with --out")
    out.mkdir(parents=True, exist_ok=True)
    out.chmod(0o700)
    with (out / ".lock").open("a") as lock:
        (out / ".lock").chmod(0o600)
        if not _locked(lock):
            raise ValueError(f"another `course grade` is at work in {out}: wait until it is done, or stop it")
        for left in out.glob(".*.tmp"):  # of a command that was killed
            left.unlink()
        scratch = out / ".unpacked"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(mode=0o700)
        try:
            yield scratch
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def _locked(file):
    """Lock the open `file` until it is closed or the process ends, and return whether that was possible."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write(path, text):
    """Write `text` to the file `path`, whole or not at all; its folders are made. It is readable by its owner alone."""
    for folder in [parent for parent in (*reversed(path.parents),) if not parent.exists()]:
        folder.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=".", suffix=".tmp", delete=False
    ) as file:  # made with 0600
        try:
            file.write(text.encode("utf-8", "replace"))
            file.close()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def write_json(path, data):
    """Write plain `data` as JSON; half a character, which a student's text may hold, is written as an escape."""
    write(path, json.dumps(data, indent=1) + "\n")


def read_json(path):
    """Return what a JSON file holds, or None where there is no such file, or one that cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write_csv(path, header, rows):
    """Write a table (iterable of rows) as CSV in which no cell is a formula; None is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([map(_cell, row) for row in rows])
    write(path, text.getvalue())


def _cell(value):
    """Return a cell: text that a spreadsheet would take for a formula gets an apostrophe before it."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return "" if value is None else f"{value:.6g}"


def plain_cell(text):
    """Return a cell's text without the apostrophe that `write_csv` may have put before it."""
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text


def protect(place, paths):
    """Make `place` and the files `paths` in it readable by their owner alone; return a sentence where that fails."""
    inside = [path for path in paths if place in path.parents]
    folders = {place, *(parent for path in inside for parent in path.parents if place in parent.parents)}
    try:
        for path in inside:
            path.chmod(0o600)
        for folder in folders:
            folder.chmod(0o700 if folder.is_dir() else 0o600)
    except OSError as problem:
        return f"{problem.filename} cannot be made private ({problem.strerror}): see that nobody else can read it."
    return None


# --- names of folders -------------------------------------------------------------------------------------------------


def folders(students):
    """Return {student: name of a folder}: their own name where every system takes it, else one like it and a hash."""
    alike = {}
    for student in students:
        alike.setdefault(_folder(student).casefold(), []).append(student)
    return {
        student: _folder(student) if len(group) == 1 and _folder(student) == student else _hashed(student)
        for group in alike.values()
        for student in group
    }


def _folder(student):
    """Return `student` as a name of at most 60 letters, digits, dots, hyphens and underscores, that is no device's."""
    name = re.sub(r"[^\w.-]+", "_", student).strip("._-")[:60]
    return "_" if re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?|", name) else name


def _hashed(student):
    digest = hashlib.sha256(student.encode("utf-8", "replace")).hexdigest()[:8]
    return f"{_folder(student)}-{digest}"


# --- records: what was marked stays marked ----------------------------------------------------------------------------


class Records:
    """What was marked, one file each: the same notebook, exercises and seed are marked once, whatever stops us."""

    def __init__(self, out):
        self.folder = out / ".records"

    def _path(self, *parts):
        name = hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()
        return self.folder / name[:2] / f"{name}.json"

    def get(self, submission, sha256, *edition):
        """Return the `Marked` of a submission whose file has the hash `sha256`, or None if it is still to be marked.

        `edition` is what else the marks depend on.
        """
        data = read_json(self._path(submission.student, submission.lecture, sha256, *edition))
        try:
            return data and replace(marked_of(data), file=submission.file)
        except (TypeError, ValueError, KeyError):
            return None

    def put(self, marked, sha256, *edition):
        """Keep a `Marked`."""
        write_json(self._path(marked.student, marked.lecture, sha256, *edition), asdict(marked))


def marked_of(data):
    """Return the `Marked` that was written as the dict `data`."""
    marks = [Mark(**{**mark, "evidence": tuple(map(tuple, mark["evidence"]))}) for mark in data["marks"]]
    return Marked(**{**data, "marks": tuple(marks)})
