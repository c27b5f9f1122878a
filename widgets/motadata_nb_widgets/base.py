"""What every explorer shares: its script, its style, its static twin, and work that does not block the kernel."""

from __future__ import annotations

import html
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cached_property
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from motadata_nb.cards import Card
from motadata_nb.errors import MotadataError
from motadata_nb.rendering import to_html, to_markdown, to_text

__all__ = ["Explorer", "script", "style"]

_HERE = Path(__file__).parent
_TWIN_S = 1.0


def script(name: str) -> str:
    """The JavaScript of a widget, with the shared part before it: one module, nothing is fetched."""
    return (_HERE / "dom.js").read_text("utf-8") + (_HERE / name).read_text("utf-8")


def style(name: str = "") -> str:
    """The shared style, and the widget's own where it has one."""
    own = (_HERE / name).read_text("utf-8") if name else ""
    return (_HERE / "base.css").read_text("utf-8") + own


class Explorer(anywidget.AnyWidget):
    """A widget with a static twin. Subclasses set `_esm`, implement `card` and `handle`.

    What Python knows goes to the front end in `view`, one dictionary; what a person does comes as messages
    `{"do": name, ...}` to `handle`, on a thread of the widget, one after the other.
    """

    newest: frozenset[str] = frozenset()
    """Messages of which only the newest counts: who types fast does not wait for what was typed before."""

    view = traitlets.Dict().tag(sync=True)
    twin = traitlets.Unicode().tag(sync=True)

    def __init__(self, **view: Any) -> None:
        self._lock = threading.Lock()
        self._came = Counter[str]()
        self._doing = ("", 0)
        self._shown_twin: Any = None
        self._timer: threading.Timer | None = None
        super().__init__(view=view)
        self.twin = f"mn-{self.model_id}"
        self.on_msg(self._received)

    # -- for subclasses -------------------------------------------------------------------------------------------

    def card(self) -> Card:
        """What is shown where no kernel runs."""
        raise TypeError(f"{type(self).__name__} has no static twin")

    def handle(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        """Act on what a person did. An error of ours is shown in the widget."""

    def show(self, **changes: Any) -> None:
        """Change parts of the view."""
        with self._lock:
            self.view = {**self.view, **changes}

    @property
    def outdated(self) -> bool:
        """Whether a newer message of the kind that is being handled has come, so that the rest can be left."""
        kind, number = self._doing
        return kind in self.newest and number != self._came[kind]

    # -- messages -------------------------------------------------------------------------------------------------

    @cached_property
    def _worker(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(1, thread_name_prefix="motadata-nb-widget")

    def _received(self, _: Any, message: Any, buffers: list[memoryview]) -> None:
        # In an app the context says whose page this is; a pool's thread would know no visitor.
        kind = str(message.get("do"))
        self._came[kind] += 1
        self._worker.submit(copy_context().run, self._guarded, message, buffers, (kind, self._came[kind]))

    def _guarded(self, message: dict[str, Any], buffers: list[memoryview], doing: tuple[str, int]) -> None:
        self._doing = doing
        if self.outdated:
            return
        try:
            self.handle(message, buffers)
        except MotadataError as error:
            self.show(error=[error.what, error.hint])
        except Exception as error:
            # The front end has to learn that its request has ended, whatever went wrong.
            self.show(error=[f"{type(error).__name__}: {error}", "Type: %motadata doctor"])
        self._renew_twin()

    def later(self, work: Callable[[], None]) -> None:
        """Run on the widget's thread, behind what is waiting there."""
        self._worker.submit(copy_context().run, work)

    def close(self) -> None:
        """Stop the widget's thread and leave the front end."""
        if self._timer is not None:
            self._timer.cancel()
        if "_worker" in self.__dict__:
            self._worker.shutdown(wait=False, cancel_futures=True)
        super().close()

    # -- showing --------------------------------------------------------------------------------------------------

    def static(self) -> dict[str, str]:
        """The bundle for places without a kernel."""
        card = self.card()
        return {"text/plain": to_text(card), "text/markdown": to_markdown(card), "text/html": to_html(card)}

    def _repr_mimebundle_(self, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**options)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, **self.static()}, metadata

    def _ipython_display_(self) -> None:
        """Show the static twin, then the widget, which hides its twin while it lives.

        A reopened notebook has no widget any more; JupyterLab would then show an error in place of the other forms of
        the same output, so the twin is an output of its own.
        """
        from IPython.display import display

        self._shown_twin = display(self._twin_bundle(), raw=True, display_id=True)
        data, metadata = super()._repr_mimebundle_() or ({}, {})
        # Its plain text would stand below the twin wherever the widget itself cannot be shown.
        data = {mime: value for mime, value in data.items() if mime != "text/plain"}
        display(data, metadata=metadata, raw=True)

    def _twin_bundle(self) -> dict[str, str]:
        twin = self.static()
        twin["text/html"] = f'<div class="mn-twin {html.escape(self.twin)}">{twin["text/html"]}</div>'
        return twin

    def _renew_twin(self) -> None:
        """Soon after somebody did something: what a reload, an export or a stranger shows is what they saw last."""
        if self._shown_twin is None or self._timer is not None:
            return

        def renew() -> None:
            self._timer = None
            self._shown_twin.update(self._twin_bundle(), raw=True)

        self._timer = threading.Timer(_TWIN_S, renew)
        self._timer.daemon = True
        self._timer.start()
