"""`course grade`: find what was handed in, mark what changed, write grades and pages."""

import hashlib
import secrets
import sys
from dataclasses import replace

from course.grading import grades, output, questions, roster, store, submissions
from course.grading.grades import UNREADABLE, Entry
from course.grading.results import Marked
from course.threads import cores
from course.workplace import lectures as lectures_in


def grade(
    place,
    out,
    root,
    *,
    class_list=None,
    due=None,
    late=None,
    lecture=None,
    seed=None,
    regrade=False,
    workers=None,
    sandbox=True,
    dask=None,
    report=print,
):
    """Mark the submissions in `place` (Path: a folder or a zip) and write the grades into the folder `out` (Path).

    `root` is the course's folder. `class_list` is the roster's file (Path), `due` and `late` are as on the command
    line ("2027-02-01 23:59", "10%/day"), `lecture` a number or a name if not all are to be marked. What was marked
    before, from the same file, with the same exercises and `seed` (int; the last run's by default, else drawn), is not
    marked again, unless `regrade`. `workers` notebooks run at a time (int; one for each core by default), without
    walls around them if not `sandbox`. With `dask`, the address of a scheduler ("tcp://host:port"), they run on that
    cluster instead of here. `report` is called with each sentence for the terminal. Grades of lectures of
    which nothing is handed in here stay as they are. Raises ValueError for anything that is wrong with these; nothing
    has been marked then.
    """
    deadline, cost = _policy(due, late)
    for name, number, least in (("seed", seed, 0), ("workers", workers, 1)):
        if number is not None and number < least:
            raise ValueError(f"--{name} is {number}, and wants a number from {least}")
    if dask and workers:
        raise ValueError("--workers is for this machine, and --dask has the notebooks run elsewhere: give one of them")
    students = roster.read(class_list) if class_list else None
    names = [name for name in lectures_in(root / "notebooks", "*.ipynb") if _has_exercises(name)]
    only = lectures_in(root / "notebooks", "*.ipynb", [lecture])[0] if lecture else None
    if place.is_dir() and place.resolve() in (out.resolve(), *out.resolve().parents):
        raise ValueError(f"{out} lies in {place}: give the grades a folder of their own with --out")
    if not sandbox:
        report("WARNING: without a sandbox, students' code can read, change and send all that you can.")
    with store.opened(out) as scratch:
        by_hand = grades.read_by_hand(out / "by_hand.csv")
        before = store.read_json(out / "grades.json") or {}
        found = submissions.find(place, names, scratch, only)
        newest, older = submissions.newest_of(roster.matched([*found.submissions, *found.older], students or []))
        if warning := store.protect(place, [each.path for each in (*newest, *older) if each.path]):
            report(warning)
        run = _run(out, seed, regrade)
        here = {"root": root, "workers": workers or cores()}
        options = {"sandbox": sandbox, **({"address": dask} if dask else here)}
        marked = _mark(newest, store.Records(out), run, report, options)
        entries = _entries(newest, marked, run, students, deadline, cost, root)
        entries += _kept(before, {entry.lecture for entry in entries})
        handed = output.Handed(newest, older, found.aside)
        output.write(out, root, entries, handed, by_hand, students, before, run["seed"], report)


def _policy(due, late):
    """Return the deadline (datetime or None) and the part of the points that a day begun costs."""
    if late and not due:
        raise ValueError("--late says what being late costs, and --due is missing: it says when the work was due")
    return roster.moment(due) if due else None, roster.rate(late) if late else 0.0


def _has_exercises(lecture):
    return (grades.COURSE / "exercises" / f"{grades.topic(lecture)}.py").exists()


def _run(out, seed, regrade):
    """Return the seed and the round of this run, and keep them: a run that is stopped goes on with the same.

    A round is what `--regrade` starts: nothing of an earlier one counts.
    """
    kept = store.read_json(out / ".run.json") or {"seed": secrets.randbelow(2**31), "round": 0}
    run = {"seed": kept["seed"] if seed is None else seed, "round": kept["round"] + bool(regrade)}
    store.write_json(out / ".run.json", run)
    return run


