"""One flight where many ask the same."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable

import pytest

from motadata_nb import aio
from motadata_nb.cache.flight import Flights


class Source:
    """Counts how often it is started and closed."""

    def __init__(self, fail_at: int = -1, pause_s: float = 0.01) -> None:
        self.started = self.closed = 0
        self.fail_at = fail_at
        self.pause_s = pause_s

    async def __call__(self) -> AsyncIterator[int]:
        self.started += 1
        try:
            for number in range(5):
                await asyncio.sleep(self.pause_s)
                if number == self.fail_at:
                    raise ValueError("broken")
                yield number
        finally:
            self.closed += 1


async def test_all_riders_get_the_whole_stream() -> None:
    flights: Flights[int] = Flights()
    source = Source()

    async def ride(delay: float) -> list[int]:
        await asyncio.sleep(delay)
        return [item async for item in flights.stream("k", source)]

    found = await asyncio.gather(*(ride(n * 0.008) for n in range(6)))
    assert found == [[0, 1, 2, 3, 4]] * 6 and (source.started, source.closed) == (1, 1)


async def test_other_keys_and_later_calls_fly_again() -> None:
    flights: Flights[int] = Flights()
    source = Source()
    for key in ("a", "b", "a"):
        assert [item async for item in flights.stream(key, source)] == [0, 1, 2, 3, 4]
    assert source.started == 3


async def test_an_error_reaches_all_riders() -> None:
    flights: Flights[int] = Flights()
    source = Source(fail_at=2)

    async def ride() -> list[int]:
        return [item async for item in flights.stream("k", source)]

    found = await asyncio.gather(*(ride() for _ in range(3)), return_exceptions=True)
    assert [type(f) for f in found] == [ValueError] * 3 and source.started == 1


async def test_the_flight_ends_only_when_the_last_has_left() -> None:
    flights: Flights[int] = Flights()
    source = Source()

    async def leave_after(count: int) -> None:
        stream = flights.stream("k", source)
        for _ in range(count):
            await anext(stream)
        await stream.aclose()

    stayed = asyncio.create_task(leave_after(3))
    await leave_after(1)
    assert source.closed == 0
    await stayed
    assert source.closed == 1 and not flights.under_way("k")


async def test_a_cancelled_rider_does_not_take_the_others_along() -> None:
    flights: Flights[int] = Flights()
    source = Source()

    async def ride() -> list[int]:
        return [item async for item in flights.stream("k", source)]

    first, second = asyncio.create_task(ride()), asyncio.create_task(ride())
    await asyncio.sleep(0.015)
    first.cancel()
    assert await second == [0, 1, 2, 3, 4]
    with pytest.raises(asyncio.CancelledError):
        await first


def test_threads_with_loops_of_their_own_ride_together() -> None:
    flights: Flights[int] = Flights()
    source = Source(pause_s=0.05)
    found: list[list[int]] = []
    joined: list[int] = []

    async def ride() -> None:
        found.append([item async for item in flights.stream("k", source, lambda: joined.append(1))])

    async def first() -> None:
        await asyncio.gather(ride(), asyncio.to_thread(_elsewhere, [lambda: asyncio.run(ride())] * 3))

    asyncio.run(first())
    assert found == [[0, 1, 2, 3, 4]] * 4 and len(joined) == 3 and source.started == source.closed == 1


def test_a_plain_call_and_an_async_one_ride_together() -> None:
    flights: Flights[int] = Flights()
    source = Source(pause_s=0.05)

    async def both() -> list[list[int]]:
        mine = asyncio.create_task(flights.whole("k", source))
        await asyncio.sleep(0.02)
        return [await asyncio.to_thread(lambda: aio.run(flights.whole("k", source))), await mine]

    assert asyncio.run(both()) == [[0, 1, 2, 3, 4]] * 2 and source.started == 1


async def test_a_caller_who_blocks_the_loop_of_a_flight_does_not_wait_for_it() -> None:
    flights: Flights[int] = Flights()
    source = Source(pause_s=0.05)
    mine = asyncio.create_task(flights.whole("k", source))
    await asyncio.sleep(0.02)
    assert aio.run(flights.whole("k", source)) == [0, 1, 2, 3, 4]
    assert await mine == [0, 1, 2, 3, 4] and source.started == 2


def test_a_flight_that_ends_with_its_loop_is_flown_again() -> None:
    flights: Flights[int] = Flights()
    source = Source(pause_s=0.1)

    async def ride() -> list[int]:
        return await flights.whole("k", source)

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.create_task(ride())), 0.15)

    gone = threading.Thread(target=lambda: asyncio.run(give_up()))
    gone.start()
    while not flights.under_way("k"):
        time.sleep(0.005)
    assert aio.run(ride()) == [0, 1, 2, 3, 4] and source.started == 2
    gone.join()


def test_the_last_to_leave_ends_a_flight_on_another_loop() -> None:
    flights: Flights[int] = Flights()
    source = Source(pause_s=0.1)

    async def ride() -> list[int]:
        return await flights.whole("k", source)

    async def first() -> None:
        mine = asyncio.create_task(ride())
        await asyncio.sleep(0.02)
        other = asyncio.run_coroutine_threadsafe(ride(), aio.loop())
        await asyncio.sleep(0.1)
        mine.cancel()
        await asyncio.sleep(0.05)
        assert source.closed == 0, "the other still rides"
        other.cancel()
        await asyncio.sleep(0.2)
        assert source.closed == 1 and not flights.under_way("k")

    asyncio.run(first())


def _elsewhere(tasks: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=task) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
