"""All that is done to find the passages for a question: one search or several, fused; judged once more; explained."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from motadata_nb.aio import run
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.config import Config
from motadata_nb.embeddings.base import Embedder
from motadata_nb.errors import GatewayError, UnknownName, brief
from motadata_nb.rag.exhibits import has_pictures, with_pictures
from motadata_nb.rag.hits import Hit
from motadata_nb.rag.options import AskOptions
from motadata_nb.rag.rerankers.base import Reranker, RerankerPlace
from motadata_nb.rag.rerankers.registry import RERANKERS
from motadata_nb.rag.retrieval import Retrieval
from motadata_nb.rag.search.expansion import asearches
from motadata_nb.rag.search.fusion import fuse
from motadata_nb.rag.search.pointed import POINTED, Aim, aim, aimed
from motadata_nb.rag.search.retriever import Retriever, checked_question
from motadata_nb.rag.search.trail import Trail, passed_over, place_of
from motadata_nb.registry import Kept

if TYPE_CHECKING:
    from motadata_nb.gateway.gateway import Gateway

__all__ = ["Searcher"]

_RERANKED = 30
_OF_EACH = 20
"""Hits of each of several searches."""


class Searcher:
    """Searches one index as a question's options say."""

    def __init__(
        self,
        *,
        retriever: Retriever,
        catalog: Catalog,
        embedder: Embedder,
        gateway: Callable[[str | None], Gateway | None],
        config: Config,
        tags: Sequence[str] = (),
    ) -> None:
        self._retriever = retriever
        self._catalog = catalog
        self._embedder = embedder
        self._gateway = gateway
        self._config = config
        self._tags = tags
        self._judges: Kept[RerankerPlace, Reranker] = Kept(RERANKERS, "ascore")

    def retrieve(self, question: str, how: AskOptions) -> Retrieval:
        """The best chunks; with `expand` of several searches fused, with `rerank` judged once more."""
        if how.expand is not None or how.rerank is not None:
            return run(self.aretrieve(question, how))
        # On the caller's thread: handing a search over and back takes a twentieth of its time.
        started = time.perf_counter()
        return self._finished(self._search(question, self._wanted(how), how), started)

    async def aretrieve(self, question: str, how: AskOptions) -> Retrieval:
        """`retrieve` on an event loop."""
        started = time.perf_counter()
        k = self._wanted(how)
        judge = None if how.rerank is None else self._judge(how.rerank)
        found = await self._asearched(question, k if judge is None else max(k, _RERANKED), how)
        if judge is not None:
            found = await _areranked(found, judge, str(how.rerank), k)
        if any(map(has_pictures, found.hits)):
            return await asyncio.to_thread(self._finished, found, started)
        return self._finished(found, started)

    def _wanted(self, how: AskOptions) -> int:
        return how.k if how.k is not None else int(self._config["k"])

    def _finished(self, found: Retrieval, started: float) -> Retrieval:
        """With the pictures of its hits, and the time it took."""
        if any(map(has_pictures, found.hits)):
            found = replace(found, hits=with_pictures(self._catalog, found.hits))
        return replace(found, seconds=time.perf_counter() - started)

    def located(self, found: Retrieval) -> Retrieval:
        """The retrieval with the places of its candidates and why some were passed over, for `explain`.

        Those that are gone have none, but for the hits, which say it themselves.
        """
        rows = self._retriever.rows(found.trail.candidates())
        places = {hit.chunk: place_of(hit) for hit in found.hits} | {n: place_of(row) for n, row in rows.items()}
        dropped = passed_over(found.trail, found.hits, rows)
        return replace(found, trail=replace(found.trail, places=places, dropped=dropped))

    def _search(self, text: str, k: int, how: AskOptions) -> Retrieval:
        mode = how.mode or str(self._config["mode"])
        target = aim(checked_question(text))
        found = self._retriever.retrieve(
            text, max(k, POINTED) if target else k, mode, how.where, around=how.around, diversity=how.diversity,
            spread=how.spread,
        )  # fmt: skip
        if target is not None:
            found = aimed(found, self._holding(text, target, mode, how), target, k)
        assert found.ranking is not None  # each search leaves one
        trail = Trail(
            searches=((text, found.ranking),), diverse=bool(how.diversity), spread=how.spread, around=how.around
        )
        return replace(found, trail=trail)

    def _holding(self, text: str, target: Aim, mode: str, how: AskOptions) -> Sequence[Hit]:
        """Hits among which is what a question points at: with one of the phrases, or on the page that it names."""
        if target.page is not None:
            where = f"({how.where}) and page = {target.page}" if how.where else f"page = {target.page}"
            return self._retriever.retrieve(text, POINTED, mode, where).hits
        return self._retriever.holding(target.phrases, POINTED, how.where)

    async def _asearched(self, question: str, k: int, how: AskOptions) -> Retrieval:
        if how.expand is None:
            return await asyncio.to_thread(self._search, question, k, how)
        started = time.perf_counter()
        try:
            gateway = self._gateway(how.model)
            texts = await asearches(question, how.expand, gateway, how.model, tags=self._tags, **how.server)
        except GatewayError as error:
            found = await asyncio.to_thread(self._search, question, k, how)
            return replace(found, notes=(*found.notes, f"searched for the question alone: {brief(error)}"))
        seconds = time.perf_counter() - started
        parts = [await asyncio.to_thread(self._search, text, max(k, _OF_EACH), how) for text in texts]
        return _together(question, how.expand, parts, k, seconds)

    def _judge(self, name: str) -> Reranker:
        if not isinstance(name, str):
            raise UnknownName("reranker", str(name), RERANKERS.names(), example="--rerank {}")
        model = name.partition(":")[2]
        own = self._config["models"].get(model)
        if not isinstance(own, Mapping):  # an alias says where its model stands
            own = {"model": model, "api_base": self._config["api_base"], "api_key": self._config["api_key"]}
        place = RerankerPlace(
            embedder=self._embedder, model=str(own.get("model", "")), api_base=str(own.get("api_base", "")),
            api_key=str(own.get("api_key", "")), timeout_s=float(self._config["timeout_s"]),
        )  # fmt: skip
        return self._judges.get(name, place, place.model, place.api_base, place.api_key, place.timeout_s)


