"""Prices of models, from the table that LiteLLM ships; read from its file, so LiteLLM itself is not imported."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["Price", "known_models", "mode", "money", "offered_models", "price"]

_MODES = ("chat", "embedding", "responses")
# Their models stand in the table without the provider's name, and are called with it as well.
_BARE = ("ai21", "anthropic", "cohere", "deepseek", "gemini", "openai")
# A second part of these names is a region or a commitment: the price of a model, not its name.
_REGIONAL = ("azure", "azure_ai", "bedrock")


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """US dollars a token."""

    input: float = 0.0
    output: float = 0.0
    cached: float = 0.0
    """Of input tokens that came from the provider's prefix cache."""
    written: float = 0.0
    """Of input tokens that the provider wrote into its prefix cache."""
    context_tokens: int | None = None
    """Longest input of the model."""
    long_from: int | None = None
    """Input tokens beyond which all tokens of a call cost what `long` says."""
    long: Price | None = None

    def cost(self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, written_tokens: int = 0) -> float:
        """US dollars of one call; `cached_tokens` and `written_tokens` are part of `input_tokens`."""
        if self.long is not None and self.long_from is not None and input_tokens > self.long_from:
            return self.long.cost(input_tokens, output_tokens, cached_tokens, written_tokens)
        fresh = max(0, input_tokens - cached_tokens - written_tokens)
        read = fresh * self.input + cached_tokens * self.cached + written_tokens * self.written
        return read + output_tokens * self.output

    def saved(self, cached_tokens: int) -> float:
        """US dollars that the prefix cache saved."""
        return cached_tokens * max(0.0, self.input - self.cached)


@cache
def _table() -> dict[str, dict[str, Any]]:
    spec = find_spec("litellm")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        path = Path(folder) / "model_prices_and_context_window_backup.json"
        if path.is_file():
            table: dict[str, dict[str, Any]] = json.loads(path.read_bytes())
            table.pop("sample_spec", None)
            return table
    return {}


@cache
def known_models() -> dict[str, str]:
    """Names of the table and the provider of each."""
    return {name: str(row.get("litellm_provider", "")) for name, row in _table().items()}


@cache
def offered_models() -> tuple[str, ...]:
    """Names that a person may type, as provider/name: of models that write or embed, no others of the table."""
    found = (_typed(name, row) for name, row in _table().items() if row.get("mode") in _MODES)
    return tuple(sorted({name for name in found if name}))


def _typed(name: str, row: dict[str, Any]) -> str:
    prefix, slash, rest = name.partition("/")
    provider = str(row.get("litellm_provider", ""))
    if not slash:
        return f"{provider}/{name}" if provider in _BARE else ""
    regional = prefix in _REGIONAL and "/" in rest
    if regional or not name.rpartition("/")[2]:
        return ""
    return name if provider == prefix or provider.startswith(f"{prefix}-") else ""


def mode(model: str) -> str:
    """What the model is asked for: `chat`, `responses`, `embedding` …; an empty text when it is not known."""
    row = _table().get(model) or _table().get(model.partition("/")[2]) or {}
    return str(row.get("mode", ""))


@cache
def price(model: str) -> Price | None:
    """The price of a model, by its name with or without the provider; None when it is not known."""
    row = _table().get(model) or _table().get(model.partition("/")[2])
    if row is None or "input_cost_per_token" not in row:
        return None
    return _price(row, "")


def _price(row: dict[str, Any], tier: str) -> Price:
    """The price of a row, or of its tier for long inputs; what the tier does not name costs the same."""

    def of(*names: str) -> float | None:
        found = [row.get(name + suffix) for suffix in dict.fromkeys((tier, "")) for name in names]
        return next((float(value) for value in found if value is not None), None)

    fresh, limit = of("input_cost_per_token") or 0.0, row.get("max_input_tokens")
    longer = next(filter(None, map(_TIER.fullmatch, row)), None) if not tier else None
    return Price(
        input=fresh,
        output=of("output_cost_per_token") or 0.0,
        cached=of("cache_read_input_token_cost", "input_cost_per_token_cache_hit") or fresh,
        written=of("cache_creation_input_token_cost") or fresh,
        context_tokens=int(limit) if isinstance(limit, int | float) else None,
        long_from=int(longer[2]) * 1000 if longer else None,
        long=_price(row, longer[1]) if longer else None,
    )


_TIER = re.compile(r"input_cost_per_token(_above_(\d+)k_tokens)")


def money(dollars: float) -> str:
    """US dollars with as many digits as say something.

    >>> money(1.5), money(0.0123), money(0.0000042)
    ('$1.50', '$0.0123', '$0.0000042')
    """
    if dollars >= 1:
        return f"${dollars:,.2f}"
    digits = 4
    while dollars and round(dollars, digits) * 10**digits < 10 and digits < 10:
        digits += 1
    return f"${dollars:.{digits}f}"
