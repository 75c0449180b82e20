"""Run lecture 09 at full effort, and keep what its searches and its experiments with photographs gave.

`.venv/bin/python data/transfer.py` writes data/transfer.json: accuracies, and names of classes with their
probabilities. It needs jupytext, and MobileNet's weights and the photographs of pets in Keras's cache or a network.
"""

import json
import os
from pathlib import Path

os.environ["COURSE_EFFORT"] = "full"

import jupytext
import numpy as np

from course import transfer

LECTURE = Path(__file__).parents[1] / "solutions" / "09_transfer.py"
RESULTS = ("settings_tried", "readings", "breeds", "tuned")  # what the lecture calls them


def plain(value):
    """Return `value` with arrays and tuples as lists, and numbers with four digits."""
    if isinstance(value, dict):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(entry) for entry in value]
    return round(float(value), 4) if isinstance(value, float | np.floating) else value


def main():
    if not transfer.KEPT.exists():
        transfer.KEPT.write_text("{}", encoding="utf-8")
    names = {}
    for cell in jupytext.read(LECTURE).cells:
        if cell.cell_type == "code":
            exec(cell.source, names)
    if names["mobilenet"] is None or names["pets"] is None:
        raise SystemExit("MobileNet or the photographs were not to be had: nothing was written")
    lines = (f'"{name}": {json.dumps(plain(names[name]), ensure_ascii=False)}' for name in RESULTS)
    transfer.KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
