"""Read a lecture's source, a py:percent script with front matter, into cells that know their lines."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

NAME = re.compile(r"\d\d_[a-z][a-z0-9]*(_[a-z0-9]+)*")
CELL = re.compile(r"\s*#\s*%%")
CELL_METADATA = ("exercise", "tags")
JUPYTEXT_METADATA = ("cell_marker", "lines_to_next_cell")  # notes on the layout of the script, of no use in a notebook


@dataclass(frozen=True)
class Cell:
    """One cell: its `kind` ("code", "markdown", "raw"), its `source`, and the `line` of the file that it starts on.

    `exercise` is the name of the exercise that it answers, or None.
    """

    kind: str
    source: str
    line: int
    tags: tuple = ()
    exercise: str | None = None

    @property
    def lines(self):
        """The cell's lines (list of str); line k of it is line `self.line + k` of the file."""
        return self.source.split("\n")


@dataclass(frozen=True)
class Source:
    """A lecture's source: `label` is how messages call the file, `about` its front matter (dict)."""

    path: Path
    text: str
    about: dict
    cells: tuple

    @property
    def label(self):
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def name(self):
        return self.path.stem

    @property
    def topic(self):
        return self.name[3:]

    @property
    def hash(self):
        return hashlib.sha256(self.text.encode()).hexdigest()

    def error(self, line, sentence):
        """Return the ValueError that says `sentence` of a line of this file."""
        return ValueError(f"{self.label}:{line}: {sentence}")


def read(path):
    """Return the `Source` in the file `path`.

    Raises ValueError, naming the file and where it can the line, for a file name, front matter or cells that are not
    a lecture's; ModuleNotFoundError where jupytext is missing.
    """
    path = Path(path)
    label = f"{path.parent.name}/{path.name}"
    check_name(path.stem, label)
    text = utf8(path, label)
    header, body = _split(text, label)
    about = _front_matter(header, label)
    return Source(path, text, about, tuple(_cells(body, len(header), label)))


def utf8(path, label):
    """Return the text of a file; raise ValueError, calling it `label`, if it is not UTF-8."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as problem:
        raise ValueError(f"{label}: not UTF-8 text ({problem.reason} at byte {problem.start})") from None


def check_name(name, label=None):
    """Raise ValueError unless `name` is NN_topic."""
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{label or repr(name)}: a lecture is called NN_topic, two digits and a topic in lower-case words "
            "joined by _, such as 03_convolution"
        )


def _split(text, label):
    """Return the lines of the front matter, its two rules included, and the lines that follow."""
    lines = text.split("\n")
    if lines[0].rstrip() != "# ---":
        raise ValueError(f"{label}: front matter: missing; line 1 must be `# ---`")
    for end, line in enumerate(lines[1:], 1):
        if line.rstrip() == "# ---":
            return lines[: end + 1], lines[end + 1 :]
        if not line.startswith("#"):
            break
    raise ValueError(f"{label}: front matter: not closed; it begins on line 1 and ends with another `# ---`")


def _front_matter(header, label):
    """Return the lecture's own part of the front matter, validated."""
    import yaml  # jupytext brings it

    try:
        given = yaml.safe_load("\n".join(re.sub("^# ?", "", line) for line in header[1:-1])) or {}
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        where = f" on line {mark.line + 2}" if mark else ""
        raise ValueError(f"{label}: front matter: not YAML{where}: {getattr(problem, 'problem', problem)}") from None
    jupyter = given.get("jupyter") if isinstance(given, dict) else None
    about = jupyter.get("course") if isinstance(jupyter, dict) else None
    if not isinstance(about, dict):
        keys = ", ".join(FRONT_MATTER)
        raise ValueError(f"{label}: front matter: wants the key jupyter, in it course, and in that {keys}")
    if "formats" in (jupyter.get("jupytext") or {}):
        raise ValueError(f"{label}: front matter: remove jupytext's formats; a saved notebook would write the source")
    for key in about:
        if key not in FRONT_MATTER:
            raise ValueError(f"{label}: front matter: unknown key {key!r}; the keys are {', '.join(FRONT_MATTER)}")
    for key, (wanted, holds) in FRONT_MATTER.items():
        if key not in about:
            raise ValueError(f"{label}: front matter: {key} is missing; it wants {wanted}")
        if not holds(about[key]):
            raise ValueError(f"{label}: front matter: {key} is {about[key]!r}; it wants {wanted}")
    return about


