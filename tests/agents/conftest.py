"""Agents that are kept in a catalog of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from motadata_nb.agents.home import Agents
from motadata_nb.agents.threads import Threads
from motadata_nb.catalog.catalog import Catalog


@pytest.fixture
def agents(tmp_path: Path) -> Iterator[Agents]:
    catalog = Catalog(tmp_path / "catalog.db")
    yield Agents(catalog)
    catalog.close()


def threads_of(agents: Agents) -> Threads:
    assert agents.threads is not None
    return agents.threads
