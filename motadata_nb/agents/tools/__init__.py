"""What an agent can do: typed functions, and the built-in tools."""

from __future__ import annotations

from motadata_nb.agents.tools.base import Tool, tool

__all__ = ["Tool", "tool"]
