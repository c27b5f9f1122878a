"""A real Chroma server that a test may stop and start."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

__all__ = ["running"]


@contextmanager
def running(folder: Path, port: int) -> Iterator[str]:
    """Its address, while it keeps its data in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(folder), "--port", str(port)]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([*command, "--host", "127.0.0.1"], stdout=log, stderr=log)
    try:
        _wait_for(f"http://127.0.0.1:{port}/api/v2/heartbeat", folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(address: str, log: Path) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        # urllib leaves its socket open when a starting server accepts and does not answer in time.
        with suppress(httpx.HTTPError), httpx.Client(timeout=5) as client:
            client.get(address)
            return
        time.sleep(0.1)
    raise RuntimeError(f"Chroma did not start: {log.read_text()[-2000:]}")
