"""What every vector backend must do. For pytest:

    class TestMine(VectorSuite):
        def backend(self, place): return MyBackend(place)

Filters need nothing from a backend: they are resolved to ids before it is asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motadata_nb.vectors.base import Ids, Match, Place, VectorBackend

__all__ = ["VectorSuite", "unit_vectors"]

_SIZE = 32


def unit_vectors(count: int, size: int = _SIZE, seed: int = 0) -> NDArray[np.float32]:
    """Vectors in clusters, as embeddings are; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, count // 20), size))
    rows = centres[rng.integers(0, len(centres), count)] + 0.6 * rng.standard_normal((count, size))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _ids(found: list[Match]) -> list[int]:
    return [match.id for match in found]


class VectorSuite(ABC):
    """Subclass it, and pytest runs these tests on your backend."""

    recall = 0.95
    """Least share of the true ten nearest that an approximate backend must find."""
    url = ""
    """Address of a server, for a backend that has one; each test has its own `Place.name`."""

    @abstractmethod
    def backend(self, place: Place) -> VectorBackend:
        """The backend, opened at a place."""

    def place(self, folder: Path, size: int = _SIZE) -> Place:
        """A place of its own for a test."""
        inner = folder / "vectors"
        inner.mkdir(exist_ok=True)
        name = f"suite-{abs(hash(str(folder))) % 10**12}"
        return Place(folder=inner, name=name, dimension=size, url=self.url, home=folder)

    @contextmanager
    def opened(self, folder: Path, rows: NDArray[np.float32] | None = None) -> Iterator[VectorBackend]:
        """The backend, with `rows` under the ids from 1 on."""
        with closing(self.backend(self.place(folder))) as backend:
            if rows is not None:
                backend.upsert(range(1, len(rows) + 1), rows)
            yield backend

    def test_it_is_a_backend(self, tmp_path: Path) -> None:
        """It has the methods of the protocol, and starts empty."""
        with self.opened(tmp_path) as backend:
            assert isinstance(backend, VectorBackend)
            assert backend.count() == 0
            assert backend.search(unit_vectors(1)[0], 5) == []
            assert backend.search(unit_vectors(1)[0], 5, np.array([1, 2])) == []

    def test_the_nearest_come_first_with_their_cosine(self, tmp_path: Path) -> None:
        """Scores are cosine similarities, best first, and there are never more than there are vectors."""
        rows = unit_vectors(50)
        with self.opened(tmp_path, rows) as backend:
            found = backend.search(rows[7], 10)
            assert found[0].id == 8 and len(found) == 10
            assert np.allclose([m.score for m in found], [rows[m.id - 1] @ rows[7] for m in found], atol=1e-3)
            assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)
            assert len(backend.search(rows[7], 500)) == 50

    def test_writing_twice_leaves_one(self, tmp_path: Path) -> None:
        """The same rows again change nothing; other vectors under the same ids replace them."""
        rows = unit_vectors(40)
        with self.opened(tmp_path, rows) as backend:
            backend.upsert(range(1, 41), rows)
            assert backend.count() == 40
            backend.upsert([3], rows[20:21])
            assert backend.count() == 40
            assert set(_ids(backend.search(rows[20], 2))) == {3, 21}
            assert _ids(backend.search(rows[2], 1)) != [3]

    def test_what_is_deleted_is_not_found(self, tmp_path: Path) -> None:
        """Unknown ids are passed over; a deleted id can come back with another vector."""
        rows = unit_vectors(60)
        with self.opened(tmp_path, rows) as backend:
            backend.delete([1, 2, 3, 999_999])
            backend.delete([])
            assert backend.count() == 57
            assert not {1, 2, 3} & set(_ids(backend.search(rows[0], 60)))
            backend.upsert([2], rows[30:31])
            assert set(_ids(backend.search(rows[30], 2))) == {2, 31}

    def test_some_ids_only(self, tmp_path: Path) -> None:
        """`among` gives the best of these, exactly; ids that are not there are passed over."""
        rows = unit_vectors(400)
        with self.opened(tmp_path, rows) as backend:
            for seed, size in ((1, 3), (2, 40), (3, 200)):
                among = np.sort(np.random.default_rng(seed).choice(400, size, replace=False)) + 1
                truth = among[np.argsort(-(rows[among - 1] @ rows[seed]))][:10].tolist()
                found = _ids(backend.search(rows[seed], 10, np.append(among, [5_000_000])))
                assert len(set(found) & set(truth)) >= self.recall * len(truth)
                assert set(found) <= set(among.tolist())

    def test_none_of_the_ids(self, tmp_path: Path) -> None:
        """No ids, or only such as are not there, find nothing."""
        rows = unit_vectors(20)
        with self.opened(tmp_path, rows) as backend:
            empty: Ids = np.zeros(0, np.int64)
            assert backend.search(rows[0], 5, empty) == []
            assert backend.search(rows[0], 5, np.array([777, 888])) == []

    def test_recall(self, tmp_path: Path) -> None:
        """Of the true ten nearest among 800, enough are found."""
        rows = unit_vectors(800)
        with self.opened(tmp_path, rows) as backend:
            shares = []
            for query in unit_vectors(20, seed=9):
                truth = set((np.argsort(-(rows @ query))[:10] + 1).tolist())
                shares.append(len(truth & set(_ids(backend.search(query, 10)))) / 10)
        assert float(np.mean(shares)) >= self.recall

    def test_it_is_there_when_opened_again(self, tmp_path: Path) -> None:
        """What was written is there, unless the backend says that it lives in memory alone."""
        rows = unit_vectors(300)
        with self.opened(tmp_path, rows) as backend:
            durable = backend.durable
            backend.delete([5])
        with self.opened(tmp_path) as backend:
            assert backend.count() == (299 if durable else 0)
            assert not durable or _ids(backend.search(rows[9], 1)) == [10]

    def test_another_writer_is_seen(self, tmp_path: Path) -> None:
        """By the same object, or by a new one when the backend says so."""
        rows = unit_vectors(30)
        with self.opened(tmp_path, rows[:20]) as reader:
            if not reader.durable:
                return
            assert reader.count() == 20
            with self.opened(tmp_path) as writer:
                writer.upsert(range(21, 31), rows[20:])
                writer.delete([1])
            if reader.sees_other_writers:
                _look(reader, rows)
            else:
                with self.opened(tmp_path) as again:
                    _look(again, rows)

    def test_many_small_writes(self, tmp_path: Path) -> None:
        """A hundred batches, with removals between them, leave what they should."""
        rows = unit_vectors(200)
        with self.opened(tmp_path) as backend:
            for at in range(0, 200, 2):
                backend.upsert([at + 1, at + 2], rows[at : at + 2])
                if at % 20 == 0:
                    backend.delete([at + 1])
            assert backend.count() == 190
            assert _ids(backend.search(rows[101], 1)) == [102]
        with self.opened(tmp_path) as backend:
            assert not backend.durable or backend.count() == 190


def _look(backend: VectorBackend, rows: NDArray[np.float32]) -> None:
    checks: list[Callable[[], bool]] = [
        lambda: backend.count() == 29,
        lambda: _ids(backend.search(rows[25], 1)) == [26],
        lambda: 1 not in _ids(backend.search(rows[0], 30)),
    ]
    assert all(check() for check in checks)
