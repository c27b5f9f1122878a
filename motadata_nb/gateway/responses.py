"""The exact response cache: the same question to the same model is paid once."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from motadata_nb.cache.base import Cache
from motadata_nb.cache.memory import MemoryCache
from motadata_nb.gateway.base import Delta, ToolCall, Usage
from motadata_nb.gateway.calls import Call, Next
from motadata_nb.gateway.pieces import Whole

__all__ = ["Responses", "fingerprint", "response_cache"]

_KEPT = ("stop", "tool_calls")


def response_cache(folder: Path | None) -> Cache:
    """Memory, and disk where there is a folder."""
    memory = MemoryCache()
    if folder is None:
        return memory
    from motadata_nb.cache.disk import DiskCache
    from motadata_nb.cache.tiers import Tiers

    return Tiers(memory, DiskCache(folder / "cache" / "responses.db"))


def fingerprint(call: Call) -> str:
    """A name for everything that the answer depends on: tenant, models, messages, tools, schema, options, version."""
    from hashlib import blake2b

    import orjson

    asked = [
        call.tenant, call.version, [(d.name, d.api_base, d.options) for d in call.route.deployments], call.messages,
        [(t.name, t.description, t.parameters) for t in call.tools], call.schema, call.options,
    ]  # fmt: skip
    try:
        text = orjson.dumps(asked, default=_plain, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:  # Half a character out of a cut text, or a number beyond 64 bits.
        text = json.dumps(asked, default=_plain, sort_keys=True).encode()
    return blake2b(text, digest_size=20).hexdigest()


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "keys") else repr(value)


class Responses:
    """A layer of the gateway: answers from `cache`, and keeps whole answers there."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache

    def find(self, call: Call) -> Delta | None:
        """The kept answer of a call."""
        found = self.cache.get(call.key)
        if found is not None:
            # What another release or a broken disk has left is no answer.
            with suppress(ValueError, TypeError, KeyError, AttributeError):
                return _decoded(found)
        return None

    async def stream(self, call: Call, inner: Next) -> AsyncGenerator[Delta]:
        """The kept answer as one delta, or the answer as it comes."""
        found = None if call.looked else self.find(call)
        if found is not None:
            call.cached = True
            yield found
            return
        whole = Whole()
        async with aclosing(inner(call)) as deltas:
            async for delta in deltas:
                whole.add(delta)
                yield delta
        self.keep_whole(call, whole)

    def keep_whole(self, call: Call, whole: Whole) -> None:
        """Keep what was gathered, if it came to its end, says something and is this call's own."""
        answered = whole.text.strip() or whole.tool_calls
        if answered and whole.finish_reason in _KEPT and not (call.shared or call.replayed):
            self.keep(call, whole.delta)

    def keep(self, call: Call, answer: Delta) -> None:
        """Keep an answer, under the tags of the call and of its models."""
        encoded = _encoded(answer)
        if encoded is not None:
            self.cache.set(call.key, encoded, tags=(*call.tags, *_tags(call)))


def _tags(call: Call) -> tuple[str, ...]:
    return (f"model:{call.route.name}", *(f"model:{d.name}" for d in call.route.deployments))


def _encoded(delta: Delta) -> bytes | None:
    import orjson

    try:
        return orjson.dumps(replace(delta, cost=None))
    except TypeError:  # A model wrote half a character.
        return None


def _decoded(value: bytes) -> Delta:
    import orjson

    fields = orjson.loads(value)
    usage = Usage(**fields.pop("usage")) if fields.get("usage") else fields.pop("usage", None)
    calls = tuple(ToolCall(**call) for call in fields.pop("tool_calls"))
    return Delta(**fields, usage=usage, tool_calls=calls)
