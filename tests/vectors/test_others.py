"""When a reader leaves the writing to others, and when it does it itself."""

from __future__ import annotations

import pytest

from motadata_nb.vectors import others
from motadata_nb.vectors.others import Others


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(others.time, "monotonic", lambda: now[0])
    return now


def test_a_lock_that_was_taken_counts_for_a_moment(clock: list[float]) -> None:
    seen = Others()
    assert not seen.were_seen()
    seen.hold_the_lock()
    assert seen.were_seen()
    clock[0] += 0.2
    assert not seen.were_seen()


def test_a_mark_that_moves_is_somebody_elses_unless_we_wrote_it(clock: list[float]) -> None:
    seen = Others()
    assert not seen.have_moved(5, own=5), "nothing is known before the first look"
    assert seen.have_moved(6, own=5)
    assert not seen.have_moved(6, own=5), "it stands still"
    assert not seen.have_moved(7, own=7), "that was us"
    clock[0] += 10
    assert not seen.have_moved(9, own=7), "the last look is long ago"
