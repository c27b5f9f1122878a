"""Moving figures of one deployment, from the calls that were made."""

from __future__ import annotations

from collections import deque

__all__ = ["Vitals"]

# A new measurement counts for a fifth.
_WEIGHT = 0.2


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
        self._recent: deque[bool] = deque(maxlen=50)

    @property
    def error_rate(self) -> float:
        """Share of failures in the last 50 calls."""
        return 1 - sum(self._recent) / len(self._recent) if self._recent else 0.0

    @property
    def expected_s(self) -> float:
        """Seconds until an answer, as far as is known: failures count as lost time, what was never asked as none."""
        if not self.calls:
            return 0.0
        return self.latency_s / max(0.02, 1 - self.error_rate) if self.latency_s is not None else float("inf")

    def worked(self, seconds: float, first_s: float | None, output_tokens: int) -> None:
        """Take in a call that was answered."""
        self.calls += 1
        self._recent.append(True)
        self.reachable = None if self.reachable is None else True
        self.latency_s = _moved(self.latency_s, seconds)
        if first_s is not None:
            self.first_s = _moved(self.first_s, first_s)
        if output_tokens and seconds > 0:
            self.tokens_per_s = _moved(self.tokens_per_s, output_tokens / seconds)

    def broke(self, error: str) -> None:
        """Take in a call that failed."""
        self.calls += 1
        self.failed += 1
        self.last_error = error
        self._recent.append(False)


def _moved(old: float | None, new: float) -> float:
    return new if old is None else old + _WEIGHT * (new - old)
