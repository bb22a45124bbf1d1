"""Cancelling one announced patrol: at once, for everybody, with a reason."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from api.access import Caller, needs, needs_by_form
from api.errors import BadRequest, Conflict, NotFound
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import (
    Page,
    Sent,
    TeamWeek,
    Version,
    area_names,
    find_area,
    find_head,
    go,
    note_refusal,
    plan_document,
    plan_path,
    status_of,
)
from api.services import Given
from api.store import Unit
from api.store.records import PlanHead
from api.store.work_records import ChangeKind, JobKind
from api.team.forms import Errors, Fields
from api.team.plan_view import PatrolRow, view_plan
from api.team.words import day_words
from corridors.errors import BadInput

__all__ = ["get_cancel", "post_cancel", "router"]

router = APIRouter(prefix="/team/{area_id}/plans/{week}/{version}", include_in_schema=False)
_READ = ["GET", "HEAD"]
_LONGEST_REASON = 300
_PatrolId = Annotated[str, Path(max_length=300)]


@router.api_route("/patrols/{patrol_id}/cancel", methods=_READ)
def get_cancel(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    patrol_id: _PatrolId,
    caller: Annotated[Caller, needs(Action.CANCEL_PATROL)],
) -> Response:
    """Show the patrol, and ask why it is cancelled."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        head = find_head(unit, area_id, week, version)
        return _cancel_form(page, head, _patrol(unit, head, patrol_id))


@router.post("/patrols/{patrol_id}/cancel")
def post_cancel(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    patrol_id: _PatrolId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.CANCEL_PATROL)],
) -> Response:
    """Cancel an announced patrol: a new version without it is made and published at once."""
    errors = Errors()
    reason = errors.reason(fields)
    if len(reason) > _LONGEST_REASON:
        errors.add("reason", f"Everybody reads it: use at most {_LONGEST_REASON} characters.")
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        head = find_head(unit, area_id, week, version)
        patrol = _patrol(unit, head, patrol_id)
        _check_cancel(unit, head, patrol, page.today, errors)
    if errors:
        return _cancel_form(page, head, patrol, fields, errors, status=422)
    try:
        with services.store.writing(caller.actor) as unit:
            change = unit.changes.add(
                area_id,
                caller.organisation_id,
                ChangeKind.CANCELLATION,
                {"school": patrol.school_id, "on": patrol.on.isoformat()},
                reason=reason,
            )
            unit.log.write(
                Action.CANCEL_PATROL,
                head.name,
                area_id=area_id,
                reason=reason,
                details={"patrol": patrol_id, "change": change.change_id},
            )
            job = unit.jobs.ask(
                area_id,
                caller.organisation_id,
                JobKind.PLAN_WEEK,
                {"week": week.isoformat(), "follows": [week.isoformat(), version], "publish": True},
                key=f"cancel:{change.change_id}",
                reason=reason,
            )
    except (BadInput, BadRequest, Conflict) as error:
        note_refusal(errors, error, [("", "reason")])
        return _cancel_form(page, head, patrol, fields, errors, status=status_of(error))
    return go(f"/team/{area_id}/jobs/{job.job_id}")


def _check_cancel(
    unit: Unit, head: PlanHead, patrol: PatrolRow, today: date, errors: Errors
) -> None:
    """Refuse what is not announced, over, or cancelled already."""
    if head.status != "published":
        errors.add(
            "reason",
            "This version is not the published one. Load the published version and cancel there.",
        )
    elif patrol.on < today:
        errors.add("reason", "This patrol is over.")
    day = {"school": patrol.school_id, "on": patrol.on.isoformat()}
    if any(
        one.kind == ChangeKind.CANCELLATION and dict(one.document) == day
        for one in unit.changes.standing(head.area_id)
    ):
        errors.add("reason", "This patrol is cancelled already. See the jobs for how far it is.")


def _patrol(unit: Unit, head: PlanHead, patrol_id: str) -> PatrolRow:
    view = view_plan(plan_document(unit, head), area_names(unit, head.area_id))
    for day in view.days:
        for one in day.patrols:
            if one.patrol_id == patrol_id:
                return one
    raise NotFound


def _cancel_form(
    page: Page,
    head: PlanHead,
    patrol: PatrolRow,
    fields: Fields | None = None,
    errors: Errors | None = None,
    *,
    status: int = 200,
) -> Response:
    return page.answer(
        "team_cancel.html.j2",
        status=status,
        errors=errors,
        fields=fields or Fields(),
        head=head,
        here=plan_path(head),
        week=day_words(head.week),
        patrol=patrol,
    )
