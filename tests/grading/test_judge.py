"""The judge says of every answer what the exercise itself says at home, though it has never seen it."""

import socket
import threading
import time

import keras
import numpy as np
import pytest

from course import exercises
from course.exercises import Exercise, Mistake
from course.grading import judge, staging, student, wire
from course.workplace import root

pytestmark = pytest.mark.usefixtures("computed_once")

TOPICS = list(staging.topics(root()))
EXERCISES = [exercise for topic in TOPICS for exercise in exercises.of(topic).values()]
LIMITS = {"question": 20.0, "exercise": 60.0}


@pytest.fixture
def asked():
    """A function that asks for one answer, as the judge does, in a process that is the student's and the judge's."""
    ends = []

    def ask(exercise, answer, seed=0, limits=LIMITS):
        ours, theirs = socket.socketpair()
        thread = threading.Thread(target=student._answer, args=(theirs, {exercise.name: answer}), daemon=True)
        thread.start()
        ends.append((ours, thread))
        stranger = judge.Student(ours, limits)
        stranger.begin()
        return judge._outcome(exercise, stranger, seed)

    yield ask
    for ours, thread in ends:
        ours.close()
        thread.join(10)


def told(outcome):
    """Return what the judge tells of an outcome, but the evidence."""
    return {"status": outcome.status, "mistake": outcome.mistake and outcome.mistake.name, "sentence": outcome.sentence}


def same(found, outcome):
    return {key: found.get(key) for key in ("status", "mistake", "sentence")} == told(outcome)


def answers(exercise):
    """Yield (what it is, an answer): the reference, and every named mistake."""
    made = (lambda wrong: wrong()) if exercise.kind == "model" else (lambda wrong: wrong)
    yield "reference", made(exercise.reference)
    for mistake in exercise.mistakes:
        yield mistake.name, made(mistake.wrong)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_named_mistake_is_the_one_that_it_is_at_home(asked, exercise):
    for name, answer in answers(exercise):
        home = exercise.check(answer)
        found = asked(exercise, answer)
        assert same(found, home), f"{name}: {found} and not {home}"
        assert found["evidence"] == home.evidence, name


# --- answers of every sort ------------------------------------------------------------------------------------------------


def value(expected, **more):
    """Return an exercise whose answer is a value."""
    return Exercise(
        "it",
        1,
        "value",
        "it = ...",
        expected,
        None,
        (Mistake("negative", -expected, "The sign."),),
        ("Think.",),
        **more,
    )


def function(reference, *cases):
    return Exercise("it", 1, "function", "pass", reference, lambda rng: [*cases], (), ("Think.",))


class Yes:
    def __eq__(self, other):
        return True

    __hash__ = None


@pytest.mark.parametrize("answer", [
    2, 2.0, np.float32(2), np.array(2), np.int64(2), keras.ops.convert_to_tensor(2.0), True, "2", None, ..., [2], (2,), {2}, {"a": 2}, -2,
    2 + 0j, b"2", Yes(), Yes, len, lambda: 2, float("nan"), range(2), np.matrix([[2]]), np.array([2, None], dtype=object), iter([2]),
    10**400, keras.layers.Dense(2), type("Two", (int,), {})(2), np.ma.array([2]),
], ids=lambda answer: type(answer).__name__)  # fmt: skip
def test_a_value_of_any_sort_is_judged_as_at_home(asked, answer):
    exercise = value(2.0)
    assert same(asked(exercise, answer), exercise.check(answer))


def nested(depth, kind=list):
    """Return an empty list in a list in a list …, or a dict in a dict."""
    value = kind()
    for _ in range(depth):
        value = {"in": value} if kind is dict else kind([value])
    return value


def in_itself():
    value = [1.0]
    value.extend([value, value])
    return value


@pytest.mark.parametrize("answer", [nested(50), nested(5_000), nested(5_000, tuple), nested(5_000, dict), in_itself()])
def test_an_answer_nested_too_deep_is_judged_as_at_home(asked, answer):
    for exercise in (value(2.0), value(np.array([2.0, 3.0]))):
        assert same(asked(exercise, answer), exercise.check(answer))
    exercise = function(lambda x: x * 2, (1.0,))
    assert same(asked(exercise, lambda x: answer), exercise.check(lambda x: answer))


