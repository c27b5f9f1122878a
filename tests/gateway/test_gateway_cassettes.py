"""What is on a cassette and what is not: errors, pictures, keys that are none, two that record, and long misses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from motadata_nb.errors import BadRequest, CassetteMiss, InvalidInput, RateLimited, StreamBroken
from motadata_nb.gateway import Gateway
from motadata_nb.testing.openai_server import Answer, OpenAIServer, refusal
from tests.gateway.conftest import Make


def test_errors_are_replayed_with_what_they_carry(gateway: Gateway, server: OpenAIServer, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    gateway.cassette("record", path)
    server.script(
        Answer(text="one two three", fault="reset", after=3),
        refusal(404, "The model `stub` does not exist", "model_not_found"),
        refusal(429, "slow down", "rate_limit", retry_after="60"),
    )

    def session() -> list[object]:
        with pytest.raises(StreamBroken) as broken:
            list(gateway.complete("a", stream=True))
        with pytest.raises(BadRequest) as unknown:
            gateway.complete("b")
        with pytest.raises(RateLimited) as limited:
            gateway.complete("c", retries=0, timeout_s=5)
        return [broken.value.partial, str(unknown.value), limited.value.retry_after_s]

    live = session()
    assert live[0] == "one two " and live[2] == 60
    gateway.cassette("replay", path)
    assert session() == live and len(server.chats) == 3


def test_a_long_prompt_shows_where_it_differs(gateway: Gateway, tmp_path: Path) -> None:
    path, filler = tmp_path / "calls.jsonl", "The same words again and again. " * 100
    gateway.cassette("record", path)
    gateway.complete(f"{filler}What is the capital of France? {filler}")
    gateway.complete("Line one\nLine two\nLine three")
    gateway.cassette("replay", path)
    with pytest.raises(CassetteMiss) as caught:
        gateway.complete(f"{filler}What is the capital of Spain? {filler}")
    assert "capital of France" in caught.value.what and "capital of Spain" in caught.value.what
    assert max(map(len, caught.value.what.splitlines())) < 300
    with pytest.raises(CassetteMiss) as caught:
        gateway.complete("Line one\nLine 2\nLine three")
    assert "  -Line two\n  +Line 2" in caught.value.what and "Line three" not in caught.value.what


def test_pictures_are_known_by_their_digest(gateway: Gateway, tmp_path: Path) -> None:
    path, picture = tmp_path / "calls.jsonl", b"\x89PNG\r\n\x1a\n" + b"0" * 5000
    gateway.cassette("record", path)
    text = gateway.complete("What is this?", image=picture).text
    assert len(path.read_text("utf-8")) < 1000 and "image/png" in path.read_text("utf-8")
    gateway.cassette("replay", path)
    assert gateway.complete("What is this?", image=picture).text == text
    with pytest.raises(CassetteMiss):
        gateway.complete("What is this?", image=picture + b"1")


def test_a_key_that_is_none_hides_no_words(
    make: Make, server: OpenAIServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "ollama")
    path = tmp_path / "calls.jsonl"
    recording = make(model="openai/stub", api_base=server.url, api_key="ollama")
    recording.cassette("record", path)
    recording.complete("What is ollama?")
    monkeypatch.delenv("OPENAI_API_KEY")
    replaying = make(model="openai/stub", api_base="http://127.0.0.1:9/v1")
    replaying.cassette("replay", path)
    assert replaying.complete("What is ollama?").text == "echo: What is ollama?"


def test_two_that_record_do_not_mix(make: Make, server: OpenAIServer, tmp_path: Path) -> None:
    path = tmp_path / "new" / "calls.jsonl"
    one, other = (make(model="openai/stub", api_base=server.url, cache=False) for _ in range(2))
    one.cassette("record", path)
    one.complete("first")
    with pytest.raises(InvalidInput, match="Another session records"):
        other.cassette("record", path)
    one.cassette("record", path)  # its cell is run again
    one.complete("second")
    one.cassette("off")
    assert [json.loads(line).get("messages") is not None for line in path.read_text().splitlines()] == [True, False]
    other.cassette("record", path)
    other.cassette("off")
    assert [p.name for p in path.parent.iterdir()] == ["calls.jsonl"]


def test_what_is_replayed_and_repaired_is_not_kept_as_an_answer(
    make: Make, server: OpenAIServer, tmp_path: Path
) -> None:
    path = tmp_path / "calls.jsonl"
    gateway = make(model="openai/stub", api_base=server.url)
    gateway.cassette("record", path)
    server.script("wrong", '{"a": 1}')
    gateway.complete("x", schema="a int", cache=False)
    gateway.cassette("replay", path)
    assert gateway.complete("x", schema="a int").data == {"a": 1}
    gateway.cassette("off")
    server.script('{"a": 2}')
    fresh = gateway.complete("x", schema="a int")
    assert fresh.data == {"a": 2} and not fresh.cached


def test_the_nearest_call_is_the_one_with_the_same_words(gateway: Gateway, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    gateway.cassette("record", path)
    for words in ("same temperature", "n1", "options"):
        gateway.complete(words)
    gateway.cassette("replay", path)
    with pytest.raises(CassetteMiss, match="nearest, call 2") as caught:
        gateway.complete("n1", temperature=0.3)
    assert "temperature" in caught.value.what and "n1" not in caught.value.what
