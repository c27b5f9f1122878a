from __future__ import annotations

import pytest

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.registry import parse
from tests.ingestion.documents import Words, column, pdf, sentences


def read(data: bytes, **fields: str) -> ParsedDocument:
    return parse(RawDocument(source="file.pdf", data=data, mime="application/pdf", **fields))


def blocks(parsed: ParsedDocument) -> list[tuple[str, str]]:
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


def test_two_columns_are_read_one_after_the_other() -> None:
    left, right = sentences("left column", 20), sentences("right column", 20)
    both = zip(column(left, 60, 700), column(right, 320, 700), strict=False)
    # Written line by line over both columns, as some programs do.
    page = [Words("A title over both of the columns", 150, 750, size=18), *(words for pair in both for words in pair)]
    parsed = read(pdf([page]))
    assert blocks(parsed)[0] == ("heading", "A title over both of the columns")
    text = " ".join(parsed.text.split())
    assert left[:400] in text
    assert text.index("left column of part 15") < text.index("right column of part 1 ")


def test_sizes_and_weight_make_headings() -> None:
    page = [
        Words("The Handbook", 72, 740, size=24),
        Words("1 Returns", 72, 700, size=16),
        *column(sentences("return", 6), 72, 670, width=80),
        Words("1.1 Europe", 72, 560, bold=True),
        *column(sentences("country", 6), 72, 540, width=80),
    ]
    parsed = read(pdf([page]))
    headings = [
        (block.level, parsed.text[block.start : block.end]) for block in parsed.blocks if block.kind == "heading"
    ]
    assert [text for _, text in headings] == ["The Handbook", "1 Returns", "1.1 Europe"]
    assert [level for level, _ in headings] == sorted({level for level, _ in headings})


def test_running_heads_and_page_numbers_are_not_repeated() -> None:
    pages = [
        [
            Words("Annual Report of the Company", 72, 770, size=8),
            *column(sentences(f"matter on page {number}", 8), 72, 700, width=80),
            Words(f"Page {number} of 5", 280, 30, size=8),
        ]
        for number in range(1, 6)
    ]
    parsed = read(pdf(pages))
    assert parsed.text.count("Annual Report of the Company") == 1
    assert "of 5" not in parsed.text
    assert "matter on page 5" in parsed.text


def test_a_sentence_over_the_end_of_a_page_is_one_and_each_part_knows_its_page() -> None:
    first = [*column(sentences("rule", 5), 72, 700, width=80), Words("The customer who returns the goods", 72, 600)]
    parsed = read(pdf([first, [Words("within thirty days is paid back.", 72, 700)]]))
    at = parsed.text.index("The customer who returns the goods within thirty days is paid back.")
    assert parsed.page_at(at) == 1
    assert parsed.page_at(parsed.text.index("within thirty")) == 2


def test_rows_of_a_table_keep_their_cells_together() -> None:
    rows = [("Net sales", "178", "136"), ("Cost of sales", "112", "88"), ("Operating income", "4", "4")]
    # The columns are written one after the other.
    page = [Words(row[i], 72 + 200 * i, 700 - 14 * n) for i in range(3) for n, row in enumerate(rows)]
    ((kind, text),) = blocks(read(pdf([page])))
    assert kind == "table"
    assert text.split("\n") == ["\t".join(row) for row in rows]


def test_divided_words_are_joined() -> None:
    page = [
        Words("The institu-", 72, 700),
        Words("tional endeavour is a well-", 72, 688),
        Words("known one, and well-known it is.", 72, 676),
    ]
    assert "The institutional endeavour is a well-known one" in read(pdf([page])).text


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
def test_a_turned_page_reads_the_same(rotate: int) -> None:
    lines = column(sentences("chapter", 8), 72, 700, width=60)
    assert read(pdf([lines], rotate=rotate)).text == read(pdf([lines])).text


def test_text_up_the_margin_does_not_disturb_the_page() -> None:
    lines = column(sentences("chapter", 12), 72, 700, width=60)
    parsed = read(pdf([[Words("arXiv 2004.04906 of 30 Sep 2020", 20, 300, turn=1), *lines]]))
    assert [text for _, text in blocks(parsed)] == [" ".join(w.text for w in lines), "arXiv 2004.04906 of 30 Sep 2020"]


def test_the_title_of_the_file_is_kept_unless_it_is_a_file_name() -> None:
    page = [[Words("Some text here.", 72, 700)]]
    assert read(pdf(page, title="The Handbook")).title == "The Handbook"
    assert read(pdf(page, title="Microsoft Word - handbook.doc")).title == ""


def refused(data: bytes, **fields: str) -> str:
    with pytest.raises(UnreadableDocument) as raised:
        read(data, **fields)
    return str(raised.value)


def test_an_encrypted_file_needs_its_password() -> None:
    data = pdf([[Words("A secret stands here.", 72, 700)]], password="zebra")
    assert read(data, password="zebra").text == "A secret stands here."
    assert "encrypted and needs a password" in refused(data)
    assert "password=" in refused(data)
    assert "password does not open" in refused(data, password="giraffe")


def test_a_file_that_is_encrypted_with_an_empty_password_is_read() -> None:
    assert read(pdf([[Words("Printing is forbidden.", 72, 700)]], password="")).text == "Printing is forbidden."


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty (0 bytes)"),
        (b"%PDF-1.7\n", "damaged"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 40, "damaged"),
        (pdf([[]]), "no text on its 1 page"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, reason: str) -> None:
    message = refused(data)
    assert reason in message
    assert "\n" in message, "the second line says what to do"


def test_the_end_of_the_file_may_be_missing() -> None:
    data = pdf([[Words("Still readable.", 72, 700)]])
    assert read(data[: data.index(b"xref")]).text == "Still readable."


def test_nothing_is_written_to_the_console(capfd: pytest.CaptureFixture[str]) -> None:
    refused(b"%PDF-1.7\n" + bytes(range(256)) * 40)
    read(pdf([[Words("Some text here.", 72, 700)]])[:-40])
    assert capfd.readouterr() == ("", "")
