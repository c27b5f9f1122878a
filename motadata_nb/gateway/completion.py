"""What a call gives back: the whole answer, or a stream that ends in one."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any

from motadata_nb.aio import run
from motadata_nb.gateway.base import Delta, ToolCall, Usage
from motadata_nb.gateway.pieces import Piece, Whole
from motadata_nb.results import Result
from motadata_nb.telemetry.prices import money

if TYPE_CHECKING:
    from motadata_nb.cards import Card, Section

__all__ = ["Completion", "CompletionStream", "PlainStream"]


@dataclass(frozen=True, kw_only=True)
class Completion(Result):
    """A model's answer."""

    text: str
    data: Any = None
    """The answer as data, when a schema was given: a dictionary, or an instance of the pydantic model."""
    tool_calls: tuple[ToolCall, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    """US dollars; 0 from a cache, None when the price is not known."""
    saved: float = 0.0
    """US dollars that the provider's prefix cache saved."""
    model: str = ""
    provider: str = ""
    """The name of the provider in this package."""
    cached: bool = False
    """From the response cache: nothing was asked and nothing was paid."""
    replayed: bool = False
    """From a cassette."""
    shared: bool = False
    """An equal call was under way; this one took its answer and cost nothing."""
    thinking: str = ""
    finish_reason: str = ""
    interrupted: bool = False
    """Left, cancelled or broken before its end; `text` is what came."""
    seconds: float = 0.0
    queued_s: float = 0.0
    """Seconds of `seconds` spent in the gateway's queue."""

    def _card(self) -> Card:
        from motadata_nb.cards import Card

        return Card(
            body=self.text or _calls(self.tool_calls),
            status=tuple(filter(None, (self.model, _tokens(self.usage), f"{self.seconds:.2f} s", _money(self)))),
            attention=tuple(_attention(self)),
            sections=tuple(_sections(self)),
        )

    def __str__(self) -> str:
        return self.text


def _calls(calls: tuple[ToolCall, ...]) -> str:
    return "\n".join(f"`{call.name}({call.arguments})`" for call in calls)


def _tokens(usage: Usage) -> str:
    if not usage.input_tokens and not usage.output_tokens:
        return ""
    cached = f" ({usage.cached_tokens:,} from the provider's cache)" if usage.cached_tokens else ""
    return f"{usage.input_tokens:,} → {usage.output_tokens:,} tokens{cached}"


def _money(completion: Completion) -> str:
    if completion.cost is None:
        return ""
    saved = f", {money(completion.saved)} saved by the prefix cache" if completion.saved else ""
    return ("free" if completion.cost == 0 else money(completion.cost)) + saved


def _attention(completion: Completion) -> Iterator[str]:
    if completion.interrupted:
        yield "interrupted"
    if completion.cached:
        yield "from cache"
    if completion.replayed:
        yield "from a cassette"
    if completion.finish_reason == "length":
        yield "cut at max_tokens"
    if completion.finish_reason == "content_filter":
        yield "stopped by the provider's content filter"
    if not (completion.text.strip() or completion.tool_calls or completion.interrupted):
        yield "the model wrote nothing"
    if completion.queued_s >= 1:
        yield f"waited {completion.queued_s:.0f} s in the queue"


def _sections(completion: Completion) -> Iterator[Section]:
    from motadata_nb.cards import Preformatted, Section

    if completion.thinking:
        yield Section(title="Thinking", content=Preformatted(completion.thinking))
    if completion.tool_calls and completion.text:
        yield Section(title="Tool calls", content=Preformatted(_calls(completion.tool_calls)))


class CompletionStream:
    """An async iterator of pieces. At its end, or when it is left, `completion` is the answer so far.

    With a schema, data that does not fit is repaired once after the last piece; `completion` has the right answer.
    A piece is a `str`, so `"".join` gives the text; `.thinking`, `.tool_calls`, `.usage` and `.finish_reason` say what
    else came with it. Leaving the iterator (`aclose`, or the end of `async with`) closes the connection upstream.
    """

    def __init__(
        self,
        source: AsyncIterator[Delta],
        finish: Callable[[Whole, bool, float], Completion],
        ended: Callable[[Completion], Awaitable[Completion]],
    ) -> None:
        self._source = source
        self._finish = finish
        self._ended = ended
        self._whole = Whole()
        self._started = time.perf_counter()
        self._completion: Completion | None = None

    @property
    def text(self) -> str:
        """The text so far."""
        return self._whole.text

    @property
    def completion(self) -> Completion:
        """The answer; marked interrupted when the stream has not come to its end."""
        return self._completion or self._finish(self._whole, True, time.perf_counter() - self._started)

    def __aiter__(self) -> CompletionStream:
        return self

    async def __anext__(self) -> Piece:
        if self._completion is not None:
            raise StopAsyncIteration
        try:
            delta = await anext(self._source)
        except StopAsyncIteration:
            await self._end()
            raise
        except BaseException:
            self._stop(interrupted=self._whole.finish_reason is None)
            raise
        self._whole.add(delta)
        return Piece(delta)

    async def _end(self) -> None:
        if self._completion is None:
            completion = self._stop(interrupted=False)
            self._completion = await self._ended(completion)

    def _stop(self, *, interrupted: bool) -> Completion:
        if self._completion is None:
            self._completion = self._finish(self._whole, interrupted, time.perf_counter() - self._started)
        return self._completion

    async def aclose(self) -> None:
        """Leave the stream."""
        try:
            if self._whole.finish_reason is None:
                self._stop(interrupted=True)
            else:
                await self._end()
        finally:
            close = getattr(self._source, "aclose", None)
            if close is not None:
                await close()

    async def __aenter__(self) -> CompletionStream:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


class PlainStream:
    """The plain twin of `CompletionStream`, for a `for` loop; an interrupt closes the connection and keeps the text."""

    def __init__(self, source: CompletionStream) -> None:
        self._source = source

    @property
    def text(self) -> str:
        """The text so far."""
        return self._source.text

    @property
    def completion(self) -> Completion:
        """The answer; marked interrupted when the stream has not come to its end."""
        return self._source.completion

    def __iter__(self) -> PlainStream:
        return self

    def __next__(self) -> Piece:
        try:
            piece = run(_next(self._source))
        except BaseException:
            with suppress(RuntimeError):
                self.close()
            raise
        if piece is None:
            raise StopIteration
        return piece

    def close(self) -> None:
        """Leave the stream."""
        run(self._source.aclose())

    def __enter__(self) -> PlainStream:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


async def _next(source: CompletionStream) -> Piece | None:
    # StopAsyncIteration does not pass through a future.
    try:
        return await anext(source)
    except StopAsyncIteration:
        return None
