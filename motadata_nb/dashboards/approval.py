"""A tool call that waits for the visitor of an app: its arguments, which can be edited, and three buttons."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import panel as pn

from motadata_nb.agents.approval import legible, pressed
from motadata_nb.agents.base import Decision

if TYPE_CHECKING:
    from motadata_nb.agents.base import Step

__all__ = ["Question"]

_WORDS = {"Approve": "approved", "Deny": "denied", "Decide later": "waiting"}


class Question:
    """Shown by `view`; `wait` blocks the cell's thread until a button is pressed, or the visitor has gone."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._done = threading.Event()
        self._decision = Decision(state="denied", reason="The visitor has left.")
        self._arguments = pn.widgets.TextAreaInput(
            name="Arguments, as JSON", value=legible(step.arguments), auto_grow=True, sizing_mode="stretch_width"
        )

    def view(self) -> Any:
        """What the visitor sees."""
        buttons = [pn.widgets.Button(name=label) for label in _WORDS]
        for button in buttons:
            button.on_click(self._pressed)
        head = pn.widgets.StaticText(value=f"{self._step.agent} wants to call {self._step.name}")
        look = {"border": "1px solid rgba(128,128,128,.35)", "border-radius": "6px"}
        return pn.Column(
            head, self._arguments, pn.FlexBox(*buttons), styles=look, margin=(5, 10), sizing_mode="stretch_width"
        )

    def wait(self) -> Decision:
        """The decision."""
        self._done.wait()
        return self._decision

    def close(self) -> None:
        """Nobody is there any more to decide."""
        self._done.set()

    def _pressed(self, event: Any) -> None:
        self._decision = pressed(_WORDS[event.obj.name], str(self._arguments.value), self._step)
        self._done.set()
