"""`notebook`: proposes a cell below the running one. It is never run by the agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from motadata_nb.agents.tools.base import Tool
from motadata_nb.errors import InvalidInput

if TYPE_CHECKING:
    from motadata_nb.agents.home import Agents

__all__ = ["notebook_tools"]


def notebook_tools(rest: str, home: Agents) -> list[Tool]:
    """The tool that inserts cells through the front end. Raises InvalidInput outside a notebook."""
    insert = home.insert_cell
    if insert is None:
        raise InvalidInput("The tool 'notebook' needs a notebook.", "Use it in a cell: %%agent --tools notebook")

    def insert_cell(source: Annotated[str, "The cell's whole text"], kind: Literal["code", "markdown"] = "code") -> str:
        insert(source, kind)
        return "The cell was put below the running one. It was not run; the user decides about that."

    return [Tool(insert_cell, description="Puts a cell into the user's notebook, for them to read and run.")]
