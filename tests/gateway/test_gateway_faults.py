"""What servers do wrong, over the direct path and through LiteLLM: one small tree of errors, no key in any."""

from __future__ import annotations

import asyncio
import time
import traceback
from typing import Any

import pytest

from motadata_nb import errors
from motadata_nb.errors import (
    AuthenticationFailed,
    BadRequest,
    BadResponse,
    CallTimeout,
    ContentRefused,
    ContextOverflow,
    GatewayError,
    ProviderUnavailable,
    RateLimited,
    StreamBroken,
)
from motadata_nb.gateway import Gateway
from motadata_nb.gateway.failures import from_litellm, from_status, retry_after
from motadata_nb.testing.openai_server import Answer, OpenAIServer, refusal
from tests.gateway.conftest import Make, comes

KEY = "sk-test-0123456789abcdef"
DIRECT, LITELLM = "openai/stub", "litellm/openai/stub"
BOTH = pytest.mark.parametrize("model", [DIRECT, LITELLM])
FAULTS: list[tuple[Answer, type[GatewayError]]] = [
    (refusal(401, f"Incorrect API key provided: {KEY}", "invalid_api_key"), AuthenticationFailed),
    (refusal(403, f"Your key {KEY} has expired", "expired_key"), AuthenticationFailed),
    (refusal(429, "Rate limit reached", "rate_limit_exceeded"), RateLimited),
    (refusal(429, "You exceeded your current quota", "insufficient_quota"), RateLimited),
    (refusal(400, "maximum context length is 8192 tokens", "context_length_exceeded"), ContextOverflow),
    (
        refusal(400, "Rejected by the content_policy_violation safety system", "content_policy_violation"),
        ContentRefused,
    ),
    (refusal(400, "temperature must be a number", "invalid_request_error"), BadRequest),
    (refusal(404, "The model `stub` does not exist", "model_not_found"), BadRequest),
    (refusal(500, "Internal error", "server_error"), ProviderUnavailable),
    (refusal(502, "Bad gateway", "server_error"), ProviderUnavailable),
    (refusal(503, "Overloaded", "server_error"), ProviderUnavailable),
    (Answer(fault="reset"), ProviderUnavailable),
    (Answer(fault="close"), ProviderUnavailable),
    (Answer(body=b'{"choices": [', content_type="application/json"), GatewayError),
    (Answer(body=b"<html>Login</html>", content_type="text/html"), GatewayError),
]


@BOTH
@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=lambda v: getattr(v, "__name__", None))
async def test_faults_are_mapped(
    gateway: Gateway, server: OpenAIServer, model: str, streaming: bool, fault: Answer, expected: type[GatewayError]
) -> None:
    server.script(fault, fault, fault)
    with pytest.raises(expected) as caught:
        if streaming:
            async for _ in gateway.astream("x", model=model, retries=0):
                pass
        else:
            await gateway.acomplete("x", model=model, retries=0)
    error = caught.value
    assert error.what and error.hint and "\n" not in error.what
    shown = "".join([str(error), repr(error), *error._render_traceback_(), *traceback.format_exception(error)])
    assert KEY not in shown


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_wrong_content_type_names_the_address(gateway: Gateway, server: OpenAIServer, streaming: bool) -> None:
    server.script(Answer(body=b"<html>Login</html>", content_type="text/html"))
    with pytest.raises(BadResponse, match=r"text/html: '<html>Login") as caught:
        await _ask(gateway, streaming)
    assert "api_base" in caught.value.hint


async def _ask(gateway: Gateway, streaming: bool, **options: Any) -> str:
    if not streaming:
        return (await gateway.acomplete("x", retries=0, **options)).text
    return "".join([piece async for piece in gateway.astream("x", retries=0, **options)])


