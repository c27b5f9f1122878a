"""Filters: one meaning, `fits`, whatever searches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import motadata_nb
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import ChunkRow, NewChunk, NewDocument
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.testing.vector_suite import unit_vectors
from motadata_nb.vectors.base import Place, VectorBackend
from motadata_nb.vectors.chroma import ChromaBackend
from motadata_nb.vectors.columns import Columns
from motadata_nb.vectors.duckdb import DuckDBBackend
from motadata_nb.vectors.filter_text import parse
from motadata_nb.vectors.filters import And, Compare, Filter, Not, Or, fits
from motadata_nb.vectors.memory import MemoryBackend
from motadata_nb.vectors.narrowed import search_among
from tests.vectors.spread import register

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from([0.5, 2.0, -1.5]),
    st.sampled_from(["", "a", "A%b", "report_2024.pdf", "Ünïcode", "it's", "10", "2024-01-31", "2024-01-31T00:00:00Z"]),
)  # fmt: skip
FIELDS = ["page", "source", "title", "lang", "year", "odd name"]
METADATA = st.dictionaries(
    st.sampled_from(["lang", "year", "odd name"]), st.one_of(SCALARS, st.just([1, 2])), max_size=3
)
VALUES = SCALARS.filter(lambda v: v is not None)
COMPARISONS = st.one_of(
    st.builds(Compare, st.sampled_from(FIELDS), st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), VALUES),
    st.builds(
        Compare,
        st.sampled_from(FIELDS),
        st.sampled_from(["like", "unlike"]),
        st.sampled_from(["%", "a%", "%2024%", "_", "", "%'_"]),
    ),
    st.builds(
        Compare,
        st.sampled_from(FIELDS),
        st.sampled_from(["in", "outside"]),
        st.lists(VALUES, min_size=1, max_size=3).map(tuple),
    ),
    st.builds(Compare, st.sampled_from(FIELDS), st.just("null"), st.none()),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
DOCUMENTS = st.lists(
    st.tuples(METADATA, st.sampled_from([None, 1, 2, 7]), st.sampled_from(["", "A title"])), max_size=12
)


def asked(row: ChunkRow) -> dict[str, Any]:
    """What a filter can ask for: the metadata, and source, document, title, page, heading, kind."""
    own = {"source": row.source, "document": row.document, "title": row.title or None, "page": row.page}
    return {**row.metadata, **own, "heading": row.heading or None, "kind": row.kind}


def put(catalog: Catalog, rows: list[Any]) -> tuple[int, dict[int, dict[str, Any]]]:
    """Documents of one chunk each; the index's id, and what a filter can ask of each chunk."""
    index = catalog.indexes.ensure("x", backend="memory", embedder="spread", chunking={"tokens": 100})
    known = set(catalog.documents.known(index.id))
    catalog.documents.remove(index.id, sorted(known))
    catalog.documents.put(
        index.id,
        [
            NewDocument(
                key=f"k{n}", source=f"s{n % 3}/report_2024.pdf", content_hash=f"{n}", title=title, metadata=metadata,
                chunks=[NewChunk(text=f"t{n}", start=0, end=2, tokens=1, page=page, embedded_hash=f"h{n}")],
            )
            for n, (metadata, page, title) in enumerate(rows)
        ],
    )  # fmt: skip
    rows_now = catalog.documents.changed(index.id, (0, 0), 1000)
    return index.id, {row.id: asked(row) for row in rows_now}


@pytest.fixture
def catalog(workspace: Path) -> Iterator[Catalog]:
    with closing(Catalog(workspace / "catalog.db")) as catalog:
        yield catalog


