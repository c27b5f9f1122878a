"""The runtime of the bundled model reports to nobody. It is native code, which the guard against network cannot see."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

EMBED = "from motadata_nb.embeddings.minilm import MiniLM; MiniLM().embed(['x'])"


def test_no_identity_of_the_machine_is_made(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    env |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", EMBED], env=env, check=True, timeout=60)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()], "with it come the events and their uploader"
