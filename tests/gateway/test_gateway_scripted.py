"""The models that need no server: scripted and extractive."""

from __future__ import annotations

import pytest

from motadata_nb.errors import InvalidInput, RateLimited, UnknownName
from motadata_nb.gateway import script
from tests.gateway.conftest import Make


def test_a_script_is_followed_by_turns(make: Make) -> None:
    gateway = make(model="scripted", cache=False)
    steps = [{"text": "Let me see", "tool": "add", "arguments": {"a": 1}}, "It is 2."]
    first = gateway.complete("1 + 1?", script=steps)
    assert (first.text, first.tool_calls[0].name, first.finish_reason) == ("Let me see", "add", "tool_calls")
    history = [
        {"role": "user", "content": "1 + 1?"},
        {"role": "assistant", "content": "", "tool_calls": []},
        {"role": "tool", "tool_call_id": "call_1_0", "content": "2"},
    ]
    assert gateway.complete(history, script=steps).text == "It is 2."
    with pytest.raises(InvalidInput, match="2 steps, and this is turn 3"):
        gateway.complete([*history, {"role": "assistant", "content": "x"}], script=steps)


def test_registered_steps_are_used_up(make: Make) -> None:
    gateway = make(cache=False)
    name = script("once", ["one", lambda request: f"saw {request.messages[-1]['content']}"])
    assert [gateway.complete("x", model=name).text for _ in range(2)] == ["one", "saw x"]
    with pytest.raises(InvalidInput, match="no step left"):
        gateway.complete("x", model=name)
    with pytest.raises(UnknownName, match="scripted/once"):
        gateway.complete("x", model="scripted/onec")


def test_errors_can_be_scripted(make: Make) -> None:
    gateway = make(model="scripted", cache=False)
    with pytest.raises(RateLimited, match="slow down"):
        gateway.complete("x", script=[{"error": "RateLimited", "text": "slow down"}], retries=0)


def test_streams_word_by_word(make: Make) -> None:
    gateway = make(model="scripted", cache=False)
    stream = gateway.complete("a  b\nc", stream=True)
    assert list(stream) == ["echo:", " a", "  b", "\nc", ""]
    assert stream.completion.cost == 0.0


def test_extractive_answers_from_numbered_passages(make: Make) -> None:
    gateway = make()
    prompt = (
        "[1] The office is in Pune. Parking is free for visitors.\n"
        "[2] Customers in the EU may return a product within 30 days. Shipping is paid by the buyer.\n\n"
        "Question: How long do EU customers have to return a product?"
    )
    found = gateway.complete(prompt)
    assert found.text.startswith("Customers in the EU may return a product within 30 days. [2]")
    assert (found.provider, found.cost) == ("extractive", 0.0)


def test_extractive_reads_quoted_passages(make: Make) -> None:
    quoted = '[1] {"source": "a.pdf", "page": 3, "text": "Tea is hot. Returns take 30 days."}'
    text = make().complete(f"Passages:\n{quoted}\n[2] Cats purr loudly.\n\nQuestion: How long do returns take?").text
    assert text == "Returns take 30 days. [1]"
    assert make().complete(f"How long do returns take?\n\n{quoted}").text == "Returns take 30 days. [1]"


def test_extractive_without_passages_says_what_to_do(make: Make) -> None:
    text = make().complete("Why is the sky blue?").text
    assert "No language model answers" in text and "--model" in text


def test_extractive_does_not_guess(make: Make) -> None:
    assert make().complete("[1] Cats purr loudly.\n\nWho won the election?").text == "Not found in these passages."
