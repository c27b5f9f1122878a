"""Vector backends by name."""

from __future__ import annotations

import re
from collections.abc import Callable

from motadata_nb.errors import InvalidInput
from motadata_nb.registry import Registry
from motadata_nb.vectors.base import Place, VectorBackend

__all__ = ["VECTORS", "address_setting", "check_backend"]

_PASSWORD = re.compile(r"(//[^:/@]*):[^@/]*@")
VECTORS: Registry[Callable[[Place], VectorBackend]] = Registry(
    "vector backend",
    "motadata_nb.vectors",
    extras={"pgvector": "postgres"},
    meant={"postgres": "pgvector", "postgresql": "pgvector", "pg": "pgvector", "lance": "lancedb", "numpy": "memory"},
)


def check_backend(name: str) -> None:
    """Raises UnknownName; for the address of a server InvalidInput, with the setting where it belongs."""
    if "://" in name:
        setting = address_setting(name)
        raise InvalidInput("A vector backend is named by its kind, not by an address.", f"Try: {setting}")
    VECTORS.target(name)


def address_setting(url: str, backend: str = "") -> str:
    """The line that sets the address of a backend's server.

    >>> address_setting("postgresql://me@db/vectors")
    "%config Motadata.backend_urls = {'pgvector': 'postgresql://me@db/vectors'}"
    """
    url = _PASSWORD.sub(r"\1:…@", url)
    backend = backend or ("pgvector" if url.startswith("postgres") else "qdrant" if ":6333" in url else "chroma")
    return f"%config Motadata.backend_urls = {{'{backend}': '{url}'}}"
