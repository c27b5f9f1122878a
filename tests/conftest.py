"""What every test can ask for: real servers, a browser, an own workspace, an IPython shell, the evaluation data.

No test reaches the network; its home, configuration and keys are not the developer's.
"""

from __future__ import annotations

import atexit
import os
import signal
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests import servers
from tests.offline import sitecustomize  # noqa: F401  importing it installs the guard

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data"
REQUIRED = os.environ.get("MOTADATA_TEST_REQUIRE", "") not in ("", "0")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Guard the whole run, so that fixtures of any scope are covered; one home a process."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a run in the background; tests interrupt themselves
        signal.signal(signal.SIGINT, signal.default_int_handler)
    base = _base(config)
    home = base / "home"
    home.mkdir(exist_ok=True)
    os.environ.setdefault("MOTADATA_TEST_HOME", os.environ.get("HOME", ""))
    os.environ.setdefault("MOTADATA_TEST_FIRST_PID", str(os.getpid()))
    os.environ["PYTHONPATH"] = os.pathsep.join(
        dict.fromkeys([str(ROOT / "tests" / "offline"), *filter(None, os.environ.get("PYTHONPATH", "").split(":"))])
    )
    for name in [n for n in os.environ if _is_foreign(n)]:
        del os.environ[name]
    os.environ.update(_home(home), MOTADATA_TEST_OFFLINE=str(base / "network.log"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest goes first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: "packaging" not in item.path.parts)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """The run's first process stops what the run has started."""
    if not hasattr(session.config, "workerinput"):
        servers.stop_all(_run_folder(session.config))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Markers: `server("redis")` needs a program, `shared_data` needs the evaluation data."""
    for mark in item.iter_markers("server"):
        _need(mark.args[0])
    if item.get_closest_marker("shared_data"):
        _shared_data()


def _base(config: pytest.Config) -> Path:
    factory: pytest.TempPathFactory = config._tmp_path_factory  # type: ignore[attr-defined]  # no public way in a hook
    return factory.getbasetemp()


def _run_folder(config: pytest.Config) -> Path:
    base = _base(config)
    folder = (base.parent if hasattr(config, "workerinput") else base) / "servers"
    folder.mkdir(exist_ok=True)
    return folder


def _is_foreign(name: str) -> bool:
    ours = name.startswith("MOTADATA_") and not name.startswith("MOTADATA_TEST_")
    return ours or name.endswith(("_API_KEY", "_API_BASE"))


def _home(folder: Path) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "XDG_CACHE_HOME": str(folder / "cache"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
        "IPYTHONDIR": str(folder / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),
        "JUPYTER_DATA_DIR": str(folder / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter" / "runtime"),
        "NO_PROXY": "localhost,127.0.0.1,::1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _need(name: str) -> str:
    found = servers.program(name)
    if found is None:
        why = f"{name} is not on this machine: {servers.INSTALL[name]}"
        if REQUIRED:
            pytest.fail(why, pytrace=False)
        pytest.skip(why)
    return found


def _shared_data() -> Path:
    if not SHARED.is_dir():
        pytest.skip(f"no evaluation data at {SHARED.parent.name}/{SHARED.name} beside the project")
    return SHARED


@pytest.fixture(autouse=True)
def isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """An own home and configuration; fails the test when it, or a process it started, tried to leave the machine."""
    home = tmp_path / ".home"
    home.mkdir()
    for name, value in _home(home).items():
        monkeypatch.setenv(name, value)
    log = home / "network.log"
    monkeypatch.setenv("MOTADATA_TEST_OFFLINE", str(log))
    yield
    if log.exists() and "network_attempts" not in request.fixturenames:
        pytest.fail(f"tried to reach the network: {sorted(set(log.read_text().split()))}", pytrace=False)


@pytest.fixture
def network_attempts(isolated: None) -> Callable[[], list[str]]:
    """Call it for the hosts that this test tried to reach so far; asking for it allows the (refused) attempts."""

    def attempts() -> list[str]:
        log = Path(os.environ["MOTADATA_TEST_OFFLINE"])
        return log.read_text().split() if log.exists() else []

    return attempts


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own, empty folder for a workspace; the current folder is beside it."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder / ".motadata"


@pytest.fixture
def shell(workspace: Path) -> Iterator[InteractiveShell]:
    """A real IPython shell, the one `get_ipython()` finds, with the workspace's folder as current folder."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    main = sys.modules["__main__"]
    InteractiveShell.clear_instance()
    shell: Any = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        yield shell
    finally:
        atexit.unregister(shell.atexit_operations)
        shell.atexit_operations()
        InteractiveShell.clear_instance()
        sys.modules["__main__"] = main


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of evaluation data beside the project; skips where there is none."""
    return _shared_data()


@pytest.fixture(scope="session")
def _server(pytestconfig: pytest.Config) -> Callable[[str], str]:
    def address(name: str) -> str:
        _need(name)
        return servers.address(name, _run_folder(pytestconfig), int(os.environ["MOTADATA_TEST_FIRST_PID"]))

    return address


@pytest.fixture(scope="session")
def postgres_server(_server: Callable[[str], str]) -> str:
    """The URL of the run's PostgreSQL, as its superuser; pgvector can be created in it."""
    return _server("postgres")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The URL `postgresql://…` of an own, empty database on a real PostgreSQL with pgvector."""
    import psycopg

    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        yield postgres_server.replace("/postgres?", f"/{name}?")
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@pytest.fixture
def redis_url(_server: Callable[[str], str]) -> Iterator[str]:
    """The URL `redis://…` of an empty database of a real Redis."""
    import redis

    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    url = f"{_server('redis')}/{int(worker) % 16}"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture(scope="session")
def nats_url(_server: Callable[[str], str]) -> str:
    """The URL `nats://…` of a real NATS server with JetStream; name streams and subjects uniquely."""
    return _server("nats")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium for Playwright's `executable_path`; as root it needs `args=["--no-sandbox"]`."""
    return _need("chromium")


@pytest.fixture(scope="session")
def tesseract() -> str:
    """The path of the tesseract program."""
    return _need("tesseract")
