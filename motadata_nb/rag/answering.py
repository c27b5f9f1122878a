"""From hits to an answer: with a language model where there is one, by extraction where there is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from motadata_nb.aio import iterate, run
from motadata_nb.cards import Card, counted
from motadata_nb.embeddings.passages import HEADING_SEPARATOR
from motadata_nb.ingestion.sentences import Sentence
from motadata_nb.rag.answer import Answer, Citation
from motadata_nb.rag.citations import resolve
from motadata_nb.rag.conflicts import find_conflicts
from motadata_nb.rag.context import Decision
from motadata_nb.rag.extractive.choosing import choose_pieces
from motadata_nb.rag.extractive.cropping import cropped
from motadata_nb.rag.extractive.extract import Extract, Extraction, extract_answer
from motadata_nb.rag.extractive.noise import shown
from motadata_nb.rag.extractive.pages import read_page
from motadata_nb.rag.fields import cite_fields
from motadata_nb.rag.followup import Followed
from motadata_nb.rag.headings import below_known
from motadata_nb.rag.messages import NOT_FOUND
from motadata_nb.rag.retrieval import Hit
from motadata_nb.rag.search.memory import TextMemory
from motadata_nb.rag.terms import content

if TYPE_CHECKING:
    from motadata_nb.gateway.completion import CompletionStream
    from motadata_nb.rag.asking import Prepared

__all__ = ["AnswerStream", "EXTRACTIVE", "extractive_answer", "ready"]

EXTRACTIVE = "extractive"
_LOOKED_AT = 8


def extractive_answer(prepared: Prepared, memory: TextMemory, idf: Callable[[str], float], unasked: str = "") -> Answer:
    """The best sentences of the passages, each cited; or "not found", when none supports an answer.

    A sentence that disagrees with one of them is cited too, and the disagreement is said.
    """
    hits = prepared.kept
    contexts = [f"{hit.title}{HEADING_SEPARATOR}{hit.heading}" for hit in hits]

    def within(question: str, parts: Sequence[tuple[int, int, int]]) -> Extraction:
        texts = [(hits[at].text[start:end], hits[at].score) for at, start, end in parts]
        above = [contexts[at] for at, *_ in parts]
        found = extract_answer(question, texts, memory.embed, idf, _LOOKED_AT, contexts=above)
        return replace(found, sentences=tuple(_placed(one, *parts[one.passage][:2]) for one in found.sentences))

    def read(question: str) -> Extraction:
        whole = [(at, 0, len(hit.text)) for at, hit in enumerate(hits)]
        return read_page(question, hits, within) or within(question, whole)

    def readings(part: Followed) -> Iterator[Extraction]:
        yield read(part.read)
        if part.asked != part.read and _is_about(part, alone := read(part.asked), hits):
            yield alone

    def pieces(part: Followed) -> list[Extract]:
        # What a conversation adds may help, or stand where the answer is not.
        found = max(readings(part), key=lambda one: one.support)
        below = [_below_heading(piece, hits[piece.passage]) for piece in found.sentences if found.supported]
        return [cropped(piece, part.read, idf) for piece in below]

    answered = [(part.asked, pieces(part)) for part in prepared.parts]
    chosen, conflicts = choose_pieces(answered)
    parts, citations, at = [], [], 0
    for number, piece in enumerate(chosen, 1):
        sentence = piece.shown or shown(piece.text)
        citations.append(_citation(number, piece, hits[piece.passage], (at, at + len(sentence))))
        parts.append(f"{sentence} [{number}]")
        at += len(parts[-1]) + 1
    missing = [question for question, found in answered if not found] if chosen else []
    parts += [f"{NOT_FOUND.rstrip('.')}: {question}" for question in missing]
    decisions = _cited_by(prepared.decisions, [hits[piece.passage] for piece in chosen])
    return Answer(
        question=prepared.question, text=" ".join(parts) or NOT_FOUND, citations=tuple(citations), model=EXTRACTIVE,
        extractive=True, unasked=unasked, found=bool(parts), retrieval=prepared.retrieval, decisions=decisions,
        conflicts=conflicts, seconds=time.perf_counter() - prepared.started,
    )  # fmt: skip


def _cited_by(decisions: Sequence[Decision], cited: Sequence[Hit]) -> tuple[Decision, ...]:
    """The decisions with the numbers of the sentences that stand in each passage."""
    numbers = [tuple(n for n, hit in enumerate(cited, 1) if hit is d.hit) for d in decisions]
    return tuple(replace(d, cited=found) for d, found in zip(decisions, numbers, strict=True))


def _placed(piece: Extract, passage: int, offset: int) -> Extract:
    """A sentence of a part of a passage in the whole."""
    return replace(piece, passage=passage, start=piece.start + offset, end=piece.end + offset)


def _is_about(part: Followed, alone: Extraction, hits: Sequence[Hit]) -> bool:
    """Whether what a follow-up finds by itself stands where the conversation is spoken of: "Who runs it?"."""
    recalled = set(content(part.read)) - set(content(part.asked))
    places = [hits[sentence.passage] for sentence in alone.sentences[:1]]
    return not recalled or any(recalled & set(content(f"{h.title} {h.heading} {h.text}")) for h in places)


def _disagreements(citations: Sequence[Citation]) -> tuple[str, ...]:
    """Disagreements, in words, between cited sentences of different passages."""
    cited = list({(c.number, c.start): c for c in citations}.values())
    pairs = find_conflicts([c.sentence for c in cited])
    named = ((cited[c.first].number, cited[c.second].number, c.differs) for c in pairs)
    return tuple(dict.fromkeys(f"[{a}] and [{b}] disagree ({differs})" for a, b, differs in named if a != b))


def _below_heading(piece: Extract, hit: Hit) -> Extract:
    """A first sentence without the heading it stands under: that helped to find it, and is no part of what it says."""
    if piece.shown:
        return piece
    bare = below_known(Sentence(piece.text, piece.start, piece.end), hit.heading)
    return replace(piece, text=bare.text, start=bare.start)


def _citation(number: int, piece: Extract, hit: Hit, span: tuple[int, int]) -> Citation:
    start, end = hit.start + piece.start, hit.start + piece.end
    return Citation(
        number=number, source=hit.source, page=hit.page_at(start), score=piece.score, sentence=piece.text,
        start=start, end=end, document=hit.document, passage=hit.text, span=span,
    )  # fmt: skip


def ready(text: str, model: str) -> CompletionStream:
    """A text in the place of a model's answer, in one piece."""
    from motadata_nb.gateway.base import Delta
    from motadata_nb.gateway.completion import Completion, CompletionStream

    async def pieces() -> AsyncIterator[Delta]:
        yield Delta(text=text, finish_reason="stop")

    async def ended(completion: Completion) -> Completion:
        return completion

    return CompletionStream(
        pieces(),
        lambda whole, interrupted, seconds: Completion(
            text=whole.text, cost=0.0, model=model, interrupted=interrupted, seconds=seconds
        ),
        ended,
    )


