"""Cut the answers out of a lecture, and make sure that none is left."""

import ast
import importlib.util
import io
import re
import textwrap
import tokenize
from dataclasses import replace

from course import exercises

MARKER = re.compile(r"\s*### (BEGIN|END) SOLUTION\s*")
ALMOST_A_MARKER = re.compile(r"#\s*(BEGIN|END)\s+SOLUTION", re.IGNORECASE)
BLOCKS = ("async", "class", "def", "elif", "else", "except", "finally", "for", "if", "try", "while", "with")
OWN_SCOPE = (
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp),
)
TELLING = 6  # a line of fewer tokens, such as `y = a + b`, gives nothing away and may well stand in the lecture


def stubs_of(topic):
    """Return the stubs of a topic's exercises, {name: str}, from `course.exercises.<topic>`; {} without such a module.

    Raises ValueError if the module cannot be imported, or calls an exercise otherwise than the exercise calls itself.
    """
    try:
        if importlib.util.find_spec(f"course.exercises.{topic}") is None:
            return {}
        return {name: exercise.stub for name, exercise in exercises.of(topic).items()}
    except Exception as problem:  # whatever the module does when it is imported
        raise ValueError(f"course/exercises/{topic}.py: {type(problem).__name__}: {problem}") from problem


def cut(source, stubs):
    """Return the cells of the student build of `source`: in each exercise cell the stub instead of the solution.

    `stubs` is {exercise name: str}. Raises ValueError, naming file and line, where a marker is wrong, an exercise and
    its cell do not match, an answer is bound outside the markers, or a line of a solution can be read elsewhere.
    """
    regions = {cell: region for cell in source.cells if (region := _region(source, cell))}
    _match_exercises(source, regions, stubs)
    cells = [_cut_cell(source, cell, regions[cell], stubs) if cell in regions else cell for cell in source.cells]
    _forbid_strangers(source, stubs)
    _forbid_leaks(source, regions, cells)
    return cells


def _region(source, cell):
    """Return the positions in `cell` of its BEGIN and its END, or None where it is no exercise."""
    begin = end = None
    for position, text in enumerate(cell.lines):
        if not ALMOST_A_MARKER.search(text):
            continue
        line, marker = cell.line + position, MARKER.fullmatch(text)
        if not marker:
            raise source.error(line, f"`{text.strip()}` is no marker; write `### BEGIN SOLUTION` on a line of its own")
        if cell.exercise is None:
            raise source.error(line, f'{marker[1]} SOLUTION outside of an exercise cell, `# %% exercise="name"`')
        if marker[1] == "BEGIN":
            if begin is not None and end is None:
                raise source.error(line, f"BEGIN SOLUTION inside the solution that begins on line {cell.line + begin}")
            if begin is not None:
                raise source.error(line, f"a second BEGIN SOLUTION; exercise {cell.exercise} has its one stub already")
            begin = position
        elif begin is None or end is not None:
            raise source.error(line, "END SOLUTION without BEGIN SOLUTION")
        else:
            end = position
    if begin is not None and end is None:
        raise source.error(cell.line + begin, "BEGIN SOLUTION without END SOLUTION")
    if begin is None and cell.exercise is not None:
        raise source.error(cell.line, f"exercise {cell.exercise} has no BEGIN SOLUTION and END SOLUTION")
    return None if begin is None else (begin, end)


def _match_exercises(source, regions, stubs):
    """Raise unless each exercise cell has its exercise, and each exercise one cell."""
    seen = {}
    for cell in regions:
        if cell.exercise not in stubs:
            known = ", ".join(stubs) or "none"
            raise source.error(
                cell.line, f"unknown exercise {cell.exercise}; course/exercises/{source.topic}.py has {known}"
            )
        if cell.exercise in seen:
            raise source.error(cell.line, f"exercise {cell.exercise} has a cell on line {seen[cell.exercise]} already")
        seen[cell.exercise] = cell.line
    for name in stubs:
        if name not in seen:
            last = source.text.rstrip("\n").count("\n") + 1
            raise source.error(last, f'the lecture ends without a cell for exercise {name}, `# %% exercise="{name}"`')


