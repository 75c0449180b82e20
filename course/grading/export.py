"""Grades for a learning management system (LMS): its own table with our points in, or a package that it runs.

Of a table only the cells of the assignment change: every other byte, the order of columns and rows and the ends of
lines stay as they were exported. Nothing is overwritten.
"""

import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from course.grading import roster, store
from course.grading.feedback import told
from course.grading.grades import NOTHING, Row, entry_of, read_by_hand, rows_of, total
from course.grading.submissions import lecture_of

PLATFORMS = ("canvas", "moodle", "gradescope")
# What tells whose a line is, by the name of the column, in the order in which they are believed.
IDENTITY = {
    "canvas": {"ID": "lms_id", "SIS User ID": "lms_id", "SIS Login ID": "login"},
    "moodle": {"Identifier": "lms_id", "ID number": "lms_id", "Username": "login", "Email address": "login"},
}
MAXIMUM = ("Maximum Grade", "Maximum grade")  # Moodle's column; Canvas has a line for it
KEEP = ("EX", "N/A")  # Canvas: excused, not assigned


@dataclass(frozen=True)
class Exported:
    """What was written to `path`: how many grades; and `left`, a sentence for each that was not, or that looks odd."""

    path: Path
    count: int
    left: tuple[str, ...]


@dataclass(frozen=True)
class _Grade:
    """A student's sum for one lecture; `points` are None while a person has to decide. `known` is who they are."""

    student: str
    lecture: str
    points: float | None
    out_of: float
    known: dict
    rows: tuple[Row, ...]


def export(grades, platform, theirs=None, out=None, lecture=None, column=None):
    """Write the grades in the folder `grades` (Path) for a `platform`; return what was `Exported`.

    canvas      `theirs` is the gradebook that Canvas exported moodle      `theirs` is an assignment's offline grading
    worksheet, or an export of the gradebook gradescope  a zip to upload as the autograder of a programming assignment:
    it runs nothing of a student's, and gives each
                the results that are in it, found by e-mail address

    A column belongs to a lecture if its name says so ("05 AlexNet (1234)"); `column` names it where it does not,
    `lecture` ("05_alexnet") says which lecture is meant. `out` is the file to write. Raises ValueError where there are
    no grades, the table is none, no column is found, or the file to write is there already.
    """
    found = _grades(grades, lecture)
    lectures = sorted({grade.lecture for grade in found})
    if platform == "gradescope":
        if len(lectures) > 1:
            raise ValueError(
                f"{grades} has the lectures {', '.join(lectures)}, and an autograder is for one: say --lecture"
            )
        return _gradescope(found, out or grades / f"gradescope-{lectures[0]}.zip")
    if theirs is None:
        raise ValueError(f"--to {platform} fills in a table that {platform.capitalize()} exported: give that file too")
    return _fill(found, lectures, platform, theirs, out or grades / f"{theirs.stem}-graded.csv", column)


def _grades(folder, lecture):
    """Return the sums (list of `_Grade`) in a folder of grades."""
    data = store.read_json(folder / "grades.json")
    if not data or not data.get("entries"):
        raise ValueError(f"{folder} holds no grades: run `course grade` first")
    entries = [entry for entry in map(entry_of, data["entries"]) if not lecture or entry.lecture == lecture]
    if not entries:
        raise ValueError(f"{folder} holds no grades of {lecture}")
    rows = rows_of(entries, read_by_hand(folder / "by_hand.csv"))
    found = []
    for entry in entries:
        own = tuple(row for row in rows if (row.student, row.lecture) == (entry.student, entry.lecture))
        known = {
            "lms_id": _keys(entry.identity.get("lms_id"), entry.student),
            "login": _keys(entry.student, entry.identity.get("email"), entry.identity.get("lms_id")),
            "email": _keys(entry.identity.get("email"), entry.student if "@" in entry.student else ""),
        }
        found.append(_Grade(entry.student, entry.lecture, *total(own), known, own))
    return found


def _keys(*names):
    return {roster.key(name) for name in names if name}


# --- tables -----------------------------------------------------------------------------------------------------------


