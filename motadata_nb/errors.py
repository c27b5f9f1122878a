"""The errors a user can meet. Each says what happened and what to type next.

MotadataError
├── InvalidInput (ValueError)            a value that cannot be used
├── UnknownName (LookupError)            an index, model, option … that does not exist; names the nearest
├── MissingExtra (ImportError)           an optional dependency is not installed
├── WorkspaceError (OSError)
│   ├── DiskFull                         nothing more can be written where the workspace lies
│   ├── IndexGone                        an index was dropped while something was done with it
│   ├── ReadOnlyWorkspace                the folder or database cannot be written
│   └── NewerWorkspace                   a later release wrote this workspace
├── UnreadableDocument (ValueError)      a file that cannot be parsed; becomes a quarantine line
├── BackendError (RuntimeError)          a vector backend, an embedder or a database failed
├── NotPermitted (PermissionError)       a tool, tenant or limit forbids it
└── GatewayError (RuntimeError)          a model call failed
    ├── AuthenticationFailed             the key is missing, wrong or expired
    ├── RateLimited                      the provider or a limit of ours refused; `.retry_after_s`
    ├── QueueFull                        our own queue is full; `.retry_after_s`
    ├── BudgetExceeded                   the next call would pass the budget
    ├── ContextOverflow                  the messages are longer than the model takes
    ├── ContentRefused                   the provider's policy refused
    ├── BadRequest                       the provider did not understand the call
    ├── BadResponse                      the answer was not what the protocol promises
    ├── ProviderUnavailable              5xx, connection refused or reset, circuit open
    ├── StreamBroken                     a stream ended in the middle; `.partial` has what came
    ├── CallTimeout (TimeoutError)       no answer before the deadline
    └── CassetteMiss                     a replayed cassette has no such call
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from types import TracebackType

__all__ = [
    "AuthenticationFailed",
    "BackendError",
    "BadRequest",
    "BadResponse",
    "BudgetExceeded",
    "CallTimeout",
    "CassetteMiss",
    "ContentRefused",
    "ContextOverflow",
    "DiskFull",
    "GatewayError",
    "IndexGone",
    "InvalidInput",
    "MissingExtra",
    "MotadataError",
    "NewerWorkspace",
    "NotPermitted",
    "ProviderUnavailable",
    "QueueFull",
    "RateLimited",
    "ReadOnlyWorkspace",
    "StreamBroken",
    "UnknownName",
    "UnreadableDocument",
    "WorkspaceError",
    "brief",
    "nearest",
    "typed",
]


# Errors quote what documents, models and servers said. A terminal obeys control characters, and JupyterLab makes a link
# of every scheme://, also of those that are code.
_CONTROLS = {code: None for code in (*range(9), *range(11, 32), *range(127, 160))}
_ACTIVE = re.compile(r"\b(javascript:|vbscript:|data:|file:)(?=//)", re.IGNORECASE)


class MotadataError(Exception):
    """Base of all errors of this package: `what` happened and, in `hint`, what to type next."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n{self.hint}" if self.hint else self.what

    def _render_traceback_(
        self, etype: object = None, value: object = None, tb: TracebackType | None = None, tb_offset: int | None = None
    ) -> list[str]:
        """Lines that IPython shows instead of a traceback; the exception itself still fails the cell."""
        lines = [f"{type(self).__name__}: {self.what}", *([self.hint] if self.hint else [])]
        return [_ACTIVE.sub("\\1\N{WORD JOINER}", line.translate(_CONTROLS)) for line in lines]


class InvalidInput(MotadataError, ValueError):
    """Raised when a value, option or combination cannot be used."""


class UnknownName(MotadataError, LookupError):
    """Raised when a name is not known; the hint has the nearest known one.

    >>> str(UnknownName("index", "handbok", ["handbook", "notes"], example="%rag show {}"))
    "No index is called 'handbok'.\\nTry: %rag show handbook"
    """

    def __init__(
        self, kind: str, name: str, known: Iterable[str], *, example: str = "{}", empty: str = "", near: str = ""
    ) -> None:
        names = sorted(str(n) for n in known)
        near = near or nearest(str(name), names) or ""
        if near:
            hint = "Try: " + example.format(typed(near) if example.startswith("%") else near)
        elif names:
            hint = f"Known: {', '.join(names[:12])}{' …' if len(names) > 12 else ''}"
        else:
            hint = empty or f"There is no {kind} yet."
        article = "option" if kind.startswith("option") else kind
        super().__init__(f"No {article} is called '{name}'.", hint)
        self.kind, self.name, self.known = kind, name, names

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.what, self.hint))


