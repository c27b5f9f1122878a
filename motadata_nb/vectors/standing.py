"""Where a projection lies, and how far it is.

As a rule in the workspace, with a mark in the catalog that all processes go by. Where that cannot be written it is a
copy in a temporary folder, which this process alone brings up to date: the catalog has all that it takes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from filelock import FileLock

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.indexes import Position

__all__ = ["Standing"]


class Standing:
    """Folder and position of one projection of one index."""

    def __init__(self, catalog: Catalog, index_id: int, name: str, folder: Path, *, on_server: bool) -> None:
        self._catalog = catalog
        self._index_id = index_id
        self._name = name
        self._own = folder
        self._on_server = on_server
        self._copy: Path | None = None
        self._copied = Position()
        self._file_lock = FileLock(folder.with_name(folder.name + ".lock"))

    @property
    def folder(self) -> Path:
        """Where the files are to be read and written."""
        return self._copy or self._own

    @property
    def is_copy(self) -> bool:
        """Whether nobody else sees it."""
        return self._copy is not None

    def may_be_written(self) -> bool:
        """Whether changes can be applied; from the first call on in a copy, where that is needed.

        What is on a server is no file that could be copied.
        """
        if self._copy is None and not self._can_write():
            if self._is_elsewhere():
                return False
            self._copied = self._copied_from(self._marked())
        return True

    def look(self) -> tuple[int, Position]:
        """The catalog's newest sequence number, and how far this projection is."""
        seq, marked = self._catalog.indexes.state(self._index_id, self._name)
        if self._copy is not None:
            return seq, self._copied
        gone = marked.seq and not self._own.exists()
        return seq, Position(0, marked.epoch, marked.writes) if gone else marked

    def mark(self, position: Position) -> None:
        """Record how far it is. Called under the lock."""
        if self._copy is not None:
            self._copied = position
        else:
            self._catalog.indexes.advance(self._index_id, self._name, position)

    def clear(self) -> Position:
        """Throw the files away; gives the position from which it is written anew. Nothing may be open."""
        marked = self._copied if self._copy is not None else self._marked()
        shutil.rmtree(self.folder, ignore_errors=True)
        position = Position(0, marked.epoch + 1, marked.writes + 1)
        self.mark(position)
        return position

    def lock(self, wait_s: float = -1) -> AbstractContextManager[Any]:
        """Keeps the writers of other processes out. Raises filelock.Timeout."""
        if self._copy is not None:
            return nullcontext()
        self._own.parent.mkdir(parents=True, exist_ok=True)
        return self._file_lock.acquire(timeout=wait_s)

    def _marked(self) -> Position:
        return self._catalog.indexes.position(self._index_id, self._name)

    def _can_write(self) -> bool:
        there = next(path for path in (self._own, *self._own.parents) if path.exists())
        return not self._catalog.database.read_only and os.access(there, os.W_OK)

    def _is_elsewhere(self) -> bool:
        files = self._own.exists() and any(self._own.iterdir())
        return self._on_server or bool(self._own.exists() and not files and self._marked().seq)

    def _copied_from(self, marked: Position) -> Position:
        """Make the copy; gives how far it is. Of files that may not be read nothing is taken over."""
        base = Path(tempfile.mkdtemp(prefix="motadata-nb-"))
        weakref.finalize(self, shutil.rmtree, base, ignore_errors=True)
        self._copy = base / self._own.name
        if not self._own.exists():
            return Position(0, marked.epoch, marked.writes)
        try:
            shutil.copytree(self._own, self._copy, copy_function=shutil.copyfile)
        except (PermissionError, shutil.Error):
            shutil.rmtree(self._copy, ignore_errors=True)
            return Position(0, marked.epoch, marked.writes)
        for path in (self._copy, *self._copy.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
        return marked
