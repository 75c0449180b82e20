"""The `course` command: one sentence and a non-zero exit code for whatever goes wrong."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course import cli, doctor, workplace

ROOT = Path(__file__).parents[1]
ROOT_USER = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A course's folder of one small lecture, which is the current one; its name has a space."""
    folder = tmp_path / "my course"
    for name in ("notebooks", "solutions"):
        (folder / name).mkdir(parents=True)
    write_notebook(folder / "notebooks" / "01_small.ipynb", 'print("hello")')
    monkeypatch.chdir(folder)
    return folder


def write_notebook(path, code, edition="one"):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    notebook.metadata["course"] = {"source_hash": edition}
    nbformat.write(notebook, path)


def complaint(capsys, *arguments):
    """Run the command line; return its exit code and what it says to the standard error."""
    code = cli.main(list(arguments))
    return code, capsys.readouterr().err


# --- work/


def test_copies_are_made_once_and_never_overwritten(house):
    work = house / "work" / "01_small.ipynb"
    assert workplace.copy(house) == ["work/01_small.ipynb is new: copied from notebooks/"]
    assert work.read_bytes() == (house / "notebooks" / "01_small.ipynb").read_bytes()
    assert workplace.copy(house) == []

    write_notebook(work, "mine")
    mine = work.read_bytes()
    assert workplace.copy(house) == []
    write_notebook(house / "notebooks" / "01_small.ipynb", "newer", edition="two")
    (told,) = workplace.copy(house)
    assert told.startswith("work/01_small.ipynb is from another edition") and "yours is kept" in told
    assert work.read_bytes() == mine


@pytest.mark.parametrize("content", ["", "not JSON", "[]", '{"metadata": 5}', '{"cells": []}'])
def test_a_file_that_is_no_notebook_is_kept_and_named(house, content):
    (house / "work").mkdir()
    (house / "work" / "01_small.ipynb").write_text(content)
    (told,) = workplace.copy(house)
    assert "kept as it is" in told
    assert (house / "work" / "01_small.ipynb").read_text() == content


def test_a_disk_that_is_full_leaves_no_half_notebook(house, monkeypatch, capsys):
    def full(source, target):
        Path(target).write_text("{")
        raise OSError(28, "No space left on device", str(target))

    monkeypatch.setattr(shutil, "copyfile", full)
    code, says = complaint(capsys, "lab")
    assert code == 1 and "No space left on device" in says
    assert not (house / "work" / "01_small.ipynb").exists()


@pytest.mark.skipif(ROOT_USER or os.name == "nt", reason="root writes everywhere; Windows has other rights")
def test_an_unwritable_folder_is_one_sentence(house, capsys):
    house.chmod(0o500)
    try:
        code, says = complaint(capsys, "lab")
    finally:
        house.chmod(0o700)
    assert code == 1 and says.endswith("work: Permission denied\n")


