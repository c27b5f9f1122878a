"""Moving figures of one deployment, from the calls that were made."""

from __future__ import annotations

import time
from collections import deque

__all__ = ["Vitals"]

# A new measurement counts for a fifth.
_WEIGHT = 0.2
# What was slow is asked again after a while: it may have recovered, and only calls tell.
_HALF_LIFE_S = 60.0


class Vitals:
    """Moving figures of one deployment."""

    def __init__(self) -> None:
        self.calls = 0
        self.failed = 0
        self.latency_s: float | None = None
        self.first_s: float | None = None
        self.tokens_per_s: float | None = None
        self.last_error = ""
        self.reachable: bool | None = None
        self.at = 0.0
        """When it last answered or failed, on the monotonic clock."""
        self._recent: deque[bool] = deque(maxlen=50)

    @property
    def error_rate(self) -> float:
        """Share of failures in the last 50 calls."""
        return 1 - sum(self._recent) / len(self._recent) if self._recent else 0.0

    @property
    def expected_s(self) -> float:
        """Seconds until an answer, as far as is known: failures count as lost time, what was never asked as none.

        What was measured a while ago counts for less and less.
        """
        if not self.calls:
            return 0.0
        if self.latency_s is None:
            return float("inf")
        return self.latency_s / max(0.02, 1 - self.error_rate) * self._worth()

    def _worth(self) -> float:
        """What the measurements are still worth: half after a minute."""
        worth: float = 0.5 ** ((time.monotonic() - self.at) / _HALF_LIFE_S)
        return worth

    def worked(self, seconds: float, first_s: float | None, output_tokens: int) -> None:
        """Take in a call that was answered."""
        weight = 1 - (1 - _WEIGHT) * self._worth()
        self.calls += 1
        self.at = time.monotonic()
        self._recent.append(True)
        self.reachable = None if self.reachable is None else True
        self.latency_s = _moved(self.latency_s, seconds, weight)
        if first_s is not None:
            self.first_s = _moved(self.first_s, first_s, weight)
        if output_tokens and seconds > 0:
            self.tokens_per_s = _moved(self.tokens_per_s, output_tokens / seconds, weight)

    def broke(self, error: str) -> None:
        """Take in a call that failed."""
        self.calls += 1
        self.failed += 1
        self.at = time.monotonic()
        self.last_error = error
        self._recent.append(False)


def _moved(old: float | None, new: float, weight: float) -> float:
    return new if old is None else old + weight * (new - old)
