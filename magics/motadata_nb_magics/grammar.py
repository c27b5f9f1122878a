"""One grammar for all verbs: a command says its options once; parsing, help, errors and completion follow from it.

A verb's module has `CELL` (the command behind `%%verb`), `LINE` (behind `%verb`), or both. A command that manages
things has `actions`: commands by their first word (`%rag show handbook`).
"""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import TYPE_CHECKING, Any

from motadata_nb.errors import InvalidInput, MotadataError, UnknownName, typed
from motadata_nb_magics.words import Word, words

if TYPE_CHECKING:
    from motadata_nb_magics.display import Live
    from motadata_nb_magics.session import Session

__all__ = ["Call", "Command", "OUT", "Option", "SHARED", "call", "count", "example", "flag", "option", "parse"]


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option (`--k 5`, `--quiet`) or, without dashes, a positional argument."""

    name: str
    help: str
    type: Callable[[str], Any] | None = str
    """Makes the value of its text; None for a flag."""
    default: Any = None
    choices: tuple[str, ...] = ()
    many: bool = False
    """Takes all remaining words."""
    repeats: bool = False
    """May be given more than once; its value is a list."""
    completes: str = ""
    """What its values are names of: index, model, variable …"""
    fills: bool = True
    """Whether `{{ … }}` in it is filled in as text; the verb does it itself otherwise."""
    also: tuple[str, ...] = ()
    """Other names by which it is understood; none of them is offered."""

    @property
    def key(self) -> str:
        """The name without dashes, as an identifier."""
        return self.name.lstrip("-").replace("-", "_")


def option(name: str, help: str, type: Callable[[str], Any] = str, **more: Any) -> Option:
    """An option that takes a value."""
    return Option(name=name, help=help, type=type, **more)


def flag(name: str, help: str) -> Option:
    """An option that is there or not."""
    return Option(name=name, help=help, type=None, default=False)


def _variable(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise InvalidInput(f"'{text}' cannot be a variable's name.", "Try: --out answer")
    return text


def count(text: str) -> int:
    """The text as a whole number from 1."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


OUT = option("--out", "Also bind the result to this variable.", _variable, completes="variable")
SHARED = (
    OUT,
    option("--model", "Language model or alias.", completes="model"),
    option("--as", "Show the result as text, json or df.", choices=("text", "json", "df")),
    option("--thread", "Continue this conversation.", completes="thread"),
    flag("--raw", "Fill in nothing: leave {{ … }} as it stands."),
    flag("--dry-run", "Show the final messages, tokens and price; call nothing."),
    flag("--no-cache", "Ask again, even when the answer is known."),
    flag("--quiet", "Show nothing."),
)
"""Options of every verb that asks a model."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """What a magic does."""

    run: Callable[[Call], Any] | None = None
    summary: str
    options: tuple[Option, ...] = ()
    arguments: tuple[Option, ...] = ()
    """Positional arguments, in order; those without a default are required."""
    examples: tuple[str, ...] = ()
    actions: Mapping[str, Command] = field(default_factory=dict)
    other_words: Mapping[str, str] = field(default_factory=dict)
    """What to type instead of an action that there is not, by the word that people use for it."""
    body: bool = False
    """Needs a body."""
    fills: bool = True
    """Whether `{{ … }}` in the body is filled in; a verb that stores templates leaves it."""
    language: str = "text"
    """Of the body: `text`, where a `;` at the end hides the result, or `sql`, where it belongs to the body."""


@dataclass(frozen=True, kw_only=True)
class Call:
    """One use of a magic: `call["k"]` is an option's or argument's value."""

    session: Session
    values: Mapping[str, Any]
    body: str = ""
    name: str = ""
    """As it was typed, with its action: `%rag show`."""
    hidden: bool = False
    """Nothing is to be shown: `--quiet`, or a `;` at the end."""
    lives: list[Live] = field(default_factory=list, repr=False)
    """What shows that something is going on; none of it outlives an error."""

    def __getitem__(self, key: str) -> Any:
        return self.values[key]

    def get(self, key: str) -> Any:
        """The value, or None when the verb has no such option."""
        return self.values.get(key)

    def live(self) -> Live:
        """A display for what is going on, where somebody watches."""
        from motadata_nb_magics.display import Live

        made = Live(self.session, watch=not self.hidden)
        self.lives.append(made)
        return made


def call(module: ModuleType, name: str, session: Session, line: str, cell: str | None) -> Any:
    """Parse, fill in, run, show. Raises errors of ours for everything that is wrong with the line."""
    command: Command | None = getattr(module, "LINE" if cell is None else "CELL", None)
    shown = ("%" if cell is None else "%%") + name
    if command is None:
        other = "%%" if cell is None else "%"
        hint = f"Write it as {other}{name}, with the body below." if cell is None else f"Type: {other}{name}"
        raise InvalidInput(f"{shown} is not a magic.", hint)
    from motadata_nb_magics.display import show

    command, made = parse(command, shown, session, line, cell)
    if command.run is None:
        raise InvalidInput(f"{shown} needs an action.", f"Actions: {', '.join(command.actions)}")
    try:
        return show(made, _run(command.run, made))
    except MotadataError as error:
        from motadata_nb_magics.hints import in_a_cell

        error.hint = in_a_cell(error.hint, [option.name for option in command.options])
        raise
    except KeyboardInterrupt as error:
        if not hasattr(error, "_render_traceback_"):  # The way through our code says nothing to who pressed the key.
            error._render_traceback_ = lambda *_: ["KeyboardInterrupt: Interrupted."]  # type: ignore[attr-defined]  # IPython's hook
        raise


def _run(verb: Callable[[Call], Any], made: Call) -> Any:
    """The verb's result; what it was showing live is ended when it fails."""
    try:
        return verb(made)
    except BaseException:
        for live in made.lives:
            live.abandon()
        raise


