"""The catalog as one object."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from motadata_nb.catalog.calls import Calls
from motadata_nb.catalog.documents import Documents
from motadata_nb.catalog.embeddings import Embeddings
from motadata_nb.catalog.engine import Database
from motadata_nb.catalog.indexes import Indexes
from motadata_nb.catalog.reservations import Reservations
from motadata_nb.catalog.turns import Turns

__all__ = ["Catalog"]


class Catalog:
    """Indexes, documents, chunks and embeddings of one tenant, in a file or behind a database URL."""

    def __init__(self, place: str | Path, tenant: str = "default") -> None:
        self.place = place
        self.tenant = tenant

    @cached_property
    def database(self) -> Database:
        """The open database; migrated on first use."""
        return Database(self.place)

    @cached_property
    def indexes(self) -> Indexes:
        """Indexes and how far their projections are."""
        return Indexes(self.database, self.tenant)

    @cached_property
    def documents(self) -> Documents:
        """Documents and chunks."""
        return Documents(self.database, self.tenant)

    @cached_property
    def embeddings(self) -> Embeddings:
        """Stored vectors."""
        return Embeddings(self.database, self.tenant)

    @cached_property
    def calls(self) -> Calls:
        """Model calls and their cost."""
        return Calls(self.database, self.tenant)

    @cached_property
    def reservations(self) -> Reservations:
        """Money set aside for calls that are under way."""
        return Reservations(self.database, self.tenant)

    @cached_property
    def turns(self) -> Turns:
        """Conversations with indexes."""
        return Turns(self.database, self.tenant)

    def close(self) -> None:
        """Close the database, if it was opened."""
        if "database" in self.__dict__:
            self.database.close()
