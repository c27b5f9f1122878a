"""A misspelt option is told, with the one that was meant, and never taken silently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.gateway.options import check_options
from motadata_nb.rag.index import Index
from motadata_nb.testing.openai_server import OpenAIServer
from motadata_nb.workspace import Workspace

QUESTION = "How long may a product be returned?"
MODELS = ["openai/stub", None]
SPELLINGS = [
    ("kk", "k"), ("K", "k"), ("similarity_top_k", "k"), ("wher", "where"), ("filter", "where"), ("moed", "mode"),
    ("diversty", "diversity"), ("rerankr", "rerank"), ("aroun", "around"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "right"), [*SPELLINGS, ("chek", "check"), ("temprature", "temperature")])
@pytest.mark.parametrize("model", MODELS)
def test_a_question_has_no_option_of_that_name(
    handbook: Index, server: OpenAIServer, wrong: str, right: str, model: str | None
) -> None:
    for ask in (handbook.ask, handbook.stream, handbook.prepare):
        with pytest.raises(UnknownName, match=f"No option is called '{wrong}'.\nTry: {right}=…"):
            ask(QUESTION, model=model, **{wrong: 3})
    assert server.chats == []


@pytest.mark.parametrize(("wrong", "right"), SPELLINGS)
async def test_a_search_has_no_option_of_that_name(handbook: Index, wrong: str, right: str) -> None:
    given: dict[str, Any] = {wrong: 3}
    with pytest.raises(UnknownName, match=f"No option is called '{wrong}'.\nTry: {right}=…"):
        handbook.retrieve(QUESTION, **given)
    with pytest.raises(UnknownName, match=wrong):
        await handbook.aretrieve(QUESTION, **given)


def test_options_of_a_model_are_for_models(handbook: Index, server: OpenAIServer) -> None:
    """The same cell works with a model and without; what only a model could know is no option without one."""
    server.default = lambda request: "Within 14 days [1]."
    given: dict[str, Any] = {"temperature": 0, "max_tokens": 99, "cache": False}
    assert handbook.ask(QUESTION, **given).extractive
    handbook.ask(QUESTION, model="openai/stub", top_k=20, do_sample=True, **given)
    body = server.chats[-1].body
    assert (body["temperature"], body["top_k"], body["do_sample"]) == (0, 20, True)
    with pytest.raises(UnknownName, match="Try: k=…"):
        handbook.ask(QUESTION, top_k=3)
    with pytest.raises(UnknownName, match=r"'do_sample'\.\nKnown: around, check"):
        handbook.ask(QUESTION, do_sample=True)
    with pytest.raises(InvalidInput, match=r"index.stream\('…'\)"):
        handbook.ask(QUESTION, stream=True)


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda index: index.check("Fine.", contxt=["x"]), "context=…"),
        (lambda index: index.check("Fine.", detector="judge"), "by=…"),
        (lambda index: index.delete(document="a"), "documents=…"),
        (lambda index: index.move(backnd="duckdb"), "backend=…"),
        (lambda index: index.reindex(chunk=64), "chunk_tokens=…"),
        (lambda index: index.snapshot(name="before"), "label=…"),
        (lambda index: index.restore(lable="before"), "label=…"),
        (lambda index: index.export(foldr="x"), "folder=…"),
    ],
)
def test_what_is_done_with_an_index_has_its_options(handbook: Index, call: Callable[[Any], Any], hint: str) -> None:
    with pytest.raises(UnknownName, match=hint):
        call(handbook)


def test_a_workspace_and_a_gateway_have_theirs(ws: Workspace, server: OpenAIServer) -> None:
    wrong: dict[str, Any] = {"kk": 3}
    with pytest.raises(UnknownName, match="k=…"):
        ws.diff("a", "b", "question", **wrong)
    with pytest.raises(UnknownName, match="temperature=…"):
        ws.gateway.complete("Hello", model="openai/stub", tempreature=0)
    ws.gateway.complete("Hello", model="openai/stub", extra_body={"tempreature": 0})
    assert server.chats[-1].body["tempreature"] == 0, "there is a way for what we do not know"


def test_names_of_providers_are_no_mistakes() -> None:
    theirs = ["top_k", "min_p", "seed", "num_ctx", "repeat_penalty", "enable_thinking", "tool_choice", "user_id"]
    assert check_options(theirs) == ["enable_thinking", "user_id"]
