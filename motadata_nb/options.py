"""A call with an option that it does not have, answered with the one that was meant."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from motadata_nb.errors import UnknownName

__all__ = ["named"]

P = ParamSpec("P")
R = TypeVar("R")


def named(**meant: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: the function raises UnknownName, with the nearest, for an option that it does not have.

    `meant` are other words for its options, as other libraries have them.
    """

    def checked(function: Callable[P, R]) -> Callable[P, R]:
        known = [name for name in inspect.signature(function).parameters if name != "self"]

        @wraps(function)
        def call(*args: P.args, **options: P.kwargs) -> R:
            for name in options.keys() - known:
                raise UnknownName("option", name, known, example="{}=…", near=meant.get(name, ""))
            return function(*args, **options)

        return call

    return checked
