"""What Alembic runs: the steps, in the caller's transaction, over the caller's connection."""

from __future__ import annotations

from alembic import context

from twin.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
