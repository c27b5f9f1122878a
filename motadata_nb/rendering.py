"""Cards as HTML, Markdown and plain text.

The HTML uses only what JupyterLab keeps in an untrusted notebook (details, table, mark, meter, inline styles) and no
colour that depends on the theme. Text of models, documents and tools is escaped; for Markdown see
`motadata_nb.markdown`.
"""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Sequence
from typing import Any

from motadata_nb.cards import Card, Cell, Code, Content, Mark, Meter, Pictures, Preformatted, Section, Table
from motadata_nb.markdown import render_markdown

__all__ = ["to_html", "to_markdown", "to_text"]

_LINE = "1px solid rgba(128,128,128,.35)"
_QUIET = "opacity:.7;font-size:.92em"
_CODE = "background:rgba(128,128,128,.15);padding:1px 5px;border-radius:3px"
_MARK = "background:#ffeaa6;color:#111;background:rgb(255 196 0 / .35);color:inherit"
"""JupyterLab takes the second pair out of an untrusted notebook, and `mark` is black by itself: on a dark ground it
could not be read. The first pair looks the same in the light theme.
"""
# A terminal obeys control characters; text of documents and models must not give it orders.
_CONTROLS = {code: None for code in (*range(9), *range(11, 32), *range(127, 160))}
# Only pictures that are in the card itself: nothing is fetched, and nothing can leave the attribute.
_THUMBNAIL = re.compile(r"data:image/(?:jpeg|png);base64,[A-Za-z0-9+/=]+")
_LIVE = re.compile(r"<|\]\(|\]\[|\]:|://")
"""What may become a link, an image or a tag when Markdown is rendered."""
_WEB = re.compile(r"(?<=\bwww)(?=\.)|(?<=\()(?=//)", re.IGNORECASE)
"""Where an address is broken that some make a link of though it has no scheme."""
_FORMULA = re.compile(r"\$|\\(?=[(\[]|begin\{)")
_PRE = "white-space:pre-wrap;overflow-wrap:anywhere;margin:4px 0;font-size:.9em"
_LONG_WORD = re.compile(r"\S{40}")
_BESIDE = 4
_LONG_CELL = 60
_TEXT_LINES = 10
_TEXT_WIDTH = 100


def to_html(card: Card) -> str:
    """Static HTML of a card, safe to show in an untrusted notebook."""
    parts = []
    head = f"<b>{_prose(card.title)}</b>" if card.title else ""
    quiet = f'<span style="{_QUIET}">{_status_html(card)}</span>' if card.status or card.attention else ""
    if head:
        parts.append(f'<div style="margin:0 0 6px">{head}&nbsp;&nbsp; {quiet}</div>')
    if card.body:
        parts.append(f'<div style="line-height:1.5;overflow-wrap:break-word">{_body_html(card)}</div>')
    if quiet and not head:
        parts.append(f'<div style="margin:4px 0 6px">{quiet}</div>')
    if card.summary is not None:
        parts.append(_table_html(card.summary))
    parts.extend(_section_html(section) for section in card.sections)
    inner = "\n".join(parts)
    return f'<div style="border:{_LINE};border-radius:6px;padding:10px 14px;max-width:860px">\n{inner}\n</div>'


def to_markdown(card: Card) -> str:
    """Markdown of a card, for exports and for front ends without HTML."""
    quiet = " · ".join((*card.attention, *card.status))
    parts = [f"**{_escape_md(card.title)}**" if card.title else ""]
    parts.append(_fence(card.body) if card.plain and card.body else _defuse(card.body, card.links))
    parts.append(f"*{_escape_md(quiet)}*" if quiet else "")
    parts.append(_table_md(card.summary) if card.summary is not None else "")
    for section in card.sections:
        parts.append(f"**{_escape_md(section.title)}**")
        parts.append(_content_md(section.content))
    return "\n\n".join(part for part in parts if part)


def to_text(card: Card) -> str:
    """The card for a terminal, at most ten lines: body first, then the quiet line, then what fits of the sections."""
    quiet = " · ".join((*card.attention, *card.status))
    heading = [" ".join(card.title.split())[:_TEXT_WIDTH]] if card.title else []
    tail = textwrap.wrap(quiet, _TEXT_WIDTH)[:2]
    body = [line for raw in card.body.splitlines() for line in (textwrap.wrap(raw, _TEXT_WIDTH) or [""])]
    if card.summary is not None:
        body += _table_text(card.summary)
    room = _TEXT_LINES - len(heading) - len(tail)
    folded = [line for section in card.sections for line in _section_text(section)]
    lines = [*heading, *_cut(body, room), *tail]
    return "\n".join([*lines, *_cut(folded, _TEXT_LINES - len(lines))]).translate(_CONTROLS)


