"""Schools with their evidence: in words for the whole team, in figures with a reason only."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.access import Caller, needs, needs_by_form
from api.errors import NotFound
from api.rights import Action
from api.routes.areas import AreaId
from api.routes.team_page import (
    Page,
    Sent,
    area_names,
    find_area,
    find_head,
    plan_document,
)
from api.services import Given
from api.store import Unit
from api.store.records import PlanHead
from api.team.forms import Errors, Fields
from api.team.schools_view import FigureRow, view_figures, view_schools
from api.team.week_view import read_week
from api.team.words import day_words

__all__ = ["get_schools", "post_evidence", "router"]

router = APIRouter(prefix="/team/{area_id}/schools", include_in_schema=False)
_READ = ["GET", "HEAD"]


@router.api_route("", methods=_READ)
def get_schools(
    request: Request,
    services: Given,
    area_id: AreaId,
    caller: Annotated[Caller, needs(Action.READ_PLAN)],
    week: Annotated[str, Query(max_length=10)] = "",
    version: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
) -> Response:
    """List the schools of a plan, the newest unless another is asked for."""
    with services.store.writing(caller.actor) as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        asked = read_week(week)
        if week and asked is None:
            raise NotFound
        heads = unit.plans.heads(area_id)
        head = find_head(unit, area_id, asked, version) if asked else next(iter(heads), None)
        if head is not None:
            details = {"sha256": head.document_sha256, "part": "schools"}
            unit.log.write(Action.READ_PLAN, head.name, area_id=area_id, details=details)
        return _schools(page, unit, head)


@router.post("/evidence")
def post_evidence(
    request: Request,
    services: Given,
    area_id: AreaId,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.READ_EVIDENCE)],
) -> Response:
    """Show the exact figures behind the grades; the log keeps who looked, and why."""
    errors = Errors()
    reason = errors.reason(fields)
    with services.store.writing(caller.actor) as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        week, version = read_week(fields.text("week")), fields.number("version")
        heads = unit.plans.heads(area_id)
        head = find_head(unit, area_id, week, version or 0) if week else next(iter(heads), None)
        if errors or head is None:
            return _schools(page, unit, head, fields=fields, errors=errors, status=422)
        figures = view_figures(plan_document(unit, head))
        unit.log.write(
            Action.READ_EVIDENCE,
            head.name,
            area_id=area_id,
            reason=reason,
            details={"schools": len(figures)},
        )
        return _schools(page, unit, head, figures=figures)


def _schools(
    page: Page,
    unit: Unit,
    head: PlanHead | None,
    *,
    figures: tuple[FigureRow, ...] = (),
    fields: Fields | None = None,
    errors: Errors | None = None,
    status: int = 200,
) -> Response:
    document = plan_document(unit, head) if head else {}
    names = area_names(unit, page.area.area_id)
    return page.answer(
        "team_schools.html.j2",
        status=status,
        errors=errors,
        fields=fields or Fields(),
        head=head,
        week=day_words(head.week) if head else "",
        schools=view_schools(document, names),
        figures=figures,
    )
