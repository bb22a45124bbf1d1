"""The store, on both databases: nothing is lost, doubled or changed behind anybody's back."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, StatementError

from api.area_name import AreaName
from api.errors import Conflict, Unavailable
from api.loading import load_plan_folder
from api.store import Store
from api.store.migrating import drift, migration_state
from api.store.records import Actor
from api.store.types import canonical_json, sha256_of
from corridors.errors import BadInput
from tests.api.small_folder import WEEK, write_small_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from api.store.records import PlanHead
    from tests.api.databases import Postgres

AREA = AreaName("north", "North Council")
SOMEBODY, OTHER = Actor("account:1"), Actor("account:2")


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    store = Store(database_url)
    yield store
    store.close()


@pytest.fixture
def head(store: Store, small_folder: Path) -> PlanHead:
    return load_plan_folder(store, AREA, small_folder)


def publish(store: Store, head: PlanHead, actor: Actor = SOMEBODY) -> PlanHead:
    with store.writing(actor) as unit:
        return unit.plans.publish(head, head.row_version, reason="Agreed")


def test_tables_and_migrations_do_not_drift(store: Store) -> None:
    assert drift(store._engine) == []
    assert migration_state(store._engine).is_current


def test_a_drift_would_be_seen(store: Store) -> None:
    with store._writing.begin() as connection:
        connection.execute(text("ALTER TABLE area ADD COLUMN surprise TEXT"))
    assert drift(store._engine) != []


def test_upgrading_twice_and_at_once_is_upgrading(tmp_path: Path, postgres: Postgres) -> None:
    for url in (f"sqlite:///{tmp_path / 'new.sqlite'}", postgres.empty()):
        stores = [Store(url) for _ in range(3)]
        assert stores[0].migration_state().current is None
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(Store.upgrade, stores))
        assert all(one.migration_state().is_current for one in stores)
        for one in stores:
            one.close()


def test_sqlite_is_set_up_for_readers_beside_a_writer(sqlite_url: str) -> None:
    store = Store(sqlite_url)
    with store._engine.connect() as connection:
        for pragma, wanted in (
            ("journal_mode", "wal"),
            ("foreign_keys", 1),
            ("busy_timeout", 10000),
        ):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == wanted
    store.close()


def test_a_folder_comes_in_whole(store: Store, head: PlanHead, small_folder: Path) -> None:
    assert (head.area_id, head.week, head.version, head.status) == ("north", WEEK, 1, "agreed")
    kept = json.loads((small_folder / "internal" / "plan.json").read_text())
    with store.reading() as unit:
        area = unit.areas.get("north")
        assert area is not None
        assert (area.name, area.crs, area.timezone) == (
            "Smallborough",
            "EPSG:27700",
            "Europe/London",
        )
        document = unit.plans.document(head.plan_id)
        assert json.loads(document) == kept
        assert document == canonical_json(kept)
        assert head.document_sha256 == sha256_of(document)
        for name in ("map.html", "notices/A1.html", "notices/A1.ics", "corridors.geojson"):
            file = unit.plans.file(head.plan_id, name)
            assert file is not None
            assert file.content == (small_folder / "public" / name).read_bytes()
        assert unit.plans.file(head.plan_id, "../internal/plan.json") is None
        assert [one.school_id for one in unit.plans.schools(head.plan_id)] == ["A1", "B2"]
        patrols = unit.plans.patrols(head.plan_id)
        assert [one.starts_at for one in patrols] == [
            datetime(2026, 11, 23, 15, tzinfo=UTC),
            datetime(2026, 11, 25, 15, tzinfo=UTC),
        ]
        page = unit.features.segments(head.plan_id, "north", box=None, limit=2, offset=0)
        assert (page.n_matched, len(page.features)) == (3, 2)
        assert json.loads(page.features[0].properties)["n_incidents"] == 3.0
        last = unit.features.segments(head.plan_id, "north", box=None, limit=2, offset=2)
        # unknown is null, never zero
        assert json.loads(last.features[0].properties)["intensity_per_km_day"] is None


def test_a_second_load_is_the_next_version(
    store: Store, head: PlanHead, small_folder: Path
) -> None:
    again = load_plan_folder(store, AREA, small_folder)
    assert (head.version, again.version) == (1, 2)


def test_half_a_folder_is_bad_input_and_nothing_is_kept(store: Store, tmp_path: Path) -> None:
    for missing in ("internal/plan.json", "public/notices/A1.ics", "internal/segments.parquet"):
        folder = write_small_folder(tmp_path / missing.replace("/", "-"))
        (folder / missing).unlink()
        with pytest.raises(BadInput, match="This folder holds no whole plan"):
            load_plan_folder(store, AREA, folder)
    with store.reading() as unit:
        assert unit.areas.all() == []
        assert unit.log.count() == 0


def test_a_failure_leaves_nothing_behind(store: Store, head: PlanHead) -> None:
    def fail() -> None:
        with store.writing(SOMEBODY) as unit:
            unit.plans.publish(head, 1, reason="Agreed")
            unit.areas.add_organisation("New")
            raise RuntimeError

    with store.reading() as unit:
        before = unit.log.count()
    with pytest.raises(RuntimeError):
        fail()
    with store.reading() as unit:
        assert unit.plans.heads("north") == [head]
        assert unit.log.count() == before


def test_what_a_reader_writes_is_not_kept(store: Store) -> None:
    with store.reading() as unit:
        unit.log.write("read_plan", "x")
        assert unit.log.count() == 1
    with store.reading() as unit:
        assert unit.log.count() == 0


def test_times_are_aware_and_utc(store: Store, head: PlanHead) -> None:
    assert head.created_at.utcoffset() == timedelta(0)
    there = timezone(timedelta(hours=5))
    with (
        pytest.raises(StatementError, match="without its zone"),
        store.writing(SOMEBODY) as unit,
    ):
        unit.sign_ins.add("i", 1, datetime(2030, 6, 1))  # noqa: DTZ001
    with store.writing(SOMEBODY) as unit:
        organisation_id = unit.areas.add_organisation("x")
        account_id = unit.accounts.add(organisation_id=organisation_id, email="a@b", shown_name="a")
        unit.sign_ins.add("h", account_id, datetime(2030, 6, 1, 12, tzinfo=there))
    with store.reading() as unit:
        kept = unit.sign_ins.get("h")
    assert kept is not None
    assert kept.expires_at == datetime(2030, 6, 1, 7, tzinfo=UTC)
    assert kept.expires_at.utcoffset() == timedelta(0)


# --- drafts


def test_a_stale_edit_is_told_what_changed(store: Store, tmp_path: Path) -> None:
    draft = load_plan_folder(store, AREA, write_small_folder(tmp_path / "plan", status="draft"))
    with store.reading() as unit:
        document = json.loads(unit.plans.document(draft.plan_id))
    with store.writing(OTHER) as unit:
        changed = {**document, "notes": ["moved"], "patrols": []}
        newer = unit.plans.replace_draft(draft, 1, changed, reason="The fair")
    assert newer.row_version == 2
    with pytest.raises(Conflict) as caught, store.writing(SOMEBODY) as unit:
        unit.plans.replace_draft(draft, 1, {**document, "notes": ["mine"]}, reason="Other")
    assert [(one.what, one.by) for one in caught.value.changes] == [
        ("notes", "account:2"),
        ("patrols", "account:2"),
    ]
    with store.reading() as unit:
        assert json.loads(unit.plans.document(draft.plan_id))["notes"] == ["moved"]


def test_edits_at_once_one_wins(store: Store, tmp_path: Path) -> None:
    draft = load_plan_folder(store, AREA, write_small_folder(tmp_path / "plan", status="draft"))

    def edit(n: int) -> bool:
        try:
            with store.writing(Actor(f"account:{n}")) as unit:
                unit.plans.replace_draft(draft, 1, {"notes": [n]}, reason="x")
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(edit, range(6))) == 1


# --- publishing


def test_only_an_agreed_plan_is_published(store: Store, tmp_path: Path) -> None:
    draft = load_plan_folder(store, AREA, write_small_folder(tmp_path / "plan", status="draft"))
    with pytest.raises(Conflict, match="The plan is draft, not agreed"):
        publish(store, draft)


def test_published_twice_at_once_one_wins_and_the_other_is_told(
    store: Store, head: PlanHead
) -> None:
    def try_it(n: int) -> str:
        try:
            return publish(store, head, Actor(f"account:{n}")).status
        except Conflict as conflict:
            return "told" if conflict.changes else "not told what changed"

    with ThreadPoolExecutor(5) as pool:
        answers = sorted(pool.map(try_it, range(5)))
    assert answers == ["published", *["told"] * 4]
    with store.reading() as unit:
        assert len(unit.log.about(head.name, "publish_plan")) == 1
        assert unit.log.verify().broken_entry is None


def test_a_new_version_supersedes_the_one_that_held(
    store: Store, head: PlanHead, small_folder: Path
) -> None:
    publish(store, head)
    second = load_plan_folder(store, AREA, small_folder)
    publish(store, second)
    with store.reading() as unit:
        states = {one.version: one.status for one in unit.plans.heads("north")}
    assert states == {1: "superseded", 2: "published"}
    with pytest.raises(Conflict):
        publish(store, replace(head, row_version=3))


def test_an_older_version_cannot_take_the_place_of_a_newer(
    store: Store, head: PlanHead, small_folder: Path
) -> None:
    publish(store, load_plan_folder(store, AREA, small_folder))
    with pytest.raises(Conflict):
        publish(store, head)


CHANGES = [
    "UPDATE plan SET document = '{}'",
    "UPDATE plan SET status = 'draft'",
    "UPDATE plan SET status = 'superseded', week = '2026-11-30'",
    "UPDATE plan SET published_at = NULL",
    "DELETE FROM plan",
    "UPDATE released_file SET content = NULL",
    "DELETE FROM released_file",
    "UPDATE released_school SET name = 'x'",
    "DELETE FROM released_patrol",
    "UPDATE released_patrol SET streets = 'x'",
    "DELETE FROM released_corridor",
    "INSERT INTO released_school VALUES (1, 'C3', 'x', 'patrol', 'C3')",
]


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_itself_keeps_what_is_published(
    store: Store, head: PlanHead, change: str
) -> None:
    publish(store, head)
    with (
        pytest.raises(DBAPIError, match="a published plan does not change"),
        store._writing.begin() as c,
    ):
        c.execute(text(change))


def test_what_is_not_published_can_be_changed(store: Store, head: PlanHead) -> None:
    """The triggers stand in nobody's way otherwise."""
    assert head.status == "agreed"
    with store._writing.begin() as connection:
        connection.execute(text("UPDATE plan SET status = 'draft'"))
        connection.execute(text("DELETE FROM released_school"))


