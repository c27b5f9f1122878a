"""What calls cost, from the ledger in the catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

import motadata_nb as mn
from motadata_nb.errors import UnknownName


def test_calls_are_counted_and_survive_the_session(workspace: Path) -> None:
    with mn.open(workspace) as ws:
        ws.gateway.complete("one", model="scripted")
        ws.gateway.complete("two", model="scripted")
        report = ws.cost()
        assert len(report.calls) == 2 and report.total == 0 and list(report.groups()) == ["scripted"]
        assert "2 calls" in str(report)
    with mn.open(workspace) as ws:
        assert list(ws.cost().df["model"]) == ["scripted", "scripted"]
        with pytest.raises(UnknownName, match="model"):
            ws.cost(by="modle")
