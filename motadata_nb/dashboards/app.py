"""One visitor's page: inputs beside, Markdown and results below each other; a changed input runs what depends on it."""

from __future__ import annotations

import html
import os
import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any

import panel as pn

from motadata_nb.dashboards.approval import Question
from motadata_nb.dashboards.cells import Cell, Document, affected
from motadata_nb.dashboards.html import is_panel, markdown_html, output_html
from motadata_nb.dashboards.inputs import Field, fields_of
from motadata_nb.dashboards.outputs import Output, Outputs, running_outputs
from motadata_nb.dashboards.quota import Quota
from motadata_nb.dashboards.room import Room

__all__ = ["Page", "STYLE", "shown_of", "widget_of"]

_EVERY_MS = 150
_BRIDGE = "ipywidgets_bokeh"
_SCRIPTS = {"altair": "vega", "plotly": "plotly", "pydeck": "deckgl"}

STYLE = """
:host, body { color-scheme: light; }
.mn-page { max-width: 860px; font-size: 14px; margin: 0 auto; line-height: 1.5; }
.mn-error { padding: 6px 10px; border-left: 3px solid #d32f2f; }
.mn-page table { border-collapse: collapse; font-size: .92em; }
.mn-page th, .mn-page td { padding: 4px 8px; text-align: left; border-bottom: 1px solid rgba(128,128,128,.25); }
.mn-page pre, .mn-page code { background: rgba(128,128,128,.15); border-radius: 3px; }
.mn-page pre { padding: 6px 10px; }
.mn-page img { max-width: 100%; }
.mn-page mark { background: rgba(255,196,0,.35); color: inherit; }
"""


