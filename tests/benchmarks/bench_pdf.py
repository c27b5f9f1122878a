"""PDF text beside pdftext and MarkItDown, where they are installed: F1 of words, their order, milliseconds a page.

The truth is the Markdown beside some of the collected files, its marks taken out; time is taken over the two documents
of the quickstart, 190 pages. The same files go through all.
"""

from __future__ import annotations

import difflib
import re
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from motadata_nb.ingestion.base import RawDocument
from motadata_nb.ingestion.parsers.pdf import PdfParser

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
FOLDER = DATA / "ingestion"
PAIRS = (("docling/pdf/sources", "docling/pdf/groundtruth", ".md"),)
MARKS = re.compile(r"<!--.*?-->|!\[[^\]]*\]\([^)]*\)|^\|[\s:|-]+\|\s*$|^#+ ", re.DOTALL | re.MULTILINE)


def run() -> list[dict[str, Any]]:
    """Rows of the benchmark; peers that are not installed are left out."""
    files = _files()
    if not files:
        raise FileNotFoundError("no evaluation data beside the project")
    readers = {"ours": _ours, "pdftext": _pdftext, "markitdown": _markitdown}
    present = [name for name in readers if name == "ours" or find_spec(name)]
    scores = {name: _score(readers[name], files) for name in present}
    return [row for name in present for row in _rows(name, *scores[name])] + _ratio(scores)


def _files() -> list[tuple[Path, str]]:
    found = []
    for sources, truths, suffix in PAIRS:
        for source in sorted((FOLDER / sources).glob("*.pdf")):
            truth = FOLDER / truths / (source.stem + suffix)
            if truth.exists():
                found.append((source, MARKS.sub("", truth.read_text("utf-8")).replace("|", " ").replace("\\_", "_")))
    return found


def _score(read: Callable[[Path], tuple[str, int]], files: list[tuple[Path, str]]) -> tuple[float, float, float]:
    f1 = order = 0.0
    for path, truth in files:
        text, _ = read(path)
        words, wanted = re.findall(r"\w+", text.lower()), re.findall(r"\w+", truth.lower())
        shared = sum((Counter(words) & Counter(wanted)).values())
        f1 += 2 * shared / max(1, len(words) + len(wanted))
        order += difflib.SequenceMatcher(None, words, wanted, autojunk=False).ratio()
    return f1 / len(files), order / len(files), _milliseconds_a_page(read)


def _milliseconds_a_page(read: Callable[[Path], tuple[str, int]]) -> float:
    begun = time.process_time()
    pages = sum(read(path)[1] for path in sorted((DATA / "demo").glob("*.pdf")))
    return 1000 * (time.process_time() - begun) / pages


def _rows(name: str, f1: float, order: float, ms: float) -> list[dict[str, Any]]:
    own = name == "ours"
    return [
        _row(f"pdf {name} word F1", round(f1, 3), "", "≥ 0.89" if own else "", f1 >= 0.89 if own else None),
        _row(f"pdf {name} order", round(order, 3), "", "", None),
        _row(f"pdf {name} time", round(ms, 1), "ms/page", "≤ 30" if own else "", ms <= 30 if own else None),
    ]


def _ratio(scores: dict[str, tuple[float, float, float]]) -> list[dict[str, Any]]:
    if "pdftext" not in scores:
        return []
    ratio = scores["ours"][2] / scores["pdftext"][2]
    return [_row("pdf time beside pdftext", round(ratio, 2), "x", "≤ 1", ratio <= 1)]


def _row(name: str, figure: float, unit: str, target: str, ok: bool | None) -> dict[str, Any]:
    return {
        "name": name,
        "figure": figure,
        "unit": unit,
        "target": target,
        "ok": ok,
        "note": "few files, tool-made truth",
    }


def _ours(path: Path) -> tuple[str, int]:
    parsed = PdfParser().parse(RawDocument(source=path.name, data=path.read_bytes(), mime="application/pdf"))
    return parsed.text, parsed.pages or 1


def _pages(path: Path) -> int:
    import pypdfium2

    with pypdfium2.PdfDocument(path) as document:
        return len(document)


def _pdftext(path: Path) -> tuple[str, int]:
    from pdftext.extraction import plain_text_output  # type: ignore[import-not-found]  # a peer, rarely installed

    return plain_text_output(str(path), sort=False, hyphens=False), _pages(path)


def _markitdown(path: Path) -> tuple[str, int]:
    from markitdown import MarkItDown  # type: ignore[import-not-found]  # a peer, rarely installed

    return MarkItDown().convert(str(path)).text_content, _pages(path)
