"""A class at once, by the command: all bad input beside honest work. Nothing is lost, nothing is left running."""

import csv
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile

import pytest
from attacks import ATTACKS, HONEST, LAYER, NEURON, RIGHT, tries, undeserved
from handed_in import LIMITS, below, needs_walls, notebook, started, submission, wait_until_gone

from course.workplace import root

SEED = 11
LECTURE = "01_neurons"
EXTRA = ("-c", f"""import sys
from course import cli
from course.grading import sandbox
limits = sandbox.Limits(**{vars(LIMITS) | {"question": 10.0, "exercise": 30.0, "whole": 240.0, "memory": 3 * 2**29}})
sandbox.Limits = lambda: limits  # the command as it is, but for shorter limits
sys.exit(cli.main(sys.argv[1:]))""")  # fmt: skip

# What honest students answer: (answers, {exercise: its mark, a mistake's name or "right"}).
KNOWN = (
    (HONEST, RIGHT),
    (
        (NEURON.replace(" + bias", ""), "largest_factor = 0.25"),
        {"neuron_output": "bias forgotten", "largest_factor": "one layer"},
    ),
    (
        ("xor_weights = dict(hidden_weights=[[1, 1], [1, 1]], hidden_biases=[-0.5, -1.5], output_weights=[1, 0], output_bias=-0.5)", LAYER),
        {"xor_weights": "OR", "layer_output": "right"},
    ),
    (("def dead_units(sums):\n    pass", NEURON), {"dead_units": "returns nothing", "neuron_output": "right"}),
)  # fmt: skip


def ids(*names):
    """Return a notebook of honest answers whose cells have these ids."""
    made = json.loads(notebook(started(*HONEST)))
    for cell, name in zip(made["cells"], names, strict=False):
        cell["id"] = name
    return json.dumps(made).encode()


