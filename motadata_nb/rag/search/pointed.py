"""Hits that have what a question points at, before those that are merely near: the item of a label, the words that an
abbreviation stands for, the financial statement or the page that it names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from motadata_nb.rag.extractive.definitions import abbreviation, spells_out
from motadata_nb.rag.extractive.labels import Label, asked_label, item_spans, names_only, phrases, stands_under
from motadata_nb.rag.extractive.pages import asked_page
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.retrieval import Retrieval
from motadata_nb.rag.search.statements import asked_statements

__all__ = ["Aim", "POINTED", "aim", "aimed"]

POINTED = 60
"""Hits among which is looked for what a question points at."""


@dataclass(frozen=True)
class Aim:
    """What a question points at."""

    phrases: tuple[str, ...]
    """Words that stand in a row where it is."""
    direct: Callable[[Hit], int]
    """How directly a hit has it; 0 not at all."""
    page: int | None = None
    """The page on which it is."""


def aim(question: str) -> Aim | None:
    """What *question* points at; None when it merely asks."""
    if short := abbreviation(question):
        return Aim((short,), lambda hit: int(spells_out(short, hit.text)))
    if label := asked_label(question):
        return Aim(phrases(question), lambda hit: _direct(label, hit, alone=names_only(question)))
    if statements := tuple(asked_statements(question)):
        names = tuple(name for statement in statements for name in statement.phrases)
        return Aim(names, lambda hit: int(any(statement.is_in(hit.heading, hit.text) for statement in statements)))
    if page := asked_page(question):
        return Aim((), lambda hit: int(page == hit.page or any(page == turned for _, turned in hit.turns)), page)
    return None


def _direct(label: Label, hit: Hit, *, alone: bool) -> int:
    has, under = any(item_spans(label, hit.text)), stands_under(label, hit.heading)
    # Asked for the item alone, the passage that opens with it; otherwise all that stands under it.
    return 2 * (has and under) + (has or under) if alone else int(has or under)


def aimed(found: Retrieval, holding: Sequence[Hit], at: Aim, k: int) -> Retrieval:
    """The best `k` of what was found, and of the hits *holding* the phrases, those that are pointed at first.

    What merely holds the phrases comes in the order of its documents among what was found.
    """
    known = {hit.chunk for hit in found.hits}
    top = max((hit.score for hit in found.hits), default=1.0)
    documents = list(dict.fromkeys(hit.document_id for hit in found.hits))
    place = {document: n for n, document in enumerate(documents)}
    further = [replace(hit, score=top) for hit in holding if hit.chunk not in known]
    every = [*found.hits, *sorted(further, key=lambda hit: place.get(hit.document_id, len(place)))]
    direct = {hit.chunk: at.direct(hit) for hit in every}
    best = sorted((hit for hit in every if hit.chunk in known or direct[hit.chunk]), key=lambda h: -direct[h.chunk])[:k]
    right = sum(direct[hit.chunk] > 0 for hit in best)
    return found.kept(best, *([f"pointed at {right}"] if right else ()))
