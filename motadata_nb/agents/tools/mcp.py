"""Tools of MCP servers: `mcp:COMMAND ARGUMENTS` starts one (stdio), `mcp:https://…` reaches one (HTTP).

A server lives in an event loop of its own thread, from the first use to `close` or the end of the process, so that a
run in any loop can call it. When it asks the user for something (elicitation), the run's approver is asked.
"""

from __future__ import annotations

import asyncio
import re
import shlex
import threading
from collections.abc import Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any, TypeVar

from motadata_nb.agents.base import Approver, ToolContext
from motadata_nb.agents.tools.base import Tool
from motadata_nb.errors import BackendError, InvalidInput, MissingExtra

if TYPE_CHECKING:
    from motadata_nb.agents.home import Agents

__all__ = ["McpServer", "mcp_tools"]

T = TypeVar("T")
_START_S = 30.0
_CALL_S = 120.0


def mcp_tools(place: str, home: Agents) -> list[Tool]:
    """The tools of the server at an address, or behind a command. One server is shared by all who name it."""
    if not place:
        raise InvalidInput("The tool 'mcp' needs a server.", "Write: tools=['mcp:python server.py'] or 'mcp:https://…'")
    known: dict[str, McpServer] = home.mcp_servers
    if place not in known:
        known[place] = McpServer(place)
    return known[place].tools()


class McpServer:
    """A connection to an MCP server. `place` is an address or a command; `env` is given to the command."""

    def __init__(
        self,
        place: str | Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.place = place if isinstance(place, str) else shlex.join(place)
        self._env = dict(env or {})
        self._headers = dict(headers or {})
        self._client: Any = None
        self._task: asyncio.Task[None] | None = None
        self._stop: asyncio.Event | None = None
        self._callers: list[tuple[Approver, asyncio.AbstractEventLoop]] = []

    def tools(self) -> list[Tool]:
        """The server's tools. Raises BackendError when it cannot be reached."""
        found = _on_loop(self._listed()).result(_START_S * 2)
        return [self._tool(tool) for tool in found]

    def close(self) -> None:
        """End the connection, and the process behind it."""
        if self._task is not None:
            _on_loop(self._ended()).result(_START_S)

    async def _ended(self) -> None:
        task, self._task = self._task, None
        if task is not None and self._stop is not None:
            self._stop.set()
            await asyncio.wait([task], timeout=_START_S / 2)

    async def _listed(self) -> list[Any]:
        client = await self._connected()
        found: list[Any] = []
        cursor = None
        while True:
            page = await client.list_tools(cursor=cursor) if cursor else await client.list_tools()
            found += page.tools
            cursor = page.next_cursor
            if not cursor:
                return found

    def _tool(self, described: Any) -> Tool:
        name, hints = described.name, described.annotations

        async def call(context: ToolContext, **arguments: Any) -> str:
            running = asyncio.get_running_loop()
            future = _on_loop(self._called(name, arguments, context.approver, running))
            return await asyncio.wrap_future(future)

        return Tool(
            call,
            name=re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64],
            description=described.description or described.title or "",
            parameters=described.input_schema,
            approve="ask" if getattr(hints, "destructive_hint", None) else "auto",
            idempotent=bool(getattr(hints, "read_only_hint", None) or getattr(hints, "idempotent_hint", None)),
            timeout_s=_CALL_S,
        )

    async def _called(
        self, name: str, arguments: dict[str, Any], approver: Approver | None, running: asyncio.AbstractEventLoop
    ) -> str:
        client = await self._connected()
        if approver is not None:
            self._callers.append((approver, running))
        try:
            result = await client.call_tool(name, arguments)
        except Exception as error:
            raise BackendError(f"The MCP server failed: {error}", f"Check: {_shown(self.place)}") from error
        finally:
            if approver is not None:
                self._callers.remove((approver, running))
        text = _text(result)
        if result.is_error:
            raise BackendError(f"The MCP tool '{name}' failed: {text}")
        return text

    async def _elicit(self, context: Any, params: Any) -> Any:
        """Ask the user of the run that is calling; when it is not clear whose, nobody is asked."""
        import mcp_types as types

        asked = {id(approver): (approver, loop) for approver, loop in self._callers}
        if len(asked) != 1 or getattr(params, "mode", "form") != "form":
            return types.ElicitResult(action="decline")
        approver, loop = next(iter(asked.values()))
        values = await asyncio.wrap_future(
            asyncio.run_coroutine_threadsafe(approver.fill(params.message, params.requested_schema), loop)
        )
        return types.ElicitResult(action="decline") if values is None else types.ElicitResult(
            action="accept", content=values
        )  # fmt: skip

    async def _connected(self) -> Any:
        if self._client is None:
            ready: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
            self._stop = asyncio.Event()
            self._task = asyncio.ensure_future(self._live(ready, self._stop))
            self._client = await asyncio.wait_for(ready, _START_S)
        return self._client

    async def _live(self, ready: asyncio.Future[Any], stop: asyncio.Event) -> None:
        """The connection's whole life in one task, as its cancel scopes demand."""
        try:
            async with AsyncExitStack() as stack:
                ready.set_result(await stack.enter_async_context(await self._opened(stack)))
                await stop.wait()
        except Exception as error:
            failure = BackendError(
                f"The MCP server cannot be reached: {_reason(error)}", f"Check: {_shown(self.place)}"
            )
            if not ready.done():
                ready.set_exception(failure)
        finally:
            self._client = None

    async def _opened(self, stack: AsyncExitStack) -> Any:
        try:
            import httpx2
            from mcp import Client, StdioServerParameters
            from mcp.client.streamable_http import streamable_http_client
        except ImportError as error:
            raise MissingExtra("MCP", "mcp") from error
        if self.place.startswith(("http://", "https://")):
            http = httpx2.AsyncClient(headers=self._headers, timeout=_CALL_S, trust_env=False)
            await stack.enter_async_context(http)
            return Client(streamable_http_client(self.place, http_client=http), elicitation_callback=self._elicit)
        command, *arguments = shlex.split(self.place)
        server = StdioServerParameters(command=command, args=arguments, env=self._env)
        return Client(server, elicitation_callback=self._elicit)


def _text(result: Any) -> str:
    parts = [
        part.text if part.type == "text" else f"({part.type}, not shown)" for part in result.content if part is not None
    ]
    if not parts and result.structured_content is not None:
        import orjson

        return orjson.dumps(result.structured_content).decode()
    return "\n".join(parts)


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error) or type(error).__name__


def _shown(place: str) -> str:
    """The place without what may be a key."""
    return place.split("?")[0].split(" ")[0]


_started = threading.Lock()
_running: asyncio.AbstractEventLoop | None = None


def _loop() -> asyncio.AbstractEventLoop:
    """The loop that servers live in; not that of `aio`, so that tools can be listed while a run goes on there."""
    global _running
    with _started:
        if _running is None or _running.is_closed():
            _running = asyncio.new_event_loop()
            threading.Thread(target=_running.run_forever, name="motadata-nb-mcp", daemon=True).start()
        return _running


def _on_loop(coroutine: Coroutine[Any, Any, T]) -> Future[T]:
    return asyncio.run_coroutine_threadsafe(coroutine, _loop())