def _cut_cell(source, cell, region, stubs):
    """Return `cell` with its stub in place of its `region`, having made sure that nothing else binds the answer."""
    if not any(_binding(_tree(source, cell), cell.exercise)):
        raise source.error(cell.line, f"the solution of exercise {cell.exercise} never binds {cell.exercise}")
    begin, end = region
    stub = textwrap.dedent(stubs[cell.exercise]).strip("\n")
    indented = textwrap.indent(stub, re.match(r"\s*", cell.lines[begin])[0]).split("\n")
    student = replace(cell, source="\n".join(cell.lines[:begin] + indented + cell.lines[end + 1 :]))

    def line_of(row):
        """Return the line of the file for a row, from 1, of the student's cell; the stub is where BEGIN is."""
        if row <= begin + len(indented):
            return cell.line + min(row - 1, begin)
        return cell.line + row - len(indented) + end - begin

    try:
        statements = _parse(student.source).body
        wanted = _parse(stub).body
    except SyntaxError as problem:
        row = line_of(problem.lineno or 1)
        raise source.error(row, f"with its stub, exercise {cell.exercise} is not Python: {problem.msg}") from None
    binding = [(statement, node) for statement in statements for node in _binding(statement, cell.exercise)]
    if not binding:
        raise source.error(cell.line + begin, f"the stub of exercise {cell.exercise} does not bind {cell.exercise}")
    for statement, node in binding:
        if not _is_stub(statement, wanted):
            raise source.error(line_of(node.lineno), f"{cell.exercise} is bound outside of BEGIN and END SOLUTION")
    return student


def _is_stub(statement, wanted):
    """Is `statement` one of the stub's own, `wanted`, or a function (or class with one) of which they are the body?"""
    if any(_same([statement], [line]) for line in wanted):
        return True
    functions = statement.body if isinstance(statement, ast.ClassDef) else [statement]
    return any(_same(_body(function), wanted) for function in functions if isinstance(function, ast.FunctionDef))


def _body(function):
    """Return the statements of a function without its docstring."""
    return function.body[ast.get_docstring(function) is not None :]


def _same(some, others):
    return [*map(ast.dump, some)] == [*map(ast.dump, others)]


def _forbid_strangers(source, stubs):
    """Raise if a cell binds the answer of an exercise that is not its own."""
    for cell in source.cells:
        if cell.kind != "code":
            continue
        tree = _tree(source, cell)
        for name in stubs:
            for node in _binding(tree, name):
                if cell.exercise != name:
                    line = cell.line + node.lineno - 1
                    raise source.error(line, f"{name} is the answer of an exercise, and bound outside of its cell")


def _tree(source, cell):
    try:
        return _parse(cell.source)
    except SyntaxError as problem:
        raise source.error(cell.line + (problem.lineno or 1) - 1, f"not Python: {problem.msg}") from None


def _parse(text):
    return ast.parse(_plain(text))


def _plain(text):
    """Return the code of a cell as Python alone: `pass` for a magic line of IPython."""
    try:
        ast.parse(text)
        return text
    except SyntaxError:
        return re.sub(r"(?m)^([ \t]*)[%!].*$", r"\1pass", text)


def _binding(tree, name):
    """Yield the nodes that bind `name` in the scope of `tree`, in order; those inside of a function have their own."""
    if getattr(tree, "name", None) == name:  # a function, a class, an exception that was caught
        yield tree
    elif isinstance(tree, ast.Name):
        if tree.id == name and not isinstance(tree.ctx, ast.Load):
            yield tree
    elif isinstance(tree, ast.Import | ast.ImportFrom):
        if any(name == (alias.asname or alias.name.split(".")[0]) for alias in tree.names):
            yield tree
    elif not isinstance(tree, OWN_SCOPE):
        for child in ast.iter_child_nodes(tree):
            yield from _binding(child, name)


def _forbid_leaks(source, regions, cells):
    """Raise if a telling line of a solution, however spaced, stands in one of the student build's `cells`."""
    public = [(cell.line, _squeeze(cell.source)) for cell in cells]
    for cell, (begin, end) in regions.items():
        for position, text in _telling_lines(cell.source):
            if begin < position < end:
                for line, squeezed in public:
                    if _squeeze(text) in squeezed:
                        place = f"the solution of {cell.exercise}, and in the cell of line {line}, which students see"
                        raise source.error(cell.line + position, f"`{text}` is in {place}")


def _telling_lines(code):
    """Yield position and text of the lines of `code` that would give an answer away, without their comments."""
    rows = {}
    for token in tokenize.generate_tokens(io.StringIO(_plain(code)).readline):
        if token.string.strip() and token.type != tokenize.COMMENT:
            rows.setdefault(token.start[0], []).append(token)
    lines = code.split("\n")
    for row, tokens in rows.items():
        first, last = tokens[0], tokens[-1]
        header = first.string in BLOCKS and last.string == ":"
        if len(tokens) >= TELLING and not header and first.string not in ("import", "from", "@"):
            yield row - 1, lines[row - 1][first.start[1] : last.end[1] if last.end[0] == row else None]


def _squeeze(text):
    return re.sub(r"\s+", "", text)
