"""The last stretch: one deployment after the other until one answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from motadata_nb.errors import BadRequest, BudgetExceeded, ContentRefused, GatewayError, QueueFull, StreamBroken
from motadata_nb.gateway.base import Delta, ModelProvider, Usage
from motadata_nb.gateway.breaker import CircuitOpen
from motadata_nb.gateway.calls import Call
from motadata_nb.gateway.guard import Books, Guard
from motadata_nb.gateway.names import Deployment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Dispatcher"]

T = TypeVar("T")

_BACKOFF_S = 0.25
_LONGEST_BACKOFF_S = 8.0
# A server that asks for a longer pause is left for the next of the chain.
_PATIENCE_S = 1.0
# What another deployment cannot make good.
_FINAL = (BudgetExceeded, ContentRefused, StreamBroken)


class Dispatcher:
    """Tries deployments in the order of the route, each with its retries."""

    def __init__(self, books: Books, provider: Callable[[str], ModelProvider]) -> None:
        self._books = books
        self._provider = provider

    async def stream(self, call: Call) -> AsyncGenerator[Delta]:
        """The answer of the first deployment that gives one. A call that does not stream has one delta."""
        if not call.streaming:
            yield await self.complete(call)
            return
        tries = _Tries(call, self._books.stations.ordered(call.route))
        for deployment in tries.order:
            provider = self._provider(deployment.provider)
            for attempt in range(call.retries + 1):
                began = False
                try:
                    async with aclosing(self._stream_once(call, deployment, provider, attempt)) as deltas:
                        async for delta in deltas:
                            began = True
                            yield delta
                    return
                except GatewayError as error:
                    if began:
                        raise _alone(error) from None
                    if not await tries.again(await self._told(error, call, deployment, provider), attempt, deployment):
                        break
        raise tries.verdict()

    async def complete(self, call: Call) -> Delta:
        """The whole answer of the first deployment that gives one."""
        return await self._first(call, partial(self._complete_once, call))

    async def embed(self, texts: Sequence[str], call: Call) -> tuple[NDArray[np.float32], Usage]:
        """Vectors from the first deployment that gives them."""
        return await self._first(call, partial(self._embed_once, texts, call))

    async def _first(self, call: Call, once: Callable[[Deployment, ModelProvider, int], Awaitable[T]]) -> T:
        tries = _Tries(call, self._books.stations.ordered(call.route))
        for deployment in tries.order:
            provider = self._provider(deployment.provider)
            for attempt in range(call.retries + 1):
                try:
                    return await once(deployment, provider, attempt)
                except GatewayError as error:
                    if not await tries.again(await self._told(error, call, deployment, provider), attempt, deployment):
                        break
        raise tries.verdict()

    async def _told(
        self, error: GatewayError, call: Call, deployment: Deployment, provider: ModelProvider
    ) -> GatewayError:
        """The error, with the model that may be meant when there is none of that name."""
        if not isinstance(error, BadRequest):
            return error
        from motadata_nb.gateway.suggestions import suggested

        return await suggested(error, provider, call.request(deployment), self._books.stations.aliases)

    async def _complete_once(self, call: Call, deployment: Deployment, provider: ModelProvider, attempt: int) -> Delta:
        async with Guard(self._books, call, deployment, provider, "chat", attempt) as guard:
            try:
                async with asyncio.timeout(max(0.0, call.remaining_s)):
                    delta = await provider.complete(call.request(deployment))
            except TimeoutError as error:
                raise _late(error, deployment, call) from None
            guard.answered(delta.usage)
            _check(delta, bool(delta.text), deployment)
            return guard.labelled(delta)

    async def _stream_once(
        self, call: Call, deployment: Deployment, provider: ModelProvider, attempt: int
    ) -> AsyncGenerator[Delta]:
        async with (
            Guard(self._books, call, deployment, provider, "chat", attempt) as guard,
            aclosing(_timed(provider, call, deployment)) as deltas,
        ):
            wrote = False
            async for delta in deltas:
                if guard.first_s is None:  # So that it is known whose answer it is, should it be left.
                    delta = replace(delta, model=deployment.name, provider=deployment.provider)
                guard.came(delta)
                wrote = wrote or bool(delta.text)
                if delta.finish_reason is not None:
                    guard.answered(delta.usage)
                    _check(delta, wrote, deployment)
                    delta = guard.labelled(delta)
                yield delta

    async def _embed_once(
        self, texts: Sequence[str], call: Call, deployment: Deployment, provider: ModelProvider, attempt: int
    ) -> tuple[NDArray[np.float32], Usage]:
        async with Guard(self._books, call, deployment, provider, "embed", attempt) as guard:
            try:
                async with asyncio.timeout(call.timeout_s):
                    vectors, usage = await provider.embed(texts, call.request(deployment))
            except TimeoutError as error:
                raise _late(error, deployment, call) from None
            guard.answered(usage)
            return vectors, usage


class _Tries:
    """What went wrong so far, and whether it is worth another try."""

    def __init__(self, call: Call, order: Sequence[Deployment]) -> None:
        self.order = order
        self._call = call
        self._failures: list[GatewayError] = []

    async def again(self, error: GatewayError, attempt: int, deployment: Deployment) -> bool:
        """Wait for the next try at the same deployment; False when the next deployment should be asked."""
        self._failures.append(_alone(error))
        if isinstance(error, _FINAL):
            raise error
        if isinstance(error, QueueFull) or not error.retryable or attempt >= self._call.retries:
            return False
        pause = _pause(error, attempt)
        if pause > min(self._call.remaining_s, self._call.timeout_s):
            return False
        if pause > _PATIENCE_S and deployment is not self.order[-1]:
            return False  # Another one need not be waited for.
        await asyncio.sleep(pause)
        return True

    def verdict(self) -> GatewayError:
        """The last failure that a server gave; a circuit that is open says less than what opened it."""
        said = [f for f in self._failures if not isinstance(f, CircuitOpen)]
        return said[-1] if said else self._failures[-1]


def _check(answer: Delta, wrote: bool, deployment: Deployment) -> None:
    """Raises ContentRefused for an answer of which the provider's filter left nothing."""
    if answer.finish_reason == "content_filter" and not (wrote or answer.tool_calls):
        raise ContentRefused(
            f"{deployment.name} wrote nothing: the provider's content filter stopped the answer.",
            "Rephrase the request, or choose another model=….",
        )


