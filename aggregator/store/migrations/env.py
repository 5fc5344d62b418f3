"""Runs migrations inside one writing transaction, so that a killed upgrade leaves the old schema whole; where several
processes start at once, one of them runs them."""

from alembic import context

from aggregator.store.engine import writing
from aggregator.store.indexes import metadata
from aggregator.store.locks import Lock, wait_for

with writing(context.config.attributes["engine"]) as connection:
    wait_for(connection, Lock.SETTING_UP)
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=False
    )
    context.run_migrations()
