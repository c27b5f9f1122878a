"""The catalog, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from motadata_nb.catalog import schema
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.engine import Database
from motadata_nb.catalog.indexes import Position
from motadata_nb.catalog.records import IndexRow, NewChunk, NewDocument, QuarantineRow
from motadata_nb.errors import InvalidInput, NewerWorkspace, UnknownName, WorkspaceError


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, workspace: Path) -> str:
    if request.param == "sqlite":
        return str(workspace / "catalog.db")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def catalog(place: str) -> Iterator[Catalog]:
    with closing(Catalog(place)) as opened:
        yield opened


@pytest.fixture
def index(catalog: Catalog) -> IndexRow:
    return catalog.indexes.ensure("book", backend="memory", embedder="spread", chunking={"tokens": 100})


def document(key: str, *texts: str, content: str = "", **more: object) -> NewDocument:
    chunks = [NewChunk(text=t, start=n, end=n + len(t), tokens=1, embedded_hash=f"h-{t}") for n, t in enumerate(texts)]
    return NewDocument(
        key=key, source=key, content_hash=content or f"{key}{texts}", text="\n".join(texts), chunks=chunks,
        **more,  # type: ignore[arg-type]  # fields of a document
    )  # fmt: skip


def rows(catalog: Catalog, index: IndexRow) -> dict[str, int]:
    return {row.text: row.id for row in catalog.documents.changed(index.id, (0, 0), 1000)}


def test_the_migrations_make_the_schema(catalog: Catalog) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with catalog.database.engine.connect() as connection:
        options = {"compare_type": True, "render_as_batch": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.metadata) == []


def test_every_table_carries_its_tenant() -> None:
    assert [table.name for table in schema.metadata.sorted_tables if "tenant" not in table.c] == []


def test_unchanged_chunks_keep_their_id(catalog: Catalog, index: IndexRow) -> None:
    catalog.documents.put(index.id, [document("a", "one", "two", "three")])
    before = rows(catalog, index)
    seq = catalog.indexes.seq(index.id)
    catalog.documents.put(index.id, [document("a", "zero", "one", "three")])
    after = rows(catalog, index)
    assert set(after) == {"zero", "one", "three"}
    assert after["one"] == before["one"] and after["three"] == before["three"]
    assert catalog.documents.buried(index.id, seq, seq + 1) == [before["two"]]
    assert [row.text for row in catalog.documents.of(catalog.documents.all(index.id)[0].id)] == ["zero", "one", "three"]


def test_a_write_is_whole_or_not_at_all(catalog: Catalog, index: IndexRow) -> None:
    broken = document("b", "text", metadata={"not json": object()})
    with pytest.raises(Exception, match="JSON"):
        catalog.documents.put(index.id, [document("a", "one"), broken])
    assert catalog.indexes.counts(index.id) == (0, 0) and catalog.indexes.seq(index.id) == 0


def test_a_copy_takes_over_when_the_first_goes(catalog: Catalog, index: IndexRow) -> None:
    catalog.documents.put(index.id, [document("a", "one", "two", content="same")])
    before = rows(catalog, index)
    catalog.documents.put(index.id, [document("b", content="same")])
    assert catalog.indexes.counts(index.id) == (2, 2)
    assert catalog.documents.remove(index.id, ["a"]) == 1
    assert rows(catalog, index) == before
    (left,) = catalog.documents.all(index.id)
    assert left.key == "b" and left.duplicate_of is None and catalog.documents.text(left.id) == "one\ntwo"


def test_tenants_do_not_see_each_other(place: str, catalog: Catalog, index: IndexRow) -> None:
    catalog.documents.put(index.id, [document("a", "one")])
    catalog.embeddings.store("spread", ["h-one"], np.ones((1, 4), np.float32))
    with closing(Catalog(place, "other")) as other:
        assert other.indexes.names() == [] and other.embeddings.fetch("spread", ["h-one"]) == {}
        own = other.indexes.ensure("book", backend="memory", embedder="spread", chunking={})
        assert own.id != index.id and own.tenant == "other"
        other.documents.put(own.id, [document("a", "theirs")])
        other.indexes.drop(own.id)
    assert catalog.indexes.names() == ["book"] and list(rows(catalog, index)) == ["one"]
    assert set(catalog.embeddings.fetch("spread", ["h-one"])) == {"h-one"}


def test_removing_forgets_embeddings_that_nobody_uses(catalog: Catalog, index: IndexRow) -> None:
    catalog.documents.put(index.id, [document("a", "one", "both"), document("b", "both")])
    catalog.embeddings.store("spread", ["h-one", "h-both"], np.eye(2, dtype=np.float32))
    catalog.documents.remove(index.id, ["a"])
    assert set(catalog.embeddings.fetch("spread", ["h-one", "h-both"])) == {"h-both"}
    catalog.embeddings.store("wide", ["h-both"], np.eye(1, dtype=np.float32))
    catalog.indexes.forget_embeddings()
    assert catalog.embeddings.fetch("wide", ["h-both"]) == {}


def test_vectors_by_chunk(place: str, catalog: Catalog, index: IndexRow) -> None:
    catalog.documents.put(index.id, [document("a", "one", "both", "later"), document("b", "both", "x")])
    catalog.embeddings.store("spread", ["h-one", "h-both"], np.eye(2, dtype=np.float32))
    catalog.embeddings.store("wide", ["h-later"], np.ones((1, 3), np.float32))
    every = catalog.documents.changed(index.id, (0, 0), 1000)
    found = catalog.embeddings.of_chunks("spread", [9_999, *(row.id for row in every)])
    assert {i: v.tolist() for i, v in found.items()} == {
        row.id: [1.0, 0.0] if row.text == "one" else [0.0, 1.0] for row in every if row.text in ("one", "both")
    }
    assert len(found) == 3
    assert catalog.embeddings.of_chunks("spread", []) == {}
    with closing(Catalog(place, tenant="other")) as other:
        assert other.embeddings.of_chunks("spread", list(found)) == {}


def test_positions(catalog: Catalog, index: IndexRow) -> None:
    assert catalog.indexes.state(index.id, "keyword") == (0, Position())
    catalog.indexes.advance(index.id, "keyword", Position(3, 1, 7))
    catalog.indexes.advance(index.id, "keyword", Position(4, 1, 8))
    assert catalog.indexes.position(index.id, "keyword") == Position(4, 1, 8)
    assert catalog.indexes.state(index.id, "keyword") == (0, Position(4, 1, 8))


def test_a_swap_takes_place_only_when_nothing_has_changed(catalog: Catalog, index: IndexRow) -> None:
    fresh = catalog.indexes.ensure("~new~book", backend="memory", embedder="wide", chunking={})
    assert catalog.indexes.names() == ["book"]
    catalog.documents.put(index.id, [document("a", "one")])
    assert catalog.indexes.swap(index.id, fresh.id, "book", 0) is False
    assert catalog.indexes.swap(index.id, fresh.id, "book", 1) is True
    assert catalog.indexes.get("book").id == fresh.id
    assert [row.id for row in catalog.indexes.hidden("book")] == [index.id]


def test_quarantine(catalog: Catalog, index: IndexRow) -> None:
    row = QuarantineRow(key="x.pdf", source="x.pdf", reason="It is broken.", hint="Mend it.", at=1.0)
    catalog.documents.set_aside(index.id, [row])
    catalog.documents.set_aside(index.id, [row])
    assert catalog.documents.quarantined(index.id) == [row]
    catalog.documents.put(index.id, [document("x.pdf", "readable now")])
    assert catalog.documents.quarantined(index.id) == []


def test_the_text_of_a_document(catalog: Catalog, index: IndexRow) -> None:
    catalog.documents.put(index.id, [document("a", "Grüße", structure={"page_starts": [0], "blocks": []})])
    (row,) = catalog.documents.all(index.id)
    assert catalog.documents.text(row.id) == "Grüße"
    assert catalog.documents.structure(row.id) == {"page_starts": [0], "blocks": []}


def test_an_unknown_index_names_the_nearest(catalog: Catalog, index: IndexRow) -> None:
    with pytest.raises(UnknownName, match="book"):
        catalog.indexes.get("bok")


def test_a_workspace_of_a_later_release(workspace: Path) -> None:
    with closing(Catalog(workspace / "catalog.db")) as catalog:
        catalog.indexes.names()
    with closing(sqlite3.connect(workspace / "catalog.db")) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.commit()
    with (
        pytest.raises(NewerWorkspace, match="pip install --upgrade"),
        closing(Catalog(workspace / "catalog.db")) as catalog,
    ):
        catalog.indexes.names()


def test_a_file_that_is_no_database(workspace: Path) -> None:
    workspace.mkdir()
    (workspace / "catalog.db").write_bytes(b"no database at all, but long enough to be read as a header" * 9)
    with pytest.raises(WorkspaceError, match="not a database"):
        Database(workspace / "catalog.db")
    assert (workspace / "catalog.db").read_bytes().startswith(b"no database")


def test_a_database_that_was_cut_off(workspace: Path) -> None:
    Database(workspace / "catalog.db").close()
    with (workspace / "catalog.db").open("r+b") as file:
        file.truncate(20_000)
    with pytest.raises(WorkspaceError, match="is damaged"):
        Database(workspace / "catalog.db")


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(WorkspaceError, match="no folder"):
        Database(tmp_path / "file" / "catalog.db")


def test_a_url_of_something_else() -> None:
    with pytest.raises(InvalidInput, match="postgresql://"):
        Database("mysql://host/database")


def test_a_scrub_leaves_no_byte(workspace: Path) -> None:
    with closing(Catalog(workspace / "catalog.db")) as catalog:
        index = catalog.indexes.ensure("book", backend="memory", embedder="spread", chunking={})
        secret = "Wilhelmina's secret " * 40
        catalog.documents.put(index.id, [document("a", secret), document("b", "other")])
        files = [workspace / "catalog.db", workspace / "catalog.db-wal"]
        needles = [b"Wilhelmina", zlib.compress(secret.encode(), 1)[10:40]]
        assert any(needle in file.read_bytes() for file in files for needle in needles)
        catalog.documents.remove(index.id, ["a"])
        catalog.database.scrub()
        assert not any(needle in file.read_bytes() for file in files if file.exists() for needle in needles)
        assert catalog.indexes.counts(index.id) == (1, 1)
