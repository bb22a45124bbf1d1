"""Publishing an agreed plan, in time or plainly at short notice."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller, needs, needs_by_form
from api.errors import BadRequest, Conflict
from api.publishing import publish
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
from api.team.forms import Errors, Fields
from api.team.plan_view import view_plan
from api.team.words import day_words

__all__ = ["get_publish", "post_publish", "router"]

router = APIRouter(prefix="/team/{area_id}/plans/{week}/{version}", include_in_schema=False)
_READ = ["GET", "HEAD"]
_LEAD_DAYS = 3


@router.api_route("/publish", methods=_READ)
def get_publish(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    caller: Annotated[Caller, needs(Action.PUBLISH_PLAN)],
) -> Response:
    """Show what will be published, and whether that is in time."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        return _publish_form(page, unit, find_head(unit, area_id, week, version))


@router.post("/publish")
def post_publish(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.PUBLISH_PLAN)],
) -> Response:
    """Publish an agreed plan. Of two that publish at once one wins, and the other is told."""
    errors = Errors()
    reason = errors.reason(fields)
    row_version = fields.number("row_version") or 0
    status = 422
    if not errors:
        try:
            with services.store.writing(caller.actor) as unit:
                page = Page(request, services, caller, find_area(unit, area_id))
                publish(
                    unit,
                    find_head(unit, area_id, week, version),
                    row_version,
                    reason=reason,
                    short_notice_reason=fields.text("short_notice_reason"),
                    today=page.today,
                )
        except (BadRequest, Conflict) as error:
            status = status_of(error)
            names = [("short_notice_reason", "short_notice_reason"), ("", "reason")]
            note_refusal(errors, error, names)
        else:
            return go(f"/team/{area_id}/plans/{week.isoformat()}/{version}?done=published")
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        head = find_head(unit, area_id, week, version)
        return _publish_form(page, unit, head, fields, errors, status=status)


def _publish_form(
    page: Page,
    unit: Unit,
    head: PlanHead,
    fields: Fields | None = None,
    errors: Errors | None = None,
    *,
    status: int = 200,
) -> Response:
    document = plan_document(unit, head)
    view = view_plan(document, area_names(unit, head.area_id))
    lead_days = (document.get("parameters") or {}).get("notice_lead_days", _LEAD_DAYS)
    days = [one.on for day in view.days for one in day.patrols if one.on >= page.today]
    is_short = bool(days) and (min(days) - page.today).days < lead_days
    held = [
        one
        for one in unit.plans.published(head.area_id)
        if one.week == head.week and one.version != head.version
    ]
    return page.answer(
        "team_publish.html.j2",
        status=status,
        errors=errors,
        fields=fields or Fields(),
        head=head,
        here=plan_path(head),
        week=day_words(head.week),
        view=view,
        first_day=day_words(min(days)) if days else "",
        lead_days=lead_days,
        is_short=is_short or bool(errors and errors.get("short_notice_reason")),
        replaces=held[0].version if held else None,
    )
