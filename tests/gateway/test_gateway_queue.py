"""Limits that queue, the circuit breaker, routing and health."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from motadata_nb.errors import CallTimeout, InvalidInput, ProviderUnavailable, QueueFull, UnknownName
from motadata_nb.gateway import Gateway
from motadata_nb.gateway.limits import Gate
from motadata_nb.gateway.rates import Limit
from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests.gateway.conftest import Make


def _limited(make: Make, server: OpenAIServer, **limit: Any) -> Gateway:
    return make(model="openai/stub", api_base=server.url, cache=False, limits={"openai/stub": limit})


async def test_twenty_calls_at_five_a_window_are_all_served_in_order(make: Make, server: OpenAIServer) -> None:
    gateway = _limited(make, server, rpm=5, window_s=0.5)
    gateway.warm().result()
    found = await asyncio.gather(*(gateway.acomplete(f"n{i}") for i in range(20)))
    assert [c.text for c in found] == [f"echo: n{i}" for i in range(20)]
    arrived = [r.body["messages"][0]["content"] for r in server.chats]
    assert sorted(arrived[:5]) == [f"n{i}" for i in range(5)] and sorted(arrived[15:]) == [
        f"n{i}" for i in range(15, 20)
    ]
    times = [r.at for r in server.chats]
    assert all(later - earlier >= 0.45 for earlier, later in zip(times, times[5:], strict=False))
    assert found[19].queued_s > 1.4 and found[0].queued_s < 0.2


async def test_calls_at_a_time_are_bounded(make: Make, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=0.05)
    gateway = _limited(make, server, parallel=3)
    await asyncio.gather(*(gateway.acomplete(f"n{i}") for i in range(12)))
    assert server.peak == 3


async def test_tokens_are_bounded(make: Make, server: OpenAIServer) -> None:
    gateway = _limited(make, server, tpm=60, window_s=0.4)
    started = time.monotonic()
    await asyncio.gather(*(gateway.acomplete(f"{i} " + "word " * 20, max_tokens=10) for i in range(3)))
    assert time.monotonic() - started > 0.75


async def test_priority_goes_first_and_positions_are_told(make: Make, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=0.1)
    gateway = _limited(make, server, parallel=1)
    told: list[int] = []
    first = asyncio.create_task(gateway.acomplete("first"))
    await asyncio.sleep(0.03)
    low = asyncio.create_task(gateway.acomplete("low", on_queue=told.append))
    await asyncio.sleep(0.01)
    high = asyncio.create_task(gateway.acomplete("high", priority=1))
    await asyncio.sleep(0.01)
    assert [(r.model, r.position, r.priority) for r in gateway.queue().rows] == [
        ("openai/stub", 1, 1),
        ("openai/stub", 2, 0),
    ]
    assert "openai/stub" in gateway.queue()._repr_mimebundle_()["text/plain"]
    await asyncio.gather(first, low, high)
    assert [r.body["messages"][0]["content"] for r in server.chats] == ["first", "high", "low"]
    assert told == [1, 2, 1]


async def test_cells_take_turns(make: Make, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=0.05)
    gateway = _limited(make, server, parallel=1)
    bulk = [asyncio.create_task(gateway.acomplete(f"bulk{i}", cell="bulk")) for i in range(6)]
    await asyncio.sleep(0.01)
    await gateway.acomplete("quick", cell="other")
    assert len(server.chats) <= 4, "a single call does not wait behind all of a long run"
    await asyncio.gather(*bulk)


async def test_a_full_queue_says_when_to_come_back(make: Make, server: OpenAIServer) -> None:
    gateway = _limited(make, server, rpm=1, queue=2, window_s=0.5)
    tasks = [asyncio.create_task(gateway.acomplete(f"n{i}")) for i in range(3)]
    await asyncio.sleep(0.05)
    with pytest.raises(QueueFull, match="2 calls wait") as caught:
        await gateway.acomplete("one too many", retries=0)
    assert 0 < (caught.value.retry_after_s or 0) <= 0.5
    assert [c.text for c in await asyncio.gather(*tasks)] == ["echo: n0", "echo: n1", "echo: n2"]


async def test_a_deadline_in_the_queue(make: Make, server: OpenAIServer) -> None:
    gateway = _limited(make, server, rpm=1, window_s=5)
    await gateway.acomplete("first")
    started = time.monotonic()
    with pytest.raises(CallTimeout, match="in the queue of openai/stub"):
        await gateway.acomplete("second", deadline_s=0.2)
    assert time.monotonic() - started < 3 and len(gateway.queue()) == 0 and server.served == 1


async def test_the_deadline_counts_over_all_queues(make: Make, server: OpenAIServer) -> None:
    """A second try and a second gate do not begin it anew."""
    limits = {"openai/stub": {"rpm": 1, "window_s": 5}, "tenant:default": {"rpm": 1, "window_s": 0.7}}
    gateway = make(model="openai/stub", api_base=server.url, cache=False, limits=limits)
    await gateway.acomplete("first")
    started = time.monotonic()
    with pytest.raises(CallTimeout, match="in the queue of openai/stub"):
        await gateway.acomplete("second", deadline_s=1.2)
    assert time.monotonic() - started < 1.8


async def test_who_leaves_the_queue_makes_room(make: Make, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=0.15)
    gateway = _limited(make, server, parallel=1)
    first = asyncio.create_task(gateway.acomplete("first"))
    await asyncio.sleep(0.02)
    leaver = asyncio.create_task(gateway.acomplete("leaver"))
    last = asyncio.create_task(gateway.acomplete("last"))
    await asyncio.sleep(0.02)
    leaver.cancel()
    await asyncio.gather(first, last)
    assert [r.body["messages"][0]["content"] for r in server.chats] == ["first", "last"]
    assert gateway.health().rows[0].running == 0


async def test_tenants_have_limits_of_their_own(make: Make, server: OpenAIServer) -> None:
    limits = {"tenant:default": {"parallel": 2}, "*": {"parallel": 100}}
    gateway = make(model="openai/stub", api_base=server.url, cache=False, limits=limits)
    server.default = lambda request: Answer(text="x", delay_s=0.05)
    await asyncio.gather(*(gateway.acomplete(f"n{i}") for i in range(8)))
    assert server.peak == 2


def test_threads_and_loops_share_a_limit(make: Make, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=0.05)
    gateway = _limited(make, server, parallel=1)

    async def both() -> None:
        mine = [gateway.acomplete(f"a{i}") for i in range(4)]
        theirs = [asyncio.to_thread(gateway.complete, f"b{i}") for i in range(4)]
        await asyncio.gather(*mine, *theirs)
        await gateway.aclose()

    asyncio.run(both())
    assert server.peak == 1 and len(server.chats) == 8


@pytest.mark.parametrize("limits", [{"*": {"rpms": 5}}, {"*": {"rpm": 0}}, {"*": 5}])
def test_wrong_limits_are_errors(make: Make, server: OpenAIServer, limits: Any) -> None:
    with pytest.raises((UnknownName, InvalidInput)):
        make(model="openai/stub", api_base=server.url, limits=limits).complete("x")


async def test_slow_rates_below_one_a_window() -> None:
    gate = Gate("g", Limit(rpm=0.5, window_s=0.2))
    started = time.monotonic()
    for _ in range(2):
        use = gate.try_enter(1) or await gate.wait(1)
        gate.leave(use, 1)
    assert time.monotonic() - started >= 0.39


async def test_the_circuit_opens_and_closes(make: Make, server: OpenAIServer) -> None:
    breaker = {"failures": 3, "cooldown_s": 0.3}
    gateway = make(model="openai/stub", api_base=server.url, cache=False, breaker=breaker)
    server.script(*[Answer(status=500)] * 4)
    for _ in range(3):
        with pytest.raises(ProviderUnavailable):
            await gateway.acomplete("x", retries=0)
    with pytest.raises(ProviderUnavailable, match="left alone") as caught:
        await gateway.acomplete("x")
    assert "tried again in" in caught.value.hint and len(server.chats) == 3
    assert (await gateway.ahealth()).rows[0].circuit == "open"
    await asyncio.sleep(0.35)
    assert (await gateway.ahealth()).rows[0].circuit == "half-open"
    with pytest.raises(ProviderUnavailable):
        await gateway.acomplete("x", retries=0)
    assert (await gateway.ahealth()).rows[0].circuit == "open", "the trial failed"
    await asyncio.sleep(0.65)
    assert (await gateway.acomplete("x")).text == "echo: x"
    assert (await gateway.ahealth()).rows[0].circuit == "closed"


async def test_one_trial_at_a_time(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/stub", api_base=server.url, cache=False, breaker={"failures": 1, "cooldown_s": 0.2})
    server.script(Answer(status=500))
    with pytest.raises(ProviderUnavailable):
        await gateway.acomplete("x", retries=0)
    await asyncio.sleep(0.25)
    server.default = lambda request: Answer(text="back", delay_s=0.1)
    found = await asyncio.gather(*(gateway.acomplete(f"n{i}", retries=0) for i in range(5)), return_exceptions=True)
    assert sum(isinstance(f, ProviderUnavailable) for f in found) == 4 and len(server.chats) == 2


async def test_refusals_do_not_open_the_circuit(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/stub", api_base=server.url, cache=False, breaker={"failures": 2})
    server.script(*[Answer(status=400, body={"error": "bad"})] * 4)
    for _ in range(4):
        with pytest.raises(Exception, match="bad"):
            await gateway.acomplete("x")
    assert (await gateway.acomplete("x")).text == "echo: x"


async def test_a_chain_goes_around_an_open_circuit(make: Make) -> None:
    with OpenAIServer() as first, OpenAIServer() as second:
        chain = [{"model": "openai/a", "api_base": first.url}, {"model": "openai/b", "api_base": second.url}]
        gateway = make(models={"best": chain}, model="best", cache=False, breaker={"failures": 1, "cooldown_s": 60})
        first.script(*[Answer(status=500)] * 9)
        assert [(await gateway.acomplete("x", retries=0)).model for _ in range(3)] == ["openai/b"] * 3
        assert len(first.chats) == 1


@pytest.mark.parametrize("strategy", ["latency", "least-loaded", "ordered"])
async def test_routing(make: Make, strategy: str) -> None:
    with OpenAIServer() as slow, OpenAIServer() as fast:
        slow.default = lambda request: Answer(text="slow", delay_s=0.15)
        chain = [{"model": "openai/slow", "api_base": slow.url}, {"model": "openai/fast", "api_base": fast.url}]
        models = {"best": {"deployments": chain, "strategy": strategy}}
        gateway = make(models=models, model="best", cache=False)
        if strategy == "least-loaded":
            found = await asyncio.gather(*(_after(i * 0.01, gateway) for i in range(6)))
            names = [c.model for c in found]
            assert names[:2] == ["openai/slow", "openai/fast"] and names.count("openai/fast") >= 3
        else:
            names = [(await gateway.acomplete(f"n{i}")).model for i in range(5)]
            assert names[3:] == (["openai/fast"] * 2 if strategy == "latency" else ["openai/slow"] * 2)


async def test_what_was_slow_once_is_asked_again(make: Make) -> None:
    """A cold start must not keep the best deployment out for ever."""
    with OpenAIServer() as best, OpenAIServer() as other:
        best.script(Answer(text="cold", delay_s=0.3))
        other.default = lambda request: Answer(text="x", delay_s=0.05)
        chain = [{"model": "openai/best", "api_base": best.url}, {"model": "openai/other", "api_base": other.url}]
        models = {"best": {"deployments": chain, "strategy": "latency"}}
        gateway = make(models=models, model="best", cache=False)
        assert [(await gateway.acomplete("x")).model[7:] for _ in range(4)] == ["best", "other", "other", "other"]
        station = next(s for s in gateway._stations.all() if s.deployment.name == "openai/best")
        station.vitals.at -= 600  # Ten minutes later.
        assert [(await gateway.acomplete("x")).model[7:] for _ in range(4)] == ["best"] * 4


async def _after(seconds: float, gateway: Gateway) -> Any:
    await asyncio.sleep(seconds)
    return await gateway.acomplete(f"n{seconds}")


async def test_the_cheapest_goes_first(make: Make, server: OpenAIServer) -> None:
    chain = [{"model": f"openai/{n}", "api_base": server.url} for n in ("gpt-4o", "gpt-4o-mini", "unpriced")]
    gateway = make(models={"best": {"deployments": chain, "strategy": "cost"}}, model="best")
    assert (await gateway.acomplete("x")).model == "openai/gpt-4o-mini"
    with pytest.raises(UnknownName, match="cost"):
        await make(models={"best": {"deployments": chain, "strategy": "costs"}}).acomplete("x", model="best")


async def test_health_is_seen_and_asked(make: Make, server: OpenAIServer) -> None:
    chain = [
        {"model": "openai/up", "api_base": server.url},
        {"model": "openai/down", "api_base": "http://127.0.0.1:9/v1"},
    ]
    gateway = make(models={"best": chain})
    await gateway.acomplete("one two", model="best")
    health = await gateway.ahealth(active=True)
    up, down = sorted(health.rows, key=lambda r: r.deployment, reverse=True)
    assert (up.reachable, up.calls, up.error_rate) == (True, 1, 0.0) and up.latency_s and up.tokens_per_s
    assert (down.reachable, down.calls) == (False, 0) and "127.0.0.1:9" in down.last_error
    assert list(health.df["deployment"]) == [r.deployment for r in health.rows]
    assert "unreachable" in health._repr_mimebundle_()["text/plain"]
