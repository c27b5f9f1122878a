"""Settings: where each comes from, what is refused, and that no secret is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

import motadata_nb as mn
from motadata_nb.config import SETTINGS, Config
from motadata_nb.errors import InvalidInput, UnknownName
from tests.magics.conftest import Cells


def test_the_order_of_the_layers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = tmp_path / "config.toml"
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    session: dict[str, object] = {}
    config = Config(session=session, folder=deep, user_file=user)

    def fresh() -> tuple[object, str]:
        value = Config(session=session, folder=deep, user_file=user, arguments=config.arguments).value("k")
        return value.value, value.origin

    assert fresh() == (5, "default")
    user.write_text("k = 6")
    assert fresh() == (6, str(user))
    project = tmp_path / "a" / "pyproject.toml"
    project.write_text("[tool.motadata_nb]\nk = 7")
    assert fresh() == (7, str(project))
    monkeypatch.setenv("MOTADATA_K", "8")
    assert fresh() == (8, "environment")
    config.set("k", 9)
    assert fresh() == (9, "%config")
    config.arguments["k"] = 10
    assert fresh() == (10, "argument")


@pytest.mark.parametrize(
    ("name", "value"),
    [("k", "x"), ("k", 0), ("k", 2.5), ("k", True), ("k", [1]), ("cache", "perhaps"), ("budget", -1),
     ("models", "fast"), ("models", [1]), ("timeout_s", float("nan")), ("timeout_s", 0),
     ("chunk_tokens", float("inf")), ("model", 3)],
)  # fmt: skip
def test_values_that_cannot_be_used(name: str, value: object) -> None:
    config = Config(session={})
    with pytest.raises(InvalidInput) as caught:
        config.set(name, value)
    assert caught.value.what.startswith(f"{name} = ") and caught.value.hint.startswith(f"{name}: ")
    assert config.session == {}


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("k", "8", 8), ("k", 8.0, 8), ("cache", "off", False), ("cache", 1, True), ("budget", 2, 2.0),
     ("models", '{"a": "b"}', {"a": "b"}), ("home", Path("x"), "x")],
)  # fmt: skip
def test_values_that_are_converted(name: str, value: object, expected: object) -> None:
    config = Config(session={})
    config.set(name, value)
    assert config[name] == expected and type(config[name]) is type(expected)


def test_config_fails_the_cell(cells: Cells) -> None:
    assert isinstance(cells.error("%config Motadata.k = 'x'"), InvalidInput)
    assert isinstance(cells.error("%config Motadata.kk = 3"), UnknownName)
    assert "quotes" in cells.error("%config Motadata.model = gpt-5").hint
    assert isinstance(cells.error("%config Motadata.mode = 'hibrid'"), UnknownName)
    assert isinstance(cells.error("%config Motadata k 3"), InvalidInput)
    assert cells.run("%config Motadata.k").__repr__() == "5"
    cells.run("wanted = 8")
    cells.run("%config Motadata.k = wanted")
    cells.error("%config Motadata.k = 0")
    assert repr(cells.run("%config Motadata.k")) == "8"
    cells.run("%config Motadata.k = None")
    assert repr(cells.run("%config Motadata.k")) == "5"


def test_config_of_ipython_still_works(cells: Cells, capsys: pytest.CaptureFixture[str]) -> None:
    cells.run("%config InteractiveShell.ast_node_interactivity = 'last'")
    assert cells.shell.ast_node_interactivity == "last"
    cells.run("%config")
    assert "IPCompleter" in capsys.readouterr().out


def test_each_value_with_its_origin_and_no_secret(
    cells: Cells, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (workspace.parent / "pyproject.toml").write_text('[tool.motadata_nb]\nk = 7\nmodle = "x"')
    monkeypatch.setenv("MOTADATA_API_KEY", "sk-very-secret-1")
    monkeypatch.setenv("MOTADATA_HOME", "postgresql://me:very-secret-2@localhost/db")
    monkeypatch.setenv("MOTADATA_TIMEOUT", "3")
    cells.run("%config Motadata.models = {'fast': [{'model': 'openai/x', 'api_key': 'very-secret-3'}]}")
    shown = cells.run("%motadata config")
    rows = {row[0]: row[1:] for row in shown.rows}
    assert sorted(rows) == sorted(SETTINGS)
    assert rows["k"][0] == "7" and rows["k"][1].endswith("pyproject.toml")
    assert rows["api_key"] == ["(set, hidden)", "environment"]
    assert rows["model"] == ['"extractive"', "default"]
    assert rows["models"][1] == "%config"
    bundle = shown._repr_mimebundle_()
    assert all("secret" not in text for text in bundle.values())
    assert all(name in bundle["text/html"] for name in SETTINGS)
    assert "modle" in bundle["text/plain"] and "is meant?" in bundle["text/plain"]
    assert "MOTADATA_TIMEOUT" in bundle["text/html"]


def test_a_broken_file_is_named(cells: Cells, workspace: Path) -> None:
    (workspace.parent / "pyproject.toml").write_text("[tool.motadata_nb\n")
    error = cells.error("%motadata config")
    assert "pyproject.toml" in error.what and "Mend" in error.hint


def test_settings_of_ipythons_own_files(shell: object, workspace: Path) -> None:
    from traitlets.config import Config as IPythonConfig

    shell.update_config(IPythonConfig({"Motadata": {"k": 3}}))  # type: ignore[attr-defined]  # an InteractiveShell
    shell.run_line_magic("load_ext", "motadata_nb")  # type: ignore[attr-defined]  # an InteractiveShell
    assert mn.open().config["k"] == 3
    shell.run_line_magic("unload_ext", "motadata_nb")  # type: ignore[attr-defined]  # an InteractiveShell


def test_python_in_the_notebook_has_the_same_workspace_and_settings(
    handbook: Cells, workspace: Path, tmp_path: Path
) -> None:
    handbook.run("import os, motadata_nb as mn")
    handbook.run("%config Motadata.k = 1")
    handbook.shell.user_ns["elsewhere"] = str(tmp_path)
    handbook.run("os.chdir(elsewhere); ws = mn.open()")
    assert handbook["ws"].folder == workspace and handbook["ws"].indexes() == ["handbook"]
    assert handbook["ws"].config["k"] == 1
    handbook.run("ws.close(); os.chdir('work')")
    handbook.run("%config Motadata.home = 'other'")
    handbook.run("there = mn.open().folder")
    assert handbook["there"] == workspace.parent / "other"
    assert handbook.run("%rag ls").rows == []


def test_home_of_a_project_is_beside_its_pyproject(cells: Cells, workspace: Path) -> None:
    (workspace.parent.parent / "pyproject.toml").write_text('[tool.motadata_nb]\nhome = "shared"')
    cells.run("import motadata_nb as mn; folder = mn.open().folder")
    assert cells["folder"] == workspace.parent.parent / "shared"
