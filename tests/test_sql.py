"""Read-only SQL: what it finds, what it refuses, and what its errors say."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from motadata_nb.errors import CallTimeout, InvalidInput, MotadataError, NotPermitted, UnknownName, UnreadableDocument
from motadata_nb.sql import Sql

SALES = pd.DataFrame({"region": ["EU", "US", "EU"], "amount": [1, 2, 3]})


@pytest.fixture
def sql(tmp_path: Path) -> Sql:
    (tmp_path / "costs.csv").write_text("region,cost\nEU,5\n")
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    tables = {"sales": SALES, "handbook.chunks": SALES, "arrow": pa.table({"x": [1]}), "odd name": SALES}
    return Sql(tables, files=[tmp_path / "costs.csv"])


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT sum(amount) FROM sales", [[6]]),
        ("SELECT count(*) FROM handbook.chunks c JOIN sales s USING (region)", [[5]]),
        ('SELECT count(*) FROM "odd name"', [[3]]),
        ("SELECT x FROM arrow", [[1]]),
        ("SELECT cost FROM costs", [[5]]),
        ("WITH big AS (SELECT * FROM sales WHERE amount > 1) SELECT count(*) FROM big", [[2]]),
        ("FROM sales SELECT max(amount)", [[3]]),
        ("SELECT (SELECT max(amount) FROM sales) + 1", [[4]]),
        ("PIVOT sales ON region USING sum(amount)", [[4, 2]]),
    ],
)
def test_tables_and_files_that_were_named_can_be_read(sql: Sql, query: str, rows: list[list[int]]) -> None:
    assert sql.query(query).df.to_numpy().tolist() == rows


def test_the_result_is_arrow_until_asked_and_shows_itself(sql: Sql) -> None:
    found = sql.query("SELECT range AS n FROM range(100)")
    assert isinstance(found.table, pa.Table)
    assert found.df is found.df
    assert "100 rows × 1" in str(found)
    assert found._repr_llm_().endswith("(first 50 of 100 rows)")


def test_parameters_are_values_whatever_they_hold(sql: Sql) -> None:
    query = "SELECT count(*) AS n FROM sales WHERE region = $who"
    assert sql.query(query, {"who": "EU"}).df["n"][0] == 2
    assert sql.query(query, {"who": "' OR 1=1 --"}).df["n"][0] == 0


@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO sales VALUES ('x', 1)",
        "CREATE TABLE t AS SELECT 1",
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'other.db'",
        "SET memory_limit = '100GB'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT * FROM '{folder}/secret.csv'",
        "EXPLAIN ANALYZE SELECT * FROM read_text('{folder}/secret.csv')",
    ],
)
def test_what_writes_or_reaches_out_is_refused(sql: Sql, query: str, tmp_path: Path) -> None:
    with pytest.raises((NotPermitted, UnknownName)):
        sql.query(query.format(folder=tmp_path))
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != ".home") == ["costs.csv", "secret.csv"]


def test_pythons_variables_are_not_tables(sql: Sql) -> None:
    frame = SALES
    assert frame is not None
    with pytest.raises(UnknownName):
        sql.query("SELECT * FROM frame")


@pytest.mark.parametrize(
    ("query", "error", "said"),
    [
        ("", InvalidInput, "empty"),
        ("SELECT 1; SELECT 2", InvalidInput, "2 statements"),
        ("SELEC 1", InvalidInput, "syntax error"),
        ("SELECT nope FROM sales", InvalidInput, "nope"),
        ("SELECT * FROM salse", UnknownName, "Try: SELECT \\* FROM sales"),
    ],
)
def test_errors_say_what_to_type(sql: Sql, query: str, error: type[MotadataError], said: str) -> None:
    with pytest.raises(error, match=said):
        sql.query(query)


def test_a_query_that_takes_too_long_is_stopped() -> None:
    start = time.monotonic()
    with pytest.raises(CallTimeout, match=r"0\.3 s"):
        Sql({}, timeout_s=0.3).query(
            "SELECT count(*) FROM range(1000000000) a, range(1000000) b WHERE a.range = -b.range"
        )
    assert time.monotonic() - start < 10


def test_a_file_that_is_not_there_and_one_that_is_no_table(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="no file"):
        Sql({}, files=[tmp_path / "gone.csv"]).query("SELECT * FROM gone")
    (tmp_path / "x.exe").write_text("x")
    with pytest.raises(InvalidInput, match="no table"):
        Sql({}, files=[tmp_path / "x.exe"]).query("SELECT * FROM x")


def test_files_named_in_ones_own_query(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    SALES.to_parquet("sales.parquet")
    (tmp_path / "more.json").write_text('[{"a": 1}, {"a": 2}]')
    sql = Sql({}, any_file=True)
    assert len(sql.query("SELECT * FROM 'sales.parquet'")) == 3
    assert sql.query("SELECT sum(a) AS s FROM 'more.json'").df["s"][0] == 3


def test_a_result_that_no_notebook_can_hold_is_stopped(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("motadata_nb.sql._MOST", 1_000_000)
    with pytest.raises(InvalidInput, match=r"too large[\s\S]*LIMIT"):
        sql.query("SELECT a.i FROM range(1000000) a(i), range(1000000) b(j)")


def test_only_what_the_user_has_named_is_listed(sql: Sql) -> None:
    assert set(sql.query("SHOW TABLES").df["name"]) >= {"sales", "arrow", "odd name"}
    assert not any(name.startswith("t") for name in sql.query("SHOW TABLES").df["name"])
