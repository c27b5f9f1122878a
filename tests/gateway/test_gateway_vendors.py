"""Companies that speak the OpenAI protocol: reached directly, each in its own words; a key that is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from motadata_nb.config import Config
from motadata_nb.errors import AuthenticationFailed, BadRequest
from motadata_nb.gateway.names import route
from motadata_nb.gateway.vendors import VENDORS, key_names
from motadata_nb.telemetry.prices import price
from motadata_nb.testing.openai_server import Answer, OpenAIServer, refusal
from tests.gateway.conftest import Make

LONG = "You are a lawyer. " * 300


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment without keys and addresses, whatever the developer has set."""
    names = [n for v in VENDORS.values() for n in (*v.keys, *v.bases, *v.headers.values())]
    for name in (*names, *key_names("anthropic"), *key_names("mistral")):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, server: OpenAIServer) -> Iterator[None]:
    """All companies at the address of the server."""
    for name, vendor in VENDORS.items():
        monkeypatch.setitem(VENDORS, name, replace(vendor, base=server.url))
        monkeypatch.setenv(vendor.keys[0], f"key-of-{name}-0123456789")
    yield


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("streaming", [False, True])
def test_each_is_reached_directly_with_its_own_key(
    make: Make, server: OpenAIServer, here: None, name: str, streaming: bool
) -> None:
    answer: Any = make(cache=False).complete("Hi", model=f"{name}/meta/llama-3", stream=streaming)
    assert ("".join(answer) if streaming else answer.text) == "echo: Hi"
    sent = server.chats[0]
    assert sent.body["model"] == "meta/llama-3"
    assert sent.headers["authorization"] == f"Bearer key-of-{name}-0123456789"
    completion = answer.completion if streaming else answer
    assert (completion.provider, completion.model) == ("openai", f"{name}/meta/llama-3")


def test_addresses_and_keys_are_those_of_litellm(monkeypatch: pytest.MonkeyPatch) -> None:
    from motadata_nb.gateway.litellm_sdk import load

    for name, vendor in VENDORS.items():
        monkeypatch.setenv(vendor.keys[0], "the-key")
        _, _, key, base = load().get_llm_provider(f"{name}/some-model")
        # DeepSeek has a second address, where functions are tried out.
        expected = vendor.base.replace(".com/v1", ".com/beta") if name == "deepseek" else vendor.base
        assert base in (None, expected) and key in (None, "the-key"), name


