"""What a caller gave, as a call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from motadata_nb.config import Config
from motadata_nb.errors import InvalidInput, NotPermitted
from motadata_nb.gateway.base import Message
from motadata_nb.gateway.calls import Call
from motadata_nb.gateway.messages import as_messages, as_text, as_tools
from motadata_nb.gateway.names import Route
from motadata_nb.gateway.options import OWN, check_options
from motadata_nb.gateway.prefix import arranged, with_documents
from motadata_nb.telemetry.cells import CELL, cell_name

if TYPE_CHECKING:
    from motadata_nb.gateway.schema import Schema

__all__ = ["prepared"]

_NOT_OPTIONS = {
    "messages": ("Messages are the first argument.", "Try: ws.gateway.complete(messages, model=…)"),
    "n": (
        "A call has one answer here, and n asks for several.", "Call several times, with cache=False and dedup=False."
    ),
    "stream": ("This call gives the whole answer.", "Try: async for piece in ws.gateway.astream(…)"),
    "stream_options": (
        "stream_options is set by the gateway.", "Leave it out; usage always comes with the answer."
    ),
}  # fmt: skip


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
    """The call, with `history` before the prompt. Raises InvalidInput, UnknownName for a misspelt option.

    An empty tuple as prompt is a call without messages, to embed or to check.
    """
    for name in _NOT_OPTIONS.keys() & options.keys():
        if name != "n" or options[name] not in (None, 1):
            raise InvalidInput(*_NOT_OPTIONS[name])
    check_options(options)
    if not config["ai"] and any(d.provider not in ("extractive", "embedder") for d in route.deployments):
        raise NotPermitted("Model calls are switched off.", "Switch them on: %config Motadata.ai = True")
    if isinstance(options.get("n"), int) and options["n"] > 1:
        raise InvalidInput(
            "A call has one answer here, and n asks for several.",
            "Call several times, with cache=False and dedup=False.",
        )
    own = {name: options.pop(name) for name in OWN & options.keys()}
    timeout = own.get("timeout_s")
    return Call(
        route=route,
        messages=() if isinstance(prompt, tuple) and not prompt else _messages(prompt, own, history),
        tools=arranged(as_tools(tools)) if tools else (),
        schema=schema.json if schema is not None else None,
        options=options,
        tenant=tenant,
        timeout_s=_seconds("timeout_s", config["timeout_s"] if timeout is None else timeout),
        priority=_whole("priority", own.get("priority", 0)),
        use_cache=bool(own.get("cache", config["cache"])),
        dedup=bool(own.get("dedup", True)),
        tags=tuple(_texts("tags", own.get("tags"))),
        version=str(own.get("prompt_version", "")),
        thread=own.get("thread"),
        cell=str(own.get("cell") or cell_name(CELL.get())),
        retries=max(0, _whole("retries", own.get("retries", 2))),
        deadline_s=_seconds("deadline_s", own["deadline_s"]) if own.get("deadline_s") is not None else None,
        on_queue=own.get("on_queue"),
    )


def _messages(prompt: Any, own: dict[str, Any], history: Sequence[Message]) -> Sequence[Message]:
    images = [*_several(own.get("images")), *_several(own.get("image"))]
    messages = as_messages(prompt, system=own.get("system"), images=images)
    if history:
        first = next((i for i, m in enumerate(messages) if m["role"] not in ("system", "developer")), len(messages))
        messages[first:first] = history
    documents = [as_text(document) for document in _several(own.get("documents"))]
    return with_documents(messages, documents) if documents else messages


def _texts(name: str, given: Any) -> list[str]:
    found = list(given) if isinstance(given, set | frozenset) else _several(given)
    if not all(isinstance(text, str) for text in found):
        raise InvalidInput(f"{name} = {given!r} is not a list of texts.", f"Try: {name}=['one', 'two']")
    return found


def _several(given: Any) -> list[Any]:
    """What was given one or several at a time."""
    if given is None:
        return []
    return list(given) if isinstance(given, list | tuple) else [given]


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(f"{name} = {value!r} is not a whole number.", f"Try: {name}=1")
    return value


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise InvalidInput(f"{name} = {value!r} is not a positive number of seconds.", f"Try: {name}=60")
    return float(value)
