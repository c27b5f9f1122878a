"""Which deployment a model's name means.

extractive, scripted, scripted/NAME, local/PATH     a provider of this package, or of a plug-in
openai/gpt-5-mini, groq/…, openrouter/…             a company that speaks the OpenAI protocol, reached directly
anthropic/…, ollama/llama3                          LiteLLM; with an `api_base` an OpenAI-compatible server
litellm/openai/gpt-5-mini                           LiteLLM, whatever `api_base` is
fast                                                an alias or chain from the setting `models`
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from motadata_nb.config import Config
from motadata_nb.errors import InvalidInput, UnknownName, nearest
from motadata_nb.gateway.addresses import shown
from motadata_nb.gateway.registry import MODELS
from motadata_nb.gateway.vendors import VENDORS, key_names, key_of, no_key
from motadata_nb.telemetry.prices import known_models, mode, offered_models

__all__ = ["Deployment", "Route", "STRATEGIES", "is_makers", "models_of", "require_key", "route"]

STRATEGIES = ("ordered", "least-loaded", "latency", "cost")

# Prefixes of servers that people run themselves: they are in no price list.
_SELF_HOSTED = frozenset(
    """
    custom_openai docker_model_runner hosted_vllm huggingface infinity lemonade litellm_proxy llamafile
    lm_studio ollama ollama_chat oobabooga openai openai_like petals predibase text-completion-openai triton
    vllm xinference
    """.split()
)

_MAKERS = frozenset("ai21 anthropic cohere deepseek gemini mistral openai xai".split())


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """One model at one address."""

    name: str
    """As it is shown, limited and priced."""
    provider: str
    """Name in the registry of providers."""
    model: str
    """The provider's own name of the model."""
    api_base: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    vendor: str = ""
    """Name in `VENDORS`, when the model is that company's."""
    keyless: bool = False
    """It needs a key, and there is none."""

    @property
    def id(self) -> str:
        """What health, breaker and queue are kept by."""
        return f"{self.name} @ {shown(self.api_base)}" if self.api_base else self.name


@dataclass(frozen=True, kw_only=True)
class Route:
    """Where a call may go, and how one is chosen."""

    name: str
    deployments: tuple[Deployment, ...]
    strategy: str = "ordered"


def route(name: str | None, config: Config, *, api_base: str = "", api_key: str = "") -> Route:
    """The route of a name. Raises UnknownName with the nearest name, InvalidInput for a broken alias."""
    wanted = name or config["model"]
    aliases: Mapping[str, Any] = config["models"]
    return _Resolver(config, aliases, api_base, api_key).resolve(wanted, ())


