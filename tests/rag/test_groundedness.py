import pytest

from motadata_nb.rag.groundedness import check_answer
from motadata_nb.rag.terms import names, numbers
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
