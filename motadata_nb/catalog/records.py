"""Rows of the catalog as the rest of the package sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "ChunkRow",
    "DocumentRow",
    "Facts",
    "IndexRow",
    "NewChunk",
    "NewDocument",
    "QuarantineRow",
    "TURNS",
]

TURNS = ".turns"
"""In a chunk's metadata: where it goes on on a later page, as `[[position, page], …]`. No user's field is called so."""


@dataclass(frozen=True, kw_only=True)
class IndexRow:
    """An index: what its chunks are embedded with, where they are searched, and how they were cut."""

    id: int
    tenant: str
    name: str
    backend: str
    embedder: str
    chunking: Mapping[str, Any]
    seq: int = field(compare=False)
    created_at: float


@dataclass(frozen=True, kw_only=True)
class NewChunk:
    """A chunk to write. `start` and `end` are character positions in the document's text; `page` counts from 1."""

    text: str
    start: int
    end: int
    tokens: int
    embedded_hash: str
    """Hash of the text that is embedded (heading and text), so that equal texts are embedded once."""
    heading: str = ""
    page: int | None = None
    kind: str = "text"
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class NewDocument:
    """A document to write with its chunks."""

    key: str
    """Unique in the index: the same key is the same document, changed."""
    source: str
    """How the user should see it."""
    content_hash: str
    origin: str = ""
    """What was asked to be ingested (a folder, a glob); a document that is no longer found there is removed."""
    title: str = ""
    mime: str = ""
    size: int = 0
    pages: int | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""
    structure: Mapping[str, Any] = field(default_factory=dict)
    """What the parser found beside the text, so that it can be cut anew: `blocks` and `page_starts`."""
    chunks: Sequence[NewChunk] = ()


@dataclass(frozen=True, kw_only=True)
class DocumentRow:
    """A document as it stands in the catalog."""

    id: int
    key: str
    source: str
    origin: str
    title: str
    mime: str
    content_hash: str
    size: int
    pages: int | None
    metadata: Mapping[str, Any]
    duplicate_of: int | None
    updated_at: float


@dataclass(frozen=True, kw_only=True)
class ChunkRow:
    """A chunk with what is needed of its document."""

    id: int
    document_id: int
    ordinal: int
    text: str
    heading: str
    kind: str
    page: int | None
    start: int
    end: int
    tokens: int
    embedded_hash: str
    seq: int = field(compare=False)
    source: str
    document: str
    """The document's key."""
    title: str
    metadata: Mapping[str, Any]
    """Metadata of the document and of the chunk."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What a filter can ask of one chunk, without its text."""

    id: int
    source: str
    document: str
    title: str
    page: int | None
    heading: str
    kind: str
    metadata: tuple[Mapping[str, Any], Mapping[str, Any]]
    """The chunk's own, which comes first, and the document's, which its chunks share."""


@dataclass(frozen=True, kw_only=True)
class QuarantineRow:
    """A source that could not be read, why, and what to do."""

    key: str
    source: str
    reason: str
    hint: str
    at: float
