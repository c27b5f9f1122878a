"""What a run and the team below it have used of the limits."""

from __future__ import annotations

import time
from dataclasses import dataclass

from motadata_nb.agents.base import Limits, Step

__all__ = ["Tree", "out_of_time"]


@dataclass(slots=True)
class Tree:
    """What a whole team has used, against the limits of the one that leads it."""

    limits: Limits
    deadline: float | None = None
    steps: int = 0
    tokens: int = 0
    cost: float = 0.0

    def add(self, step: Step) -> None:
        """Count a step. A member's tool step is not counted: its own steps were."""
        self.steps += step.kind == "model"
        self.tokens += step.usage.input_tokens + step.usage.output_tokens
        self.cost += step.cost or 0.0

    def restore(self, step: Step) -> None:
        """Count a recorded step, with what happened inside it before the restart."""
        self.add(step)
        self.steps += step.model_calls

    def reached(self) -> str:
        """Why nothing more may be spent, or an empty string."""
        limits = self.limits
        if self.steps >= limits.steps:
            return f"stopped after {self.steps} model calls of the team (limit steps={limits.steps})"
        if limits.tokens is not None and self.tokens >= limits.tokens:
            return f"stopped after {self.tokens:,} tokens of the team (limit tokens={limits.tokens:,})"
        if limits.cost is not None and self.cost >= limits.cost:
            return f"stopped after ${self.cost:.4f} of the team (limit cost={limits.cost:g})"
        if self.deadline is not None and time.monotonic() >= self.deadline:
            return out_of_time(limits)
        return ""

    def left_s(self, most: float) -> float:
        """Seconds that a call may take."""
        return most if self.deadline is None else max(0.001, min(most, self.deadline - time.monotonic()))


def out_of_time(limits: Limits) -> str:
    """Why a run stops when its time is over."""
    return f"stopped after {limits.seconds:g} s (limit seconds={limits.seconds:g})"
