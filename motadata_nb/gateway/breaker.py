"""A circuit breaker: a deployment that keeps failing is left alone for a while, then tried with one call."""

from __future__ import annotations

import time
from collections.abc import Mapping
from threading import Lock
from typing import Any, Literal

from motadata_nb.errors import CallTimeout, GatewayError, InvalidInput, ProviderUnavailable, UnknownName

__all__ = ["Breaker", "CircuitOpen"]

State = Literal["closed", "open", "half-open"]
_LONGEST_S = 300.0


class CircuitOpen(ProviderUnavailable):
    """Raised instead of a call while the circuit is open; `retry_after_s` until it is tried again."""

    retryable = False

    def __init__(self, what: str, hint: str = "", retry_after_s: float = 0.0) -> None:
        super().__init__(what, hint)
        self.retry_after_s = retry_after_s


class Breaker:
    """Opens after so many failures in a row, for some seconds; twice as long each time the trial fails.

    Calls that were under way when it opened say nothing new: however many of them fail, it stays open no longer.
    """

    def __init__(self, name: str, settings: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.configure(settings or {})
        self._lock = Lock()
        self._failures = 0
        self._opened = 0
        self._until = 0.0
        self._trial = False
        self._turn = 0

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Take the setting `breaker`: failures (5), cooldown_s (30). Raises UnknownName or InvalidInput."""
        for key, value in settings.items():
            if key not in ("failures", "cooldown_s"):
                raise UnknownName("breaker setting", key, ("failures", "cooldown_s"))
            if not isinstance(value, int | float) or value <= 0:
                raise InvalidInput(f"breaker.{key} = {value!r} is not a positive number.", "Try: {'failures': 5}")
        self.settings = settings
        self._most = settings.get("failures", 5)
        self._cooldown_s = float(settings.get("cooldown_s", 30.0))

    @property
    def state(self) -> State:
        """closed, open or half-open."""
        if self._until == 0.0:
            return "closed"
        return "open" if time.monotonic() < self._until else "half-open"

    def enter(self) -> int:
        """Before a call: its ticket, to leave with. Raises CircuitOpen while open, or half-open with a trial begun."""
        if self._until == 0.0:
            return self._turn
        with self._lock:
            wait = self._until - time.monotonic()
            if self._until == 0.0 or (wait <= 0 and not self._trial):
                self._trial = self._until != 0.0
                return self._turn
        wait = max(wait, 1.0)
        raise CircuitOpen(
            f"{self.name} failed {self._failures} times in a row and is left alone.",
            f"It is tried again in {wait:.0f} s; or choose another model=…, or name a fallback under `models`.",
            wait,
        )

    def leave(self, error: BaseException | None, ticket: int) -> None:
        """After a call. Only failures of the server count; a call that was left says nothing."""
        if error is None and self._until == 0.0:
            self._failures = 0
            return
        with self._lock:
            if ticket != self._turn:
                return
            self._trial = False
            if error is None:
                self._close()
            else:
                self._count(error)

    def _count(self, error: BaseException) -> None:
        if isinstance(error, ProviderUnavailable | CallTimeout):
            self._failures += 1
            if self._failures >= self._most:
                pause = min(_LONGEST_S, self._cooldown_s * 2 ** min(self._opened, 30))
                self._until = time.monotonic() + pause
                self._opened += 1
                self._turn += 1
        elif isinstance(error, GatewayError):  # It answered, if only to refuse.
            self._close()

    def _close(self) -> None:
        self._turn += self._until != 0.0
        self._failures, self._opened, self._until = 0, 0, 0.0
