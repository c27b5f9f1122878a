"""The side panel shows the workspace of the current notebook, and keeps up with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import driver

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]

INGEST = """
import pandas as pd
ws = get_ipython()._motadata_session.workspace
rows = [("returns", "A lamp may be returned."), ("<img src=x onerror=alert(1)>", "Bikes.")]
ws.ingest(pd.DataFrame(rows, columns=["id", "text"]), into="shop");
"""


def show_panel(page: Page) -> None:
    page.evaluate("() => window.jupyterapp.commands.execute('motadata-nb:show-panel')")
    page.wait_for_selector(".mn-panel")


def test_panel_follows_the_workspace(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook(
        "%load_ext motadata_nb\n%config Motadata.home = 'panel-follows'", INGEST, "ws.drop('shop')", "%%rag shop\n"
    )
    page = opened.page
    show_panel(page)
    panel = page.locator(".mn-panel")
    expect(panel.get_by_role("button", name="Load motadata_nb")).to_be_visible()
    opened.run(0)
    expect(panel.get_by_text("Recent calls")).to_be_visible()
    opened.run(1)
    expect(panel.get_by_text("2 documents · 2 chunks")).to_be_visible()
    panel.get_by_role("button", name="Contents of shop").click()
    expect(panel.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert not driver.violations(page, ".mn-panel"), driver.describe(driver.violations(page, ".mn-panel"))
    opened.shot("panel")
    with driver.dark(page):
        opened.shot("panel-dark")
    opened.run(2)
    expect(panel.get_by_text("2 documents · 2 chunks")).to_have_count(0)


def test_names_go_into_the_cell_by_click_and_by_drag(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook("%load_ext motadata_nb\n%config Motadata.home = 'panel-drag'", INGEST, "%%rag ", "x = ")
    opened.run(0)
    opened.run(1)
    page = opened.page
    show_panel(page)
    name = page.locator(".mn-panel button.mn-panel-line").filter(has_text="shop").first
    opened.cell(2).locator(".cm-content").click()
    page.keyboard.press("Control+End")
    name.focus()
    page.keyboard.press("Enter")
    assert opened.source(2) == "%%rag shop"
    name.drag_to(opened.cell(3).locator(".cm-content"))
    assert "shop" in opened.source(3)


def test_panel_is_live_for_what_another_notebook_writes(notebook: Callable[..., driver.Notebook]) -> None:
    other = notebook("%load_ext motadata_nb\n%config Motadata.home = 'panel-two'", INGEST)
    address, name = other.address, other.name
    watching = notebook(
        "%load_ext motadata_nb\n%config Motadata.home = 'panel-two'\n_ = get_ipython()._motadata_session.workspace"
    )
    watching.run(0)
    show_panel(watching.page)
    expect(watching.page.locator(".mn-panel").get_by_text("Recent calls")).to_be_visible()
    second = watching.page.context.new_page()
    writer = driver.Notebook(second, address, name).open()
    writer.run(0)
    writer.run(1)
    expect(watching.page.locator(".mn-panel").get_by_text("2 documents · 2 chunks")).to_be_visible()
    second.close()


def test_commands_insert_cells_and_load(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook("1 + 1")
    page = opened.page
    opened.cell(0).locator(".cm-content").click()
    page.keyboard.press("Alt+Shift+R")
    page.wait_for_function("() => document.querySelectorAll('.jp-Notebook .jp-Cell').length === 2")
    page.keyboard.type("What is a lamp?")
    assert opened.source(1) == "%%rag\nWhat is a lamp?"
    page.evaluate("() => window.jupyterapp.commands.execute('motadata-nb:load')")
    expect(opened.cell(0).locator(".jp-InputArea-prompt")).to_contain_text("1")
    assert opened.source(0) == "%load_ext motadata_nb"
