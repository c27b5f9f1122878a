"""Documents of an index: written whole or not at all, changed chunk by chunk."""

from __future__ import annotations

import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from motadata_nb.catalog import schema
from motadata_nb.catalog.chunks import Chunks
from motadata_nb.catalog.indexes import forget_unused_embeddings, next_seq
from motadata_nb.catalog.parts import in_parts
from motadata_nb.catalog.records import DocumentRow, NewChunk, NewDocument, QuarantineRow

__all__ = ["Documents"]

_d, _k = schema.documents, schema.chunks


class Documents(Chunks):
    """Documents of one tenant, by the id of their index."""

    # -- writing --------------------------------------------------------------------------------------------------

    def put(self, index_id: int, documents: Sequence[NewDocument]) -> None:
        """Add or replace documents, all or none. Chunks whose text did not change keep their id and embedding.

        Raises IndexGone when the index was dropped, or another has taken its place.
        """
        with self._db.write() as c:
            seq = next_seq(c, index_id)
            for document in documents:
                self._put_one(c, index_id, seq, document)

    def _put_one(self, c: Connection, index_id: int, seq: int, document: NewDocument) -> None:
        twin = c.execute(
            select(_d.c.id).where(
                _d.c.index_id == index_id,
                _d.c.content_hash == document.content_hash,
                _d.c.key != document.key,
                _d.c.duplicate_of.is_(None),
            )
        ).scalar() if not document.chunks else None  # fmt: skip
        values: dict[str, Any] = {
            "tenant": self._tenant, "index_id": index_id, "key": document.key, "source": document.source,
            "origin": document.origin, "title": document.title, "mime": document.mime, "size": document.size,
            "content_hash": document.content_hash, "pages": document.pages, "metadata": dict(document.metadata),
            "duplicate_of": twin, "seq": seq, "updated_at": time.time(),
        }  # fmt: skip
        known = c.execute(select(_d.c.id).where(_d.c.index_id == index_id, _d.c.key == document.key)).scalar()
        if known is None:
            document_id = int(c.execute(insert(_d).values(**values).returning(_d.c.id)).scalar_one())
        else:
            document_id = int(known)
            self._hand_over(c, document_id, seq)
            c.execute(update(_d).where(_d.c.id == document_id).values(**values))
        self._put_chunks(c, index_id, document_id, seq, document.chunks)
        _put_body(c, self._tenant, document_id, document)
        c.execute(delete(schema.quarantine).where(*_quarantined(index_id, [document.key])))

    def _put_chunks(self, c: Connection, index_id: int, document_id: int, seq: int, chunks: Sequence[NewChunk]) -> None:
        old: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for row in c.execute(
            select(_k.c.id, _k.c.embedded_hash, _k.c.text).where(_k.c.document_id == document_id).order_by(_k.c.ordinal)
        ):
            old[(row.embedded_hash, row.text)].append(row.id)
        fresh = []
        for ordinal, chunk in enumerate(chunks):
            place = {
                "ordinal": ordinal, "page": chunk.page, "start": chunk.start, "end": chunk.end, "seq": seq,
                "heading": chunk.heading, "metadata": dict(chunk.metadata), "kind": chunk.kind,
            }  # fmt: skip
            kept = old.get((chunk.embedded_hash, chunk.text))
            if kept:
                c.execute(update(_k).where(_k.c.id == kept.pop(0)).values(**place))
            else:
                fresh.append(
                    {**place, "tenant": self._tenant, "index_id": index_id, "document_id": document_id,
                     "text": chunk.text, "tokens": chunk.tokens, "embedded_hash": chunk.embedded_hash}
                )  # fmt: skip
        self._bury(c, index_id, seq, [i for ids in old.values() for i in ids])
        if fresh:
            c.execute(insert(_k), fresh)

    def _bury(self, c: Connection, index_id: int, seq: int, ids: Sequence[int]) -> None:
        for part in in_parts(ids):
            rows = [{"chunk_id": i, "tenant": self._tenant, "index_id": index_id, "seq": seq} for i in part]
            c.execute(insert(schema.tombstones), rows)
            c.execute(delete(_k).where(_k.c.id.in_(part)))

    def _hand_over(self, c: Connection, document_id: int, seq: int) -> None:
        """Before a document changes or goes, its chunks pass to an equal document, if there is one."""
        heir = c.execute(select(_d.c.id).where(_d.c.duplicate_of == document_id).order_by(_d.c.id).limit(1)).scalar()
        if heir is None:
            return
        c.execute(delete(schema.bodies).where(schema.bodies.c.document_id == heir))
        c.execute(update(schema.bodies).where(schema.bodies.c.document_id == document_id).values(document_id=heir))
        c.execute(update(_k).where(_k.c.document_id == document_id).values(document_id=heir, seq=seq))
        c.execute(update(_d).where(_d.c.duplicate_of == document_id).values(duplicate_of=heir))
        c.execute(update(_d).where(_d.c.id == heir).values(duplicate_of=None))

    def remove(self, index_id: int, keys: Sequence[str]) -> int:
        """Remove documents by key; gives how many there were. Projections drop their chunks at the next catch-up."""
        removed = 0
        with self._db.write() as c:
            seq = next_seq(c, index_id)
            for part in in_parts(keys):
                for document_id in c.execute(
                    select(_d.c.id).where(_d.c.index_id == index_id, _d.c.key.in_(part))
                ).scalars().all():  # fmt: skip
                    self._hand_over(c, document_id, seq)
                    ids = c.execute(select(_k.c.id).where(_k.c.document_id == document_id)).scalars().all()
                    self._bury(c, index_id, seq, ids)
                    c.execute(delete(_d).where(_d.c.id == document_id))
                    removed += 1
                c.execute(delete(schema.quarantine).where(*_quarantined(index_id, part)))
            if removed:
                forget_unused_embeddings(c, self._tenant)
        return removed

    def set_aside(self, index_id: int, rows: Sequence[QuarantineRow]) -> None:
        """Record sources that could not be read; a source's older record is replaced. Raises IndexGone."""
        with self._db.write() as c:
            next_seq(c, index_id)
            c.execute(delete(schema.quarantine).where(*_quarantined(index_id, [r.key for r in rows])))
            c.execute(
                insert(schema.quarantine), [{"index_id": index_id, "tenant": self._tenant, **vars(r)} for r in rows]
            )

    # -- reading --------------------------------------------------------------------------------------------------

    def known(self, index_id: int, keys: Sequence[str] | None = None) -> dict[str, str]:
        """Content hash by key, of the given keys or of all."""
        found: dict[str, str] = {}
        query = select(_d.c.key, _d.c.content_hash).where(_d.c.index_id == index_id)
        with self._db.read() as c:
            for part in [None] if keys is None else in_parts(keys):
                rows = c.execute(query if part is None else query.where(_d.c.key.in_(part)))
                found.update((row.key, row.content_hash) for row in rows)
        return found

    def hashes(self, index_id: int, hashes: Sequence[str]) -> set[str]:
        """Which of these content hashes the index holds already."""
        with self._db.read() as c:
            return {
                h
                for part in in_parts(hashes)
                for h in c.execute(
                    select(_d.c.content_hash).where(_d.c.index_id == index_id, _d.c.content_hash.in_(part))
                ).scalars()
            }

    def from_origin(self, index_id: int, origin: str) -> set[str]:
        """Keys of documents that came from one folder or glob."""
        query = select(_d.c.key).where(_d.c.index_id == index_id, _d.c.origin == origin)
        with self._db.read() as c:
            return set(c.execute(query).scalars())

    def all(self, index_id: int) -> list[DocumentRow]:
        """All documents, by source."""
        columns = [_d.c[name] for name in DocumentRow.__dataclass_fields__]
        with self._db.read() as c:
            rows = c.execute(
                select(*columns).where(_d.c.index_id == index_id).order_by(_d.c.source, _d.c.id)
            ).mappings()
            return [DocumentRow(**dict(row)) for row in rows]

    def quarantined(self, index_id: int) -> list[QuarantineRow]:
        """Sources that could not be read, by source."""
        t = schema.quarantine
        columns = [t.c[name] for name in QuarantineRow.__dataclass_fields__]
        with self._db.read() as c:
            rows = c.execute(select(*columns).where(t.c.index_id == index_id).order_by(t.c.source)).mappings()
            return [QuarantineRow(**dict(row)) for row in rows]

    def text(self, document_id: int) -> str:
        """The whole text of a document; of a duplicate, the text of the one it equals."""
        b = schema.bodies
        with self._db.read() as c:
            twin = c.execute(select(_d.c.duplicate_of).where(_d.c.id == document_id)).scalar()
            packed = c.execute(select(b.c.text).where(b.c.document_id == (twin or document_id))).scalar()
        return zlib.decompress(packed).decode("utf-8") if packed else ""

    def structure(self, document_id: int) -> dict[str, Any]:
        """Blocks and page starts of a document; of a duplicate, those of the one it equals."""
        b = schema.bodies
        with self._db.read() as c:
            twin = c.execute(select(_d.c.duplicate_of).where(_d.c.id == document_id)).scalar()
            found = c.execute(select(b.c.blocks).where(b.c.document_id == (twin or document_id))).scalar()
        return dict(found or {})

    def versions(self, index_id: int) -> dict[str, tuple[int, int, int | None]]:
        """By key: the document's id, the sequence number of its last change, and the one it duplicates."""
        query = select(_d.c.key, _d.c.id, _d.c.seq, _d.c.duplicate_of).where(_d.c.index_id == index_id)
        with self._db.read() as c:
            return {r.key: (r.id, r.seq, r.duplicate_of) for r in c.execute(query)}

    def names(self, index_id: int, after: int) -> list[tuple[int, str, str, str]]:
        """Documents with a title that were written after the sequence number `after`: id, title, source and key."""
        named = (_d.c.index_id == index_id, _d.c.seq > after, _d.c.title != "")
        with self._db.read() as c:
            return [tuple(row) for row in c.execute(select(_d.c.id, _d.c.title, _d.c.source, _d.c.key).where(*named))]

    def changed_at(self, index_id: int) -> float | None:
        """When a document was added or changed last, in seconds since 1970; None when there is none."""
        with self._db.read() as c:
            found = c.execute(select(func.max(_d.c.updated_at)).where(_d.c.index_id == index_id)).scalar()
        return None if found is None else float(found)


def _put_body(c: Connection, tenant: str, document_id: int, document: NewDocument) -> None:
    c.execute(delete(schema.bodies).where(schema.bodies.c.document_id == document_id))
    if document.text:
        packed = zlib.compress(document.text.encode("utf-8", "surrogatepass"), 1)
        row = {"document_id": document_id, "tenant": tenant, "text": packed, "blocks": dict(document.structure)}
        c.execute(insert(schema.bodies).values(**row))


def _quarantined(index_id: int, keys: Sequence[str]) -> tuple[Any, Any]:
    return (schema.quarantine.c.index_id == index_id, schema.quarantine.c.key.in_(keys))
