"""Structured output: what may be given as a schema, and whether an answer follows it.

Three forms: a pydantic model (or any type pydantic understands, such as `list[Person]`), a JSON schema, and the short
form `"name, age int, tags str[], note?: anything worth knowing"`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from motadata_nb.errors import BadResponse, InvalidInput

__all__ = ["Schema", "as_schema", "instance_of"]

_WORDS = {
    "str": "string", "string": "string", "text": "string", "int": "integer", "integer": "integer", "float": "number",
    "number": "number", "bool": "boolean", "boolean": "boolean", "date": "date",
}  # fmt: skip
_FIELD = re.compile(r"^(?P<name>[A-Za-z_]\w*)(?P<optional>\?)?(?:\s+(?P<type>[A-Za-z]+)(?P<list>\[\])?)?$")


@dataclass(frozen=True, kw_only=True)
class Schema:
    """A JSON schema of an object, and how an answer becomes `.data`."""

    json: Mapping[str, Any]
    convert: Callable[[Any], Any]
    """Raises ValueError with what is wrong."""
    wrapped: bool = False
    """The wanted value is not an object and sits in the field `value`."""

    def parse(self, text: str) -> Any:
        """The answer as data. Raises BadResponse that says what is wrong, in words a model can use."""
        try:
            found = json.loads(_json_part(text))
        except ValueError as error:
            raise BadResponse(f"The answer is not JSON: {error}", _AGAIN) from None
        try:
            if self.wrapped and isinstance(found, dict) and set(found) == {"value"}:
                found = found["value"]
            return self.convert(found)
        except ValueError as error:
            raise BadResponse(f"The answer does not follow the schema: {_short(error)}", _AGAIN) from None


_AGAIN = "Ask again, simplify the schema, or choose a stronger model=…."


def as_schema(form: Any) -> Schema | None:
    """The schema behind any of the three forms; None for None. Raises InvalidInput."""
    if form is None:
        return None
    if isinstance(form, str):
        return _checked(json.loads(form) if form.lstrip().startswith("{") else _short_form(form))
    if isinstance(form, Mapping):
        return _checked(form)
    return _typed(form)


def _checked(schema: Mapping[str, Any]) -> Schema:
    from jsonschema import validators  # type: ignore[import-untyped]  # jsonschema ships no types
    from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]  # jsonschema ships no types

    cls = validators.validator_for(schema)
    try:
        cls.check_schema(schema)
    except SchemaError as error:
        raise InvalidInput(f"This is not a JSON schema: {error.message}", 'Try: schema="name, age int"') from None
    wrapped = schema.get("type", "object") != "object"
    validator = cls(schema)

    def convert(value: Any) -> Any:
        for error in validator.iter_errors(value):
            place = ".".join(str(p) for p in error.absolute_path) or "the answer"
            raise ValueError(f"{place}: {error.message}")
        return value

    return Schema(json=_wrap(schema) if wrapped else schema, convert=convert, wrapped=wrapped)


def _typed(form: Any) -> Schema:
    from pydantic import PydanticSchemaGenerationError, PydanticUserError, TypeAdapter

    try:
        adapter = TypeAdapter(form)
        schema = adapter.json_schema()
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise InvalidInput(f"{form!r} cannot be a schema: {error}", 'Try: schema="name, age int"') from None
    wrapped = schema.get("type", "object") != "object"
    return Schema(json=_wrap(schema) if wrapped else schema, convert=adapter.validate_python, wrapped=wrapped)


def _wrap(schema: Mapping[str, Any]) -> dict[str, Any]:
    inner = {k: v for k, v in schema.items() if k != "$defs"}
    outer = {"type": "object", "properties": {"value": inner}, "required": ["value"], "additionalProperties": False}
    return {**outer, "$defs": schema["$defs"]} if "$defs" in schema else outer


def _short_form(text: str) -> dict[str, Any]:
    """`"name, age int"` as a JSON schema. Fields are parted by commas, or by lines when descriptions have commas."""
    separator = "\n" if "\n" in text.strip() else ","
    parts = [part.strip() for part in text.strip().split(separator) if part.strip()]
    properties: dict[str, Any] = {}
    required = []
    for part in parts:
        head, _, note = part.partition(":")
        match = _FIELD.match(head.strip())
        kind = (match["type"] or "str").lower() if match else ""
        if match is None or kind not in _WORDS:
            raise InvalidInput(
                f"The field '{head.strip()}' of the schema cannot be read.",
                'Try: schema="name, age int, tags str[], note?: a remark"; types are str int float bool date.',
            )
        properties[match["name"]] = _property(_WORDS[kind], bool(match["list"]), note.strip())
        if not match["optional"]:
            required.append(match["name"])
    if not properties:
        raise InvalidInput("The schema is empty.", 'Try: schema="name, age int"')
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _property(kind: str, many: bool, note: str) -> dict[str, Any]:
    one: dict[str, Any] = {"type": "string", "format": "date"} if kind == "date" else {"type": kind}
    found = {"type": "array", "items": one} if many else one
    return {**found, "description": note} if note else found


def _json_part(text: str) -> str:
    """The JSON in an answer that may be fenced or surrounded by a sentence."""
    fenced = re.search(r"```(?:json)?\s*\n(.*?)```", text, re.DOTALL)
    text = (fenced.group(1) if fenced else text).strip()
    if text[:1] in "{[":
        return text
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _short(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    return "; ".join(f"{'.'.join(str(p) for p in e['loc']) or 'the answer'}: {e['msg']}" for e in errors()[:5])


def instance_of(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Any:
    """A small value that follows a JSON schema, the same each time."""
    root = root or schema
    if "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return instance_of(found, root)
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return instance_of(schema[choice][0], root)
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        return {name: instance_of(part, root) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [instance_of(schema.get("items", {}), root) for _ in range(max(1, schema.get("minItems", 1)))]
    if kind == "string":
        return "2024-01-01" if schema.get("format") == "date" else "text".ljust(schema.get("minLength", 4), "x")
    return {"integer": int(schema.get("minimum", 1)), "number": float(schema.get("minimum", 1.5)), "boolean": True}.get(
        kind
    )
