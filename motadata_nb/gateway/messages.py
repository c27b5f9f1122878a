"""What a person may give as a prompt, as messages in the OpenAI chat form."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import Message, ToolSpec

__all__ = ["as_messages", "as_text", "as_tools", "image_part", "passages_in", "text_of", "tool_payload"]

_ROLES = ("system", "developer", "user", "assistant", "tool")
_PASSAGE = re.compile(r"^\s*\[(\d+)\]\s*(.*?)(?=^\s*\[\d+\]|\Z)", re.DOTALL | re.MULTILINE)
_MAGIC = ((b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF8", "gif"), (b"RIFF", "webp"), (b"BM", "bmp"))


def as_messages(prompt: Any, *, system: str | None = None, images: Sequence[Any] = ()) -> list[Message]:
    """Messages from a text, one message or a sequence of them. Raises InvalidInput when there is nothing to answer."""
    if isinstance(prompt, str):
        messages: list[Message] = [{"role": "user", "content": prompt}]
    elif isinstance(prompt, Mapping):
        messages = [dict(prompt)]
    elif isinstance(prompt, Sequence) and not isinstance(prompt, bytes):
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
    for message in reversed(messages):
        if message["role"] == "user":
            content = message["content"]
            parts = list(content) if isinstance(content, list) else [{"type": "text", "text": content}]
            message["content"] = parts + [image_part(image) for image in images]
            return
    messages.append({"role": "user", "content": [image_part(image) for image in images]})


def image_part(image: Any) -> dict[str, Any]:
    """A message part from an address, a file, bytes, a PIL image, a matplotlib figure or an array of pixels."""
    if isinstance(image, Mapping):
        return dict(image)
    if isinstance(image, str) and image.startswith(("http://", "https://", "data:")):
        return {"type": "image_url", "image_url": {"url": image}}
    raw = _bytes(image)
    for start, kind in _MAGIC:
        if raw.startswith(start):
            url = f"data:image/{kind};base64,{base64.b64encode(raw).decode()}"
            return {"type": "image_url", "image_url": {"url": url}}
    raise InvalidInput(
        f"{_shown(image)} is not a PNG, JPEG, GIF, WebP or BMP image.", "Give a file, bytes or a figure."
    )


def _bytes(image: Any) -> bytes:
    from io import BytesIO

    if isinstance(image, bytes | bytearray):
        return bytes(image)
    if isinstance(image, str | Path):
        try:
            return Path(image).read_bytes()
        except OSError as error:
            raise InvalidInput(f"The image {image} cannot be read: {error.strerror}", "Check the path.") from None
    buffer = BytesIO()
    if hasattr(image, "savefig"):
        image.savefig(buffer, format="png")
    elif hasattr(image, "save"):
        image.save(buffer, format="PNG")
    elif hasattr(image, "__array_interface__"):
        from PIL import Image

        Image.fromarray(image).save(buffer, format="PNG")
    return buffer.getvalue()


def _shown(image: Any) -> str:
    return str(image) if isinstance(image, str | Path) else type(image).__name__


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

    from pydantic import TypeAdapter

    adapter: TypeAdapter[Any] = TypeAdapter(function)  # type: ignore[arg-type]  # pydantic takes functions too
    schema = adapter.json_schema()
    return ToolSpec(name=function.__name__, description=getdoc(function) or "", parameters=schema)


def tool_payload(tools: Sequence[ToolSpec]) -> list[dict[str, Any]]:
    """The tools in the OpenAI form."""
    return [
        {
            "type": "function",
            "function": {"name": t.name, "description": t.description, "parameters": dict(t.parameters)},
        }
        for t in tools
    ]
