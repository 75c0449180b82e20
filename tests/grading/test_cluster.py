"""Marking on a Dask cluster: the same marks, from workers that hold a student's code as this machine does."""

import os
import pickle
import socket
from dataclasses import replace

import pytest
from attacks import ATTACKS, HONEST, RIGHT, tries, undeserved
from handed_in import LIMITS, WALLS, below, needs_walls, started, submission, wait_until_gone

from course import cli
from course.grading import cluster, command, marking
from course.workplace import root

distributed = pytest.importorskip("distributed")

CLASS = sorted((root() / "data" / "example_submissions").glob("*/01_neurons.ipynb"))
TRIED = (
    "infinite loop",
    "os._exit",
    "the network",
    "reading other files",
    "forged replies",
    "__eq__ that is always true",
)


@pytest.fixture(scope="module")
def local():
    """A cluster of this machine: two workers, each a process with two threads."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=2, host="127.0.0.1", dashboard_address=":0", silence_logs="ERROR"
    ) as made:
        yield made


def port_of(local):
    return int(local.scheduler_address.rpartition(":")[2])


def comparable(marked):
    found = [replace(mark, seconds=0.0) for mark in marked.marks]
    return marked.student, marked.lecture, marked.file, marked.sha256, marked.status, marked.reason, found


def mark_there(local, batch, **options):
    """Return {student: Marked} of a batch that was marked on the cluster."""
    found = []
    options = {"seed": 5, "limits": LIMITS, "sandbox": WALLS, "address": local.scheduler_address} | options
    cluster.mark_batch(batch, on_marked=found.append, **options)
    assert len(found) == len(batch)
    return {marked.student: marked for marked in found}


def test_the_cluster_gives_the_marks_that_this_machine_gives(local, warm, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "AHEAD", 2)  # fewer than there are
    batch = [submission(tmp_path, path.read_bytes(), student=path.parent.name) for path in (CLASS[0], CLASS[2])]
    batch.append(submission(tmp_path, started(*HONEST, "1 / 0"), student="Zoë Ω"))
    batch.append(submission(tmp_path, b"{", student="truncated"))
    batch.append(submission(tmp_path, b"", student="empty"))
    batch.append(submission(tmp_path, started(), student="gone"))
    batch[-1].path.unlink()
    before = set(below(os.getpid()))
    there = mark_there(local, batch)
    assert wait_until_gone(set(below(os.getpid())) - before) == []
    marker = marking.Marker(root(), *warm, seed=5, limits=LIMITS)
    here = {each.student: marker.mark(each) for each in batch}
    assert {name: comparable(marked) for name, marked in there.items()} == {
        name: comparable(marked) for name, marked in here.items()
    }
    assert {mark.status for mark in there["student_1"].marks} == {"right"}
    assert [there[name].status for name in ("Zoë Ω", "truncated", "empty", "gone")] == ["marked", *["unreadable"] * 3]


def test_a_submission_reaches_neither_the_scheduler_nor_the_worker(local, tmp_path):
    needs_walls()
    with socket.create_connection(("127.0.0.1", port_of(local))):
        pass  # from here it can be reached
    target = tmp_path / "unpickled"
    pickled = b"cos\nsystem\n(S'touch " + str(target).encode() + b"'\ntR."
    found = mark_there(
        local,
        [
            submission(tmp_path, started(*tries("the network", port_of(local), tmp_path)), student="network"),
            submission(tmp_path, pickled, student="pickle"),
        ],
    )
    assert {mark.exercise: mark.status for mark in found["network"].marks}["largest_factor"] == "right"  # see its proof
    assert found["pickle"].reason.startswith("it is no JSON") and not target.exists()
    pickle.loads(pickled)
    assert target.exists()


@pytest.mark.long
def test_attacks_on_a_worker_get_what_they_deserve(local, tmp_path):
    needs_walls()
    notebooks = {f"{number} honest": (HONEST, RIGHT) for number in range(10)}
    for number, (name, (_, deserved)) in enumerate(ATTACKS.items()):
        notebooks[f"{number} {name.replace('/', '_')}"] = tries(name, port_of(local), tmp_path), deserved
    batch = [submission(tmp_path, started(*cells), student=name) for name, (cells, _) in notebooks.items()]
    for student, marked in mark_there(local, batch).items():
        found = {mark.exercise: mark.status for mark in marked.marks}
        assert undeserved(found, notebooks[student][1]) == {}, student


def test_the_command_marks_on_the_cluster(local, tmp_path, capsys, monkeypatch):
    for path in CLASS[:2]:
        submission(tmp_path, path.read_bytes(), student=path.parent.name)
    monkeypatch.chdir(root())
    options = ["--dask", local.scheduler_address, *([] if WALLS else ["--no-sandbox"])]
    (tmp_path / "handed in").mkdir()
    for path in tmp_path.glob("student_*"):
        path.rename(tmp_path / "handed in" / path.name)
    code = cli.main(["grade", str(tmp_path / "handed in"), "--out", str(tmp_path / "grades"), *options])
    printed = capsys.readouterr()
    assert code == 0 and "Marked 2 of 2 notebooks." in printed.out and printed.err == ""
    assert "student_1,01_neurons,neuron_output,1,1,right" in (tmp_path / "grades/grades.csv").read_text()


# --- a cluster that cannot


def one_sentence(batch, match, **options):
    with pytest.raises(ValueError, match=match) as caught:
        cluster.mark_batch(batch, seed=1, on_marked=print, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nowhere", "tcp://no.such.host.invalid:8786", "://"])
def test_no_scheduler_is_one_sentence(address, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 2)
    one_sentence([], "no Dask scheduler answers at", address=address)


def test_without_distributed_it_is_one_sentence(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    one_sentence([], r"--dask needs the package distributed.*pip install.*\[dask\]", address="tcp://127.0.0.1:8786")


def test_a_cluster_without_workers_is_one_sentence():
    with distributed.LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0", silence_logs="ERROR") as empty:
        one_sentence([], "has no worker", address=empty.scheduler_address)


def test_a_worker_with_another_edition_is_one_sentence(local, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "edition", lambda lecture: "another")
    batch = [submission(tmp_path, started())]
    one_sentence(batch, "another edition of the course", address=local.scheduler_address)


def test_a_worker_without_bubblewrap_is_one_sentence(local, tmp_path):
    path = os.environ["PATH"]
    with distributed.Client(local.scheduler_address) as client:
        client.run(lambda: os.environ.update(PATH="/nowhere"))
        try:
            one_sentence(
                [submission(tmp_path, started())],
                "bubblewrap is (not installed|for Linux)",
                address=local.scheduler_address,
            )
        finally:
            client.run(lambda: os.environ.update(PATH=path))


def test_workers_and_dask_are_not_given_together(tmp_path):
    with pytest.raises(ValueError, match="--workers"):
        command.grade(tmp_path, tmp_path / "grades", root(), workers=2, dask="tcp://127.0.0.1:8786")


# --- what happens to processes


def test_a_run_that_nobody_ends_ends_by_itself(tmp_path, monkeypatch):
    """As when the command was killed."""
    needs_walls()
    run = cluster.Run("left", 1, WALLS, vars(replace(LIMITS, whole=0.5)))
    monkeypatch.setattr(marking, "GRACE", 0.5)
    before = set(below(os.getpid()))
    cluster._marker(run)
    assert "left" in cluster._open and set(below(os.getpid())) > before
    assert wait_until_gone(set(below(os.getpid())) - before) == [] and "left" not in cluster._open
