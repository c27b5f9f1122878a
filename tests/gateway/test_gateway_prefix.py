"""Prompts that providers' prefix caches can reuse, weight, redaction, prices and the ledger."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import motadata_nb as mn
from motadata_nb.gateway import Gateway
from motadata_nb.gateway.base import ChatRequest, ToolSpec
from motadata_nb.gateway.litellm_sdk import _arguments, load
from motadata_nb.gateway.prefix import arranged, cache_key, marked
from motadata_nb.telemetry.ledger import BufferedLedger, CallRow
from motadata_nb.telemetry.prices import money, price
from motadata_nb.telemetry.redaction import scrub, scrub_value
from motadata_nb.testing.openai_server import Answer, OpenAIServer


def test_the_prefix_is_the_same_byte_for_byte(gateway: Gateway, server: OpenAIServer) -> None:
    one = {"name": "one", "parameters": {"type": "object", "properties": {"b": {}, "a": {}}}}
    other = {"name": "one", "parameters": {"properties": {"a": {}, "b": {}}, "type": "object"}}
    two = {"name": "two", "description": "2"}
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    first = [*history, {"role": "user", "content": "First?"}]
    second = [*history, {"role": "user", "content": "Second?"}]
    gateway.complete(first, system="Be brief.", tools=[one, two], documents=["B text", "A text"])
    gateway.complete(second, system="Be brief.", tools=[two, other], documents=["A text", "B text"])
    bodies = [r.body for r in server.chats]
    assert json.dumps(bodies[0]["tools"]) == json.dumps(bodies[1]["tools"])
    assert json.dumps(bodies[0]["messages"][:-1]) == json.dumps(bodies[1]["messages"][:-1])
    assert [m["role"] for m in bodies[0]["messages"]] == ["system", "user", "user", "assistant", "user"]
    assert "[1] A text\n\n[2] B text" in bodies[0]["messages"][1]["content"]


def test_markers_stand_behind_what_is_stable() -> None:
    long = "word " * 1000
    messages = [
        {"role": "system", "content": long},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "And?"},
    ]
    found = marked(messages)
    assert found[0]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert found[2]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert found[1] == messages[1] and found[3] == messages[3] and messages[0]["content"] == long
    assert marked([{"role": "system", "content": "short"}, {"role": "user", "content": "x"}])[0]["content"] == "short"


def test_cache_keys_name_the_prefix() -> None:
    def key(system: str, question: str) -> str:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": question}]
        return cache_key(ChatRequest(model="m", messages=messages))

    assert key("a", "x") == key("a", "y") != key("b", "x")
    assert arranged([ToolSpec(name=n, description="", parameters={}) for n in "ba"])[0].name == "a"


def test_importing_the_gateway_loads_nothing_heavy(tmp_path: Path) -> None:
    code = "import sys, motadata_nb.gateway; print(sorted({m.partition('.')[0] for m in sys.modules}))"
    loaded = subprocess.check_output([sys.executable, "-c", code], cwd=tmp_path, text=True)
    for heavy in ("aiohttp", "httpx", "litellm", "numpy", "openai", "pandas", "pydantic", "sqlalchemy", "torch"):
        assert f"'{heavy}'" not in loaded, heavy


def test_the_direct_path_does_without_litellm(tmp_path: Path, server: OpenAIServer) -> None:
    code = (
        "import sys; from motadata_nb.config import Config; from motadata_nb.gateway import Gateway\n"
        f"g = Gateway(Config(arguments=dict(api_base={server.url!r}, model='openai/gpt-4o-mini')))\n"
        "found = g.complete('x'); g.close()\n"
        "print(found.cost > 0, 'litellm' in sys.modules, 'openai' in sys.modules, 'httpx' in sys.modules)"
    )
    told = subprocess.check_output([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, text=True)
    assert told.split() == ["True", "False", "False", "False"]


@pytest.mark.parametrize(
    "secret",
    [
        "sk-proj-abcDEF0123456789_xyz", "sk-ant-api03-abcdefghij", "AIzaSyA0123456789abcdefghijklmnop",
        "ghp_" + "a1" * 15, "hf_" + "aB3" * 10, "xoxb-1234567890-abcdef", "AKIAIOSFODNN7EXAMPLE", "gsk_" + "x9" * 15,
        "eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeKKF2QT4",
    ],
)  # fmt: skip
def test_keys_are_hidden_wherever_they_stand(secret: str) -> None:
    for text in (
        f"key {secret} refused",
        f"Authorization: Bearer {secret}",
        f'{{"api_key": "{secret}"}}',
        f"({secret})",
    ):
        assert secret not in scrub(text), text


def test_what_is_no_secret_stays() -> None:
    for text in ("The api key is missing", "ask-me about risk-taking-and-more", "tokens: 12", "see https://a.b/c?d=e"):
        assert scrub(text) == text
    assert scrub("postgresql://me:hunter2@host/db") == "postgresql://me:(hidden)@host/db"
    assert scrub("my own secret word", ["secret word"]) == "my own (hidden)"
    assert scrub_value({"Authorization": "x", "max_tokens": 5, "n": [{"password": "p"}]}) == {
        "Authorization": "(hidden)", "max_tokens": 5, "n": [{"password": "(hidden)"}],
    }  # fmt: skip


def test_prices_are_found_by_name() -> None:
    mini = price("openai/gpt-4o-mini")
    assert mini is not None and mini == price("gpt-4o-mini") and mini.cached < mini.input
    assert mini.cost(100, 10, 50) == pytest.approx(50 * mini.input + 50 * mini.cached + 10 * mini.output)
    assert price("openai/nobody-knows") is None
    assert (money(0.0), money(0.00042), money(12.3)) == ("$0.0000", "$0.00042", "$12.30")


def _row(model: str) -> CallRow:
    return CallRow(at=time.time(), kind="chat", model=model)


def test_the_ledger_writes_soon_and_in_order() -> None:
    batches: list[list[Any]] = []

    def write(rows: Sequence[dict[str, Any]]) -> None:
        batches.append([row["model"] for row in rows])

    ledger = BufferedLedger(write, every_s=0.05)
    for number in range(5):
        ledger.record(_row(f"m{number}"))
    assert batches == []
    time.sleep(0.3)
    assert batches == [["m0", "m1", "m2", "m3", "m4"]]
    ledger.record(_row("last"))
    ledger.flush()
    assert batches[1:] == [["last"]] and ledger.lost == 0


def test_a_ledger_that_cannot_write_fails_no_call(make: Any, server: OpenAIServer) -> None:
    def write(rows: Sequence[dict[str, Any]]) -> None:
        raise OSError("disk full")

    ledger = BufferedLedger(write)
    config = make(model="openai/stub", api_base=server.url).config
    gateway = Gateway(config, ledger=ledger)
    assert gateway.complete("x").text == "echo: x"
    gateway.close()
    assert ledger.lost == 1


def test_saved_money_is_shown(gateway: Gateway, server: OpenAIServer) -> None:
    server.script(Answer(text="x", usage={"prompt_tokens": 10_000, "completion_tokens": 1}, cached_tokens=0))
    assert gateway.complete("x", model="openai/gpt-4o-mini").saved == 0
    details = {"prompt_tokens_details": {"cached_tokens": 8000}}
    server.script(Answer(text="x", usage={"prompt_tokens": 10_000, "completion_tokens": 1, **details}))
    found = gateway.complete("y", model="openai/gpt-4o-mini")
    assert found.usage.cached_tokens == 8000 and "saved by the prefix cache" in found._repr_mimebundle_()["text/plain"]


def test_who_forgets_to_close_leaves_no_complaint(tmp_path: Path, server: OpenAIServer) -> None:
    code = (
        "import asyncio; from motadata_nb.config import Config; from motadata_nb.gateway import Gateway\n"
        f"g = Gateway(Config(arguments=dict(api_base={server.url!r}, model='openai/x', cache=False)))\n"
        "async def leave():\n"
        "    async for piece in g.astream('one two three'): return\n"
        "for _ in range(2): asyncio.run(g.acomplete('x')); asyncio.run(leave()); g.complete('x')\n"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def _agents_history() -> list[dict[str, Any]]:
    call = {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    again = {**call, "id": "c2"}
    return [
        {"role": "system", "content": "Rules. " * 1000},
        {"role": "user", "content": "Look twice."},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "found " * 500},
        {"role": "assistant", "content": "", "tool_calls": [again]},
        {"role": "tool", "tool_call_id": "c2", "content": "found more"},
    ]


def _arguments_of(model: str) -> dict[str, Any]:
    return _arguments(ChatRequest(model=model, messages=_agents_history(), name=model))


def test_an_agents_history_is_marked_where_litellm_passes_it_on() -> None:
    load()
    from litellm.llms.anthropic.chat.transformation import AnthropicConfig

    messages = _arguments_of("anthropic/claude-sonnet-4-5")["messages"]
    options = {"max_tokens": 9, "tools": [{"name": "look", "input_schema": {"type": "object", "properties": {}}}]}
    sent = AnthropicConfig().transform_request(
        model="claude-sonnet-4-5", messages=messages, optional_params=options, litellm_params={}, headers={}
    )
    assert sent["system"][-1]["cache_control"] == {"type": "ephemeral"}
    late = [block for message in sent["messages"][2:] for block in message["content"] if "cache_control" in block]
    assert [block["type"] for block in late] == ["tool_result"]
    assert sum("cache_control" in json.dumps(message) for message in sent["messages"]) == 1


def test_models_are_marked_that_need_it() -> None:
    assert "cache_control" in json.dumps(_arguments_of("bedrock/amazon.nova-pro-v1:0")["messages"])
    assert "cache_control" not in json.dumps(_arguments_of("gemini/gemini-2.5-flash")["messages"])


def test_a_long_thread_keeps_its_beginning(tmp_path: Path) -> None:
    beginnings, longest = [], 0
    with mn.open(tmp_path) as ws:
        for turn in range(45):
            ws.gateway.complete(f"Turn {turn}?", model="scripted", thread="t")
            history = ws.gateway.preview("And?", model="scripted", thread="t").messages
            beginnings.append(history[0]["content"])
            longest = max(longest, len(history) - 1)
    assert beginnings[-1] != "Turn 0?" and sum(a != b for a, b in pairwise(beginnings)) <= 4
    assert 40 <= longest <= 58
