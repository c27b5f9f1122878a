"""Agents that work together: members as tools, hand-off, broadcast, and a list of tasks worked down.

A member's run is a run of its own, in a hidden thread, under an id made from the call that started it. So a member that
is killed or waits for approval is continued, not started again, when the run of its leader is resumed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

from motadata_nb.agents.base import Model, Reply, Step, ToolContext
from motadata_nb.agents.loop import CallModel, Role
from motadata_nb.agents.running import continued, execute
from motadata_nb.agents.tools.base import Tool
from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Message, ToolCall

if TYPE_CHECKING:
    from motadata_nb.agents.agent import Agent
    from motadata_nb.agents.result import AgentRun

__all__ = ["Broadcast", "MODES", "Task", "member_tool", "reachable", "team_tools"]

MODES = ("broadcast", "coordinate", "route", "tasks")
# A member is stopped by the team's limits, not by the limit for one tool call.
_NO_HURRY_S = 7 * 24 * 3600.0


def team_tools(leader: Agent) -> list[Tool]:
    """What the leader of a team can do with it. Raises InvalidInput for an unknown mode or two members of one name."""
    if leader.mode not in MODES:
        raise InvalidInput(f"mode={leader.mode!r} is no way for a team to work.", f"Use one of: {', '.join(MODES)}")
    names = [member.name for member in leader.team]
    if len({*names, leader.name}) <= len(names):
        raise InvalidInput("Two agents of the team have the same name.", "Give each agent its own name.")
    if leader.mode == "route":
        return [_transfer_tool(member) for member in leader.team]
    if leader.mode == "tasks":
        return [_tasks_tool(leader)]
    return [member_tool(member) for member in leader.team]


def member_tool(member: Agent, name: str | None = None, description: str | None = None, *, share: bool = False) -> Tool:
    """A tool that gives the member a task and returns its answer."""

    async def ask(task: Annotated[str, "What to do, with all it needs to know"], context: ToolContext) -> Reply:
        return await _ask(member, task, context, context.key, share)

    said = description or member.description or _first_sentence(member.instructions)
    # Repeating the call continues the run that it began.
    return Tool(
        ask,
        name=name or f"ask_{_slug(member.name)}",
        description=f"Give a task to the agent '{member.name}'. {said}".strip(),
        idempotent=True,
        timeout_s=_NO_HURRY_S,
    )


async def _ask(member: Agent, task: str, context: ToolContext, run: str, share: bool = False) -> Reply:
    leader = context.host
    threads = member.threads
    result: AgentRun
    if threads is not None and (status := await threads.journal.later(threads.exists, run)):
        if status == "done":
            return await threads.journal.later(threads.reply, run)
        result = await continued(member, run, parent=leader)
    else:
        history = _shared(leader.messages) if share else ()
        result = await execute(member, task, f"run:{run}", parent=leader, run=run, history=history)
    if result.status == "waiting" and threads is None:
        raise InvalidInput("A call of a team member waits for approval, and there is no workspace to keep it.")
    calls = sum(s.kind == "model" for s in result.steps) + sum(s.model_calls for s in result.steps)
    said = {"waiting": "waiting", "done": "done"}.get(result.status, "failed")
    text = result.text if result.status == "done" else f"{result.text}\n({result.status}: {result.reason})".strip()
    return Reply(
        text=text, state=said, note="" if said == "done" else result.reason, usage=result.usage, cost=result.cost,
        model_calls=calls, child=result.id,
    )  # fmt: skip


def _shared(messages: Sequence[Message]) -> tuple[Message, ...]:
    """What was said, without calls and their results, which the member's tools would not know."""
    return tuple(
        {"role": m["role"], "content": m["content"]}
        for m in messages
        if m["role"] in ("user", "assistant") and m.get("content")
    )


