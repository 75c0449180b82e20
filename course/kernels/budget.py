"""What the run of a lecture took against what its front matter says, as records of plain data and as a table.

A record: {"lecture", "passed", "reason", "backend", "device", "effort", "seconds", "memory_gb", "gpu_gb", "cells"},
the last {number of the cell, from 1: seconds}. `budget.json` is a list of them.
"""

import json

SLACK = {
    "seconds": 3.0,
    "memory_gb": 1.25,
}  # a run may take so many times what the front matter says: CI shares its cores
REFERENCE = {"backend": "tensorflow", "device": "CPU", "effort": "quick"}  # where it is held to that
SLOWEST = 3  # cells that are named


def record(lecture, usage, reason=None):
    """Return the record of one run: `usage` is its `course.kernels.Usage`, `reason` what was wrong (str) or None."""
    on = {name: usage.on.get(name) for name in ("backend", "device", "effort", "gpu_gb")}
    return {
        "lecture": lecture,
        "passed": reason is None,
        "reason": reason,
        **on,
        "seconds": round(usage.seconds, 1),
        "memory_gb": round(usage.memory_gb, 2),
        "cells": {str(position + 1): round(seconds, 2) for position, seconds in usage.cells.items()},
    }


def exceeded(found, about):
    """Return a sentence on how a record goes beyond its lecture's budget, with the slowest cells, or None.

    `about` is the notebook's front matter (dict). Without one, and on other runtimes than `REFERENCE`, nothing is held
    against it.
    """
    if "minutes" not in about or any(found[name] != value for name, value in REFERENCE.items()):
        return None
    stated = {"seconds": 60 * about["minutes"]["quick"], "memory_gb": about["memory_gb"]["quick"]}
    over = [
        f"{found[what]:g} {unit} where the front matter says {stated[what]:g}"
        for what, unit in (("seconds", "s"), ("memory_gb", "GB"))
        if found[what] > SLACK[what] * stated[what]
    ]
    return f"{' and '.join(over)}; slowest: {slowest(found)}" if over else None


def slowest(found):
    """Return the cells of a record that took longest (str)."""
    cells = sorted(found["cells"].items(), key=lambda cell: -cell[1])[:SLOWEST]
    return ", ".join(f"cell {number} ({seconds:.1f} s)" for number, seconds in cells)


def table(records):
    """Return the records as lines of text under a heading (str)."""
    lines = [f"{'lecture':<24}{'backend':<12}{'device':<8}{'effort':<8}{'seconds':>8}{'GB':>6}{'GPU GB':>8}  slowest"]
    for found in records:
        on = (found[name] or "-" for name in ("backend", "device", "effort"))
        what = "".join(f"{text:<{width}}" for text, width in zip(on, (12, 8, 8), strict=True))
        numbers = f"{found['seconds']:>8.1f}{found['memory_gb']:>6.2f}{found['gpu_gb'] or 0:>8.2f}"
        lines.append(f"{found['lecture']:<24}{what}{numbers}  {slowest(found)}")
    return "\n".join(lines)


def write(records, path):
    """Write `records` to the file `path`, in place of older ones of the same lecture and runtime.

    A run that failed does not know its runtime: its record is kept until the lecture runs again, on any.
    """
    again = {found["lecture"] for found in records}
    older = [found for found in read(path) if found["backend"] or found["lecture"] not in again]
    kept = {_key(found): found for found in (*older, *records)}
    path.write_text(json.dumps([kept[key] for key in sorted(kept)], indent=1) + "\n", encoding="utf-8")


def read(path):
    """Return the records of the file `path` (list), none where there is no such file or it holds something else."""
    try:
        records = json.loads(path.read_text(encoding="utf-8"))
        return [found for found in records if _key(found)]
    except (OSError, ValueError, TypeError, LookupError):
        return []


def _key(found):
    return tuple(str(found[name]) for name in ("lecture", "backend", "device", "effort"))
