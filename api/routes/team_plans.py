"""Plans for the team: all versions, and each as a list with its actions."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller, needs
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import (
    Page,
    TeamWeek,
    Version,
    area_names,
    find_area,
    find_head,
    plan_document,
    plan_path,
)
from api.services import Given
from api.store import Unit
from api.store.records import PlanHead
from api.team.agreements import view_agreements
from api.team.effect import Effect, effect_of
from api.team.plan_view import view_plan
from api.team.words import STATUS_COLOURS, STATUSES, day_words, local_words

__all__ = ["get_plan", "get_plans", "router"]

router = APIRouter(prefix="/team/{area_id}/plans", include_in_schema=False)
_READ = ["GET", "HEAD"]


@router.api_route("", methods=_READ)
def get_plans(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: Annotated[Caller, needs(Action.READ_WORK)],
) -> Response:
    """List every version of every week's plan, the newest first."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        heads = unit.plans.heads(area_id)
    weeks = [
        (
            day_words(week),
            [
                (
                    one,
                    STATUSES[one.status],
                    STATUS_COLOURS[one.status],
                    local_words(one.created_at, page.area.timezone),
                )
                for one in heads
                if one.week == week
            ],
        )
        for week in dict.fromkeys(one.week for one in heads)
    ]
    return page.answer("team_plans.html.j2", weeks=weeks)


@router.api_route("/{week}/{version}", methods=_READ)
def get_plan(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    caller: Annotated[Caller, needs(Action.READ_PLAN)],
) -> Response:
    """Show the exact plan as a list. Its reading is logged."""
    with services.store.writing(caller.actor) as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        head = find_head(unit, area_id, week, version)
        details = {"sha256": head.document_sha256}
        unit.log.write(Action.READ_PLAN, head.name, area_id=area_id, details=details)
        return _plan(page, unit, head)


def _plan(page: Page, unit: Unit, head: PlanHead) -> Response:
    area_id = page.area.area_id
    document, names = plan_document(unit, head), area_names(unit, area_id)
    versions = [one for one in unit.plans.heads(area_id) if one.week == head.week]
    before = next((one for one in versions if one.version < head.version), None)
    asked = [one.party for one in unit.answers.asked(head.plan_id)]
    return page.answer(
        "team_plan.html.j2",
        head=head,
        here=plan_path(head),
        week=day_words(head.week),
        status_words=STATUSES[head.status],
        colour=STATUS_COLOURS[head.status],
        made=local_words(head.created_at, page.area.timezone),
        view=view_plan(document, names),
        protocols=view_agreements(document, names, unit.answers.standing(area_id), asked),
        before=before,
        effect=_effect(unit, before, document),
        newer=versions[0] if versions[0].version > head.version else None,
        is_over=page.today > head.week + timedelta(days=6),
        today=page.today,
        comments=[
            (unit.areas.organisation_name(one.organisation_id), one.text, one.corridor_id)
            for one in unit.comments.of_week(area_id, head.week)
        ],
    )


def _effect(unit: Unit, before: PlanHead | None, document: dict[str, object]) -> Effect | None:
    return effect_of(plan_document(unit, before), document) if before else None
