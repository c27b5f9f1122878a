"""What an engine is: somebody else's loop, whose tool calls come to us to be allowed, recorded and made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from motadata_nb.agents.base import NO_USAGE
from motadata_nb.gateway.base import Message, Usage

__all__ = ["CallTool", "Engine", "EngineReply"]

CallTool: TypeAlias = Callable[[str, dict[str, Any], Callable[..., Awaitable[Any]]], Awaitable[Any]]
"""Called with a tool's name, its arguments, and the function that makes the call with (possibly edited) arguments."""


@dataclass(frozen=True, kw_only=True)
class EngineReply:
    """What an engine's run gave."""

    text: str
    data: Any = None
    model: str = ""
    usage: Usage = NO_USAGE
    cost: float | None = None


@runtime_checkable
class Engine(Protocol):
    """Made as `Engine(agent)` of the other framework's agent."""

    name: str

    async def run(self, task: str, history: Sequence[Message], call: CallTool) -> EngineReply:
        """Do the task. Each tool call goes through `call`; an exception of it must come through."""
        ...
