"""One visitor's page: inputs beside, Markdown and results below each other; a changed input runs what depends on it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import panel as pn

from motadata_nb.dashboards.cells import Cell, Document, affected
from motadata_nb.dashboards.html import is_panel, markdown_html, output_html
from motadata_nb.dashboards.inputs import Field, fields_of
from motadata_nb.dashboards.outputs import Output
from motadata_nb.dashboards.quota import Quota
from motadata_nb.dashboards.room import Room

__all__ = ["Page", "STYLE", "shown_of", "widget_of"]

STYLE = """
:host, body { color-scheme: light dark; }
.mn-page { max-width: 860px; font-size: 14px; margin: 0 auto; line-height: 1.5; }
.mn-error { padding: 6px 10px; border-left: 3px solid #d32f2f; }
.mn-page table { border-collapse: collapse; font-size: .92em; }
.mn-page th, .mn-page td { padding: 4px 8px; text-align: left; border-bottom: 1px solid rgba(128,128,128,.25); }
.mn-page pre, .mn-page code { background: rgba(128,128,128,.15); border-radius: 3px; }
.mn-page img { max-width: 100%; }
.mn-page mark { background: rgba(255,196,0,.35); color: inherit; }
"""


class Page:
    """The app of a document for one visitor."""

    def __init__(self, document: Document, quota: Quota, visitor: str) -> None:
        self.document = document
        self.room = Room(document.folder)
        self._quota = quota
        self._visitor = visitor
        self._one = threading.Lock()
        self._doc = pn.state.curdoc
        self._places = {cell.number: pn.Column(sizing_mode="stretch_width") for cell in document.cells}
        self._busy = pn.pane.HTML("", styles={"min-height": "1.6em"}, stylesheets=[STYLE])
        self._again = pn.widgets.Button(name="Run again", button_type="default")
        self._again.on_click(lambda _: self._start(self._code))
        self.fields = [f for cell in document.cells if cell.kind == "inputs" for f in fields_of(cell.source)]
        self._widgets = {field.name: widget_of(field) for field in self.fields}
        for name, widget in self._widgets.items():
            widget.param.watch(lambda event, name=name: self._changed(name, event.new), "value")

    @property
    def _code(self) -> list[Cell]:
        return [cell for cell in self.document.cells if cell.kind == "code"]

    def view(self) -> Any:
        """The page; its cells begin to run as soon as it is loaded."""
        for cell in self.document.cells:
            if cell.kind == "markdown" and cell.shown:
                text = f'<div class="mn-page">{markdown_html(cell.source)}</div>'
                self._places[cell.number].append(pn.pane.HTML(text, stylesheets=[STYLE], sizing_mode="stretch_width"))
        # On a narrow window the results go below the inputs.
        main = pn.Column(
            *self._places.values(),
            self._busy,
            max_width=880,  # 860 for the content, as a result in a notebook, and 10 beside each pane
            margin=(0, 20),
            styles={"flex": "1 1 340px", "min-width": "0"},
        )
        side = [pn.Column(*self._widgets.values(), self._again, width=280, margin=(10, 10))] if self._widgets else []
        pn.state.onload(self._first)
        pn.state.on_session_destroyed(lambda _: self.room.close())
        return pn.FlexBox(*side, main, flex_wrap="wrap", align_items="flex-start", sizing_mode="stretch_width")

    # -- running --------------------------------------------------------------------------------------------------

    def _first(self) -> None:
        inputs = [cell for cell in self.document.cells if cell.kind == "inputs"]
        for cell in inputs:
            self.room.run(cell.source)
        self.room.user_ns.update({field.name: field.value for field in self.fields})
        self._start(self._code)

    def _changed(self, name: str, value: Any) -> None:
        self.room.user_ns[name] = value
        self._start(affected(self.document.cells, [name]))

    def _start(self, cells: Sequence[Cell]) -> None:
        threading.Thread(target=self._run, args=(cells,), name="motadata-nb-app", daemon=True).start()

    def _run(self, cells: Sequence[Cell]) -> None:
        # Bokeh's current document is one for all threads; without this a cell sees nobody's user, or another visitor's.
        if self._doc is not None:
            pn.state.curdoc = self._doc
        with self._one:
            refused = self._quota.refuses(self._visitor)
            if refused:
                self._show(partial(setattr, self._busy, "object", refused))
                return
            for n, cell in enumerate(cells, 1):
                said = f"Running {n} of {len(cells)} …"
                self._show(partial(setattr, self._busy, "object", said))
                outputs = self.room.run(cell.source, f"<cell {cell.number + 1}>")
                if cell.shown or any(o.error for o in outputs.items):
                    self._show(partial(self._put, cell, outputs.items))
                if any(o.error for o in outputs.items):
                    break
            self._show(partial(setattr, self._busy, "object", ""))

    def _put(self, cell: Cell, items: Sequence[Output]) -> None:
        self._places[cell.number].objects = [shown_of(item) for item in items]

    def _show(self, change: Callable[[], None]) -> None:
        """Change the page from a thread: by the document's own callback, or at once when there is none."""
        if self._doc is None:
            change()
        else:
            self._doc.add_next_tick_callback(change)


def shown_of(output: Output) -> Any:
    """An output as a Panel object."""
    from motadata_nb.dashboards.bridge import bridged

    if is_panel(output.value):
        return pn.panel(output.value, sizing_mode="stretch_width")
    live = bridged(output.value)
    if live is not None:
        return live
    text = f'<div class="mn-page">{output_html(output)}</div>'
    return pn.pane.HTML(text, stylesheets=[STYLE], sizing_mode="stretch_width")


def widget_of(field: Field) -> Any:
    """The Panel widget for an input; texts and numbers count when they are confirmed with Enter."""
    name, value = field.label, field.value
    made: dict[str, Callable[[], Any]] = {
        "text": lambda: pn.widgets.TextInput(name=name, value=value),
        "long text": lambda: pn.widgets.TextAreaInput(name=name, value=value, auto_grow=True),
        "integer": lambda: pn.widgets.IntInput(name=name, value=value),
        "number": lambda: pn.widgets.FloatInput(name=name, value=value),
        "switch": lambda: pn.widgets.Checkbox(name=name, value=value),
        "choice": lambda: pn.widgets.Select(name=name, value=value, options=list(field.options)),
        "choices": lambda: pn.widgets.MultiChoice(name=name, value=value, options=list(field.options)),
        "date": lambda: pn.widgets.DatePicker(name=name, value=value),
    }
    return made[field.kind]()
