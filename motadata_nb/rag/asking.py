"""From a question to an answer: history, search, choice of passages, answer, check."""

from __future__ import annotations

import asyncio
import math
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.turns import Turn
from motadata_nb.config import Config
from motadata_nb.embeddings.base import Embedder
from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Message
from motadata_nb.rag.answer import Answer
from motadata_nb.rag.answering import EXTRACTIVE, AnswerStream, extractive_answer, not_asked
from motadata_nb.rag.check import Groundedness, acheck
from motadata_nb.rag.choosing import each_question
from motadata_nb.rag.context import Decision, choose
from motadata_nb.rag.detectors.base import DetectorPlace
from motadata_nb.rag.detectors.registry import require_detector
from motadata_nb.rag.exhibits import has_pictures, with_pictures
from motadata_nb.rag.expansion import asearches
from motadata_nb.rag.followup import BACK, TURNS, Followed, arewritten, followed
from motadata_nb.rag.fusion import fuse
from motadata_nb.rag.history import history
from motadata_nb.rag.injection import find_injections
from motadata_nb.rag.messages import answer_messages
from motadata_nb.rag.pointed import POINTED, aim, aimed
from motadata_nb.rag.rerankers.base import RerankerPlace
from motadata_nb.rag.rerankers.registry import reranker
from motadata_nb.rag.retrieval import Hit, Retrieval, in_turn
from motadata_nb.rag.retriever import Retriever, checked_question
from motadata_nb.rag.spelling import Correction, corrected
from motadata_nb.telemetry.prices import price

if TYPE_CHECKING:
    from motadata_nb.gateway.gateway import Gateway

__all__ = ["AskOptions", "Asker", "BUILT_IN", "Prepared", "tag"]

BUILT_IN = "built-in"
_RERANKED = 30
_SHARE = 4
"""The part of the budget of passages that a conversation may add to it."""
_SEEN = {"image", "images"}
_CITATION = re.compile(r"\s*\[\d{1,3}\]")


