"""IngestPanel: drop files, see them go into an index, and what was set aside and why."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card, counted
from motadata_nb.errors import InvalidInput
from motadata_nb_widgets.base import Explorer, script, style

if TYPE_CHECKING:
    from motadata_nb.ingestion.pipeline import Progress
    from motadata_nb.ingestion.report import IngestReport
    from motadata_nb.workspace import Workspace

__all__ = ["IngestPanel"]

_EVERY_S = 0.1


class IngestPanel(Explorer):
    """Upload documents into an index. Files are kept in the workspace's `uploads/`; `panel.report` is the last report.

    IngestPanel(ws, into="handbook")
    """

    _esm = script("ingest_panel.js")
    _css = style("ingest_panel.css")

    def __init__(self, workspace: Workspace, into: str = "documents") -> None:
        self.workspace = workspace
        self.report: IngestReport | None = None
        self._next = 0.0
        super().__init__(index=into, indexes=workspace.indexes(), progress=None, report=None)

    @classmethod
    def of(cls, workspace: Workspace, report: IngestReport) -> IngestPanel:
        """The panel with a report that is there already."""
        panel = cls(workspace, report.index)
        panel._done(report)
        return panel

    def handle(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """`part` of a file to keep; `ingest` the files that are kept, or a folder, address or glob."""
        if message["do"] == "part":
            path = self._folder(str(message["index"])) / _safe(str(message["name"]))
            with path.open("wb" if message["first"] else "ab") as file:
                file.write(buffers[0])
            self.send({"kept": message["name"], "part": message["part"]})
        elif message["do"] == "ingest":
            folder = self._folder(str(message["index"]))
            files = [str(folder / _safe(str(name))) for name in message["files"]]
            self.ingest([*files, *([message["source"]] if message.get("source") else [])], str(message["index"]))

    def ingest(self, sources: list[str], into: str) -> None:
        """Ingest, with progress in the widget; an error of the whole stands in the widget too."""
        self.show(index=into, progress={"text": "Starting", "share": None}, report=None, error=None)
        run = self.workspace.ingestion(sources, into, progress=self._tell)
        try:
            self._done(run.run())
        finally:
            self.show(progress=None, indexes=self.workspace.indexes())

    def _named(self, source: str) -> str:
        """What was uploaded by its own name; all else as it is."""
        return source.rpartition("/")[2] if f"uploads/{_safe(self.view['index'])}/" in source else source

    def _folder(self, index: str) -> Path:
        folder = Path(self.workspace.folder) / "uploads" / _safe(index)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _tell(self, progress: Progress) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + _EVERY_S
        of = f" of {progress.total:,}" if progress.total else ""
        aside = f" · {progress.quarantined} set aside" if progress.quarantined else ""
        text = f"{progress.stage} {progress.done:,}{of} {progress.unit}{aside} · {progress.seconds:.0f} s"
        self.show(progress={"text": text, "share": progress.done / progress.total if progress.total else None})

    def _done(self, report: IngestReport) -> None:
        self.report = report
        counts = {"added": report.added, "updated": report.updated, "unchanged": report.unchanged,
                  "removed": report.removed, "set aside": report.quarantined}  # fmt: skip
        rows = [[self._named(o.source), o.status, o.chunks, o.reason, o.hint] for o in report.outcomes[:10_000]]
        rows.sort(key=lambda row: row[1] != "quarantined")
        title = f"{report.index}: {counted(report.documents, 'document')}, {counted(report.chunks, 'chunk')}"
        shown = {
            "title": title,
            "seconds": report.seconds,
            "counts": {k: int(v) for k, v in counts.items()},
            "rows": rows,
        }
        self.show(report=shown)

    def card(self) -> Card:
        """The last report's card."""
        if self.report is not None:
            return self.report._card()
        return Card(title=f"Upload into {self.view['index']}", status=("%ingest FILE --into NAME does the same",))


def _safe(name: str) -> str:
    """A file name without a folder, that no system refuses. Raises InvalidInput when nothing is left."""
    safe = re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", name).strip(". ")[:150]
    if not safe:
        raise InvalidInput(f"{name!r} cannot be a file's name.", "Rename the file and drop it again.")
    return safe
