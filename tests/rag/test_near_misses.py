"""Questions that a document nearly answers: about the right thing, but not what is asked of it."""

import pandas as pd
import pytest

from motadata_nb.rag.extractive.asked import asked_words
from motadata_nb.rag.extractive.kinds import lacks_kind
from motadata_nb.rag.extractive.units import units
from motadata_nb.rag.index import Index
from motadata_nb.workspace import Workspace

TEXTS = {
    "hr": "2 Leave\nFull-time employees have 29 days of annual leave. Parents may take two further days a year when a "
    "child is ill.\n\n4 Remote work\nAfter the probation period of five months, employees may work from home two days "
    "a week. Flights are allowed above a journey time of six hours. Meals are reimbursed with 28 euros a day.\n\n"
    "6 Contacts\nThe HR department is led by Marlene Oduya. Trips are booked through the travel office.",
    "science": "Seagrass and carbon\nLindqvist and Amadi measured the carbon that seagrass meadows store in the Bay of "
    "Tarrow between 2014 and 2019. Oil from the tanker Meridian reached the mudflats in March 2016. Arctic terns "
    "nesting on Skarv Island gave up 18 of 92 nests after a ferry line was opened.\n\n"
    "[1] Lindqvist, A., Amadi, C. (2020). Carbon in seagrass meadows. Journal of Coastal Carbon 12(3), 44-61.",
    "b\u00fccherei": "B\u00fccher werden f\u00fcr vier Wochen ausgeliehen, Filme f\u00fcr eine Woche. "
    "Gruppenr\u00e4ume werden bei Frau Tessmer reserviert. Montags bleibt die B\u00fccherei geschlossen.",
}


@pytest.fixture
def near(ws: Workspace) -> Index:
    ws.ingest(pd.DataFrame({"id": list(TEXTS), "text": list(TEXTS.values())}), into="near")
    return ws.index("near")


@pytest.mark.parametrize(
    "question",
    [
        "How many employees are there?",
        "Who leads the travel office?",
        "What is the notice period after probation?",
        "How much is reimbursed for a hotel?",
        "What is the email address of Marlene Oduya?",
        "Who publishes the Journal of Coastal Carbon?",
        "Who owns the tanker Meridian?",
        "How deep is the Bay of Tarrow?",
        "How much oil was spilled?",
        "Who operates the ferry line?",
        "How many people live on Skarv Island?",
        "Was kostet ein Gruppenraum?",
        "Wie viele B\u00fccher hat die B\u00fccherei?",
        "Wann wurde die B\u00fccherei gegr\u00fcndet?",
    ],
)
def test_a_sentence_that_says_something_else_is_no_answer(near: Index, question: str) -> None:
    assert not near.ask(question).found


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How many days of annual leave do full-time employees have?", "29 days"),
        ("Who leads the HR department?", "Marlene Oduya"),
        ("How much is reimbursed for meals?", "28 euros"),
        ("How long is the probation period?", "five months"),
        ("When did the oil reach the mudflats?", "March 2016"),
        ("Wie lange werden Filme ausgeliehen?", "eine Woche"),
        ("Wer reserviert Gruppenr\u00e4ume?", "Tessmer"),
    ],
)
def test_what_is_asked_is_still_answered(near: Index, question: str, said: str) -> None:
    assert said in near.ask(question).text.partition("[1]")[0]


@pytest.mark.parametrize(
    ("question", "sentence", "lacks"),
    [
        ("How many employees are there?", "Employees have 29 days of leave.", True),
        ("How many employees are there?", "It has 29 employees in 2019.", False),
        ("How many days are left?", "29 days are left.", False),
        ("How much oil was spilled?", "Oil reached the coast in March 2016.", True),
        ("What does the study cost?", "The study cost 900 euros.", False),
        ("How much did the study cost?", "The study ran for three years.", True),
        ("When is it due?", "It is due on the tenth of each month.", False),
        ("When does it open?", "It opens at nine o'clock.", False),
        ("When does it open?", "It opens with nine rooms.", True),
        ("How old is Anna?", "Anna was elected for two years.", True),
        ("How old is Anna?", "Anna is 34 years old.", False),
        ("How fast does it fly?", "It flies for 26 months.", True),
        ("How fast does it fly?", "It flies at 60 km/h.", False),
        ("How fast does the firm deliver?", "The firm delivers within nine days.", False),
        ("Wie schnell wird geliefert?", "Geliefert wird innerhalb von drei Wochen.", False),
        ("How fast does the firm deliver?", "The firm delivers to nine towns.", False),
        ("How fast does the firm deliver?", "The firm delivers for nine months a year.", True),
        ("What is her phone number?", "Questions go to extension 12.", True),
        ("Was kostet der Raum?", "Der Raum wird reserviert.", True),
        ("\u00bfCu\u00e1nto cuesta la toalla?", "La toalla cuesta dos euros.", False),
    ],
)
def test_the_kind_of_answer_must_be_there(question: str, sentence: str, lacks: bool) -> None:
    assert lacks_kind(question, sentence) is lacks


def test_the_words_that_ask() -> None:
    assert asked_words("Who publishes the journal?").does == ("publishes",)
    assert asked_words("How many young teams are there?").counted[-1] == "teams"
    assert asked_words("What is the notice period?").thing == ("notice",)
    assert asked_words("When was the library founded?").last == ("founded",)


def test_a_heading_above_a_sentence_is_not_cited() -> None:
    found = units(TEXTS["hr"])
    assert found[0].cited == "Full-time employees have 29 days of annual leave."
    assert found[0].text.startswith("2 Leave") and TEXTS["hr"][found[0].start : found[0].end] == found[0].cited
    marked = units("# Rules\n## 1 Leave\n1.1 Staff have 27 days of leave.")
    assert [unit.cited for unit in marked] == ["1.1 Staff have 27 days of leave."]
    assert [unit.cited for unit in units("The city of\nBerlin is large and old.")] == [
        "The city of\nBerlin is large and old."
    ]


def test_a_follow_up_is_answered_by_what_has_its_kind_of_answer(ws: Workspace) -> None:
    texts = {
        "team": "Team\nThe service team has 14 employees. Its hotline is open from 8:00 to 18:00 on weekdays. The "
        "hotline number is 0316 555 210.",
        "shop": "The shop in Graz is run by Lena Hoffer. Shoes can be returned.",
    }
    ws.ingest(pd.DataFrame({"id": list(texts), "text": list(texts.values())}), into="shop")
    shop = ws.index("shop")
    shop.ask("What is the hotline number?", thread="t")
    assert "8:00" in shop.ask("And when is it open?", thread="t").citations[0].sentence
    assert "Lena Hoffer" not in shop.ask("Who runs it?", thread="t").text


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("When does the warehouse close?", "The warehouse closes at six."),
        ("When does the canteen open?", "The canteen opens at about half past eleven."),
        ("How many days for a lamp?", "A lamp may be returned within fourteen days."),
        ("How many rooms are there?", "The hotel has forty-two rooms."),
        ("Wie viele Zimmer hat das Hotel?", "Das Hotel hat f\u00fcnfundzwanzig Zimmer."),
    ],
)
def test_numbers_in_words_and_hours_are_answers(question: str, sentence: str) -> None:
    assert not lacks_kind(question, sentence)
