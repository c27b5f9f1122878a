"""Copies of an index's files, for places that can be read and not written: search engines lock what they open."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from pathlib import Path

__all__ = ["Copies"]


class Copies:
    """Gives each folder as it is, or a copy in a temporary folder that goes with this object."""

    def __init__(self) -> None:
        self._base: Path | None = None

    def writable(self, folder: Path) -> Path:
        """The folder, or a new copy of it when it cannot be written."""
        if not folder.exists() or os.access(folder, os.W_OK):
            return folder
        if self._base is None:
            self._base = Path(tempfile.mkdtemp(prefix="motadata-nb-"))
            weakref.finalize(self, shutil.rmtree, self._base, ignore_errors=True)
        copy = Path(tempfile.mkdtemp(dir=self._base)) / folder.name
        shutil.copytree(folder, copy, copy_function=shutil.copyfile)
        for path in (copy, *copy.rglob("*")):
            path.chmod(0o700 if path.is_dir() else 0o600)
        return copy
