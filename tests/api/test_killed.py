"""kill -9 at random moments of upload, planning and publishing: nothing lost, nothing doubled."""

from __future__ import annotations

import random
import socket
import time
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING

import httpx2
import pytest
from sqlalchemy import text

from api.loading import load_plan_folder
from api.rights import Role
from api.store import Store
from api.store.records import Actor, Area
from api.store.types import sha256_of
from api.store.work_records import JobStatus
from tests.api.conftest import OWN, PASSWORD, QUICK, form_token
from tests.api.killed_processes import context, serve, work
from tests.api.small_folder import WEEK
from tests.api.small_work import ask_plan, fill, job_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from api.store.work_records import Job

FEW, MANY = 3, 50
_UPLOADS = "/api/v1/areas/north/uploads"


@contextmanager
def started(target: Callable[..., None], *arguments: object) -> Iterator[BaseProcess]:
    process = context().Process(target=target, args=arguments)
    process.start()
    try:
        yield process
    finally:
        process.kill()  # SIGKILL: no handler, no finally, no goodbye
        process.join()


def check_log(store: Store) -> None:
    with store.reading() as unit:
        assert unit.log.verify().broken_entry is None


# --- planning


def kill_workers(store: Store, url: str, folder: str, n_kills: int, longest_s: float) -> None:
    """Kill a worker n times while there is work; then let one do what is left."""
    rng = random.Random(n_kills)  # noqa: S311 -- moments, no secrets
    asked: list[Job] = []
    for n in range(n_kills):
        asked.append(ask_plan(store, f"job-{n}", week=WEEK.isoformat()))
        with started(work, url, folder):
            time.sleep(rng.uniform(0, longest_s))
        check_planned(store, asked)
    with started(work, url, folder):
        wait_for(lambda: all(job_of(store, job).ended_at for job in asked))
    check_planned(store, asked)


def check_planned(store: Store, asked: list[Job]) -> None:
    """Hold jobs, plans and log against each other: they have to tell one story."""
    with store.reading() as unit:
        versions = [one.version for one in unit.plans.heads("small")]
        entries = unit.log.entries("small", limit=10_000)
    jobs = [job_of(store, job) for job in asked]
    made = [job.result["plan"][1] for job in jobs if job.status == JobStatus.DONE]
    assert sorted(versions) == sorted(made) == list(range(1, len(made) + 1))
    assert sum(one.action == "add_plan" for one in entries) == len(made)
    ended = [one.subject for one in entries if one.action == "end_job"]
    assert len(ended) == len(set(ended)) == sum(job.ended_at is not None for job in jobs)
    check_log(store)


def wait_for(is_done: Callable[[], bool], longest_s: float = 600.0) -> None:
    until = time.monotonic() + longest_s
    while not is_done():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


@pytest.mark.parametrize("n_kills", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_workers_killed_while_they_plan(
    database_url: str, tmp_path: Path, small_folder: Path, n_kills: int
) -> None:
    """Children are made up, so that the moments of leasing and keeping are hit often."""
    store = Store(database_url)
    fill(store, tmp_path)
    kill_workers(store, database_url, str(small_folder), n_kills, 0.6)
    store.close()


@pytest.mark.slow
def test_workers_killed_while_real_children_plan(sqlite_url: str, tmp_path: Path) -> None:
    store = Store(sqlite_url)
    fill(store, tmp_path)
    kill_workers(store, sqlite_url, "", 6, 12.0)
    store.close()


# --- uploads and publishing, through the web server


@contextmanager
def serving(url: str, port: int) -> Iterator[BaseProcess]:
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        with started(serve, url, listening) as process:
            yield process


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def make_people(store: Store) -> None:
    with store.writing(Actor("command")) as unit:
        organisation_id = unit.areas.add_organisation(OWN.organisation)
        unit.areas.add(Area("north", organisation_id, "North", "EPSG:27700", "Europe/London"))
        account_id = unit.accounts.add(
            organisation_id=organisation_id,
            email="approver@example.org",
            shown_name="Approver",
            password_hash=QUICK.hash(PASSWORD),
        )
        unit.accounts.grant(account_id, "north", [Role.APPROVER, Role.ANALYST])


def sign_in_over(port: int) -> httpx2.Client:
    client = httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=5.0)
    data = {"email": "approver@example.org", "password": PASSWORD}
    wait_for(lambda: is_answered(client))
    data["csrf_token"] = form_token(client)  # type: ignore[arg-type]
    assert client.post("/sign-in", data=data).status_code == 303
    client.headers["x-csrf-token"] = client.get("/api/v1/me").json()["csrf_token"]
    return client


