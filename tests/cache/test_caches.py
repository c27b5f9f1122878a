"""The caches: the conformance suite, sharing between processes, and files that are broken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from motadata_nb.cache.base import Cache
from motadata_nb.cache.disk import DiskCache
from motadata_nb.cache.memory import MemoryCache
from motadata_nb.cache.registry import CACHES
from motadata_nb.cache.tiers import Tiers
from motadata_nb.testing.cache_suite import CacheSuite


class _Closed(CacheSuite):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> Iterator[None]:
        self.folder, self.made = tmp_path, list[Cache]()
        yield
        for cache in self.made:
            cache.close()

    def cache(self) -> Cache:
        self.made.append(self.make())
        return self.made[-1]

    def make(self) -> Cache:
        raise AssertionError("each class makes its own")


class TestMemory(_Closed):
    def make(self) -> Cache:
        return MemoryCache(entries=500, size=500_000)


class TestDisk(_Closed):
    def make(self) -> Cache:
        return DiskCache(self.folder / "c.db", size=500_000)


class TestTiers(_Closed):
    def make(self) -> Cache:
        return Tiers(MemoryCache(entries=500, size=500_000), DiskCache(self.folder / "c.db", size=500_000))


def test_every_cache_has_a_suite() -> None:
    assert {CACHES.load(name) for name in CACHES.names()} == {MemoryCache, DiskCache}


def test_processes_share_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    code = (
        "import sys; from pathlib import Path; from motadata_nb.cache.disk import DiskCache\n"
        "cache = DiskCache(Path(sys.argv[1]))\n"
        "for n in range(50): cache.set(f'{sys.argv[2]}-{n}', sys.argv[2].encode())\n"
        "cache.close()"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(path), f"p{n}"]) for n in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    cache = DiskCache(path)
    assert all(cache.get(f"p{p}-{n}") == f"p{p}".encode() for p in range(4) for n in range(50))
    cache.close()


def test_a_broken_file_is_moved_aside(tmp_path: Path) -> None:
    path = tmp_path / "c.db"
    path.write_bytes(b"this is not a database, and it is long enough to be looked at" * 20)
    cache = DiskCache(path)
    assert cache.get("a") is None
    cache.set("a", b"1")
    assert cache.get("a") == b"1" and (tmp_path / "c.broken").exists()
    cache.close()


def test_a_place_that_cannot_be_written_is_an_empty_cache(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = DiskCache(tmp_path / "file" / "c.db")
    cache.set("a", b"1")
    assert cache.get("a") is None and cache.drop() == 0 and cache.stats().entries == 0


def test_the_file_survives(tmp_path: Path) -> None:
    first = Tiers(MemoryCache(), DiskCache(tmp_path / "c.db"))
    first.set("a", b"1")
    first.close()
    second = Tiers(MemoryCache(), DiskCache(tmp_path / "c.db"))
    assert second.get("a") == b"1" and second.caches[0].get("a") == b"1"
    second.close()
