"""A model that says what it was told to: deterministic, streaming, tool-calling; for docs, notebooks and tests.

    ws.gateway.complete("Hi", model="scripted", script=["Hello.", {"tool": "add", "arguments": {"a": 1}}])
    script("greeter", ["Hello.", "Goodbye."])        # then model="scripted/greeter", one step a call

A step is a text, a dictionary with `text`, `thinking`, `tool` and `arguments`, `tools`, `error`, `finish_reason` or
`usage`, or a function of the request that gives one of these. A script given with the call is stateless: its step is
chosen by the number of assistant messages after the last user message, which is an agent's turn.

Without a script the model echoes the last user message, calls a tool for each line `call NAME {…}` of it, tells what
tools returned, and fills in a schema.
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from motadata_nb import errors
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.gateway.base import ChatRequest, Delta, Instant, ToolCall, Usage
from motadata_nb.gateway.messages import text_of
from motadata_nb.gateway.pieces import Whole
from motadata_nb.gateway.schema import instance_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ScriptedModel", "Step", "script"]

Step = str | Mapping[str, Any] | Callable[[ChatRequest], "str | Mapping[str, Any]"]

_CALL = re.compile(r"^\s*call\s+(\w+)\s*(\{.*\})?\s*$", re.MULTILINE)
_lock = threading.Lock()
_scripts: dict[str, tuple[list[Step], bool]] = {}


def script(name: str, steps: Sequence[Step], *, repeat: bool = False) -> str:
    """Register steps for `scripted/NAME`, one a call, over and over with `repeat`; gives the model's name."""
    with _lock:
        _scripts[name] = (list(steps), repeat)
    return f"scripted/{name}"


def _registered(name: str) -> Step:
    with _lock:
        if name not in _scripts:
            raise UnknownName("script", name, _scripts, example="scripted/{}")
        steps, repeat = _scripts[name]
        if not steps:
            raise InvalidInput(f"The script '{name}' has no step left.", "Register more steps, or repeat=True.")
        step = steps.pop(0)
        if repeat:
            steps.append(step)
        return step


class ScriptedModel(Instant):
    """The provider behind `scripted` and `scripted/NAME`. Option `delay_s`: seconds before each piece."""

    async def stream(self, request: ChatRequest) -> AsyncIterator[Delta]:
        """The step in pieces of a word."""
        delay_s = float(request.options.get("delay_s", 0.0))
        whole = _answer(request, _step(request))
        for word in _words(whole.thinking):
            await asyncio.sleep(delay_s)
            yield Delta(thinking=word)
        for word in _words(whole.text):
            await asyncio.sleep(delay_s)
            yield Delta(text=word)
        yield Delta(
            tool_calls=whole.tool_calls, usage=whole.usage, finish_reason=whole.finish_reason, model=whole.model
        )

    async def complete(self, request: ChatRequest) -> Delta:
        """The step at once."""
        if not request.options.get("delay_s"):
            return _answer(request, _step(request))
        whole = Whole()
        async for delta in self.stream(request):
            whole.add(delta)
        return whole.delta

    async def embed(self, texts: Sequence[str], request: ChatRequest) -> tuple[NDArray[np.float32], Usage]:
        """Hashed words, unit length: equal texts have equal vectors, similar texts similar ones."""
        from hashlib import blake2b

        import numpy as np

        size = int(request.options.get("dimensions", 64))
        vectors = np.zeros((len(texts), size), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()) or [""]:
                digest = blake2b(word.encode(), digest_size=8).digest()
                row[int.from_bytes(digest[:4], "big") % size] += 1.0 if digest[4] % 2 else -1.0
        norms = np.linalg.norm(vectors, axis=1, keepdims=True)
        norms[norms == 0] = 1
        return np.divide(vectors, norms, dtype=np.float32), Usage(input_tokens=sum(len(t.split()) for t in texts))

    async def aclose(self) -> None:
        """Nothing is open."""


def _step(request: ChatRequest) -> Step:
    if request.model not in ("", "scripted"):
        return _registered(request.model)
    steps = request.options.get("script")
    if steps is None:
        return _default(request)
    steps = [steps] if isinstance(steps, str | Mapping) or callable(steps) else steps
    turn = 0
    for message in request.messages:
        turn = 0 if message["role"] == "user" else turn + (message["role"] == "assistant")
    if turn >= len(steps):
        raise InvalidInput(f"The script has {len(steps)} steps, and this is turn {turn + 1}.", "Give more steps.")
    chosen: Step = steps[turn]
    return chosen


def _default(request: ChatRequest) -> Mapping[str, Any]:
    last = request.messages[-1]
    if request.schema is not None:
        return {"text": json.dumps(instance_of(request.schema))}
    if last["role"] == "tool":
        results: list[str] = []
        for message in reversed(request.messages):
            if message["role"] != "tool":
                break
            results.insert(0, text_of(message))
        return {"text": "The tools returned: " + "; ".join(results)}
    asked = next((text_of(m) for m in reversed(request.messages) if m["role"] == "user"), "")
    offered = {tool.name for tool in request.tools}
    calls = [{"tool": n, "arguments": a or "{}"} for n, a in _CALL.findall(asked) if n in offered]
    return {"tools": calls} if calls else {"text": f"echo: {asked}"}


def _answer(request: ChatRequest, step: Step) -> Delta:
    found = step(request) if callable(step) else step
    fields: Mapping[str, Any] = {"text": found} if isinstance(found, str) else found
    if "error" in fields:
        raise _error(str(fields["error"]), str(fields.get("text", "The script says so.")))
    asked = fields.get("tools") or ([fields] if "tool" in fields else [])
    position = len(request.messages)
    calls = tuple(
        ToolCall(
            id=str(c.get("id", f"call_{position}_{i}")), name=c["tool"], arguments=_arguments(c.get("arguments", {}))
        )
        for i, c in enumerate(asked)
    )
    text = str(fields.get("text", ""))
    return Delta(
        text=text,
        thinking=str(fields.get("thinking", "")),
        tool_calls=calls,
        usage=_usage(request, text, calls, fields.get("usage")),
        finish_reason=fields.get("finish_reason") or ("tool_calls" if calls else "stop"),
        model="scripted" if request.model in ("", "scripted") else f"scripted/{request.model}",
    )


def _usage(request: ChatRequest, text: str, calls: Sequence[ToolCall], given: Any) -> Usage:
    if given is not None:
        return Usage(**given)
    read = sum(len(text_of(m).split()) for m in request.messages)
    return Usage(input_tokens=read, output_tokens=len(text.split()) + sum(len(c.arguments.split()) for c in calls))


def _arguments(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)


def _error(name: str, text: str) -> Exception:
    cls = getattr(errors, name, None)
    if not (isinstance(cls, type) and issubclass(cls, errors.GatewayError)):
        known = [n for n in errors.__all__ if issubclass(getattr(errors, n), errors.GatewayError)]
        raise UnknownName("error", name, known)
    return cls(text, "This error was scripted.")


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s*$|\s*\S+", text)
