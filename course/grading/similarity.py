"""Answers that are much alike, among those that students could not have had from the lecture.

Answers are compared as runs of Python tokens, weighed by how rare they are (TF-IDF, scikit-learn) and measured by the
cosine between them. Comments, layout and the names that an answer gives to its own variables do not count.
"""

import ast
import io
import keyword
import tokenize
from collections import Counter
from dataclasses import dataclass

RUN = 4  # tokens
SHORTEST = 12  # runs: of fewer, two people write the same by chance
ALIKE = 0.8  # cosine; measured on answers written apart, see tests/grading/test_similarity.py
MOST = 20  # pairs shown of a lecture
COMMON = 4  # as many students, and a quarter of the class, have an answer before it counts as common


@dataclass(frozen=True)
class Pair:
    """Two students whose answers to one exercise are alike: the cosine between them, and both answers."""

    lecture: str
    exercise: str
    first: str
    second: str
    score: float
    answers: tuple[str, str]


def pairs(lecture, exercise, answers, given=""):
    """Return the pairs of students with answers much alike (list of `Pair`, the most alike first).

    `answers` is {student: source}, `given` the source that all of them started from.
    """
    runs = {student: _runs(source) for student, source in sorted(answers.items())}
    known = set(_runs(given)) | _common(list(runs.values()))
    own = {student: [run for run in theirs if run not in known] for student, theirs in runs.items()}
    students = [student for student, theirs in own.items() if len(theirs) >= SHORTEST]
    if len(students) < 2:
        return []
    from sklearn.feature_extraction.text import TfidfVectorizer

    weights = TfidfVectorizer(analyzer=lambda student: own[student]).fit_transform(students)
    scores = (weights @ weights.T).tocoo()
    found = [
        Pair(lecture, exercise, students[a], students[b], round(float(score), 4),
             (answers[students[a]], answers[students[b]]))
        for a, b, score in zip(scores.row, scores.col, scores.data, strict=True)
        if a < b and score >= ALIKE
    ]  # fmt: skip
    return sorted(found, key=_most_alike)


def of_lecture(lecture, exercises, notebooks, given):
    """Return the pairs most alike over all `exercises` (names) of a lecture (list of `Pair`, at most `MOST`).

    `notebooks` is {student: sources of the code cells}, `given` the sources of the student build's code cells.
    """
    stubs = answers_of(given, exercises)
    texts = {student: answers_of(cells, exercises) for student, cells in notebooks.items()}
    found = []
    for exercise in exercises:
        answers = {student: theirs[exercise] for student, theirs in texts.items() if exercise in theirs}
        found += pairs(lecture, exercise, answers, stubs.get(exercise, ""))
    return sorted(found, key=_most_alike)[:MOST]


def _most_alike(pair):
    return -pair.score, pair.exercise, pair.first, pair.second


def answers_of(cells, names):
    """Return the source that binds each of `names` in the code `cells` (list of str) last, as {name: source}."""
    found = {}
    for source in cells:
        try:
            body = ast.parse(source).body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for statement in body:
            for name in _bound(statement) & set(names):
                found[name] = ast.get_source_segment(source, statement) or ""
    return found


def _bound(statement):
    """Return the names that a statement at the top of a cell binds (set)."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    targets = getattr(statement, "targets", [getattr(statement, "target", None)])
    nodes = [node for target in targets if target is not None for node in ast.walk(target)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _common(answers):
    """Return the runs of the commonest answer, if as many have it as do by chance: an empty set where it is a few."""
    if not answers:
        return set()
    commonest, count = Counter(map(tuple, answers)).most_common(1)[0]
    return set(commonest) if count >= max(COMMON, len(answers) / 4) else set()


def _runs(source):
    """Return the runs of `RUN` tokens of Python `source` (list of str); of what is no Python, none."""
    tokens = _tokens(source)
    return [" ".join(tokens[start : start + RUN]) for start in range(len(tokens) - RUN + 1)]


def _tokens(source):
    """Return the tokens of an answer, with `_` for the names that it gives to its own arguments and variables."""
    try:
        tree = ast.parse(source)
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError):
        return []
    own = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    own |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    kinds = (tokenize.NAME, tokenize.OP, tokenize.NUMBER, tokenize.STRING)
    return ["_" if token.string in own and not keyword.iskeyword(token.string) else token.string
            for token in tokens if token.type in kinds]  # fmt: skip
