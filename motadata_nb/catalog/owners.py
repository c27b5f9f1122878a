"""Which process something in the catalog belongs to, and whether that process is still there."""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

__all__ = ["alive", "gone", "owner"]

_MAY_LOOK, _NO_RIGHT = 0x1000, 5
"""PROCESS_QUERY_LIMITED_INFORMATION, and the error of a process of somebody else."""
_STILL_ACTIVE = 259


def owner() -> str:
    """This process, as it is written into a row."""
    return f"{socket.gethostname()}:{os.getpid()}"


def gone(written: str) -> bool:
    """Whether the process was on this machine and has ended; of other machines nothing is known."""
    host, _, pid = written.rpartition(":")
    return host == socket.gethostname() and not alive(int(pid))


def alive(process: int) -> bool:
    """Whether a process of that number runs on this machine."""
    if sys.platform == "win32":
        return _alive_on_windows(process)
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _alive_on_windows(process: int) -> bool:
    """There is no signal 0 on Windows: `os.kill` would end the process."""
    import ctypes

    kernel: Any = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]  # there alone
    handle = kernel.OpenProcess(_MAY_LOOK, False, process)
    if not handle:
        return bool(ctypes.get_last_error() == _NO_RIGHT)  # type: ignore[attr-defined]  # there alone
    code = ctypes.c_ulong()
    try:
        return bool(kernel.GetExitCodeProcess(handle, ctypes.byref(code))) and code.value == _STILL_ACTIVE
    finally:
        kernel.CloseHandle(handle)
