"""One thing per event loop: connections belong to the loop that opened them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

__all__ = ["PerLoop"]

T = TypeVar("T")


class PerLoop(Generic[T]):
    """Makes a thing on first use in each loop, and closes it when that loop ends."""

    def __init__(self, make: Callable[[], T], close: Callable[[T], Awaitable[None]]) -> None:
        self._make = make
        self._close = close
        self._open: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[T, AsyncGenerator[None]]] = WeakKeyDictionary()

    async def get(self) -> T:
        """The running loop's own."""
        loop = asyncio.get_running_loop()
        found = self._open.get(loop)
        if found is None:
            thing = self._make()
            # `asyncio.run` closes the async generators that are still open: the one place where a loop says goodbye.
            keeper = self._keep(thing)
            found = self._open[loop] = (thing, keeper)
            await anext(keeper)
        return found[0]

    async def aclose(self) -> None:
        """Close what the running loop has open; the others close with their loops."""
        found = self._open.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found[1].aclose()

    async def _keep(self, thing: T) -> AsyncGenerator[None]:
        try:
            yield
        finally:
            await self._close(thing)