def _is_line(value):
    return isinstance(value, str) and bool(value.strip()) and "\n" not in value.strip()


def _is_quick_and_full(value):
    return isinstance(value, dict) and set(value) == {"quick", "full"} and all(map(_is_amount, value.values()))


def _is_amount(value):
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < float("inf")


def _is_texts(value):
    return isinstance(value, list) and all(map(_is_line, value))


FRONT_MATTER = {
    "title": ("one line of text", _is_line),
    "summary": ("one sentence", _is_line),
    "minutes": ("{quick: …, full: …}, each a number above 0", _is_quick_and_full),
    "memory_gb": ("{quick: …, full: …}, each a number above 0", _is_quick_and_full),
    "needs": ("a list of texts, [] for nothing", _is_texts),
}


def _cells(body, before, label):
    """Yield the cells of the lines `body`, which stand below the first `before` lines of the file."""
    while body and not body[0].strip():
        body, before = body[1:], before + 1
    if not body or not CELL.match(body[0]):
        raise ValueError(f"{label}:{before + 1}: a lecture starts with a cell, `# %%` or `# %% [markdown]`")
    position = 0
    for made in _made(body, before, label):
        while not CELL.match(body[position]):
            position += 1
        exercise, tags = _metadata(made, f"{label}:{before + position + 1}")
        lines = made.source.split("\n")
        below = range(position + 1, min(position + 4, len(body)))  # past the opening quotes of quoted markdown
        position = next((row for row in below if lines[0].strip() in body[row]), position)
        yield Cell(made.cell_type, made.source, before + position + 1, tags, exercise)
        position += len(lines) if made.source else 0


def _made(body, before, label):
    """Return jupytext's cells; raise ValueError, naming the line, for cell metadata that Jupyter does not take."""
    reads = _jupytext().reads
    try:
        return reads("\n".join(body), fmt="py:percent").cells
    except Exception as problem:  # nbformat's ValidationError, of which it has several
        reason = str(problem).strip().split("\n")[0]
        for row, line in enumerate(body, before + 1):
            try:
                reads(line if CELL.match(line) else "", fmt="py:percent")
            except Exception:
                raise ValueError(f"{label}:{row}: `{line}`: {reason}") from None
        raise ValueError(f"{label}: {reason}") from None


def _metadata(made, place):
    """Return a cell's exercise (str or None) and tags (tuple of str)."""
    metadata = {key: value for key, value in made.metadata.items() if key not in JUPYTEXT_METADATA}
    for key in metadata:
        if key not in CELL_METADATA:
            got = metadata[key] if key == "incorrectly_encoded_metadata" else key
            raise ValueError(f'{place}: {got!r} is no cell metadata; it is exercise="name" or tags=["volatile"]')
    exercise = metadata.get("exercise")
    if exercise is not None and not (isinstance(exercise, str) and exercise.isidentifier()):
        raise ValueError(f"{place}: exercise is {exercise!r}; it wants the name of a variable or function")
    if exercise is not None and made.cell_type != "code":
        raise ValueError(f"{place}: exercise {exercise} is in a {made.cell_type} cell; an answer is code")
    return exercise, tuple(metadata.get("tags", ()))


def _jupytext():
    try:
        import jupytext
    except ModuleNotFoundError:
        raise ModuleNotFoundError('jupytext is not installed; install it with `pip install -e ".[build]"`') from None
    return jupytext
