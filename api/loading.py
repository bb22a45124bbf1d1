"""Take plans that the command line made into the store."""

from __future__ import annotations

from pathlib import Path

from api.area_name import AreaName
from api.plan_folder import PlanFolder, read_plan_folder
from api.store import Store
from api.store.plans import NewPlan
from api.store.records import Actor, Area, PlanHead

__all__ = ["load_plan_folder"]


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
    return _keep(store, area, read_plan_folder(folder), actor or Actor("command"), reason)


def _keep(store: Store, area: AreaName, plan: PlanFolder, actor: Actor, reason: str) -> PlanHead:
    with store.writing(actor) as unit:
        organisation_id = unit.areas.add_organisation(area.organisation)
        unit.areas.add(Area(area.area_id, organisation_id, plan.name, plan.crs, plan.timezone))
        return unit.plans.add(
            NewPlan(
                area_id=area.area_id,
                organisation_id=organisation_id,
                week=plan.week,
                status=plan.status,
                document=plan.document,
                files=plan.files,
                schools=plan.schools,
                patrols=plan.patrols,
                corridors=plan.corridors,
                segments=plan.segments,
            ),
            reason=reason,
        )
