"""%motadata: the workspace at a glance, its settings, its health, help, and what to do about the last error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput
from motadata_nb_magics.grammar import OUT, Call, Command, option
from motadata_nb_magics.tables import TableResult

if TYPE_CHECKING:
    from motadata_nb.cards import Cell
    from motadata_nb_magics.session import Session

__all__ = ["LINE", "settings_table"]


def _status(call: Call) -> TableResult:
    from motadata_nb import __version__

    workspace, config = call.session.workspace, call.session.config
    indexes = workspace.indexes()
    rows: list[list[Cell]] = [["Workspace", workspace.shown_place]]
    rows.append(["Indexes", ", ".join(indexes) or "none yet: %ingest FILE --into NAME"])
    model = str(config["model"])
    rows.append(["Model", "none: answers are extracted from the documents" if model == "extractive" else model])
    rows += [list(row) for row in _spent(call)]
    if not config["ai"]:
        rows.append(["Model calls", "switched off: %config Motadata.ai = True"])
    return TableResult(
        title=f"motadata_nb {__version__}", headers=["", ""], rows=rows, attention=_troubles(call),
        status=("%motadata help",),
    )  # fmt: skip


def _spent(call: Call) -> list[tuple[str, str]]:
    """What the calls of this workspace cost, when there were any."""
    report = call.session.workspace.cost("model")
    card = report._card()
    return [("Cost so far", " · ".join((card.title, *card.status, *card.attention)))] if report.calls else []


def _troubles(call: Call) -> tuple[str, ...]:
    """Deployments that the gateway leaves alone; the gateway is not opened to find out."""
    gateway = call.session.workspace.__dict__.get("gateway")
    health = getattr(gateway, "health", None)
    return tuple(health()._card().attention) if health is not None else ()


def _config(call: Call) -> TableResult:
    return settings_table(call.session)


def settings_table(session: Session) -> TableResult:
    """Each setting with its value, secrets hidden, and where it came from."""
    rows = [[value.name, value.shown, value.origin] for value in session.config.values()]
    strays = tuple(f"nobody reads {stray}" for stray in session.config.strays())
    headers = ["Setting", "Value", "From"]
    return TableResult(title="Settings", headers=headers, rows=rows, attention=strays)


def _doctor(call: Call) -> Any:
    from importlib import import_module

    return import_module("motadata_nb.commands.doctor").examine()


def _connect(call: Call) -> TableResult:
    """The new workspace is opened before the old one is left, so that a wrong address changes nothing."""
    session, place = call.session, call["place"]
    before = session.values.get("home")
    session.config.set("home", place)
    try:
        session.workspace.indexes()
    except BaseException:
        session.forget(place)
        session.config.set("home", before)
        raise
    return _status(call)


def _warmup(call: Call) -> TableResult:
    from motadata_nb_magics.warming import warm

    parts = warm(call.session)
    return TableResult(title="Warming up", headers=[], rows=[], status=(", ".join(parts), "in the background"))


def _help(call: Call) -> Any:
    from motadata_nb_magics.manual import overview, page

    return page(call["magic"]) if call["magic"] else overview()


def _fix(call: Call) -> Any:
    from motadata_nb_magics.fixing import fix

    return fix(call)


def _chat(call: Call) -> TableResult:
    """Choose, switch off, or only say what is chosen."""
    if call["name"]:
        call.session.config.set("chat", "" if call["name"] == "off" else call["name"])
    chosen = str(call.session.config["chat"])
    title = f"Cells that start with ? or / go to {chosen}." if chosen else "Chat mode is off."
    status = ("%motadata chat off",) if chosen else ("%motadata chat AGENT", "%motadata chat rag:INDEX")
    return TableResult(title=title, headers=[], rows=[], status=status)


def _snippet(call: Call) -> TableResult:
    from motadata_nb_magics.snippets import SNIPPETS

    if not call["name"]:
        rows = [[name, source.partition("\n")[0]] for name, source in SNIPPETS.items()]
        return TableResult(title="Snippets", headers=["Name", "Begins with"], rows=rows,
                           status=("%motadata snippet NAME",))  # fmt: skip
    if call["name"] not in SNIPPETS:
        from motadata_nb.errors import UnknownName

        raise UnknownName("snippet", call["name"], SNIPPETS, example="%motadata snippet {}")
    call.session.shell.set_next_input(SNIPPETS[call["name"]], replace=False)
    return TableResult(title=f"The snippet {call['name']} is in the next cell.", headers=[], rows=[])


def _open(call: Call) -> Any:
    if not call.get("out"):
        raise InvalidInput("%motadata workspace needs a name for it.", "Try: %motadata workspace --out ws")
    return call.session.workspace


LINE = Command(
    run=_status,
    summary="The workspace at a glance.",
    options=(OUT,),
    actions={
        "chat": Command(
            run=_chat, summary="Let cells that start with ? or / go to an agent, or to rag:INDEX.",
            arguments=(option("name", "an agent, rag:INDEX, or off.", default="", completes="partner"),),
            examples=("%motadata chat clerk", "? Which customers returned most?", "%motadata chat off"),
        ),
        "config": Command(run=_config, summary="Each setting and where it came from.", options=(OUT,)),
        "connect": Command(
            run=_connect, summary="Work on another workspace.", options=(OUT,),
            arguments=(option("place", "a folder, or the URL of a database.", completes="source"),),
            examples=("%motadata connect ../shared-workspace", "%motadata connect postgresql://host/db"),
        ),
        "doctor": Command(run=_doctor, summary="Check Python, packages, kernel, keys, servers, disk.", options=(OUT,)),
        "fix": Command(run=_fix, summary="Explain the last error, and propose a cell.", options=(
            OUT, option("--model", "Language model or alias.", completes="model"))),
        "help": Command(
            run=_help, summary="All magics, or one.",
            arguments=(option("magic", "a magic.", default="", completes="magic"),),
        ),
        "snippet": Command(
            run=_snippet, summary="Put an example into the next cell.",
            arguments=(option("name", "a snippet.", default="", completes="snippet"),),
        ),
        "warmup": Command(run=_warmup, summary="Load in the background what the first call would wait for."),
        "workspace": Command(run=_open, summary="The workspace as a Python object.", options=(OUT,),
                             examples=("%motadata workspace --out ws",)),
    },
    examples=("%motadata", "%motadata config", "%motadata fix", "%motadata connect postgresql://host/db"),
)  # fmt: skip
