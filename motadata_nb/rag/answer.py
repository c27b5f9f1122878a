"""What an answer is: text, the passages it stands on, and how it was made."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card, Cell, Mark, Meter, Preformatted, Section, Table, counted, source_name
from motadata_nb.gateway.base import Usage
from motadata_nb.rag.check import Groundedness
from motadata_nb.rag.context import Decision
from motadata_nb.rag.exhibits import exhibits
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.retrieval import Retrieval
from motadata_nb.results import Result
from motadata_nb.telemetry.prices import money

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.rag.explanation import Explanation

__all__ = ["Answer", "Citation"]

_LINE = 90
_URL = re.compile(r"https?://[^\s<>\"')\]]+[^\s<>\"')\].,;:]")


@dataclass(frozen=True, kw_only=True)
class Citation:
    """A place in a document that supports a part of the answer."""

    number: int
    """The n of `[n]` in the answer."""
    source: str
    page: int | None
    score: float
    """Relevance of the sentence, from 0 to 1."""
    sentence: str
    start: int
    """Character position of the sentence in the document's text."""
    end: int
    document: str
    passage: str = ""
    """The chunk that was given to the model."""
    span: tuple[int, int] = (0, 0)
    """Where the supported sentence stands in the answer's text."""
    field: str = ""
    """The field of an answer as data whose value is supported, like `items[0].price`."""


