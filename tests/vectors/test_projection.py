"""What a projection does after a kill, a move, a loss, in one large transaction, and where nothing can be written."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import motadata_nb
from motadata_nb.errors import BackendError
from motadata_nb.rag.search import retriever
from motadata_nb.vectors.projection import BATCH
from motadata_nb.workspace import Workspace
from tests.conftest import ROOT
from tests.vectors.spread import Spread, register

ROWS = 120
INGEST = """
import pandas as pd, motadata_nb
from tests.vectors.spread import register
from tests.vectors.test_projection import frame
register()
"""
KILLED = (
    INGEST
    + """
import os, signal
from motadata_nb.catalog.indexes import Indexes
real = Indexes.advance
def die(self, index_id, projection, position):
    if projection.startswith(NAME) and position.seq:
        os.kill(os.getpid(), signal.SIGKILL)
    real(self, index_id, projection, position)
Indexes.advance = die
motadata_nb.open(HOME, embedder="spread", backend="chroma").ingest(frame(), into="many")
"""
)
ASKED = """
import motadata_nb
from motadata_nb.errors import ReadOnlyWorkspace
with motadata_nb.open(HOME) as ws:
    index = ws.index("many")
    hits = index.retrieve("Row 7 of the ledger.", k=3)
    assert len(hits.hits) == 3 and {"keyword", "vector"} <= {stage.split()[0] for stage in hits.stages}, hits.stages
    assert "ledger" in index.ask("What does row 7 say of the ledger?").retrieval.hits[0].text
    for refused in (lambda: ws.ingest([ANOTHER], into="many"), lambda: ws.drop("many")):
        try:
            refused()
        except ReadOnlyWorkspace:
            continue
        raise AssertionError("it was written")
print("read, and refused to write")
"""


def frame(rows: int = ROWS) -> pd.DataFrame:
    """Rows that differ in every vector."""
    return pd.DataFrame({"id": range(rows), "text": [f"Row {n} of the ledger." for n in range(rows)]})


def _opened(home: Path) -> Workspace:
    register()
    return motadata_nb.open(home, embedder="spread", backend="chroma")


def _python(code: str, before: list[str] | None = None, **names: object) -> subprocess.CompletedProcess[str]:
    given = "".join(f"{name} = {value!r}\n" for name, value in names.items())
    command = [*(before or []), sys.executable, "-c", given + code]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=160)


def _stored(ws: Workspace, mode: str) -> set[str]:
    """The documents that a search in one projection finds, each chunk counted once."""
    hits = ws.index("many").retrieve("Row of the ledger.", k=1000, mode=mode).hits
    assert len({hit.chunk for hit in hits}) == len(hits)
    return {hit.document for hit in hits}


@pytest.mark.slow
@pytest.mark.parametrize("projection", ["keyword", "vector"])
def test_a_kill_between_the_write_and_the_mark(workspace: Path, projection: str) -> None:
    killed = _python(KILLED, HOME=str(workspace), NAME=projection)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-2000:]
    with _opened(workspace) as ws:
        assert len(ws.index("many").documents()) == ROWS, "the catalog has everything"
        for mode in ("keyword", "vector"):
            assert _stored(ws, mode) == {str(n) for n in range(ROWS)}
        assert ws.ingest(frame(), into="many").unchanged == ROWS


@pytest.mark.slow
def test_one_transaction_larger_than_a_batch(workspace: Path) -> None:
    """The mark cannot move within a transaction, so that what is broken off begins it again."""
    paragraphs = 2 * BATCH + 90
    text = "\n\n".join(f"# Part {n}\n\nRow {n} of the ledger has the sum of {n * 7}." for n in range(paragraphs))
    (workspace.parent / "long.md").write_text(text)
    with _opened(workspace) as ws:

        def interrupt(written: int) -> None:
            raise KeyboardInterrupt

        run = ws.ingestion("long.md", "many")
        run._embed_some = interrupt  # type: ignore[method-assign]  # an interrupt after the first batch
        with pytest.raises(KeyboardInterrupt):
            run.run()
    with _opened(workspace) as ws:
        index = ws.index("many")
        assert index.describe().chunks >= paragraphs > 2 * BATCH
        index.catch_up()
        assert index.describe().pending == 0
        assert len(index.retrieve("Row 599 of the ledger", k=1000, mode="vector").hits) == index.describe().chunks


@pytest.mark.slow
def test_a_workspace_can_be_moved(workspace: Path) -> None:
    with _opened(workspace) as ws:
        ws.ingest(frame(), into="many")
    moved = workspace.with_name("moved")
    shutil.move(workspace, moved)
    with _opened(moved) as ws:
        assert len(_stored(ws, "vector")) == ROWS


@pytest.mark.slow
def test_what_is_lost_is_written_again(workspace: Path) -> None:
    """The mark says that all is written, but the backend is empty: the catalog has it."""
    with _opened(workspace) as ws:
        ws.ingest(frame(), into="many")
        ws.index("many")._store.vector.reading(lambda target: target.backend.delete(list(range(1, ROWS + 1))))
    with _opened(workspace) as ws:
        assert len(_stored(ws, "vector")) == ROWS


def _frozen(folder: Path) -> list[str]:
    """What stands before a command for which the folder cannot be written."""
    if os.geteuid():
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o500 if path.is_dir() else 0o400)
        return []
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec "$@"'
    before = ["unshare", "-m", "sh", "-c", mount, str(folder)]
    if not shutil.which("unshare") or subprocess.run([*before, "true"], capture_output=True).returncode:
        pytest.skip("root may write everywhere, and cannot mount a folder for reading only here")
    return before


@pytest.mark.slow
def test_a_workspace_that_can_only_be_read_answers(workspace: Path) -> None:
    with motadata_nb.open(workspace, backend="chroma") as ws:
        ws.ingest(frame(30), into="many")
    (workspace.parent / "another.md").write_text("Another text.")
    done = _python(ASKED, _frozen(workspace), HOME=str(workspace), ANOTHER=str(workspace.parent / "another.md"))
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == "read, and refused to write\n"


BEHIND = """
import pandas as pd
from motadata_nb.rag.search import keyword
from tests.vectors.test_projection import frame
if OLD:
    keyword._ANALYZER = "an_earlier_one"
