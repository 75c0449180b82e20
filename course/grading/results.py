"""What marking finds: one `Mark` for each exercise, gathered in one `Marked` for each notebook.

Plain data, written once by `course.grading.marking` and read by everything that reports it.
"""

from dataclasses import dataclass

STATUSES = ("right", "partly", "wrong", "not attempted", "error", "timeout", "crashed")
# The others say that nobody knows what the answer is worth: a person looks, and no zero is given.
GIVES_POINTS = STATUSES[:4]


@dataclass(frozen=True)
class Mark:
    """What one exercise of one notebook is worth.

    `status` is one of `STATUSES`:

    * right: all `points`
    * partly: some of them. No exercise gives a part of its points today; it stands for sums over exercises only
    * wrong: none. `mistake` names the misunderstanding, if it is one that the exercise knows
    * not attempted: none. The stub is still there, or the name is gone
    * error: the answer could not be examined. `traceback` is the student's own, if a cell of the notebook raised it
    * timeout: the cell, or a call of the answer, took longer than its limit
    * crashed: the process died, or went over its memory

    `points` is None where the status gives no points. `sentence` is for the student. `evidence` is the rows (label,
    text) of the first case that differs: they show a hidden input and the expected value, and are for the instructor
    alone.
    """

    exercise: str
    status: str
    points: float | None
    out_of: float
    mistake: str | None = None
    sentence: str = ""
    evidence: tuple[tuple[str, str], ...] = ()
    traceback: str | None = None
    seconds: float = 0.0

    def __post_init__(self):
        if self.status not in STATUSES:
            raise ValueError(
                f"the status of {self.exercise!r} must be one of {', '.join(STATUSES)}, not {self.status!r}"
            )
        if (self.points is None) == (self.status in GIVES_POINTS):
            raise ValueError(f"{self.exercise!r}: points {self.points!r} do not go with the status {self.status!r}")


@dataclass(frozen=True)
class Marked:
    """One student's notebook of one lecture ("05_alexnet"), marked.

    `file` is where it was found and `sha256` the hash of its bytes ("" where they could not be read). `status` is
    "marked", or "unreadable" with the `reason` in words; what is unreadable has no marks. `seconds` is wall time.
    """

    student: str
    lecture: str
    file: str
    sha256: str
    status: str
    reason: str | None
    marks: tuple[Mark, ...]
    seconds: float

    @property
    def points(self):
        """The points given (float): what a person has yet to decide counts nothing here."""
        return sum(mark.points or 0.0 for mark in self.marks)

    @property
    def needs_a_person(self):
        """Whether something here has no points and is no zero (bool)."""
        return self.status != "marked" or any(mark.points is None for mark in self.marks)
