"""Agents of Agno and pydantic-ai behind ours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from motadata_nb.agents.engines.registry import engine_of
from motadata_nb.errors import InvalidInput
from motadata_nb.testing.engine_suite import EngineSuite


class TestPydanticAI(EngineSuite):
    """The engine `pydantic_ai`."""

    def agent(self, look: Callable[[str], str], pay: Callable[[int], str]) -> Any:
        pydantic_ai = pytest.importorskip("pydantic_ai")
        from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart
        from pydantic_ai.models.function import FunctionModel

        def model(messages: Any, info: Any) -> Any:
            results = [str(p.content) for m in messages for p in m.parts if isinstance(p, ToolReturnPart)]
            turns = sum(type(p).__name__ == "UserPromptPart" for m in messages for p in m.parts)
            wanted = [ToolCallPart("look", {"what": "it"}), ToolCallPart("pay", {"amount": 5})]
            if len(results) < 2:
                return ModelResponse(parts=[wanted[len(results)]])
            return ModelResponse(parts=[TextPart(f"{turns}: {', '.join(results[-2:])}")])

        return pydantic_ai.Agent(FunctionModel(model), tools=[look, pay])


class TestAgno(EngineSuite):
    """The engine `agno`."""

    def agent(self, look: Callable[[str], str], pay: Callable[[int], str]) -> Any:
        pytest.importorskip("agno")
        from agno.agent import Agent
        from agno.models.base import Model
        from agno.models.response import ModelResponse

        @dataclass
        class Scripted(Model):
            id: str = "scripted"

            def invoke(self, messages: Any, *_: Any, **__: Any) -> Any:
                results = [str(m.content) for m in messages if m.role == "tool"]
                turns = sum(m.role == "user" for m in messages)
                wanted = [("look", '{"what": "it"}'), ("pay", '{"amount": 5}')]
                if len(results) >= 2:
                    return ModelResponse(role="assistant", content=f"{turns}: {', '.join(results[-2:])}")
                name, arguments = wanted[len(results)]
                call = {"id": name, "type": "function", "function": {"name": name, "arguments": arguments}}
                return ModelResponse(role="assistant", tool_calls=[call])

            async def ainvoke(self, messages: Any, *_: Any, **__: Any) -> Any:
                return self.invoke(messages)

            def invoke_stream(self, messages: Any, *_: Any, **__: Any) -> Any:
                yield self.invoke(messages)

            async def ainvoke_stream(self, messages: Any, *_: Any, **__: Any) -> Any:
                yield self.invoke(messages)

            def _parse_provider_response(self, response: Any, **_: Any) -> Any:
                return response

            def _parse_provider_response_delta(self, response: Any) -> Any:
                return response

        return Agent(model=Scripted(), tools=[look, pay])


NAMES = ("agno", "pydantic_ai")


def test_the_engine_of_an_object_is_found_by_its_package() -> None:
    with pytest.raises(InvalidInput, match=", ".join(NAMES)):
        engine_of(object())
