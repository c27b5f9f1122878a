"""`index.retrieve` finds documents: a short one that is cut in two takes one place, while there are others."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import motadata_nb as mn

FILLER = "It was measured again in the wind tunnel under the same conditions as before. " * 12


def test_short_documents_take_one_place_each(workspace: Path) -> None:
    rows = [
        {"id": f"wing-{n}", "text": f"The lift of wing {n} was measured. {FILLER}The lift of wing {n} fell at stall."}
        for n in range(6)
    ]
    with mn.open(workspace, backend="memory", chunk_tokens=120) as ws:
        ws.ingest(pd.DataFrame(rows), into="wings")
        index = ws.index("wings")
        assert index.describe().chunks >= 2 * len(rows)
        found = index.retrieve("lift of a wing at stall", k=6).hits
        assert {hit.document for hit in found} == {row["id"] for row in rows}
        assert [hit.score for hit in found] == sorted((hit.score for hit in found), reverse=True)
        every = index.retrieve("lift of a wing at stall", k=100).hits
        assert len(every) == index.describe().chunks, "nothing is left out when there is room"
