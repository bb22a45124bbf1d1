"""Bring a database to the tables of this version, and say how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text

from api.store import tables_plans  # noqa: F401 -- so that its tables are known
from api.store.engine import writing_engine
from api.store.tables import Base

__all__ = ["MigrationState", "drift", "migration_state", "upgrade"]

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
    config = _config()
    with writing_engine(engine).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def migration_state(engine: Engine) -> MigrationState:
    """Say how far a database is."""
    needed = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return MigrationState(current, needed or "")


def drift(engine: Engine) -> list[object]:
    """List what differs between the migrated database and the tables in code; empty when right."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
