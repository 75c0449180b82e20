"""Who is in the class, and how late their work is: days counted by hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from course.grading import roster
from course.grading.roster import Student, lateness, matched, moment, rate
from course.grading.submissions import Submission

DUE = datetime(2027, 2, 1, 23, 59, tzinfo=UTC)


def written(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "roster.csv"
    path.write_bytes(text.encode(encoding))
    return path


def handed_in(when=None, **more):
    return Submission("ada", "05_alexnet", None, when, **more)


def late(when, entry=None, due=DUE, cost=0.1, **more):
    found = lateness(handed_in(when, **more), entry, due, cost)
    return found.days, round(found.cost, 6)


# --- the file


def test_a_roster(tmp_path):
    text = "Student,Name,E-Mail,LMS ID,Extension,Time zone,Group\nada,Ada Lovelace,ada@x.org,12,3 days,Europe/London,A\n\nbob,,,,,,\n"
    assert roster.read(written(tmp_path, text)) == [
        Student("ada", "Ada Lovelace", "ada@x.org", "12", "3 days", "", "Europe/London"),
        Student("bob"),
    ]


@pytest.mark.parametrize("start", ["", "\ufeff"], ids=["plain", "with a mark"])
def test_semicolons_and_a_byte_order_mark(tmp_path, start):
    (entry,) = roster.read(written(tmp_path, f'{start}student;name\r\n"NA";"Lovelace; Ada"\r\n'))
    assert (entry.student, entry.name) == ("NA", "Lovelace; Ada")


@pytest.mark.parametrize(
    "text, says",
    [
        ("", "no column student"),
        ("name,email\nada,x\n", "no column student"),
        ("student\nada\nADA\n", "line 3: 'ADA' is there twice"),
        ("student,name\n,Ada\n", "line 2: the column student is empty"),
        ("student,extension\nada,soon\n", "line 2: 'soon' is no date"),
        ("student,timezone\nada,Mars/Olympus\n", "line 2: 'Mars/Olympus' is no time zone"),
        ("student,timezone\nada,Europe\n", "line 2: 'Europe' is no time zone"),
        ("student,submitted\nada,1/2/27\n", "line 2: '1/2/27' is no date"),
        ('student\n"ada\n', "no table|not a table"),
    ],
)
def test_a_roster_that_is_wrong_is_one_sentence(tmp_path, text, says):
    with pytest.raises(ValueError, match=says):
        roster.read(written(tmp_path, text))


def test_a_roster_in_another_encoding_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="UTF-8"):
        roster.read(written(tmp_path, "student\nÉmilie\n", "latin-1"))


# --- who is who


def test_a_submission_is_a_students_by_name_number_or_the_name_in_the_lms():
    students = [
        Student("ada", "Ada Lovelace", lms_id="12"),
        Student("zo\u00eb", "Zo\u00eb"),
        Student("jm1", "Jörg Müller"),
        Student("jm2", "Jörg Müller"),
        Student("emil", "Emil Post"),
    ]
    cases = {
        "ADA ": Submission("ADA ", "05_alexnet", None),
        "zoe": Submission("Zoe\u0308", "05_alexnet", None),
        "number": Submission("whoever_12", "05_alexnet", None, name="whoever", lms_id="12"),
        "name": Submission("postemil_9", "05_alexnet", None, name="postemil", lms_id="9"),
        "two of that name": Submission("müllerjörg_5", "05_alexnet", None, name="müllerjörg", lms_id="5"),
        "another number": Submission("lovelaceada_13", "05_alexnet", None, name="lovelaceada", lms_id="13"),
        "nobody": Submission("eve", "05_alexnet", None),
    }
    names = [each.student for each in matched(cases.values(), students)]
    assert names == ["ada", "zo\u00eb", "ada", "emil", "müllerjörg_5", "lovelaceada_13", "eve"]


# --- late


@pytest.mark.parametrize(
    "over, days, cost",
    [
        (timedelta(days=-30), 0, 0),
        (timedelta(0), 0, 0),
        (timedelta(seconds=59), 0, 0),  # a deadline lasts to the end of its minute
        (timedelta(seconds=60), 1, 0.1),
        (timedelta(hours=23), 1, 0.1),
        (timedelta(hours=24, seconds=59), 1, 0.1),
        (timedelta(hours=24, seconds=60), 2, 0.2),
        (timedelta(days=9), 9, 0.9),
        (timedelta(days=40), 40, 1.0),
    ],
)
def test_a_day_begun_counts(over, days, cost):
    assert late(DUE + over) == (days, cost)


def test_extensions():
    over = DUE + timedelta(days=2, hours=1)
    assert late(over) == (3, 0.3)
    assert late(over, Student("ada", extension="1 day")) == (2, 0.2)
    assert late(over, Student("ada", extension="3 days")) == (0, 0)
    assert late(over, Student("ada", extension="2027-02-03 23:59+00:00")) == (1, 0.1)
    assert late(
        datetime(2027, 2, 4, 23, 59, 30, tzinfo=UTC), Student("ada", extension="2027-02-04", timezone="UTC")
    ) == (0, 0)


def test_a_deadline_is_in_the_students_time_zone_unless_it_says_its_own():
    naive = datetime(2027, 2, 1, 23, 59)
    when = datetime(2027, 2, 2, 6, 30, tzinfo=UTC)  # 01:30 in New York, 15:30 in Tokyo
    assert late(when, Student("ada", timezone="America/Los_Angeles"), naive) == (0, 0)  # 22:30 the day before
    assert late(when, Student("ada", timezone="America/New_York"), naive) == (1, 0.1)
    assert late(when, Student("ada", timezone="Asia/Tokyo"), naive) == (1, 0.1)
    assert late(when, Student("ada", timezone="America/Los_Angeles"), DUE) == (1, 0.1)
    machine = naive.astimezone()  # without any, this machine's
    assert late(machine + timedelta(seconds=30), None, naive) == (0, 0)
    assert late(machine + timedelta(seconds=90), None, naive) == (1, 0.1)


def test_a_day_is_one_of_the_students_clock_also_where_the_clocks_change():
    berlin = Student("ada", timezone="Europe/Berlin")

    def days(due, when):
        zone = ZoneInfo("Europe/Berlin")
        told = replace(berlin, submitted=when)
        found = {
            late(None, told, due)[0],
            late(datetime.fromisoformat(when).replace(tzinfo=zone).astimezone(UTC), berlin, due)[0],
        }
        return found.pop() if len(found) == 1 else found

    spring, autumn = (
        datetime(2027, 3, 27, 23, 59),
        datetime(2027, 10, 30, 23, 59),
    )  # the nights before 28 March, 31 October
    assert days(spring, "2027-03-28 23:59:30") == 1  # 23 hours
    assert days(spring, "2027-03-29 00:30") == 2
    assert days(autumn, "2027-10-31 23:59:30") == 1  # 25 hours
    assert days(autumn, "2027-11-01 00:30") == 2


def test_the_rosters_time_goes_before_the_lms_and_that_before_the_file():
    week = DUE + timedelta(days=7)
    entry = Student("ada", submitted="2027-02-03 12:00+00:00")
    assert lateness(handed_in(week, late=True), entry, DUE, 0.1) == roster.Late(2, "the roster", 0.2)
    assert lateness(handed_in(week, late=False), None, DUE, 0.1) == roster.Late(0, "the LMS's mark", 0.0)
    assert lateness(handed_in(week, late=True), None, DUE, 0.1) == roster.Late(None, "the LMS's mark", 0.0)
    assert lateness(handed_in(week), None, DUE, 0.1) == roster.Late(7, "the time of the file", 0.7)
    assert lateness(handed_in(None), None, DUE, 0.1) == roster.Late(None, "nothing", 0.0)


def test_moments_and_rates():
    assert moment("2027-02-01 23:59") == datetime(2027, 2, 1, 23, 59)
    assert moment("2027-02-01") == datetime(2027, 2, 1, 23, 59)
    assert moment("2027-02-01T08:00+01:00") == datetime(2027, 2, 1, 7, 0, tzinfo=UTC)
    assert rate("10%/day") == 0.1 and rate(" 2.5 % / day ") == 0.025 and rate("100%/day") == 1
    for text in ("10%", "10/day", "0%/day", "101%/day", "-5%/day", "ten%/day", "nan%/day", ""):
        with pytest.raises(ValueError, match="10%/day"):
            rate(text)
    for text in ("", "tomorrow", "01.02.2027", "2027-02-30", "2027-02-01 24:30"):
        with pytest.raises(ValueError, match="is no date"):
            moment(text)
