"""Agents of Agno: a tool hook of ours stands around each call, and their telemetry is off."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from inspect import isawaitable
from typing import Any

from motadata_nb.agents.engines.base import CallTool, EngineReply
from motadata_nb.errors import BackendError
from motadata_nb.gateway.base import Message, Usage

__all__ = ["Agno"]


class Agno:
    """An `agno.agent.Agent`."""

    name = "agno"

    def __init__(self, agent: Any) -> None:
        os.environ["AGNO_TELEMETRY"] = "false"
        self._agent = agent
        agent.telemetry = False

    async def run(self, task: str, history: Sequence[Message], call: CallTool) -> EngineReply:
        """The agent's answer to the task."""
        from agno.models.message import Message as Theirs

        escaped: list[BaseException] = []

        async def hook(function_name: str, function_call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
            async def make(**changed: Any) -> Any:
                found = function_call(**changed)
                return await found if isawaitable(found) else found

            try:
                return await call(function_name, arguments, make)
            except Exception as error:  # Agno would hand it to its model as a failed tool
                escaped.append(error)
                raise

        agent = self._agent.deep_copy()
        agent.telemetry = False
        agent.tool_hooks = [*(agent.tool_hooks or ()), hook]
        said = [
            Theirs(role=m["role"], content=str(m["content"]))
            for m in history
            if m["role"] in ("user", "assistant") and m.get("content")
        ]
        result = await agent.arun([*said, Theirs(role="user", content=task)])
        if escaped:
            raise escaped[0]
        if str(getattr(result.status, "value", result.status)).lower() == "error":
            raise BackendError(f"The Agno agent failed: {result.content}", "See the error of its model.")
        return _reply(result)


def _reply(result: Any) -> EngineReply:
    metrics = result.metrics
    usage = Usage(
        input_tokens=int(getattr(metrics, "input_tokens", 0) or 0),
        output_tokens=int(getattr(metrics, "output_tokens", 0) or 0),
    )
    data = None if isinstance(result.content, str) else result.content
    cost = getattr(metrics, "cost", None)
    return EngineReply(text=str(result.content), data=data, model=str(result.model or ""), usage=usage, cost=cost)
