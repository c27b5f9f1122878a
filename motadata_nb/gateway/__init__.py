"""One door to every model: completions, streams, tools, structured output and embeddings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from motadata_nb.gateway.base import ChatRequest, Delta, Message, ModelProvider, NoCharge, ToolCall, ToolSpec, Usage
from motadata_nb.gateway.completion import Completion, CompletionStream, PlainStream
from motadata_nb.gateway.gateway import Gateway
from motadata_nb.gateway.registry import MODELS

if TYPE_CHECKING:
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


def __getattr__(name: str) -> Any:
    """`script` on first use: most sessions need none."""
    if name != "script":
        raise AttributeError(f"module 'motadata_nb.gateway' has no attribute {name!r}")
    from motadata_nb.gateway.scripted import script

    return script
