"""What of a notebook must run for its answers to be there: a lecture's experiments need not run again.

A cell that stands in the student build word for word is *given*, every other one is the student's. The student's
cells run, and of the given ones the statements on which they depend: those that bind a name that is read, and those
that stand before and mention the same data, for they may have changed it. Nothing is executed here, but a student's
text is parsed: that, too, is for the student process.
"""

import ast
import re
import symtable
from dataclasses import dataclass

from IPython.core.inputtransformer2 import TransformerManager

# What reaches names without naming them; a student's cell that does it makes the whole notebook run.
INDIRECT = {"eval", "exec", "globals", "locals", "vars", "get_ipython", "__import__", "__builtins__", "In", "Out", "_"}
HARMLESS = re.compile(r"(?m)^\s*%(matplotlib|config|pip|conda|load_ext|autoreload)\b.*$")
MAGIC = re.compile(r"(?m)^\s*(%|!)|^\s*\w+\?")
BINDING = re.compile(r"(?m)^\s*(?:async\s+)?(?:def|class)\s+(\w+)|^\s*(\w+)\s*=[^=]")


@dataclass(frozen=True)
class Names:
    """The names of a cell's outermost scope: which it reads, here or in its functions; which it binds; which of those
    to data.

    `parsed` is False for what is no Python, and `indirect` True where the cell may reach names that it does not
    mention.
    """

    loads: frozenset = frozenset()
    binds: frozenset = frozenset()
    data: frozenset = frozenset()
    indirect: bool = False
    parsed: bool = True


def names(source):
    """Return the `Names` of a cell."""
    has_magic = bool(MAGIC.search(HARMLESS.sub("", source)))
    try:
        table = symtable.symtable(TransformerManager().transform_cell(source), "cell", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        found = {name for match in BINDING.finditer(source) for name in match.groups() if name}
        return Names(binds=frozenset(found), data=frozenset(found), indirect=has_magic, parsed=False)
    loads, binds, data = set(), set(), set()
    for symbol in table.get_symbols():
        if symbol.is_referenced():
            loads.add(symbol.get_name())
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            binds.add(symbol.get_name())
            if not (symbol.is_imported() or symbol.is_namespace()):
                data.add(symbol.get_name())
    for scope in _scopes(table):
        for symbol in scope.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                loads.add(symbol.get_name())
            if symbol.is_declared_global() and symbol.is_assigned():
                binds.add(symbol.get_name())
                data.add(symbol.get_name())
    indirect = (
        has_magic or bool(loads & (INDIRECT - {"get_ipython"})) or ("get_ipython" in source) or "import *" in source
    )
    return Names(frozenset(loads), frozenset(binds), frozenset(data), indirect)


def _scopes(table):
    """Yield the scopes inside of `table`."""
    waiting = list(table.get_children())
    while waiting:
        scope = waiting.pop()
        yield scope
        waiting += scope.get_children()


def plan(cells, given, exercises):
    """Return what to run, as (position, source) in order, and what each cell binds (list of sets).

    cells: the sources of the code cells. given: the sources, stripped, of the student build's code cells, the first
    of which is the start cell. exercises: the names of the exercises, whose cells always run, as magics do. Any other
    given cell runs statement by statement: often only an import of it is wanted.
    """
    found = [names(cell) for cell in cells]
    binds = [set(entry.binds) for entry in found]
    known = [cell.strip() in set(given) for cell in cells]
    if any(entry.indirect and not is_given for entry, is_given in zip(found, known, strict=True)):
        return list(enumerate(cells)), binds
    parts = []  # (position, source, names, whether it runs anyway)
    for position, (cell, entry, is_given) in enumerate(zip(cells, found, known, strict=True)):
        if (
            is_given
            and cell.strip() != given[0]
            and entry.binds.isdisjoint(exercises)
            and (statements := _statements(cell)) is not None
        ):
            parts += [(position, statement, names(statement), False) for statement in statements]
        else:
            parts.append((position, cell, entry, True))
    running = _closure([entry for _, _, entry, _ in parts], [number for number, part in enumerate(parts) if part[3]])
    return [parts[number][:2] for number in sorted(running)], binds


def _statements(cell):
    """Return the statements of a cell (list of str), or None where it is not plain Python: a magic always runs."""
    try:
        return [ast.unparse(statement) for statement in ast.parse(cell).body]
    except SyntaxError:
        return None


def _closure(parts, running):
    """Return the numbers of the parts (list of `Names`) on which those of `running` depend, and their own (set).

    A part that binds a name again, later on, is not what the name's earlier users meant: an answer keeps the helper
    that it was written with.
    """
    data = frozenset().union(*(entry.data for entry in parts))
    bound = [frozenset()]  # by the parts up to each
    for entry in parts:
        bound.append(bound[-1] | entry.binds)
    running, waiting = set(running), list(running)
    while waiting:
        number = waiting.pop()
        needs = parts[number].loads
        for other, entry in enumerate(parts):
            made = not entry.binds.isdisjoint(needs if other < number else needs - bound[number + 1])
            changed = other < number and not (entry.loads & needs).isdisjoint(data)
            if other not in running and (made or changed):
                running.add(other)
                waiting.append(other)
    return running
