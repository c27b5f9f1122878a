"""Vectors in memory: each is read once, comes back nearly as it was, and all come in beside the searches."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from motadata_nb.rag.search import rounded
from motadata_nb.rag.search.rounded import RoundedVectors

DIMENSION = 16
WITHOUT = 7
"""A chunk that is not embedded."""


def unit(chunk: int) -> NDArray[np.float32]:
    vector = np.random.default_rng(chunk).standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


class Catalog:
    """Remembers what was read from it."""

    def __init__(self) -> None:
        self.read: list[int] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, chunks: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        self.gate.wait()
        self.read += chunks
        return {chunk: unit(chunk) for chunk in chunks if chunk != WITHOUT}


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def memory(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> Iterator[RoundedVectors]:
    monkeypatch.setattr(rounded, "_SLICE", 10)
    made = RoundedVectors(catalog, DIMENSION)
    yield made
    catalog.gate.set()
    made.close()


def filled(memory: RoundedVectors) -> None:
    while memory._filling is not None and not memory._filling.done():
        memory._filling.result()


def test_vectors_come_back_nearly_as_they_were_and_are_read_once(catalog: Catalog, memory: RoundedVectors) -> None:
    chunks = [3, 1, WITHOUT, 2]
    found = memory.fetch(chunks)
    exact = np.stack([unit(chunk) for chunk in chunks])
    exact[2] = 0
    assert np.abs(found - exact).max() < 0.004 and not found[2].any()
    assert np.abs(found @ found.T - exact @ exact.T).max() < 0.01
    assert catalog.read == chunks
    catalog.read.clear()
    assert (memory.fetch([1, 2]) == found[[1, 3]]).all() and catalog.read == []
    assert memory.fetch([]).shape == (0, DIMENSION)


def test_all_come_in_beside_the_searches(catalog: Catalog, memory: RoundedVectors) -> None:
    memory.fetch([5, 30])
    memory.fill(np.arange(1, 36))
    filled(memory)
    assert len(memory) == 34 and sorted(catalog.read) == list(range(1, 36))
    assert memory._rows.nbytes <= 37 * DIMENSION, "one byte a dimension, and no room for many more"
    memory.fill(np.arange(1, 41))
    filled(memory)
    assert catalog.read[-5:] == [36, 37, 38, 39, 40]


def test_what_is_not_embedded_yet_is_looked_for_now_and_then(
    catalog: Catalog, memory: RoundedVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = [6, WITHOUT, 8]
    memory.fetch(chunks)
    memory.fetch(chunks)
    memory.fill(np.array(chunks))
    filled(memory)
    assert catalog.read == chunks, "not with every search"
    monkeypatch.setattr(rounded, "_AGAIN_S", 0)
    monkeypatch.setattr(rounded, "_BESIDE_S", 0)
    memory.fetch(chunks)
    memory.fill(np.array(chunks))
    filled(memory)
    assert catalog.read[3:] == [WITHOUT, WITHOUT]
    monkeypatch.setattr(f"{__name__}.WITHOUT", 0)
    memory.fill(np.array(chunks))
    filled(memory)
    catalog.read.clear()
    assert memory.fetch(chunks).any(axis=1).all() and catalog.read == [], "it came in beside the searches"


def test_what_is_gone_is_not_looked_for(
    catalog: Catalog, memory: RoundedVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounded, "_BESIDE_S", 0)
    memory.fetch([6, WITHOUT, 8])
    catalog.read.clear()
    memory.fill(np.array([6, 8]))
    filled(memory)
    assert catalog.read == []


def test_who_closes_waits_for_one_slice(catalog: Catalog, memory: RoundedVectors) -> None:
    catalog.gate.clear()
    memory.fill(np.arange(1, 100))
    threading.Timer(0.1, catalog.gate.set).start()
    memory.close()
    read = len(catalog.read)
    assert read <= 10 and memory._filling is not None and memory._filling.done()
    memory.fill(np.arange(1, 100))
    assert len(catalog.read) == read


def test_more_than_there_is_room_for(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounded, "_LEAST", 4)
    memory = RoundedVectors(catalog, DIMENSION, most=4 * DIMENSION)
    memory.fetch([1, 2, 3])
    found = memory.fetch([3, 4, 5])
    assert (
        len(memory) == 3
        and memory._rows.nbytes <= 4 * DIMENSION
        and np.abs(found - np.stack([unit(3), unit(4), unit(5)])).max() < 0.004
    )
    memory.fill(np.arange(1, 100))
    assert memory._filling is None
