import pytest

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.rag.groundedness import check_answer
from motadata_nb.rag.grounding.attribution import told
from motadata_nb.rag.words.terms import names, numbers, quantities, ranks
from tests.rag.test_extract import embed

CONTEXT = [
    "The main pump in Kiel moves 420 litres an hour. It was designed by Mary Sand in 1987.",
    "The valve does not close below 3 bar. Output increased after the repair.",
]


def test_a_copied_answer_is_supported_with_its_evidence() -> None:
    checked = check_answer(
        "The main pump in Kiel moves 420 litres an hour.", CONTEXT, embed, "What does the pump move?"
    )
    sentence = checked.sentences[0]
    assert checked.supported and checked.score > 0.9
    assert sentence.verdict == "supported"
    assert CONTEXT[sentence.passage][sentence.evidence_start : sentence.evidence_end] == sentence.evidence


def test_an_invented_sentence_is_not_found_and_lowers_the_score() -> None:
    good = "The main pump in Kiel moves 420 litres an hour."
    bad = good + " Golden elephants from Jupiter usually repaint wooden submarines every Thursday evening."
    checked = check_answer(bad, CONTEXT, embed)
    assert [s.verdict for s in checked.sentences] == ["supported", "not found"]
    assert not checked.supported
    assert checked.score < check_answer(good, CONTEXT, embed).score


@pytest.mark.parametrize(
    "claim",
    [
        "The main pump in Kiel moves 950 litres an hour.",
        "The valve does close below 3 bar.",
        "Output decreased after the repair.",
    ],
)
def test_another_number_or_sign_contradicts(claim: str) -> None:
    assert check_answer(claim, CONTEXT, embed).sentences[0].verdict == "contradicted"


def test_the_two_ends() -> None:
    assert check_answer("", CONTEXT, embed).score == 1.0
    assert check_answer("The pump moves.", [], embed).sentences[0].verdict == "not found"


def test_numbers_and_names_are_compared_in_one_form() -> None:
    assert numbers("1. It cost 1,200.50 and three men") == {"1200.5", "3"}
    assert names("The pump of Mary Sand") == {"mary", "sand"}


def test_number_words_are_numbers() -> None:
    assert numbers("fifty years, seventy-three languages, one of them") == {"50", "73"}
    assert ranks("the second one") == {"1", "2"}
    assert quantities("six months, 18 percent") == {("6", "month"), ("18", "%")}


def test_what_surrounds_a_claim_claims_nothing() -> None:
    assert told("Based on the provided passages, the pump leaks (Passage 2) [1, 3].") == ["pump", "leak"]
    assert told("Yes, sure.") == []


PLANT = [
    "The Halden plant was opened in 1994 by Mayor Ingrid Solberg. It supplies 48,000 households in the United States. "
    "Raw water comes from the lake and is filtered through sand. It is the second-largest plant of the county.",
    "Energy use fell by 18 percent after new pumps were installed. Visitors are not allowed on weekends. Maintenance "
    "is done every six months, and a report appears within 30 days. Opened filters cannot be returned unless faulty.",
]


@pytest.mark.parametrize(
    "claim",
    [
        "Maintenance takes place every 6 months.",
        "It is the 2nd largest plant of the county.",
        "The plant supplies 48,000 households in the US.",
        "Mayor Ingrid Solberg opened the Halden plant in 1994 [1].",
        "According to passage 2, maintenance is done every six months.",
        "Weekend visits are forbidden.",
        "The new pumps did not increase energy use.",
        "Opened filters can only be returned if they are faulty.",
        "Yes.",
        "I don't know.",
        "The passages do not say who designed the plant.",
    ],
)
def test_other_words_for_the_same_are_supported(claim: str) -> None:
    checked = check_answer(claim, PLANT, MiniLM().embed, "What is known about the plant?")
    assert (checked.sentences[0].verdict, checked.supported) == ("supported", True)


@pytest.mark.parametrize(
    "claim",
    [
        "Maintenance is done every three months.",
        "The plant supplies 84,000 households.",
        "The plant supplies 48 million households.",
        "The Halden plant was opened in 1994 by Mayor Karin Berg.",
        "Energy use rose by 18 percent after new pumps were installed.",
        "Visitors are allowed on weekends.",
        "Raw water comes from the lake and is not filtered.",
    ],
)
def test_an_answer_that_is_contradicted_is_not_supported_as_a_whole(claim: str) -> None:
    checked = check_answer(claim, PLANT, MiniLM().embed, "What is known about the plant?")
    assert (checked.sentences[0].verdict, checked.supported) == ("contradicted", False)
    assert checked.score < 0.5 and checked.sentences[0].score < 0.5


@pytest.mark.parametrize(
    ("claim", "context"),
    [
        (
            "Wet the silver and apply the cleaner with a cloth.",
            "Wet the silver and apply the cleaner with a cloth (not paper).",
        ),
        (
            "Tenants may end the lease within 14 days.",
            "Tenants may end the lease within 14 days without giving a reason.",
        ),
    ],
)
def test_a_negation_beside_the_claim_contradicts_nothing(claim: str, context: str) -> None:
    checked = check_answer(claim, [context], MiniLM().embed)
    assert checked.sentences[0].verdict == "supported" and checked.supported


KEY = [
    "The key is at the reception. Visitors sign the book before they enter. Ms Dorn repairs the printer every Friday."
]


@pytest.mark.parametrize(
    "claim",
    [
        "The key is on the roof.",
        "Nonsense.",
        "The key was stolen.",
        "The printer is broken.",
        "Visitors pay before they enter.",
    ],
)
def test_a_few_words_that_say_something_else_are_not_supported(claim: str) -> None:
    checked = check_answer(claim, KEY, MiniLM(threads=1).embed, "Where is the key?")
    assert checked.sentences[0].verdict == "not found" and not checked.supported


@pytest.mark.parametrize(
    "claim",
    ["The key is at the reception.", "At the reception.", "You get the key at reception.", "Visitors sign the book."],
)
def test_a_few_words_that_say_the_same_are(claim: str) -> None:
    checked = check_answer(claim, KEY, MiniLM(threads=1).embed, "Where is the key?")
    assert checked.sentences[0].verdict == "supported" and checked.supported


@pytest.mark.parametrize(
    ("claim", "context", "verdict"),
    [
        ("The tap gives 12 litres an hour.", "The tap of the garden gives 12 litres a minute.", "contradicted"),
        ("The tap gives 12 litres per minute.", "The tap of the garden gives 12 litres a minute.", "supported"),
        ("All visitors may enter the archive.", "Only staff may enter the archive.", "contradicted"),
        ("Employees may enter the archive.", "Only staff may enter the archive.", "supported"),
    ],
)
def test_another_rate_and_other_people_contradict(claim: str, context: str, verdict: str) -> None:
    assert check_answer(claim, [context], MiniLM().embed).sentences[0].verdict == verdict
