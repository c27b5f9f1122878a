"""%%llm and the magics around its money, against a real model server."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.errors import AuthenticationFailed, BudgetExceeded, InvalidInput, UnknownName
from motadata_nb.testing.openai_server import Answer, OpenAIServer, refusal
from tests.magics.conftest import Cells

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture
def server(cells: Cells) -> Iterator[OpenAIServer]:
    """A model server that the cells are connected to."""
    with OpenAIServer() as started:
        cells.run(f"%config Motadata.api_base = {started.url!r}")
        cells.run("%config Motadata.model = 'openai/gpt-5-mini'")
        yield started


def test_one_completion(cells: Cells, server: OpenAIServer) -> None:
    cells.run("topic = 'rain'")
    told = cells.run("%%llm --system 'Be brief.' --out told\nA word on {{ topic }}.")
    assert told is cells["told"] and told.text == "echo: A word on rain."
    assert [m["content"] for m in server.chats[-1].body["messages"]] == ["Be brief.", "A word on rain."]
    assert cells.run("%%llm\nA word on {{ topic }}.").cached is False, "another call: it has no system message"
    assert cells.run("%%llm\nA word on {{ topic }}.").cached is True
    assert cells.run("%%llm --no-cache\nA word on {{ topic }}.").cached is False


def test_a_conversation(cells: Cells, server: OpenAIServer) -> None:
    cells.run("%%llm --thread ideas --system 'Be brief.'\nMy name is Ada.")
    shown = cells.run("%%llm --thread ideas --system 'Be brief.' --dry-run\nWho am I?")
    assert [m["role"] for m in shown.messages] == ["system", "user", "assistant", "user"]
    cells.run("%%llm --thread ideas\nWho am I?")
    said = [m["content"] for m in server.chats[-1].body["messages"]]
    assert said == ["My name is Ada.", "echo: My name is Ada.", "Who am I?"]
    cells.run("import pandas as pd; df = pd.DataFrame({'a': [1]})")
    assert "conversation" in cells.error("%%llm --each df --thread ideas\nWhat is {{ a }}?").what


def test_shared_options(cells: Cells, server: OpenAIServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert cells.run("%%llm --raw\nA word on {{ nothing }}.").text == "echo: A word on {{ nothing }}."
    assert str(cells.run("%%llm --as text\nHello")) == "echo: Hello"
    assert str(cells.run("%%llm --as json --schema 'n int'\nHow many?")) == '{\n  "n": 1\n}'
    capsys.readouterr()
    assert cells.run("%%llm --quiet --out told\nHush") is None and cells["told"].text == "echo: Hush"
    assert cells.run("%%llm --model openai/other; \nHush") is None and server.chats[-1].body["model"] == "other"
    assert capsys.readouterr().out == ""


def test_data(cells: Cells, server: OpenAIServer) -> None:
    server.script('{"name": "Ada", "age": 36}')
    told = cells.run('%%llm --schema "name, age int"\nAda, 36')
    assert told.data == {"name": "Ada", "age": 36}
    server.script('{"name": "Ada", "age": 36}')
    table = cells.run('%%llm --schema "name, age int" --as df --no-cache\nAda, 36')
    assert table.to_dict("records") == [{"name": "Ada", "age": 36}]


def test_pictures(cells: Cells, server: OpenAIServer, workspace: Path) -> None:
    (workspace.parent / "a.png").write_bytes(PIXEL)
    cells.run("%%llm --image a.png --image a.png\nWhat is it?")
    parts = server.chats[-1].body["messages"][-1]["content"]
    assert [part["type"] for part in parts].count("image_url") == 2
    assert (
        parts[-1]["image_url"]["url"].startswith("data:image/png;base64,") if parts[-1]["type"] == "image_url" else True
    )


def test_an_interrupt_between_two_pieces_closes_the_stream(
    cells: Cells, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Most of the time a cell waits for the next piece, but not always: it also draws what it has."""
    cells.run("from motadata_nb_magics.display import Live")
    drawn: list[str] = []

    def draw(live: Any, card: Any) -> None:
        drawn.append(card.body)
        if len(drawn) == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(cells["Live"], "card", draw)
    server.script(Answer(text="One more word. " * 400, piece_delay_s=0.02))
    with pytest.raises(KeyboardInterrupt):
        cells.run("%%llm --out told\nTell me more.")
    request, end = server.chats[-1], time.monotonic() + 10
    while not request.gone and time.monotonic() < end:
        time.sleep(0.01)
    assert request.gone and not request.done
    assert cells["told"].interrupted and cells["told"].text.startswith("One")


