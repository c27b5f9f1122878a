"""PDF, by pdfium. The text layer is read once per page, word by word; nothing is rendered.

`pdf_layout` puts the words into lines in reading order, `pdf_structure` makes headings, paragraphs and tables of them.
"""

from __future__ import annotations

import ctypes
import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.parsers.ocr import recognised_paragraphs
from motadata_nb.ingestion.parsers.pdf_layout import Box, Line, Segment, lines_of_page
from motadata_nb.ingestion.parsers.pdf_pictures import anchored, pictures_on
from motadata_nb.ingestion.parsers.pdf_structure import compose

__all__ = ["PdfParser"]

# pdfium is not safe to call from two threads.
_PDFIUM = threading.Lock()
_OCR_DPI = 200
_CATALOG = re.compile(rb"(\d+ \d+) obj\s*<<[^>]{0,200}?/Type\s*/Catalog\b")
# pdfium puts one of these where a word is divided at the end of a line.
_HYPHENS = "\x02\ufffe"
_GONE = dict.fromkeys([0xAD, 0x200B, 0xFEFF, 0xFFFF, *range(1, 9), *range(14, 32)])
_CLEAN = str.maketrans(
    {
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
        "\u2010": "-",
        "\u2011": "-",
        **_GONE,
    }
)


class PdfParser:
    """Text of a PDF with pages, headings, paragraphs and tables, in reading order."""

    mimes: tuple[str, ...] = ("application/pdf",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text. Raises UnreadableDocument when it is encrypted, broken, or only holds images."""
        with _PDFIUM:
            document = _open(raw)
            try:
                pages = [lines_of_page(_segments(document, number)) for number in range(len(document))]
                about = _about(document)
                if raw.options.get("ocr"):
                    pages = _with_recognised(document, pages, raw.options["ocr"])
                pictures = [
                    found for number, lines in enumerate(pages) for found in pictures_on(document, number, lines)
                ]
            finally:
                document.close()
        if not any(pages):
            count = f"{len(pages)} page{'s' if len(pages) != 1 else ''}"
            raise UnreadableDocument(
                f"The PDF has no text on its {count}, only images or drawings.", _no_text_hint(raw)
            )
        builder = compose(pages)
        parsed = builder.build(pages=len(pages), **about)
        return replace(parsed, pictures=anchored(parsed, pictures))


def _no_text_hint(raw: RawDocument) -> str:
    if raw.options.get("ocr"):
        return "Text recognition found nothing on them either."
    return "Add --ocr to the %ingest line to read it by text recognition."


def _with_recognised(document: Any, pages: list[list[Line]], language: Any) -> list[list[Line]]:
    """The pages, those without text read by text recognition."""
    return [lines or list(_recognised(document, number, language)) for number, lines in enumerate(pages)]


def _recognised(document: Any, number: int, language: Any) -> Iterator[Line]:
    image = document[number].render(scale=_OCR_DPI / 72, grayscale=True).to_numpy()
    height, width = image.shape[:2]
    data = b"P5 %d %d 255\n" % (width, height) + image.tobytes()
    for at, text in enumerate(recognised_paragraphs(data, language)):
        yield Line(
            cells=[text], page=number + 1, x0=0, x1=width, y=-40.0 * at, size=10, bold=False, soft_hyphen=False,
            left=0, right=width,
        )  # fmt: skip


def _open(raw: RawDocument) -> Any:
    import pypdfium2
    from pypdfium2 import raw as pdfium

    try:
        document = _load(raw.data, raw.password)
        pages = len(document)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            what = (
                "The password does not open the PDF." if raw.password else "The PDF is encrypted and needs a password."
            )
            raise UnreadableDocument(
                what, "Add --password … to the %ingest line, or password= to ws.ingest."
            ) from error
        raise UnreadableDocument(
            "The PDF is damaged and cannot be opened.", "Download it again, or print it to a new PDF."
        ) from error
    if pages == 0:
        document.close()
        raise UnreadableDocument("The PDF has no pages.", "Download it again, or print it to a new PDF.")
    return document


def _load(data: bytes, password: str) -> Any:
    """The opened document; tries the ways to write a password, and a new trailer where the file was cut off."""
    import pypdfium2
    from pypdfium2 import raw as pdfium

    failed: pypdfium2.PdfiumError | None = None
    for form in _password_forms(password):
        try:
            return pypdfium2.PdfDocument(data, password=form or None)
        except pypdfium2.PdfiumError as error:
            failed = error
    catalog = _CATALOG.search(data)
    if failed is not None and (failed.err_code == pdfium.FPDF_ERR_PASSWORD or catalog is None or b"/Encrypt" in data):
        raise failed
    assert catalog is not None
    whole = data[: data.rfind(b"\ntrailer") % (len(data) + 1)]
    return pypdfium2.PdfDocument(whole + b"\ntrailer << /Root %s R >>\n" % catalog[1])


def _password_forms(password: str) -> list[str]:
    """The password as typed, and as PDF 2.0 wants it prepared: compatible forms, no soft hyphens (RFC 4013)."""
    prepared = unicodedata.normalize("NFKC", password.replace("\xad", ""))
    return list(dict.fromkeys([password, prepared]))


def _about(document: Any) -> dict[str, str]:
    found = {name.lower(): value.strip() for name, value in document.get_metadata_dict(skip_empty=True).items()}
    title = found.get("title", "")
    return {
        "title": "" if _is_file_name(title) or not any(map(str.isalpha, title)) else title,
        "author": found.get("author", ""),
        "created": _date(found.get("creationdate", "")),
    }


def _is_file_name(title: str) -> bool:
    """Programs write the name of the file they printed where a title should stand."""
    low = title.lower()
    return low.startswith(("microsoft word", "microsoft powerpoint", "untitled", "layout 1")) or low.endswith(
        (
            ".doc",
            ".docx",
            ".indd",
            ".pdf",
            ".tex",
            ".dvi",
            ".qxd",
            ".ppt",
            ".pptx",
            ".xls",
            ".xlsx",
            ".htm",
            ".html",
            ".rtf",
        )
    )


def _date(stamp: str) -> str:
    digits = stamp.removeprefix("D:")[:8]
    return f"{digits[:4]}-{digits[4:6]}-{digits[6:]}" if len(digits) == 8 and digits.isdigit() else ""


def _segments(document: Any, number: int) -> Iterator[Segment]:
    from pypdfium2 import raw as pdfium

    page = pdfium.FPDF_LoadPage(document.raw, number)
    if not page:
        return
    try:
        text_page = pdfium.FPDFText_LoadPage(page)
        if text_page:
            try:
                yield from _PageReader(text_page, number + 1).segments()
            finally:
                pdfium.FPDFText_ClosePage(text_page)
    finally:
        pdfium.FPDF_ClosePage(page)


class _PageReader:
    """Reads one page with a few calls into pdfium for each word, and not for each character."""

    def __init__(self, text_page: Any, number: int) -> None:
        from pypdfium2 import raw as pdfium

        self._raw = pdfium
        self._text_page = text_page
        self._number = number
        self._rect = pdfium.FS_RECTF()
        self._matrix = pdfium.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()

    def segments(self) -> Iterator[Segment]:
        """Pieces of lines in the order of the page's content stream."""
        text = self._text()
        current: Segment | None = None
        start = last = 0
        for index, char in enumerate(text + "\n"):
            hyphen = char in _HYPHENS
            if not (hyphen or char.isspace() or char == "\x00"):
                continue
            for first, end in self._pieces(start, index):
                word = text[first:end].translate(_CLEAN) + ("-" if hyphen and end == index else "")
                if not word:
                    continue
                box = self._word_box(first, end - 1, current.turn) if current is not None else None
                if current is not None and box is not None and current.joins(box):
                    current.take(word, box)
                else:
                    if current is not None:
                        yield self._closed(current, last)
                    current = self._opened(word, first, end - 1)
                last = first
            if current is not None and (hyphen or char in "\r\n"):
                current.soft_hyphen = hyphen
                yield self._closed(current, last)
                current = None
            start = index + 1
        if current is not None:
            yield self._closed(current, last)

    def _pieces(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """The word from `start` to `end`, divided where pdfium joined what stands on different lines."""
        if end - start < 2 or not self._is_broken(start, end - 1):
            if end > start:
                yield start, end
            return
        for index in range(start + 1, end):
            if self._is_broken(index - 1, index):
                yield start, index
                start = index
        yield start, end

    def _is_broken(self, first: int, last: int) -> bool:
        x0, y0, x1, y1 = self._char_box(first, 0)
        a0, b0, a1, b1 = self._char_box(last, 0)
        return (y1 <= b0 or b1 <= y0) and (x1 <= a0 or a1 <= x0 or (a0 <= x0 and b1 <= y0))

    def _opened(self, word: str, first: int, last: int) -> Segment:
        size, bold, turn = self._style(first)
        box = self._word_box(first, last, turn)
        if not 1 < size < 400:
            size = max(1.0, 0.8 * (box[3] - box[1]))
        y = self._baseline(first, turn)
        return Segment(text=word, page=self._number, turn=turn, x0=box[0], x1=box[2], y=y, size=size, bold=bold)

    def _closed(self, segment: Segment, last: int) -> Segment:
        """The segment, its style judged by its last word too: a bold beginning makes no bold line."""
        if segment.words > 1:
            size, bold, _ = self._style(last)
            segment.bold = segment.bold and bold
            segment.size = max(segment.size, size) if size < 400 else segment.size
        return segment

    def _text(self) -> str:
        """The page's characters, one per pdfium index."""
        count = self._raw.FPDFText_CountChars(self._text_page)
        if count <= 0:
            return ""
        buffer = (ctypes.c_ushort * (count + 1))()
        written = self._raw.FPDFText_GetText(self._text_page, 0, count, buffer) - 1
        if written == count:
            text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
            if len(text) == count:
                return text
        # Some characters have no or two units, so places in the text are not pdfium's: ask for each.
        unicode = self._raw.FPDFText_GetUnicode
        return "".join(_char(unicode(self._text_page, index)) for index in range(count))

    def _word_box(self, first: int, last: int, turn: int) -> Box:
        x0, y0, x1, y1 = self._char_box(first, turn)
        if last > first:
            a0, b0, a1, b1 = self._char_box(last, turn)
            return min(x0, a0), min(y0, b0), max(x1, a1), max(y1, b1)
        return x0, y0, x1, y1

    def _char_box(self, index: int, turn: int) -> Box:
        self._raw.FPDFText_GetLooseCharBox(self._text_page, index, self._rect)
        box = self._rect
        if turn == 0:
            return box.left, box.bottom, box.right, box.top
        if turn == 1:
            return box.bottom, -box.right, box.top, -box.left
        if turn == 2:
            return -box.right, -box.top, -box.left, -box.bottom
        return -box.top, box.left, -box.bottom, box.right

    def _baseline(self, index: int, turn: int) -> float:
        self._raw.FPDFText_GetCharOrigin(self._text_page, index, self._x, self._y)
        x, y = self._x.value, self._y.value
        return (y, -x, -y, x)[turn]

    def _style(self, index: int) -> tuple[float, bool, int]:
        """Font size in points as it appears, whether the font is bold, and quarter turns of the text to the left."""
        raw = self._raw
        size, turn = raw.FPDFText_GetFontSize(self._text_page, index), 0
        if raw.FPDFText_GetMatrix(self._text_page, index, self._matrix):
            matrix = self._matrix
            size *= (matrix.c**2 + matrix.d**2) ** 0.5
            if abs(matrix.b) > abs(matrix.a):
                turn = 1 if matrix.b > 0 else 3
            elif matrix.a < 0 and matrix.d < 0:
                turn = 2
        raw.FPDFText_GetFontInfo(self._text_page, index, self._name, 128, self._flags)
        name = self._name.value.lower()
        bold = b"bold" in name or b"black" in name or b"heavy" in name or b"-bd" in name
        return size, bold or raw.FPDFText_GetFontWeight(self._text_page, index) >= 650, turn


def _char(code: int) -> str:
    return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\x00"
