"""Reading a source: cells know their lines, and what is wrong is said with its place."""

import pytest

from course.authoring.source import check_name, read


def test_cells_know_the_lines_of_the_file(lecture):
    source = lecture()
    assert [cell.kind for cell in source.cells] == ["markdown", *["code"] * 4]
    assert [cell.exercise for cell in source.cells] == [None, None, "area", "corners", None]
    assert source.cells[1].tags == ("start",)
    lines = source.text.split("\n")
    for cell in source.cells:
        for position, text in enumerate(cell.lines):
            assert lines[cell.line + position - 1].removeprefix("# ").rstrip("# ") == text.rstrip("# ")
    assert source.about["minutes"] == {"quick": 0.5, "full": 3}
    assert (source.name, source.topic, source.label) == ("01_triangles", "triangles", "solutions/01_triangles.py")


def test_lines_survive_quotes_magics_and_markers_in_strings(lecture):
    last = '# %%\nprint("shown")'
    new = '# %% [markdown]\n"""\nquoted\n"""\n\n# %%\n# %matplotlib inline\ntext = """\n# %% no\n"""\n\n# %%\nend = 1'
    source = lecture((last, new))
    lines = source.text.split("\n")
    quoted, magic, end = source.cells[-3:]
    assert quoted.source == "quoted" and lines[quoted.line - 1] == "quoted"
    assert magic.lines[0] == "%matplotlib inline" and lines[magic.line - 1] == "# %matplotlib inline"
    assert end.source == "end = 1" and lines[end.line - 1] == "end = 1"


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_ends_of_line_do_not_change_the_hash(lecture, ending):
    source = lecture()
    source.path.write_bytes(source.text.replace("\n", ending).encode())
    assert read(source.path).hash == source.hash


TITLE = '#     title: "Triangles"\n'


@pytest.mark.parametrize(
    "old, new, says",
    [
        (TITLE, "", "title is missing; it wants one line of text"),
        (TITLE, "#     title: 3\n", "title is 3; it wants one line of text"),
        (TITLE, '#     title: ""\n', "title is ''; it wants one line of text"),
        (
            TITLE,
            TITLE + "#     titel: x\n",
            "unknown key 'titel'; the keys are title, summary, minutes, memory_gb, needs",
        ),
        ("{quick: 0.5, full: 3}", "{quick: 0.5}", "minutes is {'quick': 0.5}; it wants {quick: …, full: …}"),
        ("{quick: 0.5, full: 3}", "2", "minutes is 2; it wants {quick"),
        ("{quick: 1, full: 2}", "{quick: much, full: 2}", "memory_gb is {'quick': 'much', 'full': 2}; it wants"),
        ("{quick: 1, full: 2}", "{quick: true, full: 2}", "memory_gb is {'quick': True, 'full': 2}; it wants"),
        ("{quick: 1, full: 2}", "{quick: 0, full: 2}", "memory_gb is {'quick': 0, 'full': 2}; it wants"),
        ("needs: []", "needs: weights", "needs is 'weights'; it wants a list of texts"),
        ("{quick: 1, full: 2}", "{quick: 1, full: 2", "not YAML on line 8: "),
        ("#   course:", "#   kurs:", "wants the key jupyter, in it course"),
        ("#   course:", "#   jupytext: {formats: 'ipynb,py'}\n#   course:", "remove jupytext's formats"),
        ("# ---\n# jupyter", "# jupyter", "missing; line 1 must be `# ---`"),
        ("needs: []\n# ---", "needs: []\n", "not closed; it begins on line 1"),
    ],
)
def test_bad_front_matter(lecture, old, new, says):
    with pytest.raises(ValueError) as caught:
        lecture((old, new))
    assert str(caught.value).startswith(f"solutions/01_triangles.py: front matter: {says}")


@pytest.mark.parametrize(
    "old, new, line, says",
    [
        ('# %%\nprint("shown")', '# %% exercise=area\nprint("shown")', 34, "'exercise=area' is no cell metadata"),
        ('# %%\nprint("shown")', '# %% excercise="area"\nprint("shown")', 34, "'excercise' is no cell metadata"),
        (
            '# %%\nprint("shown")',
            '# %% tags="volatile"\nprint("shown")',
            34,
            "`# %% tags=\"volatile\"`: 'volatile' is not of type 'array'",
        ),
        (
            '# %%\nprint("shown")',
            '# %% exercise="an area"\nprint("shown")',
            34,
            "exercise is 'an area'; it wants the name",
        ),
        ('# %%\nprint("shown")', '# %% [markdown] exercise="a"\n# shown', 34, "exercise a is in a markdown cell"),
        ("# %% [markdown]\n# # Triangles", "import course\n\n# %% [markdown]", 11, "a lecture starts with a cell"),
    ],
)
def test_bad_cells_name_their_line(lecture, old, new, line, says):
    with pytest.raises(ValueError) as caught:
        lecture((old, new))
    assert str(caught.value).startswith(f"solutions/01_triangles.py:{line}: {says}")


def test_a_source_without_cells_or_that_is_no_text(lecture):
    path = lecture().path
    path.write_text(path.read_text().split("# %%")[0])
    with pytest.raises(ValueError, match=r"a lecture starts with a cell"):
        read(path)
    path.write_bytes(b"# ---\n\xff")
    with pytest.raises(ValueError, match=r"^solutions/01_triangles.py: not UTF-8 text"):
        read(path)


@pytest.mark.parametrize(
    "name", ["1_neurons", "01", "01_", "01-neurons", "01_Neurons", "01_2d", "001_neurons", "01__a", "01_a_"]
)
def test_names_that_are_none(name):
    with pytest.raises(ValueError, match=r"a lecture is called NN_topic"):
        check_name(name)


def test_a_file_called_otherwise(lecture):
    with pytest.raises(ValueError, match=r"^solutions/triangles.py: a lecture is called NN_topic"):
        lecture(name="triangles")


def test_jupytext_missing_is_one_sentence(lecture, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "jupytext", None)
    with pytest.raises(
        ModuleNotFoundError, match=r'^jupytext is not installed; install it with `pip install -e "\.\[build\]"`$'
    ):
        lecture()
