"""The project's own source, read as trees: what the house rules are checked against."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"motadata_nb": ROOT, "motadata_nb_magics": ROOT / "magics", "motadata_nb_widgets": ROOT / "widgets"}

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Import:
    """One imported module, and whether it is loaded when the importing module is."""

    module: str
    names: tuple[str, ...]
    at_load: bool


@dataclass(frozen=True)
class Module:
    """One module of the three packages."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def exported(self) -> list[str] | None:
        """The names in `__all__`, or None when it has none."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                return list(ast.literal_eval(node.value))
        return None

    @property
    def definitions(self) -> list[Definition]:
        """Functions and classes of the top level, also under `if`."""
        return [node for node in _top(self.tree.body) if isinstance(node, Definition)]

    def imports(self) -> Iterator[Import]:
        """Everything it imports, at load or in a function."""
        at_load = {id(node) for node in _top(self.tree.body)}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names = tuple(alias.name for alias in node.names)
                yield Import(node.module, names, id(node) in at_load)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name, (), id(node) in at_load)


def _top(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    for node in body:
        if isinstance(node, ast.If):
            if "TYPE_CHECKING" not in ast.unparse(node.test):
                yield from _top(node.body)
            yield from _top(node.orelse)
        elif isinstance(node, ast.Try):
            yield from _top([*node.body, *node.orelse, *node.finalbody])
            for handler in node.handlers:
                yield from _top(handler.body)
        elif isinstance(node, ast.With):
            yield from _top(node.body)
        else:
            yield node


@cache
def modules() -> dict[str, Module]:
    """All modules by dotted name; migrations are scripts of Alembic, not modules of ours."""
    found = {}
    for package, folder in PACKAGES.items():
        for path in sorted((folder / package).rglob("*.py")):
            if "versions" in path.parts or (path.parent.name == "migrations" and path.name == "env.py"):
                continue
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[name] = Module(name, path, ast.parse(path.read_text("utf-8")))
    return found


@cache
def tracked_files() -> tuple[Path, ...]:
    """The files that git knows, and those it would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(ROOT / line for line in sorted(set(told.stdout.splitlines())) if (ROOT / line).is_file())
