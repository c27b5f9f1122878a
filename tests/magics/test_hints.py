"""What an error says to type next is typed in a cell as it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from motadata_nb_magics.hints import in_a_cell
from tests.magics.conftest import Cells

pytestmark = pytest.mark.usefixtures("workspace")


def test_a_cells_error_names_its_options(cells: Cells) -> None:
    error = cells.error("%%llm openai/gpt-4o-mini --model gpt9-mni\nHi")
    assert "--model " in error.hint and "model='" not in error.hint
    assert f"--model {error.hint.partition('--model ')[2]}" in str(error)
    plain = cells.error("ws = __import__('motadata_nb').open(); ws.gateway.complete('x', model='gpt9-mni')")
    assert "model='" in plain.hint


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        ("Try: model='local/my models'", 'Try: --model "local/my models"'),
        ("Use fewer passages (k=…).", "Use fewer passages (k=…)."),
        ("Raise timeout_s=… (%config Motadata.timeout_s = 8).", "Raise timeout_s (%config Motadata.timeout_s = 8)."),
        ("Try: api_base='http://a:1/v1'", "Try: %config Motadata.api_base = 'http://a:1/v1'"),
        ("Set api_key=… or MOTADATA_API_KEY.", "Set api_key=… or MOTADATA_API_KEY."),
        ("Try: ws.gateway.complete(messages, model=…)", "Try: ws.gateway.complete(messages, model=…)"),
    ],
)
def test_arguments_become_options_and_settings(hint: str, expected: str) -> None:
    assert in_a_cell(hint, ["--model"]) == expected


def test_a_picture_that_is_not_there(cells: Cells, workspace: Path) -> None:
    Path("photo.png").write_bytes(b"")
    assert cells.error("%%llm --image phto.png\nWhat is it?").hint == "Is it photo.png?"
    assert "variable" in cells.error("%%llm --image nothing\nWhat is it?").hint


def test_a_cassette_at_home(cells: Cells, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert cells.run("%cassette record ~/calls.jsonl").path == tmp_path / "me" / "calls.jsonl"
    cells.run("%cassette off")


def test_only_cassettes_are_offered_as_cassettes(cells: Cells, workspace: Path) -> None:
    Path("notes.jsonl").write_text('{"text": "no"}\n')
    assert cells.error("%cassette replay nots.jsonl").hint == "Record it: %cassette record FILE"
    cells.run("%cassette record calls.rec")
    cells.run("%%llm scripted\nHi")
    cells.run("%cassette off")
    assert cells.error("%cassette replay calls").hint == "Try: %cassette replay calls.rec"
    shown = repr(cells.run("__import__('motadata_nb').open().gateway"))
    assert shown == "Gateway(model='extractive', cache='disk')"
