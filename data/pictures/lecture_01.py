"""Draw README's picture: the explorer and an exercise of lecture 1, answered wrongly, as a notebook shows them."""

import shutil
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from playwright.sync_api import sync_playwright

from course import kernels

HERE = Path(__file__).parent
EXPLORER = "from course.figures.activations import explorer\n\nexplorer()"
ANSWER = '''\
def neuron_output(inputs, weights, bias):
    """Return the output (a number) of one logistic neuron."""
    return logistic(np.dot(weights, inputs))


exercises.neuron_output.check(neuron_output)'''
UNSEEN = """\
import course
course.start()
import numpy as np
from course.exercises import neurons as exercises
from course.exercises.neurons import logistic"""

cells = [nbformat.v4.new_code_cell(source) for source in (UNSEEN, EXPLORER, ANSWER)]
notebook, _ = kernels.execute(nbformat.v4.new_notebook(cells=cells), HERE)
notebook.cells.pop(0)
page, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
with sync_playwright() as driver:
    browser = driver.chromium.launch(
        executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=["--no-sandbox"]
    )
    view = browser.new_page(viewport={"width": 1000, "height": 800}, java_script_enabled=True)
    view.set_content(page, wait_until="load")
    view.screenshot(path=HERE / "lecture_01.png", full_page=True)
    browser.close()
