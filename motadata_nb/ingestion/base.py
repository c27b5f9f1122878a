"""What a parser is, and what it gives."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

__all__ = ["Block", "BlockKind", "Chunk", "ParsedDocument", "Parser", "Picture", "RawDocument"]

BlockKind: TypeAlias = Literal["heading", "paragraph", "list", "table", "code"]


@dataclass(frozen=True, kw_only=True)
class RawDocument:
    """Bytes and what is known of them before parsing."""

    source: str
    """Where it came from, as the user should see it: a path relative to the working folder, or an address."""
    data: bytes = field(repr=False)
    mime: str
    password: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Block:
    """A structural piece of a document. `start` and `end` are character positions in the document's text."""

    kind: BlockKind
    start: int
    end: int
    page: int | None = None
    """Page number, from 1; None where the format has no pages."""
    level: int = 0
    """Depth of a heading, from 1."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A picture in a document. It is found by the text at its place: caption, description, or what is read in it."""

    image: str = field(repr=False)
    """A thumbnail as `data:image/jpeg;base64,…`."""
    start: int
    """The character of the document's text at which it stands."""
    end: int | None = None
    """The character after the text that it shows, where the text was read in the picture itself."""
    page: int | None = None

    def stands_in(self, start: int, end: int) -> bool:
        """Whether it belongs to the text from `start` to `end`."""
        return self.start < end and start < (self.end or self.start + 1)


@dataclass(frozen=True, kw_only=True)
class ParsedDocument:
    """The text of a document and its structure. Blocks are in reading order and do not overlap."""

    text: str
    blocks: Sequence[Block]
    title: str = ""
    pages: int | None = None
    page_starts: Sequence[int] = ()
    """Position in the text where each page begins, so that a paragraph may run over the end of a page."""
    pictures: Sequence[Picture] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    """Scalars only: author, created, language …; they become the metadata of each chunk."""

    def page_at(self, position: int) -> int | None:
        """The page, from 1, that holds the character at `position`; None where the format has no pages."""
        return bisect_right(self.page_starts, position) or None


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """A piece of a document that is embedded and retrieved as one. `document.text[start:end] == text`."""

    text: str
    start: int
    end: int
    tokens: int
    """Tokens of title, headings and text together, as the embedder counts them."""
    heading: str = ""
    """Headings above the chunk, outermost first, joined by ` > `."""
    kind: BlockKind = "paragraph"
    page: int | None = None
    """The page on which the chunk starts."""


@runtime_checkable
class Parser(Protocol):
    """Reads one kind of document. Pure: bytes in, text and positions out; raises only UnreadableDocument."""

    mimes: tuple[str, ...]
    """The content types it reads."""

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text with its structure. Raises UnreadableDocument with the reason and the way out."""
        ...
