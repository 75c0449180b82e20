"""Write the notebooks and README's table from the sources, or say where they differ."""

import difflib
import json
import os
import sys

from course.authoring.notebook import address_in, cells_hash, full_notebook, student_notebook, text_of
from course.authoring.readme import lecture_table, with_table
from course.authoring.source import read, utf8
from course.authoring.student import stubs_of
from course.kernels import budget
from course.threads import threads
from course.workplace import lectures

LIMIT_MB = 2
ENVIRONMENT = {
    **threads(1),  # with several, the order in which numbers are summed, and so their last digit, is left to chance
    "COURSE_EFFORT": "quick",
    "KERAS_BACKEND": "tensorflow",
    "CUDA_VISIBLE_DEVICES": "",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}


def build(root, names=(), execute=False, force=False, report=print):
    """Write both notebooks of each lecture, and README's table, where they are not what the sources give.

    `root` is the course's folder (Path), `names` the lectures (list of "NN_topic" or NN, all by default). A lecture is
    executed if its code has changed, or if `execute`. `report` is called with a sentence for each notebook.
    Raises one ValueError for all lectures that cannot be built; those stay as they were, the others are built. One of
    which a notebook was edited by hand is among them, unless `force`.
    """
    problems = []
    for path in _paths(root, names):
        try:
            _build_one(root, path, execute, force, report)
        except ValueError as problem:
            problems.append(str(problem))
    try:
        readme = root / "README.md"
        if readme.exists() and _write({readme: with_table(utf8(readme, readme.name), _table(root))}):
            report("README.md: the table of lectures is new")
    except ValueError as problem:
        problems.append(str(problem))
    if problems:
        raise ValueError("\n".join(dict.fromkeys(problems)))


def check(root, names=()):
    """Return what differs between the sources and what was built from them (list of str), executing nothing.

    `root` and `names` are as for `build`.
    """
    differences = []
    for path in _paths(root, names):
        try:
            expected = _expected(root, path)[1]
        except ValueError as problem:
            differences.append(str(problem))
            continue
        for target, notebook in expected.items():
            differences += _differences(target, notebook, path)
    sources = {path.stem for path in _paths(root)}
    for folder in ("notebooks", "solutions"):
        strays = [path for path in sorted((root / folder).glob("*.ipynb")) if path.stem not in sources]
        differences += [f"{_label(path)} has no source solutions/{path.stem}.py: move or remove it" for path in strays]
    try:
        text = utf8(root / "README.md", "README.md") if (root / "README.md").exists() else None
        if text is not None and with_table(text, _table(root)) != text:
            differences.append("README.md: its table of lectures is not what the front matter says: run `course build`")
    except ValueError as problem:
        differences.append(str(problem))
    return list(dict.fromkeys(differences))


def _paths(root, names=()):
    """Return the sources' paths, sorted, or those of `names`; raise ValueError for a name that has none."""
    return [root / "solutions" / f"{name}.py" for name in lectures(root / "solutions", "*.py", names)]


def _table(root):
    measured = budget.read(root / "data" / "budget.json")
    return lecture_table([read(path) for path in _paths(root)], measured)


def _label(path):
    return f"{path.parent.name}/{path.name}"


def _targets(root, path):
    """Return where the student's and the full notebook of a source go."""
    return [root / folder / f"{path.stem}.ipynb" for folder in ("notebooks", "solutions")]


def _expected(root, path):
    """Return the `Source` at `path` and {path: NotebookNode} of what it gives: the student's notebook, the full one."""
    source, address = read(path), address_in(root)
    notebooks = student_notebook(source, stubs_of(source.topic), address), full_notebook(source, address)
    return source, dict(zip(_targets(root, path), notebooks, strict=True))


def _build_one(root, path, execute, force, report):
    source, expected = _expected(root, path)
    stored = {target: _stored(target, force) for target in expected}
    edited = [target for target, notebook in stored.items() if notebook and _is_edited(target, notebook)]
    if edited and not force:
        raise ValueError(
            f"{_label(edited[0])} was edited by hand, and building it would lose the edits: "
            "move it to another folder, or give them up with `course build --force`"
        )
    full = _targets(root, path)[1]
    if not execute and stored[full] and _was_executed(stored[full]) and _code(stored[full]) == _code(expected[full]):
        _copy_outputs(stored[full], expected[full])
    else:
        expected[full], usage = _execute(source, expected[full])
        report(f"{_label(full)}: executed in {usage.seconds:.0f} s")
    texts = {target: text_of(notebook) for target, notebook in expected.items()}
    for target, text in texts.items():
        if len(text.encode()) > LIMIT_MB * 1e6:
            raise ValueError(_too_large(target, len(text.encode()), expected[target]))
    written = _write(texts)
    for target in expected:
        report(f"{_label(target)}: {'written' if target in written else 'unchanged'}")


