"""One door to every model: completions, streams, tools, structured output and embeddings."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from motadata_nb.gateway.base import ChatRequest, Delta, Message, ModelProvider, NoCharge, ToolCall, ToolSpec, Usage
    from motadata_nb.gateway.completion import Completion, CompletionStream, PlainStream
    from motadata_nb.gateway.gateway import Gateway
    from motadata_nb.gateway.registry import MODELS
    from motadata_nb.gateway.scripted import script

__all__ = [
    "ChatRequest",
    "Completion",
    "CompletionStream",
    "Delta",
    "Gateway",
    "MODELS",
    "Message",
    "ModelProvider",
    "NoCharge",
    "PlainStream",
    "ToolCall",
    "ToolSpec",
    "Usage",
    "script",
]

_ELSEWHERE = {
    "Completion": "completion", "CompletionStream": "completion", "Gateway": "gateway", "MODELS": "registry",
    "PlainStream": "completion", "script": "scripted",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Public names on first use: who offers names of models needs none of them."""
    if name not in __all__:
        raise AttributeError(f"module 'motadata_nb.gateway' has no attribute {name!r}")
    return getattr(import_module(f"motadata_nb.gateway.{_ELSEWHERE.get(name, 'base')}"), name)