def _transfer_tool(member: Agent) -> Tool:
    def transfer() -> str:
        return f"You are '{member.name}' now. Go on with the user's task."

    said = member.description or _first_sentence(member.instructions)
    description = f"Hand the conversation over to '{member.name}'. {said}".strip()
    name = f"transfer_to_{_slug(member.name)}"
    return Tool(transfer, name=name, description=description, hands_off_to=member.name, idempotent=True)


def reachable(leader: Agent) -> Mapping[str, Role]:
    """The roles of a team that hands over: each member can hand over to the others, and back to the leader."""
    everyone = [leader, *leader.team]
    roles = {}
    for agent in everyone:
        others = [_transfer_tool(other) for other in everyone if other is not agent]
        tools = {**agent.role.tools, **{t.name: t for t in others}}
        # What the leader forbids, its members may not do either.
        roles[agent.name] = replace(
            agent.role,
            tools=tools,
            specs=tuple(t.spec for t in tools.values()),
            approve=max((leader.role.approve, agent.role.approve), key=("auto", "ask", "never").index),
        )
    return roles


@dataclass
class Task:
    """An entry of the list."""

    task: str
    member: str


def _tasks_tool(leader: Agent) -> Tool:
    members = {member.name: member for member in leader.team}

    async def work_down(tasks: list[Task], context: ToolContext) -> Reply:
        unknown = [t.member for t in tasks if t.member not in members]
        if unknown:
            raise InvalidInput(f"There is no member '{unknown[0]}'.", f"Members: {', '.join(members)}")
        done: list[Reply] = []
        for number, entry in enumerate(tasks):
            before = "\n".join(f"{t.task}\n→ {r.text}" for t, r in zip(tasks, done, strict=False))
            words = f"{entry.task}\n\nWhat was done before:\n{before}" if before else entry.task
            reply = await _ask(members[entry.member], words, context, f"{context.key}.{number}")
            done.append(reply)
            if reply.state == "waiting":
                break
        return _together(tasks, done)

    roster = "; ".join(f"{m.name}: {m.description or _first_sentence(m.instructions)}" for m in leader.team)
    return Tool(
        work_down,
        description=f"Work down a list of tasks in order, each by one member, who sees the results before. {roster}",
        idempotent=True,
        timeout_s=_NO_HURRY_S,
    )


def _together(tasks: Sequence[Task], done: Sequence[Reply]) -> Reply:
    usage = done[0].usage
    for reply in done[1:]:
        usage = usage + reply.usage
    known = all(reply.cost is not None for reply in done)
    return Reply(
        text="\n\n".join(f"{i + 1}. {t.task}\n{r.text}" for i, (t, r) in enumerate(zip(tasks, done, strict=False))),
        state=done[-1].state if done[-1].state == "waiting" else "done",
        usage=usage,
        cost=sum(r.cost or 0.0 for r in done) if known else None,
        model_calls=sum(r.model_calls for r in done),
        child=done[-1].child,
    )


class Broadcast:
    """A model that first asks every member the task, side by side, and then thinks about their answers."""

    def __init__(self, model: Model, team: Sequence[Agent]) -> None:
        self._model = model
        self._team = team
        self.name = model.name

    def reply(self, request: CallModel, emit: Callable[[str, str], None]) -> Any:
        """The calls of all members for the first request, then the model's own answers."""
        if request.key != "1":
            return self._model.reply(request, emit)
        import orjson

        task = next(m["content"] for m in reversed(request.messages) if m["role"] == "user")
        arguments = orjson.dumps({"task": task}).decode()
        names = [f"ask_{_slug(member.name)}" for member in self._team]
        calls = tuple(ToolCall(id=f"all_{i}", name=n, arguments=arguments) for i, n in enumerate(names))
        return Step(kind="model", name="broadcast", calls=calls, cost=0.0)


def _slug(name: str) -> str:
    return re.sub(r"\W+", "_", name).strip("_").lower()[:48] or "agent"


def _first_sentence(text: str) -> str:
    return text.strip().split("\n")[0].split(". ")[0][:200]
