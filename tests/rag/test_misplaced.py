"""A claim that gives a thing the amount of another one: of the next row, another column, another part of a sentence."""

from __future__ import annotations

import pytest

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.groundedness import Verdict, check_answer
from motadata_nb.rag.grounding.amounts import amounts
from motadata_nb.rag.grounding.cells import parts
from motadata_nb.rag.grounding.tables import cells_of

PLANS = "| Plan | Seats | Price (EUR) |\n| --- | ---: | ---: |\n| Basic | 5 | 12 |\n| Pro | 20 | 49 |"
PLANS_BY_TAB = "Plan\tSeats\tPrice (EUR)\nBasic\t5\t12\nPro\t20\t49"
PLANS_IN_PROSE = "The firm sells two plans. Basic: 5 seats, 12 EUR a month. Pro: 20 seats, 49 EUR a month."
PLANS_IN_LINES = "Plan: Basic\nSeats: 5\nPrice: 12 EUR\n\nPlan: Pro\nSeats: 20\nPrice: 49 EUR"
PLANS_IN_RECORDS = "plan: Basic; seats: 5; price: 12 EUR\n\nplan: Pro; seats: 20; price: 49 EUR"
PLANS_IN_VALUES = "plan,seats,price\nBasic,5,12\nPro,20,49"
ALL_PLANS = [PLANS, PLANS_BY_TAB, PLANS_IN_PROSE, PLANS_IN_LINES, PLANS_IN_RECORDS, PLANS_IN_VALUES]


def verdict(claim: str, context: str) -> Verdict:
    checked = check_answer(claim, [context], MiniLM(threads=1).embed)
    (sentence,) = checked.sentences
    assert checked.supported == (sentence.verdict == "supported")
    return sentence.verdict


@pytest.mark.parametrize("context", ALL_PLANS)
@pytest.mark.parametrize("claim", ["The Basic plan costs 49 EUR.", "Pro has 5 seats.", "The Pro plan costs 12 EUR."])
def test_the_amount_of_another_row_contradicts(claim: str, context: str) -> None:
    assert verdict(claim, context) == "contradicted"


@pytest.mark.parametrize("context", ALL_PLANS)
@pytest.mark.parametrize(
    "claim",
    ["The Basic plan costs 12 EUR.", "Pro has 20 seats.", "The Pro plan costs 49 euros.", "Basic includes 5 seats."],
)
def test_the_amount_of_its_own_row_supports(claim: str, context: str) -> None:
    assert verdict(claim, context) == "supported"


YEARS = "Results (in EUR million)\n\n| | 2022 | 2023 |\n|---|---|---|\n| Turnover | 310 | 352 |\n| Profit | 24 | 41 |"
RULES = (
    "The notice period is four weeks. Every employee has 27 days of leave a year. Adults pay 9 euros, children 4 "
    "euros, and students 6 euros. The club gave 800 euros to the choir and 300 euros to the school. The lease runs for "
    "five years and may be extended by two years. The board meets on 4 May. Ms Roth hands in the list by 20 May."
)
SETTINGS = (
    "```python\nTIMEOUT = 30  # seconds\nRETRIES = 5\n```\n`load(path, chunk=512)` reads, `save(path, level=6)` writes."
)


@pytest.mark.parametrize(
    ("claim", "context", "expected"),
    [
        ("Turnover in 2023 was 352 million euros.", YEARS, "supported"),
        ("Turnover in 2022 was 352 million euros.", YEARS, "contradicted"),
        ("Turnover grew from 310 in 2022 to 352 in 2023.", YEARS, "supported"),
        ("Employees get 27 days of leave.", RULES, "supported"),
        ("Employees get four weeks of leave.", RULES, "contradicted"),
        ("Children pay 4 euros.", RULES, "supported"),
        ("Children pay 6 euros.", RULES, "contradicted"),
        ("The school was given 300 euros.", RULES, "supported"),
        ("The school was given 800 euros.", RULES, "contradicted"),
        ("The lease runs for 5 years.", RULES, "supported"),
        ("The lease runs for two years.", RULES, "contradicted"),
        ("Ms Roth hands in the list by 4 May.", RULES, "contradicted"),
        ("The timeout is 30 seconds.", SETTINGS, "supported"),
        ("RETRIES is 5.", SETTINGS, "supported"),
        ("RETRIES is 30.", SETTINGS, "contradicted"),
        ("The timeout is 5.", SETTINGS, "contradicted"),
        ("The level of save is 512.", SETTINGS, "contradicted"),
    ],
)
def test_an_amount_in_another_role_contradicts(claim: str, context: str, expected: Verdict) -> None:
    assert verdict(claim, context) == expected


def test_a_table_that_goes_on_in_the_next_sentence_keeps_its_columns() -> None:
    (cell,) = cells_of("| Pro | 49 |\n| Text | none |", "| Plan | Price (EUR) |")
    assert (cell.amounts[0].unit, cell.row, cell.column) == ("eur", {"pro"}, {"cost", "eur"})


def test_a_part_that_begins_with_its_amount_belongs_to_what_the_first_begins_with() -> None:
    first, second = parts("The firm pays 40 euros for travel and 60 euros for books.")
    assert first.column == {"firm", "trave"} and second.column == {"firm", "book"}
    assert (second.heads, second.counted) == (True, "book")


def test_how_often_is_an_amount() -> None:
    assert [one.value for one in amounts("The tank is checked once a week.")] == [1.0]
    assert amounts("Once opened, it keeps.") == ()


CITIES = "| City | People | Mayor |\n|---|---|---|\n| Brenn | 84,000 | Ulla Voss |\n| Torv | 127,500 | Piet Haan |"
HOURS = "Opening hours of the library\nMonday: closed\nTuesday: 10:00-18:00\nSaturday: 9:00-14:00"
FLAGS = "VERIFY_TLS = True\nRETRIES = 5\nCACHE = False"


@pytest.mark.parametrize(
    ("claim", "context", "expected"),
    [
        ("The mayor of Torv is Piet Haan.", CITIES, "supported"),
        ("The mayor of Torv is Ulla Voss.", CITIES, "contradicted"),
        ("The library is closed on Monday.", HOURS, "supported"),
        ("On Monday the library is not open.", HOURS, "supported"),
        ("On Tuesday the library is open.", HOURS, "supported"),
        ("The library is open on Monday.", HOURS, "contradicted"),
        ("The library opens at 9:00 on Tuesday.", HOURS, "contradicted"),
        ("VERIFY_TLS is true.", FLAGS, "supported"),
        ("VERIFY_TLS is false.", FLAGS, "contradicted"),
    ],
)
def test_the_words_of_another_row_contradict(claim: str, context: str, expected: Verdict) -> None:
    assert verdict(claim, context) == expected
