"""One call on its way through the gateway."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from motadata_nb.gateway.base import ChatRequest, Delta, Message, ToolSpec
from motadata_nb.gateway.names import Deployment, Route

__all__ = ["Call", "Layer", "Next"]


@dataclass(kw_only=True)
class Call:
    """What is asked, how, and what became of it on the way."""

    route: Route
    messages: Sequence[Message]
    tools: tuple[ToolSpec, ...] = ()
    schema: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    tenant: str = "default"
    streaming: bool = False
    timeout_s: float = 120.0
    priority: int = 0
    """Higher goes first in the queue."""
    use_cache: bool = True
    dedup: bool = True
    tags: tuple[str, ...] = ()
    version: str = ""
    """Version of the prompt template, part of the cache key."""
    cell: str = ""
    thread: str | None = None
    """Conversation that the call belongs to."""
    retries: int = 2
    deadline_s: float | None = None
    """Longest wait in the queue; `timeout_s` counts from when it has been let in."""
    on_queue: Callable[[int], None] | None = None
    """Told the position in the queue whenever it changes."""
    started: float = field(default_factory=time.perf_counter)
    until: float = float("inf")
    """When the deadline passes, on the clock of `started`; set when the call is let in."""

    looked: bool = False
    """The cache was asked already."""
    key: str = ""
    """Equal for calls that must have the same answer."""
    cached: bool = False
    replayed: bool = False
    shared: bool = False
    queued_s: float = 0.0
    waited_s: float = 0.0
    """In queues, in all tries."""

    @property
    def patience_s(self) -> float | None:
        """How long it may still wait in a queue; None is for ever."""
        return None if self.deadline_s is None else max(0.0, self.deadline_s - self.waited_s)

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline."""
        return self.until - time.perf_counter()

    def share(self) -> None:
        """Another call that is under way answers this one too."""
        self.shared = True

    def unshare(self) -> bool:
        """Begin anew after the deadline of another has passed; False when it was this call's own."""
        shared, self.shared = self.shared, False
        return shared

    def request(self, deployment: Deployment) -> ChatRequest:
        """The call as the provider of a deployment sees it."""
        return ChatRequest(
            model=deployment.model,
            name=deployment.name,
            vendor=deployment.vendor,
            messages=self.messages,
            tools=self.tools,
            schema=self.schema,
            api_base=deployment.api_base,
            api_key=deployment.api_key,
            timeout_s=self.timeout_s,
            options={**deployment.options, **self.options} if deployment.options else self.options,
        )


Next: TypeAlias = Callable[[Call], AsyncGenerator[Delta]]
"""The rest of the way to the model."""

Layer: TypeAlias = Callable[[Call, Next], AsyncGenerator[Delta]]
"""A behaviour around it: answers by itself, or passes on what the rest gives.

A call that does not stream has one delta."""
