"""From the words of a page and their places to lines in reading order: columns, rows, cells.

Coordinates are PDF points; a larger `y` is higher on the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

__all__ = ["Box", "Line", "Segment", "lines_of_page"]

Box: TypeAlias = tuple[float, float, float, float]
"""Left, bottom, right, top."""

_CELL = "\t"
_WIDE_GAP = 1.2
"""Space between two words, in font sizes, from which they belong to different columns or cells."""
_HANGING = 0.6
"""How far a line may reach over the edge of its column, in font sizes: quotation marks do."""
_BULLETS = frozenset("•‣▪●○◦◆■□–-*➢✓")
_SIGNS = frozenset("$ € £ ¥ US$ C$ (".split())
_LEADER = re.compile(r"\s*(?:\.\s?|…\s?|_){5,}\s*")
_RTL = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufeff]")


class Segment:
    """Words that stand beside each other on a line, as one piece.

    Coordinates are those of a page turned so that the text runs from left to right; `y` is the baseline.
    """

    __slots__ = ("bold", "page", "size", "soft_hyphen", "text", "turn", "words", "x0", "x1", "y")

    def __init__(
        self, *, text: str, page: int, turn: int, x0: float, x1: float, y: float, size: float, bold: bool
    ) -> None:
        self.text = text
        self.page = page
        self.turn = turn
        self.x0, self.x1, self.y = x0, x1, y
        self.size = size
        self.bold = bold
        self.words = 1
        self.soft_hyphen = False

    def joins(self, box: Box) -> bool:
        """Whether a word with this box continues the segment."""
        x0, y0, x1, y1 = box
        gap = _WIDE_GAP * self.size
        if not y0 - 0.2 * self.size < self.y + 0.3 * self.size < y1 + 0.2 * self.size:
            return False
        return -gap < x0 - self.x1 < gap or -gap < self.x0 - x1 < gap

    def take(self, word: str, box: Box) -> None:
        """Append a word."""
        self.text += " " + word
        self.words += 1
        self.x0, self.x1 = min(self.x0, box[0]), max(self.x1, box[2])


@dataclass(slots=True)
class Line:
    """A line of a column. `cells` are its pieces, more than one in a table."""

    cells: list[str]
    page: int
    x0: float
    x1: float
    y: float
    size: float
    bold: bool
    soft_hyphen: bool
    left: float
    """Left and right edge of the column that holds the line."""
    right: float
    aside: bool = False
    """True for text that runs in another direction than most of the page."""

    @property
    def text(self) -> str:
        """The cells, with a tab between them."""
        return _CELL.join(self.cells)


def lines_of_page(segments: Iterable[Segment]) -> list[Line]:
    """The page's lines in reading order; what runs in another direction than most of it comes last."""
    by_turn: dict[int, list[Segment]] = {}
    for segment in segments:
        by_turn.setdefault(segment.turn, []).append(segment)
    groups = sorted(by_turn.values(), key=lambda group: -sum(len(s.text) for s in group))
    lines: list[Line] = []
    for group in groups:
        found = _region(group, depth=0)
        for line in found:
            line.aside = group is not groups[0]
        lines.extend(found)
    return lines


def _region(segments: list[Segment], depth: int) -> list[Line]:
    if not segments:
        return []
    gutter = _gutter(segments) if depth < 3 and len(segments) >= 8 else None
    if gutter is None:
        return _rows(segments)
    lines: list[Line] = []
    for left, crossing, right in _bands(segments, gutter):
        if left and right and not (_is_prose(left) or _is_prose(right)):
            lines.extend(_rows(left + right))
        else:
            lines.extend(_region(left, depth + 1))
            lines.extend(_region(right, depth + 1))
        lines.extend(_rows(crossing))
    return lines


def _gutter(segments: list[Segment]) -> float | None:
    """Left edge of the right-hand column, if prose stands on both sides of an empty strip."""
    left_edge, right_edge = min(s.x0 for s in segments), max(s.x1 for s in segments)
    width = right_edge - left_edge
    total = sum(len(s.text) for s in segments)
    best, best_score = None, 0.0
    for edge in _left_edges(segments):
        if not left_edge + 0.15 * width < edge < right_edge - 0.15 * width:
            continue
        left = [s for s in segments if s.x1 <= edge]
        right = [s for s in segments if s.x0 >= edge - _HANGING * s.size]
        crossing = total - sum(len(s.text) for s in left) - sum(len(s.text) for s in right)
        if crossing > 0.6 * total or not (_is_prose(left) and _is_prose(right)):
            continue
        score = min(sum(len(s.text) for s in left), sum(len(s.text) for s in right)) - 0.5 * crossing
        if score > best_score:
            best, best_score = edge, score
    return best


