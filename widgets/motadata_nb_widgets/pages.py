"""A page of a PDF as an image, with passages marked on it."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motadata_nb.errors import InvalidInput

__all__ = ["PageImage", "page_image"]

_SCALE = 1.6
_MARK = (255, 196, 0, 90)


@dataclass(frozen=True)
class PageImage:
    """A PNG, and whether the wanted text was found on the page."""

    png: bytes
    found: bool


def page_image(document: Path, source: Path, number: int, wanted: Sequence[str]) -> PageImage:
    """Page `number` (from 1) with the wanted texts marked. Raises InvalidInput when there is no such PDF page."""
    import pypdfium2
    from PIL import Image, ImageDraw

    path = next((p for p in (document, source) if p.suffix.lower() == ".pdf" and p.is_file()), None)
    if path is None:
        raise InvalidInput(f"{source} is not a PDF that is still there.", "The passage itself is shown above.")
    pdf = pypdfium2.PdfDocument(path)
    try:
        if not 1 <= number <= len(pdf):
            raise InvalidInput(f"{source} has no page {number} any more.", "Type: %ingest again, it has changed.")
        page = pdf[number - 1]
        image = page.render(scale=_SCALE).to_pil().convert("RGBA")
        boxes = _boxes(page, wanted)
        layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
        draw = ImageDraw.Draw(layer)
        height = page.get_height()
        for left, bottom, right, top in boxes:
            corners = (
                left * _SCALE - 1,
                (height - top) * _SCALE - 1,
                right * _SCALE + 1,
                (height - bottom) * _SCALE + 1,
            )
            draw.rectangle(corners, fill=_MARK)
        out = io.BytesIO()
        Image.alpha_composite(image, layer).convert("RGB").save(out, "PNG")
        return PageImage(out.getvalue(), bool(boxes))
    finally:
        pdf.close()


def _boxes(page: Any, wanted: Sequence[str]) -> list[tuple[float, float, float, float]]:
    textpage = page.get_textpage()
    text = textpage.get_text_range()
    boxes: list[tuple[float, float, float, float]] = []
    for piece in wanted:
        found = _find(piece, text)
        if found is not None:
            start, end = found
            boxes += [textpage.get_rect(i) for i in range(textpage.count_rects(start, end - start))]
    return boxes


def _find(piece: str, text: str) -> tuple[int, int] | None:
    """Where the piece stands, whatever its spaces, hyphens and ligatures; its beginning, when its end is elsewhere."""
    letters, places = _letters(text)
    words = piece.split()
    for count in (len(words), 40, 12, 6):
        wanted, _ = _letters(" ".join(words[:count]))
        at = letters.find(wanted) if wanted and count <= len(words) else -1
        if at >= 0:
            return places[at], places[at + len(wanted) - 1] + 1
    return None


def _letters(text: str) -> tuple[str, list[int]]:
    """The letters and digits alone, and where each stands: a page breaks words at the ends of its lines."""
    found = [(c, at) for at, char in enumerate(text) for c in unicodedata.normalize("NFKC", char) if c.isalnum()]
    return "".join(c for c, _ in found).lower(), [at for c, at in found for _ in c.lower()]
