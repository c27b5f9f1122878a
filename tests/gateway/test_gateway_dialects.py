"""What servers, proxies and networks do beyond the protocol: read where it can be read, else one clear error."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import ssl
import subprocess
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.errors import (
    BadRequest,
    BadResponse,
    ContentRefused,
    ContextOverflow,
    GatewayError,
    InvalidInput,
    ProviderUnavailable,
    RateLimited,
)
from motadata_nb.gateway import Gateway
from motadata_nb.gateway.completion import Completion
from motadata_nb.gateway.events import DONE, Events, NotJson
from motadata_nb.testing.listening import stop_listening
from motadata_nb.testing.openai_server import Answer, OpenAIServer
from tests.gateway.conftest import Make

KEY = "sk-test-0123456789abcdef"
EVENTS = "text/event-stream"


def _head(kind: str, body: bytes, *more: str, status: int = 200) -> bytes:
    lines = [f"HTTP/1.1 {status} X", f"content-type: {kind}", f"content-length: {len(body)}", *more]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def _whole(message: Any, **choice: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": "stop", **choice}]}).encode()


def _piece(finish: str | None = None, **delta: Any) -> bytes:
    return (
        b"data: " + json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode() + b"\n\n"
    )


END = _piece("stop")
HI = _whole({"role": "assistant", "content": "hi"})


@asynccontextmanager
async def _says(raw: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """The address of a server that answers every request with these bytes."""

    answering: set[asyncio.Task[None]] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        answering.add(task)
        with suppress(OSError, EOFError):  # a client that has seen enough goes
            try:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")), 0
                )
                await reader.readexactly(length)
                writer.write(raw)
                await writer.drain()
            finally:
                writer.close()
                await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    scheme = "https" if context else "http"
    try:
        yield f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        await stop_listening(server)
        await asyncio.wait_for(asyncio.gather(*answering, return_exceptions=True), 10)


async def _asked(make: Make, raw: bytes, *, streaming: bool = False) -> Completion:
    gateway = make(model="openai/stub", api_key=KEY, cache=False)
    async with _says(raw) as url:
        if not streaming:
            return await gateway.acomplete("x", api_base=url, retries=0)
        stream = gateway.astream("x", api_base=url, retries=0)
        text = "".join([piece async for piece in stream])
        assert text == stream.completion.text
        return stream.completion


WHOLE_ANSWERS = {
    "gzip": _head("application/json", gzip.compress(HI), "content-encoding: gzip"),
    "byte order mark": _head("application/json", b"\xef\xbb\xbf" + HI),
    "parts": _head("application/json", _whole({"content": [{"type": "text", "text": "hi"}]})),
    "usage in words": _head("application/json", HI[:-1] + b', "usage": "none"}'),
}
STREAMS = {
    "several lines of data": b'data: {"choices": [\ndata: {"delta": {"content": "hi"}}]}\n\n' + END,
    "carriage returns": (_piece(content="hi") + END + b"data: [DONE]\n\n").replace(b"\n", b"\r"),
    "both": (b": ping\n\n" + _piece(content="hi") + END).replace(b"\n", b"\r\n"),
    "byte order mark": b"\xef\xbb\xbf" + _piece(content="hi") + END,
    "no empty lines": (_piece(content="hi") + END).replace(b"\n\n", b"\n"),
    "null": b"data: null\n\n" + _piece(content="hi") + END,
    "parts": _piece(content=[{"type": "text", "text": "hi"}]) + END,
    "several answers": _piece(content="h")
    + _piece(content="i")
    + b'data: {"choices": [{"index": 1, "delta": {"content": "no"}}]}\n\n'
    + END,
}


@pytest.mark.parametrize("raw", WHOLE_ANSWERS.values(), ids=WHOLE_ANSWERS)
async def test_dialects_of_whole_answers_are_read(make: Make, raw: bytes) -> None:
    assert (await _asked(make, raw)).text == "hi"


@pytest.mark.parametrize("body", STREAMS.values(), ids=STREAMS)
async def test_dialects_of_streams_are_read(make: Make, body: bytes) -> None:
    assert (await _asked(make, _head(EVENTS, body), streaming=True)).text == "hi"


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream"])
async def test_a_stream_by_another_name_is_read(make: Make, kind: str) -> None:
    assert (await _asked(make, _head(kind, _piece(content="hi") + END), streaming=True)).text == "hi"


async def test_a_server_that_does_not_stream_answers_with_the_whole(make: Make) -> None:
    assert (await _asked(make, _head("application/json", HI), streaming=True)).text == "hi"


async def test_a_piece_may_be_large(make: Make) -> None:
    large = "x" * 5_000_000
    assert (await _asked(make, _head(EVENTS, _piece(content=large) + END), streaming=True)).text == large


async def test_arguments_may_be_an_object(make: Make) -> None:
    calls = [{"id": "1", "function": {"name": "f", "arguments": {"a": 1}}}]
    found = await _asked(make, _head("application/json", _whole({"content": None, "tool_calls": calls})))
    assert found.tool_calls[0].parsed() == {"a": 1}


def _error(text: str, code: Any = None) -> bytes:
    return json.dumps({"error": {"message": f"{text} {KEY}", "code": code}}).encode()


REFUSED: list[tuple[str, bytes, type[Exception], str]] = [
    ("redirect", _head("text/html", b"", "location: https://login.example.com/v1?token=abcdef12345", status=302),
     BadRequest, "points to https://login.example.com/v1"),
    ("payment", _head("application/json", _error("Insufficient Balance"), status=402), RateLimited, "add credit"),
    ("moderation", _head("application/json", _error("Your input was flagged"), status=403), ContentRefused, "Rephrase"),
    ("law", _head("application/json", _error("Unavailable here"), status=451), ContentRefused, "another model"),
    ("conflict", _head("application/json", _error("Try again"), status=409), ProviderUnavailable, "Try again"),
    ("too large", _head("text/html", b"Request Entity Too Large", status=413), ContextOverflow, "Shorten"),
    ("busy", _head("application/json", _error("busy"), "retry-after: 7", status=503), ProviderUnavailable, "in 7 s"),
    ("error in a 200", _head("application/json", _error("overloaded", 529)), ProviderUnavailable, "overloaded"),
    ("no choices", _head("application/json", b'{"choices": []}'), BadResponse, "no completion"),
    ("no gzip", _head("application/json", b"garbage", "content-encoding: gzip"), ProviderUnavailable, "cannot be read"),
    ("cut", _head("application/json", HI)[:-20], ProviderUnavailable, "cannot be read"),
    ("cut chunks", b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{",
     ProviderUnavailable, "cannot be read"),
    ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n", ProviderUnavailable, "cannot be read"),
    ("filter", _head("application/json", _whole({"content": None}, finish_reason="content_filter")), ContentRefused,
     "content filter"),
    ("refusal", _head("application/json", _whole({"content": None, "refusal": f"No {KEY}."})), ContentRefused, "No "),
]  # fmt: skip
BROKEN_STREAMS: list[tuple[str, bytes, type[Exception], str]] = [
    ("number", b"data: 5\n\n", BadResponse, "no object"),
    ("choices", b'data: {"choices": "' + KEY.encode() + b'"}\n\n', BadResponse, "another form"),
    ("half", b'data: {"key": "' + KEY.encode() + b"\n\n", BadResponse, "not JSON"),
    ("named error", b'event: error\ndata: {"message": "overloaded"}\n\n', ProviderUnavailable, "overloaded"),
    ("nothing", b"", ProviderUnavailable, "the connection ended"),
    ("filter", _piece("content_filter"), ContentRefused, "content filter"),
    ("refusal", _piece(refusal="I will ") + _piece(refusal="not.") + END, ContentRefused, "I will not"),
]


def _ids(cases: list[tuple[str, bytes, type[Exception], str]]) -> list[str]:
    return [case[0] for case in cases]


@pytest.mark.parametrize(("name", "raw", "expected", "words"), REFUSED, ids=_ids(REFUSED))
async def test_what_cannot_be_read_is_one_clear_error(
    make: Make, name: str, raw: bytes, expected: type[Exception], words: str
) -> None:
    with pytest.raises(expected) as caught:
        await _asked(make, raw)
    _is_clear(caught.value, words)


@pytest.mark.parametrize(("name", "body", "expected", "words"), BROKEN_STREAMS, ids=_ids(BROKEN_STREAMS))
async def test_streams_that_cannot_be_read(
    make: Make, name: str, body: bytes, expected: type[Exception], words: str
) -> None:
    with pytest.raises(expected) as caught:
        await _asked(make, _head(EVENTS, body), streaming=True)
    _is_clear(caught.value, words)


def _is_clear(error: Exception, words: str) -> None:
    assert isinstance(error, GatewayError | InvalidInput) and error.hint and "\n" not in error.what
    shown = "".join([str(error), repr(error), *traceback.format_exception(error)])
    assert words in shown and KEY not in shown and "abcdef12345" not in shown


def test_events_come_in_any_pieces() -> None:
    events = Events()
    assert list(events.feed(b'data: {"a"')) == [] and list(events.feed(b": 1}\r")) == []
    assert list(events.feed(b"\n\r\ndata: [DONE]")) == [{"a": 1}]
    assert list(events.feed(b"")) == [DONE]
    with pytest.raises(NotJson):
        list(Events().feed(b"data: {\n\n"))


@pytest.mark.parametrize(
    ("raw", "expected", "words"),
    [
        (_head("application/json", b'{"choices": []}'), BadResponse, "without a choice"),
        (_head("application/json", _whole({"content": None, "refusal": "No."})), ContentRefused, "refused: No."),
        (
            _head("application/json", _whole({"content": None}, finish_reason="content_filter")),
            ContentRefused,
            "filter",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n", ProviderUnavailable, "Is the server running?"),
    ],
    ids=["no choice", "refusal", "filter", "no HTTP"],
)
async def test_litellm_says_the_same(make: Make, raw: bytes, expected: type[Exception], words: str) -> None:
    gateway = make(model="litellm/openai/stub", cache=False)
    async with _says(raw) as url:
        with pytest.raises(expected, match=re.escape(words)):
            await gateway.acomplete("x", api_base=url, api_key=KEY, retries=0)


# -- the network between


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://127.0.0.1:9/v1", ProviderUnavailable), ("http://[::1]:9/v1", ProviderUnavailable),
        ("HTTP://127.0.0.1:9/v1", ProviderUnavailable), ("http://127.0.0.1:99999/v1", InvalidInput),
        ("http://[::1/v1", InvalidInput), ("http://me:secret12@[::1/v1", InvalidInput), ("http:///v1", InvalidInput),
        (f"http://{'a' * 300}.com/v1", InvalidInput),
    ],
)  # fmt: skip
async def test_addresses_that_lead_nowhere(make: Make, address: str, expected: type[Exception]) -> None:
    with pytest.raises(expected) as caught:
        await make(model="openai/x", cache=False).acomplete("x", api_base=address, retries=0)
    assert "ssl" not in str(caught.value) and "secret12" not in str(caught.value) and caught.value.hint  # type: ignore[attr-defined]  # ours


def _signed_by_itself(folder: Path) -> ssl.SSLContext:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_a_certificate_that_nobody_signed(make: Make, tmp_path: Path) -> None:
    async with _says(_head("application/json", HI), _signed_by_itself(tmp_path)) as url:
        with pytest.raises(ProviderUnavailable, match="self-signed certificate") as caught:
            await make(model="openai/x").acomplete("x", api_base=url)
    assert "SSL_CERT_FILE" in caught.value.hint


@pytest.mark.parametrize(
    ("proxy", "expected", "words"),
    [
        ("http://me:secret12@127.0.0.1:9", ProviderUnavailable, "the proxy in HTTP_PROXY cannot be reached"),
        ("junk", InvalidInput, "The proxy in HTTP_PROXY is not an address"),
    ],
)
async def test_a_proxy_that_fails_is_named(
    make: Make, monkeypatch: pytest.MonkeyPatch, server: OpenAIServer, proxy: str, expected: type[Exception], words: str
) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", proxy)
    gateway = make(model="openai/x", cache=False)
    with pytest.raises(expected, match=words) as caught:
        await gateway.acomplete("x", api_base="http://example.invalid/v1", retries=0)
    assert "secret12" not in str(caught.value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert (await gateway.acomplete("x", api_base=server.url)).text == "echo: x"


async def test_a_key_out_of_a_file_may_have_a_line_break(make: Make, server: OpenAIServer) -> None:
    server.api_key = KEY
    gateway = make(model="openai/x", api_base=server.url, cache=False)
    assert (await gateway.acomplete("x", api_key=f"{KEY}\n")).text == "echo: x"
    with pytest.raises(InvalidInput, match="cannot be sent") as caught:
        await gateway.acomplete("x", api_key=f"{KEY[:5]}\x00{KEY[5:]}")
    assert KEY[5:] not in "".join(traceback.format_exception(caught.value))


# -- mistakes of the one who calls

MISTAKES: list[dict[str, Any]] = [
    {"retries": "many"}, {"priority": "high"}, {"n": 3}, {"messages": ["x"]}, {"stream": True}, {"extra_headers": "x"},
    {"tools": [print]}, {"prompt": None}, {"schema": '{"type": "obj'}, {"schema": {"name": str}},
    {"schema": {"name": "str", "age": "int"}}, {"image": 3 + 4j}, {"extra_headers": {"x": "a\nb"}},
]  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
async def test_mistakes_are_told(gateway: Gateway, mistake: dict[str, Any]) -> None:
    given = {"prompt": "x", **mistake}
    with pytest.raises(InvalidInput) as caught:
        await gateway.acomplete(given.pop("prompt"), **given)
    assert caught.value.what and caught.value.hint


@pytest.mark.parametrize("unusual", [lambda: "half \ud83d a character", lambda: b"bytes"])
async def test_unusual_texts_are_sent(gateway: Gateway, unusual: Callable[[], Any], server: OpenAIServer) -> None:
    server.script("fine")
    assert (await gateway.acomplete(unusual(), cache=True)).text == "fine"
    assert "b'" not in server.chats[0].body["messages"][0]["content"]


async def test_numbers_of_numpy_and_large_ones_are_sent(gateway: Gateway, server: OpenAIServer) -> None:
    import numpy as np

    await gateway.acomplete("x", temperature=np.float32(0.5), max_tokens=np.int64(7), seed=2**70)
    body = server.chats[0].body
    assert (body["temperature"], body["max_tokens"], body["seed"]) == (0.5, 7, 2**70)


async def test_an_answer_that_says_nothing_is_told_and_not_kept(make: Make, server: OpenAIServer) -> None:
    gateway = make(model="openai/stub", api_base=server.url)
    server.script(Answer(text=""), "now")
    empty = await gateway.acomplete("x")
    assert empty.text == "" and "the model wrote nothing" in empty._card().attention
    assert (await gateway.acomplete("x")).text == "now"
