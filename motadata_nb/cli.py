"""The `motadata-nb` command: finds the sub-command, imports only that one, and shows errors in two lines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from motadata_nb import __version__
from motadata_nb.errors import MotadataError, UnknownName

__all__ = ["COMMANDS", "main"]

COMMANDS: dict[str, str] = {
    "app": "serve a notebook with AI cells as an app, or write it as one page",
    "demo": "run the quickstart notebook and print its answer",
    "doctor": "check Python, packages, kernel, extension, keys, servers and disk",
    "kernel": "install, list or remove the kernel that has motadata_nb loaded",
    "lab": "open JupyterLab on the notebooks",
    "mcp": "offer indexes and agents to other programs as an MCP server",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 when it succeeded, 1 after an error, 130 after an interrupt."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(given)
    except MotadataError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _run(given: list[str]) -> int:
    if not given or given[0].startswith("-"):
        _overview().parse_args(given)
        _overview().print_help()
        return 0
    name, *rest = given
    if name not in COMMANDS:
        raise UnknownName("command", name, COMMANDS, example="motadata-nb {}")
    module = import_module(f"motadata_nb.commands.{name}")
    parser = argparse.ArgumentParser(prog=f"motadata-nb {name}", description=module.__doc__)
    module.arguments(parser)
    code: int = module.run(parser.parse_args(rest))
    return code


def _overview() -> argparse.ArgumentParser:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name.ljust(width)}  {text}" for name, text in COMMANDS.items())
    parser = argparse.ArgumentParser(
        prog="motadata-nb",
        usage="motadata-nb COMMAND …",
        description="The AI workbench inside the notebook.",
        epilog=f"commands:\n{lines}\n\nmotadata-nb COMMAND --help tells more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=__version__)
    return parser


if __name__ == "__main__":
    sys.exit(main())
