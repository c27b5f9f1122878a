from __future__ import annotations

import io
import json
import zipfile

import pytest

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import RawDocument
from motadata_nb.ingestion.detect import detect
from motadata_nb.ingestion.registry import parse, parser_for, supported_mimes
from tests.ingestion.documents import Words, pdf, word_file

PAGE = b"<!doctype html><html><body><p>Hello</p></body></html>"
PDF = pdf([[Words("Hello", 72, 700)]])
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def archive(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in files.items():
            target.writestr(name.replace("__", "/"), content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "mime"),
    [
        (PDF, "report.pdf", "application/pdf"),
        (PDF, "report.txt", "application/pdf"),
        (b"\n\xef\xbb\xbf" + PDF, "report", "application/pdf"),
        (PAGE, "report.pdf", "text/html"),
        (PAGE, "page", "text/html"),
        (b"\xef\xbb\xbf  <!-- note -->\n" + PAGE, "page.txt", "text/html"),
        (b'<?xml version="1.0"?>\n' + PAGE, "page.xhtml", "text/html"),
        (b"<p>only a part</p>", "part.html", "text/html"),
        (b"no markup at all", "odd.html", "text/plain"),
        (b'<?xml version="1.0"?><doc/>', "doc.xml", "application/xml"),
        (word_file(lambda document: document.add_paragraph("Hello")), "letter.pdf", WORD),
        (archive(xl__workbook="x"), "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (archive(mimetype="application/epub+zip"), "a.zip", "application/epub+zip"),
        (archive(readme="x"), "a.docx", "application/zip"),
        (b"{\\rtf1 hello}", "a.doc", "application/rtf"),
        (b"# Title\n\ntext", "a.md", "text/markdown"),
        (b"# Title\n\n## Part\n\ntext", "README", "text/markdown"),
        (b"a,b\n1,2\n", "a.csv", "text/csv"),
        (b"a\tb\n1\t2\n", "a.tsv", "text/tab-separated-values"),
        (b"import os\n", "a.py", "text/x-code"),
        (b'{"a": 1}', "a.json", "application/json"),
        (b'{"a": 1}\n{"a": 2}\n', "a", "application/jsonl"),
        (json.dumps({"cells": [], "nbformat": 4}).encode(), "a.ipynb", "application/x-ipynb+json"),
        (b"From: a@b.c\nTo: d@e.f\nSubject: hi\n\nhello", "mail", "message/rfc822"),
        ("Ελλάδα".encode(), "a.txt", "text/plain"),
        ("text in wide characters".encode("utf-16-le"), "a.txt", "text/plain"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "a.txt", "image/png"),
        (bytes(range(256)) * 8, "a.txt", "application/octet-stream"),
        (bytes(range(256)) * 8, "a.pdf", "application/octet-stream"),
        (b"text\0with\0zeros" * 20, "a.csv", "application/octet-stream"),
        (b"", "a.txt", "text/plain"),
    ],
)
def test_content_decides_and_the_name_only_between_texts(data: bytes, name: str, mime: str) -> None:
    assert detect(data, name) == mime


def test_what_no_parser_reads_is_named_in_words() -> None:
    with pytest.raises(UnreadableDocument, match=r"old Word files \(.doc\)") as raised:
        parser_for("application/msword")
    assert "Convert it" in raised.value.hint
    assert {"application/pdf", "text/html", "text/csv", WORD} <= set(supported_mimes())


def test_an_encrypted_office_file_says_so() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(UnreadableDocument, match="password"):
        parse(RawDocument(source="a.docx", data=data, mime=detect(data, "a.docx")))
