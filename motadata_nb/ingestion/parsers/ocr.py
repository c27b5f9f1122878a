"""Text recognition of page images, by the program tesseract; used only where it is asked for."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from typing import Any

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, Picture, RawDocument
from motadata_nb.ingestion.building import TextBuilder
from motadata_nb.ingestion.thumbnails import thumbnail

__all__ = ["ImageParser", "recognised_paragraphs"]

_SECONDS_A_PAGE = 120


class ImageParser:
    """Text in a picture, read with `--ocr`."""

    mimes: tuple[str, ...] = ("image/png", "image/jpeg", "image/tiff", "image/webp", "image/gif", "image/bmp")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The recognised paragraphs. Raises UnreadableDocument without `--ocr`, or where nothing is recognised."""
        if not raw.options.get("ocr"):
            raise UnreadableDocument("It is a picture.", "Add --ocr to the %ingest line to read the text in it.")
        builder = TextBuilder()
        for paragraph in recognised_paragraphs(raw.data, raw.options.get("ocr")):
            builder.add("paragraph", paragraph, page=1)
        parsed = builder.build(pages=1)
        image = thumbnail(raw.data)
        whole = Picture(image=image, start=0, end=len(parsed.text), page=1) if image else None
        return replace(parsed, pictures=[whole] if whole else [])


def recognised_paragraphs(image: bytes, language: Any = True) -> list[str]:
    """Paragraphs in an image file; `language` is tesseract's name of it, such as `deu` (default: English).

    Raises UnreadableDocument when tesseract is not installed or fails.
    """
    program = shutil.which("tesseract")
    if program is None:
        raise UnreadableDocument("Text recognition needs the program tesseract.", "Type: apt install tesseract-ocr")
    command = [program, "stdin", "stdout", "-l", language if isinstance(language, str) else "eng", "--psm", "3"]
    try:
        done = subprocess.run(command, input=image, capture_output=True, timeout=_SECONDS_A_PAGE, check=True)
    except subprocess.TimeoutExpired as error:
        raise UnreadableDocument("Text recognition took too long.", "Split the document.") from error
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
        raise UnreadableDocument(f"Text recognition failed: {reason}", "Type: apt install tesseract-ocr-all") from error
    text = done.stdout.decode("utf-8", "replace").replace("\f", "")
    return [_joined(part) for part in re.split(r"\n\s*\n", text) if part.strip()]


def _joined(paragraph: str) -> str:
    whole = re.sub(r"(?<=[a-z])-\n(?=[a-z])", "", paragraph.strip())
    return " ".join(whole.split())