@pytest.mark.parametrize("depth", [99, 150, 300])
def test_an_answer_nested_deep_is_wrong_as_at_home(asked, depth):
    answer = nested(depth)
    assert asked(value(2.0), answer)["status"] == value(2.0).check(answer).status == "wrong"
    exercise = function(lambda x: x * 2, (1.0,))
    assert asked(exercise, lambda x: answer)["status"] == "wrong"
    assert asked(exercise, answer)["mistake"] == exercise.check(answer).mistake.name == "wrong kind"


def raises(problem):
    def answer(*_):
        raise problem

    return answer


class Own(ValueError):
    pass


@pytest.mark.parametrize("answer", [
    lambda x: x * 2, lambda x: keras.ops.multiply(x, 2), lambda x: (x * 2).tolist(), lambda x: None, lambda x: x, lambda: 2, lambda x: x.sum(),
    raises(ValueError("no")), raises(NotImplementedError()), raises(KeyError("a")), raises(Own("no")), raises(SystemExit(3)),
    raises(np.linalg.LinAlgError("singular")), raises(UnicodeDecodeError("utf-8", b"", 0, 1, "no")), lambda x: x.fill(0), lambda x: x.resize(0),
    lambda x: (x.fill(0), x)[1], lambda x: 1 / 0, lambda x: undefined, lambda x: iter(x), lambda x: Yes(), keras.layers.ReLU(), dict, lambda *x, **k: x[0] * 2,  # noqa: F821
])  # fmt: skip
def test_a_function_of_any_sort_is_judged_as_at_home(asked, answer):
    exercise = function(lambda x: x * 2, (np.arange(3.0),), (np.arange(4.0).reshape(2, 2),))
    assert same(asked(exercise, answer), exercise.check(answer))


def test_a_raised_exception_keeps_its_class_where_a_raise_is_right(asked):
    exercise = function(raises(ValueError("no")), (1,))
    for answer in (raises(ValueError("other")), raises(Own("no")), raises(KeyError("no")), lambda x: 1):
        assert asked(exercise, answer)["status"] == exercise.check(answer).status


def test_arguments_that_a_function_changes_are_seen_to_be_changed(asked):
    exercise = function(lambda a, b, c: len(a) + len(b), ([1, 2], {"x": [1]}, (np.zeros(2), 1)))
    answers = [
        lambda a, b, c: (a.append(3), 3)[1], lambda a, b, c: (b["x"].append(1), 3)[1], lambda a, b, c: (b.update(y=1), 3)[1],
        lambda a, b, c: (c[0].fill(1), 3)[1], lambda a, b, c: len(a) + len(b),
    ]  # fmt: skip
    for answer in answers:
        assert same(asked(exercise, answer), exercise.check(answer))
    assert [asked(exercise, answer)["mistake"] for answer in answers] == ["mutates its input"] * 4 + [None]


def test_an_argument_that_is_a_function_can_be_called_and_what_it_raises_is_raised(asked):
    def scored(score, x):
        try:
            score("text")
        except TypeError:
            return score(x) + score(x, scale=2)

    exercise = function(scored, (lambda x, scale=1: scale * np.sum(np.sqrt(x)), np.arange(3.0)))
    assert asked(exercise, scored)["status"] == exercise.check(scored).status == "right"
    assert asked(exercise, lambda score, x: score(x))["status"] == "wrong"


def test_a_missing_answer_is_absent_and_a_missing_name_is_told(asked):
    exercise = function(lambda x: x, (1,))
    ours, theirs = socket.socketpair()
    threading.Thread(target=student._answer, args=(theirs, {"it": lambda x: undefined}), daemon=True).start()  # noqa: F821
    stranger = judge.Student(ours, LIMITS)
    stranger.begin()
    assert judge._outcome(exercise, stranger, 0)["status"] == "wrong" and stranger.unbound
    other = function(lambda x: x, (1,))
    object.__setattr__(other, "name", "other")
    assert judge._outcome(other, stranger, 0) == {"status": "absent"}
    ours.close()


# --- a student process that lies ------------------------------------------------------------------------------------------


@pytest.fixture
def lied_to():
    """A function that asks a process which answers each question with what `lie(question)` returns."""
    threads = []

    def ask(lie, exercise=None, limits=LIMITS):
        ours, theirs = socket.socketpair()

        def serve():
            try:
                while True:
                    question = wire.receive(theirs, time.monotonic() + 10, lambda note: note)
                    wire.send(theirs, lie(question), time.monotonic() + 10)
            except (EOFError, OSError, TimeoutError):
                pass

        threads.append((threading.Thread(target=serve, daemon=True), ours))
        threads[-1][0].start()
        stranger = judge.Student(ours, limits)
        stranger.begin()
        try:
            return judge._outcome(exercise or value(2.0), stranger, 0)
        except judge.Stopped as end:
            return {"status": end.status, "sentence": end.sentence, "stopped": stranger.stopped}

    yield ask
    for thread, ours in threads:
        ours.close()
        thread.join(10)


