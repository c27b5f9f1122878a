"""What a provider must import before its first call, imported in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import Future
from typing import Any

from motadata_nb.cache.flight import Flights

__all__ = ["Warming", "warm"]


class Warming:
    """Makes each provider ready once.

    That comes before a call counts against a rate limit: the server counts it when it arrives, and an import between
    the two would let the next window begin too early.
    """

    def __init__(self) -> None:
        self._ready: set[str] = set()
        self._flights: Flights[None] = Flights()

    async def ready(self, name: str, provider: Any) -> None:
        """Return when the provider of this name can be called at once; who came first is let go first."""
        if name not in self._ready:
            await self._flights.whole(name, lambda: _once(provider))
            self._ready.add(name)


async def _once(provider: Any) -> AsyncGenerator[None]:
    # Not `to_thread`: its few threads may all be busy with plain calls that wait for this one.
    await asyncio.wrap_future(warm(provider))
    yield None


def warm(provider: Any) -> Future[None]:
    """Done when the provider has imported what it needs; nothing waits for it."""
    done: Future[None] = Future()
    work = getattr(provider, "warm", None)
    if work is None:
        done.set_result(None)
    else:
        threading.Thread(target=_work, args=(work, done), name="motadata-nb-warm", daemon=True).start()
    return done


def _work(work: Callable[[], None], done: Future[None]) -> None:
    try:
        work()
    except BaseException as error:
        done.set_exception(error)
    else:
        done.set_result(None)
