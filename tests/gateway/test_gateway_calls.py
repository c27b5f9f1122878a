"""Completions, streams, tools, structured output and embeddings through the gateway's door."""

from __future__ import annotations

import base64
import gc
import io
import json
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydantic import BaseModel

from motadata_nb.aio import loop
from motadata_nb.errors import BadResponse, InvalidInput, NotPermitted, UnknownName
from motadata_nb.gateway import Gateway
from motadata_nb.gateway.providers import Providers
from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests.gateway.conftest import Make, Rows, comes


class Person(BaseModel):
    name: str
    age: int


def test_a_plain_call_answers(gateway: Gateway, server: OpenAIServer, ledger: Rows) -> None:
    found = gateway.complete("Hello there")
    assert (found.text, found.model, found.finish_reason) == ("echo: Hello there", "openai/stub", "stop")
    assert found.usage.input_tokens == 2 and found.cost is None and not found.cached
    assert server.chats[0].headers["authorization"] == "Bearer sk-test-0123456789abcdef"
    assert [(row.model, row.input_tokens, row.error) for row in ledger.rows] == [("openai/stub", 2, None)]


async def test_the_async_twin_answers(gateway: Gateway) -> None:
    assert (await gateway.acomplete("Hello")).text == "echo: Hello"


def test_messages_options_and_system_arrive(gateway: Gateway, server: OpenAIServer) -> None:
    gateway.complete([{"role": "user", "content": "Hi"}], system="Be brief.", temperature=0.5, max_tokens=7)
    body = server.chats[0].body
    assert body["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert (body["temperature"], body["max_tokens"], body["model"]) == (0.5, 7, "stub")
    assert not {"system", "cache", "api_key"} & set(body)


def test_a_plain_stream(gateway: Gateway) -> None:
    stream = gateway.complete("one two three", stream=True)
    pieces = list(stream)
    assert "".join(pieces) == stream.text == stream.completion.text == "echo: one two three"
    assert len(pieces) > 3 and pieces[-1].finish_reason == "stop"
    assert not stream.completion.interrupted and stream.completion.usage.output_tokens == 4


async def test_an_async_stream_that_is_left_closes_the_connection(gateway: Gateway, server: OpenAIServer) -> None:
    server.script(Answer(text="a b c d e f g h", piece_delay_s=0.2))
    async with gateway.astream("x") as stream:
        async for _ in stream:
            break
    assert stream.completion.interrupted and stream.completion.text == "a "
    assert await comes(lambda: server.requests[0].gone) and server.requests[0].pieces_sent <= 3


def test_thinking_is_kept_apart(gateway: Gateway, server: OpenAIServer) -> None:
    server.script(Answer(text="42", thinking="six times seven"), Answer(text="42", thinking="six times seven"))
    whole = gateway.complete("x")
    stream = gateway.complete("x", stream=True)
    assert "".join(stream) == "42"
    assert whole.thinking == stream.completion.thinking == "six times seven"


def test_tools_given_as_functions_are_called(gateway: Gateway, server: OpenAIServer) -> None:
    def add(a: int, b: int = 1) -> int:
        """Adds two numbers."""
        return a + b

    found = gateway.complete('call add {"a": 2}', tools=[add])
    function = server.chats[0].body["tools"][0]["function"]
    assert (function["name"], function["description"]) == ("add", "Adds two numbers.")
    assert function["parameters"]["required"] == ["a"]
    assert [(c.name, c.parsed()) for c in found.tool_calls] == [("add", {"a": 2})]


def test_malformed_tool_arguments_say_what_to_do(gateway: Gateway, server: OpenAIServer) -> None:
    server.script(Answer(tool_calls=[("add", '{"a": ')]))
    call = gateway.complete("x").tool_calls[0]
    assert call.arguments == '{"a": '
    with pytest.raises(BadResponse, match="not a JSON object"):
        call.parsed()


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ("name, age int", {"name": "text", "age": 1}),
        ("tags str[], ok? bool", {"tags": ["text"], "ok": True}),
        ({"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"a": 1}),
        (Person, Person(name="text", age=1)),
        (list[Person], [Person(name="text", age=1)]),
        (int, 1),
    ],
)
def test_structured_output(gateway: Gateway, schema: Any, expected: Any) -> None:
    assert gateway.complete("Who?", schema=schema).data == expected
    stream = gateway.complete("Who?", schema=schema, stream=True)
    list(stream)
    assert stream.completion.data == expected


def test_a_wrong_answer_is_repaired_once(gateway: Gateway, server: OpenAIServer) -> None:
    server.script('{"name": "Ann", "age": "old"}', 'Sure: ```json\n{"name": "Ann", "age": 30}\n```')
    found = gateway.complete("Who?", schema="name, age int")
    assert found.data == {"name": "Ann", "age": 30} and found.usage.output_tokens > 4
    assert "'old' is not of type 'integer'" in server.chats[1].body["messages"][-1]["content"]


def test_an_answer_that_stays_wrong_is_an_error(gateway: Gateway, server: OpenAIServer) -> None:
    server.script("no", "no")
    with pytest.raises(BadResponse, match="not JSON"):
        gateway.complete("Who?", schema="name")
    assert len(server.chats) == 2


def test_a_server_without_response_format_still_gives_data(gateway: Gateway, server: OpenAIServer) -> None:
    refused = {"error": {"message": "Unknown field response_format", "type": "invalid_request_error"}}
    server.script(Answer(status=400, body=refused), '{"a": 1}', '{"a": 2}')
    assert gateway.complete("x", schema="a int").data == {"a": 1}
    assert gateway.complete("x", schema="a int").data == {"a": 2}
    assert ["response_format" in r.body for r in server.chats] == [True, False, False]
    assert "JSON" in json.dumps(server.chats[1].body["messages"])


def test_images_become_parts(gateway: Gateway, server: OpenAIServer) -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    gateway.complete("What is this?", image=png)
    parts = server.chats[0].body["messages"][0]["content"]
    assert parts[0] == {"type": "text", "text": "What is this?"}
    assert parts[1]["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    with pytest.raises(InvalidInput, match="is not a PNG"):
        gateway.complete("What is this?", image=b"nothing")


def test_a_scan_is_sent_as_png_and_a_huge_picture_smaller(gateway: Gateway, server: OpenAIServer) -> None:
    sent = []
    for picture, form in [("RGB", "TIFF"), ("RGB", "PNG"), ("LA", "PNG")]:
        buffer, width = io.BytesIO(), 60 if form == "TIFF" else 8100
        Image.new(picture, (width, 30)).save(buffer, format=form)
        gateway.complete("What is this?", image=buffer.getvalue(), cache=False)
        url = server.chats[-1].body["messages"][0]["content"][1]["image_url"]["url"]
        with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as seen:
            sent.append((url.partition(";")[0], seen.size))
    assert sent == [("data:image/png", (60, 30)), ("data:image/jpeg", (2048, 8)), ("data:image/png", (2048, 8))]


def test_embeddings_over_http_and_on_this_machine(gateway: Gateway) -> None:
    remote = gateway.embed(["a cat", "a dog", "a cat"], model="openai/vectors")
    assert remote.dtype == np.float32 and remote.shape == (3, 16) and (remote[0] == remote[2]).all()
    assert gateway.embed(["a cat"]).shape == (1, 384)
    assert gateway.embed([]).shape[0] == 0


def test_threads_share_one_gateway(gateway: Gateway, server: OpenAIServer) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda i=i: found.append(gateway.complete(f"n{i}").text)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [f"echo: n{i}" for i in range(8)]


@pytest.mark.parametrize("prompt", ["", "  \n", [], [{"role": "user", "content": ""}]])
def test_an_empty_prompt_is_an_error(gateway: Gateway, server: OpenAIServer, prompt: Any) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        gateway.complete(prompt)
    assert server.requests == []


@pytest.mark.parametrize("bad", [[{"role": "robot", "content": "x"}], [3], [{"content": "x"}]])
def test_a_broken_message_is_an_error(gateway: Gateway, bad: Any) -> None:
    with pytest.raises(InvalidInput):
        gateway.complete(bad)


def test_unknown_names_have_a_nearest(make: Make) -> None:
    gateway = make(models={"fast": "scripted"})
    for wrong, near in (("fsat", "fast"), ("scriptd", "scripted"), ("opnai/gpt-4o", "openai/gpt-4o")):
        with pytest.raises(UnknownName, match=near):
            gateway.complete("x", model=wrong)


def test_aliases_lead_to_models(make: Make) -> None:
    gateway = make(models={"fast": ["scripted"], "best": "fast", "loop": "loop"}, model="best")
    assert gateway.complete("x").model == "scripted"
    with pytest.raises(InvalidInput, match="leads back to itself"):
        gateway.complete("x", model="loop")


def test_fallbacks_answer_when_the_first_fails(make: Make, server: OpenAIServer) -> None:
    chain = [{"model": "openai/first", "api_base": server.url}, {"model": "openai/second", "api_base": server.url}]
    gateway = make(models={"best": chain}, model="best")
    server.script(Answer(status=401), "from the second")
    found = gateway.complete("x")
    assert (found.text, found.model) == ("from the second", "openai/second")


def test_ai_can_be_switched_off(make: Make, server: OpenAIServer) -> None:
    gateway = make(ai=False, model="openai/stub", api_base=server.url)
    with pytest.raises(NotPermitted, match="switched off"):
        gateway.complete("x")
    assert gateway.complete("x", model="extractive").provider == "extractive"


def test_the_price_is_known_for_known_models(gateway: Gateway, server: OpenAIServer) -> None:
    counts = {"prompt_tokens": 1000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 800}}
    server.script(Answer(text="x", usage=counts))
    found = gateway.complete("x", model="openai/gpt-4o-mini")
    assert found.cost == pytest.approx(200 * 0.15e-6 + 800 * 0.075e-6 + 100 * 0.6e-6)
    assert found.saved == pytest.approx(800 * 0.075e-6)
    assert "800 from the provider's cache" in found._repr_mimebundle_()["text/plain"]


def test_who_uses_litellm_beside_the_gateway_still_gets_its_prices(make: Make, server: OpenAIServer) -> None:
    make(cache=False).complete("Hi", model="litellm/openai/gpt-4o-mini", api_base=server.url, api_key="sk-1")
    from motadata_nb.gateway.litellm_sdk import load

    asked = {"api_base": server.url, "api_key": "sk-1", "messages": [{"role": "user", "content": "Hi"}]}
    found = load().completion(model="openai/gpt-4o-mini", **asked)
    assert found._hidden_params["response_cost"] > 0


def test_a_server_without_keys_is_reached_over_litellm_too(make: Make, server: OpenAIServer) -> None:
    found = make().complete("Hi", model="litellm/openai/stub", api_base=server.url)
    assert (found.text, found.provider) == ("echo: Hi", "litellm")


def test_litellm_serves_other_names(make: Make, server: OpenAIServer) -> None:
    gateway = make(cache=False)
    found = gateway.complete("Hi", model="litellm/openai/stub", api_base=server.url, api_key="sk-1")
    assert (found.text, found.provider, found.model) == ("echo: Hi", "litellm", "openai/stub")
    stream = gateway.complete("Hi", model="litellm/openai/stub", api_base=server.url, api_key="sk-1", stream=True)
    assert "".join(stream) == "echo: Hi" and stream.completion.usage.output_tokens == 2


def test_what_is_collected_waits_for_nothing() -> None:
    """Garbage collection runs in any thread, also in one that the event loop waits for."""
    providers = Providers()
    providers.get("openai")
    blocked, go_on = threading.Event(), threading.Event()
    loop().call_soon_threadsafe(lambda: (blocked.set(), go_on.wait(30)))
    blocked.wait(30)
    ring = [providers]
    ring.append(ring)  # type: ignore[arg-type]
    del providers, ring
    collecting = threading.Thread(target=gc.collect)
    collecting.start()
    collecting.join(20)
    waits = collecting.is_alive()
    go_on.set()
    collecting.join()
    assert not waits


class _Shown:
    def _repr_llm_(self) -> str:
        return "for models"


def test_documents_come_alone_or_as_results(gateway: Gateway, server: OpenAIServer) -> None:
    gateway.complete("x", documents="one text")
    gateway.complete("y", documents=[_Shown(), 5])
    assert [r.body["messages"][0]["content"] for r in server.chats] == [
        "Documents:\n\n[1] one text", "Documents:\n\n[1] 5\n\n[2] for models",
    ]  # fmt: skip


def test_tags_and_budgets_of_a_wrong_kind(gateway: Gateway, server: OpenAIServer) -> None:
    for wrong in (5, [1]):
        with pytest.raises(InvalidInput, match="tags"):
            gateway.complete("x", tags=wrong)
    gateway.complete("x", tags={"a"}, cache=True)
    assert gateway.cache.drop(tags=["a"]) == 1
    for amount in ("much", float("nan"), float("inf"), True):
        with pytest.raises(InvalidInput, match="not an amount"):
            gateway.budget(amount)  # type: ignore[arg-type]  # as people do


def test_pictures_of_sixteen_bits_keep_their_shades(gateway: Gateway, server: OpenAIServer) -> None:
    gateway.complete("x", images=[np.array([[0, 32896], [65535, 257]], np.uint16)])
    url = server.chats[-1].body["messages"][-1]["content"][-1]["image_url"]["url"]
    shades = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
    assert list(np.asarray(shades).ravel()) == [0, 128, 255, 1]


def test_a_field_that_stands_twice(gateway: Gateway) -> None:
    with pytest.raises(InvalidInput, match="'a' stands twice"):
        gateway.complete("x", schema="a int, b, a str")
