"""Sources into the catalog: unchanged ones are passed over, unreadable ones set aside, the rest parsed and chunked.

Documents are committed in small groups, so an interrupt or a killed kernel loses at most the group in hand, and the
next run passes over what is there.
"""

from __future__ import annotations

import hashlib
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import TURNS, IndexRow, NewChunk, NewDocument, QuarantineRow
from motadata_nb.embeddings.base import Embedder
from motadata_nb.embeddings.passages import embedded_text
from motadata_nb.errors import IndexGone, UnreadableDocument
from motadata_nb.ingestion.base import Block, Chunk, ParsedDocument, Picture, RawDocument
from motadata_nb.ingestion.chunking import chunk
from motadata_nb.ingestion.detect import detect
from motadata_nb.ingestion.registry import parse
from motadata_nb.ingestion.report import Outcome
from motadata_nb.ingestion.source import Source, name_in_words

__all__ = ["Pipeline", "Progress", "new_chunks", "recut", "restored", "structure"]

_GROUP_DOCUMENTS = 200
_GROUP_CHUNKS = 500


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an ingestion is. `stage` is reading or embedding; `total` is None while it is not known."""

    stage: str
    done: int
    total: int | None
    unit: str
    quarantined: int
    seconds: float


class Pipeline:
    """Writes documents of one index into the catalog."""

    def __init__(
        self, catalog: Catalog, row: IndexRow, embedder: Callable[[str], Embedder], *, options: Mapping[str, Any]
    ) -> None:
        self._catalog = catalog
        self._row = row
        self._embedder_named = embedder
        self._embedder = embedder(row.embedder)
        self._options = dict(options)
        self.outcomes: list[Outcome] = []

    def run(self, sources: Iterable[Source], notice: Callable[[Outcome], None]) -> None:
        """Read all sources; `notice` is called for each as soon as it is safely in the catalog."""
        seen: dict[str, set[str]] = {}
        for group in _groups(self._read(sources, seen)):
            self._commit(group)
            for outcome, _ in group:
                self._note(outcome, notice)
        for origin, keys in seen.items():
            self._remove_missing(origin, keys, notice)

    def _note(self, outcome: Outcome, notice: Callable[[Outcome], None]) -> None:
        self.outcomes.append(outcome)
        notice(outcome)

    def _read(
        self, sources: Iterable[Source], seen: dict[str, set[str]]
    ) -> Iterator[tuple[Outcome, NewDocument | QuarantineRow | None]]:
        known = self._catalog.documents.known(self._row.id)
        hashes = {h: key for key, h in known.items()}
        for source in sources:
            if source.origin:
                seen.setdefault(source.origin, set()).add(source.key)
            try:
                outcome, document = self._read_one(source, known, hashes)
            except UnreadableDocument as error:
                row = QuarantineRow(
                    key=source.key, source=source.source, reason=error.what, hint=error.hint, at=time.time()
                )
                yield Outcome(source=source.source, status="quarantined", reason=error.what, hint=error.hint), row
                continue
            if document is not None:
                known[source.key] = document.content_hash
                hashes.setdefault(document.content_hash, source.key)
            yield outcome, document

    def _read_one(
        self, source: Source, known: Mapping[str, str], hashes: Mapping[str, str]
    ) -> tuple[Outcome, NewDocument | None]:
        data = _read_bytes(source)
        digest = self._digest(source, data)
        before = known.get(source.key)
        if before == digest:
            return Outcome(source=source.source, status="unchanged"), None
        mime = "text/plain" if source.text is not None else detect(data, source.source)
        document = NewDocument(
            key=source.key, source=source.source, origin=source.origin, content_hash=digest, title=source.title,
            mime=mime, size=len(data), metadata=dict(source.metadata),
        )  # fmt: skip
        # Rows of a table are records of their own; files with the same bytes are copies of one document.
        if source.text is None and hashes.get(digest, source.key) != source.key:
            return Outcome(source=source.source, status="duplicate", reason=f"same as {hashes[digest]}"), document
        if source.text is not None and not source.text.strip():
            raise UnreadableDocument("It has no text.", "Fill it in, or leave it out.")
        whole = self._parsed(source, data, mime, document)
        status = "added" if before is None else "updated"
        return Outcome(source=source.source, status=status, chunks=len(whole.chunks)), whole

    def _digest(self, source: Source, data: bytes) -> str:
        """Changes when the content or its metadata changes. How it is cut belongs to the index, not to the document."""
        salt = repr((source.title, sorted(source.metadata.items()))) if source.text is not None else ""
        return hashlib.sha256(data + b"\0" + salt.encode("utf-8", "surrogatepass")).hexdigest()

    def _parsed(self, source: Source, data: bytes, mime: str, document: NewDocument) -> NewDocument:
        password = str(self._options.get("password", ""))
        parsed = parse(
            RawDocument(source=source.source, data=data, mime=mime, password=password, options=self._options)
        )
        title = source.title or parsed.title or _title_of(source)
        pieces = chunk(replace(parsed, title=title), self._embedder, int(self._row.chunking["tokens"]))
        if not pieces:
            raise UnreadableDocument("It has no text.", "Check the file; a scan needs --ocr.")
        chunks = new_chunks(pieces, title, parsed)
        metadata = {**parsed.metadata, **document.metadata}
        return NewDocument(
            **{
                **{f: getattr(document, f) for f in ("key", "source", "origin", "content_hash", "mime", "size")},
                "title": title, "pages": parsed.pages, "metadata": metadata, "text": parsed.text,
                "structure": structure(parsed), "chunks": chunks,
            }
        )  # fmt: skip

    def _commit(self, group: list[tuple[Outcome, NewDocument | QuarantineRow | None]]) -> None:
        """Write a group. When another index has taken the place of this one meanwhile, it goes there, cut anew."""
        try:
            self._write(group)
        except IndexGone:
            found = self._catalog.indexes.find(self._row.name)
            if found is None or found.id == self._row.id:
                raise
            self._row = found
            if found.embedder != self._embedder.name:
                self._embedder = self._embedder_named(found.embedder)
            self._commit([(o, self._recut(i) if isinstance(i, NewDocument) and i.chunks else i) for o, i in group])

    def _recut(self, document: NewDocument) -> NewDocument:
        return recut(document, self._embedder, int(self._row.chunking["tokens"]))

    def _write(self, group: list[tuple[Outcome, NewDocument | QuarantineRow | None]]) -> None:
        documents = [item for _, item in group if isinstance(item, NewDocument)]
        aside = [item for _, item in group if isinstance(item, QuarantineRow)]
        if documents:
            self._catalog.documents.put(self._row.id, documents)
        if aside:
            self._catalog.documents.set_aside(self._row.id, aside)

    def _remove_missing(self, origin: str, keys: set[str], notice: Callable[[Outcome], None]) -> None:
        gone = sorted(self._catalog.documents.from_origin(self._row.id, origin) - keys)
        if gone:
            self._catalog.documents.remove(self._row.id, gone)
        for key in gone:
            self._note(Outcome(source=key, status="removed"), notice)


def _groups(
    items: Iterator[tuple[Outcome, NewDocument | QuarantineRow | None]],
) -> Iterator[list[tuple[Outcome, NewDocument | QuarantineRow | None]]]:
    group: list[tuple[Outcome, NewDocument | QuarantineRow | None]] = []
    chunks = 0
    for outcome, item in items:
        group.append((outcome, item))
        chunks += outcome.chunks
        if len(group) >= _GROUP_DOCUMENTS or chunks >= _GROUP_CHUNKS:
            yield group
            group, chunks = [], 0
    if group:
        yield group


def _read_bytes(source: Source) -> bytes:
    if source.text is not None:
        return source.text.encode("utf-8", "replace")
    try:
        return source.read()
    except OSError as error:
        raise UnreadableDocument(
            f"It cannot be read: {error.strerror or error}.", "Check that it exists and that you may read it."
        ) from error


def _title_of(source: Source) -> str:
    """The file's name in words, for a document that does not say what it is; nothing for a row of a table."""
    return "" if source.text is not None else name_in_words(source.source)


