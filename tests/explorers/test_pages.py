"""A passage is found on its page, however the page breaks its words."""

from __future__ import annotations

from pathlib import Path

import pytest

from motadata_nb_widgets.pages import _find, page_image

NIST = Path(__file__).parents[2] / "notebooks" / "data" / "NIST.AI.100-1.pdf"


@pytest.mark.parametrize(
    ("piece", "page", "found"),
    [
        ("As illustrated in Figure 5", "AI. As illus-\r\ntrated in Figure 5, the", "As illus-\r\ntrated in Figure 5"),
        ("find the office", "We \N{LATIN SMALL LIGATURE FI}nd the o\N{LATIN SMALL LIGATURE FFI}ce.", "ﬁnd the oﬃce"),
        ("It's   10 %.", "(It’s 10%)", "It’s 10"),
        ("lamp", "nothing here", None),
        ("…", "nothing here", None),
    ],
)  # fmt: skip
def test_spaces_hyphens_and_ligatures_do_not_matter(piece: str, page: str, found: str | None) -> None:
    span = _find(piece, page)
    assert (page[slice(*span)] if span else None) == found


def test_each_sentence_is_marked_on_a_real_page() -> None:
    sentence = "As illustrated in Figure 5, the Core is composed of four functions: GOVERN, MAP, MEASURE, and MANAGE."
    plain, marked = (page_image(NIST, NIST, 25, [text]) for text in ("no such sentence", sentence))
    assert marked.found and not plain.found and marked.png != plain.png
