"""What a mistyped magic answers."""

from __future__ import annotations

from IPython.core.error import InputRejected

from motadata_nb.errors import UnknownName, nearest
from motadata_nb_magics import VERBS

__all__ = ["UnknownMagic", "refuse"]


class UnknownMagic(UnknownName, InputRejected):
    """Raised for `%%ragg`, before the cell runs."""


def refuse(sign: str, name: str) -> None:
    """Raise UnknownMagic when the name is near one of ours; another's magic is left to IPython."""
    names = [*VERBS, *(f"motadata_{verb}" for verb in VERBS)]
    if nearest(name, names) is not None:
        raise UnknownMagic("magic", sign + name, [sign + known for known in names], example="{}")
