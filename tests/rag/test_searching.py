"""Several searches, rerankers that fail, and what an explanation tells of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from motadata_nb.errors import InvalidInput
from motadata_nb.rag.index import Index
from motadata_nb.rag.rerankers.base import RerankerPlace
from motadata_nb.rag.rerankers.registry import RERANKERS
from motadata_nb.rag.search.expansion import asearches
from motadata_nb.testing.openai_server import Answer, OpenAIServer
from motadata_nb.workspace import Workspace

QUESTION = "How long may a product be returned?"
KEPT = r"\[|kept$"
"""What becomes of a passage that the answer is made from: the numbers under which it cites it, or nothing more."""


class Contrary:
    """Likes the passages that other rerankers like least; counts how often it is made."""

    made = 0

    def __init__(self, place: RerankerPlace) -> None:
        type(self).made += 1
        self._model = place.model

    async def ascore(self, question: str, passages: Sequence[str]) -> list[float]:
        if self._model == "broken":
            raise OSError("the weights are not there")
        if self._model == "short":
            return [1.0]
        if self._model == "odd":
            return [float("nan")] * len(passages)
        return [float(n) for n, _ in enumerate(passages)]


@pytest.fixture(autouse=True, scope="module")
def contrary() -> None:
    RERANKERS.register("contrary", "tests.rag.test_searching:Contrary")


@pytest.fixture
def pumps(ws: Workspace) -> Index:
    words = ["iron", "steel", "brass", "copper", "tin"]
    texts = [f"Pump {n} moves {n * 7} litres of water. It is made of {words[n % 5]}. " * 5 for n in range(40)]
    ws.ingest(pd.DataFrame({"id": [f"p{n}" for n in range(40)], "text": texts}), into="pumps")
    return ws.index("pumps")


def test_a_reranker_of_others_is_made_once_and_shown(pumps: Index) -> None:
    Contrary.made = 0
    plain = pumps.ask("Which pump is made of brass?", k=4)
    answer = pumps.ask("Which pump is made of brass?", k=4, rerank="contrary", explain=True)
    pumps.ask("Which pump is made of tin?", rerank="contrary")
    assert Contrary.made == 1
    assert not {h.chunk for h in plain.retrieval.hits} & {h.chunk for h in answer.retrieval.hits}
    frame = answer.explain().df
    assert frame["reranker"].notna().sum() == 30
    assert list(frame[frame["outcome"].str.match(KEPT)]["reranker"]) == [26.0, 27.0, 28.0, 29.0]
    html = answer._repr_mimebundle_()["text/html"]
    assert "contrary 30" in html and ">contrary</th>" in html


@pytest.mark.parametrize(("name", "why"), [("broken", "weights"), ("short", "1 scores for"), ("odd", "no number")])
def test_a_reranker_that_fails_keeps_the_answer(pumps: Index, name: str, why: str) -> None:
    plain = pumps.ask("Which pump is made of brass?", k=3)
    answer = pumps.ask("Which pump is made of brass?", k=3, rerank=f"contrary:{name}")
    assert answer.text == plain.text and answer.retrieval.hits == plain.retrieval.hits
    assert f"not reranked, contrary:{name} failed" in str(answer) and why in str(answer).replace("\n", " ")


def test_a_service_that_fails_keeps_the_order_of_the_search(handbook: Index, server: OpenAIServer) -> None:
    plain = handbook.retrieve("Norway", k=2)
    server.script(Answer(status=500, body={}), Answer(body={"rows": []}))
    for why in ("answered 500", "not understood"):
        found = handbook.retrieve("Norway", k=2, rerank="api:m")
        assert found.hits == plain.hits and why in found.notes[0]


def test_a_reranker_without_its_address_is_an_error(ws: Workspace, handbook: Index) -> None:
    ws.config.arguments["api_base"] = ""
    with pytest.raises(InvalidInput, match="no address"):
        handbook.retrieve("Norway", rerank="api:m")


@pytest.mark.parametrize(
    ("expand", "reply", "searched"),
    [
        ("multi", "Here are three ways:\n\n1. Period of return\n2) *Time to send back*\n- Days?", 3),
        ("multi", "Of course:\nPeriod of return\nTime to send back", 2),
        ("decompose", "* What is a product?\n* How long is it?\nThese cover it.", 2),
        ("rewrite", '"period of return"', 1),
        ("hyde", "A product may be returned\nfor 14 days.", 1),
    ],
)
def test_only_what_is_to_be_searched_for_is_taken(
    ws: Workspace, server: OpenAIServer, expand: str, reply: str, searched: int
) -> None:
    from motadata_nb.aio import run

    server.script(reply)
    texts = run(asearches(QUESTION, expand, ws.gateway, "openai/stub"))
    assert texts[0] == QUESTION and len(texts) == 1 + searched
    assert not [text for text in texts if text.endswith(":") or text[0] in '"*-1']


def test_an_expansion_that_fails_searches_for_the_question(handbook: Index, server: OpenAIServer) -> None:
    plain = handbook.retrieve(QUESTION)
    server.script(*[Answer(status=400, body={"error": {"message": "no"}})] * 3)
    found = handbook.retrieve(QUESTION, expand="hyde", model="openai/stub")
    assert [hit.chunk for hit in found.hits] == [hit.chunk for hit in plain.hits]
    assert "searched for the question alone" in found.notes[0]


def test_several_searches_are_explained_one_by_one(pumps: Index, server: OpenAIServer) -> None:
    server.script("1. pumps of brass\n2. brass machines", "Pump 2 [1].")
    answer = pumps.ask("Which pump is made of brass?", model="openai/stub", expand="multi", k=3, explain=True)
    explanation = answer.explain()
    frame = explanation.df
    assert list(frame["outcome"][:3].str.startswith("[")) == [True] * 3
    assert {len(ranks) for ranks in frame["searches"]} == {3} and frame["score"].is_monotonic_decreasing
    titles = [section.title for section in explanation._card().sections]
    assert [t.partition(" (")[0] for t in titles if t.startswith("Candidates of")] == [
        f"Candidates of search {n}" for n in (1, 2, 3)
    ]
    assert "3. brass machines" in answer._repr_mimebundle_()["text/html"]


def test_a_candidate_is_known_by_its_document_and_its_words(ws: Workspace, workspace: Path) -> None:
    parts = [f"# Pump {n}\n\n" + "It moves water. " * 60 for n in range(9)]
    (workspace.parent / "pumps.md").write_text("\n\n".join(parts))
    ws.ingest(workspace.parent / "pumps.md", into="p", chunk_tokens=64)
    index = ws.index("p")
    for explanation in (index.ask("What moves?", k=2).explain(), index.retrieve("Moves?", k=2).explain()):
        assert set(explanation.df["source"][:5]) == {"pumps.md"}
        html = explanation._repr_mimebundle_()["text/html"]
        assert html.count(">pumps.md: It moves water.") >= 5
        assert html.count("…</td>") >= 5 and "below the best 2" in html


def test_why_a_better_candidate_was_left_out(ws: Workspace) -> None:
    same = [f"Pumps move water through the hall, said report {i}." for i in range(4)]
    ws.ingest(pd.DataFrame({"text": [*same, "Pumps are painted green every spring."]}), into="d")
    frame = ws.index("d").ask("What do pumps move?", k=2, diversity=0.8).explain().df
    kept = frame["outcome"].str.match(KEPT)
    assert kept.sum() == 2 and set(frame[~kept & (frame["rank"] < frame[kept]["rank"].max())]["outcome"]) == {
        "repeats a better passage"
    }


def test_what_a_wide_passage_shows_already_says_so(ws: Workspace, workspace: Path) -> None:
    text = "\n\n".join(
        f"Pump {n} moves {n * 7} litres of water an hour from the lake to the hall. " * 3 for n in range(9)
    )
    (workspace.parent / "lake.txt").write_text(text)
    ws.ingest(workspace.parent / "lake.txt", into="lake", chunk_tokens=32)
    outcomes = ws.index("lake").ask("How much water does a pump move?", k=6, around=2).explain().df["outcome"]
    assert "part of a better passage" in set(outcomes)
