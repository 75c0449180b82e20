"""The `course` that a sandbox sees: the package without references, cases and mistakes, and without the marker's side.

A lecture's exercises are read from their file's syntax tree, so that the marker knows names and points and never
imports them (some import Keras).
"""

import ast
import json
import shutil
import threading
from dataclasses import dataclass
from pathlib import Path

LEFT_OUT = ("grading", "authoring", "kernels", "exercises", "cli.py", "__main__.py", "__pycache__")
GRADING = ("__init__.py", "wire.py", "warm.py", "student.py", "slices.py")  # what the student process is made of
EXERCISES = (
    "__init__.py",
    "compare.py",
    "engine.py",
)  # what the exercises of every lecture are made of: no answer in them
WORDS = ("name", "points", "kind", "stub", "hints")

PROMPT = '''"""An exercise as it is where a notebook is marked: name, stub and hints."""

from itertools import count

from course.exercises.engine import Exercise


class Prompt(Exercise):
    """What a notebook can ask of an exercise while it is marked; the answer is judged elsewhere."""

    def __init__(self, **words):
        vars(self).update(words, _told=count())

    def check(self, answer, seed=0):
        """Say nothing yet."""
        return f"{self.name}: handed in."
'''

TOPIC = '''"""The exercises of one lecture: names, stubs and hints."""

from course.exercises.prompt import Prompt

'''


@dataclass(frozen=True)
class Prompt:
    """What a student knows of an exercise."""

    name: str
    points: float
    kind: str
    stub: str
    hints: tuple[str, ...]


def prompts(path):
    """Return the exercises of the file `path`, course/exercises/<topic>.py, in their order, as {name: Prompt}.

    Raises ValueError where name, points, kind or stub is not written down as plain text or a number.
    """
    tree = _parsed(path.read_text(encoding="utf-8"))
    known = _constants(tree)
    found = {}
    for statement in tree.body:
        call = getattr(statement, "value", None)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Exercise":
            words = {keyword.arg: _constant(keyword.value, known) for keyword in call.keywords if keyword.arg in WORDS}
            for word in WORDS[:-1]:
                if type(words.get(word)) not in (str, int, float):
                    raise ValueError(f"{path.name}:{statement.lineno}: {word} must be written down, not computed")
            hints = tuple(hint for hint in words.get("hints") or () if isinstance(hint, str))
            found[words["name"]] = Prompt(**words | {"hints": hints})
    return found


_parsing = threading.Lock()


def _parsed(source):
    """Return the syntax tree of `source`. In Python 3.11 two threads that parse at a time may disturb each other."""
    with _parsing:
        return ast.parse(source)


def _constants(tree):
    """Return the names that a module binds to plain data, {name: value}."""
    known = {}
    for statement in tree.body:
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            value = _constant(statement.value, known)
            if value is not _UNKNOWN:
                known[statement.targets[0].id] = value
    return known


_UNKNOWN = object()


def _constant(node, known):
    """Return what `node` stands for: a literal, a known name, a sum of texts; `_UNKNOWN` where it is computed."""
    if isinstance(node, ast.Name):
        return known.get(node.id, _UNKNOWN)
    if isinstance(node, ast.Tuple):
        return tuple(_constant(entry, known) for entry in node.elts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_constant(part, known) for part in (node.left, node.right)]
        return parts[0] + parts[1] if all(isinstance(part, str) for part in parts) else _UNKNOWN
    try:
        return ast.literal_eval(node)
    except ValueError:
        return _UNKNOWN


def given_cells(notebook):
    """Return the sources of the code cells of the student build `notebook` (a path), stripped; () where there is
    none.
    """
    if not notebook.exists():
        return ()
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return tuple("".join(cell["source"]).strip() for cell in cells if cell["cell_type"] == "code")


def shown(path, given):
    """Return {name: value} of the plain data of the exercises' file `path` that the `given` cells show to students."""
    known = _constants(_parsed(path.read_text(encoding="utf-8")))
    named = set()
    for source in given:
        try:
            nodes = list(ast.walk(_parsed(source)))
        except SyntaxError:  # a line of IPython's
            continue
        named |= {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}
    return {name: value for name, value in known.items() if name in named and name != name.lower()}


def stage(root, target):
    """Write the student's `course` of the project in `root` below the empty folder `target` (Paths), readable by
    everybody.
    """
    package = target / "course"
    shutil.copytree(root / "course", package, ignore=lambda folder, names: _left_out(root / "course", folder, names))
    (package / "grading").mkdir()
    for name in GRADING:
        shutil.copy(root / "course/grading" / name, package / "grading" / name)
    exercises = package / "exercises"
    exercises.mkdir()
    (exercises / "prompt.py").write_text(PROMPT, encoding="utf-8")
    for name in EXERCISES:
        shutil.copy(root / "course/exercises" / name, exercises / name)
    for topic, path in topics(root).items():
        given = [cell for notebook in (root / "notebooks").glob(f"??_{topic}.ipynb") for cell in given_cells(notebook)]
        lines = [f"{name} = {value!r}\n" for name, value in shown(path, given).items()]
        for prompt in prompts(path).values():
            words = "".join(f"    {word}={getattr(prompt, word)!r},\n" for word in WORDS)
            lines.append(f"{prompt.name} = Prompt(\n{words})\n")
        (exercises / f"{topic}.py").write_text(TOPIC + "\n".join(lines), encoding="utf-8")
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _left_out(package, folder, names):
    return [name for name in names if name in LEFT_OUT and (Path(folder) == package or name == "__pycache__")]


def topics(root):
    """Return {topic: path} of the lectures that have exercises."""
    paths = sorted((root / "course/exercises").glob("*.py"))
    return {path.stem: path for path in paths if path.name not in EXERCISES}
