"""From the lines of a PDF to its blocks: running heads, headings, paragraphs, lists, tables."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from motadata_nb.ingestion.base import BlockKind
from motadata_nb.ingestion.building import TextBuilder
from motadata_nb.ingestion.parsers.pdf_layout import Line

__all__ = ["compose"]

_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–—|]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-–—|]?(?:\s*(?:/|of|von)\s*\d{1,4})?", re.I
)
_BULLET = re.compile(r"(?:[-–•‣▪●○◦◆■□*]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s", re.I)
_NUMBER = re.compile(r"[0-9]+|\b[ivxlc]+\b")
_NUMBERED = re.compile(r"\d+((?:\.\d+)*)\.?\s")
_SENTENCE_ENDS = '.!?:”"'
_MARKS = "•‣▪●○◦◆■□–➢✓*"
_MARGIN_LINES = 3


@dataclass
class _Draft:
    """A block that is being put together."""

    kind: BlockKind
    lines: list[Line] = field(default_factory=list)
    level: int = 0


def compose(pages: Sequence[Sequence[Line]]) -> TextBuilder:
    """The document's blocks in reading order."""
    pages = _without_running_lines(pages)
    lines = [line for page in pages for line in page]
    words = _Vocabulary(lines)
    body = _body_size(lines)
    levels = _heading_levels(lines, body)
    builder = TextBuilder()
    for draft in _merged_over_pages(list(_drafts(pages, body, levels))):
        text, turns = _join(draft, words)
        builder.add(draft.kind, text, page=draft.lines[0].page, level=draft.level, turns=turns)
    return builder


# Running heads and feet


def _without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without page numbers, and with each running head or foot only where it first stands."""
    seen: Counter[str] = Counter()
    for page in pages:
        seen.update({_shape(line) for line in _margin(page)})
    enough = max(3, 0.15 * len(pages))
    kept: list[list[Line]] = []
    shown: set[str] = set()
    for page in pages:
        margin = {id(line) for line in _margin(page)}
        out = []
        for line in page:
            if id(line) in margin and len(pages) > 1:
                if _PAGE_NUMBER.fullmatch(line.text.strip()):
                    continue
                shape = _shape(line)
                if seen[shape] >= enough:
                    if shape in shown:
                        continue
                    shown.add(shape)
            out.append(line)
        kept.append(out)
    return kept


def _margin(page: Sequence[Line]) -> list[Line]:
    """The highest and the lowest lines of a page."""
    by_height = sorted(page, key=lambda line: -line.y)
    return by_height[:_MARGIN_LINES] + by_height[_MARGIN_LINES:][-_MARGIN_LINES:]


def _shape(line: Line) -> str:
    """The line without its numbers, and about where it stands."""
    return f"{_NUMBER.sub('#', line.text.lower())}@{round(line.y / 12)}"


# Headings


def _body_size(lines: Sequence[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[_rounded(line.size)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _heading_levels(lines: Sequence[Line], body: float) -> dict[float, int]:
    """Font sizes above the body's, largest first, as levels 1 to 5."""
    sizes = sorted({_rounded(line.size) for line in lines if line.size > 1.1 * body}, reverse=True)
    groups: list[float] = []
    levels: dict[float, int] = {}
    for size in sizes:
        if not groups or size < 0.93 * groups[-1]:
            groups.append(size)
        levels[size] = min(len(groups), 5)
    return levels


def _level(line: Line, levels: dict[float, int], body: float) -> int:
    """Heading level by type; 0 for the type of running text."""
    first = next((char for char in line.text if char.isalpha()), "")
    if line.aside or len(line.cells) > 2 or not first or line.text[0] in _MARKS:
        return 0
    if first.islower() and len(line.text.split()) > 3:
        return 0
    level = levels.get(_rounded(line.size), 0)
    if level:
        return level
    if line.bold and line.size > 0.9 * body:
        # Below the sizes, numbering tells 1.2 from 1.2.1.
        number = _NUMBERED.match(line.text)
        return 6 + (number[1].count(".") if number else 0)
    return 0


# Blocks


def _drafts(pages: Sequence[Sequence[Line]], body: float, levels: dict[float, int]) -> Iterator[_Draft]:
    for page in pages:
        spacing = _spacing(page)
        at = 0
        for start, end in _tables(page, spacing):
            yield from _prose(page[at:start], spacing, body, levels)
            yield _Draft(kind="table", lines=list(page[start:end]))
            at = end
        yield from _prose(page[at:], spacing, body, levels)


def _spacing(page: Sequence[Line]) -> float:
    """The usual distance between baselines, in points."""
    steps = [a.y - b.y for a, b in pairwise(page) if 0 < a.y - b.y < 4 * max(a.size, 1)]
    return median(steps) if steps else 14.0


def _tables(page: Sequence[Line], spacing: float) -> Iterator[tuple[int, int]]:
    """Runs of lines `(start, end)` with several cells; a label that stands alone in a row may be between them."""
    start = 0
    while start < len(page):
        if not _has_cells(page[start]):
            start += 1
            continue
        end = start + 1
        while (following := _next_row(page, end, spacing)) is not None:
            end = following + 1
        if sum(_has_cells(line) for line in page[start:end]) > 1:
            yield start, end
        start = end


def _has_cells(line: Line) -> bool:
    """Whether the line is a row of cells, and not running text with a gap in it."""
    return len(line.cells) > 1 and sum(len(cell) for cell in line.cells) < 60 * len(line.cells)


