"""The engine on exercises made for it: what it says of every sort of answer."""

import dataclasses
import html
from fractions import Fraction

import numpy as np
import pytest

from course.exercises import Exercise, Mistake, agree, of, plain, reveal, show
from course.exercises.engine import with_set_weights

STUB = "raise NotImplementedError"


def doubling(**changes):
    """Return an exercise: double an array."""
    data = {
        "name": "double",
        "points": 1,
        "kind": "function",
        "stub": STUB,
        "reference": lambda x: 2 * x,
        "cases": lambda rng: [(np.array([0.0, 1.0]),), (rng.normal(size=3),)],
        "mistakes": (
            Mistake("squared", lambda x: x**2, "You square it."),
            Mistake("halved", lambda x: x / 2, "You halve it."),
        ),
        "hints": ("first", "second"),
    }
    return Exercise(**{**data, **changes})


def number(**changes):
    """Return an exercise whose answer is the number 12."""
    return doubling(
        **{
            "name": "dozen",
            "kind": "value",
            "stub": "dozen = ...",
            "reference": 12,
            "cases": None,
            "mistakes": (),
            **changes,
        }
    )


def raising(x):
    raise ZeroDivisionError("<b>mine</b>")


def mutating(x):
    x *= 2
    return x


# --- the outcomes


def test_right():
    assert doubling().check(lambda x: x + x).status == "right"


@pytest.mark.parametrize("stub", [..., lambda x: exec(STUB)])
def test_not_attempted(stub):
    assert doubling().check(stub).status == "not attempted"


def test_a_named_mistake_is_named_with_the_first_case_that_differs():
    outcome = doubling().check(lambda x: x * x)
    assert (outcome.status, outcome.mistake.name) == ("wrong", "squared")
    assert outcome.case["x"].tolist() == [0.0, 1.0]
    assert outcome.yours.tolist() == [0.0, 1.0]
    assert outcome.expected.tolist() == [0.0, 2.0]


def test_an_unnamed_mistake_shows_its_case_and_is_given_no_name():
    outcome = doubling().check(lambda x: 3 * x)
    assert (outcome.status, outcome.mistake) == ("wrong", None)


def test_a_mistake_is_named_only_if_it_agrees_on_every_case():
    assert doubling().check(lambda x: x**2 if len(x) == 2 else 3 * x).mistake is None


@pytest.mark.parametrize(
    "answer, name",
    [
        (raising, "raises"),
        (lambda x: None, "returns nothing"),
        (lambda x: "text", "wrong type"),
        (lambda x: (2 * x).tolist(), "wrong type"),
        (lambda x: 2.0 * x.sum(), "wrong type"),
        (lambda x: (2 * x).astype(int), "wrong dtype"),
        (lambda x: (2 * x)[:1], "wrong shape"),
        (lambda x: 2 * x + np.nan, "NaN"),
        (mutating, "mutates its input"),
        (lambda: 1, "raises"),
        (3, "wrong kind"),
        (lambda x: exit(), "raises"),
    ],
)
def test_what_is_wrong_with_any_exercise_has_a_sentence_of_its_own(answer, name):
    outcome = doubling().check(answer)
    assert (outcome.status, outcome.mistake.name) == ("wrong", name)
    assert outcome.mistake.sentence in str(outcome)


class Unspeakable(Exception):
    def __str__(self):
        raise RuntimeError


def unspeakable(x):
    raise Unspeakable


def test_an_exception_that_cannot_be_shown_does_not_stop_the_check():
    outcome = doubling().check(unspeakable)
    assert outcome.mistake.name == "raises" and "Unspeakable" in str(outcome)


def test_an_input_made_to_hold_itself_does_not_stop_the_check():
    exercise = doubling(cases=lambda rng: [([1, 2],)], reference=len)
    assert exercise.check(lambda x: x.append(x)).status == "wrong"


def test_an_attempt_that_is_not_implemented_for_some_input_is_an_attempt():
    def half_done(x):
        if len(x) == 3:
            raise NotImplementedError
        return 2 * x

    assert doubling().check(half_done).mistake.name == "raises"


def test_a_students_warnings_are_silent(recwarn):
    doubling().check(lambda x: 2 * x / np.zeros(len(x)))
    assert len(recwarn) == 0


def test_a_right_result_by_mutation_is_not_right():
    assert doubling().check(mutating).status == "wrong"


class Liar(float):
    def __eq__(self, other):
        return True

    __hash__ = float.__hash__


class Unprintable:
    def __repr__(self):
        raise RuntimeError

    __array__ = __len__ = __repr__


STRANGE = {
    "liar": Liar(0), "unprintable": Unprintable(), "object": object(), "ragged": [[1], [2, 3]], "dots": {"a": ...},
    "huge": 10**5000, "complex": 1j, "objects": np.array([None]), "set": {1}, "iterator": iter([]),
}  # fmt: skip


