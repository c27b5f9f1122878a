"""Pictures of a PDF, each with the line that names it: its caption, or what stands nearest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from motadata_nb.ingestion.base import ParsedDocument, Picture
from motadata_nb.ingestion.parsers.pdf_layout import Box, Line
from motadata_nb.ingestion.thumbnails import thumbnail

__all__ = ["Found", "anchored", "pictures_on"]

_CAPTION = re.compile(r"\s*(?:fig(?:ure|\.)?|abb(?:ildung|\.)?|exhibit|chart|diagram|image|photo|plate|map)\b", re.I)
_SMALLEST_SHARE = 0.01
"""Of the page; logos and rules are smaller."""
_MOST_ON_A_PAGE = 6
_OPAQUE = 255
_SIDE = 640
"""Pixels of a part of a page, before it is made small."""
_CLOSEST = 3.0
_LARGEST = 40_000_000
"""Pixels; decoding more takes seconds."""
_NEAR = 3.0
"""How much nearer, as a factor, a line without a caption's word must be than one with it."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """A picture on a page."""

    image: str
    page: int
    line: str
    """The line of text that names it; empty on a page without text."""


def pictures_on(document: Any, number: int, lines: Sequence[Line]) -> Iterator[Found]:
    """The pictures of a page, counted from 0, in the order in which they are drawn; none of a damaged page."""
    from pypdfium2 import PdfiumError
    from pypdfium2 import raw as pdfium

    try:
        page = document[number]
        items = list(page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=3))
    except PdfiumError:
        return
    whole = page.get_width() * page.get_height()
    made = 0
    for item in items:
        try:
            box = item.get_bounds() if hasattr(item, "get_bounds") else item.get_pos()
            if (box[2] - box[0]) * (box[3] - box[1]) < _SMALLEST_SHARE * whole or made == _MOST_ON_A_PAGE:
                continue
            image = _small(page, item, box)
        except (PdfiumError, ValueError):
            continue
        if image is not None:
            made += 1
            yield Found(image=image, page=number + 1, line=_named_by(box, lines))


def _small(page: Any, item: Any, box: Box) -> str | None:
    """The thumbnail of a picture: of one that lets through what is behind it, as the page shows the place."""
    width, height = item.get_px_size() if hasattr(item, "get_px_size") else item.get_size()
    if width * height > _LARGEST:
        return None
    picture = item.get_bitmap(render=True).to_pil()
    if picture.mode != "RGBA" or picture.getextrema()[3][0] == _OPAQUE:
        return thumbnail(picture.convert("RGB"))
    return thumbnail(picture if page.get_rotation() else _cut_out(page, box))


def _cut_out(page: Any, box: Box) -> Any:
    """What a reader sees at a place of the page: a picture with what is drawn over it and around its mask."""
    left, bottom, right, top = page.get_mediabox()
    x0, y0, x1, y1 = max(box[0], left), max(box[1], bottom), min(box[2], right), min(box[3], top)
    scale = min(_CLOSEST, _SIDE / max(x1 - x0, y1 - y0, 1.0))
    return page.render(scale=scale, crop=(x0 - left, y0 - bottom, right - x1, top - y1)).to_pil()


def _named_by(box: Box, lines: Sequence[Line]) -> str:
    upright = [line for line in lines if not line.aside]
    return min(upright, key=lambda line: _distance(box, line)).text if upright else ""


def _distance(box: Box, line: Line) -> float:
    """Points between a picture and a line; a line that begins like a caption counts as nearer."""
    above, below = line.y - box[3], box[1] - line.y
    beside = max(line.x0 - box[2], box[0] - line.x1, 0.0)
    gap = max(above, below, 0.0) + beside
    return gap / _NEAR if _CAPTION.match(line.text) else gap


def anchored(parsed: ParsedDocument, found: Sequence[Found]) -> list[Picture]:
    """The pictures at the places where their lines stand in the document's text; repeated ones (logos) left out."""
    pages: dict[str, set[int]] = {}
    for item in found:
        pages.setdefault(item.image, set()).add(item.page)
    kept = [item for item in found if len(pages[item.image]) == 1]
    return [Picture(start=_place(parsed, item), page=item.page, image=item.image) for item in kept]


def _place(parsed: ParsedDocument, item: Found) -> int:
    starts = parsed.page_starts
    first = starts[item.page - 1] if item.page <= len(starts) else len(parsed.text)
    last = starts[item.page] if item.page < len(starts) else len(parsed.text)
    # The end of a line may be joined to the next one, and cells are separated in another way.
    words = item.line.split("\t")[0].split()
    beginning = " ".join(words[:-1] or words)[:60]
    at = parsed.text.find(beginning, first, last) if beginning else -1
    return at if at >= 0 else min(first, max(0, len(parsed.text) - 1))
