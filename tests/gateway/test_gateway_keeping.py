"""What is asked once: the response cache, shared calls, cassettes; and the budget that bounds the rest."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import motadata_nb as mn
from motadata_nb.errors import (
    AuthenticationFailed,
    BadRequest,
    BudgetExceeded,
    CassetteMiss,
    InvalidInput,
    RateLimited,
    UnknownName,
)
from motadata_nb.gateway import Gateway
from motadata_nb.testing.openai_server import Answer, OpenAIServer, refusal
from motadata_nb.workspace import Workspace
from tests.gateway.conftest import Make, Rows, comes

KEY = "sk-test-0123456789abcdef"


@pytest.fixture
async def caching(make: Make, server: OpenAIServer) -> Gateway:
    return make(model="openai/gpt-4o-mini", api_base=server.url, api_key=KEY)


# -- the response cache


def test_the_same_question_is_paid_once(caching: Gateway, server: OpenAIServer, ledger: Rows) -> None:
    first, second = caching.complete("Hi"), caching.complete("Hi")
    assert (first.cached, second.cached) == (False, True)
    assert first.cost and second.cost == 0 and second.text == first.text and second.usage == first.usage
    assert "from cache" in second._card().attention and len(server.chats) == 1
    assert [row.cached for row in ledger.rows] == [False, True]
    assert "".join(caching.complete("Hi", stream=True)) == first.text and len(server.chats) == 1


@pytest.mark.parametrize(
    "other",
    [{"temperature": 0.5}, {"model": "openai/gpt-4o"}, {"system": "Be brief."}, {"prompt_version": "2"},
     {"tools": [{"name": "f"}]}, {"schema": "a int"}, {"cache": False}],
)  # fmt: skip
def test_another_question_is_another_call(caching: Gateway, server: OpenAIServer, other: dict[str, Any]) -> None:
    caching.complete("Hi")
    assert not caching.complete("Hi", **other).cached and len(server.chats) == 2


def test_it_survives_the_kernel(make: Make, server: OpenAIServer, tmp_path: Path) -> None:
    for expected in (False, True):
        gateway = make(folder=tmp_path / "ws", model="openai/stub", api_base=server.url)
        found = gateway.complete('call add {"a": 1}', tools=[{"name": "add"}])
        assert found.cached is expected and found.tool_calls[0].parsed() == {"a": 1}
        gateway.close()


def test_tenants_do_not_share_answers(server: OpenAIServer, tmp_path: Path, make: Make) -> None:
    one = make(folder=tmp_path / "ws", model="openai/stub", api_base=server.url)
    other = make(folder=tmp_path / "ws", model="openai/stub", api_base=server.url)
    other.tenant = "other"
    assert not one.complete("Hi").cached and not other.complete("Hi").cached


def test_answers_are_dropped_by_tag(caching: Gateway) -> None:
    caching.complete("a", tags=["draft"])
    caching.complete("b")
    assert caching.cache.drop(tags=["draft"]) == 1
    assert [caching.complete(p).cached for p in "ab"] == [False, True]
    assert caching.cache.drop(tags=["model:openai/gpt-4o-mini"]) == 2


def test_data_comes_from_the_cache(caching: Gateway, server: OpenAIServer) -> None:
    server.script("wrong", '{"a": 1}')
    assert [caching.complete("x", schema="a int").data for _ in range(2)] == [{"a": 1}, {"a": 1}]
    assert len(server.chats) == 2, "the repaired answer is kept, not the wrong one"


def test_broken_and_cut_answers_are_not_kept(caching: Gateway, server: OpenAIServer) -> None:
    server.script(Answer(text="cut", finish_reason="length"), "whole")
    assert [caching.complete("x").text for _ in range(2)] == ["cut", "whole"]


def test_a_stream_that_was_left_is_not_kept(caching: Gateway, server: OpenAIServer) -> None:
    with caching.complete("one two three", stream=True) as stream:
        next(iter(stream))
    assert not caching.complete("one two three").cached


def test_scripted_answers_are_not_kept(make: Make) -> None:
    gateway = make()
    assert not any(gateway.complete("x", model="scripted").cached for _ in range(2))


# -- shared calls


async def test_fifty_equal_calls_are_one(make: Make, server: OpenAIServer, ledger: Rows) -> None:
    server.default = lambda request: Answer(text="shared answer", delay_s=0.1, piece_delay_s=0.01)
    gateway = make(model="openai/gpt-4o-mini", api_base=server.url, cache=False)

    async def streamed() -> str:
        await asyncio.sleep(0.05)
        return "".join([p async for p in gateway.astream("x")])

    found = await asyncio.gather(*(gateway.acomplete("x") for _ in range(25)), *(streamed() for _ in range(25)))
    assert [str(f) for f in found] == ["shared answer"] * 50
    assert len(server.chats) == 1 and len(ledger.rows) == 1
    assert sum(not f.shared for f in found[:25]) == 1 and sum(f.cost or 0 for f in found[:25]) == found[0].cost


async def test_plain_async_and_threaded_calls_are_one(make: Make, server: OpenAIServer, ledger: Rows) -> None:
    server.default = lambda request: Answer(text="shared answer", delay_s=0.5)
    gateway = make(model="openai/gpt-4o-mini", api_base=server.url, cache=False)
    gateway.warm().result()
    plain = [asyncio.to_thread(gateway.complete, "x") for _ in range(3)]
    threads = [asyncio.to_thread(lambda: asyncio.run(gateway.acomplete("x"))) for _ in range(3)]
    found = await asyncio.gather(gateway.acomplete("x"), *plain, *threads)
    assert {f.text for f in found} == {"shared answer"} and sum(not f.shared for f in found) == 1
    assert len(server.chats) == 1 and len(ledger.rows) == 1


async def test_calls_can_be_kept_apart(gateway: Gateway, server: OpenAIServer) -> None:
    await asyncio.gather(*(gateway.acomplete("x", dedup=False) for _ in range(5)))
    assert len(server.chats) == 5


async def test_one_who_leaves_does_not_take_the_others_along(gateway: Gateway, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=0.1)
    tasks = [asyncio.create_task(gateway.acomplete("x")) for _ in range(3)]
    await asyncio.sleep(0.05)
    tasks[0].cancel()
    assert [(await task).text for task in tasks[1:]] == ["x", "x"] and len(server.chats) == 1


async def test_a_cancelled_call_closes_its_connection(gateway: Gateway, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=5)
    task = asyncio.create_task(gateway.acomplete("x"))
    await asyncio.sleep(0.4)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await comes(lambda: server.requests[0].gone)


# -- cassettes


def test_a_session_is_recorded_and_replayed(caching: Gateway, server: OpenAIServer, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    assert caching.cassette("record", path).mode == "record"
    server.script("one", "two", Answer(tool_calls=[("add", {"a": 1})]), refusal(400, f"bad {KEY}", "bad"))

    def session() -> list[Any]:
        found: list[Any] = [caching.complete("again", cache=False).text for _ in range(2)]
        found.append(caching.complete("tools", tools=[{"name": "add"}]).tool_calls)
        with pytest.raises(BadRequest) as caught:
            caching.complete("fails")
        found.append(str(caught.value))
        found.append("".join(caching.complete("stream this", stream=True)))
        found.append(caching.embed(["a", "b"], model="openai/vectors").tolist())
        return found

    live = session()
    assert caching.cassette().calls == 6
    text = path.read_text("utf-8")
    assert KEY not in text and server.url not in text
    assert [json.loads(line)["call"] for line in text.splitlines()] == sorted(
        json.loads(x)["call"] for x in text.splitlines()
    )
    upstream = len(server.requests)
    caching.cassette("replay", path)
    assert session() == live and len(server.requests) == upstream
    assert caching.complete("again", cache=False).replayed and caching.cassette().calls == 7
    off = caching.cassette("off")
    assert (off.mode, off.recorded) == ("off", 6) and str(off).startswith("no cassette · calls go to their models")
    assert caching.complete("again", cache=False).text == "echo: again"


def test_recording_twice_gives_the_same_file(caching: Gateway, tmp_path: Path) -> None:
    texts = []
    for name in ("a", "b"):
        caching.cassette("record", tmp_path / name)
        caching.complete("Hi", stream=True).completion  # noqa: B018  an unread stream records nothing
        list(caching.complete("Hi there", stream=True))
        texts.append((tmp_path / name).read_text("utf-8"))
        caching.cache.drop()
    assert texts[0] == texts[1] and '{"call": 1, "text": "Hi "}' in texts[0]


def test_a_miss_shows_the_nearest(caching: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    caching.cassette("record", path)
    caching.complete("What is the capital of France?")
    caching.cassette("replay", path)
    with pytest.raises(CassetteMiss, match="capital of Spain") as caught:
        caching.complete("What is the capital of Spain?")
    assert "capital of France" in caught.value.what and caught.value.hint == "Record it: %cassette record FILE"


def test_replay_needs_no_key_and_no_server(make: Make, tmp_path: Path, server: OpenAIServer) -> None:
    path = tmp_path / "calls.jsonl"
    recording = make(model="openai/stub", api_base=server.url, api_key=KEY)
    recording.cassette("record", path)
    recording.complete(f"My key is {KEY}")
    server.stop()
    replaying = make(model="openai/stub", api_base="http://127.0.0.1:9/v1")
    replaying.cassette("replay", path)
    assert KEY not in path.read_text("utf-8")
    assert replaying.complete("My key is (hidden)").text == "echo: My key is (hidden)"


def test_cassettes_that_cannot_be_used(caching: Gateway, tmp_path: Path) -> None:
    (tmp_path / "calls.jsonl").write_text("not a cassette\n")
    with pytest.raises(InvalidInput, match="Line 1"):
        caching.cassette("replay", tmp_path / "calls.jsonl")
    caching.cassette("record", tmp_path / "tapes.jsonl")
    caching.complete("Hi")
    caching.cassette("off")
    with pytest.raises(UnknownName, match=r"tapes\.jsonl"):
        caching.cassette("replay", tmp_path / "tape.jsonl")
    with pytest.raises(UnknownName, match=r"'call\.jsonl'\.\n"):  # what is no cassette is not offered
        caching.cassette("replay", tmp_path / "call.jsonl")
    with pytest.raises(UnknownName, match="record"):
        caching.cassette("recrod", "x")
    with pytest.raises(InvalidInput, match="Which file"):
        caching.cassette("record")
    assert caching.cassette().mode == "off" and "no cassette" in str(caching.cassette())


# -- the budget


def test_the_budget_refuses_before_the_call(caching: Gateway, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", usage={"prompt_tokens": 1000, "completion_tokens": 1000})
    price = 1000 * 0.15e-6 + 1000 * 0.6e-6
    assert caching.budget(0.001).left == 0.001
    first = caching.complete("a", max_tokens=100)
    assert first.cost == pytest.approx(price)
    with pytest.raises(BudgetExceeded, match=r"would cost about \$0\.0006") as caught:
        caching.complete("b", max_tokens=1000)
    assert "%budget" in caught.value.hint and len(server.chats) == 1
    assert caching.complete("a", max_tokens=100).cached, "what costs nothing is answered"
    assert caching.complete("b", model="extractive").cost == 0
    assert caching.budget().spent == pytest.approx(price)
    caching.budget(0)
    assert caching.complete("b", max_tokens=1000).text == "x" and "no budget" in str(caching.budget())


async def test_concurrent_calls_cannot_pass_it_together(caching: Gateway, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="x", delay_s=0.1)
    caching.budget(0.001)
    calls = (caching.acomplete(f"n{i}", max_tokens=600) for i in range(5))
    found = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(f, BudgetExceeded) for f in found) == 3 and len(server.chats) == 2


def test_unknown_prices_are_told(caching: Gateway) -> None:
    caching.budget(1)
    found = caching.complete("x", model="openai/nobody-knows")
    assert found.cost is None and "1 call of unknown price" in str(caching.budget())
    assert caching.preview("y", model="openai/nobody-knows").cost is None


def test_wrong_budgets_are_errors(caching: Gateway) -> None:
    with pytest.raises(UnknownName, match="day"):
        caching.budget(1, "days")
    with pytest.raises(InvalidInput, match="negative"):
        caching.budget(-1)


def test_earlier_sessions_count_per_day(make: Make, server: OpenAIServer) -> None:
    class Spent(Rows):
        def spent(self, since: float) -> float:
            return 0.9

    gateway = Gateway(make(model="openai/gpt-4o-mini", api_base=server.url).config, ledger=Spent())
    gateway.budget(0.9001, "day")
    with pytest.raises(BudgetExceeded, match="per day"):
        gateway.complete("x", max_tokens=1000)
    assert gateway.budget().spent == pytest.approx(0.9)
    assert gateway.budget(0.9001, "notebook").spent == 0
    gateway.close()


def test_sessions_beside_each_other_count_per_day_and_tenant(tmp_path: Path, server: OpenAIServer) -> None:
    def opened() -> Workspace:
        ws = mn.open(tmp_path / "shared")
        for name, value in {"model": "openai/gpt-4o-mini", "api_base": server.url, "cache": False}.items():
            ws.config.set(name, value)
        return ws

    with opened() as one, opened() as other:
        for per in ("day", "tenant"):
            before = other.gateway.budget(1.0, per).spent
            cost = one.gateway.complete("x").cost
            assert cost
            until = time.monotonic() + 10
            while other.gateway.budget().spent == before and time.monotonic() < until:
                time.sleep(0.1)  # the ledger is written half a second later
            assert other.gateway.budget().spent == pytest.approx(before + cost)
        other.gateway.budget(before + cost + 1e-7, "tenant")
        with pytest.raises(BudgetExceeded, match="per tenant"):
            other.gateway.complete("x", max_tokens=1000)


# -- looking before


def test_a_preview_calls_nothing(caching: Gateway, server: OpenAIServer) -> None:
    preview = caching.preview("one two three", system="Be brief.", max_tokens=100)
    assert preview.model == "openai/gpt-4o-mini" and preview.input_tokens > 5 and preview.cost
    assert [m["role"] for m in preview.messages] == ["system", "user"] and server.requests == []
    shown = preview._repr_mimebundle_()
    assert "Nothing was called" in shown["text/plain"] and "Be brief." in shown["text/html"]
    caching.complete("one two three", system="Be brief.", max_tokens=100)
    assert caching.preview("one two three", system="Be brief.", max_tokens=100).cost == 0


# -- embeddings travel together


async def test_small_calls_are_joined(gateway: Gateway, server: OpenAIServer, ledger: Rows) -> None:
    words = [f"word{i}" for i in range(40)]
    vectors = await asyncio.gather(*(gateway.aembed([w, "same"], model="openai/v") for w in words))
    assert len(server.requests) == 1 and len(server.requests[0].body["input"]) == 41
    alone = await gateway.aembed(words, model="openai/v")
    assert np.array_equal(np.stack([v[0] for v in vectors]), alone)
    assert [row.kind for row in ledger.rows] == ["embed", "embed"]


async def test_many_texts_go_in_batches(gateway: Gateway, server: OpenAIServer) -> None:
    assert (await gateway.aembed([f"t{i}" for i in range(600)], model="openai/v")).shape == (600, 16)
    assert [len(r.body["input"]) for r in server.requests] == [256, 256, 88]


async def test_a_bad_text_fails_only_its_own_call(gateway: Gateway, server: OpenAIServer) -> None:
    server.bad_text = "poison"
    calls = [gateway.aembed([f"good{i}"], model="openai/v") for i in range(10)]
    calls.insert(4, gateway.aembed(["fine", "poison"], model="openai/v"))
    found = await asyncio.gather(*calls, return_exceptions=True)
    bad = found.pop(4)
    assert isinstance(bad, BadRequest) and "text 1: 'poison'" in str(bad)
    assert all(isinstance(f, np.ndarray) and f.shape == (1, 16) for f in found)


async def test_a_wrong_key_is_asked_once(gateway: Gateway, server: OpenAIServer) -> None:
    server.api_key = "another"
    with pytest.raises(AuthenticationFailed):
        await gateway.aembed([f"t{i}" for i in range(50)], model="openai/v")
    assert len(server.requests) == 1
    with pytest.raises(InvalidInput, match="Only texts"):
        await gateway.aembed([1], model="openai/v")  # type: ignore[list-item]  # what is tested


async def test_embeddings_are_tried_again(gateway: Gateway, server: OpenAIServer) -> None:
    server.script(Answer(status=500), Answer(status=429, headers={"retry-after": "0.1"}))
    assert (await gateway.aembed(["x"], model="openai/v")).shape == (1, 16)
    server.script(*[Answer(status=429, headers={"retry-after": "0"})] * 3)
    with pytest.raises(RateLimited):
        await gateway.aembed(["x"], model="openai/v")


# -- interrupts


def test_an_interrupt_keeps_what_came_and_closes(gateway: Gateway, server: OpenAIServer) -> None:
    import signal
    import threading

    server.script(Answer(text="one two three four", fault="stall", after=3))
    stream = gateway.complete("x", stream=True)
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        list(stream)
    assert stream.completion.text == "one two " and stream.completion.interrupted
    assert gateway.complete("after").text == "echo: after"
    assert server.requests[0].gone
