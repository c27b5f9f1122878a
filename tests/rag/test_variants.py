import pytest

from motadata_nb.rag.search.variants import latin, variants


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("SHP-2", ["SHP2"]),
        ("SHP2", ["SHP", "2"]),
        ("vitamin D", []),
        ("state-of-the-art pumps", ["stateoftheart", "stateof", "ofthe"]),
        ("6-mercaptopurine", ["6mercaptopurine"]),
        ("TCP/IP", ["TCPIP"]),
        ("co\u2011operate", ["cooperate"]),
        ("COX-2-dependent", ["COX2dependent", "COX2", "2dependent"]),
        ("10mg a day - or two", ["10", "mg"]),
        ("2024-01-15", ["20240115", "202401", "0115"]),
        ("snake_case_name", []),
        ("", []),
    ],
)
def test_variants(text: str, found: list[str]) -> None:
    assert variants(text) == found


def test_greek_letters_among_latin_ones_are_spelled_out() -> None:
    assert latin("TNF-\u03b1 and IL1\u03b2, \u0394H; \u03c2") == "TNF-alpha and IL1-beta, delta-H; sigma"
    day = "\u03ba\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1"
    assert latin(day) == day
    assert latin("\u03b1") == "alpha"
    assert latin("a \u037e b") == "a \u037e b"
