"""The ground that other tests stand on: servers, guard, isolation."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def test_postgres_is_real_and_has_vectors(postgres_url: str) -> None:
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE EXTENSION vector")
        row = connection.execute("SELECT '[1,2]'::vector <-> '[1,3]'::vector, current_database()").fetchone()
    assert row is not None and row[0] == 1.0 and row[1].startswith("t_")


def test_each_test_gets_its_own_database(postgres_url: str) -> None:
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        rows = connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'vector'").fetchone()
    assert rows == (0,)


def test_redis_is_real_and_empty(redis_url: str) -> None:
    import redis

    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set("k", "v")
        assert client.get("k") == b"v"


async def test_nats_is_real_and_has_jetstream(nats_url: str) -> None:
    import nats

    client = await nats.connect(nats_url)
    stream = await client.jetstream().add_stream(name="house", subjects=["house.>"])
    assert stream.config.name == "house"
    await client.close()


def test_chromium_starts(chromium: str) -> None:
    told = subprocess.run([chromium, "--version", "--no-sandbox"], capture_output=True, text=True, check=True)
    assert "Chrom" in told.stdout


@pytest.mark.parametrize("host", ["example.com", "93.184.216.34", "2001:db8::1"])
def test_no_test_reaches_the_network(network_attempts: Callable[[], list[str]], host: str) -> None:
    with pytest.raises(OSError, match="tests may not reach"):
        socket.create_connection((host, 80), 1)
    assert network_attempts() == [host]


def test_no_process_of_a_test_reaches_the_network(network_attempts: Callable[[], list[str]]) -> None:
    code = "import urllib.request; urllib.request.urlopen('http://example.com')"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert told.returncode == 1 and "may not reach example.com" in told.stderr
    assert network_attempts() == ["example.com"]


def test_loopback_is_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1]), 1).close()


def test_the_home_and_the_keys_are_not_the_developers(tmp_path: Path) -> None:
    from platformdirs import user_config_path

    assert Path.home().is_relative_to(tmp_path)
    assert user_config_path("motadata_nb").is_relative_to(tmp_path)
    assert not [n for n in os.environ if n.endswith("_API_KEY")]


def test_the_shell_is_real(shell: object, workspace: Path) -> None:
    from IPython.core.getipython import get_ipython

    found = get_ipython()
    assert found is shell
    assert found is not None and found.run_cell("6 * 7").result == 42
    assert Path.cwd() == workspace.parent and not workspace.exists()
