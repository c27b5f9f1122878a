"""A sentence about another member of a group, or about another kind of the same thing, is no answer; nor is one that
does not say who, or which.
"""

import pandas as pd
import pytest

from motadata_nb.rag.extractive.foreign import foreign_gaps
from motadata_nb.rag.extractive.kinds import lacks_kind
from motadata_nb.rag.extractive.swapped import swapped
from motadata_nb.rag.index import Index
from motadata_nb.rag.words.sisters import asks_of_another
from motadata_nb.workspace import Workspace

TEXTS = {
    "farm": "Employees of the dairy get 26 days of leave. Milkers attend a training of four days. The repair of the "
    "cooling tank cost 7,300 euros in May 2021. A litre of goat milk costs 2.10 euros.",
    "hof": "Die Angestellten der Molkerei haben 26 Tage Urlaub. Die Reparatur des K\u00fchltanks kostete 7300 Euro. Im "
    "Sommer arbeiten sie 44 Stunden in der Woche.",
    "granja": "Los empleados de la lecher\u00eda tienen 26 d\u00edas de vacaciones. El dep\u00f3sito fue reparado en "
    "2021 con un coste de 7.300 euros. Los pastores asisten a un curso de cuatro d\u00edas.",
    "ferme": "Les salari\u00e9s de la laiterie ont 26 jours de cong\u00e9. La cuve a \u00e9t\u00e9 "
    "r\u00e9par\u00e9e en 2021 pour 7 300 euros. Les bergers suivent un stage de quatre jours.",
}


@pytest.fixture
def farms(ws: Workspace) -> Index:
    ws.ingest(pd.DataFrame({"id": list(TEXTS), "text": list(TEXTS.values())}), into="farms")
    return ws.index("farms")


@pytest.mark.parametrize(
    "question",
    [
        "How many days of leave do trainees of the dairy get?",
        "Which certificate do milkers need?",
        "Who repaired the cooling tank?",
        "What does a litre of sheep milk cost?",
        "Wie viele Tage Urlaub haben die Lehrlinge der Molkerei?",
        "Wer hat den K\u00fchltank repariert?",
        "Wie viele Stunden arbeiten sie im Winter?",
        "\u00bfCu\u00e1ntos d\u00edas de vacaciones tienen los aprendices de la lecher\u00eda?",
        "\u00bfQui\u00e9n repar\u00f3 el dep\u00f3sito?",
        "\u00bfQu\u00e9 certificado necesitan los pastores?",
        "Combien de jours de cong\u00e9 ont les apprentis de la laiterie ?",
        "Qui a r\u00e9par\u00e9 la cuve ?",
        "Quel certificat faut-il aux bergers ?",
    ],
)
def test_what_is_said_of_another_is_no_answer(farms: Index, question: str) -> None:
    answer = farms.ask(question)
    assert not answer.found, answer.text


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("How many days of leave do the employees of the dairy get?", "26 days"),
        ("How many days of leave do the workers of the dairy get?", "26 days"),
        ("How long is the training of milkers?", "four days"),
        ("What did the repair of the cooling tank cost?", "7,300"),
        ("What does a litre of goat milk cost?", "2.10"),
        ("Wie viele Tage Urlaub haben die Mitarbeiter der Molkerei?", "26 Tage"),
        ("Was kostete die Reparatur des K\u00fchltanks?", "7300"),
        ("\u00bfCu\u00e1ntos d\u00edas de vacaciones tienen los trabajadores de la lecher\u00eda?", "26 d\u00edas"),
        ("\u00bfCu\u00e1ndo fue reparado el dep\u00f3sito?", "2021"),
        ("\u00bfQu\u00e9 fue reparado en 2021?", "dep\u00f3sito"),
        ("Combien de jours de cong\u00e9 ont les employ\u00e9s de la laiterie ?", "26 jours"),
        ("Quand la cuve a-t-elle \u00e9t\u00e9 r\u00e9par\u00e9e ?", "2021"),
    ],
)
def test_what_is_said_of_the_same_is_one(farms: Index, question: str, said: str) -> None:
    assert said in farms.ask(question).text.partition("[1]")[0]


