"""A sentence about other days, another rate, another side or another one of several is no answer."""

import pandas as pd
import pytest

from motadata_nb.rag.extractive.bearing import bears_off
from motadata_nb.rag.words.rates import rates
from motadata_nb.rag.words.weekdays import weekdays, within_days
from motadata_nb.workspace import Workspace

OPEN = "The shop is open Monday to Friday from 8:00 to 18:00 and on Saturday until noon."


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("open Monday to Friday and on Sunday", [0, 1, 2, 3, 4, 6]),
        ("every day except Sunday", [0, 1, 2, 3, 4, 5, 6]),
        ("Mo\u2013Fr 8\u201318 Uhr, Sa 9\u201312 Uhr", [0, 1, 2, 3, 4, 5]),
        ("montags bis donnerstags", [0, 1, 2, 3]),
        ("Tue-Thu 9:00, closed at the weekend", [1, 2, 3, 5, 6]),
        ("de martes a s\u00e1bado", [1, 2, 3, 4, 5]),
        ("du vendredi \u00e0 17 heures au dimanche", [4, 5, 6]),
        ("from Friday to Monday", [0, 4, 5, 6]),
        ("The sun is so hot. Do we mar it?", []),
    ],
)
def test_the_days_of_a_text(text: str, days: list[int]) -> None:
    assert sorted(weekdays(text)) == days


def test_what_an_amount_is_counted_by() -> None:
    assert rates("12 l/min") == {("time", 1)} and rates("a second pump") == frozenset()
    assert rates("30 hours a week, paid monthly") == {("time", 4), ("time", 5)}


@pytest.mark.parametrize(
    ("question", "sentence", "off"),
    [
        ("When does the shop open on Sunday?", OPEN, True),
        ("When does the shop open on Saturday?", OPEN, False),
        ("When does the shop open on Wednesday?", OPEN, False),
        ("Is the shop open on Sunday?", OPEN, False),
        ("When does it open on Sunday?", "It is open every day except Sunday.", False),
        ("Wann \u00f6ffnet der Laden am Sonntag?", "Der Laden \u00f6ffnet montags bis samstags um 8 Uhr.", True),
        ("\u00bfA qu\u00e9 hora abre el lunes?", "Abre de martes a domingo a las 9.", True),
        ("\u00c0 quelle heure ouvre-t-il le mardi ?", "Il ouvre du mercredi au dimanche \u00e0 10 h.", True),
        ("How many litres per hour does it pump?", "It pumps 40 litres per minute.", True),
        ("How many litres an hour does it pump?", "It pumps 40 litres per hour.", False),
        ("How many litres per hour does it pump?", "It pumps 40 litres.", False),
        ("Wie viele Liter pro Stunde f\u00f6rdert sie?", "Sie f\u00f6rdert 40 Liter pro Minute.", True),
        ("What is paid per gallon?", "Farmers are paid 43 pence per litre.", True),
        ("How much are farmers paid per gallon?", "Farmers are paid 43 pence per litre.", True),
        ("How wide is the pool?", "The pool is 25 metres long and 1.8 metres deep.", True),
        ("How deep is the pool?", "The pool is 25 metres long and 1.8 metres deep.", False),
        ("How wide is the pool?", "The pool measures 25 metres by 10 metres.", False),
        ("When was the first pump bought?", "A second pump was bought in May.", True),
        ("When was the first pump bought?", "The first pump was bought in May, a second pump later.", False),
        ("How many bikes were repaired in 2022?", "In 2023 they repaired 1,275 bikes.", True),
        ("How many bikes were repaired in 2022?", "From 2020 to 2024 they repaired 1,275 bikes.", False),
        ("How many bikes were repaired in 2022?", "They have repaired 90 bikes since 2019.", False),
        ("Wie viele R\u00e4der wurden im Jahr 2022 repariert?", "2023 wurden 90 R\u00e4der repariert.", True),
        ("When was the hall of 2022 built?", "It was built in 2023.", False),
        ("Who works in hall 2?", "Anna works in hall 3.", True),
    ],
)
def test_what_bears_off(question: str, sentence: str, off: bool) -> None:
    assert bears_off(question, sentence) is off


def test_what_is_said_of_others_is_not_answered(ws: Workspace) -> None:
    text = (
        f"{OPEN} The bakery opens at 6 am every day except Monday. The pump moves 850 litres per minute. "
        "Failed parcels are kept for seven days. On Sundays the car park is closed."
    )
    ws.ingest(pd.DataFrame({"id": ["shop"], "text": [text]}), into="shop")
    ask = ws.index("shop").ask
    for question in (
        "How many litres per hour does the pump move?",
        "How long are successful parcels kept?",
        "When does the shop open on Sunday?",
    ):
        assert not ask(question).found, question
    assert "noon" in ask("When does the shop close on Saturday?").text
    assert "850" in ask("How many litres per minute does the pump move?").text
    assert ask("Is the car park open on Sundays?").text.startswith("On Sundays the car park is closed.")


def test_a_day_within_others_is_not_missed(ws: Workspace) -> None:
    assert within_days("When does the shop open on Tuesday?", [OPEN]) == "When does the shop open ?"
    assert within_days("When does the shop open on Saturday?", [OPEN]) == "When does the shop open on Saturday?"
    assert within_days("When does the shop open on Sunday?", [OPEN]) == "When does the shop open on Sunday?"
    text = (
        "Le mus\u00e9e est ouvert du mercredi au dimanche de 10 h \u00e0 18 h. "
        "Le jardin ferme \u00e0 la tomb\u00e9e de la nuit."
    )
    ws.ingest(pd.DataFrame({"id": ["musee"], "text": [text]}), into="musee")
    ask = ws.index("musee").ask
    assert "10 h" in ask("\u00c0 quelle heure le mus\u00e9e ouvre-t-il le samedi ?").text
    assert "nuit" in ask("Quand le jardin ferme-t-il ?").text
    assert not ask("\u00c0 quelle heure le mus\u00e9e ouvre-t-il le mardi ?").found
