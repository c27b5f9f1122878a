"""A real OpenAI-protocol server and a gateway that reaches it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.config import Config
from motadata_nb.gateway import Gateway
from motadata_nb.telemetry.ledger import CallRow
from motadata_nb.testing.openai_server import OpenAIServer

Make = Callable[..., Gateway]


async def comes(holds: Callable[[], bool], within_s: float = 5.0) -> bool:
    """Whether it holds, now or soon: what another thread does, on a machine that may be busy."""
    for _ in range(int(within_s / 0.02)):
        if holds():
            return True
        await asyncio.sleep(0.02)
    return holds()


class Rows:
    """A ledger that keeps its rows."""

    def __init__(self) -> None:
        self.rows: list[CallRow] = []

    def record(self, row: CallRow) -> None:
        self.rows.append(row)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def ledger() -> Rows:
    return Rows()


@pytest.fixture
async def make(tmp_path: Path, ledger: Rows) -> AsyncIterator[Make]:
    """Makes gateways with settings, an own folder each, closed at the end."""
    made: list[Gateway] = []

    def build(folder: Path | None = None, **settings: Any) -> Gateway:
        config = Config(arguments=settings, folder=tmp_path)
        gateway = Gateway(config, folder=folder or tmp_path / f"gateway{len(made)}", ledger=ledger, tenant="default")
        made.append(gateway)
        return gateway

    yield build
    for gateway in made:
        await gateway.aclose()
        gateway.close()


@pytest.fixture
async def gateway(make: Make, server: OpenAIServer) -> Gateway:
    """A gateway whose model is the server's; it caches nothing, so that each call arrives."""
    return make(model="openai/stub", api_base=server.url, api_key="sk-test-0123456789abcdef", cache=False)
