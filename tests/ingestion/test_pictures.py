"""Pictures in documents become thumbnails at the place of the text that names them."""

from __future__ import annotations

import base64
import io
import json
import random

import docx
import pypdfium2
import pytest
from PIL import Image, ImageDraw

from motadata_nb.ingestion.base import ParsedDocument, RawDocument
from motadata_nb.ingestion.detect import detect
from motadata_nb.ingestion.registry import parse
from motadata_nb.ingestion.thumbnails import from_data_uri, thumbnail
from tests.ingestion.documents import Words, pdf


def picture(colour: str = "navy", size: tuple[int, int] = (600, 400), kind: str = "PNG") -> bytes:
    """A picture file."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).ellipse((2, 2, size[0] // 2, size[1] // 2), fill=colour)
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def parsed(data: bytes, name: str) -> ParsedDocument:
    return parse(RawDocument(source=name, data=data, mime=detect(data, name)))


def at_pictures(document: ParsedDocument) -> list[str]:
    """The lines at which the pictures stand."""
    return [document.text[p.start :].partition("\n")[0] for p in document.pictures]


def opened(address: str) -> Image.Image:
    data = from_data_uri(address)
    assert data is not None and address.startswith("data:image/jpeg;base64,")
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_thumbnail_is_small(kind: str) -> None:
    address = thumbnail(picture(size=(1600, 1200), kind=kind))
    assert address is not None and max(opened(address).size) <= 320


def test_a_noisy_picture_stays_below_20_kb() -> None:
    noise = Image.frombytes("RGB", (900, 900), random.Random(1).randbytes(900 * 900 * 3))
    address = thumbnail(noise)
    assert address is not None and len(address) <= 20_480


def test_transparent_is_white() -> None:
    address = thumbnail(Image.new("RGBA", (100, 100), (0, 0, 0, 0)))
    assert address is not None and opened(address).getpixel((50, 50)) == (255, 255, 255)


@pytest.mark.parametrize("data", [b"", b"no picture", picture()[:200], picture(size=(40, 400)), picture(size=(9, 9))])
def test_what_is_no_picture_has_none(data: bytes) -> None:
    assert thumbnail(data) is None


def test_a_bomb_is_not_unpacked() -> None:
    file = io.BytesIO()
    Image.new("1", (30_000, 30_000)).save(file, "PNG")
    assert thumbnail(file.getvalue()) is None


@pytest.mark.parametrize(
    "address", ["https://a.b/c.png", "data:text/html;base64,YQ==", "data:image/png;base64,%%%", ""]
)
def test_only_pictures_that_are_in_the_address(address: str) -> None:
    assert from_data_uri(address) is None


def pdf_with(pictures: list[tuple[int, bytes, tuple[float, float]]], pages: list[list[Words]]) -> bytes:
    """A PDF with pictures of 200 × 150 points, each on a page at a place."""
    document = pypdfium2.PdfDocument(pdf(pages))
    for number, data, (x, y) in pictures:
        page = document[number]
        image = pypdfium2.PdfImage.new(document)
        image.set_bitmap(pypdfium2.PdfBitmap.from_pil(Image.open(io.BytesIO(data))))
        image.set_matrix(pypdfium2.PdfMatrix().scale(200, 150).translate(x, y))
        page.insert_obj(image)
        page.gen_content()
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def test_a_picture_of_a_pdf_stands_at_its_caption() -> None:
    lines = [
        Words("The pump room lies below the stairs and is kept locked.", 72, 700),
        Words("Figure 4: the pump with its valve.", 72, 480),
        Words("Maintenance is due in spring, before the first rain.", 72, 300),
    ]
    document = parsed(pdf_with([(0, picture(), (72, 500))], [lines]), "a.pdf")
    assert at_pictures(document) == ["Figure 4: the pump with its valve."]
    assert document.pictures[0].page == 1


def test_what_stands_on_every_page_of_a_pdf_is_decoration() -> None:
    logo, plan = picture("red"), picture("green")
    pages = [[Words(f"Page {n} says something about the topic at hand.", 72, 700)] for n in range(3)]
    found = [(n, logo, (300.0, 100.0)) for n in range(3)]
    document = parsed(pdf_with([*found, (1, plan, (72.0, 400.0))], pages), "a.pdf")
    assert [p.page for p in document.pictures] == [2]


def test_a_picture_of_a_page_is_shown_only_when_the_page_holds_it() -> None:
    inside = base64.b64encode(picture()).decode()
    page = f"""<body><p>Before.</p><figure><img src="data:image/png;base64,{inside}" alt="A red valve">
        <figcaption>The valve.</figcaption></figure><img src="https://elsewhere.example/x.png" alt="Tracked"></body>"""
    document = parsed(page.encode(), "a.html")
    assert at_pictures(document) == ["A red valve"] and "Tracked" in document.text


def test_a_picture_of_a_word_file_has_its_description() -> None:
    word = docx.Document()
    word.add_paragraph("Before.")
    word.add_picture(io.BytesIO(picture()))
    word.add_paragraph("Figure 2: the harbour.")
    file = io.BytesIO()
    word.save(file)
    assert at_pictures(parsed(file.getvalue(), "a.docx")) == ["Figure 2: the harbour."]


def test_a_picture_that_a_notebook_drew_stands_at_its_code() -> None:
    drawn = {"data": {"image/png": base64.b64encode(picture()).decode()}, "output_type": "display_data"}
    cells = [
        {"cell_type": "markdown", "source": "# Title"},
        {"cell_type": "code", "source": "plot(sales)", "outputs": [drawn], "metadata": {}},
    ]
    book = json.dumps({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})
    assert at_pictures(parsed(book.encode(), "a.ipynb")) == ["plot(sales)"]


def test_what_a_mask_hides_is_shown_as_the_page_shows_it() -> None:
    """A shadow, or a drawing on a transparent ground, is a black box without its mask."""
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((200, 0, 400, 300), fill=(0, 0, 160, 255))
    file = io.BytesIO()
    image.save(file, "PNG")
    lines = [Words("The wall of the harbour.", 72, 700), Words("Figure 1: the wall.", 72, 480)]
    document = parsed(pdf_with([(0, file.getvalue(), (72, 500))], [lines]), "a.pdf")
    shown = opened(document.pictures[0].image)
    left, right = (shown.getpixel((shown.width * part // 4, shown.height // 2)) for part in (1, 3))
    assert isinstance(left, tuple) and min(left) > 240 and isinstance(right, tuple) and max(right[:2]) < 60 < right[2]
