"""The published suite finds what is wrong: each of these backends is right but for one thing."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from motadata_nb.testing.vector_suite import VectorSuite
from motadata_nb.vectors.base import Ids, Match, Place, VectorBackend
from motadata_nb.vectors.narrowed import nearest


class Right:
    """One numpy file; each of its parts can be spoilt."""

    durable = True
    sees_other_writers = False

    def __init__(self, place: Place) -> None:
        self.file = self.where(place)
        self.rows: dict[int, NDArray[np.float32]] = {}
        if self.file.exists():
            with np.load(self.file) as kept:
                self.rows = dict(zip(kept["ids"].tolist(), kept["vectors"], strict=True))

    def where(self, place: Place) -> Path:
        return place.folder / "vectors.npz"

    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        self.rows |= dict(zip(map(int, ids), np.array(vectors, np.float32), strict=True))
        self.save()

    def delete(self, ids: Sequence[int]) -> None:
        for i in ids:
            self.rows.pop(int(i), None)
        self.save()

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        ids = [i for i in (self.rows if among is None else dict.fromkeys(among.tolist())) if i in self.rows]
        return self.best(ids, vector, k)

    def best(self, ids: list[int], vector: NDArray[np.float32], k: int) -> list[Match]:
        return nearest(np.array(ids), np.stack([self.rows[i] for i in ids]), vector, k) if ids else []

    def count(self) -> int:
        return len(self.rows)

    def close(self) -> None:
        self.rows = {}

    def save(self) -> None:
        with self.file.open("wb") as file:
            np.savez(file, ids=list(self.rows), vectors=list(self.rows.values()))


class ScoresOfDistance(Right):
    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        return [Match(m.id, 1 - m.score if among is not None else m.score) for m in super().search(vector, k, among)]


class WorstFirstAmong(Right):
    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        found = super().search(vector, k, among)
        return found[::-1] if among is not None else found


class TooManyAmong(Right):
    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        return super().search(vector, k if among is None else k + 1, among)


class FewAmong(Right):
    """As a statement that takes a thousand parameters."""

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        return super().search(vector, k, None if among is None else among[:1000])


class FewNearest(Right):
    """As a graph that is walked a thousand steps."""

    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        return super().search(vector, min(k, 1000), among)


class NoOpposites(Right):
    def best(self, ids: list[int], vector: NDArray[np.float32], k: int) -> list[Match]:
        return [Match(m.id, max(0.0, m.score)) for m in super().best(ids, vector, k)]


class ShortIds(Right):
    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        super().upsert([int(i) & 0x7FFFFFFF for i in ids], vectors)


class IdsOfNumpy(Right):
    def best(self, ids: list[int], vector: NDArray[np.float32], k: int) -> list[Match]:
        return [Match(np.int64(m.id), m.score) for m in super().best(ids, vector, k)]  # type: ignore[arg-type]


class KeepsTheFirst(Right):
    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        new = [at for at, i in enumerate(ids) if int(i) not in self.rows]
        super().upsert([int(ids[at]) for at in new], vectors[new])


class ForgetsRemovals(Right):
    def delete(self, ids: Sequence[int]) -> None:
        for i in ids:
            self.rows.pop(int(i), None)


class ForgetsReplacements(Right):
    def save(self) -> None:
        if self.file.exists():
            with np.load(self.file) as kept:
                old = dict(zip(kept["ids"].tolist(), kept["vectors"], strict=True))
            self.rows = {i: v for i, v in self.rows.items()}
            spoilt = {i: old.get(i, v) for i, v in self.rows.items()}
            with self.file.open("wb") as file:
                np.savez(file, ids=list(spoilt), vectors=list(spoilt.values()))
            return
        super().save()


class FailsWhenEmptied(Right):
    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        if not self.rows and self.file.exists():
            raise ValueError("empty")
        return super().search(vector, k, among)


class RaisesForUnknownIds(Right):
    def delete(self, ids: Sequence[int]) -> None:
        for i in ids:
            del self.rows[int(i)]
        self.save()


class OnePlaceForAll(Right):
    def where(self, place: Place) -> Path:
        return place.folder.parent / "shared.npz"


class KeepsTheCallersArray(Right):
    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        self.rows |= dict(zip(map(int, ids), vectors, strict=True))
        self.save()


class SpoilsTheQuery(Right):
    def search(self, vector: NDArray[np.float32], k: int, among: Ids | None = None) -> list[Match]:
        found = super().search(vector, k, among)
        vector *= 0
        return found


class WipesNothing(Right):
    def where(self, place: Place) -> Path:
        return place.folder.parent / f"{place.name}.npz"

    def wipe(self) -> None:
        """Nothing."""


class OneSize(Right):
    def upsert(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        super().upsert(ids, vectors[:, :256])

    def best(self, ids: list[int], vector: NDArray[np.float32], k: int) -> list[Match]:
        return super().best(ids, vector[:256], k)


def failures(backend: Callable[[Place], VectorBackend], folder: Path) -> list[str]:
    """Tests of the suite that the backend does not pass."""

    class Suite(VectorSuite):
        def backend(self, place: Place) -> VectorBackend:
            return backend(place)

    found = []
    for number, (name, _) in enumerate(inspect.getmembers(Suite, inspect.isfunction)):
        if name.startswith("test_"):
            own = folder / str(number)
            own.mkdir()
            try:
                getattr(Suite(), name)(own)
            except Exception as error:
                found.append(f"{name}: {error}")
    return found


def test_what_is_right_passes(tmp_path: Path) -> None:
    assert failures(Right, tmp_path) == []


@pytest.mark.parametrize("wrong", Right.__subclasses__(), ids=lambda wrong: wrong.__name__)
def test_what_is_wrong_fails(tmp_path: Path, wrong: Any) -> None:
    assert failures(wrong, tmp_path) != []
