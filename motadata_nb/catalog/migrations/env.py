"""Run by Alembic; the connection is handed over by `upgrade`."""

from alembic import context

import motadata_nb.catalog.agents  # noqa: F401  adds its tables
from motadata_nb.catalog.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
