"""Every exercise of every lecture proves itself, from its own data."""

import textwrap
from pathlib import Path

import pytest

import course.exercises
from course import exercises

pytestmark = pytest.mark.usefixtures("computed_once")

TOPICS = sorted(
    path.stem
    for path in Path(course.exercises.__file__).parent.glob("*.py")
    if path.stem not in ("__init__", "engine", "compare")
)
EXERCISES = [exercise for topic in TOPICS for exercise in exercises.of(topic).values()]
MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]
SEEDS = range(3)  # a marker draws fresh cases: no draw may blur one mistake into another


def answer_of(exercise, implementation):
    """Return what a student would hold: a mistake or a reference of kind "model" is a function that builds one."""
    return implementation() if exercise.kind == "model" else implementation


def untouched(exercise):
    """Return the answer of a student who has written nothing."""
    body = exercise.stub
    if exercise.kind == "function":
        body = f"def {exercise.name}(*arguments):\n{textwrap.indent(body, '    ')}"
    names = {}
    exec(body, names)
    return names[exercise.name]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_lecture_has_enough_exercises(topic):
    assert len(exercises.of(topic)) >= 5


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_is_right(exercise, seed):
    outcome = exercise.check(answer_of(exercise, exercise.reference), seed)
    assert outcome.status == "right", outcome


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
@pytest.mark.parametrize("seed", SEEDS)
def test_the_reference_neither_raises_nor_changes_its_input(exercise, seed):
    # the engine compares an answer that raises with the reference alike: two that fail in one way would agree
    results = exercise._results(exercise.reference, seed)
    assert [result for result in results if type(result).__name__ in ("_Raised", "_Mutated")] == []


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_the_stub_is_not_attempted(exercise):
    assert exercise.check(untouched(exercise)).status == "not attempted"


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_there_are_at_least_three_named_mistakes(exercise):
    assert len(exercise.mistakes) >= 3


@pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=[f"{e.name}: {m.name}" for e, m in MISTAKES])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_mistake_is_diagnosed_as_itself_and_as_no_other(exercise, mistake, seed):
    outcome = exercise.check(answer_of(exercise, mistake.wrong), seed)
    assert outcome.status == "wrong"
    assert outcome.mistake is mistake, f"taken for {outcome.mistake and outcome.mistake.name!r}"
    assert mistake.sentence in outcome.sentence


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_two_draws_of_cases_from_one_seed_are_equal(exercise):
    if exercise.cases:
        assert exercises.agree(*(exercises.plain(exercise._cases(seed=3)) for _ in range(2)))
