"""Rate limits that queue instead of failing: requests and tokens in a sliding window, and calls at a time.

A `Gate` stands before each deployment and each limited tenant. A call that does not fit waits in a bounded queue:
higher priority first, then fair between groups (cells, runs), then in the order of arrival.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from threading import RLock
from typing import Any

from motadata_nb.errors import CallTimeout, InvalidInput, QueueFull, UnknownName

__all__ = ["Gate", "Limit", "Use", "Waiter", "limit_for"]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a model or a tenant may use; None is no limit."""

    rpm: float | None = None
    """Requests in a window."""
    tpm: float | None = None
    """Tokens in a window, in and out."""
    parallel: int | None = None
    """Calls at a time."""
    queue: int = 1000
    """Calls that may wait."""
    window_s: float = 60.0

    @property
    def span_s(self) -> float:
        """The window and a little: calls that leave a window apart may arrive nearer together."""
        return self.window_s * 1.01

    def __post_init__(self) -> None:
        for name in ("rpm", "tpm", "parallel", "window_s"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and value > 0):
                raise InvalidInput(f"The limit {name} = {value!r} is not a positive number.", _EXAMPLE)


_EXAMPLE = "Try: %config Motadata.limits = {'openai/gpt-5-mini': {'rpm': 60, 'tpm': 90000, 'parallel': 8}}"
_NAMES = tuple(f.name for f in fields(Limit))


def limit_for(names: tuple[str, ...], limits: Mapping[str, Any], *, prefix: str = "") -> Limit:
    """The limit of the first of the names that has one, by its name or by a pattern; no limit otherwise."""
    for name in names:
        for key in (prefix + name, *sorted((k for k in limits if "*" in k), key=len, reverse=True)):
            if key in limits and (key == prefix + name or _fits(key, prefix, name)):
                return _limit(limits[key])
    return Limit()


def _fits(pattern: str, prefix: str, name: str) -> bool:
    if pattern.startswith("tenant:") != bool(prefix):
        return False
    return fnmatchcase(prefix + name, pattern)


def _limit(given: Any) -> Limit:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"A limit is a table, not {given!r}.", _EXAMPLE)
    for name in given:
        if name not in _NAMES:
            raise UnknownName("limit", name, _NAMES)
    return Limit(**given)


@dataclass(eq=False)
class Use:
    """A call inside the window."""

    at: float
    tokens: float


class Waiter:
    """A call in the queue; the smaller order goes first."""

    def __init__(self, order: tuple[float, float, int], tokens: float, told: Callable[[int], None] | None) -> None:
        self.order = order
        self.tokens = tokens
        self.told = told
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Use] = self.loop.create_future()
        self.since = time.monotonic()
        self.position = 0
        self.gone = False

    def __lt__(self, other: Waiter) -> bool:
        return self.order < other.order


