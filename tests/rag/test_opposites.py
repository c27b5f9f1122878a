"""Opposites in other languages, changes at another time, and what somebody else did."""

from __future__ import annotations

import pytest

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.groundedness import Verdict, check_answer
from motadata_nb.rag.words.polar import in_english

GERMAN = (
    "Das Museum ist montags geschlossen. Hunde sind verboten. Das Parken ist kostenlos. Die Preise sind im Mai "
    "gestiegen. Die Teilnahme ist freiwillig."
)
FRENCH = "Le musée est fermé le lundi. Les photos sont interdites. Le parking est payant. Les ventes ont baissé en mai."
SPANISH = "La tienda está cerrada los lunes. Se permite fumar. La entrada es gratuita. Las ventas subieron en mayo."
TRENDS = "Sales rose in Q1 and fell in Q2. Imports dropped in May, while exports increased in May."
PEOPLE = (
    "Nordlys was founded by Olaf Berg's sister Helene. Jamal Aziz will get three quotes for the roof. "
    "The patent was written by Tom Reyes; his colleague Ada Winter filed it."
)
ENDED = "The old gate is closed to cars. Support for version 3 has ended. The office no longer uses fax machines."


def verdict(claim: str, context: str) -> Verdict:
    return check_answer(claim, [context], MiniLM(threads=1).embed).sentences[0].verdict


@pytest.mark.parametrize(
    ("claim", "context"),
    [
        ("Das Museum ist montags geöffnet.", GERMAN),
        ("Hunde sind erlaubt.", GERMAN),
        ("Das Parken ist kostenpflichtig.", GERMAN),
        ("Die Preise sind im Mai gesunken.", GERMAN),
        ("Le musée est ouvert le lundi.", FRENCH),
        ("Les photos sont autorisées.", FRENCH),
        ("Le parking est gratuit.", FRENCH),
        ("Les ventes ont augmenté en mai.", FRENCH),
        ("La tienda está abierta los lunes.", SPANISH),
        ("Se prohíbe fumar.", SPANISH),
        ("La entrada es de pago.", SPANISH),
        ("Las ventas bajaron en mayo.", SPANISH),
        ("Sales rose in Q2.", TRENDS),
        ("Sales fell in Q1.", TRENDS),
        ("Imports increased in May.", TRENDS),
        ("Olaf Berg founded Nordlys.", PEOPLE),
        ("Ines Roca will get three quotes for the roof.", PEOPLE),
        ("Tom Reyes filed the patent.", PEOPLE),
        ("The old gate is open to cars.", ENDED),
        ("The office uses fax machines.", ENDED),
    ],
)
def test_the_opposite_contradicts(claim: str, context: str) -> None:
    assert verdict(claim, context) == "contradicted"


@pytest.mark.parametrize(
    ("claim", "context"),
    [
        ("Hunde sind nicht erlaubt.", GERMAN),
        ("Das Museum ist montags nicht geöffnet.", GERMAN),
        ("Die Teilnahme ist nicht verpflichtend.", GERMAN),
        ("Le musée n'est pas ouvert le lundi.", FRENCH),
        ("Las ventas aumentaron en mayo.", SPANISH),
        ("Sales fell in Q2.", TRENDS),
        ("Exports increased in May.", TRENDS),
        ("Olaf Berg's sister founded Nordlys.", PEOPLE),
        ("Helene founded Nordlys.", PEOPLE),
        ("Ada Winter filed the patent.", PEOPLE),
        ("Cars cannot use the old gate.", ENDED),
        ("Version 3 is no longer supported.", ENDED),
        ("The office has stopped using fax machines.", ENDED),
    ],
)
def test_a_denied_opposite_supports(claim: str, context: str) -> None:
    assert verdict(claim, context) == "supported"


@pytest.mark.parametrize("claim", ["Sales rose in Q3.", "Sales fell in Q4."])
def test_a_change_at_another_time_is_not_found(claim: str) -> None:
    assert verdict(claim, "Sales rose in Q1 by a little. A shop was opened in Leeds.") == "not found"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Das Tor ist nicht mehr offen", "Das Tor ist not open"),
        ("La entrada es de pago", "La entrada es paid"),
        ("La visita es sin guía para los grupos", "La visita es without guía para los grupos"),
        ("A sin of the past", "A sin of the past"),
        ("MIT licence", "MIT licence"),
    ],
)
def test_words_with_an_opposite_are_read_in_english(said: str, read: str) -> None:
    assert in_english(said) == read