@pytest.mark.parametrize(
    ("question", "sentence", "around", "another"),
    [
        ("When do trainees start?", "Employees start at nine.", "", True),
        ("When do staff start?", "Employees start at nine.", "", False),
        ("When do trainees start?", "Employees start at nine.", "Trainees are employees, too.", False),
        ("What do part-time staff earn?", "Full-time staff earn 3,000 euros.", "", True),
        ("Do trainees and employees start together?", "Employees start at nine.", "", False),
        ("Was zahlen Rentner?", "Erwachsene zahlen 8 Euro.", "", True),
        ("Who leads it?", "Employees lead it.", "", False),
    ],
)
def test_members_of_a_group(question: str, sentence: str, around: str, another: bool) -> None:
    assert asks_of_another(question, sentence, around) is another


def test_another_word_before_the_same() -> None:
    found = swapped("Where does the wheat flour come from?", "Rye flour comes from Hull.")
    assert found == [("wheat", "Rye")]
    assert not swapped("Where does the rye flour come from?", "Rye flour comes from Hull.")
    assert not swapped("Where does the flour come from?", "Rye flour comes from Hull.")


@pytest.mark.parametrize(
    ("question", "sentence", "lacks"),
    [
        ("Who repaired the pump?", "In May 2022 the pump failed for nine hours.", True),
        ("Who repaired the pump?", "The pump was repaired in May by Rolf Ahlers.", False),
        ("\u00bfQui\u00e9n repar\u00f3 el horno?", "El horno fue reparado en 2019.", True),
        ("\u00bfQui\u00e9n repar\u00f3 el horno?", "El horno fue reparado por la empresa Solano.", False),
        ("Qui a r\u00e9par\u00e9 le toit ?", "Le toit a \u00e9t\u00e9 r\u00e9par\u00e9 en 2018.", True),
        ("Qui a r\u00e9par\u00e9 le toit ?", "Le toit a \u00e9t\u00e9 r\u00e9par\u00e9 par un couvreur.", False),
        ("Wer repariert das Dach?", "Das Dach wird im Herbst repariert.", True),
        ("Wer repariert das Dach?", "Das Dach repariert Herr Wolff.", False),
        ("What colour are the aprons?", "Aprons are washed at 90 degrees.", True),
        ("What colour are the aprons?", "The aprons are dark blue.", False),
        ("\u00bfQu\u00e9 edad tiene Ana?", "Ana dirige el museo desde 2017.", True),
        ("\u00bfQu\u00e9 edad tiene Ana?", "Ana tiene 34 a\u00f1os.", False),
    ],
)
def test_somebody_and_colours_and_ages(question: str, sentence: str, lacks: bool) -> None:
    assert lacks_kind(question, sentence) is lacks


def test_the_words_that_ask_in_other_languages() -> None:
    missing = foreign_gaps("\u00bfQui\u00e9n imparte los talleres?", "Los talleres empiezan a las once.", "", "", {})
    assert missing["does"] == 1 and missing["soft"] == 0.5
    missing = foreign_gaps("Combien de chevaux a la ferme ?", "La ferme a 40 vaches.", "", "", {})
    assert missing["counted"] == 1
    missing = foreign_gaps("Wie hoch ist die Miete?", "Die Miete betr\u00e4gt 300 Euro.", "", "", {})
    assert missing["thing"] == 0
    assert foreign_gaps("\u00bfQu\u00e9 certificado necesitan los gu\u00edas?", "Nada.", "", "", {})["type"] == 1
    assert foreign_gaps("\u00bfQu\u00e9 da\u00f1\u00f3 la tormenta?", "Nada.", "", "", {})["type"] == 0
