"""Addresses of model servers: as they are called, and as they may be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

__all__ = ["address", "secrets_in", "shown"]


@lru_cache(maxsize=256)
def address(base: str, path: str, keyed: bool) -> str:
    """Where a path of the server is, before the query of the base. With a key, a name in the base is left out."""
    if "?" not in base and "@" not in base:
        return base.rstrip("/") + path
    parts = urlsplit(base)
    place = parts.netloc.rpartition("@")[2] if keyed else parts.netloc
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/") + path, parts.query, ""))


@lru_cache(maxsize=256)
def shown(base: str) -> str:
    """The base without what may be a secret: name, password and query.

    >>> shown("https://me:secret@example.com/v1?key=secret")
    'https://example.com/v1'
    """
    if "?" not in base and "@" not in base:
        return base
    try:
        parts = urlsplit(base)
    except ValueError:  # No address at all.
        return base.partition("?")[0].rpartition("@")[2]
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def secrets_in(base: str, options: Mapping[str, Any]) -> Iterator[str]:
    """What must not be shown of an address and of headers: a password, the values of its query, and of the headers."""
    if "?" in base or "@" in base:
        try:
            parts = urlsplit(base)
        except ValueError:
            parts = urlsplit("")
        for part in (parts.password or "", *(value for _, value in parse_qsl(parts.query))):
            yield from (part, unquote(part))
    for name in ("extra_headers", "headers", "default_headers"):
        found = options.get(name)
        for value in found.values() if isinstance(found, Mapping) else ():
            yield str(value).rpartition(" ")[2]
