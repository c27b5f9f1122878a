"""Each widget in a real JupyterLab: it appears, answers, can be used by keyboard, and leaves a static twin."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import driver

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]

EXPLORE = "from motadata_nb.widgets import RagExplorer"
START = """
import pandas as pd, motadata_nb as mn
ws = mn.open("{folder}")
rows = [("returns", "Customers in the European Union may return a lamp within fourteen days without giving a reason."),
        ("opened", "The right of return does not apply to sealed software that was opened."),
        ("bikes", "A bicycle is repaired in the workshop within one week, and the customer is told the price."),
        ("cheese", "Gouda ripens for four weeks to two years; young cheese is mild.")]
ws.ingest(pd.DataFrame(rows, columns=["id", "text"]), into="shop");
"""


def start(folder: str) -> str:
    return START.replace("{folder}", folder)


def test_rag_explorer_answers_while_one_types(notebook: Callable[..., driver.Notebook]) -> None:
    show = f"{EXPLORE}\ne = RagExplorer(ws.index('shop'), 'How long may I return a lamp?'); e"
    opened = notebook(start("rag-explorer"), show, "len(e.retrieval.hits), e.view['mode']")
    opened.run(0)
    opened.run(1)
    widget = opened.cell(1).locator(".mn-rag")
    expect(widget.locator("li").first).to_contain_text("returns")
    expect(widget.locator("mark").first).to_contain_text("fourteen days")
    assert "keyword" in widget.locator("li").first.inner_text()
    widget.get_by_label("Question").fill("How is cheese made?")
    expect(widget.locator("li").first).to_contain_text("cheese")
    expect(widget.locator("li").first).to_contain_text("up 3")
    widget.get_by_label("Mode").select_option("keyword")
    expect(widget.locator(".mn-quiet").filter(has_text="keyword ·")).to_have_count(1)
    widget.get_by_label("Filter").fill("pages >")
    expect(widget.get_by_role("alert")).to_be_visible()
    widget.get_by_label("Filter").fill("")
    expect(widget.get_by_role("alert")).to_have_count(0)
    assert "'keyword'" in opened.run(2).inner_text()
    opened.shot("rag-explorer")
    assert not driver.violations(opened.page, ".mn-rag"), driver.describe(driver.violations(opened.page, ".mn-rag"))


def test_static_twin_shows_when_the_kernel_is_gone(notebook: Callable[..., driver.Notebook]) -> None:
    show = f"{EXPLORE}\nRagExplorer(ws.index('shop'), 'How long may I return a lamp?')"
    opened = notebook(start("static-twin"), show)
    opened.run(0)
    opened.run(1)
    twin = opened.cell(1).locator("table")
    expect(opened.cell(1).locator(".mn-rag")).to_be_visible()
    expect(twin).to_be_hidden()
    opened.save()
    driver.stop_kernels(opened.address)
    opened.open()
    expect(twin).to_be_visible()
    expect(twin).to_contain_text("fourteen days")
    gone = opened.cell(1).get_by_text(re.compile("Loading widget|model not found"))
    expect(gone).to_have_count(1)
    expect(gone).to_be_hidden()
    opened.shot("static-twin")
