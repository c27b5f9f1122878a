"""What a person may give as a prompt, as messages in the OpenAI chat form."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Message, ToolSpec

__all__ = ["as_messages", "as_text", "as_tools", "passages_in", "text_of", "tool_payload"]

_ROLES = ("system", "developer", "user", "assistant", "tool")
_PASSAGE = re.compile(r"^\s*\[(\d+)\]\s*(.*?)(?=^\s*\[\d+\]|\Z)", re.DOTALL | re.MULTILINE)


def as_messages(prompt: Any, *, system: str | None = None, images: Sequence[Any] = ()) -> list[Message]:
    """Messages from a text, one message or a sequence of them. Raises InvalidInput when there is nothing to answer."""
    if isinstance(prompt, bytes | bytearray):
        prompt = bytes(prompt).decode("utf-8", "replace")
    if prompt is None:
        raise InvalidInput("The prompt is empty.", "Write a question or a task.")
    if isinstance(prompt, str):
        messages: list[Message] = [{"role": "user", "content": prompt}]
    elif isinstance(prompt, Mapping):
        messages = [dict(prompt)]
    elif isinstance(prompt, Sequence):
        messages = [_message(item) for item in prompt]
    else:
        messages = [{"role": "user", "content": as_text(prompt)}]
    for message in messages:
        if message.get("role") not in _ROLES:
            raise InvalidInput(f"A message has the role {message.get('role')!r}.", f"Roles are {', '.join(_ROLES)}.")
    if not any(text_of(m).strip() or _has_more(m) for m in messages):
        raise InvalidInput("The prompt is empty.", "Write a question or a task.")
    if images:
        _attach(messages, images)
    return [{"role": "system", "content": system}, *messages] if system else messages


def _has_more(message: Message) -> bool:
    content = message.get("content")
    return bool(message.get("tool_calls")) or message["role"] == "tool" or (isinstance(content, list) and bool(content))


def _message(item: Any) -> Message:
    if isinstance(item, Mapping):
        return dict(item)
    if isinstance(item, str):
        return {"role": "user", "content": item}
    raise InvalidInput(
        f"A message is a dictionary, not {type(item).__name__}.", 'Try: {"role": "user", "content": "…"}'
    )


def as_text(value: Any) -> str:
    """How a model should see a value: its own `_repr_llm_`, otherwise its text."""
    shown = getattr(value, "_repr_llm_", None)
    return str(shown()) if callable(shown) else str(value)


def text_of(message: Mapping[str, Any]) -> str:
    """The text of a message, parts joined."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(str(p.get("text", "")) for p in content if isinstance(p, Mapping))
    return ""


def passages_in(messages: Sequence[Message]) -> dict[int, str]:
    """Numbered passages, `[1] text …` at the start of a line, in system and user messages."""
    found: dict[int, str] = {}
    for message in messages:
        if message["role"] in ("system", "developer", "user", "tool"):
            for match in _PASSAGE.finditer(text_of(message)):
                if match.group(2).strip():
                    found[int(match.group(1))] = _unquoted(match.group(2).strip())
    return found


def _unquoted(passage: str) -> str:
    """The text of a passage that is quoted as JSON on its first line; any other as it is."""
    first, _, rest = passage.partition("\n")
    try:
        quoted = json.loads(first) if first.startswith("{") else None
    except ValueError:
        quoted = None
    if not isinstance(quoted, dict) or not isinstance(quoted.get("text"), str):
        return passage
    return f"{quoted['text']}\n{rest}".strip()


def _attach(messages: list[Message], images: Sequence[Any]) -> None:
    from motadata_nb.gateway.images import image_part

    for message in reversed(messages):
        if message["role"] == "user":
            content = message["content"]
            parts = list(content) if isinstance(content, list) else [{"type": "text", "text": content}]
            message["content"] = parts + [image_part(image) for image in images]
            return
    messages.append({"role": "user", "content": [image_part(image) for image in images]})


def as_tools(tools: Sequence[Any]) -> tuple[ToolSpec, ...]:
    """Tool specifications from specs, OpenAI dictionaries, objects with `.spec`, or plain functions."""
    return tuple(_tool(tool) for tool in tools)


def _tool(tool: Any) -> ToolSpec:
    if isinstance(tool, ToolSpec):
        return tool
    if isinstance(tool, Mapping):
        inner = tool.get("function", tool)
        if not inner.get("name"):
            raise InvalidInput("A tool has no name.", 'Try: {"name": "add", "description": "…", "parameters": {…}}')
        return ToolSpec(
            name=inner["name"],
            description=inner.get("description", ""),
            parameters=inner.get("parameters") or {"type": "object", "properties": {}},
        )
    spec = getattr(tool, "spec", None)
    if isinstance(spec, ToolSpec):
        return spec
    if callable(tool):
        return _from_function(tool)
    raise InvalidInput(f"{type(tool).__name__} is not a tool.", "Give a function with type hints, or a ToolSpec.")


def _from_function(function: Callable[..., Any]) -> ToolSpec:
    from inspect import getdoc

    from pydantic import PydanticUserError, TypeAdapter
    from pydantic.errors import PydanticInvalidForJsonSchema

    name = getattr(function, "__name__", type(function).__name__)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(function)  # type: ignore[arg-type]  # pydantic takes functions too
        schema = adapter.json_schema()
    except (PydanticUserError, PydanticInvalidForJsonSchema, TypeError, ValueError):
        raise InvalidInput(
            f"The parameters of {name} cannot be described to a model.",
            "Give a function with type hints, or a ToolSpec.",
        ) from None
    return ToolSpec(name=name, description=getdoc(function) or "", parameters=schema)


def tool_payload(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """The tools in the OpenAI form."""
    return [
        {
            "type": "function",
            "function": {"name": t.name, "description": t.description, "parameters": dict(t.parameters)},
        }
        for t in tools
    ]
