"""Embedding in bulk gives way to questions."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from typing import Any

import pytest
from numpy.testing import assert_array_equal

from motadata_nb.embeddings import minilm
from motadata_nb.embeddings.bulk import give_way, in_bulk, is_bulk
from motadata_nb.embeddings.minilm import MiniLM

TEXTS = [f"Ship number {n} docks in the harbour." for n in range(40)]


def _priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux a thread has a priority of its own")
def test_texts_in_bulk_are_embedded_at_a_low_priority_and_questions_at_the_usual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usual, seen, run = _priority(), set[int](), minilm._run

    def watched(session: Any, ids: Sequence[int]) -> Any:
        seen.add(_priority())
        return run(session, ids)

    monkeypatch.setattr(minilm, "_run", watched)
    embedder = MiniLM(threads=2)
    with in_bulk():
        bulk = embedder.embed(TEXTS)
    assert seen == {min(usual + 10, 19)}
    seen.clear()
    assert_array_equal(embedder.embed(TEXTS), bulk)
    assert seen == {usual} and _priority() == usual


def test_an_interrupt_in_bulk_is_not_held_up(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    run = minilm._run

    def counted(session: Any, ids: Sequence[int]) -> Any:
        done.append(1)
        return run(session, ids)

    def interrupted(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(minilm, "_run", counted)
    monkeypatch.setattr(minilm, "wait", interrupted)
    with in_bulk(), pytest.raises(KeyboardInterrupt):
        MiniLM(threads=1).embed(TEXTS * 50)
    assert len(done) < 100 and not is_bulk()


@pytest.mark.skipif(sys.platform != "linux", reason="only on Linux a thread has a priority of its own")
def test_a_process_of_low_priority_is_not_raised_by_giving_way() -> None:
    seen: list[int] = []

    def work() -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 15)
        give_way()
        seen.append(_priority())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [19]
