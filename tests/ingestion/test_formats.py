"""Word, HTML, Markdown, tables and plain text."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.detect import detect
from motadata_nb.ingestion.parsers.docx import DocxParser
from motadata_nb.ingestion.registry import parse
from motadata_nb.testing.parser_suite import assert_positions
from tests.ingestion.documents import word_file


def read(data: bytes | str, mime: str) -> ParsedDocument:
    data = data.encode() if isinstance(data, str) else data
    parsed = parse(RawDocument(source="file", data=data, mime=mime))
    assert_positions(parsed)
    return parsed


def blocks(parsed: ParsedDocument) -> list[tuple[str, str]]:
    return [(block.kind, parsed.text[block.start : block.end]) for block in parsed.blocks]


# Word


def test_word_headings_lists_and_tables() -> None:
    def write(document: Any) -> None:
        document.core_properties.title = "The Handbook"
        document.add_heading("Returns", 1)
        document.add_paragraph("Within thirty days.")
        document.add_heading("Europe", 2)
        document.add_paragraph("first", style="List Bullet")
        document.add_paragraph("second", style="List Bullet")
        table = document.add_table(2, 2)
        for cell, text in zip(
            (c for row in table.rows for c in row.cells), ["Land", "Days", "Spain", "30"], strict=True
        ):
            cell.text = text

    parsed = read(word_file(write), DocxParser.mimes[0])
    assert parsed.title == "The Handbook"
    assert blocks(parsed) == [
        ("heading", "Returns"),
        ("paragraph", "Within thirty days."),
        ("heading", "Europe"),
        ("list", "- first\n- second"),
        ("table", "Land | Days\nSpain | 30"),
    ]
    assert [block.level for block in parsed.blocks if block.kind == "heading"] == [1, 2]


def test_word_insertions_are_read_and_deletions_are_not() -> None:
    body = (
        "<w:p><w:r><w:t>Goods </w:t></w:r><w:ins><w:r><w:t>can be returned</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText> never</w:delText></w:r></w:del>"
        "<w:sdt><w:sdtContent><w:r><w:t> in a control</w:t></w:r></w:sdtContent></w:sdt></w:p>"
    )
    assert read(_word_xml(body), DocxParser.mimes[0]).text == "Goods can be returned in a control"


def _word_xml(body: str) -> bytes:
    out = io.BytesIO()
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>')
    return out.getvalue()


def test_a_word_file_that_would_fill_the_memory_is_refused() -> None:
    out = io.BytesIO()
    with (
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("word/document.xml", "w") as stream,
    ):
        for _ in range(17):
            stream.write(bytes(2**24))
    assert len(out.getvalue()) < 2**21
    with pytest.raises(UnreadableDocument, match="256 MB"):
        read(out.getvalue(), DocxParser.mimes[0])


# HTML


def test_html_keeps_the_content_and_drops_the_rest() -> None:
    page = """<!doctype html><html lang="en"><head><title>Returns – Shop</title><style>p {color: red}</style></head>
    <body>    <header><a href="/">Shop</a></header><nav><ul><li>Home<li>Cart</ul></nav>
    <main><h1>Returns</h1><p>Goods can be<br>returned within <b>thirty</b> days&nbsp;of delivery.
    <p hidden>secret</p><p style="display: none">also secret</p>
    <ol><li>Print the label<li>Send it<ul><li>by post</ul></ol>
    <table><caption>Days</caption><tr><th>Country<th>Days<tr><td>Spain<td>30</table>
    <pre>return(goods)</pre></main>
    <aside>Advertisement</aside><footer>Imprint</footer><script>alert(1)</script></body></html>"""
    parsed = read(page, "text/html")
    assert parsed.title == "Returns – Shop"
    assert parsed.metadata == {"language": "en"}
    assert blocks(parsed) == [
        ("heading", "Returns"),
        ("paragraph", "Goods can be\nreturned within thirty days of delivery."),
        ("list", "1. Print the label\n2. Send it\n  - by post"),
        ("table", "Days\nCountry | Days\nSpain | 30"),
        ("code", "return(goods)"),
    ]


def test_a_page_that_is_all_navigation_is_kept() -> None:
    assert "Home" in read("<html><body><nav><a>Home</a> <a>Cart</a></nav></body></html>", "text/html").text


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1251", "shift_jis", "utf-16"])
def test_html_in_its_declared_charset(charset: str) -> None:
    words = {"iso-8859-1": "Grüße", "windows-1251": "Привет", "shift_jis": "日本語", "utf-16": "Ελλάδα"}[charset]
    page = f'<html><head><meta charset="{charset}"></head><body><p>{words} {words}</p></body></html>'
    assert read(page.encode(charset), "text/html").text == f"{words} {words}"


def test_html_nested_without_end() -> None:
    assert "deep" in read("<div>" * 20_000 + "deep" + "</div>" * 20_000, "text/html").text


# Markdown


def test_markdown_positions_are_those_of_the_file() -> None:
    text = (
        "---\ntitle: The Handbook\ntags: [a, b]\ndraft: false\n---\n\n"
        "# Returns #\n\nGoods can be *returned*\nin time.\n\n"
        "Europe\n------\n\n- one\n- two\n  more\n\n> quoted\n\n```python\ndef f():\n    pass\n```\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n<!-- a comment -->\n\nEnd.\n"
    )
    parsed = read(text, "text/markdown")
    assert parsed.text == text
    assert parsed.title == "The Handbook"
    assert parsed.metadata == {"tags": ["a", "b"], "draft": False}
    assert blocks(parsed) == [
        ("heading", "Returns"),
        ("paragraph", "Goods can be *returned*\nin time."),
        ("heading", "Europe"),
        ("list", "- one\n- two\n  more"),
        ("paragraph", "> quoted"),
        ("code", "def f():\n    pass"),
        ("table", "| a | b |\n|---|---|\n| 1 | 2 |"),
        ("paragraph", "End."),
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="#*-_> `|\n\r\t:[]()<!~=+1.ab\u2028\x0c\x85", max_size=120))
def test_any_markdown_has_exact_positions(text: str) -> None:
    try:
        read(text, "text/markdown")
    except UnreadableDocument as error:
        assert "no text" in error.what or "empty" in error.what or "binary" in error.what


# Tables


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_row_is_a_paragraph_whatever_the_delimiter(delimiter: str) -> None:
    out = io.StringIO()
    rows = [["name", "note", "price"], ["Ada", f"says {delimiter} often\nand again", "1,5"], ["Alan", "", "2,5"]]
    csv.writer(out, delimiter=delimiter).writerows(rows)
    note = " ".join(f"says {delimiter} often and again".split())
    assert blocks(read(out.getvalue(), "text/csv")) == [
        ("paragraph", f"name: Ada; note: {note}; price: 1,5"),
        ("paragraph", "name: Alan; price: 2,5"),
    ]


def test_a_table_without_names_numbers_its_columns() -> None:
    assert read("1,2\n3,4\n", "text/csv").text == "column 1: 1; column 2: 2\n\ncolumn 1: 3; column 2: 4"


def test_rows_that_are_too_long_or_short_lose_nothing() -> None:
    assert read("a,b\n1\n1,2,3\n", "text/csv").text == "a: 1\n\na: 1; b: 2; column 3: 3"


def test_a_table_with_names_only_is_kept() -> None:
    assert read("name,age\n", "text/csv").text == "name; age"


# Plain text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_text_in_any_of_the_usual_encodings(encoding: str) -> None:
    text = "Größe und Maß sind überall gleich.\n\nZweiter Absatz: naïve café."
    data = text.replace("\n", "\r\n").encode(encoding)
    assert detect(data, "note.txt") == "text/plain"
    assert read(data, "text/plain").text == text


def test_old_code_pages_are_guessed() -> None:
    russian = "Товар можно вернуть в течение тридцати дней после доставки. Покупатель получит деньги обратно."
    assert read(russian.encode("cp1251"), "text/plain").text == russian


def test_a_few_broken_bytes_do_not_change_the_encoding() -> None:
    data = ("Größe und Maß. " * 100).encode()
    text = read(data[:200] + b"\xff" + data[200:], "text/plain").text
    assert text.count("Größe und Maß.") >= 98


def test_paragraphs_are_what_stands_between_empty_lines() -> None:
    text = "  one\ntwo\n \t \n\nthree  \n"
    assert blocks(read(text, "text/plain")) == [("paragraph", "one\ntwo"), ("paragraph", "three")]


def test_binary_content_is_refused_whatever_its_name() -> None:
    rubbish = bytes(range(256)) * 16
    assert detect(rubbish, "note.txt") == "application/octet-stream"
    with pytest.raises(UnreadableDocument, match="binary"):
        read(rubbish, detect(rubbish, "note.txt"))
    with pytest.raises(UnreadableDocument, match="binary"):
        read(rubbish, "text/plain")


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.pdf", "a.docx", "a.html", "a.csv", "a.md", "a.json", "a"]))
def test_any_bytes_are_read_or_refused(data: bytes, name: str) -> None:
    try:
        read(data, detect(data, name))
    except UnreadableDocument as error:
        assert error.what