def third():
    """Return a notebook of honest answers as nbformat 3 has it."""
    cells = [{"cell_type": "code", "input": cell, "language": "python"} for cell in started(*HONEST)]
    return json.dumps({"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}).encode()


def put(folder, content, name=f"{LECTURE}.ipynb"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def two(folder):
    put(folder, notebook(started("largest_factor = 0.25")))
    os.utime(folder / f"{LECTURE}.ipynb", (1_000_000_000, 1_000_000_000))
    put(folder, notebook(started(*HONEST)), f"{LECTURE} (1).ipynb")


def beside(folder):
    put(folder, notebook(started(*HONEST)))
    put(folder, b"raise SystemExit", "numpy.py")


def link(folder):
    folder.mkdir()
    outside = submission(folder.parents[1], started(*HONEST), student="outside")
    (folder / f"{LECTURE}.ipynb").symlink_to(outside.path)


def packed(folder, inside, content):
    with zipfile.ZipFile(folder.with_suffix(".zip"), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{inside}/{LECTURE}.ipynb", content)


# name: (what puts it into the student's folder, {exercise: status}, or in words why it is unreadable)
FILES = {
    "truncated JSON": (lambda folder: put(folder, notebook(started(*HONEST))[:-20]), "no JSON"),
    "nbformat 3": (lambda folder: put(folder, third()), RIGHT),
    "zero bytes": (lambda folder: put(folder, b""), "empty"),
    "a directory named like a notebook": (
        lambda folder: put(folder / f"{LECTURE}.ipynb", b"x", "inside.txt"),
        "it is a folder",
    ),
    "a symbolic link out of the folder": (link, "symbolic link"),
    "a zip bomb": (lambda folder: packed(folder, folder.name, bytes(30 * 2**20)), "unpacks to more than"),
    "duplicated cell ids": (lambda folder: put(folder, ids(*"aaaaaaaa")), RIGHT),
    "missing cell ids": (lambda folder: put(folder, ids()), RIGHT),
    "a renamed file": (lambda folder: put(folder, notebook(started(*HONEST)), f"{LECTURE} (1).ipynb"), RIGHT),
    "two by one student": (two, RIGHT),
    "not on the roster": (lambda folder: put(folder, notebook(started(*HONEST))), RIGHT),
    "Zoë Ωμέγα 学生": (lambda folder: put(folder, notebook(started(*HONEST))), RIGHT),
    "a numpy.py beside it": (beside, RIGHT),
}

# Every line of "bad input", and the attacks that stand for it.
TRIED = """
    an honest answer; no code at all; wrong; syntax error; infinite loop; loop that swallows interrupts; os._exit;
    kernel killed; memory bomb; fork bomb; disk filler; gigabytes of output; duplicated cells; __eq__ that is always true;
    lambdas; generators; a class; huge array; huge array, as a promise; NaN; reading references;
    reading references in the memory; reading other files; reading the environment; reading /proc;
    patching course, builtins and json; AST transformer; forged replies; told that all is right;
    leaving processes behind; writing to the parent's files; a message for the next one
"""
TRIED = [" ".join(name.split()) for name in TRIED.split(";")]
FEW = ["infinite loop", "os._exit", "reading other files", "forged replies", "leaving processes behind"]
FEW_FILES = ["zero bytes", "not on the roster"]


class Class:
    """A class that hands in `tried` attacks, `files` and as much honest work as makes it `size` submissions."""

    def __init__(self, folder, tried, files, size, port):
        self.folder, self.place, self.out = folder, folder / "submissions", folder / "grades"
        self.place.mkdir()
        self.deserved, self.known = {}, {}
        bad = [*((self._attack, name) for name in tried), *((self._file, name) for name in files)]
        honest = size - len(bad) - 1
        every = len(bad) / honest  # the honest ones stand in between
        for number in range(honest):
            self._honest(f"{int(number * every):02} honest {number}", *KNOWN[number % len(KNOWN)])
        for number, (make, name) in enumerate(bad):
            make(f"{number:02} tries {name.replace('/', '_')}", name, port)
        # and a zip slip, whose student is called "..", as its path says
        packed(self.place / "slip", "../../../slipped", notebook(started(*HONEST)))
        names = [name for name in self.deserved if "not on the roster" not in name]
        (folder / "roster.csv").write_text("\n".join(["student", *(f'"{name}"' for name in names)]), encoding="utf-8")

    def _honest(self, student, answers, marks):
        submission(self.place, started(*answers), student=student)
        self.deserved[student] = {name: mark if mark == "right" else "wrong" for name, mark in marks.items()}
        self.known[student] = marks

    def _attack(self, student, name, port):
        submission(self.place, started(*tries(name, port, self.place)), student=student)
        self.deserved[student] = ATTACKS[name][1]

    def _file(self, student, name, port):
        make, self.deserved[student] = FILES[name]
        make(self.place / student)

    def command(self):
        more = ["--roster", str(self.folder / "roster.csv"), "--seed", str(SEED), "--workers", "4"]
        return [sys.executable, *EXTRA, "grade", str(self.place), "--out", str(self.out), *more]

    def start(self):
        environment = {**os.environ, "A_SECRET": "of the marker"}
        return subprocess.Popen(
            self.command(), cwd=root(), env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def marked(self):
        return len(list(self.out.glob(".records/*/*.json")))

    def grades(self):
        """Return {(student, exercise): (status, mistake, points)}."""
        with open(self.out / "grades.csv", encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return {(row["student"], row["exercise"]): (row["status"], row["mistake"], row["points"]) for row in rows}


class Watch(threading.Thread):
    """Notes all processes that ever were below the process `pid`, until `stop`."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.seen, self.ended = pid, set(), threading.Event()
        self.start()

    def run(self):
        while not self.ended.wait(0.2):
            self.seen |= set(below(self.pid))

    def left(self):
        """Return those of them that are still there."""
        self.ended.set()
        self.join()
        assert len(self.seen) > 4
        return wait_until_gone(self.seen)


@pytest.fixture
def handed_in(tmp_path):
    """A function that makes a `Class`."""
    needs_walls()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def make(name, *members):
            (tmp_path / name).mkdir()
            return Class(tmp_path / name, *members, port=server.getsockname()[1])

        yield make


def run(some):
    """Mark a `Class` to its end; return what was said."""
    command = some.start()
    watch = Watch(command.pid)
    out, errors = command.communicate()
    assert (command.returncode, errors) == (0, "")
    assert watch.left() == []
    return out


def kill(some, after):
    """Kill the marking of a `Class` when so many are marked."""
    command = some.start()
    watch = Watch(command.pid)
    while some.marked() < after and command.poll() is None:
        time.sleep(0.02)
    command.kill()
    command.communicate()
    assert command.returncode < 0, "it was done before it was killed"
    assert watch.left() == []


def check(some, out):
    """Compare the grades with what everybody deserves, and what was said with what is open."""
    grades = some.grades()
    for student, deserved in some.deserved.items():
        own = {exercise: grade for (name, exercise), grade in grades.items() if name == student}
        assert own, student
        if isinstance(deserved, str):
            assert {status for status, *_ in own.values()} == {"unreadable"}
            assert f"{student}, {LECTURE}: unreadable: " in out and deserved in out.split(f"  {student}, ")[1]
        else:
            assert undeserved({name: status for name, (status, *_) in own.items()}, deserved) == {}, (student, own)
        for exercise, (status, _, points) in own.items():
            assert (points == "") == (status not in ("right", "wrong", "not attempted")), (student, exercise)
            assert (points not in ("", "0")) == (status == "right")
            if points == "" and not isinstance(deserved, str):
                who = (f"  {student}, {LECTURE}, {exercise}", f"  {student}, {LECTURE}")
                assert any(line.startswith(tuple(f"{each}: {status}: " for each in who)) for line in out.splitlines())
    for student, marks in some.known.items():
        for exercise, mark in marks.items():
            status, mistake, _ = grades[student, exercise]
            assert mark == (mistake or status), (student, exercise)
    assert len([line for line in out.splitlines() if "its path leads out of the zip" in line]) == 1
    assert not list(some.folder.parent.rglob("slipped")) and not (some.folder / "slipped").exists()
    strangers = ["..", *(name for name in some.deserved if "not on the roster" in name)]
    told = {line.strip() for line in out.splitlines() if line.endswith(": not on the roster")}
    assert told == {f"{name}, {LECTURE}: not on the roster" for name in strangers}


def settled(grades):
    """Return the grades; of those that are open only that they are."""
    return {who: grade if grade[2] else "open" for who, grade in grades.items()}


def test_a_class_whose_marking_is_killed_and_run_again_gets_what_it_deserves(handed_in):
    some = handed_in("class", FEW, FEW_FILES, 12)
    kill(some, after=3)
    before = some.marked()
    out = run(some)
    assert f"{before} are unchanged" in out and before >= 3
    check(some, out)


@pytest.mark.long
def test_sixty_submissions_with_every_bad_input(handed_in):
    whole, killed = (handed_in(name, TRIED, FILES, 60) for name in ("whole", "killed"))
    assert len(whole.deserved) + 1 == 60 and len(whole.known) >= 14
    started_at = time.monotonic()
    check(whole, run(whole))
    print(f"60 submissions: {time.monotonic() - started_at:.0f} s")
    kill(killed, after=25)
    before = killed.marked()
    out = run(killed)
    assert f"{before} are unchanged" in out
    check(killed, out)
    assert settled(killed.grades()) == settled(whole.grades())
