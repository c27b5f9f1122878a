"""What the stub server is asked and what it says: scripted answers, echoes, refusals, embeddings and scores."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from motadata_nb.gateway.schema import instance_of

__all__ = ["Answer", "Fault", "Request", "Script", "echo", "embedded", "refusal", "reranked", "text_of"]

Fault = Literal["", "reset", "close", "stall"]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server does with one call. Delays are in seconds."""

    text: str = ""
    thinking: str = ""
    pieces: Sequence[str] | None = None
    """How a stream cuts the text; by default after each word."""
    tool_calls: Sequence[tuple[str, Any]] = ()
    """Pairs of tool name and arguments; a string of arguments is sent as it is, be it JSON or not."""
    finish_reason: str | None = None
    usage: Mapping[str, Any] | None = None
    cached_tokens: int = 0
    status: int = 200
    body: Any = None
    """Sent instead of a completion: bytes as they are, anything else as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = ""
    delay_s: float = 0.0
    """Before the first byte."""
    piece_delay_s: float = 0.0
    """Between pieces of a stream."""
    byte_delay_s: float = 0.0
    """Between single bytes of the body: a slow-loris answer."""
    fault: Fault = ""
    """`reset` sends a TCP reset, `close` ends the connection early, `stall` sends nothing more."""
    after: int = 0
    """Pieces of a stream (or bytes of a plain body) that come before the fault."""


@dataclass(kw_only=True, eq=False)
class Request:
    """A call as it arrived. `gone` is set when the client left before the answer was whole."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    at: float
    """Seconds of `time.monotonic`."""
    connection: int
    pieces_sent: int = 0
    done: bool = False
    gone: bool = False


Script = Answer | str | Callable[[Request], "Answer | str"]
"""A step: an answer, its text, or what makes one of the request."""


_CALL = re.compile(r"^\s*call\s+(\w+)\s*(\{.*\})\s*$", re.MULTILINE)


def echo(request: Request) -> Answer:
    """The last user message, calls of tools for its lines `call NAME {…}`, or an instance of the wanted schema."""
    form = request.body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return Answer(text=json.dumps(instance_of(form["json_schema"]["schema"])))
    messages = request.body.get("messages") or [{}]
    texts = [text_of(m) for m in messages if m.get("role") == "user"]
    calls = (
        _CALL.findall(texts[-1]) if texts and request.body.get("tools") and messages[-1].get("role") == "user" else ()
    )
    if calls:
        return Answer(tool_calls=calls)
    return Answer(text=f"echo: {texts[-1] if texts else ''}")


def refusal(status: int, message: str, code: str, **headers: str) -> Answer:
    """An error in OpenAI's form."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body={"error": {"message": message, "type": code, "code": code}}, headers=named)


def embedded(request: Request, dimension: int, bad_text: str) -> Answer:
    """Hashed words as vectors of unit length; a refusal when `bad_text` is in one of the texts."""
    texts = request.body["input"] if isinstance(request.body["input"], list) else [request.body["input"]]
    if bad_text and any(bad_text in str(text) for text in texts):
        return refusal(400, "One of the inputs cannot be embedded.", "invalid_request_error")
    data = [
        {"object": "embedding", "index": i, "embedding": _vector(str(text), dimension)} for i, text in enumerate(texts)
    ]
    tokens = sum(len(str(text).split()) for text in texts)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return Answer(body={"object": "list", "data": data, "model": request.body.get("model"), "usage": usage})


def reranked(request: Request) -> Answer:
    """Scores of documents by the share of the query's words in them, in the form of Cohere and Jina."""
    asked = set(re.findall(r"\w+", str(request.body.get("query", "")).lower()))
    texts = [set(re.findall(r"\w+", str(text).lower())) for text in request.body.get("documents", ())]
    scores = [len(asked & words) / max(len(asked), 1) for words in texts]
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    return Answer(body={"results": [{"index": i, "relevance_score": scores[i]} for i in order]})


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, parts joined."""
    content = message.get("content") or ""
    return content if isinstance(content, str) else " ".join(p.get("text", "") for p in content)


def _vector(text: str, dimension: int) -> list[float]:
    values = [0.0] * dimension
    for word in text.lower().split() or [""]:
        digest = hashlib.blake2b(word.encode(), digest_size=8).digest()
        values[digest[0] % dimension] += 1.0 if digest[1] % 2 else -1.0
    norm = math.sqrt(sum(v * v for v in values)) or 1.0
    return [v / norm for v in values]
