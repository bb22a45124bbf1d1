"""Take areas, and plans that the command line made, into the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from api.area_name import AreaName
from api.plan_folder import PlanFolder, read_plan_folder
from api.store import Store, Unit
from api.store.area_text import is_inside, named_files, parse_document
from api.store.plans import NewPlan
from api.store.records import Actor, Area, PlanHead
from api.store.work_records import InputKind
from corridors.errors import BadInput, Problem
from corridors.sources.area import read_area
from corridors.sources.paths import expand_glob

__all__ = ["keep_plan", "load_area", "load_plan_folder"]


def load_area(
    store: Store,
    area: AreaName,
    area_file: Path,
    *,
    keep_days: int | None,
    actor: Actor | None = None,
    reason: str = "Loaded from an area file",
) -> int:
    """Take an area file and every file that it names into the store; give the number of files.

    Parameters
    ----------
    store
        Where to.
    area
        Made where it is not there yet; its name, CRS and time zone follow the area file.
    area_file
        The TOML file. What it names lies in its folder, or in folders of that.
    keep_days
        After how many days incident-level rows are erased; None keeps them (the demonstration).
    actor, reason
        For the log.

    Raises
    ------
    BadInput
        When the area file cannot be used, or names a file outside of its folder.
    """
    read = read_area(area_file)
    text = area_file.read_text("utf-8-sig")
    files = _files_of(text, area_file.parent)
    with store.writing(actor or Actor("command")) as unit:
        organisation_id = unit.areas.add_organisation(area.organisation)
        unit.areas.add(Area(area.area_id, organisation_id, read.name, read.crs, read.timezone))
        unit.inputs.set_document(area.area_id, text, reason=reason)
        for one in unit.inputs.files(area.area_id):
            unit.inputs.retire(area.area_id, one.path)
        for path, kind in files.items():
            is_kept = kind != InputKind.INCIDENTS or keep_days is None
            erase_after = None if is_kept else unit.now + timedelta(days=keep_days or 0)
            with (area_file.parent / path).open("rb") as content:
                unit.inputs.put(area.area_id, path, kind, content, erase_after=erase_after)
    return len(files)


def _files_of(text: str, folder: Path) -> dict[str, InputKind]:
    """List the files that an area file names, by path."""
    problems: list[Problem] = []
    files: dict[str, InputKind] = {}
    document = parse_document(text)
    if "place" in document.get("streets", {}):
        what = "The service asks nobody for streets: they have to come from a file."
        problems.append(Problem("streets.place", what, "Save them as a file, and name its path."))
    for where, written, kind in named_files(document):
        if not is_inside(written):
            what = "The file lies outside of the area file's folder."
            problems.append(Problem(where, what, "Put it beside the area file."))
            continue
        for path in expand_glob(folder, written):
            files.setdefault(path.relative_to(folder).as_posix(), kind)
    if problems:
        raise BadInput(problems)
    return files


def load_plan_folder(
    store: Store,
    area: AreaName,
    folder: Path,
    *,
    actor: Actor | None = None,
    reason: str = "Loaded from a plan folder",
) -> PlanHead:
    """Take a plan folder in as the next version of its week; nothing is published by this.

    Parameters
    ----------
    store
        Where to.
    area
        Made where it is not there yet; its name, CRS and time zone follow the folder.
    folder
        What `corridors plan` wrote.
    actor, reason
        For the log.

    Raises
    ------
    BadInput
        When the folder holds no whole plan.
    """
    plan = read_plan_folder(folder)
    with store.writing(actor or Actor("command")) as unit:
        organisation_id = unit.areas.add_organisation(area.organisation)
        return keep_plan(unit, area.area_id, organisation_id, plan, reason=reason)


def keep_plan(
    unit: Unit,
    area_id: str,
    organisation_id: int,
    plan: PlanFolder,
    *,
    reason: str,
    read_at: datetime | None = None,
) -> PlanHead:
    """Keep a plan as the next version of its week, within a transaction.

    Parameters
    ----------
    unit
        The transaction.
    area_id, organisation_id
        The area follows the plan in its name, CRS and time zone.
    plan
        From `api.plan_folder.read_plan_folder`.
    reason
        For the log.
    read_at
        When the material was read of which the plan was made: what is said later it does not know.
    """
    unit.areas.add(Area(area_id, organisation_id, plan.name, plan.crs, plan.timezone))
    return unit.plans.add(
        NewPlan(
            area_id=area_id,
            organisation_id=organisation_id,
            week=plan.week,
            status=plan.status,
            document=plan.document,
            files=plan.files,
            schools=plan.schools,
            patrols=plan.patrols,
            corridors=plan.corridors,
            segments=plan.segments,
            read_at=read_at,
        ),
        reason=reason,
    )
