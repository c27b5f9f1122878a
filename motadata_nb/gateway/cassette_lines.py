"""The lines of a cassette: what a call is known by, what came, without secrets; written and read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from motadata_nb import errors
from motadata_nb.errors import GatewayError, InvalidInput, UnknownName
from motadata_nb.gateway.addresses import secrets_in
from motadata_nb.gateway.base import Delta, ToolCall, Usage
from motadata_nb.gateway.calls import Call
from motadata_nb.telemetry.redaction import scrub_value

__all__ = [
    "RECORD",
    "Recorded",
    "asked_of",
    "delta_of",
    "difference",
    "embedded_of",
    "error_line",
    "error_of",
    "key_of",
    "line_of",
    "pretty",
    "read",
    "secrets_of",
]

RECORD = "Record it: %cassette record FILE"
"""What to type when there is no recording."""


@dataclass(frozen=True)
class Recorded:
    """A call on a cassette."""

    number: int
    asked: Mapping[str, Any]
    """What identifies it."""
    lines: Sequence[Mapping[str, Any]]
    """What came."""


def asked_of(call: Call) -> dict[str, Any]:
    """What identifies a call, in a fixed order, without secrets; empty parts are left out."""
    found = {
        "kind": "chat",
        "model": call.route.name,
        "messages": list(call.messages),
        "tools": [{"name": t.name, "description": t.description, "parameters": dict(t.parameters)} for t in call.tools],
        "schema": call.schema,
        "options": {k: v if _is_json(v) else type(v).__name__ for k, v in sorted(call.options.items())},
    }
    kept = {k: v for k, v in found.items() if v}
    cleaned: dict[str, Any] = scrub_value(_brief(json.loads(json.dumps(kept, default=str))), secrets_of(call))
    return cleaned


def _brief(value: Any) -> Any:
    """The value with the bytes of pictures by their digest: a cassette is read by people."""
    if isinstance(value, str) and value.startswith("data:") and len(value) > _LONG_DATA:
        from hashlib import sha256

        return f"{value.partition(',')[0]},sha256:{sha256(value.encode()).hexdigest()}"
    if isinstance(value, dict):
        return {k: _brief(v) for k, v in value.items()}
    return [_brief(v) for v in value] if isinstance(value, list) else value


_LONG_DATA = 200


def embedded_of(texts: Sequence[str], call: Call) -> dict[str, Any]:
    """What identifies an embedding call."""
    asked = {k: v for k, v in asked_of(call).items() if k != "messages"}
    return {**asked, "kind": "embed", "texts": scrub_value(list(texts), secrets_of(call))}


def _is_json(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool | list | dict)


def secrets_of(call: Call) -> tuple[str, ...]:
    """What must not stand on a cassette: keys of the call and of the environment."""
    named = [value for name, value in os.environ.items() if name.endswith(("_API_KEY", "_TOKEN", "_SECRET"))]
    given = (s for d in call.route.deployments for s in (d.api_key, *secrets_in(d.api_base, d.options)))
    return (*given, *secrets_in("", call.options), *named)


def line_of(delta: Delta) -> dict[str, Any]:
    """A piece of an answer as it is recorded."""
    fields = {k: v for k, v in asdict(delta).items() if v not in (None, "", ())}
    # The cost is computed anew, with the prices of the day.
    fields.pop("cost", None)
    if "usage" in fields and not fields["usage"]["written_tokens"]:
        del fields["usage"]["written_tokens"]
    return fields if delta.finish_reason is not None else {k: v for k, v in fields.items() if k in ("text", "thinking")}


def delta_of(line: Mapping[str, Any]) -> Delta:
    """A recorded piece."""
    fields = {k: v for k, v in line.items() if k not in ("call", "usage", "tool_calls")}
    return Delta(
        **fields,
        usage=Usage(**line["usage"]) if "usage" in line else None,
        tool_calls=tuple(ToolCall(**c) for c in line.get("tool_calls", ())),
    )


def error_line(error: GatewayError) -> dict[str, Any]:
    """An error as it is recorded: by its kind that everybody knows, as some are those of a module."""
    kind = next(cls.__name__ for cls in type(error).__mro__ if cls.__name__ in errors.__all__)
    more = {name: value for name in _MORE if (value := getattr(error, name, None))}
    return {"class": kind, "what": error.what, "hint": error.hint, **more}


# What errors have beside what happened and what to type next.
_MORE = ("partial", "retry_after_s")


def error_of(line: Mapping[str, Any]) -> GatewayError:
    """A recorded error."""
    cls = getattr(errors, line["class"], GatewayError)
    found: GatewayError = cls(line["what"], line["hint"])
    for name in _MORE:
        if name in line:
            setattr(found, name, line[name])
    return found


def key_of(asked: Mapping[str, Any]) -> str:
    """Equal for calls that are asked the same."""
    return json.dumps(asked, sort_keys=True)


def pretty(asked: Mapping[str, Any]) -> str:
    """A call for people to compare, a field on each line."""
    return json.dumps(asked, indent=1, ensure_ascii=False).replace("\\n", "\n")


def difference(before: str, after: str) -> str:
    """The lines that differ, as few as say it; of long ones the places that differ."""
    import difflib

    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), "", "", "", "", 0, "")
    changed = [line for line in lines if line[:1] in "+-" and line[:3] not in ("---", "+++")]
    shown = [_around(line, changed) for line in changed[:_SHOWN]]
    more = [f"  … and {len(changed) - _SHOWN:,} more lines"] if len(changed) > _SHOWN else []
    return "\n".join([*shown, *more])


def _around(line: str, changed: Sequence[str]) -> str:
    """A line around the place where it differs from its nearest counterpart."""
    if len(line) <= _WIDTH:
        return f"  {line}"
    others = [other[1:] for other in changed if other[:1] != line[:1]]
    same = max((_same(line[1:], other) for other in others), default=0)
    start = max(0, same - _WIDTH // 3)
    before, after = "…" if start else "", "…" if len(line) > start + 1 + _WIDTH else ""
    return f"  {line[0]}{before}{line[1 + start : 1 + start + _WIDTH]}{after}"


_SHOWN, _WIDTH = 12, 240


def _same(one: str, other: str) -> int:
    """With how many equal characters both begin."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _begins_as_one(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_BEGINNING)) == _BEGINNING
    except OSError:  # A folder, or somebody else's.
        return False


_BEGINNING = b'{"call":'


def read(path: Path) -> list[Recorded]:
    """The calls on a cassette. Raises UnknownName with the nearest file, InvalidInput for a file that is none."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        near = [found.name for found in path.parent.glob("[!.]*") if _begins_as_one(found)]
        raise UnknownName("cassette", path.name, near, example="%cassette replay {}", empty=RECORD) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The cassette {path} cannot be read: {error}", RECORD) from None
    calls: dict[int, list[dict[str, Any]]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            calls.setdefault(found.pop("call"), []).append(found)
        except (ValueError, KeyError, AttributeError, TypeError):
            raise InvalidInput(f"Line {number} of the cassette {path} is not a recorded call.", RECORD) from None
    return [Recorded(number, _brief(lines[0]), lines[1:]) for number, lines in calls.items()]
