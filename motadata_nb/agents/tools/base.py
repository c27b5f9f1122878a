"""A tool: a function that a model may call, with the schema of its arguments and how it is allowed.

    @tool(approve="ask")
    def refund(order: str, amount: float) -> str:
        "Pays money back for an order."

Any typed function is a tool without the decorator: its docstring is the description.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from motadata_nb.agents.base import APPROVALS, Approval, ToolContext
from motadata_nb.agents.tools.schema import Shape, Signature, described
from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import ToolSpec

__all__ = ["Tool", "tool", "tool_of"]


class Tool:
    """A function with a name, a description and a schema. Schemas are made when first needed, and kept.

    `parameters` replaces the schema of the signature; the function then gets what the model sent, checked by it.
    `idempotent` says that repeating a call with the same arguments (or the same `ToolContext.key`) does no harm: a call
    that a kill cut off is then made again; any other is reported to the model as interrupted.
    """

    __slots__ = (
        "__weakref__",
        "_description",
        "_docs",
        "_reader",
        "_spec",
        "approve",
        "function",
        "hands_off_to",
        "idempotent",
        "name",
        "parameters",
        "timeout_s",
    )

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        name: str | None = None,
        description: str | None = None,
        approve: Approval = "auto",
        timeout_s: float | None = None,
        idempotent: bool = False,
        parameters: Mapping[str, Any] | None = None,
        hands_off_to: str = "",
    ) -> None:
        self.function = function
        self.name = name or _name_of(function)
        if approve not in APPROVALS:
            raise InvalidInput(f"approve={approve!r} is not a mode.", "Use approve='auto', 'ask' or 'never'.")
        self.approve: Approval = approve
        self.timeout_s = timeout_s
        self.idempotent = idempotent
        self.parameters = parameters
        self.hands_off_to = hands_off_to
        self._description = description
        self._reader: Signature | Shape | None = None
        self._spec: ToolSpec | None = None

    @property
    def spec(self) -> ToolSpec:
        """What the model is told about the tool. Raises InvalidInput when the signature has no JSON form."""
        if self._spec is None:
            description = self._description
            if description is None:
                description = described(inspect.getdoc(self.function))[0]
            reader = self._ready()
            parameters = reader.schema if isinstance(reader, Shape) else reader.parameters
            self._spec = ToolSpec(name=self.name, description=description, parameters=parameters)
        return self._spec

    def read(self, text: str) -> tuple[dict[str, Any], str]:
        """Checked arguments from the model's JSON text and, when they do not fit, what to tell the model."""
        return self._ready().read(text)

    @property
    def asynchronous(self) -> bool:
        """Whether the function has to be awaited."""
        return inspect.iscoroutinefunction(self.function)

    @property
    def context_name(self) -> str:
        """The parameter that gets the `ToolContext`; empty when there is none."""
        return getattr(self._ready(), "context_name", "")

    def bound(self, arguments: Mapping[str, Any], context: ToolContext) -> Callable[[], Any]:
        """The call, ready to be made."""
        name = self.context_name
        return partial(self.function, **arguments, **({name: context} if name else {}))

    def _ready(self) -> Signature | Shape:
        if self._reader is None:
            if self.parameters is not None:
                self._reader = _FreeForm(self.parameters, self.function)
            else:
                docs = described(inspect.getdoc(self.function))[1]
                self._reader = Signature(self.function, ToolContext, self.name, docs)
        return self._reader

    def __repr__(self) -> str:
        return f"Tool({self.name!r}, approve={self.approve!r})"


class _FreeForm(Shape):
    """A given JSON schema for a function that takes whatever fits it."""

    def __init__(self, schema: Mapping[str, Any], function: Callable[..., Any]) -> None:
        super().__init__({"type": "object", **schema})
        hints = getattr(function, "__annotations__", {})
        self.context_name = next((n for n, t in hints.items() if t in (ToolContext, "ToolContext")), "")

    def read(self, text: str) -> tuple[dict[str, Any], str]:
        data, problem = super().read(text or "{}")
        return (data, problem) if isinstance(data, dict) else ({}, problem or "The arguments must be a JSON object.")


_KNOWN: WeakKeyDictionary[Callable[..., Any], Tool] = WeakKeyDictionary()


def tool_of(function: Callable[..., Any]) -> Tool:
    """The tool of a function; made once for each function, so that agents cost nothing."""
    if isinstance(function, Tool):
        return function
    try:
        found = _KNOWN.get(function)
        if found is None:
            found = _KNOWN[function] = Tool(function)
    except TypeError:  # unhashable, or no weak reference: made anew
        return Tool(function)
    return found


def tool(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """A decorator that makes a function a tool with options; see `Tool`."""
    if function is not None:
        return Tool(function)
    return partial(Tool, **options)


_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}\Z")


def _name_of(function: Callable[..., Any]) -> str:
    name: str = getattr(function, "__name__", "") or type(function).__name__
    if not callable(function):
        raise InvalidInput(f"{function!r} is not a function, so it cannot be a tool.", "Pass a function or a name.")
    if not _NAME.match(name):
        raise InvalidInput(f"'{name}' cannot be a tool's name.", "Type: Tool(function, name='a_name')")
    return name
