"""Built-in tools by name: `rag:INDEX`, `sql`, `http:HOST`, `files:FOLDER`, `notebook`, `python`, `memory`, `mcp:…`.

A tool family's function gets what stands behind the colon and the workspace's agents, and gives tools. Others register
theirs under the entry-point group `motadata_nb.tools`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.tools.base import Tool
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.registry import Registry

if TYPE_CHECKING:
    from motadata_nb.agents.home import Agents

__all__ = ["TOOLS", "ToolMaker", "find"]

ToolMaker = Callable[[str, "Agents"], list[Tool]]
TOOLS: Registry[ToolMaker] = Registry("tool", "motadata_nb.tools", extras={"mcp": "mcp"})


def find(given: Any, home: Agents) -> list[Tool]:
    """The tools behind a name, a mapping of names to tables, or an object that has `tools()`.

    Raises UnknownName with the nearest, or InvalidInput for what cannot be a tool.
    """
    if isinstance(given, str):
        return _named(given, home)
    if isinstance(given, Mapping):
        from motadata_nb.agents.tools.sql import sql_tools

        return sql_tools(dict(given), home)
    if hasattr(given, "tools"):
        made: list[Tool] = given.tools()
        return made
    kind = type(given).__name__
    if kind == "DataFrame":
        raise InvalidInput("A DataFrame needs a name, so that SQL can speak of it.", 'Pass tools=[{"sales": sales}]')
    raise InvalidInput(f"A {kind} cannot be a tool.", "Pass a function, a name such as 'rag:INDEX', or an agent.")


def _named(name: str, home: Agents) -> list[Tool]:
    family, _, rest = name.partition(":")
    if family in TOOLS.names():
        return TOOLS.load(family)(rest, home)
    found = home.named_tool(name)
    if found:
        return found
    raise UnknownName("tool", family, [*TOOLS.names(), *home.tool_names()], example="{}")
