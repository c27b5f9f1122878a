"""Markdown. The text is the file itself, so positions can be checked against it; blocks leave the marks out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from motadata_nb.ingestion.base import Block, BlockKind, ParsedDocument, RawDocument
from motadata_nb.ingestion.parsers.plain import text_of

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["MarkdownParser", "markdown_blocks"]

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_KINDS: dict[str, BlockKind] = {
    "paragraph_open": "paragraph",
    "table_open": "table",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "fence": "code",
    "code_block": "code",
}
_COMMENT = re.compile(r"\s*<!--.*?-->\s*\Z", re.DOTALL)


class MarkdownParser:
    """Headings, paragraphs, lists, tables and code of a Markdown file; front matter becomes metadata."""

    mimes: tuple[str, ...] = ("text/markdown",)

    def parse(self, raw: RawDocument) -> ParsedDocument:
        """The file's text with its blocks. Raises UnreadableDocument for binary content."""
        text = text_of(raw)
        matter = _FRONT_MATTER.match(text)
        metadata = _front_matter(matter[1]) if matter else {}
        blocks = list(markdown_blocks(text, matter.end() if matter else 0))
        title = str(metadata.pop("title", "")) or _first_title(text, blocks)
        return ParsedDocument(text=text, blocks=blocks, title=title, metadata=metadata)


def markdown_blocks(text: str, begin: int = 0) -> Iterator[Block]:
    """Blocks of the Markdown in `text[begin:]`, with positions in `text`."""
    from markdown_it import MarkdownIt

    body = text[begin:]
    # The parser numbers lines by "\n" only, and so must we.
    lines = [begin]
    for match in re.finditer("\n", body):
        lines.append(begin + match.end())
    lines.append(len(text))
    skip_to = 0
    tokens = MarkdownIt("commonmark").enable("table").disable("inline").parse(body)
    for token in tokens:
        if token.map is None or token.map[0] < skip_to or (token.level > 0 and not _inside_quote(token)):
            continue
        block = _block(text, token, lines)
        if block is not None:
            skip_to = token.map[1]
            yield block


def _inside_quote(token: Token) -> bool:
    return token.type in _KINDS or token.type == "heading_open"


def _block(text: str, token: Token, lines: list[int]) -> Block | None:
    assert token.map is not None
    first, last = token.map
    start, end = lines[first], lines[min(last, len(lines) - 1)]
    if token.type == "heading_open":
        return _heading(text, start, end, int(token.tag[1]))
    if token.type == "fence":
        start = lines[min(first + 1, len(lines) - 1)]
        closing = text.rfind("\n", start, max(start, end - 1)) + 1
        if text[closing:end].strip().strip("`~") == "":
            end = max(start, closing)
    elif token.type == "html_block":
        return None if _COMMENT.match(text[start:end]) else _trimmed("paragraph", text, start, end)
    kind = _KINDS.get(token.type)
    return _trimmed(kind, text, start, end) if kind else None


def _heading(text: str, start: int, end: int, level: int) -> Block | None:
    line = text[start:end]
    shown = re.match(r"[\s>]*(?:#{1,6}(?=\s|$))?[ \t]*", line)
    start += shown.end() if shown else 0
    line = text[start:end]
    kept = re.sub(r"(?:\s+#+)?\s*\Z|\n\s*[=-]+\s*\Z", "", line)
    return _trimmed("heading", text, start, start + len(kept), level)


def _trimmed(kind: BlockKind, text: str, start: int, end: int, level: int = 0) -> Block | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Block(kind=kind, start=start, end=end, level=level) if end > start else None


def _front_matter(source: str) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(source)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(key): _scalar(value) for key, value in found.items() if value is not None}


def _scalar(value: Any) -> Any:
    if isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, list):
        return [_scalar(item) for item in value if item is not None]
    return str(value)


def _first_title(text: str, blocks: list[Block]) -> str:
    found = next((b for b in blocks if b.kind == "heading" and b.level == 1), None)
    return text[found.start : found.end] if found else ""
