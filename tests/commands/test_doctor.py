"""`motadata-nb doctor`: what it finds, what it says to type, and what it never shows."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from motadata_nb.commands.doctor import Finding, examine
from motadata_nb.config import Config
from motadata_nb.testing.openai_server import OpenAIServer


@pytest.fixture
def nobody() -> str:
    """A port of this machine at which nobody answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def _found(folder: Path, **settings: object) -> dict[str, Finding]:
    config = Config(arguments={"home": str(folder / "w"), **settings}, folder=folder)
    return {finding.what: finding for finding in examine(config).findings}


def test_everything_is_checked(tmp_path: Path) -> None:
    found = _found(tmp_path)
    wanted = {"Python", "motadata-nb", "SQLite", "packages", "extras", "kernel", "model", "keys", "workspace", "disk"}
    assert wanted <= set(found)
    assert not (tmp_path / "w").exists(), "nothing is made by looking"


def test_no_key_is_ever_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nobody: str) -> None:
    keys = {"OPENAI_API_KEY": "sk-verysecret1234567", "MISTRAL_API_KEY": "plainsecretword"}
    for name, key in keys.items():
        monkeypatch.setenv(name, key)
    found = _found(
        tmp_path, api_key="ownsecretkey", api_base=f"http://ada:hunter22@{nobody}/v1?api_key=querysecret",
        backend_urls={"pgvector": f"postgresql://ada:dbsecret@{nobody}/x"},
    )  # fmt: skip
    said = json.dumps([[f.what, f.detail, f.hint] for f in found.values()])
    for secret in (*keys.values(), "ownsecretkey", "hunter22", "querysecret", "dbsecret"):
        assert secret not in said
    assert found["keys"].detail == "OPENAI_API_KEY, MISTRAL_API_KEY, MOTADATA_API_KEY"


def test_servers_that_answer_and_servers_that_do_not(tmp_path: Path, nobody: str) -> None:
    with OpenAIServer() as server:
        assert _found(tmp_path, api_base=server.url)["model server"].state == "ok"
    found = _found(tmp_path, api_base=f"http://{nobody}/v1", backend_urls={"qdrant": f"http://{nobody}"})
    for what in ("model server", "qdrant server"):
        assert found[what].state == "broken" and nobody in found[what].detail and "%config" in found[what].hint
    assert (
        _found(tmp_path, backend_urls={"pgvector": f"postgresql://ada@{nobody}/x"})["pgvector server"].state == "broken"
    )
