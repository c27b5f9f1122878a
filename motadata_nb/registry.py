"""One registry for every family of backends: names to classes, imported on use.

A backend is registered by an entry point of the family's group, ours as well as a stranger's:

    [project.entry-points."motadata_nb.vectors"]
    mine = "my_package.backend:MyBackend"

or, in a notebook, with `VECTORS.register("mine", "my_package.backend:MyBackend")`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cached_property
from importlib import import_module
from typing import Any, Generic, TypeVar

from motadata_nb.errors import BackendError, InvalidInput, MissingExtra, UnknownName

__all__ = ["Kept", "Registry", "made"]

P = TypeVar("P")
T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one family. `kind` is the word used in errors, `group` the entry-point group."""

    def __init__(
        self, kind: str, group: str, *, extras: dict[str, str] | None = None, meant: Mapping[str, str] | None = None
    ) -> None:
        """`extras` are those that are not called as the member is; `meant` what other words for members mean."""
        self.kind = kind
        self.group = group
        self._extras = extras or {}
        self._meant = meant or {}
        self._added: dict[str, str] = {}

    @cached_property
    def _installed(self) -> dict[str, str]:
        from importlib.metadata import entry_points

        return {point.name: point.value for point in entry_points(group=self.group)}

    @property
    def suite(self) -> str:
        """What to do about a member that is not what its family asks for."""
        word = self.kind.partition(" ")[0]
        return f"Its conformance suite says more: motadata_nb.testing.{word}_suite.{word.capitalize()}Suite"

    def names(self) -> list[str]:
        """All registered names, sorted; nothing is imported."""
        return sorted({*self._installed, *self._added})

    def target(self, name: str) -> str:
        """The dotted `module:attribute` behind a name. Raises UnknownName with the nearest name."""
        found = self._added.get(name) or self._installed.get(name)
        if found is None:
            raise UnknownName(self.kind, name, self.names(), near=self._meant.get(name.lower(), ""))
        return found

    def register(self, name: str, target: str, *, extra: str | None = None) -> None:
        """Add a backend for this process. Raises InvalidInput when the name is taken by another."""
        taken = self._added.get(name) or self._installed.get(name)
        if taken is not None and taken != target:
            raise InvalidInput(f"The {self.kind} name '{name}' is taken by {taken}.", "Choose another name.")
        self._added[name] = target
        if extra is not None:
            self._extras[name] = extra

    def load(self, name: str) -> T:
        """The class or factory behind a name. Raises UnknownName, or MissingExtra with the pip line."""
        module, _, attribute = self.target(name).partition(":")
        try:
            found: Any = import_module(module)
        except ModuleNotFoundError as error:
            if error.name is None or error.name == module or module.startswith(error.name + "."):
                raise self._nowhere(name, f"no module '{error.name}'") from error
            raise MissingExtra(f"The {self.kind} '{name}'", self._extras.get(name, name)) from error
        for part in attribute.split("."):
            if not hasattr(found, part):
                raise self._nowhere(name, f"no '{part}' in it")
            found = getattr(found, part)
        return found  # type: ignore[no-any-return]  # the family's Protocol is checked by its conformance suite

    def _nowhere(self, name: str, why: str) -> InvalidInput:
        """The error for a name that is registered as something that is not there."""
        return InvalidInput(
            f"The {self.kind} '{name}' is registered as {self.target(name)}, and there is {why}.",
            "Write it as module:Class, of a module that can be imported here.",
        )


def made(what: str, kind: Callable[..., T], *given: object, parts: Collection[str] = (), mend: str = "") -> T:
    """What a class of a package makes of `given`. Raises BackendError when it takes something else, or when what it
    makes lacks one of the `parts`; `mend` is what to do then.
    """
    try:
        with suppress(ValueError):  # of a class that is written in C no signature is known
            inspect.signature(kind).bind(*given)
    except TypeError as error:
        wanted = "one argument, its place" if given else "no arguments"
        raise BackendError(f"{what} is made with {wanted}: {error}.", mend) from None
    one = kind(*given)
    if lacking := [part for part in parts if not hasattr(one, part)]:
        raise BackendError(f"{what} has no {', '.join(lacking)}.", mend)
    return one


class Kept(Generic[P, T]):
    """Members of a family that are made with a place, each made once: it may have loaded a model."""

    def __init__(self, family: Registry[Callable[[P], T]], *parts: str) -> None:
        """`parts` are what each has."""
        self._family = family
        self._parts = parts
        self._made: dict[tuple[object, ...], T] = {}

    def get(self, name: str, place: P, *settings: object) -> T:
        """The member written as `name` or `name:model`, made anew when its class was defined anew or one of the
        settings of its place has changed. Raises UnknownName, or MissingExtra with the pip line.
        """
        kind = self._family.load(name.partition(":")[0])
        key = (name, kind, *settings)
        if key not in self._made:
            what = f"The {self._family.kind} '{name}'"
            self._made[key] = made(what, kind, place, parts=self._parts, mend=self._family.suite)
        return self._made[key]
