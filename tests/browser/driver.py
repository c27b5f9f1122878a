"""A real JupyterLab, and a notebook in a real Chromium, as a person drives it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

import nbformat
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Dialog, Locator, Page, Request

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "tests" / "artefacts"
TOKEN = "browser-tests"

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-pings",
    # No name is looked up, so nothing can leave; a request event still tells that it was tried.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
CLERK = """import motadata_nb as mn
paid = []
def refund(order: str, amount: float) -> str:
    "Pays money back for an order."
    paid.append(amount)
    return f"refunded {amount:g} for {order}"
def model(messages):
    if messages[-1]["role"] == "tool":
        return messages[-1]["content"]
    return [("refund", {"order": "A-7", "amount": 250})]
clerk = mn.open().agent("clerk", "Help.", model, [refund], approvals={"refund": "ask"})"""
"""A cell with an agent that asks before it pays."""
LOCAL = ("http://127.0.0.1:", "http://localhost:", "ws://127.0.0.1:", "ws://localhost:", "data:", "blob:", "about:")


@dataclass
class Watch:
    """What the pages of a context do: `found` has each request that would leave, and each dialog."""

    found: list[str] = field(default_factory=list)
    allowed: tuple[str, ...] = LOCAL

    def request(self, request: Request) -> None:
        if not request.url.startswith(self.allowed):
            self.found.append(f"request {request.url[:200]}")

    def dialog(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload":
            self.found.append(f"dialog {dialog.type} {dialog.message[:80]}")
        dialog.accept()


@contextmanager
def watching(context: BrowserContext) -> Iterator[Watch]:
    """Listens to all pages of the context."""
    watch = Watch()
    context.on("request", watch.request)
    context.on("dialog", watch.dialog)
    try:
        yield watch
    finally:
        context.remove_listener("request", watch.request)
        context.remove_listener("dialog", watch.dialog)


def wait_for(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 150) -> None:
    """Return when the address answers. Raises with the end of the log when the process dies first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"{address} did not answer:\n{log.read_text(errors='replace')[-3000:]}")


def stop(process: subprocess.Popen[bytes], seconds: float = 8) -> None:
    """End the process, and take it down when it does not end by itself."""
    process.terminate()
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(5)


def stop_kernels(address: str) -> None:
    """Shut down every kernel of a JupyterLab; they would outlive a server that is killed."""
    headers = {"Authorization": f"token {TOKEN}"}
    with urllib.request.urlopen(urllib.request.Request(f"{address}/api/kernels", headers=headers), timeout=10) as reply:
        kernels = json.load(reply)
    for kernel in kernels:
        gone = urllib.request.Request(f"{address}/api/kernels/{kernel['id']}", headers=headers, method="DELETE")
        urllib.request.urlopen(gone, timeout=20).close()


