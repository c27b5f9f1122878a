"""Answers of the stub server as they go over the wire: one object, or server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from motadata_nb.testing.openai_answers import Answer, Request, text_of

__all__ = ["completion", "events"]


def completion(request: Request, answer: Answer) -> dict[str, Any]:
    """The answer as one `chat.completion` object."""
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
    if answer.thinking:
        message["reasoning_content"] = answer.thinking
    if answer.tool_calls:
        message["tool_calls"] = list(_tool_calls(answer))
    return {
        **_envelope(request, "chat.completion"),
        "choices": [{"index": 0, "message": message, "finish_reason": _finish(answer), "logprobs": None}],
        "usage": _usage(request, answer),
    }


def events(request: Request, answer: Answer) -> Iterator[bytes]:
    """The answer as server-sent events, `[DONE]` included."""
    base = _envelope(request, "chat.completion.chunk")

    def event(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return b"data: " + json.dumps({**base, "choices": [choice]}).encode() + b"\n\n"

    pieces = answer.pieces if answer.pieces is not None else _words(answer.text)
    yield event({"role": "assistant", "content": ""})
    for word in _words(answer.thinking):
        yield event({"reasoning_content": word})
    for piece in pieces:
        yield event({"content": piece})
    for index, call in enumerate(_tool_calls(answer)):
        function = call["function"]
        half = len(function["arguments"]) // 2
        start = {"name": function["name"], "arguments": function["arguments"][:half]}
        yield event({"tool_calls": [{"index": index, "id": call["id"], "type": "function", "function": start}]})
        yield event({"tool_calls": [{"index": index, "function": {"arguments": function["arguments"][half:]}}]})
    yield event({}, _finish(answer))
    if (request.body.get("stream_options") or {}).get("include_usage"):
        yield b"data: " + json.dumps({**base, "choices": [], "usage": _usage(request, answer)}).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def _usage(request: Request, answer: Answer) -> dict[str, Any]:
    """Token counts; a token is a word here."""
    if answer.usage is not None:
        return dict(answer.usage)
    prompt = sum(len(text_of(m).split()) for m in request.body.get("messages", ()))
    written = len(answer.text.split()) + sum(len(str(a).split()) for _, a in answer.tool_calls)
    counts: dict[str, Any] = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
    if answer.cached_tokens:
        counts["prompt_tokens_details"] = {"cached_tokens": answer.cached_tokens}
    return counts


def _envelope(request: Request, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-stub", "object": kind, "created": 1700000000, "model": request.body.get("model", "stub")}


def _finish(answer: Answer) -> str:
    return answer.finish_reason or ("tool_calls" if answer.tool_calls else "stop")


def _tool_calls(answer: Answer) -> Iterator[dict[str, Any]]:
    for number, (name, arguments) in enumerate(answer.tool_calls):
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        yield {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": text}}


def _words(text: str) -> list[str]:
    parts = text.split(" ")
    return [part + (" " if i < len(parts) - 1 else "") for i, part in enumerate(parts) if text]
