"""What filters ask for, in memory, column by column: the ids that fit a filter in well under a millisecond.

A comparison is decided once for each different value of its column, by the same function that defines what filters
mean, and spread over the chunks with numpy. Columns are read from the catalog and follow it by sequence number.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motadata_nb.catalog.catalog import Catalog
from motadata_nb.catalog.records import TURNS, Facts
from motadata_nb.errors import UnknownName
from motadata_nb.vectors.base import Ids
from motadata_nb.vectors.filters import And, Compare, Filter, Not, Or, compare, names
from motadata_nb.vectors.narrowed import Fitting
from motadata_nb.vectors.nothing import why_nothing

__all__ = ["Columns", "FIELDS"]

FIELDS = ("source", "document", "title", "page", "heading", "kind")
"""Fields that every index has, beside the metadata of its documents."""

_MEANT = {"id": "document", "file": "source", "filename": "source", "path": "source", "url": "source",
          "section": "heading", "type": "kind"}  # fmt: skip
"""What other words for fields mean, where an index has none of its own by that word."""

Mask = NDArray[np.bool_]
_MISSING = object()
_CACHED = 64


class Columns:
    """Values of one index that a filter can ask for."""

    def __init__(self, catalog: Catalog, index_id: int) -> None:
        self._catalog = catalog
        self._index_id = index_id
        self._seq = -1
        self._rows: dict[int, Facts] = {}
        self._ids: Ids = np.zeros(0, np.int64)
        self._coded: dict[str, tuple[NDArray[np.int32], list[Any]]] = {}
        self._masks: dict[Compare, Mask] = {}
        self._known: set[str] = set(FIELDS)
        self._mutex = threading.Lock()

    def fitting(self, where: Filter) -> Fitting:
        """The chunks that fit. Raises UnknownName for a field that no document has."""
        with self._mutex:
            self._follow()
            for name in sorted(names(where) - self._known):
                meant = _MEANT.get(name.lower(), "")
                raise UnknownName("field", name, self._known, example='--where "{} = …"', near=meant)
            ids = self._ids[self._mask(where)]
            note = "" if len(ids) else why_nothing(where, lambda field: self._column(field)[1])
            return Fitting(ids, len(self._ids), where, note)

    def fields(self) -> set[str]:
        """Names that a filter can use."""
        with self._mutex:
            self._follow()
            return set(self._known)

    def _follow(self) -> None:
        seq = self._catalog.indexes.seq(self._index_id)
        if seq == self._seq:
            return
        for gone in self._catalog.documents.buried(self._index_id, self._seq, seq) if self._rows else ():
            self._rows.pop(gone, None)
        for facts in self._catalog.documents.facts(self._index_id, self._seq):
            self._rows[facts.id] = facts
        self._ids = np.sort(np.fromiter(self._rows, np.int64, len(self._rows)))
        different = {id(m): m for row in self._rows.values() for m in row.metadata if m}
        self._known = {*FIELDS, *(key for m in different.values() for key in m)} - {TURNS}
        self._seq = seq
        self._coded.clear()
        self._masks.clear()

    def _mask(self, where: Filter) -> Mask:
        if isinstance(where, And):
            return np.asarray(np.all([self._mask(part) for part in where.parts], axis=0))
        if isinstance(where, Or):
            return np.asarray(np.any([self._mask(part) for part in where.parts], axis=0))
        if isinstance(where, Not):
            return ~self._mask(where.part)
        if where not in self._masks:
            if len(self._masks) >= _CACHED:
                self._masks.clear()
            codes, values = self._column(where.field)
            decided = np.fromiter((compare(where, value) for value in values), bool, len(values))
            self._masks[where] = decided[codes]
        return self._masks[where]

    def _column(self, field: str) -> tuple[NDArray[np.int32], list[Any]]:
        """The column as codes, one a chunk, and the value of each code."""
        if field not in self._coded:
            code_of: dict[Any, int] = {}
            codes = np.empty(len(self._ids), np.int32)
            for at, chunk_id in enumerate(self._ids.tolist()):
                value = _value(self._rows[chunk_id], field)
                codes[at] = code_of.setdefault(value, len(code_of))
            self._coded[field] = (codes, list(code_of))
        return self._coded[field]


def _value(facts: Facts, field: str) -> Any:
    """What a filter compares; of a field that the metadata has too, such as a column `source`, either may be meant."""
    said = _from_metadata(facts, field)
    known = (getattr(facts, field) or None) if field in FIELDS else None
    if known is None or said is None:
        return said if known is None else known
    return (known, *(said if isinstance(said, tuple) else (said,)))


def _from_metadata(facts: Facts, field: str) -> Any:
    own, of_document = facts.metadata
    value = _get(own, field)
    value = _get(of_document, field) if value is _MISSING else value
    if isinstance(value, list):
        return tuple(entry for entry in value if isinstance(entry, str | int | float)) or None
    # Tables in metadata cannot be asked for: they count as missing, as in `fits`.
    return value if isinstance(value, str | int | float) else None


def _get(metadata: Mapping[str, Any], field: str) -> Any:
    return metadata.get(field, _MISSING)