def test_an_address_of_the_environment_takes_its_place(
    make: Make, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("GROQ_API_BASE", "OPENAI_BASE_URL"):
        monkeypatch.setenv(variable, server.url)
    gateway = make(cache=False)
    assert gateway.complete("Hi", model="groq/x").text == gateway.complete("Hi", model="openai/x").text == "echo: Hi"
    assert [sent.body["model"] for sent in server.chats] == ["x", "x"]


def test_openai_is_asked_in_its_own_words(
    make: Make, server: OpenAIServer, here: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-7")
    make(cache=False).complete("Hi", model="openai/o3-mini", max_tokens=7, extra_body={"verbosity": "low"})
    body = server.chats[0].body
    assert (body["max_completion_tokens"], body["verbosity"]) == (7, "low") and body["prompt_cache_key"]
    assert "max_tokens" not in body and server.chats[0].headers["openai-organization"] == "org-7"


def test_others_are_asked_in_theirs(make: Make, server: OpenAIServer, here: None) -> None:
    gateway = make(cache=False)
    gateway.complete("Hi", model="deepseek/deepseek-chat", max_completion_tokens=7)
    gateway.complete("Hi", model="openrouter/anthropic/claude-sonnet-4", system=LONG)
    first, second = (sent.body for sent in server.chats)
    assert first["max_tokens"] == 7 and "prompt_cache_key" not in first
    assert second["messages"][0]["content"][0]["cache_control"] == {"type": "ephemeral"}


def test_cost_and_cached_tokens_are_those_of_the_company(make: Make, server: OpenAIServer, here: None) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010, "prompt_cache_hit_tokens": 400}
    server.script(Answer(text="Yes", usage=usage))
    completion = make(cache=False).complete("Hi", model="deepseek/deepseek-chat")
    known = price("deepseek/deepseek-chat")
    assert known is not None and completion.cost == pytest.approx(known.cost(1000, 10, 400))
    assert completion.usage.cached_tokens == 400 and completion.saved == pytest.approx(known.saved(400))


def test_thinking_that_only_the_total_counts_is_counted(make: Make, server: OpenAIServer, here: None) -> None:
    server.script(Answer(text="Yes", usage={"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 40}))
    assert make(cache=False).complete("Hi", model="xai/grok-4").usage.output_tokens == 30


def test_what_one_model_refuses_is_still_asked_of_another(make: Make, server: OpenAIServer, here: None) -> None:
    server.script(refusal(400, "This model does not support response format `json_schema`.", "invalid"))
    server.script('{"name": "Ann"}')
    gateway = make(cache=False)
    gateway.complete("Who?", model="groq/small", schema="name")
    gateway.complete("Who?", model="groq/large", schema="name")
    assert "response_format" in server.chats[-1].body and "response_format" not in server.chats[-2].body


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("litellm/openai/gpt-4o-mini", "litellm"),
        ("openai/gpt-5.2-pro", "litellm"),
        ("openai/responses/gpt-4o", "litellm"),
        ("azure/gpt-4o", "litellm"),
        ("mistral/mistral-small", "litellm"),
        ("openai/gpt-4o-mini", "openai"),
        ("openai/text-embedding-3-small", "openai"),
    ],
)
def test_what_differs_stays_with_litellm(model: str, provider: str) -> None:
    assert route(model, Config()).deployments[0].provider == provider


@pytest.mark.parametrize(
    ("model", "variable"),
    [
        ("openai/gpt-4o-mini", "OPENAI_API_KEY"),
        ("groq/llama", "GROQ_API_KEY"),
        ("anthropic/claude-sonnet-4", "ANTHROPIC_API_KEY"),
        ("litellm/mistral/mistral-small", "MISTRAL_API_KEY"),
    ],
)
def test_a_missing_key_is_said_at_once(make: Make, model: str, variable: str) -> None:
    gateway = make(cache=False)
    for ask in (lambda: gateway.complete("Hi", model=model), lambda: "".join(gateway.complete("Hi", model, True))):
        with pytest.raises(AuthenticationFailed) as error:
            ask()
        assert error.value.what == f"{model.removeprefix('litellm/')} needs a key, and {variable} is not set."
        assert variable in error.value.hint and "getpass" in error.value.hint
    assert gateway.preview("Hi", model=model).input_tokens


def test_without_a_key_the_next_in_the_chain_answers(make: Make) -> None:
    gateway = make(models={"fast": ["openai/gpt-4o-mini", "scripted"]})
    assert gateway.complete("Hi", model="fast").model == "scripted"


def test_a_key_in_the_headers_is_one(make: Make, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(VENDORS, "groq", replace(VENDORS["groq"], base=server.url))
    headers = {"authorization": "Bearer of-my-own-0123456789"}
    assert make(cache=False).complete("Hi", model="groq/x", extra_headers=headers).text == "echo: Hi"
    assert server.chats[0].headers["authorization"] == "Bearer of-my-own-0123456789"


@pytest.mark.parametrize("streaming", [False, True])
def test_a_model_that_the_server_does_not_have(make: Make, server: OpenAIServer, streaming: bool) -> None:
    gateway = make(api_base=server.url, api_key="k-0123456789", cache=False, models={"quick": "openai/stub"})
    for typed, meant in (("openai/stubb", "openai/stub"), ("quik", "quick"), ("stubs", "stub")):
        server.script(refusal(404, "The model does not exist.", "model_not_found"))
        with pytest.raises(BadRequest) as error:
            list(gateway.complete("Hi", model=typed, stream=streaming))  # type: ignore[call-overload]
        assert error.value.hint == f"Try: model='{meant}'"
    server.script(refusal(404, "The model does not exist.", "model_not_found"))
    with pytest.raises(BadRequest) as error:
        gateway.complete("Hi", model="openai/quite-another")
    assert error.value.hint == "The server has: openai/stub"


def test_a_model_that_a_company_does_not_have(make: Make, server: OpenAIServer, here: None) -> None:
    missing = refusal(404, "The model `llama-3.3-70b-versatil` does not exist.", "model_not_found")
    server.script(missing)
    server.default = lambda request: missing
    with pytest.raises(BadRequest) as error:
        make(cache=False).complete("Hi", model="litellm/groq/llama-3.3-70b-versatil", api_base=server.url)
    assert error.value.hint == "Try: model='groq/llama-3.3-70b-versatile'"