@dataclass(frozen=True, kw_only=True)
class Answer(Result):
    """A cited answer. `str(answer)` is good in a terminal."""

    question: str
    text: str
    citations: tuple[Citation, ...]
    model: str
    extractive: bool
    """Made of sentences of the documents, without a language model."""
    unasked: str = ""
    """Of an extractive answer that was not asked for by name: why no language model was asked."""
    found: bool
    """False when nothing in the documents supports an answer; `text` then says so."""
    retrieval: Retrieval
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    """US dollars; None when the price is not known."""
    seconds: float = 0.0
    interrupted: bool = False
    cached: bool = False
    unknown_citations: tuple[int, ...] = ()
    """Numbers the model cited that no passage has; they were taken out of the text."""
    messages: tuple[dict[str, Any], ...] = ()
    """The exact messages that the model was given."""
    decisions: tuple[Decision, ...] = field(default=(), repr=False)
    """What became of each hit on the way into the messages."""
    groundedness: Groundedness | None = None
    """The check of the answer against its passages, when one was asked for."""
    flags: tuple[str, ...] = ()
    """Passages that hold instructions to a model: they were quoted as data and not followed."""
    uncited: tuple[str, ...] = ()
    """Fields of an answer as data whose value stands in no passage."""
    conflicts: tuple[str, ...] = ()
    """Cited sentences that disagree about the same thing, in words."""
    explained: bool = field(default=False, repr=False)
    """Show the explanation in the card."""
    data: Any = None
    """The answer in the form of the schema, when one was given."""

    @property
    def sources(self) -> pd.DataFrame:
        """One row a citation: source, page, score, sentence, start, end; for an answer as data also the field."""
        import pandas as pd

        named = ["field"] if any(c.field for c in self.citations) else []
        columns = [*named, "source", "page", "score", "sentence", "start", "end"]
        return pd.DataFrame([[getattr(c, name) for name in columns] for c in self.citations], columns=columns)

    @property
    def evidence(self) -> tuple[Citation, ...]:
        """The cited sentences of documents, each once, with its best score: several of the answer may stand on one."""
        best = {(c.number, c.start, c.end): c for c in sorted(self.citations, key=lambda c: c.score)}
        return tuple(best[place] for place in dict.fromkeys((c.number, c.start, c.end) for c in self.citations))

    def explore(self) -> Any:
        """The retrieval explorer on the question that was asked."""
        return self.retrieval.explore()

    @property
    def trace(self) -> tuple[str, ...]:
        """The stages of the retrieval, each with its number of candidates."""
        return self.retrieval.stages

    def explain(self) -> Explanation:
        """Each stage's candidates, scores, drops and reasons, timing, tokens and the exact messages."""
        from motadata_nb.rag.explanation import Explanation

        return Explanation(
            retrieval=self.retrieval, decisions=self.decisions, messages=self.messages, model=self.model,
            usage=self.usage, seconds=self.seconds,
        )  # fmt: skip

    def _card(self) -> Card:
        r = self.retrieval
        made = ("extractive", *([self.unasked] if self.unasked else [])) if self.extractive else (self.model,)
        checked = (self.groundedness.summary,) if self.groundedness else ()
        status = (
            *made,
            *checked,
            f"{r.mode}, {len(r.hits)} of {counted(r.chunks, 'chunk')}",
            f"{self.seconds:.2f} s",
            *_price(self.cost),
        )
        return Card(
            body=self.text if self.data is None else _in_lines(self.text),
            plain=self.extractive or self.data is not None,
            status=status,
            attention=self._attention(),
            sections=tuple(self._sections()),
            links=self._links(),
        )

    def _cites(self, hit: Hit) -> bool:
        """Whether a cited sentence stands in the hit."""
        return any(c.document == hit.document and c.start < hit.end and hit.start < c.end for c in self.citations)

    def _sections(self) -> Iterator[Section]:
        if self.citations:
            yield self._sources_section()
        yield from exhibits(d.hit for d in self.decisions if d.number is not None and self._cites(d.hit))
        if self.groundedness and self.groundedness.sentences:
            yield Section(title="Check", content=self.groundedness.table(self._marks()))
        if self.flags:
            yield Section(
                title=f"Instructions in passages ({len(self.flags)})", content=Preformatted("\n".join(self.flags))
            )
        if self.explained:
            yield from self.explain().sections()
        else:
            yield Section(title="How it was found", content=" → ".join(self.retrieval.stages))

    def _marks(self) -> list[str]:
        """What the answer calls each passage, in the order of their numbers; its source, when it is not cited."""
        numbered = sorted((d for d in self.decisions if d.number is not None), key=lambda d: d.number or 0)
        return [d.mark or f"{source_name(d.hit.source)}:" for d in numbered]

    def _links(self) -> frozenset[str]:
        """Addresses that stand in a cited passage; all others are shown as text."""
        return frozenset(url for citation in self.citations for url in _URL.findall(citation.passage))

    def _attention(self) -> tuple[str, ...]:
        unknown, silent = self.unknown_citations, not self.text.strip() and not self.interrupted
        uncited = self.found and not self.citations and self.data is None
        words = {
            "interrupted": self.interrupted,
            "from cache": self.cached,
            "empty answer": silent,
            "cites nothing": uncited and not silent and not self.interrupted,
            f"{counted(len(unknown), 'citation')} without a passage removed": bool(unknown),
            f"in no passage: {', '.join(self.uncited)}": bool(self.uncited),
        }
        hold = "passage holds" if len(self.flags) == 1 else "passages hold"
        flagged = (f"{len(self.flags)} {hold} instructions, not followed",) if self.flags else ()
        checked = self.groundedness.warnings if self.groundedness else ()
        spoken = (word for word, holds in words.items() if holds)
        return (
            *spoken,
            *self.conflicts,
            *checked,
            *flagged,
            *self.retrieval.remarks,
        )

    def _fields(self) -> dict[tuple[int, int], str]:
        """The names of the fields that stand on each cited sentence."""
        found: dict[tuple[int, int], list[str]] = {}
        for citation in self.citations:
            if citation.field:
                found.setdefault((citation.number, citation.start), []).append(citation.field)
        return {place: ", ".join(names) for place, names in found.items()}

    def _sources_section(self) -> Section:
        fields = self._fields()
        rows: list[list[Cell]] = [
            [
                f"[{c.number}]", *([fields[c.number, c.start]] if fields else []), source_name(c.source), c.page,
                Meter(c.score), _evidence(c),
            ]
            for c in self.evidence
        ]  # fmt: skip
        headers = ["", *(["Field"] if fields else []), "Source", "Page", "Score", "Evidence"]
        table = Table(headers, rows, frozenset({"Page", "Score"})).without_empty("Page")
        return Section(title=f"Sources ({len(rows)})", content=table)


def _in_lines(data: str) -> str:
    """JSON of more than a line with a line for each field; what a model wrote around it stays."""
    if len(data) <= _LINE:
        return data
    try:
        return json.dumps(json.loads(data), ensure_ascii=False, indent=2)
    except ValueError:
        return data


def _evidence(citation: Citation) -> Mark:
    """The cited sentence, marked, in a little of what stands around it."""
    at = citation.passage.find(citation.sentence)
    if at < 0:
        return Mark(citation.sentence, ((0, len(citation.sentence)),))
    before, after = max(0, at - 80), at + len(citation.sentence) + 80
    head = "…" if before else ""
    text = head + citation.passage[before:after] + ("…" if after < len(citation.passage) else "")
    start = at - before + len(head)
    return Mark(text, ((start, start + len(citation.sentence)),))


def _price(cost: float | None) -> tuple[str, ...]:
    if cost is None:
        return ()
    return ("free",) if cost == 0 else (money(cost),)
