"""Ask for a week's plan to be made again, so that what was said becomes part of it."""

from __future__ import annotations

from api.store import Unit
from api.store.records import PlanHead
from api.store.work_records import Job, JobKind, JobStatus

__all__ = ["ask_for_plan"]


def ask_for_plan(
    unit: Unit, area_id: str, organisation_id: int, head: PlanHead, key: str, reason: str
) -> tuple[Job, ...]:
    """Ask for the next version of a week; one that waits to be begun will do.

    Parameters
    ----------
    unit
        A transaction that writes.
    area_id, organisation_id
        The area, and who asks.
    head
        The version that the new one follows.
    key, reason
        What makes it the same job when it is asked for twice, and why.

    Returns
    -------
    tuple of Job
        Empty where the area's material is not kept here: the team makes its plans elsewhere.
    """
    if unit.inputs.document(area_id) is None:
        return ()
    week = head.week.isoformat()
    for job in unit.jobs.recent(area_id):
        is_same = job.kind == JobKind.PLAN_WEEK and job.asked.get("week") == week
        # what waits reads everything that is said when it begins
        if is_same and job.status == JobStatus.QUEUED and not job.asked.get("publish"):
            return (job,)
    asked = {"week": week, "follows": [week, head.version], "publish": False}
    return (
        unit.jobs.ask(area_id, organisation_id, JobKind.PLAN_WEEK, asked, key=key, reason=reason),
    )
