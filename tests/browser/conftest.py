"""Fixtures that drive the system's Chromium through Playwright, with no network.

Without Playwright or a browser the tests are skipped; COURSE_REQUIRE_BROWSER=1 makes them fail instead.
"""

import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LOCAL = ("file:", "data:", "blob:", "about:")


def unavailable(reason):
    if os.environ.get("COURSE_REQUIRE_BROWSER") == "1":
        pytest.fail(f"COURSE_REQUIRE_BROWSER=1, but {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="module")  # not "session": Playwright's event loop would stand in the way of tests that run one
def browser():
    """A headless Chromium of the system; `browser.new_page()` opens a page, with access to the network."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError:
        unavailable("the package playwright is not installed")
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        unavailable(f"there is no browser: none of {', '.join(BROWSERS)} is on the PATH")
    with sync_playwright() as driver:
        try:
            chromium = driver.chromium.launch(executable_path=executable, args=list(FLAGS))
        except Error as error:
            unavailable(f"{executable} does not start: {error.message.splitlines()[0]}")
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser):
    """A page without a network; the test fails if the page asks for anything remote or if one of its scripts raises."""
    context = browser.new_context()
    page = context.new_page()
    remote, errors = [], []

    def guard(route):
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            remote.append(route.request.url)
            route.abort()

    context.route("**/*", guard)
    page.on("pageerror", lambda error: errors.append(error))
    yield page
    context.close()
    assert remote == [], "the page asked for something over the network"
    assert errors == [], "a script of the page raised"


@pytest.fixture
def inserted(page):
    """A function that puts HTML into the page as JupyterLab does.

    It sets innerHTML, where scripts stay dead, and replaces each of them by a live copy.
    """

    def insert(fragment):
        page.set_content('<div id="output"></div>')
        page.evaluate(
            """fragment => {
                const output = document.getElementById("output");
                output.innerHTML = fragment;
                for (const dead of output.querySelectorAll("script")) {
                    const live = document.createElement("script");
                    for (const { name, value } of dead.attributes) live.setAttribute(name, value);
                    live.textContent = dead.textContent;
                    dead.replaceWith(live);
                }
            }""",
            fragment,
        )

    return insert
