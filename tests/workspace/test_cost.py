"""What calls cost, from the ledger in the catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

import motadata_nb as mn
from motadata_nb.errors import UnknownName
from motadata_nb.telemetry.cost import CostReport


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


def test_tiny_sums_keep_the_digits_that_say_something() -> None:
    call = {
        "model": "openai/gpt-4o-mini", "cost": 0.0000042, "at": 0.0, "seconds": 0.1, "cached": False,
        "input_tokens": 8, "output_tokens": 5, "error": None, "cell": "",
    }  # fmt: skip
    report = str(CostReport(calls=(call, call), by="model"))
    assert "$0.0000084" in report and "0.0000 " not in report
