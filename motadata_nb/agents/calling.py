"""Makes the tool calls of one request, side by side, and turns whatever comes of them into recorded steps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from motadata_nb.agents.base import Reply, Step, ToolContext
from motadata_nb.agents.live import Live
from motadata_nb.agents.loop import Call, CallTools, Role
from motadata_nb.agents.relay import Job
from motadata_nb.agents.tools.base import Tool
from motadata_nb.agents.tools.output import text_of
from motadata_nb.agents.tools.printed import capture
from motadata_nb.agents.workers import submit
from motadata_nb.errors import MotadataError, NotPermitted

__all__ = ["carry_out", "in_words"]


class _Made(NamedTuple):
    """What came of a call: a value with its text, or the exception that the tool raised."""

    value: Any = None
    text: str = ""
    note: str = ""
    printed: str = ""
    error: BaseException | None = None


async def carry_out(request: CallTools, live: Live) -> list[Step]:
    """A tool step for each call: recorded earlier, known already, or made now."""
    answers: dict[str, Step] = {}
    run: list[Call] = []
    known: list[Step] = []
    for call in request.calls:
        recorded = live.recorded.pop(("tool", call.key), None)
        if recorded is not None and recorded.state not in ("started", "waiting", "interrupted"):
            live.steps.append(recorded)
            live.tree.restore(recorded)
            answers[call.key] = recorded
        elif call.answer is not None:
            known.append(replace(call.answer, at=time.time()))
        elif recorded is not None and recorded.state != "waiting" and call.tool and not call.tool.idempotent:
            known.append(_cut_off(recorded))
        else:
            run.append(call)
    if known:
        await live.record(*known)
        answers.update((step.key, step) for step in known)
    if run:
        answers.update((step.key, step) for step in await _run(run, request.role, live))
    return [answers[call.key] for call in request.calls]


def _cut_off(recorded: Step) -> Step:
    said = "This call was cut off before its result was recorded, and it is not known whether it took effect. "
    return replace(recorded, state="interrupted", text=said + "Check before you call it again.", note=said.strip())


async def _run(calls: list[Call], role: Role, live: Live) -> list[Step]:
    if live.journal is not None or live.watch is not None:
        # A call that may be repeated needs no mark that it has begun, unless somebody watches.
        marks = [
            _tool_step(c, role, state="started") for c in calls if live.watch or not (c.tool and c.tool.idempotent)
        ]
        if marks:
            await live.record(*marks)
    if len(calls) == 1:
        return [await _recorded(calls[0], role, live)]
    if live.blocking:
        return await _side_by_side_blocking(calls, role, live)
    tasks = [asyncio.ensure_future(_recorded(call, role, live)) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


async def _side_by_side_blocking(calls: list[Call], role: Role, live: Live) -> list[Step]:
    start = time.perf_counter()
    running = [submit(_work(_tool(call), call, role, live), copy_context()) for call in calls]
    steps = []
    for call, future in zip(calls, running, strict=True):
        limit = _timeout(call, live)
        try:
            made = await Job(partial(future.result, max(0.0, limit - (time.perf_counter() - start))))
            step = _ended(call, role, made, start)
        except TimeoutError:
            step = _late(call, role, limit, start)
        await live.record(step)
        steps.append(step)
    return steps


async def _recorded(call: Call, role: Role, live: Live) -> Step:
    start = time.perf_counter()
    limit = _timeout(call, live)
    try:
        step = _ended(call, role, await _made(call, role, live, limit), start)
    except TimeoutError:
        step = _late(call, role, limit, start)
    await live.record(step)
    return step


async def _made(call: Call, role: Role, live: Live, limit: float) -> _Made:
    """What came of the call. Raises TimeoutError when it takes longer than `limit`; the tool's own is in the result."""
    tool = _tool(call)
    if tool.asynchronous:
        return await asyncio.wait_for(_work_async(tool, call, role, live), limit)
    work = _work(tool, call, role, live)
    if live.blocking:
        made: _Made = await Job(work, limit)
        return made
    return await asyncio.wait_for(asyncio.wrap_future(submit(work, copy_context())), limit)


def _tool(call: Call) -> Tool:
    assert call.tool is not None  # calls of unknown tools were answered by the loop
    return call.tool


def _work(tool: Tool, call: Call, role: Role, live: Live) -> Callable[[], _Made]:
    function = tool.bound(call.arguments, _context(call, role, live))
    most = live.limits.output_chars

    def work() -> _Made:
        try:
            with capture() as printed:
                value = function()
            return _Made(value, *text_of(_said(value), printed.text, most), printed.text)
        except BaseException as error:  # also a tool's sys.exit(): it ends the call, not the run
            return _Made(error=error)

    return work


async def _work_async(tool: Tool, call: Call, role: Role, live: Live) -> _Made:
    try:
        with capture() as printed:
            value = await tool.bound(call.arguments, _context(call, role, live))()
        return _Made(value, *text_of(_said(value), printed.text, live.limits.output_chars), printed.text)
    except Exception as error:
        return _Made(error=error)


def _said(value: Any) -> Any:
    return value.text if type(value) is Reply else value


def _timeout(call: Call, live: Live) -> float:
    own = call.tool.timeout_s if call.tool is not None else None
    return live.tree.left_s(live.limits.tool_seconds if own is None else own)


def _context(call: Call, role: Role, live: Live) -> ToolContext:
    return ToolContext(
        key=f"{live.run}:{call.key}",
        run=live.run,
        thread=live.thread,
        agent=role.name,
        tenant=live.tenant,
        user=live.user,
        task=live.task,
        approver=live.approver,
        host=live,
    )


def _tool_step(call: Call, role: Role, **more: Any) -> Step:
    return Step(
        kind="tool",
        key=call.key,
        agent=role.name,
        name=call.call.name,
        call_id=call.call.id,
        arguments=call.text,
        at=time.time(),
        **more,
    )


def _ended(call: Call, role: Role, made: _Made, start: float) -> Step:
    seconds = time.perf_counter() - start
    if made.error is not None:
        return _failed(call, role, made.error, seconds)
    value = made.value
    if type(value) is Reply:
        return _tool_step(
            call, role, text=made.text, note=value.note or made.note, printed=made.printed, seconds=seconds,
            state=value.state, usage=value.usage, cost=value.cost, model_calls=value.model_calls, child=value.child,
        )  # fmt: skip
    return _tool_step(call, role, text=made.text, note=made.note, printed=made.printed, seconds=seconds)


def _late(call: Call, role: Role, limit: float, start: float) -> Step:
    note = f"no answer within {limit:g} s; the call was left behind"
    said = f"The tool gave no answer within {limit:g} seconds. It is not known whether it took effect."
    seconds = time.perf_counter() - start
    return _tool_step(call, role, text=said, note=note, seconds=seconds, state="timeout")


def _failed(call: Call, role: Role, error: BaseException, seconds: float) -> Step:
    note = in_words(error)
    if isinstance(error, NotPermitted):
        return _tool_step(call, role, text=note, note=note, seconds=seconds, state="refused")
    return _tool_step(call, role, text=f"The tool failed. {note}", note=note, seconds=seconds, state="failed")


def in_words(error: BaseException) -> str:
    """What an error says, short enough for a model and a timeline."""
    if isinstance(error, MotadataError):
        return f"{error.what} {error.hint}".strip()[:2000]
    try:
        return f"{type(error).__name__}: {error}"[:2000]
    except Exception:  # an exception whose __str__ raises
        return type(error).__name__