def _fill(found, lectures, platform, theirs, out, column):
    """Write a copy of the table `theirs` with our points in its columns."""
    text = _text(theirs)
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    lines = _lines(text, delimiter)
    header = [_plain(cell).strip().removeprefix("\ufeff") for cell, _ in lines[0]]
    identity = {header.index(name): kind for name, kind in IDENTITY[platform].items() if name in header}
    if not identity:
        raise ValueError(
            f"{theirs} is no table of {platform.capitalize()}: it has none of {', '.join(IDENTITY[platform])}"
        )
    targets = _targets(header, lectures, column, theirs)
    odd = _odd(lines, header, targets, found)
    count, seen = 0, set()
    for number, line in enumerate(lines[1:], 2):
        values = [_plain(cell) for cell, _ in line]
        for index, lecture in targets.items():
            whose = [grade for grade in found if grade.lecture == lecture and _is(grade, values, identity)]
            names = [grade.student for grade in whose]
            if len(whose) > 1 or (whose and (names[0], lecture) in seen):
                raise ValueError(f"{theirs}, line {number}: it is not the only one of {' and '.join(names)}")
            if not whose:
                if _is_student(values, identity):
                    odd.append(f"{_called(values, header)}: in the table, and {lecture} has no grade of theirs")
                continue
            seen.add((names[0], lecture))
            if why := _left_alone(whose[0], values, index):
                odd.append(f"{names[0]}: {why}")
            else:
                line[index] = _like(line[index][0], f"{whose[0].points:g}"), line[index][1]
                count += 1
    handed_in = [grade for grade in found if any(row.status != NOTHING for row in grade.rows)]
    missing = [grade for grade in handed_in if (grade.student, grade.lecture) not in seen]
    odd += [f"{grade.student}: has a grade of {grade.lecture}, and no line in the table" for grade in missing]
    _new(out, "".join(cell + end for line in lines for cell, end in line).encode("utf-8", "surrogateescape"))
    return Exported(out, count, tuple(odd))


def _left_alone(grade, values, index):
    """Return why a student's cell stays as it is, or None."""
    if index >= len(values):
        return "their line ends before the column"
    if values[index].strip().upper() in KEEP:
        return f"{values[index].strip()} stands there, and is kept"
    if grade.points is None:
        return f"{grade.lecture} is open, a person has to decide; the cell is left as it was"
    return None


def _text(path):
    """Return the table in the file `path`; bytes that are no UTF-8 are kept as they are."""
    content = path.read_bytes()
    if not content.strip() or b"\0" in content:
        raise ValueError(f"{path} is no table in CSV: export it again, as CSV in UTF-8")
    return content.decode("utf-8", "surrogateescape")


def _lines(text, delimiter):
    """Return the lines of a table, each a list of (cell, what ends it), such that all put together are `text` again."""
    cell = rf'(?:[^"{delimiter}\r\n]*"(?:[^"]|"")*"[^{delimiter}\r\n]*|[^{delimiter}\r\n]*)'
    lines, line = [], []
    for match in re.finditer(rf"({cell})({delimiter}|\r\n|\n|\r|\Z)", text):
        if not match[0] and not line:  # the end of a text that ends with a line's end
            break
        line.append((match[1], match[2]))
        if match[2] != delimiter:
            lines.append(line)
            line = []
    return lines


def _plain(cell):
    """Return a cell's text without its quotes."""
    bare = cell.strip("\ufeff ")
    return bare[1:-1].replace('""', '"') if len(bare) > 1 and bare[0] == bare[-1] == '"' else cell


def _like(cell, text):
    """Return `text` as a cell with quotes where `cell` has them."""
    return f'"{text}"' if cell.strip().startswith('"') else text


def _targets(header, lectures, column, theirs):
    """Return {index of a column: lecture}."""
    if column:
        if header.count(column) != 1:
            raise ValueError(f"{theirs} has {header.count(column) or 'no'} columns {column!r}: {', '.join(header)}")
        if len(lectures) > 1:
            raise ValueError(f"the grades are of {', '.join(lectures)}: say with --lecture which goes into {column!r}")
        return {header.index(column): lectures[0]}
    told = {index: lecture_of(name, lectures) for index, name in enumerate(header)}
    targets = {index: found[0] for index, found in told.items() if found}
    for lecture in lectures:
        if list(targets.values()).count(lecture) > 1:
            raise ValueError(f"{theirs} has several columns that name {lecture}: say with --column which one")
    if not targets and "Grade" in header and len(lectures) == 1:  # the worksheet of one assignment
        targets = {header.index("Grade"): lectures[0]}
    if not targets:
        named = f"names {' or '.join(lectures)}: say with --column which one, of {', '.join(header)}"
        raise ValueError(f"no column of {theirs} {named}")
    return targets


