"""Who does what to whom, and names that stand nowhere, in the check of an answer."""

import pytest

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.groundedness import check_answer
from motadata_nb.rag.grounding.roles import doings, exchanged, replaced

CONTEXT = [
    "Vantor Logistics acquired Brellis Shipping in March 2021 for 340 million euros. The deal was approved by the "
    "regulator in Madrid. Brellis had 1,200 employees at that time.",
    "Dr. Helena Marsh succeeded Peter Olsen as director of the observatory in 2016. Olsen moved to Lisbon.",
    "Aspirin inhibits the enzyme cyclooxygenase. The trophy was handed over by Anna Lindgren.",
    "The tenant pays the landlord a deposit of three monthly rents. The landlord returns the deposit within six weeks.",
]


@pytest.mark.parametrize(
    "claim",
    [
        "Brellis Shipping acquired Vantor Logistics in March 2021.",
        "Vantor Logistics was acquired by Brellis Shipping.",
        "Peter Olsen succeeded Dr. Helena Marsh as director.",
        "Helena Marsh was succeeded by Peter Olsen.",
        "Cyclooxygenase inhibits aspirin.",
        "The landlord pays the tenant a deposit of three monthly rents.",
        "The tenant returns the deposit within six weeks.",
        "The deal was approved by the regulator in Lisbon.",
    ],
)
def test_roles_that_are_exchanged_contradict(claim: str) -> None:
    checked = check_answer(claim, CONTEXT, MiniLM().embed)
    assert (checked.sentences[0].verdict, checked.supported) == ("contradicted", False)


@pytest.mark.parametrize(
    "claim",
    [
        "Vantor Logistics acquired Brellis Shipping together with Nordkap Capital.",
        "Dr. Helena Marsh and Ingo Bauer succeeded Peter Olsen as director.",
        "The deal was approved by the regulator in Madrid and by the Ministry in Warsaw.",
        "Brellis had 1,200 employees in Rotterdam at that time.",
        "According to Reuters, Brellis had 1,200 employees.",
    ],
)
def test_a_name_that_stands_nowhere_is_not_supported(claim: str) -> None:
    checked = check_answer(claim, CONTEXT, MiniLM().embed)
    assert checked.sentences[0].verdict != "supported" and not checked.supported


@pytest.mark.parametrize(
    "claim",
    [
        "Vantor Logistics bought Brellis Shipping in 2021.",
        "Brellis Shipping was acquired by Vantor Logistics.",
        "Peter Olsen was succeeded by Helena Marsh.",
        "Cyclooxygenase is inhibited by aspirin.",
        "The deposit is returned by the landlord within six weeks.",
        "A deposit of three monthly rents is paid to the landlord by the tenant.",
        "Anna Lindgren handed over the trophy.",
    ],
)
def test_the_same_in_another_order_is_supported(claim: str) -> None:
    checked = check_answer(claim, CONTEXT, MiniLM().embed)
    assert (checked.sentences[0].verdict, checked.supported) == ("supported", True)


def test_what_is_mutual_has_no_roles() -> None:
    assert not exchanged(doings("Sweden played against Norway."), doings("Norway played against Sweden."))
    assert exchanged(doings("Sweden defeated Norway."), doings("Norway defeated Sweden."))


def test_a_word_in_the_place_of_a_synonym_replaces_nobody() -> None:
    known = doings("The company returns the full deposit within weeks.")
    assert not replaced(doings("The firm returns the full deposit within weeks."), known, frozenset(), lambda: known)
