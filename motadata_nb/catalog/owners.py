"""Which process something in the catalog belongs to, and whether that process is still there."""

from __future__ import annotations

import os
import socket

__all__ = ["alive", "gone", "owner"]


def owner() -> str:
    """This process, as it is written into a row."""
    return f"{socket.gethostname()}:{os.getpid()}"


def gone(written: str) -> bool:
    """Whether the process was on this machine and has ended; of other machines nothing is known."""
    host, _, pid = written.rpartition(":")
    return host == socket.gethostname() and not alive(int(pid))


def alive(process: int) -> bool:
    """Whether a process of that number runs on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
