"""Messages laid out so that providers can reuse what they have already read.

Providers keep the attention state of a prompt's beginning, and charge a tenth to a half for tokens found there. That
works only when the beginning is the same byte for byte, so what is stable comes first and is written one way: system
messages, tools in the order of their names, documents in the order of their text, then the history, then the new turn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from motadata_nb.gateway.base import ChatRequest, Message, ToolSpec
from motadata_nb.gateway.messages import text_of

__all__ = ["arranged", "cache_key", "marked", "with_documents"]

# Anthropic's own number is 1,024 for most models; below it a marker has no effect and costs nothing.
_MARKED_CHARACTERS = 3000
_MARKER = {"type": "ephemeral"}


def with_documents(messages: Sequence[Message], documents: Sequence[str]) -> list[Message]:
    """The messages with documents behind the system messages, sorted, so that their order does not break the prefix."""
    if not documents:
        return list(messages)
    quoted = "\n\n".join(f"[{n}] {text}" for n, text in enumerate(sorted(dict.fromkeys(documents)), 1))
    head = [m for m in messages if m["role"] in ("system", "developer")]
    rest = [m for m in messages if m["role"] not in ("system", "developer")]
    return [*head, {"role": "user", "content": f"Documents:\n\n{quoted}"}, *rest]


def arranged(tools: Sequence[ToolSpec]) -> tuple[ToolSpec, ...]:
    """The tools by name, their schemas with sorted fields."""
    ordered = sorted(tools, key=lambda tool: tool.name)
    return tuple(replace(tool, parameters=json.loads(json.dumps(tool.parameters, sort_keys=True))) for tool in ordered)


def cache_key(request: ChatRequest) -> str:
    """A name for the stable prefix, for providers that route by one: equal for calls with the same system and tools."""
    from hashlib import blake2b

    head = [m for m in request.messages if m["role"] in ("system", "developer")]
    stable = json.dumps([head, [t.name for t in request.tools]], sort_keys=True, default=str)
    return blake2b(stable.encode(), digest_size=12).hexdigest()


def marked(messages: Sequence[Message], *, tools: bool = False) -> list[Message]:
    """The messages with cache markers in Anthropic's form: behind the system messages, and behind the history.

    With `tools`, results of tools may be marked: an agent's history ends in them. LiteLLM takes such a mark on the
    message itself.
    """
    found = [dict(m) for m in messages]
    system = [i for i, m in enumerate(found) if m["role"] in ("system", "developer")]
    history = range(len(found) - 2, system[-1] if system else -1, -1)
    places = [*system[-1:], *(i for i in history if found[i].get("content") and (tools or found[i]["role"] != "tool"))]
    for place in places[: 2 if system else 1]:
        before = sum(len(text_of(m)) for m in found[: place + 1])
        if before >= _MARKED_CHARACTERS:
            _mark(found[place])
    return found


def _mark(message: dict[str, Any]) -> None:
    content = message.get("content")
    if message.get("role") == "tool":
        message["cache_control"] = _MARKER
    elif isinstance(content, str) and content:
        message["content"] = [{"type": "text", "text": content, "cache_control": _MARKER}]
    elif isinstance(content, list) and content and isinstance(content[-1], Mapping):
        message["content"] = [*content[:-1], {**content[-1], "cache_control": _MARKER}]
