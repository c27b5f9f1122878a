"""The option --image, which %%llm and %%rag share."""

from __future__ import annotations

from typing import Any

from motadata_nb_magics.grammar import Call, option

__all__ = ["IMAGE", "images"]

IMAGE = option(
    "--image", "A picture to look at: file, address or variable; may be repeated.", repeats=True, completes="source"
)


def images(call: Call) -> list[Any]:
    """The pictures: of a name, the notebook's variable if there is one, otherwise the file or address."""
    known = call.session.shell.user_ns
    return [known.get(name, name) if name.isidentifier() else name for name in call["image"]]
