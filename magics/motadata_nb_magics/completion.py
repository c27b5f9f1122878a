"""What is offered in our cells: actions, options, their values, and variables inside `{{ }}`; never Python."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion

from motadata_nb.errors import InvalidInput
from motadata_nb_magics import VERBS
from motadata_nb_magics.grammar import Command, Option
from motadata_nb_magics.names import names_of
from motadata_nb_magics.words import words

if TYPE_CHECKING:
    from motadata_nb_magics.session import Session

__all__ = ["complete"]

_MAGIC = re.compile(r"\s*(%%?)(?:motadata_(?!nb))?(\w+)(?=\s)")
_ASSIGNED = re.compile(r"\s*[A-Za-z_][\w., ]*=\s*(?=%\w)")
_PARTIAL = re.compile(r"(?:\\\s|\S)*$")
# IPython keeps 500 of all and not the first ones; what is nearest to hand is offered first.
_MOST = 400
# Options that take names with commas between them.
_LISTS = ("agent", "tool")
_FILTERS = """default first float indent int join last length list lower map replace round sort string sum title tojson
    trim truncate unique upper wordcount""".split()


class _Nothing(list[SimpleCompletion]):
    """No completions, and none of others either: IPython asks for the length before it suppresses them."""

    def __len__(self) -> int:
        return 1


def complete(session: Session, context: Any) -> dict[str, Any]:
    """A matcher's result for the cursor's place. Elsewhere than in our cells it leaves all to the others."""
    lines = context.full_text.split("\n")
    before = _ASSIGNED.sub("", context.text_until_cursor, count=1)
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    opening = _MAGIC.match(lines[first] + " ")
    if opening and opening[1] == "%%" and opening[2] in VERBS and context.cursor_line > first:
        typed = "\n".join([*lines[first + 1 : context.cursor_line], context.text_until_cursor])
        return _result(*_in_body(session, opening[2], typed, "\n".join(lines[first + 1 :])))
    found = _MAGIC.match(before)
    if found and found[2] == "config" and found[1] == "%":
        return _settings(before[found.end() :].lstrip())
    if not found or found[2] not in VERBS or (found[1] == "%%" and context.cursor_line != first):
        return {"completions": [], "suppress": False}
    command = getattr(import_module(VERBS[found[2]]), "CELL" if found[1] == "%%" else "LINE", None)
    return _result(*_on_line(session, command, before[found.end() :])) if command else _result("", ())


def _result(fragment: str, offered: Iterable[tuple[str, str]]) -> dict[str, Any]:
    wanted = fragment.lower()
    offered = list(offered)
    named = [(text, kind) for text, kind in offered if text.lower().startswith(wanted)] or _near(wanted, offered)
    found = [SimpleCompletion(text, type=kind) for text, kind in named[:_MOST]]
    return {"completions": found or _Nothing(), "matched_fragment": fragment, "suppress": True, "ordered": True}


def _near(wanted: str, offered: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What may be meant by a word that nothing begins with: a part of a name, or a slip of the finger."""
    if len(wanted.lstrip("-")) < 3:
        return []
    inside = [(text, kind) for text, kind in offered if wanted.lstrip("-") in text.lower()]
    if inside or len(offered) > _MOST:
        return inside
    close = difflib.get_close_matches(wanted, [text.lower() for text, _ in offered], 5, 0.6)
    return sorted((o for o in offered if o[0].lower() in close), key=lambda o: close.index(o[0].lower()))


def _settings(typed: str) -> dict[str, Any]:
    from motadata_nb.config import SETTINGS

    names = ((f"Motadata.{name} = ", "setting") for name in sorted(SETTINGS))
    if "=" in typed or not "Motadata.".startswith(typed[:9]) or not typed:
        return {"completions": [], "suppress": False}
    return _result(typed, names)


# -- the first line -----------------------------------------------------------------------------------------------


def _on_line(session: Session, command: Command, typed: str) -> tuple[str, Iterable[tuple[str, str]]]:
    if typed.rfind("{{") > typed.rfind("}}"):
        return _expression(session, typed[typed.rfind("{{") + 2 :])
    current = _PARTIAL.search(typed)[0]  # type: ignore[index]  # it matches an empty word too
    try:
        given = words(typed[: len(typed) - len(current)])
    except InvalidInput:
        return "", ()
    if command.actions:
        if not given:
            return current, [*((name, "action") for name in command.actions), *_options(command, [], current)]
        if given[0] not in command.actions:
            return current, ()
        command = command.actions[given.pop(0)]
    return _word(session, command, given, current)


def _word(session: Session, command: Command, given: list[Any], current: str) -> tuple[str, Iterable[tuple[str, str]]]:
    options = {name: o for o in command.options for name in (o.name, *o.also)}
    positional, waiting = _read(options, given)
    name, equals, value = current.partition("=")
    if equals and name in options:
        return value, _values(session, options[name], positional, value)
    if waiting is not None and waiting.completes in _LISTS:
        current = current.rpartition(",")[2]
    if waiting is not None:
        return current, _values(session, waiting, positional, current)
    if current.startswith("-"):
        return current, _options(command, given, current)
    argument = _argument(command, len(positional))
    offered = list(_values(session, argument, positional, current)) if argument else []
    return current, offered or _options(command, given, current)


