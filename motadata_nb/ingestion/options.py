"""What an ingestion can be told beside its sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from motadata_nb.errors import UnknownName, nearest

__all__ = ["OPTIONS", "checked"]

OPTIONS = ("chunk_tokens", "embedder", "ocr", "password")
_MEANT = {"chunk": "chunk_tokens"}


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options. Raises UnknownName for a near miss; names that are like none of ours belong to other parsers."""
    for name in options:
        near = _MEANT.get(name) or nearest(name, [*OPTIONS, "backend", "progress"])
        if name not in OPTIONS and near is not None:
            raise UnknownName("option of an ingestion", name, OPTIONS, example="{}=…", near=near)
    return dict(options)
