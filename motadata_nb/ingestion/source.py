"""A document that can be read, and many of them: what all kinds of sources become."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

__all__ = ["Source", "Sources", "is_row", "name_in_words", "row_name"]

_SAID = ("title", "text", "metadata")
_TOLD_APART = "backslashreplace"
"""Of names: two that differ in what is broken stay two."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A document that can be read."""

    key: str
    """The same for the same document in every ingestion: an absolute path, an address, the `id` of a row."""
    source: str
    """As the user should see it: a path relative to the working folder, an address, `frame[id]`."""
    origin: str = ""
    """The folder, pattern or frame it was found through; what is no longer found there has been removed."""
    read: Callable[[], bytes] = field(repr=False)
    """The content. Raises UnreadableDocument."""
    size: int | None = None
    """Bytes, where known without reading."""
    mtime: float | None = None
    """Time of the last change in seconds since 1970, where known."""
    title: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = field(default=None, repr=False)
    """The text itself, where it needs no parser."""

    def __post_init__(self) -> None:
        # Broken texts, and names of files in an old encoding, hold halves of characters that no database takes.
        for name in ("key", "source", "origin", "title", "text", "metadata"):
            object.__setattr__(self, name, _whole(getattr(self, name), "replace" if name in _SAID else _TOLD_APART))


@dataclass(frozen=True)
class Sources:
    """Documents to come: iterable more than once, read only when `Source.read` is called."""

    total: int
    """How many there are."""
    origins: tuple[str, ...]
    """All folders, patterns and frames, also those that hold nothing any more."""
    _open: Callable[[], Iterator[Source]] = field(repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "origins", tuple(_whole(origin, _TOLD_APART) for origin in self.origins))

    def __iter__(self) -> Iterator[Source]:
        return self._open()

    def __len__(self) -> int:
        return self.total


def row_name(table: str, key: str) -> str:
    """What a row of a table is called, which has no file of its own."""
    return f"{table}[{key}]"


def is_row(source: str, key: str) -> bool:
    """Whether a document's `source` is the `row_name` of its key."""
    return source.endswith(row_name("", key))


def name_in_words(source: str) -> str:
    """The name of a file or of the page of an address, in words; nothing for a mere number."""
    words = " ".join(re.split(r"[\W_]+", PurePath(source).stem)).strip()
    return words if any(character.isalpha() for character in words) else ""


def _whole(value: Any, errors: str) -> Any:
    """A text, or texts in lists and tables, without halves of surrogate pairs."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", errors).decode("utf-8")
    if isinstance(value, list):
        return [_whole(entry, errors) for entry in value]
    if isinstance(value, Mapping):
        return {_whole(name, errors): _whole(entry, errors) for name, entry in value.items()}
    return value
