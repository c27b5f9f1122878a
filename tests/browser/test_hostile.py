"""The lists of hostile texts through every place in JupyterLab that shows text: nothing runs, nothing leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests.browser import driver
from tests.browser.hostile import dangers, write_texts

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow, pytest.mark.shared_data]

START = """%load_ext motadata_nb
%config Motadata.home = "hostile"
%config Motadata.api_base = "{url}"
%config Motadata.model = "openai/stub"
import json
texts = json.load(open("hostile.json"))
get_ipython()._motadata_session.values["models"] = {{text: [text] for text in texts}}
ws = get_ipython()._motadata_session.workspace"""
RESULTS = """from IPython.display import display
from motadata_nb.agents.base import Step
from motadata_nb.agents.result import AgentRun
from motadata_nb.ingestion.report import IngestReport, Outcome
steps = tuple(Step(kind="tool", key=str(n), name=t, arguments=json.dumps({"q": t}), text=t, note=t, printed=t,
                   state="failed", seconds=0.1, at=100.0 + n) for n, t in enumerate(texts))
run = AgentRun(text="\\n\\n".join(texts), status="done", steps=steps, agent=texts[-1], seconds=2.6)
found = ws.index("shop").retrieve("lamp", k=300, mode="keyword")
outcomes = tuple(Outcome(source=t, status="quarantined", reason=t, hint=t) for t in texts)
report = IngestReport(index="shop", outcomes=outcomes, documents=1, chunks=1, embedded=1, seconds=0.1)
display(found, found.df, run, run.df, report, ws.index("shop").documents(), ws.cost())
assert len(found.hits) > 200"""
ERRORS = """from motadata_nb.errors import InvalidInput, UnknownName
near = UnknownName("index", texts[0], texts, example="%rag show {}")
for error in (InvalidInput("\\n".join(texts), "\\n".join(texts)), near):
    try:
        raise error
    except Exception:
        get_ipython().showtraceback()"""
WIDGETS = {
    ".mn-rag": "from motadata_nb.widgets import *\nRagExplorer(ws.index('shop'), 'lamp', k=300, mode='keyword')",
    ".mn-timeline": "AgentTimeline(run)",
    ".mn-ingest": "IngestPanel.of(ws, report)",
    ".mn-map": "m = EmbeddingMap.of(ws.index('shop'), texts[-1])\nm",
    ".mn-chat": "chat = Chat(ws.index('shop'), thread=texts[-1])\nchat.say('\\n'.join(texts))\nchat",
}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as started:
        yield started


@pytest.fixture(scope="module")
def texts(shared_data: Path, lab_folder: Path) -> list[str]:
    """The texts, in a file, and as documents of the index `shop` in the workspace `hostile`."""
    import pandas as pd

    import motadata_nb as mn

    found = write_texts(shared_data, lab_folder / "hostile.json")
    several = ["\n\n".join(found[n : n + 6]) for n in range(0, len(found), 6)]
    rows = [(f"{n} {t}", f"lamp {t}", t, t) for n, t in enumerate(several)]
    with mn.open(lab_folder / "hostile") as ws:
        ws.ingest(pd.DataFrame(rows, columns=["id", "text", "title", "note"]), into="shop", backend="memory")
    return found


def test_results_errors_and_streams(
    notebook: Callable[..., driver.Notebook], server: OpenAIServer, texts: list[str], lab_folder: Path
) -> None:
    start = START.format(url=server.url)
    opened = notebook(start, RESULTS, "%%llm --out one\nSay it.", "%%rag shop --explain\nlamp?", ERRORS, "%%llm \n")
    pieces = [piece for text in texts for piece in (text[: len(text) // 2], text[len(text) // 2 :] + "\n\n")]
    server.script(Answer(pieces=pieces, piece_delay_s=0.0005), Answer(pieces=pieces, piece_delay_s=0.0005))
    opened.run(0)
    for number in range(1, 5):
        output = opened.run(number)
        expect(output).to_contain_text("alert(", timeout=30_000)
        assert not dangers(opened.page, ".jp-OutputArea-output"), number
    opened.save()
    driver.stop_kernels(opened.address)
    driver.distrust(opened, lab_folder)
    opened.open()
    assert not opened.trusted
    expect(opened.cell(1)).to_contain_text("alert(")
    assert not dangers(opened.page, ".jp-OutputArea-output")


def test_widgets_and_their_twins(
    notebook: Callable[..., driver.Notebook], server: OpenAIServer, texts: list[str], lab_folder: Path
) -> None:
    opened = notebook(START.format(url=server.url), RESULTS + ";\n", *WIDGETS.values())
    server.script(Answer(text="\n\n".join(texts)))
    opened.run(0)
    opened.run(1)
    for number, selector in enumerate(WIDGETS, 2):
        opened.run(number)
        expect(opened.cell(number).locator(selector)).to_contain_text("alert(", timeout=30_000)
        opened.cell(number).locator(f"{selector} summary").evaluate_all("folds => folds.forEach(f => f.click())")
        assert not dangers(opened.page, selector), selector
    opened.save()
    driver.stop_kernels(opened.address)
    driver.distrust(opened, lab_folder)
    opened.open()
    for number in range(2, 2 + len(WIDGETS)):
        expect(opened.cell(number).locator(".mn-twin")).to_be_visible()
    assert not dangers(opened.page, ".jp-OutputArea-output")


def test_side_panel_and_completion(
    notebook: Callable[..., driver.Notebook], server: OpenAIServer, texts: list[str], lab_folder: Path
) -> None:
    opened = notebook(START.format(url=server.url), "%%llm --model ")
    opened.run(0)
    page = opened.page
    page.evaluate("() => window.jupyterapp.commands.execute('motadata-nb:show-panel')")
    panel = page.locator(".mn-panel")
    panel.get_by_role("button", name="Contents of shop").click(timeout=30_000)
    expect(panel).to_contain_text("alert(")
    assert not dangers(page, ".mn-panel")
    opened.cell(1).locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Tab")
    expect(page.locator(".jp-Completer")).to_contain_text("alert(", timeout=30_000)
    assert not dangers(page, ".jp-Completer")
    opened.shot("hostile-panel")
