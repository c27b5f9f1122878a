"""What the keyword index says of chunks beside their rank."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import motadata_nb
from motadata_nb.catalog.records import ChunkRow
from motadata_nb.rag.search import keyword
from motadata_nb.rag.search.keyword import KeywordIndex
from motadata_nb.workspace import Workspace

_LONG = "A survey of " + "very " * 30 + "long titles that end in a word such as xylophone"


def test_coverage_is_the_share_of_the_question_that_a_chunk_holds(ws: Workspace) -> None:
    texts = ["pump pump pump pump", "the pump of the turbine", "a violin"]
    ws.ingest(pd.DataFrame({"id": [1, 2, 3], "text": texts}), into="parts")
    hits = ws.index("parts").retrieve("turbine pump", k=3, mode="keyword").hits
    chunk = {hit.document: hit.chunk for hit in hits}
    assert set(chunk) == {"1", "2"}
    ranking = ws.index("parts").retrieve("turbine pump", k=3).ranking
    assert next(iter(ranking.scores)) == chunk["2"]


def test_a_search_among_few_or_many_ids_finds_what_fits(tmp_path: Path) -> None:
    index = KeywordIndex(tmp_path)
    rows = [_chunk(n, "the pump " * (1 + n % 3) + "hums " * (n % 7)) for n in range(1, 2501)]
    index.put(rows)
    every = index.search(["pump", "hum"], len(rows))
    for size in (1, 60, 1000, 1001, 2400):
        among = np.arange(1, 2 * size, 2, dtype=np.int64)
        fitting = {match for match in every if match.id in set(among.tolist())}
        assert set(index.search(["pump", "hum"], len(rows), among)) == fitting
    assert index.search(["pump"], 5, np.zeros(0, np.int64)) == []


def test_words_are_counted_anew_when_this_process_writes_or_a_moment_after_another_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = KeywordIndex(tmp_path), KeywordIndex(tmp_path)
    writer.put([_chunk(1, "a pump"), _chunk(2, "a violin")])

    def counted(index: KeywordIndex) -> tuple[float, list[str]]:
        found = index.search(["pump"], 9)
        assert len(found) == len(writer.search(["pump"], 9)), "what is found is never behind"
        return index.idf("pump"), index.beginning("vi")

    reader.search(["pump"], 9)
    before = counted(reader)
    assert before == counted(writer) and before[1] == ["violin"]
    monkeypatch.setattr(keyword, "_COUNTED_S", 60)
    writer.put([_chunk(3, "another pump"), _chunk(4, "a viola")])
    assert counted(reader) == before != counted(writer)
    monkeypatch.setattr(keyword, "_COUNTED_S", 0)
    assert counted(reader) == counted(writer)


def _chunk(n: int, text: str) -> ChunkRow:
    return ChunkRow(
        id=n, document_id=1, ordinal=n, text=text, heading="", kind="text", page=None, start=0, end=len(text), tokens=1,
        embedded_hash="", seq=1, source="", document="a", title="", metadata={},
    )  # fmt: skip


def test_the_last_word_of_a_long_title_is_found(ws: Workspace) -> None:
    frame = pd.DataFrame({"id": [1, 2], "title": [_LONG, "Brief"], "text": ["First text.", ""]})
    ws.ingest(frame, into="papers")
    assert ws.index("papers").retrieve("xylophone", k=1, mode="keyword").hits[0].document == "1"
    assert ws.index("papers").retrieve("brief", k=1, mode="keyword").hits[0].text == "Brief"


SPELLINGS = [
    ("SHP-2", "SHP2"), ("SHP2", "SHP-2"), ("SHP2", "SHP 2"), ("SHP 2", "SHP2"), ("set-up", "setup"), ("café", "cafe"),
    ("TNF-\u03b1", "TNF alpha"), ("TNF alpha", "TNF\u03b1"), ("TNFalpha", "TNF-\u03b1"), ("Zurich", "Zürich"),
]  # fmt: skip


@pytest.mark.parametrize(("written", "asked"), SPELLINGS)
def test_other_spellings_of_a_word_are_found(ws: Workspace, written: str, asked: str) -> None:
    ws.ingest(pd.DataFrame({"id": [1, 2], "text": ["Nothing of it.", f"They wrote {written} there."]}), into="spelled")
    found = ws.index("spelled").retrieve(asked, k=2, mode="keyword").hits
    assert [hit.document for hit in found] == ["2"]


def test_an_index_written_with_other_terms_is_written_anew(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before, motadata_nb.open(workspace) as ws:
        before.setattr(keyword, "_ANALYZER", "motadata_en_0")
        before.setattr(keyword, "_spelled", lambda text: text)
        ws.ingest(pd.DataFrame({"id": [1], "text": ["They wrote set-up there."]}), into="old")
        assert not ws.index("old").retrieve("setup", mode="keyword").hits
    with motadata_nb.open(workspace) as ws:
        assert ws.index("old").retrieve("setup", mode="keyword").hits
