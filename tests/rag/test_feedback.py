import numpy as np
import pytest

from motadata_nb.rag.search.feedback import expand_terms, feedback_weights, keywords, mean_vector, query_views, rocchio


def test_keywords_leave_out_scaffolding_but_never_everything() -> None:
    assert keywords("Tell me about the pumps of Hall 3, please") == ["pumps", "hall", "3"]
    assert keywords("What is it?") == ["what", "is", "it"]


def test_views_are_the_question_its_keywords_and_its_sentences() -> None:
    views = query_views("Why do pumps fail? How are they mended?")
    assert [text for text, _ in views] == [
        "Why do pumps fail? How are they mended?",
        "pumps fail mended",
        "Why do pumps fail?",
        "How are they mended?",
    ]
    assert [weight for _, weight in views] == [1.0, 0.5, 0.25, 0.25]
    assert query_views("Why do pumps fail?") == [("Why do pumps fail?", 1.0)]


def test_expansion_keeps_the_question_and_adds_rare_words_of_the_hits() -> None:
    hits = ["pump seal leaks", "pump seal breaks", "garden"]
    boosts = expand_terms(["pump"], hits, [2.0, 1.9, -5.0], str.split, lambda t: 0.1 if t == "pump" else 1.0, terms=3)
    assert boosts["pump"] >= 1.0
    assert boosts["seal"] == max(w for t, w in boosts.items() if t != "pump") < 1.0
    assert sum(boosts.values()) == pytest.approx(1.3)


def test_no_hits_leave_the_query_as_it_is() -> None:
    query = np.asarray([1, 0], dtype=np.float32)
    assert expand_terms(["pump", "pump"], [], [], str.split, lambda t: 1.0) == {"pump": 2.0}
    assert rocchio(query, np.zeros((0, 2), dtype=np.float32), []) is query


def test_rocchio_moves_towards_the_trusted_hit() -> None:
    query = np.asarray([1, 0, 0], dtype=np.float32)
    moved = rocchio(query, np.eye(3, dtype=np.float32)[1:], [5.0, 0.0])
    assert moved[1] > moved[2] > 0
    assert float(np.linalg.norm(moved)) == pytest.approx(1.0, abs=1e-6)
    assert feedback_weights([1.0, 1.0]).tolist() == pytest.approx([0.5, 0.5])
    assert mean_vector(np.eye(2, dtype=np.float32), [1.0, 1.0]).tolist() == pytest.approx([0.5**0.5] * 2)
