"""A workspace as an MCP server: its indexes are search tools, its saved agents are tools that take a task.

Calls that need approval are not made: nobody is there to ask. They wait in their thread, and the caller is told how to
approve them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.base import ToolContext
from motadata_nb.agents.tools.base import Tool
from motadata_nb.agents.tools.output import text_of
from motadata_nb.errors import MissingExtra, MotadataError, UnknownName

if TYPE_CHECKING:
    from motadata_nb.agents.agent import Agent
    from motadata_nb.agents.home import Agents

__all__ = ["offered", "server"]


def offered(
    home: Agents, indexes: Sequence[str], agents: Sequence[str] | None = None, more: Sequence[Tool] = ()
) -> list[Tool]:  # fmt: skip
    """The tools of these indexes, and of these saved agents (all when None). Raises UnknownName."""
    known = list(home.specs.versions()) if agents is None else agents
    tools = [tool for name in indexes for tool in home.tools(f"rag:{name}")]
    return [*tools, *(_agent_tool(home.load(name)) for name in known), *more]


def _agent_tool(agent: Agent) -> Tool:
    async def ask(task: str, thread: str = "") -> str:
        run = await agent.arun(task, thread or None)
        if run.status == "waiting":
            waits = ", ".join(f"{s.name}({s.arguments})" for s in run.pending)
            return f"{run.text}\n(Waits for approval of {waits}; approve it with: %agent resume {run.thread} --allow)"
        return run.text if run.status == "done" else f"{run.text}\n({run.status}: {run.reason})"

    tool = agent.as_tool()
    return Tool(ask, name=tool.name, description=tool.spec.description)


def server(tools: Sequence[Tool], name: str = "motadata-nb") -> Any:
    """A `mcp.server.Server` that offers the tools; run it over stdio or HTTP. Raises MissingExtra."""
    try:
        import mcp_types as types
        from mcp.server import Server
    except ImportError as error:
        raise MissingExtra("The MCP server", "mcp") from error
    by_name = {tool.name: tool for tool in tools}

    async def list_tools(context: Any, params: Any) -> Any:
        return types.ListToolsResult(
            tools=[
                types.Tool(
                    name=t.name,
                    description=t.spec.description,
                    input_schema=dict(t.spec.parameters),
                    annotations=types.ToolAnnotations(read_only_hint=t.name.startswith("search_")),
                )
                for t in by_name.values()
            ]
        )

    async def call_tool(context: Any, params: Any) -> Any:
        text, failed = await _called(by_name, params.name, params.arguments or {})
        return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=failed)

    return Server(name, on_list_tools=list_tools, on_call_tool=call_tool)


async def _called(tools: dict[str, Tool], name: str, arguments: dict[str, Any]) -> tuple[str, bool]:
    import orjson

    tool = tools.get(name)
    if tool is None:
        return str(UnknownName("tool", name, tools)), True
    if tool.approve != "auto":
        return f"The tool '{name}' needs approval, and nobody can be asked here.", True
    values, problem = tool.read(orjson.dumps(arguments).decode())
    if problem:
        return problem, True
    try:
        call = tool.bound(values, ToolContext(key=""))
        found = call() if tool.asynchronous else await asyncio.to_thread(call)
        value = await found if isawaitable(found) else found
    except MotadataError as error:
        return str(error), True
    except Exception as error:
        return f"The tool failed. {type(error).__name__}: {error}", True
    return text_of(value)[0], False
