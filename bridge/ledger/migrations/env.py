"""What Alembic runs to migrate: on the connection that `bridge.ledger.database` hands it, inside its transaction."""

from __future__ import annotations

from alembic import context

from bridge.ledger.schema import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
context.run_migrations()
