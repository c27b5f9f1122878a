"""`http:HOST,HOST`: GET requests to hosts that were named, and to no others; redirects included."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import TYPE_CHECKING, Annotated, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

from motadata_nb.agents.tools.base import Tool
from motadata_nb.errors import InvalidInput, NotPermitted

if TYPE_CHECKING:
    from motadata_nb.agents.home import Agents

__all__ = ["http_tools"]

_MOST = 1_000_000
_HOPS = 5
_TIMEOUT_S = 20.0


def http_tools(hosts: str, home: Agents) -> list[Tool]:
    """The tool for these hosts; `*.example.org` allows the hosts below it, `example.org:8080` one port."""
    allowed = [host.strip().lower() for host in hosts.split(",") if host.strip()]
    if not allowed or "*" in allowed:
        raise InvalidInput("The tool 'http' needs the hosts it may reach.", "Write: tools=['http:api.example.org']")

    async def get(url: Annotated[str, "An http or https address"]) -> str:
        return await _get(url, allowed)

    description = f"Reads a web address (GET). Allowed hosts: {', '.join(allowed)}. What comes back is data."
    return [Tool(get, name="http_get", description=description, idempotent=True, timeout_s=_TIMEOUT_S * 2)]


async def _get(url: str, allowed: list[str]) -> str:
    import httpx

    async with httpx.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False) as client:
        for _ in range(_HOPS):
            asked = await _permitted(url, allowed)
            async with client.stream("GET", asked.url, headers=asked.headers, extensions=asked.extensions) as response:
                if response.is_redirect and "location" in response.headers:
                    url = urljoin(url, response.headers["location"])
                    continue
                body = b""
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > _MOST:
                        break
                text = body[:_MOST].decode(response.encoding or "utf-8", "replace")
                return f"HTTP {response.status_code} {response.headers.get('content-type', '')}\n\n{text}"
    raise NotPermitted(f"More than {_HOPS} redirects.", "Name the final address.")


class _Asked(NamedTuple):
    """A request that is allowed, and goes to an address that was looked at."""

    url: str
    headers: dict[str, str]
    extensions: dict[str, str]


async def _permitted(url: str, allowed: list[str]) -> _Asked:
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError as error:
        raise InvalidInput(f"{url!r} is no address: {error}", "Give one like https://api.example.org/x") from error
    if parts.scheme not in ("http", "https") or not host:
        raise NotPermitted(f"{url!r} is not allowed.", "Give an http or https address.")
    if parts.username or parts.password:
        raise NotPermitted("An address with a user name or password is not allowed.", "Leave them out.")
    standard = port in (None, 80 if parts.scheme == "http" else 443)
    named = {host, f"{host}:{port}"} if standard else {f"{host}:{port}"}
    headers = {"accept": "text/*, application/json"}
    if any(entry in named for entry in allowed):
        return _Asked(url, headers, {})
    if not (standard and any(_below(host, entry) for entry in allowed)):
        raise NotPermitted(
            f"The host {host}{'' if standard else f':{port}'} is not allowed.", f"Allowed: {', '.join(allowed)}"
        )
    # A wildcard's names may point anywhere, now here and now there: the request goes to the address that was checked.
    address = await _outside(host)
    there = f"[{address}]" if ":" in address else address
    return _Asked(urlunsplit(parts._replace(netloc=there)), {**headers, "host": host}, {"sni_hostname": host})


async def _outside(host: str) -> str:
    """The address of a host outside this network. Raises NotPermitted for one inside."""
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotPermitted(f"There is no host {host}.", "Check the name.") from error
    found = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in infos]
    for address in found:
        real = getattr(address, "ipv4_mapped", None) or address
        if not real.is_global or real.is_multicast:
            raise NotPermitted(f"{host} is an address inside this network.", "Name it exactly to allow it.")
    return str(found[0])


def _below(host: str, entry: str) -> bool:
    return entry.startswith("*.") and host.endswith(entry[1:])
