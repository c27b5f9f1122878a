"""Whole answers of the OpenAI protocol: a completion as one delta, embeddings as an array."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import BadResponse, ContentRefused
from motadata_nb.gateway.base import ChatRequest, Delta, Usage
from motadata_nb.gateway.failures import from_event, not_a_model_server
from motadata_nb.gateway.pieces import tool_calls, usage_of
from motadata_nb.telemetry.redaction import scrub

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["completion_of", "declined", "names_of", "vectors_of", "written"]


def completion_of(found: Any, request: ChatRequest) -> Delta:
    """The answer as one delta. Raises BadResponse, or what the server says in place of one."""
    try:
        choice = found["choices"][0]
        message = choice["message"]
        text, thinking = written(message)
        calls = tool_calls(message.get("tool_calls"))
        if message.get("refusal") and not (text or calls):
            raise declined(message["refusal"], request)
        return Delta(
            text=text,
            thinking=thinking,
            tool_calls=calls,
            usage=usage_of(found.get("usage")),
            finish_reason=choice.get("finish_reason") or "stop",
            model=found.get("model"),
        )
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        if isinstance(found, dict) and found.get("error"):
            raise from_event(found["error"], model=request.shown, secrets=request.secrets) from None
        raise not_a_model_server(
            "JSON that is no completion", json.dumps(found), model=request.shown, secrets=request.secrets
        ) from None


def vectors_of(found: Any, count: int, request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
    """Vectors in the order of the texts. Raises BadResponse when there are not `count` of one length."""
    import numpy as np

    try:
        rows = sorted(found["data"], key=lambda row: row["index"])
        vectors = np.asarray([row["embedding"] for row in rows], np.float32)
        if len(rows) != count or vectors.ndim != 2:
            raise KeyError("data")
    except (KeyError, TypeError, ValueError):
        raise BadResponse(
            f"{request.shown} did not give {count} vectors of one length.", "Is this an embedding model?"
        ) from None
    return vectors, usage_of(found.get("usage")) or Usage()


def names_of(text: str) -> list[str]:
    """Names in a list of models; none when it is something else."""
    try:
        return [str(row["id"]) for row in json.loads(text)["data"]]
    except (KeyError, TypeError, ValueError):
        return []


def written(message: Mapping[str, Any]) -> tuple[str, str]:
    """What the model wrote and what it thought: in the fields of DeepSeek and of Groq, or in the parts of Mistral."""
    content = message.get("content") or ""
    thought = message.get("reasoning_content") or message.get("reasoning") or ""
    text, thinking = content, thought if isinstance(thought, str) else ""
    if not isinstance(content, str):
        text = _joined(content, "text")
        thinking += "".join(_joined(part.get("thinking") or (), "text") for part in content)
    return text, thinking


def _joined(parts: Any, kind: str) -> str:
    if isinstance(parts, str):
        return parts
    return "".join(part[kind] for part in parts if part.get("type") == kind)


def declined(refusal: Any, request: ChatRequest) -> ContentRefused:
    """The error for an answer in which the model says no more than that it will not."""
    said = scrub(" ".join(str(refusal).split())[:300], request.secrets)
    return ContentRefused(f"{request.shown} refused: {said}", "Rephrase the request, or choose another model=….")
