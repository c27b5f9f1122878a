"""RagExplorer: how an index answers a question, live: scores of each arm, rank changes, evidence, the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card, Mark, Meter, Section, Table
from motadata_nb_widgets.base import Explorer, script, style

if TYPE_CHECKING:
    from motadata_nb.rag.answer import Citation
    from motadata_nb.rag.hits import Hit
    from motadata_nb.rag.index import Index
    from motadata_nb.rag.retrieval import Retrieval

__all__ = ["RagExplorer"]

# The arms are compared over as many candidates as fusion looks at.
_CANDIDATES = 100
_SHORT = 300


class RagExplorer(Explorer):
    """Ask an index and see why each passage was found. `explorer.retrieval` is what is shown.

    RagExplorer(ws.index("handbook"), "How long may I return a lamp?")
    """

    newest = frozenset({"search"})
    _esm = script("rag_explorer.js")
    _css = style("rag_explorer.css")

    def __init__(self, index: Index, question: str = "", k: int = 10, mode: str = "hybrid", where: str = "") -> None:
        self.index = index
        self.retrieval: Retrieval | None = None
        self._before: dict[int, int] = {}
        super().__init__(index=index.name, question=question, k=k, mode=mode, where=where, hits=[])
        if question:
            self._find(question, k, mode, where)
            self.later(lambda: self._mark(question, k, mode, where))

    def handle(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """`search` with question, k, mode, where; `page` with the number of a hit."""
        if message["do"] == "search":
            self.search(str(message["question"]), int(message["k"]), str(message["mode"]), str(message["where"]))
        elif message["do"] == "page" and self.retrieval is not None:
            self._send_page(int(message["hit"]))

    def search(self, question: str, k: int = 10, mode: str = "hybrid", where: str = "") -> None:
        """Show the passages of a question, then mark the sentences in them that answer it."""
        self._find(question, k, mode, where)
        if not self.outdated:
            self._mark(question, k, mode, where)

    def _find(self, question: str, k: int, mode: str, where: str) -> None:
        asked = {"question": question, "k": k, "mode": mode, "where": where, "error": None}
        if not question.strip():
            self.retrieval = None
            self.show(**asked, hits=[], summary="")
            return
        found = self.index.retrieve(question, k=max(k, _CANDIDATES), mode=mode, where=where or None)
        shown = found.hits[:k]
        rows = [_row(hit, place, found.hits, self._before) for place, hit in enumerate(shown)]
        self.retrieval, self._before = found, {hit.chunk: place for place, hit in enumerate(shown)}
        stages = " → ".join((*found.stages[:-1], f"shown {len(shown)}"))
        summary = f"{found.mode} · {found.chunks:,} chunks · {stages} · {found.seconds * 1000:.0f} ms"
        self.show(**asked, hits=rows, summary=summary)

    def _mark(self, question: str, k: int, mode: str, where: str) -> None:
        if self.retrieval is None or self.retrieval.question != question.strip():
            return
        answer = self.index.ask(question, k=min(k, 10), model="extractive", mode=mode, where=where or None)
        rows = [{**row, "marks": _marks(row, answer.citations)} for row in self.view["hits"]]
        self.show(hits=rows)

    def _send_page(self, number: int) -> None:
        from motadata_nb_widgets.pages import page_image

        assert self.retrieval is not None
        hit = self.retrieval.hits[number]
        marks = self.view["hits"][number]["marks"]
        wanted = [hit.text[start:end] for start, end in marks] or [hit.text]
        image = page_image(Path(hit.document), Path(hit.source), hit.page or 1, wanted)
        self.send({"page": number, "number": hit.page, "found": image.found}, buffers=[image.png])

    def card(self) -> Card:
        """The passages as a table."""
        view = self.view
        rows = [
            [f"[{n}]", row["source"], row["page"], Meter(row["score"]), _evidence(row)]
            for n, row in enumerate(view["hits"], 1)
        ]
        table = Table(["", "Source", "Page", "Score", "Passage"], rows, frozenset({"Page", "Score"})).without_empty(
            "Page"
        )
        section = Section(title=f"Passages ({len(rows)})", content=table, open=True)
        return Card(
            title=view["question"] or f"Explorer of {view['index']}",
            status=(view["index"], view.get("summary") or "no question yet"),
            sections=(section,) if rows else (),
        )


def _row(hit: Hit, place: int, candidates: tuple[Hit, ...], before: dict[int, int]) -> dict[str, Any]:
    was = before.get(hit.chunk)
    return {
        "text": hit.text, "score": hit.score, "source": hit.source, "document": hit.document, "page": hit.page,
        "start": hit.start, "end": hit.end, "heading": hit.heading, "title": hit.title, "marks": [],
        "metadata": {str(key): str(value) for key, value in hit.metadata.items()},
        "keyword": hit.keyword, "vector": hit.vector,
        "keyword_rank": _rank(hit.keyword, [c.keyword for c in candidates]),
        "vector_rank": _rank(hit.vector, [c.vector for c in candidates]),
        "moved": None if was is None else was - place, "fresh": bool(before) and was is None,
    }  # fmt: skip


def _marks(row: dict[str, Any], citations: tuple[Citation, ...]) -> list[list[int]]:
    """Spans of the passage that were cited."""
    starts = [c.start - row["start"] for c in citations]
    return [
        [at, at + len(c.sentence)]
        for at, c in zip(starts, citations, strict=True)
        if c.document == row["document"] and 0 <= at < len(row["text"])
    ]


def _evidence(row: dict[str, Any]) -> Mark:
    """What of a passage fits into a table: from shortly before its first cited sentence, which is marked."""
    first = min((start for start, _ in row["marks"]), default=0)
    cut = row["text"].rfind(" ", 0, first - 40) + 1 if first > 120 else 0
    text = ("… " if cut else "") + row["text"][cut : cut + _SHORT]
    shift = (2 if cut else 0) - cut
    spans = [(start + shift, min(end + shift, len(text))) for start, end in row["marks"] if start + shift < len(text)]
    return Mark(text, tuple(sorted(spans)))


def _rank(score: float | None, scores: list[float | None]) -> int | None:
    return None if score is None else 1 + sum(other is not None and other > score for other in scores)
