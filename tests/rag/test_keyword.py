"""What the keyword index says of chunks beside their rank."""

from __future__ import annotations

import pandas as pd

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


def test_the_last_word_of_a_long_title_is_found(ws: Workspace) -> None:
    frame = pd.DataFrame({"id": [1, 2], "title": [_LONG, "Brief"], "text": ["First text.", ""]})
    ws.ingest(frame, into="papers")
    assert ws.index("papers").retrieve("xylophone", k=1, mode="keyword").hits[0].document == "1"
    assert ws.index("papers").retrieve("brief", k=1, mode="keyword").hits[0].text == "Brief"
