"""Conversations that a workspace keeps, as the chat shows them: with an index, or with an agent."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from motadata_nb.agents.base import Step

__all__ = ["branch", "said", "stored", "threads", "tool"]

_MOST = 30
_TURNS = 500


def said(who: str, text: str, **more: Any) -> dict[str, Any]:
    """One message of a chat: `who` is `you` or `partner`."""
    return {"id": uuid.uuid4().hex[:8], "who": who, "text": text, "state": "done", **more}


def threads(partner: Any) -> list[str]:
    """Names of the newest conversations with an index or an agent."""
    if hasattr(partner, "retrieve"):
        return list(partner.conversations.threads(partner.name))[:_MOST]
    kept = partner.threads
    return [] if kept is None else [str(row["name"]) for row in kept.recent(partner.name)][:_MOST]


def stored(partner: Any, thread: str) -> list[dict[str, Any]]:
    """What was said in a thread, oldest first; nothing when it is new."""
    if hasattr(partner, "retrieve"):
        return [one for turn in partner.conversations.last(thread, _TURNS)
                for one in (said("you", turn.question), said("partner", turn.answer))]  # fmt: skip
    kept = partner.threads
    return _of_steps(kept.steps(thread)) if kept is not None and thread in kept.names() else []


def _of_steps(steps: Sequence[Step]) -> list[dict[str, Any]]:
    chat: list[dict[str, Any]] = []
    for step in steps:
        if step.kind == "task":
            chat += [said("you", step.text), said("partner", "", steps=[])]
        elif step.kind == "tool" and chat:
            chat[-1]["steps"].append(tool(step))
        elif step.kind == "model" and chat:
            chat[-1]["text"] = step.text
    return chat


def tool(step: Step) -> dict[str, Any]:
    """A tool call as the chat shows it."""
    return {"name": step.name, "arguments": step.arguments, "text": step.text[:2000], "state": step.state}


def branch(partner: Any, thread: str, name: str, turns: int) -> None:
    """A new thread that begins as another did, with so many of its turns."""
    if not turns:
        return
    if hasattr(partner, "retrieve"):
        partner.conversations.branch(thread, name, partner.name, turns)
    elif partner.threads is not None and thread in partner.threads.names():
        partner.threads.branch(thread, name, upto=turns)
