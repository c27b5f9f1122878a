"""Writes the reference pages from what they describe: `make docs`. A test fails when a page says something else."""

from __future__ import annotations

import inspect
import sys
import tomllib
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NOTE = "<!-- Written by `make docs`; change what it describes instead. -->"
EXTRAS = {
    "agno": "Agno as an engine of agents",
    "all": "everything that needs no GPU and no download",
    "audio": "speech in documents",
    "dashboards": "Panel apps and dashboards",
    "dask": "ingestion on a Dask cluster",
    "lab": "JupyterLab, and running notebooks from the command line",
    "lancedb": "the vector backend `lancedb`",
    "local": "language models in this process, with PyTorch",
    "mcp": "tools of MCP servers, and our own as an MCP server",
    "ml": "training and serving of models",
    "nats": "messages over NATS JetStream",
    "ocr": "text in scanned pages; needs the program tesseract",
    "otel": "traces to an OpenTelemetry collector",
    "postgres": "PostgreSQL with pgvector, also embedded",
    "pydantic-ai": "pydantic-ai as an engine of agents",
    "qdrant": "the vector backend `qdrant`",
    "redis": "a cache that several processes share",
    "services": "FastAPI services and the OpenAI-compatible gateway",
    "test": "what `make test` needs",
}


def pages() -> dict[Path, str]:
    """The text of every reference page."""
    made: dict[str, Callable[[], str]] = {
        "backends": _backends,
        "commands": _commands,
        "errors": _errors,
        "extras": _extras,
        "magics": _magics,
        "python": _python,
        "settings": _settings,
    }
    return {REFERENCE / f"{name}.md": f"{NOTE}\n\n{page().strip()}\n" for name, page in made.items()}


def main() -> None:
    """Write what has changed."""
    REFERENCE.mkdir(exist_ok=True)
    for path, text in pages().items():
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            print(path.relative_to(ROOT))


def _table(headers: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headers, tuple("---" for _ in headers), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _first_line(found: Any) -> str:
    return (inspect.getdoc(found) or "").split("\n\n")[0].replace("\n", " ")


def _magics() -> str:
    from motadata_nb_magics import VERBS

    parts = [
        "# Cells",
        "A cell magic has its options on the first line and its content below; a line magic manages things. Every one"
        " also has a name that no other extension takes (`%%motadata_rag`), and shows its help with `%%rag?`."
        " `{{ name }}` in a body is filled in from the notebook's variables.",
    ]
    for name, module in sorted(VERBS.items()):
        verb = import_module(module)
        for kind, prefix in (("CELL", "%%"), ("LINE", "%")):
            command = getattr(verb, kind, None)
            if command is not None:
                parts += _magic(command, prefix + name, 2)
    return "\n\n".join(parts)


def _magic(command: Any, shown: str, level: int) -> list[str]:
    signature = " ".join([shown, *(_positional(a) for a in command.arguments)])
    parts = [f"{'#' * level} `{signature}`", command.summary]
    if command.options:
        rows = [(f"`{_option(o)}`", o.help, _default(o)) for o in command.options]
        parts.append(_table(("option", "what it does", "default"), rows))
    if command.examples:
        parts.append("```\n" + "\n\n".join(command.examples) + "\n```")
    for word, action in sorted(command.actions.items()):
        parts += _magic(action, f"{shown} {word}", level + 1)
    return parts


def _positional(argument: Any) -> str:
    name = argument.name.upper() + ("…" if argument.many else "")
    return name if argument.default is None else f"[{name}]"


def _option(option: Any) -> str:
    if option.type is None:
        return str(option.name)
    return f"{option.name} {'|'.join(option.choices) or option.key.upper()}"


def _default(option: Any) -> str:
    return "" if option.default in (None, False, "") else f"`{option.default}`"


def _settings() -> str:
    from motadata_nb.config import SETTINGS

    rows = [
        (f"`{s.name}`", s.type.__name__, "" if s.default in ("", {}) else f"`{s.default}`", s.help)
        for s in sorted(SETTINGS.values(), key=lambda s: s.name)
    ]
    return (
        "# Settings\n\n"
        "Strongest first: arguments of `motadata_nb.open(…)`, `%config Motadata.name = …`, the environment variable"
        " `MOTADATA_NAME`, `[tool.motadata_nb]` in the nearest pyproject.toml, the user's `config.toml`, the default."
        " `%motadata config` shows each value and where it came from.\n\n"
        + _table(("setting", "type", "default", "meaning"), rows)
    )


def _backends() -> str:
    parts = [
        "# Backends",
        "Each is registered by an entry point and imported on first use. A package of your own adds to a family in the"
        " same way.",
    ]
    for group, points in sorted(PROJECT.get("entry-points", {}).items()):
        if group.startswith("motadata_nb."):
            rows = [(f"`{name}`", _first_line(_load(target)), f"`{target}`") for name, target in sorted(points.items())]
            parts += [f"## {group.partition('.')[2]}", _table(("name", "what it is", "class"), rows)]
    return "\n\n".join(parts)


def _load(target: str) -> Any:
    module, _, attribute = target.partition(":")
    found: Any = import_module(module)
    for part in attribute.split("."):
        found = getattr(found, part)
    return found


def _extras() -> str:
    extras: dict[str, list[str]] = PROJECT["optional-dependencies"]
    rows = [(f"`{name}`", EXTRAS[name], ", ".join(f"`{line}`" for line in extras[name])) for name in sorted(extras)]
    return (
        "# Extras\n\n"
        '`pip install "motadata-nb[lab,postgres]"` adds two. The base install answers, retrieves and runs agents.\n\n'
        + _table(("extra", "what for", "packages"), rows)
    )


def _errors() -> str:
    from motadata_nb import errors

    tree = (errors.__doc__ or "").partition("\n\n")[2].rstrip()
    rows = [(f"`{name}`", _first_line(getattr(errors, name))) for name in errors.__all__ if name[0].isupper()]
    return f"# Errors\n\nEach says what happened and what to type next.\n\n```text\n{tree}\n```\n\n" + _table(
        ("error", "when"), rows
    )


def _commands() -> str:
    from motadata_nb.cli import COMMANDS

    rows = [(f"`motadata-nb {name}`", text) for name, text in COMMANDS.items()]
    return "# Commands\n\n`motadata-nb COMMAND --help` tells more.\n\n" + _table(("command", "what it does"), rows)


def _python() -> str:
    import motadata_nb
    from motadata_nb.rag.index import Index
    from motadata_nb.workspace import Workspace

    exported = ((name, getattr(motadata_nb, name)) for name in motadata_nb.__all__)
    rows = [(f"`{name}`", _first_line(found)) for name, found in exported if callable(found)]
    parts = [
        "# Python",
        "What cells can do, Python can. A call with an `a` in front (`aask`, `aretrieve`) is the same for async code.",
        "## `motadata_nb`",
        _table(("name", "what one gets"), rows),
    ]
    for cls in (Workspace, Index):
        rows = [
            (f"`{name}`", _first_line(member))
            for name, member in sorted(inspect.getmembers(cls))
            if not name.startswith("_") and _first_line(member) and not _is_twin(cls, name)
        ]
        parts += [f"## `{cls.__name__}`", _first_line(cls), _table(("name", "what one gets"), rows)]
    return "\n\n".join(parts)


def _is_twin(cls: type, name: str) -> bool:
    return name.startswith("a") and hasattr(cls, name[1:])


if __name__ == "__main__":
    sys.exit(main())
