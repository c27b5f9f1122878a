"""MCP: a foreign server's tools in an agent, over stdio and HTTP, with questions to the user; and ours offered."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import motadata_nb
from motadata_nb.agents.agent import Agent
from motadata_nb.agents.approval import Deny
from motadata_nb.agents.base import Decision, Step
from motadata_nb.agents.tools.mcp import McpServer
from motadata_nb.errors import BackendError, InvalidInput
from motadata_nb.workspace import Workspace

pytest.importorskip("mcp")
ROOT = Path(__file__).resolve().parents[2]
DESK = [sys.executable, "-m", "tests.agents.mcp_desk"]


@pytest.fixture
def ws(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(ROOT)
    with motadata_nb.open(workspace) as opened:
        yield opened


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[McpServer]:
    monkeypatch.chdir(ROOT)
    server = McpServer(DESK)
    yield server
    server.close()


def once(tools: list[Any], name: str, arguments: dict[str, Any], approver: Any = None) -> Step:
    def model(messages: list[dict[str, Any]]) -> Any:
        return "end" if messages[-1]["role"] == "tool" else [(name, arguments)]

    run = Agent(model=model, tools=tools).run("go", approver=approver)
    return next(s for s in run.steps if s.kind == "tool")


class Knows:
    """Allows nothing, but says its name."""

    async def decide(self, step: Step) -> Decision:
        return Decision(state="denied")

    async def fill(self, message: str, schema: Any) -> dict[str, Any]:
        assert message == "Who are you?"
        assert schema["required"] == ["name"]
        return {"name": "Ada"}


def test_a_servers_tools_are_an_agents_tools(desk: McpServer) -> None:
    tools = desk.tools()
    assert [t.name for t in tools] == ["add", "fail", "greet", "wipe"]
    added = once(tools, "add", {"a": 2, "b": 3})
    assert (added.state, added.text) == ("done", "5")
    wrong = once(tools, "add", {"a": 2})
    assert (wrong.state, "'b' is a required property" in wrong.text) == ("invalid", True)
    assert once(tools, "fail", {}).state == "failed"


def test_what_a_server_says_it_destroys_is_asked_for(desk: McpServer) -> None:
    assert once(desk.tools(), "wipe", {}, Deny()).state == "refused"


def test_a_server_can_ask_the_user_of_the_run(desk: McpServer) -> None:
    tools = desk.tools()
    assert once(tools, "greet", {}, Knows()).text == "Hello Ada"
    assert once(tools, "greet", {}, Deny()).text == "Hello nobody"
    assert once(tools, "greet", {}).text == "Hello nobody"


def test_a_server_is_named_in_a_workspace_and_started_once(ws: Workspace) -> None:
    name = f"mcp:{sys.executable} -m tests.agents.mcp_desk"
    assert "add" in ws.agent(tools=[name]).role.tools
    assert "wipe" in ws.agent(tools=[name]).role.tools
    assert len(ws.agents.mcp_servers) == 1
    with pytest.raises(InvalidInput, match="needs a server"):
        ws.agent(tools=["mcp:"]).run("x")


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(BackendError, match="cannot be reached"):
        McpServer("no-such-program-anywhere").tools()
    with pytest.raises(BackendError, match="cannot be reached"):
        McpServer("http://127.0.0.1:9/mcp").tools()


def _offer(ws: Workspace) -> None:
    rules = pd.DataFrame({"text": ["Lamps may be returned within 30 days."], "id": ["returns"]})
    ws.ingest(rules, into="rules", backend="memory")
    ws.agent("clerk", "Answers.", tools=["rag:rules"]).save()
    ws.close()


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_workspace_is_offered_over_stdio(ws: Workspace, workspace: Path) -> None:
    _offer(ws)
    server = McpServer([sys.executable, "-m", "motadata_nb.cli", "mcp", "--workspace", str(workspace), "--sql"])
    tools = server.tools()
    assert sorted(t.name for t in tools) == ["ask_clerk", "search_rules", "sql"]
    assert "30 days" in once(tools, "search_rules", {"question": "When can I return a lamp?"}).text
    assert "30 days" in once(tools, "ask_clerk", {"task": "When can I return a lamp?"}).text
    rows = once(tools, "sql", {"statement": "SELECT count(*) AS n FROM rules.chunks"}).text
    assert rows == "n\n1\n(1 row)"
    server.close()


def test_a_workspace_is_offered_over_http(ws: Workspace, workspace: Path) -> None:
    _offer(ws)
    port = _port()
    command = [sys.executable, "-m", "motadata_nb.cli", "mcp", "--workspace", str(workspace), "--http", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as offering:
        try:
            server = McpServer(f"http://127.0.0.1:{port}/mcp")
            tools = _patiently(server)
            assert sorted(t.name for t in tools) == ["ask_clerk", "search_rules"]
            assert "30 days" in once(tools, "search_rules", {"question": "When can I return a lamp?"}).text
            server.close()
        finally:
            offering.terminate()


def _patiently(server: McpServer) -> list[Any]:
    end = time.monotonic() + 60
    while True:
        try:
            return server.tools()
        except BackendError:
            if time.monotonic() > end:
                raise
            time.sleep(0.5)


def test_an_empty_workspace_has_nothing_to_offer(workspace: Path) -> None:
    command = [sys.executable, "-m", "motadata_nb.cli", "mcp", "--workspace", str(workspace)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 1
    assert "no index and no saved agent" in done.stderr
