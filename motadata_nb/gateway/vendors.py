"""Companies that serve models over the OpenAI protocol, reached without LiteLLM; and where each keeps its key.

Addresses and variables are those that LiteLLM uses too; a test compares them. What differs from the protocol in more
than the name of an option stays with LiteLLM: Azure, Mistral, Fireworks and all that speak a protocol of their own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from motadata_nb.errors import AuthenticationFailed

__all__ = ["VENDORS", "Vendor", "key_names", "key_of", "no_key"]


@dataclass(frozen=True, kw_only=True)
class Vendor:
    """One company's address and what it calls things."""

    base: str
    keys: tuple[str, ...]
    """Environment variables that may hold the key, the usual one first."""
    bases: tuple[str, ...]
    """Environment variables that may hold another address."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Options that it knows by another name."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers, and the environment variables they are read from."""
    marked: bool = False
    """Takes cache markers for the models that need them."""
    keyed: bool = False
    """Takes a cache key."""


_OLD_LENGTH = {"max_completion_tokens": "max_tokens"}

VENDORS: dict[str, Vendor] = {
    "cerebras": Vendor(
        base="https://api.cerebras.ai/v1", keys=("CEREBRAS_API_KEY",), bases=("CEREBRAS_API_BASE",)
    ),
    "deepinfra": Vendor(
        base="https://api.deepinfra.com/v1/openai", keys=("DEEPINFRA_API_KEY",), bases=("DEEPINFRA_API_BASE",),
        renamed=_OLD_LENGTH,
    ),
    "deepseek": Vendor(
        base="https://api.deepseek.com/v1", keys=("DEEPSEEK_API_KEY",), bases=("DEEPSEEK_API_BASE",),
        renamed=_OLD_LENGTH,
    ),
    "groq": Vendor(base="https://api.groq.com/openai/v1", keys=("GROQ_API_KEY",), bases=("GROQ_API_BASE",)),
    "hyperbolic": Vendor(
        base="https://api.hyperbolic.xyz/v1", keys=("HYPERBOLIC_API_KEY",), bases=("HYPERBOLIC_API_BASE",),
        renamed=_OLD_LENGTH,
    ),
    "nvidia_nim": Vendor(
        base="https://integrate.api.nvidia.com/v1", keys=("NVIDIA_NIM_API_KEY",), bases=("NVIDIA_NIM_API_BASE",),
        renamed=_OLD_LENGTH,
    ),
    "openai": Vendor(
        base="https://api.openai.com/v1", keys=("OPENAI_API_KEY",), bases=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        # The old name is refused by reasoning models; the new one is taken by all.
        renamed={"max_tokens": "max_completion_tokens"},
        headers={"openai-organization": "OPENAI_ORG_ID", "openai-project": "OPENAI_PROJECT_ID"}, keyed=True,
    ),
    "openrouter": Vendor(
        base="https://openrouter.ai/api/v1", keys=("OPENROUTER_API_KEY", "OR_API_KEY"), bases=("OPENROUTER_API_BASE",),
        marked=True,
    ),
    "perplexity": Vendor(
        base="https://api.perplexity.ai", keys=("PERPLEXITYAI_API_KEY", "PERPLEXITY_API_KEY"),
        bases=("PERPLEXITY_API_BASE",), renamed=_OLD_LENGTH,
    ),
    "sambanova": Vendor(
        base="https://api.sambanova.ai/v1", keys=("SAMBANOVA_API_KEY",), bases=("SAMBANOVA_API_BASE",),
        renamed=_OLD_LENGTH,
    ),
    "together_ai": Vendor(
        base="https://api.together.xyz/v1",
        keys=("TOGETHER_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHER_AI_TOKEN"),
        bases=("TOGETHER_AI_API_BASE",), renamed=_OLD_LENGTH,
    ),
    "xai": Vendor(base="https://api.x.ai/v1", keys=("XAI_API_KEY",), bases=("XAI_API_BASE",)),
}  # fmt: skip

# Of those that LiteLLM reaches: what it looks for in the environment.
_KEYS: dict[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "cohere_chat": ("COHERE_API_KEY", "CO_API_KEY"),
    "fireworks_ai": (
        "FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN",
    ),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "jina_ai": ("JINA_AI_API_KEY", "JINA_AI_TOKEN"),
    "mistral": ("MISTRAL_API_KEY", "MISTRAL_AZURE_API_KEY"),
    "replicate": ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
    "voyage": ("VOYAGE_API_KEY", "VOYAGE_AI_API_KEY", "VOYAGE_AI_TOKEN"),
}  # fmt: skip


def key_names(prefix: str) -> tuple[str, ...]:
    """Environment variables that may hold the key for models with this prefix; empty when that is not known."""
    vendor = VENDORS.get(prefix)
    return vendor.keys if vendor is not None else _KEYS.get(prefix, ())


def key_of(prefix: str) -> str:
    """The key for models with this prefix in the environment, or as LiteLLM was given it; else an empty text."""
    found = next(filter(None, map(os.environ.get, key_names(prefix))), None)
    litellm = sys.modules.get("litellm")
    return (found or getattr(litellm, f"{prefix}_key", None) or getattr(litellm, "api_key", None) or "").strip()


def no_key(model: str) -> AuthenticationFailed:
    """The error for a model whose key is nowhere."""
    name = key_names(model.partition("/")[0])[0]
    return AuthenticationFailed(
        f"{model} needs a key, and {name} is not set.",
        f"Type: import os, getpass; os.environ['{name}'] = getpass.getpass()",
    )