@pytest.fixture
def backends(tmp_path: Path) -> Iterator[list[VectorBackend]]:
    with ExitStack() as stack:
        made: list[VectorBackend] = []
        for backend in (MemoryBackend, ChromaBackend, DuckDBBackend):
            folder = tmp_path / backend.__name__
            folder.mkdir()
            made.append(stack.enter_context(closing(backend(Place(folder=folder, name="filters", dimension=32)))))
        yield made


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=DOCUMENTS, where=FILTERS)
def test_the_same_ids_whatever_searches(
    catalog: Catalog, backends: list[VectorBackend], rows: list[Any], where: Filter
) -> None:
    index_id, chunks = put(catalog, rows)
    wanted = {chunk for chunk, facts in chunks.items() if fits(where, facts)}
    columns = Columns(catalog, index_id)
    try:
        fitting = columns.fitting(where)
    except UnknownName:
        return
    assert set(fitting.ids.tolist()) == wanted and fitting.of == len(chunks)
    vectors = unit_vectors(len(chunks))
    for backend in backends:
        backend.upsert(list(chunks), vectors)
        found = search_among(partial(backend.search, unit_vectors(1, seed=3)[0]), 50, fitting)
        assert {match.id for match in found} == wanted
        backend.delete(list(chunks))


def test_columns_follow_the_catalog(catalog: Catalog) -> None:
    index_id, _ = put(catalog, [({"lang": "de"}, 1, ""), ({"lang": "en"}, 2, "")])
    columns = Columns(catalog, index_id)
    assert len(columns.fitting(parse("lang = 'de'")).ids) == 1
    put(catalog, [({"lang": "de", "year": 2024}, 1, ""), ({"lang": "de"}, 2, ""), ({"lang": "fr"}, 2, "")])
    assert len(columns.fitting(parse("lang = 'de'")).ids) == 2
    assert len(columns.fitting(parse("year > 2000")).ids) == 1
    assert columns.fitting(parse("lang = 'en'")).share == 0.0


@pytest.mark.parametrize("mode", ["hybrid", "vector", "keyword"])
def test_an_index_filters_in_every_mode(workspace: Path, mode: str) -> None:
    import pandas as pd

    register()
    with motadata_nb.open(workspace, embedder="spread", backend="memory") as ws:
        n = 300
        frame = pd.DataFrame(
            {"id": [str(i) for i in range(n)], "text": [f"the common word number {i}" for i in range(n)]}
        )
        ws.ingest(frame.assign(n=range(n), lang=["de" if i % 2 else "en" for i in range(n)]), into="x")
        index = ws.index("x")
        tight = index.retrieve("common word", k=10, mode=mode, where="n >= 7 and n < 10")
        assert {hit.document for hit in tight.hits} == {"7", "8", "9"}
        loose = index.retrieve("common word", k=200, mode=mode, where="lang = 'de'")
        assert len(loose.hits) == 150 and all(hit.metadata["lang"] == "de" for hit in loose.hits)
        assert index.retrieve("common word", mode=mode, where="lang = 'fr'").hits == ()
        with pytest.raises(UnknownName, match="lang"):
            index.retrieve("common word", mode=mode, where="lnag = 'de'")


@pytest.mark.parametrize("text", ["", "page >", "page > > 3", "like 'x'", "page = 'open", "a = 1 or", "page ~ 3", "("])
def test_what_is_not_understood_is_pointed_at(text: str) -> None:
    with pytest.raises(InvalidInput, match="not understood at character"):
        parse(text)


@pytest.mark.parametrize("text", ['lang = "de"', "lang = null", "lang = de", "lang in (de)"])
def test_a_value_without_quotes_is_told_how(text: str) -> None:
    with pytest.raises(InvalidInput, match="single quotes"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ('author = "Ida Holm"', "author = 'Ida Holm'"),
        ("author = Ida", "--where \"author = 'Ida'\""),
        ("author = NULL", "author is null"),
        ("author != None", "author is null"),
        ("day > now()", "day > 2024-01-31, filled in from Python by {{ … }}"),
    ],
)
def test_a_value_that_is_none_is_answered_with_the_field_that_was_asked_for(text: str, advice: str) -> None:
    with pytest.raises(InvalidInput) as error:
        parse(text)
    assert advice in error.value.hint


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("page => 3", "page >= 3"), ("page === 3", "page = 3"), ("page ≥ 3", "page >= 3"),
        ("page lke 'x'", "mean: like"),
        ("page > 3 && lang = 'de'", "joined with and"), ("page > 3 adn lang = 'de'", "mean: and"),
        ("source contains 'x'", "like '%2024%'"), ("title = 'it's'", "it''s"), ("title = 'open", "not closed"),
        ("title = “x”", "straight quotes"), ("my-field = 3", '"my-field"'), ("3 < page", "field comes first"),
        ("page in 3", "takes a list"), ("page between 3, 5", "between 3 and 5"), ("page not = 3", "page != 3"),
        ("draft is true", "draft = true"), ("title like 5", "takes a text"), ("price > 1,000", "without separators"),
        ("day > 2024-13-45", "no such day"), ("where page > 3", "word where"), ("(page = 1", "not closed"),
        ("page = 1)", "not opened"), ("in = 3", '"in" = 3'), ("page = 3; drop table chunks", "Leave out"),
    ],
)  # fmt: skip
def test_a_mistake_is_answered_with_what_to_write(text: str, advice: str) -> None:
    with pytest.raises(InvalidInput) as told:
        parse(text)
    assert advice in told.value.hint, told.value.hint


