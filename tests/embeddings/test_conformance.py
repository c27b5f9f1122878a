"""Every registered embedder passes the published suite, and the suite finds what is wrong with a bad one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import motadata_nb as mn
from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.testing.embedder_suite import EmbedderSuite
from motadata_nb.testing.openai_answers import Answer, Request, refusal
from motadata_nb.testing.openai_server import OpenAIServer

MINILM = MiniLM()


class TestMiniLM(EmbedderSuite):
    tolerance = 1e-6
    """A text has the same vector whatever it is embedded with."""

    def embedder(self) -> Embedder:
        return MINILM


def _as_minilm(request: Request) -> Answer:
    """A server of the bundled model, which refuses what many refuse."""
    texts = request.body["input"]
    if not all(texts) or any(len(MINILM.token_offsets(text)) > 510 for text in texts):
        return refusal(400, "An input is empty, or too long.", "invalid_request_error")
    rows = [{"index": i, "embedding": row.tolist()} for i, row in enumerate(MINILM.embed(texts) * 3)]
    return Answer(body={"object": "list", "data": rows})


class TestServed(EmbedderSuite):
    """A model behind the gateway, over HTTP."""

    tolerance = 1e-5

    @pytest.fixture(autouse=True)
    def served(self, workspace: Path) -> Iterator[None]:
        with OpenAIServer(default=_as_minilm) as server:
            aliases = {"served": {"model": "openai/all-minilm", "api_base": server.url}}
            with mn.open(workspace, models=aliases) as self.workspace:
                yield

    def embedder(self) -> Embedder:
        return self.workspace.embedder("served")


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
