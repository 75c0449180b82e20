"""Finding what was handed in, however it is named, and refusing what is none."""

import os
import stat
import struct
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from course.grading import submissions
from course.grading.submissions import Submission, find, lecture_of, newest_of

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other names, links and rights")
LECTURES = ["04_receptive_fields", "05_alexnet"]
NOTEBOOK = b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.fixture
def scratch(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def place(tmp_path):
    folder = tmp_path / "submissions"
    folder.mkdir()
    return folder


def put(path, content=NOTEBOOK, time=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    if time:
        os.utime(path, (time, time))
    return path


def pack(path, members):
    """Write a zip of {name: bytes}."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def who(found):
    return [(each.student, each.lecture) for each in found.submissions]


def problems(found):
    return {each.file: each.problem for each in found.submissions}


# --- names


@pytest.mark.parametrize(
    "name, lecture",
    [
        ("05_alexnet.ipynb", "05_alexnet"),
        ("05_alexnet (1).ipynb", "05_alexnet"),
        ("05_alexnet-2.ipynb", "05_alexnet"),
        ("05-AlexNet_final.IPYNB", "05_alexnet"),
        ("Copy of 04 receptive fields.ipynb", "04_receptive_fields"),
        ("105_alexnet.ipynb", None),
        ("05_alexnets.ipynb", None),
        ("05_vgg.ipynb", None),
        ("alexnet.ipynb", None),
    ],
)
def test_a_file_name_tells_the_lecture(name, lecture):
    told = lecture_of(name, LECTURES)
    assert (told and told[0]) == lecture


@posix
def test_a_folder_for_each_student(place, scratch):
    names = ["ada", "Émilie du Châtelet", "李 雷", "=cmd", "x" * 200, "a;b", "-rf", "con", "%2e%2e"]
    for name in names:
        put(place / name / "05_alexnet.ipynb")
    put(place / "ada" / "04_receptive_fields (1).ipynb")
    put(place / "ada" / "deeper" / "still" / "notes.txt", b"mine")
    found = find(place, LECTURES, scratch)
    assert sorted(who(found)) == sorted([("ada", "04_receptive_fields"), *((name, "05_alexnet") for name in names)])
    assert found.older == () and found.aside == ()
    assert all(each.path.read_bytes() == NOTEBOOK and each.problem is None for each in found.submissions)


@posix
def test_a_name_with_control_characters_cannot_write_to_the_terminal(place, scratch):
    put(place / "ada\x1b[2J\u202e" / "05_alexnet.ipynb")
    (each,) = find(place, LECTURES, scratch).submissions
    assert each.student == "ada\ufffd[2J\ufffd" and each.file.isprintable()


def test_two_ways_to_write_one_letter_are_one_student(place, scratch):
    put(place / "Zoe\u0308" / "05_alexnet.ipynb", time=1_000_000)
    put(place / "Zo\u00eb" / "05_alexnet.ipynb", time=2_000_000)
    found = find(place, LECTURES, scratch)
    assert who(found) == [("Zo\u00eb", "05_alexnet")] and len(found.older) == 1


def test_what_editors_and_systems_leave_is_nobodys(place, scratch):
    put(place / "ada" / "05_alexnet.ipynb")
    put(place / "ada" / ".ipynb_checkpoints" / "05_alexnet-checkpoint.ipynb")
    put(place / "ada" / "._05_alexnet.ipynb")
    put(place / "__MACOSX" / "bob" / "05_alexnet.ipynb")
    put(place / ".DS_Store", b"x")
    put(place / "roster.csv", b"student")
    found = find(place, LECTURES, scratch)
    assert who(found) == [("ada", "05_alexnet")] and found.older == () and found.aside == ()


def test_what_cannot_be_placed_is_listed_with_its_reason(place, scratch):
    put(place / "ada" / "05_alexnet.ipynb")
    put(place / "ada" / "scrap.ipynb")
    put(place / "bob" / "homework.zip", b"PK")
    put(place / "cem" / "answer.py", b"print(1)")
    (place / "dee").mkdir()
    put(place / "05_alexnet.ipynb")
    aside = {(each.student, each.file): each.reason for each in find(place, LECTURES, scratch).aside}
    reasons = {student: reason for (student, _), reason in aside.items()}
    assert "tells no lecture" in reasons["ada"]
    assert "zip within" in reasons["bob"]
    assert "no notebook" in reasons["cem"]
    assert "empty" in reasons["dee"]
    assert "whose it is" in reasons[""]
    assert len(aside) == 5


def test_one_lecture_alone_takes_the_files_that_tell_none(place, scratch):
    put(place / "ada" / "homework.ipynb")
    put(place / "bob" / "05_alexnet.ipynb")
    put(place / "cem" / "04_receptive_fields.ipynb")
    found = find(place, LECTURES, scratch, only="05_alexnet")
    assert who(found) == [("ada", "05_alexnet"), ("bob", "05_alexnet")]


# --- files that are none


@posix
def test_files_that_cannot_be_read_are_kept_with_the_reason(tmp_path, place, scratch):
    outside = put(tmp_path / "outside" / "05_alexnet.ipynb")
    put(place / "ada" / "05_alexnet.ipynb", b"")
    (place / "bob" / "05_alexnet.ipynb").mkdir(parents=True)
    put(place / "bob" / "05_alexnet.ipynb" / "inner.ipynb")
    (place / "cem").mkdir()
    (place / "cem" / "05_alexnet.ipynb").symlink_to(outside)
    (place / "dee").symlink_to(outside.parent)
    (place / "eve").mkdir()
    os.mkfifo(place / "eve" / "05_alexnet.ipynb")
    (place / "fay").mkdir()
    (place / "fay" / "05_alexnet.ipynb").symlink_to("05_alexnet.ipynb")
    found = find(place, LECTURES, scratch)
    reasons = problems(found)
    assert "empty" in reasons["ada/05_alexnet.ipynb"]
    assert "folder" in reasons["bob/05_alexnet.ipynb"]
    assert "link" in reasons["cem/05_alexnet.ipynb"]
    assert "no regular file" in reasons["eve/05_alexnet.ipynb"]
    assert "link" in reasons["fay/05_alexnet.ipynb"]
    assert all(each.path is None for each in found.submissions) and len(found.submissions) == 5


def test_a_file_too_large_is_not_read(place, scratch, monkeypatch):
    monkeypatch.setattr(submissions, "MAX_BYTES", 10)
    put(place / "ada" / "05_alexnet.ipynb", b"x" * 11)
    (each,) = find(place, LECTURES, scratch).submissions
    assert "larger" in each.problem
    packed = pack(place.parent / "large.zip", {"ada/05_alexnet.ipynb": b"x" * 11})
    (each,) = find(packed, LECTURES, scratch).submissions
    assert "larger" in each.problem and not list(scratch.iterdir())


@pytest.mark.parametrize("what", ["nothing", "empty", "no notebook", "a file"])
def test_nothing_to_mark_is_one_sentence(place, scratch, what):
    if what == "nothing":
        place.rmdir()
    elif what == "no notebook":
        put(place / "ada" / "answer.py")
    elif what == "a file":
        place.rmdir()
        place.write_text("hello")
    with pytest.raises(ValueError, match="submissions") as problem:
        find(place, LECTURES, scratch)
    assert "\n" not in str(problem.value)


# --- two by one student


def test_the_newest_is_marked_and_the_others_are_listed(place, scratch):
    put(place / "ada" / "05_alexnet.ipynb", time=2_000_000)
    put(place / "ada" / "05_alexnet (1).ipynb", time=3_000_000)
    put(place / "ada" / "05_alexnet (2).ipynb", time=1_000_000)
    found = find(place, LECTURES, scratch)
    assert [each.file for each in found.submissions] == ["ada/05_alexnet (1).ipynb"]
    assert found.submissions[0].submitted == datetime.fromtimestamp(3_000_000, UTC)
    assert [each.file for each in found.older] == ["ada/05_alexnet.ipynb", "ada/05_alexnet (2).ipynb"]


def test_one_that_can_be_read_goes_before_a_newer_one_that_cannot(place, scratch):
    put(place / "ada" / "05_alexnet.ipynb", time=1_000_000)
    put(place / "ada" / "05_alexnet (1).ipynb", b"", time=2_000_000)
    found = find(place, LECTURES, scratch)
    assert [each.file for each in found.submissions] == ["ada/05_alexnet.ipynb"]
    assert "empty" in found.older[0].problem


def test_the_number_of_the_lms_goes_before_the_time_of_the_file():
    def made(number, day):
        return Submission(
            "ada", "05_alexnet", Path("x"), datetime(2027, 1, day, tzinfo=UTC), str(number), number=number
        )

    newest, older = newest_of([made(70, 1), made(60, 2)])
    assert [each.number for each in newest] == [70] and [each.number for each in older] == [60]
    newest, _ = newest_of([made(None, 2), made(60, 1)])  # one has no number: the time decides
    assert [each.number for each in newest] == [None]


# --- what an LMS gives


CANVAS = [
    # name, LATE where it is, the user's and the file's number, the file as it was called; "-1" is Canvas's for a second one
    ("lovelaceada_12345_67890_05_alexnet-1.ipynb", "lovelaceada_12345", "12345", 67890, False),
    ("babbagecharles_LATE_77_99_05_alexnet.ipynb", "babbagecharles_77", "77", 99, True),
    ("müllerjörg_LATE_5_6_copy of 05_alexnet_1_2_3.ipynb", "müllerjörg_5", "5", 6, True),
    ("anon_x9Yz_8_05_alexnet.ipynb", "anon_x9Yz", "anon_x9Yz", 8, False),
    ("LATE_anon_Ab1_9_05_alexnet.ipynb", "anon_Ab1", "anon_Ab1", 9, True),
    # what a student called their file cannot make it somebody else's
    ("hopper_31_32_lovelaceada_12345_99999_05_alexnet.ipynb", "hopper_31", "31", 32, False),
]


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_canvas(tmp_path, place, scratch, packed):
    if packed:
        place = pack(tmp_path / "submissions.zip", {name: NOTEBOOK for name, *_ in CANVAS})
    else:
        for name, *_ in CANVAS:
            put(place / name)
    found = find(place, LECTURES, scratch)
    got = {each.student: (each.lms_id, each.number, each.late) for each in found.submissions}
    assert got == {student: rest for _, student, *rest in CANVAS for rest in [tuple(rest)]}
    assert all(each.path.read_bytes() == NOTEBOOK for each in found.submissions)


def test_canvas_of_two_hand_ins_the_greater_number_is_marked(tmp_path, scratch):
    names = ["lovelaceada_12345_8_05_alexnet.ipynb", "lovelaceada_LATE_12345_90_05_alexnet-1.ipynb"]
    found = find(pack(tmp_path / "submissions.zip", dict.fromkeys(names, NOTEBOOK)), LECTURES, scratch)
    assert [each.number for each in found.submissions] == [90] and [each.number for each in found.older] == [8]


MOODLE = "Ada Lovelace_123456_assignsubmission_file_"


@pytest.mark.parametrize(
    "name", [f"{MOODLE}/05_alexnet.ipynb", f"{MOODLE}/sub folder/05_alexnet (1).ipynb", f"{MOODLE}05_alexnet.ipynb"]
)
@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_moodle(tmp_path, place, scratch, name, packed):
    members = {name: NOTEBOOK, "Charles Babbage_7_assignsubmission_onlinetext/onlinetext.html": b"<p>hello"}
    if packed:
        place = pack(tmp_path / "submissions.zip", members)
    else:
        for member, content in members.items():
            put(place / member, content)
    found = find(place, LECTURES, scratch)
    (each,) = found.submissions
    assert (each.student, each.name, each.lms_id) == ("Ada Lovelace_123456", "Ada Lovelace", "123456")
    assert [(aside.student, aside.reason) for aside in found.aside] == [("Charles Babbage_7", "it is no notebook")]


def test_a_flat_folder_with_names_before_the_lecture(place, scratch):
    put(place / "ada_05_alexnet.ipynb")
    put(place / "group_3_05_alexnet.ipynb")
    assert who(find(place, LECTURES, scratch)) == [("ada", "05_alexnet"), ("group_3", "05_alexnet")]


@pytest.mark.parametrize("outer", ["hand-ins/", ""])
def test_a_folder_around_the_class_is_no_student(tmp_path, scratch, outer):
    members = {f"{outer}ada/05_alexnet.ipynb": NOTEBOOK, f"{outer}bob/05_alexnet.ipynb": NOTEBOOK}
    found = find(pack(tmp_path / "class.zip", members), LECTURES, scratch)
    assert [student for student, _ in who(found)] == ["ada", "bob"]


def test_a_folder_around_canvas_files_is_no_student(tmp_path, scratch):
    members = {f"download/{name}": NOTEBOOK for name, *_ in CANVAS}
    found = find(pack(tmp_path / "class.zip", members), LECTURES, scratch)
    assert len(found.submissions) == len(CANVAS)


def test_one_students_folder_stays_theirs(place, scratch):
    put(place / "ada" / "week 5" / "05_alexnet.ipynb")
    assert who(find(place, LECTURES, scratch)) == [("ada", "05_alexnet")]


def test_a_zip_beside_the_folders_is_opened(place, scratch):
    put(place / "ada" / "05_alexnet.ipynb")
    pack(place / "late.zip", {"bob/05_alexnet.ipynb": NOTEBOOK})
    put(place / "broken.zip", b"no zip")
    found = find(place, LECTURES, scratch)
    assert who(found) == [("ada", "05_alexnet"), ("bob", "05_alexnet")]
    assert ["broken.zip" in each.reason for each in found.aside] == [True]


# --- zips that mean harm


def test_slips_and_links_are_not_unpacked(tmp_path, scratch):
    link = zipfile.ZipInfo("fay/05_alexnet.ipynb")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    path = tmp_path / "bad.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (
            "../evil/05_alexnet.ipynb",
            "/root/05_alexnet.ipynb",
            "..\\evil2\\05_alexnet.ipynb",
            "C:/x/05_alexnet.ipynb",
        ):
            archive.writestr(name, NOTEBOOK)
        archive.writestr(link, "/etc/passwd")
        archive.writestr("ada/05_alexnet.ipynb", NOTEBOOK)
    before = set(tmp_path.rglob("*"))
    found = find(path, LECTURES, scratch)
    reasons = {each.student: each.problem for each in found.submissions}
    assert reasons.pop("ada") is None
    assert "link" in reasons.pop("fay")
    assert len(reasons) == 3 and all("leads out" in reason for reason in reasons.values())  # ../ and ..\ are one folder
    assert {path.parent for path in set(tmp_path.rglob("*")) - before} == {scratch}


def test_bombs_are_not_unpacked(tmp_path, scratch, monkeypatch):
    members = {"ada/05_alexnet.ipynb": NOTEBOOK, "bob/05_alexnet.ipynb": bytes(20 * 2**20)}
    found = find(pack(tmp_path / "bomb.zip", members), LECTURES, scratch)
    reasons = {each.student: each.problem for each in found.submissions}
    assert reasons["ada"] is None and "200 times" in reasons["bob"]
    assert sum(path.stat().st_size for path in scratch.iterdir()) == len(NOTEBOOK)

    monkeypatch.setattr(submissions, "MAX_TOTAL", 3 * 2**20)  # many that are small enough by themselves
    many = {f"{number:02}/05_alexnet.ipynb": os.urandom(2**20) for number in range(6)}
    found = find(pack(tmp_path / "many.zip", many), LECTURES, scratch)
    assert [each.problem is None for each in found.submissions] == [True] * 3 + [False] * 3


def test_a_header_that_lies_about_the_size_is_found_out(tmp_path, scratch, monkeypatch):
    monkeypatch.setattr(submissions, "MAX_BYTES", 2**20)
    path = pack(tmp_path / "liar.zip", {"ada/05_alexnet.ipynb": bytes(30 * 2**20)})
    content = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):  # where the two headers tell the unpacked size
        start = content.find(mark)
        content[start + at : start + at + 4] = struct.pack("<I", 1000)
    path.write_bytes(content)
    (each,) = find(path, LECTURES, scratch).submissions
    assert each.problem and sum(file.stat().st_size for file in scratch.iterdir()) <= 2**20


def test_a_zip_in_a_zip_stays_closed(tmp_path, scratch):
    inner = pack(tmp_path / "inner.zip", {"05_alexnet.ipynb": NOTEBOOK}).read_bytes()
    found = find(
        pack(tmp_path / "outer.zip", {"ada/hw.zip": inner, "bob/05_alexnet.ipynb": NOTEBOOK}), LECTURES, scratch
    )
    assert who(found) == [("bob", "05_alexnet")] and [each.student for each in found.aside] == ["ada"]


def test_damaged_members_are_kept_with_the_reason(tmp_path, scratch):
    path = pack(tmp_path / "damaged.zip", {"ada/05_alexnet.ipynb": os.urandom(5000), "bob/05_alexnet.ipynb": NOTEBOOK})
    content = bytearray(path.read_bytes())
    content[500:600] = bytes(100)
    path.write_bytes(content)
    found = find(path, LECTURES, scratch)
    assert {each.student: bool(each.problem) for each in found.submissions} == {"ada": True, "bob": False}


def test_a_zip_cut_short_is_one_sentence(tmp_path, scratch):
    path = pack(tmp_path / "short.zip", {"ada/05_alexnet.ipynb": os.urandom(5000)})
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match="neither a folder nor a zip"):
        find(path, LECTURES, scratch)
