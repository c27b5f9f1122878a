"""Forbids all network but loopback, in this process and, through PYTHONPATH, in the Python processes it starts.

Active while MOTADATA_TEST_OFFLINE names a file; each refused address is added to that file as a line. An audit hook
sees what monkeypatching misses: C extensions that call the socket module, and code that took a reference early.
"""

from __future__ import annotations

import os
import sys
from ipaddress import ip_address
from typing import Any

_DATAGRAM = 2


class NetworkForbidden(ConnectionRefusedError):
    """Raised in place of a connection or look-up that would leave the machine."""


def _text(host: Any) -> str:
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host or "")


def _is_local(host: str) -> bool:
    if host in ("", "localhost") or host.endswith(".localhost") or host == os.uname().nodename:
        return True
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _is_address(host: str) -> bool:
    try:
        return bool(ip_address(host.partition("%")[0]))
    except ValueError:
        return False


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if not event.startswith("socket."):
        return
    log = os.environ.get("MOTADATA_TEST_OFFLINE")
    if not log:
        return
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        if not isinstance(address, tuple) or _is_local(_text(address[0])):
            return
        # Connecting a datagram socket sends nothing; libraries do it to learn their own address.
        _refuse(_text(address[0]), None if args[0].type == _DATAGRAM and event == "socket.connect" else log)
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = _text(args[0])
        if not _is_local(host) and not _is_address(host):
            _refuse(host, log)


def _refuse(host: str, log: str | None) -> None:
    if log is not None:
        with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123  pathlib would slow down every child's start
            file.write(host + "\n")
    raise NetworkForbidden(f"tests may not reach {host}")


if not getattr(sys, "_motadata_offline", False):
    sys._motadata_offline = True  # type: ignore[attr-defined]
    sys.addaudithook(_hook)
