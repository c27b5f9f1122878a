"""The agent's loop without any I/O: a generator that asks, and is sent the answers.

    conversation = converse(role=role, task="…")
    request = next(conversation)          # CallModel, Ask or CallTools
    request = conversation.send(answer)   # … until StopIteration, whose value is the Outcome

`CallModel` is answered by a model step, `Ask` by one approval step for each call, `CallTools` by one tool step for each
call. The loop reads no clock and rolls no dice, so the same answers lead to the same requests: a journal of steps is
enough to replay a run, or to continue one that was killed.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from motadata_nb.agents.base import NO_USAGE, Approval, Limits, Step, strictest
from motadata_nb.errors import nearest
from motadata_nb.gateway.base import Message, ToolCall, ToolSpec, Usage

if TYPE_CHECKING:
    from motadata_nb.agents.tools.base import Tool
    from motadata_nb.agents.tools.schema import Shape

__all__ = ["Ask", "Call", "CallModel", "CallTools", "Conversation", "Outcome", "Request", "Role", "converse"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Role:
    """Who speaks: instructions, tools and the shape of the answer. A hand-off changes it, not the conversation."""

    name: str = "agent"
    instructions: str = ""
    tools: Mapping[str, Tool] = field(default_factory=dict)
    output: Shape | None = None
    approve: Approval = "auto"
    """Strictest mode of the run; a tool's own mode can only be stricter."""
    approvals: Mapping[str, Approval] = field(default_factory=dict)
    """Modes by tool name, which replace the tool's own."""
    specs: tuple[ToolSpec, ...] = ()
    model: Any = None
    """What answers for this role; the run's model when None."""

    def mode(self, tool: Tool) -> Approval:
        """How a call of the tool is allowed."""
        return strictest(self.approve, self.approvals.get(tool.name, tool.approve))


@dataclass(frozen=True, slots=True)
class CallModel:
    """Ask the model for the next step."""

    key: str
    role: Role
    messages: list[Message]


@dataclass(slots=True)
class Call:
    """A tool call as the loop sees it: checked arguments, or an answer that is already known."""

    key: str
    tool: Tool | None
    call: ToolCall
    arguments: dict[str, Any]
    answer: Step | None = None
    text: str = ""
    """JSON text of the arguments, after a person's edit."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a person about these calls."""

    calls: list[Call]
    role: Role


@dataclass(frozen=True, slots=True)
class CallTools:
    """Run these calls, side by side. Those with an `answer` only have to be recorded."""

    calls: list[Call]
    role: Role


Request: TypeAlias = CallModel | Ask | CallTools


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a run ended: `done`, `waiting` for approval, `limit`, or `failed`, and why."""

    status: str
    text: str = ""
    data: Any = None
    reason: str = ""


Conversation: TypeAlias = Generator[Request, Any, Outcome]


def converse(
    *,
    role: Role,
    task: str | Message,
    history: Sequence[Message] = (),
    limits: Limits = Limits(),  # noqa: B008  # frozen
    roles: Mapping[str, Role] | None = None,
) -> Conversation:
    """The conversation about one task. `roles` are those a hand-off can reach."""
    messages: list[Message] = [*history, {"role": "user", "content": task} if isinstance(task, str) else task]
    spent = _Spent(limits)
    number = repairs = same = 0
    before: list[tuple[str, str, str]] = []
    text = ""
    while True:
        if reason := spent.reached():
            return Outcome(status="limit", text=text, reason=reason)
        number += 1
        step: Step = yield CallModel(str(number), role, _prompt(role, messages))
        spent.model(step)
        text = step.text or text
        if step.state != "done":
            return Outcome(status=_STOPS.get(step.state, "failed"), text=text, reason=step.note)
        messages.append(step.message())
        if not step.calls:
            data, problem = _finish(role, step)
            if not problem:
                return Outcome(status="done", text=step.text, data=data)
            repairs += 1
            if repairs > limits.retries:
                return Outcome(status="failed", text=step.text, reason=problem)
            messages.append({"role": "user", "content": problem})
            continue
        calls = [_check(role, call, f"{number}.{i}") for i, call in enumerate(step.calls)]
        waiting = yield from _ask(role, calls)
        ready = [call for call in calls if call.key not in waiting]
        if ready:
            answers: list[Step] = yield CallTools(ready, role)
            spent.tools(answers)
            messages.extend([answer.message() for answer in answers])
            waiting |= {answer.key for answer in answers if answer.state == "waiting"}
        else:
            answers = []
        if waiting:
            names = ", ".join(sorted({c.call.name for c in calls if c.key in waiting}))
            return Outcome(status="waiting", text=text, reason=f"waiting for approval of {names}")
        now = [(a.name, a.arguments, a.text) for a in answers]
        same = same + 1 if now == before else 1
        before = now
        if same >= limits.repeats:
            reason = f"the model asked for the same call {same} times and got the same answer ({answers[0].name})"
            return Outcome(status="limit", text=text, reason=reason)
        role = _handed_off(role, calls, answers, roles or {})


_STOPS = {"limit": "limit"}


def _prompt(role: Role, messages: list[Message]) -> list[Message]:
    said = role.instructions
    if role.output is not None:
        said = f"{said}\n\nGive your final answer as JSON only, by this schema: {role.output.text}".strip()
    return [{"role": "system", "content": said}, *messages] if said else list(messages)


def _finish(role: Role, step: Step) -> tuple[Any, str]:
    """The answer's data and, when it cannot be accepted, what to tell the model."""
    if role.output is not None:
        return role.output.read(step.text)
    if not step.text.strip():
        return None, "Your answer was empty. Answer the task in words, or call a tool."
    return None, ""


