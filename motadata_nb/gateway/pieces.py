"""Pieces of answers: tool calls out of their fragments, and a whole out of its deltas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from motadata_nb.gateway.base import Delta, ToolCall, Usage

__all__ = ["Fragments", "Piece", "Whole", "tool_calls", "usage_of"]


class Piece(str):
    """A piece of an answer: the text itself, with what else came with it."""

    __slots__ = ("delta",)
    delta: Delta

    def __new__(cls, delta: Delta) -> Piece:
        piece = super().__new__(cls, delta.text)
        piece.delta = delta
        return piece

    @property
    def text(self) -> str:
        """The text of the piece."""
        return self.delta.text

    @property
    def thinking(self) -> str:
        """What the model thought, as far as it shows it."""
        return self.delta.thinking

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Whole tool calls."""
        return self.delta.tool_calls

    @property
    def usage(self) -> Usage | None:
        """Tokens of the whole call, on the last piece."""
        return self.delta.usage

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ended, on the last piece."""
        return self.delta.finish_reason

    @property
    def model(self) -> str | None:
        """The model that answers."""
        return self.delta.model


class Whole:
    """Gathers deltas into one."""

    def __init__(self) -> None:
        self._text: list[str] = []
        self._thinking: list[str] = []
        self.tool_calls: tuple[ToolCall, ...] = ()
        self.usage: Usage | None = None
        self.finish_reason: str | None = None
        self.model: str | None = None
        self.provider: str | None = None
        self.cost: float | None = None

    def add(self, delta: Delta) -> None:
        """Take one delta in."""
        if delta.text:
            self._text.append(delta.text)
        if delta.thinking:
            self._thinking.append(delta.thinking)
        self.tool_calls += delta.tool_calls
        self.usage = delta.usage or self.usage
        self.finish_reason = delta.finish_reason or self.finish_reason
        self.model = delta.model or self.model
        self.provider = delta.provider or self.provider
        self.cost = delta.cost if delta.cost is not None else self.cost

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self._text)

    @property
    def thinking(self) -> str:
        """The thinking so far."""
        return "".join(self._thinking)

    @property
    def delta(self) -> Delta:
        """All of it as one delta."""
        return Delta(
            text=self.text, thinking=self.thinking, tool_calls=self.tool_calls, usage=self.usage, cost=self.cost,
            finish_reason=self.finish_reason, model=self.model, provider=self.provider,
        )  # fmt: skip


class Fragments:
    """Joins the fragments of streamed tool calls. Servers number them; those that do not start a new one with an id."""

    def __init__(self) -> None:
        self._calls: dict[int, dict[str, str]] = {}

    def add(self, fragments: Sequence[Mapping[str, Any]]) -> None:
        """Take the fragments of one chunk in."""
        for fragment in fragments:
            function = fragment.get("function") or {}
            index = fragment.get("index")
            if index is None:
                index = len(self._calls) - (0 if fragment.get("id") or not self._calls else 1)
            call = self._calls.setdefault(index, {"id": "", "name": "", "arguments": ""})
            call["id"] = fragment.get("id") or call["id"]
            call["name"] = function.get("name") or call["name"]
            arguments = function.get("arguments") or ""
            call["arguments"] += arguments if isinstance(arguments, str) else json.dumps(arguments)

    def joined(self) -> tuple[ToolCall, ...]:
        """The whole calls, in order."""
        return tuple(
            ToolCall(id=call["id"] or f"call_{index}", name=call["name"], arguments=call["arguments"])
            for index, call in sorted(self._calls.items())
        )


def tool_calls(found: Sequence[Mapping[str, Any]] | None) -> tuple[ToolCall, ...]:
    """The tool calls of a whole message in OpenAI's form."""
    fragments = Fragments()
    fragments.add([{**call, "index": i} for i, call in enumerate(found or ())])
    return fragments.joined()


def usage_of(found: Any) -> Usage | None:
    """Usage in OpenAI's form, cached tokens in the forms of OpenAI, DeepSeek, Anthropic and OpenRouter; None for less.

    Some count what a model thinks only in the total, but charge for it as for the answer.
    """
    if not isinstance(found, Mapping) or not found:
        return None
    details = found.get("prompt_tokens_details") or {}
    cached = (
        details.get("cached_tokens") or found.get("prompt_cache_hit_tokens") or found.get("cache_read_input_tokens")
    )
    kept = details.get("cache_write_tokens") or found.get("cache_creation_input_tokens")
    read, written = int(found.get("prompt_tokens") or 0), int(found.get("completion_tokens") or 0)
    return Usage(
        input_tokens=read,
        output_tokens=max(written, int(found.get("total_tokens") or 0) - read) if written else written,
        cached_tokens=int(cached or 0),
        written_tokens=int(kept or 0),
    )
