"""What retrieval gives: hits, best first, and how they were found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card, Mark, Meter, Section, Table, counted, shortened, source_name
from motadata_nb.errors import InvalidInput, typed
from motadata_nb.rag.exhibits import exhibits
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.search.ranking import Ranking
from motadata_nb.rag.search.spelling import Correction
from motadata_nb.rag.search.trail import Trail
from motadata_nb.results import Result, Tabular

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.rag.explanation import Explanation

__all__ = ["Retrieval", "in_turn"]

_SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class Retrieval(Result, Tabular):
    """The hits of a question."""

    question: str
    hits: tuple[Hit, ...]
    mode: str
    index: str
    chunks: int
    """Chunks in the index."""
    where: str | None = None
    """The filter that hits had to pass."""
    pending: int = 0
    """Chunks of the index that are not embedded yet; they were searched by keyword alone."""
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    """What to know about the result: why a filter lets nothing pass."""
    corrections: tuple[Correction, ...] = ()
    """Words of the question that stand in no document, as they were typed and as they were read."""
    searches: tuple[str, ...] = ()
    """What was searched for, where it is not the question alone: a follow-up rewritten, an expansion."""
    stages: tuple[str, ...] = ()
    """Each stage with its number of candidates."""
    ranking: Ranking | None = field(default=None, repr=False)
    """What each stage of the search for the question saw."""
    trail: Trail = field(default_factory=Trail, repr=False)
    """All that was searched for, and what later steps did with it; see `explain`."""

    def __getstate__(self) -> dict[str, Any]:
        # Where it came from is not part of what it is, and cannot be copied.
        return {name: value for name, value in vars(self).items() if name != "_index"}

    def explore(self) -> Any:
        """The retrieval explorer on this question. Raises InvalidInput for a retrieval that no index here has made."""
        from motadata_nb.explorers.registry import explore

        index = vars(self).get("_index")
        if index is None:
            raise InvalidInput("This retrieval came without its index.", "Type: ws.index('NAME').explore('question')")
        return explore("index", index, self.question)

    def kept(self, hits: Sequence[Hit], *steps: str) -> Retrieval:
        """The same with these hits; `steps` are the stages that chose them."""
        return replace(self, hits=tuple(hits), stages=(*self.stages[:-1], *steps, f"kept {len(hits)}"))

    def explain(self) -> Explanation:
        """Each stage's candidates, scores, drops and reasons, and timing."""
        from motadata_nb.rag.explanation import Explanation

        index = vars(self).get("_index")
        return Explanation(retrieval=self if index is None or self.trail.places else index.located(self))

    @property
    def df(self) -> pd.DataFrame:
        """One row a hit: score, source, page, text, document, start, end, and its metadata."""
        import pandas as pd

        columns = ["score", "source", "page", "text", "document", "start", "end", "keyword", "vector"]
        rows = [{**hit.metadata, **{c: getattr(hit, c) for c in columns}} for hit in self.hits]
        extra = [c for c in dict.fromkeys(key for row in rows for key in row) if c not in columns]
        return pd.DataFrame(rows, columns=[*columns, *extra])

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know of it, in words for the quiet line."""
        if not self.chunks:
            return (f"{self.index} is empty: %ingest FILE --into {typed(self.index)}", *self.notes)
        read = tuple(f"\u201c{typed}\u201d read as \u201c{meant}\u201d" for typed, meant in self.corrections)
        found = "are not found yet" if self.mode == "vector" else "are found by keyword only"
        pending = (f"still being embedded: {self.pending:,} of {counted(self.chunks, 'chunk')} {found}",)
        return (*read, *self.notes, *(pending if self.pending else ()))

    def _how(self) -> Iterator[Section]:
        if self.stages:
            yield Section(title="How it was found", content=" → ".join(self.stages))

    def _card(self) -> Card:
        rows = [
            [f"[{n}]", source_name(hit.source), hit.page, Meter(hit.score), Mark(shortened(hit.text, _SHOWN))]
            for n, hit in enumerate(self.hits, 1)
        ]
        table = Table(["", "Source", "Page", "Score", "Passage"], rows, frozenset({"Page", "Score"})).without_empty(
            "Page"
        )
        return Card(
            title=counted(len(self.hits), "passage") if self.hits else "Nothing found",
            status=(f"{self.mode}, {self.index}: {counted(self.chunks, 'chunk')}", f"{self.seconds:.2f} s"),
            attention=self.remarks,
            summary=table if self.hits else None,
            sections=(*exhibits(self.hits), *self._how()),
        )


def in_turn(found: Sequence[Retrieval]) -> Retrieval:
    """One retrieval of the answers to several questions: the best hit of each, then the second of each, and so on."""
    rounds = (hit for place in zip_longest(*(r.hits for r in found)) for hit in place if hit is not None)
    hits = {hit.chunk: hit for hit in reversed(list(rounds))}
    read = tuple(dict.fromkeys(one for r in found for one in r.corrections))
    stages = (f"{len(found)} questions", *found[0].stages[:-1], f"kept {len(hits)}")
    best = tuple(hits.values())[::-1]
    trail = Trail(
        searches=tuple(search for r in found for search in r.trail.searches),
        fused={hit.chunk: hit.score for hit in best},
    )
    searches = tuple(text for r in found for text in r.searches)
    return replace(found[0], hits=best, corrections=read, stages=stages, trail=trail, searches=searches)
