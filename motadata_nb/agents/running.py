"""One run from task to result: the thread is opened, the loop driven, the end written down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from motadata_nb.agents.base import NO_USAGE, Approver, Step
from motadata_nb.agents.drive import drive
from motadata_nb.agents.engines.hosting import host
from motadata_nb.agents.live import Live
from motadata_nb.agents.loop import Outcome, converse
from motadata_nb.agents.result import AgentRun
from motadata_nb.agents.spending import Tree
from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Message

if TYPE_CHECKING:
    from motadata_nb.agents.agent import Agent
    from motadata_nb.agents.journal import Opened
    from motadata_nb.agents.loop import Role
    from motadata_nb.agents.threads import Threads

__all__ = ["continued", "execute", "finished"]

T = TypeVar("T")
Watch = Callable[[Live], None]


async def execute(
    agent: Agent,
    task: str | Message,
    thread: str | None = None,
    *,
    approver: Approver | None = None,
    watch: Watch | None = None,
    parent: Live | None = None,
    run: str = "",
    history: tuple[Message, ...] = (),
    blocking: bool = False,
) -> AgentRun:
    """Do a new task. `parent` and `run` are those of a team: its limits hold, and the member's thread is hidden."""
    words = _checked(task)
    role, roles = await _speaks(agent, words), agent.roles
    threads: Threads | None = agent.threads
    live = _live(agent, words, approver, watch, parent, blocking)
    opened: Opened | None = None
    if threads is not None:
        step = Step(kind="task", key="0", agent=agent.name, text=words, at=time.time())
        wanted: dict[str, Any] = {
            "thread": thread, "agent": agent.name, "task": step, "run": run,
            "parent": parent.run if parent is not None else "", "room": agent.limits.history_tokens,
            "hidden": parent is not None, "spec": agent.spec,
        }  # fmt: skip
        opened = threads.journal.begin(**wanted) if blocking else await threads.journal.abegin(**wanted)
        history = (*opened.history, *history)
        live.journal, live.run, live.thread = opened, opened.run, opened.thread
    else:
        live.run = run
    if agent.engine is not None:
        going = host(agent.engine, role, words, history, live)
    else:
        going = drive(converse(role=role, task=task, history=history, limits=live.limits, roles=roles), live)
    return await _driven(agent, going, live, opened)


async def continued(
    agent: Agent,
    run: str,
    *,
    approver: Approver | None = None,
    watch: Watch | None = None,
    parent: Live | None = None,
) -> AgentRun:
    """Go on with a run that was killed, interrupted, stopped or waits for approval."""
    threads = agent.threads
    if threads is None:
        raise InvalidInput("An agent without a workspace keeps no runs to go on with.", "Type: ws.agent(…)")
    task = await threads.journal.later(threads.task, run)
    role, roles = await _speaks(agent, task.text), agent.roles
    opened = await threads.journal.aresume(run)
    live = _live(agent, task.text, approver, watch, parent, False)
    live.journal, live.run, live.thread = opened, opened.run, opened.thread
    live.recorded = {(s.kind, s.key): s for s in opened.recorded[1:]}
    if agent.engine is not None:
        going = host(agent.engine, role, task.text, opened.history, live)
    else:
        talk = converse(role=role, task=task.text, history=opened.history, limits=live.limits, roles=roles)
        going = drive(talk, live)
    return await _driven(agent, going, live, opened)


async def _speaks(agent: Agent, task: str) -> Role:
    """The agent's role with what it remembers. Whatever can fail in making it fails before the thread is taken."""
    role, _, _ = agent.role, agent.thinker, agent.engine
    if agent.memory is None:
        return role
    return replace(role, instructions=await agent.memory.instructions(role.instructions, task))


def _checked(task: str | Message) -> str:
    words = task if isinstance(task, str) else str(task.get("content", ""))
    if not words.strip():
        raise InvalidInput("The task is empty.", "Say what the agent should do.")
    return words


def _live(
    agent: Agent, task: str, approver: Approver | None, watch: Watch | None, parent: Live | None, blocking: bool
) -> Live:
    limits = agent.limits
    deadline = None if limits.seconds is None else time.monotonic() + limits.seconds
    return Live(
        model=agent.thinker,
        limits=limits,
        tree=Tree(limits, deadline) if parent is None else parent.tree,
        agent=agent.name,
        tenant=agent.tenant,
        user=agent.user,
        task=task,
        approver=approver if parent is None else parent.approver,
        watch=watch,
        blocking=blocking,
    )


async def _driven(agent: Agent, going: Coroutine[Any, Any, Outcome], live: Live, opened: Opened | None) -> AgentRun:
    try:
        outcome = await going
    except (KeyboardInterrupt, asyncio.CancelledError):
        cut = live.interrupted()
        live.text = live.thinking = ""
        live.show(*cut)
        await _close(
            agent, live, opened, Outcome(status="interrupted", text=_last(live), reason="stopped by the user"), cut
        )
        raise
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}".splitlines()[0]
        await _close(agent, live, opened, Outcome(status="failed", text=_last(live), reason=reason), [])
        raise
    result = await _close(agent, live, opened, outcome, [])
    if live.error is not None:
        raise live.error
    if agent.memory is not None and outcome.status == "done":
        await agent.memory.after(live, agent.threads, agent.limits.history_tokens)
    return result


async def _close(agent: Agent, live: Live, opened: Opened | None, outcome: Outcome, last: list[Step]) -> AgentRun:
    result = finished(agent, live, outcome)
    if opened is not None:
        journal, steps = opened.journal, [*live.unwritten, *last]
        if live.blocking:
            journal.finish(opened, result, steps)
        else:
            await asyncio.shield(journal.later(journal.finish, opened, result, steps))
    return result


def _last(live: Live) -> str:
    return next((s.text for s in reversed(live.steps) if s.kind == "model" and s.text), "")


def _said(live: Live) -> tuple[Message, ...]:
    last = [s.message() for s in live.steps[-1:] if s.kind == "model"]
    return (*live.messages, *last)


def finished(agent: Agent, live: Live, outcome: Outcome) -> AgentRun:
    """The result of a run whose loop has ended."""
    usage, cost, known, name = NO_USAGE, 0.0, True, ""
    for step in live.steps:
        if step.usage is not NO_USAGE:
            usage = usage + step.usage
            known = known and step.cost is not None
        cost += step.cost or 0.0
        if step.kind == "model" and step.name:
            name = step.name
    threads = agent.threads
    return AgentRun(
        text=outcome.text,
        status=outcome.status,
        reason=outcome.reason,
        data=outcome.data,
        steps=tuple(live.steps),
        agent=agent.name,
        thread=live.thread,
        id=live.run,
        model=name or live.model.name,
        usage=usage,
        cost=cost if known else None,
        seconds=time.perf_counter() - live.started,
        messages=_said(live),
        children=threads.run_steps if threads is not None else None,
    )
