"""An embedder whose errors say whose they are, and whose vectors are what was asked for.

What it raises is no error of the index that is written or asked: without this, a model server that is not there, or
a tokenizer that panics, would look like files that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motadata_nb.embeddings.base import Embedder
from motadata_nb.errors import BackendError, MotadataError, brief
from motadata_nb.panics import panics_told

__all__ = ["CheckedEmbedder"]


class CheckedEmbedder:
    """Any embedder, with one kind of error."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = embedder.name
        self.max_tokens = embedder.max_tokens

    def __getattr__(self, name: str) -> Any:
        """What only some embedders have, as those of the kind `Remote`."""
        return getattr(self._embedder, name)

    @property
    def dimension(self) -> int:
        """Numbers in a vector."""
        return self._embedder.dimension

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32, texts × dimension. Raises BackendError when it fails, or gives anything else."""
        if not len(texts):
            return np.zeros((0, self.dimension), np.float32)
        with self._told():
            vectors = np.asarray(self._embedder.embed(texts), np.float32)
        expected = (len(texts), self.dimension)
        if vectors.shape != expected:
            raise self._wrong(f"numbers of the shape {vectors.shape} instead of {expected}")
        if not np.isfinite(vectors).all():
            raise self._wrong("a vector with NaN or infinity in it")
        return vectors

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        """Character span `(start, end)` of each token of the text. Raises BackendError when it fails."""
        with self._told():
            return self._embedder.token_offsets(text)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors and panics of the embedder as its own: where a question is embedded, an index is open."""
        try:
            with panics_told():
                yield
        except (MotadataError, MemoryError):
            raise
        except Exception as error:
            raise BackendError(
                f"The embedder '{self.name}' failed: {brief(error)}.",
                "Run the cell again: what is embedded already is kept. Another one: %rag reindex INDEX --embedder NAME",
            ) from error

    def _wrong(self, given: str) -> BackendError:
        return BackendError(
            f"The embedder '{self.name}' gave {given}.",
            "Its conformance suite says more: motadata_nb.testing.embedder_suite.EmbedderSuite",
        )
