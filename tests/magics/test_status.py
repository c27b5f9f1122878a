"""%motadata: status, connect, help, snippets, and what is proposed after an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.testing.openai_server import OpenAIServer
from motadata_nb_magics.snippets import SNIPPETS
from tests.magics.conftest import Cells


def _next(cells: Cells) -> str:
    """The cell that was proposed; taken away, as a front end does."""
    found = [p for p in cells.shell.payload_manager.read_payload() if p["source"] == "set_next_input"]
    cells.shell.payload_manager.clear_payload()
    return str(found[-1]["text"]) if found else ""


@pytest.fixture
def proposals(handbook: Cells) -> Cells:
    """Cells of a front end that takes proposals, as a kernel's shell does."""

    def propose(text: str, replace: bool = False) -> None:
        handbook.shell.payload_manager.write_payload({"source": "set_next_input", "text": text, "replace": replace})

    handbook.shell.set_next_input = propose  # type: ignore[method-assign]  # the plain shell keeps it for a prompt
    return handbook


def test_status(handbook: Cells, workspace: Path) -> None:
    text = str(handbook.run("%motadata"))
    assert "handbook" in text and str(workspace) in text and "none: answers are extracted" in text
    assert len(text.splitlines()) <= 10
    handbook.run("%config Motadata.ai = False")
    assert "switched off" in str(handbook.run("%motadata"))


def test_status_says_what_was_spent(handbook: Cells) -> None:
    with OpenAIServer() as server:
        handbook.run(f"%config Motadata.api_base = {server.url!r}")
        handbook.run("%%llm openai/gpt-5-mini\nHello")
        assert "Cost so far" in str(handbook.run("%motadata"))


def test_connect(handbook: Cells, tmp_path: Path) -> None:
    handbook.run(f"%motadata connect {tmp_path}/other")
    assert handbook.run("%rag ls").rows == []
    handbook.run("%motadata workspace --out ws")
    assert handbook["ws"].folder == tmp_path / "other"
    handbook.run("import motadata_nb as mn; same = mn.open().folder")
    assert handbook["same"] == tmp_path / "other"


@pytest.mark.parametrize("place", ["postgresql://nobody:hidden-word@127.0.0.1:1/none", "nothing://x", "/dev/null/x"])
def test_connect_to_nowhere_changes_nothing(handbook: Cells, place: str) -> None:
    error = handbook.error(f"%motadata connect {place}")
    assert "hidden-word" not in str(error)
    assert [row[0] for row in handbook.run("%rag ls").rows] == ["handbook"]


def test_help_and_snippets(proposals: Cells) -> None:
    listed = proposals.run("%motadata help")
    assert {"%%rag", "%ingest", "%budget"} <= {row[0] for row in listed.rows}
    assert "--mode" in repr(proposals.run("%motadata help %%rag"))
    assert isinstance(proposals.error("%motadata help ragg"), UnknownName)
    assert len(proposals.run("%motadata snippet").rows) == len(SNIPPETS)
    proposals.run("%motadata snippet ask")
    assert _next(proposals) == SNIPPETS["ask"]
    assert "%motadata snippet ask" in proposals.error("%motadata snippet askk").hint


def test_warmup_loads_in_the_background(handbook: Cells) -> None:
    assert "embedding model" in str(handbook.run("%motadata warmup"))


def test_nothing_to_fix(cells: Cells) -> None:
    assert isinstance(cells.error("%motadata fix"), InvalidInput)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("%%rag handbok --k 2\nHow long?", "%%rag handbook --k 2\nHow long?"),
        ("%%rag handbook --kk 2\nHow long?", "%%rag handbook --k 2\nHow long?"),
        ("%%ragg handbook\nHow long?", "%%rag handbook\nHow long?"),
        ("%%rag handbook\nWhat of {{ tickts }}?", "%%rag handbook\nWhat of {{ tickets }}?"),
        ("sum(tickts)", "sum(tickets)"),
        ("prnt('x')", "print('x')"),
        ("tickets.apend(3)", "tickets.append(3)"),
        ("table['citty']", "table['city']"),
        ("import jsn", "import json"),
        ("import sklearnn_not_there", "%pip install sklearnn_not_there"),
    ],
)
def test_rules_propose_the_cell_that_was_meant(proposals: Cells, wrong: str, right: str) -> None:
    proposals.run("import pandas as pd; tickets = [1]; table = pd.DataFrame({'city': ['Leiden']})")
    assert not proposals.shell.run_cell(wrong).success
    fixed = proposals.run("%motadata fix")
    assert fixed.cell == right and _next(proposals) == right
    assert fixed.why and fixed.by == "rules"


def test_a_model_proposes_when_rules_do_not(proposals: Cells) -> None:
    with OpenAIServer() as server:
        proposals.run(f"%config Motadata.api_base = {server.url!r}")
        assert not proposals.shell.run_cell("1 / 0").success
        without = proposals.run("%motadata fix")
        assert without.cell == "" and "divided by zero" in without.why
        server.script("Nothing divides by zero.\n```python\n1 / 1\n```")
        fixed = proposals.run("%motadata fix --model openai/gpt-5-mini")
        assert "ZeroDivisionError" in server.chats[-1].body["messages"][-1]["content"]
    assert fixed.cell == "1 / 1" and _next(proposals) == "1 / 1"
    assert fixed.why == "Nothing divides by zero." and "gpt-5-mini" in fixed.by
