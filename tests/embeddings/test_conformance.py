"""Every registered embedder passes the published suite, and the suite finds what is wrong with a bad one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.testing.embedder_suite import EmbedderSuite

MINILM = MiniLM()


class TestMiniLM(EmbedderSuite):
    tolerance = 1e-6
    """A text has the same vector whatever it is embedded with."""

    def embedder(self) -> Embedder:
        return MINILM


class Unordered(MiniLM):
    """Sorts the texts by length and forgets to put the rows back."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return super().embed(sorted(texts, key=len))


class Long(MiniLM):
    """Does not normalise."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return super().embed(texts) * 3


@pytest.mark.parametrize(
    ("bad", "test"),
    [
        (Unordered, "test_rows_are_in_the_order_of_the_texts"),
        (Long, "test_vectors_are_unit_float32_rows"),
    ],
)
def test_the_suite_finds_a_bad_embedder(bad: type[MiniLM], test: str) -> None:
    class Tried(EmbedderSuite):
        def embedder(self) -> Embedder:
            return bad()

    with pytest.raises(AssertionError):
        getattr(Tried(), test)()
