"""`course grade` and `course export`, from a folder to grades: the marking itself is replaced by a planned one."""

import csv
import hashlib
import json
import multiprocessing
import os
import stat
import subprocess
import sys
import time
import types
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from course import cli
from course.grading import command, grades, store
from course.grading.results import GIVES_POINTS, Mark, Marked

ROOT = Path(__file__).parents[2]
EXERCISES = grades.outline("alexnet")
ALL = sum(EXERCISES.values())


class FakeMarking(types.ModuleType):
    """Stands for `course.grading.marking`: finds `plan[student][exercise]`, (status, mistake, sentence), else "right"."""

    def __init__(self):
        super().__init__("course.grading.marking")
        self.plan, self.seen, self.stop_after = {}, [], None

    def mark_batch(self, submissions, *, seed, on_marked, **_):
        for number, submission in enumerate(submissions):
            if number == self.stop_after:
                raise KeyboardInterrupt
            self.seen.append(submission.student)
            on_marked(self.marked(submission))

    def marked(self, submission):
        sha256 = hashlib.sha256(submission.path.read_bytes()).hexdigest()
        planned = self.plan.get(submission.student, {})
        who = submission.student, submission.lecture, submission.file, sha256
        if isinstance(planned, str):
            return Marked(*who, "unreadable", planned, (), 0.0)
        marks = []
        for exercise, points in grades.outline(grades.topic(submission.lecture)).items():
            status, mistake, sentence = (*planned.get(exercise, ("right",)), None, "")[:3]
            given = (points if status == "right" else 0.0) if status in GIVES_POINTS else None
            evidence = (("x", "HIDDEN CASE"), ("expected", "EXPECTED VALUE")) if status == "wrong" else ()
            traceback = "Traceback: <b>my own</b>" if status == "error" else None
            marks.append(Mark(exercise, status, given, points, mistake, sentence, evidence, traceback, 0.25))
        return Marked(*who, "marked", None, tuple(marks), 1.0)


