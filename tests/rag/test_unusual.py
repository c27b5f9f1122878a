"""What people type by mistake, and indexes that hold next to nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.rag.index import Index
from motadata_nb.rag.messages import NOT_FOUND
from motadata_nb.testing.openai_server import OpenAIServer
from motadata_nb.workspace import Workspace

ODD = [
    "\ud800 half a character", "?", "the of and", "怎么样？", "كم عدد الأيام؟", "🙂", "a" * 5000, "days " * 3000,
    "\x00\x1b[31mdays", "'; drop table chunks; --", "field:days AND (x OR *)",
]  # fmt: skip


@pytest.mark.parametrize("question", ODD)
@pytest.mark.parametrize("mode", ["hybrid", "keyword", "vector"])
def test_any_text_is_a_question(handbook: Index, question: str, mode: str) -> None:
    answer = handbook.ask(question, mode=mode)
    assert answer.text and len(handbook.retrieve(question, mode=mode).hits) <= 2
    answer.text.encode("utf-8")


@pytest.mark.parametrize(
    ("wrong", "advice"),
    [
        ({"k": "5"}, "--k 5"), ({"k": 2.5}, "--k 5"), ({"k": 0}, "--k 5"), ({"around": "x"}, "--around 1"),
        ({"diversity": "x"}, "--diversity"), ({"where": 5}, "page > 3"), ({"question": None}, "ask"),
        ({"question": "  "}, "ask"),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_told(handbook: Index, wrong: dict[str, Any], advice: str) -> None:
    with pytest.raises(InvalidInput, match=advice):
        handbook.retrieve(**{"question": "Norway?", **wrong})


def test_an_option_that_is_misspelt_is_not_sent_to_a_model(handbook: Index, server: OpenAIServer) -> None:
    with pytest.raises(UnknownName, match="Try: where=…"):
        handbook.ask("Norway?", wher="page > 3")
    server.script("12 euros [1].")
    handbook.ask("Norway?", model="openai/stub", temperature=0.5)
    assert server.chats[-1].body["temperature"] == 0.5


def test_a_schema_needs_a_model(handbook: Index) -> None:
    with pytest.raises(InvalidInput, match="--model"):
        handbook.ask("Norway?", schema="euros int")


def test_a_model_is_not_asked_about_nothing(ws: Workspace, handbook: Index, server: OpenAIServer) -> None:
    ws.ingest(pd.DataFrame({"id": ["a"], "text": ["Ships."]}), into="void")
    ws.index("void").delete("a")
    answer = ws.index("void").ask("What swims?", model="openai/stub")
    assert answer.text == NOT_FOUND and not answer.found and answer.cost == 0
    assert "void is empty: %ingest FILE --into void · the model was not asked" in str(answer)
    filtered = handbook.stream("Norway?", model="openai/stub", where="page > 300")
    assert "".join(filtered) == NOT_FOUND and "nothing passes the filter" in str(filtered.answer)
    assert server.chats == []
    server.script("A ship.")
    assert ws.index("void").ask("What is it?", model="openai/stub", images=[b"\x89PNG\r\n\x1a\n0"]).text == "A ship."


@pytest.mark.parametrize(
    ("name", "advice"), [("a/b c", "a-b-c"), ("~new~x", "new-x"), ("..", "handbook"), ("x" * 250, "at most 100")]
)
def test_a_name_that_an_index_cannot_have(ws: Workspace, name: str, advice: str) -> None:
    with pytest.raises(InvalidInput, match=advice):
        ws.ingest(pd.DataFrame({"text": ["x"]}), into=name)
    assert ws.indexes() == []


def test_an_index_of_nothing_and_of_one_chunk_can_be_kept(ws: Workspace, tmp_path: Path) -> None:
    for name, left in (("void", 0), ("one", 1)):
        ws.ingest(pd.DataFrame({"id": ["a"], "text": ["Ships dock."]}), into=name)
        index = ws.index(name)
        if not left:
            index.delete("a")
        folder = index.export(tmp_path / name)
        assert ws.import_index(folder, into=f"{name}2").chunks == left
        index.snapshot("s")
        assert index.restore("s").chunks == index.reindex(chunk_tokens=64).chunks == index.move("duckdb").chunks == left
        index.purge()
        assert len(index.retrieve("Where do ships dock?").hits) == left
        assert len(index.ask("Where do ships dock?", explain=True).explain().df) == left
