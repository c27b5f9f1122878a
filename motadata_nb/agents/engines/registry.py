"""Engines by name, and the engine of an object."""

from __future__ import annotations

from typing import Any

from motadata_nb.agents.engines.base import Engine
from motadata_nb.errors import InvalidInput
from motadata_nb.registry import Registry

__all__ = ["ENGINES", "engine_of"]

ENGINES: Registry[type[Engine]] = Registry("agent engine", "motadata_nb.engines", extras={"pydantic_ai": "pydantic-ai"})


def engine_of(agent: Any) -> Engine:
    """The engine for another framework's agent, by the package it comes from. Raises InvalidInput."""
    for kind in type(agent).__mro__:
        package = kind.__module__.partition(".")[0]
        if package in ENGINES.names():
            made: Any = ENGINES.load(package)
            found: Engine = made(agent)
            return found
    if isinstance(agent, Engine):
        return agent
    raise InvalidInput(
        f"engine={agent!r} is no agent that is known.", f"Give an agent of one of: {', '.join(ENGINES.names())}"
    )
