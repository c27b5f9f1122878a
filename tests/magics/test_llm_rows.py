"""%%llm over tables and pictures, and what is kept of an answer that breaks off."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from motadata_nb.errors import CallTimeout, StreamBroken, UnknownName
from motadata_nb.testing.openai_server import Answer, OpenAIServer, Request
from motadata_nb_magics.session import Session
from tests.magics.conftest import Cells

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def server(cells: Cells) -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        cells.run(f"%config Motadata.api_base = '{running.url}'")
        cells.run("%config Motadata.model = 'openai/gpt-4o-mini'")
        yield running


def _pictures(request: Request) -> str:
    content = request.body["messages"][-1]["content"]
    return str(sum(part["type"] == "image_url" for part in content)) if isinstance(content, list) else "none"


TABLE = "import pandas as pd; df = pd.DataFrame({'text': ['one', None, 'three'], 'n': [1, 0, 3]})"


def test_what_is_missing_is_asked_as_nothing(cells: Cells, server: OpenAIServer) -> None:
    cells.run(TABLE)
    found = cells.run("%%llm --each df\nSay {{ text.upper() }}.")
    assert list(found["answer"]) == ["echo: Say ONE.", "echo: Say .", "echo: Say THREE."]


def test_a_row_that_cannot_be_filled_in_fails_alone(cells: Cells, server: OpenAIServer) -> None:
    cells.run(TABLE)
    found = cells.run("%%llm --each df\nA third: {{ 3 // n }}")
    assert list(found["answer"].fillna("-")) == ["echo: A third: 3", "-", "echo: A third: 1"]
    assert "ZeroDivisionError" in found["error"][1]
    served = server.served
    assert isinstance(cells.error("%%llm --each df\n{{ nobody }}"), UnknownName) and server.served == served


def test_rows_as_json_and_as_text(cells: Cells, server: OpenAIServer) -> None:
    cells.run(TABLE)
    rows = json.loads(repr(cells.run("%%llm --each df --as json\nSay {{ n }}")))
    assert [row["answer"] for row in rows] == ["echo: Say 1", "echo: Say 0", "echo: Say 3"] and rows[1]["text"] is None
    assert "echo: Say 3" in repr(cells.run("%%llm --each df --as text\nSay {{ n }}"))


def test_a_dry_run_of_rows_has_the_price_of_all(cells: Cells, server: OpenAIServer) -> None:
    cells.run("rows = ['same'] * 50")
    one = cells.run("%%llm --dry-run\nsame").cost
    shown = str(cells.run("%%llm --each rows --dry-run\n{{ text }}"))
    assert "the first of 50 rows" in shown and f"${one * 50:.4f}" in shown and server.served == 0


def test_pictures_of_variables_expressions_lists_and_columns(
    cells: Cells, server: OpenAIServer, workspace: Path
) -> None:
    server.default = _pictures
    cells.run("import numpy as np; from PIL import Image; Image.new('RGB', (4, 4)).save('a.png')")
    cells.run("pixels = np.zeros((4, 4, 3)); torchlike = np.ones((3, 4, 4)); pics = ['a.png', pixels]")
    for option, count in {"pixels": 1, "torchlike": 1, "pics": 2, "pics[1]": 1, "a.png --image pics": 3}.items():
        assert cells.run(f"%%llm --image {option}\nWhat is this?").text == str(count), option
    assert "(2 pictures)" in str(cells.run("%%llm --image pics --dry-run\nWhat is this?"))
    cells.run("import pandas as pd; files = pd.DataFrame({'file': ['a.png', 'missing.png']})")
    found = cells.run("%%llm --each files --image file\nWhat is this?")
    assert found["answer"][0] == "1" and "missing.png cannot be read" in found["error"][1]


@pytest.mark.parametrize(("fault", "expected"), [("reset", StreamBroken), ("stall", CallTimeout)])
def test_what_came_of_a_broken_answer_is_kept(
    cells: Cells, server: OpenAIServer, fault: str, expected: type[Exception]
) -> None:
    cells.run("%config Motadata.timeout_s = 1.0")
    server.script(Answer(text="one two three", fault=fault, after=3))  # type: ignore[arg-type]  # one of its words
    error = cells.error("%%llm --out part\nTell me")
    assert isinstance(error, expected) and "What came is shown above and in part." in error.hint
    assert cells["part"].text == "one two " and cells["part"].interrupted
    assert cells["part"].model == "openai/gpt-4o-mini"
    server.script(Answer(text="one two three", fault=fault, after=3))  # type: ignore[arg-type]  # one of its words
    assert "in part" in cells.error("%%llm --out part\nTell me again;").hint


def test_the_place_in_the_queue_is_shown(
    cells: Cells, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Session, "streams", property(lambda session: True))
    cells.run("%config Motadata.limits = {'openai/gpt-4o-mini': {'rpm': 1, 'window_s': 0.4}}")
    for options in ("", "", '--schema "a int"'):
        server.script(Answer(text='{"a": 1}'))
        cells.run(f"%%llm --no-cache {options}\nHello")
        shown = capsys.readouterr().out
    assert shown.count("place 1 in the queue") == 1


def test_an_interrupt_is_one_line(cells: Cells, server: OpenAIServer) -> None:
    server.script(Answer(text='{"a": 1}', delay_s=5))
    interrupt = threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT])
    cells.run("import jsonschema, pydantic")
    interrupt.start()
    found = cells.shell.run_cell('%%llm --schema "a int"\nHello').error_in_exec
    assert isinstance(found, KeyboardInterrupt)
    assert found._render_traceback_() == ["KeyboardInterrupt: Interrupted."]  # type: ignore[attr-defined]  # IPython's hook


def test_a_question_that_waits_shows_its_place_too(
    cells: Cells, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Session, "streams", property(lambda session: True))
    cells.run("import pandas as pd; rows = pd.DataFrame({'text': ['Lamps may be returned within a week.']})")
    cells.run("%ingest rows --into shop")
    cells.run("%config Motadata.limits = {'openai/gpt-4o-mini': {'rpm': 1, 'window_s': 0.4}}")
    for _ in range(2):
        server.script(Answer(text="Yes [1]."))
        cells.run("%%rag shop --no-cache\nMay lamps be returned?")
        shown = capsys.readouterr().out
    assert shown.count("place 1 in the queue") == 1
