"""Chunks and their documents in memory, as they change."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import motadata_nb
from motadata_nb.rag.search.places import Places
from motadata_nb.rag.store import Store


def known(places: Places, store: Store) -> dict[int, int]:
    places.follow(store.catalog.indexes.seq(store.row.id))
    return places.owners(range(100))


def test_places_follow_what_is_written_and_removed(workspace: Path) -> None:
    with motadata_nb.open(workspace) as ws:
        ws.ingest(pd.DataFrame({"id": ["a", "b"], "text": ["One row.", "Another row. " * 200]}), into="rows")
        ws.ingest(pd.DataFrame({"id": ["c"], "text": ["In another index."]}), into="others")
        store = ws.index("rows")._store
        places = Places(store.catalog, store.row.id)
        assert places.owners([1, 2]) == {} and places.sizes([1]) == {} and places.count() == 0
        before = known(places, store)
        assert before == {chunk.id: chunk.document_id for chunk in store.catalog.documents.changed(1, (0, 0), 100)}
        long = before[max(before)]
        assert places.sizes([before[1], long, 77]) == {before[1]: 1, long: len(before) - 1} and long != before[1]
        assert places.count() == len(before)
        ws.ingest(pd.DataFrame({"id": ["a", "d"], "text": ["One row, changed.", "A new row."]}), into="rows")
        ws.index("rows").delete("b")
        after = known(places, store)
        fresh = Places(store.catalog, store.row.id)
        assert after == known(fresh, store) and len(after) == 2 == places.count() and long not in after.values()


def test_a_row_has_no_name_of_its_own_and_a_file_has(tmp_path: Path, workspace: Path) -> None:
    long = "Another row of some words that fill a chunk, again and again. " * 300
    (tmp_path / "lockers[2]").write_text(long)
    with motadata_nb.open(workspace) as ws:
        ws.ingest({"keys": pd.DataFrame({"id": ["2"], "title": ["Doors"], "text": [long]})}, into="rows")
        ws.ingest(tmp_path / "lockers[2]", into="rows")
        store = ws.index("rows")._store
        places = Places(store.catalog, store.row.id)
        owners = set(known(places, store).values())
        assert sorted(places.names(owners).values()) == [("Doors",), ("lockers 2",)]


def test_names_of_long_documents_are_known(workspace: Path) -> None:
    long = "Another row of some words that fill a chunk, again and again. " * 300
    with motadata_nb.open(workspace) as ws:
        frame = pd.DataFrame({"id": ["a", "b", "c"], "title": ["Short", "Long", ""], "text": ["One row.", long, long]})
        ws.ingest(frame, into="rows")
        store = ws.index("rows")._store
        places = Places(store.catalog, store.row.id)
        owners = set(known(places, store).values())
        assert list(places.names(owners).values()) == [("Long",)]
        ws.ingest(frame.assign(title=["Short", "Longer", ""]), into="rows")
        assert list(places.names(set(known(places, store).values())).values()) == [("Longer",)]
        ws.index("rows").delete("b")
        known(places, store)
        assert places.names(range(100)) == {}
