"""Pages: what a student may read and no more, nothing of theirs that the browser would run, and a report that is whole."""

import re
from html.parser import HTMLParser

import pytest

from course.grading import feedback
from course.grading.grades import Entry, rows_of
from course.grading.results import Mark, Marked
from course.grading.roster import Late

LECTURE = {"number": 5, "title": "LeNet and AlexNet"}
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)> \"&'{{ 7*7 }}{% raise %}"
TAGS = {  # what our own templates write
    *(
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "main",
        "h1",
        "h2",
        "h3",
        "p",
        "b",
        "a",
        "span",
        "section",
        "pre",
    ),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "div", "code", "wbr", "br"),
}


class Reader(HTMLParser):
    """Collects the tags, their attributes and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += f" {data}"


def harmless(page):
    """Assert that a page loads and runs nothing and has no tag but ours; return its text."""
    read = Reader(page)
    assert set(read.tags) <= TAGS
    for name, value in read.attributes:
        assert not name.startswith("on") and name not in ("src", "srcset", "action", "formaction")
        assert name != "href" or re.fullmatch(r"feedback/[\w.-]+/\d\d_\w+\.html", value)
    assert "url(" not in page and "@import" not in page and "http" not in page.replace("http-equiv", "")
    return read.text


def entry(student, *marks, status="marked", reason=None, late=None):
    marked = Marked(student, "05_alexnet", "file", "abc", status, reason, marks, 1.0)
    return Entry(
        student, "05_alexnet", marked, {mark.exercise: mark.out_of for mark in marks} or {"one": 1.0}, late=late
    )


def page_of(made, by_hand=None):
    return feedback.feedback(made.student, LECTURE, rows_of([made], by_hand or {}), made.late, made.marked.reason)


MARKS = (
    Mark("one", "right", 2.0, 2.0, sentence="Right."),
    Mark(
        "two",
        "wrong",
        0.0,
        3.0,
        "off by one",
        "Not right yet. Count the posts.",
        (("x", "SECRET 17"), ("expected", "SECRET 18")),
    ),
    Mark("three", "not attempted", 0.0, 1.0, sentence="Not attempted."),
    Mark("four", "error", None, 1.0, sentence="Your cell raised.", traceback="NameError: name 'np' is not defined"),
    Mark("five", "timeout", None, 1.0, sentence="SECRET workings of the marking"),
)


def test_a_page_says_what_a_student_needs():
    text = harmless(page_of(entry("Ada Lovelace", *MARKS, late=Late(2, "the roster", 0.2))))
    for words in (
        *("Ada Lovelace", "LeNet and AlexNet", "1.6 of 8 points", "Count the posts.", "NameError: name 'np'"),
        *(
            "2 days begun, which costs 20% of the points",
            "Your cell raised. A person",
            "Your answer took too long. A person will look at it.",
            "2 of 5 exercises",
        ),
    ):
        assert words in " ".join(text.split())


def test_no_hidden_case_and_no_expected_value_is_in_it():
    marks = [
        *MARKS,
        Mark(
            "six",
            "wrong",
            0.0,
            1.0,
            "wrong shape",
            "Not right yet. The result has shape (3, 4), and (41, 43) is wanted.",
        ),
        Mark(
            "seven", "wrong", 0.0, 1.0, "wrong dtype", "Not right yet. It holds floats, and SECRET integers are wanted."
        ),
        Mark("eight", "wrong", 0.0, 1.0, "raises", "Not right yet. Your answer raises KeyError on this input."),
    ]
    page = page_of(entry("ada", *marks))
    assert "SECRET" not in page and "(41, 43)" not in page and "this input" not in page
    assert "another shape" in page and "KeyError on an input that it was tried with" in page


def test_nobody_else_is_named():
    made = [entry(name, *MARKS) for name in ("ada", "bob", "zoe")]
    rows = rows_of(made, {})
    page = feedback.feedback("bob", LECTURE, [row for row in rows if row.student == "bob"])
    assert "bob" in page and "ada" not in page.lower() and "zoe" not in page.lower()


@pytest.mark.parametrize("where", ["student", "sentence", "traceback", "note", "reason", "mistake", "exercise"])
def test_what_a_student_wrote_is_text(where):
    student = EVIL if where == "student" else "ada"
    name = EVIL if where == "exercise" else "one"
    if where == "traceback":
        made = entry(student, Mark(name, "error", None, 1.0, traceback=EVIL))
    elif where == "reason":
        made = entry(student, status="unreadable", reason=EVIL)
    else:
        mistake = EVIL if where == "mistake" else "m"
        made = entry(student, Mark(name, "wrong", 0.0, 1.0, mistake, EVIL if where == "sentence" else "s"))
    by_hand = {("ada", "05_alexnet", "one"): (1.0, EVIL)} if where == "note" else {}
    page = page_of(made, by_hand)
    text = harmless(page)
    assert (EVIL in text) or where == "mistake"  # the name of a mistake is for the report alone
    rows = rows_of([made], by_hand)
    harmless(report([made], rows, aside=EVIL, alike=EVIL))


def report(made, rows, aside="a file", alike="x = 1"):
    pair = {
        "lecture": "05_alexnet",
        "exercise": "one",
        "first": alike,
        "second": "bob",
        "score": 0.93,
        "answers": (alike, "y"),
    }
    return feedback.report(
        made, rows, {(made[0].student, "05_alexnet"): "feedback/ada/05_alexnet.html"}, summary="Two notebooks.",
        people=[{"student": aside, "lecture": "05_alexnet", "exercise": "one", "reason": aside}],
        moved=[{"student": aside, "lecture": "05", "exercise": "one", "old": ("right", 1.0), "new": ("crashed", None), "why": aside}],
        not_marked=[{"student": "", "file": aside, "reason": aside}],
        alike=[pair], facts=[("Seed of the inputs", "77"), ("Versions", "keras 3")],
    )  # fmt: skip


def test_the_report_counts_what_the_class_made():
    made = [
        entry("ada", Mark("one", "wrong", 0.0, 2.0, "off by one"), Mark("two", "right", 3.0, 3.0)),
        entry("bob", Mark("one", "wrong", 0.0, 2.0, "off by one"), Mark("two", "crashed", None, 3.0)),
        entry("cem", Mark("one", "wrong", 0.0, 2.0, "forgets the bias"), Mark("two", "not attempted", 0.0, 3.0)),
        entry("dee", Mark("one", "wrong", 0.0, 2.0), Mark("two", "right", 3.0, 3.0)),
    ]
    text = " ".join(harmless(report(made, rows_of(made, {}))).split())
    assert "one 0 4 0 0 2 off by one 1 forgets the bias 1 no named one" in text
    assert "two 2 0 1 1" in text
    assert "ada 3 0 3" in text and "bob ? 0 ?" in text and "cem 0 0 –" in text
    for words in ("Needs a person (1)", "right, 1 crashed, ?", "93% alike", "Seed of the inputs 77", "keras 3"):
        assert words in text


def test_pages_are_readable_on_light_dark_and_paper(contrast):
    page = page_of(entry("ada", *MARKS))
    assert "prefers-color-scheme: dark" in page and "@media print" in page and "Content-Security-Policy" in page
    for theme in re.findall(r":root \{(.*?)\}", page):
        colours = dict(re.findall(r"--(\w+): #(\w+);", theme))
        rgb = {name: [int((code * 2 if len(code) == 3 else code)[i : i + 2], 16) for i in (0, 2, 4)] if len(code) == 6
               else [int(digit * 2, 16) for digit in code] for name, code in colours.items()}  # fmt: skip
        for name in ("ink", "quiet", "right", "wrong", "ask"):
            for ground in ("paper", "shade"):
                assert contrast(rgb[name], rgb[ground]) >= 4.5, (name, ground, theme)


def test_half_a_character_does_no_harm(tmp_path):
    from course.grading import store

    store.write(tmp_path / "page.html", page_of(entry("\ud800", Mark("one", "error", None, 1.0, traceback="\udfff"))))
    assert "?" in (tmp_path / "page.html").read_text(encoding="utf-8")
