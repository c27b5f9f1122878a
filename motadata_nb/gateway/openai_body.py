"""What is asked, in the OpenAI protocol and in the words of the company that is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from motadata_nb.errors import InvalidInput
from motadata_nb.gateway.base import ChatRequest, Message
from motadata_nb.gateway.messages import tool_payload
from motadata_nb.gateway.prefix import cache_key, marked
from motadata_nb.gateway.vendors import VENDORS, Vendor

__all__ = ["chat_body", "embedding_body", "encoded", "given_up"]

# What servers refuse, by the words they say it in.
_REFUSABLE = {
    "encoding_format": re.compile(r"encoding_format"),
    "response_format": re.compile(r"response[_ ]format|json_schema"),
    "stream_options": re.compile(r"stream_options"),
}
_OWN = Vendor(base="", keys=(), bases=())


def chat_body(request: ChatRequest, refused: Collection[str], *, streaming: bool = False) -> dict[str, Any]:
    """The body of a chat call, without what the server was found not to take."""
    vendor = VENDORS.get(request.vendor, _OWN)
    body: dict[str, Any] = {"model": request.model, "messages": _messages(request, vendor), **_options(request, vendor)}
    if vendor.keyed:
        body.setdefault("prompt_cache_key", cache_key(request))
    if request.tools:
        body["tools"] = tool_payload(request.tools)
    if request.schema is not None and "response_format" in refused:
        body["messages"] = [*body["messages"], {"role": "user", "content": _in_words(request.schema)}]
    elif request.schema is not None:
        form = {"name": "answer", "schema": request.schema, "strict": _strict(request.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    if streaming:
        body["stream"] = True
        if "stream_options" not in refused:
            body["stream_options"] = {"include_usage": True}
    return body


def embedding_body(texts: Sequence[str], request: ChatRequest, refused: Collection[str]) -> dict[str, Any]:
    """The body of an embedding call."""
    form = {} if "encoding_format" in refused else {"encoding_format": "float"}
    options = _options(request, VENDORS.get(request.vendor, _OWN))
    return {"model": request.model, "input": list(texts), **form, **options}


def given_up(body: Mapping[str, Any], complaint: str) -> str | None:
    """The part of a refused body that the server complains of and that can be done without."""
    return next((name for name, words in _REFUSABLE.items() if name in body and words.search(complaint)), None)


def encoded(body: Mapping[str, Any]) -> bytes:
    """The body as it is sent. Raises InvalidInput for what JSON does not have."""
    return json.dumps(body, ensure_ascii=False, default=_refuse).encode("utf-8", "replace")


def _messages(request: ChatRequest, vendor: Vendor) -> list[Message]:
    needs_marks = vendor.marked and "claude" in request.model
    return marked(request.messages) if needs_marks else list(request.messages)


def _options(request: ChatRequest, vendor: Vendor) -> dict[str, Any]:
    """Options under the names that this company has for them; `extra_body` goes along as it is."""
    options = {vendor.renamed.get(name, name): value for name, value in request.options.items()}
    options.pop("extra_headers", None)
    extra = options.pop("extra_body", None)
    return {**options, **extra} if isinstance(extra, Mapping) else options


def _in_words(schema: Mapping[str, Any]) -> str:
    """The schema as a message, for servers that take none."""
    return f"Answer with nothing but JSON that follows this schema: {json.dumps(schema)}"


def _strict(schema: Mapping[str, Any]) -> bool:
    """Whether the schema keeps to the subset that OpenAI's strict mode takes."""
    if "$ref" in schema or "format" in schema:
        return False
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        closed = schema.get("additionalProperties") is False and set(schema.get("required", ())) == set(properties)
        return closed and all(_strict(part) for part in properties.values())
    return _strict(schema["items"]) if "items" in schema else True


def _refuse(value: Any) -> Any:
    if hasattr(value, "dtype") and getattr(value, "ndim", None) == 0:  # One number of numpy.
        return value.item()
    raise InvalidInput(
        f"{type(value).__name__} cannot be sent to a model.",
        "Options and messages are texts, numbers, lists and dictionaries.",
    )
