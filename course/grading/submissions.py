"""Find what students handed in: a folder for each, or what a learning management system (LMS) gives to download.

Nothing here runs or reads a notebook. Names and zips are written by others: no name becomes a path, no link is
followed, and what cannot be used is kept with its reason, for a person.
"""

import re
import stat
import unicodedata
import zipfile
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

MAX_BYTES = 32 * 2**20  # a built notebook has at most 2 MB; a student's may hold many pictures
MAX_TOTAL = 4 * 2**30  # of all notebooks that a zip holds
MAX_ENTRIES = 100_000
MAX_DEPTH = 8  # folders within folders
MAX_RATIO = 200  # notebooks shrink to a tenth or a third; a bomb shrinks a thousandfold
SMALL = 2**20  # below this a ratio says nothing

# Canvas, "Download Submissions": name, LATE where it is, the student's number, the file's number, the file's own name.
CANVAS = re.compile(r"(?P<name>.*?)_?(?P<late>LATE_)?(?<![^_])(?P<id>\d+|anon_[^\W_]+)_(?P<number>\d+)_(?P<file>.+)")
# Moodle, "Download all submissions": a folder, or where that is switched off a prefix, of name and number.
MOODLE = re.compile(r"(?P<name>.*?)_(?P<id>\d+)_assignsubmission_[a-z]+_?(?P<file>.*)")


@dataclass(frozen=True)
class Submission:
    """One notebook of one student. `submitted` is when the file was last changed, which need not be when it was handed
    in.

    `file` is where it was found, in words; `name` is what the LMS calls the student, and `lms_id`, `number` and `late`
    are the student's and the file's number there and whether it says that the file is late (None where there is no
    LMS). `problem` says why the file cannot be read; `path` is then None.
    """

    student: str
    lecture: str
    path: Path | None
    submitted: datetime | None = None
    file: str = ""
    name: str = ""
    lms_id: str | None = None
    number: int | None = None
    late: bool | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Aside:
    """Something that was handed in and is not marked: whose it is ("" if nobody's), where it was found, and why."""

    student: str
    file: str
    reason: str


@dataclass(frozen=True)
class Found:
    """What `find` found: `submissions` to mark, one for each student and lecture; `older` ones; what is `aside`."""

    submissions: tuple[Submission, ...]
    older: tuple[Submission, ...]
    aside: tuple[Aside, ...]


@dataclass(frozen=True)
class _Entry:
    """A file: its place below the folder or in the zip (tuple of names), and what is known of it."""

    parts: tuple[str, ...]
    path: Path | None
    submitted: datetime | None
    problem: str | None = None

    @property
    def file(self):
        return "/".join(map(clean, self.parts))

    @property
    def is_notebook(self):
        return self.parts[-1].lower().endswith(".ipynb")


def find(place, lectures, scratch, only=None):
    """Return what is `Found` in `place` (Path), a folder or a zip.

    `lectures` are the names that there are (list of "NN_topic"), `scratch` is an empty folder of ours for what is in
    zips. With `only`, the name of a lecture, no other is looked for, and a file whose name tells no lecture is taken
    for that one. Raises ValueError where there is nothing to mark: no such place, an empty one, or no file of any
    lecture.
    """
    if not place.exists():
        raise ValueError(f"{place} is not there: give the folder, or the zip, of submissions")
    entries = _unwrapped(list(_in_folder(place, scratch) if place.is_dir() else _in_zip(place, scratch)))
    if not entries:
        raise ValueError(f"{place} holds no submission: one is <student>/NN_topic.ipynb, or a file that an LMS named")
    found, aside = [], []
    for entry in entries:
        made = _submission(entry, lectures, only)
        if made:
            (aside if isinstance(made, Aside) else found).append(made)
    handed_in = {submission.student for submission in found}
    aside = [each for each in aside if each.file.lower().endswith(".ipynb") or each.student not in handed_in]
    if only:
        found = [submission for submission in found if submission.lecture == only]
    if not found:
        why = f"; the first file, {aside[0].file}: {aside[0].reason}" if aside else ""
        raise ValueError(f"{place} holds no notebook of {only or 'any lecture'}{why}")
    newest, older = newest_of(found)
    return Found(newest, older, tuple(sorted(aside, key=lambda each: (each.student, each.file))))