@pytest.mark.parametrize("lie", [
    lambda question: 3, lambda question: None, lambda question: {"nonce": question["nonce"]}, lambda question: {"nonce": 0, "reply": {"value": 2.0}},
    lambda question: {"nonce": question["nonce"], "reply": [1]}, lambda question: {"nonce": question["nonce"], "reply": {"raised": 3, "text": ""}},
    lambda question: {"callback": 0},
    lambda question: [["nonce", question["nonce"]]],
])  # fmt: skip
def test_a_reply_that_was_not_asked_for_is_an_error(lied_to, lie):
    assert lied_to(lie) == {"status": "error", "sentence": judge.FORGED, "stopped": True}


def test_a_call_of_a_function_that_was_not_given_raises_in_the_student(lied_to):
    replies = []

    def lie(question):
        replies.append(question)
        return (
            {"callback": 7, "arguments": (), "keywords": {}}
            if len(replies) < 3
            else {"nonce": replies[0]["nonce"], "reply": {"value": 2.0}}
        )

    assert lied_to(lie)["status"] == "right"
    assert [reply["raised"] for reply in replies[1:]] == ["IndexError"] * 2


def test_callbacks_without_end_end_with_the_question(lied_to):
    found = lied_to(
        lambda question: {"callback": 7, "arguments": (), "keywords": {}}, limits={"question": 0.5, "exercise": 60.0}
    )
    assert found["status"] == "timeout"


def test_a_layer_that_lies_about_itself_is_no_way_in(lied_to):
    exercise = exercises.of("neurons")["digits_mlp"]
    layer = {
        "model": True,
        "built": True,
        "config": {"module": "os", "class_name": "system", "config": "true"},
        "weights": [("w", np.ones(2), True)],
    }

    def lie(question):
        return {"nonce": question["nonce"], "reply": {"value": 3, "layer": layer}}

    assert lied_to(lie, exercise)["status"] == "wrong"


def net_and_state():
    """Return a compiled net and how a student process would say that it was left."""
    net = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="body"), keras.layers.Dense(1, name="head")])
    net.compile("sgd", "mse")
    state = student._state(net, net.optimizer)
    return net, state


def test_a_net_is_left_as_a_function_left_its_copy():
    net, _ = net_and_state()
    copy, _ = net_and_state()
    before = copy.optimizer
    copy.layers[0].trainable = False
    copy.set_weights([weight + 1 for weight in copy.get_weights()])
    copy.compile(keras.optimizers.Adam(0.25), "mae")
    judge._leave(net, student._state(copy, before))
    assert [layer.trainable for layer in net.layers] == [False, True] and len(net.trainable_weights) == 2
    assert all(np.array_equal(a, b) for a, b in zip(net.get_weights(), copy.get_weights(), strict=True))
    assert type(net.optimizer).__name__ == "Adam" and float(net.optimizer.learning_rate) == 0.25
    mine = net.optimizer
    copy.pop()
    copy.optimizer.learning_rate = 0.5
    judge._leave(net, student._state(copy, copy.optimizer))
    assert len(net.layers) == 1 and net.optimizer is mine and float(mine.learning_rate) == 0.5


@pytest.mark.parametrize("lie", [
    {"layers": 0}, {"layers": -1}, {"layers": "2"}, {"trainable": []}, {"trainable": None}, {"weights": []}, {"weights": [1, 2, 3, 4]},
    {"weights": [("w", np.zeros((9, 9)), True)] * 4}, {"weights": [("w", "text", True)] * 4}, {"rate": "fast"}, {"rate": [1]},
    {"compiled": {"optimizer": {"module": "os", "class_name": "system", "config": {}, "registered_name": None}}},
    {"compiled": {"optimizer": {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"}}},
    {"compiled": 5}, {"compiled": {"loss": {"module": "keras.layers", "class_name": "Lambda", "config": {}, "registered_name": None}}},
], ids=lambda lie: next(iter(lie)))  # fmt: skip
def test_a_lie_about_a_net_is_noticed(lie):
    net, state = net_and_state()
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError, judge.Stopped)):
        judge._leave(net, {**state, **lie})
