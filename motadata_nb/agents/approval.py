"""Approvers that need no notebook: `Deny` says no, `Later` saves the run, `Prompt` asks on a terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import Any

from motadata_nb.agents.base import Decision, Step

__all__ = ["Deny", "Later", "Prompt", "legible", "pressed"]


class Deny:
    """Refuses every call that has to be asked for: for runs that nobody watches."""

    def __init__(self, reason: str = "Nobody is there to approve it.") -> None:
        self._reason = reason

    async def decide(self, step: Step) -> Decision:
        """No, with the reason."""
        return Decision(state="denied", reason=self._reason)

    async def fill(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """Declines."""
        return None


class Later:
    """Saves the run as waiting: `agent.approve(run)` continues it, from any process."""

    async def decide(self, step: Step) -> Decision:
        """Wait."""
        return Decision(state="waiting")

    async def fill(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """Declines."""
        return None


class Prompt:
    """Asks in words: `y` allows, `n` refuses, `e` edits the arguments, `l` leaves it for later."""

    def __init__(self, ask: Callable[[str], str] = input) -> None:
        self._ask = ask

    def ask(self, step: Step) -> Decision:
        """What the person types; anything that is no clear yes is a no."""
        shown = f"{step.agent} wants to call {step.name}({step.arguments})"
        said = self._ask(f"{shown}\nApprove? [y]es, [n]o, [e]dit, [l]ater: ").strip()
        word = said.lower()[:1]
        if word == "y":
            return Decision(state="approved")
        if word == "l":
            return Decision(state="waiting")
        if word == "e":
            return self._edited(step)
        return Decision(state="denied", reason=said[1:].strip() if word == "n" and len(said) > 3 else "")

    def _edited(self, step: Step) -> Decision:
        text = self._ask(f"Arguments as JSON [{step.arguments}]: ").strip() or step.arguments
        try:
            json.loads(text)
        except ValueError as error:
            return Decision(state="denied", reason=f"The edited arguments were not JSON: {error}.")
        return Decision(state="approved", arguments=text)

    def values(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """The values that are typed, field by field; an empty line for a required field declines."""
        values: dict[str, Any] = {}
        required = schema.get("required", ())
        for name, field in schema.get("properties", {}).items():
            said = self._ask(f"{message}\n{field.get('title', name)}: ").strip()
            if said:
                values[name] = _typed(said, field)
            elif name in required:
                return None
        return values

    async def decide(self, step: Step) -> Decision:
        """`ask`, off the event loop."""
        return await asyncio.to_thread(self.ask, step)

    async def fill(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """`values`, off the event loop."""
        return await asyncio.to_thread(self.values, message, schema)


def _typed(said: str, field: Mapping[str, Any]) -> Any:
    if field.get("type") in ("integer", "number", "boolean"):
        try:
            return json.loads(said.lower())
        except ValueError:
            return said
    return said


def pressed(word: str, text: str, step: Step) -> Decision:
    """What a button says: `approved`, `denied` or `waiting`, with the arguments as the person left them."""
    if word == "waiting":
        return Decision(state="waiting")
    if word != "approved":
        return Decision(state="denied")
    try:
        changed = json.loads(text) != json.loads(step.arguments or "{}")
    except ValueError as error:
        return Decision(state="denied", reason=f"The edited arguments were not JSON: {error}.")
    return Decision(state="approved", arguments=text if changed else None)


def legible(arguments: str) -> str:
    """Arguments of a call over several lines, for a person to read and edit."""
    try:
        return json.dumps(json.loads(arguments or "{}"), indent=2, ensure_ascii=False)
    except ValueError:
        return arguments