@pytest.mark.parametrize(
    "where",
    [
        "day = '2024-01-31'", "day = 2024-01-31", "day <= 2024-01-31 and day >= 2024-01-31",
        "day between 2024-01-01 and 2024-02-01", "day in ('2024-01-31 00:00')", "day = '2024-01-31T01:00+01:00'",
        "day not in ('2024-01-30')", "day like '2024-01%'",
    ],
)  # fmt: skip
def test_dates_and_times_compare_as_times(where: str) -> None:
    """A DataFrame's dates are times at midnight; a person writes the day."""
    for stored in ("2024-01-31", "2024-01-31T00:00:00", "2024-01-31T00:00:00.000000000", "2024-01-31 00:00:00Z"):
        assert fits(parse(where), {"day": stored}), stored
        assert not fits(Not(parse(where)), {"day": stored})
    assert not fits(parse("day > 2024-01-31"), {"day": "2024-01-31T00:00:00"})
    assert fits(parse("day > 2024-01-31"), {"day": "2024-01-31T09:30"}) and not fits(parse(where), {})


@pytest.mark.parametrize("stored", ["unknown", "n/a", "", "tba 2024", "31.01.2024", "20240131"])
def test_what_is_no_time_is_neither_before_a_date_nor_after_it(stored: str) -> None:
    for operator in ("<", "<=", ">", ">="):
        assert not fits(parse(f"day {operator} 2024-01-31"), {"day": stored}), operator
        assert not fits(parse(f"day {operator} '2024-01-31 14:00'"), {"day": stored}), operator
    assert not fits(parse("day = 2024-01-31"), {"day": stored}) and fits(parse("day != 2024-01-31"), {"day": stored})
    assert fits(parse("day >= 2024-01-31"), {"day": "2024-03"}) and fits(parse("day >= '2024'"), {"day": "2024-01-31"})


def test_between_and_what_is_not_comparable() -> None:
    assert parse("page between 3 and 5") == parse("page >= 3 and page <= 5")
    assert parse("page not between -3 and 5 and a = 1") == parse("(page < -3 or page > 5) and a = 1")
    for where in ("year not like '2%'", "year not in ('2024')", "year not in (2023, '2024')", "year != '2024'"):
        assert not fits(parse(where), {"year": 2025}), where
    assert fits(parse("year not in (2023, 2024)"), {"year": 2025})


def test_a_filter_that_lets_nothing_pass_says_why(workspace: Path) -> None:
    import pandas as pd

    register()
    with motadata_nb.open(workspace, embedder="spread", backend="memory") as ws:
        ws.ingest(pd.DataFrame({"text": ["One.", "Two."], "year": [2023, 2024], "lang": ["de", "en"]}), into="x")
        index = ws.index("x")
        assert index.retrieve("One", where="year = '2024'").notes == (
            "nothing passes the filter: year holds numbers, like 2023",
        )
        assert "lang holds texts" in str(index.ask("One?", where="lang > 3"))
        for where in ("lang = 'DE'", "year = 2023 and lang in ('fr', 'es')"):
            assert index.retrieve("One", where=where).notes == ("nothing passes the filter: lang holds 'de', 'en'",)
        assert index.retrieve("One", where="page > 3").notes == ("nothing passes the filter: no passage has a page",)
        names = [f"Author number {n}" for n in range(30)]
        ws.ingest(pd.DataFrame({"text": names, "author": names, "day": pd.Timestamp("2024-02-01")}), into="y")
        notes = [ws.index("y").retrieve("One", where=w).notes[0] for w in ("author = 'author number 7'", "day > 2024")]
        assert [note.partition(": ")[2] for note in notes] == [
            "author holds 'Author number 7'",
            "day holds times, like 2024-02-01",
        ]
        assert index.retrieve("One", where="year = 2030").notes == ("nothing passes the filter",)
        assert index.retrieve("One", where="year = 2024").notes == ()
        assert len(index.retrieve("One", where="title is null and heading is null").hits) == 2


