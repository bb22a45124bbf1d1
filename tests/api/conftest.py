"""The service over a small area, on both databases, with a clock that the test turns."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx2
import pytest
from argon2 import PasswordHasher
from starlette.testclient import TestClient

from api.app import create_app
from api.area_name import AreaName
from api.loading import load_plan_folder
from api.passwords import Passwords
from api.rights import Role
from api.services import Seams
from api.settings import Settings
from api.store import Store
from api.store.records import Actor
from tests.api.databases import Postgres, find_binaries, own_server
from tests.api.small_folder import write_small_folder
from tests.api.small_team import team_folder, team_sqlite  # noqa: F401 -- fixtures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from api.services import Services

    MakeWorld = Callable[..., "World"]

SECRET = "k3v9-Qm2_xW8-rT5yU1pL0zN7cB4aD6e"  # noqa: S105 -- of the tests
PASSWORD = "heron kettle Tuesday"  # noqa: S105 -- of the tests
BASE = "https://corridors.test"
OWN, OTHER = AreaName("north", "North Council"), AreaName("south", "South Council")
QUICK = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
TEST_SETTINGS = Settings(
    "sqlite:///unused", SECRET, BASE, requests_per_s=100_000.0, request_burst=1_000_000
)


@dataclass
class Clock:
    """The present moment, as the test says."""

    now: datetime = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class World:
    """A running service, and people in it."""

    app: FastAPI
    store: Store
    clock: Clock
    services: Services
    _people: dict[tuple[Role, str], TestClient] = field(default_factory=dict)

    def visitor(self) -> TestClient:
        return TestClient(
            self.app, base_url=BASE, raise_server_exceptions=False, follow_redirects=False
        )

    def add_account(self, email: str, roles: dict[str, set[Role]], organisation: str = "") -> int:
        with self.store.writing(Actor("command")) as unit:
            organisation_id = unit.areas.add_organisation(organisation or OWN.organisation)
            account_id = unit.accounts.add(
                organisation_id=organisation_id,
                email=email,
                shown_name=email.partition("@")[0],
                password_hash=QUICK.hash(PASSWORD),
            )
            for area_id, held in roles.items():
                unit.accounts.grant(account_id, area_id, held)
        return account_id

    def signed_in(self, role: Role, area: AreaName = OWN) -> TestClient:
        """Give a browser in which somebody with this role in this area is signed in."""
        if (role, area.area_id) not in self._people:
            email = f"{role}.{area.area_id}@example.org"
            self.add_account(email, {area.area_id: {role}}, area.organisation)
            client = self.visitor()
            assert sign_in(client, email).status_code == 303
            client.headers["x-csrf-token"] = client.get("/api/v1/me").json()["csrf_token"]
            self._people[role, area.area_id] = client
        return self._people[role, area.area_id]


def form_token(client: TestClient, path: str = "/sign-in") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def sign_in(
    client: TestClient, email: str, password: str = PASSWORD, **headers: str
) -> httpx2.Response:
    data = {"email": email, "password": password, "csrf_token": form_token(client)}
    return client.post("/sign-in", data=data, headers=headers)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("no PostgreSQL on this machine: the service is tested on SQLite alone")
    with own_server(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a file with the tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.sqlite"
    _close(_upgraded(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def filled_sqlite(tmp_path_factory: pytest.TempPathFactory, small_folder: Path) -> Path:
    """Give a file with two areas in it, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "filled.sqlite"
    store = _upgraded(f"sqlite:///{path}")
    _fill(store, small_folder)
    _close(store)
    return path


@pytest.fixture(scope="session")
def filled_postgres(postgres: Postgres, small_folder: Path) -> str:
    """Give the name of a database with two areas in it, to be copied."""
    store = Store(postgres.new("filled"))
    _fill(store, small_folder)
    store.close()
    return "filled"


@pytest.fixture
def sqlite_url(tmp_path: Path, empty_sqlite: Path) -> str:
    shutil.copy(empty_sqlite, tmp_path / "store.sqlite")
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Give an address of a database with the tables in it; one of each kind in turn."""
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres")
        url = server.new()
        yield url
        server.drop(url)
    else:
        yield request.getfixturevalue("sqlite_url")


def _upgraded(url: str) -> Store:
    store = Store(url)
    store.upgrade()
    return store


def _close(store: Store) -> None:
    """Bring everything from the write-ahead log into the file, so that it can be copied."""
    raw = store._engine.raw_connection()
    raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    store.close()


def _fill(store: Store, folder: Path) -> None:
    """Make two areas: version 1 of the week published, version 2 agreed."""
    for area in (OWN, OTHER):
        head = load_plan_folder(store, area, folder)
        with store.writing(Actor("command")) as unit:
            unit.plans.publish(head, head.row_version, reason="Agreed")
        load_plan_folder(store, area, folder)


@pytest.fixture(scope="session")
def small_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_folder(tmp_path_factory.mktemp("small") / "plan")


@pytest.fixture
def make_world() -> Iterator[MakeWorld]:
    """Give a function that starts the service over a database."""
    stores: list[Store] = []

    def make(url: str, seams: Seams | None = None, **settings: object) -> World:
        clock = Clock()
        seams = replace(seams or Seams(), clock=clock, passwords=QUICK)
        app = create_app(replace(TEST_SETTINGS, database_url=url, **settings), seams)  # type: ignore[arg-type]
        services: Services = app.state.services
        stores.append(services.store)
        return World(app, services.store, clock, services)

    yield make
    for store in stores:
        store.close()


@pytest.fixture
def filled_url(tmp_path: Path, filled_sqlite: Path) -> str:
    shutil.copy(filled_sqlite, tmp_path / "filled.sqlite")
    return f"sqlite:///{tmp_path / 'filled.sqlite'}"


@pytest.fixture
def world(make_world: MakeWorld, filled_url: str) -> World:
    """Give the service over two areas, each with a published plan and an agreed one."""
    return make_world(filled_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def world_on_each(request: pytest.FixtureRequest, make_world: MakeWorld) -> Iterator[World]:
    if request.param == "sqlite":
        yield make_world(request.getfixturevalue("filled_url"))
        return
    template: str = request.getfixturevalue("filled_postgres")
    server: Postgres = request.getfixturevalue("postgres")
    url = server.new(template=template)
    made = make_world(url)
    yield made
    made.store.close()
    server.drop(url)
