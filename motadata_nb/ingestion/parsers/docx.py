"""Word documents (DOCX), read from their XML: text in runs, insertions, fields and controls; deletions left out."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.building import TextBuilder
from motadata_nb.ingestion.thumbnails import thumbnail

__all__ = ["DocxParser"]

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = b"http://purl.oclc.org/ooxml/wordprocessingml/main"
_USUAL = b"http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MAX_UNPACKED = 256 * 1024 * 1024
_MAX_PICTURE = 32 * 1024 * 1024
# Deleted text, field instructions, and the fallback copy of what `mc:Choice` already holds.
_SKIPPED = frozenset({_W + "del", _W + "moveFrom", _W + "instrText", _W + "delText", _W + "rPr", _W + "pPr"})
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_TEXT_BOX = _W + "txbxContent"
_HEADING_NAME = re.compile(r"(?:heading|überschrift|titre|título|titolo|kop|заголовок)\s*(\d)", re.IGNORECASE)


class DocxParser:
    """Headings, paragraphs, lists, tables, notes and text boxes of a Word document."""

    mimes: tuple[str, ...] = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The document's text with its structure. Raises UnreadableDocument when the file is damaged."""
        try:
            with zipfile.ZipFile(io.BytesIO(raw.data)) as archive:
                return _Reader(archive).read()
        except (zipfile.BadZipFile, EOFError, KeyError, NotImplementedError, OSError, ValueError, zlib.error) as error:
            if isinstance(error, UnreadableDocument):
                raise
            raise UnreadableDocument(
                "The Word file is damaged or cut off.", "Open it in Word or LibreOffice and save it again."
            ) from error
        except RuntimeError as error:
            raise UnreadableDocument("The Word file is encrypted.", "Save it without a password.") from error


