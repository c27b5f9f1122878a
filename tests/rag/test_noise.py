"""What is not shown as an answer: contents, references, captions, headings, echoes of the question."""

from __future__ import annotations

import numpy as np
import pytest

from motadata_nb.rag.conflicts import Conflict, find_conflicts
from motadata_nb.rag.extractive.extract import extract_answer
from motadata_nb.rag.extractive.noise import is_filler, looks_like_heading, shown


@pytest.mark.parametrize(
    "line",
    [
        "3.1 Valid and Reliable ........ 13",
        "Executive Summary . . . . . . . . 1",
        "Figure 4. Characteristics of trustworthy systems.",
        "Smith, J., Doe, A. (2021) On risk. Journal of Risk 4(2), 11-19.",
        "Published 2021 Jul 24. doi:10.1016/j.isci.2021.102891.",
        "78 MAP 3.4 \u2026",
        "Govern 1.1 \u2026 12",
        "Fig. 1 Examples of potential harms.",
        "10.8 Credit Agreement, dated May 2016 (incorporated by reference to the Quarterly Report).",
        "\u201cHard Choices in Machine Intelligence.\u201d",
        "[12] A. Turing, Computing machinery, Mind, vol. 59, 1950. https://doi.org/10.1093/mind",
    ],
)
def test_filler_is_known(line: str) -> None:
    assert is_filler(line)


@pytest.mark.parametrize(
    "line",
    [
        "The plan was adopted in 2019 by the board.",
        "Table salt dissolves in water and is found in most kitchens of the world, said the report of 2020.",
        "Write to https://example.org for details.",
        "Figure 3 shows how the harms grow.",
        "\u201cWe are all glad about it.\u201d",
        "Wait... there is more.",
    ],
)
def test_prose_is_not_filler(line: str) -> None:
    assert not is_filler(line)


def test_headings_are_few_capitalised_words_without_an_end() -> None:
    assert looks_like_heading("AI Risks and Trustworthiness") and looks_like_heading("3.1 Valid and Reliable")
    assert not looks_like_heading("The fee is 12 euros") and not looks_like_heading("Prices rose.")


def test_words_parted_by_the_end_of_a_line_are_joined_when_shown() -> None:
    assert shown("They are respon-\nsible for well-\nBeing and a long-\n term plan.") == (
        "They are responsible for well-Being and a longterm plan."
    )
    assert shown("• Define\nlimits.") == "Define limits."
    assert shown("3. Valves are closed.") == "Valves are closed."
    assert shown("from 3 -\n 4 to self-made") == "from 3 - 4 to self-made"


def test_an_echo_of_the_question_is_not_an_answer() -> None:
    text = (
        "Characteristics of trustworthy AI systems. What are the characteristics of trustworthy AI systems? "
        "Trustworthy AI systems are valid, reliable, safe and secure."
    )

    def embed(texts: object) -> np.ndarray:
        return np.eye(8, dtype=np.float32)[[0] * len(list(texts))]  # type: ignore[call-overload]  # any sequence

    found = extract_answer(
        "What are the characteristics of trustworthy AI systems?", [(text, 1.0)], embed, lambda word: 1.0
    )
    assert [s.text for s in found.sentences] == ["Trustworthy AI systems are valid, reliable, safe and secure."]


def test_disagreement_is_another_number_or_the_opposite_about_the_same() -> None:
    assert find_conflicts(["The warranty of the pump lasts 24 months.", "The pump's warranty lasts 36 months."]) == [
        Conflict(0, 1, "numbers")
    ]
    assert find_conflicts(["The warranty for pumps is one year.", "The warranty for pumps is two years."]) == [
        Conflict(0, 1, "numbers")
    ]
    assert find_conflicts(["Opened software can be returned.", "Opened software cannot be returned."]) == [
        Conflict(0, 1, "negation")
    ]
    assert find_conflicts(["Pump 1 moves 7 litres.", "The hall of the office has 12 windows."]) == []


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("The annual fee is 65 euros, due on 1 March.", "The annual fee is 48 euros, due on 1 February.", "numbers"),
        ("Sales of the group were 4.2 million in 2023.", "Sales of the group were 5.1 million in 2023.", "numbers"),
        ("In the North 310 desks were sold in 2022.", "In the North 355 desks were sold in 2023.", ""),
        ("The dam of the lake was built in 1960.", "The dam of the lake was built in 1972.", "numbers"),
        ("Elections of the council were held in 2019 and 2020.", "Elections of the council were held in 2020.", ""),
        ("The basic plan costs 10 euros a month.", "The premium plan costs 30 euros a month.", ""),
        ("Hall 1 is swept every two days.", "Hall 3 is swept every five days.", ""),
        ("Guests are allowed in Depot 4.", "Guests are not allowed in Depot 7.", ""),
        ("The meeting of the board is on March 12.", "The meeting of the board is on March 15.", "numbers"),
        ("By Clause 4 notice is given four weeks before.", "By Clause 7 notice is given six weeks before.", "numbers"),
        ("At Volvo 12 people work in sales.", "At Volvo 15 people work in sales.", "numbers"),
        ("The plan costs 10 euros a month.", "The premium plan costs 30 euros a month.", "numbers"),
    ],
)
def test_amounts_disagree_where_they_are_of_the_same_thing_and_time(one: str, other: str, differs: str) -> None:
    assert [c.differs for c in find_conflicts([one, other])] == ([differs] if differs else [])
