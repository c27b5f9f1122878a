"""A row about something else, and the price of something else, are no answer."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.extractive.kinds import lacks_kind
from motadata_nb.rag.extractive.rowed import is_of_other_row, prices_another
from motadata_nb.rag.extractive.units import units
from motadata_nb.workspace import Workspace

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


@pytest.fixture(scope="module")
def embed() -> Embed:
    return MiniLM(threads=1).embed


@pytest.mark.parametrize(
    ("question", "row", "other"),
    [
        ("How many tulips were sold?", "Lavender \u2014 Sold: 3,150", True),
        ("How much lavender was sold?", "Lavender \u2014 Sold: 3,150", False),
        ("How many were sold?", "Lavender \u2014 Sold: 3,150", False),
        ("How much butter was sold in May?", "April \u2014 Cheese: 1,305; Butter: 720", True),
        ("How much butter was sold in April?", "April \u2014 Cheese: 1,305; Butter: 720", False),
        ("What was the loss of sample C1?", "A1 \u2014 Loss (mg): 412; Coating: none", True),
        ("Which sample has a coating of zinc?", "A2 \u2014 Loss (mg): 178; Coating: zinc", False),
        ("How much do kids pay?", "Child \u2014 Price: 3", False),
        ("What was the revenue?", "Net sales \u2014 2023: 12", False),
        ("What does a spade cost?", "product: Garden hose; price: 24.90; sold: 310", True),
        ("What does a hose cost?", "product: Garden hose; price: 24.90; sold: 310", False),
        ("Was kostet ein Stuhl?", "Tischplatte schleifen \u2014 Preis: 65 Euro", True),
        ("Was kostet das Schleifen der Tischplatte?", "Tischplatte schleifen \u2014 Preis: 65 Euro", False),
    ],
)
def test_the_row_of_what_is_asked_for(embed: Embed, question: str, row: str, other: bool) -> None:
    assert is_of_other_row(question, row, "Prices", embed) is other


@pytest.mark.parametrize(
    ("question", "sentence", "other"),
    [
        ("What does a swimming cap cost?", "Lockers take a one-pound coin.", True),
        ("What does a swimming cap cost?", "Caps are sold for four pounds.", False),
        ("What does a swimming cap cost?", "They cost four pounds.", False),
        ("How much is the rent?", "The lease costs 48 pounds a plot.", False),
        ("How much does it cost?", "The lease costs 48 pounds a plot.", False),
        ("Was kostet die Kappe?", "Ein Schrank kostet einen Euro.", True),
        ("Was kostet der Eintritt?", "Erwachsene zahlen 6 Euro.", False),
    ],
)
def test_the_price_of_what_is_asked_for(embed: Embed, question: str, sentence: str, other: bool) -> None:
    whole = f"Swimming caps are compulsory. Kappen sind Pflicht. {sentence}"
    assert prices_another(question, sentence, "", "Swimming caps are compulsory.", whole, embed) is other


@pytest.mark.parametrize(
    ("question", "sentence", "lacks"),
    [
        ("Who sleeps in the barn?", "The old cat sleeps in the barn.", False),
        ("Who sleeps in the barn?", "In the barn there is a hose.", True),
        ("Who cleans the slide?", "The slide is cleaned every week.", True),
        ("Who enlarged the barn?", "The barn was built in 1998 and enlarged in 2016.", True),
        ("\u00bfQui\u00e9n hornea el pan?", "Despu\u00e9s se hornea durante 50 minutos.", True),
        ("\u00bfEn qu\u00e9 a\u00f1o se abri\u00f3 la cafeter\u00eda?", "La cafeter\u00eda abre a las 9:00.", True),
        ("How wide is the waiting room?", "The waiting room has twelve seats.", True),
        ("How wide is the waiting room?", "The waiting room is 12 metres wide.", False),
        ("\u00bfCu\u00e1nto mide el tel\u00f3n?", "El tel\u00f3n pesa 600 kilos.", True),
        ("How heavy was each sample?", "Each sample was dried at 60 \u00b0C and weighed.", True),
        ("How heavy is the pump?", "The pump weighs 48 kg.", False),
        ("At what temperature was it dried?", "It was dried at 60 \u00b0C.", False),
        ("At what temperature was it dried?", "It was dried for 90 minutes.", True),
        ("Wie viele Urlaubstage haben Gesellen?", "Gesellen haben 28 Tage Urlaub.", False),
        ("\u00bfCu\u00e1nto dura el curso?", "El curso cuesta mucho.", True),
        ("In welchem Jahr wurde sie er\u00f6ffnet?", "Sie wurde 1958 er\u00f6ffnet.", False),
    ],
)
def test_who_does_it_and_in_which_year(question: str, sentence: str, lacks: bool) -> None:
    assert lacks_kind(question, sentence) is lacks


def test_a_table_that_goes_on_has_the_names_of_its_columns() -> None:
    found = units("| Town9 | 120 | 7 |\n| Town10 | 133 | 8 |", "Towns > | Town | Units | Shops |")
    assert [unit.shown for unit in found] == [
        "Town9 \u2014 Units: 120; Shops: 7",
        "Town10 \u2014 Units: 133; Shops: 8",
    ]


def test_a_list_is_announced_without_its_heading() -> None:
    text = (
        "## Configuration\nThese options can be set:\n- batch: jobs taken at once\n- retries: how often it is tried\n"
    )
    whole = units(text)[0]
    assert whole.shown.startswith("These options can be set: batch")
    assert whole.text.startswith("## Configuration")
    assert text[whole.start : whole.end] == whole.cited


def test_german_is_answered_in_other_forms_of_its_words(ws: Workspace) -> None:
    text = (
        "F\u00fcr jede angefangene Woche Versp\u00e4tung fallen 50 Cent an. Im Regenwald des Amazonas wachsen 16.000 "
        "verschiedene Arten von B\u00e4umen. Die Leiterin Sabine Krohn hat sechs Fachkr\u00e4fte."
    )
    ws.ingest(pd.DataFrame({"id": ["text"], "text": [text]}), into="text")
    ask = ws.index("text").ask
    assert "50 Cent" in ask("Was muss man bei Versp\u00e4tung zahlen?").text.partition("[1]")[0]
    assert "16.000" in ask("Wie viele Baumarten gibt es im Amazonas-Regenwald?").text.partition("[1]")[0]
    assert not ask("Was kostet ein Kaffee?").found


LINES = """Library

