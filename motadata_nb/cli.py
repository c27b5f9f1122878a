"""The `motadata-nb` command: finds the sub-command, imports only that one, and shows errors in two lines."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from motadata_nb import __version__
from motadata_nb.errors import InvalidInput, MotadataError, UnknownName

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
    parser = _Parser(prog=f"motadata-nb {name}", description=module.__doc__)
    module.arguments(parser)
    code: int = module.run(parser.parse_args(rest))
    return code


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in two lines, with the nearest word that there is."""

    def error(self, message: str) -> NoReturn:
        unknown = re.match(r"unrecognized arguments: (-\S*)", message)
        choice = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if unknown:
            options = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
            raise UnknownName("option", unknown[1].partition("=")[0], options, example=f"{self.prog} … {{}}")
        if choice:
            raise UnknownName("choice", choice[1], re.findall(r"[\w-]+", choice[2]), example=f"{self.prog} {{}}")
        raise InvalidInput(f"{message[:1].upper()}{message[1:]}.", f"Type: {self.prog} --help")


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
