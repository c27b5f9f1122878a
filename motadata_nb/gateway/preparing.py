"""What a caller gave, as a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from motadata_nb.config import Config
from motadata_nb.errors import InvalidInput, NotPermitted
from motadata_nb.gateway.base import Message
from motadata_nb.gateway.calls import Call
from motadata_nb.gateway.messages import as_messages, as_tools
from motadata_nb.gateway.names import Route
from motadata_nb.gateway.prefix import arranged, with_documents

if TYPE_CHECKING:
    from motadata_nb.gateway.schema import Schema

__all__ = ["OWN", "prepared"]

OWN = frozenset(
    """
    cache cell deadline_s dedup documents image images on_queue priority prompt_version retries system tags thread
    timeout_s
    """.split()
)
"""Options that are the gateway's; all others go to the provider."""


def prepared(
    prompt: Any,
    route: Route,
    config: Config,
    tenant: str,
    schema: Schema | None,
    tools: Sequence[Any],
    options: dict[str, Any],
    history: Sequence[Message] = (),
) -> Call:
    """The call, with `history` before the prompt. Raises InvalidInput.

    An empty tuple as prompt is a call without messages, to embed or to check.
    """
    if "stream_options" in options:
        raise InvalidInput("stream_options is set by the gateway.", "Leave it out; usage always comes with the answer.")
    if not config["ai"] and any(d.provider not in ("extractive", "embedder") for d in route.deployments):
        raise NotPermitted("Model calls are switched off.", "Switch them on: %config Motadata.ai = True")
    own = {name: options.pop(name) for name in OWN & options.keys()}
    timeout = own.get("timeout_s")
    return Call(
        route=route,
        messages=() if prompt == () else _messages(prompt, own, history),
        tools=arranged(as_tools(tools)) if tools else (),
        schema=schema.json if schema is not None else None,
        options=options,
        tenant=tenant,
        timeout_s=_seconds("timeout_s", config["timeout_s"] if timeout is None else timeout),
        priority=int(own.get("priority", 0)),
        use_cache=bool(own.get("cache", config["cache"])),
        dedup=bool(own.get("dedup", True)),
        tags=tuple(own.get("tags", ())),
        version=str(own.get("prompt_version", "")),
        thread=own.get("thread"),
        cell=str(own.get("cell", "")),
        retries=int(own.get("retries", 2)),
        deadline_s=_seconds("deadline_s", own["deadline_s"]) if own.get("deadline_s") is not None else None,
        on_queue=own.get("on_queue"),
    )


def _messages(prompt: Any, own: dict[str, Any], history: Sequence[Message]) -> Sequence[Message]:
    images = [*(own.get("images") or ()), *([own["image"]] if own.get("image") is not None else [])]
    messages = as_messages(prompt, system=own.get("system"), images=images)
    if history:
        first = next((i for i, m in enumerate(messages) if m["role"] not in ("system", "developer")), len(messages))
        messages[first:first] = history
    return with_documents(messages, own["documents"]) if own.get("documents") else messages


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise InvalidInput(f"{name} = {value!r} is not a positive number of seconds.", f"Try: {name}=60")
    return float(value)
