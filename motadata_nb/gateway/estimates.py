"""Tokens and money of a call before it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from motadata_nb.gateway.base import ModelProvider, NoCharge
from motadata_nb.gateway.budget import Estimate
from motadata_nb.gateway.calls import Call
from motadata_nb.gateway.messages import text_of
from motadata_nb.gateway.names import Deployment
from motadata_nb.telemetry.prices import price

__all__ = ["estimate", "tokens_in", "tokens_of"]

# Of English and of code, by the tokenizers of the large providers.
_CHARACTERS_PER_TOKEN = 4.0
# A message's role and marks; an image at the usual size.
_PER_MESSAGE = 4
_PER_IMAGE = 765
# What a model writes when nothing bounds it.
_USUAL_ANSWER = 500


def tokens_in(characters: int) -> int:
    """Tokens of so many characters."""
    return int(characters / _CHARACTERS_PER_TOKEN)


def tokens_of(call: Call) -> int:
    """Tokens of the messages and tools, within about a fifth; no tokenizer is loaded for it."""
    characters = sum(len(text_of(m)) for m in call.messages)
    characters += sum(len(t.description) + len(str(t.parameters)) for t in call.tools)
    characters += len(str(call.schema)) if call.schema is not None else 0
    images = sum(_images(m) for m in call.messages)
    return tokens_in(characters) + _PER_MESSAGE * len(call.messages) + _PER_IMAGE * images


def _images(message: Mapping[str, Any]) -> int:
    content = message.get("content")
    if not isinstance(content, list):
        return 0
    return sum(isinstance(p, Mapping) and p.get("type") == "image_url" for p in content)


def estimate(call: Call, deployment: Deployment, provider: ModelProvider) -> Estimate:
    """What a call will take at a deployment. The answer counts in full when `max_tokens` bounds it."""
    bound = next((call.options[n] for n in ("max_tokens", "max_completion_tokens") if call.options.get(n)), None)
    written = int(bound) if bound is not None else _USUAL_ANSWER
    read = tokens_of(call)
    if isinstance(provider, NoCharge):
        return Estimate(input_tokens=read, output_tokens=written, dollars=0.0)
    known = price(deployment.name)
    return Estimate(
        input_tokens=read, output_tokens=written, dollars=known.cost(read, written) if known is not None else None
    )
