"""What a sandbox sees of the course: all that a notebook needs, and no answer."""

import ast
import subprocess
import sys

import pytest

from course import exercises
from course.exercises import Exercise
from course.grading import staging
from course.workplace import root

TOPICS = staging.topics(root())


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stage")
    staging.stage(root(), folder)
    return folder


@pytest.mark.parametrize("topic", TOPICS)
def test_the_file_says_what_the_exercises_are(topic):
    real = exercises.of(topic)
    read = staging.prompts(TOPICS[topic])
    assert list(read) == list(real)
    for name, prompt in read.items():
        assert all(getattr(prompt, word) == getattr(real[name], word) for word in staging.WORDS)


@pytest.mark.parametrize("topic", TOPICS)
def test_no_reference_case_or_mistake_is_staged(stage, topic):
    text = (stage / f"course/exercises/{topic}.py").read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    assert {keyword.arg for call in calls for keyword in call.keywords} == set(staging.WORDS)
    assert {call.func.id for call in calls} == {"Prompt"}
    for exercise in exercises.of(topic).values():
        for mistake in exercise.mistakes:
            assert mistake.sentence not in text
    assert not any(isinstance(node, ast.Lambda | ast.FunctionDef | ast.ClassDef | ast.Import) for node in nodes)
    assert [node.module for node in nodes if isinstance(node, ast.ImportFrom)] == ["course.exercises.prompt"]


def test_the_rooms_of_the_marker_are_not_staged(stage):
    assert not any((stage / "course" / name).exists() for name in ("authoring", "kernels", "cli.py"))
    assert {path.name for path in (stage / "course/grading").iterdir()} == set(staging.GRADING)
    assert not list(stage.rglob("*.ipynb")) and not (stage / "solutions").exists()
    assert all(path.stat().st_mode & 0o077 == (0o055 if path.is_dir() else 0o044) for path in stage.rglob("*"))


def test_a_notebook_works_with_what_is_staged(stage):
    code = """
from course import exercises
from course.exercises import Exercise, googlenet, neurons, reveal
assert isinstance(neurons.neuron_output, Exercise) and "neuron_output" in exercises.of("neurons")
assert neurons.neuron_output.check(len) == "neuron_output: handed in."
neurons.neuron_output.hint()
assert set(googlenet.ROWS) == set("abcde")
assert not hasattr(neurons.neuron_output, "reference") and not hasattr(neurons.neuron_output, "mistakes")
import course.grading.student
"""
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], env={"PYTHONPATH": str(stage), "PATH": ""}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Hint 1 of 2: First the sum")


def test_an_exercise_that_is_computed_is_refused(tmp_path):
    file = tmp_path / "topic.py"
    file.write_text('x = Exercise(name="x", points=1 + 1, kind="value", stub="x = ...", hints=("a",))\n')
    with pytest.raises(ValueError, match=r"topic.py:1: points must be written down"):
        staging.prompts(file)


def test_the_engine_is_what_exercises_are_made_of():
    assert Exercise.__module__ == "course.exercises.engine"
