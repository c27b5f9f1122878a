"""Asking the person at the notebook: by buttons where the front end can answer a running cell, else by typing.

Buttons need messages that reach a busy kernel: a subshell (ipykernel 7, JupyterLab 4.4). Whether the front end has one
shows itself: the widget says hello when it appears, and without a subshell that hello waits for the cell to end.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.approval import Prompt, legible, pressed
from motadata_nb.agents.base import Decision

if TYPE_CHECKING:
    from motadata_nb.agents.base import Step
    from motadata_nb.agents.streaming import Asking, Filling
    from motadata_nb_magics.session import Session

__all__ = ["answer"]

_HELLO_S = 4.0
_NOBODY = (
    "Nobody watches this notebook, so the call is refused. Approve it beforehand: --approve auto, or run it in a cell."
)

_SCRIPT = """
export default {
  render({ model, el }) {
    const call = model.get("call");
    const box = document.createElement("div");
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Approval of a tool call");
    box.style.cssText = "border:1px solid rgba(128,128,128,.35);border-radius:6px;padding:10px 14px;max-width:860px;"
      + "font-family:var(--jp-ui-font-family,system-ui);font-size:var(--jp-ui-font-size1,13px)";
    const head = document.createElement("div");
    head.textContent = `${call.agent} wants to call ${call.name}`;
    head.style.fontWeight = "600";
    const text = document.createElement("textarea");
    text.value = call.arguments;
    text.rows = Math.min(8, call.arguments.split("\\n").length + 1);
    text.setAttribute("aria-label", "Arguments, as JSON");
    text.style.cssText = "width:100%;box-sizing:border-box;margin:8px 0;padding:6px 8px;color:inherit;"
      + "border-radius:4px;"
      + "font-family:var(--jp-code-font-family,monospace);background:var(--jp-input-background,transparent);"
      + "border:1px solid rgba(128,128,128,.35)";
    const row = document.createElement("div");
    const said = (word) => {
      row.querySelectorAll("button").forEach((b) => { b.disabled = true; });
      text.readOnly = true;
      model.send({ say: word, arguments: text.value });
    };
    for (const [word, label] of [["approved", "Approve"], ["denied", "Deny"], ["waiting", "Decide later"]]) {
      const button = document.createElement("button");
      button.textContent = label;
      button.className = "jupyter-button";
      button.style.cssText = "margin-right:8px;padding:4px 12px;width:auto";
      button.addEventListener("click", () => said(word));
      row.append(button);
    }
    box.append(head, text, row);
    el.append(box);
    let times = 0;
    const hello = setInterval(() => { if (times++ < 8) model.send({ say: "hello" }); else clearInterval(hello); }, 300);
    return () => clearInterval(hello);
  }
};
"""


def answer(session: Session, event: Asking | Filling) -> None:
    """Answer what a run asks; where nobody watches, the answer is no."""
    from motadata_nb.agents.streaming import Asking

    if isinstance(event, Asking):
        event.answer(_decision(session, event.step))
    elif session.streams and _can_type(session):
        event.answer(Prompt().values(event.message, event.schema))
    else:
        event.answer(None)


def _decision(session: Session, step: Step) -> Decision:
    if not session.streams:
        return Decision(state="denied", reason=_NOBODY)
    if (ask := getattr(session.shell, "ask", None)) is not None:  # an app asks its visitor in its own way
        decision: Decision = ask(step)
        return decision
    found = _by_button(session, step)
    if found is not None:
        return found
    return Prompt().ask(step) if _can_type(session) else Decision(state="denied", reason=_NOBODY)


def _can_type(session: Session) -> bool:
    return bool(getattr(getattr(session.shell, "kernel", None), "_allow_stdin", False))


def _by_button(session: Session, step: Step) -> Decision | None:
    """The decision, or None when the front end's messages do not come through while the cell runs."""
    if not getattr(session.shell.kernel, "_supports_kernel_subshells", False):
        return None
    from IPython.display import display

    widget = _widget()(call={"agent": step.agent, "name": step.name, "arguments": legible(step.arguments)})
    _let_through(widget.comm)
    hello, decided = threading.Event(), threading.Event()
    said: dict[str, Any] = {}

    def heard(_: Any, message: dict[str, Any], buffers: Any) -> None:
        hello.set()
        if message.get("say") != "hello":
            said.update(message)
            decided.set()

    widget.on_msg(heard)
    handle = display(widget, display_id=True)
    try:
        if not hello.wait(_HELLO_S):
            return None
        decided.wait()
    finally:
        widget.close()
        handle.update({"text/plain": ""}, raw=True)
    return _decided(said, step)


def _let_through(comm: Any) -> None:
    """Take the front end's messages on the channel that it chose.

    ipykernel 7 leads them to the shell that the comm was opened from, which is the one that runs the cell.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda data, chosen: chosen


def _decided(said: dict[str, Any], step: Step) -> Decision:
    return pressed(str(said.get("say", "")), str(said.get("arguments", "")), step)


@cache
def _widget() -> Any:
    import anywidget
    import traitlets

    class Buttons(anywidget.AnyWidget):
        """Three buttons and the arguments, which can be edited."""

        _esm = _SCRIPT
        call = traitlets.Dict().tag(sync=True)

    return Buttons
