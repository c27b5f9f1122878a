"""A small MCP server for the tests: adds, fails, asks the user, wipes."""

from __future__ import annotations

import asyncio
from typing import Any

import mcp_types as types
from mcp.server import Server
from mcp.server.stdio import stdio_server

_NUMBERS = {
    "type": "object",
    "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
    "required": ["a", "b"],
}
_NOTHING: dict[str, Any] = {"type": "object", "properties": {}}
_NAME = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


async def list_tools(context: Any, params: Any) -> types.ListToolsResult:
    """Four tools."""
    wipes = types.ToolAnnotations(destructive_hint=True)
    return types.ListToolsResult(
        tools=[
            types.Tool(name="add", description="Adds.", input_schema=_NUMBERS),
            types.Tool(name="fail", description="Fails.", input_schema=_NOTHING),
            types.Tool(name="greet", description="Greets the user.", input_schema=_NOTHING),
            types.Tool(name="wipe", description="Wipes.", input_schema=_NOTHING, annotations=wipes),
        ]
    )


async def call_tool(context: Any, params: Any) -> Any:
    """What the tools do."""
    if params.name == "fail":
        return types.CallToolResult(content=[types.TextContent(type="text", text="no")], is_error=True)
    if params.name == "greet":
        return await _greet(context, params)
    given = params.arguments or {}
    text = str(given["a"] + given["b"]) if params.name == "add" else "wiped"
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)])


async def _greet(context: Any, params: Any) -> Any:
    if not params.input_responses:
        asked = types.ElicitRequestFormParams(message="Who are you?", requested_schema=_NAME)
        return types.InputRequiredResult(input_requests={"who": types.ElicitRequest(params=asked)})
    found = params.input_responses["who"]
    name = found.content["name"] if found.action == "accept" else "nobody"
    return types.CallToolResult(content=[types.TextContent(type="text", text=f"Hello {name}")])


async def main() -> None:
    """Serve on standard input and output."""
    server = Server("desk", on_list_tools=list_tools, on_call_tool=call_tool)
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())


if __name__ == "__main__":
    asyncio.run(main())
