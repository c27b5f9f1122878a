"""What every model provider must do. For pytest:

    class TestMine(ModelSuite):
        def provider(self): return MyModel()
        def request(self, text, **fields): return ChatRequest(model="any", messages=[user(text)], **fields)

`never` names what the provider does not do: it must then say so with InvalidInput.
"""

from __future__ import annotations

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from contextlib import aclosing
from typing import Any, ClassVar

from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import ChatRequest, Delta, ModelProvider, ToolSpec
from motadata_nb.gateway.pieces import Whole

__all__ = ["ModelSuite", "user"]

_NUMBER = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}
_ADD = ToolSpec(name="add", description="Adds.", parameters=_NUMBER)


def user(text: str) -> dict[str, Any]:
    """A message of the user."""
    return {"role": "user", "content": text}


class ModelSuite(ABC):
    """Subclass it, and pytest runs these tests on your provider."""

    never: ClassVar[frozenset[str]] = frozenset()
    """Of `chat`, `tools`, `schema` and `embed`."""

    @abstractmethod
    def provider(self) -> ModelProvider:
        """A new provider."""

    @abstractmethod
    def request(self, text: str, **fields: Any) -> ChatRequest:
        """A request with one user message that reaches a model which answers more than one word."""

    def test_it_is_a_provider(self) -> None:
        """It has the methods of the protocol."""
        assert isinstance(self.provider(), ModelProvider)

    def test_a_whole_answer_says_how_it_ended(self) -> None:
        """Text, usage and finish reason come with it."""
        if self._refuses("chat"):
            return
        whole = self._run(lambda p: p.complete(self.request("Say something to me")))
        assert whole.text and whole.finish_reason and whole.usage is not None
        assert whole.usage.input_tokens > 0 and whole.usage.output_tokens > 0

    def test_a_stream_has_the_same_text(self) -> None:
        """Pieces joined are the whole answer; only the last has usage and finish reason."""
        if self._refuses("chat"):
            return
        request = self.request("Say the same to me")
        deltas = self._run(lambda p: _all(p, request))
        whole = self._run(lambda p: p.complete(request))
        assert "".join(d.text for d in deltas) == whole.text
        assert [d.finish_reason is not None for d in deltas] == [False] * (len(deltas) - 1) + [True]
        assert deltas[-1].usage == whole.usage

    def test_a_stream_can_be_left(self) -> None:
        """Closing it after the first piece raises nothing, and the provider can be used again."""
        if self._refuses("chat"):
            return

        async def leave(provider: ModelProvider) -> Delta:
            async with aclosing(provider.stream(self.request("One two three four"))) as source:  # type: ignore[type-var]  # providers are async generators
                await anext(source)
            return await provider.complete(self.request("Once more"))

        assert self._run(leave).text

    def test_the_request_stays_as_it_was(self) -> None:
        """Messages and options are not changed."""
        if self._refuses("chat"):
            return
        request = self.request("Leave me as I am")
        before = json.dumps([list(request.messages), dict(request.options)], default=str)
        self._run(lambda p: p.complete(request))
        self._run(lambda p: _all(p, request))
        assert json.dumps([list(request.messages), dict(request.options)], default=str) == before

    def test_tools_are_called(self) -> None:
        """A model that is told `call add {"a": 1}` calls the tool, whole and streamed alike."""
        if self.never & {"chat", "tools"}:
            return
        request = self.request('call add {"a": 1}', tools=(_ADD,))
        whole = self._run(lambda p: p.complete(request))
        streamed = Whole()
        for delta in self._run(lambda p: _all(p, request)):
            streamed.add(delta)
        for calls in (whole.tool_calls, streamed.tool_calls):
            assert [(c.name, c.parsed()) for c in calls] == [("add", {"a": 1})]
            assert calls[0].id
        assert whole.finish_reason == streamed.finish_reason == "tool_calls"

    def test_a_schema_is_followed(self) -> None:
        """The text is JSON with the wanted fields."""
        if self.never & {"chat", "schema"}:
            return
        whole = self._run(lambda p: p.complete(self.request("Give me a number", schema=_NUMBER)))
        assert isinstance(json.loads(whole.text)["a"], int)

    def test_vectors_are_in_the_order_of_the_texts(self) -> None:
        """float32, texts × dimensions, equal for equal texts."""
        if self._refuses("embed"):
            return
        vectors, usage = self._run(lambda p: p.embed(["a cat", "a dog", "a cat"], self.request("x")))
        assert vectors.dtype.name == "float32" and vectors.shape[0] == 3 and vectors.shape[1] > 1
        assert (vectors[0] == vectors[2]).all() and (vectors[0] != vectors[1]).any()
        assert usage.input_tokens > 0

    def test_it_can_be_closed_twice(self) -> None:
        """Closing what is closed raises nothing."""

        async def close(provider: ModelProvider) -> None:
            await provider.aclose()
            await provider.aclose()

        self._run(close)

    def _refuses(self, what: str) -> bool:
        """True when the provider does not do this; checks that it says so."""
        if what not in self.never:
            return False
        request = self.request("x")
        try:
            self._run(lambda p: p.embed(["x"], request) if what == "embed" else p.complete(request))
        except InvalidInput:
            return True
        raise AssertionError(f"{what} is declared as never, and works")

    def _run(self, step: Any) -> Any:
        async def go() -> Any:
            provider = self.provider()
            try:
                found: Coroutine[Any, Any, Any] = step(provider)
                return await found
            finally:
                await provider.aclose()

        return asyncio.run(go())


async def _all(provider: ModelProvider, request: ChatRequest) -> list[Delta]:
    return [delta async for delta in provider.stream(request)]
