"""Notebooks made of cells: ids, metadata, the start cell's guard, and back to the cells that they were made of."""

import json
import re

import nbformat
import pytest

from course.authoring.notebook import address_in, cells_hash, full_notebook, student_notebook, text_of


def test_round_trip(lecture):
    """What is written, read again as a notebook, holds the source's cells, but for the start cell's guard."""
    source = lecture()
    notebook = nbformat.reads(text_of(full_notebook(source)), as_version=4)
    nbformat.validate(notebook)
    cells = [(cell.cell_type, cell.source, cell.metadata.get("exercise")) for cell in notebook.cells]
    expected = [(cell.kind, cell.source, cell.exercise) for cell in source.cells]
    assert cells[2:] == expected[2:]
    assert cells[0][1].startswith("# Triangles. **It costs** about 30 s and 1 GB")
    assert cells[1][1].endswith("\n\nrun = course.start()")


def test_ids_are_stable_unique_and_valid(lecture, stubs):
    twice = ('print("shown")', 'print("shown")\n\n# %%\nprint("shown")\n\n# %%\nprint("shown")')
    source = lecture(twice)
    notebooks = [full_notebook(source), student_notebook(source, stubs)]
    full, student = ([cell.id for cell in notebook.cells] for notebook in notebooks)
    assert full == [cell.id for cell in full_notebook(lecture(twice)).cells]
    for ids in (full, student):
        assert len(set(ids)) == len(ids) == 7
        assert all(re.fullmatch("[0-9a-f]{12}(-[0-9]+)?", name) for name in ids)
        assert ids[5:] == [f"{ids[4]}-2", f"{ids[4]}-3"]
    assert full[0] == student[0] and full[2] != student[2]

    changed = [cell.id for cell in full_notebook(lecture(twice, ("What does", "What would"))).cells]
    assert [old == new for old, new in zip(full, changed, strict=True)] == [False, *[True] * 6]


def test_metadata(lecture, stubs):
    source = lecture()
    full, student = full_notebook(source), student_notebook(source, stubs)
    for notebook in (full, student):
        assert set(notebook.metadata) == {"kernelspec", "language_info", "course"}
        assert notebook.metadata.kernelspec.name == "python3"
        assert "version" not in notebook.metadata.language_info
        assert notebook.metadata.course.title == "Triangles" and notebook.metadata.course.source_hash == source.hash
        assert notebook.metadata.course.cells_hash == cells_hash(notebook)
        assert notebook.cells[2].metadata == {"exercise": "area"}
    assert all(cell.outputs == [] for cell in student.cells if cell.cell_type == "code")
    comment = lecture(("max(height, 0)", "max(height, 0)  # never below 0"))
    assert full_notebook(comment).metadata.course.source_hash != source.hash


def test_volatile_cells_are_not_compared(lecture, stubs):
    source = lecture(('# %%\nprint("shown")', '# %% tags=["volatile"]\nprint("shown")'))
    for notebook in (full_notebook(source), student_notebook(source, stubs)):
        assert notebook.cells[-1].metadata.tags == ["volatile", "nbval-ignore-output"]
        assert notebook.cells[1].metadata.tags == ["start", "volatile", "nbval-ignore-output"]
        assert "tags" not in notebook.cells[2].metadata


@pytest.mark.parametrize(
    "address, message",
    [
        (None, "README.md says how to install the course"),
        ("https://example.org/c", 'first run, in a cell of its own: %pip install "course @ git+https://example.org/c"'),
    ],
)
def test_the_guard_says_how_to_install(lecture, stubs, monkeypatch, address, message):
    for notebook in (full_notebook(lecture(), address), student_notebook(lecture(), stubs, address)):
        monkeypatch.setitem(__import__("sys").modules, "course", None)  # as if it were not installed
        with pytest.raises(ModuleNotFoundError) as caught:
            exec(notebook.cells[1].source, {})
        assert str(caught.value) == message
        assert notebook.cells[1].source.index("run = course") - notebook.cells[1].source.index("try:") < 200


def test_the_address_stands_in_pyproject(tmp_path):
    assert address_in(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "course"\n')
    assert address_in(tmp_path) is None
    (tmp_path / "pyproject.toml").write_text('[project.urls]\nRepository = "https://example.org/c"\n')
    assert address_in(tmp_path) == "https://example.org/c"
    (tmp_path / "pyproject.toml").write_text("[project")
    with pytest.raises(ValueError, match=r"^pyproject.toml: "):
        address_in(tmp_path)


@pytest.mark.parametrize(
    "old, new, line",
    [
        ('# %% tags=["start"]', "# %%", 17),
        ("# %%\nprint", '# %% tags=["start"]\nprint', 35),
        ('# %% tags=["start"]', '# %%\n1\n\n# %% tags=["start"]', 20),
        ("import course\n", "import course as c\n", 17),
        ("course.start()", "1", 17),
    ],
)
def test_one_start_cell_and_the_first(lecture, old, new, line):
    with pytest.raises(ValueError, match=rf"^solutions/01_triangles.py:{line}: .*start"):
        full_notebook(lecture((old, new)))


def test_the_hash_sees_every_edit_but_not_outputs(lecture):
    def edited(change):
        notebook = full_notebook(lecture())
        change(notebook.cells)
        return cells_hash(notebook)

    whole = edited(lambda cells: None)
    assert whole == edited(lambda cells: cells[2].update(execution_count=3, outputs=["x"]))
    edits = (
        lambda cells: cells[0].update(source="# triangles"),
        lambda cells: cells.pop(),
        lambda cells: cells.reverse(),
        lambda cells: cells[2].metadata.update(tags=["volatile"]),
    )
    assert len({whole, *map(edited, edits)}) == 5


def test_the_file_ends_with_a_line_end_and_keeps_letters(lecture):
    text = text_of(full_notebook(lecture(("What does", "α: what does"))))
    assert text.endswith("}\n") and "α" in text and json.loads(text)["nbformat_minor"] == 5


@pytest.mark.parametrize(
    "minutes, needs, words",
    [
        ("{quick: 0.5, full: 3}", "[]", ["about 30 s and 1 GB", "about 3 min and 2 GB", "Nothing is downloaded."]),
        ("{quick: 1, full: 0.75}", "[a, b c]", ["about 1 min", "about 45 s", "It needs a, b c."]),
    ],
)
def test_what_a_lecture_costs_is_said_in_its_first_cell(lecture, minutes, needs, words):
    source = lecture(("{quick: 0.5, full: 3}", minutes), ("needs: []", f"needs: {needs}"))
    first = full_notebook(source).cells[0].source
    assert all(word in first for word in words) and "{{" not in first


@pytest.mark.parametrize("change", [("# # Triangles", "# # Squares"), (" {{cost}}", ""), ("# %% [markdown]", "# %%")])
def test_the_first_cell_states_title_and_cost(lecture, change):
    with pytest.raises(ValueError, match=r"01_triangles.py:12: (the first cell is markdown|not Python)"):
        full_notebook(lecture(change))
