"""Runs every `bench_*.py` here and prints one table; a module whose data or peer is not there says why and is skipped.

A module has `run() -> list[dict]` with rows `name figure unit target ok note`. `python -m tests.benchmarks NAME …`
runs only the named ones. The exit code is 1 when a figure misses its target or a module fails.
"""

from __future__ import annotations

import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.offline import sitecustomize  # noqa: F401  the figures are taken offline

HEADERS = ("name", "figure", "unit", "target", "ok", "note")


class Skipped(Exception):
    """Raised by a benchmark whose data or peer is not on this machine; the message is the reason."""


def main(names: list[str]) -> int:
    """Print the table; 0 when every figure meets its target."""
    here = Path(__file__).parent
    found = sorted(path.stem for path in here.glob("bench_*.py"))
    unknown = [name for name in names if f"bench_{name}" not in found]
    if unknown:
        print(f"No benchmark is called {unknown[0]!r}. Known: {', '.join(f.removeprefix('bench_') for f in found)}")
        return 2
    rows: list[dict[str, Any]] = []
    for module in found:
        if not names or module.removeprefix("bench_") in names:
            rows += _rows(module)
    print(table(rows))
    return int(any(row["ok"] is False for row in rows))


def _rows(module: str) -> list[dict[str, Any]]:
    started = time.perf_counter()
    try:
        rows: list[dict[str, Any]] = import_module(f"tests.benchmarks.{module}").run()
    except Exception as error:
        if type(error).__name__ != "Skipped" and not isinstance(error, FileNotFoundError):
            traceback.print_exc()
            return [_row(module, ok=False, note=f"{type(error).__name__}: {error}")]
        return [_row(module, note=f"skipped: {error}")]
    print(f"{module}: {time.perf_counter() - started:.1f} s", file=sys.stderr)
    return rows


def _row(module: str, *, ok: bool | None = None, note: str = "") -> dict[str, Any]:
    return {"name": module, "figure": None, "unit": "", "target": "", "ok": ok, "note": note}


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as text, one line each, columns aligned."""
    lines = [HEADERS, *(tuple(_shown(row.get(h)) for h in HEADERS) for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(HEADERS))]
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    figure = HEADERS.index("figure")
    shown = [c.rjust(w) if i == figure else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths, strict=True))]
    return "  ".join(shown).rstrip()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
