"""Bring a database to the tables of this version, and say how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text

from api.store import (  # noqa: F401 -- so that their tables are known
    tables_messages,
    tables_partners,
    tables_plans,
    tables_work,
)
from api.store.engine import writing_engine
from api.store.tables import Base

__all__ = ["MigrationState", "drift", "migration_state", "upgrade"]

_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_243_001  # any number, the same for every process that migrates


@dataclass(frozen=True, slots=True)
class MigrationState:
    """The step that a database is at, and the one that this version needs."""

    current: str | None
    needed: str

    @property
    def is_current(self) -> bool:
        """Tell whether the database can be used."""
        return self.current == self.needed


def upgrade(engine: Engine) -> None:
    """Bring the database to the newest step, in one transaction; others wait meanwhile."""
    if migration_state(engine).is_current:
        return
    with writing_engine(engine).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        # loaded only where there is something to do: it takes a while, and starting must not
        config = import_module("alembic.config").Config()
        config.set_main_option("script_location", str(_MIGRATIONS))
        config.attributes["connection"] = connection
        import_module("alembic.command").upgrade(config, "head")


def migration_state(engine: Engine) -> MigrationState:
    """Say how far a database is."""
    newest = max(path.name[1:5] for path in (_MIGRATIONS / "versions").glob("v[0-9]*.py"))
    with engine.connect() as connection:
        return MigrationState(_step(connection), newest)


def drift(engine: Engine) -> list[object]:
    """List what differs between the migrated database and the tables in code; empty when right."""
    context = import_module("alembic.migration").MigrationContext
    compare = import_module("alembic.autogenerate").compare_metadata
    with engine.connect() as connection:
        found = context.configure(connection, opts={"compare_type": True})
        return list(compare(found, Base.metadata))


def _step(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found
