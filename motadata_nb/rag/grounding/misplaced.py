"""Whether a claim gives a thing the amount of another one: the price of the next row, the notice for the leave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple, Protocol

from motadata_nb.rag.grounding.amounts import Amount, as_key, kind, same_amount
from motadata_nb.rag.grounding.cells import Cell, is_year, parts
from motadata_nb.rag.grounding.labels import labels
from motadata_nb.rag.words.terms import content

__all__ = ["Known", "is_misplaced"]

_PRONOUN = re.compile(r"^\W*(?:it|its|they|their|this|these|those|he|she|his|her|both|all of them)\b", re.IGNORECASE)
"""What a claim that begins so is of, another sentence says."""
_NUMBERED = frozenset(
    """
    line version room gate platform chapter page section article phase stage step level class grade table figure type
    model zone unit bus tram route floor no no. linie ligne l\u00ednea
    """.split()
)
"""What has numbers for names."""
_HALF = 0.5
"""Share of the labels of a row or column from which a claim names it, and of a claim's words that a sentence has."""
_FEW = 2
"""Words that a claim and a part of a sentence must share, unless the claim has no more."""


_TOLD = 0.5
"""Share of the labels of a part of a sentence that a claim about the same has."""
_COPIED = (3, 5)
"""Words before a number from which it is copied with what it is of."""
_FAR = 0.2
"""Share of a claim's words up to which a sentence says nothing of it."""
_OWN = 0.3
"""Share of a claim's words that may be its amount, which a sentence with another one lacks."""


class Known(Protocol):
    """What is asked of the context."""

    text: str
    sentences: Sequence[str]
    amounts: list[tuple[Amount, ...]]
    by_sentence: list[set[str]]

    @property
    def kinds(self) -> Sequence[frozenset[str]]:
        """What kinds of amounts a sentence has."""

    @property
    def structured(self) -> Sequence[bool]:
        """Whether a sentence may be a table or lines with labels."""

    def cells(self, at: int) -> Sequence[Cell]:
        """The amounts of a sentence with their labels."""

    def holders(self, key: str) -> Sequence[int]:
        """The sentences that have an amount with that :func:`as_key`."""


class _Told(NamedTuple):
    """An amount of the claim: its key, the words of its part, the label of what it counts, what else is stated."""

    amount: Amount
    key: str
    words: frozenset[str]
    counted: frozenset[str]
    beside: frozenset[str]


def is_misplaced(claim: str, stated: Sequence[Amount], recall: Sequence[float], context: Known) -> bool:
    """Whether an amount of the claim, *stated* in it, is known of something else alone, and what the claim names has
    another one. *recall* is the share of its words that each sentence has.
    """
    if _PRONOUN.match(claim):
        return False
    rivals: dict[str, Sequence[int]] = {}
    for one in stated:
        held = context.holders(key) if (key := as_key(one)) else ()
        if held and not _is_copied(one.written, claim, context.text) and (found := _rivals(one, held, recall, context)):
            rivals[key] = _with_more(claim, one, held, found, context)
    if not any(rivals.values()):
        return False
    told = (told for told in _told(claim, context.text) if rivals.get(told.key))
    return any(_is_of_another(one, {*rivals[one.key], *context.holders(one.key)}, context) for one in told)


def _is_copied(number: str, claim: str, known: str) -> bool:
    """Whether the context has the number behind the same words, of which two tell something."""
    words = claim.partition(number)[0].split()
    before = (" ".join(words[-width:]) for width in _COPIED)
    return any(f"{some} {number}" in known and len(labels(some)) > 1 for some in before)


def _rivals(amount: Amount, held: Sequence[int], recall: Sequence[float], context: Known) -> list[int]:
    """The sentences that may say what the amount of the claim should be: tables, and those that have another one in its
    unit and are about as near.
    """
    least, alike = max(max(recall[at] for at in held) - _OWN, _FAR), kind(amount)
    near = [at for at, share in enumerate(recall) if share > least and alike in context.kinds[at]]
    differ = [at for at in near if at not in held or _has_another(context.amounts[at], amount)]
    return sorted({*differ, *(at for at, table in enumerate(context.structured) if table)})


def _with_more(claim: str, amount: Amount, held: Sequence[int], rivals: Sequence[int], context: Known) -> Sequence[int]:
    """Those *rivals* that have words of the claim which a sentence with this amount, and no other like it, has not."""
    alone = next((at for at in held if not (context.structured[at] or _has_another(context.amounts[at], amount))), None)
    if alone is None:
        return rivals
    missing = set(content(claim)) - context.by_sentence[alone]
    return [at for at in rivals if context.structured[at] or not missing.isdisjoint(context.by_sentence[at])]


def _has_another(counted: Sequence[Amount], amount: Amount) -> bool:
    """Whether there is another amount of the same kind."""
    return any(one.value != amount.value and kind(one) == kind(amount) for one in counted)


def _told(claim: str, known: str) -> Iterator[_Told]:
    cells = [cell._replace(column=cell.column | cell.beside) for cell in parts(claim, numbered=True)]
    every = frozenset(as_key(one) for cell in cells for one in cell.amounts)
    several = any(cell.heads for cell in cells)
    for cell in cells:
        beside = every if several else frozenset(map(as_key, cell.amounts))
        for one in cell.amounts:
            key, behind = as_key(one), claim.partition(one.written)[2]
            if one.unit or not _is_name(one.written, claim, known):
                own = labels(one.written) if not one.unit else frozenset[str]()
                yield _Told(one, key, cell.words - own, _following(cell, behind), beside - {key})