class _Cited(NamedTuple):
    text: str
    citations: tuple[Citation, ...]
    unknown: tuple[int, ...] = ()
    uncited: tuple[str, ...] = ()


def _cited(text: str, data: Any, hits: Sequence[Hit], memory: TextMemory) -> _Cited:
    """The citations of a model's text, or of its data: there, brackets are lists."""
    if data is None:
        return _Cited(*resolve(text, hits, memory))
    citations, uncited = cite_fields(data, text, hits, memory)
    return _Cited(text, citations, uncited=uncited)


class AnswerStream:
    """Pieces of a generated answer, for `async for` or `for`; `answer` is what there is so far, whole at the end."""

    def __init__(
        self,
        prepared: Prepared,
        source: CompletionStream,
        memory: TextMemory,
        finish: Callable[[Answer], Awaitable[Answer]] | None = None,
        *,
        whole: Answer | None = None,
    ) -> None:
        """`finish` completes what the source has said; `whole` is the answer where that is known."""
        self.prepared = prepared
        self._source = source
        self._memory = memory
        self._finish = finish
        self._whole = whole

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        return await anext(self._source)

    def __iter__(self) -> Iterator[str]:
        return iterate(self)

    async def aclose(self) -> None:
        """Leave the stream; the connection upstream is closed and the text that came is kept."""
        await self._source.aclose()

    @property
    def card(self) -> Card:
        """What has come so far, as it is shown while it grows."""
        r = self.prepared.retrieval
        searched = f"{r.mode}, {len(r.hits)} of {counted(r.chunks, 'chunk')}"
        return Card(body=self._source.text, status=(self._source.completion.model, searched, "…"))

    async def aanswer(self) -> Answer:
        """The answer with its citations checked; marked interrupted when the stream has not come to its end."""
        if self._whole is None:
            answer = await asyncio.to_thread(self._so_far)
            if answer.interrupted:
                return answer
            self._whole = answer if self._finish is None else await self._finish(answer)
        return self._whole

    @property
    def answer(self) -> Answer:
        """As `aanswer`, for plain code."""
        return self._whole or run(self.aanswer())

    def _so_far(self) -> Answer:
        asked, done = self.prepared, self._source.completion
        cited = _cited(done.text, done.data, asked.kept, self._memory)
        return Answer(
            question=asked.question, text=cited.text, citations=cited.citations, model=done.model, extractive=False,
            found=NOT_FOUND.rstrip(".") not in cited.text, retrieval=asked.retrieval, usage=done.usage, cost=done.cost,
            seconds=time.perf_counter() - asked.started, interrupted=done.interrupted, cached=done.cached,
            unknown_citations=cited.unknown, messages=asked.messages, data=done.data, decisions=asked.decisions,
            uncited=cited.uncited, conflicts=_disagreements(cited.citations),
        )  # fmt: skip
