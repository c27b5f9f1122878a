"""An embedder that stands behind the gateway: a model of a company, or of a server of one's own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motadata_nb.config import Config
from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.bulk import is_bulk
from motadata_nb.embeddings.checked import checked
from motadata_nb.embeddings.registry import EMBEDDERS
from motadata_nb.errors import GatewayError, InvalidInput, MissingExtra, NotPermitted, UnknownName, nearest
from motadata_nb.gateway.names import is_makers, route
from motadata_nb.telemetry.prices import mode, offered_models, price

__all__ = ["require_served", "served_embedder"]

Vectors = NDArray[np.float32]
_MAX_TOKENS = 510
"""Of a model that no list knows: most take 512, with two special tokens."""
_NOTHING = "-"
"""What is embedded in the place of a text without a character: some servers refuse that."""
_MEANWHILE = "    (meanwhile --mode keyword finds words)"
_SERVE = (
    "Serve it (text-embeddings-inference, vLLM, Ollama …) and say where: %config Motadata.models = "
    "{{'{0}': {{'model': 'openai/{1}', 'api_base': 'http://localhost:8080/v1'}}}}, then --embedder {0}"
)
_CHANGED = (
    "Is it the embedding model that it was? Another one needs another name: add it to %config Motadata.models, then "
    "type %rag reindex INDEX --embedder NAME"
)


def served_embedder(
    name: str, *, ask: Callable[[Sequence[str], int], Any], local: Embedder, known: Callable[[], int | None]
) -> Embedder:
    """The model `name`. `ask(texts, priority)` calls it, `known` gives the dimension of what is stored.

    Raises GatewayError when it fails; BackendError for no vectors, or those of another dimension than before.
    """
    return checked(_Served(name, ask=ask, local=local, known=known), _CHANGED)


class _Served:
    """Vectors of the model `name`.

    Tokens are counted as `local` counts them, which is near enough for the length of a chunk: the tokenizers of most
    models would have to be downloaded. It compares single sentences too, as each call has its time and its price.
    """

    def __init__(
        self,
        name: str,
        *,
        ask: Callable[[Sequence[str], int], Any],
        local: Embedder,
        known: Callable[[], int | None],
    ) -> None:
        self.name = name
        self.local = local
        self._ask = ask
        self._known = known
        found = price(name)
        # Another tokenizer may count up to twice as many.
        self.max_tokens = found.context_tokens // 2 if found and found.context_tokens else _MAX_TOKENS

    @property
    def known_dimension(self) -> int | None:
        """Of the vectors that are stored; None before the first."""
        return self.__dict__.get("dimension") or self._known()

    @cached_property
    def dimension(self) -> int:
        """As stored, or as the model says. Raises GatewayError."""
        return self._known() or self._asked([_NOTHING]).shape[1]

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, of which there is one. Raises GatewayError."""
        rows = self._asked([self._cut(text) for text in texts])
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, 1e-9), np.float32)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Character span of each token, as the local embedder cuts them."""
        return self.local.token_offsets(text)

    def _asked(self, texts: list[str]) -> Vectors:
        try:
            return np.asarray(self._ask(texts, -1 if is_bulk() else 0), np.float32)
        except (GatewayError, MissingExtra, NotPermitted, UnknownName) as error:
            if _MEANWHILE not in error.hint:
                error.hint += _MEANWHILE
            raise

    def _cut(self, text: str) -> str:
        """What the model reads of a text: servers refuse one that is longer."""
        if len(text) > self.max_tokens:
            text = text[: next((start for start, _ in self.token_offsets(text)[self.max_tokens :]), len(text))]
        return text if text.strip(" \t\r\n\0") else _NOTHING


def require_served(name: str, config: Config) -> None:
    """Nothing for the name of a model behind the gateway, with its company, or for an alias of one.

    Raises UnknownName with the nearest, InvalidInput for a model that writes, or an alias of several models.
    """
    offered = sorted((known for known in offered_models() if mode(known) == "embedding"), key=is_makers)
    models = {known.rpartition("/")[2]: known for known in offered}
    if name not in config["models"] and "/" not in name:
        known = [*EMBEDDERS.names(), *config["models"]]
        raise UnknownName("embedder", name, known, example="--embedder {}", near=models.get(name, ""))
    if mode(name) in ("chat", "responses"):
        raise InvalidInput(f"'{name}' writes, and does not embed.", "Try: --embedder openai/text-embedding-3-small")
    try:
        found = {deployment.model for deployment in route(name, config).deployments}
    except UnknownName as error:
        near = models.get(name.rpartition("/")[2], "") or nearest(name, models.values())
        serve = _SERVE.format(name.rpartition("/")[2], name)
        raise UnknownName("embedder", name, (), example="--embedder {}", near=near or "", empty=serve) from error
    if len(found) > 1:
        raise InvalidInput(
            f"'{name}' stands for {len(found)} models, whose vectors do not fit together.",
            "Name one: %config Motadata.models = {'name': {'model': …, 'api_base': …}}",
        )
