"""Neighbours, sections, diversity, time filters, tables, disagreements, rerankers and detectors."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from motadata_nb.aio import run
from motadata_nb.errors import GatewayError, InvalidInput, UnknownName
from motadata_nb.rag.detectors.base import Detector, DetectorPlace
from motadata_nb.rag.detectors.builtin import BuiltinDetector
from motadata_nb.rag.detectors.judge import JudgeDetector
from motadata_nb.rag.detectors.registry import DETECTORS
from motadata_nb.rag.groundedness import AnswerCheck
from motadata_nb.rag.index import Index
from motadata_nb.rag.rerankers.api import ApiReranker
from motadata_nb.rag.rerankers.base import Reranker, RerankerPlace
from motadata_nb.rag.rerankers.sentences import SentenceReranker
from motadata_nb.testing.detector_suite import FALSE, PASSAGES, TRUE, DetectorSuite
from motadata_nb.testing.openai_server import Answer, OpenAIServer, Request
from motadata_nb.testing.reranker_suite import RerankerSuite
from motadata_nb.workspace import Workspace


@pytest.fixture
def place(ws: Workspace, server: OpenAIServer) -> RerankerPlace:
    return RerankerPlace(embedder=ws.embedder(), model="m", api_base=server.url, api_key="secret")


class TestSentences(RerankerSuite):
    @pytest.fixture(autouse=True)
    def made(self, place: RerankerPlace) -> None:
        self.place = place

    def reranker(self) -> Reranker:
        return SentenceReranker(self.place)


class TestApi(RerankerSuite):
    @pytest.fixture(autouse=True)
    def made(self, place: RerankerPlace) -> None:
        self.place = place

    def reranker(self) -> Reranker:
        return ApiReranker(self.place)


class TestBuiltin(DetectorSuite):
    @pytest.fixture(autouse=True)
    def made(self, ws: Workspace) -> None:
        self.place = DetectorPlace(embedder=ws.embedder(), gateway=lambda: ws.gateway)

    def detector(self) -> Detector:
        return BuiltinDetector(self.place)


def judged(request: Request) -> str:
    said = request.body["messages"][-1]["content"].partition("Sentences:\n")[2].splitlines()
    rows = [
        {"number": n, "verdict": "supported" if json.dumps(TRUE) in line else "not found", "confidence": 0.9,
         "passage": 1 if json.dumps(TRUE) in line else 0, "evidence": TRUE if json.dumps(TRUE) in line else ""}
        for n, line in enumerate(said, 1)
    ]  # fmt: skip
    return json.dumps({"sentences": rows})


class TestJudge(DetectorSuite):
    @pytest.fixture(autouse=True)
    def made(self, ws: Workspace, server: OpenAIServer) -> None:
        server.default = judged
        self.place = DetectorPlace(embedder=ws.embedder(), gateway=lambda: ws.gateway, model="openai/judge")

    def detector(self) -> Detector:
        return JudgeDetector(self.place)


def test_a_judge_checks_an_answer(handbook: Index, server: OpenAIServer) -> None:
    server.default = judged
    found = handbook.check(f"{TRUE} {FALSE}", list(PASSAGES), by="judge:openai/stub")
    assert [s.verdict for s in found.sentences] == ["supported", "not found"] and found.detector == "judge:openai/stub"
    with pytest.raises(UnknownName, match="judge"):
        handbook.check(TRUE, by="juge")


def test_a_misspelled_detector_costs_no_answer(handbook: Index, server: OpenAIServer) -> None:
    with pytest.raises(UnknownName, match="judge"):
        handbook.ask("How long may a product be returned?", model="openai/stub", check="jugde:openai/stub")
    assert server.requests == []


class Heavy:
    """A detector that takes long to make; counts how often it is made."""

    made = 0

    def __init__(self, place: DetectorPlace) -> None:
        type(self).made += 1
        self._place = place

    async def acheck(self, answer: str, passages: Sequence[str], question: str) -> AnswerCheck:
        if self._place.model == "broken":
            raise OSError("the weights are not there")
        return AnswerCheck(score=0.75, supported=True, sentences=())


def test_a_detector_of_others_is_made_once(handbook: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    DETECTORS.register("heavy", "tests.rag.test_options:Heavy")
    Heavy.made = 0
    for _ in range(2):
        assert handbook.check("Anything.", "A passage.", by="heavy").score == 0.75
    assert Heavy.made == 1
    # As when its cell is run again.
    anew: type[Heavy] = type("Heavy", (Heavy,), {"made": 0})
    monkeypatch.setattr("tests.rag.test_options.Heavy", anew)
    handbook.check("Anything.", "A passage.", by="heavy")
    assert anew.made == 1


def test_a_detector_that_fails_keeps_the_answer(handbook: Index, server: OpenAIServer) -> None:
    DETECTORS.register("heavy", "tests.rag.test_options:Heavy")
    server.default = lambda request: "Products may be returned within 30 days [1]."
    answer = handbook.ask("How long may a product be returned?", model="openai/stub", check="heavy:broken")
    assert answer.found and answer.groundedness is None and len(server.requests) == 1
    assert "not checked, heavy:broken failed: OSError: the weights are not there" in " ".join(str(answer).split())


def shaped(kind: str) -> Callable[[Request], str | Answer]:
    """A service that takes and gives what the one of that name does."""

    def answer(request: Request) -> str | Answer:
        texts = request.body.get("texts" if kind == "tei" else "documents")
        if texts is None or (kind == "voyage" and "top_n" in request.body):
            return Answer(status=422 if kind == "tei" else 400, body={"error": "unknown field"})
        name = "score" if kind == "tei" else "relevance_score"
        rows = [{"index": n, name: 0.9 if "Norway" in text else 0.1} for n, text in enumerate(texts)]
        return Answer(body={"tei": rows, "voyage": {"data": rows}, "jina": {"results": rows}}[kind])

    return answer


@pytest.mark.parametrize(("kind", "calls"), [("jina", 1), ("voyage", 2), ("tei", 3)])
def test_services_of_other_shapes_are_understood(
    place: RerankerPlace, server: OpenAIServer, kind: str, calls: int
) -> None:
    server.default = shaped(kind)
    judge = ApiReranker(place)
    server.script(Answer(status=503, body={"message": "starting"}))
    with pytest.raises(GatewayError, match="503"):
        run(judge.ascore("Norway?", ["Ships dock."]))
    server.requests.clear()
    for _ in range(2):
        assert run(judge.ascore("Norway?", ["Ships dock.", "To Norway.", "Bread."])) == [0.1, 0.9, 0.1]
    assert len(server.requests) == calls + 1
    assert server.requests[-1].headers["authorization"] == "Bearer secret"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(status=401, body={"message": "bad key"}), "answered 401 Unauthorized"),
        (Answer(status=400, body={"message": "no such model"}), "answered 400 Bad Request"),
        (Answer(body={"hello": 1}), "not understood"),
        (Answer(body={"results": [{"index": 99, "relevance_score": 1}]}), "not understood"),
        (Answer(body=["x"]), "not understood"),
    ],
)
def test_a_service_that_fails_says_why(handbook: Index, server: OpenAIServer, answer: Answer, why: str) -> None:
    server.default = lambda request: answer
    found = handbook.retrieve("Shipping to Norway costs", k=1, rerank="api:jina")
    assert "Norway" in found.hits[0].text and why in found.notes[0]


@pytest.mark.parametrize("wrong", [{"rerank": 5}, {"expand": 5}, {"mode": 3}])
def test_a_choice_that_is_no_text_is_an_unknown_name(handbook: Index, wrong: dict[str, Any]) -> None:
    with pytest.raises(UnknownName, match="is called"):
        handbook.retrieve("Norway", **wrong)


def test_a_reranker_orders_the_hits(handbook: Index, server: OpenAIServer) -> None:
    found = handbook.retrieve("Shipping to Norway costs", k=1, rerank="api:jina")
    assert "Norway" in found.hits[0].text and "api:jina 2" in found.stages
    assert server.requests[-1].body["model"] == "jina"
    assert "Norway" in handbook.retrieve("What does Norway cost?", k=1, rerank="sentences").hits[0].text
    with pytest.raises(UnknownName, match="sentences"):
        handbook.retrieve("x", rerank="sentence")


@pytest.fixture
def long(ws: Workspace, workspace: Path) -> Index:
    parts = [f"# Part {i}\n\n" + f"Pump {i} moves {i * 7} litres. It stands in hall {i}. " * 12 for i in range(1, 6)]
    (workspace.parent / "pumps.md").write_text("\n\n".join(parts))
    ws.ingest(workspace.parent / "pumps.md", into="long", chunk_tokens=64)
    return ws.index("long")


def test_neighbours_and_the_section_of_a_hit(long: Index) -> None:
    hit = long.retrieve("How much does pump 3 move?", k=1).hits[0]
    near = long.neighbours(hit, 1)
    assert hit in near and 2 <= len(near) <= 3 and near == tuple(sorted(near, key=lambda h: h.start))
    section = long.section(hit)
    assert hit in section and len(section) > 1 and {h.heading for h in section} == {hit.heading}


def test_what_is_shown_already_makes_room_for_the_next(long: Index) -> None:
    for diversity in (0.0, 0.2):
        found = long.retrieve("How much does pump 3 move?", k=3, around=1, diversity=diversity).hits
        assert len(found) == 3
        places = sorted((hit.start, hit.end) for hit in found)
        assert all(end <= start for (_, end), (start, _) in pairwise(places)), "nothing twice"


@pytest.mark.parametrize("call", [lambda i, h: i.neighbours("x"), lambda i, h: i.section(None)])
def test_what_stands_around_a_hit_is_asked_of_a_hit(long: Index, call: Callable[[Any, Any], Any]) -> None:
    hit = long.retrieve("How much does pump 3 move?", k=1).hits[0]
    with pytest.raises(InvalidInput, match=r"is no hit.\nTry: found = index.retrieve"):
        call(long, hit)
    for wrong in (-1, 0.5, "2"):
        with pytest.raises(InvalidInput, match=r"number of chunks.\nTry: index.neighbours"):
            long.neighbours(hit, wrong)  # type: ignore[arg-type]  # what a person may write


def test_around_widens_a_passage_without_repeating_it(long: Index) -> None:
    narrow, wide = (long.retrieve("How much does pump 3 move?", k=3, around=n) for n in (0, 1))
    assert len(wide.hits[0].text) > len(narrow.hits[0].text) and narrow.hits[0].text in wide.hits[0].text
    spans = sorted((hit.start, hit.end) for hit in wide.hits)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    with pytest.raises(InvalidInput, match="--around"):
        long.retrieve("x", around=-1)


def test_diversity_leaves_out_what_repeats(ws: Workspace) -> None:
    same = [f"Pumps move water through the hall, said report {i}." for i in range(4)]
    ws.ingest(pd.DataFrame({"text": [*same, "Pumps are painted green every spring."]}), into="d")
    plain, varied = (ws.index("d").retrieve("What do pumps move?", k=2, diversity=x).hits for x in (0.0, 0.8))
    assert "green" not in plain[1].text and "green" in varied[1].text and plain[0] == varied[0]
    with pytest.raises(InvalidInput, match="--diversity"):
        ws.index("d").retrieve("x", diversity=2)


def test_dates_compare_as_iso_text(ws: Workspace) -> None:
    frame = pd.DataFrame(
        {
            "text": [f"Prices rose by {i} percent." for i in range(1, 5)],
            "day": pd.date_range("2024-01-15", periods=4, freq="90D"),
        }
    )
    ws.ingest(frame, into="news")
    found = ws.index("news").retrieve("How did prices change?", where="day >= '2024-04-01' and day < '2024-09'")
    assert sorted(hit.text for hit in found.hits) == ["Prices rose by 2 percent.", "Prices rose by 3 percent."]


def test_a_table_among_the_hits_is_shown_as_a_table(ws: Workspace, workspace: Path) -> None:
    (workspace.parent / "fees.md").write_text("# Fees\n\n| Land | Fee |\n|---|---|\n| Norway | 12 |\n| Chile | 30 |\n")
    ws.ingest(workspace.parent / "fees.md", into="fees")
    html = ws.index("fees").retrieve("What is the fee for Norway?")._repr_mimebundle_()["text/html"]
    assert "Table (" in html and html.count("Norway") >= 2


def test_sentences_that_disagree_are_both_cited(ws: Workspace) -> None:
    texts = ["The warranty of the pump lasts 24 months.", "The warranty of the pump lasts 36 months."]
    ws.ingest(pd.DataFrame({"text": texts}), into="w")
    answer = ws.index("w").ask("How long does the warranty of the pump last?")
    assert "24" in answer.text and "36" in answer.text
    assert answer.conflicts == ("[1] and [2] disagree (numbers)",) and "disagree" in str(answer)


def test_a_check_takes_texts_hits_and_what_was_found_and_says_what_it_does_not_take(handbook: Index) -> None:
    found = handbook.retrieve("How long may a product be returned?")
    claim = "A product may be returned within 14 days."
    texts = [hit.text for hit in found.hits]
    against = [handbook.check(claim, context) for context in (texts, found.hits, found, iter(texts))]
    assert {checked.score for checked in against} == {against[0].score} and against[0].supported
    with pytest.raises(InvalidInput, match="context is 5, and no text"):
        handbook.check(claim, 5)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="answer is None, and no text"):
        handbook.check(None)  # type: ignore[arg-type]


@pytest.fixture
def elsewhere() -> Iterator[OpenAIServer]:
    """A server that wants a key of its own."""
    with OpenAIServer(api_key="sk-elsewhere") as server:
        yield server


def test_all_calls_of_a_question_go_to_the_server_that_was_given_with_it(
    handbook: Index, server: OpenAIServer, elsewhere: OpenAIServer
) -> None:
    def said(request: Request) -> str:
        return judged(request) if "Judge each numbered" in str(request.body) else f"{TRUE} [1]"

    elsewhere.default = said
    there = {"model": "openai/stub", "api_base": elsewhere.url, "api_key": "sk-elsewhere"}
    first = handbook.ask("What is Rotterdam?", thread="t", expand="rewrite", check="judge", **there)
    assert first.groundedness is not None and first.groundedness.detector == "judge"
    handbook.ask("And Norway?", thread="t", check="judge:openai/other", **there)
    assert handbook.check(TRUE, by="judge:openai/other", api_base=elsewhere.url, api_key="sk-elsewhere").sentences
    assert server.requests == [] and len(elsewhere.requests) == 7
    assert {r.body["model"] for r in elsewhere.requests} == {"stub", "other"}


def test_a_reranker_has_a_server_of_its_own_by_an_alias(
    ws: Workspace, handbook: Index, server: OpenAIServer, elsewhere: OpenAIServer
) -> None:
    alias = {"model": "rerank-v9", "api_base": elsewhere.url, "api_key": "sk-elsewhere"}
    ws.config.set("models", {"best": alias})
    found = handbook.retrieve("What does shipping to Norway cost?", rerank="api:best")
    assert found.notes == () and "Norway" in found.hits[0].text
    assert [(r.path, r.body["model"]) for r in elsewhere.requests] == [("/v1/rerank", "rerank-v9")]
    ws.config.set("models", {"best": {"model": "rerank-v9", "api_base": elsewhere.url}})
    assert "not reranked" in handbook.retrieve("Norway?", rerank="api:best").notes[0]
    assert "sk-test-0123" not in str(elsewhere.requests[-1].headers)
    assert server.requests == []


def test_an_answer_without_a_model_says_why_unless_that_was_chosen(ws: Workspace, handbook: Index) -> None:
    asked = "What does shipping to Norway cost?"
    assert "no language model is configured" in str(handbook.ask(asked))
    assert "configured" not in str(handbook.ask(asked, model="extractive"))
    ws.config.set("model", "openai/stub")
    chosen = handbook.ask(asked, model="extractive")
    assert chosen.extractive and "12 euros" in chosen.text and chosen.unasked == ""
    ws.config.set("ai", False)
    assert "model calls are switched off" in str(handbook.ask(asked))


def test_a_filter_finds_the_columns_of_a_table_that_are_called_as_fields_are(ws: Workspace) -> None:
    rows = [
        {"id": "a", "text": "The lock was oiled.", "source": "paper", "page": 3, "kind": "note"},
        {"id": "b", "text": "The lock was changed.", "source": "phone", "page": 9, "kind": "call"},
    ]
    ws.ingest(pd.DataFrame(rows), into="locks")

    def documents(where: str) -> set[str]:
        return {hit.document for hit in ws.index("locks").retrieve("lock", where=where).hits}

    assert documents("source = 'phone'") == documents("page > 4") == documents("kind = 'call'") == {"b"}
    assert documents("source != 'phone'") == {"a"}
    assert documents("source like 'DataFrame%'") == {"a", "b"}


def test_an_extracted_answer_is_streamed_in_one_piece(ws: Workspace, handbook: Index) -> None:
    asked = "What does shipping to Norway cost?"
    stream = handbook.stream(asked, check=True, thread="t")
    assert list(stream) == [handbook.ask(asked).text]
    assert stream.answer.extractive and stream.answer.groundedness is not None and stream.answer.citations
    with pytest.raises(InvalidInput, match="schema"):
        handbook.stream(asked, schema="euros int")


def test_a_judge_without_a_model_says_so(handbook: Index) -> None:
    with pytest.raises(InvalidInput, match="No language model is chosen that could judge"):
        handbook.check(TRUE, list(PASSAGES), by="judge")