@given(text=st.text("ab%_.*", max_size=12), pattern=st.text("ab%_.*", max_size=8))
def test_like_means_what_it_means_in_sql(text: str, pattern: str) -> None:
    import sqlite3

    with closing(sqlite3.connect(":memory:")) as db:
        wanted = bool(db.execute("SELECT ? LIKE ?", [text, pattern]).fetchone()[0])
    assert fits(Compare("a", "like", pattern), {"a": text}) is wanted


def test_like_takes_no_time_for_what_almost_fits() -> None:
    """A pattern of many % made a backtracking search take longer than a life."""
    assert fits(Compare("a", "like", "%a" * 40 + "b"), {"a": "a" * 5000}) is False
    assert fits(Compare("a", "like", "%a" * 40 + "%"), {"a": "a" * 5000}) is True


def test_the_text_form() -> None:
    assert parse("page > 3 and source like '%2024%'") == And(
        (Compare("page", ">", 3), Compare("source", "like", "%2024%"))
    )
    assert parse("not a = 1 or b in ('x', 2)") == Or((Not(Compare("a", "=", 1)), Compare("b", "in", ("x", 2))))
    assert parse('"odd name" is not null') == Not(Compare("odd name", "null", None))
    assert fits(parse("a != 1"), {"a": None}) is False and fits(parse("not (a = 1)"), {}) is True
    assert np.all([fits(parse("a like 'it''s%'"), {"a": "IT'S so"})])


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        ("tags = 'net'", {"a", "b"}),
        ("tags != 'net'", {"c"}),
        ("tags like 'S%'", {"b"}),
        ("tags in ('hw', 'sec')", {"b", "c"}),
        ("tags not in ('hw')", {"a", "b"}),
        ("tags is null", {"d", "e"}),
        ("not tags = 'net'", {"c", "d", "e"}),
        ("sizes > 7", {"b"}),
    ],
)
def test_of_a_list_one_entry_must_pass(where: str, passes: set[str]) -> None:
    rows = {
        "a": {"tags": ["net"], "sizes": [1, 2]},
        "b": {"tags": ["sec", "net"], "sizes": [3, 9]},
        "c": {"tags": ["hw"], "sizes": []},
        "d": {"tags": []},
        "e": {},
    }
    assert {name for name, metadata in rows.items() if fits(parse(where), metadata)} == passes


def test_lists_of_documents_are_asked_for(workspace: Path) -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "text": ["Ships dock.", "Bread bakes."], "tags": [["sea", "port"], ["food"]]}
    )
    with motadata_nb.open(workspace, backend="memory") as ws:
        ws.ingest(frame, into="x")
        found = ws.index("x").retrieve("What happens?", where="tags = 'port'")
        assert [hit.document for hit in found.hits] == ["a"]
        nothing = ws.index("x").retrieve("What happens?", where="tags > 3")
        assert nothing.hits == () and "tags holds texts" in nothing.notes[0]


@pytest.mark.parametrize(
    "time", ["2024-03-31 23:59", "2024-03-31T23:59:00Z", "2024-03-31 23:59:00.5", "2024-03-31 23:59:00+00:00"]
)
def test_a_time_needs_no_quotes(time: str) -> None:
    assert fits(parse(f"day >= {time} and page = 3"), {"day": "2024-04-01", "page": 3})
    assert not fits(parse(f"day >= {time}"), {"day": "2024-03-31"})


def test_other_words_for_fields_are_understood(workspace: Path) -> None:
    with motadata_nb.open(workspace, backend="memory") as ws:
        ws.ingest(pd.DataFrame({"text": ["Ships dock."]}), into="x")
        with pytest.raises(UnknownName, match='--where "document = …"'):
            ws.index("x").retrieve("Ships?", where="id = 'a'")
