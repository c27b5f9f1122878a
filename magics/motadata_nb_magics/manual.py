"""What `%%rag?` shows, and `%motadata help`."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from motadata_nb.errors import UnknownName
from motadata_nb_magics import VERBS
from motadata_nb_magics.display import Text
from motadata_nb_magics.grammar import Command, Option
from motadata_nb_magics.tables import TableResult

__all__ = ["help_text", "overview", "page"]


_WIDEST = 32


def overview() -> TableResult:
    """All magics, each with what it does and an example."""
    rows = []
    for name in VERBS:
        module = import_module(VERBS[name])
        for attribute, sign in (("CELL", "%%"), ("LINE", "%")):
            command: Command | None = getattr(module, attribute, None)
            if command is not None:
                example = command.examples[0].partition("\n")[0] if command.examples else ""
                rows.append([sign + name, command.summary, example])
    return TableResult(
        title="Magics", headers=["Magic", "What it does", "For example"], rows=rows, status=("%%rag? tells more",)
    )


def page(name: str) -> Text:
    """The help of one magic. Raises UnknownName."""
    wanted = name.lstrip("%").removeprefix("motadata_")
    if wanted not in VERBS:
        raise UnknownName("magic", name, VERBS, example="%motadata help {}")
    return Text(help_text(import_module(VERBS[wanted]), wanted))


def help_text(module: ModuleType, name: str) -> str:
    """What `%%name?` shows."""
    parts = []
    for attribute, sign in (("CELL", "%%"), ("LINE", "%")):
        command: Command | None = getattr(module, attribute, None)
        if command is not None:
            parts.append(_help(command, sign + name))
    return "\n\n".join(parts)


def _help(command: Command, shown: str) -> str:
    usage = " ".join([shown, *(_usage(a) for a in command.arguments), *(["[options]"] if command.options else [])])
    lines = [usage, "", f"    {command.summary}"]
    told = [(_form(argument), argument.help) for argument in (*command.arguments, *command.options)]
    told += [(f"{shown} {action}", inner.summary) for action, inner in command.actions.items()]
    width = min(max((len(form) for form, _ in told), default=0), _WIDEST)
    lines += [f"    {form:<{width}}  {text}" for form, text in told]
    if command.examples:
        lines += ["", "Examples:", *("    " + line for example in command.examples for line in example.splitlines())]
    return "\n".join(lines)


def _form(argument: Option) -> str:
    """An option with the form of its value: `--as text|json|df`."""
    if argument.type is None or not argument.name.startswith("-"):
        return argument.name
    return f"{argument.name} {'|'.join(argument.choices) or argument.key.upper()}"


def _usage(argument: Option) -> str:
    name = argument.name.upper() + ("…" if argument.many else "")
    return name if argument.default is None else f"[{name}]"
