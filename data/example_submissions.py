"""Write a small class to try `course grade` on: data/example_submissions/, of lecture 1's student notebook.

Run it as `.venv/bin/python data/example_submissions.py`. Some answers are the lecture's, some are the named mistakes of
its exercises, as a student would have typed them.
"""

import ast
import inspect
from pathlib import Path

import nbformat

from course import exercises

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "data" / "example_submissions"
LECTURE, TOPIC = "01_neurons", "neurons"
STUDENTS = 6  # the first has everything right, the last has written nothing
PREAMBLE = {
    "pairwise": "from itertools import pairwise",
    "relu": "def relu(x):\n    return np.maximum(x, 0)",
}


def write(folder=FOLDER):
    """Write one notebook for each student into `folder` (Path), and return their paths (list)."""
    paths = []
    for number in range(STUDENTS):
        path = folder / f"student_{number + 1}" / f"{LECTURE}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(nbformat.writes(_notebook(number)) + "\n", encoding="utf-8", newline="\n")
        paths.append(path)
    return paths


def _notebook(number):
    """Return what student `number`, from 0, hands in."""
    notebook = nbformat.read(ROOT / "notebooks" / f"{LECTURE}.ipynb", as_version=4)
    solved = nbformat.read(ROOT / "solutions" / f"{LECTURE}.ipynb", as_version=4)
    solutions = {cell.metadata.get("exercise"): cell.source for cell in solved.cells}
    cells = [cell for cell in notebook.cells if "exercise" in cell.metadata]
    if number < STUDENTS - 1:
        for position, cell in enumerate(cells):
            name = cell.metadata["exercise"]
            wrong = _typed(exercises.of(TOPIC)[name])
            errs = number and wrong and (number + position) % 3 == 0
            before = cell.source.split(f"def {name}(")[0].split(f"{name} = ...")[0]  # imports, say
            mistake = wrong[(number + position) % len(wrong)] if errs else None
            cell.source = before + mistake if mistake else _without_markers(solutions[name])
    return notebook


def _without_markers(source):
    return "\n".join(line for line in source.split("\n") if "### " not in line)


def _typed(exercise):
    """Return the exercise's named mistakes as a cell has them (list of str); none where a mistake builds a model."""
    if exercise.kind == "value":
        answers = [f"{exercise.name} = {mistake.wrong!r}" for mistake in exercise.mistakes]
    elif exercise.kind == "function":
        answers = [_function(exercise.name, mistake.wrong) for mistake in exercise.mistakes]
    else:
        answers = []
    return [f"{answer}\n\n\nexercises.{exercise.name}.check({exercise.name})" for answer in answers]


def _function(name, implementation):
    """Return the source of a function that does what the lambda `implementation` does."""
    line = implementation.__code__.co_firstlineno
    tree = ast.parse(Path(inspect.getsourcefile(implementation)).read_text(encoding="utf-8"))
    body = next(node for node in ast.walk(tree) if isinstance(node, ast.Lambda) and node.lineno == line)
    before = [PREAMBLE[used] for used in implementation.__code__.co_names if used in PREAMBLE]
    return "\n\n\n".join([*before, f"def {name}({ast.unparse(body.args)}):\n    return {ast.unparse(body.body)}"])


if __name__ == "__main__":
    print(*(path.relative_to(ROOT) for path in write()), sep="\n")
