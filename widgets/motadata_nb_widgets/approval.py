"""Approval of tool calls in the chat: the agent waits until a button is pressed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from motadata_nb.agents.base import Decision, Step

__all__ = ["ChatApprover"]


class ChatApprover:
    """Shows each call that needs approval by `ask`, one at a time, and waits for `decided`."""

    def __init__(self, ask: Callable[[dict[str, Any] | None], None]) -> None:
        self._show = ask
        self._one = threading.Lock()
        self._ready = threading.Event()
        self._yes = False
        self._reason = ""

    async def decide(self, step: Step) -> Decision:
        """Approved or denied by the person at the widget."""
        return await asyncio.to_thread(self._decide, step)

    def _decide(self, step: Step) -> Decision:
        from motadata_nb.agents.base import Decision

        with self._one:
            self._ready.clear()
            self._show({"name": step.name, "arguments": step.arguments, "note": step.note})
            self._ready.wait()
            self._show(None)
            return Decision(state="approved" if self._yes else "denied", reason=self._reason)

    async def fill(self, message: str, schema: Mapping[str, Any]) -> dict[str, Any] | None:
        """The chat has no form for such questions; it declines."""
        return None

    def decided(self, yes: bool, reason: str = "") -> None:
        """The person has decided."""
        self._yes, self._reason = yes, reason
        self._ready.set()

    def close(self) -> None:
        """A stopped conversation approves nothing."""
        self.decided(False, "The person stopped the run.")
