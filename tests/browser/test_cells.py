"""Our cells are shown in the language of their body, and stay so while they are edited."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator

from tests.browser import driver

pytestmark = [pytest.mark.server("chromium"), pytest.mark.slow]

RAG = "%%rag handbook --k 3 --out ans\nWhere is **it** and why does {{ country }} return it?\n\n- for a list"
SQL = "%%sql --out top\nSELECT city, count(*) FROM sales WHERE price > {{ low }} GROUP BY city"
PYTHON = "for x in [1]:\n    pass"


def _colours(cell: Locator) -> dict[str, str]:
    """Text of each coloured run of a cell, with its classes."""
    found: dict[str, str] = cell.evaluate(
        "node => Object.fromEntries([...node.querySelectorAll('.cm-line span')].map(s => [s.textContent, s.className]))"
    )
    return found


def _wait_for_python(opened: driver.Notebook, sign: str) -> None:
    """Until `and` is coloured as Python has it, or with `!` until it is not."""
    coloured = f"{sign}[...document.querySelectorAll('.cm-line span')].some(s => s.textContent === 'and')"
    opened.page.wait_for_function(f"() => {coloured}")


def test_body_is_markdown_or_sql_and_not_python(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook(RAG, SQL, PYTHON)
    opened.page.wait_for_selector(".mn-template")
    rag, sql, python = (_colours(opened.cell(n)) for n in range(3))
    assert "mn-template" in rag[" country "]
    assert not {"is", "for", "return", "and", "it?"} & set(rag), "words of the question are coloured as Python"
    assert "**" in rag or "**it**" in rag
    assert {"SELECT", "FROM", "WHERE"} <= set(sql)
    assert "mn-template" in sql[" low "]
    assert {"for", "in", "pass"} <= set(python)
    opened.shot("cells-light")
    with driver.dark(opened.page):
        opened.shot("cells-dark")


def test_language_follows_the_first_line(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook("return is\n    and for")
    cell = opened.cell(0)
    opened.page.wait_for_function("() => [...document.querySelectorAll('.jp-Cell .cm-line span')].length > 1")
    cell.locator(".cm-content").click()
    opened.page.keyboard.press("Control+Home")
    opened.page.keyboard.type("%%motadata_llm --model fast\n")
    opened.page.wait_for_function(
        "() => ![...document.querySelectorAll('.cm-line span')].some(s => s.textContent === 'and')"
    )
    assert "and" not in _colours(cell)
    opened.page.keyboard.press("Control+Home")
    opened.page.keyboard.press("Control+Delete")
    opened.page.keyboard.press("Delete")
    opened.page.wait_for_function(
        "() => [...document.querySelectorAll('.cm-line span')].some(s => s.textContent === 'and')"
    )


def test_enter_keeps_the_indentation_of_the_body(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook("%%rag handbook\nWhat is this:")
    opened.cell(0).locator(".cm-content").click()
    opened.page.keyboard.press("Control+End")
    opened.page.keyboard.type("\nnext")
    assert opened.source(0).splitlines()[-1] == "next", "a colon indented the next line as Python does"


def test_line_commands_are_not_coloured_as_python(notebook: Callable[..., driver.Notebook]) -> None:
    opened = notebook("%ingest NIST.AI.100-1.pdf --into nist\n%rag show nist", "%rag ls\nx = 1 and 2")
    opened.page.wait_for_function(
        "() => [...document.querySelectorAll('.cm-line span')].some(s => s.textContent === '--into')"
    )
    lines, mixed = (_colours(opened.cell(n)) for n in range(2))
    assert {"%ingest", "NIST.AI.100-1.pdf", "--into", "%rag"} <= set(lines)
    assert "and" in mixed, "a cell with Python in it stays Python"
    opened.shot("cells-lines")