def new_chunks(pieces: Sequence[Chunk], title: str, parsed: ParsedDocument) -> list[NewChunk]:
    """Chunks of a document as the catalog takes them.

    In their metadata `pictures` says how many they have, and `TURNS` where they go on on a later page.
    """
    return [
        NewChunk(
            text=p.text, start=p.start, end=p.end, page=p.page, heading=p.heading, tokens=p.tokens, kind=p.kind,
            embedded_hash=_hash(embedded_text(title, p.heading, p.text)), metadata=_own(p, parsed),
        )
        for p in pieces
    ]  # fmt: skip


def _own(piece: Chunk, parsed: ParsedDocument) -> dict[str, Any]:
    count = sum(picture.stands_in(piece.start, piece.end) for picture in parsed.pictures)
    starts = parsed.page_starts
    first, last = bisect_right(starts, piece.start), bisect_left(starts, piece.end)
    turns = [[starts[at], at + 1] for at in range(first, last)]
    return ({"pictures": count} if count else {}) | ({TURNS: turns} if turns else {})


def structure(parsed: ParsedDocument) -> dict[str, Any]:
    """What the catalog keeps of a parsed document beside its text."""
    kept = {"blocks": [asdict(block) for block in parsed.blocks], "page_starts": list(parsed.page_starts)}
    return kept | ({"pictures": [asdict(picture) for picture in parsed.pictures]} if parsed.pictures else {})


def restored(title: str, pages: int | None, text: str, kept: Mapping[str, Any]) -> ParsedDocument:
    """The parsed document of what the catalog keeps."""
    return ParsedDocument(
        text=text, title=title, pages=pages, page_starts=kept.get("page_starts", ()),
        blocks=[Block(**block) for block in kept.get("blocks", ())],
        pictures=[Picture(**picture) for picture in kept.get("pictures", ())],
    )  # fmt: skip


def recut(document: NewDocument, embedder: Embedder, tokens: int) -> NewDocument:
    """A document as it would be ingested with another embedder or chunk length, from its text and structure."""
    parsed = restored(document.title, document.pages, document.text, document.structure)
    return replace(document, chunks=new_chunks(chunk(parsed, embedder, tokens), document.title, parsed))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
