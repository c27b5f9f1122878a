"""What a question names, a financial statement or a page, is found by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import motadata_nb
from motadata_nb.rag.search.pointed import aim
from motadata_nb.rag.search.statements import asked_statements
from motadata_nb.workspace import Workspace
from tests.vectors.spread import register

FRAMEWORK = Path(__file__).parents[2] / "notebooks" / "data" / "NIST.AI.100-1.pdf"
ROWS = "\n".join(f"Revenue of line {n}\t{n},120\t(340)" for n in range(1, 9))
INCOME = f"Consolidated Statements of Operations (in millions)\n\n\t2023\t2022\n{ROWS}"
NOTE = "The income statement shows revenue of all lines, income of each and what the income statement leaves out. "


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("What is the net margin, by the income statement?", ["statements of operations"]),
        ("working capital from the balance sheet and the P&L", ["balance sheet", "statements of operations"]),
        ("the statement of cash flows, and profit and loss", ["statements of operations", "statements of cash flows"]),
        ("Consolidated Statements of Financial Position", ["balance sheet"]),
        ("Which off-balance sheet arrangements are there?", []),
        ("What is a statement of work?", []),
    ],
)
def test_statements_are_known_by_all_their_names(question: str, names: list[str]) -> None:
    found = list(asked_statements(question))
    assert len(found) == len(names)
    assert all(name in statement.phrases for statement, name in zip(found, names, strict=True))


@pytest.mark.parametrize(
    ("heading", "text", "is_in"),
    [
        ("Item 8", INCOME, True),
        ("ACME INC. CONSOLIDATED STATEMENTS OF EARNINGS > 2023 2022", ROWS, True),
        ("Item 8", f"Consolidated Statements of Income\tAcme and Subsidiaries\n{ROWS}", True),
        ("Item 8", NOTE * 3, False),
        ("Statements of Operations Information", ROWS, False),
        ("Consolidated Balance Sheets", ROWS, False),
    ],
)
def test_a_passage_is_part_of_a_statement_when_it_stands_under_its_title_and_has_rows(
    heading: str, text: str, is_in: bool
) -> None:
    (statement,) = asked_statements("the income statement")
    assert statement.is_in(heading, text) is is_in


@pytest.fixture
def ws(workspace: Path) -> Iterator[Workspace]:
    register()
    with motadata_nb.open(workspace, embedder="spread", backend="memory") as opened:
        yield opened


def test_the_statement_itself_comes_before_what_is_said_of_it(ws: Workspace, tmp_path: Path) -> None:
    chapters = "\n\n".join(f"## Note {n}\n\n{NOTE * 2}" for n in range(30))
    (tmp_path / "acme.md").write_text(f"# Acme\n\n{chapters}\n\n## Item 8\n\n{INCOME}\n")
    ws.ingest(tmp_path / "acme.md", into="filings")
    found = ws.index("filings").retrieve("What is the revenue of all lines in the income statement?", k=3)
    assert "Consolidated Statements of Operations" in found.hits[0].text
    assert "pointed at 1" in found.stages


def test_what_stands_on_a_page_is_found_by_its_number(ws: Workspace) -> None:
    ws.ingest(FRAMEWORK, into="nist")
    index = ws.index("nist")
    found = index.retrieve("What is on page 14 of the framework?", k=3).hits
    assert {hit.page for hit in found} <= {13, 14} and all(hit.page == 14 or hit.turns for hit in found)
    narrowed = index.retrieve("What does page 14 say of harm?", k=3, where="page < 10").hits
    assert narrowed and all(hit.page is not None and hit.page < 10 for hit in narrowed)


def test_a_question_about_a_page_is_answered_from_it(ws: Workspace) -> None:
    ws.ingest(FRAMEWORK, into="nist")
    index = ws.index("nist")
    for question in ("What is on page 14 of the framework?", "Was steht auf Seite 14?"):
        whole = index.ask(question)
        assert whole.found and {citation.page for citation in whole.citations} == {14}
    said = index.ask("What does page 14 say about cultural change?")
    assert said.found and {citation.page for citation in said.citations} == {14}
    assert all(c.passage[c.passage.find(c.sentence) :].startswith(c.sentence) for c in said.citations)
    assert not index.ask("What is on page 480?").found


@pytest.mark.parametrize("question", ["Who can page a doctor?", "a page of 3.5 inches", "Which pages changed?"])
def test_a_page_without_a_number_is_none(question: str) -> None:
    assert aim(question) is None