def test_superseded_is_the_one_change_that_is_left(store: Store, head: PlanHead) -> None:
    publish(store, head)
    with store._writing.begin() as connection:
        connection.execute(text("UPDATE plan SET status = 'superseded'"))
    with pytest.raises(DBAPIError), store._writing.begin() as connection:
        connection.execute(text("UPDATE plan SET status = 'published'"))


# --- places


def test_boxes_and_pages(store: Store, head: PlanHead) -> None:
    publish(store, head)
    with store.reading() as unit:
        around = unit.features.corridors(
            box=(-0.13, 51.4, -0.119, 51.6), area_id=None, limit=9, offset=0
        )
        beside = unit.features.corridors(box=(1, 51, 2, 52), area_id=None, limit=9, offset=0)
        other = unit.features.corridors(box=None, area_id="south", limit=9, offset=0)
        assert unit.features.extent() == (-0.12, 51.5, -0.118, 51.501)
    assert [one.feature_id for one in around.features] == ["corridor-A1"]
    assert (beside.n_matched, other.n_matched) == (0, 0)


def test_nothing_of_an_unpublished_plan_is_in_the_collection(store: Store, head: PlanHead) -> None:
    del head
    with store.reading() as unit:
        assert unit.features.corridors(box=None, area_id=None, limit=9, offset=0).n_matched == 0
        assert unit.features.extent() is None