class Gate:
    """Lets calls in as the limit allows. Used from several threads and event loops."""

    def __init__(self, name: str, limit: Limit) -> None:
        self.name = name
        self.limit = limit
        self.running = 0
        self._lock = RLock()
        self._uses: deque[Use] = deque()
        self._tokens = 0.0
        self._waiting: list[Waiter] = []
        self._arrived = 0
        self._turn = 0.0
        self._turns: dict[str, float] = {}
        self._closed_until = 0.0
        self._wake_at = 0.0

    def try_enter(self, tokens: float) -> Use | None:
        """Room, if there is some at once and nobody waits."""
        with self._lock:
            return self._let_in(tokens) if not self._waiting and self._delay(tokens) == 0 else None

    def leave(self, use: Use, estimated: float) -> None:
        """Give the room back. The tokens of `use` are the real ones by now."""
        with self._lock:
            self.running -= 1
            self._tokens += use.tokens - estimated
            if self._waiting:
                self._pump()

    def close_for(self, seconds: float) -> None:
        """Let nobody in for a while, because the server asked for it."""
        with self._lock:
            self._closed_until = max(self._closed_until, time.monotonic() + seconds)

    def queue(self) -> list[Waiter]:
        """Who waits, in order."""
        with self._lock:
            return sorted(w for w in self._waiting if not w.gone)

    def _delay(self, tokens: float) -> float:
        """Seconds until a call may come in, as far as that depends on time; -1 when it waits for another to leave."""
        limit, now = self.limit, time.monotonic()
        if limit.parallel is not None and self.running >= limit.parallel:
            return -1.0
        wait = max(0.0, self._closed_until - now)
        if limit.rpm is None and limit.tpm is None:
            return wait
        while self._uses and self._uses[0].at <= now - limit.span_s:
            self._tokens -= self._uses.popleft().tokens
        if limit.rpm is not None and len(self._uses) >= limit.rpm:
            # The call that has to leave the window first, so that one more fits.
            blocking = self._uses[len(self._uses) - int(limit.rpm)] if limit.rpm >= 1 else self._uses[-1]
            wait = max(wait, blocking.at + limit.span_s / min(1.0, limit.rpm) - now)
        if limit.tpm is not None and self._uses and self._tokens + tokens > limit.tpm:
            wait = max(wait, self._freed(self._tokens + tokens - limit.tpm) - now)
        return wait

    def _freed(self, wanted: float) -> float:
        """When that many tokens will have left the window."""
        freed = 0.0
        for use in self._uses:
            freed += use.tokens
            if freed >= wanted:
                return use.at + self.limit.span_s
        return self._uses[-1].at + self.limit.span_s

    def _let_in(self, tokens: float) -> Use:
        use = Use(time.monotonic(), tokens)
        self.running += 1
        if self.limit.rpm is not None or self.limit.tpm is not None:
            self._uses.append(use)
            self._tokens += tokens
        return use

    async def wait(
        self,
        tokens: float,
        *,
        priority: int = 0,
        group: str = "",
        deadline_s: float | None = None,
        told: Callable[[int], None] | None = None,
    ) -> Use:
        """Wait for room. Give it back with `leave`.

        Raises QueueFull, or CallTimeout when `deadline_s` seconds have passed in the queue.
        """
        with self._lock:
            if len(self._waiting) >= self.limit.queue:
                raise self._full()
            self._arrived += 1
            turn = max(self._turn, self._turns.get(group, 0.0)) + 1.0
            self._turns[group] = turn
            waiter = Waiter((-priority, turn, self._arrived), tokens, told)
            heapq.heappush(self._waiting, waiter)
            self._pump()
        try:
            async with asyncio.timeout(deadline_s):
                return await waiter.future
        except TimeoutError:
            self._abandon(waiter)
            raise CallTimeout(
                f"The call waited {deadline_s:.3g} s in the queue of {self.name}, which was its deadline.",
                "Raise deadline_s=…, give it a higher priority=…, or raise the limit.",
            ) from None
        except BaseException:
            self._abandon(waiter)
            raise

    def _abandon(self, waiter: Waiter) -> None:
        with self._lock:
            waiter.gone = True
            self._wake_at = 0.0
            if waiter in self._waiting:
                self._waiting.remove(waiter)
                heapq.heapify(self._waiting)
            elif waiter.future.done() and not waiter.future.cancelled():
                self.running -= 1
            self._pump()

    def _full(self) -> QueueFull:
        seconds = self._estimate()
        when = f"about {seconds:.0f} s" if seconds is not None else "a while"
        return QueueFull(
            f"The queue of {self.name} is full: {len(self._waiting):,} calls wait.",
            f"Come back in {when}, or raise the limit: %config Motadata.limits = {{'{self.name}': {{'queue': …}}}}",
            seconds,
        )

    def _estimate(self) -> float | None:
        """Seconds until the queue has room again: until the next call comes in."""
        delay = self._delay(self._waiting[0].tokens) if self._waiting else 0.0
        return delay if delay >= 0 else None

    def _pump(self) -> None:
        """Let in whoever fits now, tell the others where they stand, and come back when time makes room."""
        while self._waiting:
            first = self._waiting[0]
            delay = self._delay(first.tokens)
            if delay != 0:
                if delay > 0:
                    self._come_back(first.loop, delay)
                break
            heapq.heappop(self._waiting)
            self._turn = max(self._turn, first.order[1])
            use = self._let_in(first.tokens)
            if not self._hand(first, use):
                self.running -= 1
        if not self._waiting:
            self._turns.clear()
        self._tell()

    def _hand(self, waiter: Waiter, use: Use) -> bool:
        def grant() -> None:
            if waiter.future.done():
                with self._lock:
                    self.running -= 1
                    self._pump()
            else:
                waiter.future.set_result(use)

        try:
            waiter.loop.call_soon_threadsafe(grant)
        except RuntimeError:  # The loop of the waiter has ended, and the waiter with it.
            return False
        return True

    def _come_back(self, loop: asyncio.AbstractEventLoop, delay: float) -> None:
        now = time.monotonic()
        if now < self._wake_at <= now + delay:
            return
        self._wake_at = now + delay

        def wake() -> None:
            with self._lock:
                self._wake_at = 0.0
                self._pump()

        try:
            loop.call_soon_threadsafe(loop.call_later, delay, wake)
        except RuntimeError:
            heapq.heappop(self._waiting)
            self._pump()

    def _tell(self) -> None:
        if not any(w.told for w in self._waiting):
            return
        for position, waiter in enumerate(sorted(self._waiting), 1):
            if waiter.told is not None and waiter.position != position:
                waiter.position = position
                waiter.loop.call_soon_threadsafe(waiter.told, position)
