"""Takes the picture of the README: a cell of the quickstart in a real JupyterLab. `python -m docs.pictures`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.driver import FLAGS, ROOT, Notebook, lab_server, set_theme, write_notebook

IMAGES = ROOT / "docs" / "images"
LOAD = "%load_ext motadata_nb"
ASK = "%%rag nist --out answer\nWhat are the four functions of the AI RMF Core?"
READY = """() => { const s = window.jupyterapp?.shell.currentWidget?.sessionContext;
    return s?.isReady && s.session?.kernel?.status === 'idle'; }"""


def main() -> None:
    """Write answer.png and answer-dark.png."""
    with tempfile.TemporaryDirectory() as base:
        folder = Path(base) / "notebooks"
        shutil.copytree(ROOT / "notebooks", folder, ignore=shutil.ignore_patterns(".motadata", "out"))
        os.environ["IPYTHONDIR"] = str(Path(base) / "ipython")
        subprocess.run([sys.executable, "-m", "motadata_nb.cli", "demo", "01_quickstart.ipynb"], cwd=folder, check=True)
        write_notebook(folder / "picture.ipynb", [LOAD, ASK])
        with lab_server(folder, _free_port()) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
            page = browser.new_page(viewport={"width": 1060, "height": 1400}, device_scale_factor=2)
            notebook = Notebook(page, address, "picture").open()
            page.wait_for_function(READY, timeout=120_000)
            notebook.run(0, timeout_s=200)
            notebook.run(1, timeout_s=200)
            notebook.cell(1).locator("details summary").first.click()
            page.locator(".jp-Notebook").click(position={"x": 20, "y": 1200})
            IMAGES.mkdir(exist_ok=True)
            for theme, name in (("JupyterLab Dark", "answer-dark.png"), ("JupyterLab Light", "answer.png")):
                set_theme(page, theme)
                page.wait_for_timeout(2000)
                notebook.cell(1).screenshot(path=IMAGES / name)
            browser.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
