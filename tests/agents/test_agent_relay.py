"""A plain run: one change of thread for all its tool calls, and still every call can be left behind."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

import pytest

from motadata_nb.agents.agent import Agent
from motadata_nb.agents.relay import Job, step_through


def _calls(*names: str) -> Any:
    """A model that calls the tools one after the other, then says how each answered."""

    def model(messages: list[dict[str, Any]]) -> Any:
        said = [m["content"] for m in messages if m["role"] == "tool"]
        return " | ".join(said) if len(said) == len(names) else [(names[len(said)], {})]

    return model


def test_all_calls_of_a_run_share_one_thread_which_is_not_the_callers() -> None:
    seen: list[str] = []

    def look() -> str:
        """Where the call is made."""
        seen.append(threading.current_thread().name)
        return "seen"

    run = Agent("a", model=_calls("look", "look", "look"), tools=[look]).run("go")
    assert run.text == "seen | seen | seen"
    assert len(set(seen)) == 1
    assert seen[0] != threading.current_thread().name


def test_after_a_call_that_hangs_the_run_goes_on_without_it() -> None:
    free = threading.Event()

    def hang() -> str:
        """Never comes back by itself."""
        free.wait(60)
        return "too late"

    def quick() -> str:
        """Comes back."""
        return "quick"

    agent = Agent("a", model=_calls("quick", "hang", "quick"), tools=[hang, quick], tool_seconds=0.2)
    run = agent.run("go")
    free.set()
    assert [s.state for s in run.steps if s.kind == "tool"] == ["done", "timeout", "done"]
    assert run.status == "done"
    assert "too late" not in run.text


def test_a_shorter_limit_is_seen_after_a_longer_one() -> None:
    def quick() -> str:
        """Comes back."""
        return "quick"

    from motadata_nb.agents.tools.base import Tool

    def slow() -> str:
        """Takes its time."""
        time.sleep(20)
        return "slow"

    tools = [Tool(quick, timeout_s=60), Tool(slow, timeout_s=0.1)]
    start = time.monotonic()
    run = Agent("a", model=_calls("quick", "slow"), tools=tools).run("go")
    assert [s.state for s in run.steps if s.kind == "tool"] == ["done", "timeout"]
    assert time.monotonic() - start < 10


def test_a_tools_own_timeout_error_is_a_failure_and_no_timeout() -> None:
    def upstream() -> str:
        """Raises."""
        raise TimeoutError("the shop did not answer")

    run = Agent("a", model=_calls("upstream"), tools=[upstream]).run("go")
    step = next(s for s in run.steps if s.kind == "tool")
    assert (step.state, step.note) == ("failed", "TimeoutError: the shop did not answer")


@pytest.mark.parametrize("where", ["tool", "model"])
def test_an_interrupt_does_not_wait_for_what_is_under_way(where: str) -> None:
    free, seen, main = threading.Event(), [], threading.main_thread().ident

    def hold() -> str:
        """Interrupts the main thread, and stays."""
        signal.pthread_kill(main, signal.SIGINT)
        free.wait(60)
        return "held"

    def model(messages: list[dict[str, Any]]) -> Any:
        if where == "model" and messages[-1]["role"] == "tool":
            hold()
        return "end" if messages[-1]["role"] == "tool" else [("hold" if where == "tool" else "look", {})]

    def look() -> str:
        """Looks."""
        return "seen"

    agent = Agent("a", model=model, tools=[hold, look])
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        agent.run("go", watch=seen.append)
    assert time.monotonic() - start < 30
    free.set()
    states = {s.kind: s.state for s in seen[-1].steps}
    assert states["tool"] == ("interrupted" if where == "tool" else "done")


def test_the_time_limit_holds_for_a_plain_model_too() -> None:
    free = threading.Event()
    run = Agent("a", model=lambda messages: free.wait(60) and "late", seconds=0.2).run("go")
    free.set()
    assert run.status == "limit"
    assert "seconds=0.2" in run.reason


def test_exceptions_come_through_wherever_the_coroutine_is() -> None:
    async def work(limit: float | None) -> Any:
        await Job(lambda: 1, limit)
        raise LookupError("lost")

    for limit in (None, 5.0):
        with pytest.raises(LookupError, match="lost"):
            step_through(work(limit))


def test_the_end_and_the_clock_may_come_together() -> None:
    async def work() -> int:
        total = 0
        for _ in range(50):
            try:
                await Job(lambda: time.sleep(0.002), 0.002)
                total += 1
            except TimeoutError:
                total += 1
        return total

    assert step_through(work()) == 50
