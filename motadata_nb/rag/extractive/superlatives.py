"""The row with the largest or the smallest value: "In which month was most cheese sold?", asked of a table.

The row that is nearest by its words is any of them, so the values are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from motadata_nb.rag.extractive.rows import columns, tables
from motadata_nb.rag.extractive.units import Unit, is_written_out
from motadata_nb.rag.words.languages import folded, foreign_words, is_foreign
from motadata_nb.rag.words.stopwords import STOP_WORDS

__all__ = ["Ranked", "asks_for_extreme", "extreme_rows", "says_extreme"]

_MOST = (
    r"(?<!\bat\s)most(?!\s+of\b)|highest|largest|biggest|greatest|best|maximum|meisten?|h\u00f6chste[nmrs]?|gr\u00f6\u00dfte[nmrs]?"
    r"|beste[nmrs]?|m\u00e1s(?!\s+de\b)|mayor|mejor|le\s+plus|la\s+plus|les\s+plus|meilleure?"
)
_LEAST = (
    r"(?<!\bat\s)least|fewest|lowest|smallest|minimum|wenigsten|niedrigste[nmrs]?|kleinste[nmrs]?|geringste[nmrs]?"
    r"|menos(?!\s+de\b)|menor|le\s+moins|la\s+moins|les\s+moins"
)
_DEAR = r"dearest|costliest|(?:most|m\u00e1s|plus)\s+(?:expensive|car[oa]s?|ch\u00e8re?s?)|teuerste[nmrs]?|teuersten"
_CHEAP = (
    r"cheapest|(?:least|menos|moins)\s+(?:expensive|car[oa]s?|ch\u00e8re?s?)|(?:m\u00e1s)\s+barat[oa]s?"
    r"|(?:billigste|g\u00fcnstigste)[nmrs]?"
)
_ASKED = re.compile(
    rf"\b(?:(?P<cheap>{_CHEAP})|(?P<dear>{_DEAR})|(?P<most>{_MOST})|(?P<least>{_LEAST}))\b", re.IGNORECASE
)
_WHICH = re.compile(
    r"^\W*(?:\w+\s+)?(?:which|what|who|when|where|welche[mnrs]?|was|wer|wann|wo|qu\u00e9|cu\u00e1l(?:es)?|qui\u00e9n"
    r"|cu\u00e1ndo|quel(?:le)?s?|qui|quand|o\u00f9)\b",
    re.IGNORECASE,
)
_PRICED = re.compile(
    r"[$\u20ac\u00a3\u00a5]|\b(?:euros?|dollars?|pounds?|francs?|[EGU](?:UR|BP|SD)|CHF)\b", re.IGNORECASE
)
_PRICES = re.compile(
    r"price|cost|fee|charge|rate|fare|preis|kosten|geb\u00fchr|entgelt|precio|coste|tarifa|prix|tarif|co\u00fbt",
    re.IGNORECASE,
)
_FREE = re.compile(r"\b(?:free|gratis|kostenlos|kostenfrei|gratuit\w*|frei)\b", re.IGNORECASE)
_NUMBER = re.compile(
    r"^\W*[-\u2212(]?[$\u20ac\u00a3\u00a5]?\s*"
    r"(?P<n>\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+(?:[.,]\d+)*)(?![\d:])(?P<rest>.*)"
)
_TOTAL = re.compile(
    r"\W*(?:total\w*|sum|summe|gesamt\w*|insgesamt|overall|average|mean|durchschnitt|media|moyenne)\b", re.I
)
_PAIR = re.compile(
    r"^[ \t]*(?:[-*\u2022][ \t]+)?(?P<label>[^\W\d_][^:\n]{1,60}):[ \t]+(?P<value>\S[^\n]{0,40})$", re.MULTILINE
)
_RECORD = re.compile(r"^(?P<cells>[^;:\n]{1,40}: [^;\n]*(?:; [^;:\n]{1,40}: [^;\n]*)+)$", re.MULTILINE)
_LETTERS = re.compile(r"[^\W\d_][\w'\u2019-]*")
_BEGINNING = 4
_SHARE = 0.5
"""Of what the question speaks of, what must stand in the table or above it."""
_MOST_SHOWN = 3


class _Line(NamedTuple):
    """A row with what its cells are called."""

    start: int
    end: int
    shown: str
    label: str
    head: str
    """What stands above: what the labels are called, the caption."""
    cells: tuple[tuple[str, str], ...]


class Ranked(NamedTuple):
    """The rows with the extreme value; none where the table does not say which it is."""

    passage: int
    rows: tuple[Unit, ...]
    every: tuple[tuple[int, int], ...]
    """Where the rows that were compared stand."""


def asks_for_extreme(question: str) -> bool:
    """Whether one of several is asked for by what is largest or smallest."""
    return _WHICH.match(question) is not None and says_extreme(question)


def says_extreme(text: str) -> bool:
    """Whether a text speaks of what is largest or smallest."""
    return _ASKED.search(text) is not None


def extreme_rows(question: str, passages: Sequence[str], contexts: Sequence[str]) -> Ranked | None:
    """The rows with the extreme value in the table that the question is about; None where there is no such table."""
    asked = _beginnings(_ASKED.sub(" ", question), question)
    found = [
        (_known(asked, lines, contexts[n]), n, lines) for n, text in enumerate(passages) for lines in _tables(text)
    ]
    about = [(share, n, lines) for share, n, lines in found if share >= _SHARE]
    if not about:
        return None
    _, place, lines = max(about, key=lambda one: one[0])
    chosen = () if _goes_on(lines, place, passages, contexts) else _extreme(question, asked, lines)
    units = tuple(
        Unit(one.shown, one.start, one.end, passages[place][one.start : one.end], one.shown, True) for one in chosen
    )
    return Ranked(place, units, tuple((one.start, one.end) for one in lines))


def _tables(text: str) -> Iterator[list[_Line]]:
    for rows in tables(text):
        caption = _above(text, rows[0].block_start)
        yield [_Line(r.start, r.end, r.shown, r.label, f"{caption} {r.head}", r.cells) for r in rows]
    yield from _several([_record(match) for match in _RECORD.finditer(text)])
    block: list[_Line] = []
    for match in _PAIR.finditer(text):
        if block and text[block[-1].end : match.start()].strip(" ") != "\n":
            yield from _several(block)
            block = []
        block.append(_pair(match, block[0].head if block else _lead(text, match.start())))
    yield from _several(block)


def _several(lines: list[_Line]) -> list[list[_Line]]:
    return [lines] if len(lines) > 1 else []


def _lead(text: str, at: int) -> str:
    """The line before a list, when it announces it."""
    line = _above(text, at)
    return line if line.endswith(":") else ""


def _above(text: str, at: int) -> str:
    return text[:at].rstrip().rpartition("\n")[2].strip()


def _record(match: re.Match[str]) -> _Line:
    cells = tuple((name, value) for name, _, value in (cell.partition(": ") for cell in match["cells"].split("; ")))
    return _Line(match.start(), match.end(), match.group(), cells[0][1], cells[0][0], cells)


def _pair(match: re.Match[str], lead: str) -> _Line:
    start = match.start() + len(match.group()) - len(match.group().lstrip())
    shown = f"{lead} {match['label']}: {match['value']}".strip()
    return _Line(start, match.end(), shown, match["label"], lead, (("", match["value"]),))


def _goes_on(lines: Sequence[_Line], place: int, passages: Sequence[str], contexts: Sequence[str]) -> bool:
    """Whether rows of the same table stand in other passages: then the extreme one may stand in none of these."""
    names = [name for name, _ in lines[0].cells if name]
    if not names:
        return False
    others = [n for n in range(len(passages)) if n != place]
    if is_written_out(lines[0].shown):
        return any(f"{names[0]}: " in passages[n] and f"; {names[-1]}: " in passages[n] for n in others)
    return any(set(names) <= set(columns(contexts[n])) for n in (place, *others))


def _extreme(question: str, asked: frozenset[str], lines: Sequence[_Line]) -> tuple[_Line, ...]:
    compared = [line for line in lines if not _TOTAL.match(line.label)]
    match = _ASKED.search(question)
    column = _column(asked, compared, priced=bool(match and (match["cheap"] or match["dear"])))
    if column is None or match is None:
        return ()
    values = [_value(line.cells[column][1], foreign=is_foreign(question)) for line in compared]
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return ()
    best = min(known) if match["cheap"] or match["least"] else max(known)
    chosen = [line for line, value in zip(compared, values, strict=True) if value == best]
    return tuple(chosen) if len(chosen) <= min(_MOST_SHOWN, len(known) - 1) else ()


def _column(asked: frozenset[str], lines: Sequence[_Line], *, priced: bool) -> int | None:
    """Which cells are compared: those that the question names, or the only ones that are amounts."""
    width = min(len(line.cells) for line in lines) if lines else 0
    amounts = [n for n in range(width) if _are_amounts([line.cells[n][1] for line in lines])]
    if priced:
        amounts = [n for n in amounts if _PRICES.search(lines[0].cells[n][0]) or _PRICED.search(lines[0].cells[n][1])]
    named = [n for n in amounts if asked & _beginnings(lines[0].cells[n][0])]
    fitting = named or amounts
    return fitting[0] if len(fitting) == 1 else None


def _are_amounts(values: Sequence[str]) -> bool:
    """Whether all but one in five are numbers, of one unit."""
    read = [match for value in values if (match := _NUMBER.match(value))]
    free = sum(bool(_FREE.search(value)) for value in values)
    units = {match["rest"].strip().lower().rstrip(".s") for match in read}
    return len(read) > 1 and len(read) + free >= 0.8 * len(values) and len(units) == 1


def _value(cell: str, *, foreign: bool) -> float | None:
    match = _NUMBER.match(cell)
    if match is None:
        return 0.0 if _FREE.search(cell) else None
    digits = re.sub(r"\s", "", match["n"])
    thousands = re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?" if foreign else r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits)
    plain = digits.replace("." if foreign else ",", "") if thousands else digits
    negative = re.match(r"^\s*[$\u20ac\u00a3]?\s*[-\u2212(]", cell) is not None
    try:
        return (-1 if negative else 1) * float(plain.replace(",", "."))
    except ValueError:
        return None


def _known(asked: frozenset[str], lines: Sequence[_Line], context: str) -> float:
    """The share of the words that stand in the names of the cells, in a label or above the table."""
    said = " ".join(
        [context, lines[0].head, *(name for name, _ in lines[0].cells), *(line.label for line in lines), lines[0].shown]
    )
    return len(asked & _beginnings(said)) / len(asked) if asked else 0.0


def _beginnings(text: str, question: str = "") -> frozenset[str]:
    """What the forms of its telling words share; those of a question without the function words of its language."""
    idle = STOP_WORDS | (foreign_words(question) if question else frozenset())
    return frozenset(folded(word)[:_BEGINNING] for word in _LETTERS.findall(text) if word.lower() not in idle)
