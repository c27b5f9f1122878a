"""%cost, %budget and %cache, as they are typed."""

from __future__ import annotations

import time

import pytest

from motadata_nb.telemetry.cells import cell_name
from tests.magics.conftest import Cells

pytestmark = pytest.mark.usefixtures("workspace")


def test_each_cell_has_its_costs(cells: Cells) -> None:
    plain = "ws = __import__('motadata_nb').open(); [ws.gateway.complete(n, model='scripted').text for n in 'abc']"
    for source in ("%%llm scripted\nHello there", plain, "%%llm scripted --no-cache\nHello there"):
        cells.run(source)
        cells.run(source)
    cells.run("rows = ['one', 'two']")
    cells.run("%%llm scripted --each rows\nSay {{ text }}")
    cells.run("answer = await ws.gateway.acomplete('x', model='scripted')")
    # What another session has called is written within half a second.
    end = time.monotonic() + 10
    while sum(map(len, cells.run("%cost --by cell").groups().values())) < 13 and time.monotonic() < end:
        time.sleep(0.1)
    counts = {name: len(calls) for name, calls in cells.run("%cost --by cell").groups().items()}
    assert counts == {
        "answer = await ws.gateway.acomplete('x', model='scripted')": 1,
        "%%llm scripted --each rows: Say {{ text }}": 2, "%%llm scripted: Hello there": 2,
        "%%llm scripted --no-cache: Hello there": 2, cell_name(plain): 6,
    }  # fmt: skip


def test_a_cells_name_is_short_and_keeps_no_secret() -> None:
    assert cell_name("") == "" and cell_name("\n\n# only words\n") == ""
    assert cell_name("x = 1\ny = 2") == "x = 1" and len(cell_name("x" * 1000)) == 60
    assert "sk-proj" not in cell_name("%%llm\nmy key is sk-proj-abcDEF0123456789_xyz")


def test_amounts_below_zero_are_no_options(cells: Cells) -> None:
    assert "cannot be a budget" in cells.error("%budget -1").what
    assert "--k" in cells.error("%%rag handbook --k -3\nx").what


def test_a_small_cache_has_a_size(cells: Cells) -> None:
    cells.run("%%llm scripted\nHello")
    assert "MB" not in str(cells.run("%cache"))
