"""The chat without a browser: conversations are kept, taken up again, and branch where a message is edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.workspace import Workspace, open_workspace
from motadata_nb_widgets.chat import Chat
from motadata_nb_widgets.rag_explorer import RagExplorer

ROWS = [("lamps", "A lamp may be returned within fourteen days."), ("bikes", "A bicycle is repaired within one week.")]


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Workspace]:
    import pandas as pd

    with open_workspace(tmp_path / "w", backend="memory") as workspace:
        workspace.ingest(pd.DataFrame(ROWS, columns=["id", "text"]), into="shop")
        yield workspace


def _talk(chat: Chat) -> list[str]:
    return [m["text"] for m in chat.messages]


def test_a_conversation_is_taken_up_again_with_what_was_said(shop: Workspace) -> None:
    first = Chat(shop.index("shop"), thread="returns")
    first.say("When may a lamp be returned?")
    again = Chat(shop.index("shop"), thread="returns")
    assert _talk(again) == _talk(first) and "fourteen days" in _talk(again)[1]
    other = Chat(shop.index("shop"))
    assert other.messages == [] and other.view["threads"] == [other.view["thread"]], "another's threads in an app"
    for chat in (first, again, other):
        chat.close()


def _echo(messages: list[dict[str, Any]]) -> Any:
    asked = [m["content"] for m in messages if m["role"] == "user"]
    if messages[-1]["role"] == "user" and asked[-1] == "count":
        return [("tally", {"of": "lamps"})]
    return " | ".join(asked)


def tally(of: str) -> str:
    """Count things."""
    return f"7 {of}"


def test_an_agent_s_thread_comes_back_with_its_tools(shop: Workspace) -> None:
    agent = shop.agent("clerk", "Help.", _echo, [tally])
    first = Chat(agent, thread="ada")
    first.say("one")
    first.say("count")
    again = Chat(agent, thread="ada")
    assert _talk(again) == ["one", "one", "count", "one | count"]
    assert again.messages[-1]["steps"][0]["text"] == "7 lamps"
    first.close()
    again.close()


def test_an_edited_message_keeps_what_was_said_before_it(shop: Workspace) -> None:
    chat = Chat(shop.agent("clerk", "Help.", _echo), thread="ada")
    for text in ("one", "two", "three"):
        chat.say(text)
    chat.again(chat.messages[2]["id"], "zwei")
    assert _talk(chat) == ["one", "one", "zwei", "one | zwei"], "shown, and remembered by the agent"
    chat.say("drei")
    assert _talk(chat)[-1] == "one | zwei | drei"
    chat.go_to("ada")
    assert _talk(chat)[-1] == "one | two | three", "the first conversation is still there"
    chat.close()


def test_a_message_cannot_name_a_thread_that_was_not_offered(shop: Workspace) -> None:
    bob = Chat(shop.index("shop"), thread="of-bob")
    bob.say("When may a lamp be returned?")
    eve = Chat(shop.index("shop"), thread="of-eve")
    eve.handle({"do": "thread", "name": "of-bob"}, [])
    assert eve.view["thread"] == "of-eve" and eve.messages == []
    eve.handle({"do": "thread", "name": ""}, [])
    assert eve.view["thread"].startswith("chat-")
    bob.close()
    eve.close()


def test_only_the_newest_question_is_searched(shop: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    explorer = RagExplorer(shop.index("shop"))
    begun, go = threading.Event(), threading.Event()
    asked = []
    find = explorer._find

    def slow(question: str, *rest: Any) -> None:
        asked.append(question)
        begun.set()
        go.wait(10)
        find(question, *rest)

    monkeypatch.setattr(explorer, "_find", slow)
    for text in ("w", "wh", "when may a lamp be returned"):
        explorer._received(None, {"do": "search", "question": text, "k": 5, "mode": "hybrid", "where": ""}, [])
        begun.wait(10)
    go.set()
    explorer._worker.shutdown(wait=True)
    assert asked == ["w", "when may a lamp be returned"]
    assert explorer.view["question"] == asked[-1] and any(row["marks"] for row in explorer.view["hits"])
