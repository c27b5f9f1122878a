import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motadata_nb.rag.search.diversity import mmr
from motadata_nb.rag.search.fusion import blend, cover, fuse, fuse_chunks, smooth, z_scores

scores = st.dictionaries(st.integers(0, 30), st.floats(-100, 100), min_size=2, max_size=30)


@given(scores)
def test_z_scores_have_mean_zero(arm: dict[int, float]) -> None:
    assert sum(z_scores(arm).values()) == pytest.approx(0, abs=1e-6)


@given(scores)
def test_one_arm_keeps_its_order(arm: dict[int, float]) -> None:
    fused = fuse([arm, {}])
    assert set(fused) == set(arm)
    assert [arm[i] for i in fused] == pytest.approx(sorted(arm.values(), reverse=True), abs=1e-6)


def test_what_both_arms_find_comes_first() -> None:
    assert next(iter(fuse([{"a": 9.0, "b": 8.0, "c": 1.0}, {"b": 0.9, "d": 0.8, "e": 0.1}]))) == "b"


def test_the_scale_of_an_arm_does_not_matter() -> None:
    words, meaning = {1: 5.0, 2: 3.0, 3: 1.0}, {2: 0.8, 3: 0.7, 4: 0.1}
    larger = {i: 100 * s + 7 for i, s in words.items()}
    assert list(fuse([words, meaning])) == list(fuse([larger, meaning]))


def test_a_document_is_found_by_words_of_one_chunk_and_meaning_of_another() -> None:
    words = {"x1": 9.0, "y1": 5.0, "z1": 1.0}
    meaning = {"x2": 0.9, "z1": 0.5, "y1": 0.1}
    assert list(fuse_chunks([words, meaning], lambda i: i[0]))[:2] in (["x1", "x2"], ["x2", "x1"])


def test_blend_keeps_a_share_of_the_first_search() -> None:
    assert blend({"a": 1.0, "b": 1.1}, {"a": 2.0, "b": 0.0}, share=0.3) == {"a": 1.6, "b": 1.1}


def test_smoothing_lifts_the_neighbour_of_good_hits() -> None:
    vectors = np.asarray([[1, 0], [0.99, 0.141], [0, 1], [0.98, 0.199]], dtype=np.float32)
    lifted = smooth({"a": 3.0, "b": 2.9, "far": 0.1, "near": 0.0}, vectors, weight=0.4, neighbours=2)
    assert list(lifted)[-1] == "far"
    assert smooth({"a": 1.0}, vectors[:1]) == {"a": 1.0}


def test_mmr_does_not_repeat_a_hit() -> None:
    vectors = np.asarray([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert mmr([1.0, 0.95, 0.5], vectors, k=2, relevance=0.5) == [0, 2]
    assert mmr([1.0, 0.95, 0.5], vectors, k=3, relevance=1.0) == [0, 1, 2]


def test_covering_the_question_lifts_a_chunk() -> None:
    assert list(cover({"often": 1.0, "all": 0.9, "none": 0.8}, {"often": 0.5, "all": 1.0}, weight=1.0)) == [
        "all",
        "often",
        "none",
    ]


def test_words_that_one_document_alone_has_count_for_it() -> None:
    meaning = {f"d{n}": 1 - n / 200 for n in range(100)}
    assert next(iter(fuse_chunks([{"d40": 7.0}, meaning], str, depth=100))) == "d40"
