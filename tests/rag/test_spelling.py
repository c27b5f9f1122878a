"""Misspelt questions are read as the documents write, and it is said."""

import pandas as pd
import pytest

from motadata_nb.rag.index import Index
from motadata_nb.rag.search.spelling import Correction, corrected
from motadata_nb.workspace import Workspace

TEXTS = [
    "The probation period lasts four months. Expenses are reimbursed within ten working days.",
    "The camera is splash-proof. The warranty covers manufacturing defects. Beate Sheepshanks designed it.",
    "The GDPR and the toll apply to every camera with a network.",
]


@pytest.fixture
def staff(ws: Workspace) -> Index:
    ws.ingest(pd.DataFrame({"id": range(len(TEXTS)), "text": TEXTS}), into="staff")
    return ws.index("staff")


@pytest.mark.parametrize(
    ("question", "answer", "read"),
    [
        ("How long is the probaton period?", "four months", ("probaton", "probation")),
        ("When do I get my expences?", "ten working days", ("expences", "expenses")),
        ("What does the waranty cover?", "defects", ("waranty", "warranty")),
        ("Is the camrea splash-proof?", "splash-proof", ("camrea", "camera")),
        ("To what does the GPDR apply?", "camera", ("GPDR", "GDPR")),
        ("Who is Sheepshancks?", "Sheepshanks", ("Sheepshancks", "Sheepshanks")),
    ],
)
def test_a_slip_is_read_as_what_was_meant(staff: Index, question: str, answer: str, read: tuple[str, str]) -> None:
    found = staff.ask(question)
    assert answer in found.text and found.retrieval.corrections == (Correction(*read),)
    assert f"\u201c{read[0]}\u201d read as \u201c{read[1]}\u201d" in str(found)
    assert f"{read[0]} \u2192 {read[1]}" in found.explain()._repr_mimebundle_()["text/html"]


@pytest.mark.parametrize(
    "question",
    [
        "What does the warrant cover?",
        "Is there a canteen?",
        "Who is Probst?",
        "What is the XQZW?",
        "What does the TCOLL do?",
        "Does the GDPS apply?",
        "How long are periods?",
    ],
)
def test_words_and_other_names_are_left_alone(staff: Index, question: str) -> None:
    assert staff.retrieve(question).corrections == ()


@pytest.mark.parametrize("question", ["Wann endet die Probezeit?", "Quelle heure ?", "Cu\u00e1nto mide la torre?"])
def test_words_of_another_language_are_no_slips_of_english_ones(staff: Index, question: str) -> None:
    assert staff.retrieve(question).corrections == ()


def test_a_question_word_may_be_misspelt(staff: Index) -> None:
    assert staff.retrieve("Wich warranty is it?").corrections == (Correction("Wich", "Which"),)


def test_whole_words_are_replaced() -> None:
    assert corrected("Camrea and camreas", [Correction("Camrea", "Camera")]) == "Camera and camreas"
    assert corrected("As it is", ()) == "As it is"
