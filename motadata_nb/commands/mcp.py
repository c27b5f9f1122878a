"""Offer the workspace's indexes and saved agents to other programs as an MCP server."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from motadata_nb.errors import InvalidInput

__all__ = ["arguments", "run"]


def arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--workspace", help="folder or database URL; default: .motadata in the current folder")
    parser.add_argument("--index", action="append", help="offer this index; repeatable; default: all")
    parser.add_argument("--agent", action="append", help="offer this saved agent; repeatable; default: all")
    parser.add_argument("--sql", action="store_true", help="also offer read-only SQL over the indexes")
    parser.add_argument("--http", type=int, metavar="PORT", help="serve on http://127.0.0.1:PORT/mcp instead of stdio")


def run(options: argparse.Namespace) -> int:
    """Serves until its input ends, or it is interrupted."""
    import motadata_nb
    from motadata_nb.agents.mcp_server import offered, server

    with motadata_nb.open(options.workspace) as workspace:
        more = workspace.agents.tools("sql") if options.sql else []
        indexes = workspace.indexes() if options.index is None else options.index
        tools = offered(workspace.agents, indexes, options.agent, more)
        if not tools:
            raise InvalidInput(
                "This workspace has no index and no saved agent to offer.", "Make one: %ingest FILE --into NAME"
            )
        made = server(tools)
        names = ", ".join(tool.name for tool in tools)
        # Standard output belongs to the protocol.
        print(f"Offering {len(tools)} tools: {names}", file=sys.stderr, flush=True)
        if options.http is not None:
            _serve_http(made, options.http)
        else:
            asyncio.run(_serve_stdio(made))
    return 0


async def _serve_stdio(made: Any) -> None:
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (read, write):
        await made.run(read, write, made.create_initialization_options())


def _serve_http(made: Any, port: int) -> None:
    try:
        import uvicorn
    except ImportError as error:
        from motadata_nb.errors import MissingExtra

        raise MissingExtra("MCP over HTTP", "services") from error
    # On this machine only; the SDK checks Host and Origin against rebinding.
    uvicorn.run(made.streamable_http_app(), host="127.0.0.1", port=port, log_level="warning")
