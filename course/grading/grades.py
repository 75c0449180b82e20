"""From marks to grades: what each exercise of each student is worth, what a person has to decide, and what moved."""

import hashlib
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from course.grading import roster, staging, store
from course.grading.results import GIVES_POINTS, Marked
from course.grading.roster import Late

COURSE = Path(__file__).parents[1]
# What no mark depends on: who builds, shows or marks.
ELSEWHERE = ("authoring", "figures", "grading", "kernels", "cli.py", "__main__.py", "doctor.py", "workplace.py")

UNREADABLE, NOTHING, TO_MARK, BY_HAND = "unreadable", "no submission", "to mark", "by hand"
DECIDED = (*GIVES_POINTS, BY_HAND)
WHY = {  # what to tell a person who has to decide
    "error": "the answer could not be examined",
    "timeout": "the answer took too long",
    "crashed": "the process that ran the answer ended",
    TO_MARK: "a question to read",
    NOTHING: "on the roster, and nothing was handed in",
}


@dataclass(frozen=True)
class Entry:
    """All that is known of one student's work on one lecture. `marked` is None where nothing was handed in.

    `outline` is {exercise: points}, `texts` is {question: answer}, `identity` is {"name", "email", "lms_id"} as far as
    they are known; `edition` and `seed` are what the marks were made with. `late` is None where there is no deadline.
    """

    student: str
    lecture: str
    marked: Marked | None
    outline: dict
    texts: dict = field(default_factory=dict)
    identity: dict = field(default_factory=dict)
    edition: str = ""
    seed: int | None = None
    late: Late | None = None
    submitted: str | None = None


@dataclass(frozen=True)
class Row:
    """One line of grades.csv. `points` is None where a person has to decide, and `person` then says why."""

    student: str
    lecture: str
    exercise: str
    points: float | None
    out_of: float
    status: str
    mistake: str | None = None
    sentence: str = ""
    traceback: str | None = None
    seconds: float = 0.0
    days_late: int | None = None
    before_late: float | None = None
    note: str = ""
    person: str = ""


@dataclass(frozen=True)
class Person:
    """One thing that a person has to look at."""

    student: str
    lecture: str
    exercise: str
    reason: str


@dataclass(frozen=True)
class Moved:
    """A grade that is another than after the last run: (status, points) before and now, and why."""

    student: str
    lecture: str
    exercise: str
    old: tuple
    new: tuple
    why: str


HEADER = (
    *("student", "lecture", "exercise", "points", "out of", "status", "mistake", "seconds"),
    *("days late", "points before lateness", "note", "needs a person"),
)
TO_DO = ("student", "lecture", "exercise", "points", "note")


# --- exercises --------------------------------------------------------------------------------------------------------


def outline(topic):
    """Return the exercises of the lecture on `topic` in their order, as {name: points}, without importing Keras.

    Raises ValueError where the course has no exercises on it.
    """
    path = COURSE / "exercises" / f"{topic}.py"
    if not path.exists():
        raise ValueError(f"there are no exercises on {topic!r}: course/exercises/{topic}.py is missing")
    return {name: float(prompt.points) for name, prompt in staging.prompts(path).items()}


def topic(lecture):
    """Return the topic of a lecture: "05_alexnet" is on "alexnet"."""
    return lecture.split("_", 1)[1]


