"""What to type next, as one types it in a cell: the core's errors name arguments of Python calls."""

from __future__ import annotations

import re
from collections.abc import Collection

__all__ = ["in_a_cell"]

_ARGUMENT = re.compile(r"\b(?P<key>[a-z_]+)=(?:'(?P<text>[^']*)'|(?P<other>…|\d+(?:\.\d+)?\b))")
# Settings that every call to a model goes by.
_SETTINGS = ("api_base", "timeout_s")
_PYTHON = re.compile(r"\w\([^)]*=")


def in_a_cell(hint: str, options: Collection[str]) -> str:
    """The hint with options of the magic for arguments, and settings where the magic has no such option.

    >>> in_a_cell("Rephrase the request, or choose another model=….", ["--model"])
    'Rephrase the request, or choose another --model ….'
    >>> in_a_cell("Try: model='openai/gpt-5'", ["--model"])
    'Try: --model openai/gpt-5'
    >>> in_a_cell("Check api_base=… and the network.", ["--model"])
    'Check %config Motadata.api_base = … and the network.'
    """
    if _PYTHON.search(hint):  # A whole call, to be typed as it is.
        return hint

    def typed(found: re.Match[str]) -> str:
        key, text = found["key"], found["text"]
        option = "--" + key.replace("_", "-")
        if option in options:
            value = found["other"] if text is None else f'"{text}"' if re.search(r"\s", text) or not text else text
            return f"{option} {value}"
        if key in _SETTINGS:
            if f"%config Motadata.{key} =" in hint:
                return key
            return f"%config Motadata.{key} = {found['other'] if text is None else repr(text)}"
        return found[0]

    return _ARGUMENT.sub(typed, hint)
