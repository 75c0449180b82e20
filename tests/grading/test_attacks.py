"""What a submission may try: its own marks are what its answers deserve, everybody else's are unchanged, nothing is left."""

import os
import socket
from dataclasses import replace

import pytest
from attacks import ATTACKS, HONEST, RIGHT, SOONER, tries, undeserved
from handed_in import LIMITS, below, needs_walls, started, submission, wait_until_gone

from course.grading import marking
from course.workplace import root

pytestmark = pytest.mark.usefixtures("walls")


@pytest.fixture(scope="module")
def walls():
    needs_walls()


@pytest.fixture(scope="module")
def port():
    """A port of this machine on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_what_it_deserves_and_nobody_else_anything(warm, tmp_path, name, port, monkeypatch):
    monkeypatch.setenv("A_SECRET", "of the marker")
    marker = marking.Marker(root(), *warm, seed=5, limits=LIMITS)
    hurried = marking.Marker(root(), *warm, seed=5, limits=replace(LIMITS, **SOONER.get(name, {})))
    before = set(below(os.getpid()))
    attack = hurried.mark(submission(tmp_path, started(*tries(name, port, tmp_path)), student="attacker"))
    honest = marker.mark(submission(tmp_path, started(*HONEST), student="honest"))
    assert undeserved({mark.exercise: mark.status for mark in attack.marks}, ATTACKS[name][1]) == {}, attack
    assert undeserved({mark.exercise: mark.status for mark in honest.marks}, RIGHT) == {}
    assert wait_until_gone(set(below(os.getpid())) - before, 5) == []
