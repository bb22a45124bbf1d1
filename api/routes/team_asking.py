"""Asking for agreement: every party of every protocol of a plan."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.access import Caller, needs, needs_by_form
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
    plan_document,
    plan_path,
)
from api.services import Given
from api.store import Unit
from api.store.records import PlanHead
from api.team.agreements import view_agreements
from api.team.forms import Errors, Fields
from api.team.words import day_words

__all__ = ["get_ask", "post_ask", "router"]

router = APIRouter(prefix="/team/{area_id}/plans/{week}/{version}", include_in_schema=False)
_READ = ["GET", "HEAD"]


@router.api_route("/ask", methods=_READ)
def get_ask(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    caller: Annotated[Caller, needs(Action.ASK_AGREEMENT)],
) -> Response:
    """Show whom the plan has to be agreed with."""
    with services.store.reading() as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        return _ask_form(page, unit, find_head(unit, area_id, week, version))


@router.post("/ask")
def post_ask(
    request: Request,
    services: Given,
    area_id: AreaId,
    week: TeamWeek,
    version: Version,
    fields: Sent,
    caller: Annotated[Caller, needs_by_form(Action.ASK_AGREEMENT)],
) -> Response:
    """Ask every party that has not agreed; who was asked is not asked twice."""
    errors = Errors()
    reason = errors.reason(fields) if fields.text("reason") else ""
    with services.store.writing(caller.actor) as unit:
        page = Page(request, services, caller, find_area(unit, area_id))
        head = find_head(unit, area_id, week, version)
        parties = _open_parties(unit, head)
        if head.status != "draft" or not parties:
            errors.add("reason", "Nobody has to be asked: everybody agreed, or it is no draft.")
        if errors:
            return _ask_form(page, unit, head, fields, errors, status=422)
        unit.answers.ask(head, parties, reason=reason)
    return go(f"{plan_path(head)}?done=asked")


def _open_parties(unit: Unit, head: PlanHead) -> list[str]:
    rows = view_agreements(
        plan_document(unit, head),
        area_names(unit, head.area_id),
        unit.answers.standing(head.area_id),
        (),
    )
    found = (party.party for row in rows for party in row.parties if party.state != "agreed")
    return list(dict.fromkeys(found))


def _ask_form(
    page: Page,
    unit: Unit,
    head: PlanHead,
    fields: Fields | None = None,
    errors: Errors | None = None,
    *,
    status: int = 200,
) -> Response:
    return page.answer(
        "team_ask.html.j2",
        status=status,
        errors=errors,
        fields=fields or Fields(),
        head=head,
        here=plan_path(head),
        week=day_words(head.week),
        parties=_open_parties(unit, head),
    )