def _cut(lines: list[str], room: int) -> list[str]:
    """As many lines as there is room for, the last of which says how many are left out."""
    if len(lines) <= room:
        return lines
    return [*lines[: room - 1], f"… {len(lines) - room + 1} more lines"] if room > 0 else []


# -- HTML ---------------------------------------------------------------------------------------------------------


def _status_html(card: Card) -> str:
    marked = [f"<b>{_prose(word)}</b>" for word in card.attention]
    return " &nbsp;·&nbsp; ".join([*marked, *(_prose(word) for word in card.status)])


def _body_html(card: Card) -> str:
    if card.plain:
        return f'<div style="white-space:pre-wrap">{_prose(card.body)}</div>'
    return render_markdown(card.body, card.links)


def _section_html(section: Section) -> str:
    opened = " open" if section.open else ""
    title = f'<summary style="cursor:pointer;margin:6px 0 2px">{_prose(section.title)}</summary>'
    return f"<details{opened}>{title}{_content_html(section.content)}</details>"


def _content_html(content: Content) -> str:
    if isinstance(content, Table):
        return _table_html(content)
    if isinstance(content, Pictures):
        return _pictures_html(content)
    if isinstance(content, Preformatted):
        return f'<pre style="{_PRE}">{html.escape(content.text)}</pre>'
    return f'<div style="{_QUIET}">{_cell_html(content)}</div>'


def _pictures_html(pictures: Pictures) -> str:
    """Thumbnails beside each other in a table, which is what keeps its shape when styles are stripped."""
    cells = [
        f'<td style="text-align:left;vertical-align:top;padding:4px 12px 4px 0;max-width:200px">'
        f'<img src="{image}" alt="{html.escape(caption)}" width="190">'
        f'<div style="{_QUIET}">{_prose(caption)}</div></td>'
        for image, caption in pictures.items
        if _THUMBNAIL.fullmatch(image)
    ]
    rows = "".join(f"<tr>{''.join(cells[at : at + _BESIDE])}</tr>" for at in range(0, len(cells), _BESIDE))
    table = f'<table style="border-collapse:collapse;margin:2px 0 6px"><tbody>{rows}</tbody></table>'
    return f'<div style="overflow-x:auto">{table}</div>'


def _table_html(table: Table) -> str:
    align = ["right" if h in table.numeric else "left" for h in table.headers]
    head = "".join(_header_html(h, a) for h, a in zip(table.headers, align, strict=True))
    rows = "".join(
        "<tr>"
        + "".join(
            f'<td style="text-align:{a};padding:4px 8px;vertical-align:top{_breaking(cell)}">{_cell_html(cell)}</td>'
            for cell, a in zip(row, align, strict=True)
        )
        + "</tr>"
        for row in table.rows
    )
    head = f"<thead><tr>{head}</tr></thead>" if any(table.headers) else ""
    # A table that is wider than its place scrolls by itself, and nothing else moves.
    return (
        '<div style="overflow-x:auto"><table style="border-collapse:collapse;font-size:.92em;margin:2px 0 6px">'
        f"{head}<tbody>{rows}</tbody></table></div>"
    )


def _breaking(cell: Cell) -> str:
    """How a long text gives way, so that an address in it does not push the other columns out of sight."""
    long = _plain(cell)
    if len(long) <= _LONG_CELL:
        return ""
    # Of these JupyterLab leaves `break-all` in an untrusted notebook.
    words = ";word-break:break-all;word-break:break-word" if _LONG_WORD.search(long) else ""
    return f"{words};overflow-wrap:anywhere;min-width:14em"


def _header_html(header: str, align: str) -> str:
    """A header cell; an empty one is an ordinary cell, as a screen reader would announce a header without a name."""
    style = f'style="text-align:{align};padding:4px 8px;border-bottom:{_LINE}"'
    return f'<th scope="col" {style}>{_prose(header)}</th>' if header.strip() else f"<td {style}></td>"


def _cell_html(cell: Cell) -> str:
    if isinstance(cell, Mark):
        return _mark(cell, _prose, f'<mark style="{_MARK}">', "</mark>")
    if isinstance(cell, Meter):
        value = min(1.0, max(0.0, cell.score))
        return f'<meter min="0" max="1" value="{value:.3f}" style="width:60px"></meter> {cell.score:.2f}'
    if isinstance(cell, Code):
        return f'<code style="{_CODE}">{html.escape(cell.text)}</code>'
    return _prose(_plain(cell))


