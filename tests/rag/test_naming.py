from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import motadata_nb
from motadata_nb.rag.naming import named

IDF = {"2017": 1.0, "2023": 1.0, "10k": 2.0, "acme": 3.0, "acmeworks": 3.0, "report": 1.0}


def shares(question: str, *titles: str) -> dict[int, float]:
    asked = question.lower().split()
    return named(question, asked, dict(enumerate(titles)), lambda text: text.lower().split(), lambda t: IDF.get(t, 0.0))


def test_a_document_is_named_by_the_words_of_its_title() -> None:
    found = shares("What did Acme earn in 2017", "ACME 2017 10K", "ACME 2023 10K", "Other 2023 10K")
    assert found == {0: pytest.approx(4 / 6), 1: pytest.approx(3 / 6)}


def test_words_that_are_one_in_the_title_may_be_two_in_the_question() -> None:
    assert shares("the margin of Acme Works", "ACMEWORKS 2017") == {0: pytest.approx(3 / 4)}


def test_a_title_that_tells_little_counts_little() -> None:
    assert shares("how do I report a leak", "Report") == {0: pytest.approx(1 / 4)}
    assert shares("how do I report a leak", "Unknown") == {}


def test_passages_of_the_document_that_is_named_come_first(workspace: Path) -> None:
    lines = [f"Line {n}: total sales of the year were {n} millions, the margin {n % 7} percent." for n in range(120)]
    frame = pd.DataFrame({"id": [1, 2, 3], "title": ["Alder 2021", "Birch 2021", "Cedar 2021"]})
    with motadata_nb.open(workspace) as ws:
        ws.ingest(frame.assign(text="\n\n".join(lines)), into="reports")
        for title in ("Alder", "Birch", "Cedar"):
            hits = ws.index("reports").retrieve(f"What were the total sales of the year of {title}?", k=5).hits
            assert {hit.title for hit in hits} == {f"{title} 2021"}
