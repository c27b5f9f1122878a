"""Plain text. Positions are those of the decoded file; nothing is rewritten except line ends."""

from __future__ import annotations

import re

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import Block, ParsedDocument, RawDocument
from motadata_nb.ingestion.charset import decode, looks_binary

__all__ = ["CodeParser", "PlainTextParser", "text_of"]

_PARAGRAPH_BREAK = re.compile(r"\n[^\S\n]*\n\s*")


class PlainTextParser:
    """Paragraphs of a text file: what stands between empty lines."""

    mimes: tuple[str, ...] = ("text/plain", "text/vtt")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The text as it is, with a block per paragraph. Raises UnreadableDocument for binary content."""
        text = text_of(raw)
        return ParsedDocument(text=text, blocks=list(_paragraphs(text)))


class CodeParser:
    """Source code: a block per group of lines between empty lines."""

    mimes: tuple[str, ...] = ("text/x-code",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The code as it is. Raises UnreadableDocument for binary content."""
        text = text_of(raw)
        blocks = [Block(kind="code", start=b.start, end=b.end) for b in _paragraphs(text)]
        return ParsedDocument(text=text, blocks=blocks)


def text_of(raw: RawDocument) -> str:
    """The decoded text of a document. Raises UnreadableDocument for binary content."""
    if looks_binary(raw.data):
        raise UnreadableDocument("The file is binary, not text.", "Check that it is the file you meant.")
    text = decode(raw.data)[0]
    return text[1:] if text.startswith("\ufeff") else text


def _paragraphs(text: str) -> list[Block]:
    blocks = []
    start = 0
    for match in _PARAGRAPH_BREAK.finditer(text):
        blocks.append(_trimmed(text, start, match.start()))
        start = match.end()
    blocks.append(_trimmed(text, start, len(text)))
    return [block for block in blocks if block.end > block.start]


def _trimmed(text: str, start: int, end: int) -> Block:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Block(kind="paragraph", start=start, end=end)