def _prose(text: str) -> str:
    """Text as HTML. A front end would read what stands between two prices as a formula: signs of formulas stand in an
    element of their own, beyond which it does not look.
    """
    return _FORMULA.sub(r"<span>\g<0></span>", html.escape(text))


def _mark(cell: Mark, escape: Any, before: str, after: str) -> str:
    out, at = [], 0
    for start, end in sorted(cell.spans):
        start, end = max(start, at), min(end, len(cell.text))
        if start >= end:
            continue
        out += [escape(cell.text[at:start]), before, escape(cell.text[start:end]), after]
        at = end
    return "".join([*out, escape(cell.text[at:])])


# -- Markdown and text --------------------------------------------------------------------------------------------


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Mark | Code):
        return cell.text
    if isinstance(cell, Meter):
        return f"{cell.score:.2f}"
    if isinstance(cell, float):
        return f"{cell:,.4g}" if abs(cell) < 1000 else f"{cell:,.0f}"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _escape_md(text: str) -> str:
    text = html.escape(text, quote=False)
    return "".join("\\" + c if c in "\\`*_[]|!" else c for c in text).replace("\n", " ")


def _fence(text: str) -> str:
    longest = max((len(run) for run in _backtick_runs(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _backtick_runs(text: str) -> list[str]:
    runs, current = [], ""
    for char in text + " ":
        if char == "`":
            current += char
        elif current:
            runs.append(current)
            current = ""
    return runs


def _defuse(text: str, links: frozenset[str]) -> str:
    """Markdown whose HTML, images and links of unknown origin are shown as text when it is rendered again."""
    if not _LIVE.search(text):
        return _WEB.sub("\u200b", text)
    import nh3

    safe = render_markdown(text, links)
    flat = nh3.clean(safe, tags=set())
    return _WEB.sub("\u200b", flat.replace("[", "\\[").replace("://", ":\u200b//")).strip()


def _table_md(table: Table) -> str:
    rule = ["---:" if h in table.numeric else "---" for h in table.headers]
    rows = [[_cell_md(cell) for cell in row] for row in table.rows]
    lines = [[_escape_md(h) for h in table.headers], rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _cell_md(cell: Cell) -> str:
    if isinstance(cell, Mark):
        return _mark(cell, _escape_md, "**", "**")
    return _escape_md(_plain(cell))


def _content_md(content: Content) -> str:
    if isinstance(content, Table):
        return _table_md(content)
    if isinstance(content, Pictures):
        return "\n".join(f"- {_escape_md(caption)}" for _, caption in content.items)
    if isinstance(content, Preformatted):
        return _fence(content.text)
    return _cell_md(content)


def _table_text(table: Table) -> list[str]:
    rows = [table.headers, *table.rows] if any(table.headers) else table.rows
    lengths = [[len(_one_line(_plain(c))) for c in row] for row in rows]
    widths = _widths([max((row[i] for row in lengths), default=0) for i in range(len(table.headers))])

    def line(row: Sequence[Cell]) -> str:
        return "  ".join(
            _fitted(c, w).rjust(w) if h in table.numeric else _fitted(c, w).ljust(w)
            for c, w, h in zip(row, widths, table.headers, strict=True)
        ).rstrip()

    return [line(row) for row in rows]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fitted(cell: Cell, width: int) -> str:
    """The cell in one line. What is too long is cut; of text with a mark, so that it begins with what is marked."""
    text = _one_line(_plain(cell))
    if isinstance(cell, Mark) and cell.spans and len(text) > width:
        start, end = (len(_one_line(cell.text[:at])) for at in cell.spans[0])
        text = text if end < width else "…" + text[start:].lstrip()
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def _widths(wanted: list[int]) -> list[int]:
    """Widths that fit the line: the widest columns give way first."""
    widths, room = list(wanted), _TEXT_WIDTH - 2 * (len(wanted) - 1)
    while sum(widths) > room and max(widths) > 8:
        widths[widths.index(max(widths))] -= max(1, min(max(widths) - 8, sum(widths) - room) // 4 or 1)
    return widths


def _section_text(section: Section) -> list[str]:
    title = " ".join(section.title.split())[:_TEXT_WIDTH]
    if isinstance(section.content, Table):
        return [title, *_table_text(section.content)]
    if isinstance(section.content, Preformatted):
        return [title, *(line[:_TEXT_WIDTH] for line in section.content.text.splitlines())]
    if isinstance(section.content, Pictures):
        return [title, *(" ".join(caption.split())[:_TEXT_WIDTH] for _, caption in section.content.items)]
    return textwrap.wrap(f"{title}: {_plain(section.content)}", _TEXT_WIDTH)
