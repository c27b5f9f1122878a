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

from motadata_nb.vectors.base import Ids, Match, OnServer, Place, VectorBackend

__all__ = ["VectorSuite", "unit_vectors"]

_SIZE = 32


def unit_vectors(count: int, size: int = _SIZE, seed: int = 0) -> NDArray[np.float32]:
    """Vectors in clusters, as embeddings are; the same for the same arguments."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((max(1, count // 20), size))
    rows = centres[rng.integers(0, len(centres), count)] + 0.6 * rng.standard_normal((count, size))
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def _ids(found: list[Match]) -> list[int]:
    return [match.id for match in _matches(found)]


def _matches(found: list[Match]) -> list[Match]:
    assert all(isinstance(m, Match) for m in found), "search gives a list of motadata_nb.vectors.base.Match(id, score)"
    return found


class VectorSuite(ABC):
    """Subclass it, and pytest runs these tests on your backend."""

    recall = 0.95
    """Least share of the true ten nearest that an approximate backend must find."""
    url = ""
    """Address of a server, for a backend that has one; each test has its own `Place.name`."""

    @abstractmethod
    def backend(self, place: Place) -> VectorBackend:
        """The backend, opened at a place."""

    def place(self, folder: Path, size: int = _SIZE, part: str = "vectors") -> Place:
        """A place of its own for a test; one more with another `part`."""
        inner = folder / part
        inner.mkdir(exist_ok=True)
        name = f"suite-{abs(hash(str(inner))) % 10**12}"
        return Place(folder=inner, name=name, dimension=size, url=self.url, home=folder)

    @contextmanager
    def opened(
        self, folder: Path, rows: NDArray[np.float32] | None = None, part: str = "vectors"
    ) -> Iterator[VectorBackend]:
        """The backend, with `rows` under the ids from 1 on."""
        with closing(self.backend(self.place(folder, part=part))) as backend:
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
            found = _matches(backend.search(rows[7], 10))
            assert found[0].id == 8 and len(found) == 10
            _check(found, rows, rows[7])
            assert len(backend.search(rows[7], 500)) == 50

    def test_what_points_away_has_a_score_below_zero(self, tmp_path: Path) -> None:
        """A cosine goes from -1 to 1."""
        rows = unit_vectors(30)
        with self.opened(tmp_path, np.concatenate([rows, -rows[:3]])) as backend:
            found = _matches(backend.search(-rows[0], 33))
            _check(found, np.concatenate([rows, -rows[:3]]), -rows[0])
            assert found[0].id == 31 and found[-1].id == 1 and abs(found[-1].score + 1) < 1e-3

    def test_arguments_stay_as_they_are_and_belong_to_the_caller(self, tmp_path: Path) -> None:
        """A backend neither changes what it is given nor keeps a hold of it."""
        rows = unit_vectors(20)
        given, query = rows.copy(), rows[4].copy()
        with self.opened(tmp_path, given) as backend:
            backend.search(query, 5)
            assert np.array_equal(given, rows) and np.array_equal(query, rows[4])
            given[:] = 0
            found = _matches(backend.search(query, 5, np.arange(1, 11)))
            _check(found, rows, query)
            assert found[0].id == 5 and np.array_equal(query, rows[4])

    def test_large_and_scattered_ids(self, tmp_path: Path) -> None:
        """Ids are whole numbers of up to 62 bits, in no order."""
        rows = unit_vectors(4)
        ids = [2**40 + 7, 3, 2**33, 2**62 - 1]
        with self.opened(tmp_path) as backend:
            backend.upsert(ids, rows)
            assert set(_ids(backend.search(rows[0], 4))) == set(ids)
            assert _ids(backend.search(rows[3], 1, np.array(ids))) == [2**62 - 1]
            backend.delete([2**33])
            assert backend.count() == 3 and 2**33 not in _ids(backend.search(rows[2], 4))

    def test_vectors_of_many_dimensions(self, tmp_path: Path) -> None:
        """Embeddings have hundreds of dimensions."""
        rows = unit_vectors(30, 768)
        with closing(self.backend(self.place(tmp_path, 768))) as backend:
            backend.upsert(range(1, 31), rows)
            found = _matches(backend.search(rows[11], 5))
            assert found[0].id == 12
            _check(found, rows, rows[11])

    def test_two_places_do_not_mix(self, tmp_path: Path) -> None:
        """What is written at one place is not found at another that is open beside it."""
        rows = unit_vectors(10)
        with self.opened(tmp_path, rows[:6]) as one, self.opened(tmp_path, rows[6:], "second") as other:
            assert (one.count(), other.count()) == (6, 4)
            other.delete([1, 2, 3, 4])
            assert (one.count(), other.count()) == (6, 0)
            assert _ids(one.search(rows[0], 1)) == [1]

    def test_emptied_and_filled_again(self, tmp_path: Path) -> None:
        """A backend that has lost its last vector finds nothing, and goes on."""
        rows = unit_vectors(12)
        with self.opened(tmp_path, rows) as backend:
            backend.delete(list(range(1, 13)))
            assert backend.count() == 0
            assert backend.search(rows[0], 5) == [] and backend.search(rows[0], 5, np.array([1, 2])) == []
            backend.upsert([2], rows[1:2])
            assert _ids(backend.search(rows[0], 5)) == [2]

    def test_a_wiped_backend_is_empty(self, tmp_path: Path) -> None:
        """For backends that keep vectors outside of their folder."""
        with self.opened(tmp_path, unit_vectors(10)) as backend:
            if not isinstance(backend, OnServer):
                return
            backend.wipe()
        with self.opened(tmp_path) as backend:
            assert backend.count() == 0

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
                found = _matches(backend.search(rows[seed], 10, np.append(among, [5_000_000])))
                _check(found, rows, rows[seed])
                assert len(found) == min(10, size)
                assert len({*_ids(found)} & {*truth}) >= self.recall * len(truth)
                assert {*_ids(found)} <= {*among.tolist()}

    def test_thousands_of_ids_and_thousands_of_hits(self, tmp_path: Path) -> None:
        """A filter may leave thousands of ids, and a search ask for thousands of hits."""
        rows = unit_vectors(2500, seed=3)
        with self.opened(tmp_path, rows) as backend:
            among = np.arange(200, 2401)
            assert _ids(backend.search(rows[2399], 1, among)) == [2400]
            found = _matches(backend.search(rows[0], 1500, among))
            assert len(found) == 1500 and {*_ids(found)} <= {*among.tolist()}
            assert len(backend.search(rows[0], 1500)) == 1500

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
            backend.upsert([7], -rows[9:10])
        with self.opened(tmp_path) as backend:
            assert backend.count() == (299 if durable else 0)
            assert not durable or _ids(backend.search(rows[9], 1)) == [10]
            assert not durable or _ids(backend.search(-rows[9], 1)) == [7]

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


def _check(found: list[Match], rows: NDArray[np.float32], query: NDArray[np.float32]) -> None:
    """Plain numbers, no id twice, cosines, best first."""
    assert all(type(m.id) is int and type(m.score) is float for m in found)
    assert len({*_ids(found)}) == len(found)
    assert np.allclose([m.score for m in found], [rows[m.id - 1] @ query for m in found], atol=1e-3)
    assert [m.score for m in found] == sorted((m.score for m in found), reverse=True)


def _look(backend: VectorBackend, rows: NDArray[np.float32]) -> None:
    checks: list[Callable[[], bool]] = [
        lambda: backend.count() == 29,
        lambda: _ids(backend.search(rows[25], 1)) == [26],
        lambda: 1 not in _ids(backend.search(rows[0], 30)),
    ]
    assert all(check() for check in checks)
