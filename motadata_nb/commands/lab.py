"""Open JupyterLab on the notebooks, with this environment's kernel."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from motadata_nb.errors import InvalidInput, MissingExtra

__all__ = ["arguments", "run"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("folder", nargs="?", type=Path, help="default: notebooks/, or the current folder without one")
    parser.add_argument("--no-browser", action="store_true", help="print the address instead of opening it")
    parser.add_argument("--port", type=int, default=8888, help="the next free one is taken when it is in use")


def run(options: argparse.Namespace) -> int:
    """Becomes the JupyterLab server; does not return."""
    if find_spec("jupyterlab") is None:
        raise MissingExtra("JupyterLab", "lab")
    folder = options.folder or (Path("notebooks") if Path("notebooks").is_dir() else Path())
    if not folder.is_dir():
        raise InvalidInput(f"There is no folder {folder}.", "Type: motadata-nb lab FOLDER")
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={folder.resolve()}", f"--port={options.port}"]
    command += ["--no-browser"] if options.no_browser else []
    command += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    os.execv(sys.executable, command)
