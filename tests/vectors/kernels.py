"""What the processes of `test_several_processes.py` do: `python kernels.py ROLE HOME BACKEND …`."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import motadata_nb
from tests.vectors.spread import Spread, register

ROWS = 1000


def text(writer: int, row: int) -> str:
    """The text of one document."""
    return f"Writer {writer} wrote row {row} of the ledger."


def _open(home: str, backend: str) -> Any:
    register()
    return motadata_nb.open(home, embedder="spread", backend=backend)


def write(home: str, backend: str, writer: str, rows: str = str(ROWS)) -> None:
    """Ingest rows in four parts."""
    import pandas as pd

    ws = _open(home, backend)
    number, count = int(writer), int(rows)
    for at in range(0, count, count // 4):
        names = [f"{number}-{row}" for row in range(at, at + count // 4)]
        texts = [text(number, row) for row in range(at, at + count // 4)]
        ws.ingest(pd.DataFrame({"id": names, "text": texts}), into="many")
    print("done", flush=True)


def read(home: str, backend: str, stop: str) -> None:
    """Ask until the file `stop` is there; then, in the same open workspace, look for everything."""
    ws = _open(home, backend)
    index = ws.index("many")
    asked, reads = Spread().embed([text(0, n) for n in range(50)]), 0
    print("ready", flush=True)
    while not Path(stop).exists():
        index._store.vector.reading(lambda target: target.backend.search(asked[7], 10))
        reads += 1
        time.sleep(0.005)
    moved = time.monotonic()
    last = [(text(writer, ROWS - 1), f"{writer}-{ROWS - 1}") for writer in range(int(Path(stop).read_text()))]
    while not _all_found(index, last) and time.monotonic() < moved + 30:
        time.sleep(0.01)
    visible_s = time.monotonic() - moved
    missing = _missing(index, int(Path(stop).read_text()))
    while missing and time.monotonic() < moved + 30:
        missing = _missing(index, int(Path(stop).read_text()))
    print(json.dumps({"missing": len(missing), "visible_s": visible_s, "reads": reads}), flush=True)


def _missing(index: Any, writers: int) -> list[str]:
    wanted = {text(w, r): f"{w}-{r}" for w in range(writers) for r in range(ROWS)}
    return _not_found(index, wanted)


def _all_found(index: Any, wanted: list[tuple[str, str]]) -> bool:
    return not _not_found(index, dict(wanted))


def _not_found(index: Any, wanted: dict[str, str]) -> list[str]:
    """Keys of documents that a search for their own text does not find."""
    vectors = Spread().embed(list(wanted))
    found = index._store.vector.reading(lambda target: [target.backend.search(v, 1) for v in vectors])
    chunks = index._catalog.documents.chunks([matches[0].id for matches in found if matches])
    have = {row.document for row in chunks.values()}
    return sorted(set(wanted.values()) - have)


if __name__ == "__main__":
    {"write": write, "read": read}[sys.argv[1]](*sys.argv[2:])
