"""The sections of the side panel: one function each, over a workspace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from motadata_nb.cards import counted

if TYPE_CHECKING:
    from motadata_nb.workspace import Workspace

__all__ = ["Item", "Section", "sections"]

_DOCUMENTS = 200
_CALLS = 20


@dataclass(frozen=True, kw_only=True)
class Item:
    """A line: `insert` is what dragging it, or Enter, puts into a cell."""

    name: str
    detail: str = ""
    tip: str = ""
    insert: str = ""
    attention: bool = False
    children: Sequence[Item] = ()


@dataclass(frozen=True, kw_only=True)
class Section:
    """A fold of the panel. `more` counts the items that are not shown."""

    id: str
    title: str
    items: Sequence[Item]
    more: int = 0


def sections(workspace: Workspace) -> list[Section]:
    """All sections, in the order of the panel."""
    return [make(workspace) for make in _SECTIONS]


def _indexes(workspace: Workspace) -> Section:
    return Section(id="indexes", title="Indexes", items=[_index(workspace, name) for name in workspace.indexes()])


def _index(workspace: Workspace, name: str) -> Item:
    catalog = workspace.catalog
    row = catalog.indexes.get(name)
    documents, chunks = catalog.indexes.counts(row.id)
    aside = catalog.documents.quarantined(row.id)
    known = sorted(catalog.documents.all(row.id), key=lambda d: d.source)
    children = [
        Item(name=d.source, detail=f"{d.pages} pages" if d.pages else d.mime.rpartition("/")[2],
             tip=d.title or d.source, insert=d.source)
        for d in known[:_DOCUMENTS]
    ]  # fmt: skip
    if len(known) > _DOCUMENTS:
        children.append(Item(name=f"and {len(known) - _DOCUMENTS:,} more"))
    children += [Item(name=q.source, detail=q.reason, tip=q.hint, attention=True) for q in aside[:_DOCUMENTS]]
    detail = f"{counted(documents, 'document')} · {counted(chunks, 'chunk')}" + (
        f" · {len(aside)} set aside" if aside else ""
    )
    return Item(name=name, detail=detail, tip=f"{row.backend} · {row.embedder}", insert=name, children=children)


def _agents(workspace: Workspace) -> Section:
    """Agents that have run, with how often."""
    runs = Counter[str]()
    for row in _recent(workspace):
        runs[str(row["agent"])] += int(row["runs"])
    items = [Item(name=name, detail=counted(count, "run"), insert=name) for name, count in sorted(runs.items()) if name]
    return Section(id="agents", title="Agents", items=items)


def _threads(workspace: Workspace) -> Section:
    rows = _recent(workspace)
    items = [
        Item(name=str(row["name"]), detail=_words(row["agent"], counted(row["runs"], "run"), row["status"]),
             tip=f"{datetime.fromtimestamp(row['updated_at']):%d %b %H:%M}", insert=f"--thread {row['name']}",
             attention=row["status"] == "waiting")
        for row in rows[:_CALLS]
    ]  # fmt: skip
    return Section(id="threads", title="Threads", items=items, more=max(0, len(rows) - len(items)))


def _words(*words: str | None) -> str:
    return " · ".join(word for word in words if word)


def _recent(workspace: Workspace) -> list[dict[str, Any]]:
    threads = workspace.agents.threads
    return threads.recent() if threads is not None else []


def _models(workspace: Workspace) -> Section:
    config = workspace.config
    default = str(config["model"])
    aliases = {str(name): " → ".join(map(str, chain)) if isinstance(chain, list) else str(chain)
               for name, chain in dict(config["models"]).items()}  # fmt: skip
    items = [Item(name=default, detail="default", insert=default)]
    items += [Item(name=name, detail=chain, insert=name) for name, chain in sorted(aliases.items()) if name != default]
    return Section(id="models", title="Models", items=items)


def _calls(workspace: Workspace) -> Section:
    from sqlalchemy import func, select

    from motadata_nb.catalog.schema import calls

    own = calls.c.tenant == workspace.catalog.tenant
    with workspace.catalog.database.read() as connection:
        rows = connection.execute(select(calls).where(own).order_by(calls.c.id.desc()).limit(_CALLS)).mappings().all()
        total = int(connection.execute(select(func.count()).where(own)).scalar_one())
    items = [
        Item(name=row["model"], detail="failed" if row["error"] else
             _call(row["input_tokens"], row["output_tokens"], row["cost"], row["cached"]),
             tip=f"{datetime.fromtimestamp(row['at']):%H:%M:%S} · {row['kind']} · {row['seconds']:.2f} s"
             + (f" · {row['error']}" if row["error"] else ""), attention=bool(row["error"]))
        for row in rows
    ]  # fmt: skip
    return Section(id="calls", title="Recent calls", items=items, more=max(0, total - len(items)))


def _call(tokens_in: int, tokens_out: int, cost: float | None, cached: bool) -> str:
    price = "from cache" if cached else "" if cost is None else "free" if cost == 0 else f"${cost:.4f}"
    return " · ".join(part for part in (f"{tokens_in:,} + {tokens_out:,} tokens", price) if part)


_SECTIONS: tuple[Callable[[Workspace], Section], ...] = (_indexes, _agents, _threads, _models, _calls)
