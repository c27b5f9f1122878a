"""Detectors, rerankers and embedders of strangers that are not quite what their family asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import motadata_nb as mn
from motadata_nb.embeddings.registry import EMBEDDERS
from motadata_nb.errors import BackendError, InvalidInput
from motadata_nb.rag.detectors.registry import DETECTORS
from motadata_nb.rag.groundedness import AnswerCheck, SentenceCheck
from motadata_nb.rag.index import Index
from motadata_nb.rag.rerankers.registry import RERANKERS

SAID = "Ships dock in the harbour."


def judged(**other: Any) -> AnswerCheck:
    """A check of one sentence, with what is spoilt in it."""
    right = {"text": SAID, "start": 0, "end": 26, "verdict": "supported", "score": 1.0, "passage": 0}
    sentence = SentenceCheck(**{**right, "evidence": SAID, "evidence_start": 0, "evidence_end": 26, **other})
    return AnswerCheck(score=1.0, supported=True, sentences=(sentence,))


class Entails:
    """Verdicts as an NLI model has them."""

    found: Any = judged(verdict="entailment")

    def __init__(self, place: object) -> None:
        pass

    async def acheck(self, answer: str, passages: Sequence[str], question: str) -> Any:
        return self.found


class Outside(Entails):
    found = judged(passage=1)


class Rows(Entails):
    found = (("supported", 1.0),)


class Fails(Entails):
    async def acheck(self, answer: str, passages: Sequence[str], question: str) -> Any:
        raise RuntimeError("out of memory")


class Letters:
    """Counts letters; its vectors are five long."""

    name, max_tokens, dimension = "letters", 128, 32

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = np.array([np.bincount([ord(c) % 32 for c in text + " "], minlength=32) for text in texts], np.float32)
        return np.asarray(5 * rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        return [(i, i + 1) for i in range(len(text))]


class Renamed(Letters):
    name = "letters-2"


class Placed(Letters):
    name = "placed"

    def __init__(self, path: str) -> None:
        pass


class Bare:
    """Made with nothing, and has nothing."""


@pytest.fixture
def index(workspace: Path) -> Iterator[Index]:
    for family, kinds in (
        (DETECTORS, ("Entails", "Outside", "Rows", "Fails", "Bare")),
        (RERANKERS, ("Bare", "Entails")),
        (EMBEDDERS, ("Letters", "Renamed", "Placed", "Bare")),
    ):
        for kind in kinds:
            family.register(kind.lower(), f"{__name__}:{kind}")
    EMBEDDERS.register("moved", "a_package_that_is_not_there:Moved")
    with mn.open(workspace, backend="memory") as ws:
        ws.ingest({"a.txt": SAID.encode()}, into="own")
        yield ws.index("own")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("entails", "gave the verdict 'entailment', which is none of: supported, contradicted, not found"),
        ("outside", "gave evidence of passage 1: of 1 passage the first is 0"),
        ("rows", r"gave no AnswerCheck, but \(\('supported'"),
        ("fails", "The detector 'fails' failed: RuntimeError: out of memory"),
        ("bare", "made with one argument, its place"),
    ],
)
def test_a_detector_is_told_what_is_wrong_and_an_answer_stays(index: Index, name: str, said: str) -> None:
    with pytest.raises(BackendError, match=said):
        index.check(SAID, [SAID], by=name)
    answer = index.ask("Where do ships dock?", check=name)
    assert "harbour" in answer.text and f"not checked, {name} failed" in " ".join(str(answer).split())
    assert answer.groundedness is None


@pytest.mark.parametrize(
    ("name", "said"), [("bare", "made with one argument, its place"), ("entails", "has no ascore")]
)
def test_a_reranker_is_told_what_it_lacks(index: Index, name: str, said: str) -> None:
    with pytest.raises(BackendError, match=said):
        index.retrieve("Where do ships dock?", rerank=name)


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("bare", BackendError, "'bare' has no name, max_tokens, dimension, embed, token_offsets"),
        ("renamed", BackendError, "'renamed' calls itself 'letters-2'"),
        ("placed", BackendError, "'placed' is made with no arguments: missing"),
        ("moved", InvalidInput, "there is no module 'a_package_that_is_not_there'"),
    ],
)
def test_an_embedder_is_told_what_it_lacks(index: Index, name: str, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        index.reindex(name)
    assert index.row.embedder == "minilm"


def test_vectors_of_any_length_are_made_unit_vectors(index: Index) -> None:
    index.reindex("letters")
    assert index.retrieve(SAID, mode="vector").hits[0].score <= 1.0001
    vectors = next(iter(index._catalog.embeddings.fetch("letters", _hashes(index)).values()))
    assert abs(float(np.linalg.norm(vectors)) - 1) < 1e-3


def test_words_are_found_while_the_package_of_an_embedder_is_gone(index: Index, workspace: Path) -> None:
    index.reindex("letters")
    index._catalog.indexes.change(index.row.id, embedder="moved")
    with mn.open(workspace) as ws:
        assert ws.index("own").retrieve("ships", mode="keyword").hits
        with pytest.raises(InvalidInput, match="a_package_that_is_not_there"):
            ws.index("own").retrieve("ships", mode="vector")


def _hashes(index: Index) -> list[str]:
    return [row.embedded_hash for row in index._catalog.documents.changed(index.row.id, (0, 0), 10)]