def _following(cell: Cell, behind: str) -> frozenset[str]:
    """The label of what the claim counts."""
    return frozenset({cell.counted}) if cell.counted else labels(" ".join(behind.split()[:1]))


def _is_name(number: str, claim: str, known: str) -> bool:
    """Whether the number is part of a name that the context has: Falcon 300, line 18, 24/7."""
    if f"/{number}" in claim or f"{number}/" in claim:
        return True
    word = " ".join(claim.partition(number)[0].split()[-1:])
    named = word.lower() in _NUMBERED or (len(word) > 1 and word[0].isupper())
    return named and f"{word} {number}" in known


def _is_of_another(told: _Told, rivals: Set[int], context: Known) -> bool:
    cells = [(at, cell) for at in rivals for cell in context.cells(at)]
    if any(told.key in cell.words for _, cell in cells):
        return False
    holders = [(at, cell) for at, cell in cells if _holds(cell, told)]
    accused = any(_accuses(at, cell, told, holders) for at, cell in cells)
    every = (other for counted in context.amounts for other in counted)
    return accused and not any(same_amount(told.amount, other) and told.key != as_key(other) for other in every)


def _holds(cell: Cell, told: _Told) -> bool:
    return any(told.key == as_key(one) for one in cell.amounts)


def _accuses(at: int, cell: Cell, told: _Told, holders: Sequence[tuple[int, Cell]]) -> bool:
    """Whether the claim names what the cell is of, and no holder of its amount as well as that."""
    hits = cell.words & told.words
    if not hits or _holds(cell, told):
        return False
    alike = [one for one in cell.amounts if kind(one) == kind(told.amount)] or cell.amounts
    if {as_key(one) for one in alike} & told.beside or is_year(told.amount) != any(map(is_year, alike)):
        return False
    beside = [holder for place, holder in holders if place == at]
    if len(beside) == len(holders) and _is_of_other_part(cell, told, beside):
        return True
    if cell.place[1] < 0:
        others = [holder for _, holder in holders]
        return all(_is_better(hits, holder, told, cell) for holder in others) and _says_as_much(
            cell, hits, told, others
        )
    hits |= cell.beside & told.words
    named = [(place == at, holder) for place, holder in holders]
    return all(_is_better(hits, holder, told, cell) for _, holder in named) and _is_named(cell, told, named)


def _is_of_other_part(cell: Cell, told: _Told, beside: Sequence[Cell]) -> bool:
    """Whether the claim counts what this part of a sentence counts, or names all that is its own, and nothing of the
    parts that have its amount.
    """
    if not cell.own or not _has_kind(cell, told.amount):
        return False
    if cell.own <= told.words and not any(holder.own & told.words for holder in beside):
        return True
    if cell.before <= told.words and all(_has_other_subject(holder, cell, told.words) for holder in beside):
        return True
    return cell.counted in told.counted and all(
        holder.counted and holder.counted not in told.words and cell.counted not in holder.words for holder in beside
    )


def _has_other_subject(holder: Cell, cell: Cell, words: frozenset[str]) -> bool:
    """Whether something else than in the cell stands before its amount, of which the claim does not speak."""
    return bool(cell.before - holder.before) and bool(holder.before - cell.before - words)


def _is_better(hits: frozenset[str], holder: Cell, told: _Told, cell: Cell) -> bool:
    """Whether the cell has all that the claim shares with the holder, and more, or is alone in its unit."""
    theirs, unit = (holder.words | holder.beside) & told.words, told.amount.unit
    alone = unit and _has_kind(cell, told.amount) and not _has_kind(holder, told.amount)
    return theirs <= hits if alone else theirs < hits


def _has_kind(cell: Cell, amount: Amount) -> bool:
    return any(kind(one) == kind(amount) for one in cell.amounts)


def _says_as_much(cell: Cell, hits: frozenset[str], told: _Told, holders: Sequence[Cell]) -> bool:
    """Whether a part of a sentence tells what the claim tells, in the same unit or of the same thing."""
    unit = told.amount.unit
    if not _has_kind(cell, told.amount):
        return False
    if _share(cell.row, told.words) >= _HALF:
        return True
    every = hits == told.words
    if not unit and not is_year(told.amount) and not (told.counted & hits if told.counted else every):
        return False
    if len(cell.column & hits) < _TOLD * len(cell.column) and not (every and len(hits) >= _FEW):
        return False
    few = _FEW if any(_has_kind(holder, told.amount) for holder in holders) else 1
    return every or (len(hits) >= few and len(hits) >= _HALF * len(told.words))


def _is_named(cell: Cell, told: _Told, holders: Sequence[tuple[bool, Cell]]) -> bool:
    """Whether the claim names the row, the column, or both, in which the cell differs from those with its amount; of
    each of these whether it stands in the same table.
    """
    units, unit = {kind(one) for one in cell.amounts}, kind(told.amount)
    row, column = _share(cell.row, told.words), _share(cell.column, told.words)
    if not any(holder.words & told.words for _, holder in holders):
        column = max(column, _share(told.words, cell.column))
    for together, holder in holders:
        if unit not in units and not units & {kind(one) for one in holder.amounts}:
            continue
        below = (bool(cell.column) and holder.column == cell.column) or (together and holder.place[1] == cell.place[1])
        if (below and row >= _HALF) or (together and holder.place[0] == cell.place[0] and column >= _HALF):
            return True
    return unit in units and min(row, column) >= _HALF


def _share(label: frozenset[str], words: frozenset[str]) -> float:
    return len(label & words) / len(label) if label else 0.0
