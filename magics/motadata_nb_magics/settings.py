"""`%config Motadata`: the settings as traits, so that IPython lists, completes and checks them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from traitlets import Any as AnyTrait
from traitlets.config import Configurable

from motadata_nb.config import SETTINGS, Config, setting
from motadata_nb.errors import InvalidInput

if TYPE_CHECKING:
    from motadata_nb_magics.session import Session

__all__ = ["configure", "settings_of"]

_ASSIGNMENT = re.compile(r"Motadata\.(\w+)\s*=(?!=)\s*(.*)", re.DOTALL)
_READING = re.compile(r"Motadata\.(\w+)")


def configure(session: Session, line: str) -> Any:
    """`%config Motadata.k = 8` sets, `%config Motadata.k` gives the value in force, `%config Motadata` lists all.

    Raises UnknownName for a setting that does not exist, InvalidInput for a value that cannot be used.
    """
    settings = session.settings
    if assigned := _ASSIGNMENT.fullmatch(line):
        name, source = assigned.groups()
        setting(name)
        setattr(settings, name, _evaluated(name, source, session.shell.user_ns))
        return None
    if reading := _READING.fullmatch(line):
        return _Shown(session.config.value(reading.group(1)).shown)
    if line == "Motadata":
        from motadata_nb_magics.status import settings_table

        return settings_table(session)
    raise InvalidInput(f"%config {line} is not understood.", "Try: %config Motadata.k = 8")


class _Shown(str):
    """A setting as it is displayed: without the quotes of a string in a string."""

    def __repr__(self) -> str:
        return str(self)


def _evaluated(name: str, source: str, variables: dict[str, Any]) -> Any:
    try:
        return eval(source, variables)  # as IPython's own %config does: the user's code in the user's notebook
    except Exception as error:
        raise InvalidInput(
            f"{name} = {source} cannot be evaluated: {type(error).__name__}: {error}",
            f'A text needs quotes: %config Motadata.{name} = "{source}"',
        ) from error


def settings_of(shell: Any, values: dict[str, Any]) -> Any:
    """The shell's `Motadata` settings object, which writes to `values`."""
    for configurable in shell.configurables:
        if type(configurable).__name__ == "Motadata":
            return configurable
    made = _class()(values, parent=shell)
    shell.configurables.append(made)
    return made


def _class() -> Any:
    def changed(self: Any, change: Any) -> None:
        try:
            Config(session=self.values).set(change["name"], change["new"])
        except Exception:
            # A refused value must not stay in the trait, where `%config Motadata` would show it.
            with self.hold_trait_notifications():
                self._trait_values[change["name"]] = change["old"]
            raise

    def start(self: Any, values: dict[str, Any], **kwargs: Any) -> None:
        self.values = values
        Configurable.__init__(self, **kwargs)
        for name in SETTINGS:
            if getattr(self, name) is not None:
                Config(session=values).set(name, getattr(self, name))
        self.observe(lambda change: changed(self, change), names=list(SETTINGS))

    traits: dict[str, Any] = {
        s.name: AnyTrait(None, allow_none=True, help=f"{s.help} (default: {s.default!r})").tag(config=True)
        for s in SETTINGS.values()
    }
    return type("Motadata", (Configurable,), {"__doc__": "Settings of motadata_nb.", "__init__": start, **traits})
