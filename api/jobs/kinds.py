"""Each kind of job: what is written for its child, what the child is to do, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from api.errors import BadRequest, Conflict
from api.jobs.child import Limits
from api.loading import keep_plan
from api.plan_folder import read_plan_folder
from api.rights import Action, may
from api.settings import DEMO_SHOWN_ON, Settings
from api.store import Store, Unit
from api.store.records import Area, PlanHead
from api.store.work_records import InputKind, Job, JobKind, Upload, UploadStatus
from api.workspace import area_dict, followed_plan, materialise, write_area, write_last_plan
from corridors.errors import BadInput, Problem

__all__ = ["Keep", "Task", "make_task", "shown_day"]

Keep = Callable[[Unit], dict[str, Any]]
"""Keep what came of a task, in the transaction that ends the job; gives the job's result."""
_CHECK_LIMITS = Limits(memory_bytes=6 << 30, cpu_s=600)
_PLAN_LIMITS = Limits()
_LISTED = ("columns", "guess", "format_guess")
_OPEN = (UploadStatus.RECEIVED, UploadStatus.CHECKED, UploadStatus.REFUSED)


@dataclass(frozen=True, slots=True)
class Task:
    """What a job comes down to."""

    name: str
    """Of a function in `api.jobs.tasks`; empty where nothing is to be done."""
    arguments: Mapping[str, Any]
    limits: Limits
    reads: tuple[str, ...]
    """What of incident level is read, as the log names it."""
    finished: Callable[[dict[str, Any]], Keep]
    """Called with what the child gave, before the transaction."""
    refused: Callable[[list[dict[str, str]]], Keep] | None = None
    """The same for a child that found problems, where those are a result; None: the job fails."""


def shown_day(settings: Settings, now: datetime, timezone: str) -> date:
    """Give today on an area's own calendar; the demonstration's borough never ages."""
    if settings.is_demo:
        now = datetime.combine(DEMO_SHOWN_ON, datetime.min.time(), UTC)
    return now.astimezone(ZoneInfo(timezone)).date()


def make_task(store: Store, settings: Settings, job: Job, folder: Path) -> Task:
    """Write what a job needs into a folder, and say what is to be done.

    Raises
    ------
    BadInput
        When the area's material is not whole.
    """
    with store.reading() as unit:
        area = unit.areas.get(job.area_id)
        if area is None:
            raise BadInput(Problem("area", "There is no such area.", "Load it first."))
        today = shown_day(settings, unit.now, area.timezone)
        if job.kind == JobKind.PLAN_WEEK:
            return _plan_week(unit, area, job, folder, today)
        return _check_upload(unit, area, job, folder, today)


# --- a week's plan


def _plan_week(unit: Unit, area: Area, job: Job, folder: Path, today: date) -> Task:
    week = date.fromisoformat(job.asked["week"])
    follows = job.asked.get("follows")
    given = (date.fromisoformat(follows[0]), int(follows[1])) if follows else None
    last = followed_plan(unit, area.area_id, week, given)
    material, out = folder / "area", folder / "plan"
    material.mkdir()
    area_file = materialise(unit, area.area_id, material)
    read_at = unit.now
    last_plan = str(write_last_plan(unit, last, folder)) if last else None

    def finished(_done: dict[str, Any]) -> Keep:
        plan = read_plan_folder(out)

        def keep(unit: Unit) -> dict[str, Any]:
            head = keep_plan(
                unit, area.area_id, area.organisation_id, plan, reason=job.reason, read_at=read_at
            )
            return _result(unit, job, head, today)

        return keep

    arguments = {
        "area_file": str(area_file),
        "week": week.isoformat(),
        "out": str(out),
        "today": today.isoformat(),
        "last_plan": last_plan,
    }
    reads = tuple(
        f"input:{one.input_id}"
        for one in unit.inputs.files(area.area_id)
        if one.kind == InputKind.INCIDENTS
    )
    return Task("plan", arguments, _PLAN_LIMITS, reads, finished)


def _result(unit: Unit, job: Job, head: PlanHead, today: date) -> dict[str, Any]:
    """Publish where that was asked for and everybody agreed; give the job's result."""
    result: dict[str, Any] = {"plan": [head.week.isoformat(), head.version], "status": head.status}
    if not job.asked.get("publish"):
        return result
    if head.status != "agreed":
        what = "The plan was made and not published: not everybody has agreed to its protocols."
        return result | {
            "problems": [{"where": "status", "what": what, "mend": "Ask for agreement."}]
        }
    if not _may_still_publish(unit, job):
        what = "Whoever asked for this may not publish any more. The plan was made."
        mend = "Let an approver publish it."
        return result | {"problems": [{"where": "publish", "what": what, "mend": mend}]}
    publish = import_module("api.publishing").publish
    try:
        # refused or whole: what it wrote until then is taken back, and the plan stays
        with unit.part():
            head = publish(
                unit,
                head,
                head.row_version,
                reason=job.reason,
                short_notice_reason=job.reason,
                today=today,
            )
    except (BadRequest, Conflict) as error:
        problem = {"where": "publish", "what": error.what, "mend": error.mend}
        return result | {"problems": [problem]}
    return result | {"status": head.status}


