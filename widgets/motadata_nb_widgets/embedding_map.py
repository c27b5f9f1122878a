"""EmbeddingMap: the points of an index on a plane, with a question and its hits; a lasso gives a DataFrame."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from motadata_nb.cards import Card, Section, Table
from motadata_nb_widgets.base import Explorer, script, style
from motadata_nb_widgets.projection import arrange, cluster, principal, themes

if TYPE_CHECKING:
    import pandas as pd

    from motadata_nb.rag.index import Index

__all__ = ["EmbeddingMap"]

_ARRANGED = 30_000
_HITS = 10


class EmbeddingMap(Explorer):
    """A map of vectors with their rows. `map.selected` is a DataFrame of the points inside the lasso.

    EmbeddingMap.of(ws.index("handbook"), "How long may I return a lamp?")
    EmbeddingMap(vectors, frame)      # any vectors, points × dimensions; frame has a column `text`
    """

    newest = frozenset({"ask", "select", "text"})
    _esm = script("embedding_map.js")
    _css = style("embedding_map.css")

    points = traitlets.Bytes().tag(sync=True)
    groups = traitlets.Bytes().tag(sync=True)

    def __init__(self, vectors: NDArray[np.float32], frame: pd.DataFrame, *, name: str = "", index: Any = None) -> None:
        self.frame = frame.reset_index(drop=True)
        self.index = index
        self._vectors = _unit(vectors)
        self._layout = principal(self._vectors)
        self._picked = np.zeros(0, np.int32)
        texts = [str(text) for text in self.frame.get("text", [""] * len(frame))]
        self._places = {
            (str(r.get("document")), r.get("start")): n for n, r in enumerate(self.frame.to_dict("records"))
        }
        names, self._of = themes(texts, cluster(self._vectors))
        sizes = np.bincount(self._of, minlength=len(names)).tolist()
        clusters = [{"name": name, "size": size} for name, size in zip(names, sizes, strict=True)]
        super().__init__(name=name, total=len(frame), clusters=clusters, question="", hits=[], star=None, selected=0)
        self.groups = self._of.astype(np.uint8).tobytes()
        self.points = self._layout.tobytes()
        if len(frame) <= _ARRANGED:
            self.later(self._arrange)

    @classmethod
    def of(cls, index: Index, question: str = "") -> EmbeddingMap:
        """The map of an index's chunks."""
        import pandas as pd

        rows, vectors = index.vectors()
        columns = ["source", "page", "text", "document", "start", "end"]
        frame = pd.DataFrame([[getattr(row, c) for c in columns] for row in rows], columns=columns)
        made = cls(vectors, frame, name=index.name, index=index)
        if question:
            made.ask(question)
        return made

    @property
    def selected(self) -> pd.DataFrame:
        """The rows inside the lasso, with their `cluster`."""
        frame = self.frame.iloc[self._picked].copy()
        names = [c["name"] for c in self.view["clusters"]]
        frame["cluster"] = [names[c] for c in self._of[self._picked]]
        return frame

    def handle(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """`select` points, `text` of a point, `ask` a question."""
        if message["do"] == "select":
            self.select(np.frombuffer(buffers[0], np.int32))
        elif message["do"] == "text":
            row = self.frame.iloc[int(message["point"])]
            self.send(
                {
                    "point": message["point"],
                    "text": str(row.get("text", ""))[:400],
                    "source": str(row.get("source", "")),
                }
            )
        elif message["do"] == "ask":
            self.ask(str(message["question"]))

    def select(self, points: Sequence[int] | NDArray[np.int32]) -> None:
        """Choose points by number."""
        self._picked = np.asarray(points, np.int32)
        self.show(selected=len(self._picked))

    def ask(self, question: str) -> None:
        """Mark the hits of a question, and the question itself among them."""
        if self.index is None or not question.strip():
            self.show(question=question, hits=[], star=None, error=None)
            return
        hits = []
        for hit in self.index.retrieve(question, k=_HITS).hits:
            place = self._places.get((hit.document, hit.start))
            if place is not None:
                row = {
                    "point": place,
                    "score": hit.score,
                    "source": hit.source,
                    "page": hit.page,
                    "text": hit.text[:300],
                }
                hits.append(row)
        self.show(question=question, hits=hits, star=self._star(hits), error=None)

    def _star(self, hits: list[dict[str, Any]]) -> list[float] | None:
        """Where a question stands: among its hits, nearer to the better ones."""
        if not hits:
            return None
        weights = np.array([hit["score"] ** 4 for hit in hits])
        where = self._layout[[hit["point"] for hit in hits]]
        return [float(x) for x in (where * weights[:, None]).sum(axis=0) / weights.sum()]

    def _arrange(self) -> None:
        self._layout = arrange(self._vectors, self._of, self._layout)
        self.points = self._layout.tobytes()
        self.show(star=self._star(self.view["hits"]))

    def card(self) -> Card:
        """The clusters as a table."""
        rows = [[c["name"], c["size"]] for c in sorted(self.view["clusters"], key=lambda c: -c["size"])]
        table = Table(["Words", "Points"], rows, frozenset({"Points"}))
        section = Section(title=f"Clusters ({len(rows)})", content=table, open=True)
        return Card(
            title=f"Map of {self.view['name'] or 'vectors'}",
            status=(f"{self.view['total']:,} points",),
            sections=(section,),
        )


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    vectors = np.asarray(vectors, np.float32)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths == 0, 1, lengths)).astype(np.float32)
