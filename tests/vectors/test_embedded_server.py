"""The embedded PostgreSQL ends with the last process that uses it, also when another was killed before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.conftest import ROOT

USER = """
import sys
from pathlib import Path
from motadata_nb.postgres.embedded import embedded_url
print(embedded_url(Path(sys.argv[1])), flush=True)
sys.stdin.readline()
"""


@contextmanager
def user(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that uses the server in `folder` until it is told to end."""
    command = [sys.executable, "-c", USER, str(folder)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("postgresql://")
        yield process


def running(folder: Path) -> int | None:
    """The process of the server."""
    file = folder / "postmaster.pid"
    pid = int(file.read_text().split()[0]) if file.exists() else None
    return pid if pid is not None and psutil.pid_exists(pid) else None


def test_a_killed_process_does_not_keep_the_server(postgres_server: str, tmp_path: Path) -> None:
    folder = tmp_path / "pg"
    with user(folder) as lasting, user(folder) as killed:
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        server = running(folder)
        assert server is not None, "another uses it"
        lasting.communicate("end\n")
        assert lasting.returncode == 0
    process = psutil.Process(server) if psutil.pid_exists(server) else None
    try:
        assert process is None or process.wait(10) is None
    finally:
        if process is not None and process.is_running():
            process.terminate()