def _check(role: Role, call: ToolCall, key: str) -> Call:
    tool = role.tools.get(call.name)
    if tool is None:
        return Call(key, None, call, {}, _answer(role, call, key, "invalid", _unknown(role, call.name)), call.arguments)
    if role.mode(tool) == "never":
        said = f"The tool '{call.name}' is not permitted in this run. Do not call it again."
        return Call(key, tool, call, {}, _answer(role, call, key, "refused", said), call.arguments)
    arguments, problem = tool.read(call.arguments)
    answer = _answer(role, call, key, "invalid", problem) if problem else None
    return Call(key, tool, call, arguments, answer, call.arguments)


def _unknown(role: Role, name: str) -> str:
    near = nearest(name, role.tools)
    if near:
        return f"There is no tool called '{name}'. Did you mean '{near}'?"
    known = ", ".join(sorted(role.tools))
    return f"There is no tool called '{name}'. " + (f"Tools: {known}." if known else "There are no tools; answer.")


def _answer(role: Role, call: ToolCall, key: str, state: str, text: str) -> Step:
    return Step(
        kind="tool",
        key=key,
        agent=role.name,
        name=call.name,
        call_id=call.id,
        arguments=call.arguments,
        text=text,
        state=state,
        note=text,
    )


def _ask(role: Role, calls: list[Call]) -> Generator[Request, Any, set[str]]:
    """Put decisions into the calls that need one; returns the keys of those that wait."""
    asked = [c for c in calls if c.answer is None and c.tool is not None and role.mode(c.tool) == "ask"]
    if not asked:
        return set()
    decisions: list[Step] = yield Ask(asked, role)
    for call, decision in zip(asked, decisions, strict=True):
        if decision.state == "denied":
            said = "The user did not allow this call." + (f" {decision.text}" if decision.text else "")
            call.answer = _answer(role, call.call, call.key, "refused", said)
        elif decision.state == "approved" and decision.arguments != call.text and call.tool is not None:
            call.arguments, problem = call.tool.read(decision.arguments)
            call.text = decision.arguments
            if problem:
                call.answer = _answer(role, call.call, call.key, "invalid", problem)
    return {c.key for c, d in zip(asked, decisions, strict=True) if d.state == "waiting"}


def _handed_off(role: Role, calls: list[Call], answers: list[Step], roles: Mapping[str, Role]) -> Role:
    done = {answer.key for answer in answers if answer.state == "done"}
    for call in calls:
        if call.tool is not None and call.key in done and call.tool.hands_off_to:
            return roles.get(call.tool.hands_off_to, role)
    return role


class _Spent:
    """What a run has used of its limits, counted from its steps alone."""

    __slots__ = ("calls", "cost", "limits", "seconds", "steps", "usage")

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.steps = self.calls = 0
        self.usage: Usage = NO_USAGE
        self.cost = self.seconds = 0.0

    def model(self, step: Step) -> None:
        self.steps += 1
        self.seconds += step.seconds
        self._add(step)

    def tools(self, steps: list[Step]) -> None:
        self.calls += len(steps)
        # They ran side by side: the slowest is what was waited for.
        self.seconds += max(step.seconds for step in steps)
        for step in steps:
            self.steps += step.model_calls
            self._add(step)

    def _add(self, step: Step) -> None:
        if step.usage is not NO_USAGE:
            self.usage = self.usage + step.usage
        self.cost += step.cost or 0.0

    def reached(self) -> str:
        limits = self.limits
        if self.steps >= limits.steps:
            return f"stopped after {self.steps} model calls (limit steps={limits.steps})"
        if limits.tool_calls is not None and self.calls >= limits.tool_calls:
            return f"stopped after {self.calls} tool calls (limit tool_calls={limits.tool_calls})"
        tokens = self.usage.input_tokens + self.usage.output_tokens
        if limits.tokens is not None and tokens >= limits.tokens:
            return f"stopped after {tokens:,} tokens (limit tokens={limits.tokens:,})"
        if limits.seconds is not None and self.seconds >= limits.seconds:
            return f"stopped after {self.seconds:.1f} s (limit seconds={limits.seconds:g})"
        if limits.cost is not None and self.cost >= limits.cost:
            return f"stopped after ${self.cost:.4f} (limit cost={limits.cost:g})"
        return ""
