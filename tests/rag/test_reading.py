import pytest

from motadata_nb.rag.search.reading import closeness, pieces

WEIGHTS = {"pump": 1.0, "seal": 2.0, "inspection": 1.0}


def close(question: str, text: str) -> float:
    """Without pieces: by sentences alone."""
    return closeness({term: WEIGHTS[term] for term in question.split()}, {}, text, str.split)


def alike(question: str, text: str) -> float:
    return closeness({}, pieces({word: WEIGHTS[word] for word in question.split()}), text, str.split)


def test_a_sentence_that_says_all_is_closer_than_a_text_that_says_it_in_pieces() -> None:
    assert close("pump seal", "the pump lost its seal today. rain fell") == pytest.approx(1)
    assert close("pump seal", "the pump ran. the seal held") == pytest.approx(2 / 3)
    assert close("pump seal", "rain fell") == 0


def test_pieces_of_words_count_where_the_stemmer_does_not_join_them() -> None:
    whole = alike("inspection seal", "Inspection of the seal")
    assert 0 < alike("inspection seal", "an Inspector came") < alike("inspection seal", "a SEAL was lost") < whole
    assert alike("pump", "rain fell") == 0


def test_pieces_do_not_reach_over_the_ends_of_words() -> None:
    assert alike("pump", "the pum and the mp") < alike("pump", "pumps") < alike("pump", "a pump.")


def test_pieces_share_the_weight_of_their_word() -> None:
    assert pieces({"seal": 2.0}) == pytest.approx({" sea": 2 / 3, "seal": 2 / 3, "eal ": 2 / 3})
    assert pieces({"a": 1.0, "of": 1.0}) == {" a ": 1.0, " of ": 1.0}


def test_lines_are_sentences_and_nothing_asked_is_no_division_by_zero() -> None:
    assert close("pump seal", "pump\nseal") == pytest.approx(2 / 3)
    assert closeness({}, {}, "pump", str.split) == 0
    assert close("pump", "") == 0
