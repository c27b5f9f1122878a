"""What is shown of hits beside their text: tables as tables, pictures as thumbnails from the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from motadata_nb.cards import Pictures, Section, Table, counted, shortened, source_name
from motadata_nb.catalog.catalog import Catalog
from motadata_nb.embeddings.passages import HEADING_SEPARATOR
from motadata_nb.ingestion.base import Picture
from motadata_nb.rag.hits import Hit, Thumbnail

__all__ = ["exhibits", "has_pictures", "with_pictures"]

_ROWS = 30
_RULE = re.compile(r"[\s|:+-]*")
_MOST_SHOWN = 12
_CAPTION = 120


def has_pictures(hit: Hit) -> bool:
    """Whether its document has pictures where it stands."""
    return bool(hit.metadata.get("pictures"))


def with_pictures(catalog: Catalog, hits: Sequence[Hit]) -> tuple[Hit, ...]:
    """The hits with their thumbnails. Only documents of passages that have pictures are looked into."""
    known: dict[int, list[Picture]] = {}
    for hit in hits:
        if has_pictures(hit) and hit.document_id not in known:
            kept = catalog.documents.structure(hit.document_id)
            known[hit.document_id] = [Picture(**picture) for picture in kept.get("pictures", ())]
    return tuple(replace(hit, pictures=_of(hit, known.get(hit.document_id, ()))) for hit in hits)


def _of(hit: Hit, pictures: Sequence[Picture]) -> tuple[Thumbnail, ...]:
    inside = [picture for picture in pictures if picture.stands_in(hit.start, hit.end)]
    return tuple(
        Thumbnail(picture.image, _caption(hit.text[max(0, picture.start - hit.start) :])) for picture in inside
    )


def _caption(text: str) -> str:
    """The paragraph in which a picture stands, from there on."""
    return shortened(text.strip().partition("\n\n")[0], _CAPTION)


def exhibits(hits: Iterable[Hit]) -> Iterator[Section]:
    """The pictures of the hits side by side, and each of their tables."""
    found = list(hits)
    yield from _pictures(found)
    for hit in found:
        yield from _tables(hit)


def _pictures(hits: Iterable[Hit]) -> Iterator[Section]:
    """The pictures of all hits, those of better hits first; none twice."""
    found: dict[str, str] = {}
    for hit in hits:
        for picture in hit.pictures:
            found.setdefault(picture.image, f"{_where(hit)}: {picture.caption}")
    if found:
        items = tuple(found.items())[:_MOST_SHOWN]
        yield Section(title=counted(len(found), "picture").capitalize(), content=Pictures(items), open=True)


def _where(hit: Hit) -> str:
    return source_name(hit.source) + (f", page {hit.page}" if hit.page else "")


def _tables(hit: Hit) -> Iterator[Section]:
    """The tables in a hit: of one that is a table its rows, of any other what stands in rows between empty lines."""
    if hit.kind == "code":
        return
    for part in [hit.text] if hit.kind == "table" else hit.text.split("\n\n"):
        rows = _rows(part, strict=hit.kind != "table")
        if len(rows) > 1:
            width = max(map(len, rows))
            names = _cells(hit.heading.rpartition(HEADING_SEPARATOR)[2])
            if len(names) == width and hit.text.startswith(part):
                # The chunk goes on with a table that began in another.
                rows = [names, *rows]
            filled = [[*row, *[""] * (width - len(row))] for row in rows[: _ROWS + 1]]
            yield Section(title=f"Table ({_where(hit)})", content=Table(filled[0], filled[1:]))


def _rows(text: str, *, strict: bool) -> list[list[str]]:
    """Rows of two cells and more; with `strict` none when more than a caption stands beside them."""
    lines = [cells for line in text.strip().splitlines() if (cells := _cells(line))]
    rows = [cells for cells in lines if len(cells) > 1]
    return [] if strict and len(lines) - len(rows) > 1 else rows


def _cells(line: str) -> list[str]:
    """The cells of a row of a table; none of a line that only parts head and body."""
    if "\t" in line:
        return line.split("\t")
    return [] if _RULE.fullmatch(line) else [cell.strip() for cell in line.strip().strip("|").split("|")]
