"""Calls that wait, give way or are sent elsewhere: pauses that servers ask for, full queues, circuits, deadlines."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import numpy as np
import pytest

from motadata_nb.errors import (
    BadRequest,
    BadResponse,
    CallTimeout,
    InvalidInput,
    ProviderUnavailable,
    QueueFull,
    RateLimited,
)
from motadata_nb.gateway.breaker import Breaker, CircuitOpen
from motadata_nb.gateway.limits import Gate
from motadata_nb.gateway.rates import Limit
from motadata_nb.telemetry.prices import price
from motadata_nb.testing.listening import stop_listening
from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests.gateway.conftest import Make, Rows


def _pause(seconds: str, status: int = 429) -> Answer:
    return Answer(status=status, body={"error": {"message": "slow down"}}, headers={"retry-after": seconds})


# -- pauses that a server asks for


async def test_a_chain_does_not_wait_for_the_first(make: Make) -> None:
    with OpenAIServer() as first, OpenAIServer() as second:
        chain = [{"model": "openai/a", "api_base": first.url}, {"model": "openai/b", "api_base": second.url}]
        gateway = make(models={"best": chain}, model="best", cache=False)
        first.script(_pause("30"))
        started = time.monotonic()
        found = [(await gateway.acomplete(f"n{i}")).model for i in range(3)]
        assert found == ["openai/b"] * 3 and time.monotonic() - started < 10
        assert len(first.chats) == 1, "the others do not queue where they would have to wait"


async def test_a_long_pause_is_told_to_the_next_call_at_once(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/stub", api_base=server.url, cache=False)
    server.script(_pause("600"))
    for _ in range(2):
        started = time.monotonic()
        with pytest.raises(RateLimited) as caught:
            await gateway.acomplete("x")
        assert 590 < (caught.value.retry_after_s or 0) <= 600 and "600 s" in caught.value.hint
        assert time.monotonic() - started < 10
    assert len(server.chats) == 1


async def test_who_already_waits_hears_of_a_long_pause(make: Make, server: OpenAIServer) -> None:
    gateway = make(
        model="openai/stub", api_base=server.url, cache=False, limits={"openai/stub": {"parallel": 1}}, timeout_s=5.0
    )
    server.script(Answer(status=429, headers={"retry-after": "60"}, delay_s=0.2))
    first = asyncio.create_task(gateway.acomplete("first"))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    with pytest.raises(RateLimited, match="left alone for 60 s"):
        await gateway.acomplete("second")
    assert time.monotonic() - started < 4
    with pytest.raises(RateLimited):
        await first
    assert gateway.health().rows[0].running == 0 and len(gateway.queue()) == 0


@pytest.mark.parametrize("model", ["openai/stub", "litellm/openai/stub"])
@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_given_the_time_it_asks_for(
    make: Make, server: OpenAIServer, model: str, status: int
) -> None:
    gateway = make(model=model, api_base=server.url, api_key="sk-1", cache=False)
    server.script(_pause("0.8", status=status), "back")
    assert (await gateway.acomplete("x")).text == "back"
    first, second = (r.at for r in server.chats)
    assert second - first >= 0.75


@pytest.mark.parametrize("value", ["inf", "nan", "1e999"])
async def test_a_pause_without_an_end_is_none(make: Make, server: OpenAIServer, value: str) -> None:
    server.script(_pause(value), "back")
    assert (await make(model="openai/stub", api_base=server.url).acomplete("x")).text == "back"


# -- the queue


async def test_a_full_queue_is_an_error_at_once(make: Make, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=0.8)
    gateway = make(model="openai/stub", api_base=server.url, cache=False, limits={"*": {"parallel": 1, "queue": 1}})
    await gateway.acomplete("so that it is known how long one takes")
    tasks = [asyncio.create_task(gateway.acomplete(f"n{i}")) for i in range(2)]
    await asyncio.sleep(0.1)
    started = time.monotonic()
    with pytest.raises(QueueFull, match="1 call waits") as caught:
        await gateway.acomplete("one too many")
    assert time.monotonic() - started < 0.6, "whoever is told to come back is not kept"
    assert 0.2 < (caught.value.retry_after_s or 0) < 1 and "Come back in about 1 s" in caught.value.hint
    await asyncio.gather(*tasks)


async def test_calls_longer_than_the_window_leave_no_tokens_behind() -> None:
    gate = Gate("g", Limit(tpm=1000, window_s=0.05))
    held = [gate.try_enter(10) for _ in range(3)]
    await asyncio.sleep(0.1)
    gate.leave(gate.try_enter(1) or pytest.fail("there is room"), 1)
    for use in held:
        assert use is not None
        use.tokens = 500
        gate.leave(use, 10)
    await asyncio.sleep(0.1)
    assert gate.try_enter(600) is not None and gate.try_enter(390) is not None


@pytest.mark.parametrize("queue", [-1, 1.5, "many"])
def test_wrong_queues_are_errors(queue: Any) -> None:
    with pytest.raises(InvalidInput, match="queue"):
        Limit(queue=queue)


# -- the circuit


def test_calls_that_were_under_way_do_not_keep_it_open_longer() -> None:
    breaker = Breaker("b", {"failures": 3, "cooldown_s": 0.1})
    tickets = [breaker.enter() for _ in range(2000)]
    for ticket in tickets:
        breaker.leave(ProviderUnavailable("down"), ticket)
    time.sleep(0.12)
    assert breaker.state == "half-open"
    trial = breaker.enter()
    breaker.leave(ProviderUnavailable("an old call, late"), tickets[0])
    with pytest.raises(CircuitOpen):
        breaker.enter()
    breaker.leave(None, trial)
    assert breaker.state == "closed" and breaker.enter() is not None


def test_a_trial_that_was_left_makes_room_for_the_next() -> None:
    breaker = Breaker("b", {"failures": 1, "cooldown_s": 0.05})
    breaker.leave(ProviderUnavailable("down"), breaker.enter())
    time.sleep(0.06)
    breaker.leave(asyncio.CancelledError(), breaker.enter())
    breaker.leave(BadRequest("it answered"), breaker.enter())
    assert breaker.state == "closed"


async def test_settings_of_the_circuit_hold_from_the_next_call_on(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/stub", api_base=server.url, cache=False)
    await gateway.acomplete("x")
    gateway.config.set("breaker", {"failures": 1, "cooldown_s": 60})
    server.script(Answer(status=500))
    with pytest.raises(ProviderUnavailable):
        await gateway.acomplete("x", retries=0)
    assert (await gateway.ahealth()).rows[0].circuit == "open"


# -- shared calls and deadlines


async def test_who_joins_keeps_the_own_deadline(make: Make, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="slow", delay_s=1.5)
    gateway = make(model="openai/stub", api_base=server.url, cache=False)
    patient = asyncio.create_task(gateway.acomplete("x"))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    with pytest.raises(CallTimeout):
        await gateway.acomplete("x", timeout_s=0.2)
    assert time.monotonic() - started < 1.2 and (await patient).text == "slow"


@pytest.mark.parametrize("streaming", [False, True])
async def test_the_deadline_of_another_is_not_the_own(make: Make, server: OpenAIServer, streaming: bool) -> None:
    server.script(Answer(text="never", fault="stall", after=0, delay_s=0.0), "in time")
    gateway = make(model="openai/stub", api_base=server.url, cache=False)

    async def ask() -> str:
        if not streaming:
            return (await gateway.acomplete("x", timeout_s=0.6, retries=0)).text
        return "".join([piece async for piece in gateway.astream("x", timeout_s=0.6, retries=0)])

    first = asyncio.create_task(ask())
    await asyncio.sleep(0.4)
    assert await ask() == "in time"
    with pytest.raises(CallTimeout):
        await first


# -- data out of a stream


async def test_a_stream_is_repaired_once(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/stub", api_base=server.url)
    server.script("not data", '{"a": 1}')
    stream = gateway.astream("x", schema="a int")
    assert "".join([piece async for piece in stream]) == "not data"
    assert stream.completion.data == {"a": 1} and stream.completion.text == '{"a": 1}'
    again = gateway.astream("x", schema="a int")
    async for _ in again:
        pass
    assert again.completion.cached and again.completion.data == {"a": 1} and len(server.chats) == 2


async def test_a_stream_that_stays_wrong_is_an_error_and_not_kept(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/stub", api_base=server.url)
    server.script("no", "still no", '{"a": 2}')
    stream = gateway.astream("x", schema="a int")
    with pytest.raises(BadResponse, match="It begins: 'still no'"):
        async for _ in stream:
            pass
    assert stream.completion.text == "no" and not stream.completion.interrupted
    assert (await gateway.acomplete("x", schema="a int")).data == {"a": 2}


async def test_data_that_was_cut_is_not_asked_for_again(make: Make, server: OpenAIServer) -> None:
    server.script(Answer(text='{"a": ', finish_reason="length"))
    with pytest.raises(BadResponse, match="was cut after 1 tokens") as caught:
        await make(model="openai/stub", api_base=server.url).acomplete("x", schema="a int", max_tokens=1)
    assert "max_tokens" in caught.value.hint and len(server.chats) == 1


# -- embeddings, health and money


async def test_options_that_the_model_refuses_are_not_asked_for_each_text(make: Make, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(status=400, body={"error": {"message": "dimensions not supported"}})
    gateway = make(model="openai/stub", api_base=server.url)
    with pytest.raises(BadRequest, match="dimensions not supported"):
        await gateway.aembed([f"t{i}" for i in range(200)], model="openai/v", dimensions=5)
    assert len(server.requests) == 2


async def test_two_bad_texts_in_a_large_batch_fail_alone(make: Make, server: OpenAIServer) -> None:
    server.bad_text = "poison"
    gateway = make(model="openai/stub", api_base=server.url)
    texts = [f"t{i}" for i in range(100)] + ["poison one", "poison two"]
    found = await asyncio.gather(*(gateway.aembed([t], model="openai/v") for t in texts), return_exceptions=True)
    assert all(isinstance(f, np.ndarray) for f in found[:100]) and all(isinstance(f, BadRequest) for f in found[100:])


async def test_what_a_check_did_not_reach_is_asked_last(make: Make) -> None:
    with OpenAIServer() as first, OpenAIServer() as second:
        chain = [{"model": "openai/a", "api_base": first.url}, {"model": "openai/b", "api_base": second.url}]
        gateway = make(models={"best": chain}, model="best", cache=False)
        port = first.url
        first.stop()
        await gateway.ahealth(active=True)
        assert (await gateway.acomplete("x")).model == "openai/b" and second.served
        first.start()
        assert first.url == port
        await gateway.ahealth(active=True)
        assert (await gateway.acomplete("y")).model == "openai/a"


async def test_a_server_that_says_nothing_ends_no_check(make: Make) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silence = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silence.sockets[0].getsockname()[1]}/v1"
    gateway = make(models={"one": [{"model": f"openai/{n}", "api_base": url} for n in "abc"]})
    started = time.monotonic()
    rows = (await gateway.ahealth(active=True)).rows
    assert time.monotonic() - started < 8, "all are asked at the same time"
    assert [row.reachable for row in rows] == [False] * 3 and "said nothing" in rows[0].last_error
    await stop_listening(silence)


async def test_failures_make_a_deployment_slow_to_be_chosen(make: Make) -> None:
    with OpenAIServer() as failing, OpenAIServer() as slow:
        failing.default = lambda request: Answer(status=400, body={"error": {"message": "no"}})
        slow.default = lambda request: Answer(text="slow", delay_s=0.05)
        chain = [{"model": "openai/failing", "api_base": failing.url}, {"model": "openai/slow", "api_base": slow.url}]
        models = {"best": {"deployments": chain, "strategy": "latency"}}
        gateway = make(models=models, model="best", cache=False)
        for i in range(5):
            assert (await gateway.acomplete(f"n{i}")).text == "slow"
        assert len(failing.chats) == 1


async def test_a_stream_that_is_left_counts_as_far_as_it_came(make: Make, server: OpenAIServer, ledger: Rows) -> None:
    gateway = make(model="openai/gpt-4o-mini", api_base=server.url, cache=False)
    server.script(Answer(text="word " * 400, piece_delay_s=0.001))
    gateway.budget(1.0)
    async with gateway.astream("question " * 100) as stream:
        async for _ in stream:
            if len(stream.text) > 800:
                break
    row = ledger.rows[0]
    assert row.error == "Interrupted" and row.input_tokens > 200 and row.output_tokens >= 200
    assert row.cost and gateway.budget().spent == pytest.approx(row.cost)


async def test_the_estimate_counts_when_the_server_does_not(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/gpt-4o-mini", api_base=server.url, cache=False)
    gateway.budget(1.0)
    server.script(Answer(text="x", usage={}))
    assert (await gateway.acomplete("x", max_tokens=1000)).cost is None
    assert gateway.budget().spent > 0.0005


async def test_what_is_written_into_the_prefix_cache_is_paid_for(make: Make, server: OpenAIServer) -> None:
    usage = {"prompt_tokens": 10_000, "completion_tokens": 0, "cache_creation_input_tokens": 4000}
    usage["prompt_tokens_details"] = {"cached_tokens": 5000}  # type: ignore[assignment]  # as it comes
    server.script(Answer(text="x", usage=usage))
    model = "openrouter/anthropic/claude-3.7-sonnet"
    found = await make(model=model, api_base=server.url).acomplete("x")
    assert found.usage.written_tokens == 4000 and found.usage.cached_tokens == 5000
    known = price("claude-sonnet-4-20250514")
    assert known is not None
    assert known.cost(10_000, 0, 5000, 4000) == pytest.approx(1000 * 3e-6 + 5000 * 0.3e-6 + 4000 * 3.75e-6)
    assert known.cost(300_000, 1000) == pytest.approx(300_000 * 6e-6 + 1000 * 22.5e-6), "long inputs cost more"
