"""Chunks of a document by its structure: sections, blocks, sentences, and tokens only where a sentence is too long."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.passages import HEADING_SEPARATOR, embedded_text, shortened
from motadata_nb.errors import InvalidInput
from motadata_nb.ingestion.base import Block, BlockKind, Chunk, ParsedDocument
from motadata_nb.ingestion.sentences import split_sentences

__all__ = ["checked_limit", "chunk"]

# A tokenizer may count a word of any length as one token, so characters are limited too.
_CHARS_PER_TOKEN = 12
# Longer blocks are tokenised in slices, so that memory does not grow with the file.
_SLICE = 32 * 1024
_SMALLEST_LIMIT = 32
# Text between two blocks that is in neither of them, such as a comment: a chunk reaches over no more than this.
_WIDEST_GAP = 64
_CAPTION = re.compile(r"(?:table|tabelle|tableau|tabla|tabella|tab\.)\s*[\dA-Z]", re.IGNORECASE)
_LONGEST_CAPTION = 120
# Tokens that some tokenizers add at the edges of a text.
_SLACK = 2


def chunk(parsed: ParsedDocument, embedder: Embedder, max_tokens: int | None = None) -> list[Chunk]:
    """The document's chunks in order; together they hold all that its blocks hold.

    No chunk has more than `max_tokens` tokens (default: the embedder's own limit), title and headings included. It
    never reaches over a section or, except by the end of a sentence, over a page. A sentence is cut only when it is
    longer than a chunk. Linear in the length of the text. Raises InvalidInput when `max_tokens` is too small.
    """
    limit = min(max_tokens or embedder.max_tokens, embedder.max_tokens)
    return list(_Chunker(parsed, embedder, checked_limit(limit)).run())


def checked_limit(tokens: int) -> int:
    """The length of the longest chunk. Raises InvalidInput when it is too small."""
    if tokens < _SMALLEST_LIMIT:
        raise InvalidInput(f"Chunks of {tokens} tokens are too small.", f"Use {_SMALLEST_LIMIT} or more.")
    return tokens


@dataclass(slots=True)
class _Unit:
    """What is not divided any more: a block, a sentence, a row, a piece of a sentence."""

    start: int
    end: int
    first: int
    """Number of its first token in the document, and of the first token after it."""
    last: int
    kind: BlockKind
    page: int | None


@dataclass(slots=True)
class _Span:
    """A block, or a slice of a long one, and where the tokens of the text around it begin."""

    block: Block
    start: int
    end: int
    starts: Sequence[int]
    before: int
    """Tokens of the document before `starts`."""

    def unit(self, start: int, end: int, page: int | None) -> _Unit:
        first, last = self.before + bisect_left(self.starts, start), self.before + bisect_left(self.starts, end)
        return _Unit(start, end, first, last, self.block.kind, page)


class _Chunker:
    def __init__(self, parsed: ParsedDocument, embedder: Embedder, limit: int) -> None:
        self._parsed = parsed
        self._text = parsed.text
        self._embedder = embedder
        self._limit = limit
        self._stack: list[tuple[int, str]] = []
        self._path = ""
        self._names: list[str] | None = None
        self._heads: dict[str, int] = {}
        self._open: list[_Unit] = []
        self._caption = ""
        self._set_path()

    def run(self) -> Iterator[Chunk]:
        for span in self._spans():
            if span.block.kind == "heading" and span.start == span.block.start:
                if any(unit.kind != "heading" for unit in self._open):
                    yield from self._flush()
                self._enter(span.block)
                self._set_path()
            for unit in self._units(span):
                if not self._fits(unit):
                    yield from self._flush()
                    self._set_path(*self._above(unit, span.block))
                self._open.append(unit)
            if span.block.kind != "table":
                self._caption = _caption(self._text[span.start : min(span.end, span.start + _LONGEST_CAPTION)])
        yield from self._flush()

    # Sections

    def _enter(self, block: Block) -> None:
        level = max(1, block.level)
        self._stack = [entry for entry in self._stack if entry[0] < level]
        self._stack.append((level, " ".join(self._text[block.start : block.end].split())))

    def _above(self, unit: _Unit, table: Block) -> Iterator[str]:
        """What rows of a table stand under: without its caption and its first row the numbers have no names."""
        if table.kind != "table":
            return
        if self._caption:
            yield self._caption
        if unit.start != table.start:
            row = self._text[table.start : min(table.end, table.start + 1000)].partition("\n")[0]
            yield shortened(row.replace(HEADING_SEPARATOR, " "))

    def _set_path(self, *above: str) -> None:
        # Headings may take a quarter of a chunk; the nearest ones matter most.
        title = self._parsed.title
        names = [name for _, name in self._stack] + [name for name in above if name]
        if names == self._names:
            return
        self._names = list(names)
        while names and not self._is_short(embedded_text(title, HEADING_SEPARATOR.join(names), "")):
            names.pop(0)
        self._path = HEADING_SEPARATOR.join(names)
        self._room = self._limit - min(self._limit // 2, self._count(embedded_text(title, self._path, "")))

    def _is_short(self, path: str) -> bool:
        return len(path) < self._limit * _CHARS_PER_TOKEN // 4 and self._count(path) <= self._limit // 4

    # Units

    def _spans(self) -> Iterator[_Span]:
        """All blocks in order. The text is tokenised in groups of them, since each call has its price."""
        before = 0
        for group in self._groups():
            begin = group[0][1]
            offsets = self._embedder.token_offsets(self._text[begin : group[-1][2]])
            starts = [begin + start for start, _ in offsets]
            for block, start, end in group:
                yield _Span(block, start, end, starts, before)
            before += len(starts)

    def _groups(self) -> Iterator[list[tuple[Block, int, int]]]:
        group: list[tuple[Block, int, int]] = []
        for block in self._parsed.blocks:
            for start, end in self._slices(block.start, block.end):
                if group and end - group[0][1] > _SLICE:
                    yield group
                    group = []
                group.append((block, start, end))
        if group:
            yield group

    def _units(self, span: _Span) -> Iterator[_Unit]:
        whole = self._unit(span, span.start, span.end)
        if self._is_small(whole):
            yield whole
            return
        for start, end in _pieces(self._text, span.block, span.start, span.end):
            piece = self._unit(span, start, end)
            if self._is_small(piece):
                yield piece
            else:
                yield from self._cut(span, start, end)

    def _unit(self, span: _Span, start: int, end: int) -> _Unit:
        page = self._parsed.page_at(start) if self._parsed.page_starts else span.block.page
        return span.unit(start, end, page)

    def _is_small(self, unit: _Unit) -> bool:
        return unit.last - unit.first <= self._room and unit.end - unit.start <= self._room * _CHARS_PER_TOKEN

    def _cut(self, span: _Span, start: int, end: int) -> Iterator[_Unit]:
        """Pieces of what has no sentence end: as many tokens as fit, cut at white space where there is some."""
        at = start
        while at < end:
            last = bisect_left(span.starts, at) + self._room
            stop = span.starts[last] if last < len(span.starts) else end
            stop = min(stop, at + self._room * _CHARS_PER_TOKEN, end)
            if stop < end:
                stop = self._white_space(at, stop)
            a, b = _trim(self._text, at, stop)
            if a < b:
                yield self._unit(span, a, b)
            at = stop

    def _white_space(self, at: int, stop: int) -> int:
        for position in range(stop, at + (stop - at) // 2, -1):
            if self._text[position - 1].isspace() or self._text[position].isspace():
                return position
        return stop

    def _slices(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        while end - start > _SLICE:
            stop = self._slice_end(start, start + _SLICE)
            yield _trim(self._text, start, stop)
            start = stop
        if start < end:
            yield _trim(self._text, start, end)

    def _slice_end(self, start: int, stop: int) -> int:
        """The last sentence end, else white space, in the second half of the slice."""
        half = start + (stop - start) // 2
        for mark in ("\n", ". ", " "):
            found = self._text.rfind(mark, half, stop)
            if found >= 0:
                return found + len(mark)
        return stop

    # Packing

    def _fits(self, unit: _Unit) -> bool:
        if not self._open:
            return True
        first, last = self._open[0], self._open[-1]
        if unit.start - last.end > _WIDEST_GAP or unit.end - first.start > self._room * _CHARS_PER_TOKEN:
            return False
        if unit.page != first.page and any(item.kind != "heading" for item in self._open):
            return False
        return unit.last - first.first <= self._room

    def _flush(self) -> Iterator[Chunk]:
        """The open units as a chunk; as several when joined text has more tokens than its parts."""
        while self._open:
            taken = len(self._open)
            tokens = self._tokens_of(self._open)
            while tokens > self._limit and taken > 1:
                taken -= 1
                tokens = self._tokens_of(self._open[:taken])
            units, self._open = self._open[:taken], self._open[taken:]
            if tokens > self._limit:
                yield from self._halves(units[0])
            else:
                yield self._chunk(units, tokens)

    def _halves(self, unit: _Unit) -> Iterator[Chunk]:
        """For tokenizers that make more tokens of a piece than of the whole."""
        middle = self._white_space(unit.start, (unit.start + unit.end) // 2)
        for a, b in (_trim(self._text, unit.start, middle), _trim(self._text, middle, unit.end)):
            half = _Unit(a, b, 0, self._limit, unit.kind, unit.page)
            tokens = self._tokens_of([half]) if a < b else 0
            if tokens > self._limit and b - a > 1:
                yield from self._halves(half)
            elif a < b:
                yield self._chunk([half], tokens)

    def _tokens_of(self, units: Sequence[_Unit]) -> int:
        """Tokens of what is embedded for the units; counted anew only where the cut may change the number."""
        start, end = units[0].start, units[-1].end
        whole = embedded_text(self._parsed.title, self._path, self._text[start:end])
        head = whole[: len(whole) - (end - start)]
        if head not in self._heads:
            self._heads[head] = self._count(head)
        tokens = self._heads[head] + units[-1].last - units[0].first
        clean = self._is_edge(start - 1) and self._is_edge(end)
        return tokens if clean and tokens + _SLACK <= self._limit else self._count(whole)

    def _is_edge(self, position: int) -> bool:
        return not 0 <= position < len(self._text) or self._text[position].isspace()

    def _chunk(self, units: Sequence[_Unit], tokens: int) -> Chunk:
        start, end = units[0].start, units[-1].end
        kind: BlockKind = next((unit.kind for unit in units if unit.kind != "heading"), "heading")
        return Chunk(
            text=self._text[start:end],
            start=start,
            end=end,
            tokens=tokens,
            heading=self._path,
            kind=kind,
            page=units[0].page,
        )

    def _count(self, text: str) -> int:
        return len(self._embedder.token_offsets(text))


def _pieces(text: str, block: Block, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Rows of a table or list, lines of code, sentences of prose."""
    if block.kind in ("paragraph", "heading"):
        for sentence in split_sentences(text[start:end], max_chars=end - start):
            yield start + sentence.start, start + sentence.end
        return
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        a, b = _trim(text, at, stop)
        if a < b:
            yield a, b
        at = stop + 1


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _caption(text: str) -> str:
    """The beginning of a table's caption on one line; empty for another text."""
    flat = " ".join(text.split()).replace(HEADING_SEPARATOR, " ")
    if not _CAPTION.match(flat):
        return ""
    return flat if len(flat) < _LONGEST_CAPTION else flat.rpartition(" ")[0]
