"""From files to answers: what goes in, what is passed over, what is set aside, what disappears."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import motadata_nb as mn
from motadata_nb.errors import InvalidInput, ReadOnlyWorkspace, UnknownName, WorkspaceError
from motadata_nb.workspace import Workspace
from tests.ingestion.documents import Words, pdf

RETURNS = """# Returns

Customers in the European Union may return a product within 14 days of delivery without giving a reason.
Sealed software that was opened is excluded from the right of withdrawal.

# Shipping

Parcels leave our warehouse in Rotterdam within three working days.
"""


@pytest.fixture
def ws(workspace: Path) -> Iterator[Workspace]:
    with mn.open(workspace, backend="memory") as opened:
        yield opened


@pytest.fixture
def handbook(workspace: Path) -> Path:
    folder = workspace.parent / "handbook"
    folder.mkdir()
    (folder / "returns.md").write_text(RETURNS)
    (folder / "cats.txt").write_text("The office cat is called Ada. She sleeps on the printer.")
    return folder


def test_an_answer_is_cited_with_exact_positions(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    answer = ws.index("handbook").ask("How many days do EU customers have to return a product?")
    assert "14 days" in answer.text and "[1]" in answer.text
    assert answer.extractive and answer.found and answer.cost == 0
    first = answer.citations[0]
    assert RETURNS[first.start : first.end] == first.sentence
    assert list(answer.sources.columns) == ["source", "page", "score", "sentence", "start", "end"]
    assert "extractive" in str(answer) and "no language model" in str(answer)


def test_nothing_is_guessed(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    answer = ws.index("handbook").ask("What is the boiling point of tungsten?")
    assert not answer.found and answer.text == "Not found in these documents." and not answer.citations


def test_ingesting_again_embeds_nothing(ws: Workspace, handbook: Path) -> None:
    first = ws.ingest(handbook, into="handbook")
    again = ws.ingest(handbook, into="handbook")
    assert (first.added, again.added, again.unchanged, again.embedded) == (2, 0, 2, 0)
    assert [outcome.status for outcome in again.unchanged] == ["unchanged"] * 2


def test_a_changed_file_embeds_only_what_changed(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    (handbook / "returns.md").write_text(RETURNS.replace("three working days", "two working days"))
    report = ws.ingest(handbook, into="handbook")
    assert (report.updated, report.unchanged) == (1, 1)
    index = ws.index("handbook")
    hits = index.retrieve("When do parcels leave the warehouse?", k=5).hits
    assert any("two working days" in hit.text for hit in hits)
    assert not any("three working days" in hit.text for hit in hits)


def test_a_removed_file_disappears_everywhere(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    (handbook / "cats.txt").unlink()
    report = ws.ingest(handbook, into="handbook")
    assert report.removed == 1 and report.documents == 1
    for mode in ("hybrid", "vector", "keyword"):
        hits = ws.index("handbook").retrieve("What is the office cat called?", mode=mode).hits
        assert not any("cat" in hit.text for hit in hits)


def test_equal_files_are_kept_once_and_survive_each_other(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook / "returns.md", into="handbook")
    (handbook / "copy.md").write_text(RETURNS)
    report = ws.ingest(handbook / "copy.md", into="handbook")
    assert (report.duplicates, report.documents) == (1, 2) and report.embedded == 0
    index = ws.index("handbook")
    index.delete(index.retrieve("return a product").hits[0].document)
    assert "14 days" in index.ask("How many days do customers have to return a product?").text


def test_a_table_has_a_document_a_row(ws: Workspace) -> None:
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "title": ["Cats", "Dogs", "Stocks"],
            "text": ["They purr when they are content.", "They bark at night.", "Prices fell on Monday."],
            "year": [2021, 2022, 2023],
        }
    )
    report = ws.ingest(frame, into="animals")
    assert report.added == 3
    hits = ws.index("animals").retrieve("Which animal purrs?", k=3, where="year < 2023").hits
    assert hits[0].document == "a" and hits[0].metadata["year"] == 2021
    assert {hit.document for hit in hits} == {"a", "b"}
    assert ws.ingest(frame.assign(year=[2021, 2022, 2024]), into="animals").updated == 1
    assert {hit.document for hit in ws.index("animals").retrieve("prices", where="year = 2024").hits} == {"c"}


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.pdf", b"", "empty"),
        ("broken.pdf", b"%PDF-1.7 and then nothing of use", ""),
        ("rubbish.txt", bytes(range(256)) * 64, "binary"),
        ("blank.md", b"   \n\n  ", "no text"),
    ],
)
def test_what_cannot_be_read_is_set_aside(
    ws: Workspace, handbook: Path, name: str, content: bytes, reason: str
) -> None:
    (handbook / name).write_bytes(content)
    report = ws.ingest(handbook, into="handbook")
    assert report.added == 2 and len(report.quarantined) == 1
    aside = report.quarantined[0]
    assert name in aside.source and reason in aside.reason and aside.hint
    assert ws.index("handbook").describe().quarantined[0].reason == aside.reason
    (handbook / name).write_text("A file about volcanoes.")
    assert ws.ingest(handbook, into="handbook").added == 1
    assert ws.index("handbook").describe().quarantined == ()


def test_names_that_do_not_exist(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    with pytest.raises(UnknownName, match="handbook"):
        ws.index("handbok")
    with pytest.raises(UnknownName, match="memory"):
        ws.ingest(handbook, into="other", backend="memori")
    with pytest.raises(UnknownName, match="hybrid"):
        ws.index("handbook").retrieve("x", mode="hybird")
    with pytest.raises(InvalidInput):
        ws.ingest(handbook / "*.docx", into="other")
    assert ws.indexes() == ["handbook"]


@pytest.mark.parametrize("question", ["", "   \n"])
def test_an_empty_question(ws: Workspace, handbook: Path, question: str) -> None:
    ws.ingest(handbook, into="handbook")
    with pytest.raises(InvalidInput, match="empty"):
        ws.index("handbook").ask(question)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_workspace(workspace: Path) -> None:
    (workspace.parent / "a.txt").write_text("A text.")
    workspace.mkdir()
    workspace.chmod(0o500)
    with pytest.raises(ReadOnlyWorkspace):
        mn.open(workspace).ingest("a.txt", into="x")


def _ingest_slowly(home: Path, files: Path) -> None:
    mn.open(home, backend="memory").ingest(files, into="many")


def test_a_killed_ingestion_goes_on(workspace: Path) -> None:
    files = workspace.parent / "files"
    files.mkdir()
    for n in range(900):
        (files / f"{n}.txt").write_text(f"Report {n}. The machine number {n} was serviced in week {n % 52}.")
    child = multiprocessing.get_context("spawn").Process(target=_ingest_slowly, args=(workspace, files))
    child.start()
    with mn.open(workspace, backend="memory") as ws:
        deadline = time.monotonic() + 120
        while child.is_alive() and time.monotonic() < deadline:
            if "many" in ws.indexes() and len(ws.index("many").documents()) >= 200:
                break
            time.sleep(0.02)
        os.kill(child.pid or 0, signal.SIGKILL)
        child.join()
        before = len(ws.index("many").documents())
        report = ws.ingest(files, into="many")
        assert report.added + report.unchanged == 900 and report.unchanged == before >= 200
        assert ws.index("many").retrieve("machine number 873", mode="keyword", k=1).hits[0].source.endswith("873.txt")
        assert ws.index("many").describe().pending == 0


def test_a_conversation_is_condensed(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    index = ws.index("handbook")
    index.ask("What is the office cat called?", thread="chat")
    answer = index.ask("Where does she sleep?", thread="chat")
    assert "printer" in answer.text and answer.retrieval.searches == (
        "What is the office cat called? Where does she sleep?",
    )
    assert ws.catalog.turns.threads() == {"chat": 2}


def test_an_answer_can_be_checked(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    index = ws.index("handbook")
    answer = index.ask("How many days do EU customers have to return a product?", check=True)
    assert answer.groundedness is not None and answer.groundedness.score > 0.5
    context = "Parcels leave our warehouse in Rotterdam within three working days."
    false = index.check("Parcels are carried by trained elephants to Jupiter.", context)
    true = index.check("Parcels leave the warehouse within three working days.", context)
    assert true.supported and not false.supported and false.score < true.score


def test_an_explanation_names_every_stage(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    explanation = ws.index("handbook").ask("How many days to return a product?").explain()
    assert {"chunk", "rank", "score", "bm25", "cosine", "outcome"} <= set(explanation.df.columns)
    text = explanation._repr_mimebundle_()["text/html"]
    assert "Candidates" in text and "Timing" in text and "kept" in text


@pytest.mark.parametrize("place", ["", "  ", 5])
def test_what_is_no_place_for_a_workspace_is_told(place: object) -> None:
    with pytest.raises(InvalidInput, match="no place for a workspace"):
        mn.open(place)  # type: ignore[arg-type]  # what people pass


def test_a_folder_that_cannot_be_made_is_told() -> None:
    with pytest.raises(WorkspaceError, match="cannot be made"):
        mn.open("/proc/nowhere").indexes()


def test_chunk_tokens_of_an_index_that_is_there_are_not_silently_passed_over(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook", chunk_tokens=64)
    ws.ingest(handbook, into="handbook", chunk_tokens=64)
    ws.ingest(handbook, into="handbook")
    with pytest.raises(InvalidInput, match="up to 64 tokens"):
        ws.ingest(handbook, into="handbook", chunk_tokens=128)


def test_text_under_the_name_of_a_markdown_file_is_markdown(ws: Workspace) -> None:
    ws.ingest({"cats.md": "# Cats\n\nThe office cat is called Ada."}, into="notes")
    answer = ws.index("notes").ask("What is the office cat called?")
    assert answer.text == "The office cat is called Ada. [1]"
    assert answer.retrieval.hits[0].heading == "Cats"


def test_an_empty_index_and_a_filter_that_leaves_nothing_are_told(ws: Workspace, handbook: Path) -> None:
    (handbook / "empty.md").write_text("")
    ws.ingest(handbook / "empty.md", into="bare")
    assert "bare is empty: %ingest FILE --into bare" in str(ws.index("bare").ask("Who?"))
    ws.ingest(handbook, into="handbook")
    told = ws.index("handbook").ask("Who sleeps on the printer?", where="source like '%nowhere%'")
    assert "nothing passes the filter" in str(told)
    assert "nothing passes the filter" in str(ws.index("handbook").retrieve("printer", where="source like '%nowhere%'"))


def test_a_question_that_is_no_text_is_told(ws: Workspace, handbook: Path) -> None:
    ws.ingest(handbook, into="handbook")
    with pytest.raises(InvalidInput, match="The question is None, and no text"):
        ws.index("handbook").ask(None)  # type: ignore[arg-type]  # what people pass


def test_progress_knows_how_much_there_is(ws: Workspace, handbook: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    ws.ingest(handbook, into="handbook", progress=lambda p: seen.append((p.stage, p.done, p.total)))
    assert [step for step in seen if step[0] == "reading"] == [("reading", 1, 2), ("reading", 2, 2)]


def test_rows_without_text_are_set_aside_as_rows(ws: Workspace) -> None:
    report = ws.ingest(pd.DataFrame({"id": [1, 2], "text": ["A text.", None]}), into="rows")
    assert [(o.source, o.reason) for o in report.quarantined] == [("DataFrame[2]", "It has no text.")]


def test_rows_of_the_same_text_are_found_by_what_else_they_say(ws: Workspace) -> None:
    frame = pd.DataFrame({"text": ["The printer burns."] * 2, "customer": ["Ada", "Bob"]})
    assert ws.ingest(frame, into="rows").added == 2 and ws.ingest(frame, into="rows").unchanged == 2
    for customer in ("Ada", "Bob"):
        (hit,) = ws.index("rows").retrieve("printer", where=f"customer = '{customer}'").hits
        assert hit.metadata == {"customer": customer}


def test_a_mistyped_option_is_told(ws: Workspace, handbook: Path) -> None:
    for wrong, right in (
        ("chunk_size", "chunk_tokens"),
        ("chunk", "chunk_tokens"),
        ("pasword", "password"),
        ("backends", "backend"),
    ):
        with pytest.raises(UnknownName, match=f"'{wrong}'.\nTry: {right}="):
            ws.ingest(handbook, into="handbook", **{wrong: 100})
    assert ws.ingest(handbook, into="handbook", mine="for a parser of my own").added == 2


def test_a_sentence_on_the_next_page_is_cited_with_its_page(ws: Workspace) -> None:
    first = [Words("Parcels are handed to the carrier, and each customer gets a", 72, 700)]
    second = [Words("number by mail. The warehouse in Rotterdam closes at six.", 72, 700)]
    ws.ingest({"shipping.pdf": pdf([first, second])}, into="shipping")
    index = ws.index("shipping")
    (citation, *_) = index.ask("When does the warehouse in Rotterdam close?").citations
    assert citation.sentence == "The warehouse in Rotterdam closes at six." and citation.page == 2
    (hit,) = index.retrieve("parcels").hits
    assert hit.page == hit.page_at(hit.start) == 1 and hit.page_at(hit.end - 1) == 2
    assert hit.metadata == {}, "where pages turn is no field of the user's"
    with pytest.raises(UnknownName) as told:
        index.retrieve("parcels", where="turns = 1")
    assert ".turns" not in str(told.value)
    index.reindex()
    assert ws.index("shipping").ask("When does the warehouse in Rotterdam close?").citations[0].page == 2


def test_half_a_character_stops_nothing(ws: Workspace) -> None:
    """JSON that was cut in the middle of an emoji, as records and as columns of objects."""
    half = "\ud83d"
    row = {"id": f"a{half}", "text": f"A tapir {half} sleeps.", "title": f"Zoo {half}", "by": f"me{half}"}
    rows = [{**row, "tags": [half]}]
    assert ws.ingest(rows, into="zoo").added == 1
    assert ws.ingest(pd.DataFrame(rows, dtype=object), into="zoo").unchanged == 1
    assert ws.ingest({f"notes{half}.txt": f"A lemur {half} climbs."}, into="zoo").added == 1
    hit = ws.index("zoo").retrieve("Who sleeps?", where="by = 'me?'", k=1, around=1).hits[0]
    assert (hit.text, hit.title, hit.document) == ("A tapir ? sleeps.", "Zoo ?", "a\\ud83d")


@pytest.mark.skipif(os.name == "nt", reason="names of files are Unicode there")
def test_names_of_files_in_an_old_encoding(ws: Workspace, workspace: Path) -> None:
    place = workspace.parent / os.fsdecode(b"caf\xe9")
    place.mkdir()
    for name, text in ((b"th\xe9.txt", "Tea is served at four."), (b"th\xe8.txt", "Juice is served at six.")):
        (place / os.fsdecode(name)).write_text(text)
    assert ws.ingest(place, into="menu").added == 2
    assert ws.ingest(place, into="menu").unchanged == 2
    (place / os.fsdecode(b"th\xe8.txt")).unlink()
    assert ws.ingest(place, into="menu").removed == 1
    assert ws.index("menu").ask("When is tea served?").sources["source"][0].endswith("th\\udce9.txt")
