"""An index on an embedder behind the gateway, or on one that is not there any more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import motadata_nb as mn
from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.embeddings.registry import EMBEDDERS
from motadata_nb.errors import AuthenticationFailed, BackendError, InvalidInput, ProviderUnavailable, UnknownName
from motadata_nb.rag.index import Index
from motadata_nb.testing.openai_server import OpenAIServer
from motadata_nb.workspace import Workspace

QUESTION = "How long may a product be returned?"


@pytest.fixture
def served(ws: Workspace, server: OpenAIServer, handbook: Index) -> Iterator[Index]:
    ws.config.set("models", {"small": {"model": "openai/small", "api_base": server.url}})
    yield handbook


def _sent(server: OpenAIServer) -> list[str]:
    return [
        text for request in server.requests if request.path.endswith("/embeddings") for text in request.body["input"]
    ]


def test_an_index_moves_to_a_served_model_and_sends_it_passages_and_questions_alone(
    served: Index, server: OpenAIServer
) -> None:
    assert served.reindex("small").embedder == "small"
    passages = len(_sent(server))
    answer = served.ask(QUESTION, check=True, mode="vector")
    assert "14 days" in answer.text and answer.groundedness is not None
    assert _sent(server)[passages:] == [QUESTION]
    assert served.retrieve(QUESTION).hits[0].vector is not None


def test_a_comparison_with_a_served_model_is_kept_for_the_index(
    ws: Workspace, served: Index, server: OpenAIServer
) -> None:
    assert len(ws.diff("handbook", "handbook@small", QUESTION).rows) >= 2
    before = len(_sent(server))
    served.reindex("small")
    assert len(_sent(server)) == before
    with pytest.raises(UnknownName, match="handbook@small"):
        ws.diff("handbook", "handbook@smal", QUESTION)


def test_an_export_of_it_is_taken_in_without_a_call(
    served: Index, server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
    served.reindex("small")
    served.export(tmp_path_factory.mktemp("export"))
    folder = served.export(tmp_path_factory.mktemp("taken"))
    before = len(server.requests)
    with mn.open(tmp_path_factory.mktemp("other"), models=served._config["models"]) as other:
        assert other.import_index(folder, "taken").embedder == "small"
    assert len(server.requests) == before


def test_while_its_server_is_down_words_are_found(
    ws: Workspace, served: Index, server: OpenAIServer, workspace: Path
) -> None:
    served.reindex("small")
    server.stop()
    with pytest.raises(ProviderUnavailable) as error:
        served.retrieve("Where do parcels leave?")
    assert "--mode keyword" in error.value.hint
    (workspace.parent / "new.txt").write_text("The forklift is charged at night.")
    with pytest.raises(ProviderUnavailable):
        ws.ingest(workspace.parent / "new.txt", into="handbook")
    assert "night" in served.ask("When is the forklift charged?", mode="keyword").text
    assert served.reindex("minilm").chunks == 3


def test_vectors_of_two_models_never_mix(served: Index, server: OpenAIServer) -> None:
    served.reindex("small")
    server.dimension += 8
    with pytest.raises(BackendError, match=f"'small' gave vectors of {server.dimension} numbers instead of") as error:
        served.retrieve("Where do parcels leave?")
    assert "Another one needs another name: add it to %config Motadata.models" in error.value.hint


def test_a_change_that_was_refused_leaves_nothing_in_the_way(
    ws: Workspace, served: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    ws.config.arguments.update(api_base="", api_key="")
    with pytest.raises(AuthenticationFailed):
        served.reindex("openai/text-embedding-3-small")
    assert served.reindex("small").embedder == "small"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("text-embedding-3-small", "--embedder openai/text-embedding-3-small"),
        ("smal", "--embedder small"),
        ("nonesuch/text-embedding-3-small", "--embedder openai/text-embedding-3-small"),
    ],
)
def test_a_mistyped_embedder_is_answered_with_the_one_that_is_meant(
    ws: Workspace, served: Index, name: str, meant: str
) -> None:
    ws.config.arguments["api_base"] = ""
    with pytest.raises(UnknownName) as error:
        served.reindex(name)
    assert meant in error.value.hint


def test_a_model_that_is_served_nowhere_is_answered_with_how_to_serve_it(ws: Workspace, served: Index) -> None:
    ws.config.arguments["api_base"] = ""
    with pytest.raises(UnknownName) as error:
        served.reindex("sentence-transformers/all-mpnet-base-v2")
    assert "{'all-mpnet-base-v2': {'model': 'openai/sentence-transformers/all-mpnet-base-v2'" in error.value.hint


def test_what_writes_and_what_stands_for_several_models_is_no_embedder(ws: Workspace, served: Index) -> None:
    ws.config.set("models", {"two": ["openai/one", "openai/another"]})
    with pytest.raises(InvalidInput, match="writes, and does not embed"):
        served.reindex("openai/gpt-4o-mini")
    with pytest.raises(InvalidInput, match="stands for 2 models"):
        served.reindex("two")


class Halved:
    """The first half of the bundled model's numbers."""

    name = "halved"
    dimension = 192
    max_tokens = 254

    def __init__(self) -> None:
        self._whole = MiniLM()
        self.token_offsets = self._whole.token_offsets

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = self._whole.embed(texts)[:, :192]
        return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def test_an_index_whose_embedder_is_gone_can_be_kept(
    ws: Workspace, handbook: Index, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EMBEDDERS, "_added", {"halved": f"{__name__}:Halved"})
    handbook.reindex("halved")
    ws.close()
    EMBEDDERS._added.clear()
    with mn.open(workspace, backend="memory") as later:
        index = later.index("handbook")
        assert index.describe().embedder == "halved"
        assert "14 days" in index.ask(QUESTION, mode="keyword").text
        with pytest.raises(UnknownName, match="No embedder is called 'halved'") as error:
            index.retrieve(QUESTION)
        assert "%rag reindex handbook --embedder minilm" in error.value.hint
        index.restore(index.snapshot())
        assert index.reindex("minilm").embedder == "minilm"
        assert index.retrieve(QUESTION).hits


def test_a_new_index_is_made_with_an_embedder_that_there_is(ws: Workspace, served: Index) -> None:
    text = {"a.txt": b"The pump is oiled in spring."}
    assert ws.ingest(text, into="pumps", embedder="small").embedder == "small"
    with pytest.raises(InvalidInput, match="is embedded with small") as error:
        ws.ingest(text, into="pumps", embedder="minilm")
    assert "%rag reindex pumps --embedder minilm" in error.value.hint
    ws.config.set("embedder", "nonesuch")
    with pytest.raises(UnknownName, match="nonesuch"):
        ws.ingest(text, into="fans")
    assert ws.indexes() == ["handbook", "pumps"]
