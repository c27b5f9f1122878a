"""The stub server itself: what the other tests rely on."""

from __future__ import annotations

import socket
from contextlib import suppress
from urllib.parse import urlsplit

from motadata_nb.testing.openai_server import OpenAIServer


def test_a_server_that_stops_lets_go_of_whom_it_has_just_let_in() -> None:
    for _ in range(50):
        server = OpenAIServer().start()
        with socket.create_connection(("127.0.0.1", urlsplit(server.url).port), timeout=10) as client:
            server.stop()
            with suppress(ConnectionResetError):
                assert client.recv(1) == b""
