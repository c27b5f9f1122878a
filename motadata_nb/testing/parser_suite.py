"""What every parser must do. For pytest:

class TestMine(ParserSuite):
    def parser(self): return MyParser()
    def example(self): return Example(data=…, mime="application/x-mine", words=("some", "words", "in", "it"))
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, Parser, RawDocument

__all__ = ["Example", "ParserSuite", "assert_positions", "damaged"]


@dataclass(frozen=True, kw_only=True)
class Example:
    """A document that the parser reads, and what must be found in its blocks, in this order."""

    data: bytes
    mime: str
    words: tuple[str, ...]


class ParserSuite(ABC):
    """Subclass it, and pytest runs these tests on your parser."""

    @abstractmethod
    def parser(self) -> Parser:
        """A new parser."""

    @abstractmethod
    def example(self) -> Example:
        """A good document."""

    def test_it_is_a_parser(self) -> None:
        """It has the methods of the protocol and names what it reads."""
        parser = self.parser()
        assert isinstance(parser, Parser)
        assert parser.mimes and all(mime == mime.lower() and "/" in mime for mime in parser.mimes)
        assert self.example().mime in parser.mimes

    def test_positions_are_exact(self) -> None:
        """Blocks lie in order in the text, without overlap and without white space around them."""
        assert_positions(self._parsed())

    def test_the_words_are_in_the_blocks_in_reading_order(self) -> None:
        """Nothing is lost or out of order."""
        parsed = self._parsed()
        text = "\n".join(parsed.text[block.start : block.end] for block in parsed.blocks)
        at = 0
        for word in self.example().words:
            found = text.find(word, at)
            assert found >= 0, f"{word!r} is missing after {text[:at][-40:]!r}"
            at = found + len(word)

    def test_metadata_is_flat(self) -> None:
        """It becomes the metadata of each chunk."""
        for name, value in self._parsed().metadata.items():
            assert isinstance(name, str) and isinstance(value, str | int | float | bool), name

    def test_the_same_bytes_give_the_same_document(self) -> None:
        """Also in several threads at once."""
        raw = self._raw(self.example().data)
        parser = self.parser()
        first = parser.parse(raw)
        with ThreadPoolExecutor(4) as pool:
            assert all(parsed == first for parsed in pool.map(parser.parse, [raw] * 8))

    def test_damaged_documents_are_read_or_refused(self) -> None:
        """No other error than UnreadableDocument, which says what is wrong."""
        parser = self.parser()
        for data in damaged(self.example().data):
            try:
                parsed = parser.parse(self._raw(data))
            except UnreadableDocument as error:
                assert error.what.endswith((".", "?")) and "Traceback" not in error.what
            else:
                assert_positions(parsed)

    def _raw(self, data: bytes) -> RawDocument:
        return RawDocument(source="example", data=data, mime=self.example().mime)

    def _parsed(self) -> ParsedDocument:
        return self.parser().parse(self._raw(self.example().data))


def assert_positions(parsed: ParsedDocument) -> None:
    """Blocks and pages of a document lie where they say."""
    end = 0
    for block in parsed.blocks:
        assert end <= block.start < block.end <= len(parsed.text), block
        text = parsed.text[block.start : block.end]
        assert text == text.strip(), block
        assert (block.level > 0) == (block.kind == "heading"), block
        if parsed.page_starts:
            assert block.page == parsed.page_at(block.start), block
        end = block.end
    assert list(parsed.page_starts) == sorted(parsed.page_starts)
    if parsed.pages is not None:
        assert len(parsed.page_starts) <= parsed.pages


def damaged(data: bytes) -> Iterator[bytes]:
    """The document cut off, with bytes changed, taken out and put in; the same each time."""
    chance = random.Random(7)
    yield b""
    yield b"\0" * 64
    yield from (data[: len(data) * part // 8] for part in range(1, 8))
    yield data[len(data) // 3 :]
    for _ in range(24):
        broken = bytearray(data)
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(broken))
            broken[at : at + chance.choice([0, 1, 1, 4])] = chance.randbytes(chance.choice([0, 1, 1, 4]))
        yield bytes(broken)
