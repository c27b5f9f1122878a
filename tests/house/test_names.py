"""Public names: exported, sorted, documented."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from importlib import import_module

from tests.house.source import Definition, Module, modules

# IPython's names for an extension; users type %load_ext.
HOOKS = {"load_ipython_extension", "unload_ipython_extension"}


def test_exports_are_sorted() -> None:
    assert [m.name for m in modules().values() if (m.exported or []) != sorted(set(m.exported or []))] == []


def test_what_is_public_by_name_is_exported() -> None:
    missing = {
        module.name: sorted(hidden)
        for module in modules().values()
        if (hidden := {node.name for node in _public(module)} - set(module.exported or []) - HOOKS)
    }
    assert missing == {}, "export it or give it an underscore"


def test_exported_names_exist() -> None:
    absent = [
        f"{module.name}.{name}"
        for module in modules().values()
        for name in module.exported or []
        if not hasattr(import_module(module.name), name)
    ]
    assert absent == []


def test_only_exported_names_are_imported_elsewhere() -> None:
    private = [
        f"{module.name}: from {found.module} import {name}"
        for module in modules().values()
        for found in module.imports()
        if (source := modules().get(found.module)) is not None
        for name in found.names
        if name not in (source.exported or []) and f"{found.module}.{name}" not in modules()
    ]
    assert private == []


def test_every_public_name_says_what_one_gets() -> None:
    silent = [module.name for module in modules().values() if not ast.get_docstring(module.tree)]
    for module in modules().values():
        promised = _promised(module)
        silent += [f"{module.name}.{n}" for node in _public(module) for n in _undocumented(node, promised)]
    assert silent == []


def _public(module: Module) -> Iterator[Definition]:
    return (node for node in module.definitions if not node.name.startswith("_"))


def _undocumented(node: Definition, promised: set[str]) -> list[str]:
    found = [] if ast.get_docstring(node) else [node.name]
    if isinstance(node, ast.ClassDef) and not _is_derived(node):
        found += [
            f"{node.name}.{child.name}"
            for child in node.body
            if isinstance(child, Definition) and not child.name.startswith("_") and not _is_overload(child)
            if not ast.get_docstring(child) and child.name not in promised
        ]
    return found


def _promised(module: Module) -> set[str]:
    """Methods that the family's `base.py` documents, so that a backend need not say it again."""
    family = modules().get(".".join(module.name.split(".")[:2]) + ".base")
    if family is None or family is module:
        return set()
    classes = [node for node in family.definitions if isinstance(node, ast.ClassDef)]
    methods = [child for node in classes for child in node.body if isinstance(child, Definition)]
    return {child.name for child in methods if ast.get_docstring(child)}


def _is_derived(node: ast.ClassDef) -> bool:
    """What a base class declares is documented there."""
    return bool(node.bases) and "Protocol" not in ast.unparse(node.bases[0])


def _is_overload(node: Definition) -> bool:
    return any("overload" in ast.unparse(d) or ast.unparse(d).endswith(".setter") for d in node.decorator_list)
