"""What a model or a tenant may use, as it stands in the settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from typing import Any

from motadata_nb.errors import InvalidInput, UnknownName

__all__ = ["Limit", "limit_for"]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """What a model or a tenant may use; None is no limit."""

    rpm: float | None = None
    """Requests in a window."""
    tpm: float | None = None
    """Tokens in a window, in and out."""
    parallel: int | None = None
    """Calls at a time."""
    queue: int = 1000
    """Calls that may wait."""
    window_s: float = 60.0

    @property
    def span_s(self) -> float:
        """The window and a little: calls that leave a window apart may arrive nearer together."""
        return self.window_s * 1.01

    def __post_init__(self) -> None:
        for name in ("rpm", "tpm", "parallel", "window_s"):
            value = getattr(self, name)
            if value is not None and not (isinstance(value, int | float) and value > 0):
                raise InvalidInput(f"The limit {name} = {value!r} is not a positive number.", _EXAMPLE)
        if not isinstance(self.queue, int) or self.queue < 0:
            raise InvalidInput(f"The limit queue = {self.queue!r} is not a number of calls.", _EXAMPLE)


_EXAMPLE = "Try: %config Motadata.limits = {'openai/gpt-5-mini': {'rpm': 60, 'tpm': 90000, 'parallel': 8}}"
_NAMES = tuple(f.name for f in fields(Limit))


def limit_for(names: tuple[str, ...], limits: Mapping[str, Any], *, prefix: str = "") -> Limit:
    """The limit of the first of the names that has one, by its name or by a pattern; no limit otherwise."""
    for name in names:
        for key in (prefix + name, *sorted((k for k in limits if "*" in k), key=len, reverse=True)):
            if key in limits and (key == prefix + name or _fits(key, prefix, name)):
                return _limit(limits[key])
    return Limit()


def _fits(pattern: str, prefix: str, name: str) -> bool:
    if pattern.startswith("tenant:") != bool(prefix):
        return False
    return fnmatchcase(prefix + name, pattern)


def _limit(given: Any) -> Limit:
    if not isinstance(given, Mapping):
        raise InvalidInput(f"A limit is a table, not {given!r}.", _EXAMPLE)
    for name in given:
        if name not in _NAMES:
            raise UnknownName("limit", name, _NAMES)
    return Limit(**given)
