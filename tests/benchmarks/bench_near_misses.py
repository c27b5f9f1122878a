"""Questions that a page answers, and questions that it nearly answers, on pages written for this in four languages:
how many of the first are refused, and how many of the second are answered, without a language model.

A page is a file of `near_misses/`: its text, the questions with what their answer has (`== answerable`), and those that
it does not answer (`== near`). Rules were made from the pages whose names begin with `tune`; nothing was made from
those that begin with `held`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import motadata_nb as mn
from motadata_nb.rag.answer import Answer
from motadata_nb.workspace import Workspace

PAGES = Path(__file__).parent / "near_misses"
FALSELY_REFUSED = 0.03
"""The largest share of questions with an answer that may be refused."""


class Page(NamedTuple):
    """A page and its questions."""

    name: str
    text: str
    answerable: Sequence[tuple[str, str]]
    """Each with what the sentence that answers it has."""
    near: Sequence[str]


class Seen(NamedTuple):
    """What became of a question of one of the pages."""

    page: str
    question: str
    said: str
    """What the answer must have; empty for a near miss."""
    answer: Answer


def pages(kind: str) -> list[Page]:
    """The pages whose names begin with that."""
    return [_page(path) for path in sorted(PAGES.glob(f"{kind}-*.md"))]


def _page(path: Path) -> Page:
    text, _, rest = path.read_text("utf-8").partition("\n== answerable\n")
    answerable, near = ([line.partition("|") for line in part.splitlines()] for part in rest.split("== near\n"))
    return Page(
        path.stem, text, [(q.strip(), said.strip()) for q, _, said in answerable], [q.strip() for q, *_ in near]
    )


def asked(workspace: Workspace, kind: str) -> list[Seen]:
    """Every question of the pages, asked of an index with its page alone."""
    seen = []
    with tempfile.TemporaryDirectory() as folder:
        for page in pages(kind):
            path = Path(folder) / f"{page.name}.md"
            path.write_text(page.text, encoding="utf-8")
            workspace.ingest(str(path), into=page.name)
            ask = workspace.index(page.name).ask
            questions = [*page.answerable, *((question, "") for question in page.near)]
            seen += [Seen(page.name, question, said, ask(question)) for question, said in questions]
    return seen


def run() -> list[dict[str, Any]]:
    """Rows of the table."""
    with tempfile.TemporaryDirectory() as home, mn.open(Path(home) / ".motadata") as workspace:
        return [row for kind in ("tune", "held") for row in _rows(kind, asked(workspace, kind))]


def _rows(kind: str, seen: Sequence[Seen]) -> list[dict[str, Any]]:
    whole = [one for one in seen if one.said], [one for one in seen if not one.said]
    refused = _share(whole[0], lambda one: not one.answer.found)
    first = _share(whole[0], lambda one: one.said in _first(one.answer))
    return [
        _row(f"{kind} falsely refused", refused, f"{len(whole[0])} questions with an answer", FALSELY_REFUSED),
        _row(f"{kind} right sentence first", first, "of the same questions"),
        _row(
            f"{kind} near misses answered", _share(whole[1], lambda one: one.answer.found), f"{len(whole[1])} questions"
        ),
    ]


def _first(answer: Answer) -> str:
    return answer.citations[0].sentence if answer.citations else ""


def _share(seen: Sequence[Seen], holds: Callable[[Seen], bool]) -> float:
    return fmean(holds(one) for one in seen)


def _row(name: str, figure: float, note: str, most: float | None = None) -> dict[str, Any]:
    shown = "" if most is None else f"\u2264 {most}"
    met = None if most is None else figure <= most
    return {"name": name, "figure": figure, "unit": "share", "target": shown, "ok": met, "note": note}
