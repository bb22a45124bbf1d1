"""Databases for the tests: SQLite files, and a PostgreSQL server of the tests' own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import psycopg

from api.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Postgres", "find_binaries", "own_server"]


def find_binaries() -> Path | None:
    """Find a server's programs: on the path, or where Debian keeps them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return kept[-1].parent if kept else None


class Postgres:
    """A running server: gives databases with the tables in them."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._execute("CREATE DATABASE kept")
        store = Store(self._url("kept"))
        store.upgrade()
        store.close()

    def new(self, name: str = "", template: str = "kept") -> str:
        """Give the address of a new database."""
        name = name or f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def drop(self, url: str) -> None:
        """Let go of a database: a hundred of them would fill a small disk."""
        name = url.partition("@/")[2].partition("?")[0]
        self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    def empty(self) -> str:
        """Give the address of a new database without tables."""
        name = f"test_{next(self._numbers)}"
        self._execute(f"CREATE DATABASE {name}")
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://tester@/{name}?host={self._socket}"

    def _execute(self, statement: str) -> None:
        where = f"host={self._socket} user=tester dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type, call-overload, unused-ignore]


@contextmanager
def own_server(binaries: Path) -> Iterator[Postgres]:
    """Run a server on a socket in a folder of its own, and stop it again."""
    folder = Path(mkdtemp(prefix="corridors-pg-"))
    data, socket = folder / "data", folder / "socket"
    socket.mkdir()
    user: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        shutil.chown(folder, "postgres")
        shutil.chown(socket, "postgres")
        folder.chmod(0o755)
        user = ["runuser", "-u", "postgres", "--"]

    try:
        subprocess.run(
            [*user, str(binaries / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust",
             "-E", "UTF8", "--no-locale", "--no-sync"],
            check=True, capture_output=True, timeout=120, cwd=folder,
        )  # fmt: skip
        # The shell waits for its input to end: that comes even when this process is killed.
        serve = (
            f"{binaries / 'postgres'} -D {data} {_OPTIONS.format(socket=socket)} 2>{folder}/log & "
            "read _; kill -QUIT $!; wait"
        )
        process = subprocess.Popen([*user, "sh", "-c", serve], stdin=subprocess.PIPE, cwd=folder)
        try:
            _wait_for(socket)
            yield Postgres(socket)
        finally:
            process.communicate(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


_OPTIONS = (
    "-k {socket} -c listen_addresses= -c fsync=off -c full_page_writes=off "
    "-c wal_level=minimal -c max_wal_senders=0 -c max_connections=60"
)


def _wait_for(socket: Path) -> None:
    last: Exception | None = None
    for _ in range(300):
        try:
            psycopg.connect(f"host={socket} user=tester dbname=postgres").close()
        except psycopg.OperationalError as error:
            last = error
            time.sleep(0.1)
        else:
            return
    message = "the tests' own PostgreSQL did not start within 30 seconds"
    raise RuntimeError(message) from last
