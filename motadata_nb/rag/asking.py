"""From a question to an answer: history, search, choice of passages, answer, check."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import counted, source_name
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.turns import Turn
from motadata_nb.config import Config
from motadata_nb.embeddings.base import Embedder, on_this_machine
from motadata_nb.errors import InvalidInput, brief
from motadata_nb.rag.answer import Answer
from motadata_nb.rag.answering import AnswerStream, ready
from motadata_nb.rag.check import Groundedness, acheck
from motadata_nb.rag.context import Decision, choose, kept_hits
from motadata_nb.rag.detectors.base import Detector, DetectorPlace
from motadata_nb.rag.detectors.registry import DETECTORS, require_detector
from motadata_nb.rag.extracting import EXTRACTIVE, extractive_answer
from motadata_nb.rag.extractive.choosing import each_question
from motadata_nb.rag.fields import check_fields
from motadata_nb.rag.followup import BACK, TURNS, Followed, arewritten, followed
from motadata_nb.rag.history import history
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.injection.finding import find_injections, told
from motadata_nb.rag.messages import NOT_FOUND, answer_messages
from motadata_nb.rag.options import AskOptions, check_unasked
from motadata_nb.rag.prepared import Prepared
from motadata_nb.rag.retrieval import Retrieval, in_turn
from motadata_nb.rag.search.retriever import Retriever, checked_question
from motadata_nb.rag.search.searching import Searcher
from motadata_nb.rag.search.spelling import Correction, corrected
from motadata_nb.registry import Kept
from motadata_nb.telemetry.prices import price

if TYPE_CHECKING:
    from motadata_nb.gateway.gateway import Gateway

__all__ = ["Asker", "BUILT_IN", "Context", "tag"]

BUILT_IN = "built-in"
_SHARE = 4
"""The part of the budget of passages that a conversation may add to it."""
Context = str | Iterable[str | Hit] | Retrieval | Answer
"""What an answer may be checked against: texts, hits, or what was found for another question."""
_SEEN = {"image", "images"}
_CITATION = re.compile(r"\s*\[\d{1,3}\]")


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
        self._sentences = retriever.sentences
        self._gateway = gateway
        self._config = config
        self._detectors: Kept[DetectorPlace, Detector] = Kept(DETECTORS, "acheck")
        self.searcher = Searcher(
            retriever=retriever, catalog=catalog, embedder=embedder, gateway=self._model_gateway, config=config,
            tags=self._tags,
        )  # fmt: skip

    @property
    def _tags(self) -> tuple[str, ...]:
        return (tag(self._name),)

    def extractive(self, model: str | None) -> bool:
        """Whether an answer by this model, or the configured one, is extracted rather than written."""
        return (model or self._config["model"]) == EXTRACTIVE or not self._config["ai"]

    async def aprepare(self, question: str, how: AskOptions) -> Prepared:
        """Search, and lay out the messages; no answer is asked for. A misspelled detector costs no answer."""
        if isinstance(how.check, str):
            require_detector(how.check)
        started = time.perf_counter()
        question = checked_question(question)
        turns = self._catalog.turns.last(how.thread, BACK) if how.thread else []
        gateway = self._model_gateway(how.model)
        whole = await arewritten(question, turns, gateway, how.model, tags=self._tags, **how.server)
        found, parts = await self._aeach(whole, how)
        searches = tuple(part.search for part in parts)
        if searches != (question,):
            found = replace(found, question=question, searches=found.searches or searches)
        found = await asyncio.to_thread(self.searcher.located, found)
        budget = self._budget(how.model)
        told, said = history(turns[-TURNS:], self._embedder, budget // _SHARE)
        decisions = tuple(choose(found.hits, self._embedder, budget))
        found = replace(found, stages=(*found.stages, *said, *_pictured(how)))
        return Prepared(
            question=question, parts=tuple(_spelt(part, found.corrections) for part in parts), retrieval=found,
            decisions=decisions, started=started, messages=tuple(answer_messages(question, kept_hits(decisions), told)),
        )  # fmt: skip

    async def _aeach(self, whole: Followed, how: AskOptions) -> tuple[Retrieval, tuple[Followed, ...]]:
        """The hits of a question, or of several in one text, and these as they are understood."""
        texts = each_question(whole.read)
        if len(texts) == 1:
            return await self.searcher.aretrieve(whole.search, how), (whole,)
        asked = [Turn(text, "") for text in texts]
        parts = tuple(followed(text, asked[:n]) for n, text in enumerate(texts))
        return in_turn([await self.searcher.aretrieve(part.search, how) for part in parts]), parts

    def _budget(self, model: str | None) -> int:
        """Tokens for passages: what is configured, and not more than half of what the model takes."""
        known = None if self.extractive(model) else price(model or str(self._config["model"]))
        window = known.context_tokens if known is not None and known.context_tokens else sys.maxsize
        return min(int(self._config["context_tokens"]), window // 2)

    async def aask(self, question: str, how: AskOptions) -> Answer:
        """The whole answer."""
        if self.extractive(how.model):
            return (await self._aextract(question, how))[1]
        stream = await self.astream(question, how)
        async for _ in stream:
            pass
        return await stream.aanswer()

    async def _aextract(self, question: str, how: AskOptions) -> tuple[Prepared, Answer]:
        if _pictured(how):
            raise InvalidInput("No language model is chosen that could look at the image.", "Add --model NAME.")
        if how.schema is not None:
            raise InvalidInput("No language model is chosen that could fill in the schema.", "Add --model NAME.")
        check_unasked(how.provider)
        prepared = await self.aprepare(question, how)
        answer = await asyncio.to_thread(self._extracted, prepared, self._unasked(how.model))
        return prepared, await self.afinish(answer, how)

    async def acheck(
        self, answer: Answer | str, context: Context | None, by: str, model: str | None = None, **options: Any
    ) -> Groundedness:
        """An answer against its passages, the given context, or what is retrieved for it.

        `model` is asked by a judge that names none; `options` go with its calls.
        """
        if isinstance(answer, Answer) and answer.data is not None and context is None and by == BUILT_IN:
            fields = check_fields(answer.data, answer.text, answer.citations)
            score = min((field.score for field in fields), default=1.0)
            return Groundedness(score=score, supported=score > 0.5, sentences=fields, detector=by)
        question = answer.question if isinstance(answer, Answer) else ""
        text = _CITATION.sub("", answer.text if isinstance(answer, Answer) else _text(answer, "answer", "check('…')"))
        if context is not None:
            passages = _context(context)
        elif isinstance(answer, Answer):
            passages = [hit.text for hit in kept_hits(answer.decisions)]
        else:
            found = (await self.searcher.aretrieve(text, AskOptions())).hits if text.strip() else ()
            passages = [hit.text for hit in found]
        return await acheck(by, self._detector(by, model, options), text, passages, question)

    def _detector(self, name: str, model: str | None, options: Mapping[str, Any]) -> Detector:
        place = DetectorPlace(
            embedder=on_this_machine(self._embedder), gateway=self._gateway, model=name.partition(":")[2] or model,
            options=options, tags=self._tags,
        )  # fmt: skip
        return self._detectors.get(name, place, place.model, *sorted(options.items()))

    async def astream(self, question: str, how: AskOptions) -> AnswerStream:
        """The answer of a model in pieces; one that is extracted comes in one."""
        if self.extractive(how.model):
            prepared, answer = await self._aextract(question, how)
            return AnswerStream(prepared, ready(answer.text, EXTRACTIVE), self._sentences, whole=answer)
        prepared = await self.aprepare(question, how)
        if not prepared.kept and len(prepared.messages) == 2 and not _pictured(how):
            # Without a passage, a conversation or a picture there is nothing that a model could answer from.
            notes = (*prepared.retrieval.notes, "the model was not asked")
            prepared = replace(prepared, retrieval=replace(prepared.retrieval, notes=notes))
            unasked = ready(NOT_FOUND, how.model or str(self._config["model"]))
            return AnswerStream(prepared, unasked, self._sentences, lambda answer: self.afinish(answer, how))
        own = {**how.provider, "tags": (*how.provider.get("tags", ()), *self._tags)}
        source = self._gateway().astream(list(prepared.messages), model=how.model, schema=how.schema, **own)
        return AnswerStream(prepared, source, self._sentences, lambda answer: self.afinish(answer, how))

    def _unasked(self, model: str | None) -> str:
        """Why no language model is asked; nothing when extraction was chosen by its name."""
        if (model or str(self._config["model"])) != EXTRACTIVE:
            return "model calls are switched off"
        chosen = model is not None or self._config.value("model").origin != "default"
        return "" if chosen else "no language model is configured"

    def _extracted(self, prepared: Prepared, unasked: str) -> Answer:
        return self._retriever.with_idf(lambda idf: extractive_answer(prepared, self._sentences.embed, idf, unasked))

    async def afinish(self, answer: Answer, how: AskOptions) -> Answer:
        """Keep the turn of a conversation; check the answer when that was asked for."""
        answer = replace(answer, flags=_flags(answer.decisions), explained=how.explain)
        if how.check and answer.found:
            by = BUILT_IN if how.check is True else str(how.check)
            answer = await self._achecked(answer, by, how)
        if how.thread:
            await asyncio.to_thread(self._catalog.turns.add, how.thread, self._name, answer.question, answer.text)
        return answer

    async def _achecked(self, answer: Answer, by: str, how: AskOptions) -> Answer:
        """The answer with its check; as it is, and saying so, when the detector fails: it may have been paid for."""
        try:
            return replace(answer, groundedness=await self.acheck(answer, None, by, how.model, **how.server))
        except Exception as error:
            why = brief(error).removeprefix(f"The detector '{by}' failed: ")
            notes = (*answer.retrieval.notes, f"not checked, {by} failed: {why}")
            return replace(answer, retrieval=replace(answer.retrieval, notes=notes))

    def _model_gateway(self, model: str | None) -> Gateway | None:
        return None if self.extractive(model) else self._gateway()


def tag(index: str) -> str:
    """What cached answers of models about an index are found by: `%cache drop index:handbook`."""
    return f"index:{index}"


def _context(given: Context) -> list[str]:
    """The texts of a context: one text, several, hits, or what a retrieval or an answer has found."""
    if isinstance(given, Answer):
        given = kept_hits(given.decisions)
    elif isinstance(given, Retrieval):
        given = given.hits
    one = isinstance(given, str) or not isinstance(given, Iterable)
    parts = [given] if one else [part.text if isinstance(part, Hit) else part for part in given]
    return [_text(part, "context", "check(answer, context=['…'])") for part in parts]


def _text(given: Any, what: str, call: str) -> str:
    if not isinstance(given, str):
        raise InvalidInput(f"The {what} is {repr(given)[:60]}, and no text.", f"Write it as {call}.")
    return given


def _pictured(how: AskOptions) -> tuple[str, ...]:
    """The stage that says how many images go with the question; none for none."""
    given = [each for name in sorted(_SEEN) if (each := how.provider.get(name)) is not None]
    count = sum(len(each) if isinstance(each, list | tuple) else 1 for each in given)
    return (f"{counted(count, 'image')} with the question",) if count else ()


def _spelt(part: Followed, read: Sequence[Correction]) -> Followed:
    return part._replace(asked=corrected(part.asked, read), read=corrected(part.read, read))


def _flags(decisions: Sequence[Decision]) -> tuple[str, ...]:
    marks = {decision.hit.chunk: decision.mark for decision in decisions}
    return tuple(
        f"{marks[hit.chunk]} {source_name(hit.source)}: {flag.reason}: {told(hit.text, flag)!r}".lstrip()
        for hit in kept_hits(decisions)
        for flag in find_injections(hit.text)[:1]
    )
