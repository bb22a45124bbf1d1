"""The team's start page: this week and the next, what is to do, and the form that makes a plan."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller, needs, needs_by_form
from api.errors import Conflict
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import Page, Sent, area_names, find_area, go, once, plan_document
from api.services import Given
from api.store import Unit
from api.store.records import PlanHead
from api.store.work_records import JobKind
from api.team.agreements import view_agreements
from api.team.change_words import change_words
from api.team.forms import Errors, Fields
from api.team.job_view import view_job
from api.team.plan_view import school_names
from api.team.upload_view import KINDS, state_of
from api.team.week_view import WeekFacts, WeekView, monday_of, view_week, weeks_from
from api.team.words import day_words, local_words

__all__ = ["get_team", "post_job", "router"]

router = APIRouter(prefix="/team/{area_id}", include_in_schema=False)
_READ = ["GET", "HEAD"]
_ONCE = re.compile(r"[A-Za-z0-9_-]{8,40}")
_WEEKS = 6


@router.api_route("", methods=_READ)
def get_team(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: Annotated[Caller, needs(Action.READ_WORK)],
) -> Response:
    """Show the state of this week and the next, and the one thing to do next."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        return _start(page, unit)


@router.post("/jobs")
def post_job(
    request: Request,
    services: Given,
    area_id: AreaId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.MAKE_PLAN)],
) -> Response:
    """Ask for a week's plan; the same form sent twice asks once."""
    errors = Errors()
    reason = errors.reason(fields)
    with services.store.writing(caller.actor) as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        week = _week(page, fields, errors)
        if errors or week is None:
            return _start(page, unit, fields, errors, status=422)
        if unit.inputs.document(area_id) is None:
            what = "The area has no area file yet, so nothing can be planned."
            raise Conflict(what, "An administrator loads one with the command load-area.")
        heads = [one for one in unit.plans.heads(area_id) if one.week == week]
        follows = [week.isoformat(), heads[0].version] if heads else None
        job = unit.jobs.ask(
            area_id,
            caller.organisation_id,
            JobKind.PLAN_WEEK,
            {"week": week.isoformat(), "follows": follows, "publish": False},
            key=f"page:{fields.text('once')}",
            reason=reason,
        )
    return go(f"/team/{area_id}/jobs/{job.job_id}")


def _week(page: Page, fields: Fields, errors: Errors) -> date | None:
    """Take the week that was chosen, and the key that makes the form count once."""
    if not _ONCE.fullmatch(fields.text("once")):
        errors.add("week", "Load the page again, and send the form once more.")
    try:
        week = date.fromisoformat(fields.text("week"))
    except ValueError:
        week = None
    if week not in weeks_from(page.today, _WEEKS):
        errors.add("week", "Choose a week from the list.")
        return None
    return week


def _start(
    page: Page,
    unit: Unit,
    fields: Fields | None = None,
    errors: Errors | None = None,
    *,
    status: int = 200,
) -> Response:
    area_id, timezone = page.area.area_id, page.area.timezone
    monday = monday_of(page.today)
    heads = unit.plans.heads(area_id)
    weeks = [_view(page, unit, heads, monday + timedelta(weeks=n)) for n in (0, 1)]
    names = area_names(unit, area_id)
    newest = heads[0] if heads else None
    schools = school_names(plan_document(unit, newest)) if newest else {}
    return page.answer(
        "team.html.j2",
        status=status,
        errors=errors,
        fields=fields or Fields([("week", (monday + timedelta(weeks=1)).isoformat())]),
        once=once(),
        weeks=weeks,
        week_choices=[(one.isoformat(), day_words(one)) for one in weeks_from(page.today, _WEEKS)],
        jobs=[
            (view_job(one), local_words(one.asked_at, timezone))
            for one in unit.jobs.recent(area_id, 5)
        ],
        uploads=[
            (one, KINDS[one.kind][0], *state_of(one), local_words(one.added_at, timezone))
            for one in unit.uploads.recent(area_id)[:5]
        ],
        changes=[
            change_words(one.kind, one.document, schools, names)
            for one in unit.changes.standing(area_id)
        ],
        comments=[
            (
                unit.areas.organisation_name(one.organisation_id),
                one.text,
                day_words(one.week),
                local_words(one.made_at, timezone),
            )
            for one in unit.comments.recent(area_id, limit=10)
        ],
        has_material=unit.inputs.document(area_id) is not None,
    )


def _view(page: Page, unit: Unit, heads: list[PlanHead], week: date) -> WeekView:
    area_id = page.area.area_id
    own = [one for one in heads if one.week == week]
    document = plan_document(unit, own[0]) if own else None
    names = area_names(unit, area_id)
    asked = [one.party for one in unit.answers.asked(own[0].plan_id)] if own else []
    return view_week(
        WeekFacts(
            area_id=area_id,
            week=week,
            has_material=unit.inputs.document(area_id) is not None,
            heads=own,
            document=document,
            protocols=view_agreements(document or {}, names, unit.answers.standing(area_id), asked),
            jobs=unit.jobs.recent(area_id),
            changes=unit.changes.standing(area_id),
            inputs_changed_at=_inputs_changed_at(unit, area_id),
            allowed=page.allowed,
            has_begun=page.today >= week,
        )
    )


def _inputs_changed_at(unit: Unit, area_id: str) -> datetime | None:
    document = unit.inputs.document(area_id)
    moments = [one.added_at for one in unit.inputs.files(area_id)]
    return max([*moments, *([document.made_at] if document else [])], default=None)
