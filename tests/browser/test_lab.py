"""Lecture 1 as a student has it: opened by `course lab`, run, answered wrongly, answered rightly."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
LECTURE = "01_neurons.ipynb"
SETTINGS = {  # every cell is in the page, not just those in sight
    "@jupyterlab/notebook-extension/tracker.jupyterlab-settings": {"windowingMode": "none"},
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {"fetchNews": "false"},
}
ALL_HAVE_RUN = r"""() => {
    const prompts = [...document.querySelectorAll(".jp-CodeCell .jp-InputPrompt")].map(prompt => prompt.textContent);
    return prompts.length && prompts.every(prompt => /\[\d+\]/.test(prompt));
}"""
STUB = 'raise NotImplementedError("your answer goes here")'


@pytest.fixture(scope="module")
def course_folder(tmp_path_factory):
    """A course's folder, with a space in its name."""
    folder = tmp_path_factory.mktemp("a student")
    for name in ("notebooks", "solutions"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def lab(course_folder):
    """The address of JupyterLab as `course lab` starts it."""
    settings = course_folder / "settings"
    for name, values in SETTINGS.items():
        (settings / name).parent.mkdir(parents=True, exist_ok=True)
        (settings / name).write_text(json.dumps(values), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ["--no-browser", f"--port={port}", "--ip=127.0.0.1", "--IdentityProvider.token=student"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        flags.append("--allow-root")
    log = open(course_folder / "lab.log", "w+")  # noqa: SIM115 (open for as long as JupyterLab runs)
    process = subprocess.Popen(
        [sys.executable, "-m", "course", "lab", "--", *flags],
        cwd=course_folder,
        env={**os.environ, "JUPYTERLAB_SETTINGS_DIR": str(settings), "COURSE_EFFORT": "quick"},
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/api?token=student", timeout=1)
                break
            except OSError:
                assert process.poll() is None, log.seek(0) or log.read()
                time.sleep(0.5)
        yield f"{address}/lab/tree/{LECTURE}?token=student"
    finally:
        if process.poll() is None:
            for jupyterlab in psutil.Process(process.pid).children():
                jupyterlab.terminate()  # `jupyter server stop` leaves it running; `course lab` ends when it ends
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
        log.close()


@pytest.fixture(scope="module")
def notebook(browser, lab):
    """The page with lecture 1, every cell of it run."""
    page = browser.new_page(viewport={"width": 1200, "height": 1000})
    page.add_locator_handler(page.locator(".jp-Dialog button.jp-mod-accept"), lambda button: button.click())
    page.goto(lab)
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(ALL_HAVE_RUN, timeout=90_000)
    yield page
    page.close()


def cell_with(page, text):
    return page.locator(".jp-CodeCell").filter(has_text=text).first


def answer(page, text, new):
    """Replace `text` in the cell that holds it, run the cell, and return its output's locator."""
    cell = cell_with(page, "def neuron_output")
    editor = cell.locator(".cm-content")
    source = "\n".join(editor.locator(".cm-line").all_inner_texts()).replace("\u200b", "")
    assert text in source
    editor.click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(source.replace(text, new))
    page.keyboard.press("Control+Enter")
    return cell.locator(".jp-OutputArea-output [role=status]")


def test_the_student_notebook_runs_without_an_error(notebook):
    assert notebook.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert notebook.locator(".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']").all_inner_texts() == []


def test_every_exercise_reads_not_attempted(notebook):
    outcomes = notebook.locator(".jp-OutputArea-output [role=status]").all_inner_texts()
    assert len(outcomes) == 9
    assert all("Not attempted" in outcome for outcome in outcomes)


def test_formulas_are_typeset(notebook):
    notebook.locator("mjx-container").first.wait_for(timeout=30_000)
    assert notebook.locator("mjx-merror").count() == 0
    assert notebook.locator(".course-table mjx-container").count() > 50  # the zoo's formulas, derivatives and ranges


def test_the_explorer_answers_to_the_pointer(notebook):
    explorer = cell_with(notebook, "explorer(shown").locator(".jp-OutputArea-output")
    explorer.scroll_into_view_if_needed()
    assert "1.313" in explorer.inner_text()  # softplus at 1: ln(1 + e)
    explorer.get_by_label("logistic", exact=True).check()
    assert "0.731" in explorer.inner_text()  # 1 / (1 + 1/e)


def test_a_wrong_answer_is_told_what_was_misunderstood_and_a_right_one_that_it_is_right(notebook, tmp_path):
    outcome = answer(notebook, STUB, "return logistic(np.dot(weights, inputs))")
    outcome.filter(has_text="Not right yet").wait_for(timeout=10_000)
    assert "The bias is missing" in outcome.inner_text()
    assert "expected" in outcome.inner_text()
    answer(notebook, "np.dot(weights, inputs)", "np.dot(weights, inputs) + bias")
    outcome.filter(has_text="Right.").wait_for(timeout=10_000)


def test_starting_again_keeps_the_students_work(notebook, course_folder):
    notebook.keyboard.press("Control+s")
    saved = course_folder / "work" / LECTURE
    for _ in range(40):
        if "np.dot(weights, inputs) + bias" in saved.read_text(encoding="utf-8"):
            break
        time.sleep(0.25)
    from course import workplace

    before = saved.read_bytes()
    assert b"np.dot(weights, inputs) + bias" in before
    assert workplace.copy(course_folder) == []  # the same edition: nothing to tell
    assert saved.read_bytes() == before
