"""The order of the floors in CONTRIBUTING.md: a folder imports only from those above it, and nothing in a circle."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.source import ROOT, modules

FLOORS = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("```floors\n")[1].split("```")[0].split()
FRONT = {"motadata_nb_magics", "motadata_nb_widgets", "motadata_nb.magics", "motadata_nb.widgets"}
# The facades are the doors of the house; they may know every room.
DOORS = {"motadata_nb", "motadata_nb.magics", "motadata_nb.widgets"}
CORE = {n: m for n, m in modules().items() if n.startswith("motadata_nb.") and n not in DOORS}


def _floor(name: str) -> int:
    return FLOORS.index(name.split(".")[1])


def test_every_folder_has_a_floor() -> None:
    assert {name.split(".")[1] for name in CORE} - set(FLOORS) == set(), "add it to the list in CONTRIBUTING.md"


def test_nothing_imports_from_below_it() -> None:
    wrong = [
        f"{name} imports {found.module}"
        for name, module in CORE.items()
        for found in module.imports()
        if found.module in CORE and _floor(found.module) > _floor(name)
    ]
    assert wrong == []


def test_the_core_knows_neither_magics_nor_widgets() -> None:
    wrong = [
        f"{name} imports {found.module}"
        for name, module in CORE.items()
        if _floor(name) < _floor("motadata_nb.commands")
        for found in module.imports()
        if any(found.module == front or found.module.startswith(front + ".") for front in FRONT)
    ]
    assert wrong == []


def test_no_circles() -> None:
    graph = {
        name: {
            target
            for found in module.imports()
            if found.at_load
            for target in (found.module, *(f"{found.module}.{n}" for n in found.names))
            if target in modules() and target != name
        }
        for name, module in modules().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]), pytrace=False)


def test_no_file_is_named_for_nothing() -> None:
    vague = {"utils", "helpers", "common", "manager", "misc"}
    assert [name for name in modules() if vague & set(name.split("."))] == []
