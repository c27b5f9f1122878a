"""No key comes out: not when the server repeats it, not out of an address, a header, an error's chain or a cassette."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.errors import GatewayError
from motadata_nb.gateway.addresses import address, shown
from motadata_nb.testing.openai_server import Answer, OpenAIServer, refusal
from tests.gateway.conftest import Make, Rows

# Without a shape that gives it away.
KEY = "zq7Kd93mXw81LpTe55Rv"
ANSWERS = {
    "refused": refusal(401, f"Incorrect API key provided: {KEY}. You said Authorization: Bearer {KEY}", "invalid"),
    "broken": refusal(500, f"boom at http://x/?key={KEY}&token={KEY}", "server_error"),
    "html": Answer(body=f"<html>{KEY}</html>".encode(), content_type="text/html"),
    "half": Answer(body=f'{{"key": "{KEY}", '.encode(), content_type="application/json"),
    "other": Answer(body={"echo": {"authorization": f"Bearer {KEY}"}, "k": KEY}),
    "reset": Answer(fault="reset"),
}


def _ways(server: OpenAIServer) -> dict[str, dict[str, Any]]:
    """The places where a key can be given."""
    host = server.url.removeprefix("http://")
    return {
        "key": {"api_base": server.url, "api_key": KEY},
        "name": {"api_base": f"http://me:{KEY}@{host}"},
        "query": {"api_base": f"{server.url}?code={KEY}", "api_key": "another-key"},
        "header": {"api_base": server.url, "api_key": "another-key", "extra_headers": {"x-api-key": KEY}},
    }


@pytest.mark.parametrize("way", ["key", "name", "query", "header"])
@pytest.mark.parametrize("model", ["openai/stub", "litellm/openai/stub"])
def test_a_key_stays_hidden(
    make: Make,
    server: OpenAIServer,
    ledger: Rows,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    model: str,
    way: str,
) -> None:
    caplog.set_level(logging.INFO)
    gateway = make(cache=False)
    cassette = tmp_path / "calls.jsonl"
    gateway.cassette("record", cassette)
    for answer in ANSWERS.values():
        for streaming in (False, True):
            server.script(answer)
            with pytest.raises(GatewayError) as caught:
                found = gateway.complete("hello", model, stream=streaming, retries=0, **_ways(server)[way])
                list(found) if streaming else None
            assert KEY not in "".join(traceback.format_exception(caught.value))
            assert [repr(e) for e in _chain(caught.value) if KEY in repr(e) + str(e)] == []
    shown = [repr(gateway.health()), str(gateway.health()._repr_mimebundle_()), str(ledger.rows), caplog.text]
    assert [text for text in (*shown, cassette.read_text()) if KEY in text] == []


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_addresses_with_a_name_and_a_query_are_called_rightly() -> None:
    assert address("http://h/v1/", "/models", True) == "http://h/v1/models"
    assert address("http://h/v1?version=2", "/models", False) == "http://h/v1/models?version=2"
    assert address("http://me:s@h:1/v1", "/models", False) == "http://me:s@h:1/v1/models"
    assert address("http://me:s@h:1/v1", "/models", True) == "http://h:1/v1/models"
    assert shown("http://me:s@h:1/v1?code=s") == "http://h:1/v1"


def test_headers_of_ones_own_arrive(make: Make, server: OpenAIServer) -> None:
    gateway = make(cache=False, api_base=server.url, model="openai/stub")
    gateway.complete("hello", extra_headers={"x-team": "blue"})
    assert server.chats[-1].headers["x-team"] == "blue" and "extra_headers" not in server.chats[-1].body