@pytest.mark.parametrize("result", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("exercise", [doubling(), number()])
def test_no_result_whatever_is_taken_for_right_or_stops_the_check(exercise, result):
    outcome = exercise.check((lambda x: result) if exercise.kind == "function" else result)
    assert outcome.status == "wrong"
    assert len(str(outcome)) < 2000
    assert outcome._repr_html_()


# --- values and models


@pytest.mark.parametrize("answer, status", [(12, "right"), (12.0, "right"), (np.int64(12), "right"), (np.array(12), "right"),
                                            (13, "wrong"), (12.4, "wrong"), ("12", "wrong"), (True, "wrong"), (None, "wrong"),
                                            (lambda: 12, "wrong"), (..., "not attempted")])  # fmt: skip
def test_a_value(answer, status):
    assert number().check(answer).status == status


def test_a_wrong_value_does_not_give_the_solution_away():
    outcome = number(reference=987654).check(5)
    assert "987654" not in str(outcome) + outcome._repr_html_()


@pytest.mark.parametrize("answer, status", [("same", "right"), (" Same ", "right"), ("valid", "wrong")])
def test_a_choice(answer, status):
    assert number(reference="same").check(answer).status == status


@pytest.mark.parametrize(
    "answer, status", [((None, 10), "right"), ([None, 10], "right"), ((None, 9), "wrong"), ((10,), "wrong")]
)
def test_a_predicted_shape(answer, status):
    assert number(reference=(None, 10)).check(answer).status == status


def dense(units, activation=None, layer=False):
    def build():
        import keras

        answer = keras.layers.Dense(units, activation)
        return answer if layer else keras.Sequential([keras.Input((3,)), answer])

    return build


@pytest.fixture
def modelling():
    return doubling(
        name="model",
        kind="model",
        stub="model = ...",
        reference=dense(2, "relu"),
        cases=lambda rng: [(rng.normal(size=(20, 3)).astype("float32"),)],
        mistakes=(Mistake("linear", dense(2), "There is no activation."),),
    )


def test_a_model_is_right_whatever_its_weights_and_keeps_them(modelling):
    model = dense(2, "relu")()
    before = model.get_weights()
    assert modelling.check(model).status == "right"
    assert all(np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True))


def test_what_is_no_weight_keeps_its_numbers(modelling):
    """Dropout's generator has a state of whole numbers, and a variance is never negative."""
    import keras

    model = keras.Sequential([keras.layers.Dropout(0.5), keras.layers.BatchNormalization(), keras.layers.Dense(2)])
    outcome = modelling.check(model)
    shapes = outcome.yours["weight shapes"]
    assert shapes == [(3,), (3,), (3,), (3,), (3, 2), (2,)] and outcome.mistake.name == "other layers"
    assert np.isfinite(with_set_weights(model, np.ones((4, 3), "float32"))["output"]).all()


def test_keras_says_what_is_wrong_without_colours_and_arguments(modelling):
    import keras

    page = modelling.check(keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)]))._repr_html_()
    assert "\x1b" not in page and "Arguments received" not in page and "ValueError" in page


def test_a_model_without_call_is_an_attempt(modelling):
    import keras

    class Unfinished(keras.Model):
        pass

    assert modelling.check(Unfinished()).mistake.name == "raises"


def test_a_layer_is_an_answer_too(modelling):
    assert modelling.check(dense(2, "relu", layer=True)()).status == "right"


def test_a_model_of_the_right_shape_that_computes_something_else_is_wrong(modelling):
    assert modelling.check(dense(2)()).mistake.name == "linear"
    assert modelling.check(dense(2, "tanh")()).status == "wrong"


def test_a_model_of_other_sizes_is_shown_by_its_weights(modelling):
    outcome = modelling.check(dense(5, "relu")())
    assert outcome.yours == {"weight shapes": [(3, 5), (5,)]}
    assert outcome.expected == {"weight shapes": [(3, 2), (2,)]}


@pytest.mark.parametrize("answer", [dense(2), 5, None])
def test_what_is_no_model_is_told_so(modelling, answer):
    assert modelling.check(answer).mistake.name == "wrong kind"


# --- how an outcome looks


def test_everything_that_a_student_wrote_is_escaped():
    page = doubling().check(raising)._repr_html_()
    assert "<b>mine</b>" not in page
    assert html.escape("<b>mine</b>") in page


def test_text_and_html_say_the_same():
    outcome = doubling().check(lambda x: x * x)
    page = html.unescape(outcome._repr_html_())
    for words in ("double", "You square it.", "yours", "expected", "[0., 2.]"):
        assert words in page and words in str(outcome)


