"""Runs migrations on the connection that `ingest.database` hands over."""

from alembic import context

from ingest.database import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
