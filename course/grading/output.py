"""The folder of grades, filled: tables, pages, and what is said on the terminal."""

import sys
from collections import Counter
from dataclasses import asdict, dataclass
from importlib import metadata

from course.grading import feedback, grades, questions, similarity, store
from course.grading.submissions import Aside, Submission

PACKAGES = ("course", "keras", "tensorflow", "numpy")


@dataclass(frozen=True)
class Handed:
    """What was handed in: the `newest` of each student and lecture, the `older` ones, and what is no submission."""

    newest: tuple[Submission, ...]
    older: tuple[Submission, ...]
    aside: tuple[Aside, ...]

    def not_marked(self):
        """Return everything that was not marked (list of `Aside`)."""
        older = [Aside(each.student, each.file, each.problem or "a newer one was marked") for each in self.older]
        return [*self.aside, *older]

    def people(self):
        """Return what of it a person has to look at (list of `grades.Person`); not older ones that could be read."""
        read = {(each.student, each.lecture) for each in self.newest if not each.problem}
        odd = [each for each in self.older if each.problem and (each.student, each.lecture) in read]
        return [
            *(
                grades.Person(each.student, each.lecture, "", f"not marked: {each.file}: {each.problem}")
                for each in odd
            ),
            *(grades.Person(each.student, "", "", f"not marked: {each.file}: {each.reason}") for each in self.aside),
        ]


def write(out, root, entries, handed, by_hand, students, before, seed, report):
    """Write everything into the folder `out`, grades.json last: with what it held `before` the next run compares.

    `root` is the course's folder, `entries` are all of `grades.Entry`, `handed` is what was `Handed` in; `by_hand`,
    `students` and `before` are as in `grades.people` and `grades.moved`. `report` is called with each sentence.
    """
    rows = grades.rows_of(entries, by_hand)
    people = [*grades.people(entries, rows, by_hand, students), *handed.people()]
    moved = grades.moved(before, entries, rows)
    alike = {**before.get("alike", {}), **_alike(handed.newest, root)}
    facts = _facts(seed, entries)
    summary = _summary(entries, rows)
    pages = _write_feedback(out, root, entries, rows)
    asked = _asked(root, entries, rows)
    if asked:
        store.write(out / "questions.html", feedback.questions(asked))
    pairs = [pair for pairs in alike.values() for pair in pairs]
    parts = {"people": people, "moved": moved, "not_marked": handed.not_marked(), "alike": pairs, "facts": facts}
    store.write(out / "report.html", feedback.report(entries, rows, pages, summary=summary, **parts))
    grades.write_tables(out, rows)
    about = {"seed": seed, "versions": versions(), "needs a person": [asdict(each) for each in people], "alike": alike}
    grades.write_json(out, entries, rows, about)
    _tell(out, summary, people, moved, facts, bool(asked), report)


def given(root, lecture):
    """Return the cells of a lecture's student build (list of `questions.Cell`)."""
    return questions.cells(root / "notebooks" / f"{lecture}.ipynb")


def _alike(newest, root):
    """Return the answers much alike, as {lecture: `similarity.Pair`s as dicts}."""
    found = {}
    for lecture in sorted({each.lecture for each in newest}):
        code = {
            each.student: _code(questions.cells(each.path)) for each in newest if each.lecture == lecture and each.path
        }
        exercises = grades.outline(grades.topic(lecture))
        found[lecture] = [
            asdict(pair) for pair in similarity.of_lecture(lecture, exercises, code, _code(given(root, lecture)))
        ]
    return found


def _code(cells):
    return [cell.source for cell in cells if cell.kind == "code"]


