"""The worker: what a job gives, and what it gives when something breaks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

import api.jobs.worker
from api.admin import main
from api.errors import Unavailable
from api.jobs.child import Limits, TaskDied, TaskFailed, TaskStopped, run_task
from api.jobs.folders import job_folder, sweep_folders
from api.loading import load_area
from api.rights import Role
from api.store import Store
from api.store.jobs import MAX_ATTEMPTS
from api.store.records import Actor
from api.store.work_records import ChangeKind, InputKind, JobStatus, UploadStatus
from corridors.errors import BadInput
from tests.api.conftest import Clock
from tests.api.small_folder import write_small_folder
from tests.api.small_work import (
    AREA,
    PLANNER,
    ask_check,
    ask_plan,
    fill,
    job_of,
    made_up,
    plans_of,
    send,
    upload_of,
    worker_over,
)
from tests.small_area import SECRET, SmallArea, write_small_area

if TYPE_CHECKING:
    from collections.abc import Iterator

    from api.store.work_records import Upload

MAPPING = {"id": "Crime No", "from": "From", "to": "To", "category": "Offence"}
PLACE = {"easting": "X", "northing": "Y"}
SETTINGS = {
    "format": "mapped",
    "mapping": {**MAPPING, **PLACE},
    "use": {"replaces": "incidents.csv"},
}


@pytest.fixture
def store(sqlite_url: str) -> Iterator[Store]:
    store = Store(sqlite_url, Clock())
    yield store
    store.close()


@pytest.fixture
def area(store: Store, tmp_path: Path) -> SmallArea:
    return fill(store, tmp_path)


def problems_of(store: Store, job: Any) -> list[dict[str, str]]:
    ended = job_of(store, job)
    assert ended.status == JobStatus.FAILED
    found: list[dict[str, str]] = ended.result["problems"]
    return found


def chosen(store: Store, upload: Upload, **settings: Any) -> Upload:
    upload = upload_of(store, upload)
    with store.writing(PLANNER) as unit:
        return unit.uploads.choose(upload, upload.row_version, {**SETTINGS, **settings})


def read(store: Store, upload: Upload) -> Upload:
    ask_check(store, upload)
    assert worker_over(store).work_once()
    return upload_of(store, upload)


def test_a_week_is_planned_from_upload_to_plan(store: Store, area: SmallArea) -> None:
    """The whole way with real children: a file of unknown columns, mapped, taken, planned."""
    upload = read(store, send(store, (area.folder / "incidents.csv").read_bytes()))
    assert upload.status == UploadStatus.RECEIVED
    assert upload.report["columns"] == ["Crime No", "From", "To", "Offence", "X", "Y", "Remarks"]
    assert upload.report["guess"] == {**MAPPING, **PLACE}
    upload = read(store, chosen(store, upload))
    assert upload.status == UploadStatus.CHECKED
    assert (upload.report["n_in"], upload.report["n_used"]) == (300, 300)
    assert {one["word"] for one in upload.report["categories"]} == {"Robbery", "Common assault"}
    assert SECRET not in str(upload.report)
    with store.writing(PLANNER) as unit:
        unit.uploads.take(upload, upload.row_version, reason="New export")
        unit.changes.add(
            "small",
            1,
            ChangeKind.EDIT,
            {"school": "S1", "shorten_to_m": 400},
            reason="Asked for by the school",
        )
    job = ask_plan(store)
    assert worker_over(store).work_once()
    done = job_of(store, job)
    assert done.status == JobStatus.DONE, done.result
    with store.reading() as unit:
        (head,) = unit.plans.heads("small")
        assert done.result == {"plan": [head.week.isoformat(), 1], "status": head.status}
        document = unit.plans.document(head.plan_id)
        assert unit.log.verify().broken_entry is None
        entries = unit.log.entries("small")
        inputs = {one.path for one in unit.inputs.files("small")}
    # two looks at the upload and a plan: who read incidents, why and which
    noted = [one for one in entries if one.action == "read_incidents"]
    assert [one.actor for one in noted] == [PLANNER.name] * 3
    assert {one.reason for one in noted} == {"To test"}
    assert '"read":["upload:1"]' in noted[-1].details
    assert SECRET not in str(entries)
    assert "upload-1-export.csv" in document
    assert "Asked for by the school" in document
    assert SECRET not in document
    assert inputs == {"roster.csv", "schools.csv", "streets.osm", "upload-1-export.csv"}


def test_a_file_read_with_the_wrong_columns_is_refused_in_words(
    store: Store, area: SmallArea
) -> None:
    upload = read(store, send(store, (area.folder / "incidents.csv").read_bytes()))
    upload = read(store, chosen(store, upload, mapping={"from": "Form", **PLACE}))
    assert upload.status == UploadStatus.REFUSED
    (problem,) = upload.report["problems"]
    assert "no column 'Form'" in problem["what"]
    assert "'From'" in problem["mend"]
    # whoever maps them anew still sees them
    assert "Crime No" in upload.report["columns"]
    assert upload.report["guess"]["from"] == "From"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x.csv", b"447700900123,a@example.org\n1,2\n", "looks like a row of values"),
        ("x.parquet", b"PAR1 but not really", "x.parquet"),
        ("x.json", b"[" * 100_000, "x.json"),
    ],
)
def test_a_file_that_is_no_table_is_refused_and_nothing_of_it_told(
    store: Store, area: SmallArea, name: str, content: bytes, told: str
) -> None:
    del area
    upload = read(store, send(store, content, name))
    assert upload.status == UploadStatus.REFUSED
    (problem,) = upload.report["problems"]
    assert told in problem["what"] + problem["where"]
    assert "447700900123" not in str(upload.report)


def test_streets_that_point_to_other_files_are_not_followed(store: Store, area: SmallArea) -> None:
    """A virtual layer of GDAL under the name of a GeoPackage, and entities in XML."""
    secret = area.folder / "secret.csv"
    secret.write_text("name,x,y\nQwertz-Cell,1,2\n")
    vrt = f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'  # noqa: E501
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><osm>&b;</osm>'
    )
    for name, content in (("x.gpkg", vrt), ("x.osm", bomb), ("x.graphml", bomb)):
        upload = read(store, send(store, content.encode(), name, kind=InputKind.STREETS))
        assert upload.status == UploadStatus.REFUSED, name
        assert "Qwertz" not in str(upload.report)
        assert "root:" not in str(upload.report)


def test_a_child_that_needs_too_much_is_ended_and_the_worker_lives(
    store: Store, area: SmallArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.jobs.kinds._CHECK_LIMITS", Limits(memory_bytes=64 << 20, cpu_s=60))
    upload = read(store, send(store, (area.folder / "incidents.csv").read_bytes()))
    assert upload.status == UploadStatus.REFUSED
    assert "MB of memory" in upload.report["problems"][0]["what"]


def test_a_broken_area_fails_with_its_own_words(store: Store, area: SmallArea) -> None:
    area.swap("area.toml", "corridor_length_m = 600", "corridor_length_m = 650\n[[aims]]\n")
    with store.writing(PLANNER) as unit:
        unit.inputs.set_document("small", area.file.read_text(), reason="Broken on purpose")
    job = ask_plan(store)
    assert worker_over(store).work_once()
    problems = problems_of(store, job)
    assert {"aims[1].school", "aims[1].aim", "aims[1].reason", "aims[1].by"} <= {
        one["where"] for one in problems
    }
    assert plans_of(store) == []


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", "gone.csv"])
def test_a_path_outside_the_material_is_not_read(store: Store, area: SmallArea, path: str) -> None:
    area.swap("area.toml", "schools.csv", path)
    with store.writing(PLANNER) as unit:
        unit.inputs.set_document("small", area.file.read_text(), reason="Broken on purpose")
    job = ask_plan(store)
    worker_over(store).work_once()
    (problem,) = problems_of(store, job)
    assert problem["where"] == "schools.path"
    assert "passwd" not in str(problem)


def test_streets_by_place_are_refused(store: Store, area: SmallArea) -> None:
    area.swap("area.toml", 'path = "streets.osm"', 'place = "Hackney, London, UK"')
    with pytest.raises(BadInput, match="asks nobody for streets"):
        load_area(store, AREA, area.file, keep_days=365)
    with store.writing(PLANNER) as unit:
        unit.inputs.set_document("small", area.file.read_text(), reason="By place")
    job = ask_plan(store)
    worker_over(store).work_once()
    assert "asks nobody for streets" in problems_of(store, job)[0]["what"]


def test_an_unknown_area_is_told(store: Store, area: SmallArea) -> None:
    del area
    with store.writing(PLANNER) as unit:
        unit.inputs.set_document("small", "name = 1", reason="Hardly an area file")
    job = ask_plan(store)
    worker_over(store).work_once()
    assert problems_of(store, job)


# --- when something breaks: children are made up from here on


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_small_folder(tmp_path / "made-up")


def test_two_workers_and_one_of_them_late_make_one_plan(
    store: Store, area: SmallArea, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first was thought dead while it worked; the second does the job; the first comes back."""
    del area
    second, clock = worker_over(store), store._clock
    assert isinstance(clock, Clock)

    def meanwhile() -> None:
        clock.pass_s(3600)
        monkeypatch.setattr(api.jobs.worker, "run_task", made_up(folder))
        assert second.work_once()

    job = ask_plan(store)
    monkeypatch.setattr(api.jobs.worker, "run_task", made_up(folder, meanwhile))
    assert worker_over(store).work_once()
    assert plans_of(store) == [(1, "agreed")]
    assert job_of(store, job).worker == second.name
    with store.reading() as unit:
        assert [one.action for one in unit.log.entries("small")].count("add_plan") == 1
        assert unit.log.verify().broken_entry is None


