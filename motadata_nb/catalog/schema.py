"""The catalog's tables. Every row carries its tenant.

Sequence numbers: `indexes.seq` grows by one in every transaction that changes an index; the rows it writes carry that
number; a projection that is current up to `s` catches up with `chunks.seq > s` and `tombstones.seq > s`.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "Id",
    "bodies",
    "calls",
    "chunks",
    "documents",
    "embeddings",
    "indexes",
    "metadata",
    "projections",
    "quarantine",
    "reservations",
    "tenant",
    "tombstones",
    "turns",
]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")


def tenant() -> Column[str]:
    """The column that says whose a row is."""
    return Column("tenant", String(64), nullable=False, server_default="default")


indexes = Table(
    "indexes",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("name", String(128), nullable=False),
    Column("backend", String(64), nullable=False),
    Column("embedder", String(128), nullable=False),
    Column("chunking", JSON, nullable=False),
    Column("seq", BigInteger, nullable=False, server_default="0"),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("tenant", "name"),
    sqlite_autoincrement=True,  # an id names a folder, and must never come back
)

documents = Table(
    "documents",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("index_id", Id, ForeignKey("indexes.id", ondelete="CASCADE"), nullable=False),
    Column("source", Text, nullable=False),
    Column("origin", Text, nullable=False, server_default=""),
    Column("key", Text, nullable=False),
    Column("title", Text, nullable=False, server_default=""),
    Column("mime", String(128), nullable=False, server_default=""),
    Column("content_hash", String(64), nullable=False),
    Column("size", BigInteger, nullable=False, server_default="0"),
    Column("pages", Integer),
    Column("metadata", JSON, nullable=False),
    Column("duplicate_of", Id, ForeignKey("documents.id", ondelete="SET NULL")),
    Column("seq", BigInteger, nullable=False),
    Column("updated_at", Float, nullable=False),
    UniqueConstraint("index_id", "key"),
    Index(None, "index_id", "content_hash"),
    sqlite_autoincrement=True,
)

bodies = Table(
    "bodies",
    metadata,
    Column("document_id", Id, ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    tenant(),
    Column("text", LargeBinary, nullable=False),
    Column("blocks", JSON, nullable=False),
)

chunks = Table(
    "chunks",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("index_id", Id, ForeignKey("indexes.id", ondelete="CASCADE"), nullable=False),
    Column("document_id", Id, ForeignKey("documents.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("heading", Text, nullable=False, server_default=""),
    Column("embedded_hash", String(64), nullable=False),
    Column("kind", String(16), nullable=False, server_default="text"),
    Column("page", Integer),
    Column("start", BigInteger, nullable=False),
    Column("end", BigInteger, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Index(None, "index_id", "seq"),
    Index(None, "document_id", "ordinal"),
    Index(None, "embedded_hash"),
    sqlite_autoincrement=True,
)

tombstones = Table(
    "tombstones",
    metadata,
    Column("chunk_id", Id, primary_key=True, autoincrement=False),
    tenant(),
    Column("index_id", Id, ForeignKey("indexes.id", ondelete="CASCADE"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Index(None, "index_id", "seq"),
)

embeddings = Table(
    "embeddings",
    metadata,
    Column("tenant", String(64), primary_key=True, server_default="default"),
    Column("embedder", String(128), primary_key=True),
    Column("content_hash", String(64), primary_key=True),
    Column("vector", LargeBinary, nullable=False),
)

projections = Table(
    "projections",
    metadata,
    Column("index_id", Id, ForeignKey("indexes.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(64), primary_key=True),
    tenant(),
    Column("seq", BigInteger, nullable=False, server_default="0"),
    Column("epoch", Integer, nullable=False, server_default="0"),
    Column("writes", BigInteger, nullable=False, server_default="0"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("index_id", Id, ForeignKey("indexes.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    tenant(),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hint", Text, nullable=False, server_default=""),
    Column("at", Float, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("at", Float, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("model", String(256), nullable=False),
    Column("input_tokens", BigInteger, nullable=False, server_default="0"),
    Column("output_tokens", BigInteger, nullable=False, server_default="0"),
    Column("cached_tokens", BigInteger, nullable=False, server_default="0"),
    Column("cost", Float),
    Column("seconds", Float, nullable=False),
    Column("cached", Boolean, nullable=False, server_default="0"),
    Column("error", String(64)),
    Column("session", String(64), nullable=False, server_default=""),
    Column("cell", Text, nullable=False, server_default=""),
    Index(None, "tenant", "at"),
)

reservations = Table(
    "reservations",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("owner", Text, nullable=False),
    Column("dollars", Float, nullable=False),
    Column("at", Float, nullable=False),
)

turns = Table(
    "turns",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=True),
    tenant(),
    Column("thread", String(255), nullable=False),
    Column("index_name", String(128), nullable=False),
    Column("question", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("at", Float, nullable=False),
    Index(None, "tenant", "thread", "id"),
)
