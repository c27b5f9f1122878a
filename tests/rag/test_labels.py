"""What stands under a label is found by it."""

from pathlib import Path

import pandas as pd
import pytest

from motadata_nb.rag.extractive.labels import Label, asked_label, item_spans, names_only
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace

CONTRACT = """2. Term
2.1 The agreement begins in May and runs for three years.
2.2 Either party may give notice of six weeks.

3. Fees
3.1 The fee is 800 euros a month.
"""
PLAYBOOK = """# Map

## MAP 3.4

Processes for operator proficiency are defined and assessed. Results are documented.

### About

Operators interpret what a system says, and their training matters.

## MAP 3.5

Oversight is defined.
"""


@pytest.fixture
def papers(ws: Workspace, workspace: Path) -> Index:
    notes = [
        f"Note {n}: a step of the map with number {n} was drawn, and 3 or 4 more are said to follow." for n in range(40)
    ]
    ws.ingest(pd.DataFrame({"id": range(40), "text": notes}), into="papers")
    folder = workspace.parent / "papers"
    folder.mkdir()
    (folder / "contract.txt").write_text(CONTRACT)
    (folder / "playbook.md").write_text(PLAYBOOK)
    ws.ingest(folder, into="papers")
    return ws.index("papers")


@pytest.mark.parametrize(
    ("question", "label", "alone"),
    [
        ("What does MAP 3.4 say?", Label("MAP", "3.4"), True),
        ("MANAGE 4.3", Label("MANAGE", "4.3"), True),
        ("What does clause 2.2 say about notice?", Label("", "2.2"), False),
        ("Was steht in \u00a7 7?", Label("", "7"), True),
        ("Show table 3", Label("table", "3"), True),
        ("What was the rate of 3.5 percent?", None, False),
        ("Who signed part of it?", None, False),
    ],
)
def test_a_question_may_name_a_label(question: str, label: Label | None, alone: bool) -> None:
    assert asked_label(question) == label and (label is None or names_only(question) is alone)


def test_an_item_ends_where_the_next_begins() -> None:
    def said(number: str) -> list[str]:
        return [CONTRACT[start:end] for start, end in item_spans(Label("", number), CONTRACT)]

    assert said("2.1") == ["The agreement begins in May and runs for three years."]
    assert said("2")[0].startswith("Term\n2.1") and said("2")[0].endswith("six weeks.")
    assert said("9") == []
    contents = "MAP 3.4 \u2026 79\nMAP 3.5 \u2026 82\n"
    assert list(item_spans(Label("MAP", "3.4"), contents)) == []


def test_the_item_is_the_answer_with_its_span(papers: Index) -> None:
    answer = papers.ask("What does MAP 3.4 say?")
    assert answer.text == "Processes for operator proficiency are defined and assessed. Results are documented. [1]"
    cited = answer.citations[0]
    assert cited.sentence in cited.passage and cited.source.endswith("playbook.md")
    assert papers.ask("What does clause 2.2 say?").text == "Either party may give notice of six weeks. [1]"


def test_the_rest_of_the_question_is_asked_below_the_label(papers: Index) -> None:
    assert "training matters" in papers.ask("What does MAP 3.4 say about training?").text
    assert not papers.ask("What does MAP 3.4 say about bananas?").found


def test_a_label_that_is_not_there_is_refused(papers: Index) -> None:
    assert not papers.ask("What does MAP 9.9 say?").found
    assert not papers.ask("What is in clause 17.3?").found
