"""How an answer came about: each stage's candidates, scores, drops and reasons, timing, tokens, exact messages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from motadata_nb.cards import Card, Cell, Preformatted, Section, Table, counted, shortened, source_name
from motadata_nb.gateway.base import Usage
from motadata_nb.rag.context import Decision
from motadata_nb.rag.retrieval import Retrieval
from motadata_nb.rag.search.candidates import candidate_frame, final_table, search_table
from motadata_nb.rag.search.ranking import Ranking
from motadata_nb.rag.search.trail import SHOWN, Trail, place_of
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.gateway.base import Message

__all__ = ["Explanation"]

_TERMS = 30
_PASSAGE = 140


@dataclass(frozen=True, kw_only=True)
class Explanation(Result, Tabular):
    """The way from a question to what a model is shown, stage by stage."""

    retrieval: Retrieval
    decisions: tuple[Decision, ...] = ()
    """What became of each hit on the way to the model; none when nothing was asked for but the hits."""
    messages: tuple[Message, ...] = ()
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    """Of the whole answer; 0 when nothing was asked for but the hits."""

    @property
    def df(self) -> pd.DataFrame:
        """One row a candidate chunk, in final order: where it stands, rank and score in each stage, and its fate."""
        return candidate_frame(self._trail, self._outcomes(), self._otherwise)

    def sections(self) -> Iterator[Section]:
        """What an answer's card shows of it: one line with all stages, and the sections."""
        yield Section(title="How it was found", content=" · ".join(self._line()))
        yield from self._sections()

    def _card(self) -> Card:
        dropped = sum(d.number is None for d in self.decisions)
        return Card(
            title="How it was found",
            status=self._line(),
            attention=((f"{counted(dropped, 'passage')} dropped",) if dropped else ()) + self.retrieval.remarks,
            sections=tuple(self._sections()),
        )

    def _line(self) -> tuple[str, ...]:
        kept = [d.tokens for d in self.decisions if d.number is not None]
        context = (f"context {counted(sum(kept), 'token')} in {counted(len(kept), 'passage')}",)
        read, written = self.usage.input_tokens, self.usage.output_tokens
        model = (f"{self.model} {read:,} tokens in, {written:,} out",) if read or written else ()
        return (
            " → ".join(self.retrieval.stages),
            *(context if self.decisions else ()),
            *model,
            f"{self.retrieval.seconds * 1000:,.0f} ms",
        )

    @property
    def _otherwise(self) -> str:
        return f"below the best {len(self.retrieval.hits)}"

    def _outcomes(self) -> dict[int, str]:
        hits = {hit.chunk: f"hit {n}" for n, hit in enumerate(self.retrieval.hits, 1)}
        decided = {d.hit.chunk: d.mark or d.reason for d in self.decisions}
        return {**self.retrieval.trail.dropped, **hits, **decided}

    @property
    def _trail(self) -> Trail:
        """The trail; of an index that is gone, the hits at least have places."""
        trail = self.retrieval.trail
        return trail if trail.places else replace(trail, places={h.chunk: place_of(h) for h in self.retrieval.hits})

    def _sections(self) -> Iterator[Section]:
        trail = self._trail
        searched = [text for text, _ in trail.searches]
        if self.retrieval.searches or len(searched) > 1:
            numbered = "\n".join(f"{n}. {text}" for n, text in enumerate(searched, 1))
            yield Section(title="Searched for", content=Preformatted(numbered), open=True)
        if self.retrieval.corrections:
            read = "\n".join(f"{typed} \u2192 {meant}" for typed, meant in self.retrieval.corrections)
            yield Section(title="Read as", content=Preformatted(read))
        if self.decisions:
            yield _decided(self.decisions)
        if count := len(trail.fused or (trail.searches[0][1].scores if trail.searches else ())):
            table = final_table(trail, self._outcomes(), self._otherwise)
            yield Section(title=_titled("Candidates", count), content=table)
        if len(searched) > 1:
            for n, (_, ranking) in enumerate(trail.searches, 1):
                title = _titled(f"Candidates of search {n}", len(ranking.scores))
                yield Section(title=title, content=search_table(trail, ranking))
        elif trail.searches:
            yield from _terms(trail.searches[0][1])
        yield Section(title="The search", content=Table(["", "What was asked for"], self._asked()))
        yield from self._timing()
        for message in self.messages:
            yield Section(title=f"Message: {message['role']}", content=Preformatted(str(message["content"])))

    def _asked(self) -> list[list[Cell]]:
        """The question, and how it was to be searched for."""
        found = self.retrieval
        rows: list[tuple[str, str]] = [
            ("question", found.question),
            ("index", f"{found.index}, {counted(found.chunks, 'chunk')}"),
            ("mode", found.mode),
            ("filter", found.where or ""),
            ("reranker", found.trail.reranker),
            ("hits", ", ".join(self._shape())),
        ]
        return [[name, value] for name, value in rows if value]

    def _shape(self) -> Iterator[str]:
        trail = self.retrieval.trail
        if trail.diverse:
            yield "without what repeats (--diversity)"
        if trail.around:
            yield f"each with {counted(trail.around, 'passage')} before and after it (--around)"

    def _timing(self) -> Iterator[Section]:
        """The steps of each search, what came beside it, and what is left of the answer's time."""
        trail = self.retrieval.trail
        rows: list[list[Cell]] = []
        for n, (_, ranking) in enumerate(trail.searches, 1):
            name = "search" if len(trail.searches) == 1 else f"search {n}"
            steps = " · ".join(f"{stage} {seconds * 1000:.1f}" for stage, seconds in ranking.seconds.items())
            rows.append([name, _ms(sum(ranking.seconds.values())), steps])
        rows += [[name, _ms(seconds), ""] for name, seconds in trail.seconds.items()]
        if self.seconds:
            rows.append(["retrieval in all", _ms(self.retrieval.seconds), ""])
            rows.append(["answer in all", _ms(self.seconds), ""])
        if rows:
            yield Section(title="Timing", content=Table(["Step", "ms", "Of it, in ms"], rows, frozenset({"ms"})))


def _titled(what: str, count: int) -> str:
    return f"{what} ({count})" if count <= SHOWN else f"{what} (the first {SHOWN} of {count})"


def _ms(seconds: float) -> Cell:
    return f"{seconds * 1000:,.1f}"


def _terms(ranking: Ranking) -> Iterator[Section]:
    if ranking.terms:
        best = sorted(ranking.terms.items(), key=lambda item: -item[1])[:_TERMS]
        text = ", ".join(f"{term} {weight:.2f}" for term, weight in best)
        yield Section(title="Second search, by words", content=text)


def _decided(decisions: Sequence[Decision]) -> Section:
    rows: list[list[Cell]] = [
        [
            d.mark or "–", source_name(d.hit.source), d.hit.page, d.tokens, d.reason,
            shortened(d.hit.text, _PASSAGE),
        ]
        for d in decisions
    ]  # fmt: skip
    headers = ["", "Source", "Page", "Tokens", "Decision", "Passage"]
    table = Table(headers, rows, frozenset({"Page", "Tokens"})).without_empty("Page")
    kept = sum(d.number is not None for d in decisions)
    return Section(title=f"Passages ({kept} of {len(decisions)} kept)", content=table, open=True)
