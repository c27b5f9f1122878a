"""Server-sent events of the OpenAI protocol in, deltas out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import BadResponse, StreamBroken
from motadata_nb.gateway.base import ChatRequest, Delta, Usage
from motadata_nb.gateway.failures import from_event
from motadata_nb.gateway.openai_answers import thinking_of
from motadata_nb.gateway.pieces import Fragments, usage_of

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Reader"]


class Reader:
    """Server-sent events in, deltas out."""

    def __init__(self, request: ChatRequest) -> None:
        self.request = request
        self.response: aiohttp.ClientResponse | None = None
        self.done = False
        self.text: list[str] = []
        self._fragments = Fragments()
        self._usage: Usage | None = None
        self._finish: str | None = None
        self._model: str | None = None

    def feed(self, line: bytes) -> list[Delta]:
        """What one line brings."""
        if not line.startswith(b"data:"):
            return []
        data = line[5:].strip()
        if data == b"[DONE]":
            self.done = True
            return [self._last()]
        try:
            event = json.loads(data)
        except ValueError:
            raise BadResponse(
                f"{self.request.shown} sent a piece that is not JSON: {data[:60]!r}",
                "Ask again; the server is at fault.",
            ) from None
        return self._event(event)

    def _event(self, event: Mapping[str, Any]) -> list[Delta]:
        if event.get("error"):
            raise from_event(event["error"], model=self.request.shown, secrets=self.request.secrets)
        self._usage = usage_of(event.get("usage")) or self._usage
        self._model = event.get("model") or self._model
        choices = event.get("choices")
        if not choices:
            return []
        self._finish = choices[0].get("finish_reason") or self._finish
        delta = choices[0].get("delta") or {}
        self._fragments.add(delta.get("tool_calls") or ())
        text, thinking = delta.get("content") or "", thinking_of(delta)
        if not text and not thinking:
            return []
        self.text.append(text)
        return [Delta(text=text, thinking=thinking, model=self._model)]

    def _last(self) -> Delta:
        calls = self._fragments.joined()
        finish = self._finish or ("tool_calls" if calls else "stop")
        return Delta(tool_calls=calls, usage=self._usage, finish_reason=finish, model=self._model)

    def finish(self) -> list[Delta]:
        """The end of the connection: fine after a finish reason, else the stream is broken."""
        if self._finish is None:
            raise self.broken("the connection ended")
        return [self._last()]

    def broken(self, detail: str) -> StreamBroken:
        """The error for a stream without an end."""
        came = "".join(self.text)
        return StreamBroken(
            f"{self.request.shown}: the stream broke after {len(came)} characters: {detail}.",
            "What came is kept in .partial; run the cell again for the whole.",
            came,
        )

    def leave(self) -> None:
        """Close the connection at once when the answer was left early."""
        if self.response is not None and not self.done:
            self.response.close()