def _rebuild(cls: type[MotadataError], what: str, hint: str) -> MotadataError:
    error = cls.__new__(cls)
    MotadataError.__init__(error, what, hint)
    return error


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name closest in spelling, or None when nothing is near."""
    import difflib

    by_lower = {k.lower(): k for k in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def brief(error: Exception) -> str:
    """What went wrong, in half a line."""
    if isinstance(error, MotadataError):
        return error.what.rstrip(".")
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def typed(name: str) -> str:
    """A name as it is typed in a cell: in quotes when it is more than one word.

    >>> typed("handbook"), typed("my handbook")
    ('handbook', '"my handbook"')
    """
    return f'"{name}"' if " " in name else name


class MissingExtra(MotadataError, ImportError):
    """Raised when a part needs an optional dependency; the hint is the pip line."""

    def __init__(self, part: str, extra: str) -> None:
        super().__init__(f"{part} needs packages that are not installed.", f'Type: pip install "motadata-nb[{extra}]"')
        self.part, self.extra = part, extra

    def __reduce__(self) -> tuple[object, ...]:
        return (type(self), (self.part, self.extra))


class WorkspaceError(MotadataError, OSError):
    """Raised when the workspace cannot be opened or written."""


class DiskFull(WorkspaceError):
    """Raised when nothing more can be written: no space is left, or a quota is used up."""


class IndexGone(WorkspaceError):
    """Raised when an index was dropped or replaced while something was done with it."""


class ReadOnlyWorkspace(WorkspaceError):
    """Raised when something must be written and the workspace cannot be."""


class NewerWorkspace(WorkspaceError):
    """Raised when a later release has migrated the workspace's catalog."""


class UnreadableDocument(MotadataError, ValueError):
    """Raised by a parser; ingestion turns it into a quarantine line and goes on."""


class BackendError(MotadataError, RuntimeError):
    """Raised when a vector backend, an embedder or a database failed."""


class NotPermitted(MotadataError, PermissionError):
    """Raised when approval, an allow-list or a limit forbids an action."""


class GatewayError(MotadataError, RuntimeError):
    """Raised when a model call failed; `retryable` tells whether the same call may succeed later."""

    retryable = False


class AuthenticationFailed(GatewayError):
    """Raised when the provider did not accept the key."""


class RateLimited(GatewayError):
    """Raised when a rate limit was hit and waiting did not help."""

    retryable = True

    def __init__(self, what: str, hint: str = "", retry_after_s: float | None = None) -> None:
        super().__init__(what, hint)
        self.retry_after_s = retry_after_s


class QueueFull(RateLimited):
    """Raised when the gateway's own queue has no room."""


class BudgetExceeded(GatewayError):
    """Raised before a call that would pass the budget."""


class ContextOverflow(GatewayError):
    """Raised when the messages do not fit into the model's context window."""


class ContentRefused(GatewayError):
    """Raised when the provider's content policy refused the call."""


class BadRequest(GatewayError):
    """Raised when the provider rejected the call as malformed or names no such model."""


class BadResponse(GatewayError):
    """Raised when the provider's answer cannot be read or does not fit the schema."""


class ProviderUnavailable(GatewayError):
    """Raised when the provider cannot be reached, answers 5xx, or its circuit is open; `retry_after_s` if it says."""

    retryable = True
    retry_after_s: float | None = None


class StreamBroken(ProviderUnavailable):
    """Raised when a stream ended before its end; `partial` is the text that came."""

    def __init__(self, what: str, hint: str = "", partial: str = "") -> None:
        super().__init__(what, hint)
        self.partial = partial


class CallTimeout(GatewayError, TimeoutError):
    """Raised when the deadline passed before the answer was whole; `partial` is the text that came."""

    retryable = True

    def __init__(self, what: str, hint: str = "", partial: str = "") -> None:
        super().__init__(what, hint)
        self.partial = partial


class CassetteMiss(GatewayError):
    """Raised when a replayed cassette has no recorded call like this one."""
