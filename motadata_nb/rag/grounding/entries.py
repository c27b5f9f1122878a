"""Whether a claim gives a row of a table the words of another one, or the opposite of its own."""

from __future__ import annotations

from typing import NamedTuple

from motadata_nb.rag.grounding.amounts import amounts
from motadata_nb.rag.grounding.labels import labels
from motadata_nb.rag.grounding.tables import body_of, fields_of
from motadata_nb.rag.words.polarity import negated, opposites

__all__ = ["is_misnamed"]


class _Entry(NamedTuple):
    """A cell with words: of what, in which column, and what it says."""

    row: frozenset[str]
    column: int
    value: frozenset[str]
    written: str


def is_misnamed(claim: str, evidence: str) -> bool:
    """Whether *evidence*, a table or lines with labels, has the words of the claim for another row than the claim
    names, or the opposite for that.
    """
    said = labels(claim)
    named = [entry for entry in _entries(evidence) if entry.row and entry.row <= said]
    if any(_is_opposed(claim, entry) for entry in named):
        return True
    others = [
        entry for entry in _entries(evidence) if entry.row.isdisjoint(said) and entry.value and entry.value <= said
    ]
    if not others or negated(claim):
        return False
    return any(
        one.column == other.column and one.value.isdisjoint(said) and not amounts(one.written)
        for one in named
        for other in others
    )


def _is_opposed(claim: str, entry: _Entry) -> bool:
    return bool(opposites(claim, entry.written)) and negated(claim) == negated(entry.written)


def _entries(text: str) -> list[_Entry]:
    """The cells without amounts."""
    cells = [(row[0], at, value) for row in body_of(text) for at, value in enumerate(row[1:], 1)]
    found = cells or [(label, 0, value) for label, value in fields_of(text)]
    return [_Entry(labels(row), at, labels(value), value) for row, at, value in found if value and not amounts(value)]
