"""A workspace with two documents, and a real server that speaks the OpenAI protocol."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import motadata_nb as mn
from motadata_nb.rag.index import Index
from motadata_nb.testing.openai_server import OpenAIServer
from motadata_nb.workspace import Workspace

RETURNS = """# Returns

Customers in the European Union may return a product within 14 days of delivery without giving a reason.
Sealed software that was opened is excluded from the right of withdrawal.
"""
SHIPPING = "Parcels leave our warehouse in Rotterdam within three working days. Shipping to Norway costs 12 euros."


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as running:
        yield running


@pytest.fixture
def ws(workspace: Path, server: OpenAIServer) -> Iterator[Workspace]:
    with mn.open(workspace, backend="memory", api_base=server.url, api_key="sk-test-0123", cache=False) as opened:
        yield opened


@pytest.fixture
def handbook(ws: Workspace, workspace: Path) -> Index:
    folder = workspace.parent / "handbook"
    folder.mkdir()
    (folder / "returns.md").write_text(RETURNS)
    (folder / "shipping.txt").write_text(SHIPPING)
    ws.ingest(folder, into="handbook")
    return ws.index("handbook")