def parse(command: Command, shown: str, session: Session, line: str, cell: str | None) -> tuple[Command, Call]:
    """The command that is meant and its values."""
    line, hidden = _without_semicolon(line)
    given = words(line)
    if command.actions and given and not given[0].startswith("-"):
        if given[0] in command.actions:
            shown = f"{shown} {given[0]}"
            command = command.actions[given.pop(0)]
        elif not command.arguments:
            raise _unknown_action(command, shown, given[0], session)
    elif command.actions and command.run is None:
        raise InvalidInput(f"{shown} needs an action.", f"Actions: {', '.join(command.actions)}")
    values = _values(command, shown, given, session)
    body = (cell or "").strip("\n")
    if command.language == "text" and cell is not None:
        body, ends = _without_semicolon(body)
        hidden = hidden or ends
    if command.fills and not values.get("raw") and "{{" in body:
        from motadata_nb_magics.interpolation import fill

        body = fill(body, session.shell.user_ns)
    if command.body and not body.strip():
        raise InvalidInput(f"The cell below {shown} is empty.", f"Write below it, like: {example(command, shown)}")
    hidden = hidden or bool(values.get("quiet"))
    return command, Call(session=session, values=values, body=body, name=shown, hidden=hidden)


def _unknown_action(command: Command, shown: str, word: str, session: Session) -> MotadataError:
    from motadata_nb_magics.names import names_of

    if hint := command.other_words.get(word.lower()):
        return UnknownName("action", word, (), empty=hint)
    error = UnknownName("action", word, command.actions, example=shown + " {}")
    takes_index = any(a.completes == "index" for inner in command.actions.values() for a in inner.arguments)
    if takes_index and word in names_of(session, "index"):
        return InvalidInput(
            error.what, f"To ask the index: %{shown} {typed(word)}, and the question in the line below it."
        )
    return error


def _without_semicolon(text: str) -> tuple[str, bool]:
    stripped = text.rstrip()
    return (stripped[:-1].rstrip(), True) if stripped.endswith(";") else (text, False)


def _values(command: Command, shown: str, given: list[Word], session: Session) -> dict[str, Any]:
    options = {o.name: o for o in command.options}
    values: dict[str, Any] = {o.key: o.default for o in (*command.options, *command.arguments)}
    fill = _filler(session) if not ("--raw" in options and "--raw" in given) else str
    positional: list[Word] = []
    rest = list(given)
    while rest:
        word = rest.pop(0)
        if word == "--" and not word.quoted:
            positional += rest
            break
        if word.quoted or not word.startswith("-") or len(word) == 1 or word[1:2].isdigit():
            positional.append(word)
            continue
        name, equals, text = word.partition("=")
        found = _option(options, name, shown)
        if found.type is None:
            if equals:
                raise InvalidInput(f"{name} takes no value.", f"Write {name} alone, or leave it out.")
            values[found.key] = True
            continue
        if not equals:
            if not rest or (rest[0].startswith("--") and not rest[0].quoted):
                raise InvalidInput(f"{name} needs a value.", f"{name}: {found.help}")
            text = rest.pop(0)
        value = _value(found, fill(text) if found.fills else text)
        values[found.key] = [*(values[found.key] or ()), value] if found.repeats else value
    return values | _positionals(command, shown, positional, fill, session)


