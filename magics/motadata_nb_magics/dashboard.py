"""%dashboard: this notebook, or another, as an app beside it; listed and stopped from a cell."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import Card
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.results import Result
from motadata_nb_magics.grammar import OUT, Call, Command, count, option
from motadata_nb_magics.tables import TableResult

if TYPE_CHECKING:
    from motadata_nb_magics.session import Session

__all__ = ["Dashboard", "LINE"]


@dataclass(frozen=True, kw_only=True)
class Dashboard(Result):
    """An app that runs until it is stopped, or the kernel ends."""

    notebook: str
    address: str
    """Where this machine's browser finds it; behind a hub, where the hub's does."""

    def _card(self) -> Card:
        return Card(
            body=f"**{Path(self.notebook).name}** runs as an app at [{self.address}]({self.address})",
            status=("the notebook as it was saved", "%dashboard stop ends it"),
            links=frozenset({self.address}),
        )


def _start(call: Call) -> Dashboard:
    from motadata_nb.dashboards.serving import start

    path = _notebook(call)
    options = ["--oauth", call["oauth"]] if call["oauth"] else []
    options += ["--runs-per-hour", str(call["runs_per_hour"])] if call["runs_per_hour"] else []
    # Behind a hub only its proxy reaches the port, under a host that is not known here.
    options += ["--origin", "*"] if _hub() else []
    live = call.live()
    live.line(f"Starting {path.name} …")
    try:
        port, name = start(str(path), *options, password=call["password"] or "")
    finally:
        live.end()
    return Dashboard(notebook=str(path), address=_address(port, name))


def _ls(call: Call) -> TableResult:
    from motadata_nb.dashboards.serving import running

    rows = [[Path(path).name, _address(port, "app")] for path, port in running().items()]
    return TableResult(
        title="Apps of this kernel", headers=["Notebook", "Address"], rows=rows, empty="none: %dashboard"
    )


def _stop(call: Call) -> TableResult:
    from motadata_nb.dashboards.serving import running, stop

    known = {Path(path).name: path for path in running()}
    name = Path(call["notebook"]).name if call["notebook"] else ""
    if name and name not in known:
        raise UnknownName("running app", name, known, example="%dashboard stop {}", empty="No app runs.")
    chosen = [name] if name else list(known)
    for each in chosen:
        stop(known[each])
    return TableResult(title=f"Stopped {', '.join(chosen)}." if chosen else "No app runs.", headers=[], rows=[])


def _notebook(call: Call) -> Path:
    """The notebook that is named, else the one that the cell stands in."""
    named = str(call["notebook"])
    path = call.session.folder / named if named else _own(call.session)
    if path is None:
        raise InvalidInput("It is not known which notebook this is.", "Name it: %dashboard NOTEBOOK.ipynb")
    if not path.is_file():
        near = UnknownName(
            "notebook", named, [*LINE.actions, *(p.name for p in path.parent.glob("*.ipynb"))], example="%dashboard {}"
        )
        raise near if named else InvalidInput(f"{path.name} is not saved yet.", "Save it, and run the cell again.")
    return path


def _own(session: Session) -> Path | None:
    """The front end's word for it: Jupyter's server tells it to the kernel, VS Code to the notebook."""
    told: Any = os.environ.get("JPY_SESSION_NAME") or session.shell.user_ns.get("__vsc_ipynb_file__") or ""
    path = Path(str(told))
    return path if path.suffix == ".ipynb" and path.is_absolute() else None


def _hub() -> str:
    return os.environ.get("JUPYTERHUB_SERVICE_PREFIX", "")


def _address(port: int, name: str) -> str:
    hub = _hub()
    return f"{hub}proxy/{port}/{name}" if hub else f"http://127.0.0.1:{port}/{name}"


_NOTEBOOK = option("notebook", "a notebook; this one when none is named.", default="", completes="notebook")
LINE = Command(
    run=_start,
    summary="Open this notebook as an app.",
    arguments=(_NOTEBOOK,),
    options=(
        option("--password", "A password that visitors must know."),
        option("--oauth", "Sign in with a provider: github, google, azure, okta, auth0 …"),
        option("--runs-per-hour", "Limit for each visitor.", count),
        OUT,
    ),
    actions={
        "ls": Command(run=_ls, summary="The apps that this kernel has started.", options=(OUT,)),
        "stop": Command(run=_stop, summary="End an app, or all.", arguments=(_NOTEBOOK,)),
    },
    examples=("%dashboard", "%dashboard report.ipynb --password {{ word }}", "%dashboard ls", "%dashboard stop"),
)