def test_a_worker_that_has_to_stop_gives_its_job_back(
    store: Store, area: SmallArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    del area
    stop = Event()

    def until_stopped(*_: object, keep_on: Any, **__: object) -> dict[str, Any]:
        stop.set()
        while keep_on():
            pass
        raise TaskStopped

    job = ask_plan(store)
    monkeypatch.setattr(api.jobs.worker, "run_task", until_stopped)
    worker_over(store, stop, grace_s=0.01).work_once()
    assert (job_of(store, job).status, job_of(store, job).attempt) == (JobStatus.QUEUED, 0)


def test_a_child_that_dies_again_and_again_ends_the_job_with_words(
    store: Store, area: SmallArea, monkeypatch: pytest.MonkeyPatch
) -> None:
    del area

    def die(*_: object, **__: object) -> dict[str, Any]:
        raise TaskDied(-9)

    job = ask_plan(store)
    monkeypatch.setattr(api.jobs.worker, "run_task", die)
    worker = worker_over(store)
    assert [worker.work_once() for _ in range(MAX_ATTEMPTS + 1)] == [True] * MAX_ATTEMPTS + [False]
    assert "lack of memory" in problems_of(store, job)[0]["what"]


def test_a_full_database_keeps_the_old_plan_and_says_so(
    store: Store, area: SmallArea, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del area
    monkeypatch.setattr(api.jobs.worker, "run_task", made_up(folder))
    worker = worker_over(store)
    ask_plan(store, "old")
    assert worker.work_once()
    with store.writing(PLANNER) as unit:
        (head,) = unit.plans.heads("small")
        unit.plans.publish(head, head.row_version, reason="Agreed")
    job = ask_plan(store, "new")
    # no page more than there is now, but for a few: words still fit, a plan does not
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit_pages(store, pages + 4)
    big = folder / "public" / "notices" / "A1.html"
    big.write_text(big.read_text() + "<!-- " + "x" * 500_000 + " -->")
    for _ in range(MAX_ATTEMPTS):
        assert worker.work_once()
    assert "is full" in problems_of(store, job)[0]["what"]
    assert plans_of(store) == [(1, "published")]
    with store.reading() as unit:
        assert unit.plans.file(head.plan_id, "notices/A1.html") is not None
        assert unit.log.verify().broken_entry is None
    with pytest.raises(Unavailable):
        send(store, b"x" * 500_000)
    limit_pages(store, 1_000_000)
    again = ask_plan(store, "again")
    assert worker.work_once()
    assert job_of(store, again).status == JobStatus.DONE
    assert plans_of(store)[0] == (2, "agreed")


@pytest.fixture
def either_store(database_url: str) -> Iterator[Store]:
    store = Store(database_url, Clock())
    yield store
    store.close()


@pytest.mark.parametrize(
    ("status", "days_before", "role", "wanted", "told"),
    [
        ("agreed", 5, Role.APPROVER, "published", ""),
        ("agreed", -1, Role.APPROVER, "agreed", "has begun"),
        ("draft", 5, Role.APPROVER, "draft", "not everybody has agreed"),
        ("agreed", 5, Role.PLANNER, "agreed", "may not publish any more"),
    ],
)
def test_a_job_that_publishes_does_so_or_says_why_not(
    either_store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    status: str,
    days_before: int,
    role: Role,
    wanted: str,
    told: str,
) -> None:
    store, clock = either_store, either_store._clock
    fill(store, tmp_path)
    with store.writing(Actor("command")) as unit:
        account_id = unit.accounts.add(
            organisation_id=1, email="who@asks.example", shown_name="Who", password_hash=None
        )
        unit.accounts.grant(account_id, "small", {role})
    assert f"account:{account_id}" == PLANNER.name
    folder = write_small_folder(tmp_path / "made-up", status=status)
    monkeypatch.setattr(api.jobs.worker, "run_task", made_up(folder))
    assert isinstance(clock, Clock)
    clock.now = datetime(2026, 11, 23, 9, tzinfo=UTC) - timedelta(days=days_before)
    job = ask_plan(store, publish=True)
    assert worker_over(store).work_once()
    done = job_of(store, job)
    assert done.status == JobStatus.DONE
    assert done.result["status"] == wanted
    assert plans_of(store) == [(1, wanted)]
    assert told in str(done.result.get("problems", ""))
    assert bool(told) == ("problems" in done.result)
    with store.reading() as unit:
        actions = [one.action for one in unit.log.entries("small")]
        assert actions.count("publish_plan") == (wanted == "published")
        assert unit.log.verify().broken_entry is None


# --- the process itself


@pytest.mark.parametrize("how", ["terminate", "parent"])
def test_a_worker_ends_when_it_is_asked_to_and_with_its_parent(sqlite_url: str, how: str) -> None:
    environ = {
        **os.environ,
        "SAFER_CORRIDORS_DEMO": "1",
        "SAFER_CORRIDORS_DATABASE_URL": sqlite_url,
    }
    command = [sys.executable, "-m", "api.admin", "work", "--with-parent"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environ)
    store = Store(sqlite_url)
    while not is_working(store):
        assert process.poll() is None
        time.sleep(0.1)
    if how == "terminate":
        process.terminate()
        process.wait(60)
    process.communicate(timeout=60)
    assert process.returncode == 0
    store.close()


def is_working(store: Store) -> bool:
    with store._engine.connect() as connection:
        return bool(connection.exec_driver_sql("SELECT count(*) FROM periodic_task").scalar_one())


def test_an_area_is_loaded_and_its_weekly_day_set_by_commands(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("SAFER_CORRIDORS_DEMO", "1")
    monkeypatch.setenv("SAFER_CORRIDORS_DATABASE_URL", sqlite_url)
    area = write_small_area(tmp_path / "area")
    named = ["--area", "small"]
    load = ["load-area", str(area.file), *named, "--organisation", "Small Council"]
    for argv, code, told in (
        (["weekly", *named, "--day", "fri"], 2, "no such area"),
        (load, 0, "Loaded small with 4 files"),
        (["weekly", *named, "--day", "fri"], 0, "fri"),
        (["weekly", *named, "--day", "never"], 0, "never"),
    ):
        with pytest.raises(SystemExit) as end:
            main(argv)
        assert end.value.code == code
        assert told in capsys.readouterr().err
    area.swap("area.toml", "schools.csv", "../area/schools.csv")
    with pytest.raises(SystemExit) as end:
        main(load)
    assert end.value.code == 2
    assert "outside of the area file's folder" in capsys.readouterr().err
    store = Store(sqlite_url)
    with store.reading() as unit:
        assert unit.inputs.weekly_day("small") is None
        found = {one.path: one for one in unit.inputs.files("small")}
        assert found["incidents.csv"].erase_after is not None
        assert found["streets.osm"].erase_after is None
    store.close()


def limit_pages(store: Store, n_pages: int) -> None:
    """Make the database full, or not: for every connection that is there or comes."""
    from sqlalchemy import event  # noqa: PLC0415 -- of this test alone

    def limit(connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {n_pages}")

    event.listen(store._engine, "checkout", limit)


def test_a_full_disk_is_told_by_its_child() -> None:
    """The folder of a job cannot be written: in a real child."""
    with pytest.raises(TaskFailed) as error:
        run_task(
            "plan",
            {"area_file": "/nowhere/a.toml", "week": "2026-07-06", "out": "/dev/full/x",
             "today": "2026-07-01", "last_plan": None},
            Limits(),
            tell=lambda _words, _share: None,
            keep_on=lambda: True,
        )  # fmt: skip
    assert error.value.problems


def test_folders_of_killed_workers_are_swept_and_those_of_living_ones_stay() -> None:
    with job_folder() as mine:
        dead = Path(gettempdir()) / "safer-corridors-job-of-a-test"
        (dead / "work").mkdir(parents=True, exist_ok=True)
        assert sweep_folders() >= 1
        assert not dead.exists()
        assert mine.exists()
        assert mine.parent.stat().st_mode & 0o077 == 0
    assert not mine.exists()


def test_a_killed_child_is_told_from_one_that_failed() -> None:
    n_told = 0

    def kill(_words: str, _share: float | None) -> None:
        nonlocal n_told
        n_told += 1

    pids: list[int] = []

    def keep_on() -> bool:
        import multiprocessing  # noqa: PLC0415 -- to find the child

        for child in multiprocessing.active_children():
            pids.append(child.pid or 0)
            os.kill(child.pid or 0, signal.SIGKILL)
        return True

    with pytest.raises(TaskDied) as error:
        run_task("guess", {"path": "/nowhere", "crs": ""}, Limits(), tell=kill, keep_on=keep_on)
    assert error.value.exit_code == -signal.SIGKILL
    assert pids
