"""Removing documents from an index, by key or by filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from motadata_nb.cards import source_name
from motadata_nb.errors import InvalidInput, UnknownName, typed
from motadata_nb.rag.store import Store
from motadata_nb.vectors.filter_text import parse
from motadata_nb.vectors.filters import names

__all__ = ["delete"]

_OF_PASSAGES = {"page", "heading", "kind"}


def delete(store: Store, keys: Sequence[str], where: str | None) -> int:
    """Remove documents; gives how many there were. Raises InvalidInput for a filter on passages, UnknownName."""
    if not keys and where is None:
        raise InvalidInput(
            "It is not said what to delete.",
            f"Name documents, or a filter: %rag delete {typed(store.row.name)} --where \"source like '%2023%'\"",
        )
    known = {row.key: row.source for row in store.catalog.documents.all(store.row.id)} if keys else {}
    found = [_document(key, known, store.row.name) for key in keys]
    if where is not None:
        found += _fitting(store, where)
    return store.catalog.documents.remove(store.row.id, list(dict.fromkeys(found)))


def _document(name: str, known: Mapping[str, str], index: str) -> str:
    """The key of the document, which may be called by its source, as cards show it, or by the name of its file."""
    if name in known:
        return name
    called = sorted(key for key, source in known.items() if name in (source, source_name(source), source_name(key)))
    if len(called) > 1:
        again = f"Try: %rag delete {typed(index)} {typed(called[0])}"
        raise InvalidInput(f"{len(called)} documents are called '{name}'.", again)
    if not called and set(name) & set("*?"):
        like = name.replace("'", "''").replace("*", "%").replace("?", "_")
        again = f"Try: %rag delete {typed(index)} --where \"source like '{like}'\""
        raise InvalidInput("Documents are named one by one; many of them are found by a filter.", again)
    if not called:
        names = {*known, *map(source_name, known.values()), *map(source_name, known)}
        raise UnknownName("document", name, names, example=f"%rag delete {typed(index)} {{}}")
    return called[0]


def _fitting(store: Store, where: str) -> list[str]:
    condition = parse(where)
    if wrong := sorted(names(condition) & _OF_PASSAGES):
        raise InvalidInput(
            f"'{wrong[0]}' belongs to passages, and documents are deleted as a whole.",
            "Filter by source, document, title or metadata.",
        )
    ids = store.retriever.columns.fitting(condition).ids
    return sorted({row.document for row in store.catalog.documents.chunks(ids.tolist()).values()})
