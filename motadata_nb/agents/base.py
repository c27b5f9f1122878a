"""The types an agent is made of: steps, limits, decisions, and what a tool is told about its call.

A run is a list of steps. Each step is an answer the loop was given (by a model, a tool or a person), so the same list
is the journal in the catalog, the timeline in the cell, and the transcript from which a run can be replayed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.gateway.base import Message, ToolCall, Usage

if TYPE_CHECKING:
    from motadata_nb.agents.loop import CallModel

__all__ = [
    "APPROVALS",
    "Approval",
    "Approver",
    "Decision",
    "Limits",
    "Model",
    "NO_USAGE",
    "Reply",
    "Step",
    "ToolContext",
    "limits_from",
    "strictest",
]

NO_USAGE = Usage()
Approval: TypeAlias = Literal["auto", "ask", "never"]
APPROVALS: tuple[Approval, ...] = ("auto", "ask", "never")


def strictest(*modes: Approval) -> Approval:
    """The mode that allows least: `never` over `ask` over `auto`."""
    return max(modes, key=APPROVALS.index, default="auto")


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One recorded answer of a run.

    `state` of a model step: `done` `failed` `interrupted`; of a tool step: `done` `failed` `invalid` `refused`
    `timeout` `interrupted` `started` `waiting`; of an approval: `approved` `denied` `waiting`.
    """

    kind: Literal["task", "model", "tool", "approval", "note"]
    key: str = ""
    """Place in the run: `3` is the third model call, `3.1` the second call it asked for."""
    agent: str = ""
    name: str = ""
    """The tool's name; for a model step, the model's."""
    call_id: str = ""
    """The model's own identifier of the call."""
    arguments: str = ""
    """JSON text of the arguments, as called (after a person's edit, if any)."""
    text: str = ""
    thinking: str = ""
    state: str = "done"
    note: str = ""
    """Why the step ended as it did, when that needs saying."""
    calls: tuple[ToolCall, ...] = ()
    usage: Usage = NO_USAGE
    cost: float | None = None
    """US dollars; None when the price is not known."""
    seconds: float = 0.0
    at: float = 0.0
    """When it was recorded, as seconds since 1970."""
    child: str = ""
    """Id of the run that a tool started: a team member's."""
    printed: str = ""
    """What a tool printed, shortened."""
    model_calls: int = 0
    """Model calls made inside, by a team member."""

    def message(self) -> Message:
        """The step as the model sees it. Approvals and notes are not shown to a model."""
        if self.kind == "tool":
            return {"role": "tool", "tool_call_id": self.call_id, "name": self.name, "content": self.text}
        if self.kind == "task":
            return {"role": "user", "content": self.text}
        message: Message = {"role": "assistant", "content": self.text}
        if self.calls:
            message["tool_calls"] = [
                {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": c.arguments}}
                for c in self.calls
            ]
        return message


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """Where a run stops. They hold for the whole tree of a team; None is no limit."""

    steps: int = 25
    """Model calls."""
    tool_calls: int | None = None
    tokens: int | None = None
    """Input and output tokens together."""
    seconds: float | None = None
    cost: float | None = None
    """US dollars."""
    tool_seconds: float = 60.0
    """Longest time for one tool call, unless the tool says otherwise."""
    output_chars: int = 20_000
    """Longest tool result that a model is shown."""
    retries: int = 2
    """How often a model may repair an answer that does not fit the output schema, or an empty one."""
    repeats: int = 5
    """The same calls with the same results so many times in a row end the run."""
    history_tokens: int = 16_000
    """Room for earlier messages of the thread; older ones are left out, or summed up when the agent has a memory."""


_LIMITS = {f.name for f in fields(Limits)}


def limits_from(values: Mapping[str, Any]) -> Limits:
    """Limits from keywords. Raises UnknownName, or InvalidInput for a value that is no positive number."""
    for name, value in values.items():
        if name not in _LIMITS:
            raise UnknownName("option of an agent", name, _LIMITS, example="{}=…")
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
            raise InvalidInput(f"{name}={value!r} is not a limit.", f"Give a positive number: {name}=10")
    return Limits(**values) if values else _DEFAULT_LIMITS


_DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a person, or a policy, says to a tool call."""

    state: Literal["approved", "denied", "waiting"]
    arguments: str | None = None
    """JSON text of edited arguments; None keeps the model's."""
    reason: str = ""
    """Told to the model when the call is denied."""


@runtime_checkable
class Approver(Protocol):
    """Is asked before a tool whose mode is `ask` runs. `waiting` saves the run, to be continued later."""

    async def decide(self, step: Step) -> Decision:
        """The decision on the call in `step`."""
        ...

    async def fill(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """Values that an MCP server asks the user for, fitting the JSON schema; None declines."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolContext:
    """What a tool may know about its call: give a parameter this type, and the model will not see it."""

    key: str
    """The same for the same call, also when a killed run is resumed: use it to do a thing at most once."""
    run: str = ""
    thread: str = ""
    agent: str = ""
    tenant: str = "default"
    user: str = "default"
    task: str = ""
    approver: Approver | None = None
    host: Any = field(default=None, repr=False)
    """The run's host: team members account for what they spend in it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a tool may return instead of a value, when it has more to say: what it spent, or that it must wait."""

    text: str
    state: str = "done"
    note: str = ""
    usage: Usage = NO_USAGE
    cost: float | None = 0.0
    model_calls: int = 0
    child: str = ""


@runtime_checkable
class Model(Protocol):
    """What the loop needs of a model: a request in, a model step out."""

    name: str

    def reply(self, request: CallModel, emit: Callable[[str, str], None]) -> Step | Awaitable[Step]:
        """The model's step, at once or awaited; `emit(text, thinking)` gets pieces as they come."""
        ...
