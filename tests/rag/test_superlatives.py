"""The largest or smallest value of a table is compared, or the question is refused."""

from pathlib import Path

import pytest

from motadata_nb.rag.extractive.superlatives import asks_for_extreme, extreme_rows
from motadata_nb.workspace import Workspace

SALES = """# Dairy

| Month | Cheese (kg) | Butter (kg) | Price |
|---|---|---|---|
| January | 1,240 | 610 | \u20ac9.10 |
| February | 980 | 655 | \u20ac12.00 |
| March | 1,420 | 590 | \u20ac8.70 |
| Total | 3,640 | 1,855 | |
"""
BIKES = "Curso | Plazas\nFrenos | 8\nRuedas | 10\nMotores | 6\n"
LIST = "Plants sold last year:\n- Lavender: 3,150\n- Roses: 2,480\n- Tomatoes: 4,020\n"


@pytest.mark.parametrize(
    ("question", "text", "label"),
    [
        ("In which month was most cheese sold?", SALES, "March"),
        ("In which month was the least butter sold?", SALES, "March"),
        ("What was the best month for butter?", SALES, "February"),
        ("Which month was the cheapest?", SALES, "March"),
        ("\u00bfQu\u00e9 curso tiene m\u00e1s plazas?", BIKES, "Ruedas"),
        ("Which plant was sold most?", LIST, "Tomatoes"),
        ("Which month had the highest sales?", SALES, ""),
    ],
)
def test_the_row_with_the_extreme_value(question: str, text: str, label: str) -> None:
    assert asks_for_extreme(question)
    found = extreme_rows(question, [text], [""])
    assert found is not None
    assert [row.cited.strip("|- ").split()[0].rstrip(":") for row in found.rows] == ([label] if label else [])
    assert all(text[row.start : row.end] == row.cited for row in found.rows)


def test_a_table_about_something_else_is_not_asked() -> None:
    assert extreme_rows("Which farmer has the most cows?", [SALES], ["Dairy"]) is None
    assert not asks_for_extreme("How much cheese was sold at most?")


def test_no_other_row_is_given_instead(ws: Workspace, tmp_path: Path) -> None:
    long = "# Towns\n\n| Town | Units |\n|---|---|\n" + "\n".join(
        f"| Town{n} | {100 + n * 7 % 53} |" for n in range(300)
    )
    for name, text in (("short", SALES), ("long", long)):
        (tmp_path / f"{name}.md").write_text(text, encoding="utf-8")
        ws.ingest(str(tmp_path / f"{name}.md"), into=name)
    short, long_table = ws.index("short"), ws.index("long")
    assert short.ask("In which month was most cheese sold?").text.startswith("March \u2014 Cheese (kg): 1,420")
    assert not short.ask("Which month had the highest sales?").found
    assert not long_table.ask("Which town has the most units?").found
    assert long_table.ask("How many units has Town211?").text.startswith("Town211 \u2014 Units: 146")