class Class:
    """A class in a temporary folder: hand in, mark, and look at what was written."""

    def __init__(self, folder, marking):
        self.place, self.out, self.marking, self.folder = folder / "submissions", folder / "grades", marking, folder

    def hand_in(self, student, lecture="05_alexnet", cells=(), name=None):
        path = self.place / student / (name or f"{lecture}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        notebook = {"cells": list(cells), "metadata": {"by": student}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(notebook))
        return path

    def grade(self, root=ROOT, **options):
        said = []
        command.grade(self.place, self.out, root, report=said.append, **options)
        return said

    def json(self):
        return json.loads((self.out / "grades.json").read_text())

    def points(self):
        """Return {(student, exercise): points} of grades.json."""
        return {(grade["student"], grade["exercise"]): grade["points"] for grade in self.json()["grades"]}

    def page(self, name):
        return (self.out / name).read_text(encoding="utf-8")


@pytest.fixture
def course_class(tmp_path, monkeypatch):
    fake = FakeMarking()
    monkeypatch.setitem(sys.modules, "course.grading.marking", fake)
    monkeypatch.setattr("course.grading.marking", fake, raising=False)
    return Class(tmp_path, fake)


def lines(text):
    return text.strip().splitlines()


# --- a whole run


def test_a_folder_becomes_grades(course_class):
    course_class.hand_in("ada")
    course_class.hand_in("bob")
    course_class.marking.plan["bob"] = {
        "row_parameters": ("wrong", "pooling has none", "Not right yet. Pooling has none."),
        "net_shape": ("timeout",),
        "tower_gap": ("not attempted",),
    }
    said = course_class.grade()
    assert said[0] == "Marked 2 of 2 notebooks."
    assert course_class.points()["ada", "row_parameters"] == 1
    assert course_class.points()["bob", "row_parameters"] == 0 and course_class.points()["bob", "net_shape"] is None
    assert "  bob, 05_alexnet, net_shape: timeout: the answer took too long" in said
    with (course_class.out / "grades.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [line["exercise"] for line in table] == [*EXERCISES] * 2
    assert table[len(EXERCISES)]["mistake"] == "pooling has none"
    names = {path.relative_to(course_class.out).as_posix() for path in course_class.out.rglob("*.html")}
    assert names == {"report.html", "feedback/ada/05_alexnet.html", "feedback/bob/05_alexnet.html"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_everything_is_the_owners_alone(course_class):
    path = course_class.hand_in("ada")
    for each in (path, path.parent, course_class.place):
        each.chmod(0o777)
    course_class.grade()
    for each in (course_class.out, *course_class.out.rglob("*"), course_class.place, *course_class.place.rglob("*")):
        mode = stat.S_IMODE(each.stat().st_mode)
        assert mode == (0o700 if each.is_dir() else 0o600), (each, oct(mode))


def test_the_same_run_again_marks_nothing_and_changes_nothing(course_class):
    for student in ("ada", "bob", "cem"):
        course_class.hand_in(student)
    course_class.grade()
    before = {path: path.read_bytes() for path in course_class.out.rglob("*") if path.is_file()}
    said = course_class.grade()
    assert said[0] == "Marked 0 of 3 notebooks; 3 are unchanged, and keep their marks."
    assert {path: path.read_bytes() for path in course_class.out.rglob("*") if path.is_file()} == before
    assert course_class.marking.seen == ["ada", "bob", "cem"]


def test_what_changed_is_marked_again_and_what_moved_is_told(course_class):
    course_class.hand_in("ada")
    course_class.hand_in("bob")
    course_class.marking.plan["bob"] = {"net_shape": ("wrong", None, "Not right yet.")}
    course_class.grade()
    course_class.marking.plan.clear()
    course_class.hand_in("bob", cells=[{"cell_type": "code", "source": "x = 1", "metadata": {}}])
    said = course_class.grade()
    assert course_class.marking.seen == ["ada", "bob", "bob"]
    assert "  bob, 05_alexnet, net_shape: wrong, 0 -> right, 2 (another file was handed in)" in said
    assert "another file was handed in" in course_class.page("report.html")


def test_the_seed_is_kept_until_it_is_given(course_class):
    course_class.hand_in("ada")
    course_class.grade()
    seed = course_class.json()["seed"]
    course_class.grade()
    assert course_class.json()["seed"] == seed and len(course_class.marking.seen) == 1
    course_class.grade(seed=seed + 1)
    assert course_class.json()["seed"] == seed + 1 and len(course_class.marking.seen) == 2
    assert f"{seed + 1}" in course_class.page("report.html")


def test_regrade_marks_everything_again_and_shows_what_moved(course_class):
    course_class.hand_in("ada")
    course_class.hand_in("bob")
    course_class.grade()
    course_class.marking.plan["ada"] = {"net_shape": ("crashed",)}
    said = course_class.grade(regrade=True)
    assert course_class.marking.seen == ["ada", "bob"] * 2
    (told,) = [line for line in said if "->" in line]
    assert "net_shape: right, 2 -> crashed, open" in told and "not the same at every run" in told
    course_class.grade()
    assert len(course_class.marking.seen) == 4  # the new round is what counts now


def test_another_edition_of_the_exercises_is_marked_again(course_class, monkeypatch):
    course_class.hand_in("ada")
    course_class.grade()
    monkeypatch.setattr(grades, "edition", lambda topic: "another")
    course_class.marking.plan["ada"] = {"net_shape": ("wrong", None, "")}
    said = course_class.grade()
    assert any("another edition" in line or "of another edition" in line for line in said)
    assert course_class.marking.seen == ["ada", "ada"]


def test_a_run_that_is_stopped_goes_on_where_it_was(course_class):
    students = [f"student{number}" for number in range(6)]
    for student in students:
        course_class.hand_in(student)
    course_class.marking.stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        course_class.grade()
    course_class.marking.stop_after = None
    said = course_class.grade()
    assert said[0] == "Marked 2 of 6 notebooks; 4 are unchanged, and keep their marks."
    assert sorted(course_class.marking.seen) == students
    stopped = course_class.page("grades.csv")
    store.shutil.rmtree(course_class.out)
    course_class.grade()
    assert course_class.page("grades.csv") == stopped


def _grade_and_die(course_class):
    mark = course_class.marking.marked

    def killed(submission):
        if submission.student == "cem":
            os.kill(os.getpid(), 9)
        return mark(submission)

    course_class.marking.marked = killed
    course_class.grade()


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_a_run_that_is_killed_loses_nothing(course_class):
    for student in ("ada", "bob", "cem", "dee"):
        course_class.hand_in(student)
    process = multiprocessing.get_context("fork").Process(target=_grade_and_die, args=(course_class,))
    process.start()
    process.join(30)
    assert process.exitcode == -9
    (course_class.out / ".left.tmp").touch()
    assert course_class.grade()[0] == "Marked 2 of 4 notebooks; 2 are unchanged, and keep their marks."
    assert course_class.marking.seen == ["cem", "dee"] and not list(course_class.out.glob("*.tmp"))


def _hold(course_class, ready):
    course_class.marking.mark_batch = lambda *_, **__: (ready.set(), time.sleep(60))
    course_class.grade()


@pytest.mark.skipif(os.name == "nt", reason="forks")
def test_of_two_at_once_the_second_refuses(course_class):
    course_class.hand_in("ada")
    context = multiprocessing.get_context("fork")
    ready = context.Event()
    process = context.Process(target=_hold, args=(course_class, ready))
    process.start()
    try:
        assert ready.wait(30)
        with pytest.raises(ValueError, match="another `course grade` is at work"):
            course_class.grade()
    finally:
        process.kill()
        process.join()
    assert course_class.grade()[0] == "Marked 1 of 1 notebooks."


def test_marks_that_never_came_are_open(course_class):
    course_class.hand_in("ada")
    course_class.marking.mark_batch = lambda *_, **__: None
    course_class.grade()
    assert set(course_class.points().values()) == {None}
    course_class.marking.mark_batch = type(course_class.marking).mark_batch.__get__(course_class.marking)
    course_class.grade()
    assert None not in course_class.points().values()


def test_an_error_that_is_not_the_students_is_tried_again(course_class):
    course_class.hand_in("ada")
    course_class.hand_in("bob")
    course_class.marking.plan["ada"] = {"net_shape": ("error",)}  # theirs: the planned one has a traceback
    mark = course_class.marking.marked

    def nothing_starts(submission):
        made = mark(submission)
        marks = tuple(replace(each, status="error", points=None) for each in made.marks)
        return replace(made, marks=marks) if submission.student == "bob" else made

    course_class.marking.marked = nothing_starts
    course_class.grade()
    course_class.marking.marked = mark
    course_class.grade()
    assert course_class.marking.seen == ["ada", "bob", "bob"]
    assert course_class.points()["bob", "net_shape"] == 2 and course_class.points()["ada", "net_shape"] is None


def test_grades_of_another_lecture_stay(course_class):
    course_class.hand_in("ada")
    course_class.grade()
    store.shutil.rmtree(course_class.place)
    course_class.hand_in("ada", "04_receptive_fields")
    course_class.grade()
    assert {grade["lecture"] for grade in course_class.json()["grades"]} == {"04_receptive_fields", "05_alexnet"}
    assert (course_class.out / "feedback" / "ada" / "05_alexnet.html").exists()


# --- what needs a person


def test_unreadable_files_are_open_and_listed(course_class):
    course_class.hand_in("ada").write_bytes(b"")
    course_class.hand_in("bob")
    course_class.marking.plan["bob"] = "it is no JSON"
    (course_class.place / "cem" / "05_alexnet.ipynb").mkdir(parents=True)
    said = course_class.grade()
    assert set(course_class.points().values()) == {None}
    for student, reason in (("ada", "the file is empty"), ("bob", "it is no JSON"), ("cem", "it is a folder")):
        assert any(line.startswith(f"  {student}, 05_alexnet: unreadable: {reason}") for line in said)
        assert reason in course_class.page("report.html")
        assert reason in course_class.page(f"feedback/{student}/05_alexnet.html")
    assert course_class.marking.seen == ["bob"]


def test_a_person_decides_and_the_next_run_knows(course_class):
    course_class.hand_in("ada")
    course_class.marking.plan["ada"] = {"net_shape": ("crashed",)}
    course_class.grade()
    assert lines(course_class.page("to_do_by_hand.csv")) == [
        "student,lecture,exercise,points,note",
        "ada,05_alexnet,net_shape,,",
    ]
    (course_class.out / "by_hand.csv").write_text(
        "student,lecture,exercise,points,note\nada,05_alexnet,net_shape,1.5,Well argued.\n"
    )
    said = course_class.grade()
    assert course_class.points()["ada", "net_shape"] == 1.5 and course_class.marking.seen == ["ada"]
    assert not any("Needs a person" in line for line in said)
    assert lines(course_class.page("to_do_by_hand.csv")) == ["student,lecture,exercise,points,note"]
    assert "Well argued." in course_class.page("feedback/ada/05_alexnet.html")
    assert any("net_shape: crashed, open -> by hand, 1.5 (by_hand.csv decides)" in line for line in said)


def test_a_roster_tells_who_is_missing_and_who_is_not_on_it(course_class):
    roster = course_class.folder / "roster.csv"
    roster.write_text("student,name\nada,Ada\nbob,Bob\n")
    course_class.hand_in("Ada")
    course_class.hand_in("eve")
    said = course_class.grade(class_list=roster)
    assert "  bob, 05_alexnet: on the roster, and nothing was handed in" in said
    assert "  eve, 05_alexnet: not on the roster" in said
    points = course_class.points()
    assert points["ada", "net_shape"] == 2 and points["bob", "net_shape"] is None and points["eve", "net_shape"] == 2
    assert not (course_class.out / "feedback" / "bob").exists()


def test_two_files_of_one_student_after_the_roster_has_named_them(course_class):
    roster = course_class.folder / "roster.csv"
    roster.write_text("student,lms_id\nada,12\n")
    older = course_class.hand_in("ada")
    os.utime(older, (1_000_000, 1_000_000))
    course_class.hand_in("Ada Lovelace_12_assignsubmission_file_")
    course_class.grade(class_list=roster)
    assert course_class.marking.seen == ["ada"]
    (entry,) = course_class.json()["entries"]
    assert entry["marked"]["file"].startswith("Ada Lovelace") and "a newer one was marked" in course_class.page(
        "report.html"
    )


def test_a_newer_file_that_cannot_be_read_is_for_a_person(course_class):
    os.utime(course_class.hand_in("ada"), (1_000_000, 1_000_000))
    course_class.hand_in("ada", name="05_alexnet (1).ipynb").write_bytes(b"")
    said = course_class.grade()
    assert None not in course_class.points().values()
    assert "  ada, 05_alexnet: not marked: ada/05_alexnet (1).ipynb: the file is empty" in said


# --- late


def test_late_work_costs_and_says_where_its_time_is_from(course_class):
    for student, days in (("ada", -1), ("bob", 1.5), ("cem", 30), ("dee", 1.5)):
        when = 1_800_000_000 + days * 86400
        os.utime(course_class.hand_in(student), (when, when))
    roster = course_class.folder / "roster.csv"
    roster.write_text("student,extension,submitted\nada,,\nbob,,\ncem,,\ndee,2 days,\n")
    due = time.strftime("%Y-%m-%d %H:%M", time.localtime(1_800_000_000))
    said = course_class.grade(class_list=roster, due=due, late="10%/day")
    sums = {}
    for (student, _), points in course_class.points().items():
        sums[student] = round(sums.get(student, 0) + points, 6)
    assert sums == {"ada": ALL, "bob": round(0.8 * ALL, 6), "cem": 0, "dee": ALL}
    assert "Times of submission are from the time of the file (4)." in said
    assert "2 days begun, which costs 20% of the points" in course_class.page("feedback/bob/05_alexnet.html")
    assert "late" not in course_class.page("feedback/ada/05_alexnet.html").split("<body>")[1]


def test_without_a_policy_being_late_is_told_and_costs_nothing(course_class):
    os.utime(course_class.hand_in("ada"), (1_800_000_000, 1_800_000_000))
    course_class.grade(due="2020-01-01")
    assert course_class.points()["ada", "net_shape"] == 2
    assert course_class.json()["grades"][0]["days_late"] > 2000


# --- free text


@pytest.fixture
def asking(tmp_path):
    """A course whose lecture 05 asks a question."""
    root = tmp_path / "course"
    (root / "notebooks").mkdir(parents=True)
    notebook = nbformat.read(ROOT / "notebooks" / "05_alexnet.ipynb", as_version=4)
    cell = nbformat.v4.new_markdown_cell("**Why** two towers?", metadata={"tags": ["question:why_towers:3"]})
    notebook.cells.append(cell)
    nbformat.write(notebook, root / "notebooks" / "05_alexnet.ipynb")
    return root


def answered(text):
    return [{"cell_type": "markdown", "source": [text], "metadata": {"tags": ["question:why_towers:3"]}}]


def test_questions_are_gathered_marked_by_hand_and_merged_back(course_class, asking):
    course_class.hand_in("ada", cells=answered("**Why** two towers?\n\n<script>alert(1)</script> Memory."))
    course_class.hand_in("bob", cells=answered("**Why** two towers?"))
    course_class.hand_in("cem")
    said = course_class.grade(root=asking)
    assert course_class.points()["ada", "why_towers"] is None
    page = course_class.page("questions.html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; Memory." in page and "<script" not in page
    assert page.count("Nothing was written.") == 2
    assert "  ada, 05_alexnet, why_towers: a question to read" in said
    (course_class.out / "by_hand.csv").write_text(
        "student,lecture,exercise,points,note\nada,05_alexnet,why_towers,2.5,Yes.\nbob,05_alexnet,why_towers,0,\ncem,05_alexnet,why_towers,0,\n"
    )
    course_class.grade(root=asking)
    assert [course_class.points()[student, "why_towers"] for student in ("ada", "bob", "cem")] == [2.5, 0, 0]
    assert "2.5 given" in course_class.page("questions.html")


# --- the command line


@pytest.fixture
def here(course_class, monkeypatch):
    """The command line in the course's folder, with a class that has handed in."""
    monkeypatch.chdir(ROOT)
    course_class.hand_in("ada")
    return course_class


def run(capsys, *arguments):
    code = cli.main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_command_line(here, capsys):
    code, out, err = run(capsys, "grade", here.place, "--out", here.out)
    assert (code, err) == (0, "") and lines(out)[0] == "Marked 1 of 1 notebooks."
    assert lines(out)[-1].startswith(f"The grades are in {here.out / 'grades.csv'}")


@pytest.mark.parametrize(
    "options, says",
    [
        (["--late", "10%/day"], "--due is missing"),
        (["--due", "soon"], "'soon' is no date"),
        (["--due", "2027-02-01", "--late", "ten"], "10%/day"),
        (["--roster", "nowhere.csv"], "nowhere.csv"),
        (["--lecture", "77"], "there is no lecture '77'"),
        (["--seed", "-1"], "from 0"),
        (["--workers", "0"], "from 1"),
    ],
)
def test_options_that_are_wrong_are_one_sentence(here, capsys, options, says):
    code, out, err = run(capsys, "grade", here.place, "--out", here.out, *options)
    assert code == 1 and says in err and err.count("\n") == 1 and out == "" and here.marking.seen == []


def test_places_that_are_wrong_are_one_sentence(here, capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "a file").write_text("hello")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "precious.txt").write_text("mine")
    for place, out, says in (
        (tmp_path / "nowhere", here.out, "is not there"),
        (tmp_path / "empty", here.out, "holds no submission"),
        (tmp_path / "a file", here.out, "neither a folder nor a zip"),
        (here.place, tmp_path / "a file", "is a file"),
        (here.place, tmp_path / "home", "holds other files"),
        (here.place, here.place / "grades", "lies in"),
    ):
        code, _, err = run(capsys, "grade", place, "--out", out)
        assert code == 1 and says in err and err.count("\n") == 1, err
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["precious.txt"] and here.marking.seen == []


def test_a_by_hand_that_is_wrong_is_told_before_anything_is_marked(here, capsys):
    here.out.mkdir()
    (here.out / "by_hand.csv").write_text("student,lecture,exercise,points\nada,05_alexnet,net_shape,lots\n")
    code, _, err = run(capsys, "grade", here.place, "--out", here.out)
    assert code == 1 and "line 2" in err and here.marking.seen == []


def test_no_sandbox_reaches_the_marking(here, capsys, monkeypatch):
    asked = {}
    monkeypatch.setattr(here.marking, "mark_batch", lambda submissions, **options: asked.update(options))
    _, out, _ = run(capsys, "grade", here.place, "--out", here.out, "--no-sandbox", "--workers", "3")
    assert asked["sandbox"] is False and asked["workers"] == 3 and out.startswith("WARNING: without a sandbox")
    _, out, _ = run(capsys, "grade", here.place, "--out", here.out, "--regrade")
    assert asked["sandbox"] is True and asked["workers"] >= 1 and "WARNING" not in out


def test_grades_that_cannot_be_read_are_made_again(course_class):
    course_class.hand_in("ada")
    course_class.grade()
    (course_class.out / "grades.json").write_text("{")
    for record in (course_class.out / ".records").rglob("*.json"):
        record.write_text(json.dumps({"student": "ada"}))
    course_class.grade()
    assert course_class.points()["ada", "net_shape"] == 2


def test_a_zip_of_canvas_is_marked(here, capsys, tmp_path):
    content = (here.place / "ada" / "05_alexnet.ipynb").read_bytes()
    with zipfile.ZipFile(tmp_path / "canvas.zip", "w") as archive:
        archive.writestr("lovelaceada_12_34_05_alexnet.ipynb", content)
        archive.writestr("babbagecharles_LATE_13_35_05_alexnet.ipynb", content)
    code, out, _ = run(
        capsys, "grade", tmp_path / "canvas.zip", "--out", here.out, "--due", "2020-01-01", "--late", "10%/day"
    )
    assert code == 0 and "the LMS's mark (2)" in out
    assert "babbagecharles_13, 05_alexnet: late, as the LMS says" in out
    assert here.points()["lovelaceada_12", "net_shape"] == 2
    assert not (here.out / ".unpacked").exists() and stat.S_IMODE((tmp_path / "canvas.zip").stat().st_mode) == 0o600


def test_export_of_no_grades_is_one_sentence(here, capsys, tmp_path):
    for options, says in (
        (["canvas", tmp_path / "x.csv"], "holds no grades"),
        (["blackboard"], "--to wants canvas, moodle, gradescope"),
        (["canvas", "a", "b"], "at most one file"),
    ):
        code, _, err = run(capsys, "export", here.out, "--to", *options)
        assert code == 1 and says in err and err.count("\n") == 1


def test_export_on_the_command_line(here, capsys, tmp_path):
    run(capsys, "grade", here.place, "--out", here.out)
    (tmp_path / "theirs.csv").write_text("Student,ID,SIS Login ID,Section,05 AlexNet (9)\nAda,1,ada,A,\nBob,2,bob,A,\n")
    code, out, err = run(capsys, "export", here.out, "--to", "canvas", tmp_path / "theirs.csv")
    assert (code, err) == (0, "") and lines(out)[0] == f"Grades filled in: 1, in {here.out / 'theirs-graded.csv'}."
    assert f"Ada,1,ada,A,{ALL:g}\n" in (here.out / "theirs-graded.csv").read_text()
    assert "  Bob: in the table, and 05_alexnet has no grade of theirs" in out
    code, _, err = run(capsys, "export", here.out, "--to", "canvas", tmp_path / "theirs.csv")
    assert code == 1 and "is there already" in err


def test_the_command_imports_nothing_of_keras():
    code = "import sys; from course.grading import command, export; print([m for m in sys.modules if m.startswith(('keras', 'tensorflow', 'sklearn'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout.strip() == "[]", ran.stdout + ran.stderr
