"""Grades into an LMS's own table: our cells, and not a byte of anything else."""

import json
import subprocess
import sys
import zipfile

import pytest

from course.grading import grades, store
from course.grading.export import RUN, _lines, export
from course.grading.grades import Entry, rows_of
from course.grading.results import Mark, Marked

HEAD = "Student,ID,SIS User ID,SIS Login ID,Section"
CANVAS = (
    "\ufeff" + HEAD + ",Notes,05 AlexNet (4711),Essay (12),Final Score\r\n"
    ',,,,,,Manual Posting,,\r\n'
    '    Points Possible,,,,,,5.00,10.00,(read only)\r\n'
    '"Lovelace, Ada",12,S-1,ada@x.org,A,"says ""hi"", twice",,"7,5",81.2\r\n'
    "\"Babbage, Charles\",13,S-2,bab,A,'kept', \"3.00\" ,,\r\n"
    '"Müller, Jörg",14,,jm,"B; C",,"4",9,\r\n'
    '"Post, Emil",15,S-4,post,B,,EX,,\r\n'
    '"Gödel, Kurt",16,S-5,goedel,B,,,1,\r\n'
    '"Student, Test",99,,deadbeef,A,,,,\r\n'
)  # fmt: skip


def entry(student, points, lecture="05_alexnet", **identity):
    """An entry with one exercise of 5 points; open if `points` is None."""
    status = "crashed" if points is None else "wrong" if points == 0 else "right"
    mark = Mark(
        "one", status, points, 5.0, "off by one" if status == "wrong" else None, "Not right yet. Count the posts."
    )
    marked = Marked(student, lecture, "f", "abc", "marked", None, (mark,), 1.0)
    return Entry(student, lecture, marked, {"one": 5.0}, identity={"name": "", "email": "", "lms_id": "", **identity})


CLASS = [
    entry("ada", 5.0, email="ADA@x.org"),
    entry("babbagecharles_13", 4.5, lms_id="13"),
    entry("jm", 0.0),
    entry("emil", 3.0, lms_id="15"),
    entry("kurt", None, lms_id="S-5"),
    entry("eve", 5.0),
    Entry("absent", "05_alexnet", None, {"one": 5.0}, identity={}),
]


@pytest.fixture
def out(tmp_path):
    return made(tmp_path, CLASS)


def made(tmp_path, entries):
    folder = tmp_path / "grades"
    grades.write_json(folder, entries, rows_of(entries, {}), {"seed": 1})
    return folder


