"""Reranking by a service with the `/rerank` call of Cohere and Jina (also vLLM, TEI, LiteLLM's proxy, Voyage)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from motadata_nb.errors import BadResponse, GatewayError, InvalidInput
from motadata_nb.rag.rerankers.base import RerankerPlace

__all__ = ["ApiReranker"]


class ApiReranker:
    """Relevance scores of a service at `api_base`."""

    def __init__(self, place: RerankerPlace) -> None:
        if not place.api_base:
            raise InvalidInput("The reranker 'api' has no address.", "Set it: %config Motadata.api_base = 'https://…'")
        self._place = place

    async def ascore(self, question: str, passages: Sequence[str]) -> list[float]:
        """Usually from 0 to 1. Raises GatewayError when the service fails, BadResponse when it is not understood."""
        body = {"model": self._place.model, "query": question, "documents": list(passages), "top_n": len(passages)}
        found = await asyncio.to_thread(self._post, body)
        scores = [0.0] * len(passages)
        try:
            for row in found["results"]:
                scores[int(row["index"])] = float(row.get("relevance_score", row.get("score")))
        except (KeyError, TypeError, ValueError, IndexError):
            raise BadResponse(
                "The reranker's answer is not understood.", "It must be {results: [{index, relevance_score}]}."
            ) from None
        return scores

    def _post(self, body: Mapping[str, Any]) -> Any:
        import httpx

        headers = {"authorization": f"Bearer {self._place.api_key}"} if self._place.api_key else {}
        url = self._place.api_base.rstrip("/") + "/rerank"
        try:
            answer = httpx.post(url, json=body, headers=headers, timeout=self._place.timeout_s)
            answer.raise_for_status()
            return answer.json()
        except httpx.HTTPStatusError as error:
            why = f"The reranker answered {error.response.status_code}."
            raise GatewayError(why, "Check the key, the model's name and api_base.") from None
        except (httpx.HTTPError, ValueError) as error:
            raise GatewayError(
                f"The reranker failed: {type(error).__name__}.", "Check api_base, or leave --rerank out."
            ) from None
