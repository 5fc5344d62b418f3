"""Alembic's folder: `env` runs migrations on an engine that `store.engine` hands over; there is no alembic.ini."""
