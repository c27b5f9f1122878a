"""What a visitor of an app sees while its cells run: lines as they come, plots, a question before a tool is called."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import driver
from tests.browser.test_access import write
from tests.browser.test_app import served

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]


def test_a_visitor_decides_about_a_tool_call(page: Page, tmp_path: Path, port: Callable[[], int]) -> None:
    task = "%%agent clerk\nPlease refund order {{ order }}."
    notebook = write(tmp_path / "clerk.ipynb", driver.CLERK, task, "print('paid', paid)", inputs="order = 'A-7'")
    with served(notebook, port()) as address:
        page.goto(address)
        expect(page.get_by_text("clerk wants to call refund")).to_be_visible()
        expect(page.get_by_text("paid", exact=False).filter(has_text="[")).to_have_count(0)
        page.get_by_label("Arguments, as JSON").fill('{"order": "A-7", "amount": 25}')
        driver.ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=driver.ARTEFACTS / "app-approval.png")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("refunded 25 for A-7").first).to_be_visible()
        expect(page.get_by_text("paid [25.0]")).to_be_visible()
        expect(page.get_by_text("clerk wants to call refund")).to_have_count(0)
        page.get_by_role("button", name="Run again").click()
        page.get_by_role("button", name="Deny").click()
        expect(page.get_by_text("The user did not allow this call.").first).to_be_visible()


def test_lines_come_while_a_cell_runs_and_widgets_stay(page: Page, tmp_path: Path, port: Callable[[], int]) -> None:
    counting = "import time\nfor n in range(4):\n    print('line', n)\n    time.sleep(1)"
    plot = "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2])\nplt.title(f'Returns of {city}')"
    notebook = write(tmp_path / "runs.ipynb", counting, plot, "await later", inputs="city = ['Leiden', 'Delft']")
    with served(notebook, port()) as address:
        page.goto(address)
        expect(page.get_by_text("line 0")).to_be_visible()
        expect(page.get_by_text("line 3")).to_have_count(0, timeout=10)
        expect(page.get_by_text("Running 2 of 4")).to_be_visible()
        expect(page.get_by_text("line 3")).to_be_visible()
        expect(page.get_by_role("img", name="Returns of Leiden")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("NameError: name 'later' is not defined")
        page.get_by_label("City").select_option("Delft")
        expect(page.get_by_role("img", name="Returns of Delft")).to_be_visible()
        page.screenshot(path=driver.ARTEFACTS / "app-running.png", full_page=True)


def test_an_input_s_cell_that_fails_says_so(page: Page, tmp_path: Path, port: Callable[[], int]) -> None:
    notebook = write(tmp_path / "bad.ipynb", "print('never')", inputs="k = 3\nlimit = unknown")
    with served(notebook, port()) as address:
        page.goto(address)
        expect(page.get_by_role("alert")).to_contain_text("name 'unknown' is not defined")
        expect(page.get_by_text("never")).to_have_count(0)
