"""From hits to an answer: with a language model where there is one, by extraction where there is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from motadata_nb.aio import iterate, run
from motadata_nb.cards import Card
from motadata_nb.rag.answer import Answer, Citation
from motadata_nb.rag.citations import resolve
from motadata_nb.rag.conflicts import find_conflicts
from motadata_nb.rag.extract import Extract, extract_answer
from motadata_nb.rag.memory import TextMemory
from motadata_nb.rag.messages import NOT_FOUND
from motadata_nb.rag.noise import shown
from motadata_nb.rag.retrieval import Hit

if TYPE_CHECKING:
    from motadata_nb.gateway.completion import CompletionStream
    from motadata_nb.rag.asking import Prepared

__all__ = ["AnswerStream", "EXTRACTIVE", "extractive_answer"]

EXTRACTIVE = "extractive"
# A sentence believed far less than the best one says something else.
_LEAST = 0.02
_SHOWN = 3
_LOOKED_AT = 8


def extractive_answer(prepared: Prepared, memory: TextMemory, idf: Callable[[str], float]) -> Answer:
    """The best sentences of the passages, each cited; or "not found", when none supports an answer.

    A sentence that disagrees with one of them is cited too, and the disagreement is said.
    """
    hits = prepared.kept
    found = extract_answer(prepared.question, [(hit.text, hit.score) for hit in hits], memory.embed, idf, _LOOKED_AT)
    pieces = [_below_heading(piece, hits[piece.passage]) for piece in found.sentences]
    chosen, conflicts = _chosen(pieces) if found.supported else ([], ())
    parts, citations, at = [], [], 0
    for number, piece in enumerate(chosen, 1):
        sentence = shown(piece.text)
        citations.append(_citation(number, piece, hits[piece.passage], (at, at + len(sentence))))
        parts.append(f"{sentence} [{number}]")
        at += len(parts[-1]) + 1
    return Answer(
        question=prepared.question, text=" ".join(parts) or NOT_FOUND, citations=tuple(citations), model=EXTRACTIVE,
        extractive=True, found=bool(parts), retrieval=prepared.retrieval, decisions=prepared.decisions,
        conflicts=conflicts, seconds=time.perf_counter() - prepared.started,
    )  # fmt: skip


def _chosen(sentences: Sequence[Extract]) -> tuple[list[Extract], tuple[str, ...]]:
    """The best sentences, with the first further one that disagrees with them; and the disagreements in words."""
    sentences = [piece for piece in sentences if piece.score >= _LEAST * sentences[0].score]
    pairs = find_conflicts([piece.text for piece in sentences])
    further = [c.second for c in pairs if c.first < _SHOWN <= c.second]
    places = [*range(min(_SHOWN, len(sentences))), *further[:1]]
    number = {place: n for n, place in enumerate(places, 1)}
    words = (
        f"[{number[c.first]}] and [{number[c.second]}] disagree ({c.differs})"
        for c in pairs
        if c.first in number and c.second in number
    )
    return [sentences[place] for place in places], tuple(words)


def _below_heading(piece: Extract, hit: Hit) -> Extract:
    """A first sentence without the heading it stands under: that helped to find it, and is no part of what it says."""
    heading, _, body = piece.text.partition("\n")
    if not body.strip() or not heading.strip() or not (hit.heading or "").endswith(heading.strip()):
        return piece
    text = body.lstrip()
    return replace(piece, text=text, start=piece.end - len(text))


def _citation(number: int, piece: Extract, hit: Hit, span: tuple[int, int]) -> Citation:
    start, end = hit.start + piece.start, hit.start + piece.end
    return Citation(
        number=number, source=hit.source, page=hit.page_at(start), score=piece.score, sentence=piece.text,
        start=start, end=end, document=hit.document, passage=hit.text, span=span,
    )  # fmt: skip


class AnswerStream:
    """Pieces of a generated answer, for `async for` or `for`; `answer` is what there is so far, whole at the end."""

    def __init__(
        self,
        prepared: Prepared,
        source: CompletionStream,
        memory: TextMemory,
        finish: Callable[[Answer], Awaitable[Answer]],
    ) -> None:
        self.prepared = prepared
        self._source = source
        self._memory = memory
        self._finish = finish
        self._whole: Answer | None = None

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
        searched = f"{r.mode}, {len(r.hits)} of {r.chunks:,} chunks"
        return Card(body=self._source.text, status=(self._source.completion.model, searched, "…"))

    async def aanswer(self) -> Answer:
        """The answer with its citations checked; marked interrupted when the stream has not come to its end."""
        if self._whole is None:
            answer = await asyncio.to_thread(self._so_far)
            if answer.interrupted:
                return answer
            self._whole = await self._finish(answer)
        return self._whole

    @property
    def answer(self) -> Answer:
        """As `aanswer`, for plain code."""
        return self._whole or run(self.aanswer())

    def _so_far(self) -> Answer:
        asked, done = self.prepared, self._source.completion
        text, citations, unknown = resolve(done.text, asked.kept, self._memory)
        return Answer(
            question=asked.question, text=text, citations=citations, model=done.model, extractive=False,
            found=NOT_FOUND.rstrip(".") not in text, retrieval=asked.retrieval, usage=done.usage, cost=done.cost,
            seconds=time.perf_counter() - asked.started, interrupted=done.interrupted, cached=done.cached,
            unknown_citations=unknown, messages=asked.messages, data=done.data, decisions=asked.decisions,
        )  # fmt: skip
