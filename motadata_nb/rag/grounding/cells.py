"""The amounts of a sentence, each with the words that say what it is of."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from motadata_nb.rag.grounding.amounts import UNIT_WORD, Amount, amounts
from motadata_nb.rag.grounding.labels import labels
from motadata_nb.rag.words.terms import in_digits

__all__ = ["Cell", "bare_labels", "is_year", "parts"]


class Cell(NamedTuple):
    """Amounts and what they are of."""

    amounts: tuple[Amount, ...]
    row: frozenset[str]
    """Labels of what they belong to."""
    column: frozenset[str]
    """Labels of what is counted or measured."""
    place: tuple[int, int]
    """Its row and its column; -1 for those of a sentence, which has neither."""
    heads: bool = False
    """Whether what it belongs to is said by the first part of its sentence alone."""
    beside: frozenset[str] = frozenset()
    """Labels of what may belong to it."""
    counted: str = ""
    """The label that follows the only amount of a part: what is counted, or whose it is."""
    own: frozenset[str] = frozenset()
    """Labels that a part has alone."""
    before: frozenset[str] = frozenset()
    """Those that stand before its amount."""

    @property
    def words(self) -> frozenset[str]:
        """All its labels."""
        return self.row | self.column if self.row else self.column


_YEAR = re.compile(r"(?:19|20)\d\d")
_AND = r"and|but|while|whereas|then|und|aber|et|mais|y|pero"
_PART = re.compile(rf",\s+(?!\d{{4}}\b)|;\s+|\s[\u2013\u2014-]\s|[()]|\s(?=(?:{_AND})\s)", re.IGNORECASE)
_HEAD = re.compile(r"^(?P<head>[^:\n]{2,60}):\s+(?=\S)")
_OWN = re.compile(rf"^\W*(?:(?:{_AND}|only|just|about|by|to|at|of)\s+)*", re.IGNORECASE)
_GOES_ON = re.compile(
    rf"^\W*(?:{_AND})\s+(?:may|can|must|shall|will|would|should|could|is|are|was|were|has|have|had|does|did|costs?|takes?"
    r"|lasts?|lost|needs?|includes?|weighs?|measures?|holds|runs|opens|closes|earns|uses|serves|\w{2,}ed|kostet|kann|muss|ist|hat|co\u00fbte|peut|est|cuesta|puede|es)\s",
    re.IGNORECASE,
)
_GOES_ON_COUNTING = re.compile(
    rf"^\W*(?:and|but|then)\s+[a-z]{{3,}}s\s+[\d.,]+\s+(?!(?:{UNIT_WORD})\b)[a-z]", re.IGNORECASE
)
"""What begins so has the subject of the part before: "and produces 300 tyres", but not "and students 6 euros"."""
_SUBJECT = 2
"""Words of a subject, with its article."""
_UNIT = re.compile(rf"^[\s-]*(?:{UNIT_WORD})(?![^\W\d_])", re.IGNORECASE)
_MONEY = frozenset({"eur", "usd", "gbp"})


def is_year(amount: Amount) -> bool:
    """Whether it is written like one."""
    return not amount.unit and bool(_YEAR.fullmatch(amount.written))


@lru_cache(maxsize=4096)
def parts(text: str, *, numbered: bool = False) -> tuple[Cell, ...]:
    """The parts of a sentence that have amounts; one that begins with its amount belongs to what the first begins
    with. Their bare numbers are labels too when they are *numbered*.
    """
    row, body = _head(text)
    pieces, rest = _pieces(body)
    found: list[Cell] = []
    first = ""
    if len(pieces) == 1 and not numbered:
        (piece, counted), *_ = pieces
        return (Cell(counted, row, bare_labels(piece, counted), (-1, -1), beside=labels(rest)),)
    for number, (piece, counted) in enumerate(pieces):
        before = _before(piece, counted)
        shared = _shared(first, before, piece) if number else frozenset[str]()
        first = first or before
        own = bare_labels(piece, counted, numbered=numbered)
        place, after = (-1, -1), _after(piece, counted)
        subject = labels(before) - {"cost"}
        found.append(Cell(counted, row, own | shared, place, bool(shared), counted=after, own=own, before=subject))
    if rest and found:
        found[-1] = found[-1]._replace(beside=labels(rest))
    return tuple(found)


def _shared(first: str, before: str, piece: str) -> frozenset[str]:
    """What a part has from what stands before the first amount: all when it begins with its own, or the subject alone
    when it goes on with a verb.
    """
    if labels(before) <= {"cost"}:
        return labels(first) - {"cost"}
    goes_on = _GOES_ON.match(piece) or _GOES_ON_COUNTING.match(piece)
    return labels(" ".join(first.split()[:-1][:_SUBJECT])) if goes_on else frozenset()


def _head(text: str) -> tuple[frozenset[str], str]:
    """The labels before a colon, and what follows it; all of the text when it has none."""
    headed = _HEAD.match(text) if ": " in text else None
    if not headed or any(one.unit for one in amounts(headed["head"])):
        return frozenset(), text
    return labels(headed["head"]), text[headed.end() :]


def bare_labels(text: str, counted: Sequence[Amount], *, numbered: bool = False) -> frozenset[str]:
    """The labels of a text without its amounts; its bare numbers but for years only when it is *numbered*."""
    for one in counted:
        if one.unit or not (numbered or is_year(one)):
            before, _, after = text.partition(one.written)
            text = f"{before} {_UNIT.sub('', after) if one.unit else after}"
    found = labels(text)
    # Money needs no word for being a price.
    return found - {"cost"} if any(one.unit in _MONEY for one in counted) else found


def _after(piece: str, counted: Sequence[Amount]) -> str:
    """The first label after the only amount of a part."""
    if len(counted) != 1:
        return ""
    behind = _UNIT.sub("", piece.partition(counted[0].written)[2]).split()
    return next((key for word in behind[:4] for key in labels(word)), "")


def _before(piece: str, counted: tuple[Amount, ...]) -> str:
    """What stands before the first amount of a part."""
    bare = _OWN.sub("", piece)
    spots = [at for one in counted if one.written and (at := bare.find(one.written)) >= 0]
    return bare[: min(spots)] if spots else bare


def _pieces(text: str) -> tuple[list[tuple[str, tuple[Amount, ...]]], str]:
    """A sentence cut so that each part has an amount: what has none goes with what follows it. What is left comes
    second.
    """
    found: list[tuple[str, tuple[Amount, ...]]] = []
    every = [one for one in amounts(text) if one.written]
    if len(every) < 2:
        return [(text, tuple(every))] if every else [], ""
    text, left = in_digits(text), ""
    for piece in _PART.split(text):
        left = f"{left} {piece}" if left else piece
        if counted := tuple(one for one in every if _stands_in(one.written, piece)):
            found.append((left, counted))
            every, left = [one for one in every if one not in counted], ""
    return found, left


def _stands_in(number: str, piece: str) -> bool:
    """Whether the number is there, and not within another."""
    at = piece.find(number)
    while at >= 0:
        around = piece[at - 1 : at] + piece[at + len(number) : at + len(number) + 1]
        if not any(sign.isalnum() for sign in around[: bool(at)]) and not around[-1:].isdigit():
            return True
        at = piece.find(number, at + 1)
    return False
