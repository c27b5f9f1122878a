"""What the JupyterLab side panel shows: the workspace of a kernel, pushed whenever it changes.

The extension asks `listen()`, then opens a comm. While one is open, a thread watches the catalog (also for what other
processes write) and sends a new snapshot within 0.2 s of a change.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb_widgets.sections import Item, sections

if TYPE_CHECKING:
    from motadata_nb.workspace import Workspace

__all__ = ["TARGET", "listen", "snapshot"]

TARGET = "motadata_nb.panel"
_EVERY_S = 0.15
_EVERY_SERVER_S = 2.0


def snapshot(workspace: Workspace) -> dict[str, Any]:
    """The workspace as the panel shows it: JSON, sections of items with children."""
    return {
        "workspace": _short(str(workspace.place)),
        "note": f"model {workspace.config['model']}",
        "sections": [
            {"id": s.id, "title": s.title, "items": [_item(i) for i in s.items], "more": s.more}
            for s in sections(workspace)
        ],
    }


def _short(place: str) -> str:
    """A folder's own name, or that of the folder around `.motadata`; a database's address without its password."""
    if "://" in place:
        scheme, _, rest = place.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2]}"
    path = Path(place)
    return path.parent.name if path.name == ".motadata" else path.name


def _item(item: Item) -> dict[str, Any]:
    fields = {"name": item.name, "detail": item.detail, "tip": item.tip, "insert": item.insert}
    shown: dict[str, Any] = {key: value for key, value in fields.items() if value}
    if item.attention:
        shown["attention"] = True
    if item.children:
        shown["children"] = [_item(child) for child in item.children]
    return shown


def listen() -> bool:
    """Let the front end open a comm; False where there is no kernel, or the notebook has not loaded motadata_nb."""
    from IPython.core.getipython import get_ipython

    shell: Any = get_ipython()
    session = getattr(shell, "_motadata_session", None)
    manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
    if session is None or manager is None:
        return False
    manager.register_target(TARGET, lambda comm, _: _Feed(comm, lambda: session.workspace).start())
    return True


class _Feed(threading.Thread):
    """Sends snapshots over one comm until it is closed."""

    def __init__(self, comm: Any, workspace: Callable[[], Workspace]) -> None:
        super().__init__(name="motadata-nb-panel", daemon=True)
        self._comm = comm
        self._workspace = workspace
        self._done = threading.Event()
        comm.on_close(lambda _: self._done.set())

    def run(self) -> None:
        sent: dict[str, Any] | None = None
        for workspace in self._changes():
            # A workspace that cannot be read just now is shown as it was; its own cells say what is wrong.
            with suppress(Exception):
                shown = snapshot(workspace)
                if shown != sent:
                    self._comm.send({"snapshot": shown})
                    sent = shown

    def _changes(self) -> Iterator[Workspace]:
        while not self._done.is_set():
            workspace = self._workspace()
            stamp = _Stamp(workspace)
            with closing(stamp):
                while not self._done.is_set() and workspace is self._workspace():
                    if stamp.moved():
                        yield workspace
                    self._done.wait(stamp.every_s)


class _Stamp:
    """Tells whether the catalog may have changed since it was last asked."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._path = workspace.folder / "catalog.db"
        self._connection: sqlite3.Connection | None = None
        self._last: Any = object()
        self.every_s = _EVERY_SERVER_S if "://" in str(workspace.place) else _EVERY_S

    def moved(self) -> bool:
        now = (self._version(), str(self._workspace.config["model"]))
        moved, self._last = now != self._last or self.every_s == _EVERY_SERVER_S, now
        return moved

    def _version(self) -> int:
        """SQLite's own counter of commits by others; this connection writes nothing, so all are by others."""
        if self._connection is None:
            if not self._path.exists():
                return -1
            uri = f"{self._path.absolute().as_uri()}?mode=ro"
            self._connection = sqlite3.connect(uri, uri=True, check_same_thread=False)
        with suppress(sqlite3.Error):
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        return -1

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