def test_a_dry_run_calls_nothing(cells: Cells, server: OpenAIServer) -> None:
    shown = cells.run("%%llm --dry-run --system 'Be brief.'\nHello {{ 1 + 1 }}")
    assert server.served == 0 and [m["content"] for m in shown.messages] == ["Be brief.", "Hello 2"]
    text = shown._repr_mimebundle_()["text/html"]
    assert "Hello 2" in text and "tokens in" in text and "$" in text


def test_each_row_of_a_table(cells: Cells, server: OpenAIServer) -> None:
    cells.run("import pandas as pd; df = pd.DataFrame({'text': ['a', 'b', 'c'], 'n': [1, 2, 3]}, index=[7, 8, 9])")
    cells.run("greeting = 'Hi'")
    server.default = lambda request: Answer(text=f"echo: {request.body['messages'][-1]['content']}", delay_s=0.1)
    found = cells.run("%%llm --each df --out told\n{{ greeting }} {{ text }} {{ n + 1 }}")
    assert found is cells["told"] and list(found.index) == [7, 8, 9]
    assert list(found.columns) == ["text", "n", "answer"]
    assert list(found["answer"]) == ["echo: Hi a 2", "echo: Hi b 3", "echo: Hi c 4"]
    assert server.peak > 1, "the rows are asked at the same time"
    served = server.served
    assert list(cells.run("%%llm --each df\n{{ greeting }} {{ text }} {{ n + 1 }}")["answer"]) == list(found["answer"])
    assert server.served == served, "nothing is paid twice"


def test_rows_with_a_schema_and_a_row_that_fails(cells: Cells, server: OpenAIServer) -> None:
    cells.run("rows = [{'text': 'good'}, {'text': 'bad'}, {'text': 'fine'}]")

    def answer(request: object) -> Answer:
        text = request.body["messages"][-1]["content"]  # type: ignore[attr-defined]  # the server's Request
        if "bad" in text:
            return refusal(400, "cannot read this", "bad_request")
        return Answer(text='{"urgent": true, "text": "yes"}')

    server.default = answer
    found = cells.run('%%llm --each rows --schema "urgent bool, text"\n{{ text }}')
    assert list(found["urgent"])[::2] == [True, True] and list(found["answer_text"])[::2] == ["yes", "yes"]
    assert "cannot read this" in found["error"][1] and found["error"].isna().sum() == 2


def test_when_every_row_fails_the_cell_fails(cells: Cells, server: OpenAIServer) -> None:
    cells.run("rows = ['a', 'b']")
    server.default = lambda request: refusal(401, "Incorrect API key", "invalid_api_key")
    assert isinstance(cells.error("%%llm --each rows\n{{ text }}"), AuthenticationFailed)


def test_what_is_wrong_with_rows(cells: Cells, server: OpenAIServer) -> None:
    cells.run("import pandas as pd; df = pd.DataFrame({'text': ['a']}); number = 3")
    assert isinstance(cells.error("%%llm --each dff\n{{ text }}"), UnknownName)
    assert "--each df" in cells.error("%%llm --each number\n{{ text }}").hint
    assert "{{ text }}" in cells.error("%%llm --each df\nno column").hint
    assert "{{ text }}" in cells.error("%%llm --each df\n{{ txt }}").hint
    assert server.served == 0


