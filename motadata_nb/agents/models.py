"""What an agent can think with: a plain function, a provider of the gateway's family, or the gateway itself."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.base import NO_USAGE, Model, Step
from motadata_nb.agents.loop import CallModel
from motadata_nb.errors import BadResponse, InvalidInput
from motadata_nb.gateway.base import Message, ToolCall

if TYPE_CHECKING:
    from motadata_nb.gateway.base import ChatRequest

__all__ = ["FunctionModel", "GatewayModel", "ProviderModel", "model_of"]

Emit = Callable[[str, str], None]


class FunctionModel:
    """A function from messages to an answer: text, a `Step`, or tool calls as `(name, arguments)` pairs.

    Rules, a lookup or a local model need no more than this; it costs nothing but the call.
    """

    def __init__(self, function: Callable[[list[Message]], Any], name: str = "") -> None:
        self.function = function
        self.name = name or getattr(function, "__name__", "function")

    def reply(self, request: CallModel, emit: Emit) -> Step | Any:
        """The function's answer as a step; awaited when the function is async."""
        found = self.function(request.messages)
        if inspect.isawaitable(found):
            return self._later(found, request)
        return found if type(found) is Step else _step(found, request.key)

    async def _later(self, found: Any, request: CallModel) -> Step:
        return _step(await found, request.key)


def _step(found: Any, key: str) -> Step:
    if isinstance(found, Step):
        return found
    if isinstance(found, str):
        return Step(kind="model", text=found, cost=0.0)
    if isinstance(found, Sequence):
        return Step(kind="model", calls=tuple(_call(c, f"call_{key}_{i}") for i, c in enumerate(found)), cost=0.0)
    raise InvalidInput(
        f"The model function returned a {type(found).__name__}.",
        "Return text, or a list of (tool name, arguments) pairs.",
    )


def _call(found: Any, call_id: str) -> ToolCall:
    if isinstance(found, ToolCall):
        return found
    import orjson

    name, arguments = found
    text = arguments if isinstance(arguments, str) else orjson.dumps(arguments).decode()
    return ToolCall(id=call_id, name=name, arguments=text)


class GatewayModel:
    """A model of the gateway by name: with its cache, queue, budget, ledger and cassettes.

    The extractive model cannot plan, so it is planned for: one search per task with each index it was given, answered
    with the sentences that were found and their citations.
    """

    def __init__(self, gateway: Any, name: str | None, options: Mapping[str, Any] | None = None) -> None:
        self.gateway = gateway
        self.wanted = name
        self.name = name or str(gateway.config["model"])
        self.options = dict(options or {})

    @property
    def extractive(self) -> bool:
        """Whether there is no language model behind the name."""
        return self.name == "extractive"

    async def reply(self, request: CallModel, emit: Emit) -> Step:
        """The answer, in pieces while it comes."""
        if self.extractive:
            return _extracted(request)
        role = request.role
        schema = role.output.schema if role.output is not None and not role.specs else None
        stream = self.gateway.astream(
            request.messages, self.wanted, tools=list(role.specs) or None, **self.options, **_asked(schema)
        )
        try:
            async with aclosing(stream):
                async for piece in stream:
                    emit(str(piece), piece.thinking)
        except BadResponse:  # the loop reads the text by the same schema, and asks for repair
            return Step(kind="model", name=self.name, text=stream.text)
        completion = stream.completion
        return Step(
            kind="model",
            name=completion.model,
            text=completion.text,
            thinking=completion.thinking,
            calls=completion.tool_calls,
            usage=completion.usage,
            cost=completion.cost,
        )


def _extracted(request: CallModel) -> Step:
    """Search first; then say what was found, and that no model wrote it."""
    turn = request.messages[max(i for i, m in enumerate(request.messages) if m["role"] == "user") :]
    found = [m["content"] for m in turn if m["role"] == "tool"]
    if found:
        return Step(kind="model", name="extractive", text="\n\n".join(found), cost=0.0)
    searches = [spec for spec in request.role.specs if spec.name.startswith("search_")]
    if not searches:
        text = (
            "No language model is configured, and without one an agent can only search. Give it an index, "
            "tools=['rag:INDEX'], or a model, model='openai/gpt-5-mini'."
        )
        return Step(kind="model", name="extractive", text=text, cost=0.0)
    calls = [(spec.name, {"question": turn[0]["content"]}) for spec in searches]
    return replace(_step(calls, request.key), name="extractive")


def _asked(schema: Any) -> dict[str, Any]:
    return {} if schema is None else {"schema": schema}


class ProviderModel:
    """A provider of the gateway's family, spoken to directly: no cache, queue or ledger in between."""

    def __init__(self, provider: Any, name: str = "") -> None:
        self.provider = provider
        self.name = name or type(provider).__name__.lower()

    async def reply(self, request: CallModel, emit: Emit) -> Step:
        """The provider's whole answer."""
        delta = await self.provider.complete(_chat(request, self.name))
        return Step(
            kind="model",
            text=delta.text,
            thinking=delta.thinking,
            calls=delta.tool_calls,
            usage=delta.usage or NO_USAGE,
        )


def _chat(request: CallModel, name: str) -> ChatRequest:
    from motadata_nb.gateway.base import ChatRequest

    role = request.role
    schema = role.output.schema if role.output is not None else None
    return ChatRequest(model=name, messages=request.messages, tools=role.specs, schema=schema)


def model_of(model: Any, gateway: Any = None, options: Mapping[str, Any] | None = None) -> Model:
    """The model behind what a user passed: a name, a function, a provider or a ready model."""
    if model is None or isinstance(model, str):
        if gateway is None:
            raise InvalidInput(
                f"An agent without a workspace cannot look up the model {model!r}.",
                "Type: ws.agent(…), or pass a function from messages to an answer as model=",
            )
        return GatewayModel(gateway, model, options)
    if hasattr(model, "reply"):
        found: Model = model
        return found
    if hasattr(model, "complete") and hasattr(model, "stream"):
        return ProviderModel(model)
    if callable(model):
        return FunctionModel(model)
    raise InvalidInput(f"{model!r} is no model.", "Give a model's name, such as 'openai/gpt-5-mini', or a function.")