class Page:
    """The app of a document for one visitor."""

    def __init__(self, document: Document, quota: Quota, visitor: str) -> None:
        self.document = document
        pn.extension(*_scripts_for(document))
        self.room = Room(document.folder, ask=self._ask)
        self._quota = quota
        self._visitor = visitor
        self._one = threading.Lock()
        self._doc = pn.state.curdoc
        self._gone = False
        self._said = ""
        self._stale: dict[str, Any] = {}
        self._question: Question | None = None
        self._drawn: dict[int, list[tuple[Output, Any]]] = {}
        self._waiting: set[int] = set()
        self._outputs: dict[int, Outputs] = {}
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
                text = f'<div class="mn-page">{markdown_html(cell.source, cell.pictures, authored=True)}</div>'
                self._places[cell.number].append(pn.pane.HTML(text, stylesheets=[STYLE], sizing_mode="stretch_width"))
        # On a narrow window the results go below the inputs.
        main = pn.Column(
            *self._places.values(),
            self._busy,
            max_width=880,  # 860 for the content, as a result in a notebook, and 10 beside each pane
            margin=(0, 20),
            styles={"flex": "1 1 340px", "min-width": "0"},
        )
        side = (
            [pn.Column(*self._widgets.values(), self._again, width=280, margin=(10, 20, 10, 10))]
            if self._widgets
            else []
        )
        pn.state.onload(lambda: self._start([c for c in self.document.cells if c.kind != "markdown"]))
        pn.state.on_session_destroyed(lambda _: self._leave())
        return pn.FlexBox(*side, main, flex_wrap="wrap", align_items="flex-start", sizing_mode="stretch_width")

    def _leave(self) -> None:
        """The visitor has gone: what runs stops before its next cell, and what waits for an answer has one."""
        self._gone = True
        if self._question is not None:
            self._question.close()
        threading.Thread(target=self._close, name="motadata-nb-app-end", daemon=True).start()

    def _close(self) -> None:
        with self._one:
            self.room.close()

    # -- running --------------------------------------------------------------------------------------------------

    def _changed(self, name: str, value: Any) -> None:
        """Several changes that come while cells run are one run afterwards."""
        self._stale[name] = value
        self._start(None)

    def _start(self, cells: Sequence[Cell] | None) -> None:
        """Run these cells, or those that depend on the inputs that were changed."""
        threading.Thread(target=self._run, args=(cells,), name="motadata-nb-app", daemon=True).start()

    def _taken(self) -> list[Cell]:
        changed, self._stale = self._stale, {}
        self.room.user_ns.update(changed)
        return affected(self.document.cells, changed)

    def _run(self, cells: Sequence[Cell] | None) -> None:
        # Bokeh's current document is one for all threads; without this a cell sees nobody's user, or another visitor's.
        if self._doc is not None:
            pn.state.curdoc = self._doc
        # Files are beside the notebook. Not while a script of `panel serve` is read: Panel takes the folder back then.
        os.chdir(self.document.folder)
        with self._one:
            cells = self._taken() if cells is None else cells
            if not cells:
                return
            refused = self._quota.refuses(self._visitor)
            if refused:
                self._say(refused)
                return
            for n, cell in enumerate(cells, 1):
                if self._gone:
                    return
                self._say(f"Running {n} of {len(cells)} …")
                if not self._runs_well(cell):
                    break
            self._say("")

    def _runs_well(self, cell: Cell) -> bool:
        """Run a cell, with its outputs on the page as they come; False when it failed."""
        outputs = self._outputs[cell.number] = Outputs(lambda: self._grow(cell))
        self.room.run(cell.source, f"<cell {cell.number + 1}>", outputs)
        if cell.kind == "inputs":
            self.room.user_ns.update({name: widget.value for name, widget in self._widgets.items()})
        self._show(partial(self._put, cell))
        return not any(item.error for item in outputs.items)

    def _grow(self, cell: Cell) -> None:
        """Show what there is so far, a few times a second; all of it is shown when the cell ends."""
        page = self._doc
        if page is None or not cell.shown or cell.number in self._waiting:
            return
        self._waiting.add(cell.number)

        def put() -> None:
            self._waiting.discard(cell.number)
            self._put(cell)

        def later() -> None:
            page.add_timeout_callback(put, _EVERY_MS)

        self._show(later)

    def _put(self, cell: Cell) -> None:
        """Show what the cell's newest run has shown; what is on the page already keeps what a visitor did in it."""
        items = [item for item in self._outputs[cell.number].items if cell.shown or item.error]
        known = self._drawn.get(cell.number, [])
        drawn = [(item, next((pane for old, pane in known if old is item), None) or shown_of(item)) for item in items]
        self._drawn[cell.number] = drawn
        self._places[cell.number].objects = [pane for _, pane in drawn]

    def _say(self, text: str) -> None:
        """Say what goes on; when changes overtake each other, the last word is the newest all the same."""
        self._said = text
        self._show(lambda: setattr(self._busy, "object", self._said))

    def _ask(self, step: Any) -> Any:
        """Ask the visitor whether a tool may be called; the cell waits."""
        outputs = running_outputs()
        question = self._question = Question(step)
        if outputs is None or self._gone:
            question.close()
            return question.wait()
        outputs.show(question.view(), "approval")
        self._say(f"{step.agent} asks for approval.")
        try:
            return question.wait()
        finally:
            self._question = None
            outputs.drop("approval")

    def _show(self, change: Callable[[], None]) -> None:
        """Change the page from a thread: by the document's own callback, or at once when there is none."""
        if self._doc is None:
            change()
        else:
            self._doc.add_next_tick_callback(change)


def _scripts_for(document: Document) -> list[str]:
    """What Panel has to put on the page for the plots that the cells make; it comes from its own files."""
    text = "\n".join(cell.source for cell in document.cells if cell.kind != "markdown")
    known = {**_SCRIPTS, "ipywidgets": "ipywidgets"} if find_spec(_BRIDGE) else _SCRIPTS
    return [name for package, name in known.items() if re.search(rf"\b{package}\b", text)]


def shown_of(output: Output) -> Any:
    """An output as a Panel object."""
    from motadata_nb.dashboards.bridge import bridged

    if is_panel(output.value):
        return pn.panel(output.value, sizing_mode="stretch_width")
    live = bridged(output.value)
    if live is not None:
        return live
    if hasattr(output.value, "_view_name") and hasattr(output.value, "comm"):  # an ipywidget
        if find_spec(_BRIDGE):
            return pn.panel(output.value, sizing_mode="stretch_width")
        note = f"The widget {type(output.value).__name__} is live in the notebook. Here it needs: pip install {_BRIDGE}"
        return pn.pane.HTML(f'<p class="mn-page" role="note">{html.escape(note)}</p>', stylesheets=[STYLE])
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
