"""`motadata-nb kernel`: installed into a prefix, found by Jupyter, started, and removed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from motadata_nb.cli import main

pytestmark = pytest.mark.slow


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment whose kernels Jupyter looks at."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "env" / "share" / "jupyter"))
    return tmp_path / "env"


def test_an_installed_kernel_is_listed_runs_and_is_removed(
    prefix: Path, workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_client.manager import start_new_kernel

    install = ["kernel", "install", "--name", "motadata-here", "--prefix", str(prefix), "--chat", "rag:shop"]
    assert main(install) == 0
    spec = json.loads((prefix / "share/jupyter/kernels/motadata-here/kernel.json").read_text("utf-8"))
    assert (
        spec["display_name"] == "Motadata (Python 3)" and "kernel subshells" in spec["metadata"]["supported_features"]
    )
    assert (prefix / "share/jupyter/kernels/motadata-here/logo-svg.svg").is_file()
    capsys.readouterr()
    assert main(["kernel", "list"]) == 0
    assert "motadata-here" in capsys.readouterr().out
    monkeypatch.setenv("JPY_SESSION_NAME", str(workspace.parent / "asked.ipynb"))
    manager, client = start_new_kernel(kernel_name="motadata-here", cwd="/")
    try:
        session = "get_ipython()._motadata_session"
        asked = {"place": f"str({session}.workspace.place)", "chat": f"{session}.config['chat']"}
        reply = client.execute_interactive("", timeout=60, user_expressions=asked, output_hook=lambda _: None)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    said = reply["content"]["user_expressions"]
    assert said["place"]["data"]["text/plain"] == repr(str(workspace)), "the workspace stands beside the notebook"
    assert said["chat"]["data"]["text/plain"] == "'rag:shop'"
    assert main(["kernel", "uninstall", "--name", "motadata-here"]) == 0
    assert not (prefix / "share/jupyter/kernels/motadata-here").exists()


def test_only_our_kernels_are_removed_and_names_are_checked(prefix: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kernel", "install", "--name", "motadata-here", "--prefix", str(prefix)]) == 0
    assert main(["kernel", "remove", "--name", "motadata-her"]) != 0
    assert "motadata-nb kernel remove --name motadata-here" in capsys.readouterr().err
    assert main(["kernel", "remove", "--name", "python3"]) != 0
    assert main(["kernel", "install", "--name", "no good", "--prefix", str(prefix)]) != 0
    assert "cannot be a kernel's name" in capsys.readouterr().err
