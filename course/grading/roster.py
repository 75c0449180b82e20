"""Who is in the class, when their work was due, and what being late costs."""

import csv
import math
import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

COLUMNS = {  # what a column may be called, in any case
    "student": ("student",),
    "name": ("name",),
    "email": ("email", "e-mail", "email address"),
    "lms_id": ("lms_id", "lms id", "id"),
    "extension": ("extension",),
    "submitted": ("submitted",),
    "timezone": ("timezone", "time zone"),
}


@dataclass(frozen=True)
class Student:
    """One line of the roster. `extension` is a date, a date with a time, or "3 days"; "" wherever there is nothing."""

    student: str
    name: str = ""
    email: str = ""
    lms_id: str = ""
    extension: str = ""
    submitted: str = ""
    timezone: str = ""


@dataclass(frozen=True)
class Late:
    """How late a submission is: `days` begun, None where nobody can know; what tells the time; the part it costs."""

    days: int | None
    clock: str
    cost: float


def read(path):
    """Return the roster in the CSV file `path` as a list of `Student`.

    It has a column student, and may have name, email, lms_id (the student's number in the LMS), extension, submitted
    (when, for those of whom the LMS's own data are at hand) and timezone ("Europe/Berlin"). Raises ValueError, naming
    the line, for a file that cannot be read, has no column student, or has one student twice, a date or time zone that
    is none.
    """
    rows = table(path)
    if not rows or "student" not in _columns(rows[0]):
        raise ValueError(f"{path} has no column student: its first line names the columns")
    names = _columns(rows[0])
    students = []
    for number, row in enumerate(rows[1:], 2):
        if not any(row):
            continue
        cells = dict(zip(names, (cell.strip() for cell in row), strict=False))
        entry = Student(**{column: cell for column, cell in cells.items() if column})
        if not entry.student:
            raise ValueError(f"{path}, line {number}: the column student is empty")
        if key(entry.student) in {key(other.student) for other in students}:
            raise ValueError(f"{path}, line {number}: {entry.student!r} is there twice")
        try:
            _zone(entry)
            _due(None, entry)
            _submitted(entry)
        except ValueError as problem:
            raise ValueError(f"{path}, line {number}: {problem}") from None
        students.append(entry)
    return students


def table(path):
    """Return the rows of a CSV file, commas or semicolons between its cells (list of lists of str)."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not in UTF-8: save it as `CSV UTF-8`") from None
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    try:
        return list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True))
    except csv.Error as problem:
        raise ValueError(f"{path} is not a table in CSV: {problem}") from None


def _columns(header):
    known = {name: column for column, names in COLUMNS.items() for name in names}
    return [known.get(cell.strip().lower()) for cell in header]


def key(name):
    """Return what two spellings of one name have in common: letters alone, composed, in one case."""
    return unicodedata.normalize("NFC", name).casefold().strip()


def squeezed(name):
    """Return a name as an LMS squeezes it: the letters in alphabetical order, since it may put the last name first."""
    return "".join(sorted(letter for letter in key(name) if letter.isalnum()))


def matched(submissions, students):
    """Return the submissions (list) with the students' names as the roster has them; who is not there keeps their own.

    A submission is a student's by its name, else by the number that the LMS gives them, else, where just one has it, by
    the name that the LMS gives them.
    """
    by_student = {key(entry.student): entry for entry in students}
    by_id = {entry.lms_id: entry for entry in students if entry.lms_id}
    by_name = {}
    for entry in students:
        by_name.setdefault(squeezed(entry.name or entry.student), []).append(entry)

    def whose(submission):
        namesakes = by_name.get(squeezed(submission.name), []) if submission.name else []
        alone = namesakes[0] if len(namesakes) == 1 and not namesakes[0].lms_id else None
        return by_student.get(key(submission.student)) or by_id.get(submission.lms_id) or alone

    return [replace(each, student=entry.student) if (entry := whose(each)) else each for each in submissions]


# --- being late -------------------------------------------------------------------------------------------------------


def moment(text):
    """Return the `datetime` that `text` says ("2027-02-01 23:59"); without a time, the last minute of the day.

    It is aware of its time zone only if the text says one ("+01:00"). Raises ValueError.
    """
    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f'{text!r} is no date: write it as "2027-02-01 23:59"') from None
    return datetime.combine(said, time(23, 59)) if not re.search(r"[T: ]", text.strip()) else said


def rate(text):
    """Return the part of the points that a day begun costs: "10%/day" is 0.1. Raises ValueError."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*%\s*/\s*day", text.strip())
    if not match or not 0 < float(match[1]) <= 100:
        raise ValueError(f'{text!r} is no late policy: write it as "10%/day", above 0 and up to 100')
    return float(match[1]) / 100


def lateness(submission, entry, due, cost):
    """Return how `Late` a submission is.

    `entry` is its `Student` (None if not on the roster), `due` the deadline for all (datetime; in the student's time
    zone if it says none, by default this machine's), `cost` the part of the points that a day begun costs. The
    roster's own time of submission counts before the LMS's mark, and that before the time of the file. A deadline
    lasts to the end of its minute.
    """
    entry = entry or Student(submission.student)
    submitted, clock = _submitted(entry), "the roster"
    if submitted is None and submission.late is not None:
        if not submission.late:
            return Late(0, "the LMS's mark", 0.0)
        return Late(None, "the LMS's mark", 0.0)
    if submitted is None:
        submitted, clock = submission.submitted, "the time of the file"
    if submitted is None:
        return Late(None, "nothing", 0.0)
    zone = _zone(entry)
    over = _clock(submitted, zone) - _clock(_local(_due(due, entry), zone), zone) - timedelta(minutes=1)
    days = max(0, math.floor(over / timedelta(days=1)) + 1)
    return Late(days, clock, min(1.0, round(days * cost, 10)))


def _due(due, entry):
    """Return when the work of one student is due, with the extension that the roster gives them."""
    if match := re.fullmatch(r"(\d+)\s*days?", entry.extension):
        return due + timedelta(days=int(match[1])) if due else None
    return moment(entry.extension) if entry.extension else due


def _submitted(entry):
    return _local(moment(entry.submitted), _zone(entry)) if entry.submitted else None


def _zone(entry):
    """Return the student's time zone, None for this machine's."""
    try:
        return ZoneInfo(entry.timezone) if entry.timezone else None
    except (KeyError, ValueError, OSError):  # ZoneInfoNotFoundError is a KeyError; a folder of zones is no zone
        raise ValueError(f"{entry.timezone!r} is no time zone: write it as Europe/Berlin") from None


def _clock(when, zone):
    """Return what the clock shows in `zone`: a day lasts until it shows the same again, be it after 23 or 25 hours."""
    return when.astimezone(zone).replace(tzinfo=None)


def _local(when, zone):
    """Return `when` with a time zone: its own, else `zone`, else this machine's."""
    if when.tzinfo:
        return when
    return when.replace(tzinfo=zone) if zone else when.astimezone()
