"""Plain calls on async code: an interrupt that comes at any moment cancels, cleans up, and goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from motadata_nb import aio

Said = list[str]


async def _waits(said: Said) -> None:
    said.append("began")
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.02)
        said.append("cleaned up")


def _interrupts(schedule: bool) -> Callable[..., Any]:
    """An interrupt just before, or just after, the first thing that is handed to the loop."""
    real, calls = aio.loop().call_soon_threadsafe, count()

    def hand_over(callback: Callable[..., Any], *args: Any, **how: Any) -> Any:
        first = next(calls) == 0
        if schedule or not first:
            real(callback, *args, **how)
        if first:
            raise KeyboardInterrupt

    return hand_over


@pytest.mark.parametrize("begun", [True, False])
def test_an_interrupt_while_a_call_is_handed_over(monkeypatch: pytest.MonkeyPatch, begun: bool) -> None:
    said: Said = []
    monkeypatch.setattr(aio.loop(), "call_soon_threadsafe", _interrupts(begun))
    with pytest.raises(KeyboardInterrupt):
        aio.run(_waits(said))
    assert said in ([], ["began", "cleaned up"]), "it never began, or came to its end"


def test_an_interrupt_while_a_call_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    said: Said = []
    threading.Timer(0.1, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        aio.run(_waits(said))
    assert said == ["began", "cleaned up"]


def test_what_a_coroutine_gives_or_raises() -> None:
    async def gives() -> int:
        return 3

    async def fails() -> None:
        raise LookupError("gone")

    assert aio.run(gives()) == 3
    with pytest.raises(LookupError, match="gone"):
        aio.run(fails())
