"""Tables as sources: each row is a document, its other columns are metadata."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput, nearest
from motadata_nb.ingestion.source import Source, Sources, row_name
from motadata_nb.results import Tabular

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_frame", "frame_name", "frame_sources"]

_LONGEST_LIST = 100
"""Entries of a list that can be asked for; a longer one, such as a vector, is kept as text."""


def as_frame(given: Any) -> pd.DataFrame | None:
    """The table that something is: a DataFrame, a Series of texts, an Arrow or polars table, a result with `.df`, or a
    list of records that have a `text`. None for everything else.
    """
    if _is_frame(given):
        frame: pd.DataFrame = given
    elif hasattr(given, "to_frame") and hasattr(given, "dtype"):
        frame = given.rename("text").to_frame()
    elif hasattr(given, "to_pandas"):
        frame = given.to_pandas()
    elif isinstance(given, Tabular):
        frame = given.df
    elif isinstance(given, list) and given and all(isinstance(row, Mapping) and "text" in row for row in given):
        import pandas as pd

        frame = pd.DataFrame(given, dtype=object)  # a column of texts would refuse half a character
    else:
        return None
    return frame


def frame_name(given: Any) -> str:
    """What to call a table that was given without a name."""
    return str(getattr(given, "name", "") or "") or ("Series" if hasattr(given, "dtype") else "DataFrame")


def _is_frame(given: Any) -> bool:
    return hasattr(given, "columns") and hasattr(given, "itertuples")


def frame_sources(frame: pd.DataFrame, name: str) -> Sources:
    """Its rows. Raises InvalidInput when it has no texts, or ids that are no ids."""
    columns = [str(column) for column in frame.columns]
    if "text" not in columns:
        near = nearest("text", columns) or _longest(frame)
        key = f'"{near}"' if near in frame.columns else near
        hint = f'Type: .rename(columns={{{key}: "text"}})' if near else 'Add a column "text".'
        raise InvalidInput(f'{name} has no column "text"; it has {", ".join(columns[:8]) or "none"}.', hint)
    if repeated := next((column for column in columns if columns.count(column) > 1), ""):
        raise InvalidInput(
            f'{name} has more than one column "{repeated}".', "Type: .loc[:, ~df.columns.duplicated()], or rename them."
        )
    if not len(frame):
        raise InvalidInput(f"{name} has no rows.", "Give a DataFrame with at least one row.")
    if "id" in columns:
        _check_ids(frame, name)
    return Sources(len(frame), (), lambda: _rows(frame, columns, name))


def _longest(frame: pd.DataFrame) -> str | None:
    """The column that most looks like text."""
    head = frame.head(50)
    lengths = {str(c): sum(len(v) for v in head[c] if isinstance(v, str)) for c in head.columns}
    best = max(lengths, key=lambda column: lengths[column], default=None)
    return best if best is not None and lengths[best] else None


def _check_ids(frame: pd.DataFrame, name: str) -> None:
    ids = frame["id"]
    if ids.isna().any():
        raise InvalidInput(f'{name} has rows without an "id".', 'Fill them in, or drop the column: .drop(columns="id")')
    seen: set[str] = set()
    for identity in map(str, ids):
        if identity in seen:
            raise InvalidInput(
                f'{name} has the id "{identity}" more than once.',
                'Type: .drop_duplicates("id"), or make the ids unique.',
            )
        seen.add(identity)


def _rows(frame: pd.DataFrame, columns: list[str], name: str) -> Iterator[Source]:
    known: dict[str, list[Any]] = {}
    for row in frame.itertuples(index=False, name=None):
        source = _row(dict(zip(columns, row, strict=True)), name)
        yield source if "id" in columns else _numbered(source, known.setdefault(source.key, []))


def _numbered(source: Source, known: list[Any]) -> Source:
    """A row without an id is known by its text; rows of the same text that differ otherwise are told apart."""
    rest = (source.title, dict(source.metadata))
    if rest not in known:
        known.append(rest)
    number = known.index(rest)
    return replace(source, key=f"{source.key}#{number + 1}") if number else source


def _row(values: dict[str, Any], name: str) -> Source:
    text, title = (_words(values.pop(name, "")) for name in ("text", "title"))
    # A row that is only a title, as in a catalogue, is found by it.
    text = text if text.strip() else title
    identity = values.pop("id", None)
    data = text.encode("utf-8", "surrogatepass")
    key = str(_plain(identity)) if identity is not None else "text:" + hashlib.sha256(data).hexdigest()[:32]
    metadata = {column: _plain(value) for column, value in values.items() if not _is_nothing(value)}
    return Source(
        key=key,
        source=row_name(name, key) if identity is not None else name,
        read=lambda: data,
        size=len(data),
        title=title,
        metadata=metadata,
        text=text,
    )


def _words(value: Any) -> str:
    return "" if _is_nothing(value) else str(value)


def _is_nothing(value: Any) -> bool:
    import pandas as pd

    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if isinstance(value, bool | int | str) or (isinstance(value, float) and value == value):
        return value
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return _plain(value.item())
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, list | tuple | set | frozenset) and len(value) <= _LONGEST_LIST:
        entries = [_plain(entry) for entry in value]
        return sorted(entries, key=str) if isinstance(value, set | frozenset) else entries
    if getattr(value, "ndim", 0) == 1 and len(value) <= _LONGEST_LIST:
        return _plain(value.tolist())  # what a Parquet file has for a list
    return str(value)
