"""An embedder whose errors say whose they are, and whose vectors are what was asked for.

What it raises is no error of the index that is written or asked: without this, a model server that is not there, or
a tokenizer that panics, would look like files that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from motadata_nb.embeddings.base import Embedder, Remote
from motadata_nb.embeddings.registry import EMBEDDERS
from motadata_nb.errors import BackendError, MotadataError, brief
from motadata_nb.panics import panics_told
from motadata_nb.registry import made

__all__ = ["checked", "opened"]

_UNIT = 1e-3


def checked(embedder: Embedder, mend: str = EMBEDDERS.suite) -> Embedder:
    """The embedder with one kind of error; `mend` is what to type when its vectors are not what was asked for."""
    if isinstance(embedder, Remote):
        return _CheckedRemote(embedder, mend, remote=embedder)
    return _Checked(embedder, mend)


def opened(name: str) -> Embedder:
    """The embedder of a package, by the name it is registered by. Raises BackendError for what is no embedder."""
    what, parts = f"The embedder '{name}'", ("name", "max_tokens", "dimension", "embed", "token_offsets")
    embedder = made(what, EMBEDDERS.load(name), parts=parts, mend=EMBEDDERS.suite)
    if embedder.name != name:
        raise BackendError(f"{what} calls itself '{embedder.name}'.", "Its name is the one it is registered by.")
    return embedder


class _Checked:
    """Any embedder, with one kind of error."""

    def __init__(self, embedder: Embedder, mend: str) -> None:
        self._embedder = embedder
        self._mend = mend
        self.name = embedder.name
        self.max_tokens = embedder.max_tokens

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
        if vectors.ndim != 2 or len(vectors) != len(texts):
            raise self._wrong(f"numbers of the shape {vectors.shape} for {len(texts)} texts")
        if vectors.shape[1] != self.dimension:
            raise self._wrong(f"vectors of {vectors.shape[1]} numbers instead of {self.dimension}")
        if not np.isfinite(vectors).all():
            raise self._wrong("a vector with NaN or infinity in it")
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        if np.abs(lengths - 1).max() > _UNIT:  # many models give them so
            vectors = vectors / np.maximum(lengths, 1e-9)
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
        return BackendError(f"The embedder '{self.name}' gave {given}.", self._mend)


class _CheckedRemote(_Checked):
    """The same for one that is called over the network."""

    def __init__(self, embedder: Embedder, mend: str, *, remote: Remote) -> None:
        super().__init__(embedder, mend)
        self._remote = remote

    @property
    def local(self) -> Embedder:
        """Compares single sentences in its place."""
        return self._remote.local

    @property
    def known_dimension(self) -> int | None:
        """The dimension, where that is known without a call."""
        return self._remote.known_dimension