class _Reader:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        if (
            sum(info.file_size for info in archive.infolist() if info.filename.endswith((".xml", ".rels")))
            > _MAX_UNPACKED
        ):
            raise UnreadableDocument(
                "The Word file unpacks to more than 256 MB of text.", "Split it into smaller files."
            )
        self._archive = archive
        self._names = set(archive.namelist())
        self._builder = TextBuilder()
        self._list: list[str] = []

    def read(self) -> ParsedDocument:
        main = self._xml("word/document.xml")
        if main is None:
            main = next((self._xml(n) for n in sorted(self._names) if re.fullmatch(r"word/document\d*\.xml", n)), None)
        if main is None:
            raise UnreadableDocument("The file has no Word document in it.", "Check that it is the file you meant.")
        body = main.find(_W + "body")
        if body is not None:
            self._blocks(body)
        self._flush_list()
        for part in ("word/footnotes.xml", "word/endnotes.xml"):
            self._notes(part)
        core = self._core
        return self._builder.build(title=core.pop("title", ""), **core)

    def _xml(self, name: str) -> Any:
        from lxml import etree

        if name not in self._names:
            return None
        data = self._archive.read(name).replace(_STRICT, _USUAL)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True, recover=True)
        return etree.fromstring(data, parser)

    @cached_property
    def _core(self) -> dict[str, Any]:
        root = self._xml("docProps/core.xml")
        wanted = {"title": "title", "creator": "author", "created": "created", "language": "language"}
        found: dict[str, Any] = {}
        for element in root if root is not None else ():
            name = wanted.get(_local(element))
            if name and element.text and element.text.strip():
                found[name] = element.text.strip()
        return found

    @cached_property
    def _styles(self) -> dict[str, tuple[int, bool]]:
        """Style id → heading level (0 = none) and whether it is a list style; inherited ones resolved."""
        root = self._xml("word/styles.xml")
        raw: dict[str, tuple[str, str, int]] = {}
        for style in root.iter(_W + "style") if root is not None else ():
            name, base = _value(style.find(_W + "name")), _value(style.find(_W + "basedOn"))
            outline = _value(style.find(f"{_W}pPr/{_W}outlineLvl"))
            raw[style.get(_W + "styleId", "")] = (name, base, int(outline) + 1 if outline.isdigit() else 0)
        return {key: self._resolve(key, raw) for key in raw}

    @staticmethod
    def _resolve(key: str, raw: dict[str, tuple[str, str, int]]) -> tuple[int, bool]:
        is_list = False
        for _ in range(16):
            name, base, outline = raw.get(key, ("", "", 0))
            match = _HEADING_NAME.match(name)
            is_list = is_list or name.lower().startswith("list ")
            level = int(match[1]) if match else 1 if name.lower() == "title" else outline if outline <= 9 else 0
            if level or not base:
                return level, is_list
            key = base
        return 0, is_list

    def _blocks(self, parent: Any) -> None:
        for element in parent:
            name = element.tag
            if name == _W + "p":
                self._paragraph(element)
            elif name == _W + "tbl":
                self._flush_list()
                self._builder.add("table", "\n".join(self._rows(element)))
            elif name in (_W + "sdt", _W + "sdtContent", _W + "ins", _W + "customXml", _W + "smartTag", _W + "moveTo"):
                self._blocks(element)

    def _paragraph(self, element: Any) -> None:
        boxes = list(element.iter(_TEXT_BOX))
        text = _runs(element) or self._drawn(element)
        level, is_list = self._style(element)
        if level and text.strip():
            self._flush_list()
            self._builder.add("heading", " ".join(text.split()), level=level)
        elif is_list and text.strip():
            self._list.append("- " + text.strip())
        elif text.strip():
            self._flush_list()
            self._builder.add("paragraph", text)
        for box in boxes:
            if not any(parent.tag in (_FALLBACK, _TEXT_BOX) for parent in box.iterancestors()):
                self._blocks(box)

    def _drawn(self, element: Any) -> str:
        """Takes the pictures of a paragraph without text; gives their descriptions."""
        described = []
        for drawing in element.iter(_W + "drawing"):
            described += [p.get("descr") or "" for p in drawing.iter() if _local(p) == "docPr"]
            for blip in (b for b in drawing.iter() if _local(b) == "blip"):
                target = self._targets.get(next((v for k, v in blip.items() if k.endswith("}embed")), ""), "")
                if target in self._names and self._archive.getinfo(target).file_size <= _MAX_PICTURE:
                    self._builder.picture(thumbnail(self._archive.read(target)))
        return " ".join(filter(None, described))

    @cached_property
    def _targets(self) -> dict[str, str]:
        """Files inside the document by the id under which it refers to them."""
        root = self._xml("word/_rels/document.xml.rels")
        inside = [r for r in (root if root is not None else ()) if r.get("TargetMode") != "External"]
        return {r.get("Id", ""): posixpath.normpath(f"word/{r.get('Target', '')}") for r in inside}

    def _style(self, element: Any) -> tuple[int, bool]:
        properties = element.find(_W + "pPr")
        if properties is None:
            return 0, False
        level, is_list = self._styles.get(_value(properties.find(_W + "pStyle")), (0, False))
        outline = _value(properties.find(_W + "outlineLvl"))
        if outline.isdigit() and int(outline) < 9:
            level = int(outline) + 1
        numbering = properties.find(_W + "numPr")
        numbered = numbering is not None and _value(numbering.find(_W + "numId")) != "0"
        return level, is_list or numbered

    def _flush_list(self) -> None:
        if self._list:
            self._builder.add("list", "\n".join(self._list))
            self._list = []

    def _rows(self, table: Any) -> Iterator[str]:
        for row in _children(table, _W + "tr"):
            cells = [" ".join(" ".join(_cell(cell)).split()) for cell in _children(row, _W + "tc")]
            if any(cells):
                yield " | ".join(cells)

    def _notes(self, part: str) -> None:
        root = self._xml(part)
        for note in root if root is not None else ():
            if note.get(_W + "type") is None:
                self._builder.add("paragraph", " ".join(_cell(note)))


def _children(parent: Any, tag: str) -> Iterator[Any]:
    """Children of a kind, also those inside content controls and insertions."""
    for element in parent:
        if element.tag == tag:
            yield element
        elif element.tag in (_W + "sdt", _W + "sdtContent", _W + "ins", _W + "customXml"):
            yield from _children(element, tag)


def _cell(parent: Any) -> Iterator[str]:
    for paragraph in parent.iter(_W + "p"):
        text = _runs(paragraph)
        if text.strip():
            yield text


def _runs(paragraph: Any) -> str:
    parts: list[str] = []
    stack = [iter(paragraph)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        tag = element.tag
        if tag == _W + "t":
            parts.append(element.text or "")
        elif tag in (_W + "tab", _W + "ptab"):
            parts.append("\t")
        elif tag in (_W + "br", _W + "cr"):
            parts.append("\n")
        elif tag == _W + "noBreakHyphen":
            parts.append("-")
        elif _local(element) == "t" and element.text and "math" in tag:
            parts.append(element.text)
        elif isinstance(tag, str) and tag not in _SKIPPED and tag not in (_FALLBACK, _TEXT_BOX):
            stack.append(iter(element))
    return "".join(parts)


def _local(element: Any) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: Any) -> str:
    return "" if element is None else element.get(_W + "val", "")
