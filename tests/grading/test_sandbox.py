"""The walls, the warm processes, and what becomes of them."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from handed_in import LIMITS, below, needs_walls, started, submission, wait_until_gone

from course.grading import marking, sandbox
from course.workplace import root


def test_the_sentence_says_how_to_get_a_sandbox(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert sandbox.available() == "not installed"
    sentence = sandbox.MISSING.format(why=sandbox.available())
    assert "apt install bubblewrap" in sentence and "container" in sentence and "--no-sandbox" in sentence
    monkeypatch.setattr(sys, "platform", "darwin")
    assert sandbox.available() == "for Linux, and this is darwin"


def test_on_windows_the_sentence_names_another_way(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(sandbox.NoSandbox, match="Windows Subsystem for Linux"), marking.pair(root(), sandbox=False):
        pass


def test_a_bubblewrap_that_may_not_work_is_none(monkeypatch, tmp_path):
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'setting up uid map: Permission denied' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert "setting up uid map: Permission denied" in sandbox.available()


def inside(*command, **environment):
    needs_walls()
    settings = [word for name, value in environment.items() for word in ("--setenv", name, value)]
    done = subprocess.run(
        [*sandbox.walls([(root() / "data", "/marking/data")]), *settings, "--", *command],
        capture_output=True,
        text=True,
    )
    return done.stdout.strip(), done.stderr


def test_inside_there_is_what_was_mounted_and_nothing_else(monkeypatch):
    monkeypatch.setenv("A_SECRET", "1")
    found, _ = inside("/bin/sh", "-c", "ls /; echo; ls /marking; echo; env; echo; ls -A /tmp /root /home 2>/dev/null")
    top = set(found.split("\n\n")[0].split())
    assert {"marking", "usr", "proc", "dev", "tmp"} <= top
    assert top <= {"marking", "usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "proc", "dev", "tmp"} | {
        Path(prefix).parts[1] for prefix in (sys.prefix, sys.base_prefix)
    }
    assert "A_SECRET" not in found and "course" in (found.split("\n\n")[1] + "course")


@pytest.mark.parametrize("place", ["/", "/dev", "/usr", "/marking", "/marking/data", "/etc"])
def test_inside_nothing_can_be_written(place):
    _, errors = inside("/bin/sh", "-c", f"echo x > {place}/written")
    assert "Read-only file system" in errors or "Permission denied" in errors


def test_a_course_among_the_installed_packages_is_masked(tmp_path, monkeypatch):
    needs_walls()
    (tmp_path / "course").mkdir()
    (tmp_path / "course/secret.py").write_text("1")
    monkeypatch.setattr(sandbox.sysconfig, "get_path", lambda name: str(tmp_path))
    masked = sandbox.installed_course()
    assert masked == [str(tmp_path / "course")]
    walls = sandbox.walls([(tmp_path, "/packages")], ["/packages/course"])
    done = subprocess.run([*walls, "--", "/bin/ls", "-A", "/packages/course"], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0)


def test_a_warm_process_has_one_thread_before_it_forks_and_after(warm, statuses):
    assert [each.threads for each in warm] in ([1, 1], [0, 0]) or not warm[0].ready
    assert statuses(started("largest_factor = 0.25**10"))["largest_factor"] == "right"
    assert [each.threads for each in warm] == [1, 1] and not any(each.cold for each in warm)


def test_a_warm_process_that_was_killed_is_started_again(warm, tmp_path):
    marker = marking.Marker(root(), *warm, seed=1, limits=LIMITS)
    entry = submission(tmp_path, started("largest_factor = 0.25**10"))
    first = marker.mark(entry)
    killed = [process.process.pid for process in warm]
    for pid in killed:
        os.kill(pid, signal.SIGKILL)
    second = marker.mark(entry)
    assert not set(killed) & {process.process.pid for process in warm}
    assert [each.status for each in first.marks] == [each.status for each in second.marks]
    assert first.points == 1


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="here every test is one of these")
def test_a_user_without_privileges_can_mark():
    """Of any number: 65534, nobody's, is what a process has in a namespace that does not know its own."""
    needs_walls()
    with tempfile.TemporaryDirectory() as folder:
        entry = submission(folder, started("largest_factor = 0.25**10"))
        for path in (Path(folder), entry.path.parent, entry.path):
            path.chmod(0o755)
        code = (
            "from pathlib import Path; from types import SimpleNamespace; from course.grading import marking\n"
            f"entry = SimpleNamespace(student='s', lecture='01_neurons', path=Path({str(entry.path)!r}))\n"
            "marking.mark_batch([entry], seed=1, on_marked=lambda marked: print(marked.points), cold=True)"
        )
        who = {"user": 4321, "group": 4321, "extra_groups": []}
        try:
            done = subprocess.run([sys.executable, "-c", code], cwd=root(), capture_output=True, text=True, **who)
        except PermissionError:
            pytest.skip("this Python, or the course, is root's alone")
    assert (done.stdout, done.returncode) == ("1.0\n", 0), done.stderr


def test_when_the_marker_is_killed_everything_ends(tmp_path):
    """Also what a notebook has started, while it runs."""
    needs_walls()
    entry = submission(tmp_path, started("import os, time\nos.fork()\ntime.sleep(100)"))
    code = (
        "import sys; from pathlib import Path; from types import SimpleNamespace; from course.grading import marking\n"
        f"entry = SimpleNamespace(student='s', lecture='01_neurons', path=Path({str(entry.path)!r}))\n"
        "print('started', flush=True); marking.mark_batch([entry], seed=1, on_marked=print, cold=True)"
    )
    command = subprocess.Popen([sys.executable, "-c", code], cwd=root(), stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(below(command.pid)) < 8 and time.monotonic() < deadline:
        time.sleep(0.1)
    started_ones = below(command.pid)
    assert len(started_ones) >= 8, started_ones
    command.kill()
    command.wait()
    assert wait_until_gone(started_ones) == []
