"""Collects the text of a document block by block, so that positions are exact by construction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from motadata_nb.ingestion.base import Block, BlockKind, ParsedDocument, Picture

__all__ = ["TextBuilder"]


class TextBuilder:
    """Appends blocks, separated by an empty line, and remembers where each block and each page lies."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._at = 0
        self._page_starts: list[int] = []
        self._waiting: list[str] = []
        self.blocks: list[Block] = []
        self.pictures: list[Picture] = []

    def add(
        self,
        kind: BlockKind,
        text: str,
        *,
        page: int | None = None,
        level: int = 0,
        turns: Iterable[tuple[int, int]] = (),
    ) -> None:
        """Append a block; white space around it is dropped, an empty block is nothing.

        `turns` are the places `(offset in text, page)` where a block goes on on a later page.
        """
        kept = text.strip()
        if not kept:
            return
        if self._parts:
            self._parts.append("\n\n")
            self._at += 2
        self._turn_to(page, self._at)
        shift = len(text) - len(text.lstrip())
        for offset, later in turns:
            self._turn_to(later, self._at + offset - shift)
        self._parts.append(kept)
        self.pictures += [Picture(image=image, start=self._at, page=page) for image in self._waiting]
        self._waiting.clear()
        self.blocks.append(Block(kind=kind, start=self._at, end=self._at + len(kept), page=page, level=level))
        self._at += len(kept)

    def picture(self, image: str | None) -> None:
        """A thumbnail that belongs to the next block, or at the end to the last one; None is nothing."""
        if image is not None and image not in self._waiting and all(image != known.image for known in self.pictures):
            self._waiting.append(image)

    def _turn_to(self, page: int | None, at: int) -> None:
        while page is not None and len(self._page_starts) < page:
            self._page_starts.append(at)

    def build(self, *, title: str = "", pages: int | None = None, **metadata: Any) -> ParsedDocument:
        """The document; metadata without a value is left out."""
        if self._waiting and self.blocks:
            last = self.blocks[-1]
            self.pictures += [Picture(image=image, start=last.start, page=last.page) for image in self._waiting]
            self._waiting.clear()
        kept = {key: value for key, value in metadata.items() if value not in (None, "")}
        return ParsedDocument(
            text="".join(self._parts),
            blocks=self.blocks,
            title=title,
            pages=pages,
            page_starts=self._page_starts,
            pictures=self.pictures,
            metadata=kept,
        )
