"""The rules of the house that a test can see: what imports what, and that its papers lead somewhere."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "course").rglob("*.py"), *(ROOT / "solutions").glob("*.py")])
BACKENDS = {"tensorflow", "jax", "torch"}
BEHIND_THE_COMMAND = {"course.grading", "course.authoring", "course.kernels", "course.cli"}
MAY_NOT_IMPORT = {  # a room, and what it may not import
    "course/facts.py": {"course"},
    "course/arithmetic.py": {"course", "keras"},
    "course/exercises": {"course.figures", *BEHIND_THE_COMMAND},
    "course/figures": BEHIND_THE_COMMAND,
    "course/models": {"course.figures", "course.exercises", *BEHIND_THE_COMMAND},
    "course/datasets": {"course.figures", "course.exercises", *BEHIND_THE_COMMAND},
    "course/receptive_field.py": {"course.figures", "course.exercises", *BEHIND_THE_COMMAND},
    "course/kernels": {"course.authoring", "course.grading", "course.cli"},
    "solutions": BEHIND_THE_COMMAND,
}


def imported(tree):
    """Return the dotted names that a module imports, at its top or later; `from a import b` may mean a or a.b."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def within(names, packages):
    """Return those of `names` that are, or lie in, one of `packages`."""
    return {name for name in names if any(f"{name}.".startswith(f"{package}.") for package in packages)}


def place(path):
    return path.relative_to(ROOT).as_posix()


def test_imports_are_found():
    code = "import os.path, tensorflow as tf\ndef f():\n    from course import cli\n"
    names = imported(ast.parse(code))
    assert within(names, BACKENDS) == {"tensorflow"} and within(names, BEHIND_THE_COMMAND) == {"course.cli"}


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_nothing_but_autodiff_knows_a_backend(path):
    if place(path) != "course/autodiff.py":
        assert within(imported(ast.parse(path.read_text(encoding="utf-8"))), BACKENDS) == set()


@pytest.mark.parametrize("path", SOURCES, ids=place)
def test_rooms_import_what_they_may(path):
    names = imported(ast.parse(path.read_text(encoding="utf-8")))
    for room, forbidden in MAY_NOT_IMPORT.items():
        if place(path) == room or place(path).startswith(f"{room}/"):
            assert within(names, forbidden) == set()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "data/README.md"])
def test_what_a_page_names_is_there(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    for link in links:
        assert (ROOT / page).parent.joinpath(link).exists(), f"{page} links to {link}, which is not there"
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for target in re.findall(r"`?make ([a-z]+)", text):
        assert target in targets, f"{page} says make {target}, which the Makefile does not have"
