from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from motadata_nb.ingestion.sentences import split_sentences


def texts(text: str) -> list[str]:
    return [s.text for s in split_sentences(text)]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400))
def test_spans_cover_all_but_white_space(text: str) -> None:
    found = split_sentences(text, max_chars=50)
    assert all(text[s.start : s.end] == s.text and 0 < len(s.text) <= 50 for s in found)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert sum(len("".join(s.text.split())) for s in found) == len("".join(text.split()))


def test_abbreviations_initials_and_numbers_do_not_end_a_sentence() -> None:
    text = "Dr. J. Smith et al. measured 3.5 m, see Fig. 3. The U.S. Army agreed. It was 5 p.m. The end."
    assert texts(text) == [
        "Dr. J. Smith et al. measured 3.5 m, see Fig. 3.",
        "The U.S. Army agreed.",
        "It was 5 p.m.",
        "The end.",
    ]


def test_lines_of_a_page_stay_one_sentence_and_blank_lines_and_bullets_part() -> None:
    text = "Scope\n\nThis text\ngoes on. It ends\n\u2022 first item\n\u2022 second item"
    assert texts(text) == ["Scope", "This text\ngoes on.", "It ends", "\u2022 first item", "\u2022 second item"]


def test_a_list_number_stays_with_its_item() -> None:
    assert texts("6. Heat the oil.\n7. Add salt.") == ["6. Heat the oil.", "7. Add salt."]


def test_a_single_long_line_is_cut() -> None:
    assert max(len(s.text) for s in split_sentences("word " * 10_000)) <= 1200


def test_other_scripts_end_sentences_too() -> None:
    assert texts("これは本です。それは犬です！ はい") == ["これは本です。", "それは犬です！", "はい"]
    assert texts("ما هذا؟ هذا كتاب۔ نعم") == ["ما هذا؟", "هذا كتاب۔", "نعم"]
    assert texts("Das gilt z.B. Hunden und Nr. 5 usw. Die Katze schläft.") == [
        "Das gilt z.B. Hunden und Nr. 5 usw.",
        "Die Katze schläft.",
    ]


def test_a_parenthesis_that_is_open_is_closed_first() -> None:
    text = "Ask Dr. Petra Wolf, head of care (ext. 4411). It rains (see Fig. 3. It shows more). Call Tel. 12 now."
    assert texts(text) == [
        "Ask Dr. Petra Wolf, head of care (ext. 4411).",
        "It rains (see Fig. 3. It shows more).",
        "Call Tel. 12 now.",
    ]
    assert texts("The mark ( was a slip. It went on.") == ["The mark ( was a slip.", "It went on."]
    assert texts("First ( here. Then.\n\nNext ) one.") == ["First ( here.", "Then.", "Next ) one."]


def test_german_ordinals_do_not_end_a_sentence() -> None:
    assert texts("Ab dem 1. Juli 2024 gilt es. Im 3. Quartal steigt es. Er ist 12. Sie nicht.") == [
        "Ab dem 1. Juli 2024 gilt es.",
        "Im 3. Quartal steigt es.",
        "Er ist 12.",
        "Sie nicht.",
    ]
