"""A run of somebody else's loop in ours: its tool calls are steps, are asked for, and are not repeated on resume.

The other loop cannot be continued in the middle, so a resumed run starts it again; calls that were made are recognised
by their name and arguments, and answered from the journal.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.base import Step
from motadata_nb.agents.calling import carry_out
from motadata_nb.agents.drive import decide
from motadata_nb.agents.engines.base import Engine
from motadata_nb.agents.live import Live
from motadata_nb.agents.loop import Ask, Call, CallTools, Outcome
from motadata_nb.agents.tools.base import Tool
from motadata_nb.errors import NotPermitted
from motadata_nb.gateway.base import Message, ToolCall

if TYPE_CHECKING:
    from motadata_nb.agents.loop import Role

__all__ = ["host"]

_ANYTHING: dict[str, Any] = {"type": "object"}


class _Waits(Exception):
    """Stops the other loop where a call waits for approval."""


async def host(engine: Engine, role: Role, task: str, history: Sequence[Message], live: Live) -> Outcome:
    """Run the engine to its outcome."""
    seen: Counter[str] = Counter()
    waiting: list[str] = []

    async def call(name: str, arguments: dict[str, Any], make: Callable[..., Awaitable[Any]]) -> Any:
        if waiting:
            raise _Waits
        text = _json(arguments)
        seen[name + text] += 1
        key = f"1.{name}{text}#{seen[name + text]}"[:255]
        if reason := live.tree.reached():
            raise NotPermitted(reason, "Give the agent more room: steps=…, seconds=…")
        tool = Tool(make, name=name, parameters=_ANYTHING, approve=role.approvals.get(name, "auto"))
        made = Call(key, tool, ToolCall(id=key, name=name, arguments=text), arguments, text=text)
        if role.mode(tool) == "never":
            made.answer = _refused(made, role, f"The tool '{name}' is not permitted in this run. Do not call it again.")
        if role.mode(tool) == "ask":
            decision = (await decide(Ask([made], role), live))[0]
            if decision.state == "waiting":
                waiting.append(name)
                raise _Waits
            if decision.state == "denied":
                said = f"The user did not allow this call. {decision.text}".strip()
                made.answer = _refused(made, role, said)
            else:
                made.arguments, _ = tool.read(decision.arguments)
                made.text = decision.arguments
        step = (await carry_out(CallTools([made], role), live))[0]
        return step.text

    start = time.perf_counter()
    try:
        reply = await engine.run(task, history, call)
    except _Waits:
        return Outcome(status="waiting", reason=f"waiting for approval of {', '.join(waiting)}")
    except NotPermitted as error:
        return Outcome(status="limit", reason=error.what)
    step = Step(
        kind="model", key="2", agent=role.name, name=reply.model or engine.name, text=reply.text, usage=reply.usage,
        cost=reply.cost, seconds=time.perf_counter() - start, at=time.time(),
    )  # fmt: skip
    live.tree.add(step)
    await live.record(step, later=True)
    return Outcome(status="done", text=reply.text, data=reply.data)


def _refused(call: Call, role: Role, said: str) -> Step:
    return Step(
        kind="tool", key=call.key, agent=role.name, name=call.call.name, call_id=call.call.id, arguments=call.text,
        text=said, state="refused", note=said,
    )  # fmt: skip


def _json(arguments: dict[str, Any]) -> str:
    import orjson

    return orjson.dumps(arguments, default=str, option=orjson.OPT_SORT_KEYS).decode()