def test_only_the_newest_week_is_in_the_collection(
    store: Store, head: PlanHead, tmp_path: Path
) -> None:
    publish(store, head)
    later = write_small_folder(tmp_path / "later", week=date(2026, 11, 30))
    publish(store, load_plan_folder(store, AREA, later))
    with store.reading() as unit:
        assert unit.features.corridors(box=None, area_id=None, limit=9, offset=0).n_matched == 1


def test_a_database_that_is_away_is_told_in_our_words() -> None:
    store = Store("postgresql+psycopg://nobody@/nothing?host=/nonexistent")
    with pytest.raises(Unavailable, match="The database does not answer") as caught:
        store.migration_state()
    assert "nonexistent" not in str(caught.value)
    with pytest.raises(Unavailable), store.writing(SOMEBODY) as unit:
        unit.areas.all()


def test_a_full_disk_keeps_the_old_plan_served(
    sqlite_url: str, small_folder: Path, tmp_path: Path
) -> None:
    store = Store(sqlite_url)
    publish(store, load_plan_folder(store, AREA, small_folder))
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    full = Store(sqlite_url)
    with full._writing.connect() as connection:
        # SQLite answers exactly as on a full disk: "database or disk is full"
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    big = write_small_folder(tmp_path / "big", note="x" * 3_000_000)
    with pytest.raises(Unavailable):
        load_plan_folder(full, AREA, big)
    with store.reading() as unit:
        assert [one.version for one in unit.plans.published("north")] == [1]
        assert unit.log.verify().broken_entry is None
    full.close()
    store.close()
