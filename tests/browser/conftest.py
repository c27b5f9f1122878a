"""One JupyterLab for the folder, one Chromium for a file; each test has its own notebook and page."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser import driver

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


# Playwright keeps an event loop running in its thread: it ends with the file, or async tests after it could not run.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium of this machine."""
    from playwright.sync_api import expect, sync_playwright

    # A busy machine is slow; what never comes fails all the same.
    expect.set_options(timeout=20_000)

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=driver.FLAGS)
        yield started
        started.close()
    assert asyncio._get_running_loop() is None


@pytest.fixture(scope="session")
def port() -> Callable[[], int]:
    """Call it for a free port."""

    def free() -> int:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            number: int = probe.getsockname()[1]
            return number

    return free


@pytest.fixture(scope="session")
def lab_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where JupyterLab's files are."""
    folder = tmp_path_factory.mktemp("lab") / "files"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def lab(lab_folder: Path, port: Callable[[], int]) -> Iterator[str]:
    """The address of a running JupyterLab with the committed extension."""
    with driver.lab_server(lab_folder, port()) as address:
        yield address


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[BrowserContext]:
    """One browser profile for the file, so that JupyterLab's files are fetched once."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(60_000)
    yield context
    context.close()


@pytest.fixture
def watch(window: BrowserContext) -> Iterator[driver.Watch]:
    """What pages did that they must not do; a test that ends with any of it has failed."""
    with driver.watching(window) as seen:
        yield seen


@pytest.fixture
def page(window: BrowserContext, watch: driver.Watch, request: pytest.FixtureRequest) -> Iterator[Page]:
    """An own page; a request that would leave the machine, or a dialog, fails the test."""
    failed = request.session.testsfailed
    opened = window.new_page()
    yield opened
    if request.session.testsfailed > failed:
        driver.ARTEFACTS.mkdir(exist_ok=True)
        opened.screenshot(path=driver.ARTEFACTS / f"failed-{request.node.name}.png")
    for other in window.pages:
        other.close()
    assert not watch.found, f"a page did what it must not: {watch.found[:5]}"


@pytest.fixture
def notebook(page: Page, lab: str, lab_folder: Path, request: pytest.FixtureRequest) -> Callable[..., driver.Notebook]:
    """Call it with the sources of cells for an open notebook with a running kernel."""
    made = 0

    def make(*cells: str, kernel: str = "python3", markdown: str = "") -> driver.Notebook:
        nonlocal made
        made += 1
        name = f"{request.node.name}-{made}".replace("[", "-").replace("]", "")
        driver.write_notebook(lab_folder / f"{name}.ipynb", list(cells), kernel=kernel, markdown=markdown)
        return driver.Notebook(page, lab, name).open()

    return make
