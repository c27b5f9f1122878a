"""`python`: refused until code can run in a sandbox; a model's code never runs in the notebook's own process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from motadata_nb.errors import NotPermitted

if TYPE_CHECKING:
    from motadata_nb.agents.home import Agents
    from motadata_nb.agents.tools.base import Tool

__all__ = ["python_tools"]


def python_tools(rest: str, home: Agents) -> list[Tool]:
    """Raises NotPermitted."""
    raise NotPermitted(
        "The tool 'python' is not permitted: there is no sandbox that a model's code could run in.",
        "Write a function for what the agent needs: tools=[my_function]; or use 'notebook', which proposes a cell.",
    )
