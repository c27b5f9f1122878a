"""A retrieved chunk, with where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Hit", "Thumbnail"]


@dataclass(frozen=True)
class Thumbnail:
    """A small picture and the text at its place."""

    image: str
    """`data:image/jpeg;base64,…`, at most 20 KB."""
    caption: str

    def __repr__(self) -> str:
        return f"Thumbnail({self.caption!r})"


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A retrieved chunk."""

    text: str
    score: float
    """Relevance from 0 to 1, higher is closer; comparable within one retrieval only."""
    document: str
    """The document's key: the `id` of a DataFrame's row, the path of a file."""
    source: str
    page: int | None
    """Page on which the chunk starts, from 1; see `page_at`."""
    start: int
    """Character position in the document's text."""
    end: int
    metadata: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    heading: str = ""
    chunk: int = 0
    """Id of the chunk in the catalog."""
    document_id: int = 0
    kind: str = "text"
    """What it is: text, table, code …"""
    pictures: tuple[Thumbnail, ...] = ()
    """Thumbnails of the pictures in it, with `.image` and `.caption`."""
    keyword: float | None = None
    """BM25 score, where the keyword arm found it."""
    vector: float | None = None
    """Cosine similarity, where the vector arm found it."""
    turns: tuple[tuple[int, int], ...] = ()
    """Positions in the document's text where the chunk goes on on a later page, each with that page."""

    def page_at(self, position: int) -> int | None:
        """The page, from 1, of a position in the document's text that lies in the chunk."""
        return next((page for start, page in reversed(self.turns) if start <= position), self.page)
