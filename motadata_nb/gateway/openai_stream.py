"""Server-sent events of the OpenAI protocol in, deltas out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import BadResponse, GatewayError, StreamBroken
from motadata_nb.gateway.base import ChatRequest, Delta, Usage
from motadata_nb.gateway.events import DONE, Events, NotJson
from motadata_nb.gateway.failures import from_event, unreachable
from motadata_nb.gateway.openai_answers import declined, written
from motadata_nb.gateway.pieces import Fragments, usage_of
from motadata_nb.telemetry.redaction import scrub

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Reader"]


class Reader:
    """Server-sent events in, deltas out."""

    def __init__(self, request: ChatRequest) -> None:
        self.request = request
        self.response: aiohttp.ClientResponse | None = None
        self.begun = self.done = False
        self.text: list[str] = []
        self._events = Events()
        self._fragments = Fragments()
        self._refusal: list[str] = []
        self._usage: Usage | None = None
        self._finish: str | None = None
        self._model: str | None = None

    def feed(self, chunk: bytes) -> Iterator[Delta]:
        """What some bytes bring; an empty chunk is the end of the connection."""
        self.begun = True
        try:
            for value in self._events.feed(chunk):
                if self.done:
                    return
                if value is DONE:
                    self.done = True
                    yield self._last()
                elif value is not None:
                    yield from self._event(value)
        except NotJson as error:
            raise self._wrong(f"a piece that is not JSON: {error.data!r}") from None

    def finish(self) -> Iterator[Delta]:
        """The end of the connection: fine after a finish reason, else the stream is broken."""
        yield from self.feed(b"")
        if self.done:
            return
        if self._finish is None:
            raise self.broken("the connection ended")
        yield self._last()

    def _event(self, event: Any) -> Iterator[Delta]:
        if not isinstance(event, Mapping):
            raise self._wrong(f"a piece that is no object: {str(event)[:60]!r}")
        if event.get("error") or self._events.kind == "error":
            raise from_event(event.get("error") or dict(event), model=self.request.shown, secrets=self.request.secrets)
        try:
            yield from self._chunk(event)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise self._wrong(f"a piece of another form: {str(dict(event))[:60]!r}") from None

    def _chunk(self, event: Mapping[str, Any]) -> Iterator[Delta]:
        self._usage = usage_of(event.get("usage")) or self._usage
        self._model = event.get("model") or self._model
        for choice in event.get("choices") or ():
            if choice.get("index"):
                continue  # Of several answers the first; the others would be mixed into it.
            self._finish = choice.get("finish_reason") or self._finish
            delta = choice.get("delta") or {}
            self._fragments.add(delta.get("tool_calls") or ())
            self._refusal.append(delta.get("refusal") or "")
            text, thinking = written(delta)
            if text or thinking:
                self.text.append(text)
                yield Delta(text=text, thinking=thinking)

    def _last(self) -> Delta:
        calls = self._fragments.joined()
        refusal = "".join(self._refusal)
        if refusal and not calls and not any(self.text):
            raise declined(refusal, self.request)
        finish = self._finish or ("tool_calls" if calls else "stop")
        return Delta(tool_calls=calls, usage=self._usage, finish_reason=finish, model=self._model)

    def _wrong(self, what: str) -> BadResponse:
        said = scrub(what, self.request.secrets)
        return BadResponse(f"{self.request.shown} sent {said}", "Ask again; the server is at fault.")

    def broken(self, detail: str) -> GatewayError:
        """The error for a stream without an end; one that had not begun can be asked for again."""
        request = self.request
        if not self.text:
            return unreachable(request.api_base, detail, model=request.shown, secrets=request.secrets)
        came = "".join(self.text)
        return StreamBroken(
            f"{request.shown}: the stream broke after {len(came)} characters: {detail}.",
            "What came is kept in .partial; run the cell again for the whole.",
            came,
        )

    def leave(self) -> None:
        """Close the connection at once when the answer was left early."""
        if self.response is not None and not self.done:
            self.response.close()
