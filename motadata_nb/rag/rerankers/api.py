"""Reranking by a service with a `/rerank` call: Cohere, Jina, vLLM, LiteLLM's proxy; Voyage; text-embeddings-inference.

They differ in what they take and in what they give; what a service takes is found out once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from motadata_nb.errors import BadResponse, GatewayError, InvalidInput
from motadata_nb.rag.rerankers.base import RerankerPlace

__all__ = ["ApiReranker"]

_REFUSED = (400, 422)
"""What a service answers to a field that it does not know, or to one that it misses."""


class ApiReranker:
    """Relevance scores of a service at `api_base`."""

    def __init__(self, place: RerankerPlace) -> None:
        if not place.api_base:
            raise InvalidInput("The reranker 'api' has no address.", "Set it: %config Motadata.api_base = 'https://…'")
        self._place = place
        self._shapes = list(_SHAPES)

    async def ascore(self, question: str, passages: Sequence[str]) -> list[float]:
        """Usually from 0 to 1. Raises GatewayError when the service fails, BadResponse when it is not understood."""
        found = await asyncio.to_thread(self._asked, question, list(passages))
        scores = [0.0] * len(passages)
        try:
            for row in _rows(found):
                scores[int(row["index"])] = float(row.get("relevance_score", row.get("score")))
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            raise BadResponse(
                "The reranker's answer is not understood.", "It must be {results: [{index, relevance_score}]}."
            ) from None
        return scores

    def _asked(self, question: str, passages: Sequence[str]) -> Any:
        """The answer to the first shape of a call that the service takes; the others are not tried again."""
        import httpx

        refused: httpx.Response | None = None
        with httpx.Client(timeout=self._place.timeout_s) as client:
            for shape in self._shapes:
                answer = self._posted(client, shape(self._place.model, question, passages))
                if answer.status_code not in _REFUSED:
                    if answer.is_success:  # one that is busy, or wants another key, has not said what it takes
                        self._shapes = [shape]
                    return _read(answer)
                refused = refused or answer
        assert refused is not None  # there is a shape
        return _read(refused)

    def _posted(self, client: Any, body: Mapping[str, Any]) -> Any:
        import httpx

        headers = {"authorization": f"Bearer {self._place.api_key}"} if self._place.api_key else {}
        try:
            return client.post(self._place.api_base.rstrip("/") + "/rerank", json=body, headers=headers)
        except httpx.HTTPError as error:
            raise GatewayError(
                f"The reranker failed: {type(error).__name__}.", "Check api_base, or leave --rerank out."
            ) from None


def _cohere(model: str, question: str, passages: Sequence[str]) -> dict[str, Any]:
    return {"model": model, "query": question, "documents": passages, "top_n": len(passages)}


def _voyage(model: str, question: str, passages: Sequence[str]) -> dict[str, Any]:
    return {"model": model, "query": question, "documents": passages}


def _inference(model: str, question: str, passages: Sequence[str]) -> dict[str, Any]:
    return {"query": question, "texts": passages}


_SHAPES = (_cohere, _voyage, _inference)


def _rows(found: Any) -> Sequence[Mapping[str, Any]]:
    """The list of scores: under `results` (Cohere, Jina), under `data` (Voyage), or the answer itself."""
    if isinstance(found, list):
        return found
    rows = found["results"] if "results" in found else found["data"]
    if not isinstance(rows, list):
        raise TypeError
    return rows


def _read(answer: Any) -> Any:
    """What a service answered. Raises GatewayError for an error, BadResponse for what is no JSON."""
    if answer.is_error:
        status = answer.status_code
        name = f" {HTTPStatus(status).phrase}" if status in set(HTTPStatus) else ""
        raise GatewayError(f"The reranker answered {status}{name}.", "Check the key, the model's name and api_base.")
    try:
        return answer.json()
    except ValueError:
        raise BadResponse("The reranker's answer is no JSON.", "Check api_base: /rerank is added to it.") from None