def is_answered(client: httpx2.Client) -> bool:
    try:
        return client.get("/health").status_code == 200
    except httpx2.TransportError:
        return False


def send_all(client: httpx2.Client, contents: dict[str, bytes], round_name: str) -> None:
    for name, content in contents.items():
        answer = client.post(
            _UPLOADS,
            params={"kind": "incidents", "name": f"{name}.csv"},
            content=content,
            headers={"idempotency-key": f"{round_name}-{name}", "content-type": "text/csv"},
        )
        assert answer.status_code == 201, answer.text


def publish_version(client: httpx2.Client, version: int) -> None:
    """Publish it; where an earlier try went through and nobody heard of it, that is told."""
    answer = client.post(
        f"/api/v1/areas/north/plans/{WEEK.isoformat()}/{version}/publish",
        json={"reason": "Agreed"},
        headers={"if-match": '"1"'},
    )
    assert answer.status_code == 200 or (
        answer.status_code == 409
        and client.get("/api/v1/areas/north/plans").json()[0]["status"] == "published"
    ), answer.text


def check_stored(store: Store, contents: dict[str, bytes]) -> None:
    """Hold uploads, pieces, plans and log against each other."""
    with store.reading() as unit:
        uploads = unit.uploads.recent("north", limit=10_000)
        entries = unit.log.entries("north", limit=10_000)
        for one in uploads[:6]:
            content = unit.uploads.content(one.upload_id)
            assert content == contents[one.name.removesuffix(".csv")]
            assert sha256_of(content) == one.sha256
        published = [one.name for one in unit.plans.went_out("north")]
    assert len({(one.sha256, one.added_at) for one in uploads}) == len(uploads)
    with store._engine.connect() as connection:
        n_files, n_kept, n_keys = connection.execute(
            text(
                "SELECT (SELECT count(DISTINCT file_id) FROM file_piece),"
                " (SELECT count(*) FROM file_piece p JOIN upload u ON u.file_id = p.file_id"
                " WHERE p.piece = 0), (SELECT count(DISTINCT idempotency_key) FROM upload)"
            )
        ).one()
    assert n_files == n_kept == n_keys == len(uploads)
    told = [one.subject for one in entries if one.action == "upload_input"]
    assert sorted(told) == sorted(f"upload:{one.upload_id}" for one in uploads)
    told = [one.subject for one in entries if one.action == "publish_plan"]
    assert sorted(told) == sorted(published)
    check_log(store)


@pytest.mark.parametrize("n_kills", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
def test_a_server_killed_while_files_come_in_and_plans_go_out(
    sqlite_url: str, small_folder: Path, n_kills: int
) -> None:
    store, rng = Store(sqlite_url), random.Random(7)  # noqa: S311 -- moments, no secrets
    make_people(store)
    port = free_port()
    contents = {f"file-{n}": rng.randbytes(3_000_000) for n in range(3)}
    with serving(sqlite_url, port):
        client = sign_in_over(port)
    for n in range(n_kills):
        load_plan_folder(store, OWN, small_folder)
        with serving(sqlite_url, port) as process:
            wait_for(lambda: is_answered(client))
            killer = Timer(rng.uniform(0, 0.6), process.kill)
            killer.start()
            with suppress(httpx2.TransportError):
                while True:  # until it is killed
                    send_all(client, contents, f"round-{n}")
                    publish_version(client, n + 1)
            killer.join()
        check_stored(store, contents)
    # whoever was not answered asks again
    with serving(sqlite_url, port):
        wait_for(lambda: is_answered(client))
        for n in range(n_kills):
            send_all(client, contents, f"round-{n}")
        publish_version(client, n_kills)
    with store.reading() as unit:
        assert len(unit.uploads.recent("north", limit=10_000)) == n_kills * len(contents)
        assert [one.version for one in unit.plans.published("north")] == [n_kills]
    check_stored(store, contents)
    client.close()
    store.close()
