"""The option --schema, which %%llm and %%rag share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from motadata_nb.errors import InvalidInput, UnknownName, nearest
from motadata_nb_magics.grammar import Call

__all__ = ["schema"]

_NAME = re.compile(r"(?P<many>list\[)?(?P<name>[^\W\d][\w.]*)(?(many)\])")
_FILLED = re.compile(r"<class '[^']*?(?P<name>\w+)'>")
_FIELDS = ("model_json_schema", "__dataclass_fields__", "__required_keys__", "_fields")
"""One of them is in a pydantic model, a dataclass, a TypedDict, a NamedTuple."""
_WORDS = frozenset({"type", "properties", "$ref", "anyOf", "oneOf", "allOf", "enum"})
"""One of them is in every JSON schema that is one; other dictionaries are no schemas."""


def schema(call: Call) -> Any:
    """A class or JSON schema of the notebook, by its name or as `list[NAME]`; any other text names the fields itself.

    Raises UnknownName for a name in capitals that is nearly one of the notebook's classes.
    """
    text, known = str(call["schema"]).strip(), call.session.shell.user_ns
    if filled := _FILLED.fullmatch(text):
        raise InvalidInput("The schema is filled in as text.", f"Write its name alone: --schema {filled['name']}")
    named = _NAME.fullmatch(text)
    if named is None:
        return text
    found = _at(known, named["name"])
    if _is_schema(found):
        return list[found] if named["many"] else found  # type: ignore[valid-type]  # a type that is made at run time
    classes = [name for name, value in list(known.items()) if _is_schema(value) and not name.startswith("_")]
    if text[0].isupper() and nearest(text, classes):
        raise UnknownName("class", text, classes, example="--schema {}")
    return text


def _at(known: Mapping[str, Any], dotted: str) -> Any:
    """What a name, or a name in a module, stands for; None for nothing."""
    first, *rest = dotted.split(".")
    found = known.get(first)
    for part in rest:
        found = getattr(found, part, None)
    return found


def _is_schema(found: Any) -> bool:
    """Whether it describes fields; no other class that a field may be called like, such as date."""
    if isinstance(found, Mapping):
        return bool(_WORDS & found.keys())
    return isinstance(found, type) and any(hasattr(found, part) for part in _FIELDS)
