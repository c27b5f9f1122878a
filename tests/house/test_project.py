"""The project's files: entry points, changelog, nothing that belongs to one machine."""

from __future__ import annotations

import re
import tomllib
from importlib import import_module
from importlib.metadata import requires, version
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.house.source import ROOT, tracked_files

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ENTRY_POINTS: dict[str, dict[str, str]] = PYPROJECT["project"].get("entry-points", {})
TARGETS = [(group, name) for group, points in ENTRY_POINTS.items() for name in points]
UNRELEASED = (ROOT / "CHANGELOG.md").read_text("utf-8").split("## [Unreleased]")[1].split("\n## [")[0]
CONSTRAINTS = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
SECTIONS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
MACHINE = re.compile(
    r"/(?:work)/(?:main|shared|wt|tmp|venv|clone)|/root/|/home/(?!me/)[a-z]+/|/opt/(?:wheels|pypi)"
    r"|(?:extra-)?index-url|find-links|https?://\S*/simple\b|files\.pythonhosted"
)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b|NotImplementedError\(\)")
BINARY = {".onnx", ".pdf", ".png", ".ico", ".woff2"}


@pytest.mark.parametrize(("group", "name"), TARGETS)
def test_entry_points_load(group: str, name: str) -> None:
    module, _, attribute = ENTRY_POINTS[group][name].partition(":")
    found: Any = import_module(module)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)
    assert found is not None


@pytest.mark.parametrize("group", ENTRY_POINTS)
def test_entry_points_are_sorted(group: str) -> None:
    assert list(ENTRY_POINTS[group]) == sorted(ENTRY_POINTS[group])


def test_every_dependency_has_a_lower_and_an_upper_bound() -> None:
    loose = [line for line in PYPROJECT["project"]["dependencies"] if not re.search(r">=.*,<", line)]
    assert loose == []


def test_the_tested_set_is_pinned_and_has_no_address() -> None:
    assert [line for line in CONSTRAINTS if not re.fullmatch(r"#.*|[\w.-]+==[\w.!+-]+", line)] == []


def test_the_tested_set_is_whole() -> None:
    pinned = dict(line.split("==") for line in CONSTRAINTS if "==" in line)
    needed = _needed("motadata-nb", "test")
    assert sorted(needed - set(pinned)) == [], "uv pip freeze, or pip freeze, in a fresh environment of .[test]"
    other = {name: version(name) for name in sorted(needed) if Version(version(name)) != Version(pinned[name])}
    assert other == {}, "what is installed is not what constraints.txt says"


def _needed(name: str, extra: str) -> set[str]:
    """Everything that `name[extra]` brings to this machine, and what that brings, by canonical name."""
    seen: set[tuple[str, str]] = set()
    queue = [(name, extra)]
    while queue:
        name, extra = queue.pop()
        if (name, extra) not in seen:
            seen.add((name, extra))
            for requirement in map(Requirement, requires(name) or []):
                if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                    queue += [(canonicalize_name(requirement.name), e) for e in ("", *requirement.extras)]
    return {name for name, _ in seen} - {"motadata-nb"}


def test_the_changelog_names_real_paths() -> None:
    paths = re.findall(r"^- `([^`]+)`", UNRELEASED, re.M)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_changelog_has_its_form() -> None:
    sections = re.findall(r"^### (.+)$", UNRELEASED, re.M)
    assert sections == [name for name in SECTIONS if name in sections], "each section once, in order"
    entries = [line for line in UNRELEASED.splitlines() if line.startswith("- ")]
    assert [line for line in entries if not re.match(r"- `[^`]+`: \S", line)] == [], "- `path`: what one can now do"


def test_no_machine_and_nothing_unfinished() -> None:
    found = {}
    for path in tracked_files():
        if path.suffix not in BINARY and path.name not in ("tokenizer.json", "test_project.py"):
            text = path.read_text("utf-8")
            found[str(path.relative_to(ROOT))] = sorted(set(MACHINE.findall(text) + UNFINISHED.findall(text)))
    assert {name: words for name, words in found.items() if words} == {}
