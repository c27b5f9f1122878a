from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import motadata_nb
from motadata_nb.rag.search.naming import Naming

IDF = {"2017": 1.0, "2023": 1.0, "10k": 2.0, "acme": 3.0, "acmeworks": 3.0, "report": 1.0}


def shares(question: str, *titles: str | tuple[str, str]) -> dict[int, float]:
    """Of documents by their titles, or titles and names of files."""
    asked = question.lower().split()
    names = {at: (title,) if isinstance(title, str) else title for at, title in enumerate(titles)}
    return Naming(question, asked, lambda text: text.lower().split(), lambda t: IDF.get(t, 0.0)).shares(names)


def test_a_document_is_named_by_the_words_of_its_title() -> None:
    found = shares("What did Acme earn in 2017", "ACME 2017 10K", "ACME 10K", "Other 10K")
    assert found == {0: pytest.approx(4 / 6), 1: pytest.approx(3 / 5)}


@pytest.mark.parametrize("year", ["2017", "FY2017", "FY17", "fiscal 2017", "FY\u201917"])
def test_of_two_titles_that_differ_in_the_year_the_other_one_is_not_meant(year: str) -> None:
    found = shares(f"What did Acme earn in {year}", "ACME 2017 10K", "ACME 2023Q2 10Q", "Other 2023 10K", "ACME rules")
    assert found[1] == -1 and found[0] > 0 and found[3] > 0 and 2 not in found


@pytest.mark.parametrize(
    "question", ["What did Acme earn in 2019", "What did Acme earn", "a line of 2017.5 or 12017 m"]
)
def test_a_year_that_no_title_has_tells_nothing_of_them(question: str) -> None:
    assert min(shares(question, "ACME 2017 10K", "ACME 2023 10K").values(), default=0) >= 0


def test_documents_of_one_name_are_told_apart_by_the_year_alone() -> None:
    found = shares("How many leaks were there in 2023", "Report 2017", "Report 2023", "Rules 2017")
    assert found == {0: -1, 1: pytest.approx(1 / 4)}


def test_words_that_are_one_in_the_title_may_be_two_in_the_question() -> None:
    assert shares("the margin of Acme Works", "ACMEWORKS 2017") == {0: pytest.approx(3 / 4)}


def test_a_document_may_be_named_by_its_file() -> None:
    assert shares("the margin of Acme", ("Exhibit 99", "ACME 10K"), ("ACME 10K", "a b")) == {
        0: pytest.approx(3 / 5),
        1: pytest.approx(3 / 5),
    }
    asked = "What did Acme earn in 2017"
    by_file = shares(asked, ("ACME report", "x 2017"), ("ACME report", "x 2023"))
    assert by_file[0] > 0 and by_file[1] == -1, "the year may stand in either name"
    assert min(shares(asked, ("ACME report 2017", "x"), ("ACME report 2023", "x 2017")).values()) > 0


def test_a_title_that_tells_little_counts_little() -> None:
    assert shares("how do I report a leak", "Report") == {0: pytest.approx(1 / 4)}
    assert shares("how do I report a leak", "Unknown") == {}


def test_passages_of_the_document_that_is_named_come_first(workspace: Path) -> None:
    told = "Statement {}: the operating margin is the income of operations over the sales, in percent, as rounded."
    other = "Chapter {} of the song of the violin, the rain and the river, as it was sung {} times."
    brief = "Table {}: operating margin, income of operations over sales in {}."
    texts = ["\n\n".join(line.format(n, n) for n in range(300)) for line in [told] * 2 + [other] * 9 + [brief]]
    titles = [f"{name}CO 2021" for name in "ALDER BIRCH ELM FIR HAZEL LARCH MAPLE OAK PINE ROWAN WILLOW CEDAR".split()]
    question = "What is the operating margin, that is the income of operations over sales, in percent, rounded,"
    with motadata_nb.open(workspace) as ws:
        ws.ingest(pd.DataFrame({"id": range(12), "title": titles, "text": texts}), into="reports")
        index = ws.index("reports")
        assert index.retrieve(f"{question} in FY2021?").hits[0].title != "CEDARCO 2021"
        assert index.retrieve(f"{question} of Cedar Co in FY2021?").hits[0].title == "CEDARCO 2021"


def test_a_file_is_named_by_its_name_where_its_title_says_another_thing(tmp_path: Path, workspace: Path) -> None:
    line = "Statement {}: the operating margin of {} is the income of operations over the sales, in percent."
    names = "ALDER BIRCH CEDAR ELM FIR HAZEL".split()
    for at, name in enumerate(names):
        text = "\n\n".join(["# Exhibit 99", *(line.format(n, at + 7 * n) for n in range(300))])
        (tmp_path / f"{name}CO_2021.md").write_text(text, "utf-8")
    with motadata_nb.open(workspace) as ws:
        ws.ingest(tmp_path / "*.md", into="reports")
        for name in names:
            hits = ws.index("reports").retrieve(f"What is the operating margin of {name.title()} Co?").hits
            assert all(name in hit.source and hit.title == "Exhibit 99" for hit in hits)