@BOTH
async def test_a_stream_that_breaks_keeps_what_came(gateway: Gateway, server: OpenAIServer, model: str) -> None:
    for fault in ("reset", "close"):
        server.script(Answer(text="one two three four", fault=fault, after=3))
        stream = gateway.astream("x", model=model)
        with pytest.raises(StreamBroken) as caught:
            async for _ in stream:
                pass
        assert caught.value.partial == stream.completion.text == "one two "
        assert stream.completion.interrupted
    assert len(server.chats) == 2, "what was shown is not asked for again"


@BOTH
async def test_a_stalled_stream_ends_at_the_deadline(gateway: Gateway, server: OpenAIServer, model: str) -> None:
    await gateway.acomplete("warm up", model=model)
    server.script(Answer(text="one two three", fault="stall", after=3))
    stream = gateway.astream("x", model=model, timeout_s=0.6)
    started = time.monotonic()
    with pytest.raises(CallTimeout) as caught:
        async for _ in stream:
            pass
    assert time.monotonic() - started < 5
    assert caught.value.partial == stream.completion.text == "one two "
    assert await comes(lambda: server.requests[-1].gone)


@pytest.mark.parametrize("streaming", [False, True])
async def test_a_slow_loris_ends_at_the_deadline(gateway: Gateway, server: OpenAIServer, streaming: bool) -> None:
    server.script(Answer(text="hello", byte_delay_s=0.02))
    started = time.monotonic()
    with pytest.raises(CallTimeout, match=r"within 0\.5 s"):
        await _ask(gateway, streaming, timeout_s=0.5)
    assert time.monotonic() - started < 5
    assert await comes(lambda: server.requests[0].gone)


async def test_a_piece_that_is_not_json(gateway: Gateway, server: OpenAIServer) -> None:
    raw = b'data: {"choices": [{"delta": {"content": "Hel"}}]}\n\ndata: {"choices": [{"del\n\n'
    server.script(Answer(body=raw, content_type="text/event-stream"))
    stream = gateway.astream("x", retries=0)
    with pytest.raises(BadResponse, match="not JSON"):
        async for _ in stream:
            pass
    assert stream.completion.text == "Hel"


async def test_an_error_in_the_middle_of_a_stream(gateway: Gateway, server: OpenAIServer) -> None:
    said = b'data: {"choices": [{"delta": {"content": "Hel"}}]}'
    raw = said + b'\n\ndata: {"error": {"message": "overloaded", "code": 503}}\n\n'
    server.script(Answer(body=raw, content_type="text/event-stream"))
    with pytest.raises(ProviderUnavailable, match="overloaded"):
        await _ask(gateway, True)


async def test_streams_of_other_dialects_are_read(gateway: Gateway, server: OpenAIServer) -> None:
    raw = (
        b': keep-alive\r\n\r\nevent: message\r\ndata:{"choices":[{"delta":{"content":"a"}}]}\r\n\r\n'
        b'data: {"choices":[{"delta":{"tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]}}]}\n\n'
        b'data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}],"usage":null}\n\n'
    )
    server.script(Answer(body=raw, content_type="text/event-stream; charset=utf-8"))
    stream = gateway.astream("x")
    assert "".join([piece async for piece in stream]) == "a"
    assert [c.name for c in stream.completion.tool_calls] == ["f"]


async def test_failures_that_pass_are_tried_again(gateway: Gateway, server: OpenAIServer) -> None:
    server.script(Answer(status=500), Answer(fault="reset"), "third time lucky")
    assert (await gateway.acomplete("x")).text == "third time lucky"
    server.script(Answer(status=503), "streams too")
    assert "".join([p async for p in gateway.astream("x")]) == "streams too"


async def test_failures_that_stay_are_not_tried_again(gateway: Gateway, server: OpenAIServer) -> None:
    server.script(refusal(400, "bad", "invalid_request_error"), "never reached")
    with pytest.raises(BadRequest):
        await gateway.acomplete("x")
    assert len(server.chats) == 1


