"""Conversations: what was said in a thread goes before the next question."""

from __future__ import annotations

from pathlib import Path

import pytest

import motadata_nb as mn
from motadata_nb.errors import InvalidInput
from motadata_nb.gateway import Gateway
from motadata_nb.testing.openai_server import Answer, OpenAIServer
from motadata_nb.workspace import Workspace


@pytest.fixture
def ws(tmp_path: Path, server: OpenAIServer) -> Workspace:
    opened = mn.open(tmp_path / "ws")
    for name, value in {"model": "openai/stub", "api_base": server.url, "api_key": "k-1"}.items():
        opened.config.set(name, value)
    return opened


def _said(server: OpenAIServer) -> list[tuple[str, str]]:
    return [(m["role"], m["content"]) for m in server.chats[-1].body["messages"]]


def test_a_thread_remembers_whole_answers_and_streams(ws: Workspace, server: OpenAIServer) -> None:
    with ws:
        ws.gateway.complete("My name is Ada.", thread="t", system="Be brief.")
        with ws.gateway.complete("And I am 36.", thread="t", stream=True) as stream:
            assert "".join(stream) == "echo: And I am 36."
        ws.gateway.complete("Who am I?", thread="t", system="Be brief.")
        assert _said(server) == [
            ("system", "Be brief."),
            ("user", "My name is Ada."), ("assistant", "echo: My name is Ada."),
            ("user", "And I am 36."), ("assistant", "echo: And I am 36."),
            ("user", "Who am I?"),
        ]  # fmt: skip
        ws.gateway.complete("Who am I?", thread="other")
        assert _said(server) == [("user", "Who am I?")]
        assert ws.catalog.turns.threads() == {"other": 1, "t": 3}


def test_it_survives_the_kernel_and_a_preview_adds_nothing(ws: Workspace, server: OpenAIServer, tmp_path: Path) -> None:
    with ws:
        ws.gateway.complete("My name is Ada.", thread="t")
    with mn.open(tmp_path / "ws") as again:
        again.config.set("model", "scripted")
        preview = again.gateway.preview("Who am I?", thread="t")
        assert [m["role"] for m in preview.messages] == ["user", "assistant", "user"]
        assert len(again.catalog.turns.last("t", 9)) == 1


def test_what_was_left_in_the_middle_is_no_turn(ws: Workspace, server: OpenAIServer) -> None:
    server.default = lambda request: Answer(text="one two three four", piece_delay_s=0.05)
    with ws:
        with ws.gateway.complete("Count.", thread="t", stream=True) as stream:
            next(stream)
        assert ws.catalog.turns.last("t", 9) == []


def test_wrong_threads_are_errors(ws: Workspace) -> None:
    with ws, pytest.raises(InvalidInput, match="name of a thread"):
        ws.gateway.complete("x", thread=" ")
    with pytest.raises(InvalidInput, match="no workspace"):
        Gateway().complete("x", "scripted", thread="t")
