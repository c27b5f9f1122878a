"""Real kernels, driven as a front end drives them, and a model server that answers slowly."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from motadata_nb.testing.openai_server import OpenAIServer
from tests.magics.conftest import RETURNS


def front_end() -> dict[str, str]:
    """The environment of a kernel that somebody watches: pytest's own mark would tell it that nobody does."""
    return {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}


@dataclass
class Ran:
    """What a cell sent until it was done."""

    messages: list[dict[str, Any]] = field(default_factory=list)
    reply: dict[str, Any] = field(default_factory=dict)

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        """Contents of the messages of these kinds, in order."""
        return [m["content"] for m in self.messages if m["msg_type"] in kinds]

    @property
    def shown(self) -> list[str]:
        """HTML of what stays: as a front end applies clear_output and updates."""
        left: list[str] = []
        clear = False
        for message in self.messages:
            kind, content = message["msg_type"], message["content"]
            if kind == "clear_output":
                clear = bool(content["wait"]) or bool(left.clear())
            elif kind in ("display_data", "execute_result", "error"):
                if clear:
                    left.clear()
                    clear = False
                if kind == "error":
                    continue
                left.append(content["data"].get("text/html", content["data"].get("text/plain", "")))
            elif kind in ("error", "stream") and clear:
                left.clear()
                clear = False
            elif kind == "update_display_data" and left:
                left[-1] = content["data"].get("text/html", "")
        return left


class Kernel:
    """One running kernel in a folder."""

    def __init__(self, folder: Path, *, stdin: bool = False) -> None:
        from jupyter_client.manager import KernelManager

        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel(cwd=str(folder), env=front_end())
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)
        self._stdin = stdin

    def start(self, source: str) -> str:
        """Send a cell and do not wait; its id for `finish`."""
        return str(self.client.execute(source, allow_stdin=self._stdin))

    def finish(self, cell: str, until: Callable[[Ran], bool] | None = None, timeout: float = 90) -> Ran:
        """What the cell sends until it is done, or until `until` says so."""
        ran, end = Ran(), time.monotonic() + timeout
        while time.monotonic() < end:
            message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            if message["parent_header"].get("msg_id") != cell:
                continue
            ran.messages.append(message)
            if until is not None and until(ran):
                return ran
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        while (reply := self.client.get_shell_msg(timeout=30))["parent_header"].get("msg_id") != cell:
            pass
        ran.reply = reply["content"]
        return ran

    def run(self, source: str) -> Ran:
        """Run a cell that must succeed."""
        ran = self.finish(self.start(source))
        assert ran.reply["status"] == "ok", f"{source!r}: {ran.reply.get('evalue')}"
        return ran

    def value(self, expression: str) -> Any:
        """What a Python expression is in the kernel."""
        told = self.run(f"print({expression})").of("stream")
        return "".join(content["text"] for content in told).strip()

    def stop(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def folder(workspace: Path) -> Path:
    """A notebook's folder with a small document."""
    (workspace.parent / "returns.md").write_text(RETURNS)
    return workspace.parent


@pytest.fixture
def kernels(folder: Path) -> Iterator[Callable[..., Kernel]]:
    """Call it for a kernel with the extension loaded."""
    with ExitStack() as stack:

        def make(**how: Any) -> Kernel:
            made = Kernel(folder, **how)
            stack.callback(made.stop)
            made.run("%load_ext motadata_nb")
            return made

        yield make


@pytest.fixture(scope="session")
def _indexed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import motadata_nb as mn

    made = tmp_path_factory.mktemp("indexed")
    (made / "returns.md").write_text(RETURNS)
    with mn.open(made / ".motadata") as ws:
        ws.ingest(made / "returns.md", into="handbook", backend="memory")
    return made / ".motadata"


@pytest.fixture
def handbook(_indexed: Path, folder: Path) -> Path:
    """The folder, with an index `handbook` in its workspace."""
    shutil.copytree(_indexed, folder / ".motadata")
    return folder


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    """A model server on this machine."""
    with OpenAIServer() as started:
        yield started
