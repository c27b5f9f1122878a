"""Two ways to search, side by side: which passages move, come and go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from motadata_nb.cards import Card, Cell, Table, shortened, source_name
from motadata_nb.embeddings.registry import EMBEDDERS
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.retrieval import Retrieval
from motadata_nb.results import Result, Tabular
from motadata_nb.vectors.registry import VECTORS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Moved", "RankDiff", "Way", "compare_ranks"]

_SHOWN = 120
_MODE = re.compile(r":(hybrid|keyword|vector)$")


@dataclass(frozen=True, kw_only=True)
class Way:
    """A way to search; None is the index's own."""

    index: str
    mode: str | None = None
    backend: str | None = None
    embedder: str | None = None

    @classmethod
    def parse(cls, text: str, aliases: Iterable[str] = ()) -> Way:
        """`NAME`, with `:MODE`, `@BACKEND` or `@EMBEDDER` behind it. Raises UnknownName, InvalidInput.

        An embedder behind the gateway has its company before it, or is one of the `aliases` of models.
        """
        rest, *behind = text.split("@")
        name, _, mode = rest.partition(":")
        # In any order; the name of an embedder may have a colon too.
        if not mode and behind and (last := _MODE.search(behind[-1])):
            mode, behind[-1] = last[1], behind[-1][: last.start()]
        backends, embedders = VECTORS.names(), [*EMBEDDERS.names(), *aliases]
        found: dict[str, str] = {}
        for word in behind:
            kind = "backend" if word in backends else "embedder"
            if word not in backends and word not in embedders and "/" not in word:
                known = [*backends, *embedders]
                raise UnknownName("vector backend or embedder", word, known, example=f"{rest}@{{}}")
            if kind in found:
                raise InvalidInput(f"'{text}' names two {kind}s.", f"Try: {rest}@{word}")
            found[kind] = word
        return cls(index=name, mode=mode or None, **found)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A passage with its rank, from 1, on either side; None where it is not among the first `k`."""

    source: str
    page: int | None
    text: str
    before: int | None
    after: int | None

    @property
    def change(self) -> str:
        """In words: same, up 2, down 1, new, gone."""
        if self.before is None or self.after is None:
            return "new" if self.before is None else "gone"
        step = self.before - self.after
        return "same" if step == 0 else f"up {step}" if step > 0 else f"down {-step}"


@dataclass(frozen=True, kw_only=True)
class RankDiff(Result, Tabular):
    """What changes in the ranking of one question."""

    question: str
    before: str
    """What the left side is: an index with its mode and backend."""
    after: str
    rows: tuple[Moved, ...]

    @property
    def overlap(self) -> float:
        """Share of passages that are on both sides, from 0 to 1."""
        both = sum(row.before is not None and row.after is not None for row in self.rows)
        return both / len(self.rows) if self.rows else 1.0

    @property
    def df(self) -> pd.DataFrame:
        """One row a passage: before, after, change, source, page, text."""
        import pandas as pd

        columns = ["before", "after", "change", "source", "page", "text"]
        return pd.DataFrame([[getattr(row, c) for c in columns] for row in self.rows], columns=columns)

    def _card(self) -> Card:
        cells: list[list[Cell]] = [
            [row.before, row.after, row.change, source_name(row.source), row.page, shortened(row.text, _SHOWN)]
            for row in self.rows
        ]
        headers = [self.before, self.after, "Change", "Source", "Page", "Passage"]
        table = Table(headers, cells, frozenset({self.before, self.after, "Page"})).without_empty("Page")
        return Card(
            title=f"“{self.question}”",
            status=(f"{self.before} against {self.after}", f"{self.overlap:.0%} in both"),
            summary=table if cells else None,
        )


def compare_ranks(before: tuple[str, Retrieval], after: tuple[str, Retrieval]) -> RankDiff:
    """The ranks of both retrievals. Passages are the same when they overlap in one document."""
    left, right = list(before[1].hits), list(after[1].hits)
    rows: list[Moved] = []
    matched: set[int] = set()
    for rank, hit in enumerate(left, 1):
        found = next((n for n, other in enumerate(right) if n not in matched and _same(hit, other)), None)
        if found is not None:
            matched.add(found)
        rows.append(_moved(hit, rank, None if found is None else found + 1))
    rows += [_moved(hit, None, n + 1) for n, hit in enumerate(right) if n not in matched]
    rows.sort(key=lambda row: (row.after or 10**6, row.before or 10**6))
    same = before[0] == after[0]
    return RankDiff(
        question=before[1].question, before=before[0], after=f"{after[0]} (again)" if same else after[0],
        rows=tuple(rows),
    )  # fmt: skip


def _moved(hit: Hit, before: int | None, after: int | None) -> Moved:
    return Moved(source=hit.source, page=hit.page, text=hit.text, before=before, after=after)


def _same(one: Hit, other: Hit) -> bool:
    if one.document != other.document:
        return False
    return one.start < other.end and other.start < one.end
