"""The engine: SQLite embedded, PostgreSQL by its address; the same behaviour of both."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

__all__ = ["BUSY_TIMEOUT_MS", "make_engine", "writing_engine"]

BUSY_TIMEOUT_MS = 10_000


def make_engine(url: str) -> Engine:
    """Make the engine for a database URL; nothing is opened yet.

    SQLite runs with a write-ahead log, foreign keys on, and a busy timeout, so that readers never
    wait and a second writer waits its turn.
    """
    # errors of the driver are logged: they hold no value of a row
    engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"), hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def writing_engine(engine: Engine) -> Engine:
    """Give the same engine for transactions that write."""
    return engine.execution_options(is_writing=True)


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # the driver begins no transactions of its own: `_begin_sqlite` does
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # what is erased is written over, not only let go of
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start: one that reads first and writes later could be refused."""
    is_writing = connection.get_execution_options().get("is_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")
