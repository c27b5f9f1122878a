"""Agents as data: saved in the catalog with versions, written as YAML, read back in another kernel or service.

A spec has no code and no key: functions and DataFrames are named, and found again among the notebook's variables.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from motadata_nb.agents.agent import Agent
from motadata_nb.agents.base import Approval, Limits
from motadata_nb.agents.tools.base import Tool
from motadata_nb.agents.tools.schema import Shape
from motadata_nb.cards import Card, Cell, Section, Table
from motadata_nb.errors import InvalidInput, UnknownName
from motadata_nb.results import Result

if TYPE_CHECKING:
    from motadata_nb.catalog.engine import Database

__all__ = ["AgentCard", "Specs", "agent_from", "from_yaml", "spec_of", "to_yaml"]

_FIELDS = {
    "name": str, "instructions": str, "model": str, "tools": list, "output": (str, dict), "approve": str,
    "approvals": dict, "description": str, "team": list, "mode": str, "memory": (bool, str), "options": dict,
    "limits": dict,
}  # fmt: skip
_SECRET = ("api_key", "authorization", "token", "password", "secret")


@dataclass(frozen=True, kw_only=True)
class AgentCard(Result):
    """An agent to look at: instructions, and what differs from the defaults."""

    agent: Agent

    def _card(self) -> Card:
        rows: list[list[Cell]] = [["model", _shown_model(self.agent)], ["tools", ", ".join(self.agent.tool_labels)]]
        rows += [["team", ", ".join(member.name for member in self.agent.team)], ["approval", self.agent.approval]]
        rows += [[f.name, str(getattr(self.agent.limits, f.name))] for f in fields(Limits)]
        table = Table(("setting", "value"), [row for row in rows if row[1] not in ("", "None")])
        return Card(
            title=self.agent.name, body=self.agent.instructions, plain=True,
            sections=(Section(title="Settings", content=table, open=True),),
        )  # fmt: skip


def _shown_model(agent: Agent) -> str:
    return agent.model if isinstance(agent.model, str) else getattr(agent.model, "__name__", "") or "the default"


def spec_of(agent: Agent) -> dict[str, Any]:
    """The agent as data; only what differs from the defaults. Raises InvalidInput when its model is a function."""
    if agent.model is not None and not isinstance(agent.model, str):
        raise InvalidInput("An agent whose model is an object cannot be saved.", "Give model= by name.")
    default = asdict(Limits())
    options = {k: v for k, v in (agent.options or {}).items() if not any(s in k.lower() for s in _SECRET)}
    spec: dict[str, Any] = {
        "name": agent.name,
        "instructions": agent.instructions,
        "model": agent.model,
        "tools": agent.tool_labels,
        "output": Shape(agent.output).schema if agent.output is not None else None,
        "approve": agent.approval if agent.approval != "auto" else None,
        "approvals": _modes(agent),
        "description": agent.description,
        "team": [member.name for member in agent.team],
        "mode": agent.mode if agent.team else None,
        "memory": agent.remembers,
        "options": options,
        "limits": {k: v for k, v in asdict(agent.limits).items() if v != default[k]},
    }
    return {key: value for key, value in spec.items() if value}


def _modes(agent: Agent) -> dict[str, Approval]:
    """Modes by tool, also those that a tool brings along: found again by its name, it may be a plain function."""
    own = {tool.name: tool.approve for tool in agent.tools if isinstance(tool, Tool) and tool.approve != "auto"}
    return {**own, **agent.approvals}


def agent_from(spec: Mapping[str, Any], home: Any) -> Agent:
    """The agent of a spec. Raises InvalidInput or UnknownName for a field that is wrong."""
    for field, value in spec.items():
        if field not in _FIELDS:
            raise UnknownName("field of an agent", field, _FIELDS, example="{}: …")
        if not isinstance(value, _FIELDS[field]):  # type: ignore[arg-type]  # types or tuples of types
            raise InvalidInput(f"{field}: {value!r} has the wrong type.", f"See: {field} in the docs of ws.agent")
    known = dict(spec)
    limits = known.pop("limits", {})
    team = [home.find(member) for member in known.pop("team", ())]
    return Agent(**known, team=team, home=home, **limits)


def to_yaml(agent: Agent) -> str:
    """The agent's spec as YAML."""
    import yaml

    text: str = yaml.safe_dump(spec_of(agent), sort_keys=False, allow_unicode=True, width=100)
    return text


def from_yaml(source: str | Path, home: Any) -> Agent:
    """The agent of a YAML text or file."""
    import yaml

    text = source
    if isinstance(source, Path) or ("\n" not in source and source.endswith((".yaml", ".yml"))):
        path = Path(source)
        if not path.is_file():
            raise InvalidInput(f"There is no file {path}.", "Check the path.")
        text = path.read_text("utf-8")
    try:
        spec = yaml.safe_load(str(text))
    except yaml.YAMLError as error:
        raise InvalidInput(f"The YAML cannot be read: {str(error).splitlines()[0]}", "Mend it.") from error
    if not isinstance(spec, dict):
        raise InvalidInput("The YAML is not an agent.", "Write: name: clerk")
    return agent_from(spec, home)


class Specs:
    """Saved agents of one tenant, each with its versions."""

    def __init__(self, database: Callable[[], Database], tenant: str = "default") -> None:
        self._open = database
        self.tenant = tenant

    def save(self, spec: Mapping[str, Any]) -> int:
        """Save a spec as a new version; its number. The same spec again is no new version."""
        from sqlalchemy import insert, select

        from motadata_nb.catalog.agents import agent_specs as table

        name = str(spec["name"])
        with self._open().write() as db:
            query = select(table.c.version, table.c.spec).where(table.c.tenant == self.tenant, table.c.name == name)
            last = db.execute(query.order_by(table.c.version.desc()).limit(1)).first()
            if last is not None and last.spec == dict(spec):
                return int(last.version)
            version = int(last.version) + 1 if last is not None else 1
            values = {"tenant": self.tenant, "name": name, "version": version, "spec": dict(spec)}
            db.execute(insert(table), values | {"created_at": time.time()})
        return version

    def get(self, name: str, version: int | None = None) -> dict[str, Any] | None:
        """The latest spec of that name, or the version; None when there is none."""
        from sqlalchemy import select

        from motadata_nb.catalog.agents import agent_specs as table

        query = select(table.c.spec).where(table.c.tenant == self.tenant, table.c.name == name)
        if version is not None:
            query = query.where(table.c.version == version)
        with self._open().read() as db:
            found = db.execute(query.order_by(table.c.version.desc()).limit(1)).scalar()
        return dict(found) if found is not None else None

    def versions(self) -> dict[str, int]:
        """Names with their latest versions, sorted."""
        from sqlalchemy import func, select

        from motadata_nb.catalog.agents import agent_specs as table

        query = select(table.c.name, func.max(table.c.version)).where(table.c.tenant == self.tenant)
        with self._open().read() as db:
            return {
                name: int(version) for name, version in db.execute(query.group_by(table.c.name).order_by(table.c.name))
            }

    def delete(self, name: str) -> None:
        """Remove all versions of an agent. Raises UnknownName."""
        from sqlalchemy import delete

        from motadata_nb.catalog.agents import agent_specs as table

        with self._open().write() as db:
            gone = db.execute(delete(table).where(table.c.tenant == self.tenant, table.c.name == name)).rowcount
        if not gone:
            raise UnknownName("agent", name, self.versions(), example="%agent show {}")
