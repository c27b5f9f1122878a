"""Map, chat, timeline and upload in a real JupyterLab."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser import driver
from tests.browser.test_widgets import start

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]

MAP = """
import numpy as np
from motadata_nb.widgets import EmbeddingMap
r = np.random.default_rng(1)
centres = r.standard_normal((3, 32))
v = (centres[np.arange(600) % 3] + r.standard_normal((600, 32)) * .2).astype("float32")
words = ["apples pears", "lamps lights", "bikes wheels"]
m = EmbeddingMap(v, pd.DataFrame({"text": [words[i % 3] for i in range(600)], "source": "made"}), name="made")
m
"""
COLOURED = """c => c.width && c.height && new Uint32Array(
    c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer).filter(pixel => pixel).length > 600"""
TIMELINE = """
from motadata_nb.widgets import AgentTimeline
from motadata_nb.agents.base import Step
from motadata_nb.agents.result import AgentRun
steps = (Step(kind="model", key="1", name="scripted", text="I look it up.", seconds=0.4, at=100.4),
         Step(kind="tool", key="1.1", name="sql", arguments='{"query": "x"}', text="12 rows", seconds=0.6, at=101.0),
         Step(kind="tool", key="1.2", name="mail", text="no such address", state="failed", seconds=0.1, at=101.1),
         Step(kind="model", key="2", name="scripted", text="Leiden.", seconds=1.5, at=102.6))
text = "Churn is highest in **Leiden**."
AgentTimeline(AgentRun(text=text, status="done", steps=steps, agent="analyst", seconds=2.6))
"""


def check(opened: driver.Notebook, selector: str) -> None:
    found = driver.violations(opened.page, selector)
    assert not found, driver.describe(found)


def test_map_has_clusters_and_a_lasso_that_gives_rows(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook("import pandas as pd", MAP, "len(m.selected), sorted(set(m.selected.text))")
    opened.run(0)
    opened.run(1)
    widget = opened.cell(1).locator(".mn-map")
    expect(widget.get_by_text("600 points")).to_be_visible()
    canvas = widget.locator("canvas")
    canvas.scroll_into_view_if_needed()
    opened.page.wait_for_function(COLOURED, arg=canvas.element_handle())
    box = canvas.bounding_box()
    assert box is not None
    widget.get_by_role("button", name="Lasso").click()
    corners = [(3, 3), (box["width"] - 3, 3), (box["width"] - 3, box["height"] - 3), (3, box["height"] - 3)]
    opened.page.mouse.move(box["x"] + 3, box["y"] + 3)
    opened.page.mouse.down()
    for x, y in corners[1:]:
        opened.page.mouse.move(box["x"] + x, box["y"] + y, steps=3)
    opened.page.mouse.up()
    expect(widget.get_by_text("600 selected")).to_be_visible()
    widget.get_by_role("button", name="lamps").first.press("Enter")
    expect(widget.get_by_text("600 selected")).to_have_count(0)
    opened.shot("embedding-map")
    assert "['lamps lights']" in opened.run(2).inner_text()
    check(opened, ".mn-map")


def test_chat_with_an_index_cites_and_can_be_asked_again(
    notebook: Callable[..., driver.Notebook], lab_folder: Path
) -> None:
    opened = notebook(
        start("chat"), "from motadata_nb.widgets import Chat\nc = Chat(ws.index('shop')); c", "len(c.messages)"
    )
    opened.run(0)
    opened.run(1)
    widget = opened.cell(1).locator(".mn-chat")
    widget.get_by_label("Message", exact=True).fill("How long may I return a lamp?")
    widget.get_by_label("Message", exact=True).press("Enter")
    expect(widget.get_by_role("log")).to_contain_text("fourteen days")
    widget.get_by_text("Sources (").last.click()
    expect(widget.locator("mark").first).to_contain_text("fourteen days")
    opened.shot("chat")
    widget.get_by_role("button", name="Edit and ask again").click()
    widget.get_by_label("Your message").fill("How long does Gouda ripen?")
    widget.get_by_role("button", name="Ask this instead").click()
    expect(widget.get_by_role("log")).to_contain_text("four weeks")
    expect(widget.get_by_role("log")).not_to_contain_text("lamp")
    assert opened.run(2).inner_text().strip().endswith("2")
    check(opened, ".mn-chat")
    opened.page.wait_for_timeout(1500)
    expect(opened.cell(1).locator(".mn-twin")).to_have_count(1)
    expect(opened.cell(1).locator(".mn-twin")).to_be_hidden()
    opened.save()
    kept = (lab_folder / f"{opened.name}.ipynb").read_text()
    assert "mn-twin" in kept and "four weeks" in kept, "what was said in the widget is in the notebook"
    assert "Chat object at 0x" not in kept


def test_timeline_opens_filters_and_finds(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook(TIMELINE)
    opened.run(0)
    widget = opened.cell(0).locator(".mn-timeline")
    expect(widget.locator("strong").first).to_have_text("Leiden")
    expect(widget.locator("details")).to_have_count(4)
    widget.get_by_label("Kind of step").select_option("tool")
    expect(widget.locator("details")).to_have_count(2)
    widget.get_by_label("Find in steps").fill("no such address")
    expect(widget.locator("details")).to_have_count(1)
    widget.locator("summary").first.press("Enter")
    expect(widget.get_by_text("no such address")).to_be_visible()
    opened.shot("timeline")
    check(opened, ".mn-timeline")


def test_dropped_files_are_ingested_and_broken_ones_set_aside(
    notebook: Callable[..., driver.Notebook], tmp_path: Path
) -> None:
    opened = notebook(
        "import motadata_nb as mn\nws = mn.open('upload')",
        "from motadata_nb.widgets import IngestPanel\np = IngestPanel(ws, into='papers'); p",
        "p.report.added, p.report.quarantined, ws.index('papers').retrieve('lamp').hits[0].text",
    )
    opened.run(0)
    opened.run(1)
    widget = opened.cell(1).locator(".mn-ingest")
    good, broken = tmp_path / "lamps.md", tmp_path / "broken.pdf"
    good.write_text("# Lamps\n\nA lamp may be returned within fourteen days.\n")
    broken.write_bytes(b"%PDF-1.7 this is no PDF")
    widget.get_by_label("Choose files").set_input_files([good, broken])
    expect(widget.get_by_text("papers: 1 document")).to_be_visible(timeout=60_000)
    expect(widget.get_by_text("set aside", exact=True)).to_be_visible()
    opened.shot("ingest-panel")
    shown = opened.run(2).inner_text()
    assert "(1, 1" in shown and "fourteen days" in shown
    check(opened, ".mn-ingest")