async def _areranked(found: Retrieval, judge: Reranker, name: str, k: int) -> Retrieval:
    """The best `k` by the reranker; in the order of the search, and saying so, when it fails."""
    started = time.perf_counter()
    try:
        scores = _checked(await judge.ascore(found.question, [hit.text for hit in found.hits])) if found.hits else []
        if len(scores) != len(found.hits):
            raise ValueError(f"{len(scores)} scores for {len(found.hits)} passages")
    except Exception as error:  # whatever a plug-in raises, the search has its hits
        note = f"not reranked, {name} failed: {brief(error)}"
        return replace(found.kept(found.hits[:k]), notes=(*found.notes, note))
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    hits = tuple(replace(found.hits[i], score=_scaled(scores[i], scores)) for i in order[:k])
    trail = replace(
        found.trail,
        reranker=name,
        reranked={found.hits[i].chunk: scores[i] for i in order},
        seconds={**found.trail.seconds, name: time.perf_counter() - started},
    )
    return replace(found.kept(hits, f"{name} {len(scores)}"), trail=trail)


def _checked(scores: Sequence[float]) -> list[float]:
    """The scores as numbers. Raises ValueError for one that is none."""
    numbers = [float(score) for score in scores]
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("a score is no number")
    return numbers


def _scaled(score: float, scores: Sequence[float]) -> float:
    """A score as it stands when all are from 0 to 1, otherwise through a logistic curve."""
    return score if min(scores) >= 0 and max(scores) <= 1 else 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def _together(question: str, expand: str, parts: Sequence[Retrieval], k: int, seconds: float) -> Retrieval:
    """One retrieval of several, by the sum of normalised scores."""
    hits: dict[int, Hit] = {hit.chunk: hit for part in reversed(parts) for hit in part.hits}
    fused = fuse([{hit.chunk: hit.score for hit in part.hits} for part in parts])
    best = tuple(hits[chunk] for chunk in list(fused)[:k])
    trail = replace(
        parts[0].trail,
        searches=tuple(search for part in parts for search in part.trail.searches),
        fused=fused,
        seconds={expand: seconds},
    )
    stages = (*parts[0].stages, f"{len(parts)} searches fused {len(fused)}", f"kept {len(best)}")
    texts = tuple(text for text, _ in trail.searches)
    return replace(parts[0], question=question, hits=best, stages=stages, searches=texts, trail=trail)
