"""Carries out what the loop asks for: model calls and approvals here, tool calls in `calling`; all are recorded.

There is one driver. In `blocking` mode nothing in it waits for an event loop: what takes long is handed to the `relay`
that steps through it, and that is what makes a run with a plain model cost microseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from inspect import isawaitable
from typing import Any, TypeVar

from motadata_nb.agents.base import Step
from motadata_nb.agents.calling import carry_out, in_words
from motadata_nb.agents.live import Live
from motadata_nb.agents.loop import Ask, CallModel, CallTools, Conversation, Outcome
from motadata_nb.agents.relay import Job
from motadata_nb.agents.spending import out_of_time
from motadata_nb.errors import GatewayError, StreamBroken

__all__ = ["decide", "drive"]

T = TypeVar("T")


async def drive(conversation: Conversation, live: Live) -> Outcome:
    """Run the conversation to its outcome."""
    answer: Any = None
    try:
        while True:
            request = conversation.send(answer)
            if isinstance(request, CallModel):
                answer = await _model(request, live)
            elif isinstance(request, CallTools):
                answer = await carry_out(request, live)
            else:
                answer = await decide(request, live)
    except StopIteration as stop:
        outcome: Outcome = stop.value
        return outcome
    finally:
        conversation.close()


async def _model(request: CallModel, live: Live) -> Step:
    live.messages = request.messages
    recorded = live.recorded.pop(("model", request.key), None)
    if recorded is not None and recorded.state == "done":
        live.steps.append(recorded)
        live.tree.restore(recorded)
        return recorded
    await live.flush()
    live.text = live.thinking = ""
    live.agent = request.role.name
    if reason := live.tree.reached():
        step = Step(kind="model", state="limit", note=reason)
    else:
        start = time.perf_counter()
        step = await _reply(request, live)
        step = _stamped(step, request, live, time.perf_counter() - start)
        live.tree.add(step)
        live.text = live.thinking = ""
    if step.state == "limit":
        step = replace(step, key=request.key, agent=request.role.name, name=live.model.name, at=time.time())
    # An answer without calls ends the run, as a rule: it is written together with that end.
    await live.record(step, later=not step.calls)
    return step


def _stamped(step: Step, request: CallModel, live: Live, seconds: float) -> Step:
    return Step(
        kind="model",
        key=request.key,
        agent=request.role.name,
        name=step.name or live.model.name,
        text=step.text,
        thinking=step.thinking,
        state=step.state,
        note=step.note,
        calls=step.calls,
        usage=step.usage,
        cost=step.cost,
        seconds=seconds,
        at=time.time(),
    )


async def _reply(request: CallModel, live: Live) -> Step:
    deadline = live.tree.deadline
    left = None if deadline is None else max(0.001, deadline - time.monotonic())
    thinker = request.role.model or live.model
    try:
        if live.blocking:
            found: Step = await Job(partial(thinker.reply, request, live.emit), left)
            return found
        coming = thinker.reply(request, live.emit)
        if not isawaitable(coming):
            return coming
        return await (coming if left is None else asyncio.wait_for(_awaited(coming), left))
    except GatewayError as error:
        live.error = error
        said = error.partial if isinstance(error, StreamBroken) else ""
        return Step(kind="model", state="failed", text=said or live.text, note=in_words(error))
    except TimeoutError:
        if deadline is None or time.monotonic() < deadline:
            raise  # the model's own
        return Step(kind="model", state="limit", text=live.text, note=out_of_time(live.tree.limits))


async def _awaited(found: Awaitable[T]) -> T:
    return await found


async def decide(request: Ask, live: Live) -> list[Step]:
    """An approval step for each call: recorded earlier, decided now, or waiting."""
    decisions = []
    for call in request.calls:
        recorded = live.recorded.pop(("approval", call.key), None)
        if recorded is not None and recorded.state != "waiting":
            live.steps.append(recorded)
            decisions.append(recorded)
            continue
        step = Step(
            kind="approval",
            key=call.key,
            agent=request.role.name,
            name=call.call.name,
            call_id=call.call.id,
            arguments=call.text,
            state="waiting",
            at=time.time(),
        )
        if live.approver is not None:
            decision = await live.approver.decide(step)
            edited = call.text if decision.arguments is None else decision.arguments
            step = replace(step, state=decision.state, text=decision.reason, arguments=edited, at=time.time())
        decisions.append(step)
        await live.record(step)
    return decisions
