"""What is asked of somebody must be spoken of, and an abbreviation is spelled out or it is not."""

import pandas as pd
import pytest

from motadata_nb.rag.extractive.attributes import asked_attribute
from motadata_nb.rag.index import Index
from motadata_nb.rag.words.languages import foreign_words
from motadata_nb.workspace import Workspace

TEXTS = {
    "staff": "The Chief Executive Officer (CEO) is Ingrid Falk. The Chief Financial Officer (CFO) is Tom Rey.",
    "leave": "Requests must reach Human Resources (HR) seven weeks before. Employees have 28 days of leave.",
    "goal": "The Service Level Objective (SLO) for checkout is 99.95 percent. A runbook lists steps.",
    "rows": "region: North; year: 2022; units: 310\nregion: South; year: 2023; units: 402",
    "pay": "The driver of the depot is paid 3,100 euros a month. Lamps cost 59 euros.",
    "urlaub": "Jeder Mitarbeiter erh\u00e4lt 30 Tage Urlaub. Die K\u00fcndigungsfrist betr\u00e4gt vier Wochen.",
    "garantie": "La garantie couvre les d\u00e9fauts de fabrication pendant deux ans \u00e0 compter de l'achat.",
    "devolver": "Los clientes pueden devolver un producto en un plazo de 30 d\u00edas naturales.",
}


@pytest.fixture
def mixed(ws: Workspace) -> Index:
    ws.ingest(pd.DataFrame({"id": list(TEXTS), "text": list(TEXTS.values())}), into="mixed")
    return ws.index("mixed")


@pytest.mark.parametrize(
    "question",
    [
        "What is the salary of the CEO?",
        "What is the phone number of Ingrid Falk?",
        "How old is Ingrid Falk?",
        "Who is the Chief Technology Officer?",
        "Who manages the East region?",
        "How many units were sold in 2019?",
        "What does GDPR stand for?",
        "What is the dress code?",
    ],
)
def test_what_is_merely_near_is_no_answer(mixed: Index, question: str) -> None:
    answer = mixed.ask(question)
    assert not answer.found and not answer.citations


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who is the CEO?", "Ingrid Falk"),
        ("What is the salary of the driver?", "3,100 euros"),
        ("What is the price of lamps?", "59 euros"),
        ("What does HR stand for?", "Human Resources (HR)"),
        ("What is SLO?", "Service Level Objective (SLO)"),
        ("What is the SLO for checkout?", "99.95"),
        ("Wie viele Tage Urlaub erh\u00e4lt jeder Mitarbeiter?", "30 Tage"),
        ("Wie lang ist die K\u00fcndigungsfrist?", "vier Wochen"),
        ("Quelle est la dur\u00e9e de la garantie ?", "deux ans"),
        ("\u00bfEn qu\u00e9 plazo se puede devolver un producto?", "30 d\u00edas"),
    ],
)
def test_what_is_said_is_answered(mixed: Index, question: str, said: str) -> None:
    assert said in mixed.ask(question).text.partition("[1]")[0]


@pytest.mark.parametrize(
    ("question", "noun"),
    [
        ("What is the salary of the CEO?", "salary"),
        ("What is Ingrid Falk's phone number?", "phone"),
        ("Who was the wife of the king?", "wife"),
        ("What is the name of the bridge?", ""),
        ("What is the theory based on?", ""),
        ("Who leads it?", ""),
    ],
)
def test_the_attribute_that_is_asked_for(question: str, noun: str) -> None:
    assert asked_attribute(question) == noun


def test_function_words_of_other_languages_are_known() -> None:
    assert "wie" in foreign_words("Wie lange dauert die Probezeit?")
    assert "quelle" in foreign_words("Quelle est la dur\u00e9e de la garantie ?")
    assert foreign_words("What is the notice period?") == frozenset() == foreign_words("Larkspur Inc?")
