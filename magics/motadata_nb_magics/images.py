"""The option --image, which %%llm and %%rag share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from motadata_nb_magics.grammar import Call, option

__all__ = ["IMAGE", "images"]

IMAGE = option(
    "--image", "A picture to look at: file, address or variable; may be repeated.", repeats=True, completes="source"
)


def images(call: Call, variables: Mapping[str, Any] | None = None) -> list[Any]:
    """The pictures: of a variable or an expression that begins with one, otherwise of the file or address."""
    known = call.session.shell.user_ns if variables is None else variables
    found: list[Any] = []
    for name in call["image"]:
        picture = _picture(name, known)
        found += picture if isinstance(picture, list | tuple) else [picture]
    return found


def _picture(name: str, known: Mapping[str, Any]) -> Any:
    if name.isidentifier():
        return known.get(name, name)
    begins = re.match(r"[^\W\d]\w*(?=[.\[(])", name)
    if begins and begins.group() in known and not Path(name).exists():
        from motadata_nb_magics.interpolation import evaluate

        return evaluate(name, known)
    return name
