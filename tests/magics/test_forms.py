"""The forms of a result: `--as text|json|df`, and SQL's rows as a person reads them."""

from __future__ import annotations

import json

import pytest

from tests.magics.conftest import Cells

FRAME = """import pandas as pd
visits = pd.DataFrame({"id": [1, 2], "text": ["The printer burns.", "The lamp is out."], "year": [2019, 2020],
                       "day": pd.to_datetime(["2024-01-02", "2024-02-03"])})"""


def test_rows_of_sql_in_every_form(cells: Cells) -> None:
    cells.run(FRAME)
    assert json.loads(str(cells.run("%%sql --as json\nSELECT year, day, text FROM visits WHERE id = 1"))) == [
        {"year": 2019, "day": "2024-01-02 00:00:00", "text": "The printer burns."}
    ]
    assert str(cells.run("%%sql --as text\nSELECT id, year FROM visits")).splitlines()[:2] == ["id  year", " 1  2019"]
    assert list(cells.run("%%sql --as df\nSELECT year FROM visits")["year"]) == [2019, 2020]


def test_a_table_of_answers_in_every_form(cells: Cells) -> None:
    cells.run(FRAME)
    asked = "%%llm scripted --each visits --no-cache --as {}\nSay {{{{ text }}}}"
    rows = json.loads(str(cells.run(asked.format("json"))))
    assert [row["answer"] for row in rows] == ["echo: Say The printer burns.", "echo: Say The lamp is out."]
    assert "echo: Say The lamp is out." in str(cells.run(asked.format("text")))


def test_years_days_and_times_keep_their_shape(handbook: Cells) -> None:
    handbook.run(FRAME)
    shown = str(handbook.run("%%sql\nSELECT year, day, 12345678.5 AS big, 1e20 AS huge, 0.1 + 0.2 AS sum FROM visits"))
    assert shown.splitlines()[1].split() == ["2019", "2024-01-02", "12345678.5", "1e+20", "0.3"]
    when = handbook.run("%%sql --as df\nSELECT updated_at FROM handbook.documents")["updated_at"]
    assert when.dt.year.iloc[0] > 2024, "a time, and not a number of seconds"


def test_a_table_is_known_by_the_name_of_its_variable(cells: Cells) -> None:
    cells.run(FRAME)
    cells.run("%ingest visits --into visits")
    assert cells.run("%%rag visits --as df\nWhat burns?")["source"].tolist() == ["visits[1]"]


def _shown(cells: Cells, source: str, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    cells.run(source)
    return capsys.readouterr().out


def test_what_a_line_gives_is_shown_wherever_it_stands(handbook: Cells, capsys: pytest.CaptureFixture[str]) -> None:
    handbook.run("%ingest returns.md --into other")
    both = _shown(handbook, "%rag show handbook\n%rag show other", capsys)
    assert both.count("handbook: 1 document") == both.count("other: 1 document") == 1
    assert _shown(handbook, "for n in (1, 2):\n    %rag ls", capsys).count("Indexes") == 2
    assert _shown(handbook, "%rag ls;\nx = %rag ls\n%rag show other;", capsys) == ""
    assert _shown(handbook, "%ingest returns.md --into other --quiet\n1;", capsys) == ""
