"""Whether a process is still there is asked without doing anything to it."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from typing import Any

import pytest

from motadata_nb.catalog.owners import alive, gone, owner


def test_this_process_is_there_and_one_that_has_ended_is_not() -> None:
    assert alive(os.getpid()) and not gone(owner())
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    host = owner().rpartition(":")[0]
    assert not alive(ended.pid) and gone(f"{host}:{ended.pid}") and not gone(f"elsewhere:{ended.pid}")


class Kernel32:
    """As Windows answers: 7 runs, 8 has ended and somebody still holds it, 9 is somebody else's."""

    closed = 0

    def OpenProcess(  # noqa: N802  # Windows calls it so
        self, rights: int, inherit: bool, process: int
    ) -> int:
        return process if process in (7, 8) else 0

    def GetExitCodeProcess(  # noqa: N802  # Windows calls it so
        self, handle: int, code: Any
    ) -> int:
        code._obj.value = {7: 259, 8: 1}[handle]
        return 1

    def CloseHandle(  # noqa: N802  # Windows calls it so
        self, handle: int
    ) -> None:
        self.closed += 1


def test_on_windows_no_signal_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """There `os.kill` ends the process, whatever the signal."""
    kernel, last = Kernel32(), [0]
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "kill", lambda *given: pytest.fail("it was killed"))
    monkeypatch.setattr(ctypes, "WinDLL", lambda *given, **how: kernel, raising=False)
    monkeypatch.setattr(ctypes, "get_last_error", lambda: last[0], raising=False)
    assert [alive(process) for process in (7, 8, 9)] == [True, False, False]
    last[0] = 5
    assert alive(9) and kernel.closed == 2
