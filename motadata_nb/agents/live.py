"""A run as it goes: what a cell watches, what is written, and what an interrupt leaves behind."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from motadata_nb.agents.base import Approver, Limits, Model, Step
from motadata_nb.agents.spending import Tree
from motadata_nb.errors import GatewayError
from motadata_nb.gateway.base import Message

__all__ = ["Live", "Recorder"]


class Recorder(Protocol):
    """Where steps are written while a run goes on. `write` returns when they are safe."""

    def write(self, steps: list[Step]) -> None:
        """Add the steps, or replace those of the same kind and key."""
        ...

    async def awrite(self, steps: list[Step]) -> None:
        """The same, without blocking the event loop."""
        ...


@dataclass(slots=True)
class Live:
    """A run as it goes: what a cell watches, and what an interrupt leaves behind."""

    model: Model
    limits: Limits
    tree: Tree
    run: str = ""
    thread: str = ""
    agent: str = ""
    tenant: str = "default"
    user: str = "default"
    task: str = ""
    approver: Approver | None = None
    journal: Recorder | None = None
    watch: Callable[[Live], None] | None = None
    blocking: bool = False
    recorded: dict[tuple[str, str], Step] = field(default_factory=dict)
    """Steps of an earlier process, by kind and key."""
    steps: list[Step] = field(default_factory=list)
    text: str = ""
    """What the model has said so far in the step that is under way."""
    thinking: str = ""
    started: float = field(default_factory=time.perf_counter)
    messages: list[Message] = field(default_factory=list)
    """What the model was sent last."""
    unwritten: list[Step] = field(default_factory=list)
    error: GatewayError | None = None
    """Why the model could not answer; raised when the run has been written down."""

    def emit(self, text: str, thinking: str = "") -> None:
        """A piece of the model's answer has come."""
        self.text += text
        self.thinking += thinking
        if self.watch is not None:
            self.watch(self)

    async def record(self, *steps: Step, later: bool = False) -> None:
        """Show steps, and write them to the journal: now, or together with what follows at once."""
        self.show(*steps)
        if self.journal is not None:
            self.unwritten.extend(steps)
            if not later:
                await self.flush()
        if self.watch is not None:
            self.watch(self)

    async def flush(self) -> None:
        """Write what is not written yet."""
        if self.journal is None or not self.unwritten:
            return
        steps = list(self.unwritten)
        if self.blocking:
            self.journal.write(steps)
        else:
            await asyncio.shield(self.journal.awrite(steps))
        del self.unwritten[: len(steps)]

    def show(self, *steps: Step) -> None:
        """Put steps into the list, in the place of earlier ones of the same kind and key."""
        for step in steps:
            for at in range(len(self.steps) - 1, -1, -1):
                if self.steps[at].key == step.key and self.steps[at].kind == step.kind:
                    self.steps[at] = step
                    break
            else:
                self.steps.append(step)

    def interrupted(self) -> list[Step]:
        """Steps that say what was under way when the run was stopped."""
        cut = [
            replace(s, state="interrupted", note="stopped while the tool was running; it may have taken effect")
            for s in self.steps
            if s.kind == "tool" and s.state == "started"
        ]
        if self.text or self.thinking:
            cut.append(
                Step(
                    kind="model",
                    key=str(1 + sum(s.kind == "model" for s in self.steps)),
                    agent=self.agent,
                    name=self.model.name,
                    text=self.text,
                    thinking=self.thinking,
                    state="interrupted",
                    note="stopped while the model was answering",
                    at=time.time(),
                )
            )
        return cut
