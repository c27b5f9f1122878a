"""What a model provider is, and the types every call is made of.

Messages are plain dictionaries in the OpenAI chat form, because that is what people write, what every provider reads
and what a cassette should show:

    {"role": "system" | "user" | "assistant" | "tool", "content": str | list[part], "tool_calls": …, "tool_call_id": …}
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

from motadata_nb.errors import BadResponse
from motadata_nb.gateway.addresses import secrets_in

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "ChatRequest",
    "Checkable",
    "Delta",
    "Instant",
    "Listing",
    "Message",
    "ModelProvider",
    "NoCharge",
    "ToolCall",
    "ToolSpec",
    "Usage",
]

Message: TypeAlias = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolCall:
    """A tool that the model wants called. `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str

    def parsed(self) -> dict[str, Any]:
        """The arguments as a dictionary. Raises BadResponse when the model did not write a JSON object."""
        try:
            found = json.loads(self.arguments or "{}")
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise BadResponse(
                f"The model's arguments for the tool '{self.name}' are not a JSON object: {self.arguments[:80]!r}",
                "Send this message back as the tool's result, so that the model corrects itself.",
            )
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolSpec:
    """A tool offered to the model. `parameters` is a JSON schema of an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """Tokens of a call. `cached_tokens` are those of `input_tokens` that the provider read from its prefix cache, and
    `written_tokens` those that it wrote there, which some charge for."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    written_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            written_tokens=self.written_tokens + other.written_tokens,
        )


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """One call as a provider sees it: aliases resolved, schema already expressed."""

    model: str
    """The provider's own name of the model, without the provider prefix."""
    messages: Sequence[Message]
    name: str = ""
    """As a person writes it."""
    vendor: str = ""
    """The company whose model it is, when that is one of `motadata_nb.gateway.vendors`."""
    tools: Sequence[ToolSpec] = ()
    schema: Mapping[str, Any] | None = None
    """JSON schema that the answer must follow."""
    api_base: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    timeout_s: float = 120.0
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Further provider options: temperature, max_tokens, seed, stop …"""

    @property
    def shown(self) -> str:
        """What the model is called in errors."""
        return self.name or self.model

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not come back in an error, even when the server repeats it."""
        return (self.api_key, *secrets_in(self.api_base, self.options))


@dataclass(frozen=True, kw_only=True, slots=True)
class Delta:
    """A piece of an answer. A provider that does not stream sends one; the last one has usage and finish reason."""

    text: str = ""
    thinking: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    """Whole tool calls only: a provider joins argument fragments before it sends them."""
    usage: Usage | None = None
    finish_reason: str | None = None
    model: str | None = None
    provider: str | None = None
    cost: float | None = None
    """US dollars of the whole call, when the price is known."""


class NoCharge:
    """A provider whose calls cost nothing: its models run on this machine, or there is none."""


class Instant(NoCharge):
    """A provider that answers at once and for nothing: its answers are never cached, shared, queued or retried."""


@runtime_checkable
class Checkable(Protocol):
    """A provider that can tell whether a deployment is there, without paying for an answer."""

    async def check(self, request: ChatRequest) -> None:
        """Returns when it is. Raises a GatewayError when it is not."""
        ...


@runtime_checkable
class Listing(Protocol):
    """A provider that can tell which models a server has."""

    async def models(self, request: ChatRequest) -> list[str]:
        """Their names, as the server has them. Raises a GatewayError when it does not say."""
        ...


@runtime_checkable
class ModelProvider(Protocol):
    """Speaks to one kind of model server. Raises only errors of `motadata_nb.errors`."""

    def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """The answer in pieces; closing the iterator closes the connection upstream at once."""
        ...

    async def complete(self, request: ChatRequest) -> Delta:
        """The whole answer as one delta, with usage and finish reason."""
        ...

    async def embed(self, texts: Sequence[str], request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
        """Vectors, texts × dimensions, in the order of the texts."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...
