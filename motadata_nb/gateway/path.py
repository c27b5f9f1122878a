"""The way of a call: cassette, cache, single flight and dispatch, and the completion at its end."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from motadata_nb.cache.flight import Flights
from motadata_nb.errors import BadResponse, CallTimeout
from motadata_nb.gateway.base import Delta, Usage
from motadata_nb.gateway.calls import Call
from motadata_nb.gateway.completion import Completion, CompletionStream
from motadata_nb.gateway.dispatch import Dispatcher
from motadata_nb.gateway.pieces import Whole
from motadata_nb.gateway.responses import Responses, fingerprint, response_cache
from motadata_nb.telemetry.ledger import CallRow
from motadata_nb.telemetry.prices import price

if TYPE_CHECKING:
    from motadata_nb.gateway.cassettes import Player, Recorder
    from motadata_nb.gateway.schema import Schema

__all__ = ["CallPath"]


class CallPath:
    """What lies between a call and its model. `folder` is where answers are kept; without one, in memory."""

    def __init__(self, dispatcher: Dispatcher, folder: Path | None, record: Callable[[CallRow], None]) -> None:
        self.cassette: Recorder | Player | None = None
        self._dispatcher = dispatcher
        self._folder = folder
        self._record = record
        self._flights: Flights[Delta] = Flights()

    @cached_property
    def responses(self) -> Responses:
        """Answers that are kept."""
        return Responses(response_cache(self._folder))

    def close(self) -> None:
        """Close files."""
        if self.cassette is not None:
            self.cassette.close()
        if "responses" in self.__dict__:
            self.responses.cache.close()

    def stream(self, call: Call, wanted: Schema | None, ended: Callable[[Completion], Completion]) -> CompletionStream:
        """The answer in pieces; what lies in the cache comes as one. `ended` is told the completion."""
        call.streaming = True

        async def end(completion: Completion) -> Completion:
            if wanted is not None and not completion.tool_calls:
                completion = await self._validated(call, completion, wanted)
            return ended(completion)

        return CompletionStream(self._deltas(call), partial(self._completion, call), end)

    def _deltas(self, call: Call) -> AsyncGenerator[Delta]:
        if self.cassette is None:
            return self._through(call)
        return self.cassette.stream(call, self._through)

    def _through(self, call: Call) -> AsyncGenerator[Delta]:
        if not call.key:
            return self._dispatcher.stream(call)
        return self.responses.stream(call, self._shared) if call.use_cache else self._shared(call)

    async def _shared(self, call: Call) -> AsyncGenerator[Delta]:
        for last in (False, True):
            came = False
            if call.dedup:
                source = self._flights.stream(_flight(call), lambda: self._dispatcher.stream(call), call.share)
            else:
                source = self._dispatcher.stream(call)
            try:
                async with aclosing(source) as deltas:
                    async for delta in deltas:
                        came = True
                        yield delta
                return
            except CallTimeout:
                if last or came or not call.unshare():
                    raise

    def kept(self, call: Call, wanted: Schema | None) -> Completion | None:
        """The cached answer, found without going through the layers; None when there is none."""
        if not call.use_cache or not call.key or self.cassette is not None:
            return None
        found = self.responses.find(call)
        call.looked = True
        if found is None:
            return None
        call.cached = True
        whole = Whole()
        whole.add(found)
        completion = self._completion(call, whole, False, time.perf_counter() - call.started)
        if wanted is None or completion.tool_calls:
            return completion
        try:
            return replace(completion, data=wanted.parse(completion.text))
        except BadResponse:
            call.cached = False
            return None

    async def fresh(self, call: Call, wanted: Schema | None) -> Completion:
        """The whole answer; as data, when that is wanted."""
        completion = await self._whole(call)
        if wanted is None or completion.tool_calls:
            return completion
        return await self._validated(call, completion, wanted)

    async def _whole(self, call: Call) -> Completion:
        whole = Whole()
        if self.cassette is None and (call.looked or not call.use_cache or not call.key):
            await self._gather(call, whole)
        else:
            async with aclosing(self._deltas(call)) as deltas:
                async for delta in deltas:
                    whole.add(delta)
        return self._completion(call, whole, False, time.perf_counter() - call.started)

    async def _gather(self, call: Call, whole: Whole) -> None:
        """As the layers do for a call that does not stream and is not in the cache, with less between."""
        if call.key and call.dedup:
            for delta in await self._ride(call):
                whole.add(delta)
        else:
            whole.add(await self._dispatcher.complete(call))
        if call.key and call.use_cache:
            self.responses.keep_whole(call, whole)

    async def _ride(self, call: Call) -> list[Delta]:
        try:
            return await self._flights.whole(_flight(call), lambda: self._dispatcher.stream(call), call.share)
        except CallTimeout:
            if not call.unshare():
                raise
            return await self._flights.whole(_flight(call), lambda: self._dispatcher.stream(call), call.share)

    def _completion(self, call: Call, whole: Whole, interrupted: bool, seconds: float) -> Completion:
        usage = whole.usage or Usage()
        known = price(whole.model) if whole.model and usage.cached_tokens else None
        spent_nothing = call.cached or call.replayed or call.shared
        first = call.route.deployments[0]
        if call.cached and not interrupted:
            self._record(_hit(call, whole, usage, seconds))
        return Completion(
            text=whole.text,
            tool_calls=whole.tool_calls,
            usage=usage,
            cost=0.0 if spent_nothing else whole.cost,
            saved=known.saved(usage.cached_tokens) if known is not None and not spent_nothing else 0.0,
            model=whole.model or first.name,
            provider=whole.provider or first.provider,
            cached=call.cached,
            replayed=call.replayed,
            shared=call.shared,
            thinking=whole.thinking,
            finish_reason=whole.finish_reason or "",
            interrupted=interrupted,
            seconds=seconds,
            queued_s=call.queued_s,
        )

    async def _validated(self, call: Call, completion: Completion, wanted: Schema) -> Completion:
        """The completion with its data; a wrong one is shown to the model once, with what is wrong."""
        try:
            return replace(completion, data=wanted.parse(completion.text))
        except BadResponse as error:
            _check_length(completion)
            if call.key and not call.replayed:
                self.responses.cache.drop(keys=[call.key])
            form = json.dumps(wanted.json, ensure_ascii=False)
            complaint = f"{error.what} Answer again, with nothing but JSON that follows this schema: {form}"
        turns = [{"role": "assistant", "content": completion.text}, {"role": "user", "content": complaint}]
        again = replace(call, messages=[*call.messages, *turns], looked=False, cached=False, until=float("inf"))
        again.key = fingerprint(again) if call.key else ""
        second = await self._whole(again)
        both = (completion.cost, second.cost)
        _check_length(second)
        data = wanted.parse(second.text)
        if call.key and call.use_cache and not second.replayed:
            self.responses.keep(call, Delta(text=second.text, usage=second.usage, finish_reason="stop"))
        return replace(
            second,
            data=data,
            usage=completion.usage + second.usage,
            cost=None if None in both else sum(c or 0.0 for c in both),
            seconds=completion.seconds + second.seconds,
        )


def _flight(call: Call) -> tuple[object, ...]:
    """What calls share that have one answer and one deadline."""
    return call.key, call.timeout_s, call.deadline_s


def _check_length(completion: Completion) -> None:
    """Raises BadResponse for data that was cut: asking again would cut it again."""
    if completion.finish_reason == "length":
        raise BadResponse(
            f"The answer was cut after {completion.usage.output_tokens:,} tokens, in the middle of the data.",
            "Raise max_tokens=…, or ask for less.",
        )


def _hit(call: Call, whole: Whole, usage: Usage, seconds: float) -> CallRow:
    return CallRow(
        at=time.time(), kind="chat", model=whole.model or call.route.name, tenant=call.tenant, cost=0.0, cached=True,
        input_tokens=usage.input_tokens, output_tokens=usage.output_tokens, seconds=seconds, cell=call.cell,
    )  # fmt: skip
