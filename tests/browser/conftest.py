"""A finished run with its report, and a headless browser that notes everything a page complains about or asks for."""

import os
import shutil

import pytest

from tests.workflow.conftest import smoke

__all__ = ["smoke"]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


class Tab:
    """A page of the run in the browser.

    Attributes:
        page: what Playwright drives.
        errors: errors on the console, and exceptions of scripts.
        requests: addresses that were asked for, without those inside the file.
    """

    def __init__(self, context, file):
        self.page = context.new_page()
        self.errors, self.requests = [], []
        self.page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", self._note)
        self.page.goto(file.as_uri())

    def _note(self, request):
        if not request.url.startswith(("data:", "blob:")):
            self.requests.append(request.url)

    def pictures(self, frame=None):
        """Natural widths of all pictures."""
        return (frame or self.page).evaluate("[...document.images].map((image) => image.naturalWidth)")


@pytest.fixture(scope="session")
def results(browser, smoke):
    """Folder with the results of the smoke configuration and with its report; not made where no browser is."""
    return smoke.folder / "results"


@pytest.fixture(scope="session")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install -r envs/browser.lock")
    if CHROMIUM is None:
        pytest.skip("no Chromium here (apt-get install chromium)")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=sandbox)
        yield browser
        browser.close()


@pytest.fixture
def open_tab(browser, results):
    """Opens a page of the results, offline; ``width`` in CSS pixels, ``scheme`` light or dark."""
    contexts = []

    def opened(name, width=1280, scheme="light"):
        size = {"width": width, "height": 900}
        contexts.append(browser.new_context(viewport=size, color_scheme=scheme, offline=True))
        return Tab(contexts[-1], results / name)

    yield opened
    for context in contexts:
        context.close()
