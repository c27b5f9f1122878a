"""Every registered parser passes the published suite."""

from __future__ import annotations

import json
import shutil

import pytest

from motadata_nb.errors import UnreadableDocument
from motadata_nb.ingestion.base import ParsedDocument, Parser, RawDocument
from motadata_nb.ingestion.parsers.delimited import DelimitedParser
from motadata_nb.ingestion.parsers.docx import DocxParser
from motadata_nb.ingestion.parsers.html import HtmlParser
from motadata_nb.ingestion.parsers.markdown import MarkdownParser
from motadata_nb.ingestion.parsers.notebook import NotebookParser
from motadata_nb.ingestion.parsers.ocr import ImageParser
from motadata_nb.ingestion.parsers.pdf import PdfParser
from motadata_nb.ingestion.parsers.plain import CodeParser, PlainTextParser
from motadata_nb.ingestion.parsers.records import JsonLinesParser, JsonParser
from motadata_nb.ingestion.parsers.xml import XmlParser
from motadata_nb.ingestion.registry import PARSERS
from motadata_nb.testing.parser_suite import Example, ParserSuite
from tests.ingestion.documents import Words, pdf, scanned_pdf, word_file


class TestPdf(ParserSuite):
    def parser(self) -> Parser:
        return PdfParser()

    def example(self) -> Example:
        first = [Words("Handbook", 72, 720, size=18, bold=True), Words("Goods can be returned.", 72, 690)]
        return Example(
            data=pdf([first, [Words("On the next page.", 72, 720)]], title="Returns"),
            mime="application/pdf",
            words=("Handbook", "Goods can be returned.", "On the next page."),
        )


class TestDocx(ParserSuite):
    def parser(self) -> Parser:
        return DocxParser()

    def example(self) -> Example:
        def write(document) -> None:  # type: ignore[no-untyped-def]  # python-docx has no public type for it
            document.add_heading("Handbook", 1)
            document.add_paragraph("Goods can be returned.")
            document.add_table(1, 2).rows[0].cells[0].text = "in the table"

        return Example(
            data=word_file(write),
            mime=DocxParser.mimes[0],
            words=("Handbook", "Goods can be returned.", "in the table"),
        )


class TestHtml(ParserSuite):
    def parser(self) -> Parser:
        return HtmlParser()

    def example(self) -> Example:
        page = "<html><title>T</title><h1>Handbook</h1><p>Goods can be <b>returned</b>.<ul><li>one<li>two</ul>"
        return Example(
            data=page.encode(), mime="text/html", words=("Handbook", "Goods can be returned.", "- one", "- two")
        )


class TestMarkdown(ParserSuite):
    def parser(self) -> Parser:
        return MarkdownParser()

    def example(self) -> Example:
        text = "---\nauthor: me\n---\n# Handbook\n\nGoods can be *returned*.\n\n- one\n- two\n\n```\ncode\n```\n"
        return Example(
            data=text.encode(), mime="text/markdown", words=("Handbook", "Goods can be *returned*.", "two", "code")
        )


class TestPlainText(ParserSuite):
    def parser(self) -> Parser:
        return PlainTextParser()

    def example(self) -> Example:
        return Example(
            data=b"Handbook\n\nGoods can be\nreturned.\n", mime="text/plain", words=("Handbook", "can be\nreturned.")
        )


class TestCode(ParserSuite):
    def parser(self) -> Parser:
        return CodeParser()

    def example(self) -> Example:
        return Example(
            data=b"def f():\n    return 1\n\n\nf()\n", mime="text/x-code", words=("def f():\n    return 1", "f()")
        )


class TestDelimited(ParserSuite):
    def parser(self) -> Parser:
        return DelimitedParser()

    def example(self) -> Example:
        return Example(data=b"name,age\nAda,36\nAlan,41\n", mime="text/csv", words=("name: Ada; age: 36", "name: Alan"))


class TestJson(ParserSuite):
    def parser(self) -> Parser:
        return JsonParser()

    def example(self) -> Example:
        value = [{"name": "Ada", "born": {"year": 1815}}, {"name": "Alan", "tags": ["a", "b"]}]
        return Example(
            data=json.dumps(value).encode(),
            mime="application/json",
            words=("name: Ada; born.year: 1815", "name: Alan; tags: a, b"),
        )


class TestJsonLines(ParserSuite):
    def parser(self) -> Parser:
        return JsonLinesParser()

    def example(self) -> Example:
        return Example(
            data=b'{"name": "Ada"}\n{"name": "Alan"}\n', mime="application/jsonl", words=("name: Ada", "name: Alan")
        )


class TestNotebook(ParserSuite):
    def parser(self) -> Parser:
        return NotebookParser()

    def example(self) -> Example:
        cells = [
            {"cell_type": "markdown", "source": ["# Handbook\n", "\n", "Goods can be returned."]},
            {"cell_type": "code", "source": "print(1)", "outputs": []},
        ]
        return Example(
            data=json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode(),
            mime="application/x-ipynb+json",
            words=("Handbook", "Goods can be returned.", "print(1)"),
        )


class TestXml(ParserSuite):
    def parser(self) -> Parser:
        return XmlParser()

    def example(self) -> Example:
        text = (
            "<doc><title>Handbook</title><p>Goods can be <b>returned</b>.</p><r><name>Ada</name><age>36</age></r></doc>"
        )
        return Example(
            data=text.encode(),
            mime="application/xml",
            words=("Handbook", "Goods can be returned.", "name: Ada; age: 36"),
        )


class _Recognising(ImageParser):
    """The parser with text recognition asked for."""

    def parse(self, raw: RawDocument) -> ParsedDocument:
        return super().parse(RawDocument(source=raw.source, data=raw.data, mime=raw.mime, options={"ocr": True}))


@pytest.mark.server("tesseract")
class TestImage(ParserSuite):
    def parser(self) -> Parser:
        return _Recognising()

    def example(self) -> Example:
        import io

        import pypdfium2

        document = pypdfium2.PdfDocument(scanned_pdf("Goods can be returned"))
        out = io.BytesIO()
        document[0].render(scale=1.5).to_pil().crop((90, 100, 460, 160)).save(out, "PNG")
        document.close()
        return Example(data=out.getvalue(), mime="image/png", words=("Goods can be returned",))


def test_no_registered_parser_is_left_out() -> None:
    tested = {type(suite().parser()) for suite in ParserSuite.__subclasses__()}
    tested = {cls.__mro__[1] if cls.__name__.startswith("_") else cls for cls in tested}
    assert {PARSERS.load(name) for name in PARSERS.names()} == tested


def test_a_picture_asks_for_text_recognition() -> None:
    with pytest.raises(UnreadableDocument, match="--ocr"):
        ImageParser().parse(RawDocument(source="p.png", data=b"\x89PNG", mime="image/png"))


@pytest.mark.server("tesseract")
def test_a_scanned_page_is_read_when_asked() -> None:
    assert shutil.which("tesseract")
    data = scanned_pdf("Goods can be returned within thirty days")
    with pytest.raises(UnreadableDocument, match="no text on its 1 page"):
        PdfParser().parse(RawDocument(source="s.pdf", data=data, mime="application/pdf"))
    parsed = PdfParser().parse(RawDocument(source="s.pdf", data=data, mime="application/pdf", options={"ocr": True}))
    assert "Goods can be returned within thirty days" in parsed.text
    assert parsed.blocks[0].page == 1
