"""The one source of truth: indexes, documents, chunks and embeddings, in SQLite (WAL) or PostgreSQL."""
