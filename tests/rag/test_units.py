"""Parts of a passage: each cites its exact characters, however it reads in an answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motadata_nb.rag.extractive.units import Unit, units
from motadata_nb.workspace import Workspace


def read(passage: str) -> list[Unit]:
    found = units(passage)
    assert all(passage[unit.start : unit.end] == unit.cited for unit in found)
    return found


@given(st.text(alphabet="aB1.:?|\t\n- ;", max_size=200))
def test_every_part_cites_what_stands_there(passage: str) -> None:
    assert all(unit.cited.strip() for unit in read(passage))


@pytest.mark.parametrize(
    "table",
    [
        "| Pump | Flow | Price |\n| --- | --- | --- |\n| Alto | 40 l | \u20ac90 |\n| Basso | 70 l | \u20ac120 |",
        "Pump | Flow | Price\nAlto | 40 l | \u20ac90\nBasso | 70 l | \u20ac120",
        "Pump\tFlow\tPrice\nAlto\t40 l\t\u20ac90\nBasso\t70 l\t\u20ac120",
    ],
)
def test_a_row_is_read_with_the_header_of_its_table(table: str) -> None:
    found = read(f"Catalogue\n\n{table}\n\nAll pumps are blue.")
    assert [unit.shown or unit.cited for unit in found] == [
        "Catalogue",
        "Alto \u2014 Flow: 40 l; Price: \u20ac90",
        "Basso \u2014 Flow: 70 l; Price: \u20ac120",
        "All pumps are blue.",
    ]


def test_years_above_the_columns_of_a_statement_are_its_header() -> None:
    rows = read("2021\t2022\nSales\t$ 70\t$ 81\nIncome\t(5)\t9")
    assert [row.shown for row in rows] == ["Sales \u2014 2021: $70; 2022: $81", "Income \u2014 2021: (5); 2022: 9"]


def test_rows_without_a_header_show_their_cells() -> None:
    rows = read("Earnings per share\t$ 6.68 $\t5.41\nNew shops\t12\t6")
    assert [row.shown for row in rows] == ["Earnings per share \u2014 $6.68; $5.41", "New shops \u2014 12; 6"]


def test_an_announcement_brings_its_list_along() -> None:
    found = read("These cannot be sent back:\n\n- opened games\n- food\n\nAsk us.")
    assert [unit.shown or unit.cited for unit in found] == ["These cannot be sent back: opened games; food.", "Ask us."]
    assert found[0].cited == "These cannot be sent back:\n\n- opened games\n- food"


def test_an_item_that_is_a_sentence_stands_for_itself_too() -> None:
    found = read("Rules:\n1. Pumps run at night.\n2. Valves are closed.")
    assert [unit.text for unit in found[1:]] == ["Pumps run at night.", "Valves are closed."]


def test_a_question_lends_its_words_to_the_reply() -> None:
    found = read("Why do we keep receipts? The office wants them. Fine.")
    assert [unit.cited for unit in found] == ["The office wants them.", "Fine."]
    assert found[0].text == "Why do we keep receipts? The office wants them."


def test_values_are_no_header_and_footnotes_no_rows() -> None:
    rows = read("Net sales\t$10.9 billion\nNew stores\t25-30")
    assert [row.shown for row in rows] == ["Net sales \u2014 $10.9 billion", "New stores \u2014 25-30"]
    assert [unit.shown for unit in read("(1)\tIncludes three shops.\n(2)\tIn euro.")] == ["", ""]


BOARD = """# Minutes

![Harvest by month](harvest.png)

The harvest of 2025 was reported by month.

| Month | Apples, kg | Pickers |
| --- | ---: | ---: |
| August | 420 | 6 |
| September | 295 | 5 |
| October | 180 | 3 |

See [the **full** list](list.md) of the harvest for **late** apples.
"""


def test_rows_about_something_else_are_not_told_beside_the_row_that_is_asked_for(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "minutes.md").write_text(BOARD)
    (tmp_path / "prices.csv").write_text('item;unit;price\nSeal ring;piece;3,20\n"Hose; 25 mm";metre;4,75\n')
    ws.ingest(tmp_path, into="board")
    board = ws.index("board")
    answer = board.ask("How many kg of apples were harvested in September?")
    assert answer.text.startswith("September \u2014 Apples, kg: 295; Pickers: 5 [1]")
    assert "August" not in answer.text and "October" not in answer.text
    both = board.ask("Were more apples harvested in August or in September?")
    assert "420" in both.text and "295" in both.text
    # A table leaves the currency to its header or to the reader.
    price = board.ask("What is the price of a hose?")
    assert price.text.startswith("item: Hose; 25 mm; unit: metre; price: 4,75 [1]") and "Seal" not in price.text


def test_markdown_is_no_part_of_an_answer_in_plain_text(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "minutes.md").write_text(BOARD)
    ws.ingest(tmp_path, into="board")
    answer = ws.index("board").ask("What does the picture of the harvest by month show?")
    assert answer.citations and not any("![" in c.sentence for c in answer.citations)
    found = ws.index("board").ask("Where is the list of the harvest for late apples?")
    assert "See the full list of the harvest for late apples." in found.text
    assert any("[the **full** list](list.md)" in c.sentence for c in found.citations)