def _write_feedback(out, root, entries, rows):
    """Write the feedback of each who handed something in; return {(student, lecture): address relative to `out`}."""
    names = store.folders({entry.student for entry in entries})
    pages = {}
    for entry in entries:
        if not entry.marked:
            continue
        number, topic = entry.lecture.split("_", 1)
        lecture = {"number": int(number), "title": _title(root, entry.lecture) or topic.replace("_", " ").capitalize()}
        own = [row for row in rows if (row.student, row.lecture) == (entry.student, entry.lecture)]
        page = feedback.feedback(entry.student, lecture, own, entry.late, entry.marked.reason)
        place = f"feedback/{names[entry.student]}/{entry.lecture}.html"
        store.write(out / place, page)
        pages[entry.student, entry.lecture] = place
    return pages


def _title(root, lecture):
    """Return a lecture's title as its notebook has it, None where it has none."""
    notebook = store.read_json(root / "notebooks" / f"{lecture}.ipynb") or {}
    return notebook.get("metadata", {}).get("course", {}).get("title")


def _asked(root, entries, rows):
    """Return the questions of all lectures with their answers, as `feedback.questions` takes them."""
    points_of = {
        (row.student, row.lecture, row.exercise): row.points if row.before_late is None else row.before_late
        for row in rows
    }
    asked = []
    for lecture in sorted({entry.lecture for entry in entries}):
        for name, (points, text) in questions.questions(given(root, lecture)).items():
            answers = [
                (entry.student, entry.texts[name], points_of.get((entry.student, lecture, name)))
                for entry in sorted(entries, key=lambda entry: entry.student)
                if entry.lecture == lecture and name in entry.texts
            ]
            asked.append((lecture, name, points, text, answers))
    return asked


def versions():
    """Return the versions of what marks are made with, as {package: version}."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed"
    return found


def _facts(seed, entries):
    """Return how these grades were made, as pairs of texts for the report."""
    clocks = Counter(entry.late.clock for entry in entries if entry.late)
    made_with = ", ".join(f"{package} {version}" for package, version in versions().items())
    facts = [("Seed of the inputs", str(seed)), ("Versions", made_with)]
    facts += [(f"Exercises of {lecture}", edition[:12]) for lecture, edition in
              sorted({(entry.lecture, entry.edition) for entry in entries if entry.edition})]  # fmt: skip
    if clocks:
        told = ", ".join(f"{clock} ({count})" for clock, count in sorted(clocks.items()))
        facts.append(("Times of submission are from", told))
    return facts


def _summary(entries, rows):
    handed_in = [entry for entry in entries if entry.marked]
    lectures = len({entry.lecture for entry in handed_in})
    students = len({entry.student for entry in handed_in})
    undecided = sum(row.points is None for row in rows)
    return (
        f"{_count(len(handed_in), 'notebook')} of {_count(students, 'student')} and {_count(lectures, 'lecture')}; "
        f"{_count(undecided, 'grade')} of {len(rows)} open."
    )


def _count(number, word):
    return f"{number} {word}{'' if number == 1 else 's'}"


def _tell(out, summary, people, moved, facts, asked, report):
    """Say on the terminal what came of it: one sentence a line."""
    report(summary)
    for name, value in facts:
        if name.startswith("Times"):
            report(f"{name} {value}.")
    if moved:
        report(f"What moved since the last run: {_count(len(moved), 'grade')}.")
        for each in moved:
            who = f"{each.student}, {each.lecture}, {each.exercise}"
            report(f"  {who}: {_outcome(each.old)} -> {_outcome(each.new)} ({each.why})")
    if people:
        report(f"Needs a person: {len(people)}.")
        for each in people:
            who = ", ".join(filter(None, (each.student, each.lecture, each.exercise)))
            report(f"  {who}: {each.reason}" if who else f"  {each.reason}")
        report(f"To decide, fill in {out / 'to_do_by_hand.csv'}, save it as by_hand.csv beside it, and run this again.")
    if asked:
        report(f"Answers to read and mark by hand are in {out / 'questions.html'}.")
    report(f"The grades are in {out / 'grades.csv'}, and {out / 'report.html'} tells the whole story.")


def _outcome(outcome):
    status, points = outcome
    return f"{status}, {'open' if points is None else f'{points:g}'}"