@dataclass(frozen=True, kw_only=True)
class AskOptions:
    """How a question is asked; None takes the configured value."""

    k: int | None = None
    model: str | None = None
    thread: str | None = None
    mode: str | None = None
    where: str | None = None
    expand: str | None = None
    schema: Any = None
    rerank: str | None = None
    around: int = 0
    diversity: float = 0.0
    spread: bool = False
    """Whether further documents are preferred to further chunks of a short one."""
    check: bool | str = False
    """True for the built-in detector, or a detector's name."""
    explain: bool = False
    provider: dict[str, Any] = field(default_factory=dict)
    """Further options of the model call: temperature, cache …"""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A question with everything that is sent to a model for it."""

    question: str
    parts: tuple[Followed, ...]
    """The questions in it, as they are understood: with what the conversation adds, and without slips of the pen."""
    retrieval: Retrieval
    decisions: tuple[Decision, ...]
    messages: tuple[Message, ...]
    started: float

    @property
    def kept(self) -> tuple[Hit, ...]:
        """The passages in the order of their numbers."""
        return _kept(self.decisions)


class Asker:
    """Asks one index."""

    def __init__(
        self,
        name: str,
        *,
        retriever: Retriever,
        catalog: Catalog,
        embedder: Embedder,
        gateway: Callable[[], Gateway],
        config: Config,
    ) -> None:
        self._name = name
        self._retriever = retriever
        self._catalog = catalog
        self._embedder = embedder
        self._sentences = retriever.texts
        self._gateway = gateway
        self._config = config

    @property
    def _tags(self) -> tuple[str, ...]:
        return (tag(self._name),)

    def extractive(self, model: str | None) -> bool:
        """Whether an answer by this model, or the configured one, is extracted rather than written."""
        return (model or self._config["model"]) == EXTRACTIVE or not self._config["ai"]

    async def aretrieve(self, question: str, how: AskOptions) -> Retrieval:
        """The best chunks; with `expand` of several searches fused, with `rerank` judged once more."""
        started = time.perf_counter()
        k = how.k if how.k is not None else int(self._config["k"])
        found = await self._asearched(question, k if how.rerank is None else max(k, _RERANKED), how)
        if how.rerank is not None:
            found = await self._areranked(found, how.rerank, k)
        if any(map(has_pictures, found.hits)):
            found = replace(found, hits=await asyncio.to_thread(with_pictures, self._catalog, found.hits))
        return replace(found, seconds=time.perf_counter() - started)

    async def _asearched(self, question: str, k: int, how: AskOptions) -> Retrieval:
        def search(text: str, k: int) -> Retrieval:
            target = aim(checked_question(text))
            found = self._retriever.retrieve(
                text, max(k, POINTED) if target else k, how.mode or str(self._config["mode"]), how.where,
                around=how.around, diversity=how.diversity, spread=how.spread,
            )  # fmt: skip
            if target is None:
                return found
            return aimed(found, self._retriever.holding(target.phrases, POINTED, how.where), target, k)

        if how.expand is None:
            return await asyncio.to_thread(search, question, k)
        searches = await asearches(question, how.expand, self._model_gateway(how.model), how.model, self._tags)
        found = [await asyncio.to_thread(search, text, max(k, 20)) for text in searches]
        return replace(_fused(found, k), question=question, searches=tuple(searches))

    async def _areranked(self, found: Retrieval, name: str, k: int) -> Retrieval:
        place = RerankerPlace(
            embedder=self._embedder, model=name.partition(":")[2], api_base=str(self._config["api_base"]),
            api_key=str(self._config["api_key"]), timeout_s=float(self._config["timeout_s"]),
        )  # fmt: skip
        judge = reranker(name, place)
        scores = await judge.ascore(found.question, [hit.text for hit in found.hits]) if found.hits else []
        order = sorted(range(len(scores)), key=lambda i: -scores[i])[:k]
        hits = tuple(replace(found.hits[i], score=_scaled(scores[i], scores)) for i in order)
        return replace(found, hits=hits, stages=(*found.stages[:-1], f"{name} {len(scores)}", f"kept {len(hits)}"))

    async def aprepare(self, question: str, how: AskOptions) -> Prepared:
        """Search, and lay out the messages; no answer is asked for. A misspelled detector costs no answer."""
        if isinstance(how.check, str):
            require_detector(how.check)
        started = time.perf_counter()
        question = checked_question(question)
        turns = self._catalog.turns.last(how.thread, BACK) if how.thread else []
        whole = await arewritten(question, turns, self._model_gateway(how.model), how.model, self._tags)
        found, parts = await self._aeach(whole, how)
        searches = tuple(part.search for part in parts)
        if searches != (question,):
            found = replace(found, question=question, searches=searches)
        budget = self._budget(how.model)
        told, said = history(turns[-TURNS:], self._embedder, budget // _SHARE)
        decisions = tuple(choose(found.hits, self._embedder, budget))
        found = replace(found, stages=(*found.stages, *said))
        return Prepared(
            question=question, parts=tuple(_spelt(part, found.corrections) for part in parts), retrieval=found,
            decisions=decisions, started=started, messages=tuple(answer_messages(question, _kept(decisions), told)),
        )  # fmt: skip

    async def _aeach(self, whole: Followed, how: AskOptions) -> tuple[Retrieval, tuple[Followed, ...]]:
        """The hits of a question, or of several in one text, and these as they are understood."""
        texts = each_question(whole.read)
        if len(texts) == 1:
            return await self.aretrieve(whole.search, how), (whole,)
        asked = [Turn(text, "") for text in texts]
        parts = tuple(followed(text, asked[:n]) for n, text in enumerate(texts))
        return in_turn([await self.aretrieve(part.search, how) for part in parts]), parts

    def _budget(self, model: str | None) -> int:
        """Tokens for passages: what is configured, and not more than half of what the model takes."""
        known = None if self.extractive(model) else price(model or str(self._config["model"]))
        window = known.context_tokens if known is not None and known.context_tokens else sys.maxsize
        return min(int(self._config["context_tokens"]), window // 2)

    async def aask(self, question: str, how: AskOptions) -> Answer:
        """The whole answer."""
        if self.extractive(how.model):
            if any(how.provider.get(name) for name in _SEEN):
                raise InvalidInput("No language model is chosen that could look at the image.", "Add --model NAME.")
            if how.schema is not None:
                raise InvalidInput("No language model is chosen that could fill in the schema.", "Add --model NAME.")
            prepared = await self.aprepare(question, how)
            return await self.afinish(await asyncio.to_thread(self._extracted, prepared), how)
        stream = await self.astream(question, how)
        async for _ in stream:
            pass
        return await stream.aanswer()

    async def acheck(self, answer: Answer | str, context: str | Sequence[str] | None, by: str) -> Groundedness:
        """An answer against its passages, the given context, or what is retrieved for it."""
        question = answer.question if isinstance(answer, Answer) else ""
        text = _CITATION.sub("", answer.text if isinstance(answer, Answer) else answer)
        if context is not None:
            passages = [context] if isinstance(context, str) else list(context)
        elif isinstance(answer, Answer):
            passages = [hit.text for hit in _kept(answer.decisions)]
        else:
            passages = [hit.text for hit in (await self.aretrieve(text, AskOptions())).hits] if text.strip() else []
        place = DetectorPlace(
            embedder=self._embedder, gateway=self._gateway, model=by.partition(":")[2] or None, tags=self._tags
        )
        return await acheck(by, place, text, passages, question)

    async def astream(self, question: str, how: AskOptions) -> AnswerStream:
        """The answer of a model in pieces."""
        prepared = await self.aprepare(question, how)
        if not prepared.kept and len(prepared.messages) == 2 and not how.provider.keys() & _SEEN:
            # Without a passage, a conversation or a picture there is nothing that a model could answer from.
            notes = (*prepared.retrieval.notes, "the model was not asked")
            prepared = replace(prepared, retrieval=replace(prepared.retrieval, notes=notes))
            unasked = not_asked(how.model or str(self._config["model"]))
            return AnswerStream(prepared, unasked, self._sentences, lambda answer: self.afinish(answer, how))
        own = {**how.provider, "tags": (*how.provider.get("tags", ()), *self._tags)}
        source = self._gateway().astream(list(prepared.messages), model=how.model, schema=how.schema, **own)
        return AnswerStream(prepared, source, self._sentences, lambda answer: self.afinish(answer, how))

    def _extracted(self, prepared: Prepared) -> Answer:
        return self._retriever.with_idf(lambda idf: extractive_answer(prepared, self._sentences, idf))

    async def afinish(self, answer: Answer, how: AskOptions) -> Answer:
        """Keep the turn of a conversation; check the answer when that was asked for."""
        answer = replace(answer, flags=_flags(_kept(answer.decisions)), explained=how.explain)
        if how.check and answer.found:
            by = BUILT_IN if how.check is True else str(how.check)
            answer = replace(answer, groundedness=await self.acheck(answer, None, by))
        if how.thread:
            await asyncio.to_thread(self._catalog.turns.add, how.thread, self._name, answer.question, answer.text)
        return answer

    def _model_gateway(self, model: str | None) -> Gateway | None:
        return None if self.extractive(model) else self._gateway()


def tag(index: str) -> str:
    """What cached answers of models about an index are found by: `%cache drop index:handbook`."""
    return f"index:{index}"


def _kept(decisions: Sequence[Decision]) -> tuple[Hit, ...]:
    """The passages in the order of their numbers."""
    numbered = [(d.number, d.hit) for d in decisions if d.number is not None]
    return tuple(hit for _, hit in sorted(numbered, key=lambda pair: pair[0]))


def _spelt(part: Followed, read: Sequence[Correction]) -> Followed:
    return part._replace(asked=corrected(part.asked, read), read=corrected(part.read, read))


def _scaled(score: float, scores: Sequence[float]) -> float:
    """A score as it stands when all are from 0 to 1, otherwise through a logistic curve."""
    return score if min(scores) >= 0 and max(scores) <= 1 else 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def _flags(passages: Sequence[Hit]) -> tuple[str, ...]:
    return tuple(
        f"[{number}] {hit.source}: {flag.reason}: {flag.text[:120]!r}"
        for number, hit in enumerate(passages, 1)
        for flag in find_injections(hit.text)[:1]
    )


def _fused(found: Sequence[Retrieval], k: int) -> Retrieval:
    """One retrieval of several, by the sum of normalised scores."""
    hits = {hit.chunk: hit for retrieval in reversed(found) for hit in retrieval.hits}
    fused = fuse([{hit.chunk: hit.score for hit in r.hits} for r in found])
    best = tuple(hits[chunk] for chunk in list(fused)[:k])
    stages = (*found[0].stages, f"{len(found)} searches fused {len(fused)}", f"kept {len(best)}")
    return replace(found[0], hits=best, stages=stages)