@contextmanager
def lab_server(folder: Path, port: int) -> Iterator[str]:
    """The address of a JupyterLab whose files are in `folder`, with the committed extension."""
    extensions = folder.parent / "labextensions"
    extensions.mkdir()
    (extensions / "motadata-nb-lab").symlink_to(ROOT / "widgets" / "labextension")
    settings = folder.parent / "settings"
    news = settings / "@jupyterlab" / "apputils-extension"
    news.mkdir(parents=True)
    (news / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    options = {
        "ServerApp.root_dir": folder,
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "IdentityProvider.token": TOKEN,
        "LabApp.user_settings_dir": settings,
        "LabApp.workspaces_dir": folder.parent / "workspaces",
        "LabApp.extra_labextensions_path": extensions,
        "LabApp.expose_app_in_browser": True,
    }
    log = folder.parent / "lab.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*command, *(f"--{name}={value}" for name, value in options.items())],
            stdout=out,
            stderr=subprocess.STDOUT,
            # Pytest's own mark would tell the kernels that nobody watches.
            env={**os.environ, "JUPYTER_PLATFORM_DIRS": "1"} | {"PYTEST_CURRENT_TEST": ""},
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/api/status?token={TOKEN}", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            with suppress(OSError):
                stop_kernels(f"http://127.0.0.1:{port}")
            stop(process)


def write_notebook(path: Path, cells: list[str], *, kernel: str = "python3", markdown: str = "") -> Path:
    """A notebook file of code cells, not yet run."""
    made = [nbformat.v4.new_markdown_cell(markdown)] if markdown else []
    made += [nbformat.v4.new_code_cell(source) for source in cells]
    notebook = nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": {"name": kernel, "display_name": kernel}})
    path.write_text(nbformat.writes(notebook))
    return path


@dataclass
class Notebook:
    """One open notebook. Cells are counted from 0, as the person sees them."""

    page: Page
    address: str
    name: str

    def open(self) -> Notebook:
        """Load it in single-document mode, where one notebook fills the window, and wait for its kernel."""
        self.page.goto(f"{self.address}/lab/workspaces/{self.name}/tree/{self.name}.ipynb?token={TOKEN}&reset")
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=45_000)
        self.idle()
        return self

    def idle(self, timeout_s: float = 60) -> None:
        """Wait until the kernel has nothing to do and no cell waits for it.

        A widget's message that the kernel answers beside a running cell sets its status to idle too.
        """
        self.page.wait_for_function(
            """() => { const s = window.jupyterapp?.shell.currentWidget?.sessionContext;
               const waiting = [...document.querySelectorAll('.jp-Notebook .jp-InputArea-prompt')]
                 .some(prompt => prompt.innerText.includes('*'));
               return s?.isReady && s.session?.kernel?.status === 'idle' && !waiting; }""",
            timeout=timeout_s * 1000,
        )

    def cell(self, number: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def run(self, number: int, *, wait: bool = True, timeout_s: float = 60) -> Locator:
        """Click into the cell and press Shift+Enter; the cell's output when it is done."""
        before = self.cell(number).locator(".jp-InputArea-prompt").inner_text()
        self.cell(number).locator(".jp-InputArea-editor").click()
        self.page.keyboard.press("Shift+Enter")
        if wait:
            self.page.wait_for_function(
                "([n, before]) => { const p = document.querySelectorAll('.jp-Notebook .jp-Cell')[n]"
                ".querySelector('.jp-InputArea-prompt').innerText; return p !== before && /\\[\\d+\\]/.test(p); }",
                arg=[number, before], timeout=timeout_s * 1000,
            )  # fmt: skip
        return self.cell(number).locator(".jp-OutputArea")

    def save(self) -> None:
        self.page.keyboard.press("Escape")
        # What a kernel still has to say makes a notebook unsaved again.
        self.page.wait_for_function(
            "async () => { await window.jupyterapp.commands.execute('docmanager:save');"
            " return !window.jupyterapp.shell.currentWidget.context.model.dirty; }",
            polling=500,
        )

    @property
    def trusted(self) -> bool:
        """Whether JupyterLab trusts all cells of the notebook."""
        trusted: bool = self.page.evaluate(
            "() => [...window.jupyterapp.shell.currentWidget.content.model.cells]"
            ".every(cell => cell.type !== 'code' || cell.trusted)"
        )
        return trusted

    def source(self, number: int) -> str:
        text: str = self.cell(number).locator(".cm-content").inner_text()
        return text

    def shot(self, name: str) -> Path:
        """A screenshot among the artefacts of the run."""
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        self.page.screenshot(path=path)
        return path


def distrust(notebook: Notebook, folder: Path) -> None:
    """Change the saved file as a stranger would, so that its signature is void."""
    path = folder / f"{notebook.name}.ipynb"
    content = nbformat.read(path, as_version=4)
    content.metadata["changed_by"] = "a stranger"
    path.write_text(nbformat.writes(content))


def set_theme(page: Page, theme: str) -> None:
    """Switch JupyterLab to a theme by its command."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    page.wait_for_function(
        "dark => (document.body.dataset.jpThemeLight === 'false') === dark", arg=theme.endswith("Dark")
    )


@contextmanager
def dark(page: Page) -> Iterator[None]:
    """JupyterLab in its dark theme; the light one afterwards, because the next test shares the settings."""
    set_theme(page, "JupyterLab Dark")
    try:
        yield
    finally:
        set_theme(page, "JupyterLab Light")


AXE = ROOT / "widgets" / "lab" / "node_modules" / "axe-core" / "axe.min.js"


def violations(page: Page, selector: str) -> list[dict[str, Any]]:
    """What axe finds wrong inside the selector: rule, impact and the first nodes."""
    if not page.evaluate("() => Boolean(window.axe)"):
        if not AXE.exists():
            why = "axe is not installed.  Type: npm ci --prefix widgets/lab"
            (pytest.fail if os.environ.get("MOTADATA_TEST_REQUIRE", "") not in ("", "0") else pytest.skip)(why)
        page.evaluate(AXE.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(
        """async selector => (await axe.run(selector, {resultTypes: ['violations']})).violations
           .map(v => ({rule: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map(n => n.html)}))""",
        selector,
    )
    return found


def describe(found: list[dict[str, Any]]) -> str:
    return json.dumps(found, indent=1)
