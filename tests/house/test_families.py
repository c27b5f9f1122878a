"""Families of backends: the same shape everywhere, and no registered backend without its conformance suite."""

from __future__ import annotations

import ast

import pytest

from motadata_nb.registry import Registry
from tests.house.source import ROOT, modules
from tests.house.test_project import ENTRY_POINTS

# Tools are functions for agents, not backends of one Protocol.
FAMILIES = sorted(group for group in ENTRY_POINTS if group.startswith("motadata_nb.") and not group.endswith(".tools"))
TESTS = [path for path in (ROOT / "tests").rglob("*.py") if "house" not in path.parts]


def _suite(group: str) -> str:
    return f"motadata_nb.testing.{group.partition('.')[2].removesuffix('s')}_suite"


@pytest.mark.parametrize("group", FAMILIES)
def test_every_family_publishes_a_suite(group: str) -> None:
    assert _suite(group) in modules(), "publish the conformance suite, so that others can test theirs"


@pytest.mark.parametrize("group", FAMILIES)
def test_every_registered_backend_runs_it(group: str) -> None:
    ran = {name for path in TESTS for name in _names_in_suites(path.read_text("utf-8"), _suite(group))}
    without = [
        name
        for name, target in ENTRY_POINTS[group].items()
        if name not in ran and target.partition(":")[2] not in ran
    ]  # fmt: skip
    assert without == [], "registered, but no test class derives from the suite for it"


def _names_in_suites(source: str, suite: str) -> set[str]:
    """Names and strings of a test file in which a class derives from the suite."""
    tree = ast.parse(source)
    bases = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == suite
        for alias in node.names
    }
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    if not any(bases & {ast.unparse(base) for base in node.bases} for node in classes):
        return set()
    nodes = list(ast.walk(tree))
    strings = {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return strings | {node.id for node in nodes if isinstance(node, ast.Name)}


@pytest.mark.parametrize("group", FAMILIES)
def test_every_family_has_its_shape(group: str) -> None:
    folders = {
        name.rpartition(".")[0] for name, module in modules().items()
        if name.count(".") >= 2 and name.endswith(".registry") and f'"{group}"' in module.path.read_text("utf-8")
    }  # fmt: skip
    assert len(folders) == 1, f"one registry for {group}"
    assert f"{folders.pop()}.base" in modules()


def test_a_stranger_registers_in_the_same_way() -> None:
    family: Registry[type] = Registry("thing", "motadata_nb.vectors")
    before = family.names()
    family.register("mine", "collections:Counter")
    assert family.names() == sorted([*before, "mine"]) and family.load("mine").__name__ == "Counter"