def test_a_cassette_needs_no_server(cells: Cells, server: OpenAIServer, workspace: Path) -> None:
    cells.run("%config Motadata.cache = False")
    assert cells.run("%cassette record calls.jsonl").mode == "record"
    cells.run("%%llm\nHello")
    assert cells.run("%cassette").recorded == 1
    cells.run("%cassette off")
    server.stop()
    assert cells.run("%cassette replay calls.jsonl").mode == "replay"
    again = cells.run("%%llm\nHello")
    assert again.text == "echo: Hello" and again.replayed
    assert "record" in cells.error("%%llm\nSomething else").hint
    cells.run("%cassette off")
    assert (workspace.parent / "calls.jsonl").is_file()


def test_what_is_wrong_with_a_cassette(cells: Cells) -> None:
    assert "calls.jsonl" in cells.error("%cassette record").hint
    assert isinstance(cells.error("%cassette rewind"), UnknownName)
    assert "nothere" in str(cells.error("%cassette replay nothere.jsonl"))


def test_budget_and_cost(cells: Cells, server: OpenAIServer) -> None:
    assert cells.run("%budget $0.000001 --per notebook").limit == 0.000001
    assert isinstance(cells.error("%%llm\nHello"), BudgetExceeded)
    assert server.served == 0
    assert cells.run("%budget off").limit == 0
    cells.run("%%llm\nHello")
    assert cells.run("%budget").spent > 0
    report = cells.run("%cost")
    assert "gpt-5-mini" in str(report.df.iloc[0].to_dict())
    assert "gpt-5-mini" in str(cells.run("%cost --by model")) and cells.run("%cost --by day") is not None
    for wrong in ("%budget much", "%budget -1", "%budget nan", "%budget 1 --per year"):
        assert isinstance(cells.error(wrong), InvalidInput | UnknownName), wrong


def test_cache(cells: Cells, server: OpenAIServer) -> None:
    cells.run("%%llm\nHello")
    assert cells.run("%%llm\nHello").cached
    assert cells.run("%cache").entries >= 1
    assert "--all" in cells.error("%cache drop").what
    cells.run("%cache drop --all")
    assert not cells.run("%%llm\nHello").cached


def test_a_schema_is_a_class_of_the_notebook_by_its_name(cells: Cells, server: OpenAIServer) -> None:
    cells.run("from dataclasses import dataclass\n@dataclass\nclass Trip:\n    minutes: int\n    quay: str")
    cells.run(
        "shape = {'type': 'object', 'properties': {'n': {'type': 'integer'}}}; name = 'Ada'; from datetime import date"
    )
    trip, trips = '{"minutes": 35, "quay": "north"}', '{"value": [{"minutes": 35, "quay": "north"}]}'
    server.script(trip, trips, '{"n": 2}', '{"name": "Eve"}')
    shown = [
        repr(cells.run(f"%%llm --no-cache --schema {s}\nAsk").data) for s in ("Trip", "list[Trip]", "shape", "name")
    ]
    assert shown == [
        "Trip(minutes=35, quay='north')", "[Trip(minutes=35, quay='north')]", "{'n': 2}", "{'name': 'Eve'}",
    ]  # fmt: skip
    server.script('{"minutes": 5, "quay": "south"}')
    rows = cells.run("%%llm --no-cache --each [1] --schema Trip\n{{ text }}")
    assert rows[["minutes", "quay"]].values.tolist() == [[5, "south"]]
    server.script(trip, trips)
    written = [
        json.loads(str(cells.run(f"%%llm --no-cache --as json --schema {s}\nAsk"))) for s in ("Trip", "list[Trip]")
    ]
    assert written == [{"minutes": 35, "quay": "north"}, [{"minutes": 35, "quay": "north"}]]
    server.script('{"date": "2024-05-01"}')
    assert cells.run("%%llm --no-cache --schema date\nWhen?").data == {"date": "2024-05-01"}
    wrong = cells.shell.run_cell("%%llm --schema Tripp\nAsk").error_in_exec
    assert isinstance(wrong, UnknownName) and wrong.hint == "Try: --schema Trip"
    wrong = cells.shell.run_cell("%%llm --schema {{ Trip }}\nAsk").error_in_exec
    assert isinstance(wrong, InvalidInput) and wrong.hint == "Write its name alone: --schema Trip"
