"""Approval while a cell runs, in a real kernel: by a button over a subshell, by typing, and by nobody."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SETUP = """
%load_ext motadata_nb
paid = []
def pay(amount: int) -> str:
    "Pays."
    paid.append(amount)
    return f"paid {amount}"
"""
CELL = '%%agent --model scripted --tools pay --approve ask --no-cache\ncall pay {"amount": 5}'


class Front:
    """A front end: runs cells, hears messages, presses buttons."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, source: str, hear: Callable[[dict[str, Any]], None] = lambda message: None) -> str:
        """The plain text of the cell's value, or what it printed."""
        asked = self.client.execute(source, allow_stdin=True)
        return self.end_of(asked, hear)

    def end_of(self, asked: str, hear: Callable[[dict[str, Any]], None] = lambda message: None) -> str:
        """What the cell with that request shows when it is done."""
        shown, end = "", time.monotonic() + 90
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=0.5)
            except Empty:
                continue
            hear(message)
            content = message["content"]
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "execute_result":
                shown = content["data"]["text/plain"]
            elif message["msg_type"] == "stream":
                shown += content["text"]
            elif message["msg_type"] == "status" and content["execution_state"] == "idle":
                return shown
        raise TimeoutError("the cell did not end")

    def subshell(self) -> str:
        """A channel into the kernel that is free while a cell runs."""
        self.client.control_channel.send(self.client.session.msg("create_subshell_request"))
        return str(self.client.get_control_msg(timeout=30)["content"]["subshell_id"])

    def say(self, comm: str, subshell: str, content: dict[str, Any]) -> None:
        """What the widget's script would send."""
        data = {"method": "custom", "content": content}
        message = self.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
        message["header"]["subshell_id"] = subshell
        self.client.shell_channel.send(message)


@pytest.fixture
def front(workspace: Path) -> Iterator[Front]:
    manager = pytest.importorskip("jupyter_client.manager").KernelManager(kernel_name="python3")
    # A kernel that a test watches is one that nobody watches, unless it does not know.
    watched = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    manager.start_kernel(cwd=str(workspace.parent), env=watched)
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(90)
    front = Front(client)
    front.run(SETUP)
    yield front
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_button_allows_a_call_with_edited_arguments(front: Front) -> None:
    subshell = front.subshell()
    seen: list[dict[str, Any]] = []

    def press(message: dict[str, Any]) -> None:
        state = message["content"].get("data", {}).get("state", {}) if message["msg_type"] == "comm_open" else {}
        if "call" in state:
            seen.append(state["call"])
            comm = message["content"]["comm_id"]
            for said in ({"say": "hello"}, {"say": "hello"}, {"say": "approved", "arguments": '{"amount": 7}'}):
                time.sleep(0.3)
                front.say(comm, subshell, said)

    assert "The tools returned: paid 7" in front.run(CELL, press)
    assert seen == [{"agent": "agent", "name": "pay", "arguments": '{\n  "amount": 5\n}'}]
    assert front.run("print(paid)") == "[7]\n"


def test_without_a_subshell_the_person_types(front: Front) -> None:
    asked = front.client.execute(CELL, allow_stdin=True)
    question = front.client.get_stdin_msg(timeout=60)["content"]["prompt"]
    assert 'agent wants to call pay({"amount": 5})' in question
    front.client.input("y")
    assert "The tools returned: paid 5" in front.end_of(asked)


def test_where_nobody_can_answer_the_call_is_refused(front: Front) -> None:
    asked = front.client.execute(CELL, allow_stdin=False)
    assert "The user did not allow this call" in front.end_of(asked)
    assert front.run("print(paid)") == "[]\n"