def newest_of(submissions):
    """Return (newest, older): of each student and lecture the submission to mark, and all others (tuples, sorted).

    Which is newest says the LMS's number, where all have one, else the time of the file. One that can be read goes
    before any that cannot.
    """
    groups = {}
    for submission in submissions:
        groups.setdefault((submission.student, submission.lecture), []).append(submission)
    newest, older = [], []
    for _, group in sorted(groups.items()):
        numbered = all(submission.number is not None for submission in group)
        group.sort(key=lambda each: (each.problem is None, each.number if numbered else 0, *_age(each)))
        newest.append(group.pop())
        older += reversed(group)
    return tuple(newest), tuple(older)


def _age(submission):
    return (submission.submitted or datetime.min.replace(tzinfo=UTC), submission.file)


def lecture_of(name, lectures):
    """Return where the file name `name` tells a lecture, as (lecture, position), or None.

    `05_alexnet (1).ipynb`, `05-alexnet-2.ipynb` and `Copy of 05_alexnet.ipynb` are all of 05_alexnet.
    """
    for lecture in lectures:
        words = "[ _-]*".join(map(re.escape, lecture.split("_")))
        if match := re.search(rf"(?<![^\W_]){words}(?![^\W\d_])", name, flags=re.IGNORECASE):
            return lecture, match.start()
    return None


def clean(name):
    """Return `name` as text that can be printed: composed, without control characters or what turns the line around."""
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text).strip()


# --- files: in folders, in zips ---------------------------------------------------------------------------------------


def _in_folder(folder, scratch):
    """Yield the entries below `folder`; a zip that lies in it directly is opened."""
    count = 0
    waiting = [(folder, ())]
    while waiting:
        here, parts = waiting.pop()
        children = sorted(here.iterdir())
        visible = [child for child in children if not _hidden(child.name)]
        if parts and len(parts) == 1 and not visible:
            yield _Entry((*parts, ""), None, None, "the folder is empty")
        for child in visible:
            if (count := count + 1) > MAX_ENTRIES:
                raise ValueError(f"{folder} holds more than {MAX_ENTRIES} files: is it the folder of submissions?")
            below = (*parts, child.name)
            status = child.lstat()
            if stat.S_ISDIR(status.st_mode) and not child.name.lower().endswith(".ipynb"):
                if len(below) < MAX_DEPTH:
                    waiting.append((child, below))
                else:
                    yield _Entry(below, None, None, f"it lies more than {MAX_DEPTH} folders deep")
            elif not parts and child.suffix.lower() == ".zip" and stat.S_ISREG(status.st_mode):
                try:
                    yield from _in_zip(child, scratch)
                except ValueError as problem:
                    yield _Entry(below, None, None, str(problem))
            else:
                time = datetime.fromtimestamp(status.st_mtime, UTC)
                yield _Entry(below, child, time, _problem(child, status))


def _problem(path, status):
    """Return why the file cannot be read as a notebook, or None."""
    if stat.S_ISLNK(status.st_mode):
        return "it is a symbolic link, and links are not followed"
    if stat.S_ISDIR(status.st_mode):
        return "it is a folder, named like a notebook"
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    if status.st_size == 0:
        return "the file is empty"
    if status.st_size > MAX_BYTES:
        return _too_large()
    try:
        path.open("rb").close()
    except OSError as problem:
        return f"it cannot be read: {problem.strerror}"
    return None


def _too_large():
    return f"it is larger than {MAX_BYTES // 2**20} MB"


def _hidden(name):
    return name.startswith(".") or name == "__MACOSX"


def _in_zip(place, scratch):
    """Yield the entries of the zip `place`; its notebooks are written to `scratch` under names of ours."""
    try:
        with zipfile.ZipFile(place) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MAX_ENTRIES:
                raise ValueError(f"{place} holds more than {MAX_ENTRIES} files: is it the zip of submissions?")
            left = MAX_TOTAL
            for member in members:
                parts = PurePosixPath(member.filename.replace("\\", "/")).parts
                if not parts or any(_hidden(part) and part != ".." for part in parts):
                    continue
                entry = _Entry(parts, None, _time_of(member), _problem_of(member, parts))
                if entry.is_notebook and not entry.problem:
                    target = scratch / f"{len(list(scratch.iterdir())):06}.ipynb"
                    size, problem = _extract(archive, member, target, left)
                    left -= size
                    entry = replace(entry, path=None if problem else target, problem=problem)
                yield entry
    except (zipfile.BadZipFile, EOFError, OSError) as problem:
        raise ValueError(f"{place} is neither a folder nor a zip that can be read ({problem})") from None


