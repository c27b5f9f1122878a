"""Which process something in the catalog belongs to, and whether that process is still there."""

from __future__ import annotations

import os
import socket

__all__ = ["gone", "owner"]


def owner() -> str:
    """This process, as it is written into a row."""
    return f"{socket.gethostname()}:{os.getpid()}"


def gone(written: str) -> bool:
    """Whether the process was on this machine and has ended; of other machines nothing is known."""
    host, _, pid = written.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