def theirs(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "theirs.csv"
    path.write_bytes(text.encode(encoding))
    return path


# --- Canvas


def test_canvas_gets_our_points_and_keeps_every_other_byte(tmp_path, out):
    path = theirs(tmp_path, CANVAS)
    done = export(out, "canvas", path)
    expected = (
        CANVAS.replace('twice",,"7,5"', 'twice",5,"7,5"').replace(' "3.00" ', '"4.5"').replace(',"4",9,', ',"0",9,')
    )
    assert done.path.read_bytes().decode() == expected and done.count == 3
    assert path.read_bytes().decode() == CANVAS and done.path.stat().st_mode & 0o777 == 0o600
    said = "\n".join(done.left)
    for words in (
        "emil: EX stands there, and is kept",
        "kurt: 05_alexnet is open, a person has to decide",
        "Student, Test: in the table, and 05_alexnet has no grade of theirs",
        "eve: has a grade of 05_alexnet, and no line in the table",
    ):
        assert words in said
    assert len(done.left) == 4


@pytest.mark.parametrize(
    "text",
    [
        CANVAS,
        CANVAS.replace("\r\n", "\n"),
        CANVAS.rstrip(),
        CANVAS.replace(",", ";"),
        "a",
        "a\n\n\nb,\n",
        '"x\ny",z\n',
        "",
    ],
)
def test_a_table_taken_apart_and_put_together_is_the_same(text):
    delimiter = ";" if ";ID" in text else ","
    assert "".join(cell + end for line in _lines(text, delimiter) for cell, end in line) == text


def test_bytes_that_are_no_utf8_stay(tmp_path, out):
    path = theirs(tmp_path, CANVAS.removeprefix("\ufeff"), "latin-1")
    done = export(out, "canvas", path)
    assert "Müller".encode("latin-1") in done.path.read_bytes() and done.count == 3


def test_points_by_hand_count(tmp_path, out):
    (out / "by_hand.csv").write_text("student,lecture,exercise,points,note\nkurt,05_alexnet,one,2.25,\n")
    done = export(out, "canvas", theirs(tmp_path, CANVAS))
    assert '"Gödel, Kurt",16,S-5,goedel,B,,2.25,1,' in done.path.read_text()


def test_other_points_possible_are_told(tmp_path, out):
    done = export(out, "canvas", theirs(tmp_path, CANVAS.replace(",5.00,10.00", ",20.00,10.00")))
    assert "05 AlexNet (4711) is out of 20 there, and 05_alexnet out of 5 here" in done.left


@pytest.mark.parametrize(
    "change, options, says",
    [
        (("05 AlexNet (4711)", "Homework 5 (4711)"), {}, "no column of .* names 05_alexnet"),
        (("Essay (12)", "05_alexnet again (13)"), {}, "several columns that name 05_alexnet"),
        (("", ""), {"column": "Homework"}, "no columns 'Homework'"),
        (("", ""), {"column": "Final Score"}, "read only"),
        (("", ""), {"lecture": "06_vgg"}, "no grades of 06_vgg"),
        ((HEAD, "Who,Number,A,B,C"), {}, "no table of Canvas"),
        ((',12,S-1,ada@x.org', ',13,S-1,ada@x.org'), {}, "not the only one"),
        (("goedel", "jm"), {}, "not the only one of jm and kurt|not the only one of kurt and jm"),
    ],
)  # fmt: skip
def test_what_is_not_clear_is_one_sentence_and_writes_nothing(tmp_path, out, change, options, says):
    with pytest.raises(ValueError, match=says) as problem:
        export(out, "canvas", theirs(tmp_path, CANVAS.replace(*change) if change[0] else CANVAS), **options)
    assert "\n" not in str(problem.value) and not list(out.glob("*.csv"))


def test_a_column_can_be_named(tmp_path, out):
    done = export(out, "canvas", theirs(tmp_path, CANVAS), column="Essay (12)", out=tmp_path / "mine.csv")
    assert '"says ""hi"", twice",,"5",81.2' in done.path.read_text() and done.path == tmp_path / "mine.csv"


def test_nothing_is_overwritten(tmp_path, out):
    path = theirs(tmp_path, CANVAS)
    for target in (path, out / "grades.json"):
        before = target.read_bytes()
        with pytest.raises(ValueError, match="is there already"):
            export(out, "canvas", path, out=target)
        assert target.read_bytes() == before


def test_two_lectures_fill_two_columns(tmp_path):
    folder = made(tmp_path, [entry("ada", 5.0), entry("ada", 4.0, "06_vgg")])
    text = "Student,ID,SIS Login ID,Section,05_alexnet (1),06 VGG (2)\nAda,1,ada,A,,\n"
    done = export(folder, "canvas", theirs(tmp_path, text))
    assert done.path.read_text().endswith("Ada,1,ada,A,5,4\n") and done.count == 2
    with pytest.raises(ValueError, match="say with --lecture"):
        export(folder, "canvas", theirs(tmp_path, text), column="06 VGG (2)", out=tmp_path / "x.csv")


# --- Moodle


WORKSHEET = (
    'Identifier,"Full name","Email address",Status,Grade,"Maximum Grade","Grade can be changed","Last modified (grade)","Feedback comments"\n'
    'Participant 13,"Charles Babbage",bab@x.org,"Submitted for grading - ",,5.00,Yes,-,\n'
    'Participant 12,"Ada Lovelace",ada@x.org,"Submitted for grading - ",2.00,5.00,Yes,"Monday, 1 February 2027, 9:00 AM","good, so far"\n'
    'Participant 70,"Kurt Gödel",kurt@x.org,"No submission",,5.00,Yes,-,\n'
)  # fmt: skip


def test_moodles_worksheet(tmp_path, out):
    done = export(out, "moodle", theirs(tmp_path, WORKSHEET))
    expected = WORKSHEET.replace('grading - ",,5.00', 'grading - ",4.5,5.00').replace(
        'grading - ",2.00', 'grading - ",5'
    )
    assert done.path.read_text() == expected and done.count == 2
    assert "Kurt Gödel: in the table, and 05_alexnet has no grade of theirs" in done.left


def test_moodles_gradebook(tmp_path, out):
    text = '"First name","Last name","ID number","Email address","Assignment: 05 AlexNet (Real)"\nAda,Lovelace,,ada@x.org,-\nEmil,Post,15,e@x.org,-\n'
    done = export(out, "moodle", theirs(tmp_path, text))
    assert done.path.read_text() == text.replace("ada@x.org,-", "ada@x.org,5").replace("e@x.org,-", "e@x.org,3")


def test_moodle_in_another_language_is_matched_by_address(tmp_path, out):
    text = "ID,Vollständiger Name,E-Mail-Adresse,ID number,Bewertung\nTeilnehmer/in12,Ada,ada@x.org,,\n"
    done = export(out, "moodle", theirs(tmp_path, text), column="Bewertung")
    assert done.path.read_text().endswith("ada@x.org,,5\n")


@pytest.mark.parametrize("content", [b"", b"\n", b"PK\x03\x04\x00\x00", "Identifier".encode("utf-16")])
def test_a_file_that_is_no_table_is_one_sentence(tmp_path, out, content):
    (tmp_path / "x.csv").write_bytes(content)
    with pytest.raises(ValueError, match="is no table"):
        export(out, "moodle", tmp_path / "x.csv")


def test_a_platform_wants_its_file(out):
    with pytest.raises(ValueError, match="give that file too"):
        export(out, "canvas")


# --- Gradescope


def test_gradescope_gets_a_package_that_hands_out_results(tmp_path):
    folder = made(
        tmp_path,
        [entry("ada", 5.0, email="Ada@x.org"), entry("bob@x.org", 0.0), entry("cem", 1.0), entry("dee@x.org", None)],
    )
    done = export(folder, "gradescope")
    assert done.count == 2 and done.path.name == "gradescope-05_alexnet.zip"
    assert [sentence.split(":")[0] for sentence in done.left] == ["cem", "dee@x.org"]

    place = tmp_path / "autograder"
    (place / "results").mkdir(parents=True)
    with zipfile.ZipFile(done.path) as package:
        package.extractall(place / "source")
        assert {"setup.sh", "run_autograder"} <= set(package.namelist())
        assert not any("ada" in name or "bob" in name for name in package.namelist())
    script = tmp_path / "run.py"
    script.write_text(RUN.replace("/autograder/", f"{place}/"))
    for address, score in (("ada@X.org", 5.0), ("bob@x.org", 0.0), ("eve@x.org", None)):
        (place / "submission_metadata.json").write_text(
            json.dumps({"users": [{"email": address, "id": 1, "name": "A"}]})
        )
        subprocess.run([sys.executable, script], check=True)
        results = json.loads((place / "results" / "results.json").read_text())
        assert results.get("score") == score
        if score is not None:
            (test,) = results["tests"]
            assert (test["score"], test["max_score"], test["name"]) == (score, 5.0, "one")
            assert test["status"] == ("passed" if score else "failed") and test["output"]


def test_gradescope_takes_one_lecture(tmp_path):
    folder = made(tmp_path, [entry("a@x.org", 5.0), entry("a@x.org", 4.0, "06_vgg")])
    with pytest.raises(ValueError, match="say --lecture"):
        export(folder, "gradescope")
    assert export(folder, "gradescope", lecture="06_vgg").count == 1


def test_no_grades_is_one_sentence(tmp_path):
    store.write(tmp_path / "grades" / "grades.json", "{")
    for folder in (tmp_path / "grades", tmp_path / "nowhere"):
        with pytest.raises(ValueError, match="holds no grades"):
            export(folder, "gradescope")
