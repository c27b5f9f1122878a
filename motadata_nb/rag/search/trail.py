"""What a search leaves behind for those who ask how a passage was found, and why another was not taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from motadata_nb.cards import shortened
from motadata_nb.catalog.records import ChunkRow
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.search.ranking import Ranking

__all__ = ["Place", "SHOWN", "Trail", "passed_over", "place_of"]

SHOWN = 30
"""Candidates of a search that are shown with their places."""
_BEGINNING = 200


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a candidate stands, and how it begins."""

    source: str
    page: int | None
    text: str


@dataclass(frozen=True, kw_only=True)
class Trail:
    """Every search that was made, and what later steps did with its candidates. Keys are ids of chunks."""

    searches: tuple[tuple[str, Ranking], ...] = ()
    """What was searched for, each with its ranking; the question comes first."""
    fused: Mapping[int, float] = field(default_factory=dict)
    """The candidates of several searches together, best first; empty for one."""
    reranker: str = ""
    reranked: Mapping[int, float] = field(default_factory=dict)
    """What the reranker gave, in its own range."""
    diverse: bool = False
    """Whether what repeats was left out."""
    around: int = 0
    """Passages on both sides by which each hit was widened."""
    spread: bool = False
    """Whether further documents were preferred to further chunks of a short one."""
    dropped: Mapping[int, str] = field(default_factory=dict)
    """Why a candidate was left out that stands before others that were not."""
    places: Mapping[int, Place] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Time of what came beside the search itself."""

    def candidates(self) -> list[int]:
        """The chunks that can be shown, of all searches."""
        scores = [*(ranking.scores for _, ranking in self.searches), self.fused, self.reranked]
        return list(dict.fromkeys(chunk for found in scores for chunk in list(found)[:SHOWN]))


def place_of(row: ChunkRow | Hit) -> Place:
    """The place of a chunk, or of a hit."""
    return Place(source=row.source, page=row.page, text=shortened(row.text, _BEGINNING))


def passed_over(trail: Trail, hits: Sequence[Hit], rows: Mapping[int, ChunkRow]) -> dict[int, str]:
    """Candidates of one search that stand before the last it took and were not taken, each with the reason."""
    if len(trail.searches) != 1:
        return {}
    order = list(trail.searches[0][1].scores)
    taken = {hit.chunk for hit in hits} | set(trail.reranked)
    last = max((place for place, chunk in enumerate(order) if chunk in taken), default=-1)
    passed = [chunk for chunk in order[: min(last, SHOWN)] if chunk not in taken]
    return {chunk: _reason(trail, rows.get(chunk), hits) for chunk in passed}


def _reason(trail: Trail, row: ChunkRow | None, hits: Sequence[Hit]) -> str:
    if row is None:
        return "deleted meanwhile"
    if any(hit.document_id == row.document_id and hit.start <= row.start < hit.end for hit in hits):
        return "part of a better passage"
    if trail.diverse:
        return "repeats a better passage"
    return "its document is there already" if trail.spread else "left out"