def _mark(newest, records, run, report, options):
    """Return {(student, lecture): `Marked`}: from the records where the same was marked before, else marked now."""
    editions = {lecture: grades.edition(grades.topic(lecture)) for lecture in {each.lecture for each in newest}}
    done, waiting, hashes = {}, [], {}
    for each in newest:
        who = each.student, each.lecture
        if each.problem:
            done[who] = Marked(*who, each.file, "", UNREADABLE, each.problem, (), 0.0)
            continue
        hashes[who] = hashlib.sha256(each.path.read_bytes()).hexdigest()
        known = records.get(each, hashes[who], editions[each.lecture], run["seed"], run["round"])
        if known:
            done[who] = known
        else:
            waiting.append(each)
    files = {(each.student, each.lecture): each.file for each in newest}
    progress = _Progress(len(waiting))

    def keep(marked):
        who = marked.student, marked.lecture
        done[who] = replace(marked, file=files[who], sha256=hashes[who])
        if _is_settled(marked):
            records.put(done[who], hashes[who], editions[marked.lecture], run["seed"], run["round"])
        progress.step()

    if waiting:
        if "address" in options:
            from course.grading import cluster as marking
        else:
            from course.grading import marking

        try:
            marking.mark_batch(waiting, seed=run["seed"], on_marked=keep, **options)
        finally:
            progress.clear()
    same = len(hashes) - len(waiting)
    keeping = f"; {same} are unchanged, and keep their marks" if same else ""
    report(f"Marked {len(waiting)} of {len(hashes)} notebooks{keeping}.")
    for each in waiting:
        who = each.student, each.lecture
        if who not in done:
            done[who] = Marked(*who, each.file, hashes[who], UNREADABLE, "the marking gave no result", (), 0.0)
    return done


def _is_settled(marked):
    """Say whether to mark no more what was `marked`: an error that is not the student's may be this machine's."""
    return not any(mark.status == "error" and not mark.traceback for mark in marked.marks)


class _Progress:
    """A bar on the terminal's standard error; nothing where that is a file."""

    def __init__(self, of):
        self.of, self.count, self.shown = of, 0, sys.stderr.isatty() and of > 0
        self._show()

    def step(self):
        self.count += 1
        self._show()

    def clear(self):
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def _show(self):
        if self.shown:
            full = 30 * self.count // self.of
            print(
                f"\r[{'#' * full}{'.' * (30 - full)}] {self.count} of {self.of} ", end="", file=sys.stderr, flush=True
            )


def _entries(newest, marked, run, students, deadline, cost, root):
    """Return the `Entry` of each submission, and of each who is on the roster and handed in nothing."""
    listed = {roster.key(entry.student): entry for entry in students or ()}
    found = []
    for lecture in sorted({each.lecture for each in newest}):
        asked = questions.questions(output.given(root, lecture))
        outline = grades.outline(grades.topic(lecture)) | {name: points for name, (points, _) in asked.items()}
        edition = grades.edition(grades.topic(lecture))
        own = [each for each in newest if each.lecture == lecture]
        for each in own:
            entry = listed.get(roster.key(each.student))
            late = roster.lateness(each, entry, deadline, cost) if deadline else None
            found.append(
                Entry(
                    *(each.student, lecture, marked[each.student, lecture], outline),
                    texts=questions.answers(questions.cells(each.path), asked) if each.path and asked else {},
                    identity=_identity(entry, each),
                    edition=edition,
                    seed=run["seed"],
                    late=late,
                    submitted=each.submitted.isoformat() if each.submitted else None,
                )
            )
        here = {roster.key(each.student) for each in own}
        found += [
            Entry(entry.student, lecture, None, outline, identity=_identity(entry))
            for name, entry in listed.items()
            if name not in here
        ]
    return found


def _identity(entry, submission=None):
    """Return who a student is, as far as roster and LMS tell (dict)."""
    name = (entry and entry.name) or (submission and submission.name) or ""
    lms_id = (entry and entry.lms_id) or (submission and submission.lms_id) or ""
    return {"name": name, "email": entry.email if entry else "", "lms_id": lms_id}


def _kept(before, seen):
    """Return the entries of the last run that are of other lectures than those `seen` now."""
    return [grades.entry_of(data) for data in before.get("entries", []) if data["lecture"] not in seen]
