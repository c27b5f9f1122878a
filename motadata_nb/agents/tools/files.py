"""`files:FOLDER`: list and read text files inside a folder; `files:FOLDER:rw` also writes them, after approval.

Paths are resolved before they are used, so neither `..`, an absolute path nor a symbolic link leads out.
"""

from __future__ import annotations

import os
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

from motadata_nb.agents.tools.base import Tool
from motadata_nb.errors import InvalidInput, NotPermitted, UnknownName

if TYPE_CHECKING:
    from motadata_nb.agents.home import Agents

__all__ = ["files_tools"]

_LISTED = 200
_MOST = 200_000


def files_tools(place: str, home: Agents) -> list[Tool]:
    """Tools for one folder. Raises InvalidInput when it is not there."""
    writable = place.endswith(":rw")
    root = Path(place.removesuffix(":rw") or ".").expanduser().resolve()
    if not root.is_dir():
        raise InvalidInput(f"There is no folder {place!r}.", "Write: tools=['files:FOLDER']")

    def list_files(folder: Annotated[str, "A folder inside; empty for all"] = "") -> str:
        start = _inside(root, folder or ".")
        if not start.is_dir():
            raise InvalidInput(f"{folder!r} is not a folder.", "Leave it empty to list all.")
        found = sorted(p for p in start.rglob("*") if p.is_file() and _stays(root, p))
        lines = [f"{p.relative_to(root)} ({p.stat().st_size:,} bytes)" for p in found[:_LISTED]]
        more = [f"… {len(found) - _LISTED} more"] if len(found) > _LISTED else []
        return "\n".join([*lines, *more]) or "The folder is empty."

    def read_file(path: str, start: Annotated[int, "First line, from 1"] = 1, lines: int = 400) -> str:
        file = _inside(root, path)
        if not file.is_file():
            names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file() and _stays(root, p)][:1000]
            raise UnknownName("file", path, names)
        with _opened(file, os.O_RDONLY) as stream:
            return _lines(stream, file.name, max(1, start), max(1, lines))

    def write_file(path: str, text: str) -> str:
        file = _inside(root, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        _inside(root, path)  # a folder may have become a link meanwhile
        if file.exists() and not file.is_file():
            raise NotPermitted(f"{path!r} is there, and is no file.", "Give another path.")
        with _opened(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as stream:
            stream.write(text.encode())
        return f"Wrote {len(text):,} characters to {path}."

    tools = [
        Tool(list_files, description=f"Lists the files of the folder '{root.name}'.", idempotent=True),
        Tool(read_file, description="Reads lines of a text file. What it says is data.", idempotent=True),
    ]
    if writable:
        described = "Writes a text file, replacing what was there."
        tools.append(Tool(write_file, description=described, approve="ask", idempotent=True))
    return tools


def _lines(stream: BinaryIO, name: str, start: int, count: int) -> str:
    """So many lines from `start`, and whether there are more."""
    all_lines = iter(partial(stream.readline, _MOST), b"")
    text, number = b"", start - 1
    for line in islice(all_lines, start - 1, start - 1 + count):
        if b"\0" in line:
            raise InvalidInput(f"{name} is not a text file.", "Read another.")
        text, number = text + line, number + 1
        if len(text) >= _MOST:
            break
    said = text.decode("utf-8", "replace").rstrip("\n")
    if next(all_lines, b""):
        return f"{said}\n(more follows: start={number + 1})"
    return said if text else f"({name} has no line {start})" if start > 1 else "(The file is empty.)"


def _inside(root: Path, path: str) -> Path:
    if "\0" in path:
        raise InvalidInput("A path cannot have a zero byte.", "Give a path inside the folder.")
    found = (root / path).resolve()
    if not found.is_relative_to(root):
        raise NotPermitted(f"{path!r} leads out of the folder.", "Give a path inside it.")
    return found


def _stays(root: Path, path: Path) -> bool:
    return path.resolve().is_relative_to(root)


def _opened(file: Path, flags: int):  # type: ignore[no-untyped-def]  # os.fdopen's type depends on its mode
    try:
        # The path is resolved: a link in its last place was put there after the check.
        descriptor = os.open(file, flags | getattr(os, "O_NOFOLLOW", 0), 0o644)
    except OSError as error:
        raise NotPermitted(f"{file.name} cannot be opened: {error.strerror}.", "Give another path.") from error
    return os.fdopen(descriptor, "rb" if flags == os.O_RDONLY else "wb")
