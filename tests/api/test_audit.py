"""The log: written with what it records, never changed, and a change behind its back is named."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from api.rights import Role
from api.store import Store
from api.store.audit import FIRST_PREVIOUS, LogFilter
from api.store.records import Actor
from api.store.tables import AuditRow
from tests.api.conftest import sign_in
from tests.api.small_folder import WEEK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import World

N = 5


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    for n in range(N):
        with store.writing(Actor(f"account:{n}", 1)) as unit:
            unit.log.write("read_plan", f"plan:{n}", area_id="north", reason="r", details={"n": n})
    yield store
    store.close()


def tamper(store: Store, *statements: str) -> None:
    """Change the table as somebody who owns the database could: without the triggers."""
    with store._writing.begin() as connection:
        if store.kind == "sqlite":
            for change in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER audit_entry_no_{change}"))
        else:
            connection.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER ALL"))
        for statement in statements:
            connection.execute(text(statement))


def broken(store: Store, head: str | None = None) -> int | None:
    with store.reading() as unit:
        return unit.log.verify(expected_head=head).broken_entry


def test_a_log_that_nobody_touched_is_whole(store: Store) -> None:
    with store.reading() as unit:
        found = unit.log.verify()
        entries = unit.log.entries("north")
    assert (found.n_entries, found.broken_entry) == (N, None)
    assert [one.entry_id for one in entries] == [5, 4, 3, 2, 1]
    assert entries[0].entry_hash == found.head
    assert entries[-1].previous_hash == FIRST_PREVIOUS


COLUMNS = {
    "at": "'2020-01-01 00:00:00'",
    "actor": "'account:9'",
    "organisation_id": "7",
    "area_id": "'south'",
    "action": "'sign_in'",
    "subject": "'plan:x'",
    "reason": "'other'",
    "details": "'{}'",
    "previous_hash": "'0'",
    "entry_hash": "'0'",
}


def test_every_column_is_tried() -> None:
    assert {*COLUMNS, "entry_id"} == {one.key for one in AuditRow.__table__.columns}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_changed_column_is_found_and_its_row_named(store: Store, column: str) -> None:
    tamper(store, f"UPDATE audit_entry SET {column} = {COLUMNS[column]} WHERE entry_id = 3")  # noqa: S608
    assert broken(store) == 3


def test_a_missing_row_is_named(store: Store) -> None:
    tamper(store, "DELETE FROM audit_entry WHERE entry_id = 2")
    assert broken(store) == 2


def test_a_renumbered_row_is_found(store: Store) -> None:
    tamper(
        store,
        "DELETE FROM audit_entry WHERE entry_id = 2",
        "UPDATE audit_entry SET entry_id = 2 WHERE entry_id = 3",
    )
    assert broken(store) == 2


def test_a_cut_end_is_found_by_a_head_that_was_kept(store: Store) -> None:
    with store.reading() as unit:
        head = unit.log.verify().head
    assert broken(store, head) is None
    tamper(store, "DELETE FROM audit_entry WHERE entry_id >= 4")
    assert broken(store) is None
    assert broken(store, head) == 4


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_entry SET reason = 'x'", "DELETE FROM audit_entry"]
)
def test_the_database_refuses_to_change_the_log(store: Store, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match="append-only"),
        store._writing.begin() as connection,
    ):
        connection.execute(text(statement))
    assert broken(store) is None


def test_entries_at_once_make_one_chain(store: Store) -> None:
    def write(n: int) -> None:
        with store.writing(Actor(f"account:{n}")) as unit:
            unit.log.write("read_plan", f"plan:{n}", area_id="north")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    with store.reading() as unit:
        found = unit.log.verify()
    assert (found.n_entries, found.broken_entry) == (N + 40, None)


# --- what is logged


def said(world: World, area_id: str = "north") -> list[tuple[str, str, str, str]]:
    with world.store.reading() as unit:
        entries = unit.log.entries(area_id)
    return [(one.actor, one.action, one.subject, one.reason) for one in entries]


def test_reading_the_exact_plan_and_streets_is_logged(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    base = f"/api/v1/areas/north/plans/{WEEK}/1"
    assert analyst.get(base).status_code == 200
    assert analyst.get(f"{base}/segments?reason=Tuesday's meeting&limit=2").status_code == 200
    (streets, plan, *_) = said(world)
    subject = f"plan:north/{WEEK}/1"
    assert streets[1:] == ("read_evidence", subject, "Tuesday's meeting")
    assert plan[1:] == ("read_plan", subject, "")
    assert streets[0].startswith("account:")


def test_without_a_reason_no_exact_figures(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    answer = analyst.get(f"/api/v1/areas/north/plans/{WEEK}/1/segments")
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["where"] == "query.reason"
    assert said(world)[0][1] != "read_evidence"


def test_the_log_holds_no_content(world: World) -> None:
    analyst = world.signed_in(Role.ANALYST)
    analyst.get(f"/api/v1/areas/north/plans/{WEEK}/1")
    world.signed_in(Role.APPROVER).post(
        f"/api/v1/areas/north/plans/{WEEK}/2/publish",
        json={"reason": "Agreed"},
        headers={"if-match": '"1"'},
    )
    with world.store.reading() as unit:
        kept = " ".join(
            f"{one.details} {one.subject} {one.reason}" for one in unit.log.entries("north")
        )
    for content in ("Alder", "51.5", "example.org", "heron kettle"):
        assert content not in kept


def test_an_auditor_sees_their_own_area_and_is_logged_too(world: World) -> None:
    auditor = world.signed_in(Role.AUDITOR)
    page = auditor.get("/api/v1/areas/north/audit?limit=2").json()
    assert len(page["entries"]) == 2
    assert page["next_before"] == page["entries"][-1]["entry_id"]
    older = auditor.get(f"/api/v1/areas/north/audit?before={page['next_before']}").json()
    assert all(one["entry_id"] < page["next_before"] for one in older["entries"])
    assert not any("south" in one["subject"] for one in [*page["entries"], *older["entries"]])
    assert said(world)[0][1] == "read_audit"
    assert auditor.get("/api/v1/areas/south/audit").status_code == 404


def test_signing_in_is_seen_where_the_person_has_a_role_and_nowhere_else(
    world_on_each: World,
) -> None:
    world = world_on_each
    ours = world.add_account("ours@example.org", {"north": {Role.ANALYST}})
    theirs = world.add_account("theirs@example.org", {"south": {Role.ANALYST}}, "South Council")
    for email in ("ours@example.org", "theirs@example.org"):
        assert sign_in(world.visitor(), email).status_code == 303
        sign_in(world.visitor(), email, "not the password")
    sign_in(world.visitor(), "nobody@example.org", "not the password")
    with world.store.writing(Actor(f"account:{ours}")) as unit:
        unit.log.write("change_password", f"account:{ours}")
    with world.store.writing(Actor("command")) as unit:
        unit.log.write("give_roles", f"account:{ours}")
        unit.log.write("give_roles", f"account:{theirs}")
        unit.log.write("give_roles", f"account:{ours}0")
    expected = {"sign_in", "sign_in_failed", "change_password", "give_roles"}
    for area_id, n, own, other in (("north", 4, ours, theirs), ("south", 3, theirs, ours)):
        with world.store.reading() as unit:
            listed = [one for one in unit.log.entries(area_id) if one.area_id is None]
            found = [one for one in unit.log.search(area_id, LogFilter()) if one.area_id is None]
            actors, actions = unit.log.known(area_id)
            newest = listed[0]
            older = unit.log.entries(area_id, before=newest.entry_id)
            kept = unit.log.search(area_id, LogFilter(action="sign_in_failed"))
        assert listed == found
        assert len(listed) == n
        assert {one.subject for one in listed} == {f"account:{own}"}
        assert newest not in older
        assert [one.subject for one in kept] == [f"account:{own}"]
        assert f"account:{own}" in actors
        assert f"account:{other}" not in actors
        assert expected - set(actions) == ({"change_password"} if n == 3 else set())
