"""Pictures and tables among the hits, and questions with a picture."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import docx
import pandas as pd
import pytest

import motadata_nb
from motadata_nb.cards import Card, Pictures, Section
from motadata_nb.errors import BadRequest, InvalidInput
from motadata_nb.rendering import to_html, to_markdown, to_text
from motadata_nb.testing.openai_server import Answer, OpenAIServer
from motadata_nb.workspace import Workspace
from tests.ingestion.test_pictures import picture
from tests.vectors.spread import register

DRAWN = base64.b64encode(picture()).decode()
ROWS = "".join(f"<tr><td>Pump {n}</td><td>{n * 10} kW</td></tr>" for n in range(60))
PAGE = f"""<body><h1>Pumps</h1><p>All pumps are listed here with their power.</p>
<figure><img src="data:image/png;base64,{DRAWN}" alt="Drawing of the large pump"></figure>
<table><tr><th>Name</th><th>Power</th></tr><tr><td>A <b onclick="x()">bold</b></td><td>&lt;script&gt;</td></tr>{ROWS}
</table></body>"""


@pytest.fixture
def ws(workspace: Path, tmp_path: Path) -> Iterator[Workspace]:
    register()
    (tmp_path / "pumps.html").write_text(PAGE)
    (tmp_path / "plain.txt").write_text("Nothing here has a picture | or a table.")
    with motadata_nb.open(workspace, embedder="spread", backend="memory") as opened:
        opened.ingest([tmp_path / "pumps.html", tmp_path / "plain.txt"], into="book")
        yield opened


def html_of(result: object) -> str:
    bundle = result._repr_mimebundle_()  # type: ignore[attr-defined]
    return str(bundle["text/html"])


def test_a_hit_shows_its_picture(ws: Workspace) -> None:
    found = ws.index("book").retrieve("Drawing of the large pump", k=1, mode="keyword")
    (shown,) = found.hits[0].pictures
    assert shown.caption == "Drawing of the large pump" and len(shown.image) <= 20_480
    assert f'<img src="{shown.image}" alt="pumps.html: Drawing of the large pump"' in html_of(found)
    assert "base64" not in str(found) and "base64" not in repr(found.hits)


def test_passages_with_pictures_can_be_asked_for(ws: Workspace) -> None:
    hits = ws.index("book").retrieve("pump picture table", where="pictures > 0").hits
    assert hits and all(hit.pictures for hit in hits)


def test_each_part_of_a_long_table_has_its_header(ws: Workspace) -> None:
    index = ws.index("book")
    parts = [hit for hit in index.retrieve("Pump", k=20, mode="keyword").hits if hit.kind == "table"]
    assert parts, "it goes on in a chunk of its own"
    for row in range(0, 60, 7):
        found = index.retrieve(f"Pump {row} kW", k=20, mode="keyword")
        assert re.search(rf'scope="col"[^>]*>Name</th>.*<td[^>]*>Pump {row}</td>', html_of(found), re.DOTALL)
    assert html_of(index.retrieve("Pump", k=20, mode="keyword")).count(">Name</th>") >= len(parts)


def test_what_stands_in_a_table_is_text(ws: Workspace) -> None:
    shown = html_of(ws.index("book").retrieve("bold script", mode="keyword"))
    assert "&lt;script&gt;" in shown and "<script" not in shown and "onclick" not in shown


def test_pictures_survive_reindex_export_and_restore(ws: Workspace, tmp_path: Path) -> None:
    index = ws.index("book")

    def count() -> int:
        return sum(len(h.pictures) for h in index.retrieve("Drawing of the large pump", k=1, mode="keyword").hits)

    index.snapshot("kept")
    index.reindex(chunk_tokens=64)
    assert count() == 1
    index.restore("kept")
    assert count() == 1
    ws.import_index(index.export(tmp_path / "out"), into="copy")
    index = ws.index("copy")
    assert count() == 1


def test_an_answer_shows_pictures_of_cited_passages_only(ws: Workspace, tmp_path: Path) -> None:
    index = ws.index("book")
    answer = index.ask("What is listed here with their power?", mode="keyword")
    assert answer.found and "<img" in html_of(answer)
    assert "<img" not in html_of(index.ask("What has a picture or a table?", mode="keyword", where="pictures is null"))


def test_a_word_table_is_a_table(ws: Workspace, tmp_path: Path) -> None:
    word = docx.Document()
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip(
        (c for row in table.rows for c in row.cells), ["Crane", "Load", "North", "40 t"], strict=True
    ):
        cell.text = text
    word.save(str(tmp_path / "cranes.docx"))
    ws.ingest(tmp_path / "cranes.docx", into="book")
    assert re.search('scope="col"[^>]*>Crane</th>', html_of(ws.index("book").retrieve("crane load", mode="keyword")))


def test_only_a_thumbnail_can_be_a_picture_of_a_card() -> None:
    wrong = ["https://a.b/c.png", 'data:image/jpeg;base64,x" onerror="alert(1)', "data:image/svg+xml;base64,YQ=="]
    items = tuple((image, "<b>caption</b>") for image in [*wrong, "data:image/png;base64,YQ=="])
    card = Card(sections=(Section(title="Pictures", content=Pictures(items)),))
    assert to_html(card).count("<img") == 1 and "onerror" not in to_html(card) and "<b>" not in to_html(card)
    assert "base64" not in to_markdown(card) + to_text(card) and "caption" in to_text(card)


def test_a_question_with_a_picture(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "pump.png").write_bytes(picture())
    index = ws.index("book")
    with pytest.raises(InvalidInput, match="look at the image"):
        index.ask("What is this?", image=tmp_path / "pump.png")
    with OpenAIServer() as server:
        model = {"model": "openai/gpt-5-mini", "api_base": server.url, "api_key": "sk-test"}
        index.ask("Which pump is this?", image=tmp_path / "pump.png", **model)
        parts = server.requests[-1].body["messages"][-1]["content"]
        assert [part["type"] for part in parts] == ["text", "image_url"] and "Which pump" in parts[0]["text"]
        with pytest.raises(InvalidInput, match="cannot be read"):
            index.ask("Which pump is this?", image=tmp_path / "none.png", **model)
        seen = index.ask("Which pump is this?", images=[tmp_path / "pump.png"] * 2, **model)
        assert "2 images with the question" in html_of(seen.explain())
        assert "base64" not in html_of(seen.explain())


@pytest.mark.parametrize(
    "said",
    [
        "Invalid content type. image_url is only supported by certain models.",
        "No endpoints found that support image input",
        "unknown variant `image_url`, expected `text`",
        "At most 0 image(s) may be provided in one request.",
    ],
)
def test_a_model_that_takes_no_images_is_said_to(ws: Workspace, tmp_path: Path, said: str) -> None:
    (tmp_path / "pump.png").write_bytes(picture())
    with OpenAIServer() as server:
        server.default = lambda request: Answer(status=400, body={"error": {"message": said}})
        model = {"model": "openai/gpt-5-mini", "api_base": server.url, "api_key": "sk-test"}
        with pytest.raises(BadRequest, match="takes no images"):
            ws.index("book").ask("Which pump is this?", image=tmp_path / "pump.png", **model)


def test_a_frame_with_pipes_in_prose_has_no_table(ws: Workspace) -> None:
    ws.ingest(pd.DataFrame({"id": ["x"], "text": ["One | two is prose.\nAnd a second line of it."]}), into="prose")
    assert 'scope="col">One' not in html_of(ws.index("prose").retrieve("prose", mode="keyword"))
