"""What a person sees wait or stutter: widgets, side panel, long lists, streams, and the start of an app."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests import servers
from tests.benchmarks.__main__ import Skipped
from tests.browser import driver

if TYPE_CHECKING:
    from playwright.sync_api import Page

START = """%load_ext motadata_nb
%config Motadata.home = "bench"
%config Motadata.backend = "memory"
%config Motadata.api_base = "{url}"
%config Motadata.model = "openai/stub"
import time, numpy as np, pandas as pd
from motadata_nb.widgets import *
from motadata_nb.ingestion.report import IngestReport, Outcome
ws = get_ipython()._motadata_session.workspace
rows = [("returns", "A lamp may be returned within fourteen days."), ("bikes", "A bicycle is mended in a week.")]
for name in ["shop", *(f"index{{n}}" for n in range(6))]:
    ws.ingest(pd.DataFrame(rows, columns=["id", "text"]), into=name)
RagExplorer(ws.index("shop"), "How long for a lamp?").close()"""
EXPLORER = 'began = time.time() * 1000\nRagExplorer(ws.index("shop"), "How long for a lamp?")'
TABLE = """outcomes = tuple(Outcome(source=f"file-{n}.pdf", status="added", chunks=n, reason="kept")
                 for n in range(10_000))
IngestPanel.of(ws, IngestReport(index="shop", outcomes=outcomes, documents=1, chunks=1, embedded=1, seconds=0.1))"""
CHAT = """chat = Chat(ws.index("shop"))
chat.messages += [{"id": str(n), "who": ("you", "shop")[n % 2], "text": f"**{n}** " + "words " * 40, "state": "done",
                   "at": 0.0} for n in range(1000)]