def edition(topic):
    """Return a hash of the code that the marks of a lecture depend on: the course's, of exercises those on `topic`."""
    digest = hashlib.sha256()
    for path in sorted(COURSE.rglob("*.py")):
        inside = path.relative_to(COURSE)
        others = inside.parts[0] == "exercises" and inside.stem not in ("__init__", "engine", "compare", topic)
        if inside.parts[0] not in ELSEWHERE and not others:
            digest.update(f"{inside.as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()


# --- by hand ----------------------------------------------------------------------------------------------------------


def read_by_hand(path):
    """Return what a person decided in by_hand.csv, as {(student, lecture, exercise): (points, note)}.

    A line without points is not decided yet. Raises ValueError, naming the line, for points that are no number.
    """
    if not path.exists():
        return {}
    rows = roster.table(path)
    names = [name.strip().lower() for name in rows[0]] if rows else []
    if missing := [name for name in TO_DO[:4] if name not in names]:
        raise ValueError(f"{path} has no column {missing[0]}: its first line is {','.join(TO_DO)}")
    decided = {}
    for number, row in enumerate(rows[1:], 2):
        cells = {name: store.plain_cell(cell.strip()) for name, cell in zip(names, row, strict=False)}
        if not cells.get("points"):
            continue
        try:
            points = float(cells["points"].replace(",", "."))
        except ValueError:
            points = -1.0
        if not 0 <= points < float("inf"):
            raise ValueError(f"{path}, line {number}: points are a number from 0, not {cells['points']!r}")
        who = tuple(roster.key(cells[name]) for name in ("student", "lecture", "exercise"))
        decided[who] = points, cells.get("note", "")
    return decided


# --- rows -------------------------------------------------------------------------------------------------------------


def rows_of(entries, by_hand):
    """Return the rows of all `entries` (list of `Row`), with what a person decided in place of what the marker found.

    Being late costs its part of the points that a person gave as well.
    """
    rows = [row for entry in sorted(entries, key=_order) for row in _rows(entry)]
    return [_late(_decided(row, by_hand), entry) for row, entry in _with_entry(rows, entries)]


def _with_entry(rows, entries):
    by_key = {(entry.student, entry.lecture): entry for entry in entries}
    return [(row, by_key[row.student, row.lecture]) for row in rows]


def _order(entry):
    return entry.lecture, roster.key(entry.student), entry.student


def _rows(entry):
    """Yield the rows of one entry, in the order of its exercises, then its questions."""
    for exercise, points in entry.outline.items():
        row = Row(entry.student, entry.lecture, exercise, None, points, NOTHING)
        mark = entry.marked and next((mark for mark in entry.marked.marks if mark.exercise == exercise), None)
        if not entry.marked:
            yield replace(row, person=WHY[NOTHING])
        elif entry.marked.status == UNREADABLE:
            yield replace(row, status=UNREADABLE, person=f"{UNREADABLE}: {entry.marked.reason}")
        elif exercise in entry.texts:
            yield replace(row, status=TO_MARK, person=WHY[TO_MARK])
        elif not mark:
            yield replace(row, status="error", person="the marking says nothing of it: mark again with --regrade")
        else:
            person = "" if mark.status in DECIDED else f"{mark.status}: {mark.sentence or WHY[mark.status]}"
            found = ("status", "points", "mistake", "sentence", "traceback", "seconds")
            yield replace(row, **{name: getattr(mark, name) for name in found}, person=person)


def _decided(row, by_hand):
    who = roster.key(row.student), roster.key(row.lecture), roster.key(row.exercise)
    points, note = by_hand.get(who, (None, ""))
    if points is None:
        return row
    if points > row.out_of:
        return replace(row, person=f"by_hand.csv gives {points:g} points, and there are {row.out_of:g}")
    return replace(row, points=points, status=BY_HAND, note=note, person="")


def _late(row, entry):
    if not entry.late:
        return row
    cost = entry.late.cost
    points = None if row.points is None else round(row.points * (1 - cost), 4)
    return replace(row, points=points, days_late=entry.late.days, before_late=row.points if cost else None)


def total(rows):
    """Return (points, out of) of the `rows` of one student's lecture; points are None while a person has to decide."""
    undecided = any(row.points is None for row in rows)
    return None if undecided else round(sum(row.points for row in rows), 2), sum(row.out_of for row in rows)


def people(entries, rows, by_hand, students):
    """Return what a person has to look at (list of `Person`). `students` are those of the roster, None without one."""
    found = []
    here = {roster.key(entry.student) for entry in students or ()}
    by_key = {}
    for row in rows:
        by_key.setdefault((row.student, row.lecture), []).append(row)
    for entry in sorted(entries, key=_order):
        who = entry.student, entry.lecture
        if entry.marked and students is not None and roster.key(entry.student) not in here:
            found.append(Person(*who, "", "not on the roster"))
        if entry.late and entry.late.days is None:
            where = "and its time is in no column `submitted` of the roster"
            said = (
                f"late, as the LMS says, {where}"
                if entry.late.clock != "nothing"
                else f"no time of submission, {where}"
            )
            found.append(Person(*who, "", said))
        open_rows = [row for row in by_key.get(who, ()) if row.person]
        same = {row.person for row in open_rows}
        if len(same) == 1 and len(open_rows) == len(by_key[who]) > 1:  # one sentence for the whole notebook
            found.append(Person(*who, "", same.pop()))
        else:
            found += [Person(*who, row.exercise, row.person) for row in open_rows]
    known = {(roster.key(row.student), roster.key(row.lecture), roster.key(row.exercise)) for row in rows}
    for who in sorted(set(by_hand) - known):
        found.append(Person(*who, "by_hand.csv decides on it, and there is no such grade"))
    return found


# --- what moved -------------------------------------------------------------------------------------------------------


def moved(before, entries, rows):
    """Return the grades that differ from those of the last run (list of `Moved`). `before` is what grades.json held."""
    was = {(row["student"], row["lecture"], row["exercise"]): row for row in before.get("grades", [])}
    made = {(entry["student"], entry["lecture"]): entry for entry in before.get("entries", [])}
    found = []
    for row, entry in _with_entry(rows, entries):
        old = was.get((row.student, row.lecture, row.exercise))
        if old and (old["status"], old["points"]) != (row.status, row.points):
            why = _why(old, row, made.get((row.student, row.lecture), {}), entry)
            found.append(
                Moved(
                    *(row.student, row.lecture, row.exercise),
                    *((old["status"], old["points"]), (row.status, row.points)),
                    why,
                )
            )
    return found


def _why(old, row, before, entry):
    """Return why a grade moved: the first thing that it depends on and that is another now."""
    file = (before.get("marked") or {}).get("sha256")
    days = (before.get("late") or {}).get("days", 0), entry.late.days if entry.late else 0
    reasons = (
        (BY_HAND in (old["status"], row.status), "by_hand.csv decides"),
        (file != (entry.marked.sha256 if entry.marked else None), "another file was handed in"),
        (before.get("edition") != entry.edition, "the exercises, or the course's code, are of another edition"),
        (before.get("seed") != entry.seed, f"other inputs: the seed was {before.get('seed')}"),
        (old["status"] == row.status, f"late by {_days(days[1])}, and it was {_days(days[0])}, or another policy"),
    )
    same = "same file, exercises and seed: the answer, or this machine, is not the same at every run"
    return next((reason for holds, reason in reasons if holds), same)


def _days(days):
    return "an unknown time" if days is None else f"{days} day{'' if days == 1 else 's'}"


# --- files ------------------------------------------------------------------------------------------------------------


def entry_of(data):
    """Return the `Entry` that was written to grades.json as the dict `data`."""
    marked = data["marked"] and store.marked_of(data["marked"])
    return Entry(**{**data, "marked": marked, "late": Late(**data["late"]) if data["late"] else None})


def write_tables(out, rows):
    """Write grades.csv, and to_do_by_hand.csv: the lines to fill in and to save in by_hand.csv."""
    shown = ("student", "lecture", "exercise", "points", "out_of", "status", "mistake", "seconds")
    more = ("days_late", "before_late", "note", "person")
    store.write_csv(out / "grades.csv", HEADER, ([getattr(row, name) for name in (*shown, *more)] for row in rows))
    undecided = [row for row in rows if row.points is None]
    store.write_csv(
        out / "to_do_by_hand.csv", TO_DO, ([row.student, row.lecture, row.exercise, None, ""] for row in undecided)
    )


def write_json(out, entries, rows, about):
    """Write grades.json: `about` the run (dict), the grades, and all that they were made of."""
    kept = ("student", "lecture", "exercise", "points", "out_of", "status", "mistake", "days_late", "note")
    grades = [{name: getattr(row, name) for name in kept} for row in rows]
    listed = [asdict(entry) for entry in sorted(entries, key=_order)]
    store.write_json(out / "grades.json", {**about, "grades": grades, "entries": listed})
