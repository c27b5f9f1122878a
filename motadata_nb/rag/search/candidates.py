"""The candidates of a search in a table: where each stands, its rank in each stage, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Cell, Table, shortened, source_name
from motadata_nb.rag.search.ranking import Ranking
from motadata_nb.rag.search.trail import SHOWN, Place, Trail

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["candidate_frame", "final_table", "search_table"]

_PASSAGE = 100
_DOT = "\u00a0·\u00a0"
_NOWHERE = Place(source="", page=None, text="")


def candidate_frame(trail: Trail, outcome: Mapping[int, str], otherwise: str) -> pd.DataFrame:
    """One row a candidate, in final order: its rank and score in each stage of the question's own search, and what
    became of it. Several searches: `rank` and `score` are those of all together, `searches` its rank in each."""
    import pandas as pd

    if not trail.searches:
        return pd.DataFrame()
    ranking = trail.searches[0][1]
    places = {name: _ranks(getattr(ranking, name)) for name in ("keyword", "vector", "fused")}
    in_each = [_ranks(other.scores) for _, other in trail.searches]
    rows: list[dict[str, Any]] = []
    for rank, (chunk, score) in enumerate(_scores(trail).items(), 1):
        place = trail.places.get(chunk, _NOWHERE)
        rows.append({
            "chunk": chunk, "rank": rank, "score": score, "source": place.source or None, "page": place.page,
            "text": place.text or None, **{f"{name}_rank": ranks.get(chunk) for name, ranks in places.items()},
            "bm25": ranking.keyword.get(chunk), "cosine": ranking.vector.get(chunk),
            **({"reranker": trail.reranked.get(chunk)} if trail.reranked else {}),
            **({"searches": tuple(ranks.get(chunk) for ranks in in_each)} if trail.fused else {}),
            "outcome": outcome.get(chunk, otherwise),
        })  # fmt: skip
    return pd.DataFrame(rows)


def final_table(trail: Trail, outcome: Mapping[int, str], otherwise: str) -> Table:
    """The first candidates in the order that counts in the end: of the reranker, of all searches, or of the one.

    Where a cell has two numbers, they are rank and score.
    """
    scores = _scores(trail)
    order = list(dict.fromkeys([*trail.reranked, *scores]))[:SHOWN]
    if trail.fused:
        in_each = [_ranks(ranking.scores) for _, ranking in trail.searches]
        names = ["Rank in each search"]
        cells: list[list[Cell]] = [[_DOT.join(str(ranks.get(c, "–")) for ranks in in_each)] for c in order]
    else:
        names, cells = _stages(trail.searches[0][1], order)
    if trail.reranked:
        names = [*names, "Score", trail.reranker]
        ranks = _ranks(scores)
        found = [[_both(ranks.get(c), scores.get(c)), _decimal(trail.reranked.get(c))] for c in order]
    else:
        names = [*names, "Score"]
        found = [[_decimal(scores.get(c))] for c in order]
    rows: list[list[Cell]] = [
        [place, _passage(trail, chunk), *stages, *judged, outcome.get(chunk, otherwise)]
        for place, (chunk, stages, judged) in enumerate(zip(order, cells, found, strict=True), 1)
    ]
    return Table(["Place", "Passage", *names, "Outcome"], rows, frozenset({"Place", *names}))


def search_table(trail: Trail, ranking: Ranking) -> Table:
    """The first candidates of one of several searches."""
    order = list(ranking.scores)[:SHOWN]
    names, cells = _stages(ranking, order)
    names = [*names, "Score"]
    rows: list[list[Cell]] = [
        [place, _passage(trail, chunk), *stages, _decimal(ranking.scores[chunk])]
        for place, (chunk, stages) in enumerate(zip(order, cells, strict=True), 1)
    ]
    return Table(["Place", "Passage", *names], rows, frozenset({"Place", *names}))


def _passage(trail: Trail, chunk: int) -> str:
    """Where a candidate stands, and how it begins: in one cell, which leaves the words room."""
    place = trail.places.get(chunk)
    if place is None:
        return ""
    page = f", page {place.page}" if place.page else ""
    return f"{source_name(place.source)}{page}: {shortened(place.text, _PASSAGE)}"


def _stages(ranking: Ranking, order: Iterable[int]) -> tuple[list[str], list[list[Cell]]]:
    """Rank and score of both arms, where there are two; and what the first search made of them."""
    arms = {"Keyword": ranking.keyword, "Vector": ranking.vector}
    used = {name: (scores, _ranks(scores)) for name, scores in arms.items() if scores}
    first = _ranks(ranking.fused)
    headers = [*used, *(["First search"] if first else [])]
    cells: list[list[Cell]] = [
        [*(_both(ranks.get(chunk), scores.get(chunk)) for scores, ranks in used.values()),
         *([first.get(chunk)] if first else [])]
        for chunk in order
    ]  # fmt: skip
    return headers, cells


def _both(rank: int | None, score: float | None) -> Cell:
    return None if rank is None or score is None else f"{rank}{_DOT}{score:.3g}"


def _scores(trail: Trail) -> Mapping[int, float]:
    return trail.fused or trail.searches[0][1].scores


def _ranks(scores: Iterable[int]) -> dict[int, int]:
    return {chunk: rank for rank, chunk in enumerate(scores, 1)}


def _decimal(score: float | None) -> Cell:
    return None if score is None else f"{score:.3f}"