chat"""
MAP = """vectors = np.random.default_rng(1).standard_normal((100_000, 16)).astype("float32")
EmbeddingMap(vectors, pd.DataFrame({"text": ["lamp"] * 100_000, "source": "made"}), name="made")"""
LIVE = "print('at', time.time() * 1000)\nws.drop('{name}')"

# Deltas between frames while something moves on each of them.
FRAMES = """([selector, kind]) => new Promise(done => {
  const node = document.querySelector(selector), deltas = [];
  let last = 0, n = 0;
  const turn = (now) => {
    if (last) deltas.push(now - last);
    last = now;
    if (n++ > 150) return done(deltas.slice(10));
    if (kind === 'scroll') node.scrollTop += 90;
    else if (kind === 'drag') {
      const box = node.getBoundingClientRect();
      const at = {bubbles: true, pointerId: 1, buttons: 1, clientX: box.x + 200 + n % 90, clientY: box.y + 200};
      node.dispatchEvent(new PointerEvent(n === 1 ? 'pointerdown' : 'pointermove', at));
    }
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
})"""
EMPTY = """() => { const list = document.createElement('div'), inner = document.createElement('div');
  list.id = 'empty-list'; list.style.cssText = 'position:fixed;bottom:0;height:300px;width:600px;overflow:auto';
  inner.style.height = '30000px'; list.append(inner); document.body.append(list); }"""
# The time at which the selector's text first holds something, or no longer.
SEEN = """([selector, text, there]) => new Promise(done => {
  const look = () => [...document.querySelectorAll(selector)].some(n => n.textContent.includes(text)) === there;
  const now = () => done(performance.timeOrigin + performance.now());
  if (look()) return now();
  const seen = new MutationObserver(() => { if (look()) { seen.disconnect(); now(); } });
  seen.observe(document.body, {subtree: true, childList: true, characterData: true});
})"""


def run() -> list[dict[str, Any]]:
    """Rows of the table; frames are compared to those of an empty list on the same page."""
    chromium = servers.program("chromium")
    if chromium is None:
        raise Skipped(servers.INSTALL["chromium"])
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as base,
        OpenAIServer() as server,
        sync_playwright() as playwright,
    ):
        folder = Path(base) / "files"
        folder.mkdir()
        rows = [_app(folder)]
        browser = playwright.chromium.launch(executable_path=chromium, args=driver.FLAGS)
        with driver.lab_server(folder, _port()) as address:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(90_000)
            rows += _lab(page, address, folder, server)
        browser.close()
    return rows


def _lab(page: Page, address: str, folder: Path, server: OpenAIServer) -> list[dict[str, Any]]:
    sizes: list[int] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: sizes.append(len(data))))
    live = [LIVE.format(name=f"index{n}") for n in range(6)]
    cells = [START.format(url=server.url), EXPLORER, EXPLORER, "%%llm\nTell.", *live, TABLE, CHAT, MAP]
    driver.write_notebook(folder / "bench.ipynb", cells)
    opened = driver.Notebook(page, address, "bench").open()
    opened.run(0)
    widgets = [_appears(opened, n) for n in (1, 2)]
    rows = [
        _row("a widget appears", min(widgets), "ms", 150, f"kernel and browser; first of its kind {widgets[0]:.0f}")
    ]
    server.script(Answer(text="Consumers may withdraw within fourteen days. " * 240, piece_delay_s=0.002))
    before = sum(sizes)
    opened.run(3)
    rows.append(_row("a 10 KB streamed answer sends", (sum(sizes) - before) / 1e6, "MB", 2, "all of the websocket"))
    page.evaluate("() => window.jupyterapp.commands.execute('motadata-nb:show-panel')")
    page.wait_for_selector(".mn-panel [data-section=indexes]")
    page.wait_for_selector(".mn-panel >> text=index5")
    waits = [_follows(opened, 4 + n, f"index{n}") for n in range(6)]
    rows.append(
        _row(
            "the side panel follows",
            statistics.median(waits),
            "ms",
            300,
            f"from the drop in a cell; median of 6, worst {max(waits):.0f}",
        )
    )
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.evaluate(EMPTY)
    calm = _frames(page, "#empty-list", "scroll")
    for number, name, selector, kind in (
        (10, "10,000 rows scroll, frame p95", ".mn-scroll", "scroll"),
        (11, "1,000 messages scroll, frame p95", ".mn-chat-log", "scroll"),
        (12, "map of 100,000 points moves, frame p95", ".mn-map canvas", "drag"),
    ):
        opened.run(number, timeout_s=90)
        page.wait_for_selector(f"{selector} {'*' if kind == 'scroll' else ''}".strip(), state="attached")
        opened.cell(number).scroll_into_view_if_needed()
        page.wait_for_timeout(1500)
        p95 = _frames(page, selector, kind)
        rows.append(_row(name, p95, "ms", max(16.9, calm * 1.1), f"an empty list on this machine: {calm:.1f}"))
    return rows


def _appears(opened: driver.Notebook, number: int) -> float:
    """Milliseconds from the first line of the cell to the drawn widget, by one clock."""
    place = f'.jp-Notebook .jp-Cell[data-windowed-list-index="{number}"] .mn-rag li'
    opened.page.evaluate(f"() => {{ window.seen = ({SEEN})(['{place}', 'lamp', true]); }}")
    opened.run(number)
    drawn = float(opened.page.evaluate("() => window.seen"))
    began = opened.page.evaluate(
        """async () => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
           const asked = kernel.requestExecute({code: '', silent: true, user_expressions: {began: 'began'}});
           return Number((await asked.done).content.user_expressions.began.data['text/plain']); }"""
    )
    return drawn - float(began)


def _follows(opened: driver.Notebook, number: int, name: str) -> float:
    opened.page.evaluate(f"() => {{ window.seen = ({SEEN})(['.mn-panel', '{name}', false]); }}")
    shown = opened.run(number).inner_text()
    return float(opened.page.evaluate("() => window.seen")) - float(shown.partition("at ")[2].split()[0])


def _frames(page: Page, selector: str, kind: str) -> float:
    deltas = sorted(page.evaluate(FRAMES, [selector, kind]))
    return float(deltas[int(len(deltas) * 0.95)])


def _app(folder: Path) -> dict[str, Any]:
    """Seconds from the command to the first page, the better of two."""
    driver.write_notebook(folder / "app.ipynb", ["%load_ext motadata_nb", "1 + 1"])
    return _row("an app starts", min(_started(folder / "app.ipynb") for _ in range(2)), "s", 3, "command to first page")


def _started(notebook: Path) -> float:
    port = _port()
    command = [sys.executable, "-m", "motadata_nb.cli", "app", str(notebook), "--port", str(port)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ})
    try:
        while process.poll() is None and time.perf_counter() - began < 60:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/app", timeout=20).close()
                return time.perf_counter() - began
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("the app did not start")
    finally:
        driver.stop(process)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def _row(name: str, figure: float, unit: str, target: float, note: str) -> dict[str, Any]:
    return {"name": name, "figure": figure, "unit": unit, "target": f"≤ {target:.4g}", "ok": figure <= target,
            "note": note}  # fmt: skip
