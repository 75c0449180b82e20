"""Pages: what each student reads, what the instructor reads, what is to be marked by hand.

Every text goes through Jinja2 with escaping on, for students wrote much of it: names of files, tracebacks, their own
names. A page loads nothing and runs nothing.
"""

import re
from collections import Counter

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from course.grading.grades import BY_HAND, NOTHING, TO_MARK, UNREADABLE, total
from course.grading.results import GIVES_POINTS

SIGNS = {"right": "✔", "partly": "◐", "wrong": "✘", "not attempted": "○", BY_HAND: "✎"}
COLOURS = {"right": "right", "partly": "wrong", "wrong": "wrong", "not attempted": "", BY_HAND: ""}
OPEN = {  # what to tell a student whose answer a person will look at
    "error": "Your answer could not be examined.",
    "timeout": "Your answer took too long.",
    "crashed": "The process that ran your answer ended: it may have used too much memory.",
    UNREADABLE: "Your file could not be read.",
    TO_MARK: "Your text will be read.",
    NOTHING: "Nothing was handed in.",
}
# What a sentence says of the outcome, which stands before it.
OUTCOME = re.compile(r"^(Right\.|Not right yet\.|Not attempted: |Not attempted\. Write .*)\s*")
# The engine's sentences that tell what is expected on a hidden input, and what to say in their place.
WITHOUT_THE_CASE = {
    "wrong shape": "The result has another shape than the one that is wanted.",
    "wrong dtype": "The result holds another kind of numbers than the one that is wanted.",
}


def feedback(student, lecture, rows, late=None, unreadable=None):
    """Return the HTML page of one student's work on one lecture (str). It names no one else.

    `lecture` is {"number", "title"}, `rows` are the student's own (list of `grades.Row`), `late` their `roster.Late`,
    `unreadable` why the file could not be read. No hidden input or expected value is in it.
    """
    shown = [{**vars(row), "text": told(row)} for row in rows]
    given = round(sum(row.points or 0 for row in rows), 2)
    undecided = sum(row.points is None for row in rows)
    return _templates().get_template("feedback.html").render(
        student=student, lecture=lecture, rows=shown, unreadable=unreadable, undecided=undecided,
        points=None if undecided == len(rows) else given, out_of=total(rows)[1],
        days_late=late.days if late else None, cost=late.cost if late else 0,
    )  # fmt: skip


def told(row):
    """Return what a student reads of one exercise (str): the mistake's sentence, without a hidden case."""
    if row.status == BY_HAND:
        return ""
    if row.status not in GIVES_POINTS:
        return f"{row.sentence if row.traceback else OPEN[row.status]} A person will look at it.".strip()
    said = OUTCOME.sub("", WITHOUT_THE_CASE.get(row.mistake, row.sentence))
    if row.status == "wrong":
        said = said or "Its check in the notebook may show you a case that differs."
    said = said.replace(" on this input.", " on an input that it was tried with.")
    return said[:1].upper() + said[1:]


def report(entries, rows, pages, **parts):
    """Return the instructor's page (str): who got what, which mistakes the class made, what needs a person, what moved.

    `entries` and `rows` are as in `grades`, `pages` is {(student, lecture): address of their feedback}, and `parts` are
    summary (str), facts (list of pairs), and lists of people, moved, not_marked and alike.
    """
    lectures = [_lecture(name, entries, rows, pages) for name in sorted({entry.lecture for entry in entries})]
    return _templates().get_template("report.html").render(lectures=lectures, **parts)


def _lecture(name, entries, rows, pages):
    """Return what the report shows of one lecture (dict)."""
    own = [entry for entry in entries if entry.lecture == name]
    outline = {exercise: points for entry in own for exercise, points in entry.outline.items()}
    handed_in = {entry.student for entry in own if entry.marked}
    by_student = {}
    for row in rows:
        if row.lecture == name:
            by_student.setdefault(row.student, []).append(row)
    lines = []
    for student, theirs in by_student.items():
        points, _ = total(theirs)
        days = theirs[0].days_late if student in handed_in else ""
        by_name = {row.exercise: row for row in theirs}
        cells = [by_name[exercise] for exercise in outline if exercise in by_name]
        page = pages.get((student, name))
        lines.append({"student": student, "points": points, "days_late": days, "rows": cells, "page": page})
    return {
        "name": name, "exercises": list(outline.items()), "out_of": sum(outline.values()), "lines": lines,
        "any_late": any(entry.late for entry in own),
        "mistakes": [_mistakes(exercise, [row for row in rows if row.lecture == name]) for exercise in outline],
    }  # fmt: skip


def _mistakes(exercise, rows):
    """Return how the class did on one exercise (dict): counts of outcomes, (named mistake, how many)."""
    own = [row for row in rows if row.exercise == exercise]
    named = Counter(row.mistake or "no named one" for row in own if row.status == "wrong")
    statuses = [sum(row.status == status for row in own) for status in ("right", "wrong", "not attempted")]
    counts = [*statuses, sum(row.points is None for row in own)]
    return {"name": exercise, "counts": counts, "named": sorted(named.items(), key=lambda pair: (-pair[1], pair[0]))}


def questions(asked):
    """Return the page of free-text answers (str). `asked` lists (lecture, name, points, question, answers), and answers
    lists (student, text, points given or None)."""
    return _templates().get_template("questions.html").render(asked=asked)


def _templates():
    environment = Environment(
        loader=PackageLoader("course", "grading"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {
        "number": lambda number: f"{number:.4g}",
        "points": lambda points: "?" if points is None else f"{points:.4g}",
        "sign": lambda status: SIGNS.get(status, "?"),
        "colour": lambda status: COLOURS.get(status, "ask"),
        "cell": _cell,
        "outcome": lambda outcome: f"{outcome[0]}, {'?' if outcome[1] is None else f'{outcome[1]:.4g}'}",
        "breakable": lambda name: Markup("_<wbr>").join(map(escape, name.split("_"))),
    }
    return environment


def _cell(row):
    """Return what stands in a cell of the class's table: points, or a sign."""
    if row.points is None:
        return "" if row.status == NOTHING else "?"
    return "–" if row.status == "not attempted" else f"{row.points:.4g}"