@dataclass(frozen=True)
class _Resolver:
    config: Config
    aliases: Mapping[str, Any]
    api_base: str
    api_key: str

    @property
    def own_key(self) -> str:
        """The key in the settings."""
        return str(self.config["api_key"]).strip()

    def resolve(self, name: str, seen: tuple[str, ...]) -> Route:
        if name in seen:
            raise InvalidInput(f"The alias '{name}' leads back to itself: {' → '.join((*seen, name))}.", _MEND)
        if name not in self.aliases:
            return Route(name=name, deployments=(self.deployment(name, {}),))
        entry = self.aliases[name]
        strategy, items = "ordered", entry
        if isinstance(entry, Mapping) and "deployments" in entry:
            strategy, items = entry.get("strategy", "ordered"), entry["deployments"]
        if strategy not in STRATEGIES:
            raise UnknownName("strategy", strategy, STRATEGIES)
        items = items if isinstance(items, Sequence) and not isinstance(items, str) else [items]
        if not items:
            raise InvalidInput(f"The alias '{name}' names no model.", _MEND)
        found = [d for item in items for d in self.item(item, (*seen, name))]
        return Route(name=name, deployments=tuple(found), strategy=strategy)

    def item(self, item: Any, seen: tuple[str, ...]) -> tuple[Deployment, ...]:
        if isinstance(item, str):
            return self.resolve(item, seen).deployments
        if isinstance(item, Mapping) and "model" in item:
            return (self.deployment(item["model"], {k: v for k, v in item.items() if k != "model"}),)
        raise InvalidInput(f"The alias '{seen[-1]}' has an entry that names no model: {item!r}", _MEND)

    def deployment(self, name: str, own: Mapping[str, Any]) -> Deployment:
        own = dict(own)
        # A key out of a file has a line break behind it.
        key = str(own.pop("api_key", "") or self.api_key).strip()
        base = str(own.pop("api_base", "") or self.api_base)
        prefix, _, rest = name.partition("/")
        if prefix in MODELS.names() and prefix not in ("litellm", "openai"):
            return Deployment(name=name, provider=prefix, model=rest, api_base=base, api_key=key, options=own)
        if prefix == "litellm" and rest:
            if not base and rest.startswith("openai/"):
                base, key = self.config["api_base"], key or self.own_key
            return self.over_litellm(rest, base, key, own)
        if not base:
            base = self.config["api_base"]
            key = key or (self.own_key if base else "")
        if base and not (prefix.startswith("ollama") and not base.rstrip("/").endswith("/v1")):
            return self.direct(name, base, key, own)
        if not base and prefix in VENDORS and rest and not _for_litellm_only(name):
            return self.vendors(name, key, own)
        self.check(name, prefix)
        return self.over_litellm(name, base, key, own)

    def over_litellm(self, name: str, base: str, key: str, own: Mapping[str, Any]) -> Deployment:
        prefix = name.partition("/")[0]
        keyless = bool(key_names(prefix)) and not (base or key or key_of(prefix))
        return Deployment(
            name=name, provider="litellm", model=name, api_base=base, api_key=key, options=own, keyless=keyless
        )

    def vendors(self, name: str, key: str, own: Mapping[str, Any]) -> Deployment:
        """The model of a company, at its own address or at the one that the environment has for it."""
        prefix, _, model = name.partition("/")
        base = next(filter(None, map(os.environ.get, VENDORS[prefix].bases)), "")
        if base and prefix == "openai":  # Any server may stand there.
            return self.direct(name, base, key, own)
        key = key or key_of(prefix) or (self.own_key if prefix == "openai" else "")
        return Deployment(
            name=name, provider="openai", model=model, api_base=base, api_key=key, options=own, vendor=prefix,
            keyless=not base and not key,
        )  # fmt: skip

    def direct(self, name: str, base: str, key: str, own: Mapping[str, Any]) -> Deployment:
        if not base.lower().startswith(("http://", "https://")):
            raise InvalidInput(
                f"api_base is not an address: {shown(base)!r}", "Try: api_base='http://localhost:8000/v1'"
            )
        prefix, _, rest = name.partition("/")
        model = rest if rest and prefix in ("openai", "ollama", "ollama_chat", "hosted_vllm", "lm_studio") else name
        key = key or (os.environ.get("OPENAI_API_KEY", "").strip() if prefix == "openai" else "")
        return Deployment(name=name, provider="openai", model=model, api_base=base, api_key=key, options=own)

    def check(self, name: str, prefix: str) -> None:
        """Raises UnknownName unless LiteLLM will know the name; it is asked itself last, as importing it is slow."""
        models = known_models()
        providers = _SELF_HOSTED | set(models.values())
        if name in models or ("/" in name and (prefix in providers or prefix in _litellm_prefixes())):
            return
        near = nearest(name, self.aliases) or _near(name, providers)
        raise UnknownName("model", name, _own(self.config), example="model='{}'", near=near or "")


def _for_litellm_only(name: str) -> bool:
    """Whether the model takes neither chat completions nor embeddings; LiteLLM translates."""
    return name.startswith("openai/responses/") or mode(name) == "responses"


def require_key(deployment: Deployment, options: Mapping[str, Any]) -> None:
    """Raises AuthenticationFailed for a model whose key is nowhere, not in the headers of the call either."""
    if deployment.keyless and not options.get("extra_headers") and not deployment.options.get("extra_headers"):
        raise no_key(deployment.name)


def models_of(config: Config) -> tuple[str, ...]:
    """Names of models that a person may type: aliases, our own, then those that LiteLLM knows."""
    return tuple(dict.fromkeys([*_own(config), *offered_models()]))


def _own(config: Config) -> list[str]:
    # These three stand for others: a name that goes through them names the model too.
    return [*config["models"], *(name for name in MODELS.names() if name not in ("embedder", "litellm", "openai"))]


def _near(name: str, providers: Iterable[str]) -> str | None:
    """The model that may be meant: with its maker, when that was left out."""
    _, slash, rest = name.partition("/")
    if slash:
        return nearest(name, [*offered_models(), *(f"{provider}/{rest}" for provider in providers)])
    own = nearest(name, MODELS.names())
    short = {known.rpartition("/")[2]: known for known in sorted(offered_models(), key=is_makers)}
    close = own or nearest(name, short)
    return short.get(close, close) if close else None


def is_makers(name: str) -> bool:
    """Whether the model is named by who made it, and not by who else serves it."""
    return name.partition("/")[0] in _MAKERS


_MEND = "Try: %config Motadata.models = {'fast': ['openai/gpt-5-mini', 'ollama/llama3']}"


def _litellm_prefixes() -> set[str]:
    from motadata_nb.gateway.litellm_sdk import load

    return {str(getattr(p, "value", p)) for p in load().provider_list}
