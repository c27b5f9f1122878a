"""Inputs of an app: the assignments in a notebook's cell that is tagged `parameters`."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Field", "fields_of"]

Kind = Literal["text", "long text", "number", "integer", "switch", "choice", "choices", "date"]


@dataclass(frozen=True, kw_only=True)
class Field:
    """One input. A comment behind the assignment is its label; a list is a choice whose first value is chosen."""

    name: str
    kind: Kind
    value: Any
    label: str
    options: tuple[Any, ...] = ()


def fields_of(source: str) -> list[Field]:
    """The inputs of a parameters cell, in order. What is not a plain value stays as it is in the notebook.

    >>> [(f.name, f.kind, f.value) for f in fields_of("question = 'Why?'  # Your question\\nk = 5")]
    [('question', 'text', 'Why?'), ('k', 'integer', 5)]
    """
    comments = _comments(source)
    found = []
    for node in ast.parse(source).body:
        target = node.targets[0] if isinstance(node, ast.Assign) and len(node.targets) == 1 else None
        target = node.target if isinstance(node, ast.AnnAssign) else target
        if not isinstance(target, ast.Name) or not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        made = _field(target.id, node.value, comments.get(node.end_lineno or 0, ""))
        if made is not None:
            found.append(made)
    return found


def _comments(source: str) -> Mapping[int, str]:
    import io
    import tokenize

    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return {t.start[0]: t.string.lstrip("# ").strip() for t in tokens if t.type == tokenize.COMMENT}


def _field(name: str, node: ast.expr, comment: str) -> Field | None:
    label = comment or name.replace("_", " ").capitalize()
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return _date(name, node, label)
    if isinstance(value, bool):
        return Field(name=name, kind="switch", value=value, label=label)
    if isinstance(value, int):
        return Field(name=name, kind="integer", value=value, label=label)
    if isinstance(value, float):
        return Field(name=name, kind="number", value=value, label=label)
    if isinstance(value, str):
        kind: Kind = "long text" if "\n" in value or len(value) > 120 else "text"
        return Field(name=name, kind=kind, value=value, label=label)
    if isinstance(value, list | tuple) and value and all(isinstance(v, str | int | float) for v in value):
        if isinstance(value, tuple):
            return Field(name=name, kind="choices", value=list(value), label=label, options=value)
        return Field(name=name, kind="choice", value=value[0], label=label, options=tuple(value))
    return None


def _date(name: str, node: ast.expr, label: str) -> Field | None:
    """`datetime.date(2026, 1, 31)` or `date(2026, 1, 31)`."""
    import datetime

    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("date", "datetime.date"):
        try:
            value = datetime.date(*(ast.literal_eval(a) for a in node.args))
        except (TypeError, ValueError):
            return None
        return Field(name=name, kind="date", value=value, label=label)
    return None