def _left_edges(segments: Iterable[Segment]) -> list[float]:
    """Positions at which at least four segments begin."""
    edges = sorted(s.x0 for s in segments)
    found: list[float] = []
    group = [edges[0]]
    for edge in edges[1:]:
        if edge - group[0] > 3:
            if len(group) >= 4:
                found.append(group[0])
            group = []
        group.append(edge)
    if len(group) >= 4:
        found.append(group[0])
    return found


def _is_prose(segments: Sequence[Segment]) -> bool:
    """Running text and not the cells of a table: several words a line, few digits, most lines as wide as the column."""
    if len(segments) < 3:
        return False
    text = "".join(s.text for s in segments)
    if len(text) < 100 or sum(char.isdigit() for char in text) > 0.25 * len(text):
        return False
    if sum(s.words for s in segments) < 3.5 * len(segments):
        return False
    width = max(s.x1 for s in segments) - min(s.x0 for s in segments)
    return sum(s.x1 - s.x0 for s in segments) > 0.55 * width * len(segments)


def _bands(segments: list[Segment], gutter: float) -> list[tuple[list[Segment], list[Segment], list[Segment]]]:
    """Left and right of the gutter, cut into bands by what stands across it; each band ends with its crossing line."""
    bands: list[tuple[list[Segment], list[Segment], list[Segment]]] = [([], [], [])]
    for segment in sorted(segments, key=lambda s: -s.y):
        left, crossing, right = bands[-1]
        hanging = _HANGING * segment.size
        if segment.x0 < gutter - hanging and segment.x1 > gutter + hanging:
            crossing.append(segment)
            continue
        if crossing:
            left, crossing, right = [], [], []
            bands.append((left, crossing, right))
        (right if segment.x0 >= gutter - hanging else left).append(segment)
    return bands


def _rows(segments: list[Segment]) -> list[Line]:
    if not segments:
        return []
    left, right = min(s.x0 for s in segments), max(s.x1 for s in segments)
    rows: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda s: -s.y):
        first = rows[-1][0] if rows else None
        if first is not None and first.y - segment.y < _shift(first.size, segment.size):
            rows[-1].append(segment)
        else:
            rows.append([segment])
    return [_line(row, left, right) for row in rows]


def _shift(one: float, other: float) -> float:
    """How far the baselines of pieces of one line may differ: raised and lowered characters are smaller."""
    small, large = min(one, other), max(one, other)
    return 0.45 * large if small > 0.5 * large else 0.4 * small


def _line(row: list[Segment], left: float, right: float) -> Line:
    row = _in_reading_order(row)
    main = max(row, key=lambda s: len(s.text))
    cells = [row[0].text]
    for before, after in pairwise(row):
        gap = after.x0 - before.x1
        if -0.5 * main.size < gap < 0.9 * main.size:
            cells[-1] += ("" if gap < 0.12 * main.size else " ") + after.text
        elif cells[-1] in _SIGNS or cells[-1] in _BULLETS:
            cells[-1] += " " + after.text
        elif after.text in (")", "%", ")%"):
            cells[-1] += after.text
        else:
            cells.append(after.text)
    length = sum(len(s.text) for s in row)
    return Line(
        cells=[_LEADER.sub(" … ", cell) for cell in cells],
        page=main.page,
        x0=min(s.x0 for s in row),
        x1=max(s.x1 for s in row),
        y=main.y,
        size=main.size,
        bold=sum(len(s.text) for s in row if s.bold) > 0.6 * length,
        soft_hyphen=row[-1].soft_hyphen,
        left=left,
        right=right,
    )


def _in_reading_order(row: list[Segment]) -> list[Segment]:
    text = "".join(s.text for s in row)
    right_to_left = len(_RTL.findall(text)) > 0.5 * len(text)
    return sorted(row, key=lambda s: s.x0, reverse=right_to_left)
