"""How often one visitor may run the app."""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque

__all__ = ["Quota"]

_HOUR_S = 3600.0


class Quota:
    """At most `per_hour` runs for each visitor in any hour; 0 is no limit."""

    def __init__(self, per_hour: int = 0) -> None:
        self.per_hour = per_hour
        self._runs: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def refuses(self, visitor: str, now: float | None = None) -> str:
        """Count a run; a sentence when it is one too many, else an empty text."""
        if not self.per_hour:
            return ""
        now = time.monotonic() if now is None else now
        with self._lock:
            runs = self._runs[visitor]
            while runs and runs[0] <= now - _HOUR_S:
                runs.popleft()
            if len(runs) >= self.per_hour:
                minutes = int((runs[0] + _HOUR_S - now) / 60) + 1
                return f"You have used your {self.per_hour} runs of this hour. Try again in {minutes} minutes."
            runs.append(now)
            return ""
