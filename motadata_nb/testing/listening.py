"""Stops an asyncio server without forgetting whom it has just let in."""

from __future__ import annotations

import asyncio
from contextlib import suppress

__all__ = ["stop_listening"]


async def stop_listening(server: asyncio.Server) -> None:
    """Let nobody in any more, make the connections of those who are, then close the server.

    A closed `asyncio.Server` refuses the transport of a client it accepted a moment before, whose socket then stays
    open until the garbage collector warns of it.
    """
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        with suppress(NotImplementedError):  # the loop of Windows watches no descriptors
            loop.remove_reader(listener.fileno())
    # One step makes the transport of an accepted client, the next tells its protocol.
    for _ in range(3):
        await asyncio.sleep(0)
    server.close()
