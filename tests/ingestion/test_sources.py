from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from motadata_nb.errors import InvalidInput, UnreadableDocument
from motadata_nb.ingestion.sources import Source, find_sources
from motadata_nb.sql import Sql


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name in ("docs/a.txt", "docs/sub/b.md", "docs/.hidden", "docs/.git/config", "docs/.motadata/catalog.db"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    return tmp_path


def names(found: Any) -> list[str]:
    return [source.source for source in found]


def error(given: Any, base: Path, **options: Any) -> str:
    with pytest.raises(InvalidInput) as raised:
        find_sources(given, base=base, **options)
    return str(raised.value)


def test_a_folder_gives_its_files_without_the_hidden_ones(docs: Path) -> None:
    found = find_sources("docs", base=docs)
    assert names(found) == ["docs/a.txt", "docs/sub/b.md"]
    assert len(found) == 2
    first = next(iter(found))
    assert first.key == str(docs / "docs/a.txt")
    assert first.origin == str(docs / "docs")
    assert first.read() == b"content of docs/a.txt"
    assert first.size == len(b"content of docs/a.txt")
    assert first.mtime == (docs / "docs/a.txt").stat().st_mtime


@pytest.mark.parametrize("given", ["docs/a.txt", "./docs/a.txt", "docs/*.txt", "docs/../docs/a.txt"])
def test_a_document_has_the_same_key_however_it_is_found(docs: Path, given: str) -> None:
    assert [source.key for source in find_sources(given, base=docs)] == [str(docs / "docs/a.txt")]
    assert [source.key for source in find_sources(docs / given, base=docs)] == [str(docs / "docs/a.txt")]


def test_a_pattern_reaches_into_folders(docs: Path) -> None:
    assert names(find_sources("docs/**/*.md", base=docs)) == ["docs/sub/b.md"]


def test_a_list_is_joined_and_a_document_given_twice_is_read_once(docs: Path) -> None:
    assert names(find_sources(["docs/a.txt", docs / "docs", "docs/*.txt"], base=docs)) == [
        "docs/a.txt",
        "docs/sub/b.md",
    ]


def test_links_that_run_in_a_circle_end(docs: Path) -> None:
    (docs / "docs/sub/up").symlink_to(docs / "docs", target_is_directory=True)
    assert names(find_sources("docs", base=docs)) == ["docs/a.txt", "docs/sub/b.md"]


def test_a_link_to_what_lies_above_the_given_folder_brings_nothing_in(docs: Path) -> None:
    (docs / "docs/sub/up").symlink_to(docs, target_is_directory=True)
    (docs / "private.txt").write_text("Not asked for.")
    found = [source.source for source in find_sources("docs/sub", base=docs)]
    assert found and all(source.startswith("docs/sub/") and "/up/" not in source for source in found)


def test_a_broken_link_is_reported_when_it_is_read(docs: Path) -> None:
    (docs / "docs/c.txt").symlink_to(docs / "gone")
    source = next(s for s in find_sources("docs", base=docs) if s.source.endswith("c.txt"))
    with pytest.raises(UnreadableDocument, match="link to nothing"):
        source.read()


def test_a_pipe_does_not_hang(docs: Path) -> None:
    os.mkfifo(docs / "pipe")
    (source,) = find_sources("pipe", base=docs)
    with pytest.raises(UnreadableDocument, match="no ordinary file"):
        source.read()


def test_what_is_missing_is_named_with_the_nearest_that_exists(docs: Path) -> None:
    assert error("dcos", docs) == "There is no file or folder dcos.\nTry: docs"
    assert error("docs/sub/bb.md", docs) == "There is no file or folder docs/sub/bb.md.\nTry: docs/sub/b.md"
    assert "docs has: a.txt, sub" in error("docs/nothing-like-it", docs)


def test_a_pattern_that_matches_nothing_says_what_is_there(docs: Path) -> None:
    assert error("docs/*.pdf", docs) == "The pattern docs/*.pdf matches nothing.\ndocs has files that end in .txt"
    assert "Try: docs" in error("dcos/*.pdf", docs)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "The folder empty holds no files." in error("empty", tmp_path)


@pytest.mark.parametrize("given", ["", "   ", [], {}, "one line\nand another", 42, None, object()])
def test_what_cannot_be_a_document_is_refused(given: Any, tmp_path: Path) -> None:
    assert error(given, tmp_path)


def test_a_frame_gives_a_document_a_row() -> None:
    frame = pd.DataFrame(
        {
            "id": [7, 8],
            "text": ["first text", None],
            "title": ["First", float("nan")],
            "year": [2023, 2024],
            "when": pd.to_datetime(["2024-01-02", None]),
        }
    )
    one, two = find_sources(frame, name="articles")
    assert (one.key, one.text, one.title, one.source, one.origin) == (
        "7",
        "first text",
        "First",
        "articles[7]",
        "",
    )
    assert one.metadata == {"year": 2023, "when": "2024-01-02T00:00:00"}
    assert one.read() == b"first text"
    assert (two.key, two.text, two.title, two.metadata) == ("8", "", "", {"year": 2024})


def test_a_row_that_is_only_a_title_is_found_by_it() -> None:
    (one,) = find_sources(pd.DataFrame({"id": [1], "text": [" "], "title": ["Two square-root approximations"]}))
    assert (one.text, one.read()) == ("Two square-root approximations", b"Two square-root approximations")


def test_rows_without_an_id_are_known_by_their_text() -> None:
    frame = pd.DataFrame({"text": ["a", "b", "a"]})
    keys = [source.key for source in find_sources(frame)]
    assert len(keys) == len(set(keys)) == 2
    assert keys == [source.key for source in find_sources(frame[["text"]].iloc[:2])]


def test_a_series_is_texts() -> None:
    assert [s.text for s in find_sources(pd.Series(["a", "b"], name="notes"))] == ["a", "b"]


def test_a_frame_without_text_names_the_nearest_column(tmp_path: Path) -> None:
    message = error(pd.DataFrame({"Text": ["a"], "n": [1]}), tmp_path, name="df")
    assert 'df has no column "text"' in message
    assert '.rename(columns={"Text": "text"})' in message
    assert '{"body": "text"}' in error(pd.DataFrame({"body": ["long enough"], "n": [1]}), tmp_path)


def test_ids_must_be_unique_and_whole(tmp_path: Path) -> None:
    assert "more than once" in error(pd.DataFrame({"id": [1, 1], "text": ["a", "b"]}), tmp_path)
    assert 'without an "id"' in error(pd.DataFrame({"id": [1, None], "text": ["a", "b"]}), tmp_path)
    assert "no rows" in error(pd.DataFrame({"text": []}), tmp_path)


def test_contents_are_known_by_their_name(tmp_path: Path) -> None:
    def key_and_data(given: Any, **options: Any) -> tuple[str, bytes]:
        (source,) = find_sources(given, **options)
        return source.key, source.read()

    assert key_and_data(("note.txt", b"hello")) == ("note.txt", b"hello")
    assert key_and_data({"note.txt": "hello"}) == ("note.txt", b"hello")
    assert key_and_data(io.BytesIO(b"hello"), name="note.txt") == ("note.txt", b"hello")
    (tmp_path / "f.txt").write_bytes(b"hello")
    with (tmp_path / "f.txt").open("rb") as stream:
        assert key_and_data(stream) == (str(tmp_path / "f.txt"), b"hello")
    assert key_and_data(b"hello") == key_and_data(b"hello")


def test_an_address_is_read_only_when_asked() -> None:
    found = find_sources("http://127.0.0.1:1/page.html")
    (source,) = found
    assert isinstance(source, Source) and source.key == "http://127.0.0.1:1/page.html"
    with pytest.raises(UnreadableDocument, match="cannot be read"):
        source.read()


def test_a_name_with_a_suffix_says_how_its_text_is_read() -> None:
    (note, plain) = find_sources({"note.md": "# Cats\n\nThey sleep.", "note": "# no heading"})
    assert note.text is None and note.read().startswith(b"# Cats"), "parsed as a file of that name would be"
    assert plain.text == "# no heading"


def test_a_table_can_be_given_a_name() -> None:
    frame = pd.DataFrame({"id": [7], "text": ["A text."]})
    assert [source.source for source in find_sources({"tickets": frame})] == ["tickets[7]"]
    assert [source.source for source in find_sources({"notes": pd.Series(["A text."])})] == ["notes"]


def test_texts_in_a_list_are_told_from_paths(tmp_path: Path) -> None:
    told = error(["The first text of two.", "The second."], tmp_path)
    assert told.splitlines() == [
        "There is no file or folder 'The first text of two.'.",
        'To ingest texts, put them into a DataFrame with a column "text".',
    ]


def test_an_empty_working_folder_is_named(tmp_path: Path) -> None:
    assert error("report.pdf", tmp_path).splitlines()[1] == f"The folder {tmp_path} is empty."


def test_rows_with_the_same_text_are_kept_apart_by_what_else_they_say() -> None:
    frame = pd.DataFrame({"text": ["Broken.", "Broken.", "Broken.", "Fine."], "customer": ["Ada", "Bob", "Bob", "Eve"]})
    rows = list(find_sources(frame))
    assert [row.metadata["customer"] for row in rows] == ["Ada", "Bob", "Eve"], "the row that repeats another is one"
    assert [row.key for row in rows] == [row.key for row in find_sources(frame)], "the same in every ingestion"


@pytest.mark.parametrize(
    "given",
    [
        [{"id": 7, "text": "A text.", "k": 1}],
        pa.table({"id": [7], "text": ["A text."], "k": [1]}),
        Sql({"t": pd.DataFrame({"id": [7], "text": ["A text."], "k": [1]})}).query("SELECT * FROM t"),
    ],
)
def test_records_arrow_tables_and_rows_of_sql_are_tables(given: object) -> None:
    (row,) = find_sources({"tickets": given})
    assert (row.source, row.text, dict(row.metadata)) == ("tickets[7]", "A text.", {"k": 1})


def test_columns_that_cannot_be_told_apart_are_refused(tmp_path: Path) -> None:
    assert 'more than one column "text"' in error(pd.DataFrame([["a", "b"]], columns=["text", "text"]), tmp_path)
    assert '.rename(columns={0: "text"})' in error(pd.DataFrame([["A longer text", "b"]]), tmp_path)
