"""Serve a notebook with its AI cells as a Panel app, or write it as one static HTML page.

Cells tagged `parameters` become inputs; `hide` hides a cell's output; `skip-app` leaves a cell out.
"""

from __future__ import annotations

import argparse
import os
import socket
import threading
import time
from pathlib import Path

from motadata_nb.errors import InvalidInput

__all__ = ["arguments", "run"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--export", type=Path, metavar="FILE.html", help="write one static page instead of serving")
    parser.add_argument("--rewrite", type=Path, metavar="FILE.py", help="write the script for `panel serve` instead")
    parser.add_argument("--port", type=int, default=5006)
    parser.add_argument("--address", default="127.0.0.1", help="0.0.0.0 lets other machines in")
    parser.add_argument("--origin", action="append", default=[], help="host:port under which browsers reach it")
    parser.add_argument("--show", action="store_true", help="open a browser")
    parser.add_argument(
        "--password", default=os.environ.get("MOTADATA_APP_PASSWORD", ""), help="or MOTADATA_APP_PASSWORD"
    )
    parser.add_argument("--oauth", default="", metavar="PROVIDER", help="github, google, azure, okta, auth0 …")
    parser.add_argument("--runs-per-hour", type=int, default=0, help="limit for each visitor; 0 is none")
    parser.add_argument("--with-parent", action="store_true", help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """0 when the app has ended or the page is written; 1 when a cell of the page failed."""
    from motadata_nb.dashboards.cells import read_notebook
    from motadata_nb.dashboards.serving import Access, serve

    document = read_notebook(options.notebook)
    for target in (options.export, options.rewrite):
        if target and not target.resolve().parent.is_dir():
            raise InvalidInput(f"There is no folder {target.parent}.", f"Type: mkdir -p {target.parent}")
    if options.export:
        return _export(document, options.export)
    if options.rewrite:
        from motadata_nb.dashboards.script import write_script

        write_script(document, options.rewrite)
        print(f"Type: panel serve {options.rewrite}")
        return 0
    if options.address not in ("127.0.0.1", "localhost") and not (options.password or options.oauth):
        raise InvalidInput(
            "Anyone who reaches this machine could run the app.", "Add --password WORD or --oauth PROVIDER."
        )
    if options.with_parent:
        threading.Thread(target=_end_with_parent, daemon=True).start()
    access = Access(password=options.password, oauth=options.oauth, runs_per_hour=options.runs_per_hour)
    access.options()  # what is missing is said before anything is started
    _is_free(options.address, options.port)
    print(f"{document.title}: http://{options.address}:{options.port}/app", flush=True)
    serve(
        document,
        port=options.port,
        address=options.address,
        access=access,
        origins=tuple(options.origin),
        show=options.show,
    )
    return 0


def _is_free(address: str, port: int) -> None:
    """Raises InvalidInput with a port that can be used, when this one cannot."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            with socket.socket() as other:
                other.bind(("127.0.0.1", 0))
                free = other.getsockname()[1]
            reason = error.strerror or str(error)
            raise InvalidInput(f"Port {port} cannot be used: {reason}.", f"Try: --port {free}") from error


def _export(document: object, target: Path) -> int:
    from motadata_nb.dashboards.cells import Document
    from motadata_nb.dashboards.export import export

    assert isinstance(document, Document)
    failed = export(document, target)
    print(f"Wrote {target}" + (f"; {failed} cells failed, their errors stand in it" if failed else ""))
    return 1 if failed else 0


def _end_with_parent() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(0)
