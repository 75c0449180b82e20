"""Make notebooks of a lecture's cells: ids, metadata, and a start cell that says how to install the course."""

import hashlib
import json
import tomllib
from dataclasses import replace

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from course.authoring.student import cut

NEW_CELL = {"code": new_code_cell, "markdown": new_markdown_cell, "raw": new_raw_cell}
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}
COST = "{{cost}}"
GUARD = """\
try:
    import course
except ModuleNotFoundError:
    raise ModuleNotFoundError({!r}) from None"""


def student_notebook(source, stubs, address=None):
    """Return the student build of a `Source`: answers cut, no outputs.

    `stubs` is {exercise name: str}, and `address` where pip finds the course, or None. Raises ValueError as `cut` does,
    and for a start cell that is not as it should be.
    """
    return _notebook(source, cut(source, stubs), address)


def full_notebook(source, address=None):
    """Return the notebook of every cell of a `Source`, solutions included, not yet executed."""
    return _notebook(source, source.cells, address)


def address_in(root):
    """Return the course's address, `Repository` of `[project.urls]` in pyproject.toml, or None where there is none."""
    path = root / "pyproject.toml"
    try:
        project = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError as problem:
        raise ValueError(f"pyproject.toml: {problem}") from None
    return project.get("project", {}).get("urls", {}).get("Repository")


def text_of(notebook):
    """Return a notebook as the text of its file."""
    return nbformat.writes(notebook) + "\n"


def cells_hash(notebook):
    """Return a hash of a notebook's cells without their outputs: it tells whether somebody edited what was built."""
    cells = [[cell.cell_type, cell.source, cell.metadata, cell.get("id")] for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells, sort_keys=True).encode()).hexdigest()


def _notebook(source, cells, address):
    title, start = _title(source), _start(source)
    made, seen = [], {}
    for cell in cells:
        if cell.line == start.line:
            cell = _guarded(cell, address)
        elif cell.line == title.line:
            cell = replace(cell, source=cell.source.replace(COST, _cost(source.about)))
        metadata = {"tags": _tags(cell)} if cell.tags else {}
        if cell.exercise:
            metadata["exercise"] = cell.exercise
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        seen[digest] = seen.get(digest, 0) + 1
        name = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        made.append(NEW_CELL[cell.kind](cell.source, id=name, metadata=metadata))
    notebook = new_notebook(cells=made, metadata={"kernelspec": KERNEL, "language_info": LANGUAGE})
    notebook.metadata["course"] = {**source.about, "source_hash": source.hash, "cells_hash": cells_hash(notebook)}
    return nbformat.from_dict(notebook)


def _title(source):
    """Return the first cell, which states the lecture's title and, where it says `{{cost}}`, what it costs to run."""
    first = source.cells[0]
    if first.kind != "markdown" or source.about["title"] not in first.lines[0] or COST not in first.source:
        wants = f"a heading with the title, {source.about['title']!r}, and {COST} for what the front matter says of it"
        raise source.error(first.line, f"the first cell is markdown, and wants {wants}")
    return first


def _cost(about):
    """Return what a lecture costs to run, in words, from its front matter."""
    minutes, memory = about["minutes"], about["memory_gb"]
    times = [f"{60 * n:g} s" if n < 1 else f"{n:g} min" for n in (minutes["quick"], minutes["full"])]
    needs = f"It needs {', '.join(about['needs'])}." if about["needs"] else "Nothing is downloaded."
    return (
        f"**It costs** about {times[0]} and {memory['quick']:g} GB of memory on a laptop (quick effort), "
        f"about {times[1]} and {memory['full']:g} GB at full effort on a GPU. {needs}"
    )


def _start(source):
    """Return the cell that starts the lecture."""
    code = [cell for cell in source.cells if cell.kind == "code"]
    tagged = [cell for cell in source.cells if "start" in cell.tags]
    first = code[0] if code else source.cells[0]
    if tagged != [first] or first.kind != "code":
        wrong = next((cell for cell in tagged if cell is not first), first)
        raise source.error(wrong.line, 'the first code cell, and no other, is the start cell: `# %% tags=["start"]`')
    if "import course" not in first.lines or "course.start(" not in first.source:
        raise source.error(first.line, "the start cell wants the line `import course`, and `run = course.start()`")
    return first


def _guarded(cell, address):
    """Return the start cell with an `import course` that says what to do where there is none."""
    install = f'%pip install "course @ git+{address}"'
    missing = f"first run, in a cell of its own: {install}" if address else "README.md says how to install the course"
    lines = [GUARD.format(missing) if line == "import course" else line for line in cell.lines]
    return replace(cell, source="\n".join(lines), tags=(*cell.tags, "volatile"))


def _tags(cell):
    """Return a cell's tags, with nbval's own where outputs differ from run to run."""
    return list(dict.fromkeys((*cell.tags, *(["nbval-ignore-output"] if "volatile" in cell.tags else []))))
