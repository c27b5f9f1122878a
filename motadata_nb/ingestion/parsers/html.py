"""HTML: headings, paragraphs, lists, tables and code of the main content; navigation, scripts and styles left out."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import BlockKind, ParsedDocument, RawDocument
from motadata_nb.ingestion.building import TextBuilder
from motadata_nb.ingestion.charset import decode
from motadata_nb.ingestion.thumbnails import from_data_uri, thumbnail

__all__ = ["HtmlParser"]

_CHARSET = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_NEVER = frozenset(
    """script style noscript template svg math iframe object embed canvas video audio map head link meta select option
    datalist button input textarea dialog""".split()
)
_BOILERPLATE = frozenset("nav footer aside menu".split())
_BOILERPLATE_ROLES = frozenset(
    "navigation banner contentinfo search complementary menu menubar toolbar alert dialog".split()
)
_BLOCK = frozenset(
    """address article blockquote body center dd details div dl dt fieldset figcaption figure footer form header hr html
    li main nav ol p section summary ul aside menu hgroup legend caption""".split()
)
_ENOUGH = 2000
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


class HtmlParser:
    """The readable part of a web page."""

    mimes: tuple[str, ...] = ("text/html", "application/xhtml+xml")

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The page's text with its structure. Raises UnreadableDocument when there is no markup to read."""
        root = _tree(raw.data)
        title = _title(root)
        builder = _collect(root, lean=True)
        if _length(builder) < _ENOUGH:
            # Pages that put everything into what is usually boilerplate are kept whole.
            whole = _collect(root, lean=False)
            builder = whole if _length(builder) < 0.25 * _length(whole) else builder
        if not builder.text.blocks:
            # The tree ends at some depth; the text below it does not.
            builder.text.add("paragraph", _without_tags(raw.data))
        return builder.text.build(title=title, language=root.get("lang", ""))


def _length(walker: _Walker) -> int:
    return sum(block.end - block.start for block in walker.text.blocks)


def _tree(data: bytes) -> Any:
    from lxml import etree, html

    declared = _CHARSET.search(data[:4096])
    text, _ = decode(data, declared[1].decode("ascii", "replace") if declared else "")
    # A declaration inside a str is an error for lxml; NUL ends the input for libxml2.
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", text.lstrip("\ufeff")).replace("\x00", "")
    try:
        parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
        root = html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableDocument("The page holds no text.", "Check that it is the file you meant.") from error
    return root


def _without_tags(data: bytes) -> str:
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>|<!--.*?-->|<head\b.*?</head>", " ", decode(data)[0])
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", text)).split())


def _title(root: Any) -> str:
    found = root.find(".//title")
    text = found.text_content() if found is not None else ""
    return " ".join(text.split())


def _collect(root: Any, *, lean: bool) -> _Walker:
    body = root.find("body")
    start = root if body is None else body
    if lean:
        main = [e for e in start.iter("main", "article") if not _skipped(e, lean=True)]
        mains = [e for e in main if e.tag == "main"] or (main if len(main) == 1 else [])
        if mains and len(mains[0].text_content()) > 0.3 * len(start.text_content()):
            start = mains[0]
    walker = _Walker(lean=lean)
    walker.walk(start)
    return walker


def _skipped(element: Any, *, lean: bool) -> bool:
    tag = element.tag
    if not isinstance(tag, str) or tag in _NEVER:
        return True
    if element.get("hidden") is not None or _HIDDEN_STYLE.search(element.get("style") or ""):
        return True
    if not lean:
        return False
    if tag in _BOILERPLATE or (element.get("role") or "").lower() in _BOILERPLATE_ROLES:
        return True
    return tag == "header" and not any(
        parent.tag in ("article", "main", "section") for parent in element.iterancestors()
    )


