"""What every embedder must do. For pytest:

class TestMine(EmbedderSuite):
    def embedder(self): return MyEmbedder()
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.testing import assert_allclose

from motadata_nb.embeddings.base import Embedder

__all__ = ["EmbedderSuite"]

TEXTS = (
    "Customers can return a product within 30 days.",
    "The weather in the mountains changes quickly.",
    "Goods may be sent back for a month.",
    "x",
    "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. 你好 🙂",
)


class EmbedderSuite(ABC):
    """Subclass it, and pytest runs these tests on your embedder."""

    tolerance = 2e-2
    """How far a component may move when a text is embedded in another batch; quantised models are not exact."""

    @abstractmethod
    def embedder(self) -> Embedder:
        """A ready embedder."""

    def test_it_is_an_embedder(self) -> None:
        """It has the members of the protocol."""
        embedder = self.embedder()
        assert isinstance(embedder, Embedder)
        assert embedder.name and embedder.dimension > 0 and embedder.max_tokens > 0

    def test_vectors_are_unit_float32_rows(self) -> None:
        """One row a text; each of length one, so that a product is a cosine."""
        embedder = self.embedder()
        vectors = embedder.embed(TEXTS)
        assert vectors.shape == (len(TEXTS), embedder.dimension) and vectors.dtype == np.float32
        assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)

    def test_no_texts_give_no_rows(self) -> None:
        """An empty batch is not an error."""
        embedder = self.embedder()
        assert embedder.embed([]).shape == (0, embedder.dimension)

    def test_rows_are_in_the_order_of_the_texts(self) -> None:
        """Also when an embedder sorts its batches by length."""
        embedder = self.embedder()
        vectors = embedder.embed(TEXTS)
        assert_allclose(embedder.embed(TEXTS[::-1])[::-1], vectors, atol=self.tolerance)
        assert_allclose(embedder.embed(TEXTS[:1])[0], vectors[0], atol=self.tolerance)

    def test_what_means_the_same_is_closer(self) -> None:
        """The first and third text say the same in other words."""
        vectors = self.embedder().embed(TEXTS)
        assert vectors[0] @ vectors[2] > vectors[0] @ vectors[1] + 0.1

    def test_empty_and_endless_texts_have_a_vector(self) -> None:
        """Nothing a document can contain makes it fail."""
        embedder = self.embedder()
        long = "return the goods " * (2 * embedder.max_tokens)
        vectors = embedder.embed(["", " \n", "\x00", long])
        assert np.isfinite(vectors).all() and vectors.shape == (4, embedder.dimension)

    def test_tokens_are_counted_beyond_the_limit(self) -> None:
        """Spans are inside the text, in order, and go on where the model stops."""
        embedder = self.embedder()
        text = "Return the goods, please. " * embedder.max_tokens
        spans = embedder.token_offsets(text)
        assert len(spans) > embedder.max_tokens
        assert spans[0][0] == 0 and len(text) - 2 <= spans[-1][1] <= len(text)
        assert all(a <= b for a, b in spans) and spans == sorted(spans)
        assert embedder.token_offsets("") == []

    def test_several_threads_may_use_it(self) -> None:
        """Each gets what it asked for."""
        embedder = self.embedder()
        alone = embedder.embed(TEXTS)
        barrier = threading.Barrier(4)

        def ask(_: int) -> None:
            barrier.wait(10)
            assert_allclose(embedder.embed(TEXTS), alone, atol=self.tolerance)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, range(4)))