@pytest.mark.parametrize("header", ["retry-after", "retry-after-ms"])
async def test_retry_after_is_obeyed(gateway: Gateway, server: OpenAIServer, header: str) -> None:
    value = "0.6" if header == "retry-after" else "600"
    server.script(Answer(status=429, body={"error": {"message": "slow down"}}, headers={header: value}), "served")
    found = await asyncio.gather(gateway.acomplete("one"), _later(gateway, 0.1))
    assert [c.text for c in found] == ["served", "echo: two"]
    first, second, third = (r.at for r in server.chats)
    assert min(second, third) - first >= 0.55, "the second caller waits as well"


async def _later(gateway: Gateway, seconds: float) -> Any:
    await asyncio.sleep(seconds)
    return await gateway.acomplete("two")


async def test_a_retry_after_beyond_the_deadline_fails_at_once(gateway: Gateway, server: OpenAIServer) -> None:
    server.script(Answer(status=429, headers={"retry-after": "60"}))
    started = time.monotonic()
    with pytest.raises(RateLimited) as caught:
        await gateway.acomplete("x", timeout_s=5)
    assert caught.value.retry_after_s == 60 and "in 60 s" in caught.value.hint
    assert time.monotonic() - started < 4


def test_retry_after_reads_dates() -> None:
    assert retry_after({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}) == 0
    assert retry_after({"Retry-After": "soon"}) is None and retry_after({}) is None


async def test_no_server_at_the_address(make: Make) -> None:
    gateway = make(api_base="http://127.0.0.1:9/v1", model="openai/x")
    with pytest.raises(ProviderUnavailable, match=r"127\.0\.0\.1:9") as caught:
        await gateway.acomplete("x", retries=0)
    assert "Is the server running?" in caught.value.hint


async def test_an_address_that_is_none(make: Make) -> None:
    gateway = make(model="openai/x")
    for address in ("localhost:8000", "ftp://x"):
        with pytest.raises(errors.InvalidInput, match="not an address"):
            await gateway.acomplete("x", api_base=address)


async def test_options_that_cannot_be_sent(gateway: Gateway) -> None:
    with pytest.raises(errors.InvalidInput, match="cannot be sent"):
        await gateway.acomplete("x", temperature=object())


def test_every_error_of_litellm_is_mapped() -> None:
    from litellm import exceptions

    made = {
        name: cls.__new__(cls)
        for name, cls in vars(exceptions).items()
        if isinstance(cls, type) and issubclass(cls, Exception) and cls.__module__ == exceptions.__name__
    }
    assert len(made) > 20
    unmapped = []
    for name, error in made.items():
        found = from_litellm(error, model="m")
        if type(found) is ProviderUnavailable and name not in _UNAVAILABLE:
            unmapped.append(name)
        assert found.what and found.hint
    assert unmapped == []


# What stands for a server that is down, busy or broken.
_UNAVAILABLE = {
    "APIConnectionError", "APIError", "BadGatewayError", "InternalServerError", "MidStreamFallbackError",
    "MockException", "OpenAIError", "ServiceUnavailableError",
}  # fmt: skip


@pytest.mark.parametrize(
    "body", ['{"detail": "no"}', '{"error": "no"}', '{"message": "no"}', "<html><b>no</b></html>", '["no"]', "no"]
)
def test_refusals_are_read_in_every_form(body: str) -> None:
    assert "no" in from_status(400, body, {}, model="m").what


@pytest.mark.parametrize("model", ["openai/stub", "litellm/openai/stub"])
@pytest.mark.parametrize("body", [{"detail": "two at a time"}, b"two at a time", {"error": "two at a time"}])
async def test_what_the_server_says_in_its_own_form(make: Make, server: OpenAIServer, model: str, body: Any) -> None:
    server.script(Answer(status=429, body=body))
    with pytest.raises(RateLimited, match="answered 429: two at a time") as caught:
        await make(model=model, api_base=server.url, api_key="k", cache=False).acomplete("x", retries=0)
    assert caught.value.__context__ is None