with motadata_nb.open(HOME, backend=BACKEND) as ws:
    ws.ingest(frame(20), into="many")
    if not OLD:
        run = ws.ingestion(frame(30), "many")
        run._pipeline.run(run._sources, lambda outcome: None)
"""
ASKED_BEHIND = """
import motadata_nb
from motadata_nb.errors import ReadOnlyWorkspace
with motadata_nb.open(HOME) as ws:
    index = ws.index("many")
    for mode in ("keyword", "vector"):
        found = index.retrieve(f"Row {LAST} of the ledger.", k=1, mode=mode)
        assert found.hits[0].document == str(LAST) and not found.pending, (mode, found)
    assert len(ws.diff("many@memory", "many@duckdb", "Row 7").df)
    away = "duckdb" if index.row.backend == "lancedb" else "lancedb"
    for refused in (index.purge, index.reindex, index.snapshot, lambda: index.move(away), lambda: index.delete("1")):
        try:
            refused()
        except ReadOnlyWorkspace:
            continue
        raise AssertionError("it was written")
print("read")
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["chroma", "duckdb", "lancedb", "memory", "qdrant"])
@pytest.mark.parametrize(
    "old", [True, False], ids=["written by an older release", "with documents that are not indexed"]
)
def test_what_only_the_catalog_has_is_found_where_nothing_can_be_written(
    workspace: Path, backend: str, old: bool
) -> None:
    made = _python(INGEST + BEHIND, HOME=str(workspace), BACKEND=backend, OLD=old)
    assert made.returncode == 0, made.stderr[-2000:]
    done = _python(ASKED_BEHIND, _frozen(workspace), HOME=str(workspace), LAST=19 if old else 29)
    assert (done.returncode, done.stdout) == (0, "read\n"), done.stderr[-2000:]


def test_a_lost_connection_is_made_anew(workspace: Path, postgres_url: str) -> None:
    register()
    with motadata_nb.open(workspace, embedder="spread", backend_urls={"pgvector": postgres_url}) as ws:
        ws.ingest(frame(4), into="x", backend="pgvector")
        break_connections(postgres_url)
        assert len(ws.index("x").retrieve("Row 1", mode="vector").hits) == 4
        break_connections(postgres_url)
        assert ws.ingest(frame(6), into="x").added == 2
        assert len(ws.index("x").retrieve("Row 1", mode="vector").hits) == 6
        ws.drop("x")


def break_connections(url: str) -> None:
    """As a server that is started anew does."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND query LIKE '%motadata%'"
        )


def test_a_question_does_not_wait_for_all_that_is_to_be_embedded(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Spread, texts: object) -> None:
        raise RuntimeError("out of memory")

    register()
    with motadata_nb.open(workspace, embedder="spread", backend="duckdb") as ws:
        with monkeypatch.context() as patch, pytest.raises(BackendError, match="found by words"):
            patch.setattr(Spread, "embed", broken)
            ws.ingest(frame(2 * BATCH + 10), into="many")
        monkeypatch.setattr(retriever, "_PATIENCE_S", 0.0)
        index, left = ws.index("many"), []
        for mode in ("hybrid", "vector", "hybrid"):
            found = index.retrieve("Row 7 of the ledger.", mode=mode)
            left.append(" ".join(found.remarks))
            assert found.hits
        assert left == [
            "still being embedded: 266 of 522 chunks are found by keyword only",
            "still being embedded: 10 of 522 chunks are not found yet",
            "",
        ]
