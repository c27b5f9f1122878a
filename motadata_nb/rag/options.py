"""How a question is asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["AskOptions"]


@dataclass(frozen=True, kw_only=True)
class AskOptions:
    """How a question is asked; None takes the configured value."""

    k: int | None = None
    model: str | None = None
    thread: str | None = None
    mode: str | None = None
    where: str | None = None
    expand: str | None = None
    schema: Any = None
    rerank: str | None = None
    around: int = 0
    diversity: float = 0.0
    spread: bool = False
    """Whether further documents are preferred to further chunks of a short one."""
    check: bool | str = False
    """True for the built-in detector, or a detector's name."""
    explain: bool = False
    provider: dict[str, Any] = field(default_factory=dict)
    """Further options of the model call: temperature, cache …"""

    @property
    def server(self) -> dict[str, Any]:
        """Where the model stands, when that was given: for the calls before and after the answer too."""
        return {name: self.provider[name] for name in ("api_base", "api_key") if self.provider.get(name)}
