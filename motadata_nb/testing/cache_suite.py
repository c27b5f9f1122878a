"""What every cache must do. For pytest: subclass `CacheSuite` and give `cache()`."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from threading import Thread

from motadata_nb.cache.base import Cache

__all__ = ["CacheSuite"]


class CacheSuite(ABC):
    """Subclass it, and pytest runs these tests on your cache."""

    @abstractmethod
    def cache(self) -> Cache:
        """A new, empty cache with room for 100 values of 1,000 bytes and not for 1,000."""

    def test_it_is_a_cache(self) -> None:
        """It has the methods of the protocol."""
        assert isinstance(self.cache(), Cache)

    def test_what_is_set_is_found(self) -> None:
        """The last value of a key, byte for byte; None for another key."""
        cache = self.cache()
        cache.set("a", b"\x00old")
        cache.set("a", b"\x00new")
        assert (cache.get("a"), cache.get("b")) == (b"\x00new", None)

    def test_what_has_expired_is_gone(self) -> None:
        """A value lives for its time and no longer."""
        cache = self.cache()
        cache.set("short", b"1", ttl_s=0.05)
        cache.set("long", b"1", ttl_s=60)
        time.sleep(0.1)
        assert (cache.get("short"), cache.get("long")) == (None, b"1")

    def test_tags_drop_what_carries_them(self) -> None:
        """By one of several tags, by key, and everything."""
        cache = self.cache()
        cache.set("a", b"1", tags=("red", "round"))
        cache.set("b", b"2", tags=("red",))
        cache.set("c", b"3", tags=("round",))
        cache.set("d", b"4")
        assert cache.drop(tags=["red"]) == 2
        assert [cache.get(k) for k in "abcd"] == [None, None, b"3", b"4"]
        assert cache.drop(keys=["c", "nothing"]) == 1
        assert cache.drop() == 1 and cache.get("d") is None

    def test_a_new_value_has_only_its_new_tags(self) -> None:
        """Setting a key again replaces its tags."""
        cache = self.cache()
        cache.set("a", b"1", tags=("old",))
        cache.set("a", b"2", tags=("new",))
        assert cache.drop(tags=["old"]) == 0 and cache.get("a") == b"2"

    def test_it_keeps_its_bounds(self) -> None:
        """What was not used for longest makes room."""
        cache = self.cache()
        for number in range(1000):
            cache.set(f"k{number}", b"x" * 1000)
            cache.get("k0")
        assert cache.get("k0") is not None and cache.get("k999") is not None
        assert cache.get("k1") is None
        assert cache.stats().entries < 600 and cache.stats().evicted > 0

    def test_it_counts(self) -> None:
        """Entries, bytes, hits and misses."""
        cache = self.cache()
        cache.set("a", b"123")
        cache.get("a")
        cache.get("b")
        stats = cache.stats()
        assert (stats.entries, stats.bytes, stats.hits, stats.misses) == (1, 3, 1, 1)
        assert stats._repr_mimebundle_()["text/plain"]

    def test_threads_share_it(self) -> None:
        """Many threads set and get at once, and nothing is mixed up."""
        cache = self.cache()
        wrong: list[str] = []

        def work(name: str) -> None:
            for number in range(50):
                cache.set(f"{name}", f"{name}{number}".encode())
                found = cache.get(name)
                if found is not None and not found.startswith(name.encode()):
                    wrong.append(name)

        threads = [Thread(target=work, args=(f"thread{n}-",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []

    def test_it_can_be_closed_twice(self) -> None:
        """Closing what is closed raises nothing."""
        cache = self.cache()
        cache.set("a", b"1")
        cache.close()
        cache.close()
