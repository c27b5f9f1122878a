"""Anywidgets in Panel, without ipywidgets_bokeh: the same script, the same messages."""

from __future__ import annotations

import base64
from typing import Any

import panel as pn
import param
from panel.custom import AnyWidgetComponent
from panel.io.state import set_curdoc

__all__ = ["bridged"]

_made: dict[type, type] = {}


def bridged(value: Any) -> Any:
    """A Panel component that lives as the widget does, or None when the value is no anywidget."""
    if not (hasattr(value, "_esm") and hasattr(value, "view") and hasattr(value, "traits")):
        return None
    return _component(value)(value, sizing_mode="stretch_width", margin=(5, 10))


def _component(widget: Any) -> Any:
    kind = type(widget)
    if kind not in _made:
        names: dict[str, Any] = {"view": param.Dict(default={}), "outbox": param.Dict(default={})}
        names |= {
            name: param.Bytes(default=b"") for name in ("points", "groups") if name in kind.class_traits(sync=True)
        }
        body = {"_esm": str(widget._esm), "_stylesheets": [str(widget._css)], "twin": param.String(default=""), **names}
        _made[kind] = type(f"{kind.__name__}Panel", (_Bridge,), body)
    return _made[kind]


class _Bridge(AnyWidgetComponent):
    """Carries values and messages between a widget's Python and its script; changes go through the document."""

    def __init__(self, widget: Any, **params: Any) -> None:
        self._names = [name for name in ("view", "points", "groups") if name in self.param]
        super().__init__(**{name: getattr(widget, name) for name in self._names}, **params)
        self._of = widget
        self._document = pn.state.curdoc
        widget.observe(self._copied, names=self._names)
        widget.send = self._sent
        self.param.watch(self._took, "outbox")

    def _later(self, change: Any) -> None:
        if self._document is None:
            change()
        else:
            self._document.add_next_tick_callback(change)

    def _copied(self, change: Any) -> None:
        self._later(lambda: setattr(self, change["name"], change["new"]))

    def _sent(self, content: Any, buffers: Any = None) -> None:
        packed = {**content, "_buffers": [base64.b64encode(data).decode() for data in buffers or ()]}
        self._later(lambda: self._send_msg(packed))

    def _took(self, event: Any) -> None:
        buffers = [memoryview(base64.b64decode(text)) for text in event.new["buffers"]]
        with set_curdoc(self._document):
            self._of._received(self._of, event.new["message"], buffers)
