"""Start a lecture: a source and a file of exercises that build and run as they are."""

import keyword
from importlib import resources

from course.authoring.source import check_name

TEMPLATES = {"solutions/{name}.py": "lecture.py.txt", "course/exercises/{topic}.py": "exercises.py.txt"}


def new(root, name):
    """Write the source and the exercises of the lecture `name` ("NN_topic") from templates; return their paths (list).

    `root` is the course's folder (Path). Raises ValueError for a name that is none, that has the number or the topic of
    another lecture, or one whose files are there already; nothing is written then.
    """
    check_name(name)
    number, topic = name.split("_", 1)
    if keyword.iskeyword(topic):
        raise ValueError(f"{name!r}: {topic} is a word of Python's own, and cannot name the lecture's exercises")
    taken = [path.stem for path in sorted((root / "solutions").glob("*.py")) if path.stem.split("_")[0] == number]
    if taken:
        raise ValueError(f"{name!r}: lecture {number} is {taken[0]}; choose another number")
    words = {"number": number, "topic": topic, "title": topic.replace("_", " ").capitalize()}
    files = {root / path.format(name=name, topic=topic): template for path, template in TEMPLATES.items()}
    for path in files:
        if path.exists():
            raise ValueError(f"{path.relative_to(root).as_posix()} is there already, and is kept: choose another name")
    for path, template in files.items():
        text = resources.files("course.authoring").joinpath(template).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace("{{" + word + "}}", value)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="\n") as file:  # "x": what came to be there meanwhile is kept
            file.write(text)
    return list(files)
