"""The small area in a store, and workers over it whose children are real or made up."""

from __future__ import annotations

import shutil
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, Any

from api.area_name import AreaName
from api.jobs.worker import Worker
from api.loading import load_area
from api.store.records import Actor
from api.store.work_records import InputKind, Job, JobKind, Upload
from tests.api.conftest import TEST_SETTINGS
from tests.small_area import WEEK, SmallArea, write_small_area

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from api.store import Store

__all__ = [
    "AREA",
    "PLANNER",
    "ask_check",
    "ask_plan",
    "fill",
    "job_of",
    "made_up",
    "plans_of",
    "send",
    "upload_of",
    "worker_over",
]

AREA = AreaName("small", "Small Council")
PLANNER = Actor("account:1", 1)


def fill(store: Store, folder: Path) -> SmallArea:
    """Load the small area."""
    area = write_small_area(folder / "area")
    load_area(store, AREA, area.file, keep_days=365)
    return area


def ask_plan(store: Store, key: str = "first", **asked: object) -> Job:
    """Ask for the week."""
    wanted = {"week": WEEK.isoformat(), "follows": None, "publish": False, **asked}
    with store.writing(PLANNER) as unit:
        return unit.jobs.ask("small", 1, JobKind.PLAN_WEEK, wanted, key=key, reason="To test")


def send(store: Store, content: bytes, name: str = "export.csv", **more: Any) -> Upload:
    """Send a file of incidents."""
    kind = more.pop("kind", InputKind.INCIDENTS)
    with store.writing(PLANNER) as unit:
        return unit.uploads.add("small", 1, kind, name, content, **more)


def ask_check(store: Store, upload: Upload) -> Job:
    """Ask for an upload to be read."""
    asked = {"upload_id": upload.upload_id, "row_version": upload.row_version}
    key = f"check:{upload.upload_id}:{upload.row_version}"
    with store.writing(PLANNER) as unit:
        return unit.jobs.ask("small", 1, JobKind.CHECK_UPLOAD, asked, key=key, reason="To test")


def job_of(store: Store, job: Job) -> Job:
    """Give a job as it is now."""
    with store.reading() as unit:
        found = unit.jobs.get("small", job.job_id)
    assert found is not None
    return found


def upload_of(store: Store, upload: Upload) -> Upload:
    """Give an upload as it is now."""
    with store.reading() as unit:
        found = unit.uploads.get("small", upload.upload_id)
    assert found is not None
    return found


def plans_of(store: Store) -> list[tuple[int, str]]:
    """List version and status of the area's plans."""
    with store.reading() as unit:
        return [(one.version, one.status) for one in unit.plans.heads("small")]


def worker_over(store: Store, stop: Event | None = None, **more: Any) -> Worker:
    """Make a worker that does nothing by itself."""
    settings = replace(TEST_SETTINGS, database_url="sqlite:///unused")
    return Worker(store, settings, stop or Event(), periodic=(), poll_s=0.05, **more)


def made_up(folder: Path, before: Callable[[], object] = lambda: None) -> Callable[..., Any]:
    """Give a stand-in for a child that plans: it puts a folder where the plan should be."""

    def run(name: str, arguments: Mapping[str, Any], *_: object, **__: object) -> dict[str, Any]:
        assert name == "plan"
        shutil.copytree(folder, arguments["out"])
        before()
        return {}

    return run