def test_outcomes_have_no_addresses_in_them():
    assert "0x" not in str(doubling().check(lambda x: object()))
    assert "0x" not in str(doubling().check(lambda x: (i for i in x)))


# --- hints and guesses


def test_hints_come_in_turn_and_the_last_one_stays(capsys):
    exercise = doubling()
    for _ in range(3):
        exercise.hint()
    assert capsys.readouterr().out.splitlines() == ["Hint 1 of 2: first", "Hint 2 of 2: second", "Hint 2 of 2: second"]


def test_the_solution_is_not_in_the_students_hands():
    assert not hasattr(doubling(), "solution")


@pytest.mark.parametrize(
    "guess, words",
    [(..., "no guess"), (1000, "second look"), (-2410, "second look"), (2400, "Close."), (2410, "saw it coming")],
)
def test_a_guess_is_compared(capsys, guess, words):
    reveal(guess, 2410)
    printed = capsys.readouterr().out
    assert words in printed and "2410" in printed


@pytest.mark.parametrize(
    "guess, words",
    [
        ((0.349, 0.5), "Close."),
        ([0.35, 0.5], "saw it coming"),
        ((0.349, 0.7), "second look"),
        ((0.349,), "second look"),
        ((0.349, "half"), "second look"),
    ],
)
def test_a_guess_of_several_numbers_is_close_if_each_is(capsys, guess, words):
    reveal(guess, (0.35, 0.5), factor=1.3)
    assert words in capsys.readouterr().out


# --- data that make no exercise


@pytest.mark.parametrize(
    "change",
    [
        {"name": "not a name"},
        {"kind": "essay"},
        {"points": 0},
        {"stub": " "},
        {"cases": None},
        {"hints": ()},
        {"mistakes": (Mistake("a", abs, "…"), Mistake("a", min, "…"))},
        {"mistakes": (Mistake("a", abs, " "),)},
    ],
    ids=str,
)
def test_data_that_make_no_exercise_are_refused(change):
    with pytest.raises(ValueError, match=f"the exercise {change.get('name', 'double')!r} wants"):
        doubling(**change)


def test_a_lecture_without_exercises_is_named():
    with pytest.raises(ValueError, match="exercises on 'astrology'"):
        of("astrology")


# --- the tests of tests/exercises/test_data.py can fail


def test_a_broken_reference_is_noticed():
    exercise = dataclasses.replace(doubling(), reference=lambda x: 2 * x + 1)
    assert exercise.check(lambda x: 2 * x).status == "wrong"


def test_a_mistake_is_named_though_the_answer_changes_its_input():
    def answer(x):
        x *= x
        return x

    assert doubling().check(answer).mistake.name == "squared"


def test_two_mistakes_that_cannot_be_told_apart_are_noticed():
    twin = Mistake("multiplied by itself", lambda x: x * x, "The same again.")
    exercise = doubling(mistakes=(*doubling().mistakes, twin))
    assert exercise.check(twin.wrong).mistake is not twin


# --- comparing


@pytest.mark.parametrize(
    "yours, expected, equal",
    [
        (1.00001, 1.0, True),
        (1.0002, 1.0, False),
        (Fraction(1, 4), 0.25, True),
        (1e-9, 2e-9, False),  # small numbers are compared as closely as large ones
        (0.0, 1e-12, False),
        (np.array([1.0, 1e-9]), np.array([1.0, 0.0]), True),  # beside a 1, that is nothing
        (np.array([1, 2]), np.array([1.0, 2.0]), False),
        (np.array([1.0, np.nan]), np.array([1.0, np.nan]), True),
        (float("inf"), float("inf"), True),
        (3, 3.0, True),
        (3.4, 3, False),
        (1, True, False),
        ([1, 2], (1, 2), True),
        (np.array([1, 2]), (1, 2), True),
        ([1], [1, 2], False),
        ({"a": 1}, {"a": 1.0}, True),
        ({"a": 1}, {"b": 1}, False),
        (None, None, True),
        (None, 0, False),
    ],
)
def test_agree(yours, expected, equal):
    assert agree(plain(yours), expected) is equal


@pytest.mark.parametrize(
    "value, text",
    [
        (0.1 + 0.2, "0.3"),
        (1e-10, "1e-10"),
        ((1,), "(1,)"),
        ([1.5, None, "a"], "[1.5, None, 'a']"),
        (np.array([1.0, 2.0]), "[1., 2.]"),
        (len, "len"),
        (object(), "<object>"),
    ],
)
def test_show(value, text):
    assert show(value) == text


def test_show_is_short_and_says_the_shape_of_a_large_array():
    shown = show(np.zeros((100, 100)))
    assert "shape (100, 100)" in shown and len(shown) <= 400
    assert len(show("x" * 10_000)) == 400
