"""The catalog's tables of agents: specs, threads, runs, steps and memories.

`steps.id` orders a thread. A thread has one writer at a time, the holder of its lease; `epoch` grows when steps that
were read before may have changed (a resumed run, a rewind).
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, ForeignKey, Index, Integer, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

from motadata_nb.catalog.schema import Id, metadata, tenant

__all__ = ["agent_specs", "memories", "runs", "steps", "threads"]


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, server_default="")


agent_specs = Table(
    "agent_specs",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("name", String(128), nullable=False),
    Column("version", Integer, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("created_at", Float, nullable=False),
    Unique("tenant", "name", "version"),
)

threads = Table(
    "threads",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("name", String(255), nullable=False),
    Column("agent", String(128), nullable=False, server_default=""),
    _text("origin"),
    Column("hidden", Integer, nullable=False, server_default="0"),
    Column("epoch", Integer, nullable=False, server_default="0"),
    _text("summary"),
    Column("summary_upto", BigInteger, nullable=False, server_default="0"),
    Column("lease", String(64), nullable=False, server_default=""),
    Column("lease_owner", String(255), nullable=False, server_default=""),
    Column("lease_until", Float, nullable=False, server_default="0"),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Unique("tenant", "name"),
)

runs = Table(
    "runs",
    metadata,
    Column("id", String(255), primary_key=True),
    tenant(),
    Column("thread_id", Id, ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    Column("agent", String(128), nullable=False),
    Column("spec", JSON),
    Column("parent", String(255), nullable=False, server_default=""),
    Column("status", String(16), nullable=False),
    _text("reason"),
    _text("text"),
    _text("model"),
    Column("input_tokens", BigInteger, nullable=False, server_default="0"),
    Column("output_tokens", BigInteger, nullable=False, server_default="0"),
    Column("cost", Float),
    Column("seconds", Float, nullable=False, server_default="0"),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
    Index(None, "thread_id"),
    Index(None, "tenant", "status"),
)

steps = Table(
    "steps",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("thread_id", Id, ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    Column("run_id", String(255), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("key", String(255), nullable=False),
    Column("agent", String(128), nullable=False, server_default=""),
    _text("name"),
    _text("call_id"),
    _text("arguments"),
    _text("text"),
    _text("thinking"),
    Column("state", String(16), nullable=False, server_default="done"),
    _text("note"),
    Column("calls", JSON),
    Column("input_tokens", BigInteger, nullable=False, server_default="0"),
    Column("output_tokens", BigInteger, nullable=False, server_default="0"),
    Column("cached_tokens", BigInteger, nullable=False, server_default="0"),
    Column("cost", Float),
    Column("seconds", Float, nullable=False, server_default="0"),
    Column("at", Float, nullable=False),
    _text("child"),
    _text("printed"),
    Column("model_calls", Integer, nullable=False, server_default="0"),
    Unique("thread_id", "run_id", "kind", "key"),
    Index(None, "thread_id", "id"),
    Index(None, "run_id"),
    sqlite_autoincrement=True,
)

memories = Table(
    "memories",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("user", String(128), nullable=False, server_default="default"),
    Column("kind", String(16), nullable=False, server_default="fact"),
    _text("text"),
    Column("agent", String(128), nullable=False, server_default=""),
    Column("thread", String(255), nullable=False, server_default=""),
    Column("run_id", String(255), nullable=False, server_default=""),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Index(None, "tenant", "user"),
    sqlite_autoincrement=True,
)