class _Walker:
    """Walks the tree without recursion, since pages can be nested thousands deep."""

    def __init__(self, *, lean: bool) -> None:
        self.text = TextBuilder()
        self._lean = lean
        self._inline: list[str] = []
        self._lists: list[tuple[str, int]] = []
        self._items: list[str] = []

    def walk(self, start: Any) -> None:
        stack: list[tuple[Any, bool]] = [(start, False)]
        while stack:
            element, leaving = stack.pop()
            if leaving:
                self._leave(element)
                if element is not start:
                    self._text(element.tail)
                continue
            if _skipped(element, lean=self._lean) and element is not start:
                self._text(element.tail)
                continue
            if self._enter(element):
                stack.append((element, True))
                stack.extend((child, False) for child in reversed(element))
            elif element is not start:
                self._text(element.tail)
        self._flush()
        self._flush_list()

    def _enter(self, element: Any) -> bool:
        """Whether the children are to be walked."""
        tag = element.tag
        if tag == "table" and not _is_layout(element):
            self._flush()
            self._flush_list()
            self.text.add("table", "\n".join(_rows(element)))
            return False
        if tag == "pre":
            self._flush()
            self._flush_list()
            self.text.add("code", element.text_content().strip("\n"))
            return False
        if tag == "br":
            self._inline.append("\n")
        if tag == "img":
            self._picture(element)
        if tag in _HEADINGS or tag in _BLOCK or tag in ("table", "tr", "td", "th"):
            self._flush()
        if tag in ("ul", "ol"):
            self._lists.append((tag, 0))
        self._text(element.text)
        return True

    def _leave(self, element: Any) -> None:
        tag = element.tag
        if tag in _HEADINGS:
            self._flush("heading", _HEADINGS[tag])
        elif tag == "li":
            self._flush("list")
        elif tag in ("ul", "ol"):
            self._flush("list")
            if self._lists:
                self._lists.pop()
            if not self._lists:
                self._flush_list()
        elif tag in _BLOCK or tag in ("tr", "td", "th"):
            self._flush("list" if self._lists else "paragraph")

    def _picture(self, element: Any) -> None:
        """Its description as text; a thumbnail of a picture that the page itself holds. Nothing is fetched."""
        described = element.get("alt")
        self._text(f" {described} " if described else None)
        data = from_data_uri(element.get("src") or "")
        self.text.picture(thumbnail(data) if data else None)

    def _text(self, text: str | None) -> None:
        if text:
            self._inline.append(re.sub(r"\s+", " ", text))

    def _flush(self, kind: BlockKind = "paragraph", level: int = 0) -> None:
        lines = (" ".join(line.split()) for line in "".join(self._inline).split("\n"))
        text = "\n".join(line for line in lines if line)
        self._inline = []
        if not text:
            return
        if kind != "heading" and self._lists:
            self._items.append(self._mark() + text)
            return
        self._flush_list()
        self.text.add(kind, " ".join(text.split()) if kind == "heading" else text, level=level)

    def _mark(self) -> str:
        tag, number = self._lists[-1]
        self._lists[-1] = (tag, number + 1)
        return "  " * (len(self._lists) - 1) + (f"{number + 1}. " if tag == "ol" else "- ")

    def _flush_list(self) -> None:
        if self._items:
            self.text.add("list", "\n".join(self._items))
            self._items = []


def _is_layout(table: Any) -> bool:
    """A table that only arranges the page: it holds tables, headings or a lot of prose in a cell."""
    if table.find(".//table") is not None or table.find(".//h1") is not None or table.find(".//h2") is not None:
        return True
    if table.get("role") == "presentation":
        return True
    cells = list(table.iter("td", "th"))
    return len(cells) <= 1 or any(len(cell.text_content()) > 2000 for cell in cells)


def _rows(table: Any) -> list[str]:
    rows = []
    for row in table.iter("caption", "tr"):
        cells = [row] if row.tag == "caption" else [cell for cell in row if cell.tag in ("td", "th")]
        texts = [_cell_text(cell) for cell in cells]
        if any(texts):
            rows.append(" | ".join(texts))
    return rows


def _cell_text(cell: Any) -> str:
    from lxml import etree

    parts: list[str] = []
    walk = etree.iterwalk(cell, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            hidden = element is not cell and _skipped(element, lean=False)
            if hidden:
                walk.skip_subtree()
            elif element.tag in _BLOCK or element.tag == "br":
                parts.append(" ")
            parts.append("" if hidden else element.text or "")
        elif element is not cell:
            parts.append(element.tail or "")
    return " ".join("".join(parts).split())
