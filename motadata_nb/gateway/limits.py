"""Rate limits that queue instead of failing: requests and tokens in a sliding window, and calls at a time.

A `Gate` stands before each deployment and each limited tenant. A call that does not fit waits in a bounded queue:
higher priority first, then fair between groups (cells, runs), then in the order of arrival.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from threading import RLock

from motadata_nb.errors import CallTimeout, QueueFull, RateLimited
from motadata_nb.gateway.rates import Limit

__all__ = ["Gate", "Use", "Waiter"]


@dataclass(eq=False)
class Use:
    """A call inside the window."""

    at: float
    tokens: float
    passed: bool = False
    """It has left the window."""


class Waiter:
    """A call in the queue; the smaller order goes first."""

    def __init__(
        self, order: tuple[float, float, int], tokens: float, told: Callable[[int], None] | None, patience_s: float
    ) -> None:
        self.order = order
        self.tokens = tokens
        self.told = told
        self.patience_s = patience_s
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Use] = self.loop.create_future()
        self.since = time.monotonic()
        self.position = 0
        self.gone = False

    def __lt__(self, other: Waiter) -> bool:
        return self.order < other.order

    def refuse(self, error: Exception) -> None:
        """Send it away; on any thread."""

        def raised() -> None:
            if not self.future.done():
                self.future.set_exception(error)

        with suppress(RuntimeError):  # Its loop has ended.
            self.loop.call_soon_threadsafe(raised)


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
        self._held_s: float | None = None

    @property
    def closed_s(self) -> float:
        """Seconds for which the server asked to be left alone."""
        return max(0.0, self._closed_until - time.monotonic())

    def check(self, patience_s: float) -> None:
        """Raises RateLimited when the server asked to be left alone for longer than the call has patience."""
        if self.closed_s > patience_s:
            raise self._closed()

    def _closed(self) -> RateLimited:
        wait = self.closed_s
        return RateLimited(
            f"{self.name} asked to be left alone for {wait:.0f} s more.",
            f"Try again in {wait:.0f} s; or choose another model=…, or name a fallback under `models`.",
            wait,
        )

    def try_enter(self, tokens: float) -> Use | None:
        """Room, if there is some at once and nobody waits."""
        with self._lock:
            return self._let_in(tokens) if not self._waiting and self._delay(tokens) == 0 else None

    def leave(self, use: Use, estimated: float) -> None:
        """Give the room back. The tokens of `use` are the real ones by now."""
        with self._lock:
            self.running -= 1
            if not use.passed:
                self._tokens += use.tokens - estimated
            held = time.monotonic() - use.at
            self._held_s = held if self._held_s is None else self._held_s + 0.2 * (held - self._held_s)
            if self._waiting:
                self._pump()

    def close_for(self, seconds: float) -> None:
        """Let nobody in for a while, because the server asked for it; who has no patience for it is sent away."""
        with self._lock:
            self._closed_until = max(self._closed_until, time.monotonic() + seconds)
            closed = self.closed_s
            for waiter in [w for w in self._waiting if w.patience_s < closed]:
                waiter.refuse(self._closed())

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
            passed = self._uses.popleft()
            passed.passed = True
            self._tokens -= passed.tokens
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
        patience_s: float = float("inf"),
    ) -> Use:
        """Wait for room. Give it back with `leave`.

        Raises QueueFull, CallTimeout when `deadline_s` seconds have passed in the queue, or RateLimited when the server
        asks for a longer pause than `patience_s`.
        """
        with self._lock:
            if len(self._waiting) >= self.limit.queue:
                raise self._full()
            self._arrived += 1
            turn = max(self._turn, self._turns.get(group, 0.0)) + 1.0
            self._turns[group] = turn
            waiter = Waiter((-priority, turn, self._arrived), tokens, told, patience_s)
            heapq.heappush(self._waiting, waiter)
            self._pump()
        try:
            async with asyncio.timeout(deadline_s):
                return await waiter.future
        except TimeoutError:
            self._abandon(waiter)
            waited = time.monotonic() - waiter.since
            late = CallTimeout(
                f"The call waited {waited:.3g} s in the queue of {self.name}, until its deadline.",
                "Raise deadline_s=…, give it a higher priority=…, or raise the limit.",
            )
            late.retryable = False  # It would only wait in the same queue again.
            raise late from None
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
            elif waiter.future.done() and not waiter.future.cancelled() and waiter.future.exception() is None:
                self.running -= 1
            self._pump()

    def _full(self) -> QueueFull:
        seconds = self._estimate()
        when = f"about {max(1.0, seconds):.0f} s" if seconds is not None else "a while"
        waiting = len(self._waiting)
        return QueueFull(
            f"The queue of {self.name} is full: {waiting:,} {'call waits' if waiting == 1 else 'calls wait'}.",
            f"Come back in {when}, or raise the limit: %config Motadata.limits = {{'{self.name}': {{'queue': …}}}}",
            seconds,
        )

    def _estimate(self) -> float | None:
        """Seconds until the queue has room again: until the next call comes in."""
        delay = self._delay(self._waiting[0].tokens) if self._waiting else 0.0
        if delay >= 0:
            return delay
        # It waits for one of the calls under way: they take what the calls before them took.
        return self._held_s / max(1, self.running) if self._held_s is not None else None

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
