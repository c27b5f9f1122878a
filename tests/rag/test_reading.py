import pytest

from motadata_nb.rag.reading import closeness


def close(question: str, text: str) -> float:
    return closeness(question.split(), text, str.split, lambda term: 2.0 if term == "seal" else 1.0)


def test_a_sentence_that_says_all_is_closer_than_a_text_that_says_it_in_pieces() -> None:
    together = close("pump seal", "the pump lost its seal today. rain fell")
    apart = close("pump seal", "the pump ran. the seal held")
    assert together == pytest.approx(2.0)
    assert apart == pytest.approx(2 / 3 + 1)
    assert close("pump seal", "rain fell") == 0


def test_beginnings_of_words_count_where_the_stemmer_does_not_join_them() -> None:
    assert close("inspection seal", "an inspector came") == pytest.approx(1 / 3)


def test_lines_are_sentences_and_nothing_asked_is_no_division_by_zero() -> None:
    assert close("pump seal", "pump\nseal") == pytest.approx(2 / 3 + 1)
    assert close("", "pump") == 0
    assert close("pump", "") == 0
