"""What a tool returned, as text for a model: short, complete where it can be, and honest where it is not."""

from __future__ import annotations

from typing import Any

__all__ = ["shortened", "text_of"]

_ROWS = 50


def text_of(value: Any, printed: str = "", limit: int = 20_000) -> tuple[str, str]:
    """The text of a result and a note when something was left out or could not be written as JSON."""
    if isinstance(value, str):
        return shortened(value, limit)
    if value is None:
        return shortened(printed, limit) if printed.strip() else ("Done; the tool returned nothing.", "")
    special = getattr(value, "_repr_llm_", None)
    if special is not None and not isinstance(value, type):
        return shortened(str(special()), limit)
    if type(value).__module__.partition(".")[0] == "pandas":
        return shortened(_frame(value), limit)
    return _json(value, limit)


def shortened(text: str, limit: int) -> tuple[str, str]:
    """The text, cut in the middle when it is longer than `limit` characters, and a note that says so."""
    if len(text) <= limit:
        return text, ""
    head, tail = limit * 3 // 4, limit // 4
    note = f"{len(text):,} characters, of which the first {head:,} and the last {tail:,} are shown"
    return f"{text[:head]}\n… ({note}) …\n{text[-tail:]}", note


def _frame(value: Any) -> str:
    if not hasattr(value, "columns"):
        value = value.to_frame() if hasattr(value, "to_frame") else value
    rows = len(value)
    shown = value.head(_ROWS).to_csv(index=False) if hasattr(value, "to_csv") else repr(value)
    return f"{shown}({rows:,} rows)" if rows <= _ROWS else f"{shown}(first {_ROWS} of {rows:,} rows)"


def _json(value: Any, limit: int) -> tuple[str, str]:
    import orjson

    strange: list[str] = []

    def other(item: Any) -> Any:
        if hasattr(item, "model_dump"):
            return item.model_dump(mode="json")
        if isinstance(item, set | frozenset):
            return sorted(item, key=str)
        if isinstance(item, bytes | bytearray):
            return f"({len(item):,} bytes)"
        strange.append(type(item).__name__)
        return repr(item)[:1000]

    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
    try:
        text, note = shortened(orjson.dumps(value, default=other, option=options).decode(), limit)
    except (TypeError, ValueError, RecursionError) as error:
        text, note = shortened(repr(value), limit)
        return text, f"not JSON ({error}); shown as Python writes it" + (f"; {note}" if note else "")
    if strange:
        note = f"{', '.join(sorted(set(strange)))} cannot be written as JSON; shown as Python writes it"
    return text, note