def _stored(path, force):
    """Return the notebook in the file `path`, or None where there is none, or none that can be read and `force`."""
    if not path.exists():
        return None
    from course import kernels

    try:
        return kernels.read(path)
    except ValueError as problem:
        if force:
            return None
        raise ValueError(f"{problem}: move it away, or overwrite it with `course build --force`") from None


def _is_edited(path, notebook):
    """Is `notebook` another than the build wrote to `path`? In a student build an output is an edit as well."""
    built = (notebook.metadata.get("course") or {}).get("cells_hash")
    return cells_hash(notebook) != built or (path.parent.name == "notebooks" and _has_outputs(notebook))


def _has_outputs(notebook):
    return any(cell.outputs or cell.execution_count for cell in _code_cells(notebook))


def _was_executed(notebook):
    return all(cell.execution_count for cell in _code_cells(notebook) if cell.source.strip())


def _code(notebook):
    """Return what the outputs depend on: the code, and the tags that say how to run it."""
    return [(cell.source, cell.metadata) for cell in _code_cells(notebook)]


def _code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def _copy_outputs(old, new):
    for before, after in zip(_code_cells(old), _code_cells(new), strict=True):
        after.outputs, after.execution_count = before.outputs, before.execution_count


def _execute(source, notebook):
    """Return `notebook`, executed in the folder of its `source`, and its `Usage`."""
    from course import kernels

    show = sys.stderr.isatty()

    def progress(number, of):
        print(f"\r{source.name}: cell {number} of {of} ", end="", file=sys.stderr, flush=True)

    try:
        return kernels.execute(notebook, source.path.parent, ENVIRONMENT, on_cell=progress if show else None)
    except kernels.CellError as problem:
        line = source.cells[problem.index].line
        raise source.error(line, f"cell {problem.index + 1} fails: {problem.reason}; nothing was written") from None
    finally:
        if show:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _too_large(path, size, notebook):
    largest = max(range(len(notebook.cells)), key=lambda index: len(json.dumps(notebook.cells[index])))
    found = f"{size / 1e6:.1f} MB, and a notebook may have {LIMIT_MB} MB"
    return f"{_label(path)}: {found}; the largest of its cells is number {largest + 1}"


def _write(texts):
    """Write {path: str} where the file differs, each file whole or not at all; return the paths written (list)."""
    changed = [path for path, text in texts.items() if not path.exists() or _bytes(path) != text.encode()]
    beside = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in changed}
    try:
        for path in changed:
            path.parent.mkdir(exist_ok=True)
            beside[path].write_text(texts[path], encoding="utf-8", newline="\n")
        for path in changed:
            os.replace(beside[path], path)
    finally:
        for path in beside.values():
            path.unlink(missing_ok=True)
    return changed


def _bytes(path):
    """Return what is in a file, its ends of line as git keeps them."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def _differences(path, expected, source):
    """Return what differs between the notebook in the file `path` and the one that its source gives (list of str)."""
    if not path.exists():
        return [f"{_label(path)} is missing: run `course build`"]
    try:
        stored = _stored(path, force=False)
    except ValueError as problem:
        return [str(problem)]
    found = []
    lines = difflib.unified_diff(_lines(stored), _lines(expected), _label(path), _label(source), lineterm="", n=1)
    if difference := "\n".join(lines):
        found.append(difference)
    if _is_edited(path, stored):
        found.append(f"{_label(path)} was edited, or run and saved: move it away, or run `course build --force`")
    if path.parent.name == "solutions" and not _was_executed(stored):
        found.append(f"{_label(path)} was not executed: run `course build`")
    if (size := path.stat().st_size) > LIMIT_MB * 1e6:
        found.append(_too_large(path, size, stored))
    return found


def _lines(notebook):
    """Return a notebook without its outputs as lines of text (list of str), for comparing."""
    lines = json.dumps(notebook.metadata, indent=1, sort_keys=True, ensure_ascii=False).split("\n")
    for cell in notebook.cells:
        lines += [f"# %% [{cell.cell_type}] {cell.get('id')} {json.dumps(cell.metadata, sort_keys=True)}"]
        lines += cell.source.split("\n")
    return lines
