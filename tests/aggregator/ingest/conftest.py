"""These tests run on SQLite and on PostgreSQL."""

from tests.postgres import on_both as on_both