Opening hours
Monday: 9:00 - 17:00
Tuesday: 9:00 - 18:00
Wednesday: closed

Fees
Adults: 12 euros
Children: free
Late return: 50 cents a day

The librarian must
- rinse the cups every evening
- lock the door

Note: the door is heavy. It is closed by hand.
"""


def test_lines_of_names_and_values_are_rows() -> None:
    found = {unit.shown or unit.text: unit for unit in units(LINES)}
    assert "Opening hours \u2014 Tuesday: 9:00 - 18:00" in found and "Opening hours" not in found
    assert found["Fees \u2014 Children: free"].cited == "Children: free"
    assert "The librarian must rinse the cups every evening; lock the door." in found
    assert all(LINES[unit.start : unit.end] == unit.cited for unit in found.values())


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("When is the library open on Tuesday?", "Opening hours \u2014 Tuesday: 9:00 - 18:00 [1]"),
        ("When is the library open on Wednesday?", "Opening hours \u2014 Wednesday: closed [1]"),
        ("When is the library open on Sunday?", ""),
        ("How much do children pay?", "Fees \u2014 Children: free [1]"),
        ("How much do adults pay?", "Fees \u2014 Adults: 12 euros [1]"),
        ("How much do pensioners pay?", ""),
        ("What must the librarian do?", "The librarian must rinse the cups every evening; lock the door. [1]"),
    ],
)
def test_the_line_of_what_is_asked_for(ws: Workspace, question: str, answer: str) -> None:
    ws.ingest(pd.DataFrame({"id": ["library"], "text": [LINES]}), into="library")
    found = ws.index("library").ask(question)
    assert found.text.startswith(answer) if answer else not found.found
