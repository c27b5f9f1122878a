"""The cell language from Python: its verbs, and what a verb of one's own is made of."""

from __future__ import annotations

from motadata_nb_magics import VERBS, register, unregister
from motadata_nb_magics.display import Live, Text
from motadata_nb_magics.grammar import OUT, SHARED, Call, Command, Option, flag, option
from motadata_nb_magics.interpolation import fill

__all__ = [
    "Call",
    "Command",
    "Live",
    "OUT",
    "Option",
    "SHARED",
    "Text",
    "VERBS",
    "fill",
    "flag",
    "option",
    "register",
    "unregister",
]
