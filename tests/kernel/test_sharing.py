"""Nothing is lost: a killed kernel in the middle of an ingestion, and two kernels on one workspace."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.conftest import Kernel

pytestmark = pytest.mark.slow


def _documents(folder: Path, name: str, count: int) -> None:
    (folder / name).mkdir()
    for n in range(count):
        facts = "\n\n".join(f"Fact {name} {n} {i}: parcel {i * n} weighs {n + i} kilograms." for i in range(12))
        (folder / name / f"{n}.md").write_text(f"# Part {n}\n\n{facts}")


def test_a_killed_ingestion_goes_on_where_it_was(folder: Path, kernels: Callable[..., Kernel]) -> None:
    _documents(folder, "parts", 60)
    killed = kernels()
    cell = killed.start("%ingest parts --into parts")
    killed.finish(cell, until=lambda ran: "embedding" in str(ran.of("display_data", "update_display_data")))
    pid = killed.manager.provisioner.pid  # type: ignore[union-attr]  # a local kernel has a process
    os.kill(pid, signal.SIGKILL)
    again = kernels()
    again.run("%ingest parts --into parts --out report")
    assert again.value("report.documents, report.interrupted, int(report.quarantined)") == "60 False 0"
    assert again.value("ws.index('parts').describe().pending" if again.run("import motadata_nb as mn; ws = mn.open()")
                       else "") == "0"  # fmt: skip
    found = again.value("len({h.document for n in range(60) for h in ws.index('parts').retrieve("
                        "f'Fact parts {n} 3', k=3, mode='keyword').hits})")  # fmt: skip
    assert int(found) == 60
    again.run("%ingest parts --into parts --out report")
    assert again.value("int(report.unchanged), report.embedded") == "60 0"


def test_two_kernels_on_one_workspace(folder: Path, kernels: Callable[..., Kernel]) -> None:
    _documents(folder, "left", 12)
    _documents(folder, "right", 12)
    one, two = kernels(), kernels()
    first = one.start("%ingest left --into both --out report")
    second = two.start("%ingest right --into both --out report")
    for kernel, cell in ((one, first), (two, second)):
        ran = kernel.finish(cell)
        assert ran.reply["status"] == "ok", ran.reply.get("evalue")
    for kernel in (one, two):
        kernel.run("%rag show both --out shown")
        assert kernel.value("shown.documents, shown.pending") == "24 0"
        for side in ("left", "right"):
            kernel.run(f"%%rag both --out ans\nHow much does parcel 3 of fact {side} 3 weigh?")
            assert side in kernel.value("[c.source for c in ans.citations]")
