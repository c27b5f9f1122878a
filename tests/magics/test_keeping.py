"""`%rag` lines that keep indexes, as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.magics.conftest import Cells


@pytest.mark.parametrize(
    "line",
    [
        "%rag diff handbook handbook:keyword How long is delivery?",
        "x = %rag diff handbook handbook:keyword What's the time of delivery?",
        '%rag diff handbook handbook:keyword "How long is delivery?"',
        "%rag diff handbook handbook@duckdb How long? --k 3",
    ],
)
def test_a_question_to_compare_may_end_as_questions_do(handbook: Cells, line: str) -> None:
    result = handbook.run(line)
    assert (result or handbook["x"]).question.endswith("?")


def test_help_is_still_help(handbook: Cells, capsys: pytest.CaptureFixture[str]) -> None:
    handbook.run("%rag?")
    assert "Keep indexes" in capsys.readouterr().out


def test_snapshots_are_shown_and_offered(handbook: Cells) -> None:
    assert "%rag snapshot handbook" in handbook.error("%rag restore handbook first").hint
    handbook.run("%rag snapshot handbook first")
    handbook.run("%rag snapshot handbook second")
    assert "first, second" in str(handbook.run("%rag show handbook"))
    assert handbook.error("%rag restore handbook").hint == "Try: %rag restore handbook second    (or first)"
    assert handbook.error("%rag restore handbook frist").hint == "Try: %rag restore handbook first"
    assert handbook.run("%rag restore handbook first").documents == 1


def test_a_chunk_has_a_size(handbook: Cells) -> None:
    assert "--chunk-tokens" in handbook.error("%rag reindex handbook --chunk 0").what
    assert "chunks of up to 64 tokens" in str(handbook.run("%rag reindex handbook --chunk-tokens 64"))


def test_the_size_of_a_chunk_is_understood_by_its_shorter_name_too(handbook: Cells, workspace: Path) -> None:
    assert "chunks of up to 64 tokens" in str(handbook.run("%rag reindex handbook --chunk 64"))
    (workspace.parent / "short.txt").write_text("A ship docks in the harbour.")
    handbook.run("%ingest short.txt --into ships --chunk 48")
    assert "chunks of up to 48 tokens" in str(handbook.run("%rag show ships"))
    hint = handbook.error("%ingest short.txt --into ships --chunk 64").hint
    assert hint == "Type: %rag reindex ships --chunk-tokens 64"
    assert handbook.error("%rag reindex ships --chunks 64").hint.endswith("--chunk-tokens")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("%rag move handbook --backend postgres", "pgvector"),
        ("%rag diff handbook", 'Try: %rag diff handbook handbook:keyword "How long is the warranty?"'),
        ("%rag delete handbook retrns.md", "Try: %rag delete handbook returns.md"),
        ("%rag delete handbook", "--where"),
        ("%rag snapshot handbook kept", "Choose another name: %rag snapshot handbook NAME"),
    ],
)
def test_what_to_type_after_a_slip(handbook: Cells, line: str, hint: str) -> None:
    handbook.run("%rag snapshot handbook kept")
    assert hint in handbook.error(line).hint