@pytest.mark.parametrize("number", [13, 30], ids=["no right", "read-only"])
def test_a_folder_that_refuses_is_one_sentence(house, monkeypatch, capsys, number):
    def refuse(self, *_, **__):
        raise OSError(number, os.strerror(number), str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    assert complaint(capsys, "lab") == (1, f"course: {house / 'work'}: {os.strerror(number)}\n")


def test_work_that_is_a_file_is_one_sentence(house, capsys):
    (house / "work").write_text("a file")
    code, says = complaint(capsys, "lab")
    assert code == 1 and says.startswith("course: ") and says.count("\n") == 1


def test_the_course_is_found_from_a_folder_inside_it(house, monkeypatch):
    monkeypatch.chdir(house / "notebooks")
    assert workplace.root() == house


def test_elsewhere_is_one_sentence(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, says = complaint(capsys, "lab")
    assert code == 1 and "is not in the course's folder" in says


@pytest.mark.parametrize("word", ["1", "01", "01_small", "notebooks/01_small.ipynb"])
def test_a_lecture_has_a_number_and_a_name(house, word):
    assert workplace.lectures(house / "notebooks", "*.ipynb", [word]) == ["01_small"]


@pytest.mark.parametrize("arguments", [["lab", "7"], ["run", "astrology"], ["build", "99_nothing"]])
def test_a_lecture_that_is_not_there_is_named(house, capsys, arguments):
    code, says = complaint(capsys, *arguments)
    assert code == 1 and f"there is no lecture {arguments[1]!r}" in says


def test_jupyterlab_gets_its_options(house, monkeypatch):
    commands = []

    class Process:
        def __init__(self, command, cwd):
            commands.append((command, cwd))

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def wait(self):
            return 7

    monkeypatch.setattr(subprocess, "Popen", Process)
    assert cli.main(["lab", "--", "--no-browser", "--port=1"]) == 7
    ((command, cwd),) = commands
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert command[-3:] == ["--no-browser", "--port=1", "work/01_small.ipynb"] and cwd == house


def test_options_for_jupyterlab_belong_to_lab(house, capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["doctor", "--", "--no-browser"])
    assert stop.value.code == 2 and "course lab" in capsys.readouterr().err


# --- run


def test_run_writes_pages_and_names_what_fails(house, capsys):
    before = (house / "notebooks" / "01_small.ipynb").read_bytes()
    write_notebook(house / "notebooks" / "02_failing.ipynb", "1 / 0")
    (house / "notebooks" / "03_broken.ipynb").write_text("{")
    assert cli.main(["run", "--out", "pages"]) == 1
    said = capsys.readouterr().out
    assert "/3] 01_small ran" in said and "ZeroDivisionError" in said
    assert said.splitlines()[-1] == f"1 of 3 notebooks ran; their pages are in pages{os.sep}"
    assert "hello" in (house / "pages" / "01_small.html").read_text(encoding="utf-8")
    assert not (house / "pages" / "02_failing.html").exists()
    assert (house / "notebooks" / "01_small.ipynb").read_bytes() == before


# --- build and new


def test_build_of_a_source_with_bad_front_matter_is_one_sentence(house, capsys):
    (house / "solutions" / "01_small.py").write_text("# %%\nprint(1)\n")
    for command in (["build"], ["build", "--check"]):
        code = cli.main(command)
        printed = capsys.readouterr()
        said = printed.out + printed.err
        assert code == 1 and "solutions/01_small.py" in said and "front matter" in said and "Traceback" not in said


@pytest.mark.parametrize("name", ["3_small", "03-small", "../03_small", "03_Small"])
def test_new_refuses_a_name_that_is_none(house, capsys, name):
    code, says = complaint(capsys, "new", name)
    assert code == 1 and "NN_topic" in says and list((house / "solutions").iterdir()) == []


def test_check_fails_after_one_word_and_names_the_notebook(tmp_path, monkeypatch, capsys):
    for name in ("notebooks", "solutions"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    assert cli.main(["build", "--check"]) == 0
    source = tmp_path / "solutions" / "01_neurons.py"
    text = source.read_text(encoding="utf-8")
    assert "weighted sum" in text
    source.write_text(text.replace("weighted sum", "weighed sum", 1), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["build", "--check"]) == 1
    said = capsys.readouterr().out
    assert "notebooks/01_neurons.ipynb" in said and "solutions/01_neurons.ipynb" in said
    assert "weighed sum" in said
    assert cli.main(["build"]) == 0  # prose alone: nothing is executed
    assert cli.main(["build", "--check"]) == 0


# --- doctor


def test_doctor_finds_nothing_wrong_here(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "Nothing wrong was found." in said
    for word in ("Python 3.", "keras 3.", "numpy", "Keras runs on"):
        assert word in said


def test_doctor_names_a_package_that_is_missing_or_of_another_version(monkeypatch, house):
    known = doctor.metadata.version

    def version(name):
        if name == "matplotlib":
            raise doctor.metadata.PackageNotFoundError(name)
        return "1.19" if name == "numpy" else known(name)

    monkeypatch.setattr(doctor.metadata, "version", version)
    problems = " ".join(doctor.examine(house)[1])
    assert "matplotlib is missing" in problems
    assert "numpy 1.19 is outside of what the course is tested with" in problems


@pytest.mark.parametrize("version", [(3, 10, 9), (3, 14, 0), (4, 0, 0)])
def test_doctor_names_a_python_that_is_not_supported(monkeypatch, house, version):
    monkeypatch.setattr(sys, "version_info", version)
    assert any("is not supported" in problem for problem in doctor.examine(house)[1])


@pytest.mark.parametrize("variable, value", [("KERAS_BACKEND", "abacus"), ("COURSE_EFFORT", "heroic")])
def test_doctor_names_a_setting_that_is_none(monkeypatch, house, capsys, variable, value):
    monkeypatch.setenv(variable, value)
    assert cli.main(["doctor"]) == 1
    assert f"{variable} is {value!r}" in capsys.readouterr().out


def test_doctor_tells_the_tested_version_beside_another(house):
    installed = doctor.metadata.version("numpy")
    (house / "constraints.txt").write_text(f"keras==2.0.0 ; python_version < '4'\nnumpy=={installed}\n# a word\n")
    facts = doctor.examine(house)[0]
    assert f"keras {doctor.metadata.version('keras')} (tested with 2.0.0)" in facts and f"numpy {installed}" in facts


def test_doctor_notices_a_backend_that_cannot_add(monkeypatch, house):
    keras = doctor.runtime.import_keras()
    monkeypatch.setattr(keras.ops, "sum", lambda x: 7)
    assert any("adds six ones to 7.0" in problem for problem in doctor.examine(house)[1])


def test_the_course_is_found_where_the_solutions_are_not_handed_out(house, monkeypatch):
    (house / "solutions").rmdir()
    monkeypatch.chdir(house)
    assert workplace.root() == house


def test_doctor_elsewhere_says_so(tmp_path):
    assert any("holds no folder `notebooks`" in problem for problem in doctor.examine(tmp_path)[1])


# --- what no command should ever print


def test_greek_gets_through_a_pipe_that_knows_none(house):
    (house / "solutions" / "01_small.py").write_text("# %%\nσ = 1\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "course", "build", "--check"]
    ran = subprocess.run(command, cwd=house, env=environment, capture_output=True, text=True)
    assert ran.returncode == 1 and "01_small" in ran.stdout and "codec" not in ran.stdout + ran.stderr


def test_an_interrupt_is_no_traceback(house, monkeypatch, capsys):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(workplace, "copy", interrupted)
    assert complaint(capsys, "lab") == (130, "course: interrupted\n")


@pytest.mark.parametrize("package, command", [("nbconvert", ["run"]), ("jupytext", ["build", "--check"])])
def test_a_missing_package_is_one_sentence(house, monkeypatch, capsys, package, command):
    shutil.copy(ROOT / "solutions" / "01_neurons.py", house / "solutions")
    monkeypatch.setitem(sys.modules, package, None)
    code = cli.main(command)
    printed = capsys.readouterr()
    assert code == 1 and f"{package} is not installed" in printed.out + printed.err


def test_jupyterlab_that_is_missing_is_one_sentence(house, monkeypatch, capsys):
    monkeypatch.setattr(workplace.importlib.util, "find_spec", lambda name: None)
    code, says = complaint(capsys, "lab")
    assert code == 1 and "JupyterLab is not installed" in says


def test_the_command_is_installed():
    ran = subprocess.run([sys.executable, "-m", "course", "--help"], capture_output=True, text=True)
    assert ran.returncode == 0 and all(word in ran.stdout for word in ("lab", "run", "doctor", "build", "new"))


def test_student_notebooks_are_json_without_outputs():
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert all(cell.get("outputs", []) == [] for cell in cells)