def _alone(error: GatewayError) -> GatewayError:
    """The error without what the library below raised: its text may have a key in it."""
    error.__context__ = error.__cause__ = None
    return error


async def _timed(provider: ModelProvider, call: Call, deployment: Deployment) -> AsyncGenerator[Delta]:
    """The provider's pieces under the deadline of the call."""
    came: list[str] = []
    deltas: AsyncIterator[Delta] = provider.stream(call.request(deployment))
    try:
        while True:
            async with asyncio.timeout(max(0.0, call.remaining_s)):
                delta = await anext(deltas)
            came.append(delta.text)
            yield delta
    except StopAsyncIteration:
        return
    except TimeoutError as error:
        raise _late(error, deployment, call, "".join(came)) from None
    finally:
        close = getattr(deltas, "aclose", None)
        if close is not None:
            await close()


def _late(error: TimeoutError, deployment: Deployment, call: Call, partial: str = "") -> GatewayError:
    """The error for a deadline that has passed here, or the one that tells of a deadline upstream."""
    if isinstance(error, GatewayError):
        return error
    from motadata_nb.gateway.failures import timed_out

    return timed_out(deployment.name, call.timeout_s, partial=partial)


def _pause(error: GatewayError, attempt: int) -> float:
    """Seconds until the next try: what the server asks for, else doubling with jitter."""
    asked: float | None = getattr(error, "retry_after_s", None)
    if asked is not None:
        return asked
    import random

    pause: float = _BACKOFF_S * 2**attempt
    return min(_LONGEST_BACKOFF_S, pause) * random.uniform(0.5, 1.0)
