"""Alembic migrations of the identity database, from its first table on."""
