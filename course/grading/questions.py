"""Free-text questions: cells of markdown that a person marks, and what else a submission's cells hold.

In a lecture's source a question is a markdown cell with the tag `question:NAME:POINTS`; the student writes below it,
in the same cell. Answers are gathered on one page, and their points come back in `by_hand.csv`.
"""

import json
import re
from dataclasses import dataclass

TAG = re.compile(r"question:(?P<name>[^\W\d]\w*):(?P<points>\d+(\.\d+)?)")


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook: its kind ("code", "markdown"), its text, its tags."""

    kind: str
    source: str
    tags: tuple[str, ...]


def cells(path):
    """Return the cells of the notebook in the file `path` (list of `Cell`); of what is no notebook, none."""
    try:
        notebook = json.loads(path.read_bytes())
        sheets = notebook.get("worksheets") or [
            notebook
        ]  # nbformat 3 has worksheets, and calls the source of code input
        return [_cell(cell) for sheet in sheets for cell in sheet["cells"]]
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return []


def _cell(cell):
    source = cell.get("source", cell.get("input", ""))
    text = source if isinstance(source, str) else "".join(source)
    tags = cell.get("metadata", {}).get("tags", [])
    return Cell(cell["cell_type"], text, tuple(tag for tag in tags if isinstance(tag, str)))


def questions(given):
    """Return the questions among the cells of a student build as {name: (points, text)}."""
    return {
        match["name"]: (float(match["points"]), cell.source)
        for cell in given
        if cell.kind == "markdown"
        for match in filter(None, map(TAG.fullmatch, cell.tags))
    }


def answers(written, asked):
    """Return what a student wrote to the questions `asked`, as {name: text}; "" where nothing was added to the
    question.

    `written` are the cells of their notebook. Two cells of one question, as after a copy, are both the answer.
    """
    found = {name: [] for name in asked}
    for cell in written:
        for match in filter(None, map(TAG.fullmatch, cell.tags)):
            if match["name"] in found and cell.source.strip() != asked[match["name"]][1].strip():
                found[match["name"]].append(cell.source)
    return {name: "\n\n".join(texts) for name, texts in found.items()}
