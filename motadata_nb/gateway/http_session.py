"""The HTTP client of the direct path: one session for each event loop, without limits or deadlines of its own."""

from __future__ import annotations

import asyncio
import os
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import aiohttp

__all__ = ["close_session", "open_session", "secure"]


def open_session() -> aiohttp.ClientSession:
    """A session that keeps connections open between calls; the proxy of the environment is used."""
    import aiohttp

    proxied = any(
        name in os.environ for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")
    )
    # Limits and deadlines are the gateway's own.
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=30)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=15),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=proxied,
        read_bufsize=2**20,
    )


async def close_session(session: aiohttp.ClientSession) -> None:
    """Close its connections."""
    await session.close()
    await asyncio.sleep(0)


def secure(url: str) -> Any:
    """What checks the server's certificate, with the authorities of certifi beside those of the machine."""
    return _ssl() if url.startswith("https:") else True


@cache
def _ssl() -> Any:
    import ssl

    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
