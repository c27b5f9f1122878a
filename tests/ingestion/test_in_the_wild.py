"""Files in the wild: encrypted, broken, fuzzed, scanned, right-to-left. None may stop an ingestion."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.chunking import chunk
from motadata_nb.ingestion.detect import detect
from motadata_nb.ingestion.registry import parse
from motadata_nb.testing.parser_suite import assert_positions

pytestmark = [pytest.mark.shared_data, pytest.mark.slow]

LONGEST_S = 20
"""Seconds of the processor, which other work on the machine does not lengthen."""
READ = {"pdf": 92, "docx": 29, "html": 19, "md": 85, "csv": 10, "txt": 9}
"""How many of each kind must be readable; the others are encrypted, empty, damaged or scanned."""


def entries(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text("utf-8").splitlines()]


def read(folder: Path, entry: dict[str, Any]) -> ParsedDocument:
    data = (folder / entry["path"]).read_bytes()
    return parse(
        RawDocument(
            source=entry["path"], data=data, mime=detect(data, entry["path"]), password=entry.get("password") or ""
        )
    )


def test_every_file_is_read_or_refused_with_a_reason(shared_data: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = shared_data / "ingestion"
    embedder = MiniLM(threads=1)
    good: Counter[str] = Counter()
    for entry in entries(folder):
        begun = time.process_time()
        try:
            parsed = read(folder, entry)
        except UnreadableDocument as error:
            assert error.what.endswith((".", ")")) and error.hint, entry["path"]
            assert "Error" not in error.what, f"{entry['path']}: {error.what}"
        else:
            good[entry["ext"]] += 1
            assert_positions(parsed)
            chunks = chunk(parsed, embedder)
            assert all(parsed.text[c.start : c.end] == c.text and c.tokens <= embedder.max_tokens for c in chunks)
            visible = sum(len("".join(parsed.text[b.start : b.end].split())) for b in parsed.blocks)
            assert sum(len("".join(c.text.split())) for c in chunks) >= visible, entry["path"]
        assert time.process_time() - begun < LONGEST_S, entry["path"]
    assert {ext: good[ext] for ext, count in READ.items() if good[ext] < count} == {}
    assert capfd.readouterr() == ("", "")


def test_passwords_open_what_they_belong_to(shared_data: Path) -> None:
    folder = shared_data / "ingestion"
    with_password = [entry for entry in entries(folder) if entry.get("password")]
    assert with_password
    for entry in with_password:
        try:
            read(folder, entry)
        except UnreadableDocument as error:
            assert "password" not in error.what, entry["path"]
