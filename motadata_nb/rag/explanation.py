"""How an answer came about: each stage's candidates, scores, drops and reasons, timing, tokens, exact messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from motadata_nb.cards import Card, Cell, Preformatted, Section, Table, counted
from motadata_nb.rag.context import Decision
from motadata_nb.rag.ranking import Ranking
from motadata_nb.rag.retrieval import Retrieval
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.gateway.base import Message

__all__ = ["Explanation"]

_SHOWN = 30
_PASSAGE = 120


@dataclass(frozen=True, kw_only=True)
class Explanation(Result, Tabular):
    """The way from a question to what a model is shown, stage by stage."""

    retrieval: Retrieval
    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...] = ()

    @property
    def df(self) -> pd.DataFrame:
        """One row a candidate chunk, in final order: rank and score in each stage, and what became of it."""
        import pandas as pd

        ranking = self.retrieval.ranking
        if ranking is None:
            return pd.DataFrame()
        places = {name: _places(getattr(ranking, name)) for name in ("keyword", "vector", "fused")}
        outcome = self._outcomes()
        rows = [
            {
                "chunk": chunk, "rank": rank, "score": score,
                **{f"{name}_rank": place.get(chunk) for name, place in places.items()},
                "bm25": ranking.keyword.get(chunk), "cosine": ranking.vector.get(chunk),
                "outcome": outcome.get(chunk, f"below the best {len(self.retrieval.hits)}"),
            }
            for rank, (chunk, score) in enumerate(ranking.scores.items(), 1)
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def _outcomes(self) -> dict[int, str]:
        return {d.hit.chunk: f"[{d.number}]" if d.number else d.reason for d in self.decisions}

    def _card(self) -> Card:
        tokens = sum(d.tokens for d in self.decisions if d.number is not None)
        kept = sum(d.number is not None for d in self.decisions)
        dropped = len(self.decisions) - kept
        return Card(
            title="How it was found",
            status=(
                " → ".join(self.retrieval.stages),
                f"context {counted(tokens, 'token')} in {counted(kept, 'passage')}",
                f"{self.retrieval.seconds * 1000:,.0f} ms",
            ),
            attention=(f"{counted(dropped, 'passage')} dropped",) if dropped else (),
            sections=tuple(self._sections()),
        )

    def _sections(self) -> Iterator[Section]:
        if self.retrieval.searches:
            yield Section(title="Searched for", content=Preformatted("\n".join(self.retrieval.searches)))
        if self.retrieval.corrections:
            read = "\n".join(f"{typed} \u2192 {meant}" for typed, meant in self.retrieval.corrections)
            yield Section(title="Read as", content=Preformatted(read))
        yield _decided(self.decisions)
        ranking = self.retrieval.ranking
        if ranking is not None:
            yield from self._ranked(ranking)
        for message in self.messages:
            yield Section(title=f"Message: {message['role']}", content=Preformatted(str(message["content"])))

    def _ranked(self, ranking: Ranking) -> Iterator[Section]:
        frame = self.df.head(_SHOWN)
        columns = {"rank": "Rank", "keyword_rank": "Keyword", "vector_rank": "Vector", "fused_rank": "First search"}
        rows: list[list[Cell]] = [
            [
                *(_whole(row[name]) for name in columns),
                _decimal(row["bm25"]), _decimal(row["cosine"]), _decimal(row["score"]), str(row["outcome"]),
            ]
            for row in frame.to_dict("records")
        ]  # fmt: skip
        headers = [*columns.values(), "BM25", "Cosine", "Score", "Outcome"]
        yield Section(
            title=f"Candidates ({len(ranking.scores)})", content=Table(headers, rows, frozenset(headers[:-1]))
        )
        if ranking.terms:
            best = sorted(ranking.terms.items(), key=lambda item: -item[1])[:_SHOWN]
            text = ", ".join(f"{term} {weight:.2f}" for term, weight in best)
            yield Section(title="Second search, by words", content=text)
        if ranking.seconds:
            timing = " · ".join(f"{stage} {seconds * 1000:.1f} ms" for stage, seconds in ranking.seconds.items())
            yield Section(title="Timing", content=timing)


def _places(scores: dict[int, float]) -> dict[int, int]:
    return {chunk: place for place, chunk in enumerate(scores, 1)}


def _whole(value: object) -> Cell:
    return int(value) if isinstance(value, int | float) and value == value else None


def _decimal(value: object) -> Cell:
    return f"{value:.3f}" if isinstance(value, float) and value == value else None


def _decided(decisions: Sequence[Decision]) -> Section:
    rows: list[list[Cell]] = [
        [
            f"[{d.number}]" if d.number else "–", d.hit.source, d.hit.page, d.tokens, d.reason,
            " ".join(d.hit.text.split())[:_PASSAGE],
        ]
        for d in decisions
    ]  # fmt: skip
    table = Table(["", "Source", "Page", "Tokens", "Decision", "Passage"], rows, frozenset({"Page", "Tokens"}))
    kept = sum(d.number is not None for d in decisions)
    return Section(title=f"Passages ({kept} of {len(decisions)} kept)", content=table, open=True)
