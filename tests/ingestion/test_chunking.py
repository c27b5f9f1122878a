from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motadata_nb.embeddings.minilm import MiniLM
from motadata_nb.embeddings.passages import embedded_text
from motadata_nb.errors import InvalidInput
from motadata_nb.ingestion.base import BlockKind, Chunk, ParsedDocument, RawDocument
from motadata_nb.ingestion.building import TextBuilder
from motadata_nb.ingestion.chunking import chunk
from motadata_nb.ingestion.registry import parse

EMBEDDER = MiniLM(threads=1)

PLAIN = (
    "the risk of model drift U.S. 3.5 Dr. Smith, returns don't co-operate naïve 日本語。 Ελλάδα x end. why? yes! e.g."
)
WORDS = st.sampled_from([*PLAIN.split(), "ab" * 40, "\u200b", "🙂🙂", "a" * 130])
TEXTS = st.lists(WORDS, min_size=1, max_size=120).map(" ".join)
KINDS: st.SearchStrategy[BlockKind] = st.sampled_from(["paragraph", "heading", "list", "table", "code"])
BLOCKS = st.lists(st.tuples(KINDS, TEXTS, st.integers(1, 4), st.integers(0, 1)), min_size=1, max_size=8)


def document(blocks: list[tuple[BlockKind, str, int, int]], title: str = "") -> ParsedDocument:
    builder = TextBuilder()
    page = 1
    for kind, text, level, turn in blocks:
        page += turn
        builder.add(kind, text.replace(" x ", "\n"), page=page, level=level if kind == "heading" else 0)
    return builder.build(title=title, pages=page)


def assert_exact(parsed: ParsedDocument, chunks: list[Chunk], limit: int) -> None:
    covered = bytearray(len(parsed.text))
    for item in chunks:
        assert parsed.text[item.start : item.end] == item.text
        assert len(EMBEDDER.token_offsets(embedded_text(parsed.title, item.heading, item.text))) == item.tokens <= limit
        assert item.page == parsed.page_at(item.start)
        assert not any(covered[item.start : item.end]), "chunks overlap"
        covered[item.start : item.end] = b"\1" * (item.end - item.start)
    for block in parsed.blocks:
        lost = [
            parsed.text[i] for i in range(block.start, block.end) if not covered[i] and not parsed.text[i].isspace()
        ]
        assert not lost


@settings(max_examples=60, deadline=None)
@given(blocks=BLOCKS, limit=st.integers(64, 254), title=st.sampled_from(["", "Handbook", "a very long title " * 20]))
def test_chunks_hold_everything_exactly_and_within_the_limit(
    blocks: list[tuple[BlockKind, str, int, int]], limit: int, title: str
) -> None:
    parsed = document(blocks, title)
    assert_exact(parsed, chunk(parsed, EMBEDDER, limit), limit)


def test_headings_become_the_path_of_the_chunks_below_them() -> None:
    parsed = document(
        [
            ("heading", "Returns", 1, 0),
            ("paragraph", "All of it.", 0, 0),
            ("heading", "Europe", 2, 0),
            ("paragraph", "Thirty days.", 0, 0),
            ("heading", "Warranty", 1, 0),
            ("paragraph", "Two years.", 0, 0),
        ],
        title="Handbook",
    )
    chunks = chunk(parsed, EMBEDDER)
    assert [item.heading for item in chunks] == [
        "Returns",
        "Returns > Europe",
        "Warranty",
    ]
    assert [item.text for item in chunks] == [
        "Returns\n\nAll of it.",
        "Europe\n\nThirty days.",
        "Warranty\n\nTwo years.",
    ]
    assert embedded_text("Handbook", chunks[1].heading, chunks[1].text) == "Handbook > Returns\nEurope\n\nThirty days."


def test_sentences_that_fit_are_never_cut() -> None:
    sentences = [f"Sentence number {i} says what item {i} of the long list is about." for i in range(200)]
    parsed = document([("paragraph", " ".join(sentences), 0, 0)])
    chunks = chunk(parsed, EMBEDDER, 60)
    assert len(chunks) > 40
    assert all(item.text.startswith("Sentence") and item.text.endswith("about.") for item in chunks)


def test_a_chunk_stays_on_its_page() -> None:
    parsed = document([("paragraph", "On the first page.", 0, 0), ("paragraph", "On the second page.", 0, 1)])
    assert [(item.page, item.text) for item in chunk(parsed, EMBEDDER)] == [
        (1, "On the first page."),
        (2, "On the second page."),
    ]


def test_small_neighbours_are_merged() -> None:
    parsed = document([("paragraph", f"Note {i}.", 0, 0) for i in range(10)])
    assert len(chunk(parsed, EMBEDDER)) == 1


def test_a_table_that_goes_on_keeps_its_first_row_as_heading() -> None:
    rows = ["Item\t2016\t2017", *(f"Item number {n}\t{n * 7}\t{n * 11}" for n in range(60))]
    parsed = document([("heading", "Sales", 1, 0), ("table", "\n".join(rows), 0, 0), ("paragraph", "The end.", 0, 0)])
    chunks = chunk(parsed, EMBEDDER, 100)
    assert len(chunks) > 3
    assert [item.heading for item in chunks] == ["Sales", *["Sales > Item 2016 2017"] * (len(chunks) - 1)]
    assert all(row in "\n".join(item.text for item in chunks) for row in rows)
    assert_exact(parsed, chunks, 100)


def test_a_limit_that_holds_nothing_is_refused() -> None:
    with pytest.raises(InvalidInput, match="too small"):
        chunk(document([("paragraph", "a", 0, 0)]), EMBEDDER, 3)


class _Counting(MiniLM):
    """Counts the characters it has to tokenise, which is where the time goes."""

    characters = 0

    def token_offsets(self, text: str) -> list[tuple[int, int]]:
        self.characters += len(text)
        return super().token_offsets(text)


@pytest.mark.parametrize("filler", ["lorem ipsum dolor sit amet ", "x", "Kurz. "])
def test_one_long_line_is_tokenised_a_few_times_and_not_once_per_chunk(filler: str) -> None:
    data = (filler * 20_000)[:300_000].encode()
    parsed = parse(RawDocument(source="line.txt", data=data, mime="text/plain"))
    embedder = _Counting(threads=1)
    chunks = chunk(parsed, embedder)
    assert sum(len(item.text.replace(" ", "")) for item in chunks) == len(parsed.text.replace(" ", ""))
    assert embedder.characters < 4 * len(parsed.text)


def test_rows_of_a_table_stand_under_its_caption() -> None:
    table = "\n".join(["Pump\tPower", *(f"Pump {n}\t{n * 10} kW" for n in range(90))])
    caption = f"Table 2: Power of all pumps > in kW, {'as measured in the hall, ' * 9}"
    end = "That was all of it. " * 60
    parsed = document([("paragraph", caption, 0, 0), ("table", table, 0, 0), ("paragraph", end, 0, 0)])
    found = chunk(parsed, EMBEDDER, 200)
    rows = [item for item in found if "kW\n" in item.text and "Table 2" not in item.text]
    assert len(rows) > 1 and all(item.heading.startswith("Table 2: Power of all pumps in kW") for item in rows)
    assert all("Pump Power" in item.heading or item.text.startswith("Pump\t") for item in rows)
    assert not any("Table 2" in item.heading for item in found if item.text.startswith("That"))
    assert_exact(parsed, found, 200)
