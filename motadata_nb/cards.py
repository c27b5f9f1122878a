"""What a result shows, without saying how: a body, one quiet line, and folded sections of tables or text.

`motadata_nb.rendering` turns a card into HTML, Markdown and plain text. All strings are data: renderers escape them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = [
    "Card",
    "Cell",
    "Code",
    "Content",
    "Mark",
    "Meter",
    "Pictures",
    "Preformatted",
    "Section",
    "Table",
    "counted",
    "shortened",
    "source_name",
]


@dataclass(frozen=True)
class Mark:
    """Text with highlighted character spans, each `(start, end)`."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True)
class Meter:
    """A score from 0 to 1, drawn as a bar with its number beside it."""

    score: float


@dataclass(frozen=True)
class Code:
    """A short piece of code or a command, in one line."""

    text: str


@dataclass(frozen=True)
class Preformatted:
    """A block of text whose line breaks matter: messages, code, logs."""

    text: str


Cell = str | int | float | None | Mark | Meter | Code


@dataclass(frozen=True)
class Table:
    """Rows of cells under headers. Columns whose header is in `numeric` are right-aligned."""

    headers: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    numeric: frozenset[str] = frozenset()

    def without_empty(self, header: str) -> Table:
        """The table without this column when nothing is in it, as pages of web sites and notes."""
        at = list(self.headers).index(header)
        if any(row[at] is not None for row in self.rows):
            return self
        rows = [[cell for i, cell in enumerate(row) if i != at] for row in self.rows]
        return Table([h for h in self.headers if h != header], rows, self.numeric)


@dataclass(frozen=True)
class Pictures:
    """Thumbnails with their captions: pairs of `data:image/…` text and words."""

    items: tuple[tuple[str, str], ...]


Content = Table | Pictures | Preformatted | Mark | str


@dataclass(frozen=True, kw_only=True)
class Section:
    """A folded part of a card. `content` is a table, thumbnails, a preformatted block, or a line of text."""

    title: str
    content: Content
    open: bool = False


@dataclass(frozen=True, kw_only=True)
class Card:
    """Everything a result shows."""

    title: str = ""
    """A short bold heading, before the quiet line; most cards have none."""
    body: str = ""
    """The answer itself, as Markdown. Raw HTML and images in it are shown as text."""
    plain: bool = False
    """The body is plain text, not Markdown."""
    summary: Table | None = None
    """A small table that is always visible."""
    status: tuple[str, ...] = ()
    """Facts of the quiet line, in order: how it was made, support, searched, time, cost."""
    attention: tuple[str, ...] = ()
    """What needs attention, in words: interrupted, unsupported, from cache, quarantined."""
    sections: tuple[Section, ...] = ()
    links: frozenset[str] = frozenset()
    """Addresses that may stay clickable, because a cited source has them; every other link is shown as text."""


def counted(count: int, thing: str) -> str:
    """A number with the word for what is counted, in the plural unless there is one.

    >>> counted(1, "document"), counted(2000, "entry")
    ('1 document', '2,000 entries')
    """
    plural = thing[:-1] + "ies" if thing.endswith("ry") else thing + "s"
    return f"{count:,} {thing if count == 1 else plural}"


def shortened(text: str, size: int) -> str:
    """The text in one line, cut after a word, and where it is cut.

    >>> shortened("The valve\\nis in the cellar.", 16)
    'The valve is in…'
    """
    flat = " ".join(text.split())
    if len(flat) <= size:
        return flat
    whole = flat[:size].rpartition(" ")[0].rstrip(" ,;:([{|")
    # Of writing without spaces, or one long address, what fits.
    return (whole if len(whole) > size // 2 else flat[: size - 1].rstrip()) + "…"


def source_name(source: str) -> str:
    """The name a person knows a source by: of a path that begins at the root only the file's name.

    >>> source_name("handbook/returns.pdf"), source_name("/home/me/returns.pdf"), source_name("https://a.b/c")
    ('handbook/returns.pdf', 'returns.pdf', 'https://a.b/c')
    """
    is_path = source.startswith(("/", "~")) or source[1:3] in (":\\", ":/")
    return source.replace("\\", "/").rstrip("/").rpartition("/")[2] if is_path else source
