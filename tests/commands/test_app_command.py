"""What `motadata-nb app` says when something is wrong: two lines, before anything is started or run."""

from __future__ import annotations

import socket
from pathlib import Path

import nbformat
import pytest

from motadata_nb.cli import main


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "small.ipynb"
    cell = nbformat.v4.new_code_cell("raise SystemExit('it was run')")
    path.write_text(nbformat.writes(nbformat.v4.new_notebook(cells=[cell])))
    for name in ("PANEL_OAUTH_KEY", "PANEL_OAUTH_SECRET", "PANEL_OAUTH_ENCRYPTION"):
        monkeypatch.delenv(name, raising=False)
    return path


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["--export", "nowhere/x.html"], "There is no folder nowhere.", "mkdir -p nowhere"),
        (["--rewrite", "nowhere/x.py"], "There is no folder nowhere.", "mkdir -p nowhere"),
        (["--oauth", "github"], "github needs PANEL_OAUTH_KEY", "export PANEL_OAUTH_KEY="),
        (["--address", "0.0.0.0"], "Anyone who reaches this machine", "--password WORD"),
        (["--pasword", "lamp"], "No option is called '--pasword'.", "motadata-nb app … --password"),
        (["--port", "many"], "Argument --port: invalid int value", "motadata-nb app --help"),
    ],
)
def test_it_says_what_to_type(
    words: list[str], what: str, hint: str, small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["app", str(small), *words]) == 1
    said = capsys.readouterr()
    lines = said.err.splitlines()
    assert len(lines) == 2 and what in lines[0] and hint in lines[1] and not said.out


def test_a_port_in_use_is_said_with_one_that_is_free(small: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["app", str(small), "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert f"Port {port} cannot be used" in said and "Try: --port " in said


def test_a_mistyped_action_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kernel", "instal"]) == 1
    assert capsys.readouterr().err == "No choice is called 'instal'.\nTry: motadata-nb kernel install\n"