def _next_row(page: Sequence[Line], at: int, spacing: float) -> int | None:
    """The next row of the table that ends before `at`, if at most three labels stand before it."""
    for index in range(at, min(at + 4, len(page))):
        line, last = page[index], page[index - 1]
        if line.aside != last.aside or not -0.5 * spacing < last.y - line.y < 3 * max(spacing, last.size):
            return None
        if _has_cells(line):
            return index
        if len(line.text) > 90 or line.x1 - line.x0 > 0.75 * (line.right - line.left):
            return None
    return None


def _prose(lines: Sequence[Line], spacing: float, body: float, levels: dict[float, int]) -> Iterator[_Draft]:
    draft: _Draft | None = None
    for line in lines:
        level = _level(line, levels, body)
        if draft is not None and _continues(draft, line, level, spacing):
            draft.lines.append(line)
            continue
        if draft is not None:
            yield _settled(draft)
        draft = _Draft(kind="heading" if level else "list" if _BULLET.match(line.text) else "paragraph", lines=[line])
        draft.level = level
    if draft is not None:
        yield _settled(draft)


def _continues(draft: _Draft, line: Line, level: int, spacing: float) -> bool:
    last = draft.lines[-1]
    step = last.y - line.y
    if len(line.cells) > 2 or level != draft.level or line.aside != last.aside:
        return False
    if step <= 0 or step > 1.45 * max(spacing, 1.1 * last.size):
        # The top of the next column goes on where the last one stopped.
        return step < -2 * spacing and draft.kind != "heading" and _runs_on(last, line)
    if abs(line.size - last.size) > 0.15 * last.size:
        return False
    if draft.kind == "heading":
        return len(draft.lines) < 4
    if _BULLET.match(line.text) and not (line.text[0] in "-–" and _is_full(last)):
        return False
    return not _begins_paragraph(draft, line, step, spacing)


def _begins_paragraph(draft: _Draft, line: Line, step: float, spacing: float) -> bool:
    last = draft.lines[-1]
    if step > 1.25 * spacing and step > 1.3 * last.size:
        return True
    if draft.kind == "list":
        return line.x0 < draft.lines[0].x0 - 0.5 * line.size
    indented = line.x0 - min(item.x0 for item in draft.lines) > 0.8 * line.size
    ended = last.text.rstrip()[-1:] in _SENTENCE_ENDS and not line.text[:1].islower()
    return ended and (indented or not _is_full(last))


def _is_full(line: Line) -> bool:
    """Whether the line reaches the right edge of its column."""
    return line.x1 > line.right - 0.15 * (line.right - line.left)


def _runs_on(last: Line, line: Line) -> bool:
    """Whether a sentence goes on from one column or page to the next."""
    if len(last.cells) > 1 or len(line.cells) > 1 or abs(line.size - last.size) > 0.1 * last.size:
        return False
    ending = last.text.rstrip()[-1:]
    return last.soft_hyphen or (ending not in _SENTENCE_ENDS + ";" and (line.text[:1].islower() or ending in ",-–"))


def _settled(draft: _Draft) -> _Draft:
    """What has the type of a heading but reads like running text becomes a paragraph."""
    text = " ".join(line.text for line in draft.lines)
    if draft.kind == "heading" and _reads_like_prose(text, draft):
        return _Draft(kind="paragraph", lines=draft.lines)
    return draft


def _reads_like_prose(text: str, draft: _Draft) -> bool:
    if len(text) > 250 or (len(draft.lines[0].cells) > 1 and draft.level >= 6):
        return True
    if text.rstrip()[-1:] in ".,;" and len(text.split()) > 7:
        return True
    return draft.level >= 6 and (len(text) > 120 or text.rstrip()[-1:] in ",;")


def _merged_over_pages(drafts: list[_Draft]) -> Iterator[_Draft]:
    """Paragraphs whose sentence goes on on the next page become one."""
    current: _Draft | None = None
    for draft in drafts:
        if current is not None and current.kind == draft.kind == "paragraph" and _next_page(current, draft):
            current.lines.extend(draft.lines)
            continue
        if current is not None:
            yield current
        current = draft
    if current is not None:
        yield current


def _next_page(current: _Draft, draft: _Draft) -> bool:
    return draft.lines[0].page == current.lines[-1].page + 1 and _runs_on(current.lines[-1], draft.lines[0])


# Text


class _Vocabulary:
    """The document's own words, which decide whether a divided word keeps its hyphen."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._words: Counter[str] = Counter()
        for line in lines:
            self._words.update(re.findall(r"[^\W\d_]+(?:-[^\W\d_]+)*", line.text.lower()))

    def joins(self, head: str, tail: str) -> bool:
        """Whether `head` + `tail` is one word, rather than two with a hyphen."""
        whole, compound = self._words[(head + tail).lower()], self._words[f"{head}-{tail}".lower()]
        return whole >= compound


_LAST_WORD = re.compile(r"([^\W\d_]+)-$")
_FIRST_WORD = re.compile(r"[^\W\d_]+")


def _join(draft: _Draft, words: _Vocabulary) -> tuple[str, list[tuple[int, int]]]:
    """The block's text, and `(offset, page)` where it goes on on a later page."""
    if draft.kind == "table":
        return "\n".join(line.text for line in draft.lines), []
    text = draft.lines[0].text
    turns = []
    for before, line in pairwise(draft.lines):
        head, tail = _LAST_WORD.search(text), _FIRST_WORD.match(line.text)
        if head and tail and (tail[0][0].islower() or before.soft_hyphen):
            if words.joins(head[1], tail[0]) and tail[0][0].islower():
                text = text[:-1]
        elif not text.endswith(("-", "/")) or text.endswith((" -", " /")):
            text += " "
        if line.page != before.page:
            turns.append((len(text), line.page))
        text += line.text
    return text, turns