def _read(options: Mapping[str, Option], given: Sequence[str]) -> tuple[list[str], Option | None]:
    """The positional words so far, and the option that waits for its value."""
    positional: list[str] = []
    waiting: Option | None = None
    for word in given:
        if waiting is not None:
            waiting = None
        elif word in options:
            waiting = options[word] if options[word].type is not None else None
        elif not word.startswith("-"):
            positional.append(word)
    return positional, waiting


def _argument(command: Command, number: int) -> Option | None:
    if number < len(command.arguments):
        return command.arguments[number]
    last = command.arguments[-1] if command.arguments else None
    return last if last is not None and last.many else None


def _options(command: Command, given: Sequence[str], current: str) -> Iterator[tuple[str, str]]:
    return ((o.name, "option") for o in command.options if o.name not in given or o.name == current)


def _values(session: Session, option: Option, positional: Sequence[str], current: str) -> Iterator[tuple[str, str]]:
    if option.choices:
        yield from ((choice, "value") for choice in option.choices)
    elif option.completes == "source":
        yield from ((name, "variable") for name in names_of(session, "table"))
        yield from _files(current)
    elif option.completes:
        of = positional[0] if positional else ""
        for name in names_of(session, option.completes, of):
            yield (f'"{name}"' if " " in name else name), option.completes


def _files(current: str) -> Iterator[tuple[str, str]]:
    typed = current.replace("\\ ", " ")
    folder = Path(typed).expanduser() if typed.endswith("/") else Path(typed).expanduser().parent
    shown = typed[: typed.rfind("/") + 1]
    try:
        entries = sorted(folder.iterdir())[:500]
    except OSError:
        return
    hidden = typed[len(shown) :].startswith(".")
    for entry in entries:
        if not entry.name.startswith(".") or hidden:
            text = shown + entry.name + ("/" if entry.is_dir() else "")
            yield text.replace(" ", "\\ "), "path"


# -- the body, and {{ }} ------------------------------------------------------------------------------------------


def _in_body(session: Session, verb: str, typed: str, body: str) -> tuple[str, Iterable[tuple[str, str]]]:
    if typed.rfind("{{") > typed.rfind("}}"):
        return _expression(session, typed[typed.rfind("{{") + 2 :])
    command: Command = import_module(VERBS[verb]).CELL
    if command.language == "sql":
        return _sql(session, typed, body)
    return "", ()


def _expression(session: Session, typed: str) -> tuple[str, Iterable[tuple[str, str]]]:
    fragment = re.search(r"[\w.]*$", typed)
    path = fragment.group() if fragment else ""
    start = typed[: len(typed) - len(path)].rstrip()
    if start.endswith("|"):
        return path, ((name, "filter") for name in _FILTERS)
    owner_path, dot, _ = path.rpartition(".")
    if not dot:
        return path, ((name, "variable") for name in names_of(session, "variable"))
    owner = _lookup(session.shell.user_ns, owner_path.split("."))
    return path, ((f"{owner_path}.{name}", "attribute") for name in _attributes(owner))


def _lookup(variables: Mapping[str, Any], path: Sequence[str]) -> Any:
    """What the path names, through plain attributes and keys; a property is not run for a list of names."""
    found: Any = variables.get(path[0])
    for name in path[1:]:
        if isinstance(found, Mapping):
            found = found.get(name)
        elif isinstance(getattr(type(found), name, None), property):
            return None
        else:
            found = getattr(found, name, None)
    return found


def _attributes(owner: Any) -> list[str]:
    if owner is None:
        return []
    keys = [str(key) for key in owner if str(key).isidentifier()] if isinstance(owner, Mapping) else []
    columns = [str(c) for c in getattr(owner, "columns", ()) if str(c).isidentifier()]
    return list(dict.fromkeys([*keys, *columns, *(name for name in dir(owner) if not name.startswith("_"))]))


def _sql(session: Session, typed: str, body: str) -> tuple[str, Iterable[tuple[str, str]]]:
    """Tables, and the columns of the tables that the query names, also behind the cursor; of all when it names none."""
    found = re.search(r"[\w.]*$", typed)
    fragment = found.group() if found else ""
    tables = names_of(session, "table")
    named = [t for t in tables if re.search(rf"\b{re.escape(t)}\b", body)]
    columns = {t: [str(c) for c in getattr(session.shell.user_ns[t], "columns", ())] for t in named or tables}
    owner, dot, _ = fragment.rpartition(".")
    if dot:
        return fragment, ((f"{owner}.{c}", "column") for c in columns.get(owner, ()))
    flat = dict.fromkeys(c for some in columns.values() for c in some)
    indexes = names_of(session, "index")
    named_things = [*((t, "table") for t in tables), *((i, "index") for i in indexes)]
    return fragment, [*named_things, *((c, "column") for c in flat)]
