"""The answer of a language model as it is written, with its citations resolved at the end."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from motadata_nb.aio import iterate, run
from motadata_nb.cards import Card, counted
from motadata_nb.rag.answer import Answer, Citation
from motadata_nb.rag.citations import resolve
from motadata_nb.rag.conflicts import find_conflicts
from motadata_nb.rag.fields import cite_fields
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.messages import NOT_FOUND
from motadata_nb.rag.search.memory import TextMemory

if TYPE_CHECKING:
    from motadata_nb.gateway.completion import CompletionStream
    from motadata_nb.rag.prepared import Prepared

__all__ = ["AnswerStream", "ready"]


def _disagreements(citations: Sequence[Citation]) -> tuple[str, ...]:
    """Disagreements, in words, between cited sentences of different passages."""
    cited = list({(c.number, c.start): c for c in citations}.values())
    pairs = find_conflicts([c.sentence for c in cited])
    named = ((cited[c.first].number, cited[c.second].number, c.differs) for c in pairs)
    return tuple(dict.fromkeys(f"[{a}] and [{b}] disagree ({differs})" for a, b, differs in named if a != b))


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