def _may_still_publish(unit: Unit, job: Job) -> bool:
    """Tell whether who asked still may: a job may wait longer than a right holds."""
    kind, _, number = job.asked_by.partition(":")
    if kind != "account":
        return True  # a command of the machine itself
    account = unit.accounts.get(int(number))
    if account is None or not account.is_active:
        return False
    return may(account.roles.get(job.area_id, ()), Action.PUBLISH_PLAN)


# --- an upload


def _check_upload(unit: Unit, area: Area, job: Job, folder: Path, today: date) -> Task:
    upload = unit.uploads.get(area.area_id, int(job.asked["upload_id"]))
    row_version = int(job.asked["row_version"])
    if upload is None:
        raise BadInput(Problem("upload", "There is no such upload.", "Send the file again."))
    if upload.row_version != row_version or upload.status not in _OPEN:
        return Task("", {}, _CHECK_LIMITS, (), _keep_nothing(upload))
    name = f"upload-{upload.upload_id}-{upload.name}"
    with (folder / name).open("wb") as file:
        file.writelines(unit.uploads.pieces(upload.upload_id))
    is_unnamed = upload.kind == InputKind.INCIDENTS and not upload.settings
    try:
        if is_unnamed:
            arguments = {"path": str(folder / name), "crs": area.crs}
            return _upload_task("guess", arguments, upload, UploadStatus.RECEIVED)
        document = _with_upload(area_dict(unit, area.area_id), upload, name)
        area_file = write_area(unit, area.area_id, document, folder, frozenset({name}))
    except BadInput as error:
        problems = [
            {"where": one.where, "what": one.what, "mend": one.mend} for one in error.problems
        ]
        return Task("", {}, _CHECK_LIMITS, (), _keep_refused(upload, problems))
    arguments = {
        "area_file": str(area_file),
        "path": name,
        "kind": str(upload.kind),
        "today": today.isoformat(),
    }
    return _upload_task("check", arguments, upload, UploadStatus.CHECKED)


def _with_upload(document: dict[str, Any], upload: Upload, path: str) -> dict[str, Any]:
    """Put an upload into an area file in the place of all of its kind."""
    settings = {key: one for key, one in upload.settings.items() if key != "use"}
    if upload.kind == InputKind.INCIDENTS:
        return document | {"incidents": [{"path": path, **settings}]}
    key = str(upload.kind)
    before = document.get(key)
    kept = dict(before) if isinstance(before, Mapping) else {}
    kept.pop("place", None)
    return document | {key: {**kept, **settings, "path": path}}


def _upload_task(name: str, arguments: dict[str, Any], upload: Upload, good: UploadStatus) -> Task:
    def finished(report: dict[str, Any]) -> Keep:
        return _keep_report(upload, good, report)

    def refused(problems: list[dict[str, str]]) -> Keep:
        return _keep_refused(upload, problems)({})

    reads = (f"upload:{upload.upload_id}",) if upload.kind == InputKind.INCIDENTS else ()
    return Task(name, arguments, _CHECK_LIMITS, reads, finished, refused)


def _keep_report(upload: Upload, status: UploadStatus, report: dict[str, Any]) -> Keep:
    def keep(unit: Unit) -> dict[str, Any]:
        found = unit.uploads.get(upload.area_id, upload.upload_id)
        if found is None or found.row_version != upload.row_version:
            now = str(found.status) if found else "gone"
            return {"upload_id": upload.upload_id, "status": now}
        # the columns that were listed before stay in sight: they are what has to be mapped
        unit.uploads.report(upload, upload.row_version, status, {**_columns(upload), **report})
        return {"upload_id": upload.upload_id, "status": str(status)}

    return keep


def _columns(upload: Upload) -> dict[str, Any]:
    keys = ("columns", "guess", "format_guess")
    return {key: upload.report[key] for key in keys if key in upload.report}


def _keep_refused(
    upload: Upload, problems: list[dict[str, str]]
) -> Callable[[dict[str, Any]], Keep]:
    def finished(_done: dict[str, Any]) -> Keep:
        # the columns that were listed before stay in sight: they are what has to be mapped
        before = {key: upload.report[key] for key in _LISTED if key in upload.report}
        return _keep_report(upload, UploadStatus.REFUSED, {**before, "problems": problems})

    return finished


def _keep_nothing(upload: Upload) -> Callable[[dict[str, Any]], Keep]:
    def finished(_done: dict[str, Any]) -> Keep:
        return lambda _unit: {"upload_id": upload.upload_id, "status": str(upload.status)}

    return finished
