"""Agents of pydantic-ai: their tools are wrapped for the length of a run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from motadata_nb.agents.engines.base import CallTool, EngineReply
from motadata_nb.gateway.base import Message, Usage

__all__ = ["PydanticAI"]


class PydanticAI:
    """A `pydantic_ai.Agent`."""

    name = "pydantic_ai"

    def __init__(self, agent: Any) -> None:
        self._agent = agent

    async def run(self, task: str, history: Sequence[Message], call: CallTool) -> EngineReply:
        """The agent's answer to the task."""
        wrapped = [_hosted(toolset, call) for toolset in self._agent.toolsets]
        with self._agent.override(toolsets=wrapped, tools=[]):
            result = await self._agent.run(task, message_history=_messages(history))
        usage = result.usage
        return EngineReply(
            text=str(result.output),
            data=None if isinstance(result.output, str) else result.output,
            model=str(getattr(self._agent.model, "model_name", "") or self._agent.model),
            usage=Usage(input_tokens=usage.input_tokens, output_tokens=usage.output_tokens),
        )


def _hosted(toolset: Any, call: CallTool) -> Any:
    from pydantic_ai.toolsets import WrapperToolset

    class Hosted(WrapperToolset[Any]):
        async def call_tool(self, name: str, tool_args: dict[str, Any], ctx: Any, tool: Any) -> Any:
            make = partial(_made, super().call_tool, name, ctx, tool)
            return await call(name, tool_args, make)

    return Hosted(toolset)


async def _made(function: Any, name: str, ctx: Any, tool: Any, /, **arguments: Any) -> Any:
    return await function(name, arguments, ctx, tool)


def _messages(history: Sequence[Message]) -> list[Any]:
    from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart

    found: list[Any] = []
    for message in history:
        if message["role"] == "user":
            found.append(ModelRequest(parts=[UserPromptPart(str(message["content"]))]))
        elif message["role"] == "assistant" and message.get("content"):
            found.append(ModelResponse(parts=[TextPart(str(message["content"]))]))
    return found