def _filler(session: Session) -> Callable[[str], str]:
    def fill(text: str) -> str:
        if "{{" not in text:
            return text
        from motadata_nb_magics import interpolation

        return interpolation.fill(text, session.shell.user_ns)

    return fill


def _option(options: Mapping[str, Option], name: str, shown: str) -> Option:
    found = next((o for o in options.values() if name == o.name or name in o.also), None)
    if found is not None:
        return found
    if "-" + name in options:
        raise InvalidInput(f"{shown} has no option {name}.", f"Try: {shown} … -{name}")
    raise UnknownName("option", name, options, example=shown + " … {}", empty=f"{shown} has no options.")


def _positionals(
    command: Command, shown: str, given: list[Word], fill: Callable[[str], str], session: Session
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for argument in command.arguments:
        if argument.many:
            values[argument.key] = [_value(argument, fill(word) if argument.fills else word) for word in given]
            if not given and argument.default is None:
                raise _missing(argument, command, shown, session)
            return values
        if given:
            word = given.pop(0)
            values[argument.key] = _value(argument, fill(word) if argument.fills else word)
        elif argument.default is None:
            raise _missing(argument, command, shown, session)
    if given:
        raise InvalidInput(
            f"{shown} does not take '{given[0]}'.", _for_too_many(command, shown, values, given, session)
        )
    return values


_OPERATORS = frozenset("= == != <> < <= > >= like in is not between and or".split())


def _for_too_many(
    command: Command, shown: str, values: Mapping[str, Any], given: Sequence[str], session: Session
) -> str:
    """What to type when there are words too many: a name of several words in quotes, or a body where it belongs."""
    from motadata_nb_magics.names import names_of

    last = command.arguments[-1] if command.arguments else None
    if len(given) == 1 and "://" in given[0] and any(o.completes == "backend" for o in command.options):
        from motadata_nb.vectors.registry import address_setting

        return f"Set it before: {address_setting(given[0])}"
    if given[0].lower() in _OPERATORS and any(option.name == "--where" for option in command.options):
        return """Put the whole filter in double quotes: --where "lang = 'de'\""""
    if len(given) == 1 and last is not None and (meant := _as_option(command, given[0], session)):
        return f"Try: {shown} {typed(str(values[last.key]))} {meant}"
    if last is not None and last.completes:
        name = " ".join([str(values[last.key]), *given])
        known = names_of(session, last.completes)
        if name in known:
            return f"Try: {shown} {typed(name)}"
        if command.body and (first := str(values[last.key])) in known:
            return f"Write it in the line below: {shown} {typed(first)} ⏎ {' '.join(given)}"
    return f"Try: {example(command, shown)}"


def _as_option(command: Command, word: str, session: Session) -> str:
    """The option that was meant by `k=2`, or by one of its values alone; empty for none."""
    from motadata_nb_magics.names import names_of

    name, _, value = word.partition("=")
    for option in command.options:
        if value and option.type and name.replace("-", "_") == option.key:
            return f"{option.name} {typed(value)}"
        if word in option.choices or (option.completes == "backend" and word in names_of(session, option.completes)):
            return f"{option.name} {word}"
    return ""


def _missing(argument: Option, command: Command, shown: str, session: Session) -> InvalidInput:
    what = f"{shown} needs {argument.help.rstrip('.')}."
    if argument.completes == "index" and argument is command.arguments[0]:
        from motadata_nb_magics.names import names_of

        there = names_of(session, "index")
        if there:
            return InvalidInput(
                what, f"Try: {shown} {typed(there[0])}" + (f"    (or {', '.join(there[1:6])})" * (len(there) > 1))
            )
    return InvalidInput(what, f"Try: {example(command, shown)}")


def _value(found: Option, text: str) -> Any:
    if found.choices and text not in found.choices:
        raise UnknownName(f"value of {found.name}", text, found.choices, example=f"{found.name} {{}}")
    try:
        return found.type(text) if found.type else True
    except MotadataError:
        raise
    except (TypeError, ValueError) as error:
        kinds = {"int": "a whole number", "count": "a whole number from 1", "float": "a number"}
        kind = kinds.get(getattr(found.type, "__name__", ""), "a value it takes")
        raise InvalidInput(f"{found.name} {text} is not {kind}.", f"{found.name}: {found.help}") from error


def example(command: Command, shown: str) -> str:
    """The command's first example in one line, or its shape."""
    if command.examples:
        return command.examples[0].replace("\n", " ⏎ ")
    return " ".join([shown, *(a.name.upper() for a in command.arguments if a.default is None)])
