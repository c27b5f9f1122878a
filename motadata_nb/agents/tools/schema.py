"""JSON schemas from Python signatures and types, and reading a model's JSON by them.

pydantic does the work. It is imported when a schema is first needed, so that making an agent costs microseconds.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, get_type_hints

from motadata_nb.errors import InvalidInput

__all__ = ["Shape", "Signature", "described"]

Reader = Callable[[str], tuple[Any, str]]


class Signature:
    """The parameters of a function: `.parameters` is their JSON schema, `.read(text)` the keyword arguments.

    Raises InvalidInput when the function cannot be offered to a model: positional-only or `*args` parameters, or a
    type without a JSON form.
    """

    def __init__(self, function: Callable[..., Any], context_type: type, name: str, docs: Mapping[str, str]) -> None:
        from pydantic import ConfigDict, Field, create_model
        from pydantic.errors import PydanticUserError
        from pydantic_core import ValidationError

        self._error = ValidationError
        self.context_name = ""
        hints = _hints(function)
        model_fields: dict[str, Any] = {}
        extra = False
        for parameter in inspect.signature(function).parameters.values():
            kind = hints.get(parameter.name, Any)
            if kind is context_type:
                self.context_name = parameter.name
            elif parameter.kind is parameter.VAR_KEYWORD:
                extra = True
            elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.POSITIONAL_ONLY):
                raise InvalidInput(
                    f"The tool '{name}' takes {parameter}, which cannot be given by name.",
                    "Write a function whose parameters all have names.",
                )
            else:
                default = ... if parameter.default is parameter.empty else parameter.default
                info = Field(default, alias=parameter.name, description=docs.get(parameter.name))
                # A leading letter keeps names such as `_x` or `schema` apart from pydantic's own.
                model_fields[f"p_{parameter.name}"] = (kind, info)
        config = ConfigDict(extra="allow" if extra else "forbid", arbitrary_types_allowed=False)
        try:
            self._model = create_model(f"{name}_arguments", __config__=config, **model_fields)
            schema = self._model.model_json_schema(by_alias=True)
        except (PydanticUserError, NameError, TypeError) as error:
            reason = str(error).splitlines()[0]
            raise InvalidInput(
                f"The tool '{name}' has a parameter that cannot be written as JSON: {reason}",
                "Use str, int, float, bool, list, dict, Literal, Enum, dataclasses or pydantic models.",
            ) from error
        self.parameters = _plain_schema(schema)
        self._names = [(f"p_{n[2:]}", n[2:]) for n in model_fields]
        self._extra = extra

    def read(self, text: str) -> tuple[dict[str, Any], str]:
        """Keyword arguments and, when they do not fit, what to tell the model."""
        try:
            found = self._model.model_validate_json(text or "{}", by_alias=True, by_name=False)
        except self._error as error:
            return {}, _problem(error, text)
        values = found.__dict__
        arguments = {name: values[field] for field, name in self._names}
        if self._extra and found.model_extra:
            arguments.update(found.model_extra)
        return arguments, ""


class Shape:
    """The shape of an answer: a type, a pydantic model, a dataclass, a JSON schema, or in short `"name, age int"`."""

    def __init__(self, output: Any) -> None:
        self.schema: dict[str, Any]
        self._read: Reader
        if isinstance(output, str):
            from motadata_nb.gateway.schema import as_schema

            short = as_schema(output)
            assert short is not None  # a text always makes one
            output = short.json
        if isinstance(output, Mapping):
            self.schema = dict(output)
            self._read = _schema_reader(self.schema)
        else:
            self.schema, self._read = _type_reader(output)

    @property
    def text(self) -> str:
        """The schema as JSON text."""
        return json.dumps(self.schema)

    def read(self, text: str) -> tuple[Any, str]:
        """The data and, when it does not fit, what to tell the model."""
        return self._read(_unfenced(text))


def _type_reader(output: Any) -> tuple[dict[str, Any], Reader]:
    from pydantic import TypeAdapter
    from pydantic.errors import PydanticUserError
    from pydantic_core import ValidationError

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(output)
        schema = _plain_schema(adapter.json_schema())
    except PydanticUserError as error:
        raise InvalidInput(
            f"output={output!r} has no JSON form: {str(error).splitlines()[0]}",
            "Give a type, a dataclass, a pydantic model or a JSON schema.",
        ) from error

    def read(text: str) -> tuple[Any, str]:
        try:
            return adapter.validate_json(text), ""
        except ValidationError as error:
            return None, f"Your answer does not fit the schema. {_problem(error, text)} Answer with JSON only."

    return schema, read


def _schema_reader(schema: Mapping[str, Any]) -> Reader:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # has no stubs
    from jsonschema.exceptions import SchemaError  # type: ignore[import-untyped]  # has no stubs

    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InvalidInput(f"That is not a JSON schema: {error.message}", "See json-schema.org.") from error
    validator = Draft202012Validator(schema)

    def read(text: str) -> tuple[Any, str]:
        try:
            data = json.loads(text or "{}")
        except ValueError as error:
            return None, f"That is not valid JSON: {error}. Call again with one JSON object."
        found = sorted(validator.iter_errors(data), key=lambda e: list(e.absolute_path))
        lines = [f"{'.'.join(map(str, e.absolute_path)) or 'the whole'}: {e.message}" for e in found[:5]]
        return data, f"That does not fit the schema: {'; '.join(lines)}." if lines else ""

    return read


def described(docstring: str | None) -> tuple[str, dict[str, str]]:
    """The description in a docstring, and what it says about each parameter (Google, NumPy or Sphinx style)."""
    text = inspect.cleandoc(docstring or "")
    docs = {name: _one_line(said) for name, said in _SPHINX.findall(text)}
    head = _SECTION.split(text, maxsplit=1)[0]
    head = head.split("\n:param", 1)[0].strip()
    if block := _GOOGLE.search(text):
        docs |= _entries(block[1], _GOOGLE_ENTRY)
    if block := _NUMPY.search(text):
        docs |= _entries(block[1], _NUMPY_ENTRY)
    return head, docs


def _entries(block: str, entry: re.Pattern[str]) -> dict[str, str]:
    """Names with what is said about them: a line as deep as the first begins an entry, a deeper one goes on."""
    lines = [line for line in block.expandtabs().splitlines() if line.strip()]
    depth = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    found: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        begun = entry.match(line.strip()) if len(line) - len(line.lstrip()) == depth else None
        if begun:
            name = begun[1]
            found[name] = [begun[2]]
        elif name:
            found[name].append(line)
    return {name: _one_line(" ".join(said)) for name, said in found.items()}


_SECTION = re.compile(r"^(?:(?:Args|Arguments|Parameters|Returns|Raises|Yields|Examples?):?\s*$|:param )", re.M)
_SPHINX = re.compile(r"^:param (?:[\w.\[\]| ]+ )?(\w+):\s*(.+(?:\n[ \t]+.+)*)", re.M)
_GOOGLE = re.compile(r"^(?:Args|Arguments|Parameters):\s*\n((?:[ \t]+.*\n?|\n)+)", re.M)
_GOOGLE_ENTRY = re.compile(r"(\w+)(?: *\([^)]*\))?:(.*)")
_NUMPY = re.compile(r"^Parameters\n-{3,}\n((?:.+\n?)+)", re.M)
_NUMPY_ENTRY = re.compile(r"(\w+)(?: *:.*)?()$")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    target = function if inspect.isroutine(function) else type(function).__call__
    try:
        return get_type_hints(target, include_extras=True)
    except (NameError, TypeError) as error:
        raise InvalidInput(
            f"The types of '{getattr(function, '__name__', function)}' cannot be read: {error}",
            "Import or define the types that its annotations name.",
        ) from error


def _plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Without the titles that pydantic makes up: they cost tokens and say nothing."""

    def clean(node: Any, *, names: bool = False) -> Any:
        if isinstance(node, dict):
            return {
                key: clean(value, names=key in ("properties", "$defs"))
                for key, value in node.items()
                if names or key != "title"
            }
        return [clean(item) for item in node] if isinstance(node, list) else node

    cleaned: dict[str, Any] = clean(schema)
    cleaned.setdefault("properties", {}) if cleaned.get("type") == "object" else None
    return cleaned


def _problem(error: Any, text: str) -> str:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    if found and found[0]["type"] == "json_invalid":
        return f"The arguments are not valid JSON ({found[0]['msg']}). Call again with one JSON object."
    lines = [f"{'.'.join(map(str, e['loc'])) or 'arguments'}: {e['msg']}" for e in found[:5]]
    return f"The arguments do not fit: {'; '.join(lines)}. Call again with all of them right."


def _unfenced(text: str) -> str:
    """The JSON inside a Markdown fence, which many models add."""
    found = re.match(r"\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$", text, re.S)
    return found[1] if found else text