def _time_of(member):
    """Return when the file in a zip was last changed; a zip tells it in local time. None where it tells nonsense."""
    try:
        return datetime(*member.date_time).astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def _problem_of(member, parts):
    """Return why a file in a zip is not unpacked, or None: all that its header can tell."""
    if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        return "its path leads out of the zip"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a symbolic link, and links are not followed"
    if member.flag_bits & 1:
        return "it is locked with a password"
    if member.file_size == 0:
        return "the file is empty"
    if member.file_size > MAX_BYTES:
        return _too_large()
    if member.file_size > max(SMALL, MAX_RATIO * member.compress_size):
        return f"it unpacks to more than {MAX_RATIO} times its size"
    return None


def _extract(archive, member, target, left):
    """Write a file of the zip to `target`; return how many bytes it had, and why it was not written, or None.

    zipfile unpacks no more than the header tells, which `_problem_of` has seen, and finds out one that lies.
    """
    try:
        with archive.open(member) as packed:
            content = packed.read(MAX_BYTES)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as problem:
        return 0, f"it cannot be unpacked ({problem})"
    if len(content) > left:
        return len(content), f"the zip unpacks to more than {MAX_TOTAL // 2**30} GB"
    target.write_bytes(content)
    return len(content), None


def _unwrapped(entries):
    """Return the entries without the folder that holds the whole class: zips, and their copies, often come with one."""
    while len({entry.parts[0] for entry in entries}) == 1 and all(len(entry.parts) > 1 for entry in entries):
        below = [entry.parts[1:] for entry in entries]
        students = {parts[0] for parts in below if len(parts) > 1}
        files = [parts[0] for parts in below if len(parts) == 1]
        if not (all(_from_lms(name) for name in files) if files else len(students) > 1):
            break
        entries = [replace(entry, parts=entry.parts[1:]) for entry in entries]
    return entries


# --- names ------------------------------------------------------------------------------------------------------------


def _from_lms(name):
    return MOODLE.fullmatch(name) or CANVAS.fullmatch(name)


def _submission(entry, lectures, only):
    """Return the `Submission` that an entry is, the `Aside` that says why it is none, None for what nobody misses."""
    student, file, known = _whose(entry, lectures)
    if not entry.is_notebook:
        reason = entry.problem or (
            "it is a zip within: unpack it" if file.lower().endswith(".zip") else "it is no notebook"
        )
        return Aside(student, entry.file, reason) if student or entry.problem else None
    if not student:
        return Aside("", entry.file, "its name does not tell whose it is: put it into a folder named after the student")
    told = lecture_of(file, lectures)
    if not told and not only:
        return Aside(student, entry.file, "its name tells no lecture: rename it to NN_topic.ipynb, or use --lecture")
    lecture = told[0] if told else only
    path = None if entry.problem else entry.path
    return Submission(student, lecture, path, entry.submitted, entry.file, **known, problem=entry.problem)


def _whose(entry, lectures):
    """Return the student ("" if nobody's), the file's own name, and what the LMS tells (dict)."""
    first, *rest = entry.parts
    if match := MOODLE.fullmatch(first):
        file = rest[-1] if rest else match["file"]
        return _label(match), file, {"name": clean(match["name"]), "lms_id": match["id"]}
    if rest:
        return clean(first), rest[-1], {}
    told = lecture_of(first, lectures)
    match = CANVAS.fullmatch(first)
    if match and (lecture_of(match["file"], lectures) or not told):  # group_3_05_alexnet.ipynb is not from Canvas
        known = {"lms_id": match["id"], "number": int(match["number"]), "late": bool(match["late"])}
        return _label(match), match["file"], {"name": clean(match["name"]), **known}
    return clean(first[: told[1]]).strip(" _-.") if told else "", first, {}


def _label(match):
    """Return what to call a student of whom the LMS tells name and number: two may have the same name."""
    return clean("_".join(filter(None, (match["name"], match["id"]))))
