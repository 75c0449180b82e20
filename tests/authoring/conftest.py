"""A small lecture in a folder of its own, and the stubs of exercises that need no module."""

import textwrap

import pytest

HEADER = """\
# ---
# jupyter:
#   course:
#     title: "Triangles"
#     summary: "What a triangle covers."
#     minutes: {quick: 0.5, full: 3}
#     memory_gb: {quick: 1, full: 2}
#     needs: []
# ---

"""
LECTURE = (
    HEADER
    + '''\
# %% [markdown]
# # Triangles. {{cost}}
#
# What does one cover?

# %% tags=["start"]
import course

run = course.start()

# %% exercise="area"
def area(base, height):
    """Return the area of a triangle."""
    ### BEGIN SOLUTION
    half = base / 2  # of the rectangle's
    return half * max(height, 0)
    ### END SOLUTION

# %% exercise="corners"
### BEGIN SOLUTION
corners = 3
### END SOLUTION

# %%
print("shown")
'''
)
STUBS = {"area": 'raise NotImplementedError("your answer goes here")', "corners": "corners = ..."}


@pytest.fixture
def root(tmp_path):
    """A course of one lecture, 01_triangles."""
    for folder in ("solutions", "notebooks"):
        (tmp_path / folder).mkdir()
    (tmp_path / "solutions" / "01_triangles.py").write_text(LECTURE, encoding="utf-8")
    (tmp_path / "README.md").write_text(
        "# Course\n\n<!-- lectures -->\n<!-- /lectures -->\n\nMore.\n", encoding="utf-8"
    )
    return tmp_path


@pytest.fixture
def lecture(tmp_path):
    """A function that writes the text of a lecture, LECTURE with replacements, and reads it."""
    from course.authoring.source import read

    def write(*replacements, name="01_triangles"):
        text = LECTURE
        for old, new in replacements:
            assert old in text, f"the test replaces what is not there: {old!r}"
            text = text.replace(old, new, 1)
        path = tmp_path / "solutions" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return read(path)

    return write


@pytest.fixture
def stubs():
    return dict(STUBS)
