"""Where Alembic starts. The connection is given by `api.store.migrating`."""

from __future__ import annotations

from alembic import context

from api.store import (  # noqa: F401 -- so that their tables are known
    tables_messages,
    tables_partners,
    tables_plans,
    tables_work,
)
from api.store.tables import Base

with_connection = context.config.attributes["connection"]
context.configure(
    connection=with_connection,
    target_metadata=Base.metadata,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