def _odd(lines, header, targets, found):
    """Return sentences on what is odd about the columns: read-only, or of other points than ours (list of str)."""
    odd = []
    out_of = {grade.lecture: grade.out_of for grade in found}
    for line in lines[1:]:
        values = [_plain(cell) for cell, _ in line]
        if "Points Possible" in values[0]:
            maxima = {index: values[index] for index in targets if index < len(values)}
            break
    else:
        at = next((header.index(name) for name in MAXIMUM if name in header), None)
        first = [_plain(cell) for cell, _ in lines[1]] if len(lines) > 1 else []
        maxima = dict.fromkeys(targets, first[at] if at is not None and at < len(first) else "")
    for index, lecture in targets.items():
        if "read only" in maxima.get(index, ""):
            raise ValueError(
                f"the column {header[index]!r} is read only in Canvas: say with --column which one is meant"
            )
        if (points := _number(maxima.get(index, ""))) not in (None, out_of[lecture]):
            odd.append(f"{header[index]} is out of {points:g} there, and {lecture} out of {out_of[lecture]:g} here")
    return odd


def _number(text):
    try:
        return float(text.strip().replace(",", "."))
    except ValueError:
        return None


def _is(grade, values, identity):
    """Is a line of the table this student's? The first column that says anything decides."""
    for index, kind in identity.items():
        told = roster.key(values[index]) if index < len(values) else ""
        told = re.sub(r"^\D+ (?=\d+$)", "", told)  # Moodle: "Participant 1234"
        if told and told in grade.known[kind]:
            return True
    return bool({roster.key(value) for value in values if "@" in value} & grade.known["email"])


def _is_student(values, identity):
    return any(index < len(values) and values[index].strip() for index in identity)


def _called(values, header):
    named = [index for index, name in enumerate(header) if name in ("Student", "Full name", "Email address")]
    return next((values[index] for index in named if index < len(values) and values[index]), values[0])


def _new(path, content):
    """Write a file that is not there yet, readable by its owner alone."""
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(content)
    except FileExistsError:
        raise ValueError(f"{path} is there already, and is kept: move it, or name another file with --out") from None


# --- Gradescope -------------------------------------------------------------------------------------------------------

# Gradescope takes results from an autograder alone: https://gradescope-autograders.readthedocs.io/en/latest/specs/
SETUP = "#!/usr/bin/env bash\n# nothing to install: the results are in this package\n"
RUN = '''#!/usr/bin/env python3
"""Give the student who handed in the results that are in this package; run nothing of theirs."""
import hashlib, json, os, shutil

with open("/autograder/submission_metadata.json", encoding="utf-8") as file:
    users = json.load(file)["users"]
names = [hashlib.sha256(user["email"].strip().casefold().encode()).hexdigest() for user in users]
paths = [f"/autograder/source/results/{name}.json" for name in names]
path = next((path for path in paths if os.path.exists(path)), "/autograder/source/none.json")
shutil.copy(path, "/autograder/results/results.json")
'''
NONE = {"output": "There is no grade for you in this package yet: ask who teaches the course.", "tests": []}


def _gradescope(found, out):
    """Write a package that gives each student the results that are in it; who has no e-mail address is left out."""
    left, packed = [], io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in (("setup.sh", SETUP), ("run_autograder", RUN), ("none.json", json.dumps(NONE))):
            member = zipfile.ZipInfo(name)
            member.external_attr = 0o755 << 16
            package.writestr(member, text)
        count = 0
        for grade in found:
            if grade.points is None:
                left.append(f"{grade.student}: {grade.lecture} is open, a person has to decide")
            elif not grade.known["email"]:
                left.append(
                    f"{grade.student}: no e-mail address; give a roster with the column email to `course grade`"
                )
            else:
                for address in sorted(grade.known["email"]):
                    name = hashlib.sha256(address.encode()).hexdigest()
                    package.writestr(zipfile.ZipInfo(f"results/{name}.json"), json.dumps(_results(grade), indent=1))
                count += 1
    _new(out, packed.getvalue())
    return Exported(out, count, tuple(left))


def _results(grade):
    """Return one student's grade as an autograder's results.json has it."""
    tests = [
        {
            "name": row.exercise,
            "score": row.points,
            "max_score": row.out_of,
            "status": "passed" if row.points >= row.out_of else "failed",
            "output": told(row),
            "visibility": "after_published",
        }
        for row in grade.rows
    ]
    return {"score": grade.points, "visibility": "after_published", "stdout_visibility": "hidden", "tests": tests}
