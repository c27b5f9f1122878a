"""A notebook with AI cells as an app, as visitors see it; and as one static page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, expect

from motadata_nb.commands.app import arguments, run
from tests.browser import driver

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]

INPUTS = "question = 'How long may I return a lamp?'  # Your question\ntable = True"
INGEST = """import pandas as pd
rows = [('returns', 'Customers in the European Union may return a lamp within fourteen days without a reason.'),
        ('bikes', 'A bicycle is repaired within one week.'), ('cheese', 'Gouda ripens for four weeks to two years.')]
frame = pd.DataFrame(rows, columns=['id', 'text'])
%ingest frame --into shop"""
ASK = "%%rag shop --out ans\n{{ question }}"
TABLE = "print('made of', len(ans.sources), 'sentences')\nans.sources if table else None"
EXPLORE = """from motadata_nb.widgets import RagExplorer
RagExplorer(get_ipython()._motadata_session.workspace.index('shop'), question)"""
EVIL = "<script>window.hacked = 1</script><img src=x onerror=window.hacked=1>"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    v4 = nbformat.v4
    cells = [
        v4.new_markdown_cell(f"# Shop questions\n\nAsk **our** handbook. {EVIL}"),
        v4.new_code_cell("%load_ext motadata_nb\nimport os"),
        v4.new_code_cell(INPUTS, metadata={"tags": ["parameters"]}),
        v4.new_code_cell(INGEST, metadata={"tags": ["hide-output"]}),
        v4.new_code_cell(ASK),
        v4.new_code_cell(TABLE),
        v4.new_code_cell(EXPLORE),
        v4.new_code_cell(f"print({EVIL!r})"),
    ]
    path = tmp_path / "shop.ipynb"
    path.write_text(nbformat.writes(v4.new_notebook(cells=cells)))
    return path


@contextmanager
def served(path: Path, port: int, *options: str) -> Iterator[str]:
    """The address of the app, in a process of its own."""
    log = path.with_suffix(".log")
    with log.open("wb") as out:
        command = [sys.executable, "-m", "motadata_nb.cli", "app", str(path), "--port", str(port), *options]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        try:
            driver.wait_for(f"http://127.0.0.1:{port}/", process, log)
            yield f"http://127.0.0.1:{port}/app"
        finally:
            driver.stop(process)


def test_visitors_have_their_own_session(page: Page, browser: Browser, shop: Path, port: Callable[[], int]) -> None:
    with served(shop, port()) as address:
        page.goto(address)
        expect(page.get_by_text("Shop questions")).to_be_visible()
        expect(page.get_by_text("fourteen days").first).to_be_visible(timeout=60_000)
        expect(page.get_by_text("made of")).to_be_visible()
        expect(page.locator(".mn-rag li").first).to_contain_text("returns")
        other = browser.new_context().new_page()
        other.goto(address)
        expect(other.get_by_text("fourteen days").first).to_be_visible(timeout=60_000)
        other.get_by_label("Your question").fill("How long does Gouda ripen?")
        other.get_by_label("Your question").press("Enter")
        expect(other.locator(".mn-rag").get_by_text("two years").first).to_be_visible(timeout=30_000)
        expect(page.get_by_label("Your question")).to_have_value("How long may I return a lamp?")
        expect(page.get_by_text("fourteen days").first).to_be_visible()
        page.locator("input[type=checkbox]").uncheck()
        expect(page.get_by_text("sentence", exact=True)).to_have_count(0)
        page.locator(".mn-rag").get_by_label("Question").fill("How long does a bicycle take?")
        expect(page.locator(".mn-rag li").first).to_contain_text("bikes")
        driver.ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=driver.ARTEFACTS / "app.png", full_page=True)
        page.set_viewport_size({"width": 420, "height": 800})
        page.wait_for_function("() => document.documentElement.scrollWidth <= window.innerWidth + 1")
        answer = page.get_by_text("fourteen days").first.bounding_box()
        assert answer is not None and answer["width"] > 250, "the results have no room beside the inputs"
        page.screenshot(path=driver.ARTEFACTS / "app-narrow.png")
        page.set_viewport_size({"width": 1280, "height": 900})
        assert not page.evaluate("() => window.hacked")
        other.context.close()


def test_a_password_keeps_strangers_out_and_a_quota_holds(page: Page, shop: Path, port: Callable[[], int]) -> None:
    with served(shop, port(), "--password", "lamp", "--runs-per-hour", "1") as address:
        page.goto(address)
        expect(page.get_by_text("Shop questions")).to_have_count(0)
        page.locator("input[name=username]").fill("ada")
        page.locator("input[type=password]").fill("lamp")
        page.keyboard.press("Enter")
        expect(page.get_by_text("fourteen days").first).to_be_visible(timeout=60_000)
        page.get_by_role("button", name="Run again").click()
        expect(page.get_by_text("You have used your 1 runs of this hour")).to_be_visible()


def test_export_is_one_page_that_needs_no_server(page: Page, watch: driver.Watch, shop: Path, tmp_path: Path) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    arguments(parser)
    target = tmp_path / "shop.html"
    assert run(parser.parse_args([str(shop), "--export", str(target)])) == 0
    assert "<script" not in target.read_text("utf-8")
    watch.allowed += (target.as_uri(),)
    page.goto(target.as_uri())
    expect(page.get_by_role("heading", name="Shop questions")).to_be_visible()
    expect(page.get_by_text("fourteen days").first).to_be_visible()
    expect(page.locator("pre").filter(has_text="<script>window.hacked")).to_be_visible()
    page.screenshot(path=driver.ARTEFACTS / "export.png", full_page=True)
    # The index column of a DataFrame has no heading.
    found = [v for v in driver.violations(page, "main") if v["rule"] != "empty-table-header"]
    assert not found, driver.describe(found)
