"""The line that says how far something is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from motadata_nb.cards import counted

if TYPE_CHECKING:
    from motadata_nb.ingestion.pipeline import Progress

__all__ = ["progress_line"]


def progress_line(progress: Progress) -> str:
    """How far something is, how fast, and what is left of it."""
    rate = progress.done / progress.seconds if progress.seconds else 0.0
    unit = counted(progress.total or progress.done, progress.unit.removesuffix("s"))
    parts = [f"{progress.stage} {f'{progress.done:,} of ' if progress.total else ''}{unit}", f"{rate:,.0f}/s"]
    if progress.total and rate:
        parts.append(f"{(progress.total - progress.done) / rate:,.0f} s left")
    if progress.quarantined:
        parts.append(f"{progress.quarantined} set aside")
    return " · ".join(parts)
