"""Structured output: what may be given as a schema, and whether an answer follows it.

Three forms: a pydantic model (or any type pydantic understands, such as `list[Person]`), a JSON schema, and the short
form `"name, age int, tags str[], note?: anything worth knowing"`. A field may be written as in Python, too:
`"name: str, age: int, tags: list[str]"`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from motadata_nb.errors import BadResponse, InvalidInput

__all__ = ["Schema", "as_schema", "instance_of"]

_WORDS: dict[str, str] = {
    "str": "string", "string": "string", "text": "string", "int": "integer", "integer": "integer", "float": "number",
    "number": "number", "bool": "boolean", "boolean": "boolean", "date": "date",
}  # fmt: skip
_FIELD = re.compile(r"(?P<name>[^\W\d]\w*)(?P<optional>\?)?(?:\s+(?P<type>\w+(?:\[\w*\])?\??))?")
_TYPE = re.compile(r"(?:list\[(?P<of>\w+)\]|(?P<one>\w+)(?P<many>\[\])?)(?P<optional>\?)?", re.IGNORECASE)


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
            found = _json_in(text)
        except ValueError as error:
            begins = f"It begins: {text.strip()[:80]!r}." if text.strip() else "It is empty."
            raise BadResponse(f"The answer is not JSON: {error}. {begins}", _AGAIN) from None
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
        return _checked(_parsed(form) if form.lstrip().startswith("{") else _short_form(form))
    if isinstance(form, Mapping):
        if form and not _KEYWORDS & form.keys():
            raise InvalidInput(
                "This is not a JSON schema: it has none of its words, such as type and properties.", _EXAMPLE
            )
        return _checked(form)
    return _typed(form)


_EXAMPLE = 'Try: schema="name, age int"'
_KEYWORDS = frozenset(
    "$ref $defs type properties items enum const anyOf oneOf allOf required title description".split()
)


def _parsed(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InvalidInput(f"This is not a JSON schema: {error}", _EXAMPLE) from None
    return found if isinstance(found, dict) else {}


def _checked(schema: Mapping[str, Any]) -> Schema:
    from jsonschema import validators  # type: ignore[import-untyped]  # jsonschema ships no types
    from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]  # jsonschema ships no types

    cls = validators.validator_for(schema)
    try:
        cls.check_schema(schema)
    except SchemaError as error:
        raise InvalidInput(f"This is not a JSON schema: {error.message}", _EXAMPLE) from None
    wrapped = _is_no_object(schema)
    validator = cls(schema, format_checker=cls.FORMAT_CHECKER)

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
        reason = str(error).splitlines()[0]
        raise InvalidInput(f"{form!r} cannot be a schema: {reason}", _EXAMPLE) from None
    wrapped = _is_no_object(schema)

    def convert(value: Any) -> Any:
        # As JSON: a strict model takes dates and enums out of JSON only.
        return adapter.validate_json(json.dumps(value))

    return Schema(json=_wrap(schema) if wrapped else schema, convert=convert, wrapped=wrapped)


def _is_no_object(schema: Mapping[str, Any]) -> bool:
    """Whether the value must be wrapped: providers take objects only."""
    choice = bool({"anyOf", "oneOf", "enum", "const"} & schema.keys())
    return bool(schema.get("type", "array" if choice else "object") != "object")


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
        head, _, note = (piece.strip() for piece in part.partition(":"))
        match = _FIELD.fullmatch(head)
        given = match["type"] if match else None
        if match is not None and given is None and _kind(note) is not None:
            given, note = note, ""  # As Python writes it.
        kind = _kind(given or "str")
        if match is None or kind is None:
            raise InvalidInput(
                f"The field '{head}' of the schema cannot be read.",
                'Try: schema="name, age int, tags str[], note?: a remark"; types are str int float bool date.',
            )
        word, many, optional = kind
        optional = optional or bool(match["optional"])
        if match["name"] in properties:
            raise InvalidInput(f"The field '{match['name']}' stands twice in the schema.", "Give each its own name.")
        properties[match["name"]] = _property(word, many, optional, note)
        if not optional:
            required.append(match["name"])
    if not properties:
        raise InvalidInput("The schema is empty.", _EXAMPLE)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _kind(text: str) -> tuple[str, bool, bool] | None:
    """The type that a text names, whether it is a list, and whether it may be missing; None when it names none."""
    found = _TYPE.fullmatch(text)
    word = _WORDS.get((found["of"] or found["one"]).lower()) if found else None
    return (word, bool(found["of"] or found["many"]), bool(found["optional"])) if found and word else None


def _property(kind: str, many: bool, optional: bool, note: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string", "format": "date"} if kind == "date" else {"type": kind}
    if many:
        found = {"type": "array", "items": found}
    if optional:
        # Models write null for what they do not know.
        found = {**found, "type": [found["type"], "null"]}
    return {**found, "description": note} if note else found


def _json_in(text: str) -> Any:
    """The JSON in an answer that may be fenced, or stand in a sentence or behind what the model thought."""
    text = re.sub(r"^\s*<think>.*?</think>", "", text, flags=re.DOTALL)
    fenced = re.search(r"```\w*\s*\n(.*?)```", text, re.DOTALL)
    text = (fenced.group(1) if fenced else text).strip()
    try:
        return json.loads(text)
    except ValueError as error:
        starts = [match.start() for match in re.finditer(r"[{\[]", text)][:_MOST_STARTS]
        for start in starts:
            with suppress(ValueError):
                found, _ = json.JSONDecoder().raw_decode(text, start)
                if found:
                    return found
        raise error


# Of places where JSON may begin in a text; more of them are no answer.
_MOST_STARTS = 50


def _short(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if errors is None:
        return str(error)
    return "; ".join(f"{'.'.join(str(p) for p in e['loc']) or 'the answer'}: {e['msg']}" for e in errors()[:5])


def instance_of(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None, depth: int = 0) -> Any:
    """A small value that follows a JSON schema, the same each time; one that contains itself ends soon."""
    root = root or schema
    if "$ref" in schema:
        found: Any = root
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return instance_of(found, root, depth + 1)
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            # What may be missing comes last.
            return instance_of(schema[choice][-1 if depth > _DEEP else 0], root, depth)
    if "const" in schema or schema.get("enum"):
        return schema.get("const", (schema.get("enum") or [None])[0])
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return {name: instance_of(part, root, depth) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        parts = schema.get("prefixItems") or [schema.get("items", {})] * max(1, schema.get("minItems", 1))
        return [] if depth > _DEEP else [instance_of(part, root, depth) for part in parts]
    return _plain_instance(kind, schema)


# How often a schema may lead into itself.
_DEEP = 2


def _plain_instance(kind: str, schema: Mapping[str, Any]) -> Any:
    if kind == "string":
        return "2024-01-01" if schema.get("format") == "date" else "text".ljust(schema.get("minLength", 4), "x")
    return {"integer": int(schema.get("minimum", 1)), "number": float(schema.get("minimum", 1.5)), "boolean": True}.get(
        kind
    )
