"""What an explorer is: a widget with a static twin."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

__all__ = ["ExplorerWidget"]


@runtime_checkable
class ExplorerWidget(Protocol):
    """Shown by a cell when it is its value. All text in it is data: it must never become HTML."""

    def static(self) -> dict[str, str]:
        """What is shown where no kernel runs: text/plain, text/markdown and text/html."""
        ...

    def handle(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """Act on what a person did in the front end."""
        ...

    def close(self) -> None:
        """Leave the front end and give back threads."""
        ...
