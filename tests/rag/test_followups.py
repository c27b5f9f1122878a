"""Follow-ups without a model, several questions in one text, and conversations that are too long."""

import pandas as pd
import pytest

from motadata_nb.catalog.turns import Turn
from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.extractive.choosing import each_question
from motadata_nb.rag.followup import followed
from motadata_nb.rag.history import history
from motadata_nb.rag.index import Index
from motadata_nb.testing.openai_server import OpenAIServer
from motadata_nb.workspace import Workspace

ROWS = [
    f"region: {region}; year: {year}; product: {product}; units: {units}"
    for region, year, product, units in [
        ("North", 2022, "Desk Vela", 310), ("North", 2023, "Desk Vela", 355), ("South", 2022, "Desk Vela", 280),
        ("South", 2023, "Desk Vela", 402), ("North", 2023, "Lamp Aria", 1430), ("South", 2023, "Lamp Aria", 760),
    ]
]  # fmt: skip
NOTES = [
    "At 13:21 the engineer Priya Raman declared an incident.",
    "The agreement begins on 1 July and runs for three years. Helga Brandt signs the agreement.",
    "The battery lasts nine hours.",
]


@pytest.fixture
def sales(ws: Workspace) -> Index:
    texts = [*ROWS, *NOTES]
    ws.ingest(pd.DataFrame({"id": range(len(texts)), "text": texts}), into="sales")
    return ws.index("sales")


@pytest.mark.parametrize(
    ("turns", "read"),
    [
        (
            ["How many units were sold in the North in 2022?", "And in 2023?"],
            "How many units were sold in the North in 2023?",
        ),
        (["Who won in 2022?", "And in 2023?", "What about in 2024?"], "Who won in 2024?"),
        (["Who sold lamps in the North?", "And in the South?"], "Who sold lamps in the South?"),
        (["What is the notice period?", "And after probation?"], "What is the notice period after probation?"),
        (["Who is the CEO?", "Who is the CFO?"], "Who is the CFO?"),
        (["Who is the CEO?", "How old is she?"], "How old is she (Falk CEO)?"),
    ],
)
def test_what_a_follow_up_leaves_out_is_taken_from_before(turns: list[str], read: str) -> None:
    before = [Turn(question, "It is Falk. [1]") for question in turns[:-1]]
    assert followed(turns[-1], before).read == read


def test_a_chain_of_follow_ups_is_answered(sales: Index) -> None:
    asked = ["How many units of Desk Vela were sold in the North in 2022?", "And in 2023?", "And in the South?"]
    firsts = [sales.ask(question, thread="t").citations[0].sentence for question in asked]
    assert firsts == [ROWS[0], ROWS[1], ROWS[3]]
    assert "Lamp Aria; units: 760" in sales.ask("What about Lamp Aria?", thread="t").citations[0].sentence


def test_she_is_who_was_answered(sales: Index) -> None:
    sales.ask("Who declared the incident?", thread="p")
    assert "13:21" in sales.ask("When did she do it?", thread="p").text


def test_each_question_is_searched_for_and_cited(sales: Index) -> None:
    answer = sales.ask("Who declared the incident? And how long does the battery last?", k=1)
    assert [c.sentence for c in answer.citations] == [NOTES[0], NOTES[2]]
    assert len(answer.retrieval.searches) == 2


def test_a_question_may_lean_on_the_one_before_it(sales: Index) -> None:
    answer = sales.ask("Who signs the agreement? And how long does it run?")
    assert "Helga Brandt" in answer.text and "three years" in answer.text


def test_what_was_not_found_is_said_beside_what_was(sales: Index) -> None:
    answer = sales.ask("How long does the battery last? What is the weight of the moon?")
    assert answer.found and "nine hours" in answer.text
    assert answer.text.endswith("Not found in these documents: What is the weight of the moon?")


def test_questions_joined_by_and_are_two() -> None:
    assert each_question("What is the port and who declared it?") == ["What is the port", "who declared it?"]
    assert each_question("What is black and white?") == ["What is black and white?"]


def test_a_long_conversation_is_told_as_far_as_it_fits() -> None:
    turns = [Turn(f"Question {n}?", "word " * 400) for n in range(4)]
    told, said = history(turns, MiniLM(), 900)
    assert [m["content"] for m in told[::2]] == ["Question 2?", "Question 3?"] and said == ("history 2 of 4 turns",)
    short, _ = history(turns, MiniLM(), 100)
    assert len(short) == 2 and short[1]["content"].endswith("\u2026") and len(short[1]["content"].split()) < 60
    assert history([], MiniLM(), 900) == ([], ())


def test_a_thread_of_sixty_long_turns_stays_within_the_budget(sales: Index, server: OpenAIServer) -> None:
    for n in range(60):
        sales.conversations.add("long", "sales", f"Question {n}?", "A long answer about everything. " * 300)
    server.script("How long does the battery last?", "Nine hours [1].")
    answer = sales.ask("And how long does the battery last?", model="openai/stub", thread="long")
    size = sum(len(MiniLM().token_offsets(str(message["content"]))) for message in answer.messages)
    assert size < 6000 + 6000 // 4 and any(stage.startswith("history ") for stage in answer.trace)
    assert "history" in answer.explain()._repr_mimebundle_()["text/html"]
